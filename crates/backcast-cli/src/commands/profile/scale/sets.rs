//! Parts of a grid with about so many parameter sets, spread over all of it.

use std::path::Path;

use backcast_search::{Spec, spec::Values};

use crate::{
    failure::Failure,
    number,
    own_command::Kind,
    spec_file::{self, Changes},
};

/// A part of a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SubGrid {
    /// How many sets it has, after `[sweep] where`.
    pub(super) count: u64,
    /// What makes it, as after `--set`.
    pub(super) set: Vec<String>,
}

/// Parts of about the wanted numbers of sets, smallest first, each with another number.
pub(super) fn chosen(
    path: &Path,
    spec: &Spec,
    changes: &Changes,
    kind: Kind,
    wanted: &[u64],
) -> Result<Vec<SubGrid>, Failure> {
    let all = spec.set_count();
    if all <= 1.0 {
        return Err(Failure::usage("the spec has one parameter set, so `sets` cannot grow")
            .help("give parameters ranges: --set params.fast=5..50"));
    }
    if kind == Kind::Run {
        return Err(Failure::usage("`sets` are swept, not run").help("--as sweep"));
    }
    let most = wanted.last().copied().unwrap_or(1);
    if most as f64 > all {
        let all = number::grouped(all, 0);
        return Err(Failure::usage(format!("the spec has {all} sets, fewer than {most}"))
            .help("a smaller range of sets, or wider parameters: --set params.fast=2..200"));
    }
    let mut chosen: Vec<SubGrid> = Vec::new();
    for wanted in wanted {
        let set = part(spec, *wanted as f64 / all);
        let overrides = [changes.overrides(), Changes::of(set.clone()).overrides()].concat();
        let count = spec_file::read(path, &overrides)?.param_sets(1)?.count() as u64;
        if chosen.last().is_none_or(|last| last.count < count) {
            chosen.push(SubGrid { count, set });
        }
    }
    Ok(chosen)
}

/// All parameters thinned alike, so that about this share of the sets is left.
fn part(spec: &Spec, share: f64) -> Vec<String> {
    let wide: Vec<_> = spec.params.iter().filter(|param| param.values.len() > 1).collect();
    let thinned = share.powf(1.0 / wide.len() as f64);
    let text = |values: &Values| {
        let count = (values.len() as f64 * thinned).round().clamp(1.0, values.len() as f64);
        thin(values, count as u64)
    };
    wide.iter().map(|param| format!("params.{}={}", param.name, text(&param.values))).collect()
}

/// So many of the values, at equal distances: a range stays a range.
fn thin(values: &Values, count: u64) -> String {
    if count < 2 {
        return values.get(values.len() / 2).to_string();
    }
    match values {
        Values::Range { from, step, decimals, .. } => {
            let stride = (values.len() - 1) / (count - 1);
            let last = values.get(stride * (count - 1));
            format!("{from}..{last}..{:.decimals$}", stride as f64 * step)
        }
        Values::List(_) => {
            let at = |i: u64| values.get(i * (values.len() - 1) / (count - 1)).to_string();
            (0..count).map(at).collect::<Vec<_>>().join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_thinned_at_equal_distances() {
        let range = Values::range(2.0, 101.0, 1.0);
        assert_eq!(thin(&range, 100), "2..101..1");
        assert_eq!(thin(&range, 10), "2..101..11");
        assert_eq!(thin(&range, 1), "52");
        assert_eq!(thin(&Values::range(0.1, 0.7, 0.1), 3), "0.1..0.7..0.3");
        assert_eq!(thin(&Values::List(vec![1.0, 5.0, 7.0, 9.0, 20.0]), 3), "1,7,20");
    }
}
