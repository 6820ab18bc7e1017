//! Ctrl-C and termination: asked once, a run ends without sealing anything.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Begins to listen for Ctrl-C and termination, and returns the flag that they set.
///
/// A second one ends the process at once.
pub(super) fn listen() -> &'static AtomicBool {
    // Fails only if somebody listens already, which is as good.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(super::Status::Interrupted as i32);
        }
    });
    &INTERRUPTED
}
