//! Bundles under bad luck: damage, newer formats, killed and competing writers, full disks.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use backcast_data::{
    Frequency, SyntheticSpec,
    synthetic::{self, PlainBars},
};
use backcast_store::{
    Home, data_digest, ingest_plain, ingest_synthetic, load_bundle, remove_bundle, show_bundle,
    verify_bundle,
};

fn spec(text: &str) -> SyntheticSpec {
    text.parse().unwrap()
}

/// The valid version of a bundle.
fn version(home: &Home, name: &str) -> PathBuf {
    let folder = home.bundles().join(name);
    let current = fs::read_to_string(folder.join("current")).unwrap();
    folder.join(current.split(' ').next().unwrap())
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_bundle_gives_back_the_market_that_was_put_in() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    let spec = spec("assets=7,years=3,seed=11");
    let report = ingest_synthetic(&home, &spec, "made.up").unwrap();
    let mut market = spec.market("made.up");
    market.digest = data_digest(&market);
    assert_eq!(report.digest, market.digest);
    assert_eq!(load_bundle(&home, "made.up", true).unwrap(), market);
    for asset in &load_bundle(&home, "made.up", false).unwrap().assets {
        let bars = &asset.bars;
        for column in [&bars.open, &bars.high, &bars.low, &bars.close, &bars.volume] {
            assert_eq!(column.as_ptr() as usize % 64, 0, "columns begin on 64-byte boundaries");
        }
    }
    let info = show_bundle(&home, "made.up").unwrap();
    assert_eq!((info.assets.len(), info.rows, info.dividends), (7, report.rows, report.dividends));
    assert_eq!(verify_bundle(&home, "made.up").unwrap().digest, market.digest);
}

#[test]
fn plain_bars_are_kept_under_the_symbols_that_they_are_given() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    let plain = PlainBars::new(900, Frequency::Minutes(1), 5);
    let symbols = ["AAPL", "G1", "IBM"].map(str::to_owned);
    let report = ingest_plain(&home, &plain, symbols.clone(), "plain").unwrap();
    assert_eq!((report.assets, report.rows), (3, 2700));
    let market = load_bundle(&home, "plain", true).unwrap();
    let expected = synthetic::gbm_assets(3, 900, Frequency::Minutes(1), 5);
    assert_eq!((&market.calendar, market.frequency), (&expected.calendar, expected.frequency));
    for ((asset, expected), symbol) in market.assets.iter().zip(&expected.assets).zip(&symbols) {
        assert_eq!((&asset.symbol, &asset.bars), (symbol, &expected.bars));
    }
}

#[test]
fn a_new_ingest_replaces_the_old_version_and_mapped_readers_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    ingest_synthetic(&home, &spec("assets=2,years=1,seed=1"), "x").unwrap();
    let old = load_bundle(&home, "x", false).unwrap();
    let first = version(&home, "x");
    let report = ingest_synthetic(&home, &spec("assets=2,years=1,seed=2"), "x").unwrap();
    assert!(!first.exists());
    assert_eq!(entries(&home.bundles().join("x")).len(), 2);
    assert_eq!(data_digest(&old), old.digest, "columns that were mapped stay what they are");
    assert_eq!(load_bundle(&home, "x", true).unwrap().digest, report.digest);
    remove_bundle(&home, "x").unwrap();
    assert_eq!(
        load_bundle(&home, "x", false).unwrap_err().to_string(),
        "no bundle is called `x`; there are: sample"
    );
    assert!(remove_bundle(&home, "x").is_err());
}

const MEND: &str = "; ingest it again, or remove it with `backcast bundles remove x`";

#[test]
fn damage_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    ingest_synthetic(&home, &spec("assets=3,years=3,seed=1"), "x").unwrap();
    let folder = version(&home, "x");
    let bars = fs::read(folder.join("bars.arrow")).unwrap();
    let load = |verify| load_bundle(&home, "x", verify).err().map(|e| e.to_string());
    let damaged = |problem: &str| Some(format!("bundle `x` is damaged: {problem}{MEND}"));

    let mut flipped = bars.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    fs::write(folder.join("bars.arrow"), &flipped).unwrap();
    assert_eq!(load(false), None, "column bytes are looked at by verification only");
    assert_eq!(load(true), damaged("bars.arrow: the columns of S001 differ from their checksum"));
    assert_eq!(verify_bundle(&home, "x").err().map(|e| e.to_string()), load(true));

    let mut footer = bars.clone();
    let at = footer.len() - 60;
    footer[at] ^= 1;
    fs::write(folder.join("bars.arrow"), &footer).unwrap();
    assert!(
        load(false).unwrap().starts_with("bundle `x` is damaged: bars.arrow: its "),
        "{:?}",
        load(false)
    );

    fs::write(folder.join("bars.arrow"), &bars[..bars.len() / 2]).unwrap();
    let problem =
        format!("bars.arrow: it is cut off: {} bytes instead of {}", bars.len() / 2, bars.len());
    assert_eq!(load(false), damaged(&problem));
    fs::write(folder.join("bars.arrow"), b"").unwrap();
    assert!(load(false).unwrap().contains("it is cut off: 0 bytes"));
    fs::remove_file(folder.join("bars.arrow")).unwrap();
    assert_eq!(load(false), damaged("bars.arrow: it is missing"));
    fs::write(folder.join("bars.arrow"), &bars).unwrap();
    assert_eq!(load(true), None);

    let dividends = fs::read(folder.join("dividends.arrow")).unwrap();
    let mut flipped = dividends.clone();
    flipped[dividends.len() / 2] ^= 1;
    fs::write(folder.join("dividends.arrow"), &flipped).unwrap();
    assert_eq!(load(false), damaged("dividends.arrow: it differs from its checksum"));
    fs::write(folder.join("dividends.arrow"), &dividends).unwrap();

    let manifest = fs::read_to_string(folder.join("manifest.json")).unwrap();
    fs::write(folder.join("manifest.json"), manifest.replace("\"rows\":7", "\"rows\":8")).unwrap();
    assert_eq!(load(false), damaged("manifest.json differs from its checksum"));
    fs::write(folder.join("manifest.json"), manifest.replace("\"format\":1", "\"format\":2"))
        .unwrap();
    assert_eq!(
        load(false).unwrap(),
        "bundle `x` has format 2, but this program reads formats up to 1: use a newer backcast, or ingest the bundle again with this one"
    );
    fs::write(folder.join("manifest.json"), &manifest).unwrap();
    fs::write(home.bundles().join("x/current"), "nonsense").unwrap();
    assert_eq!(load(false), damaged("file `current` is unreadable"));
    ingest_synthetic(&home, &spec("assets=3,years=3,seed=1"), "x").unwrap();
    assert_eq!(load(true), None, "a new ingest mends it");
}

#[test]
fn no_flipped_byte_of_the_metadata_is_believed_or_ends_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    ingest_synthetic(&home, &spec("assets=1,years=1,seed=1"), "x").unwrap();
    let good = load_bundle(&home, "x", true).unwrap();
    let path = version(&home, "x").join("bars.arrow");
    let bytes = fs::read(&path).unwrap();
    for at in (0..bytes.len()).step_by(97).chain(bytes.len() - 600..bytes.len()) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x41;
        fs::write(&path, &flipped).unwrap();
        assert!(load_bundle(&home, "x", true).is_err(), "byte {at} of {}", bytes.len());
        if let Ok(market) = load_bundle(&home, "x", false) {
            assert_eq!(market.assets[0].bars.len(), good.assets[0].bars.len());
        }
    }
}

// ---- other processes: this test program again, asked for one of the tasks below ----

/// Runs `task` in a process of its own; `shell` may set limits before.
fn task(name: &str, home: &Home, spec: &str, shell: &str) -> Command {
    let program = env::current_exe().unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
        .arg(program)
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env("TASK_HOME", home.path())
        .env("TASK_SPEC", spec)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
#[ignore = "a task for other tests"]
fn task_ingest() {
    let (Ok(home), Ok(spec)) = (env::var("TASK_HOME"), env::var("TASK_SPEC")) else { return };
    match ingest_synthetic(&Home::at(home), &spec.parse().unwrap(), "x") {
        Ok(report) => println!("ingested {}", report.digest),
        Err(error) => println!("refused: {error}"),
    }
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_killed_ingest_leaves_the_old_bundle_and_the_next_one_sweeps_up() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    let old = ingest_synthetic(&home, &spec("assets=1,years=1,seed=1"), "x").unwrap().digest;
    let folder = home.bundles().join("x");
    let mut child =
        task("bundles::task_ingest", &home, "assets=2000,years=34,seed=2", "").spawn().unwrap();
    let begin = Instant::now();
    while !entries(&folder).iter().any(|name| name.starts_with(".new-")) {
        assert!(begin.elapsed() < Duration::from_secs(30), "the ingest has not begun");
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(100));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(entries(&folder).len(), 3, "what it had written is still there");
    assert_eq!(verify_bundle(&home, "x").unwrap().digest, old);
    let new = ingest_synthetic(&home, &spec("assets=1,years=1,seed=3"), "x").unwrap().digest;
    assert_eq!(entries(&folder).len(), 2);
    assert_eq!(verify_bundle(&home, "x").unwrap().digest, new);
}

#[test]
fn two_processes_that_ingest_one_bundle_leave_a_whole_one() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    let mut children: Vec<_> = (1..=3)
        .map(|seed| {
            task("bundles::task_ingest", &home, &format!("assets=20,years=5,seed={seed}"), "")
                .spawn()
                .unwrap()
        })
        .collect();
    let mut digests = Vec::new();
    for child in children.drain(..) {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.split("ingested ").nth(1));
        digests.push(line.unwrap_or_else(|| panic!("{text}")).trim().to_owned());
    }
    let found = verify_bundle(&home, "x").unwrap().digest;
    assert!(digests.contains(&found));
    assert_eq!(entries(&home.bundles().join("x")).len(), 2);
}

#[test]
fn a_full_disk_is_told_and_leaves_the_old_bundle() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    let big = "assets=10,years=5,seed=2";
    // No file may grow beyond 100 blocks, and the signal for it is ignored, as on a full disk.
    let limited =
        || output(&mut task("bundles::task_ingest", &home, big, "trap '' XFSZ; ulimit -f 100;"));
    let text = limited();
    assert!(text.contains("refused: no space left while writing "), "{text}");
    assert!(text.contains("nothing was changed: free some space and run it again"), "{text}");
    assert!(!home.bundles().join("x").exists(), "no trace of a bundle that never was");
    let old = ingest_synthetic(&home, &spec("assets=1,years=1,seed=1"), "x").unwrap().digest;
    let before = entries(&home.bundles().join("x"));
    assert!(limited().contains("no space left"));
    assert_eq!(entries(&home.bundles().join("x")), before);
    assert_eq!(verify_bundle(&home, "x").unwrap().digest, old);
}
