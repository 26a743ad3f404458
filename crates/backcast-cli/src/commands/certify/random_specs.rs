//! Strategies made up from a seed, as specs on the sample: what a corpus has besides the strategies that people thought of.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use backcast_lab::stats::Random;

const ASSETS: [&str; 5] = ["AAPL", "FB", "GOOG", "IBM", "MSFT"];

/// Writes specs; equal seeds give equal files. Also blake3 of all their texts, in hexadecimal.
pub(super) fn write(folder: &Path, count: u32, seed: u64) -> io::Result<(Vec<PathBuf>, String)> {
    let mut random = Random::new(seed);
    let mut hasher = blake3::Hasher::new();
    let mut write = |i: u32| {
        let path = folder.join(format!("random-{seed}-{i}.toml"));
        let text = spec(&mut random);
        hasher.update(text.as_bytes());
        fs::write(&path, text)?;
        Ok::<PathBuf, io::Error>(path)
    };
    let paths = (0..count).map(&mut write).collect::<io::Result<_>>()?;
    Ok((paths, hasher.finalize().to_hex().to_string()))
}

fn spec(random: &mut Random) -> String {
    let first = random.below(ASSETS.len());
    let assets = 1 + random.below(ASSETS.len() - first);
    let assets: Vec<String> =
        ASSETS[first..first + assets].iter().map(|name| format!("\"{name}\"")).collect();
    let mode = pick(random, &["each", "pool"]);
    let (enter, exit) = rules(random);
    let short = random.below(3) == 0;
    let shorts = if short {
        format!("enter_short = \"{exit}\"\nexit_short = \"{enter}\"\n")
    } else {
        String::new()
    };
    let commission = pick(random, &["0.1%", "0", "0.02%"]);
    let slippage = pick(random, &["2bp", "0bp", "10bp"]);
    let size = pick(random, &["100% of equity", "25% of equity", "40% of equity"]);
    format!(
        "mode = \"{mode}\"\n\n[data]\nbundle = \"sample\"\nassets = [{}]\n\n\
         [rules]\nenter_long = \"{enter}\"\nexit_long = \"{exit}\"\n{shorts}\n\
         [costs]\ncommission = \"{commission}\"\nslippage = \"{slippage}\"\n\n\
         [broker]\ncash = {}\nsize = \"{size}\"\n",
        assets.join(", "),
        10_000 * (1 + random.below(50)),
    )
}

/// A rule to enter and one to leave.
fn rules(random: &mut Random) -> (String, String) {
    let fast = 2 + random.below(30);
    let slow = fast + 1 + random.below(80);
    let average = pick(random, &["sma", "ema", "wma"]);
    match random.below(4) {
        0 => {
            let (a, b) = (format!("{average}(close, {fast})"), format!("{average}(close, {slow})"));
            (format!("cross_above({a}, {b})"), format!("cross_below({a}, {b})"))
        }
        1 => {
            let (low, high) = (20 + random.below(20), 60 + random.below(20));
            (format!("rsi(close, {fast}) < {low}"), format!("rsi(close, {fast}) > {high}"))
        }
        2 => (
            format!("close > highest(high, {slow})[-1]"),
            format!("close < lowest(low, {fast})[-1]"),
        ),
        _ => (
            format!("roc(close, {slow}) > 0 and close > {average}(close, {fast})"),
            format!("close < {average}(close, {slow}) and not (roc(close, {fast}) > 0)"),
        ),
    }
}

fn pick<'a>(random: &mut Random, choices: &[&'a str]) -> &'a str {
    choices[random.below(choices.len())]
}
