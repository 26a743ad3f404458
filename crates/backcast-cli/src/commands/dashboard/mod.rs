//! `backcast dashboard`: the live page of a project, served to this machine alone.

mod alerts;
mod baselines;
mod feed;
mod server;
mod token;

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    process::{Command, Stdio},
};

use backcast_store::Home;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use tokio::sync::oneshot;

use crate::{failure::Failure, terminal::Terminal};
use feed::Feed;
use token::Token;

/// Watch running commands in the browser: progress, best sets, memory, alerts
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast dashboard --open\n  \
    backcast dashboard --port 8642      the same address each time: an open page finds the server again\n\n\
    The page is served to this machine alone, to whoever has the address with its token (kept in \
    .backcast/dashboard.token). Ctrl-C ends it. A command that is run with BACKCAST_LIVE=off is not shown.")]
pub(crate) struct Args {
    /// Port on 127.0.0.1; any free one if not given
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Make a new token: addresses printed before are refused from now on
    #[arg(long)]
    new_token: bool,
}

/// Serves the page until Ctrl-C.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let home = Home::find()?;
    let (listener, port) = listen(args.port)?;
    let token = token_of(&home, args.new_token, terminal)?;
    let address = format!("http://127.0.0.1:{port}/{}/", token.text());
    let ended = end_of_patience()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|error| failed("start the server", &error))?;
    terminal.print(&format!("{address}\n"))?;
    terminal.flush()?;
    terminal.say(&format!("the live page of {}; Ctrl-C ends it", home.path().display()));
    if args.open {
        open(&address, terminal);
    }
    runtime
        .block_on(server::serve(listener, token, Feed::new(&home), ended))
        .map_err(|error| failed("serve the page", &error))?;
    terminal.say("the live page is closed; commands that run go on");
    Ok(())
}

fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::new(format!("cannot {what}: {error}"))
}

/// A socket that only this machine reaches, and its port.
fn listen(port: u16) -> Result<(TcpListener, u16), Failure> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| {
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    });
    bound.map_err(|error| {
        let help = "choose another with --port, or leave --port away for any free one";
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                Failure::new(format!("port {port} of 127.0.0.1 is in use")).help(help)
            }
            io::ErrorKind::PermissionDenied => {
                Failure::new(format!("port {port} of 127.0.0.1 is not allowed to this user"))
                    .help(help)
            }
            _ => failed(&format!("listen on port {port} of 127.0.0.1"), &error),
        }
    })
}

/// The token of the project, kept in its state. Where that cannot be written, one for this time.
fn token_of(home: &Home, anew: bool, terminal: &mut Terminal) -> Result<Token, Failure> {
    let path = home.path().join("dashboard.token");
    if !anew && let Some(token) = Token::read(&path) {
        return Ok(token);
    }
    let token = Token::new().map_err(|error| failed("draw a random token", &error))?;
    if let Err(error) = token.keep(&path) {
        let path = path.display();
        terminal.say(&format!("note: the token lasts until Ctrl-C: cannot write {path}: {error}"));
    }
    Ok(token)
}

/// Comes true at the first Ctrl-C, or plain `kill`.
fn end_of_patience() -> Result<oneshot::Receiver<()>, Failure> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM]).map_err(|error| failed("wait for Ctrl-C", &error))?;
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            // The server may have ended by itself.
            let _ = sender.send(());
        }
    });
    Ok(receiver)
}

/// Asks the desktop to show the page.
fn open(address: &str, terminal: &mut Terminal) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        terminal.say(&format!(
            "note: no browser was opened ({program}: {error}); open the address above"
        ));
    }
}
