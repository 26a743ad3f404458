//! A history goes on with the command that it was made of, unless another one is wanted.

use backcast_lab::{
    baseline::{Contents, Store, has_base},
    bench::RecordedCommand,
};

use crate::failure::Failure;

/// What is known of commands, and whether they may have changed.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) store: &'a Store,
    pub(super) contents: &'a Contents,
    pub(super) may_change: bool,
    /// A commit or id that has to be among its sessions.
    pub(super) base: Option<&'a str>,
}

impl Known<'_> {
    /// Refuses a command whose base is not known, and one under the name of another one: the two have no history in common.
    pub(super) fn admit(&self, command: &RecordedCommand) -> Result<(), Failure> {
        if let Some(base) = self.base {
            has_base(self.contents, &command.name, base)?;
        }
        if self.may_change {
            return Ok(());
        }
        let newest = self.store.newest_command(self.contents, &command.name)?;
        match newest {
            Some(newest) if !newest.is_same(command) => Err(Failure::could_not_measure(format!(
                "`{}` is another command than the one that was kept: {}, before {}",
                command.name,
                words(command),
                words(&newest)
            ))
            .help("give it a name of its own: --name NAME; or go on with it in the same history: --command-changed")),
            _ => Ok(()),
        }
    }
}

/// As it could be typed, about.
fn words(command: &RecordedCommand) -> String {
    let word = |word: &String| match word.contains(char::is_whitespace) || word.is_empty() {
        true => format!("'{word}'"),
        false => word.clone(),
    };
    format!("`{}`", command.argv.iter().map(word).collect::<Vec<_>>().join(" "))
}
