//! Files that running commands write, and how they are read.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

use backcast_lab::live::{BestSet, Life, Listing, Publisher, Reader, Seen, State, Status};
use tempfile::TempDir;

/// Longer than any machine needs to write a file.
const PATIENCE: Duration = Duration::from_secs(30);

fn folder() -> (TempDir, PathBuf) {
    let project = tempfile::tempdir().unwrap();
    let folder = project.path().join(".backcast").join("live");
    (project, folder)
}

fn start(folder: &Path) -> Publisher {
    Publisher::start(folder, "sweep", vec!["backcast".into(), "sweep".into(), "a.toml".into()])
}

/// Looks until something is so.
fn wait(folder: &Path, so: impl Fn(&Listing) -> bool) -> Listing {
    let mut reader = Reader::new(folder);
    let begin = Instant::now();
    loop {
        reader.look();
        let listing = reader.listing();
        if so(&listing) {
            return listing;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain; there is {listing:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What a first look finds.
fn listing(folder: &Path) -> Listing {
    let mut reader = Reader::new(folder);
    reader.look();
    reader.listing()
}

fn set(account: &str, set: &str, value: f64) -> BestSet {
    BestSet { account: account.into(), set: set.into(), value, shown: value.to_string() }
}

/// The only file of a folder.
fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("one file is wanted, there are {files:?}") };
    file.clone()
}

/// A file as another process would have written it.
fn write_changed(folder: &Path, name: &str, like: &Status, change: impl FnOnce(&mut Status)) {
    let mut status = like.clone();
    change(&mut status);
    fs::write(folder.join(name), serde_json::to_vec(&status).unwrap()).unwrap();
}

/// What a running command writes, taken from a real one.
fn sample() -> Status {
    let (_project, folder) = folder();
    let publisher = start(&folder);
    let status = wait(&folder, |listing| !listing.running.is_empty()).running[0].status.clone();
    publisher.finish(0);
    status
}

#[test]
fn a_running_command_tells_how_far_it_is_and_what_it_found() {
    let (_project, folder) = folder();
    let publisher = start(&folder);
    let board = publisher.board();
    board.subject("a.toml");
    board.phase("running");
    board.begin(1000, 200, "runs");
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..50).for_each(|_| board.advance(1)));
        }
    });
    board.best("Sharpe", true, "IBM", vec![set("IBM", "fast 5", 0.5), set("IBM", "fast 6", 0.2)]);
    board.best("Sharpe", true, "KO", vec![set("KO", "fast 9", 0.4), set("KO", "fast 7", f64::NAN)]);
    board.best("Sharpe", true, "IBM", vec![set("IBM", "fast 8", 0.9), set("IBM", "fast 5", 0.5)]);
    let listing = wait(&folder, |listing| {
        let best = listing.running.first().and_then(|seen| seen.status.best.as_ref());
        best.is_some_and(|best| best.sets.iter().any(|one| one.set == "fast 8"))
    });
    let seen = &listing.running[0];
    assert_eq!((seen.life, seen.status.state), (Life::Running, State::Running));
    assert_eq!(seen.status.kind, "sweep");
    assert_eq!(seen.status.command, ["backcast", "sweep", "a.toml"]);
    assert_eq!(seen.status.subject.as_deref(), Some("a.toml"));
    let progress = seen.status.progress.as_ref().unwrap();
    assert_eq!((progress.done, progress.total, &*progress.unit), (300, 1000, "runs"));
    let best = seen.status.best.as_ref().unwrap();
    let told: Vec<_> = best.sets.iter().map(|one| (&*one.account, &*one.set)).collect();
    assert_eq!(told, [("IBM", "fast 8"), ("IBM", "fast 5"), ("KO", "fast 9")]);
    assert!(seen.status.vitals.resident_bytes > Some(0) && seen.status.vitals.threads > Some(1));
    assert_eq!(seen.status.history.done.last(), Some(&300));
    publisher.finish(0);
}

#[test]
fn the_lowest_value_leads_where_lower_is_better() {
    let (_project, folder) = folder();
    let publisher = start(&folder);
    let sets = (0..40).map(|i| set("pool", &format!("n {i}"), f64::from(i))).collect();
    publisher.board().best("Max drawdown", false, "pool", sets);
    let told = |listing: &Listing| listing.running.first().and_then(|c| c.status.best.clone());
    let best = told(&wait(&folder, |listing| told(listing).is_some())).unwrap().sets;
    assert_eq!((best[0].value, best[1].value, best.len()), (0.0, 1.0, 12));
    publisher.finish(0);
}

#[test]
fn the_exit_code_says_how_a_command_ended() {
    for (code, state) in [(0, State::Finished), (1, State::Failed), (75, State::Stopped)] {
        let (_project, folder) = folder();
        let publisher = start(&folder);
        publisher.board().result("0123456789ab");
        wait(&folder, |listing| !listing.running.is_empty());
        publisher.finish(code);
        let seen = listing(&folder).ended.remove(0);
        assert_eq!((seen.life, seen.status.state), (Life::Ended, state));
        assert_eq!(seen.status.exit_code, Some(code));
        assert_eq!(seen.status.result.as_deref(), Some("0123456789ab"));
    }
}

#[test]
fn a_command_that_is_over_at_once_leaves_nothing() {
    let (_project, folder) = folder();
    start(&folder).finish(0);
    assert!(!folder.exists());
    let publisher = Publisher::off();
    publisher.board().begin(1, 0, "runs");
    publisher.finish(0);
    assert!(!folder.exists());
}

#[test]
fn a_command_that_is_dropped_takes_its_file_with_it() {
    let (_project, folder) = folder();
    let publisher = start(&folder);
    wait(&folder, |listing| !listing.running.is_empty());
    drop(publisher);
    assert_eq!(listing(&folder), Listing::default());
}

#[test]
fn two_commands_at_once_have_a_file_each_and_the_later_one_leads() {
    let (_project, folder) = folder();
    fs::create_dir_all(&folder).unwrap();
    let own = sample();
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let start_ticks = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap();
    write_changed(&folder, "1-1.json", &own, |status| {
        status.kind = "bench".into();
        status.process.pid = child.id();
        status.process.start_ticks = start_ticks.parse().unwrap();
        status.started_ns = own.started_ns + 1;
    });
    write_changed(&folder, "2-2.json", &own, |_| ());
    write_changed(&folder, "3-3.json", &own, |status| {
        status.kind = "run".into();
        status.updated_ns = own.updated_ns + 2;
        status.state = State::Finished;
    });
    let mut reader = Reader::new(&folder);
    let look = |reader: &mut Reader| -> (bool, Vec<(String, Life)>) {
        let changed = reader.look();
        let Listing { running, ended, .. } = reader.listing();
        let of = |seen: Seen| (seen.status.kind, seen.life);
        (changed, running.into_iter().chain(ended).map(of).collect())
    };
    let of = |kind: &str, life| (kind.to_owned(), life);
    let all = vec![of("bench", Life::Running), of("sweep", Life::Running), of("run", Life::Ended)];
    assert_eq!(look(&mut reader), (true, all.clone()));
    assert_eq!(look(&mut reader), (false, all), "nothing changed");
    child.kill().unwrap();
    child.wait().unwrap();
    let all = vec![of("sweep", Life::Running), of("run", Life::Ended), of("bench", Life::Vanished)];
    assert_eq!(look(&mut reader), (true, all), "it was killed and never said that it ended");
    fs::remove_file(folder.join("1-1.json")).unwrap();
    let all = vec![of("sweep", Life::Running), of("run", Life::Ended)];
    assert_eq!(look(&mut reader), (true, all));
}

#[test]
fn a_process_of_another_machine_counts_as_alive_while_it_writes() {
    let (_project, folder) = folder();
    fs::create_dir_all(&folder).unwrap();
    let own = sample();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    for (name, age_s) in [("1-1.json", 0), ("2-2.json", 60)] {
        write_changed(&folder, name, &own, |status| {
            status.process.machine = "elsewhere".into();
            status.updated_ns = now - age_s * 1_000_000_000;
        });
    }
    let listing = listing(&folder);
    assert_eq!(listing.running[0].life, Life::Running);
    assert_eq!(listing.ended[0].life, Life::Vanished);
}

#[test]
fn what_is_no_file_of_ours_is_counted_and_harms_nothing() {
    let (_project, folder) = folder();
    fs::create_dir_all(folder.join("folder.json")).unwrap();
    let own = sample();
    fs::write(folder.join("1-1.json"), "{\"format\": \"backcast-live\", \"version\": 2}").unwrap();
    fs::write(folder.join("2-2.json"), "{\"format\": \"backcast-li").unwrap();
    fs::write(folder.join("3-3.json"), b"\xff\xfe").unwrap();
    File::create(folder.join("4-4.json")).unwrap().set_len(1 << 30).unwrap();
    write_changed(&folder, "5-5.json", &own, |status| status.history.done.push(1));
    write_changed(&folder, "6-6.json", &own, |status| status.format = "other".into());
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    nix::unistd::mkfifo(&folder.join("7-7.json"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    write_changed(&folder, "8-8.json", &own, |status| status.kind = "<b>bold</b>".into());
    let listing = listing(&folder);
    assert_eq!((listing.newer, listing.unreadable), (1, 5));
    let kinds: Vec<_> = listing.running.iter().map(|c| &*c.status.kind).collect();
    assert_eq!(kinds, ["<b>bold</b>"]);
}

#[test]
fn old_files_are_removed_but_not_those_of_a_process_that_lives_nor_those_of_others() {
    let (_project, folder) = folder();
    fs::create_dir_all(&folder).unwrap();
    let own = sample();
    let old = SystemTime::now() - Duration::from_secs(3600);
    write_changed(&folder, "1-1.json", &own, |status| status.state = State::Finished);
    write_changed(&folder, "2-2.json", &own, |_| ());
    write_changed(&folder, "3-3.json", &own, |status| status.process.start_ticks = 1);
    fs::write(folder.join(".4-4.part"), "{").unwrap();
    fs::write(folder.join("5-5.json"), "{\"format\": \"backcast-live\", \"version\": 2}").unwrap();
    fs::write(folder.join("notes.json"), "mine").unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        File::options().write(true).open(entry.unwrap().path()).unwrap().set_modified(old).unwrap();
    }
    write_changed(&folder, "6-6.json", &own, |status| status.state = State::Finished);
    Reader::new(&folder).look();
    let mut left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["2-2.json", "5-5.json", "6-6.json", "notes.json"]);
}

#[test]
fn of_many_ended_commands_the_latest_are_kept() {
    let (_project, folder) = folder();
    fs::create_dir_all(&folder).unwrap();
    let own = sample();
    let now = SystemTime::now();
    for place in 1..=50u64 {
        let name = format!("{place}-1.json");
        write_changed(&folder, &name, &own, |status| {
            status.process.start_ticks = if place == 50 { own.process.start_ticks } else { 1 };
            status.process.pid = if place == 50 { own.process.pid } else { place as u32 };
        });
        let file = File::options().write(true).open(folder.join(name)).unwrap();
        file.set_modified(now - Duration::from_secs(place)).unwrap();
    }
    let listing = listing(&folder);
    assert_eq!((listing.running.len(), listing.ended.len()), (1, 32));
    assert!(folder.join("32-1.json").exists() && !folder.join("33-1.json").exists());
}

#[test]
fn a_folder_that_cannot_be_written_harms_nobody() {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join(".backcast"), "a file, no folder").unwrap();
    let folder = project.path().join(".backcast").join("live");
    let publisher = start(&folder);
    publisher.board().begin(10, 0, "runs");
    thread::sleep(Duration::from_millis(400));
    publisher.finish(0);
    assert_eq!(listing(&folder), Listing::default());
    assert_eq!(fs::read_to_string(project.path().join(".backcast")).unwrap(), "a file, no folder");
}

#[test]
fn a_reader_never_finds_half_a_file() {
    let (_project, folder) = folder();
    let publisher = start(&folder);
    wait(&folder, |listing| !listing.running.is_empty());
    let file = only_file(&folder);
    let begin = Instant::now();
    let mut versions = std::collections::BTreeSet::new();
    while versions.len() < 4 {
        let status: Status = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        versions.insert(status.updated_ns);
        assert!(begin.elapsed() < PATIENCE);
    }
    publisher.finish(0);
}
