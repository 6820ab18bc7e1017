//! One page of native records → events.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{AuditEvent, OddRecord};
use crate::sources::live::RecordPage;
use crate::sources::{AuditLog, Ignored, LogHints, Odd, RecordReading, concealed};

/// What a page told.
#[derive(Default)]
pub(super) struct PageRead {
    pub(super) records: u64,
    pub(super) events: Vec<AuditEvent>,
    pub(super) ignored: BTreeMap<Ignored, u64>,
    pub(super) odd: Vec<OddRecord>,
}

/// Reads a page.
pub(super) fn read(log: &dyn AuditLog, page: &RecordPage) -> PageRead {
    let mut read = PageRead::default();
    for (offset, raw) in page.spans.iter().map(|span| span.start).zip(page.records()) {
        read.records += 1;
        match record(log, raw, &page.hints) {
            Ok(RecordReading::Event(event)) => read.events.push(*event),
            Ok(RecordReading::Ignored(why)) => *read.ignored.entry(why).or_default() += 1,
            Err(Odd { code, message }) => read.odd.push(OddRecord {
                source: page.name.to_string(),
                offset: offset as u64,
                code: code.to_owned(),
                message,
                raw: concealed(raw),
            }),
        }
    }
    read
}

fn record(log: &dyn AuditLog, raw: &[u8], hints: &LogHints) -> Result<RecordReading, Odd> {
    if let Some(why) = log.dismiss(raw) {
        return Ok(RecordReading::Ignored(why));
    }
    let record: Map<String, Value> =
        serde_json::from_slice(raw).map_err(|error| Odd::new("not-json", error.to_string()))?;
    log.read(record, hints)
}
