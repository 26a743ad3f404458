//! Random strategies: rules that compile, with parameters and values for them, from a seed.
//!
//! Equal seeds and options give equal rules. Every kind of node the language has comes up, periods are short so that
//! small markets leave something to trade, and prices are compared with prices only.

use backcast_rules::{Definitions, Program, RuleError, Text, compile};

/// What random rules may contain.
#[derive(Clone, Debug)]
pub struct RuleOptions {
    /// Levels that expressions may be nested.
    pub depth: u32,
    /// Symbols of other assets whose columns may be read.
    pub assets: Vec<String>,
    /// Extra numeric columns that may be read.
    pub columns: Vec<String>,
    /// Whether rules for short positions come up.
    pub shorts: bool,
    /// Whether limits, stops, targets and trailing stops come up.
    pub stops: bool,
    /// Longest period of an indicator and largest value of a parameter, at least 2.
    pub longest: u32,
    /// Sets of parameter values that are drawn.
    pub sets: usize,
}

impl Default for RuleOptions {
    /// Long and short rules over the run's own five columns, periods up to 20, eight sets.
    fn default() -> RuleOptions {
        RuleOptions {
            depth: 3,
            assets: Vec::new(),
            columns: Vec::new(),
            shorts: true,
            stops: false,
            longest: 20,
            sets: 8,
        }
    }
}

/// Texts of a strategy and values for its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomRules {
    /// Names of parameters, all of them used.
    pub params: Vec<String>,
    /// Whole numbers for the parameters, one list for each set, in the order of `params`.
    pub sets: Vec<Vec<f64>>,
    /// Named series: (name, expression).
    pub series: Vec<(String, String)>,
    /// Rules: (name, expression).
    pub rules: Vec<(String, String)>,
    assets: Vec<String>,
    columns: Vec<String>,
}

impl RandomRules {
    /// The program of these rules.
    ///
    /// # Errors
    /// Never for rules of [`random_rules`]; the compiler's mistake otherwise.
    pub fn compile(&self) -> Result<Program, RuleError> {
        fn texts(named: &[(String, String)]) -> Vec<Text<'_>> {
            named.iter().map(|(name, text)| Text { name, text, offset: 0 }).collect()
        }
        compile(&Definitions {
            columns: &self.columns,
            assets: &self.assets,
            params: &self.params,
            series: &texts(&self.series),
            rules: &texts(&self.rules),
        })
    }
}

/// Rules from a seed.
#[must_use]
pub fn random_rules(seed: u64, options: &RuleOptions) -> RandomRules {
    let mut draw = Draw { state: seed, options, params: Vec::new(), series: Vec::new() };
    let mut series: Vec<(String, String)> = Vec::new();
    for name in ["first", "second"] {
        if draw.one_in(3) {
            series.push((name.to_string(), draw.price(options.depth)));
            draw.series.push(name);
        }
    }
    let rules = draw.rules();
    // A parameter that stands only in a series nobody reads would be refused as unused.
    for index in (0..series.len()).rev() {
        let mentions =
            |(_, text): &(String, String)| words(text).any(|word| word == series[index].0);
        if !rules.iter().chain(&series[index + 1..]).any(mentions) {
            series.remove(index);
        }
    }
    let used = |param: &&String| {
        series.iter().chain(&rules).any(|(_, text)| words(text).any(|word| word == *param))
    };
    let params: Vec<String> = draw.params.clone().iter().filter(used).cloned().collect();
    let sets = (0..options.sets).map(|_| params.iter().map(|_| draw.value()).collect()).collect();
    RandomRules {
        params,
        sets,
        series,
        rules,
        assets: options.assets.clone(),
        columns: options.columns.clone(),
    }
}

/// One random condition without parameters, for tests of single expressions.
#[must_use]
pub fn random_condition(seed: u64, options: &RuleOptions) -> String {
    let mut draw = Draw { state: seed, options, params: vec!["".into(); 8], series: Vec::new() };
    draw.condition(options.depth)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

struct Draw<'o> {
    state: u64,
    options: &'o RuleOptions,
    params: Vec<String>,
    series: Vec<&'static str>,
}

impl Draw<'_> {
    /// Source: S. Vigna, "splitmix64", 2015, public domain description of the generator.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    /// A whole number from 1 to the longest period.
    fn value(&mut self) -> f64 {
        (1 + self.below(u64::from(self.options.longest.max(2)))) as f64
    }

    fn rules(&mut self) -> Vec<(String, String)> {
        let depth = self.options.depth;
        let long = !self.options.shorts || !self.one_in(4);
        let short = self.options.shorts && (!long || self.one_in(2));
        let mut rules: Vec<(String, String)> = Vec::new();
        for (wanted, enter, exit) in
            [(long, "enter_long", "exit_long"), (short, "enter_short", "exit_short")]
        {
            if !wanted {
                continue;
            }
            let mut entry = self.condition(depth);
            while rules.iter().any(|(_, other)| *other == entry) {
                entry = format!("not ({entry})");
            }
            rules.push((enter.to_string(), entry));
            if !self.one_in(5) {
                let text = self.condition(depth);
                rules.push((exit.to_string(), text));
            }
        }
        if self.options.stops {
            self.stops(&mut rules);
        }
        rules
    }

    fn stops(&mut self, rules: &mut Vec<(String, String)>) {
        if self.one_in(3) {
            let text = self.pick(&["close * 0.99", "raw.close", "sma(close, 5)", "raw.low - 0.01"]);
            rules.push(("entry_limit".to_string(), text.to_string()));
        }
        for name in ["stop_loss", "take_profit", "trailing"] {
            if self.one_in(2) {
                let text =
                    self.pick(&["2%", "5%", "10%", "50bp", "2 * atr(5)", "0.03 * raw.close"]);
                rules.push((name.to_string(), text.to_string()));
            }
        }
    }

    fn condition(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.comparison(0);
        }
        let down = depth - 1;
        match self.below(12) {
            0 => format!("({} and {})", self.condition(down), self.condition(down)),
            1 => format!("({} or {})", self.condition(down), self.condition(down)),
            2 => format!("not {}", self.condition(down)),
            3 => format!("({})[-{}]", self.condition(down), self.below(70)),
            4 => self.pick(&["true", "false", "volume > 900", "raw.close > 50"]).to_string(),
            5..=7 => {
                let (call, number) = (self.pick(&["cross_above", "cross_below"]), self.one_in(3));
                if number {
                    format!("{call}({}, {})", self.number(down), self.pick(&["0", "50", "1"]))
                } else {
                    format!("{call}({}, {})", self.price(down), self.price(down))
                }
            }
            _ => self.comparison(down),
        }
    }

    fn comparison(&mut self, depth: u32) -> String {
        let op = self.pick(&[">", ">=", "<", "<=", "==", "!="]);
        match self.below(4) {
            0 => format!("({} {op} {})", self.number(depth), self.pick(&["50", "1", "0.5", "5%"])),
            1 => format!("({} {op} {})", self.number(depth), self.number(depth)),
            _ => format!("({} {op} {})", self.price(depth), self.price(depth)),
        }
    }

    /// A series in units of price.
    fn price(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.column();
        }
        let down = depth - 1;
        match self.below(11) {
            0 => format!("{} * {}", self.price(0), self.pick(&["0.99", "1.01", "102%"])),
            1 => format!("({} + {}) / 2", self.price(down), self.price(down)),
            2 => format!(
                "{}({}, {})",
                self.pick(&["min", "max"]),
                self.price(down),
                self.price(down)
            ),
            3 => format!("({})[-{}]", self.price(down), self.below(4)),
            4 => {
                let output = self.pick(&["mid", "upper", "lower"]);
                format!("bbands({}, {}, 2).{output}", self.price(down), self.period())
            }
            5 => format!("({} - atr({}))", self.price(down), self.period()),
            6 => self.column(),
            _ => {
                let name = self.pick(&["sma", "ema", "wma", "highest", "lowest", "smma"]);
                format!("{name}({}, {})", self.price(down), self.period())
            }
        }
    }

    /// A series without a unit.
    fn number(&mut self, depth: u32) -> String {
        if depth == 0 {
            return format!("rsi({})", self.period());
        }
        let down = depth - 1;
        match self.below(9) {
            0 => format!("{} / {}", self.price(down), self.price(0)),
            1 => format!("-{}", self.number(down)),
            2 => format!("abs({} - 50)", self.number(down)),
            3 => format!("sqrt({})", self.number(down)),
            4 => format!("log({} / {})", self.price(0), self.price(down)),
            5 => format!("stochastic({}, 3, 3).k", self.period()),
            6 => format!("({} - {})", self.number(down), self.number(down)),
            7 => format!("1 / ({})", self.number(down)),
            _ => {
                let name = self.pick(&["rsi", "roc"]);
                format!("{name}({}, {})", self.price(down), self.period())
            }
        }
    }

    fn column(&mut self) -> String {
        if !self.series.is_empty() && self.one_in(4) {
            let series = self.series.clone();
            return self.pick(&series).to_string();
        }
        let (assets, columns) = (self.options.assets.len(), self.options.columns.len());
        let field = self.pick(&["open", "high", "low", "close", "close", "close"]);
        if assets > 0 && self.one_in(4) {
            let asset = self.below(assets as u64) as usize;
            return format!("'{}'.{field}", self.options.assets[asset]);
        }
        if columns > 0 && self.one_in(6) {
            let column = self.below(columns as u64) as usize;
            return format!("'{}'", self.options.columns[column]);
        }
        field.to_string()
    }

    /// A constant, a parameter or a sum of one with a constant.
    fn period(&mut self) -> String {
        if self.one_in(2) || self.params.iter().any(String::is_empty) {
            return format!("{}", self.value());
        }
        let index = self.below(4) as usize;
        while self.params.len() <= index {
            self.params.push(format!("p{}", self.params.len()));
        }
        let param = self.params[index].clone();
        if self.one_in(4) { format!("{param} + {}", self.below(5)) } else { param }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_seeds_compile_and_repeat() {
        let options = RuleOptions {
            assets: vec!["BRK.B".to_string(), "AAPL".to_string()],
            columns: vec!["open interest".to_string()],
            stops: true,
            ..RuleOptions::default()
        };
        for seed in 0..2000 {
            let rules = random_rules(seed, &options);
            let program = rules.compile().unwrap_or_else(|e| panic!("{e:?} in {rules:#?}"));
            for set in &rules.sets {
                program.check(set).unwrap_or_else(|e| panic!("{e} in {rules:#?}"));
            }
            assert_eq!(rules, random_rules(seed, &options));
        }
    }
}
