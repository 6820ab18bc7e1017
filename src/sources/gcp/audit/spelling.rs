//! The spellings of one log entry: protobuf JSON in camel or snake case, and a row of a `BigQuery` export.

use serde_json::{Map, Value};

/// The member that holds the audit record, in each spelling.
const PAYLOADS: &[&str] = &["protoPayload", "proto_payload", "protopayload_auditlog"];

/// What a `BigQuery` export keeps as JSON text, and what the entry calls it (SEMANTICS E.3.5).
const TEXTS: &[(&str, &str)] =
    &[("metadataJson", "metadata"), ("requestJson", "request"), ("responseJson", "response")];

/// What marks the name of an audit log, whatever it belongs to.
const AUDIT_LOG: &str = "cloudaudit.googleapis.com";

/// Returns a member in either case; the first spelling wins.
pub(super) fn member<'a>(members: &'a Map<String, Value>, spellings: [&str; 2]) -> Option<&'a Value> {
    spellings.into_iter().find_map(|spelling| members.get(spelling)).filter(|value| !value.is_null())
}

/// Returns the name of the log that an entry stands in.
pub(super) fn log_name(entry: &Map<String, Value>) -> Option<&str> {
    member(entry, ["logName", "log_name"])?.as_str().filter(|name| name.contains("/logs/"))
}

/// Returns the audit record in an entry.
pub(super) fn payload(entry: &Map<String, Value>) -> Option<&Map<String, Value>> {
    PAYLOADS.iter().find_map(|name| entry.get(*name)).and_then(Value::as_object)
}

/// Whether an entry is an audit record: by its log's name, by its payload's type, or by what only an audit
/// record has.
pub(super) fn is_audit(entry: &Map<String, Value>) -> bool {
    let payload = payload(entry);
    let typed = payload.and_then(|payload| payload.get("@type")).and_then(Value::as_str);
    let called = payload.is_some_and(|payload| {
        [["serviceName", "service_name"], ["methodName", "method_name"]]
            .into_iter()
            .all(|spellings| member(payload, spellings).is_some())
    });
    called
        || typed.is_some_and(|name| name.ends_with("google.cloud.audit.AuditLog"))
        || log_name(entry).is_some_and(|name| name.contains(AUDIT_LOG))
}

/// Returns an entry in camel case, as the API prints it, without nulls.
///
/// The members of `labels` are names that somebody chose, and stay as they are.
pub(super) fn modern(entry: Map<String, Value>) -> Map<String, Value> {
    let mut entry = camel_members(entry);
    if let Some(payload) = entry.remove("protopayloadAuditlog") {
        entry.entry("protoPayload").or_insert(payload);
    }
    if let Some(Value::Object(payload)) = entry.get_mut("protoPayload") {
        unpack(payload);
    }
    entry
}

/// Puts what a `BigQuery` export holds as text, or under a column of its own, where the entry has it.
fn unpack(payload: &mut Map<String, Value>) {
    for (text, name) in TEXTS {
        let Some(Value::String(json)) = payload.get(*text) else { continue };
        if let Ok(value @ Value::Object(_)) = serde_json::from_str(json) {
            payload.remove(*text);
            payload.entry(*name).or_insert(camel(value));
        }
    }
    let columns: Vec<String> =
        payload.keys().filter(|key| key.starts_with("servicedataV")).cloned().collect();
    for column in columns {
        if let Some(value) = payload.remove(&column) {
            payload.entry("serviceData").or_insert(value);
        }
    }
}

fn camel_members(members: Map<String, Value>) -> Map<String, Value> {
    let mut spelled = Map::new();
    for (key, value) in members {
        let value = match value {
            Value::Null => continue,
            Value::Object(labels) if key == "labels" => {
                Value::Object(labels.into_iter().filter(|(_, value)| !value.is_null()).collect())
            }
            value => camel(value),
        };
        // Sorted, the camel case spelling of a member stands before any other.
        spelled.entry(camel_key(key)).or_insert(value);
    }
    spelled
}

fn camel(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(camel_members(members)),
        Value::Array(items) => items.into_iter().map(camel).collect(),
        value => value,
    }
}

fn camel_key(key: String) -> String {
    if !key.contains('_') {
        return key;
    }
    let mut spelled = String::with_capacity(key.len());
    let mut raise = false;
    for letter in key.chars() {
        match letter {
            '_' if !spelled.is_empty() => raise = true,
            letter if raise => {
                spelled.push(letter.to_ascii_uppercase());
                raise = false;
            }
            letter => spelled.push(letter),
        }
    }
    spelled
}

/// Returns the value at a dotted path.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| value.get(step))
}

/// Returns the text at a dotted path; `None` if it is empty.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    at(value, path)?.as_str().filter(|text| !text.is_empty())
}

/// Returns the truth value at a dotted path; text `true` and `false` count.
pub(super) fn flag(value: &Value, path: &str) -> Option<bool> {
    match at(value, path)? {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// Returns the integer at a dotted path; the API writes those of 64 bits as text.
pub(super) fn integer(value: &Value, path: &str) -> Option<i64> {
    match at(value, path)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Returns the items of the list at a dotted path.
pub(super) fn items<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the texts in the list at a dotted path; text alone is a list of one.
pub(super) fn texts<'a>(value: &'a Value, path: &str) -> Vec<&'a str> {
    match at(value, path) {
        Some(Value::String(text)) if !text.is_empty() => vec![text],
        _ => items(value, path).iter().filter_map(Value::as_str).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn every_spelling_of_one_entry_is_the_same_entry() {
        let camel = json!({"logName": "projects/p/logs/x", "resource": {"labels": {"disk_id": "1"}},
            "protoPayload": {"serviceName": "s", "request": {"sourceDisk": "d", "labels": {"change_id": "c"}},
                "serviceData": {"policyDelta": {"bindingDeltas": []}}}});
        let snake = json!({"log_name": "projects/p/logs/x", "resource": {"labels": {"disk_id": "1"}},
            "proto_payload": {"service_name": "s", "request": {"source_disk": "d", "labels": {"change_id": "c"}},
                "service_data": {"policy_delta": {"binding_deltas": []}}, "status": null}});
        let row = json!({"logName": "projects/p/logs/x", "resource": {"labels": {"disk_id": "1", "zone": null}},
            "protopayload_auditlog": {"serviceName": "s", "status": null,
                "requestJson": "{\"sourceDisk\":\"d\",\"labels\":{\"change_id\":\"c\"}}",
                "servicedata_v1_iam": {"policyDelta": {"bindingDeltas": []}}}});
        assert_eq!(modern(object(&snake)), object(&camel));
        assert_eq!(modern(object(&row)), object(&camel));
        assert_eq!(modern(object(&camel)), object(&camel));
    }

    #[test]
    fn text_that_is_no_json_costs_nothing_else() {
        let row = json!({"protopayload_auditlog": {"methodName": "m", "requestJson": "{cut"}});
        let expected = json!({"protoPayload": {"methodName": "m", "requestJson": "{cut"}});
        assert_eq!(modern(object(&row)), object(&expected));
    }

    #[test]
    fn another_log_s_entry_is_no_audit_record() {
        let audit = |value: &Value| is_audit(&object(value));
        assert!(audit(&json!({"logName": "organizations/1/logs/cloudaudit.googleapis.com%2Factivity"})));
        assert!(audit(&json!({"proto_payload": {"service_name": "s", "method_name": "m"}})));
        assert!(audit(
            &json!({"protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog"}})
        ));
        assert!(!audit(&json!({"logName": "projects/p/logs/syslog", "textPayload": "x"})));
        assert!(!audit(
            &json!({"protoPayload": {"@type": "type.googleapis.com/google.appengine.RequestLog"}})
        ));
    }
}
