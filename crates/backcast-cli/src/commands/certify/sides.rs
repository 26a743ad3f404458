//! The two sides of a change, as the command line names them.

use std::path::{Path, PathBuf};

use backcast_lab::{certify::Side, child::Subject};

use super::Args;
use crate::{
    failure::Failure, own_command, processors::Processors, revision::Revision, terminal::Terminal,
    words,
};

/// Names a git revision.
const REVISION: &str = "rev:";
/// Names what is here.
const THIS: &str = "this";

/// Both sides of a change.
pub(super) enum Sides {
    /// Two specs under this program, or two commands: what is timed is also what is compared.
    Subjects([Subject; 2]),
    /// Two states of the sources, timed on one spec or one command.
    States { states: [State; 2], on: On, timed: Box<[Subject; 2]> },
}

/// A state of the sources that can be asked for results.
pub(super) enum State {
    This,
    At(Revision),
}

/// What two states are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// What the program of this project makes of specs.
    Specs,
    /// What commands make of the sources, in their folder.
    Commands,
}

impl State {
    /// Its command for what would be done here.
    pub(super) fn twin(&self, subject: &Subject, on: On) -> Result<Subject, Failure> {
        match (self, on) {
            (State::This, _) => Ok(subject.clone()),
            (State::At(revision), On::Specs) => revision.backcast(subject),
            (State::At(revision), On::Commands) => revision.twin(subject),
        }
    }

    fn named(word: &str, args: &Args, terminal: &mut Terminal) -> Result<State, Failure> {
        match word.strip_prefix(REVISION) {
            Some(name) => Revision::build(name, args.build.as_deref(), terminal).map(State::At),
            None => Ok(State::This),
        }
    }
}

impl Sides {
    pub(super) fn of(args: &Args, terminal: &mut Terminal) -> Result<Sides, Failure> {
        let is_state = |word: &String| word.starts_with(REVISION) || word == THIS;
        let sides = [&args.before, &args.after];
        match sides.map(is_state) {
            [false, false] => {
                if args.on.is_some() {
                    return Err(Failure::usage("--on is for two states of the sources: rev:REV or `this`"));
                }
                let subject = |word: &String| subject(word, args);
                Ok(Sides::Subjects([subject(sides[0])?, subject(sides[1])?]))
            }
            [true, true] => states(args, terminal),
            _ => Err(Failure::usage(
                "one side is a state of the sources and the other is a spec or a command; they must be of one kind",
            )
            .help("rev:REV and `this` are states of the sources, timed on --on SPEC or --on COMMAND")),
        }
    }

    /// What is timed.
    pub(super) fn timed(&self) -> [&Subject; 2] {
        match self {
            Sides::Subjects([before, after]) => [before, after],
            Sides::States { timed, .. } => [&timed[0], &timed[1]],
        }
    }

    /// What a certificate says of both.
    pub(super) fn recorded(&self, args: &Args) -> Result<[Side; 2], Failure> {
        let [before, after] = self.timed();
        let side = |name, subject, i: usize| {
            let side = Side::of(name, subject, Processors::listed(args.affinity.as_ref()))?;
            Ok::<Side, Failure>(match self {
                Sides::States { states, .. } => match &states[i] {
                    State::At(revision) => side.of_revision(revision.state().clone()),
                    State::This => side,
                },
                Sides::Subjects(_) => side,
            })
        };
        Ok([side(&args.before, before, 0)?, side(&args.after, after, 1)?])
    }
}

fn states(args: &Args, terminal: &mut Terminal) -> Result<Sides, Failure> {
    if args.before == args.after {
        return Err(Failure::usage(format!("both sides are `{}`", args.before)));
    }
    let Some(line) = &args.on else {
        let message = "two states of the sources are timed on a spec or a command; name it by --on";
        return Err(
            Failure::usage(message).help("--on examples/sma_grid.toml, --on 'python3 prog.py'")
        );
    };
    let on = if is_spec(line) { On::Specs } else { On::Commands };
    let here = subject(line, args)?;
    let states =
        [State::named(&args.before, args, terminal)?, State::named(&args.after, args, terminal)?];
    let timed = [states[0].twin(&here, on)?, states[1].twin(&here, on)?];
    Ok(Sides::States { states, on, timed: Box::new(timed) })
}

/// Whether a word of the command line names a spec rather than a command.
pub(super) fn is_spec(word: &str) -> bool {
    Path::new(word).extension().is_some_and(|ending| ending == "toml")
}

/// A spec or a command, as it would run here.
pub(super) fn subject(word: &str, args: &Args) -> Result<Subject, Failure> {
    if is_spec(word) {
        return own_command::on_spec(&PathBuf::from(word), &args.changes, args.kind);
    }
    if !args.changes.is_empty() {
        return Err(Failure::usage(format!(
            "--set, --from and --to change specs; `{word}` is a command"
        )));
    }
    command(word, args.shell)
}

/// A command as one word of the command line.
pub(in crate::commands) fn command(line: &str, shell: bool) -> Result<Subject, Failure> {
    if shell { Ok(Subject::shell(line)) } else { Ok(Subject::new(words::split(line)?).named(line)) }
}
