//! A thread's processor time shared out among its call paths.
//!
//! How much time a path took is exact, and so is the processor time of its thread; how much of a path's time was on the processor
//! is sampled. So each path gets its own time, times the processor time at its samples, scaled until all paths together have what
//! the thread has. No path has more of it than it took.

/// Samples of a path below which nothing is claimed of it.
pub(super) const ENOUGH_SAMPLES: u64 = 10;

/// What is known of a path, or of what is in none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sampled {
    /// Its own time.
    pub(super) own_ns: u64,
    /// Samples that met it.
    pub(super) samples: u64,
    /// Processor time that the thread had used at those.
    pub(super) cpu_ns: u64,
}

/// The processor time of each, in their order; nothing for those with too few samples. What the former leave of the whole is that
/// of the latter.
pub(super) fn shared(cpu_ns: u64, paths: &[Sampled]) -> Vec<Option<u64>> {
    let few = |path: &&Sampled| path.samples < ENOUGH_SAMPLES;
    // Few samples of many paths are many samples of all of them.
    let together = density(paths.iter().filter(few)).or_else(|| density(paths.iter()));
    let weight = |path: &Sampled| {
        let known = if few(&path) { together } else { density(std::iter::once(path)) };
        known.unwrap_or(0.0) * path.own_ns as f64
    };
    let weights: Vec<f64> = paths.iter().map(weight).collect();
    let shares = filled(cpu_ns as f64, &weights, paths);
    let told = |(path, share): (&Sampled, f64)| (!few(&path)).then_some(share as u64);
    paths.iter().zip(shares).map(told).collect()
}

/// Processor time a sample.
fn density<'a>(paths: impl Iterator<Item = &'a Sampled>) -> Option<f64> {
    let (samples, cpu_ns) =
        paths.fold((0, 0), |sum, path| (sum.0 + path.samples, sum.1 + path.cpu_ns));
    (samples > 0).then(|| cpu_ns as f64 / samples as f64)
}

/// Parts in proportion to their weights, none above its path's own time: what is beyond goes to the others.
fn filled(whole: f64, weights: &[f64], paths: &[Sampled]) -> Vec<f64> {
    let mut shares: Vec<Option<f64>> = vec![None; paths.len()];
    loop {
        let left = whole - shares.iter().flatten().sum::<f64>();
        let open = || (0..paths.len()).filter(|i| shares[*i].is_none());
        let weight: f64 = open().map(|i| weights[i]).sum();
        let scale = if weight > 0.0 { left.max(0.0) / weight } else { 0.0 };
        let full: Vec<usize> =
            open().filter(|i| weights[*i] * scale > paths[*i].own_ns as f64).collect();
        if full.is_empty() {
            let share = |(i, share): (usize, &Option<f64>)| share.unwrap_or(weights[i] * scale);
            return shares.iter().enumerate().map(share).collect();
        }
        full.into_iter().for_each(|i| shares[i] = Some(paths[i].own_ns as f64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(own_ns: u64, samples: u64, cpu_ns: u64) -> Sampled {
        Sampled { own_ns, samples, cpu_ns }
    }

    #[test]
    fn parts_add_up_to_the_whole_and_follow_the_samples() {
        // Work, waiting, and half of each; the sampler missed a third of the processor time.
        let paths = [path(600, 60, 400), path(300, 30, 0), path(400, 40, 133)];
        let shared: Vec<u64> = shared(800, &paths).into_iter().flatten().collect();
        assert_eq!(shared, [600, 0, 200]);
    }

    #[test]
    fn nothing_is_claimed_of_what_was_hardly_seen_and_its_part_is_left() {
        let paths = [path(600, 60, 600), path(300, 3, 30), path(100, 0, 0)];
        let shared = shared(1_000, &paths);
        assert_eq!(shared, [Some(600), None, None]);
    }

    #[test]
    fn no_samples_are_no_claim() {
        assert_eq!(shared(1_000, &[path(600, 0, 0)]), [None]);
        assert_eq!(shared(1_000, &[]), []);
    }
}
