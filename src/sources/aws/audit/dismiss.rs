//! A quick look at a record's bytes that tells that it cannot matter.
//!
//! Whoever calls an operation writes much of its record: names, tags, user agents, whole documents. Within a
//! string every quote is escaped, so that `"eventName"` can only be a whole string. It may still be a value, or
//! a member of something nested; so that it counts only if it stands once in the record and a text follows. A
//! record that is an event has the member itself, which then is the one that was seen, unless it is spelled in
//! another way: in lower case (CloudTrail Lake), or with an escape.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::operations::{Interest, interest, unlisted};
use crate::model::Class;
use crate::sources::Ignored;

static SOURCE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"eventSource\""));
static NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"eventName\""));

/// Ways to spell the members otherwise.
static OTHERWISE: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| [Finder::new(b"\\u"), Finder::new(b"\"eventsource\""), Finder::new(b"\"eventname\"")]);

/// Tells why a record cannot matter; `None` where only reading it tells.
///
/// It holds back by service, by operation and, for roles that services assume for themselves, by caller.
pub(super) fn dismiss(raw: &[u8]) -> Option<Ignored> {
    let ignored = by_name(raw)?;
    let as_usual = OTHERWISE.iter().all(|spelling| spelling.find(raw).is_none());
    as_usual.then_some(ignored)
}

fn by_name(raw: &[u8]) -> Option<Ignored> {
    let service = only_text(raw, &SOURCE)?;
    if unlisted(service).is_none() {
        return Some(Ignored::OtherService);
    }
    match interest(service, only_text(raw, &NAME)?) {
        Interest::None(ignored) => Some(ignored),
        Interest::Known(row) if row.class == Class::IamAssume => assumed_by_service(raw),
        Interest::Known(_) | Interest::Unknown(_) => None,
    }
}

/// Returns the text of a member whose name, in quotes, stands once in the record; `None` if it does not, or if
/// no plain text follows.
fn only_text<'a>(raw: &'a [u8], name: &Finder<'_>) -> Option<&'a str> {
    let start = name.find(raw)? + name.needle().len();
    let after = raw.get(start..)?;
    if name.find(after).is_some() {
        return None;
    }
    let text = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let text = text.get(..memchr::memchr(b'"', text)?)?;
    std::str::from_utf8(text).ok().filter(|text| !text.contains('\\'))
}

/// The members that tell whether a service assumed a role for itself. A member that stands twice is an error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Caller<'a> {
    #[serde(borrow)]
    user_identity: &'a RawValue,
}

#[derive(Deserialize)]
struct Identity<'a> {
    r#type: &'a str,
}

fn assumed_by_service(raw: &[u8]) -> Option<Ignored> {
    let caller: Caller<'_> = serde_json::from_slice(raw).ok()?;
    // A list would be read as the members in their order.
    let identity = Some(caller.user_identity.get()).filter(|text| text.starts_with('{'))?;
    let identity: Identity<'_> = serde_json::from_str(identity).ok()?;
    (identity.r#type == "AWSService").then_some(Ignored::OtherService)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::super::CloudTrail;
    use super::super::tests::record;
    use super::*;
    use crate::sources::{AuditLog, LogHints, RecordReading};

    fn bytes(members: Value) -> Vec<u8> {
        serde_json::to_vec(&record(members)).unwrap()
    }

    #[test]
    fn reads_and_strange_services_are_dismissed() {
        assert_eq!(dismiss(&bytes(json!({ "eventName": "DescribeInstances" }))), Some(Ignored::ReadOnly));
        let table = json!({ "eventName": "PutItem", "eventSource": "dynamodb.amazonaws.com" });
        assert_eq!(dismiss(&bytes(table)), Some(Ignored::OtherService));
        let object = json!({ "eventName": "PutObject", "eventSource": "s3.amazonaws.com" });
        assert_eq!(dismiss(&bytes(object)), Some(Ignored::OtherService));
        let spaced = br#"{ "eventSource" : "rds.amazonaws.com" , "eventName" : "CreateDBInstance" }"#;
        assert_eq!(dismiss(spaced), Some(Ignored::OtherService));
    }

    #[test]
    fn reads_of_interest_are_kept() {
        assert_eq!(dismiss(&bytes(json!({ "eventName": "GetPasswordData", "readOnly": true }))), None);
        assert_eq!(dismiss(&bytes(json!({ "eventName": "RunInstances" }))), None);
        assert_eq!(dismiss(&bytes(json!({ "eventName": "FrobnicateThings", "readOnly": true }))), None);
    }

    #[test]
    fn a_role_is_dismissed_only_where_a_service_assumes_it() {
        let assumed = |identity: Value| {
            bytes(json!({ "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "readOnly": true,
                "userIdentity": identity }))
        };
        let service = json!({ "type": "AWSService", "invokedBy": "lambda.amazonaws.com" });
        assert_eq!(dismiss(&assumed(service)), Some(Ignored::OtherService));
        let person = json!({ "type": "IAMUser", "userName": "x", "note": { "type": "AWSService" } });
        assert_eq!(dismiss(&assumed(person)), None);
        let doubled = br#"{"eventSource":"sts.amazonaws.com","eventName":"AssumeRole",
            "userIdentity":{"type":"AWSService","type":"IAMUser"}}"#;
        assert_eq!(dismiss(doubled), None);
        assert_eq!(dismiss(&assumed(json!(["AWSService"]))), None, "a list is no identity");
    }

    #[test]
    fn what_a_caller_writes_dismisses_nothing() {
        for request in [
            json!({ "eventSource": "rds.amazonaws.com" }),
            json!({ "eventName": "DescribeInstances" }),
            json!({ "x": { "eventName": "DescribeInstances", "eventSource": "rds.amazonaws.com" } }),
            json!({ "tagSet": [{ "key": "eventSource", "value": "rds.amazonaws.com" }] }),
            json!({ "description": "\"eventSource\":\"rds.amazonaws.com\"" }),
            json!({ "x\"eventSource": "rds.amazonaws.com" }),
        ] {
            let raw = bytes(json!({ "eventName": "RunInstances", "requestParameters": request }));
            assert_eq!(dismiss(&raw), None, "{request}");
        }
    }

    #[test]
    fn another_spelling_of_the_members_dismisses_nothing() {
        let nested = r#""requestParameters":{"eventSource":"rds.amazonaws.com","eventName":"ListX"}"#;
        for own in [
            r#""eventsource":"ec2.amazonaws.com","eventname":"RunInstances""#,
            r#""event\u0053ource":"ec2.amazonaws.com","event\u004eame":"RunInstances""#,
        ] {
            let raw = format!(r#"{{{own},{nested},"eventTime":"2026-01-02T03:04:05Z"}}"#);
            assert_eq!(dismiss(raw.as_bytes()), None, "{own}");
        }
    }

    #[test]
    fn broken_bytes_dismiss_nothing_and_never_panic() {
        for raw in
            [&b""[..], b"\"eventSource\"", b"\"eventSource\":", b"\"eventSource\":\"x", b"\"eventSource\":7"]
        {
            assert_eq!(dismiss(raw), None);
        }
    }

    /// Texts that records are made of, those that could mislead among them.
    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("eventSource".to_owned()),
            Just("eventName".to_owned()),
            Just("eventsource".to_owned()),
            Just("userIdentity".to_owned()),
            Just("type".to_owned()),
            Just("AWSService".to_owned()),
            Just("ec2.amazonaws.com".to_owned()),
            Just("sts.amazonaws.com".to_owned()),
            Just("rds.amazonaws.com".to_owned()),
            Just("RunInstances".to_owned()),
            Just("AssumeRole".to_owned()),
            Just("DescribeInstances".to_owned()),
            Just("x\"eventSource\":\"rds.amazonaws.com".to_owned()),
            Just("2026-01-02T03:04:05Z".to_owned()),
            ".{0,6}",
        ]
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            4 => any_text().prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::from),
            1 => Just(Value::Null),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(any_text(), inner, 0..4)
                    .prop_map(|members| Value::Object(Map::from_iter(members))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]
        #[test]
        fn no_event_is_ever_dismissed(
            services in prop::sample::subsequence(vec!["eventSource", "eventsource"], 0..=2),
            names in prop::sample::subsequence(vec!["eventName", "eventname"], 0..=2),
            service in prop_oneof![
                3 => prop::sample::select(vec!["ec2.amazonaws.com", "sts.amazonaws.com"]).prop_map(str::to_owned),
                1 => any_text(),
            ],
            name in prop_oneof![
                3 => prop::sample::select(vec!["RunInstances", "AssumeRole"]).prop_map(str::to_owned),
                1 => any_text(),
            ],
            identity in any_value(), request in any_value(), more in any_value(), pretty in any::<bool>(),
        ) {
            let mut record = Map::new();
            record.extend(services.into_iter().map(|member| (member.to_owned(), json!(service))));
            record.extend(names.into_iter().map(|member| (member.to_owned(), json!(name))));
            record.insert("eventTime".to_owned(), json!("2026-01-02T03:04:05Z"));
            record.insert("userIdentity".to_owned(), identity);
            record.insert("requestParameters".to_owned(), request);
            record.insert("additionalEventData".to_owned(), more);
            let value = Value::Object(record.clone());
            let raw = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
            if let Ok(RecordReading::Event(event)) = CloudTrail.read(record, &LogHints::default()) {
                prop_assert_eq!(dismiss(&raw.unwrap()), None, "{:?}", event);
            }
        }
    }
}
