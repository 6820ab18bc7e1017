//! Where events go that were read from a log.

use crate::model::{AuditEvent, LogInterval, OddRecord};
use crate::store::{self, LogImport, Taken};

/// Takes what is read from logs: an import into the store, or a test.
pub trait EventSink {
    /// Takes an event.
    fn take(&mut self, event: &AuditEvent) -> Result<Taken, store::Error>;

    /// Keeps a record that could not be read.
    fn keep_odd(&mut self, odd: &OddRecord) -> Result<(), store::Error>;

    /// Keeps what is known of a log's completeness.
    fn cover(&mut self, interval: &LogInterval) -> Result<(), store::Error>;
}

impl EventSink for LogImport<'_> {
    fn take(&mut self, event: &AuditEvent) -> Result<Taken, store::Error> {
        Self::take(self, event)
    }

    fn keep_odd(&mut self, odd: &OddRecord) -> Result<(), store::Error> {
        Self::keep_odd(self, odd)
    }

    fn cover(&mut self, interval: &LogInterval) -> Result<(), store::Error> {
        Self::cover(self, interval)
    }
}
