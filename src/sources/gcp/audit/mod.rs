//! Cloud Audit Logs (SEMANTICS E.3): native record → event.

use serde_json::{Map, Value};

use crate::sources::{AuditLog, Ignored, LogHints, Odd, Operation, RecordReading};

/// Cloud Audit Logs.
#[derive(Debug)]
pub struct CloudAudit;

impl AuditLog for CloudAudit {
    fn name(&self) -> &'static str {
        "cloud-audit"
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
