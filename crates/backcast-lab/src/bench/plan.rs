//! What a session does, and in which order.

use serde::{Deserialize, Serialize};

use super::Work;
use crate::{
    child::RunOptions,
    stats::{Criteria, Looks, StatsError},
};

/// One of the two commands of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// The one that is compared against.
    Base,
    /// The one in question; the only one of a session without comparison.
    Candidate,
}

/// What a session does.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Runs of each command that count; of two commands, rounded up to whole blocks of two.
    pub runs: u32,
    /// How often the comparison of two commands is looked at, at equal distances; it ends at the first look that decides.
    pub looks: u32,
    /// Runs of each command before them.
    pub warmup: u32,
    /// Limits, processors, sampling.
    pub options: RunOptions,
    /// What counts as a difference.
    pub criteria: Criteria,
    /// Of what differs between blocks: hash seeds, size of the environment.
    pub seed: u64,
    /// Whether commands may fail. None may run past its time limit.
    pub any_exit: bool,
    /// What one run gets done.
    pub work: Option<Work>,
    /// The program that measures, with version and flags: part of the machine's class.
    pub program: String,
}

/// One run of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whose.
    pub arm: Arm,
    /// Block that it belongs to; none for warm-ups.
    pub block: Option<u32>,
    /// Place in its block.
    pub slot: u32,
}

/// Slots of a block of two commands.
const ABBA: [Arm; 4] = [Arm::Base, Arm::Candidate, Arm::Candidate, Arm::Base];

/// Fewest runs of each of two commands that can be checked against themselves, without which nothing is judged.
pub const FEWEST_COMPARED: u32 = 8;

/// Runs of a block.
const BLOCK: u32 = ABBA.len() as u32;

impl Plan {
    /// Ten runs of each after one warm-up, under default criteria.
    pub fn new(program: impl Into<String>) -> Plan {
        Plan {
            runs: 10,
            looks: 1,
            warmup: 1,
            options: RunOptions::default(),
            criteria: Criteria::default(),
            seed: 1,
            any_exit: false,
            work: None,
            program: program.into(),
        }
    }

    /// Runs of each of two commands: whole blocks.
    pub fn runs_of_each(&self) -> u32 {
        self.runs.next_multiple_of(BLOCK / 2)
    }

    /// All runs in their order. Always `A B B A`, never `B A A B` in turns: only runs of equal slots can be compared between blocks.
    pub fn steps(&self, paired: bool) -> Vec<Step> {
        let arms: &[Arm] = if paired { &[Arm::Base, Arm::Candidate] } else { &[Arm::Candidate] };
        let warmups = (0..self.warmup).flat_map(|_| arms);
        let mut steps: Vec<Step> =
            warmups.map(|arm| Step { arm: *arm, block: None, slot: 0 }).collect();
        let runs = if paired { 2 * self.runs_of_each() } else { self.runs };
        steps.extend((0..runs).map(|run| {
            let slot = run % BLOCK;
            let arm = if paired { ABBA[slot as usize] } else { Arm::Candidate };
            Step { arm, block: Some(run / BLOCK), slot }
        }));
        steps
    }

    /// The looks of a session of two commands, each after whole blocks, none before its runs can be checked against themselves. None
    /// where it is looked at in the end alone.
    ///
    /// # Errors
    /// [`StatsError::Parameter`] for a level outside (0, 1).
    pub fn planned_looks(&self) -> Result<Option<Looks>, StatsError> {
        let blocks = u64::from(self.runs.div_ceil(2));
        let pairs_at =
            |look: u32| 2 * (blocks * u64::from(look)).div_ceil(self.looks.into()) as u32;
        let mut pairs: Vec<u32> = (1..=self.looks).map(pairs_at).collect();
        pairs.dedup();
        pairs.retain(|pairs| *pairs >= FEWEST_COMPARED);
        (pairs.len() > 1).then(|| Looks::new(&pairs, self.criteria.level)).transpose()
    }

    /// Blocks and slots of the runs that count of one of two commands: what a whole session has, and one with runs left out has not.
    pub(crate) fn places(arm: Arm, runs: u32) -> Vec<(u32, u32)> {
        let plan = Plan { runs, warmup: 0, ..Plan::new("") };
        let steps = plan.steps(true).into_iter().filter(|step| step.arm == arm);
        steps.filter_map(|step| Some((step.block?, step.slot))).collect()
    }
}

/// What is equal for all runs of a block and differs between blocks, because a program may be faster by its accident: the seed of
/// Python's string hashes, and the size of the environment, which moves the stack (T. Mytkowicz and others, "Producing Wrong Data
/// Without Doing Anything Obviously Wrong!", ASPLOS 2009).
pub(crate) fn surroundings(seed: u64, block: Option<u32>) -> [(String, String); 2] {
    let text = format!("{seed} {block:?}");
    let digest = blake3::hash(text.as_bytes());
    let bytes = digest.as_bytes();
    let hash_seed = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let padding = usize::from(u16::from_le_bytes([bytes[4], bytes[5]]) % 4096);
    [
        ("PYTHONHASHSEED".to_owned(), hash_seed.to_string()),
        ("BACKCAST_PADDING".to_owned(), "x".repeat(padding)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(plan: &Plan, paired: bool) -> String {
        let letter = |step: &Step| match (step.arm, step.block) {
            (Arm::Base, None) => 'a',
            (Arm::Candidate, None) => 'b',
            (Arm::Base, _) => 'A',
            (Arm::Candidate, _) => 'B',
        };
        plan.steps(paired).iter().map(letter).collect()
    }

    #[test]
    fn two_commands_run_in_mirrored_blocks_after_their_warm_ups() {
        let plan = Plan { runs: 3, warmup: 2, ..Plan::new("test") };
        assert_eq!(order(&plan, true), "ababABBAABBA");
        assert_eq!(order(&plan, false), "bbBBB");
    }

    #[test]
    fn looks_are_equally_far_apart_and_after_whole_blocks() {
        let pairs = |runs, looks| {
            let plan = Plan { runs, looks, ..Plan::new("test") };
            plan.planned_looks().unwrap().map(|looks| looks.pairs().to_vec())
        };
        assert_eq!(pairs(40, 4), Some(vec![10, 20, 30, 40]));
        assert_eq!(pairs(21, 4), Some(vec![12, 18, 22]), "no look before the A/A check");
        assert_eq!(pairs(10, 100), Some(vec![8, 10]));
        assert_eq!((pairs(40, 1), pairs(8, 3)), (None, None), "only the end");
    }

    #[test]
    fn surroundings_are_those_of_the_block_and_the_seed() {
        assert_eq!(surroundings(1, Some(3)), surroundings(1, Some(3)));
        assert_ne!(surroundings(1, Some(3)), surroundings(1, Some(4)));
        assert_ne!(surroundings(1, Some(3)), surroundings(2, Some(3)));
        let sizes = (0..50).map(|block| surroundings(7, Some(block))[1].1.len());
        assert!(sizes.collect::<std::collections::BTreeSet<_>>().len() > 40);
    }
}
