//! What a store holds, and a copy of it.

use std::path::Path;

use super::codec::scalar;
use super::log_seal::Part;
use super::migrate::known_version;
use super::{Error, Store, log_seal};
use crate::model::{Scan, Seal};

/// What a store holds, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The schema that it is written in.
    pub schema: i64,
    /// Its size in bytes, without the log beside it.
    pub bytes: u64,
    /// How many scans are sealed.
    pub sealed: u64,
    /// How many scans were abandoned.
    pub abandoned: u64,
    /// The last sealed scan.
    pub latest: Option<Scan>,
    /// How many resources are there as of the last sealed scan.
    pub present: u64,
    /// How many resources were ever seen.
    pub resources: u64,
    /// How many revisions those have had.
    pub revisions: u64,
    /// How often logs were read.
    pub log_imports: u64,
    /// How many audit events they told.
    pub events: u64,
    /// How many of those no seal covers yet.
    pub unsealed_events: u64,
    /// How many log records bear the id of an event and say something else.
    pub event_conflicts: u64,
    /// How many log records could not be read.
    pub odd_records: u64,
    /// How many baselines are set.
    pub baselines: u64,
    /// How many reports are kept.
    pub runs: u64,
}

impl Info {
    /// Returns the head of the chain.
    pub fn head(&self) -> Option<Seal> {
        self.latest.as_ref().and_then(|scan| scan.seal)
    }
}

impl Store {
    /// Returns what the store holds.
    pub fn info(&self) -> Result<Info, Error> {
        let count = |sql: &str| -> Result<u64, Error> {
            Ok(u64::try_from(scalar::<i64>(&self.connection, sql)?).unwrap_or(0))
        };
        Ok(Info {
            schema: known_version(),
            bytes: count("pragma page_count")? * count("pragma page_size")?,
            sealed: count("select count(*) from scan where state = 'sealed'")?,
            abandoned: count("select count(*) from scan where state = 'abandoned'")?,
            latest: self.latest()?,
            present: count("select count(*) from resource where fingerprint is not null")?,
            resources: count("select count(*) from resource")?,
            revisions: count("select count(*) from life where scope is not null")?,
            log_imports: count("select count(*) from log_import")?,
            events: count("select count(*) from event")?,
            unsealed_events: log_seal::count_unsealed(&self.connection, Part::Event)?,
            event_conflicts: count("select count(*) from event_conflict")?,
            odd_records: count("select count(*) from odd_record")?,
            baselines: count("select count(*) from baseline")?,
            runs: count("select count(*) from run")?,
        })
    }

    /// Writes a copy to a file that does not exist yet, while other runs read and write.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`].
    pub fn backup(&self, to: &Path) -> Result<(), Error> {
        // Made here and not by SQLite, so that two copies cannot race and only the owner can read it.
        let mut options = std::fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(to).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => Error::Exists { path: to.to_owned() },
            _ => Error::Io { path: to.to_owned(), source },
        })?;
        // SQLite counts the copy as a write, which a store that was opened to read refuses.
        let reading: bool = self.connection.pragma_query_value(None, "query_only", |row| row.get(0))?;
        self.connection.pragma_update(None, "query_only", false)?;
        let copied = self.connection.execute("vacuum into ?1", [to.as_os_str().to_string_lossy()]);
        self.connection.pragma_update(None, "query_only", reading)?;
        if copied.is_err() {
            let _ = std::fs::remove_file(to);
        }
        copied?;
        Ok(())
    }
}
