//! Log files → the store, in an import of its own or within a scan.

use std::sync::atomic::AtomicBool;

use super::ingest::{Ingest, IngestError, IngestProgress, Ingested, LogTree, ingest};
use crate::model::Timestamp;
use crate::sources::CLOUDS;
use crate::store::{LogImport, LogOpening, Store};

/// Which log files to take in, and how.
pub struct Intake<'a> {
    /// The files, and what is said of them.
    pub trees: Vec<&'a LogTree>,
    /// When the run began.
    pub started_at: Timestamp,
    /// Set from outside to interrupt it; nothing is kept then.
    pub interrupted: &'a AtomicBool,
    /// Called now and then.
    pub progress: &'a dyn Fn(&IngestProgress),
}

impl Intake<'_> {
    /// Returns what an import of it says of itself.
    pub(super) fn opening(&self) -> LogOpening {
        let paths: Vec<_> = self.trees.iter().map(|tree| tree.path().to_string_lossy()).collect();
        LogOpening { started_at: self.started_at, origin: paths.join(", ") }
    }

    /// Reads the files into an import that was begun, and ends it.
    pub(super) fn read_into(&self, mut import: LogImport<'_>) -> Result<Ingested, IngestError> {
        let logs: Vec<_> = CLOUDS.iter().map(|cloud| cloud.audit()).collect();
        let request = Ingest {
            trees: &self.trees,
            logs: &logs,
            now: Timestamp::now(),
            interrupted: self.interrupted,
            digest: &|_| {},
            progress: self.progress,
        };
        let ingested = ingest(&mut import, &request)?;
        import.finish(&ingested.tally())?;
        Ok(ingested)
    }
}

/// Takes log files into a store, outside of any scan.
///
/// # Errors
///
/// Any [`IngestError`]; the store is then as it was.
pub fn take_logs(store: &mut Store, intake: &Intake<'_>) -> Result<Ingested, IngestError> {
    let import = store.import_log(&intake.opening())?;
    intake.read_into(import)
}
