//! A quick look at an entry's bytes that tells that it cannot matter.

use memchr::memmem;

use super::operations::{Interest, is_listed};
use crate::sources::Ignored;

/// The members that name the service and the operation, in either case.
const SERVICE: [&str; 2] = ["\"serviceName\"", "\"service_name\""];
const METHOD: [&str; 2] = ["\"methodName\"", "\"method_name\""];

/// What every entry of an audit log has: a record of another log in the same file can have members of the other
/// names, too.
const PAYLOAD: [&str; 3] = ["\"protoPayload\"", "\"proto_payload\"", "\"protopayload_auditlog\""];

/// Tells that an entry cannot matter; `None` where only reading it tells.
///
/// A caller can write members of these names into its request, but cannot take the entry's own away: the look
/// is sure only if every one of them, wherever it stands, says the same.
pub(super) fn dismiss(raw: &[u8]) -> Option<Ignored> {
    PAYLOAD.iter().find(|name| memmem::find(raw, name.as_bytes()).is_some())?;
    let services = values(raw, SERVICE)?;
    if !services.iter().any(|service| is_listed(service)) {
        return Some(Ignored::OtherService);
    }
    let methods = values(raw, METHOD)?;
    let pairs = services.iter().flat_map(|service| methods.iter().map(move |method| (service, method)));
    let mut reasons = pairs.map(|(service, method)| match Interest::of(service, method) {
        Interest::Ignored(reason) => Some(reason),
        Interest::Known(_) | Interest::Guessed(_) => None,
    });
    let first = reasons.next()??;
    reasons.all(|reason| reason == Some(first)).then_some(first)
}

/// Returns the text of every member of these names; `None` if there is none, or one is no plain text.
fn values<'a>(raw: &'a [u8], names: [&str; 2]) -> Option<Vec<&'a str>> {
    let mut values = Vec::new();
    for name in names {
        for at in memmem::find_iter(raw, name) {
            // A quote after a backslash is inside of text.
            let inside = at.checked_sub(1).and_then(|before| raw.get(before)) == Some(&b'\\');
            let rest = raw.get(at + name.len()..).unwrap_or_default().trim_ascii_start();
            let Some(rest) = rest.strip_prefix(b":") else {
                // Text that reads like a member is the value of another.
                continue;
            };
            let value = text(rest.trim_ascii_start()).filter(|_| !inside)?;
            values.push(value);
        }
    }
    (!values.is_empty()).then_some(values)
}

/// Returns the text that begins here, if it holds no escape.
fn text(raw: &[u8]) -> Option<&str> {
    let rest = raw.strip_prefix(b"\"")?;
    let end = memchr::memchr2(b'"', b'\\', rest)?;
    let text = rest.get(..end).filter(|_| rest.get(end) == Some(&b'"'))?;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::CloudAudit;
    use super::*;
    use crate::sources::{AuditLog, LogHints, RecordReading};

    fn entry(service: &str, method: &str, request: &Value) -> Vec<u8> {
        json!({"protoPayload": {"serviceName": service, "methodName": method, "request": request}})
            .to_string()
            .into_bytes()
    }

    #[test]
    fn a_record_of_another_log_is_left_to_its_reader() {
        let record = json!({"eventName": "RunInstances", "requestParameters": {"serviceName": "x", "methodName": "y"}});
        assert_eq!(dismiss(record.to_string().as_bytes()), None);
    }

    #[test]
    fn another_service_and_a_read_are_dismissed() {
        let spanner = entry("spanner.googleapis.com", "google.spanner.v1.Spanner.Commit", &json!({}));
        assert_eq!(dismiss(&spanner), Some(Ignored::OtherService));
        let read = entry("compute.googleapis.com", "v1.compute.instances.list", &json!({}));
        assert_eq!(dismiss(&read), Some(Ignored::ReadOnly));
        let pretty: Value = serde_json::from_slice(&read).unwrap();
        assert_eq!(dismiss(&serde_json::to_vec_pretty(&pretty).unwrap()), Some(Ignored::ReadOnly));
    }

    #[test]
    fn what_may_matter_is_never_dismissed() {
        for (service, method) in [
            ("compute.googleapis.com", "v1.compute.disks.createSnapshot"),
            ("compute.googleapis.com", "v1.compute.instances.getSerialPortOutput"),
            ("compute.googleapis.com", "v1.compute.disks.frobnicate"),
            ("storage.googleapis.com", "storage.buckets.delete"),
            ("logging.googleapis.com", "google.logging.v2.ConfigServiceV2.DeleteSink"),
        ] {
            assert_eq!(dismiss(&entry(service, method, &json!({}))), None, "{method}");
        }
        assert_eq!(dismiss(b"{}"), None);
        assert_eq!(dismiss(br#"{"protoPayload":{"serviceName":7}}"#), None);
    }

    #[test]
    fn a_caller_cannot_write_itself_out_of_the_log() {
        let deletes =
            |request: &Value| entry("compute.googleapis.com", "v1.compute.instances.delete", request);
        for request in [
            json!({"serviceName": "spanner.googleapis.com"}),
            json!({"service_name": "spanner.googleapis.com", "methodName": "v1.compute.instances.list"}),
            json!({"description": "\"serviceName\":\"spanner.googleapis.com\""}),
            json!({"x\"serviceName": "spanner.googleapis.com"}),
            json!(["serviceName", ":", "spanner.googleapis.com"]),
        ] {
            assert_eq!(dismiss(&deletes(&request)), None, "{request}");
        }
        let row = json!({"protopayload_auditlog": {"serviceName": "compute.googleapis.com",
            "methodName": "v1.compute.instances.delete",
            "requestJson": json!({"methodName": "v1.compute.instances.list"}).to_string()}});
        assert_eq!(dismiss(row.to_string().as_bytes()), None);
    }

    const NAMES: &[&str] =
        &["serviceName", "service_name", "methodName", "method_name", "x\"serviceName", "request", "\\"];

    const WORDS: &[&str] = &[
        "compute.googleapis.com",
        "spanner.googleapis.com",
        "storage.googleapis.com",
        "v1.compute.instances.delete",
        "v1.compute.instances.list",
        "storage.buckets.delete",
        "storage.objects.get",
        "\"serviceName\":\"spanner.googleapis.com\"",
        "serviceName",
    ];

    fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
        prop::sample::select(texts).prop_map(str::to_owned)
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![one_of(WORDS).prop_map(Value::from), Just(Value::Null), Just(json!(7))];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec((one_of(NAMES), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_dismissed_would_not_have_been_an_event(
            payload in prop::collection::vec((one_of(NAMES), one_of(WORDS)), 0..5), request in anything(), nested in any::<bool>(),
        ) {
            let mut members: serde_json::Map<String, Value> =
                payload.into_iter().map(|(name, word)| (name, Value::from(word))).collect();
            let request = if nested { Value::from(request.to_string()) } else { request };
            members.insert("request".to_owned(), request);
            let entry = json!({"logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
                "timestamp": "2026-01-02T03:04:05Z", "insertId": "a", "protoPayload": members});
            for raw in [serde_json::to_vec(&entry).unwrap(), serde_json::to_vec_pretty(&entry).unwrap()] {
                let Some(reason) = dismiss(&raw) else { continue };
                let read = CloudAudit.read(entry.as_object().cloned().unwrap(), &LogHints::default());
                // A record that is odd is no event either.
                prop_assert!(read.is_err() || read == Ok(RecordReading::Ignored(reason)), "{read:?}");
            }
        }
    }
}
