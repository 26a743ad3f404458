//! All there is, for reading back.

use serde::{Deserialize, Serialize};

use super::super::{BenchError, Session, record};
use crate::json_fault;

const FORMAT: &str = "backcast-bench";
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    sessions: &'a [Session],
}

#[derive(Deserialize)]
struct Read {
    sessions: Vec<Session>,
}

/// Sessions as JSON, raw samples included: `{"format": "backcast-bench", "version": 1, "sessions": […]}`.
pub fn json(sessions: &[Session]) -> String {
    let written = Written { format: FORMAT, version: VERSION, sessions };
    let text = serde_json::to_string_pretty(&written);
    text.expect("sessions hold text and numbers alone") + "\n"
}

/// Reads sessions back; `what` names the file in messages.
///
/// # Errors
/// [`BenchError::Malformed`], [`BenchError::Newer`].
pub fn sessions_from_json(text: &str, what: &str) -> Result<Vec<Session>, BenchError> {
    record::check_format(text, what, FORMAT, VERSION)?;
    let read: Result<Read, _> = serde_json::from_str(text);
    let read = read.map_err(|error| record::malformed(what, FORMAT, json_fault::told(&error)))?;
    Ok(read.sessions)
}
