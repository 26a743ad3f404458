//! Certificates: a change moved no result, and it is faster by more than chance and noise explain.
//!
//! | question | answer |
//! |---|---|
//! | did a result move? | [`equality::check`] asks an [`equality::Oracle`] about each case of a corpus |
//! | what is asked of a change? | [`Requirements`], and [`refusals`] for what it fails |
//! | how is it written down? | [`Certificate`]: raw samples, and [`Certificate::faults`] to compute all of it again |

mod certificate;
mod conditions;
pub mod equality;
mod error;
mod origin;

pub use certificate::{Certificate, Claim, Fault, Input, RecordedCase, Side};
pub use conditions::{Memory, Refusal, Requirements, memory, refusals};
pub use error::CertifyError;
pub use origin::{CheckedOut, MadeUp};
