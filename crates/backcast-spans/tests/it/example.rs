//! A program that is not ours, with `backcast-spans` as its only dependency.

use std::{path::PathBuf, process::Command};

use serde_json::Value;

fn built() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rust_program");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--offline", "--locked", "--manifest-path"])
        .arg(root.join("examples/rust_program/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status()
        .expect("cargo runs the tests");
    assert!(status.success(), "the example does not build");
    target.join("release/rust-program")
}

#[test]
fn a_rust_program_records_itself() {
    let program = built();
    let folder = tempfile::tempdir().unwrap();
    let run = |variables: &[(&str, &str)], args: &[&str]| {
        let mut command = Command::new(&program);
        command.args(args).current_dir(folder.path()).envs(variables.iter().copied());
        command.output().unwrap()
    };
    let document = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let node = |document: &Value, name: &str| -> Value {
        let threads = document["threads"].as_array().unwrap();
        let mut nodes = threads.iter().flat_map(|thread| thread["nodes"].as_array().unwrap());
        nodes.find(|node| node["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };

    let plain = run(&[], &[]);
    assert!(plain.status.success());
    let recorded = run(&[("BACKCAST_SPANS", "spans-%p.json")], &[]);
    assert_eq!(plain.stdout, recorded.stdout);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    let name = names[0].file_name().into_string().unwrap();
    assert_eq!(names.len(), 1, "a half-written file is left");
    let found = document(&name);
    assert_eq!(name, format!("spans-{}.json", found["pid"]));
    assert!(node(&found, "user.parse")["calls"].as_u64().unwrap() > 0);
    assert!(node(&found, "user.count")["allocations"].as_u64().unwrap() > 0);
    assert!(found["memory"]["peak_bytes"].as_u64().unwrap() > 0);

    let slowed = [("BACKCAST_SPANS", "slow.json"), ("BACKCAST_DELAY", "user.count=20ms")];
    assert_eq!(run(&slowed, &[]).stdout, plain.stdout);
    let slow = document("slow.json");
    let count = node(&slow, "user.count");
    let calls = count["calls"].as_u64().unwrap();
    assert!(count["self_ns"].as_u64().unwrap() >= calls * 20_000_000);
    assert_eq!(slow["delays"][0]["calls"], calls);

    // A span that lasts for a minute, or until the program is killed with what it had written by then.
    let endless = [("BACKCAST_SPANS", "killed.json"), ("BACKCAST_DELAY", "user.count=60s")];
    let mut command = Command::new(&program);
    let mut endless = command.current_dir(folder.path()).envs(endless).spawn().unwrap();
    while !folder.path().join("killed.json").exists() {
        assert!(endless.try_wait().unwrap().is_none(), "it ends by itself");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    endless.kill().unwrap();
    endless.wait().unwrap();
    let killed = document("killed.json");
    assert_eq!((&killed["complete"], &found["complete"]), (&false.into(), &true.into()));
    assert_eq!(node(&killed, "user.count")["open"], 1);
    assert!(node(&killed, "user.parse")["calls"].as_u64().unwrap() > 0);

    let failed = run(&[("BACKCAST_SPANS", "panic.json")], &["panic"]);
    assert_eq!(failed.status.code(), Some(101));
    assert_eq!(node(&document("panic.json"), "user.parse")["open"], 0);

    let nowhere = run(&[("BACKCAST_SPANS", "no/such/folder/x.json")], &[]);
    assert_eq!(nowhere.stdout, plain.stdout);
    let told = String::from_utf8(nowhere.stderr).unwrap();
    assert!(told.contains("cannot write the recording no/such/folder/x.json"), "{told}");
    let wrong = run(&[("BACKCAST_DELAY", "user.count=soon")], &[]);
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert!(wrong.status.code() == Some(2) && told.contains("`user.count=soon`"), "{told}");
}
