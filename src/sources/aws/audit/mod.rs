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
pub(super) mod trails;

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
    let told = spelled(record, "eventID").and_then(Value::as_str).filter(|id| !id.is_empty());
    told.map_or_else(
        || {
            let canonical = canonical_json(&Value::Object(record.clone()));
            EventId::new(format!("b3:{}", blake3::hash(canonical.as_bytes()).to_hex()))
        },
        EventId::new,
    )
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{ActorKind, Class, Confidence, End, Kind, Role, Target};

    /// Lays members over the envelope of a call that was answered.
    pub(super) fn record(members: Value) -> Map<String, Value> {
        let envelope = json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": "111122223333",
                "arn": "arn:aws:iam::111122223333:user/alice", "userName": "alice", "accessKeyId": "AKIAEXAMPLE",
            },
            "eventTime": "2026-01-02T03:04:05Z", "eventSource": "ec2.amazonaws.com", "awsRegion": "eu-west-1",
            "sourceIPAddress": "203.0.113.5", "userAgent": "aws-cli/2", "requestParameters": null,
            "responseElements": null, "requestID": "req-1", "eventID": "event-1", "readOnly": false,
            "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "111122223333",
            "eventCategory": "Management",
        });
        let (Value::Object(mut record), Value::Object(members)) = (envelope, members) else { panic!() };
        record.extend(members);
        record.retain(|_, value| value != "absent");
        record
    }

    pub(super) fn reading(members: Value) -> RecordReading {
        let record = record(members);
        assert!(CloudTrail.recognise(&record));
        let raw = serde_json::to_vec(&record).unwrap();
        let reading = CloudTrail.read(record, &LogHints::default()).unwrap();
        let is_event = matches!(reading, RecordReading::Event(_));
        assert!(!is_event || CloudTrail.dismiss(&raw).is_none(), "an event was dismissed");
        reading
    }

    pub(super) fn event(members: Value) -> AuditEvent {
        match reading(members) {
            RecordReading::Event(event) => *event,
            RecordReading::Ignored(ignored) => panic!("ignored: {ignored}"),
        }
    }

    /// Returns the members of a call of EC2.
    pub(super) fn called(operation: &str, request: Value, response: Value) -> Value {
        called_of("ec2.amazonaws.com", operation, request, response)
    }

    /// Returns the members of a call.
    pub(super) fn called_of(service: &str, operation: &str, request: Value, response: Value) -> Value {
        let name = |text: &str| Value::from(text);
        Value::from_iter([
            ("eventSource", name(service)),
            ("eventName", name(operation)),
            ("requestParameters", request),
            ("responseElements", response),
        ])
    }

    /// Returns each target as `role id`, in order.
    pub(super) fn told(event: &AuditEvent) -> Vec<String> {
        let id =
            |target: &Target| target.uid.as_ref().map(ToString::to_string).or_else(|| target.name.clone());
        let mut told: Vec<String> =
            event.targets.iter().map(|it| format!("{} {}", it.role, id(it).unwrap())).collect();
        told.sort();
        told
    }

    #[test]
    fn a_volume_from_a_snapshot_is_created_from_its_source() {
        let event = event(json!({
            "userIdentity": {
                "type": "AssumedRole", "principalId": "AROAEXAMPLE:alice@example.com",
                "arn": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com",
                "accountId": "111122223333", "accessKeyId": "ASIAEXAMPLE",
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role", "principalId": "AROAEXAMPLE", "accountId": "111122223333",
                        "arn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
                    },
                    "attributes": { "creationDate": "2026-01-02T03:00:00Z", "mfaAuthenticated": "false" },
                },
            },
            "eventName": "CreateVolume",
            "requestParameters": { "zone": "eu-west-1a", "snapshotId": "snap-0aaaaaaaaaaaaaaa1", "size": "8" },
            "responseElements": {
                "requestId": "r", "volumeId": "vol-0bbbbbbbbbbbbbbb1", "size": "8", "status": "creating",
                "snapshotId": "snap-0aaaaaaaaaaaaaaa1", "zone": "eu-west-1a", "createTime": 1_767_323_045_000_i64,
            },
        }));
        assert_eq!((event.class, event.confidence), (Class::VolumeCreate, Confidence::High));
        assert_eq!(told(&event), ["created vol-0bbbbbbbbbbbbbbb1", "source snap-0aaaaaaaaaaaaaaa1"]);
        assert_eq!((event.facts["size"].as_i64(), event.outcome.end), (Some(8), End::Success));
        assert_eq!((event.account.as_str(), event.location.as_str()), ("111122223333", "eu-west-1"));
        assert_eq!(event.time.to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(event.correlation, ["req-1".to_owned()].into());
        assert_eq!(event.actor.kind, ActorKind::RoleSession);
        assert_eq!(event.change_marks["session"], "alice@example.com");
        assert_eq!((event.actor.mfa, event.actor.external), (Some(false), false));
    }

    #[test]
    fn a_launch_names_what_it_made_and_how_to_find_it_again() {
        let event = event(json!({
            "eventName": "RunInstances",
            "requestParameters": {
                "instancesSet": { "items": [{ "imageId": "ami-0c1", "minCount": 1, "maxCount": 2 }] },
                "instanceType": "t3.micro", "clientToken": "token-1", "disableApiTermination": false,
                "blockDeviceMapping": { "items": [{ "deviceName": "/dev/xvda", "ebs": { "snapshotId": "snap-0a1" } }] },
                "groupSet": { "items": [{ "groupId": "sg-0123456789abcdef0" }] },
                "userData": "<sensitiveDataRemoved>",
                "tagSpecificationSet": { "items": [
                    { "resourceType": "instance", "tags": [{ "key": "change-id", "value": "CHG-7" }] } ] },
            },
            "responseElements": {
                "reservationId": "r-0d1", "ownerId": "111122223333", "groupSet": {},
                "instancesSet": { "items": [{
                    "instanceId": "i-0e1", "imageId": "ami-0c1", "launchTime": 1_767_323_045_000_i64,
                    "blockDeviceMapping": {}, "instanceState": { "code": 0, "name": "pending" },
                    "networkInterfaceSet": { "items": [{ "networkInterfaceId": "eni-0f1" }] },
                }] },
            },
        }));
        assert_eq!(event.class, Class::InstanceCreate);
        let expected = [
            "created eni-0f1",
            "created i-0e1",
            "image ami-0c1",
            "related sg-0123456789abcdef0",
            "source snap-0a1",
        ];
        assert_eq!(told(&event), expected);
        let kinds: Vec<_> = event.targets(Role::Created).map(|it| it.kind).collect();
        assert!(kinds.contains(&Some(Kind::Instance)) && kinds.contains(&None));
        assert_eq!(event.tokens, ["r-0d1".to_owned(), "token-1".to_owned()].into());
        assert_eq!(event.facts["launch_time"], "2026-01-02T03:04:05Z");
        assert_eq!((&event.facts["min_count"], &event.facts["max_count"]), (&json!(1), &json!(2)));
        assert_eq!(event.facts["user_data"], true);
        assert_eq!(event.change_marks["tag:change-id"], "CHG-7");
        assert!(!event.truncated);
    }

    #[test]
    fn what_was_omitted_for_its_size_is_said() {
        let event = event(json!({
            "eventName": "RunInstances",
            "requestParameters": { "clientToken": "token-1" },
            "responseElements": { "omitted": true, "originalSize": 200_000 },
        }));
        assert!(event.truncated && event.targets.is_empty() && event.tokens.contains("token-1"));
    }

    #[test]
    fn an_addendum_names_the_record_that_it_replaces() {
        let event = event(json!({
            "eventName": "TerminateInstances", "eventID": "event-2",
            "requestParameters": { "instancesSet": { "items": [{ "instanceId": "i-0e1" }] } },
            "addendum": { "reason": "UPDATED_DATA", "updatedFields": "responseElements",
                          "originalRequestID": "req-1", "originalEventID": "event-1" },
        }));
        assert_eq!(event.supersedes, Some(EventId::new("event-1")));
    }

    #[test]
    fn a_record_without_an_id_is_known_by_its_content() {
        let one = event(json!({ "eventName": "StartInstances", "eventID": "absent" }));
        let same = event(json!({ "eventName": "StartInstances", "eventID": "absent" }));
        let other = event(json!({ "eventName": "StopInstances", "eventID": "absent" }));
        assert!(one.id.as_str().starts_with("b3:") && one.id == same.id && one.id != other.id);
    }

    #[test]
    fn the_account_is_the_recipients_the_callers_or_the_logs() {
        let hints = LogHints { account: Some(AccountId::new("9")), ..LogHints::default() };
        let account = |members: Value| {
            let reading = CloudTrail.read(record(members), &hints).unwrap();
            let RecordReading::Event(event) = reading else { panic!() };
            event.account.as_str().to_owned()
        };
        let name = "StartInstances";
        assert_eq!(account(json!({ "eventName": name, "recipientAccountId": "4" })), "4");
        assert_eq!(account(json!({ "eventName": name, "recipientAccountId": "absent" })), "111122223333");
        let nobody = json!({ "eventName": name, "recipientAccountId": "absent", "userIdentity": "absent" });
        assert_eq!(account(nobody), "9");
    }

    #[test]
    fn what_cannot_be_an_event_is_odd() {
        let odd = |members: Value| CloudTrail.read(record(members), &LogHints::default()).unwrap_err();
        let untimed = odd(json!({ "eventName": "RunInstances", "eventTime": "absent" }));
        assert_eq!((untimed.code, untimed.message.as_str()), ("no-time", "`eventTime` is missing"));
        assert_eq!(odd(json!({ "eventName": "RunInstances", "eventTime": "soon" })).code, "wrong-type");
        assert_eq!(odd(json!({ "eventName": 7 })).code, "wrong-type");
        assert_eq!(odd(json!({})).code, "no-operation");
        assert_eq!(odd(json!({ "eventName": "RunInstances", "eventSource": null })).code, "no-operation");
    }

    #[test]
    fn odd_optional_parts_never_cost_the_record() {
        let event = event(json!({
            "eventName": "RunInstances", "requestParameters": 7, "responseElements": ["x", null, { "items": 3 }],
            "userIdentity": "nobody", "errorCode": 12, "addendum": [], "requestID": {}, "awsRegion": 5,
            "sourceIPAddress": null, "recipientAccountId": {},
        }));
        assert_eq!((event.actor.key.as_str(), event.location), ("unknown", Location::unknown()));
        assert!(event.targets.is_empty() && event.facts.is_empty());
    }

    #[test]
    fn what_is_no_operation_of_anybody_is_passed_over() {
        let ignored = |members: Value| match reading(members) {
            RecordReading::Ignored(ignored) => ignored,
            RecordReading::Event(event) => panic!("{event:?}"),
        };
        let name = "RunInstances";
        assert_eq!(ignored(json!({ "eventName": name, "eventCategory": "Insight" })), Ignored::OtherCategory);
        assert_eq!(
            ignored(json!({ "eventName": name, "eventType": "AwsVpceEvent" })),
            Ignored::OtherCategory
        );
        assert_eq!(ignored(json!({ "eventName": "DescribeInstances" })), Ignored::ReadOnly);
        assert_eq!(ignored(json!({ "eventName": "FrobnicateThings", "readOnly": true })), Ignored::ReadOnly);
        let other = json!({ "eventName": "PutItem", "eventSource": "dynamodb.amazonaws.com" });
        assert_eq!(ignored(other), Ignored::OtherService);
    }

    #[test]
    fn an_unknown_write_is_guessed_and_says_so() {
        let event = event(json!({
            "eventName": "PurgeVolumeTwice",
            "requestParameters": { "volumeRef": "vol-0123456789abcdef0", "sourceVolume": "vol-11111111" },
            "responseElements": { "shadow": "vol-22222222" },
        }));
        assert_eq!((event.class, event.confidence), (Class::VolumeDelete, Confidence::Low));
        let expected = ["created vol-22222222", "source vol-11111111", "subject vol-0123456789abcdef0"];
        assert_eq!(told(&event), expected);
    }

    #[test]
    fn a_record_of_cloudtrail_lake_reads_as_any_other() {
        let event = event(json!({
            "eventSource": "absent", "eventName": "absent", "eventTime": "absent", "eventID": "absent",
            "requestParameters": "absent", "userIdentity": "absent", "errorCode": "absent",
            "eventsource": "ec2.amazonaws.com", "eventname": "DeleteVolume", "eventtime": "2026-01-02 03:04:05.000",
            "eventid": "event-9", "requestparameters": "{\"volumeId\":\"vol-0b1\"}",
            "useridentity": { "type": "IAMUser", "principalid": "AIDA1", "arn": "arn:aws:iam::1:user/a" },
        }));
        assert_eq!((event.id.as_str(), told(&event)), ("event-9", vec!["subject vol-0b1".to_owned()]));
        assert_eq!(event.actor.key, "arn:aws:iam::1:user/a#AIDA1");
    }

    #[test]
    fn a_description_of_an_operation_is_no_record() {
        let described =
            json!({ "eventName": "RunInstances", "eventSource": "ec2.amazonaws.com", "awsService": "EC2" });
        assert!(!CloudTrail.recognise(described.as_object().unwrap()));
        let looked_up =
            json!({ "EventName": "RunInstances", "EventSource": "ec2.amazonaws.com", "EventId": "1" });
        assert!(!CloudTrail.recognise(looked_up.as_object().unwrap()));
    }
}
