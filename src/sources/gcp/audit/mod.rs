//! Cloud Audit Logs (SEMANTICS E.3): native record → event.
//!
//! `spelling` and `entry` make one entry of its spellings, `operations` is the table, and one file each says
//! who (`actor`), what (`class`, `facts`), on what (`targets`) and how it ended (`outcome`).

mod actor;
mod class;
mod dismiss;
mod entry;
mod facts;
mod operations;
mod outcome;
mod spelling;
mod targets;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::{AuditEvent, Class, EVERYWHERE, EventId, Location, Provider};
use crate::sources::{AuditLog, Ignored, LogHints, Odd, Operation, RecordReading};

pub(super) use actor::service_agent;
use entry::Entry;
use operations::Interest;

/// What all entries that one act set off have in common (SEMANTICS E.3.1).
const ROOT_TRIGGER: &str = "compute.googleapis.com/root_trigger_id";

/// Cloud Audit Logs, and what else stands in an unfiltered export of Cloud Logging.
#[derive(Debug)]
pub struct CloudAudit;

impl AuditLog for CloudAudit {
    fn name(&self) -> &'static str {
        "cloud-audit"
    }

    fn recognise(&self, record: &Map<String, Value>) -> bool {
        spelling::is_audit(record) || spelling::log_name(record).is_some()
    }

    fn dismiss(&self, raw: &[u8]) -> Option<Ignored> {
        dismiss::dismiss(raw)
    }

    fn operations(&self) -> &'static [Operation] {
        operations::OPERATIONS
    }

    fn read(&self, record: Map<String, Value>, hints: &LogHints) -> Result<RecordReading, Odd> {
        if !spelling::is_audit(&record) {
            return Ok(RecordReading::Ignored(Ignored::OtherCategory));
        }
        let service = called(&record, ["serviceName", "service_name"])?;
        let method = called(&record, ["methodName", "method_name"])?;
        let interest = match Interest::of(&service, &method) {
            Interest::Ignored(ignored) => return Ok(RecordReading::Ignored(ignored)),
            interest => interest,
        };
        let entry = Entry::new(spelling::modern(record), hints);
        // What changes something is written to the activity log.
        if entry.is_in("data_access") && matches!(interest, Interest::Guessed(_)) {
            return Ok(RecordReading::Ignored(Ignored::ReadOnly));
        }
        let event = event(&entry, service, method, interest, hints)?;
        // A service that acts as an account is no principal who does.
        if event.class == Class::IamAssume && event.actor.service.is_some() {
            return Ok(RecordReading::Ignored(Ignored::ReadOnly));
        }
        Ok(RecordReading::Event(Box::new(event)))
    }
}

/// Returns the service or the operation that a record names.
///
/// # Errors
///
/// `no-operation` if it is absent, `wrong-type` if it is no text.
fn called(record: &Map<String, Value>, spellings: [&str; 2]) -> Result<String, Odd> {
    let name = spellings[0];
    let value = spelling::payload(record).and_then(|payload| spelling::member(payload, spellings));
    match value {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        None | Some(Value::String(_)) => {
            Err(Odd::new("no-operation", format!("`protoPayload.{name}` is absent or empty")))
        }
        Some(_) => Err(Odd::new("wrong-type", format!("`protoPayload.{name}` is no text"))),
    }
}

/// Makes the event of an entry that matters.
fn event(
    entry: &Entry,
    service: String,
    operation: String,
    interest: Interest,
    hints: &LogHints,
) -> Result<AuditEvent, Odd> {
    let method = operations::canonical(&operation);
    let (class, confidence) = class::class(entry, &method, interest)
        .ok_or_else(|| Odd::new("no-operation", "`protoPayload.methodName` has no class"))?;
    let time = entry.time("timestamp")?;
    let stage = outcome::stage(entry);
    let actor = actor::actor(entry, &method);
    let change_marks = facts::change_marks(entry, actor.session.as_deref());
    Ok(AuditEvent {
        id: id(entry, time),
        provider: Provider::Gcp,
        account: entry.account.clone(),
        location: Location::new(EVERYWHERE),
        log: CloudAudit.name().to_owned(),
        class,
        confidence,
        time,
        ended_at: None,
        ingested_at: entry.time("receiveTimestamp").ok().or(hints.ingested_at),
        stage,
        outcome: outcome::outcome(entry, class, stage),
        client: actor::client(entry),
        targets: targets::targets(entry, &method, class),
        group: outcome::group(entry, stage),
        correlation: entry.label(ROOT_TRIGGER).map(str::to_owned).into_iter().collect(),
        tokens: facts::call_id(entry).map(str::to_owned).into_iter().collect(),
        touches: interest.touches().iter().map(|path| (*path).to_owned()).collect(),
        facts: facts::facts(entry, &method, class),
        change_marks,
        supersedes: None,
        truncated: false,
        records: BTreeSet::new(),
        service,
        operation,
        actor,
    })
}

/// Returns by which an entry counts once: an exported one can come twice (SEMANTICS E.3.1).
fn id(entry: &Entry, time: crate::model::Timestamp) -> EventId {
    EventId::new(match (entry.text("insertId"), entry.text("logName")) {
        (Some(insert), Some(log)) => format!("{insert}|{time}|{log}"),
        _ => format!("b3:{}", blake3::hash(entry.canonical().as_bytes()).to_hex()),
    })
}

#[cfg(test)]
mod tests;
