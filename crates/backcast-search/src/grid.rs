//! All parameter sets of a spec, in the order of their trial indexes.

use backcast_engine::lanes::{Param, ParamSets};

use crate::{
    constraint::Constraint,
    spec::{Spec, SpecError},
};

/// Most rows (sets times assets) that a sweep may have: 10 GB of results.
const MAX_ROWS: f64 = 1e8;

/// Bytes of a row in memory: thirteen metrics.
const ROW_BYTES: f64 = 104.0;

impl Spec {
    /// The parameter sets: the product of all values, the first parameter slowest, less those that `[sweep] where`
    /// leaves out. Trial indexes count what is left. One empty set where there are no parameters.
    ///
    /// # Errors
    /// More sets than can be swept, refused before any memory is taken; a condition that leaves none; a wrong condition.
    pub fn param_sets(&self, assets: usize) -> Result<ParamSets, SpecError> {
        let product = self.set_count();
        if product * assets.max(1) as f64 > MAX_ROWS {
            return Err(self.too_many(product, assets.max(1)));
        }
        let constraint = match &self.sweep.constraint {
            Some(expression) => Some(Constraint::new(self, expression)?),
            None => None,
        };
        let params = self.params.iter();
        let params = params
            .map(|param| Param { name: param.name.clone(), values: param.values.to_vec() })
            .collect();
        let all = ParamSets::product(params);
        let Some(constraint) = constraint else { return Ok(all) };
        let places: Vec<u64> = (0..all.count())
            .filter(|set| constraint.holds(&all.values(*set)))
            .map(|set| set as u64)
            .collect();
        if places.is_empty() {
            let expression = self.sweep.constraint.as_ref().expect("it was compiled just now");
            let message =
                format!("`{}` holds for none of the {product} sets", expression.text.trim());
            let help = "nothing would be swept; loosen the condition or change the ranges";
            return Err(self.sources.error(&expression.place, message, help));
        }
        Ok(ParamSets::chosen(all.params().to_vec(), places))
    }

    fn too_many(&self, sets: f64, assets: usize) -> SpecError {
        let longest = self.params.iter().max_by_key(|param| param.values.len());
        let place = &longest.expect("a product above one has parameters").place;
        let rows = sets * assets as f64;
        let message = format!(
            "{sets} parameter sets on {assets} asset{} would take {} for their rows alone",
            if assets == 1 { "" } else { "s" },
            bytes(rows * ROW_BYTES),
        );
        let help = format!(
            "at most {MAX_ROWS} rows are swept at once; narrow a range or enlarge its step"
        );
        self.sources.error(place, message, help)
    }
}

/// "104 TB", for messages.
fn bytes(count: f64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let step = ((count.log10() / 3.0).floor() as usize).min(units.len() - 1);
    let scaled = count / 1000f64.powi(step as i32);
    if scaled >= 1e6 {
        return format!("{scaled:.0e} {}", units[step]);
    }
    format!("{} {}", (scaled * 10.0).round() / 10.0, units[step])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit_that_fits() {
        assert_eq!(bytes(104e12), "104 TB");
        assert_eq!(bytes(1.5e9), "1.5 GB");
        assert_eq!(bytes(1e30), "1e12 EB");
    }
}
