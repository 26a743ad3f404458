//! Markets and specs of the jobs: geometric Brownian motion from fixed seeds, crossing averages.

use std::{ops::RangeInclusive, sync::Arc};

use backcast_data::{Frequency, Market, synthetic};
use backcast_engine::RunConfig;
use backcast_rules::{Definitions, Program, Text, compile};
use backcast_search::Spec;

/// Starting cash of all jobs.
pub(crate) const CASH: f64 = 1_000_000.0;

/// Commission of all jobs, as a fraction of the traded value.
pub(crate) const RATE: f64 = 0.001;

/// Seed of all made-up prices.
const SEED: u64 = 20_261_120;

const ENTER: &str = "cross_above(sma(close, fast), sma(close, slow))";
const EXIT: &str = "cross_below(sma(close, fast), sma(close, slow))";

/// Daily bars of some assets.
pub(crate) fn daily(assets: usize, bars: usize) -> Market {
    synthetic::gbm_assets(assets, bars, Frequency::Daily, SEED)
}

/// Minute bars of one asset.
pub(crate) fn minutes(bars: usize) -> Market {
    synthetic::gbm_assets(1, bars, Frequency::Minutes(1), SEED)
}

/// Windows of two averages, in bars.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    pub(crate) fast: RangeInclusive<usize>,
    pub(crate) slow: RangeInclusive<usize>,
}

impl Windows {
    pub(crate) fn lists(&self) -> (Vec<usize>, Vec<usize>) {
        (self.fast.clone().collect(), self.slow.clone().collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.fast.clone().count() * self.slow.clone().count()
    }

    /// The job as a user would write it.
    ///
    /// # Errors
    /// None, as long as the language of specs is what it was.
    pub(crate) fn spec(&self, metrics: &[&str], more: &str) -> Result<Spec, String> {
        let metrics: Vec<String> = metrics.iter().map(|metric| format!("{metric:?}")).collect();
        let metrics = match metrics.len() {
            0 => String::new(),
            _ => format!("metrics = [{}]\n", metrics.join(", ")),
        };
        let text = format!(
            "{metrics}[data]\nbundle = \"gbm\"\n\
             [params]\nfast = {{ from = {}, to = {} }}\nslow = {{ from = {}, to = {} }}\n\
             [rules]\nenter_long = \"{ENTER}\"\nexit_long = \"{EXIT}\"\n\
             [costs]\ncommission = \"0.1%\"\n\
             [broker]\ncash = 1000000\nsize = \"100% of equity\"\n\
             [sweep]\nmetric = \"sharpe\"\n{more}",
            self.fast.start(),
            self.fast.end(),
            self.slow.start(),
            self.slow.end(),
        );
        Spec::parse(&text, None, &[]).map_err(|error| format!("{error}: {:?}", error.help))
    }
}

/// The rules of all jobs with parameters `fast` and `slow`.
///
/// # Errors
/// None, as long as the language of rules is what it was.
pub(crate) fn program() -> Result<Arc<Program>, String> {
    let params = ["fast".to_owned(), "slow".to_owned()];
    let rules = [
        Text { name: "enter_long", text: ENTER, offset: 0 },
        Text { name: "exit_long", text: EXIT, offset: 0 },
    ];
    let definitions = Definitions { params: &params, rules: &rules, ..Definitions::default() };
    compile(&definitions)
        .map(Arc::new)
        .map_err(|error| format!("{}: {:?}", error.message, error.help))
}

/// The money side of all jobs.
pub(crate) fn config() -> RunConfig {
    let commission = backcast_engine::Commission { rate: RATE, ..Default::default() };
    RunConfig { cash: CASH, commission, ..RunConfig::default() }
}
