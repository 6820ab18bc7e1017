//! The rules of SEMANTICS E.3, each on an entry made for it.

mod actor;
mod class;
mod outcome;
mod targets;

use serde_json::json;

use super::*;
use crate::model::{AccountId, ActorKind, Confidence, End, Kind, Locator, Role, Stage, Target};

/// A log entry as the API prints it: a call of alice's, and what `patch` puts over it.
fn entry(method: &str, resource: &str, patch: &Value) -> Value {
    let mut entry = json!({
        "logName": "projects/p1/logs/cloudaudit.googleapis.com%2Factivity", "insertId": "a1",
        "timestamp": "2026-01-02T03:04:05.1Z", "receiveTimestamp": "2026-01-02T03:04:05.9Z",
        "severity": "NOTICE", "resource": {"type": "gce_disk", "labels": {"project_id": "p1"}},
        "labels": {"compute.googleapis.com/root_trigger_id": "r1"},
        "operation": {"id": "operation-1", "producer": "compute.googleapis.com", "first": true, "last": true},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "compute.googleapis.com", "methodName": method, "resourceName": resource,
            "authenticationInfo": {"principalEmail": "alice@example.com",
                "principalSubject": "user:alice@example.com"},
            "requestMetadata": {"callerIp": "203.0.113.5", "callerSuppliedUserAgent": "google-cloud-sdk"},
            "request": {"@type": "type.googleapis.com/x"},
        },
    });
    lay(&mut entry, patch);
    entry
}

/// Lays one JSON document over another: objects member by member, null takes a member away.
fn lay(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                if value.is_null() {
                    under.remove(key);
                } else {
                    lay(under.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (under, over) => *under = over.clone(),
    }
}

fn read(entry: &Value) -> Result<RecordReading, Odd> {
    let record = entry.as_object().cloned().unwrap();
    assert!(CloudAudit.recognise(&record), "{entry}");
    let reading = CloudAudit.read(record, &LogHints::default());
    let dismissed = CloudAudit.dismiss(entry.to_string().as_bytes());
    if let (Some(dismissed), Ok(reading)) = (dismissed, &reading) {
        assert_eq!(*reading, RecordReading::Ignored(dismissed));
    }
    reading
}

fn event(entry: &Value) -> AuditEvent {
    match read(entry).unwrap() {
        RecordReading::Event(event) => *event,
        RecordReading::Ignored(reason) => panic!("ignored as {reason}"),
    }
}

fn ignored(entry: &Value) -> Option<Ignored> {
    match read(entry).unwrap() {
        RecordReading::Event(_) => None,
        RecordReading::Ignored(reason) => Some(reason),
    }
}

/// `role kind uid locator slot`, a hyphen for what is not told.
fn shown(target: &Target) -> String {
    let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let Target { role, kind, uid, locator, name, slot } = target;
    let place = locator.as_ref().map(ToString::to_string).or_else(|| name.clone());
    let (kind, uid) = (kind.map(|kind| kind.to_string()), uid.as_ref().map(ToString::to_string));
    format!("{role} {} {} {} {}", or(kind), or(uid), or(place), or(slot.clone()))
}

fn targets(entry: &Value) -> Vec<String> {
    event(entry).targets.iter().map(shown).collect()
}

const DISK: &str = "projects/p1/zones/europe-west1-b/disks/web-boot";
const INSTANCE: &str = "projects/p1/zones/europe-west1-b/instances/web";
const API: &str = "https://www.googleapis.com/compute/v1/";

/// The first entry of SEMANTICS E.6's pair.
fn first() -> Value {
    entry(
        "v1.compute.disks.insert",
        DISK,
        &json!({
            "resource": {"labels": {"disk_id": "5550001", "zone": "europe-west1-b"}},
            "operation": {"last": null},
            "protoPayload": {
                "authorizationInfo": [{"permission": "compute.disks.create", "granted": true}],
                "request": {"name": "web-boot", "sourceSnapshot": "projects/p1/global/snapshots/pre"},
                "response": {"operationType": "insert", "targetId": "5550001",
                    "targetLink": format!("{API}{DISK}"), "user": "alice@example.com", "status": "RUNNING"},
            },
        }),
    )
}

/// The last entry of the pair: the request is but its type.
fn last() -> Value {
    let mut last = first();
    lay(
        &mut last,
        &json!({"insertId": "a2", "timestamp": "2026-01-02T03:04:08.0Z", "operation": {"first": null, "last": true},
            "protoPayload": {"response": null, "authorizationInfo": null, "request": null,
                "authenticationInfo": {"principalSubject": null}}}),
    );
    last
}

#[test]
fn the_two_entries_of_an_operation_are_two_records_of_one_group() {
    let (first, last) = (event(&first()), event(&last()));
    assert_eq!((first.stage, first.outcome.end), (Stage::First, End::Accepted));
    assert_eq!((last.stage, last.outcome.end), (Stage::Last, End::Success));
    assert_eq!(first.group.as_deref(), Some("p1|operation-1"));
    assert_eq!(last.group, first.group);
    assert_eq!(first.actor.key, last.actor.key);
    assert_eq!(first.correlation, ["r1".to_owned()].into());
    let logged = "2026-01-02T03:04:05.1Z|projects/p1/logs/cloudaudit.googleapis.com%2Factivity";
    assert_eq!(first.id.as_str(), format!("a1|{logged}"));
    assert_ne!(first.id, last.id);
    assert_eq!((first.account.as_str(), first.location.as_str()), ("p1", EVERYWHERE));
    assert_eq!(first.ingested_at.unwrap().to_string(), "2026-01-02T03:04:05.9Z");
}

#[test]
fn an_operation_of_one_entry_has_no_group() {
    let one = event(&entry("v1.compute.disks.delete", DISK, &json!({})));
    assert_eq!((one.stage, one.group), (Stage::Single, None));
    let none = event(&entry("v1.compute.disks.delete", DISK, &json!({"operation": null})));
    assert_eq!((none.stage, none.group), (Stage::Single, None));
    let empty =
        event(&entry("v1.compute.disks.delete", DISK, &json!({"operation": {"id": "", "last": null}})));
    assert_eq!((empty.stage, empty.group), (Stage::Single, None));
    let between = json!({"operation": {"first": false, "last": null}});
    let between = event(&entry("v1.compute.disks.delete", DISK, &between));
    assert_eq!((between.stage, between.outcome.end), (Stage::Middle, End::Accepted));
}

/// The same entry in snake case, as a client library prints it; labels keep their names.
fn snake(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let spelled = members.iter().map(|(key, value)| {
                let mut name = String::new();
                for letter in key.chars() {
                    if letter.is_ascii_uppercase() {
                        name.push('_');
                    }
                    name.push(letter.to_ascii_lowercase());
                }
                (name, if key == "labels" { value.clone() } else { snake(value) })
            });
            Value::Object(spelled.collect())
        }
        Value::Array(items) => items.iter().map(snake).collect(),
        other => other.clone(),
    }
}

#[test]
fn every_spelling_of_an_entry_is_the_same_event() {
    let expected = event(&first());
    assert_eq!(event(&snake(&first())), expected);
    let mut row = first();
    let mut payload = row.as_object_mut().unwrap().remove("protoPayload").unwrap();
    for (name, column) in [("request", "requestJson"), ("response", "responseJson")] {
        let part = payload.as_object_mut().unwrap().remove(name).unwrap();
        payload[column] = Value::from(part.to_string());
    }
    payload["status"] = Value::Null;
    row["protopayload_auditlog"] = payload;
    row["timestamp"] = json!("2026-01-02 03:04:05.100000 UTC");
    row["labels"] = json!({"compute_googleapis_com_root_trigger_id": "r1"});
    assert_eq!(event(&row), expected);
}

#[test]
fn a_version_and_a_region_in_the_method_change_nothing_but_its_name() {
    let of = |method: &str| {
        let event = event(&entry(method, "projects/p1/regions/r/disks/d", &json!({})));
        assert_eq!(event.operation, method);
        (event.class, event.targets)
    };
    assert_eq!(of("v1.compute.regionDisks.delete"), of("beta.compute.disks.delete"));
}

fn of_service(service: &str, method: &str, resource: &str, payload: &Value) -> AuditEvent {
    let mut entry =
        entry(method, resource, &json!({"operation": null, "protoPayload": {"serviceName": service}}));
    lay(&mut entry["protoPayload"], payload);
    event(&entry)
}

#[test]
fn reads_other_services_and_other_logs_are_passed_over() {
    let data_access = json!({"logName": "projects/p1/logs/cloudaudit.googleapis.com%2Fdata_access"});
    let read = |method: &str| ignored(&entry(method, INSTANCE, &data_access));
    assert_eq!(read("v1.compute.instances.list"), Some(Ignored::ReadOnly));
    assert_eq!(read("v1.compute.instances.testIamPermissions"), Some(Ignored::ReadOnly));
    assert_eq!(read("v1.compute.instances.getSerialPortOutput"), None);
    let other = json!({"protoPayload": {"serviceName": "spanner.googleapis.com"}});
    assert_eq!(ignored(&entry("Commit", "x", &other)), Some(Ignored::OtherService));
    let text = json!({"logName": "projects/p1/logs/syslog", "textPayload": "x", "insertId": "1"});
    assert_eq!(ignored(&text), Some(Ignored::OtherCategory));
}

#[test]
fn a_broken_entry_is_odd_and_names_the_field() {
    let odd = |patch: &Value| {
        let odd = read(&entry("v1.compute.disks.delete", DISK, patch)).unwrap_err();
        assert!(odd.message.starts_with('`'), "{odd}");
        (odd.code, odd.message.split('`').nth(1).unwrap().to_owned())
    };
    let named = |code, field: &str| (code, field.to_owned());
    assert_eq!(odd(&json!({"timestamp": null})), named("no-time", "timestamp"));
    assert_eq!(odd(&json!({"timestamp": "0000-00-00T00:00:00.000Z"})).0, "wrong-type");
    assert_eq!(odd(&json!({"timestamp": "1970-01-01T00:00:00Z"})).0, "date-out-of-range");
    let payload = |patch: Value| odd(&json!({"protoPayload": patch}));
    assert_eq!(payload(json!({"methodName": null})), named("no-operation", "protoPayload.methodName"));
    assert_eq!(payload(json!({"serviceName": ""})), named("no-operation", "protoPayload.serviceName"));
    assert_eq!(payload(json!({"serviceName": 7})), named("wrong-type", "protoPayload.serviceName"));
}

#[test]
fn odd_optional_parts_never_cost_the_entry() {
    let patch = json!({"receiveTimestamp": "soon", "labels": 7, "operation": "x", "resource": [], "insertId": 1,
        "protoPayload": {"request": "?", "response": 3, "authenticationInfo": [], "authorizationInfo": "x",
            "requestMetadata": 1, "status": "x", "resourceName": 5, "metadata": []}});
    let event = event(&entry("v1.compute.instances.insert", INSTANCE, &patch));
    assert_eq!((event.class, event.outcome.end), (Class::InstanceCreate, End::Success));
    assert!(event.id.as_str().starts_with("b3:"));
    assert_eq!(event.account, AccountId::new("p1"));
    assert_eq!((event.targets.len(), event.ingested_at), (0, None));
}
