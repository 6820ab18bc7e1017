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

/// Every status with its meaning, in which what can be typed stands between back-ticks.
pub(super) const STATUSES: &[(Status, &str)] = &[
    (Status::Clean, "finished; nothing at or above `--fail-on` (default `high`)"),
    (Status::Internal, "internal failure"),
    (Status::Usage, "wrong usage, configuration or input"),
    (Status::Incomplete, "finished, but coverage is incomplete"),
    (
        Status::Findings,
        "finished; findings at or above `--fail-on` (wins over 3; `--require-coverage` turns it round)",
    ),
    (Status::StoreMissing, "the store does not exist"),
    (Status::StoreLocked, "another run holds the store"),
    (Status::StoreNewer, "a newer release wrote the store"),
    (Status::StoreBroken, "the store fails verification, or is none"),
    (Status::Credentials, "credentials missing or refused everywhere"),
    (Status::Interrupted, "interrupted"),
];

/// Returns the table for `--help` and the manual page.
pub(super) fn help() -> String {
    let row =
        |(status, meaning): &(Status, &str)| format!("  {:<4} {}", *status as u8, meaning.replace('`', ""));
    let rows: Vec<_> = STATUSES.iter().map(row).collect();
    format!("Exit statuses:\n{}", rows.join("\n"))
}
