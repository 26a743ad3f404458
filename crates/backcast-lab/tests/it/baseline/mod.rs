//! Baselines: stores that survive what happens to folders, histories, gates.

mod alerts;
mod gates;
mod machines;
mod stores;

use backcast_lab::{
    baseline::{Contents, Figure, History, Measure, Store, class_of},
    bench::{Record, RecordedCommand, Run, Source},
    child::{Exit, Sample},
    machine::{Class, Covariates, Machine},
    stats::Random,
};

/// One run of a command that took this long and held that much.
fn sample(wall_ns: f64, peak_bytes: f64) -> Sample {
    Sample {
        exit: Exit::Code(0),
        wall_ns: wall_ns as u64,
        user_ns: (wall_ns * 0.9) as u64,
        system_ns: (wall_ns * 0.05) as u64,
        peak_bytes: Some(peak_bytes as u64),
        peak_floor_bytes: None,
        tree_peak_bytes: None,
        voluntary_switches: 1,
        involuntary_switches: 1,
        minor_faults: 100,
        major_faults: 0,
        block_reads: 0,
        block_writes: 0,
        left_over: 0,
    }
}

fn machine(cores: u32) -> Machine {
    let class = Class {
        cpu: "Example Processor".to_owned(),
        cores,
        memory_gib: 16,
        system: "linux-x86_64".to_owned(),
        kernel: "6.1".to_owned(),
        program: "backcast 0.1.0".to_owned(),
    };
    Machine { class, covariates: Covariates::default() }
}

/// A machine on which sessions lie `between` apart and runs `within`, both relative.
#[derive(Clone, Copy)]
struct Bench {
    cores: u32,
    seconds: f64,
    between: f64,
    within: f64,
}

const QUIET: Bench = Bench { cores: 4, seconds: 0.2, between: 0.01, within: 0.005 };

impl Bench {
    /// One session of ten runs, at an hour of its own.
    fn session(&self, subject: &str, hour: u32, commit: &str, random: &mut Random) -> Record {
        let command = RecordedCommand {
            name: subject.to_owned(),
            argv: vec![subject.to_owned()],
            env: Vec::new(),
        };
        let taken_at = format!("2026-11-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24);
        let mut record = Record::new(command, taken_at, Source::Backcast);
        record.machine = Some(machine(self.cores));
        record.commit = Some(commit.to_owned());
        let level = self.seconds * 1e9 * (self.between * random.normal()).exp();
        record.runs = (0..10)
            .map(|slot| {
                let wall_ns = level * (self.within * random.normal()).exp();
                let peak = 50e6 * (0.001 * random.normal()).exp();
                Run { block: slot / 4, slot: slot % 4, sample: sample(wall_ns, peak) }
            })
            .collect();
        record
    }

    fn class(&self) -> String {
        class_of(&self.session("x", 0, "a", &mut Random::new(1))).unwrap()
    }

    /// Figures of so many sessions.
    fn figures(&self, sessions: u32, first_hour: u32, random: &mut Random) -> Vec<Figure> {
        let figure = |hour| {
            let record = self.session("grid", hour, "abc", random);
            let figures = backcast_lab::baseline::figures_of(&record).unwrap();
            figures.into_iter().find(|(measure, _)| *measure == Measure::Wall).unwrap().1
        };
        (first_hour..first_hour + sessions).map(figure).collect()
    }
}

fn history(figures: Vec<Figure>) -> History {
    History::of("grid", "class", Measure::Wall, figures, 0.0).unwrap()
}

fn contents(store: &Store) -> Contents {
    let contents = store.contents().unwrap();
    assert!(contents.unread.is_empty(), "{:?}", contents.unread);
    contents
}
