//! The Azure Activity Log (SEMANTICS E.2): native record → event.

use serde_json::{Map, Value};

use crate::sources::{AuditLog, Ignored, LogHints, Odd, Operation, RecordReading};

/// The Azure Activity Log.
#[derive(Debug)]
pub struct ActivityLog;

impl AuditLog for ActivityLog {
    fn name(&self) -> &'static str {
        "activity-log"
    }

    fn recognise(&self, _record: &Map<String, Value>) -> bool {
        false
    }

    fn dismiss(&self, _raw: &[u8]) -> Option<Ignored> {
        None
    }

    fn operations(&self) -> &'static [Operation] {
        &[]
    }

    fn read(&self, _record: Map<String, Value>, _hints: &LogHints) -> Result<RecordReading, Odd> {
        Ok(RecordReading::Ignored(Ignored::OtherService))
    }
}
