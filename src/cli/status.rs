//! The exit statuses: part of what cron jobs and pipelines build on.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Finished; nothing at or above `--fail-on`.
    Clean = 0,
    /// Internal failure.
    Internal = 1,
    /// Wrong usage, configuration or input.
    Usage = 2,
    /// Finished, but coverage is incomplete.
    Incomplete = 3,
    /// Finished; findings at or above `--fail-on`.
    Findings = 10,
    /// The store does not exist.
    StoreMissing = 20,
    /// Another run holds the store.
    StoreLocked = 21,
    /// A newer release wrote the store.
    StoreNewer = 22,
    /// The store fails verification, or is none.
    StoreBroken = 23,
    /// Credentials are missing or refused everywhere.
    Credentials = 30,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// The table for `--help` and the manual page.
pub(super) const HELP: &str = "Exit statuses:
  0    finished; nothing at or above --fail-on (default high)
  1    internal failure
  2    wrong usage, configuration or input
  3    finished, but coverage is incomplete
  10   finished; findings at or above --fail-on (wins over 3; --require-coverage turns it round)
  20   the store does not exist
  21   another run holds the store
  22   a newer release wrote the store
  23   the store fails verification, or is none
  30   credentials missing or refused everywhere
  130  interrupted";
