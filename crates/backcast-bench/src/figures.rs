//! What was measured and what was hoped for, as a table or as JSON.

use serde::Serialize;

use crate::{host::Host, timing::Times};

/// One job, measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) job: &'static str,
    pub(crate) about: &'static str,
    pub(crate) lines: Vec<Line>,
}

/// One side of a job. Times in seconds, memory in bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) side: String,
    pub(crate) runs: usize,
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// Bars times parameter sets times assets, where the job is made of them.
    pub(crate) evaluations: Option<f64>,
    /// How many times as long each opponent takes.
    pub(crate) ratios: Vec<Ratio>,
    pub(crate) peak_bytes: Option<f64>,
    pub(crate) targets: Vec<Target>,
    /// What was counted over many trials, where the job is a simulation; the times are those of the simulation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) counts: Vec<Count>,
}

/// How often something happened over many trials.
#[derive(Debug, Serialize)]
pub(crate) struct Count {
    pub(crate) what: String,
    pub(crate) trials: usize,
    /// Events by trials.
    pub(crate) rate: f64,
}

/// On which side of a bound a rate shall lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// How many times as long an opponent takes.
#[derive(Debug, Serialize)]
pub(crate) struct Ratio {
    pub(crate) opponent: String,
    pub(crate) times: f64,
}

/// A figure that the project wants to reach.
#[derive(Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) wanted: String,
    pub(crate) met: bool,
}

impl Line {
    pub(crate) fn new(times: &Times, evaluations: Option<f64>) -> Line {
        Line {
            side: times.name.clone(),
            runs: times.seconds.len(),
            median: times.median(),
            least: times.least(),
            most: times.most(),
            evaluations,
            ratios: Vec::new(),
            peak_bytes: None,
            targets: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// Something happened in a fraction of the trials, and shall happen so often at least or at most.
    pub(crate) fn counted(mut self, what: &str, trials: usize, rate: f64, bound: Bound) -> Line {
        let percent = |rate: f64| format!("{:.2} %", rate * 100.0);
        let (wanted, met) = match bound {
            Bound::AtLeast(least) => (format!("{} or more", percent(least)), rate >= least),
            Bound::AtMost(most) => (format!("{} or less", percent(most)), rate <= most),
        };
        let wanted = format!("{what} in {} of {trials} ({wanted})", percent(rate));
        self.targets.push(Target { wanted, met });
        self.counts.push(Count { what: what.to_owned(), trials, rate });
        self
    }

    /// The median shall be at most so many seconds.
    pub(crate) fn within(mut self, seconds: f64) -> Line {
        let wanted = format!("{} or less", duration(seconds));
        self.targets.push(Target { wanted, met: self.median <= seconds });
        self
    }

    /// Compares with an opponent.
    pub(crate) fn against(mut self, own: &Times, opponent: &Times, at_least: Option<f64>) -> Line {
        let times = own.ratio_of(opponent);
        if let Some(least) = at_least {
            let wanted = format!("{least}x {} or more", opponent.name);
            self.targets.push(Target { wanted, met: times >= least });
        }
        self.ratios.push(Ratio { opponent: opponent.name.clone(), times });
        self
    }

    /// The peak of memory shall be at most so many bytes.
    pub(crate) fn peak(mut self, bytes: f64, at_most: f64) -> Line {
        let wanted = format!("peak {:.0} MB or less", at_most / 1e6);
        self.targets.push(Target { wanted, met: bytes <= at_most });
        self.peak_bytes = Some(bytes);
        self
    }
}

/// All reports as one JSON document.
pub(crate) fn json(host: &Host, reports: &[Report]) -> String {
    let document = serde_json::json!({ "host": host, "jobs": reports });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// One report as text.
pub(crate) fn table(report: &Report) -> String {
    let header = ["side", "median [min-max]", "per bar", "opponents take", "target", ""];
    let rows: Vec<[String; 6]> = report.lines.iter().flat_map(cells).collect();
    let mut widths = header.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; 6]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut text = format!("{}: {}\n", report.job, report.about);
    for row in [header.map(str::to_owned)].iter().chain(&rows) {
        text.push_str("  ");
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}

/// The rows of a side: one, and one more for each further target or opponent.
fn cells(line: &Line) -> Vec<[String; 6]> {
    let spread = |l: &Line| {
        format!("{} [{}-{}]", duration(l.median), bare(l.least, l.median), bare(l.most, l.median))
    };
    let mut rows = Vec::new();
    for i in 0..line.targets.len().max(line.ratios.len()).max(1) {
        let mut row: [String; 6] = Default::default();
        if i == 0 {
            row[0].clone_from(&line.side);
            row[1] = spread(line);
            row[2] = line
                .evaluations
                .map_or(String::new(), |n| format!("{:.3} ns", line.median * 1e9 / n));
        }
        if let Some(ratio) = line.ratios.get(i) {
            row[3] = format!("{:.2}x ({})", ratio.times, ratio.opponent);
        }
        if let Some(target) = line.targets.get(i) {
            row[4].clone_from(&target.wanted);
            row[5] = if target.met { "met" } else { "missed" }.to_owned();
        }
        rows.push(row);
    }
    if let (Some(bytes), Some(row)) = (line.peak_bytes, rows.last_mut()) {
        row[1] = format!("{} peak {:.0} MB", row[1], bytes / 1e6).trim_start().to_owned();
    }
    rows
}

const UNITS: [(f64, &str); 4] = [(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")];

fn unit(seconds: f64) -> (f64, &'static str) {
    UNITS.into_iter().find(|(size, _)| seconds.abs() >= *size * 0.1).unwrap_or(UNITS[3])
}

/// "9.04 ms", "22 us", "0.39 s".
fn duration(seconds: f64) -> String {
    format!("{} {}", bare(seconds, seconds), unit(seconds).1)
}

/// A time in the unit of another, without it.
fn bare(seconds: f64, like: f64) -> String {
    let scaled = seconds / unit(like).0;
    match scaled.abs() {
        x if x >= 100.0 => format!("{scaled:.0}"),
        x if x >= 10.0 => format!("{scaled:.1}"),
        _ => format!("{scaled:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_a_unit_that_fits() {
        assert_eq!(duration(0.009), "9.00 ms");
        assert_eq!(duration(22e-6), "22.0 us");
        assert_eq!(duration(0.45), "0.45 s");
        assert_eq!(duration(400e-6), "0.40 ms");
        assert_eq!(duration(25e-9), "25.0 ns");
        assert_eq!(bare(0.0101, 0.009), "10.1");
        assert_eq!(duration(-0.0123), "-12.3 ms");
    }

    #[test]
    fn a_rate_is_held_against_its_bound() {
        let own = Times { name: "own".into(), seconds: vec![1.0] };
        let line = |bound| Line::new(&own, None).counted("alarm", 200, 0.015, bound);
        let most = line(Bound::AtMost(0.017));
        assert_eq!(most.targets[0].wanted, "alarm in 1.50 % of 200 (1.70 % or less)");
        assert!(most.targets[0].met && !line(Bound::AtLeast(0.9)).targets[0].met);
    }

    #[test]
    fn a_target_is_met_by_the_median_alone() {
        let own = Times { name: "own".into(), seconds: vec![1.0, 2.0, 9.0] };
        let other = Times { name: "loop".into(), seconds: vec![7.0, 14.0, 63.0] };
        let line = Line::new(&own, None).within(2.0).within(1.9).against(&own, &other, Some(6.0));
        assert_eq!(line.targets.iter().map(|t| t.met).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(line.ratios[0].times, 7.0);
    }
}
