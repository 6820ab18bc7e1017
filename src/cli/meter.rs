//! Progress on standard error.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

use super::global::Global;

/// How often progress is shown.
const INTERVAL: Duration = Duration::from_millis(500);

/// Shows progress on the last line of standard error.
pub(super) struct Meter {
    shown: bool,
    last: Cell<Option<Instant>>,
}

impl Meter {
    pub(super) fn new(global: &Global) -> Self {
        Self { shown: global.shows_progress(), last: Cell::new(None) }
    }

    /// Shows how far the work has come, now and then.
    pub(super) fn show(&self, progress: fmt::Arguments<'_>) {
        let now = Instant::now();
        let due = self.last.get().is_none_or(|last| now.duration_since(last) >= INTERVAL);
        if self.shown && due {
            self.last.set(Some(now));
            overwrite(progress);
        }
    }

    /// Takes the line back.
    pub(super) fn clear(&self) {
        if self.shown && self.last.get().is_some() {
            overwrite(format_args!(""));
        }
    }
}

/// Replaces the last line of standard error.
fn overwrite(line: fmt::Arguments<'_>) {
    use std::io::Write as _;
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "\r\u{1b}[K{line}");
    let _ = stderr.flush();
}
