//! Stores on folders that are missing, shared, damaged, full or not ours to write to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use backcast_lab::{
    baseline::{BaselineError, Measure, Store},
    bench::{BenchError, Record},
    stats::Random,
};
use tempfile::TempDir;

use super::{Bench, QUIET, contents};

fn filled(sessions: u32, seed: u64) -> (TempDir, Store, Vec<Record>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().join("baselines"));
    let mut random = Random::new(seed);
    let records: Vec<Record> =
        (0..sessions).map(|hour| QUIET.session("grid", hour, "abc", &mut random)).collect();
    for record in &records {
        store.put(record).unwrap();
    }
    (folder, store, records)
}

/// All files below a folder, with their contents.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}

fn record_files(store: &Store) -> Vec<(PathBuf, Vec<u8>)> {
    files(&store.folder().join("records"))
}

fn path_of(store: &Store, id: &str) -> PathBuf {
    store.folder().join("records").join(&id[..2]).join(format!("{id}.json"))
}

#[test]
fn a_record_comes_back_as_it_was_with_every_run() {
    let (_folder, store, records) = filled(3, 1);
    let ids = store.ids().unwrap();
    assert_eq!(ids.len(), 3);
    for record in &records {
        let back = store.get(&record.id()).unwrap();
        assert_eq!(&back, record);
        assert_eq!(back.runs.len(), 10);
    }
    assert_eq!(store.get(&ids[0][..12]).unwrap().id(), ids[0]);
    assert!(matches!(store.get("none"), Err(BaselineError::UnknownId { .. })));
    assert!(matches!(store.get(""), Err(BaselineError::UnknownId { .. })));
}

#[test]
fn a_name_is_the_hash_of_its_file_and_one_record_is_kept_once() {
    let (_folder, store, records) = filled(1, 2);
    let [(path, bytes)] = &record_files(&store)[..] else { panic!() };
    let id = blake3::hash(bytes).to_hex().to_string();
    assert_eq!(path, &path_of(&store, &id));
    assert_eq!(store.put(&records[0]).unwrap(), id);
    assert_eq!(record_files(&store).len(), 1);
}

#[test]
fn an_empty_place_has_no_histories_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().join("baselines"));
    assert!(contents(&store).subjects().is_empty());
    assert!(!store.folder().exists());
}

#[test]
fn histories_are_the_same_from_the_index_without_it_and_from_a_broken_one() {
    let (_folder, store, _) = filled(5, 3);
    let index = store.folder().join("index.sqlite");
    let history = || {
        let history = contents(&store).history("grid", &QUIET.class(), Measure::Wall, 0.0).unwrap();
        assert_eq!(history.figures.len(), 5);
        history
    };
    let first = history();
    assert!(index.is_file());
    assert_eq!(history(), first);
    fs::remove_file(&index).unwrap();
    assert_eq!(history(), first);
    for broken in [&b"this is no database, but a text of some length"[..], b"", &[0u8; 5000]] {
        for ending in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{ending}", index.display()));
        }
        fs::write(&index, broken).unwrap();
        assert_eq!(history(), first);
    }
    // A good head with a broken body.
    let mut bytes = fs::read(&index).unwrap();
    let n = bytes.len();
    bytes[n / 2..].fill(7);
    fs::write(&index, bytes).unwrap();
    assert_eq!(history(), first);
}

#[test]
fn an_index_of_an_older_version_is_made_anew_and_a_newer_one_is_left_alone() {
    let (_folder, store, _) = filled(2, 4);
    let index = store.folder().join("index.sqlite");
    let with_version = |version: i64| {
        let _ = fs::remove_file(&index);
        let other = rusqlite::Connection::open(&index).unwrap();
        other.execute_batch("CREATE TABLE record (strange TEXT)").unwrap();
        other.pragma_update(None, "user_version", version).unwrap();
    };
    for version in [0, -1] {
        with_version(version);
        assert_eq!(contents(&store).subjects()[0].sessions, 2);
        let again = rusqlite::Connection::open(&index).unwrap();
        let n: i64 = again.query_row("SELECT count(*) FROM figure", [], |row| row.get(0)).unwrap();
        assert_eq!(n, 6);
    }
    with_version(99);
    let before = fs::read(&index).unwrap();
    assert_eq!(contents(&store).subjects()[0].sessions, 2);
    assert_eq!(fs::read(&index).unwrap(), before);
}

#[test]
fn the_index_follows_records_that_come_and_go() {
    let (_folder, store, records) = filled(3, 5);
    assert_eq!(contents(&store).subjects()[0].sessions, 3);
    fs::remove_file(path_of(&store, &records[1].id())).unwrap();
    assert_eq!(contents(&store).subjects()[0].sessions, 2);
    store.put(&records[1]).unwrap();
    assert_eq!(contents(&store).subjects()[0].sessions, 3);
}

#[test]
fn damaged_records_and_newer_ones_are_named_and_the_others_still_count() {
    let (_folder, store, records) = filled(4, 6);
    let damaged = path_of(&store, &records[0].id());
    let text = fs::read_to_string(&damaged).unwrap().replacen("\"slot\":1", "\"slot\":3", 1);
    fs::write(&damaged, text).unwrap();
    let cut = path_of(&store, &records[1].id());
    fs::write(&cut, &fs::read(&cut).unwrap()[..100]).unwrap();
    let newer = path_of(&store, &records[2].id());
    let text = fs::read_to_string(&newer).unwrap().replacen("\"version\":1", "\"version\":2", 1);
    fs::write(&newer, text).unwrap();
    for _ in 0..2 {
        let contents = store.contents().unwrap();
        assert_eq!(contents.subjects()[0].sessions, 1);
        let error = |path: &Path| {
            let unread = contents.unread.iter().find(|unread| unread.path == path).unwrap();
            (&unread.error, unread.error.to_string())
        };
        assert!(matches!(error(&damaged).0, BaselineError::Damaged { .. }));
        assert!(error(&damaged).1.ends_with("it was changed or is damaged"));
        assert!(matches!(error(&cut).0, BaselineError::Record(BenchError::Malformed { .. })));
        assert!(matches!(
            error(&newer).0,
            BaselineError::Record(BenchError::Newer { found: 2, known: 1, .. })
        ));
    }
    assert!(store.get(&records[2].id()).is_err());
}

#[test]
fn what_is_no_record_in_the_folder_is_left_alone() {
    let (_folder, store, records) = filled(1, 7);
    let records_folder = store.folder().join("records");
    fs::write(records_folder.join("notes.txt"), "mine").unwrap();
    let folder = path_of(&store, &records[0].id());
    let leftover = folder.with_file_name("abc.json.12.part");
    fs::write(&leftover, "half").unwrap();
    assert_eq!(store.ids().unwrap().len(), 1);
    assert_eq!(contents(&store).subjects()[0].sessions, 1);
    assert!(leftover.exists() && records_folder.join("notes.txt").exists());
}

#[test]
fn what_killed_writers_left_is_swept_by_the_next_writer() {
    let (_folder, store, records) = filled(1, 17);
    let beside = path_of(&store, &records[0].id());
    let part = |process: u32, hours: u64| {
        let name = format!("{}.json.{process}-0.part", records[0].id());
        let path = beside.with_file_name(name);
        let file = fs::File::create(&path).unwrap();
        let age = std::time::Duration::from_secs(3600 * hours);
        file.set_modified(std::time::SystemTime::now() - age).unwrap();
        path
    };
    // Above the largest number that a process can have.
    let gone = 4_194_305;
    let (young, old, alive) = (part(gone + 1, 0), part(gone, 2), part(std::process::id(), 2));
    contents(&store);
    assert!(old.exists(), "who only reads removes nothing");
    store.put(&records[0]).unwrap();
    assert!(!old.exists() && young.exists() && alive.exists());
    let (_other, other, _) = filled(1, 18);
    let old = part(gone, 2);
    store.merge(&other).unwrap();
    assert!(!old.exists());
}

#[test]
fn records_that_no_history_could_use_are_refused() {
    let (_folder, store, mut records) = filled(1, 8);
    let mut record = records.remove(0);
    record.runs.clear();
    assert!(matches!(store.put(&record), Err(BaselineError::NoRuns { .. })));
    let mut foreign = QUIET.session("grid", 9, "abc", &mut Random::new(9));
    foreign.machine = None;
    assert!(matches!(store.put(&foreign), Err(BaselineError::NoMachine { .. })));
    assert_eq!(store.ids().unwrap().len(), 1);
}

#[test]
fn an_index_that_cannot_be_written_is_done_without() {
    let (_folder, store, _) = filled(3, 10);
    // As on a disk that may only be read: nothing can be opened for writing there, nor removed.
    fs::create_dir_all(store.folder().join("index.sqlite/in the way")).unwrap();
    let contents = contents(&store);
    assert_eq!(contents.subjects()[0].sessions, 3);
    let history = contents.history("grid", &QUIET.class(), Measure::Wall, 0.0).unwrap();
    assert_eq!(history.figures.len(), 3);
}

#[test]
fn a_record_that_cannot_be_written_is_an_error_and_harms_nothing() {
    let (folder, store, records) = filled(1, 10);
    let blocked = Store::at(folder.path().join("blocked"));
    fs::create_dir_all(blocked.folder()).unwrap();
    fs::write(blocked.folder().join("records"), "a file where a folder should be").unwrap();
    let error = blocked.put(&records[0]).unwrap_err();
    assert!(matches!(&error, BaselineError::Write { .. }), "{error}");
    assert_eq!(files(blocked.folder()).len(), 1);
    // The name is taken by a folder: the file aside is removed again.
    let taken = path_of(&store, &QUIET.session("x", 1, "a", &mut Random::new(2)).id());
    fs::create_dir_all(taken.join("in the way")).unwrap();
    let record = QUIET.session("x", 1, "a", &mut Random::new(2));
    assert!(matches!(store.put(&record), Err(BaselineError::Write { .. })));
    assert_eq!(record_files(&store).len(), 1);
}

#[test]
fn merging_is_a_union_in_any_order_and_however_often() {
    let (_a, a, _) = filled(3, 11);
    let (_b, b, _) = filled(4, 12);
    let (_c, c, _) = filled(2, 11);
    let union = |order: &[&Store]| {
        let folder = tempfile::tempdir().unwrap();
        let all = Store::at(folder.path());
        let mut added = 0;
        for store in order {
            let merged = all.merge(store).unwrap();
            added += merged.added;
            assert!(merged.unread.is_empty());
        }
        let names: Vec<_> = record_files(&all)
            .into_iter()
            .map(|(path, bytes)| (path.file_name().unwrap().to_owned(), bytes))
            .collect();
        assert_eq!(added, names.len());
        (names, contents(&all).history("grid", &QUIET.class(), Measure::Wall, 0.0).unwrap())
    };
    // The two sessions of the third store are also in the first.
    let one = union(&[&a, &b, &c]);
    assert_eq!(one.0.len(), 7);
    assert_eq!(one, union(&[&c, &b, &a]));
    assert_eq!(one, union(&[&b, &a, &c, &b, &a]));
}

#[test]
fn a_record_that_this_version_would_write_otherwise_is_taken_over_as_it_is() {
    let (_a, a, records) = filled(1, 16);
    // A later program of the same version of the format tells one thing more.
    let text = records[0].to_json().replacen('{', "{ \"mood\": \"fine\", ", 1);
    let id = blake3::hash(text.as_bytes()).to_hex().to_string();
    let theirs = path_of(&a, &id);
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::write(&theirs, &text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let all = Store::at(folder.path());
    assert_eq!(all.merge(&a).unwrap().added, 2);
    assert_eq!(fs::read_to_string(path_of(&all, &id)).unwrap(), text);
    let history = contents(&all).history("grid", &QUIET.class(), Measure::Wall, 0.0).unwrap();
    assert!(history.figures.iter().any(|figure| figure.id == id));
    assert_eq!(all.merge(&a).unwrap().known, 2);
}

#[test]
fn merging_leaves_out_what_is_damaged_and_refuses_what_is_no_store() {
    let (_a, a, records) = filled(2, 13);
    fs::write(path_of(&a, &records[0].id()), "{}").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let all = Store::at(folder.path().join("all"));
    let merged = all.merge(&a).unwrap();
    assert_eq!((merged.added, merged.known, merged.unread.len()), (1, 0, 1));
    let nothing = Store::at(folder.path().join("nothing"));
    assert!(matches!(all.merge(&nothing), Err(BaselineError::NoStore { .. })));
}

#[test]
fn two_writers_of_one_store_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baselines");
    let write = |seed: u64, subject: &'static str| {
        let store = Store::at(&path);
        std::thread::spawn(move || {
            let mut random = Random::new(seed);
            for hour in 0..20 {
                store.put(&QUIET.session(subject, hour, "abc", &mut random)).unwrap();
                // Both look again and again, so both write the index.
                assert!(store.contents().unwrap().unread.is_empty());
            }
        })
    };
    let writers = [write(1, "one"), write(2, "two")];
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let store = Store::at(&path);
    let sessions: Vec<_> =
        contents(&store).subjects().into_iter().map(|s| (s.name, s.sessions)).collect();
    assert_eq!(sessions, [("one".to_owned(), 20), ("two".to_owned(), 20)]);
    let parts =
        record_files(&store).iter().filter(|(path, _)| path.extension().unwrap() != "json").count();
    assert_eq!(parts, 0);
}

#[test]
fn classes_keep_apart_whatever_the_program_that_measured() {
    let (_folder, store, _) = filled(2, 14);
    let other = Bench { cores: 64, ..QUIET };
    let mut random = Random::new(15);
    store.put(&other.session("grid", 5, "abc", &mut random)).unwrap();
    let mut upgraded = QUIET.session("grid", 6, "abc", &mut random);
    upgraded.machine.as_mut().unwrap().class.program = "backcast 0.2.0".to_owned();
    store.put(&upgraded).unwrap();
    let contents = contents(&store);
    let of = |class: &str| contents.figures("grid", class, Measure::Wall).len();
    assert_eq!((of(&QUIET.class()), of(&other.class())), (3, 1));
    assert_eq!(contents.subjects().len(), 2);
}

#[test]
fn a_session_in_front_of_that_of_an_older_commit_is_out_of_order() {
    let (_folder, store, _) = filled(0, 19);
    let mut random = Random::new(20);
    // Commits of one letter, each after the letter before it. The clock is set back by three hours before `c`.
    for (hour, commit) in [(4, "a"), (5, "b"), (6, "b+"), (3, "c"), (7, "c")] {
        store.put(&QUIET.session("grid", hour, commit, &mut random)).unwrap();
    }
    let history = contents(&store).history("grid", &QUIET.class(), Measure::Wall, 0.0).unwrap();
    let found = history.out_of_order(|commit, from| commit > from);
    let commits: Vec<_> =
        found.iter().map(|two| two.map(|it| it.commit.clone().unwrap())).collect();
    assert_eq!(commits, [["c", "a"]]);
    assert!(history.out_of_order(|_, _| false).is_empty());
    assert_eq!(contents(&store).newest(&QUIET.class()), Some("2026-11-01T07:00:00Z"));
    assert_eq!(contents(&store).newest("another"), None);
}
