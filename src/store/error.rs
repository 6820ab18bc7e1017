//! Why the store stopped.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use thiserror::Error;

use super::verify::Fault;
use crate::model::{BaselineName, DocumentError, ScanId, Timestamp};

/// Why the store stopped, each reason a variant of its own so that each can have its exit status.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no file.
    #[error("no store at `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Another run is writing.
    #[error("the store is locked by another run{}", who(holder.as_deref(), *since))]
    Locked {
        /// Who, in its own words; `None` if it left no lease.
        holder: Option<String>,
        /// Since when.
        since: Option<Timestamp>,
    },
    /// A newer release changed the schema.
    #[error("the store was written by a newer release (schema {found}, this one knows {known})")]
    Newer {
        /// The store's schema.
        found: i64,
        /// The schema that this release writes.
        known: i64,
    },
    /// An older release wrote it, and it was opened for reading only.
    #[error("the store has the schema of an older release ({found}, this one reads {known})")]
    Older {
        /// The store's schema.
        found: i64,
        /// The schema that this release writes.
        known: i64,
    },
    /// The file is something else.
    #[error("`{}` is no driftline store: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// The file is damaged.
    #[error("the store is damaged: {reason}")]
    Damaged {
        /// What does not read.
        reason: String,
    },
    /// The store's contents do not agree with its chain of seals.
    #[error("the store fails verification: {}", faults(.0))]
    Unsound(Vec<Fault>),
    /// The file, its folder or this connection takes no writes.
    #[error("the store is read-only")]
    ReadOnly,
    /// No room is left on the disk.
    #[error("the disk that holds the store is full")]
    Full,
    /// A file or folder beside the store cannot be made or read.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A copy would overwrite a file.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// No sealed scan has this number.
    #[error("no sealed scan has the number `{0}`")]
    UnknownScan(ScanId),
    /// Two scans were named in the wrong order.
    #[error("scan `{before}` is later than scan `{after}`")]
    Backwards {
        /// The one named as the earlier.
        before: ScanId,
        /// The one named as the later.
        after: ScanId,
    },
    /// No baseline has this name.
    #[error("no baseline is named `{0}`")]
    UnknownBaseline(BaselineName),
    /// No run has this number.
    #[error("no run has the number `{0}`")]
    UnknownRun(i64),
    /// A document cannot be written or read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// `SQLite` failed in another way.
    #[error("the database failed: {0}")]
    Database(#[source] rusqlite::Error),
    /// Writing an export failed.
    #[error("writing the export failed: {0}")]
    Export(#[source] std::io::Error),
}

impl Error {
    /// Returns what the person can do next, one action a line.
    pub fn hints(&self) -> Vec<String> {
        let hints: &[&str] = match self {
            Self::Missing { .. } => &["make one with `driftline scan`", "name another with `--store PATH`"],
            Self::Locked { .. } => &["wait until the other run has ended, then try again"],
            Self::Newer { .. } => &["use the release that wrote it, or a later one"],
            Self::Older { .. } => {
                &["bring it up to date with any command that writes, such as `driftline scan`"]
            }
            Self::Foreign { .. } => &["name the store with `--store PATH`"],
            Self::Damaged { .. } => {
                &["see what is left with `driftline store verify`", "go back to a backup"]
            }
            Self::Unsound(_) => {
                &["keep the file as evidence: it was damaged, or changed by something else than driftline"]
            }
            Self::ReadOnly => &["make the file and its folder writable for this user"],
            Self::Full => &["free some room; the store is as the last sealed scan left it"],
            Self::Exists { .. } => &["name a file that does not exist yet"],
            Self::UnknownScan(_) => &["use `latest`, `previous` or the name of a baseline"],
            Self::Backwards { .. } => &["name the earlier scan first"],
            Self::UnknownBaseline(_) => &["list them with `driftline baseline list`"],
            Self::UnknownRun(_) => &["use `latest`"],
            Self::Io { .. } | Self::Document(_) | Self::Database(_) | Self::Export(_) => &[],
        };
        hints.iter().map(|&hint| hint.to_owned()).collect()
    }

    /// Makes one for something stored that cannot be.
    pub(super) fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged { reason: reason.into() }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Locked { holder: None, since: None }
            }
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::damaged(error.to_string()),
            _ => match error {
                // Where a row may be absent, it is asked for as optional.
                rusqlite::Error::QueryReturnedNoRows => Self::damaged("a row is gone that another leads to"),
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => Self::damaged(error.to_string()),
                other => Self::Database(other),
            },
        }
    }
}

fn who(holder: Option<&str>, since: Option<Timestamp>) -> String {
    match (holder, since) {
        (Some(holder), Some(since)) => format!(": {holder}, since {since:.0}"),
        (Some(holder), None) => format!(": {holder}"),
        _ => String::new(),
    }
}

fn faults(faults: &[Fault]) -> String {
    match faults {
        [] => "no fault is named".to_owned(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
    }
}
