//! CloudTrail (SEMANTICS E.1): native record → event.

mod actor;
mod class;
mod dismiss;
mod facts;
mod marks;
mod native;
mod operations;
mod outcome;
mod paths;
mod targets;
mod trails;

use serde_json::{Map, Value};

use native::{Native, spelled, text_of};
use operations::{Interest, OPERATIONS, interest};

use crate::model::{AccountId, AuditEvent, EventId, Location, Provider, Stage, Timestamp, canonical_json};
use crate::sources::{AuditLog, Ignored, LogHints, Odd, Operation, RecordReading, parse_time};

/// CloudTrail.
#[derive(Debug)]
pub struct CloudTrail;

impl AuditLog for CloudTrail {
    fn name(&self) -> &'static str {
        "cloudtrail"
    }

    /// What bears a service and an operation of CloudTrail's, and one more member that only records have: a
    /// description of an operation bears the first two as well.
    fn recognise(&self, record: &Map<String, Value>) -> bool {
        let has = |name: &str| spelled(record, name).is_some();
        has("eventSource")
            && has("eventName")
            && ["eventVersion", "eventTime", "eventID", "userIdentity"].into_iter().any(has)
    }

    fn dismiss(&self, raw: &[u8]) -> Option<Ignored> {
        dismiss::dismiss(raw)
    }

    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn read(&self, record: Map<String, Value>, hints: &LogHints) -> Result<RecordReading, Odd> {
        let service = required(&record, "eventSource")?;
        let operation = required(&record, "eventName")?;
        let interest = interest(&service, &operation);
        if let Interest::None(ignored) = interest {
            return Ok(RecordReading::Ignored(ignored));
        }
        if is_no_operation(&record) {
            return Ok(RecordReading::Ignored(Ignored::OtherCategory));
        }
        let id = id(&record);
        let native = Native::new(record);
        let judged = match class::judge(&native, &operation, interest) {
            Ok(judged) => judged,
            Err(ignored) => return Ok(RecordReading::Ignored(ignored)),
        };
        let time = time(&native)?;
        let told_account = native.text("recipientAccountId");
        let account = account(&native, hints);
        let location = location(&native, hints);
        let place = (account.as_str(), location.as_str());
        let is_known = matches!(interest, Interest::Known(_));
        let event = AuditEvent {
            id,
            provider: Provider::Aws,
            log: self.name().to_owned(),
            class: judged.class,
            confidence: judged.confidence,
            time,
            ended_at: None,
            ingested_at: hints.ingested_at,
            stage: Stage::Single,
            outcome: outcome::outcome(&native),
            actor: actor::actor(&native, told_account.or(hints.account.as_ref().map(AccountId::as_str))),
            client: actor::client(&native),
            targets: targets::targets(&native, &operation, is_known, place),
            group: None,
            correlation: marks::correlation(&native),
            tokens: marks::tokens(&native),
            touches: judged.touches,
            facts: facts::facts(&native, &operation, location.as_str()),
            change_marks: marks::change_marks(&native, &operation),
            supersedes: supersedes(&native),
            truncated: native.is_truncated(),
            records: [].into(),
            account,
            location,
            service,
            operation,
        };
        Ok(RecordReading::Event(Box::new(event)))
    }
}

/// Returns a text that no record lacks.
fn required(record: &Map<String, Value>, name: &'static str) -> Result<String, Odd> {
    match spelled(record, name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        None | Some(Value::Null) => Err(Odd::new("no-operation", format!("`{name}` is missing"))),
        Some(_) => Err(Odd::new("wrong-type", format!("`{name}` is no text"))),
    }
}

fn time(native: &Native) -> Result<Timestamp, Odd> {
    let time = native.get("eventTime").filter(|time| !time.is_null());
    let time = time.ok_or_else(|| Odd::new("no-time", "`eventTime` is missing"))?;
    parse_time(time).map_err(|odd| Odd::new(odd.code, format!("`eventTime`: {}", odd.message)))
}

/// Insights are statistics, and events of VPC endpoints tell again what the service itself records.
fn is_no_operation(record: &Map<String, Value>) -> bool {
    let is = |name: &str, values: &[&str]| {
        spelled(record, name).and_then(Value::as_str).is_some_and(|value| values.contains(&value))
    };
    is("eventCategory", &["Insight", "NetworkActivity"])
        || is("eventType", &["AwsCloudTrailInsight", "AwsVpceEvent"])
}

/// `eventID`; of a record without one a digest of all of it.
fn id(record: &Map<String, Value>) -> EventId {
    match spelled(record, "eventID").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) => EventId::new(id),
        None => {
            let canonical = canonical_json(&Value::Object(record.clone()));
            EventId::new(format!("b3:{}", blake3::hash(canonical.as_bytes()).to_hex()))
        }
    }
}

/// The account whose log it is: the recipient's, else the caller's, else whose log is being read.
fn account(native: &Native, hints: &LogHints) -> AccountId {
    let told = native.text("recipientAccountId").or_else(|| text_of(native.identity(), "accountId"));
    told.map(AccountId::new).or_else(|| hints.account.clone()).unwrap_or_else(AccountId::unknown)
}

fn location(native: &Native, hints: &LogHints) -> Location {
    let told = native.text("awsRegion").map(Location::new);
    told.or_else(|| hints.location.clone()).unwrap_or_else(Location::unknown)
}

/// The record that an addendum completes (SEMANTICS E.1.1).
fn supersedes(native: &Native) -> Option<EventId> {
    native.get("addendum").and_then(|it| text_of(it, "originalEventID")).map(EventId::new)
}
