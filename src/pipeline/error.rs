//! Why a scan failed.

use thiserror::Error;

use super::ingest::IngestError;
use crate::model::{AccountId, Provider, Timestamp};
use crate::sources::files::{DumpError, open::OpenError};
use crate::sources::live::Refusal;
use crate::store;

/// Why a scan failed; nothing was sealed.
#[derive(Debug, Error)]
pub enum ScanError {
    /// A dump does not open.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// A dump does not read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The logs that came along were not taken in.
    #[error(transparent)]
    Logs(#[from] IngestError),
    /// There is no inventory in what was given.
    #[error("no inventory was found in {}", found(.strays))]
    Nothing {
        /// What was found instead.
        strays: Vec<StrayFile>,
    },
    /// What was collected is older than what the store already holds of the same account.
    #[error(
        "the state was taken at {taken_at}, before the last scan of {provider} account `{account}` ({last})"
    )]
    OutOfOrder {
        /// When the state was taken.
        taken_at: Timestamp,
        /// Which cloud.
        provider: Provider,
        /// Which account.
        account: AccountId,
        /// When its last scan was taken.
        last: Timestamp,
    },
    /// Nobody got in anywhere.
    #[error("no credentials were accepted: {}", refusals(.entries))]
    Credentials {
        /// The configured entries, each with what refused it.
        entries: Vec<(String, Refusal)>,
    },
    /// The threads that collect cannot be started.
    #[error("cannot start collecting: {0}")]
    Runtime(#[from] std::io::Error),
    /// The user interrupted.
    #[error("interrupted; nothing was sealed")]
    Interrupted,
    /// A thread that reads ended early.
    #[error("a reading thread ended early")]
    Lost,
}

fn found(strays: &[StrayFile]) -> String {
    match strays {
        [] => "an empty folder".to_owned(),
        [only] => stray(only),
        [first, rest @ ..] => format!("{} and {} more", stray(first), rest.len()),
    }
}

fn stray(file: &StrayFile) -> String {
    let fault = file.fault.as_ref().map_or_else(String::new, |fault| format!(" ({fault})"));
    format!("`{}`{fault}", file.name)
}

fn refusals(entries: &[(String, Refusal)]) -> String {
    let entries = entries.iter().map(|(name, refusal)| format!("{name}: {refusal}"));
    entries.collect::<Vec<_>>().join("; ")
}

/// A file that holds nothing that this release reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrayFile {
    /// Its name.
    pub name: String,
    /// What is wrong with it, if more than that.
    pub fault: Option<String>,
}
