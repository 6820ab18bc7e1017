//! What a person or a manifest says of a tree of log files.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::model::{AccountId, EVERYWHERE, Location, LogScope, Provider, Timestamp};
use crate::sources::CLOUDS;
use crate::sources::files::open::{OpenError, Tree};
use crate::sources::files::{Dump, ManifestLog};

/// What is said of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Which log: `cloudtrail`, `activity-log`, `cloud-audit`; any if `None`.
    pub source: Option<String>,
    /// Whose; any account's if `None`.
    pub account: Option<AccountId>,
    /// Of which location; of any if `None` or [`crate::model::EVERYWHERE`].
    pub location: Option<Location>,
    /// From when on it is complete; from its first record on if only the other is said.
    pub complete_from: Option<Timestamp>,
    /// Until when it is complete; until its last record if only the other is said.
    pub complete_to: Option<Timestamp>,
}

impl Said {
    /// Whether it is said to be complete, over any interval.
    pub const fn is_complete(&self) -> bool {
        self.complete_from.is_some() || self.complete_to.is_some()
    }

    /// Whether it is said of this log.
    pub fn is_of(&self, scope: &LogScope) -> bool {
        self.source.as_ref().is_none_or(|source| *source == scope.source)
            && self.account.as_ref().is_none_or(|account| *account == scope.account)
            && self.is_of_location(&scope.location)
    }

    fn is_of_location(&self, location: &Location) -> bool {
        let said = self.location.as_ref();
        said.is_none_or(|said| said == location || everywhere(said) || everywhere(location))
    }

    /// Returns the one log that it names, if it names one.
    pub fn scope(&self) -> Option<LogScope> {
        let source = self.source.clone()?;
        let provider = provider(&source)?;
        let location = match (provider, self.location.clone()) {
            (Provider::Aws, location) => location.filter(|location| !everywhere(location))?,
            _ => Location::new(EVERYWHERE),
        };
        Some(LogScope { provider, account: self.account.clone()?, location, source })
    }
}

pub(super) fn everywhere(location: &Location) -> bool {
    location.as_str() == EVERYWHERE
}

/// Returns the cloud whose log bears a name.
fn provider(source: &str) -> Option<Provider> {
    CLOUDS.iter().find(|cloud| cloud.audit().name() == source).map(|cloud| cloud.provider())
}

/// Files of logs, and what is said of them.
#[derive(Debug)]
pub struct LogTree {
    pub(super) tree: Tree,
    /// The part of the tree that is meant; empty for all.
    pub(super) inside: String,
    /// From where it was opened.
    pub(super) path: PathBuf,
    /// What is said of it.
    pub(super) said: Said,
}

impl LogTree {
    /// Opens a file, a folder, an archive, a pipe, or standard input for `-`.
    ///
    /// # Errors
    ///
    /// As [`Tree::new`].
    pub fn open(path: &Path, said: Said, interrupted: &AtomicBool) -> Result<Self, OpenError> {
        let tree = Tree::new(path, interrupted)?;
        Ok(Self { tree, inside: String::new(), path: path.to_owned(), said })
    }

    /// Returns from where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the logs that the manifest of a dump names, each with what it says.
    ///
    /// # Errors
    ///
    /// If the handle of a spooled pipe cannot be duplicated.
    pub fn of_dump(dump: &Dump) -> Result<Vec<Self>, OpenError> {
        let unreadable = |error| OpenError::Unreadable { path: dump.path().to_owned(), error };
        let logs = dump.logs().iter().map(|log| {
            let inside = log.path.trim_start_matches("./").trim_end_matches('/').replace('\\', "/");
            Ok(Self {
                tree: dump.tree().try_clone().map_err(unreadable)?,
                inside: format!("{}{}", dump.root(), inside).trim_end_matches('/').to_owned(),
                path: dump.path().join(&inside),
                said: said(log),
            })
        });
        logs.collect()
    }
}

fn said(log: &ManifestLog) -> Said {
    let provider = log.source.as_deref().and_then(provider);
    let account = log.account.as_ref().map(|account| match provider {
        Some(Provider::Azure) => AccountId::new(account.to_ascii_lowercase()),
        _ => AccountId::new(account),
    });
    Said {
        source: log.source.clone(),
        account,
        location: log.location.clone().map(Location::new),
        complete_from: log.complete_from,
        complete_to: log.complete_to,
    }
}
