//! The machine of a session: what it is, what it was like, whether it held still.

use backcast_lab::{bench::Session, machine::Machine};
use backcast_report::Table;

use crate::{number, page::cells::facts};

/// `Intel Xeon Processor, 2 processors, 8 GiB, linux-x86_64 6.1 (class 0123456789ab)`.
pub(super) fn words(machine: &Machine) -> String {
    let class = &machine.class;
    let memory = match class.memory_gib {
        0 => "below 1 GiB".to_owned(),
        gib => format!("{gib} GiB"),
    };
    format!(
        "{}, {}, {memory}, {} {} (class {})",
        class.cpu,
        number::count(class.cores as usize, "processor"),
        class.system,
        class.kernel,
        class.key()
    )
}

/// Everything that is known of the machine of a session.
pub(super) fn table(session: &Session) -> Option<Table> {
    let machine = session.candidate.machine.as_ref()?;
    let (class, covariates) = (&machine.class, &machine.covariates);
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        rows.extend(value.map(|value| (name.to_owned(), value)));
    };
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    add("machine", Some(words(machine)));
    add("measured by", Some(class.program.clone()).filter(|program| !program.is_empty()));
    add("clock rates chosen by", covariates.governor.clone());
    add("may run above its nominal rate", covariates.turbo.map(yes));
    add("two threads on a core", covariates.smt.map(yes));
    add("guest of another machine", covariates.virtualised.map(yes));
    add("clock", covariates.clock_source.clone());
    add("load at the beginning", covariates.load.map(|load| number::grouped(load, 2)));
    let steal = covariates.steal.map(|share| number::percent(share, 1));
    add("processor time taken by other guests", steal);
    add("processors allowed", covariates.group_cpus.map(|cpus| number::grouped(cpus, 1)));
    let memory = covariates.group_memory_bytes;
    add("memory allowed", memory.map(|b| format!("{} MB", number::grouped(b as f64 / 1e6, 0))));
    if let Some(drift) = &session.drift {
        let (kernel, ratio) = drift.largest();
        let ratio = number::grouped(ratio, 2);
        let said = format!("{kernel} took {ratio} times as long at the end as at the beginning");
        add("reference work, largest change", Some(said));
    }
    if let Some(noise) = &session.noise {
        let passed = if noise.passed { "passed" } else { "failed" };
        let floor = number::percent(noise.floor, 2);
        let units = number::count(noise.units, "unit");
        let said = format!("{passed}: a command equals itself within {floor} ({units})");
        add("A/A check", Some(said));
    }
    for doubt in &session.doubts {
        add("doubt", Some(doubt.to_string()));
    }
    let name = &session.candidate.command.name;
    Some(facts(&format!("Machine while {name} was measured"), rows))
}
