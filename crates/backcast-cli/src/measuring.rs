//! What all measuring commands have in common: values of their options, a bar of runs, the time.

use backcast_lab::bench::Progress;
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
    inside.ok_or_else(|| "a share such as 1% or 0.01".to_owned())
}

/// A bar of runs, where somebody looks.
pub(crate) struct RunsBar {
    bar: Option<ProgressBar>,
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
        RunsBar { bar }
    }

    /// Shows how far the session is.
    pub(crate) fn show(&self, progress: Progress) {
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
