//! Whether a recording is on: one word that each span and allocation looks at.

use std::sync::atomic::{AtomicU32, Ordering};

/// 0 while nothing is recorded; else twice the number of the stretch of recording, plus one while threads are
/// asked to wait for a moment at their next span.
static STATE: AtomicU32 = AtomicU32::new(OFF);

/// Nothing is recorded.
pub(crate) const OFF: u32 = 0;

/// Threads wait at their next span.
const HOLD: u32 = 1;

/// The word as it is.
#[inline(always)]
pub(crate) fn get() -> u32 {
    if cfg!(feature = "off") { OFF } else { STATE.load(Ordering::Relaxed) }
}

/// Whether spans and counters count.
#[inline(always)]
pub(crate) fn is_on() -> bool {
    get() != OFF
}

/// The stretch of recording that a word belongs to, without the wish to wait.
pub(crate) fn stretch(state: u32) -> u32 {
    state & !HOLD
}

/// Begins a new stretch, whose threads start from nothing.
pub(crate) fn begin(stretch: u32) {
    STATE.store(stretch, Ordering::SeqCst);
}

/// Ends the recording.
pub(crate) fn end() {
    STATE.store(OFF, Ordering::SeqCst);
}

/// Asks threads to wait at their next span until [`go_on`].
pub(crate) fn hold() {
    STATE.fetch_or(HOLD, Ordering::SeqCst);
}

/// Lets threads go on.
pub(crate) fn go_on() {
    STATE.fetch_and(!HOLD, Ordering::SeqCst);
}
