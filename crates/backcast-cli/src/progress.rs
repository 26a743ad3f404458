//! How far a search is: a progress bar with rate and time left, on a terminal only, and the live page.

use std::sync::OnceLock;

use backcast_lab::live::Board;
use backcast_search::{BestSoFar, CacheUse, Progress};
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::{
    live,
    terminal::{Stream, Terminal},
};

/// Shows what a search tells.
pub(crate) struct Bar {
    visible: bool,
    bar: OnceLock<ProgressBar>,
    live: Board,
}

impl Bar {
    /// A bar that is drawn where a person looks at stderr.
    pub(crate) fn new(terminal: &Terminal) -> Bar {
        let live = terminal.live.clone();
        Bar { visible: terminal.interactive, bar: OnceLock::new(), live }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn begin(&self, total: u64, done: u64) {
        self.live.begin(total, done, "runs");
        if !self.visible {
            return;
        }
        let bar = ProgressBar::new(total);
        let template =
            "{bar:30} {percent:>3} %  {human_pos} of {human_len} runs  {rate}  {eta} left";
        let style = ProgressStyle::with_template(template).expect("the template is well-formed");
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A terminal that cannot be written to shows no rate.
            let _ = write!(out, "{}/s", HumanCount(state.per_sec() as u64));
        };
        bar.set_style(style.with_key("rate", rate).progress_chars("━╸─"));
        bar.set_position(done);
        bar.reset_eta();
        let _ = self.bar.set(bar);
    }

    fn advance(&self, runs: u64) {
        self.live.advance(runs);
        if let Some(bar) = self.bar.get() {
            bar.inc(runs);
        }
    }

    fn best(&self, found: &BestSoFar<'_>) {
        live::tell_best(&self.live, found);
    }

    fn caches(&self, uses: &[CacheUse]) {
        live::tell_caches(&self.live, uses);
    }

    fn note(&self, text: &str) {
        let say = || Stream::Stderr.write_all(format!("note: {text}\n").as_bytes());
        match self.bar.get() {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }
}
