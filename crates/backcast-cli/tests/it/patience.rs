//! Nothing is waited for without end: what hangs fails its test by name, and is killed.

use std::{
    io::Read,
    process::{Child, Command, ExitStatus, Output},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

/// Longer than any command of a test takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(2);

/// Asks until there is an answer.
pub(crate) fn until<T>(wanted: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {wanted}");
        thread::sleep(GLANCE);
    }
}

/// Waits for the end of a process.
pub(crate) fn ended(child: &mut Child) -> ExitStatus {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return status;
        }
        if begin.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("process {} did not end", child.id());
        }
        thread::sleep(GLANCE);
    }
}

/// Waits for the end of a process whose output is piped.
pub(crate) fn finished(mut child: Child) -> Output {
    let stdout = heard(child.stdout.take());
    let stderr = heard(child.stderr.take());
    let status = ended(&mut child);
    // Whoever inherited the pipes may live on.
    let all = |heard: Receiver<Vec<u8>>| heard.recv_timeout(PATIENCE).expect("its output ends");
    Output { status, stdout: all(stdout), stderr: all(stderr) }
}

/// Runs a command to its end.
pub(crate) fn output(command: &mut Command) -> Output {
    use std::process::Stdio;
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finished(quiet.spawn().expect("the program was built"))
}

/// All that comes, once it has ended.
fn heard(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut all);
        }
        let _ = sender.send(all);
    });
    receiver
}
