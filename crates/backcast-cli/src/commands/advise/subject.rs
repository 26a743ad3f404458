//! What is advised on, as the command line names it.

use std::path::{Path, PathBuf};

use backcast_lab::{child::Subject, profile::Profile};
use backcast_store::Home;

use super::{ALL, Args, profiles};
use crate::{failure::Failure, own_command};

/// A command, the spec that it runs, the profile of it that was kept.
pub(super) struct Wanted {
    pub(super) subject: Subject,
    pub(super) spec: Option<PathBuf>,
    pub(super) profile: Option<Profile>,
    /// What is tried.
    pub(super) attempt: Option<String>,
}

impl Wanted {
    pub(super) fn of(args: &Args) -> Result<Wanted, Failure> {
        let mut attempt = args.attempt.clone();
        let mut spec = args.spec.clone();
        let nothing = args.command.is_empty() && args.profile.is_none();
        // In `--try SPEC` the spec is no name.
        if let (None, true, Some(name)) = (&spec, nothing, &attempt)
            && Path::new(name).extension().is_some_and(|ending| ending == "toml")
        {
            spec = Some(PathBuf::from(name));
            attempt = Some(ALL.to_owned());
        }
        if spec.is_none() && !args.changes.is_empty() {
            return Err(Failure::usage("--set, --from and --to change a spec; there is none")
                .help("options of the command itself stand after `--`"));
        }
        if let Some(named) = &args.profile {
            return of_profile(named, attempt);
        }
        let subject = match &spec {
            Some(spec) => own_command::on_spec(spec, &args.changes, args.by)?,
            None if args.command.is_empty() => {
                return Err(Failure::usage("there is nothing to advise on")
                    .help("backcast advise SPEC, or backcast advise -- COMMAND"));
            }
            None => profiles::of_command(&args.command)?,
        };
        Ok(Wanted { subject, spec, profile: None, attempt })
    }
}

fn of_profile(named: &Path, attempt: Option<String>) -> Result<Wanted, Failure> {
    let profile = profiles::saved(named, &Home::find()?)?;
    if profile.command.is_empty() {
        return Err(Failure::new(format!("{} does not say its command", named.display())));
    }
    let subject = Subject::new(profile.command.clone()).named(profile.name.clone());
    Ok(Wanted { subject, spec: None, profile: Some(profile), attempt })
}
