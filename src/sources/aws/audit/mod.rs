//! CloudTrail (SEMANTICS E.1): native record → event.

use serde_json::{Map, Value};

use crate::sources::{AuditLog, Ignored, LogHints, Odd, Operation, RecordReading};

/// CloudTrail.
#[derive(Debug)]
pub struct CloudTrail;

impl AuditLog for CloudTrail {
    fn name(&self) -> &'static str {
        "cloudtrail"
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
