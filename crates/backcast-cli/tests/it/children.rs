//! Commands started through the launcher of the built program: what they cost, how they end, what they cannot get away with.

use std::{
    fs,
    hint::black_box,
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use backcast_lab::child::{
    Capture, Captured, ChildError, Exit, Finished, Launcher, RunOptions, Sampling, Subject,
};

fn launcher() -> Launcher {
    Launcher::at(env!("CARGO_BIN_EXE_backcast"))
}

fn run(subject: &Subject, options: &RunOptions) -> Finished {
    launcher().run(subject, options, &AtomicBool::new(false)).unwrap()
}

fn captured() -> RunOptions {
    let ends = Capture::Ends(1000);
    RunOptions { stdout: ends, stderr: ends, ..RunOptions::default() }
}

fn text(finished: &Finished) -> String {
    String::from_utf8(finished.stdout.as_ref().unwrap().whole().unwrap()).unwrap()
}

fn is_running(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what} took too long");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn exit_codes_and_signals_are_told_apart() {
    let exit = |line| run(&Subject::shell(line), &RunOptions::default()).sample.exit;
    assert_eq!(exit("exit 0"), Exit::Code(0));
    assert_eq!(exit("exit 7"), Exit::Code(7));
    assert_eq!(exit("kill -TERM $$"), Exit::Signal(15));
}

#[test]
fn words_reach_the_command_as_they_are_and_its_input_is_empty() {
    let odd = ["printf", "%s|", "a b", "$HOME", "<b>&amp;\"", "*", ""];
    assert_eq!(text(&run(&Subject::new(odd), &captured())), "a b|$HOME|<b>&amp;\"|*||");
    assert_eq!(text(&run(&Subject::new(["cat"]), &captured())), "");
}

#[test]
fn folder_variables_and_processors_are_those_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let subject = Subject {
        dir: Some(folder.clone()),
        ..Subject::shell("pwd; echo $COLOUR; nproc; env | grep -c MIMALLOC")
    }
    .with_env("COLOUR", "red")
    .with_env("COLOUR", "blue");
    let options = RunOptions { affinity: vec![0], ..captured() };
    let told = text(&run(&subject, &options));
    assert_eq!(told, format!("{}\nblue\n1\n0\n", folder.display()));
    let refused = RunOptions { affinity: vec![100_000], ..captured() };
    let refused = launcher().start(&subject, &refused);
    assert!(matches!(refused, Err(ChildError::NoProcessor { cpu: 100_000, .. })));
}

#[test]
fn the_peak_of_a_small_command_is_not_that_of_its_big_parent() {
    let big = black_box(vec![1u8; 300 << 20]);
    let small = run(&Subject::new(["true"]), &RunOptions::default()).sample;
    drop(big);
    let (peak, floor) = (small.peak_bytes.unwrap(), small.peak_floor_bytes.unwrap());
    assert!(peak < 12 << 20, "{peak}");
    // The system counts pages in batches.
    assert!(floor <= peak + (1 << 20), "{floor} {peak}");
}

#[test]
fn a_small_command_is_told_from_one_that_takes_two_megabytes_more() {
    let peak = |line: &str| {
        let sample = run(&Subject::shell(line), &RunOptions::default()).sample;
        (sample.peak_bytes.unwrap(), sample.peak_floor_bytes.unwrap())
    };
    let (small, floor) = peak("x=a; echo ${#x}");
    let (more, _) = peak("x=$(head -c 2097152 /dev/zero | tr '\\0' a); echo ${#x}");
    assert!(floor < 6 << 20, "{floor}");
    assert!(more > small + (1 << 20), "{small} {more}, floor {floor}");
}

#[test]
fn a_command_that_takes_memory_shows_it() {
    // The shell's variable holds 64 MiB and more.
    let line = "x=$(head -c 67108864 /dev/zero | tr '\\0' a); echo ${#x}";
    let taker = run(&Subject::shell(line), &RunOptions::default()).sample;
    assert!(taker.peak_bytes.unwrap() > 64 << 20, "{taker:?}");
}

#[test]
fn sleeping_costs_no_processor_and_spinning_costs_all_of_one() {
    let sleep = run(&Subject::new(["sleep", "0.5"]), &RunOptions::default()).sample;
    assert!(sleep.wall_ns >= 500_000_000 && sleep.cores() < 0.01 + 0.02, "{sleep:?}");
    let line = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    // Other tests take the cores as well; in one of many tries they leave one alone.
    let mut spins =
        (0..60).map(|_| run(&Subject::shell(line), &RunOptions::default()).sample.cores());
    assert!(spins.any(|cores| (0.5..1.05).contains(&cores)));
}

#[test]
fn a_command_that_hangs_is_killed_with_all_it_has_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    // One child in the same group, one daemon in a session of its own.
    let line = format!(
        "sleep 300 & echo $! >> {0}; setsid sh -c 'echo $$ >> {0}; sleep 300' & sleep 300",
        pids.display()
    );
    let options = RunOptions { timeout: Some(Duration::from_secs(2)), ..RunOptions::default() };
    let sample = run(&Subject::shell(&line), &options).sample;
    assert_eq!(sample.exit, Exit::TimedOut);
    assert!(sample.wall_ns < 20_000_000_000, "{sample:?}");
    let listed = fs::read_to_string(&pids).unwrap();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(!listed.lines().any(is_running), "{listed}");
}

#[test]
fn a_command_that_has_left_its_group_is_killed_as_well() {
    let line = "import os, time; os.setpgid(0, os.getpgid(os.getppid())); time.sleep(300)";
    let options = RunOptions { timeout: Some(Duration::from_secs(1)), ..RunOptions::default() };
    let sample = run(&Subject::new(["python3", "-c", line]), &options).sample;
    assert_eq!(sample.exit, Exit::TimedOut);
}

#[test]
fn a_daemon_that_is_left_behind_is_ended_and_counted() {
    let line = "setsid sh -c 'echo $$; exec sleep 300' & sleep 0.2";
    let finished = run(&Subject::shell(line), &captured());
    assert_eq!(finished.sample.exit, Exit::Code(0));
    assert_eq!(finished.sample.left_over, 1);
    assert!(!is_running(&text(&finished)));
}

#[test]
fn gigabytes_of_output_are_read_hashed_and_not_kept() {
    let bytes = 1u64 << 31;
    let line = format!("head -c {bytes} /dev/zero");
    let before = resident();
    let finished = run(&Subject::shell(&line), &captured());
    let grown = resident().saturating_sub(before);
    let stdout = finished.stdout.unwrap();
    assert_eq!((stdout.bytes, stdout.first.len(), stdout.last.len()), (bytes, 1000, 1000));
    // Other tests take memory of this process meanwhile, but not half of that.
    assert!(grown < bytes / 2, "{grown}");
    let zeros = Captured::read(io::repeat(0).take(bytes), 0).unwrap();
    assert_eq!(stdout.digest, zeros.digest);
}

fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn stopping_ends_the_command_at_once() {
    let stop = Arc::new(AtomicBool::new(false));
    let running =
        launcher().start(&Subject::new(["sleep", "300"]), &RunOptions::default()).unwrap();
    let pid = running.pid().to_string();
    assert!(is_running(&pid));
    stop.store(true, Ordering::Relaxed);
    let begin = Instant::now();
    assert!(matches!(running.finish(&stop), Err(ChildError::Stopped)));
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert!(!is_running(&pid));
}

#[test]
fn a_launcher_that_is_killed_is_missed_and_its_command_ended() {
    let running =
        launcher().start(&Subject::new(["sleep", "300"]), &RunOptions::default()).unwrap();
    let pid = running.pid().to_string();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let parent = stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().to_owned();
    let killed = std::process::Command::new("kill").args(["-KILL", &parent]).status().unwrap();
    assert!(killed.success());
    let lost = running.finish(&AtomicBool::new(false));
    assert!(matches!(lost, Err(ChildError::LauncherLost { .. })), "{lost:?}");
    wait_until("the end of the command", || !is_running(&pid));
}

#[test]
fn a_tree_of_processes_is_seen_over_time() {
    let line =
        "for i in 1 2 3; do (i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done) & done; wait";
    let sampling = Sampling { period: Duration::from_millis(5), ..Sampling::FULL };
    let options = RunOptions { sampling: Some(sampling), ..RunOptions::default() };
    let finished = run(&Subject::shell(line), &options);
    let series = finished.series.unwrap();
    let most = series.points.iter().map(|point| point.processes).max().unwrap();
    assert_eq!(most, 4, "{series:?}");
    assert!(finished.sample.tree_peak_bytes >= finished.sample.peak_bytes.map(|b| b / 4));
    assert!(series.points.iter().any(|point| point.cpu_ns > 0));
    assert!(series.cost_ns < finished.sample.wall_ns / 5, "{}", series.cost_ns);
}

#[test]
fn a_file_that_is_no_program_is_refused_with_the_reason_of_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nonsense");
    fs::write(&file, [0u8, 1, 2, 3]).unwrap();
    make_executable(&file);
    let refused = launcher().start(&Subject::new([&file]), &RunOptions::default()).unwrap_err();
    assert!(refused.to_string().contains("Exec format error"), "{refused}");
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn people_who_call_the_launcher_are_told_that_it_is_not_for_them() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_backcast"))
        .arg("__exec")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not for people"));
}

#[test]
fn a_command_with_a_grace_ends_by_itself_and_tells_what_it_cost() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let line =
        format!("trap 'echo last words; exit 7' INT; touch {}; sleep 300 & wait", ready.display());
    let options = RunOptions { grace: Some(Duration::from_secs(60)), ..captured() };
    let stop = AtomicBool::new(false);
    let running = launcher().start(&Subject::shell(&line), &options).unwrap();
    let finished = thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("the trap", || ready.exists());
            stop.store(true, Ordering::Relaxed);
        });
        running.finish(&stop).unwrap()
    });
    assert_eq!((finished.sample.exit, finished.stopped), (Exit::Code(7), true));
    assert_eq!(text(&finished), "last words\n");
    assert!(finished.sample.peak_bytes.is_some());

    let deaf = "trap '' INT TERM; while true; do sleep 0.05; done";
    let options = RunOptions {
        timeout: Some(Duration::from_millis(300)),
        grace: Some(Duration::from_millis(300)),
        ..captured()
    };
    let finished = run(&Subject::shell(deaf), &options);
    assert_eq!((finished.sample.exit, finished.stopped), (Exit::TimedOut, false));
}
