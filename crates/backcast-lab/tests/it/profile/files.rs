//! Profiles on disk: what is read back, what is refused and why.

use backcast_lab::profile::{
    self, Builder, Change, Difference, Lifetime, Split, View, python, read_spans,
};

use super::{example, recording, span, written};

#[test]
fn a_profile_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.json");
    profile::save(&example(), &path).unwrap();
    assert_eq!(profile::load(&path).unwrap(), example());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn files_of_later_versions_and_other_kinds_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str| {
        profile::load(&written(&folder, "p.json", text))
            .unwrap_err()
            .to_string()
            .replace(&folder.path().display().to_string(), "[folder]")
    };
    let newer = refused(r#"{"format":"backcast-profile","version":99,"more":[]}"#);
    assert_eq!(
        newer,
        "[folder]/p.json has version 99 of backcast-profile; this program reads up to 1"
    );
    let other = refused(r#"{"format":"hyperfine","version":1}"#);
    assert_eq!(other, "[folder]/p.json is no backcast-profile: its format is `hyperfine`");
    assert!(refused("{").starts_with("[folder]/p.json is no backcast-profile: it ends too early"));
}

#[test]
fn a_profile_whose_numbers_point_nowhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    type Spoil = fn(&mut profile::Profile);
    let spoils: [(Spoil, &str); 4] = [
        (|p| p.nodes[1].parent = Some(4), "node 1 does not stand after its parent"),
        (|p| p.nodes[2].frame = 99, "node 2 names frame 99, which is not there"),
        (|p| p.threads[0].len = 3, "3 nodes belong to threads, 5 are there"),
        (|p| p.threads[0].first = 1, "thread `main` does not begin after the one before it"),
    ];
    for (spoil, said) in spoils {
        let mut spoiled = example();
        spoil(&mut spoiled);
        let path = folder.path().join("spoiled.json");
        profile::save(&spoiled, &path).unwrap();
        let error = profile::load(&path).unwrap_err().to_string();
        assert!(error.ends_with(said), "{error}");
    }
}

#[test]
fn a_span_file_whose_nodes_stand_in_the_wrong_order_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let spans = [span(2, Some(1), "b", 1), span(1, None, "a", 1)];
    let path = written(&folder, "spans.json", &recording(10, &spans));
    let error = read_spans(&path, &mut Builder::default()).unwrap_err().to_string();
    assert!(error.ends_with("node 2 stands before its parent 1"), "{error}");
}

#[test]
fn samples_of_python_become_threads_with_lines() {
    let text = r#"{"format":"backcast-python-samples","version":1,"pid":5,"parent":1,"python":"cpython 3.11.7",
        "argv":["x.py"],"began_ns":0,"wall_ns":1000,"complete":true,"period_ns":10000000,"ticks":4,"switch_interval_ns":5000000,
        "sampler_cpu_ns":9,"most_threads":2,"not_kept":0,"threads_started":0,"process_cpu_ns":800,"peak_bytes":77,
        "collections":[[3,50,7,0],[0,0,0,0],[0,0,0,0]],"imports":[["json",30,40],["csv",60,60]],
        "frames":[["import","<frozen importlib>",0],["garbage collector","<gc>",0],["load","/srv/u/x.py",3]],
        "threads":[{"name":"MainThread","count":1,"wall_ns":900,"cpu_ns":800,"samples":4,"effective_samples":2,
            "nodes":[[-1,2,3,700,600,[[4,500,800,2],[9,200,200,1]],90],[0,1,0,50,null,[],0],[0,0,1,100,null,[],0]]}]}"#;
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::default();
    python::read_samples(&written(&folder, "5.json", text), &mut builder).unwrap();
    let profile = builder.finish("x", vec![], String::new(), 1000);
    let thread = &profile.threads[0];
    assert_eq!((thread.wall_ns, thread.unattributed_ns, thread.samples), (1000, 150, 4));
    assert_eq!(profile.nodes[0].total_ns, 850);
    assert_eq!(profile.nodes[0].lines[0].total_ns, 800);
    let view = View::of(&profile);
    assert_eq!((view.samples, view.effective_samples), (4, 2));
    let split = Split::of(&profile);
    assert_eq!((split.user_ns, split.waiting_ns), (610, 90));
    let process = &profile.python[0];
    assert_eq!((process.collections[0].count, process.peak_bytes), (3, Some(77)));
    assert_eq!(process.imports[0].module, "csv", "the slowest own time stands first");
    let killed = text.replace(r#""complete":true"#, r#""complete":false"#);
    let mut builder = Builder::default();
    builder.command = Some(Lifetime { pid: 5, began_ns: 0, wall_ns: 3_000 });
    python::read_samples(&written(&folder, "7.json", &killed), &mut builder).unwrap();
    assert!(builder.unseen[0].contains("in its last 2.00 us"), "{:?}", builder.unseen);
    let killed = builder.finish("x", vec![], String::new(), 3000);
    assert_eq!((killed.threads[0].wall_ns, killed.threads[0].unattributed_ns), (3000, 2150));
    let short = text.replace(
        r#""threads_started":0,"process_cpu_ns":800"#,
        r#""threads_started":300,"process_cpu_ns":500000800"#,
    );
    let mut builder = Builder::default();
    python::read_samples(&written(&folder, "8.json", &short), &mut builder).unwrap();
    assert_eq!(
        builder.unseen,
        [
            "300 threads of process 5 that ended between two looks; 500 ms of 500 ms processor time was in no thread that was looked at"
        ]
    );
    let broken = text.replace("[0,1,0,50,null,[],0]", "[7,1,0,50,null,[],0]");
    let error = python::read_samples(&written(&folder, "6.json", &broken), &mut Builder::default());
    assert!(error.unwrap_err().to_string().ends_with("node 1 does not stand after its parent"));
}

#[test]
fn two_profiles_tell_what_appeared_vanished_and_changed() {
    let before = super::profile(
        1_000,
        &[span(1, None, "a", 500), span(2, Some(1), "old", 300), span(3, None, "same", 200)],
    );
    let after = super::profile(
        900,
        &[span(1, None, "a", 400), span(2, Some(1), "new", 300), span(3, None, "same", 200)],
    );
    let difference = Difference::between(&View::of(&before), &View::of(&after));
    let largest = difference.largest(0.05);
    let told: Vec<_> =
        largest.iter().map(|row| (row.name.as_str(), row.change, row.own_change_ns())).collect();
    assert_eq!(told.len(), 3, "what stayed is not told: {told:?}");
    assert!(told.contains(&("old", Change::Vanished, -300)));
    assert!(told.contains(&("new", Change::Appeared, 300)));
    assert!(told.contains(&("a", Change::Kept, -100)));
    assert_eq!(difference.largest(0.2).len(), 2);
    assert_eq!((difference.before_ns, difference.after_ns), (1_000, 900));
}

#[test]
fn a_recording_that_was_cut_short_says_where_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let unseen = |complete: bool| {
        let mut recording: serde_json::Value =
            serde_json::from_str(&recording(2_500_000_000, &[span(1, None, "a", 1)])).unwrap();
        recording["complete"] = complete.into();
        let mut builder = Builder::default();
        read_spans(&written(&folder, "spans.json", &recording.to_string()), &mut builder).unwrap();
        builder.unseen
    };
    let cut =
        "spans of process 7 after its first 2.50 s: it was killed before it had written the rest";
    assert_eq!(unseen(false), [cut]);
    assert!(unseen(true).is_empty());
}
