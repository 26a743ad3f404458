//! What of the rows stays in memory: columns for tables and maps, the best sets, the digest.

use backcast_engine::{Manifest, lanes::ParamSets};
use backcast_metrics::Metric;

use super::{AccountRows, SweepResult};
use crate::{
    bind::{Account, Bound},
    rank::{Top, best_of, means},
    row_file::{Chunk, Layout},
    spec::Spec,
};

/// Bytes that the hasher gets at a time.
const HASHED_AT_ONCE: usize = 1 << 16;

/// Layout number of the digest.
const DIGEST_LAYOUT: u32 = 1;

pub(super) struct Keeper {
    metrics: Vec<Metric>,
    kept: Vec<Metric>,
    metric: Metric,
    best: usize,
    columns: Vec<Vec<Vec<f64>>>,
    tops: Vec<Top>,
    empty: Vec<usize>,
    first_note: Option<String>,
    hasher: blake3::Hasher,
    /// What the hasher gets next: it is fast where it gets much at a time.
    bytes: Vec<u8>,
}

impl Keeper {
    pub(super) fn new(spec: &Spec, layout: &Layout, sets: &ParamSets, keep_bytes: usize) -> Keeper {
        let accounts = layout.accounts.len();
        let metric = spec.sweep.metric;
        let all = sets.count().saturating_mul(accounts * layout.metrics.len() * 8);
        let kept = if all <= keep_bytes { layout.metrics.clone() } else { vec![metric] };
        let mut hasher = blake3::Hasher::new();
        hasher.update(&DIGEST_LAYOUT.to_le_bytes());
        for metric in &layout.metrics {
            hasher.update(&[*metric as u8]);
        }
        Keeper {
            metrics: layout.metrics.clone(),
            columns: vec![vec![Vec::with_capacity(sets.count()); kept.len()]; accounts],
            kept,
            metric,
            best: spec.sweep.best,
            tops: vec![Top::new(metric, spec.sweep.best); accounts],
            empty: vec![0; accounts],
            first_note: None,
            hasher,
            bytes: Vec::new(),
        }
    }

    /// Takes the next chunk; chunks come in order of account and trial index.
    pub(super) fn take(&mut self, chunk: &Chunk) {
        let _span = backcast_spans::span!("search.rank");
        let account = chunk.account;
        for (column, metric) in self.columns[account].iter_mut().zip(&self.kept) {
            column.extend(chunk.rows.iter().map(|row| row.values[*metric as usize]));
        }
        backcast_spans::copied((chunk.rows.len() * self.kept.len() * size_of::<f64>()) as u64);
        for (set, row) in chunk.sets.clone().zip(&chunk.rows) {
            self.tops[account].offer(set, row);
        }
        self.empty[account] += chunk.notes.len();
        if let (None, Some((_, note))) = (&self.first_note, chunk.notes.first()) {
            self.first_note = Some(note.clone());
        }
        self.digest(chunk);
    }

    /// The best sets of an account so far.
    pub(super) fn leaders(&self, account: usize, few: usize) -> Vec<(usize, f64)> {
        self.tops[account].leaders(few)
    }

    /// For each row in order of account and trial index the bits of which metrics are defined, and their values; little
    /// endian, -0.0 as 0.0.
    fn digest(&mut self, chunk: &Chunk) {
        let _span = backcast_spans::span!("search.digest");
        let bytes = &mut self.bytes;
        let before = bytes.len();
        bytes.reserve(chunk.rows.len() * (2 + 8 * self.metrics.len()));
        for row in &chunk.rows {
            let start = bytes.len();
            bytes.extend_from_slice(&[0, 0]);
            let mut defined = 0u16;
            for (bit, metric) in self.metrics.iter().enumerate() {
                if let Some(value) = row.get(*metric) {
                    defined |= 1 << bit;
                    bytes.extend_from_slice(&(value + 0.0).to_le_bytes());
                }
            }
            bytes[start..start + 2].copy_from_slice(&defined.to_le_bytes());
        }
        for digest in chunk.digests.iter().flatten() {
            bytes.extend_from_slice(digest.as_bytes());
        }
        backcast_spans::copied((bytes.len() - before) as u64);
        if bytes.len() >= HASHED_AT_ONCE {
            self.hasher.update(bytes);
            bytes.clear();
        }
    }

    /// The result, its sets still missing.
    pub(super) fn finish(
        mut self,
        bound: &Bound,
        accounts: &[Account],
        manifest: Manifest,
    ) -> SweepResult {
        let _span = backcast_spans::span!("search.finish");
        let at = self.kept.iter().position(|kept| *kept == self.metric);
        let at = at.expect("the metric of the ranking is kept");
        let ranked: Vec<&[f64]> = self.columns.iter().map(|columns| &columns[at][..]).collect();
        let means = means(&ranked);
        let best = best_of(self.metric, &means, self.best);
        let mut notices = Vec::new();
        let empty: usize = self.empty.iter().sum();
        if let Some(note) = &self.first_note {
            let rows = if empty == 1 { "row is" } else { "rows are" };
            notices.push(format!("{empty} {rows} empty; the first because {note}"));
        }
        let accounts = accounts.iter().zip(self.columns).zip(self.tops).zip(&self.empty);
        let accounts = accounts.map(|(((account, columns), top), empty)| AccountRows {
            name: account.name.clone(),
            assets: bound.assets[account.members.clone()].to_vec(),
            columns,
            best: top.into_best(),
            empty: *empty,
        });
        SweepResult {
            id: manifest.run_id(),
            accounts: accounts.collect(),
            metrics: self.metrics,
            kept: self.kept,
            metric: self.metric,
            means,
            best,
            digest: self.hasher.update(&self.bytes).finalize().to_hex().to_string(),
            notices,
            sets: ParamSets::product(Vec::new()),
            manifest,
        }
    }
}
