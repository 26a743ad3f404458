//! Data named on the command line: a price file, a bundle, one asset of a bundle.

use std::path::{Path, PathBuf};

use backcast_data::Market;
use backcast_store::{
    AdjClose, BarLabel, ColumnMap, DateOrder, Format, Home, Prices, ReadOptions, load_bundle,
    read_file, read_frequency,
};
use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// What the files look like.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What the files look like")]
pub(crate) struct FileArgs {
    /// Which column is what: open=o,high=h,datetime=Stamp,drop=Comment (roles: date, time, datetime, open, high, low,
    /// close, volume, adj_close, symbol)
    #[arg(long, value_name = "MAP")]
    columns: Option<ColumnMap>,
    /// Zone of times without an offset, such as America/New_York
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Trading calendar, such as XNYS; without one sessions are the days that have bars
    #[arg(long, value_name = "NAME")]
    calendar: Option<String>,
    /// Distance of bars, such as 1d or 5m; found out if not given
    #[arg(long, value_name = "FREQ")]
    frequency: Option<String>,
    /// Turn `Adj Close` back into splits and dividends, as Quandl's WIKI prices or as Yahoo adjust, or keep it as a column
    #[arg(long, value_name = "HOW", value_enum)]
    adj_close: Option<Adjusted>,
    /// Whether prices are as traded or divided by later splits already
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    prices: PriceKind,
    /// Which end of an intraday bar its time names
    #[arg(long, value_name = "END", value_enum, default_value_t)]
    bar_label: Label,
    /// Between cells; a comma if not given
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<char>,
    /// Order of dates with slashes or points
    #[arg(long, value_name = "ORDER", value_enum, default_value_t)]
    dates: Dates,
}

/// `--adj-close`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Adjusted {
    Wiki,
    Yahoo,
    Ignore,
}

/// `--prices`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum PriceKind {
    #[default]
    AsTraded,
    SplitAdjusted,
}

/// `--bar-label`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Label {
    Start,
    #[default]
    End,
}

/// `--dates`.
#[expect(clippy::enum_variant_names, reason = "these are the words of the command line")]
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Dates {
    #[default]
    YearFirst,
    DayFirst,
    MonthFirst,
}

impl FileArgs {
    /// The same for the store.
    pub(crate) fn options(&self, format: Format) -> Result<ReadOptions, Failure> {
        Ok(ReadOptions {
            format,
            columns: self.columns.clone().unwrap_or_default(),
            timezone: self.timezone.clone(),
            calendar: self.calendar.clone(),
            frequency: self.frequency.as_deref().map(read_frequency).transpose()?,
            adj_close: self.adj_close.map(|how| match how {
                Adjusted::Wiki => AdjClose::Wiki,
                Adjusted::Yahoo => AdjClose::Yahoo,
                Adjusted::Ignore => AdjClose::Ignore,
            }),
            prices: match self.prices {
                PriceKind::AsTraded => Prices::AsTraded,
                PriceKind::SplitAdjusted => Prices::SplitAdjusted,
            },
            bar_label: match self.bar_label {
                Label::Start => BarLabel::Start,
                Label::End => BarLabel::End,
            },
            delimiter: self.delimiter,
            dates: match self.dates {
                Dates::YearFirst => DateOrder::YearFirst,
                Dates::DayFirst => DateOrder::DayFirst,
                Dates::MonthFirst => DateOrder::MonthFirst,
            },
        })
    }
}

/// Data named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A price file, or a folder of them.
    File(PathBuf),
    /// `NAME` or `NAME:ASSET`.
    Bundle(String, Option<String>),
}

impl Source {
    /// What is there as a file is a file; else `NAME:ASSET` or a word is a bundle, and anything else a missing file.
    pub(crate) fn named(text: &str) -> Source {
        if Path::new(text).exists() {
            return Source::File(PathBuf::from(text));
        }
        let word = |part: &str| !part.is_empty() && !part.contains(['/', '\\']);
        match text.split_once(':') {
            Some((bundle, asset)) if word(bundle) => {
                let asset = (!asset.is_empty()).then(|| asset.to_owned());
                Source::Bundle(bundle.to_owned(), asset)
            }
            None if word(text) && !text.contains('.') => Source::Bundle(text.to_owned(), None),
            _ => Source::File(PathBuf::from(text)),
        }
    }

    /// Its bars.
    pub(crate) fn load(&self, files: &FileArgs) -> Result<Market, Failure> {
        match self {
            Source::File(path) => Ok(read_file(path, &files.options(Format::Auto)?)?),
            Source::Bundle(name, _) => Ok(load_bundle(&Home::find()?, name, false)?),
        }
    }

    /// The asset that it names.
    pub(crate) fn asset(&self) -> Option<&str> {
        match self {
            Source::Bundle(_, asset) => asset.as_deref(),
            Source::File(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_a_file_a_bundle_or_an_asset_of_one() {
        let bundle = |name: &str, asset: Option<&str>| {
            Source::Bundle(name.to_owned(), asset.map(str::to_owned))
        };
        assert_eq!(Source::named("sample:AAPL"), bundle("sample", Some("AAPL")));
        assert_eq!(Source::named("sample"), bundle("sample", None));
        assert_eq!(Source::named("gone/prices.csv"), Source::File("gone/prices.csv".into()));
        assert_eq!(Source::named("prices.csv"), Source::File("prices.csv".into()));
        assert_eq!(Source::named("Cargo.toml"), Source::File("Cargo.toml".into()));
    }
}
