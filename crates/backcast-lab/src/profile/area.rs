//! Whose work a frame does: by the first word of a span's name, by the file of a Python function, by the object
//! of compiled code.

use serde::{Deserialize, Serialize};

/// Whose work it is. The closing line of a profile counts the first four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// The user's own code.
    User,
    /// Reading, filtering, converting and aligning data; calendars.
    Data,
    /// Backtesting: orders, fills, books, search.
    Engine,
    /// Numbers from numbers: indicators, rules, statistics.
    Computation,
    /// Python's garbage collector.
    Collector,
    /// Loading of modules.
    Import,
    /// Writing of results.
    Report,
    /// Whatever the caller does: libraries without a subject of their own.
    Caller,
    /// Nothing known.
    Unknown,
}

impl Area {
    /// The area as people read it.
    pub fn name(self) -> &'static str {
        match self {
            Area::User => "user code",
            Area::Data => "data preparation",
            Area::Engine => "engine",
            Area::Computation => "computation",
            Area::Collector => "garbage collector",
            Area::Import => "imports",
            Area::Report => "reports",
            Area::Caller | Area::Unknown => "not attributed",
        }
    }

    /// Of a span, by the first word of its name.
    pub fn of_span(name: &str) -> Area {
        if COMPUTING_SPANS.iter().any(|span| name.starts_with(span)) {
            return Area::Computation;
        }
        let (area, step) = name.split_once('.').unwrap_or((name, ""));
        match area {
            "search" if SAVING_STEPS.iter().any(|first| step.starts_with(first)) => Area::Report,
            "data" | "store" | "calendar" => Area::Data,
            "engine" | "search" => Area::Engine,
            "rules" | "indicators" | "metrics" => Area::Computation,
            "report" => Area::Report,
            _ => Area::User,
        }
    }

    /// Of a Python function, by its file.
    pub fn of_python(file: &str, function: &str) -> Area {
        if file.starts_with("<frozen importlib") {
            return Area::Import;
        }
        if file.starts_with("<frozen") {
            return Area::Caller;
        }
        let Some(module) = library_path(file) else { return Area::User };
        if DATA_PARTS.iter().any(|part| module.starts_with(part)) {
            return Area::Data;
        }
        let package = module.split(['/', '.']).next().unwrap_or(module);
        match package {
            "pandas" => Area::of_pandas(module, function),
            _ if DATA.contains(&package) => Area::Data,
            _ if COMPUTATION.contains(&package) => Area::Computation,
            _ if ENGINES.contains(&package) => Area::Engine,
            _ if function == "<module>" => Area::Import,
            _ => Area::Caller,
        }
    }

    /// Of a function of pandas, which does both, by what it is for.
    fn of_pandas(module: &str, function: &str) -> Area {
        let method = function.rsplit('.').next().unwrap_or(function);
        match () {
            _ if PANDAS_WRAPPERS.iter().any(|part| module.starts_with(part)) => Area::Caller,
            // Rows are chosen by comparing.
            _ if PANDAS_COMPARISONS.contains(&method) => Area::Data,
            _ if PANDAS_METHODS.contains(&method) => Area::Computation,
            _ if PANDAS_PARTS.iter().any(|part| module.starts_with(part)) => Area::Computation,
            _ => Area::Data,
        }
    }

    /// Where a function of a library stands below another one: what a library does within itself belongs to what it was called for.
    pub(super) fn below(self, above: Area) -> Area {
        match (self, above) {
            (Area::Caller, above) => above,
            // A library's statements run because it is imported; a user's module is the user's.
            (Area::Data | Area::Computation | Area::Engine, Area::Import) => Area::Import,
            (Area::Data | Area::Computation, Area::Data | Area::Computation) => above,
            (own, _) => own,
        }
    }

    /// Of compiled code, by its shared object and symbol.
    pub fn of_native(object: &str, symbol: &str) -> Area {
        if object.starts_with('[') {
            return Area::Caller;
        }
        let file = object.rsplit('/').next().unwrap_or(object);
        let named = |names: &[&str]| names.iter().any(|name| file.contains(name));
        match () {
            _ if symbol.starts_with("gc_collect") => Area::Collector,
            _ if symbol.contains("backcast_") => own_crate(symbol),
            _ if named(&["ld-linux", "libc.so", "libc-", "libm.so", "libpthread", "libgcc"]) => {
                Area::Caller
            }
            _ if named(&["blas", "lapack", "_multiarray_umath", "libtorch", "ta_lib"]) => {
                Area::Computation
            }
            _ if named(&["arrow", "parquet", "polars", "pandas"]) => Area::Data,
            // What else is in Backcast is libraries that it is built of.
            _ if file == "backcast" || object.contains("/backcast/_native") => Area::Caller,
            _ => Area::User,
        }
    }
}

/// Of the function of Backcast that a symbol names first: types that it works on come later.
fn own_crate(symbol: &str) -> Area {
    let at = |name: &str| symbol.find(name).unwrap_or(usize::MAX);
    let first = OWN_CRATES.iter().min_by_key(|(name, _)| at(name));
    first.filter(|(name, _)| symbol.contains(name)).map_or(Area::Caller, |(_, area)| *area)
}

/// Steps of the engine that make numbers from numbers: indicators, rules.
const COMPUTING_SPANS: &[&str] = &["engine.operands", "engine.signals", "engine.conditions"];
/// Steps of the search that write its results, by how they begin.
const SAVING_STEPS: &[&str] = &["write_", "save_", "finish_rows"];
/// Backcast's own crates.
const OWN_CRATES: &[(&str, Area)] = &[
    ("backcast_data", Area::Data),
    ("backcast_store", Area::Data),
    ("backcast_calendar", Area::Data),
    ("backcast_engine", Area::Engine),
    ("backcast_search", Area::Engine),
    ("backcast_rules", Area::Computation),
    ("backcast_indicators", Area::Computation),
    ("backcast_metrics", Area::Computation),
    ("backcast_report", Area::Report),
];
/// Libraries that read, filter, convert or align data.
const DATA: &[&str] = &[
    "polars",
    "pyarrow",
    "csv",
    "json",
    "datetime",
    "_strptime",
    "_pydatetime",
    "dateutil",
    "pytz",
    "zoneinfo",
    "exchange_calendars",
    "pandas_market_calendars",
    "trading_calendars",
    "fastparquet",
    "h5py",
    "tables",
    "sqlite3",
    "sqlalchemy",
    "openpyxl",
    "yfinance",
    "bcolz",
    "pickle",
    "decimal",
    "_pydecimal",
];
/// Libraries that make numbers from numbers.
const COMPUTATION: &[&str] = &[
    "numpy",
    "scipy",
    "numba",
    "numexpr",
    "talib",
    "pandas_ta",
    "statsmodels",
    "sklearn",
    "torch",
    "bottleneck",
    "empyrical",
    "statistics",
    "math",
];
/// Engines that backtest.
const ENGINES: &[&str] = &[
    "backcast",
    "backtrader",
    "zipline",
    "rustybt",
    "vectorbt",
    "vectorbtpro",
    "backtesting",
    "bt",
    "nautilus_trader",
];
/// Parts of computing libraries that read.
const DATA_PARTS: &[&str] = &["numpy/lib/npyio", "numpy/lib/_npyio_impl"];
/// Parts of pandas that stand between a call and what it is for.
const PANDAS_WRAPPERS: &[&str] = &["pandas/util/", "pandas/core/ops/common"];
/// Parts of pandas that compute.
const PANDAS_PARTS: &[&str] = &[
    "pandas/core/window",
    "pandas/core/ops",
    "pandas/core/nanops",
    "pandas/core/arraylike",
    "pandas/core/roperator",
];
/// What chooses rows in pandas, though it stands in a part that computes.
const PANDAS_COMPARISONS: &[&str] = &[
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__and__",
    "__or__",
    "__xor__",
    "__invert__",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
];
/// What makes numbers from numbers in pandas, in whatever part it stands.
const PANDAS_METHODS: &[&str] = &[
    "abs",
    "add",
    "corr",
    "corrwith",
    "cov",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "describe",
    "diff",
    "div",
    "dot",
    "ewm",
    "expanding",
    "kurt",
    "max",
    "mean",
    "median",
    "min",
    "mod",
    "mul",
    "pct_change",
    "pow",
    "prod",
    "quantile",
    "rank",
    "rolling",
    "round",
    "sem",
    "skew",
    "std",
    "sub",
    "sum",
    "truediv",
    "var",
];

/// The part of a path after the folder of libraries; `None` for code of the user.
fn library_path(file: &str) -> Option<&str> {
    for folder in ["site-packages/", "dist-packages/"] {
        if let Some(at) = file.rfind(folder) {
            return Some(&file[at + folder.len()..]);
        }
    }
    // lib/python3.11/json/decoder.py; also lib/pypy3.9/, lib64/python3.12/ and the zip of a frozen interpreter.
    let mut rest = file;
    while let Some(at) = rest.find("/lib") {
        let tail = &rest[at + 4..];
        let tail = tail.strip_prefix("64").unwrap_or(tail);
        let named = tail.strip_prefix("/python").or_else(|| tail.strip_prefix("/pypy"));
        if let Some((version, module)) = named.and_then(|tail| tail.split_once('/'))
            && version.starts_with(|c: char| c.is_ascii_digit())
        {
            return Some(module);
        }
        rest = &rest[at + 4..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_belong_by_their_first_word() {
        assert_eq!(Area::of_span("store.load_bundle"), Area::Data);
        assert_eq!(Area::of_span("engine.fill_orders"), Area::Engine);
        assert_eq!(Area::of_span("engine.signals"), Area::Computation);
        assert_eq!(Area::of_span("rules.series"), Area::Computation);
        assert_eq!(Area::of_span("quadrature"), Area::User);
        assert_eq!(Area::of_span("search.work"), Area::Engine);
        for saving in ["search.write_table", "search.save_rows", "search.finish_rows"] {
            assert_eq!(Area::of_span(saving), Area::Report, "{saving}");
        }
    }

    #[test]
    fn python_functions_belong_by_their_library() {
        let lib = "/usr/lib/python3.11";
        assert_eq!(Area::of_python("/srv/u/strategy.py", "next"), Area::User);
        assert_eq!(Area::of_python("/srv/u/lib/strategy.py", "next"), Area::User);
        assert_eq!(Area::of_python(&format!("{lib}/json/decoder.py"), "decode"), Area::Data);
        assert_eq!(Area::of_python(&format!("{lib}/random.py"), "gauss"), Area::Caller);
        assert_eq!(Area::of_python(&format!("{lib}/random.py"), "<module>"), Area::Import);
        let site = "/opt/venv/lib/python3.12/site-packages";
        assert_eq!(Area::of_python(&format!("{site}/pandas/core/frame.py"), "filter"), Area::Data);
        assert_eq!(
            Area::of_python(&format!("{site}/pandas/core/window/rolling.py"), "mean"),
            Area::Computation
        );
        assert_eq!(Area::of_python(&format!("{site}/backtrader/cerebro.py"), "run"), Area::Engine);
        assert_eq!(
            Area::of_python(&format!("{site}/numpy/lib/_npyio_impl.py"), "loadtxt"),
            Area::Data
        );
        assert_eq!(
            Area::of_python(&format!("{site}/numpy/lib/_ufunclike.py"), "fix"),
            Area::Computation
        );
        assert_eq!(Area::of_python("<frozen importlib._bootstrap>", "_load"), Area::Import);
    }

    #[test]
    fn pandas_chooses_rows_and_computes() {
        let of = |module: &str, function: &str| {
            Area::of_python(
                &format!("/opt/venv/lib/python3.12/site-packages/pandas/{module}.py"),
                function,
            )
        };
        assert_eq!(of("core/arraylike", "OpsMixin.__eq__"), Area::Data);
        assert_eq!(of("core/arraylike", "OpsMixin.__sub__"), Area::Computation);
        assert_eq!(of("core/series", "Series.mean"), Area::Computation);
        assert_eq!(of("core/series", "Series.unique"), Area::Data);
        assert_eq!(
            of("core/ops/common", "_unpack_zerodim_and_defer.<locals>.new_method"),
            Area::Caller
        );
    }

    #[test]
    fn what_a_library_does_within_itself_belongs_to_what_it_was_called_for() {
        use Area::{Caller, Computation, Data, Engine, Import, User};
        assert_eq!(Computation.below(Data), Data);
        assert_eq!(Data.below(Computation), Computation);
        assert_eq!(Caller.below(Computation), Computation);
        assert_eq!(Data.below(Import), Import);
        for above in [Data, Computation, Engine] {
            assert_eq!(
                (User.below(above), Engine.below(above)),
                (User, Engine),
                "it is called back"
            );
        }
        assert_eq!((Data.below(User), Data.below(Engine)), (Data, Data));
    }

    #[test]
    fn compiled_code_belongs_by_its_object() {
        assert_eq!(Area::of_native("/usr/lib/libopenblas.so.0", "dgemm"), Area::Computation);
        assert_eq!(Area::of_native("[kernel.kallsyms]", "do_syscall_64"), Area::Caller);
        assert_eq!(Area::of_native("/usr/bin/sort", "main"), Area::User);
        let backcast = "/usr/local/bin/backcast";
        let own = |symbol: &str| Area::of_native(backcast, symbol);
        assert_eq!(own("backcast_engine::lanes::play"), Area::Engine);
        assert_eq!(own("<backcast_store::map::File as core::ops::drop::Drop>::drop"), Area::Data);
        let closure = "backcast_metrics::block::add::<backcast_engine::run::RunResult>";
        assert_eq!(own(closure), Area::Computation);
        assert_eq!((own("backcast_lab::x"), own("mi_malloc")), (Area::Caller, Area::Caller));
    }
}
