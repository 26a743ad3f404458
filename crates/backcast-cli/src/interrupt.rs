//! Signals: Ctrl-C asks a long command to stop where it can go on later, a second one ends it at once; a limit of files is an error.

use std::sync::{Arc, atomic::AtomicBool};

use signal_hook::{
    consts::{SIGINT, SIGTERM, SIGXFSZ},
    flag,
};

/// A limit on the size of files is an error of writing, told as any other, and no signal that ends the program without a word.
/// Programs that are started from here find the signal as it was.
pub(crate) fn outlive_file_size_limits() {
    // Where the handler cannot be installed, the signal ends the program as it always does.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// A flag that is set by Ctrl-C (and by a plain `kill`).
pub(crate) fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the second signal finds the flag set by the first. Where handlers cannot be installed,
        // signals end the program as they always do.
        let second = flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop));
        let first = second.and_then(|_| flag::register(signal, Arc::clone(&stop)));
        drop(first);
    }
    stop
}
