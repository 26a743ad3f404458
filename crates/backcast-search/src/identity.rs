//! What decides the result of a search, and the id made of it.

use backcast_data::Market;

use crate::spec::Spec;

/// Keys and values that decide a result, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Keys and values.
    pub pairs: Vec<(String, String)>,
}

impl Identity {
    /// The identity of a spec on a market. `kind` is `run`, `sweep` or `walk_forward`; `more` is what decides besides.
    #[must_use]
    pub fn of(kind: &str, spec: &Spec, market: &Market, more: &[(&str, String)]) -> Identity {
        let mut pairs = vec![
            ("kind".to_owned(), kind.to_owned()),
            ("results_version".to_owned(), RESULTS_VERSION.to_string()),
            ("data.digest".to_owned(), market.digest.clone()),
        ];
        pairs.extend(spec.canonical());
        pairs.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        Identity { pairs }
    }

    /// Twelve hex digits of the hash of all keys and values.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (key, value) in &self.pairs {
            for text in [key, value] {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        }
        hasher.finalize().to_hex()[..12].to_owned()
    }
}

/// Raised whenever equal inputs give other results than before.
pub const RESULTS_VERSION: u32 = 1;
