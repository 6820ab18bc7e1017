//! The Azure Activity Log (SEMANTICS E.2): native record → event.
//!
//! One record, one event: what an operation's records tell together ([`crate::model::Stage`]) is put together
//! later, by [`AuditEvent::group`].

mod actor;
mod body;
mod class;
mod facts;
mod operations;
mod outcome;
mod shape;
mod targets;

use serde_json::{Map, Value};

use crate::model::{
    AuditEvent, Class, Confidence, Digest, End, EventId, Kind, Outcome, Provider, Stage, Timestamp,
    canonical_json, conceal,
};
use crate::sources::azure::arm;
use crate::sources::{AuditLog, Ignored, LogHints, Odd, Operation, RecordReading};

use body::{Body, at, member};
use class::Act;
use operations::Known;
use shape::Record;

/// The Azure Activity Log.
#[derive(Debug)]
pub struct ActivityLog;

impl AuditLog for ActivityLog {
    fn name(&self) -> &'static str {
        "activity-log"
    }

    fn recognise(&self, record: &Map<String, Value>) -> bool {
        shape::recognise(record)
    }

    /// Never sure: in what a record holds of its request a caller can write anything, and what can be passed over
    /// is little, as the log records no reads.
    fn dismiss(&self, _raw: &[u8]) -> Option<Ignored> {
        None
    }

    fn operations(&self) -> &'static [Operation] {
        operations::OPERATIONS
    }

    fn read(&self, record: Map<String, Value>, hints: &LogHints) -> Result<RecordReading, Odd> {
        let record = Record::new(record);
        match record.category().as_deref() {
            Some("resourcehealth") => return health(record, hints),
            Some("alert" | "policy" | "recommendation" | "security" | "servicehealth") => {
                return Ok(RecordReading::Ignored(Ignored::OtherCategory));
            }
            _ => {}
        }
        let time = record.time()?;
        let native = record.operation().ok_or_else(|| Odd::new("no-operation", "no `operationName`"))?;
        let operation = operations::spelled(native, &record.operation_elsewhere());
        if operations::is_verdict(&operation) {
            return Ok(RecordReading::Ignored(Ignored::OtherCategory));
        }
        Ok(match operations::known(&operation) {
            Ok(known) => RecordReading::Event(Box::new(event(record, &operation, known, time, hints))),
            Err(ignored) => RecordReading::Ignored(ignored),
        })
    }
}

/// Makes the event of a record of interest.
fn event(record: Record, operation: &str, known: Known, time: Timestamp, hints: &LogHints) -> AuditEvent {
    let resource = record.resource();
    let body = Body::of(&record.properties);
    let act = Act { operation, known, resource: &resource, body: &body, record: &record };
    let class = class::refined(&act);
    let (outcome, stage) = outcome::read(&record);
    let scales = record.category().as_deref() == Some("autoscale");
    let actor = if scales {
        actor::platform("Microsoft.Insights/autoscaleSettings", "autoscale")
    } else {
        actor::read(&record)
    };
    let mut event = blank(&record, operation, &resource, time, hints);
    event.class = class;
    event.confidence = known.confidence;
    event.stage = if event.group.is_some() { stage } else { Stage::Single };
    event.actor = actor;
    event.client = actor::client(&record);
    event.targets = targets::read(&act, class);
    event.touches = known.touches.iter().map(|path| (*path).to_owned()).collect();
    event.facts = facts::read(&act, class);
    event.change_marks = facts::change_marks(&act);
    event.truncated = body.truncated;
    event.id = id(record, operation, &resource, time, outcome.end);
    event.outcome = outcome;
    event
}

/// Makes the event of a record of which time, place and operation are known.
fn blank(record: &Record, operation: &str, resource: &str, time: Timestamp, hints: &LogHints) -> AuditEvent {
    let correlation = record.correlation();
    AuditEvent {
        account: record.account(resource, hints),
        log: ActivityLog.name().to_owned(),
        service: operations::service(operation).to_owned(),
        operation: operation.to_owned(),
        ingested_at: record.ingested_at(hints),
        group: correlation.as_ref().map(|id| format!("{id}|{}|{resource}", operation.to_lowercase())),
        correlation: correlation.into_iter().collect(),
        ..AuditEvent::blank(Provider::Azure, time)
    }
}

/// Returns by what a record counts once: its number, else what no two records of the log share, else all of it.
fn id(record: Record, operation: &str, resource: &str, time: Timestamp, end: End) -> EventId {
    if let Some(number) = record.number() {
        return EventId::new(number);
    }
    let Some(correlation) = record.correlation() else {
        let digest = Digest::of(canonical_json(&record.into_value()).as_bytes());
        return EventId::new(format!("b3:{digest}"));
    };
    let text = format!("{time}\n{correlation}\n{operation}\n{end}\n{resource}").to_lowercase();
    let concealed = conceal(text.as_bytes());
    let hex = concealed.get("sha256").and_then(Value::as_str).unwrap_or_default();
    EventId::new(format!("sha256:{hex}"))
}

/// Reads what the platform says of a resource's health: of interest only where it took a machine down itself,
/// which stops it without anybody's operation (SEMANTICS E.2.7).
fn health(record: Record, hints: &LogHints) -> Result<RecordReading, Odd> {
    let resource = record.resource();
    let machine = matches!(arm::kind(&resource), Some(Kind::Instance | Kind::ScaleSetInstance));
    if !(machine && is_outage(&record)) {
        return Ok(RecordReading::Ignored(Ignored::OtherCategory));
    }
    let time = record.time()?;
    let native = record.operation().unwrap_or("Microsoft.ResourceHealth/healthevent/Activated/action");
    let operation = operations::spelled(native, &record.operation_elsewhere());
    let known = Known { class: Class::InstanceStop, confidence: Confidence::High, touches: &["state"] };
    let mut event = event(record, &operation, known, time, hints);
    event.actor = actor::platform("Microsoft.ResourceHealth", "resource-health");
    event.outcome = Outcome::plain(End::Success);
    (event.stage, event.group) = (Stage::Single, None);
    Ok(RecordReading::Event(Box::new(event)))
}

/// Whether the platform says that by its own doing a machine is unavailable from now on.
fn is_outage(record: &Record) -> bool {
    let told = |names: [&str; 2]| {
        let nested = member(&record.properties, "eventProperties");
        let told = |name: &&str| member(&record.properties, name).or_else(|| at(nested?, name));
        names.iter().find_map(told).and_then(Value::as_str).map(str::to_lowercase)
    };
    let now = record.status().is_none_or(|status| status == "active" || status == "inprogress");
    now && told(["currentHealthStatus", "healthStatus"]).as_deref() == Some("unavailable")
        && told(["cause", "healthEventCause"]).as_deref() == Some("platforminitiated")
}

#[cfg(test)]
mod tests;
