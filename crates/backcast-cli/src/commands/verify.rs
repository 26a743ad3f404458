//! `backcast verify`: computes all that a certificate says from its raw samples.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use backcast_lab::{
    bench::{Plan, RecordedCommand},
    certify::{Certificate, CheckedOut, Fault, RecordedCase, Side, equality::Case},
    child::Subject,
};
use backcast_store::Home;

use super::certify::{self, Compared, MadeUpSpecs, Proof};
use crate::{
    failure::Failure,
    interrupt, output,
    page::{self, lab::Proven},
    revision::Revision,
    terminal::Terminal,
};

/// Compute a certificate again from its raw samples, or measure it again
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast verify certificate.json --report proof.html\n  \
    backcast verify 0123456789ab --rerun\n\n\
    Exit codes: 0 all of it follows from its samples, 1 something does not, 2 wrong usage, 3 could not measure.")]
pub(crate) struct Args {
    /// A certificate: a file, or the first characters of its name in this project
    certificate: String,
    /// Compare and measure again, as the certificate says it was done
    #[arg(long)]
    rerun: bool,
    /// Write the HTML page of the certificate; with --rerun, of the new one
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    report: Option<PathBuf>,
}

/// Recomputes, and measures again if asked.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    verify(args, terminal).map_err(Failure::of_gate)
}

fn verify(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    output::check([&args.report])?;
    let certificate = sound(&path_of(&args.certificate)?)?;
    certify::print_certificate(&certificate, terminal)?;
    terminal.say("all of it follows from its samples");
    let newest = if args.rerun { again(&certificate, terminal)? } else { certificate };
    match &args.report {
        Some(path) => page::write(path, &page::lab::certificate(&Proven::by(&newest)), terminal),
        None => Ok(()),
    }
}

/// The certificate of a file, once all of it follows from its samples.
pub(super) fn sound(path: &Path) -> Result<Certificate, Failure> {
    let (certificate, faults) = read(path)?;
    if let [fault, rest @ ..] = &faults[..] {
        let more = match rest {
            [] => String::new(),
            rest => {
                let places: Vec<&str> = rest.iter().map(|fault| &fault.place[..]).collect();
                format!("; nor do: {}", places.join(", "))
            }
        };
        return Err(Failure::verdict(format!(
            "{} does not follow from its samples: {} says {}, computed is {}{more}",
            path.display(),
            fault.place,
            shortened(&fault.stated),
            shortened(&fault.computed),
        ))
        .help("the file was changed after it was issued, or issued by another program"));
    }
    Ok(certificate)
}

/// A certificate and what in it does not follow from the rest.
fn read(path: &Path) -> Result<(Certificate, Vec<Fault>), Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    let certificate = Certificate::from_json(&text, &path.display().to_string())?;
    let faults = certificate.faults()?;
    Ok((certificate, faults))
}

fn path_of(named: &str) -> Result<PathBuf, Failure> {
    let file = PathBuf::from(named);
    if file.exists() {
        return Ok(file);
    }
    let folder = Home::find()?.path().join("certificates");
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let of_that_name = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(named))
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(of_that_name).collect();
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        (Some(_), false) => {
            Err(Failure::usage(format!("several certificates begin with `{named}`")))
        }
        (None, _) => Err(Failure::usage(format!(
            "there is no file {named}, and no certificate of that name in {}",
            folder.display()
        ))),
    }
}

/// Takes the evidence and the measurement anew. The gain may be another; the conditions are those of the certificate.
fn again(certificate: &Certificate, terminal: &mut Terminal) -> Result<Certificate, Failure> {
    let recorded = [&certificate.before, &certificate.after];
    for side in recorded {
        if let [input, ..] = side.changed_inputs()[..] {
            let message = format!("{} is no longer what was certified", input.path);
            return Err(Failure::could_not_measure(message).help(
                "a certificate can be measured again where its program and files are as they were",
            ));
        }
    }
    // From here on Ctrl-C ends what runs, a build too, and all is tidied up.
    let stop = interrupt::stop_flag();
    let made_up = MadeUpSpecs::again(&certificate.made_up)?;
    let revisions = [checked_out(recorded[0], terminal)?, checked_out(recorded[1], terminal)?];
    let place = |i: usize| Place { side: recorded[i], revision: revisions[i].as_ref() };
    let places = [place(0), place(1)];
    let case = |case: &RecordedCase| {
        let command = |place: &Place<'_>, command: &RecordedCommand| {
            let moves = certificate.made_up.iter().zip(made_up.recorded());
            let command =
                moves.fold(command.clone(), |it, (old, new)| it.moved(&old.folder, &new.folder));
            place.subject(&command)
        };
        let [before, after] = [command(&places[0], &case.before), command(&places[1], &case.after)];
        Case { name: case.name.clone(), before, after }
    };
    let cases: Vec<Case> = certificate.cases.iter().map(case).collect();
    let criteria = certificate.requirements.criteria;
    let plan = Plan {
        runs: certificate.session.candidate.runs.len() as u32,
        criteria,
        seed: criteria.seed,
        options: certify::watched(),
        ..Plan::new(crate::measuring::program())
    };
    let (oracle, requirements) = (certificate.evidence.oracle.clone(), certificate.requirements);
    let proof = Proof { oracle, requirements, plan };
    let [before, after] = [0, 1].map(|i| places[i].subject(&recorded[i].command));
    let states = [0, 1].map(|i| places[i].side());
    let compared = Compared { cases: &cases, made_up: made_up.recorded() };
    match proof.make(states, [&before, &after], compared, &stop, terminal)? {
        Err(refusals) => Err(certify::refused(&refusals)),
        Ok(second) => {
            terminal.print("\nmeasured again\n")?;
            certify::print_certificate(&second, terminal)?;
            certify::keep(&second, None, terminal)?;
            Ok(second)
        }
    }
}

/// Where a side of a certificate is measured again.
struct Place<'a> {
    side: &'a Side,
    revision: Option<&'a Revision>,
}

impl Place<'_> {
    fn side(&self) -> Side {
        match self.revision {
            Some(revision) => self.side.checked_out_at(&revision.state().folder),
            None => self.side.clone(),
        }
    }

    fn subject(&self, command: &RecordedCommand) -> Subject {
        let command = match (self.revision, &self.side.revision) {
            (Some(new), Some(old)) => command.moved(&old.folder, &new.state().folder),
            _ => command.clone(),
        };
        let dir = self.side().dir;
        let mut subject =
            Subject::new(command.argv.iter().map(OsString::from)).named(&command.name);
        subject.dir = (!dir.is_empty()).then(|| PathBuf::from(dir));
        subject.env = command.env.iter().map(|(name, value)| (name.into(), value.into())).collect();
        subject
    }
}

/// The revision that a side is of, checked out and built again.
fn checked_out(side: &Side, terminal: &mut Terminal) -> Result<Option<Revision>, Failure> {
    let Some(CheckedOut { commit, build, .. }) = &side.revision else { return Ok(None) };
    Revision::build(commit, Some(build), terminal).map(Some).map_err(|failure| {
        failure.help(format!("a certificate of {} is measured again in its repository", side.name))
    })
}

fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
