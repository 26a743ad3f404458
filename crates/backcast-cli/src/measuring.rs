//! What all measuring commands have in common: values of their options, a bar of runs, the time.

use backcast_lab::{bench::Progress, live::Board};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{quantity, terminal::Terminal};

/// This program in records of machines.
pub(crate) fn program() -> String {
    format!("backcast {}", env!("CARGO_PKG_VERSION"))
}

/// Now, in UTC, to the second.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A share that is neither nothing nor all: `1%` or `0.01`.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let inside = quantity::share(text).ok().filter(|share| *share > 0.0 && *share < 1.0);
    inside.ok_or_else(|| "a share above 0% and below 100%, such as 1% or 0.01".to_owned())
}

/// Tells the live page which one of several is measured, counted from 0.
pub(crate) fn tell_turn(what: &str, turn: usize, of: usize, terminal: &Terminal) {
    match of {
        0 | 1 => terminal.live.phase("measuring"),
        _ => terminal.live.phase(&format!("measuring {what} {} of {of}", turn + 1)),
    }
}

/// A bar of runs: on the terminal, where somebody looks, and on the live page.
pub(crate) struct RunsBar {
    bar: Option<ProgressBar>,
    live: Board,
}

impl RunsBar {
    /// An empty bar for runs of a command.
    pub(crate) fn new(name: &str, terminal: &Terminal) -> RunsBar {
        let template = "{bar:30} {human_pos} of {human_len} runs  {eta} left  {msg}";
        let bar = terminal.interactive.then(|| {
            let style =
                ProgressStyle::with_template(template).expect("the template is well-formed");
            let bar = ProgressBar::new(1).with_message(name.to_owned());
            bar.with_style(style.progress_chars("━╸─"))
        });
        let live = terminal.live.clone();
        live.subject(name);
        RunsBar { bar, live }
    }

    /// Shows how far the session is.
    pub(crate) fn show(&self, progress: Progress) {
        self.live.begin(progress.total as u64, progress.done as u64, "runs");
        if let Some(bar) = &self.bar {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
        }
    }
}

impl Drop for RunsBar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
