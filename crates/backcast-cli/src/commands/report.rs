//! `backcast report`: the page of a run or sweep, made earlier or now.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use backcast_lab::{
    bench::{Session, export::sessions_from_json},
    profile::Profile,
    scale::Scaling,
    stats::Criteria,
};
use backcast_report::Page;
use backcast_search::{
    Quiet, SearchError, Spec, SweepOptions, SweepOutcome, WalkForwardOutcome, run_spec, saved_run,
    saved_sweep, saved_walk_forward, sweep, walk_forward,
};
use backcast_store::Home;

use crate::{
    commands::{profile, sweep::Judged, verify},
    failure::Failure,
    isa::IsaOption,
    output,
    page::{self, lab::Proven},
    spec_file::{self, Changes},
    terminal::Terminal,
};

/// Make the HTML page of a run, a sweep, a walk-forward test, a spec, a certificate, a profile or benchmarks
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast report 0123456789ab --out report.html         a run or sweep made earlier\n  \
    backcast report examples/sma_cross.toml --out run.html  runs the spec first\n  \
    backcast report figures.json --out bench.html           what `backcast bench --export`, `profile --export` or `certify` wrote")]
pub(crate) struct Args {
    /// Id of a run or sweep, a spec (one set is run, several are swept), or a .json file of `bench`, `profile` or `certify`
    #[arg(value_name = "ID|SPEC|FILE.json")]
    what: String,
    #[command(flatten)]
    changes: Changes,
    /// The page
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    out: PathBuf,
}

/// Makes the page.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    output::check([&Some(args.out.clone())])?;
    terminal.live.subject(&args.what);
    if args.what.ends_with(".json") {
        return measured(Path::new(&args.what), args, terminal);
    }
    let home = Home::find()?;
    let looks_like_id = args.what.len() == 12 && args.what.bytes().all(|b| b.is_ascii_hexdigit());
    if !looks_like_id {
        let spec = spec_file::read(args.what.as_ref(), &args.changes.overrides())?;
        let several = spec.set_count() > 1.0;
        return match several {
            true => swept(&spec, &args.what, false, &home, args, terminal),
            false => single(&spec, &args.what, &home, None, args, terminal),
        };
    }
    if !args.changes.is_empty() {
        return Err(Failure::usage("what was made earlier cannot be changed")
            .help("give the spec instead of the id to use --set, --from and --to"));
    }
    match saved_run(home.path(), &args.what) {
        Ok(saved) => single(&saved.spec, &args.what, &home, Some(&saved.digests), args, terminal),
        Err(SearchError::UnknownId { .. }) => match saved_sweep(home.path(), &args.what) {
            Ok(saved) => swept(&saved.spec, &args.what, true, &home, args, terminal),
            Err(SearchError::UnknownId { .. }) => walked(args, &home, terminal),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// A walk-forward test again, if there is one of that id.
fn walked(args: &Args, home: &Home, terminal: &mut Terminal) -> Result<(), Failure> {
    let saved = match saved_walk_forward(home.path(), &args.what) {
        Ok(saved) => saved,
        Err(SearchError::UnknownId { .. }) => return Err(unknown(&args.what, home)),
        Err(error) => return Err(error.into()),
    };
    let market = saved.spec.load(home)?;
    let options = SweepOptions {
        isa: IsaOption::default().apply()?,
        home: Some(home.path().to_owned()),
        resume: true,
        ..SweepOptions::default()
    };
    let command = format!("backcast walkforward {}", spec_name(&saved.spec, &args.what));
    let stop = AtomicBool::new(false);
    let result = match walk_forward(&saved.spec, &market, &options, &Quiet, &stop)? {
        WalkForwardOutcome::Finished(result) => *result,
        WalkForwardOutcome::Stopped(stopped) => {
            return Err(Failure::stopped(&stopped, "backcast walkforward", None));
        }
    };
    if saved.digest.is_some_and(|digest| digest != result.digest) {
        let message = format!(
            "walk-forward {} cannot be shown: its data or its spec changed since",
            saved.id
        );
        return Err(Failure::new(message).help(format!("test it anew: {command}")));
    }
    page::write(&args.out, &page::walk_forward(&saved.spec, &market, &result, &command), terminal)
}

/// The page of a certificate, a profile or sessions: which of them, the file says itself.
fn measured(path: &Path, args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    if !args.changes.is_empty() {
        return Err(Failure::usage("what was measured cannot be changed")
            .help("--set, --from and --to are for specs"));
    }
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read {shown}: {error}")))?;
    #[derive(serde::Deserialize)]
    struct Head {
        format: Option<String>,
    }
    let format = serde_json::from_str::<Head>(&text).ok().and_then(|head| head.format);
    let page = match format.as_deref() {
        Some("backcast-certificate") => page::lab::certificate(&Proven::by(&verify::sound(path)?)),
        Some(Profile::FORMAT) => profile::page_of(path)?,
        Some(other) if let Some(command) = made_elsewhere(other) => {
            return Err(Failure::usage(format!(
                "no page is made of {shown}, which is a `{other}` file"
            ))
            .help(command));
        }
        _ => benches(&sessions_from_json(&text, &shown)?),
    };
    page::write(&args.out, &page, terminal)
}

/// Who shows what a file of a format tells, where that takes more than the file.
fn made_elsewhere(format: &str) -> Option<&'static str> {
    Some(match format {
        "backcast-workloads" => {
            "`backcast lab workloads` prints them as tables, and for a ticket with --format markdown"
        }
        Scaling::FORMAT => {
            "its page is made by `backcast profile --scale SIZES --report FILE.html`"
        }
        "backcast-record" => {
            "sessions of a command over time: `backcast baseline history NAME --report FILE.html`"
        }
        _ => return None,
    })
}

fn benches(sessions: &[Session]) -> Page {
    let levels = sessions.iter().filter_map(|session| session.comparison.as_ref());
    let level = levels.map(|comparison| comparison.ratio.level).next();
    let level = level.unwrap_or(Criteria::default().level);
    let (settings, against) = (&[][..], &[][..]);
    page::lab::bench(&page::lab::Benches { sessions, settings, against, level, least: None })
}

fn unknown(id: &str, home: &Home) -> Failure {
    let folder = home.path().display();
    Failure::new(format!("there is no run or sweep {id} in {folder}"))
        .help("`backcast run SPEC` and `backcast sweep SPEC` print their ids; a spec can be given here as well")
}

fn spec_name(spec: &Spec, what: &str) -> String {
    spec.path.as_ref().map_or_else(|| what.to_owned(), |path| path.display().to_string())
}

/// A run again: equal data give equal digests, which is checked where they are known.
fn single(
    spec: &Spec,
    what: &str,
    home: &Home,
    digests: Option<&[String]>,
    args: &Args,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let market = spec.load(home)?;
    let outcome = run_spec(spec, &market)?;
    let now = outcome.accounts.iter().map(|account| &account.digest);
    if digests.is_some_and(|then| !now.eq(then.iter())) {
        return Err(Failure::new(format!(
            "run {what} cannot be shown: its data or its spec changed since"
        ))
        .help(format!("run it anew: backcast run {}", spec_name(spec, what))));
    }
    let command = format!("backcast run {}", spec_name(spec, what));
    page::write(&args.out, &page::run(spec, &market, &outcome, &command), terminal)
}

/// A sweep from its chunks, those that are missing made again.
fn swept(
    spec: &Spec,
    what: &str,
    resume: bool,
    home: &Home,
    args: &Args,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let market = spec.load(home)?;
    let home = resume.then(|| home.path().to_owned());
    let isa = IsaOption::default().apply()?;
    let options = SweepOptions { isa, home, resume, ..SweepOptions::default() };
    match sweep(spec, &market, &options, &Quiet, &AtomicBool::new(false))? {
        SweepOutcome::Finished(result) => {
            let judged = Judged::new(spec, &market, *result, options.threads)?;
            let page = page::sweep(&judged, &spec_name(spec, what))?;
            page::write(&args.out, &page, terminal)
        }
        SweepOutcome::Stopped(stopped) => Err(Failure::stopped(&stopped, "backcast sweep", None)),
    }
}
