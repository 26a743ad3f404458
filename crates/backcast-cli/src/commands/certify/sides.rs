//! The two sides of a change, as the command line names them.

use std::path::{Path, PathBuf};

use backcast_lab::child::Subject;

use super::Args;
use crate::{
    failure::Failure, own_command, revision::Revision, spec_file::Changes, terminal::Terminal,
    words,
};

/// Names a git revision.
const REVISION: &str = "rev:";
/// Names this program.
const THIS: &str = "this";

/// Both sides of a change.
pub(super) enum Sides {
    /// Two specs under this program, or two commands: what is timed is also what is compared.
    Subjects([Subject; 2]),
    /// Two programs, timed on one spec.
    Programs { programs: [Program; 2], timed: Box<[Subject; 2]> },
}

/// A program that can be asked for results on any spec.
pub(super) enum Program {
    This,
    At(Revision),
}

impl Program {
    /// Its command for what this program would do.
    pub(super) fn twin(&self, subject: &Subject) -> Result<Subject, Failure> {
        match self {
            Program::This => Ok(subject.clone()),
            Program::At(revision) => revision.backcast(subject),
        }
    }

    fn named(word: &str, args: &Args, terminal: &mut Terminal) -> Result<Option<Program>, Failure> {
        match word.strip_prefix(REVISION) {
            Some(name) => {
                Revision::build(name, &args.build, terminal).map(|it| Some(Program::At(it)))
            }
            None => Ok((word == THIS).then_some(Program::This)),
        }
    }
}

impl Sides {
    pub(super) fn of(args: &Args, terminal: &mut Terminal) -> Result<Sides, Failure> {
        let is_program = |word: &String| word.starts_with(REVISION) || word == THIS;
        let sides = [&args.before, &args.after];
        match sides.map(is_program) {
            [false, false] => {
                if args.on.is_some() {
                    return Err(Failure::usage("--on is for two programs: rev:REV or `this`"));
                }
                let subject = |word: &String| subject(word, args);
                Ok(Sides::Subjects([subject(sides[0])?, subject(sides[1])?]))
            }
            [true, true] => programs(args, terminal),
            _ => Err(Failure::usage(
                "one side is a program and the other is a spec or a command; they must be of one kind",
            )
            .help("rev:REV and `this` are programs, timed on --on SPEC")),
        }
    }

    /// What is timed.
    pub(super) fn timed(&self) -> [&Subject; 2] {
        match self {
            Sides::Subjects([before, after]) => [before, after],
            Sides::Programs { timed, .. } => [&timed[0], &timed[1]],
        }
    }
}

fn programs(args: &Args, terminal: &mut Terminal) -> Result<Sides, Failure> {
    if args.before == args.after {
        return Err(Failure::usage(format!("both sides are `{}`", args.before)));
    }
    let Some(on) = &args.on else {
        return Err(Failure::usage("two programs are timed on a spec; name it by --on SPEC"));
    };
    let own = own_command::on_spec(on, &args.changes, args.kind)?;
    let mut program = |word| {
        let program = Program::named(word, args, terminal)?;
        program.ok_or_else(|| Failure::usage(format!("`{word}` is no program")))
    };
    let programs = [program(&args.before)?, program(&args.after)?];
    let twins = [programs[0].twin(&own)?, programs[1].twin(&own)?];
    Ok(Sides::Programs { programs, timed: Box::new(twins) })
}

fn subject(word: &str, args: &Args) -> Result<Subject, Failure> {
    if Path::new(word).extension().is_some_and(|ending| ending == "toml") {
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

/// A spec under this program with further changes.
pub(super) fn on_spec(path: &Path, changes: &Changes) -> Result<Subject, Failure> {
    own_command::on_spec(path, changes, None)
}
