//! What a cost may be made of.

use serde::{Deserialize, Serialize};

/// How a term grows with the product of its sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Not at all.
    Fixed,
    /// With the root of the last of its sizes, and with the product of the others: what parameter sets of a grid share grows so.
    Root,
    /// With n.
    Linear,
    /// With n log2 n.
    LinearLog,
    /// With n squared.
    Square,
}

/// One term: a shape of the product of some sizes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// How it grows.
    pub shape: Shape,
    /// Positions of the sizes whose product it grows with; empty for the fixed term.
    pub sizes: Vec<usize>,
}

impl Term {
    /// The fixed term.
    pub fn fixed() -> Term {
        Term { shape: Shape::Fixed, sizes: Vec::new() }
    }

    /// Its value at some sizes, for a coefficient of one.
    pub fn at(&self, sizes: &[f64]) -> f64 {
        let n: f64 = self.sizes.iter().map(|&i| sizes[i]).product();
        match self.shape {
            Shape::Fixed => 1.0,
            Shape::Root => n / self.sizes.last().map_or(1.0, |&i| libm::sqrt(sizes[i])),
            Shape::Linear => n,
            Shape::LinearLog => n * libm::log2(n),
            Shape::Square => n * n,
        }
    }

    /// The term in words: `bars`, `bars sqrt(sets)`, `bars assets`, `n log2 n` of `(bars assets)`.
    pub fn name(&self, sizes: &[String]) -> String {
        let names: Vec<&str> = self.sizes.iter().map(|&i| sizes[i].as_str()).collect();
        let n = names.join(" ");
        let group = if names.len() > 1 { format!("({n})") } else { n.clone() };
        match self.shape {
            Shape::Fixed => "fixed".to_owned(),
            Shape::Root => {
                let (last, others) = names.split_last().unwrap_or((&"", &[]));
                [others, &[&*format!("sqrt({last})")]].concat().join(" ")
            }
            Shape::Linear => n,
            Shape::LinearLog => format!("{n} log2 {group}"),
            Shape::Square => format!("{group}^2"),
        }
    }
}

/// Terms that grow, over each set of sizes, with a root for each size of the set.
pub(super) fn growing(sizes: usize) -> Vec<Term> {
    let mut terms = Vec::new();
    for set in 1u32..1 << sizes {
        let chosen: Vec<usize> = (0..sizes).filter(|i| set & (1 << i) != 0).collect();
        for shape in [Shape::Linear, Shape::LinearLog, Shape::Square] {
            terms.push(Term { shape, sizes: chosen.clone() });
        }
        for last in 0..chosen.len() {
            let mut sizes = chosen.clone();
            let rooted = sizes.remove(last);
            sizes.push(rooted);
            terms.push(Term { shape: Shape::Root, sizes });
        }
    }
    terms
}

/// Sets of up to `most` of the items, the smallest sets first.
pub(super) fn subsets(items: usize, most: usize) -> Vec<Vec<usize>> {
    let mut sets = vec![Vec::new()];
    let mut begin = 0;
    for _ in 0..most {
        let end = sets.len();
        for i in begin..end {
            let next = sets[i].last().map_or(0, |last: &usize| last + 1);
            for item in next..items {
                let mut set = sets[i].clone();
                set.push(item);
                sets.push(set);
            }
        }
        begin = end;
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_grow_with_the_product_of_their_sizes() {
        let sizes = [8.0, 4.0];
        let at = |shape, of: &[usize]| Term { shape, sizes: of.to_vec() }.at(&sizes);
        assert_eq!(at(Shape::Linear, &[0]), 8.0);
        assert_eq!(at(Shape::LinearLog, &[0, 1]), 32.0 * 5.0);
        assert_eq!(at(Shape::Square, &[1]), 16.0);
        assert_eq!(Term::fixed().at(&sizes), 1.0);
        assert_eq!(at(Shape::Root, &[1]), 2.0);
        assert_eq!(at(Shape::Root, &[0, 1]), 8.0 * 2.0);
        assert_eq!(growing(1).len(), 4);
        assert_eq!(growing(2).len(), 13);
        let roots = growing(2).into_iter().filter(|term| term.shape == Shape::Root);
        assert!(roots.map(|term| term.sizes).eq([vec![0], vec![1], vec![1, 0], vec![0, 1]]));
    }

    #[test]
    fn terms_are_named_by_their_sizes() {
        let names = ["bars".to_owned(), "assets".to_owned()];
        let name = |shape, of: &[usize]| Term { shape, sizes: of.to_vec() }.name(&names);
        assert_eq!(name(Shape::Linear, &[0, 1]), "bars assets");
        assert_eq!(name(Shape::LinearLog, &[0]), "bars log2 bars");
        assert_eq!(name(Shape::Square, &[0, 1]), "(bars assets)^2");
        assert_eq!(name(Shape::Root, &[1]), "sqrt(assets)");
        assert_eq!(name(Shape::Root, &[0, 1]), "bars sqrt(assets)");
        assert_eq!(Term::fixed().name(&names), "fixed");
    }

    #[test]
    fn subsets_come_smallest_first() {
        assert_eq!(
            subsets(3, 2),
            [vec![], vec![0], vec![1], vec![2], vec![0, 1], vec![0, 2], vec![1, 2]]
        );
    }
}
