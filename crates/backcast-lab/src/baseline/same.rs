//! Whether a history goes on with the command that it was made of: it goes by a name, which may be given to any.

use std::path::Path;

use super::{BaselineError, Contents, Figure, Measure, Store};
use crate::bench::RecordedCommand;

impl Store {
    /// The command of the newest session under a name, on any class of machines.
    ///
    /// # Errors
    /// Those of [`Store::get`].
    pub fn newest_command(
        &self,
        contents: &Contents,
        name: &str,
    ) -> Result<Option<RecordedCommand>, BaselineError> {
        let subjects = contents.subjects().into_iter().filter(|subject| subject.name == name);
        let figures = subjects.flat_map(|it| contents.figures(name, &it.class, Measure::Wall));
        let newest = figures.max_by(Figure::in_time);
        newest.map(|figure| Ok(self.get(&figure.id)?.command)).transpose()
    }
}

impl RecordedCommand {
    /// Whether both do the same by their words. A program may lie elsewhere, as that of another revision does; where words are not told,
    /// nothing speaks against it.
    pub fn is_same(&self, other: &RecordedCommand) -> bool {
        let (Some((program, words)), Some((other, other_words))) =
            (self.argv.split_first(), other.argv.split_first())
        else {
            return true;
        };
        let file = |program: &'_ String| Path::new(program).file_name().map(ToOwned::to_owned);
        file(program) == file(other) && words == other_words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> RecordedCommand {
        let argv = words.iter().map(|word| (*word).to_owned()).collect();
        RecordedCommand { name: "x".to_owned(), argv, env: Vec::new() }
    }

    #[test]
    fn another_place_of_the_program_is_the_same_command_and_another_word_is_not() {
        let release = command(&["target/release/backcast", "run", "a.toml"]);
        assert!(release.is_same(&command(&["/usr/bin/backcast", "run", "a.toml"])));
        assert!(!release.is_same(&command(&["/usr/bin/backcast", "run", "b.toml"])));
        assert!(!release.is_same(&command(&["backcast-old", "run", "a.toml"])));
        assert!(!release.is_same(&command(&["target/release/backcast", "run"])));
        assert!(release.is_same(&command(&[])));
    }
}
