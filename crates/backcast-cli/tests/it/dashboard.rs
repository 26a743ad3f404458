//! The live page as a browser asks for it: who gets an answer, and what the stream of events says.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    patience::{ended, until},
    program::{Outcome, Project},
};

/// Longer than any machine needs to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `backcast dashboard`.
struct Server {
    child: Child,
    port: u16,
    token: String,
}

/// What came back.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Server {
    fn start(project: &Project, args: &[&str]) -> Server {
        let mut command = project.command(&[&["dashboard"], args].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the program was built");
        let mut address = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        let rest = address.trim().strip_prefix("http://127.0.0.1:").expect("an address is printed");
        let (port, path) = rest.split_once('/').unwrap();
        let token = path.strip_suffix('/').unwrap().to_owned();
        Server { child, port: port.parse().unwrap(), token }
    }

    /// Sends a request as it stands and leaves the answer to be read.
    fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn ask(&self, method: &str, path: &str, host: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        let mut text = String::new();
        self.send(&request).read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Asks as a browser does.
    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &format!("Host: 127.0.0.1:{}\r\n", self.port))
    }

    /// A path below the token.
    fn path(&self, name: &str) -> String {
        format!("/{}/{name}", self.token)
    }

    fn events(&self) -> Events {
        let path = self.path("events");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.port);
        Events { lines: BufReader::new(self.send(&request)) }
    }

    /// Ctrl-C, and what the program said.
    fn stop(mut self, project: &Project) -> Outcome {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let mut output = std::process::Output {
            status: ended(&mut self.child),
            stdout: Vec::new(),
            stderr: Vec::new(),
        };
        self.child.stderr.as_mut().unwrap().read_to_end(&mut output.stderr).unwrap();
        project.outcome(output)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed leaves no process behind; one that ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A stream of events.
struct Events {
    lines: BufReader<TcpStream>,
}

impl Events {
    /// The data of the next event of that name.
    fn next(&mut self, name: &str) -> Value {
        let mut wanted = false;
        let begin = Instant::now();
        loop {
            // Beats go on for ever, so no reading of the stream takes long.
            assert!(begin.elapsed() < PATIENCE, "no event {name} came");
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            let line = line.trim_end();
            if let Some(found) = line.strip_prefix("event: ") {
                wanted = found == name;
            }
            if let (true, Some(data)) = (wanted, line.strip_prefix("data: ")) {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

#[test]
fn the_address_with_its_token_gives_the_page_and_its_parts() {
    let project = Project::new();
    let server = Server::start(&project, &[]);
    for (name, kind, part) in [
        ("", "text/html", "<title>Backcast live</title>"),
        ("dashboard.css", "text/css", ".command-card"),
        ("dashboard.js", "text/javascript", "EventSource"),
        ("icon.svg", "image/svg+xml", "<svg"),
    ] {
        let answer = server.get(&server.path(name));
        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.head.contains(&format!("content-type: {kind}")), "{}", answer.head);
        assert!(answer.body.contains(part), "{name}");
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
        ] {
            assert!(answer.head.contains(header), "{header} is missing: {}", answer.head);
        }
        assert!(!answer.body.contains("http://") || name == "icon.svg" || name == "dashboard.js");
    }
    assert_eq!(server.get(&server.path("nothing")).status, 404);
    assert_eq!(server.get(&server.path("../../etc/passwd")).status, 404);
    let post = server.ask("POST", &server.path(""), "Host: localhost\r\n");
    assert_eq!(post.status, 405);
}

#[test]
fn without_the_token_every_route_is_refused_alike() {
    let project = Project::new();
    let server = Server::start(&project, &[]);
    let (first, rest) = server.token.split_at(1);
    let other = if first == "0" { "1" } else { "0" };
    let wrong = [
        String::new(),
        other.to_owned() + rest,
        server.token[..31].to_owned(),
        server.token.to_uppercase() + "0",
        "%00".to_owned(),
    ];
    for token in &wrong {
        for name in ["", "events", "dashboard.js", "dashboard.css", "icon.svg", "nothing"] {
            for method in ["GET", "POST"] {
                let path = format!("/{token}/{name}");
                let answer = server.ask(method, &path, "Host: 127.0.0.1\r\n");
                assert_eq!(answer.status, 403, "{method} {path}");
                assert!(answer.body.contains("`backcast dashboard` printed"), "{}", answer.body);
                assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
            }
        }
    }
    for path in ["/", "/favicon.ico", "/events", &format!("/?token={}", server.token)] {
        assert_eq!(server.get(path).status, 403, "{path}");
    }
}

#[test]
fn a_name_that_was_bent_to_this_machine_is_refused() {
    let project = Project::new();
    let server = Server::start(&project, &[]);
    let asked_as = |host: &str| server.ask("GET", &server.path(""), host).status;
    for own in ["127.0.0.1", "localhost", "127.0.0.1:1", "localhost:65535", "[::1]", "[::1]:80"] {
        assert_eq!(asked_as(&format!("Host: {own}\r\n")), 200, "{own}");
    }
    for other in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "a:b", ""]
    {
        assert_eq!(asked_as(&format!("Host: {other}\r\n")), 403, "{other}");
    }
    assert_eq!(asked_as("Host: localhost\r\nHost: evil.example\r\n"), 403);
}

#[test]
fn the_first_events_tell_what_there_is_and_later_ones_what_changes() {
    let project = Project::new();
    let server = Server::start(&project, &[]);
    let mut events = server.events();
    let first = events.next("project");
    assert_eq!(first["results"], Value::Array(Vec::new()));
    assert!(!first["folder"].as_str().unwrap().is_empty());
    assert_eq!(events.next("running"), Value::Array(Vec::new()));
    assert!(events.next("beat").as_u64() > Some(1_600_000_000_000));

    let examples = crate::program::examples();
    let spec = examples.join("sma_cross.toml").to_str().unwrap().to_owned();
    let printed = project.stdout(&["run", &spec, "--set", "params.fast=20"]);
    let made = until("the run among the results", || {
        Some(events.next("project")["results"][0].clone()).filter(Value::is_object)
    });
    assert_eq!(made["kind"], "run");
    assert!(printed.contains(made["id"].as_str().unwrap()));
    assert_eq!(made["changes"][0], "params.fast=20");

    let alerts = project.path(".backcast/baselines/alerts");
    fs::create_dir_all(&alerts).unwrap();
    fs::write(alerts.join("broken.json"), "{").unwrap();
    fs::write(alerts.join("newer.json"), r#"{"version": 2, "subject": "x", "change": "y"}"#)
        .unwrap();
    fs::write(
        alerts.join("one.json"),
        r#"{"format": "backcast-alert", "version": 1, "time_ns": 5, "subject": "<i>grid</i>", "class": "c",
            "measure": "wall", "change": "slower", "before": 1.0, "now": 1.1, "records": [],
            "ratio": {"estimate": 1.1, "low": 1.05, "high": 1.25, "level": 0.99}, "commit": "abc"}"#,
    )
    .unwrap();
    let alerts = until("the alert", || {
        Some(events.next("project")["alerts"].clone()).filter(|alerts| alerts[0].is_object())
    });
    assert_eq!(alerts.as_array().unwrap().len(), 1);
    assert_eq!(
        (&alerts[0]["subject"], &alerts[0]["ratio"]["high"]),
        (&"<i>grid</i>".into(), &1.25.into())
    );
}

#[test]
fn the_token_outlives_the_server_until_a_new_one_is_wanted() {
    let project = Project::new();
    let first = Server::start(&project, &[]);
    let (port, token) = (first.port.to_string(), first.token.clone());
    let file = project.path(".backcast/dashboard.token");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let mut events = first.events();
    events.next("beat");
    let outcome = first.stop(&project);
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.stderr,
        "the live page of [folder]/.backcast; Ctrl-C ends it\n\
         the live page is closed; commands that run go on\n"
    );
    let again = Server::start(&project, &["--port", &port]);
    assert_eq!((again.port.to_string(), &again.token), (port.clone(), &token));
    again.stop(&project);
    let other = Server::start(&project, &["--new-token"]);
    assert_ne!(other.token, token);
    assert_eq!(other.get(&format!("/{token}/")).status, 403);
}

#[test]
fn a_port_in_use_is_said_and_nothing_is_left_behind() {
    let project = Project::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let outcome = project.run(&["dashboard", "--port", &port]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    let stderr = outcome.stderr.replace(&port, "PORT");
    assert!(stderr.contains("× port PORT of 127.0.0.1 is in use"), "{stderr}");
    assert!(stderr.contains("choose another with --port"), "{stderr}");
    assert!(!project.path(".backcast/dashboard.token").exists());
    assert_eq!(project.run(&["dashboard", "--port", "70000"]).code, 2);
}

#[test]
fn a_state_folder_that_cannot_be_written_costs_the_token_its_memory_alone() {
    let project = Project::new();
    fs::remove_dir(project.path(".backcast")).unwrap();
    project.write(".backcast", "a file");
    let server = Server::start(&project, &[]);
    assert_eq!(server.get(&server.path("")).status, 200);
    let outcome = server.stop(&project);
    assert_eq!(outcome.code, 0);
    assert!(outcome.stderr.contains("note: the token lasts until Ctrl-C: cannot write"));
    assert_eq!(fs::read_to_string(project.path(".backcast")).unwrap(), "a file");
}
