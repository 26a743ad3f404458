//! Programs that prepare data with pandas, without pandas: a package of that name has frames that are slow enough to be sampled, and
//! the calls between its files are those of the real one.

use crate::program::Project;

/// Rows are compared in `arraylike`, behind a wrapper, and chosen in `frame`.
const FILES: [(&str, &str); 7] = [
    (
        "__init__.py",
        "from pandas.core.frame import DataFrame
from pandas.core.series import Series
",
    ),
    ("core/__init__.py", ""),
    ("core/ops/__init__.py", ""),
    (
        "core/ops/common.py",
        "def wrapped(method):
    def new_method(self, other):
        return method(self, other)
    return new_method
",
    ),
    (
        "core/arraylike.py",
        "from pandas.core.ops.common import wrapped

class OpsMixin:
    @wrapped
    def __eq__(self, other):
        return self._cmp_method(other)

    def _cmp_method(self, other):
        return [value == other for value in self.values]
",
    ),
    (
        "core/series.py",
        "from pandas.core.arraylike import OpsMixin

class Series(OpsMixin):
    def __init__(self, values):
        self.values = values

    def to_numpy(self):
        return list(self.values)

    def mean(self):
        return self._reduce() / len(self.values)

    def _reduce(self):
        total = 0.0
        for value in self.values:
            total += value
        return total
",
    ),
    (
        "core/frame.py",
        "from pandas.core.series import Series

class DataFrame:
    def __init__(self, columns):
        self.columns = columns

    def __getitem__(self, key):
        if isinstance(key, str):
            return Series(self.columns[key])
        return self._take(key)

    def _take(self, mask):
        chosen = {}
        for name, values in self.columns.items():
            chosen[name] = [value for value, wanted in zip(values, mask) if wanted]
        return DataFrame(chosen)
",
    ),
];

/// Data of twenty assets, and what is done with them.
const BEGIN: &str = "\
import sys
sys.path.insert(0, 'site-packages')
import pandas as pd

assets = ['A%02d' % n for n in range(20)]
data = pd.DataFrame({'asset': assets * 500, 'close': [float(n % 97) for n in range(10000)]})
total = 0.0
";

/// Line 10 chooses the rows of an asset in each round.
const AGAIN: &str = "\
for length in range(30):
    for asset in assets:
        own = data[data['asset'] == asset]
        closes = own['close'].to_numpy()
        total += closes[-1] + length
print(total)
";

/// Rows are grouped once; what is done in each round is computed.
const ONCE: &str = "\
closes = {asset: [] for asset in assets}
for asset, close in zip(data['asset'].to_numpy(), data['close'].to_numpy()):
    closes[asset].append(close)
closes = {asset: pd.Series(values) for asset, values in closes.items()}
for length in range(2000):
    for asset in assets:
        total += closes[asset].mean() + length
print(total)
";

fn project() -> Project {
    let project = Project::new();
    for (file, text) in FILES {
        let path = format!("site-packages/pandas/{file}");
        let folder = project.path(&path);
        std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
        project.write(&path, text);
    }
    project.write("again.py", &format!("{BEGIN}{AGAIN}"));
    project.write("once.py", &format!("{BEGIN}{ONCE}"));
    project
}

/// Shares of user code, data preparation, engine and computation in the closing line of a profile, in per cent.
fn split(project: &Project, program: &str) -> [f64; 4] {
    let outcome =
        project.run(&["profile", "--rate", "500", "--perf", "never", "--", "python3", program]);
    assert_eq!(outcome.code, 0, "{}", outcome.told());
    let line = outcome.stdout.lines().find(|line| line.starts_with("user code"));
    let line = line.unwrap_or_else(|| panic!("no closing line: {}", outcome.stdout));
    ["user code ", "data preparation ", "engine ", "computation "].map(|name| {
        let (_, rest) = line.split_once(name).unwrap();
        rest.split_once(' ').unwrap().0.parse().unwrap()
    })
}

#[test]
fn rows_that_are_chosen_again_are_found_on_the_line_of_the_user() {
    if !crate::advice::has_python() {
        return;
    }
    let project = project();
    let advise = |program: &str| {
        let args = ["advise", "--rate", "500", "--high-share", "20%", "--", "python3", program];
        let outcome = project.run(&args);
        assert_eq!(outcome.code, 0, "{}", outcome.told());
        outcome.stdout
    };
    let again = advise("again.py");
    for said in [
        "repeated-preparation@again.py:10",
        "`data[data['asset'] == asset]` filters `data` again in each round of the loop in line 9 of <module>",
        "group the data by key once before the loop in line 9",
        "of frame.py; `again.py:10` calls it",
    ] {
        assert!(again.contains(said), "`{said}` is missing: {again}");
    }
    let once = advise("once.py");
    assert!(!once.contains("repeated-preparation"), "{once}");
}

#[test]
fn what_pandas_does_counts_for_what_the_line_of_the_user_calls() {
    if !crate::advice::has_python() {
        return;
    }
    let project = project();
    // Comparing and choosing rows prepares data, whichever of its files pandas does it in; a mean computes.
    let [_, data, engine, computation] = split(&project, "again.py");
    assert!(data > 50.0 && computation < 10.0 && engine == 0.0, "{data} {computation}");
    let [_, data, _, computation] = split(&project, "once.py");
    assert!(computation > 50.0 && data < 30.0, "{data} {computation}");
}
