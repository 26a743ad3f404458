//! What decides the result of a search, as a manifest.

use backcast_data::Market;
use backcast_engine::{Manifest, Span};

use crate::{bind::Bound, spec::Spec};

impl Spec {
    /// The manifest of this spec on a market. `kind` is `run`, `sweep` or `walk_forward`.
    pub(crate) fn manifest(&self, kind: &str, market: &Market, bound: &Bound) -> Manifest {
        let span = Span::Days { from: self.data.from, to: self.data.to };
        let mut manifest = Manifest::of(market, &bound.assets, &span, &bound.config);
        manifest.set("kind", kind);
        manifest.set("mode", bound.mode.name());
        for (key, value) in self.canonical() {
            manifest.set(&key, value);
        }
        manifest
    }
}
