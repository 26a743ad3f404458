//! One change on several machines.

use backcast_lab::{
    baseline::{Measure, Store, across_machines},
    stats::Random,
};

use super::{Bench, QUIET, contents};

/// Three machines whose speeds have nothing in common, each with sessions of two revisions.
fn stores(ratio: f64) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let mut random = Random::new(1);
    for (cores, seconds) in [(2, 3.0), (4, 1.0), (64, 0.1)] {
        let before = Bench { cores, seconds, ..QUIET };
        let after = Bench { seconds: seconds * ratio, ..before };
        for hour in 0..5 {
            store.put(&before.session("grid", hour, "aaaaaaaaaaaa", &mut random)).unwrap();
            store.put(&after.session("grid", 10 + hour, "bbbbbbbbbbbb", &mut random)).unwrap();
        }
    }
    (folder, store)
}

#[test]
fn ratios_are_merged_and_times_are_not() {
    let (_folder, store) = stores(0.9);
    let all = across_machines(&contents(&store), Measure::Wall, "aaaa", "bbbb", 0.95).unwrap();
    let [grid] = &all[..] else { panic!("{all:?}") };
    assert_eq!((grid.classes.len(), grid.merged.machines), (3, 3));
    assert!(grid.classes.iter().all(|(_, ratio)| (ratio.estimate - 0.9).abs() < 0.03), "{grid:?}");
    assert!(grid.merged.ratio.contains(0.9) && grid.merged.ratio.high < 0.95, "{grid:?}");
}

#[test]
fn a_machine_that_lacks_a_revision_does_not_count() {
    let (_folder, store) = stores(0.9);
    let slow = Bench { cores: 8, seconds: 100.0, ..QUIET };
    store.put(&slow.session("grid", 30, "bbbbbbbbbbbb", &mut Random::new(2))).unwrap();
    let all = across_machines(&contents(&store), Measure::Wall, "aaaa", "bbbb", 0.95).unwrap();
    assert_eq!(all[0].classes.len(), 3);
    let none = across_machines(&contents(&store), Measure::Wall, "cccc", "bbbb", 0.95).unwrap();
    assert!(none.is_empty());
}

#[test]
fn changed_sources_are_another_revision_than_their_commit() {
    let (_folder, store) = stores(1.0);
    store.put(&QUIET.session("grid", 40, "bbbbbbbbbbbb+", &mut Random::new(3))).unwrap();
    let compared =
        |to| across_machines(&contents(&store), Measure::Wall, "aaaa", to, 0.95).unwrap();
    assert_eq!(compared("bbbb")[0].classes.len(), 3);
    assert_eq!(compared("bbbb+")[0].classes.len(), 1);
    // A full hash means the abbreviated one that is kept.
    assert_eq!(compared("bbbbbbbbbbbb0123456789")[0].classes.len(), 3);
}
