//! Repeated preparation of the same data, found by where a Python program was seen and by what its source says.

use std::{path::Path, process::Command};

use backcast_lab::{
    advise::{Advice, Rule, Suggestion},
    profile::{Area, Builder, Frame, Kind, LineTime, Node, Profile, Source, Thread},
};

use super::{WALL_NS, advice, finished, python};

/// A grid of averages as report 003 timed it: the list of assets, one asset's rows, their order and their array made anew for
/// each of the parameter sets.
const GRID: &str = "\
import numpy as np
import pandas as pd

def trial(data, short, long):
    assets = data['asset'].unique().tolist()
    returns = []
    for asset in assets:
        own = data[data['asset'] == asset].sort_values('day')
        closes = own['close'].to_numpy()
        returns.append(np.diff(closes) * np.sign(short - long))
    return np.concatenate(returns).mean()

def main():
    data = pd.read_csv('prices.csv')
    for short in range(5, 25, 2):
        for long in range(30, 80, 5):
            trial(data, short, long)

main()
";

/// The same without pandas.
const PLAIN: &str = "\
def closes_of(rows, asset):
    closes = []
    for row in rows:
        if row[0] == asset:
            closes.append(float(row[1]))
    return closes

class Search:
    def __init__(self, rows):
        self.rows = rows

    def score(self, n):
        total = 0.0
        for asset in sorted({row[0] for row in self.rows}):
            total += sum(closes_of(self.rows, asset)[-n:])
        return total

search = Search([line.split(',') for line in open('prices.csv')])
print(max(search.score(n) for n in range(5, 50)))
";

/// Rows chosen by texts that name a variable of the program.
const QUERIES: &str = "\
import pandas as pd

class Search:
    def __init__(self, data):
        self.data = data

    def score(self, assets):
        chosen = 'asset == @asset'
        total = 0.0
        for asset in assets:
            own = self.data.query('asset == @asset')
            again = self.data.query(chosen)
            sorted_once = self.data.sort_values('day')
            total += own['close'].sort_values().iloc[-1] + len(again) + len(sorted_once)
        return total

Search(pd.read_csv('prices.csv')).score(['a', 'b', 'c'])
";

/// Everything is prepared once; what stands in loops is new in each round.
const CLEAN: &str = "\
def load(text):
    closes = {}
    for line in text:
        asset, close = line.split(',')
        closes.setdefault(asset, []).append(float(close))
    return closes

def averages(closes, n):
    total = sum(closes[:n])
    out = [total / n]
    for i in range(n, len(closes)):
        total += closes[i] - closes[i - n]
        out.append(total / n)
    return out

def main():
    closes = load(open('prices.csv'))
    queue = sorted(closes)
    while queue:
        own = closes[queue.pop()]
        for n in range(5, 30):
            rising = [value for value in averages(own, n) if value > own[0]]
            print(sorted(rising)[:3])

main()
";

/// Objects with frames: what changes in the loop is no part of what is filtered, whichever method loads it.
const FRAMES: &str = "\
import pandas as pd

class Backtest:
    def __init__(self, path):
        self.path = path
        self.cash = 1000.0

    def load(self):
        self.data = pd.read_csv(self.path)

    def run(self, days):
        for day in days:
            for asset in ['A', 'B']:
                own = self.data[self.data.asset == asset]
                self.cash += own['close'].iloc[day]

test = Backtest('prices.csv')
test.load()
test.run(range(100))
";

/// Rows come one at a time, and conditions are computed: nothing is looked up twice.
const EVENTS: &str = "\
import pandas as pd

class Strategy:
    def __init__(self, data):
        self.closes = []
        self.data = data

    def on_bar(self, close):
        self.keep(close)
        return [float(one) for one in self.closes]

    def keep(self, close):
        self.closes.append(close)

def is_cheap(data, asset):
    return data.last[asset] < 10

def assets(data):
    return data.names

def main():
    data = pd.read_csv('prices.csv')
    strategy = Strategy(data)
    for close in data['close']:
        strategy.on_bar(close)
    bought = 0
    for day in range(100):
        for asset in assets(data):
            if is_cheap(data, asset):
                bought += 1

main()
";

fn has_python() -> bool {
    let known = "import sys; sys.exit(0 if sys.version_info >= (3, 8) else 1)";
    let tried = Command::new("python3").args(["-c", known]).status();
    tried.is_ok_and(|status| status.success())
}

/// A program that was seen equally often on each of its lines, a tenth of its time on each.
fn seen_everywhere(file: &Path, text: &str) -> Profile {
    std::fs::write(file, text).unwrap();
    let mut builder = Builder::default();
    let frame = builder.frame(Frame {
        name: "work".to_owned(),
        file: Some(file.display().to_string()),
        line: Some(1),
        kind: Kind::Python,
        area: Area::User,
    });
    let ns = WALL_NS / 10;
    let lines: Vec<LineTime> = (1..=text.lines().count() as u32)
        .map(|line| LineTime { line, own_ns: ns / 10, total_ns: ns, samples: 10 })
        .collect();
    // Half of the time is in a library, so that no function has a high share.
    let node =
        Node { frame, own_ns: WALL_NS / 4, samples: 1000, lines: lines.clone(), ..Node::default() };
    // Up to Python 3.11 a comprehension is a function below its line: its time is in that of the line.
    let inner = builder.frame(Frame {
        name: "work.<locals>.<listcomp>".to_owned(),
        file: Some(file.display().to_string()),
        line: Some(1),
        kind: Kind::Python,
        area: Area::User,
    });
    let below = Node { parent: Some(0), frame: inner, own_ns: ns, lines, ..Node::default() };
    let thread = Thread {
        pid: 5,
        name: "MainThread".to_owned(),
        count: 1,
        source: Source::Python,
        wall_ns: WALL_NS,
        cpu_ns: None,
        samples: 1000,
        effective_samples: 1000,
    };
    builder.thread(thread, vec![node, below]);
    builder.python.push(python(0));
    let mut profile = finished(builder, &["python3", "work.py"]);
    profile.taken_at = "2999-01-01T00:00:00Z".to_owned();
    profile
}

fn of(text: &str) -> Advice {
    let folder = tempfile::tempdir().unwrap();
    advice(&seen_everywhere(&folder.path().join("work.py"), text))
}

fn lines(advice: &Advice) -> Vec<u32> {
    let of_rule = |it: &&Suggestion| it.rule == Rule::RepeatedPreparation;
    let found = advice.suggestions.iter().filter(of_rule);
    let mut lines: Vec<u32> = found.filter_map(|it| it.place.line).collect();
    lines.sort_unstable();
    lines
}

fn on_line(advice: &Advice, line: u32) -> &Suggestion {
    advice.suggestions.iter().find(|it| it.place.line == Some(line)).unwrap()
}

#[test]
fn what_a_grid_of_report_003_repeats_is_found() {
    if !has_python() {
        return;
    }
    let advice = of(GRID);
    assert_eq!(lines(&advice), [5, 8, 9]);
    let assets = on_line(&advice, 5);
    assert!(assets.evidence.contains("takes the distinct values of"), "{}", assets.evidence);
    assert!(
        assets.evidence.contains("line 16 of main, with the same result"),
        "{}",
        assets.evidence
    );
    assert!(on_line(&advice, 8).evidence.contains("filters and sorts `data`"));
    assert!(on_line(&advice, 9).evidence.contains("converts"));
    let gain = assets.prediction.gain;
    assert!(gain.low < 0.05 && gain.low > 0.03 && gain.high > 0.1 && gain.high < 0.13, "{gain:?}");
}

#[test]
fn a_name_inside_of_a_query_counts_as_used() {
    if !has_python() {
        return;
    }
    let advice = of(QUERIES);
    assert_eq!(lines(&advice), [11, 12, 13]);
    for line in [11, 12] {
        let query = on_line(&advice, line);
        assert!(query.evidence.contains("filters `self.data` again"), "{}", query.evidence);
        assert!(query.evidence.contains("another part of the same data"), "{}", query.evidence);
        assert!(query.advice.contains("group the data by key once"), "{}", query.advice);
    }
    let sorted = on_line(&advice, 13);
    assert!(sorted.evidence.contains("with the same result"), "{}", sorted.evidence);
}

#[test]
fn it_is_found_in_plain_python_through_calls_and_methods() {
    if !has_python() {
        return;
    }
    let advice = of(PLAIN);
    assert_eq!(lines(&advice), [3, 14]);
    let filter = on_line(&advice, 3);
    assert!(filter.evidence.contains("another part of the same data"), "{}", filter.evidence);
    assert!(filter.advice.contains("group the data by key once"), "{}", filter.advice);
}

#[test]
fn an_attribute_is_the_same_data_whatever_else_changes_in_its_object() {
    if !has_python() {
        return;
    }
    let advice = of(FRAMES);
    assert_eq!(lines(&advice), [14]);
    let filter = on_line(&advice, 14);
    let said = "filters `self.data` again in each round of the loop in line 13 of run";
    assert!(filter.evidence.contains(said), "{}", filter.evidence);
}

#[test]
fn a_program_that_prepares_once_gets_no_suggestion() {
    if !has_python() {
        return;
    }
    for clean in [CLEAN, EVENTS] {
        let advice = of(clean);
        assert!(advice.suggestions.is_empty(), "{:?}", advice.suggestions);
        assert!(!advice.blind.iter().any(|blind| blind.rule == Rule::RepeatedPreparation));
    }
}

#[test]
fn a_source_that_is_gone_changed_or_broken_is_told() {
    if !has_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("work.py");
    let why = |profile: &Profile| super::blind(profile, Rule::RepeatedPreparation);
    assert!(why(&seen_everywhere(&file, "def broken(:\n")).contains("cannot be parsed"));
    let mut profile = seen_everywhere(&file, GRID);
    profile.taken_at = "2001-01-01T00:00:00Z".to_owned();
    assert!(why(&profile).contains("was changed after"));
    std::fs::remove_file(&file).unwrap();
    assert!(why(&profile).contains("cannot be read"));
}
