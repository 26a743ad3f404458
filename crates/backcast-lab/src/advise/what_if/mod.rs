//! What speeding a span up would bring, learnt by slowing it down.
//!
//! Source of the idea: C. Curtsinger and E. Berger, "Coz: finding code that counts with causal profiling", SOSP 2015. Each call of a span is made
//! longer by a known delay, in fresh processes and at several levels in turns. The slope of the total over the delay is the number of
//! calls that the total waits for; times what a call takes, by the total, it is the span's marginal share of the critical path. A
//! span that nobody waits for has none, however much time it takes; that is why it is valid in parallel programs where a
//! share of time misleads.
//!
//! | question | answer |
//! |---|---|
//! | which delays? | [`Levels`] |
//! | in which order? | [`run`]: blocks of all levels there and back again |
//! | what follows? | [`fit`] gives a [`Criticality`] |

mod fit;
mod levels;
mod session;

pub use fit::{Criticality, Observation, fit};
pub use levels::{Levels, SpanTime};
pub use session::{WhatIf, WhatIfError, WhatIfOptions, run};
