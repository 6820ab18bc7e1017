//! What a record's content adds to the row of its operation: direction, attributes, confidence.

use std::collections::BTreeSet;

use serde_json::Value;

use super::native::{Native, Part, flag, member, text_of};
use super::operations::{Interest, Unlisted};
use super::{actor, trails};
use crate::model::{Class, Confidence};
use crate::sources::{Ignored, guess};

/// What an operation did, as far as class and attributes tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) class: Class,
    pub(super) confidence: Confidence,
    pub(super) touches: BTreeSet<String>,
}

/// One attribute that `ModifyInstanceAttribute` or `ModifyImageAttribute` can change; each call changes one.
pub(super) struct Attribute {
    /// The member of the request, which older calls name as `attribute` beside a `value`.
    pub(super) member: &'static str,
    /// The name under which its new value is a fact.
    pub(super) fact: &'static str,
    /// What drift calls it.
    touches: &'static [&'static str],
}

const fn attribute(member: &'static str, fact: &'static str, touches: &'static [&'static str]) -> Attribute {
    Attribute { member, fact, touches }
}

const STOP: &str = "disableApiStop";
const TERMINATION: &str = "disableApiTermination";
const LAUNCH_PERMISSION: &str = "launchPermission";

/// Every attribute of instances and images that a call changes by itself.
pub(super) const ATTRIBUTES: &[Attribute] = &[
    attribute(TERMINATION, "disable_api_termination", &["config.DisableApiTermination"]),
    attribute(STOP, "disable_api_stop", &["config.DisableApiStop"]),
    attribute("userData", "user_data", &["config.UserData"]),
    // A new type comes with its own number of processors.
    attribute(
        "instanceType",
        "instance_type",
        &["config.CpuOptions", "config.EbsOptimized", "config.InstanceType"],
    ),
    attribute("groupSet", "groups", &["config.NetworkInterfaces", "config.SecurityGroups"]),
    attribute(
        "sourceDestCheck",
        "source_dest_check",
        &["config.NetworkInterfaces", "config.SourceDestCheck"],
    ),
    attribute("blockDeviceMapping", "delete_on_termination", &["config.BlockDeviceMappings"]),
    attribute("ebsOptimized", "ebs_optimized", &["config.EbsOptimized"]),
    attribute(
        "instanceInitiatedShutdownBehavior",
        "instance_initiated_shutdown_behavior",
        &["config.InstanceInitiatedShutdownBehavior"],
    ),
    attribute("kernel", "kernel", &["config.KernelId"]),
    attribute("ramdisk", "ramdisk", &["config.RamdiskId"]),
    attribute("enaSupport", "ena_support", &["config.EnaSupport"]),
    attribute("sriovNetSupport", "sriov_net_support", &["config.SriovNetSupport"]),
    attribute(LAUNCH_PERMISSION, LAUNCH_PERMISSION, &["exposure."]),
    attribute("description", "description", &["config.Description"]),
    attribute("imdsSupport", "imds_support", &["config.ImdsSupport"]),
];

/// Returns the attributes that a call changes, with what it says of each.
pub(super) fn attributes(native: &Native) -> Vec<(&'static Attribute, Option<&Value>)> {
    let request = native.part(Part::Request);
    let named = text_of(request, "attribute").or_else(|| text_of(request, "attributeType"));
    let changed = |attribute: &'static Attribute| {
        let own = member(request, attribute.member).filter(|value| !value.is_null());
        let is_named = named.is_some_and(|name| name.eq_ignore_ascii_case(attribute.member));
        let value = own.or_else(|| member(request, "value").filter(|_| is_named));
        (value.is_some() || is_named).then_some((attribute, value))
    };
    ATTRIBUTES.iter().filter_map(changed).collect()
}

/// Returns the flag that a call sets an attribute to: bare, or under `value`.
pub(super) fn set_to(value: &Value) -> Option<bool> {
    flag(member(value, "value").unwrap_or(value))
}

/// Judges a record by its operation and its content.
///
/// # Errors
///
/// The reason to ignore it, for what only its content tells to be of no interest: a role that a service
/// assumes for itself, an object that is no log.
pub(super) fn judge(native: &Native, operation: &str, interest: Interest) -> Result<Judged, Ignored> {
    let row = match interest {
        Interest::None(ignored) => return Err(ignored),
        Interest::Unknown(unlisted) => return unknown(native, operation, unlisted),
        Interest::Known(row) => row,
    };
    let touches = row.touches.iter().map(|path| (*path).to_owned()).collect();
    let judged = Judged { class: row.class, confidence: Confidence::High, touches };
    match row.name {
        "ModifyInstanceAttribute" => Ok(modified(native, &judged)),
        "ModifyImageAttribute" => Ok(image_modified(native, judged)),
        "CreateTags" | "DeleteTags" => Ok(Judged { touches: tags_touched(native), ..judged }),
        "UpdateAccessKey" if native.text_at(Part::Request, "status") == Some("Inactive") => {
            Ok(Judged { class: Class::IamRevoke, ..judged })
        }
        "UpdateServiceQuotaIncreaseRequestStatus" => Ok(quota(native, judged)),
        "DeleteObject" | "DeleteBucket" | "PutBucketLifecycle" | "PutBucketLifecycleConfiguration" => {
            stored_log(native, judged)
        }
        _ if row.class == Class::IamAssume && actor::is_service(native) => Err(Ignored::OtherService),
        _ if row.class == Class::LogTamper && trails::reduces_nothing(native, row.name) => {
            Ok(Judged { class: Class::LogRestore, ..judged })
        }
        _ => Ok(judged),
    }
}

/// A write that no row names; one that says that it only reads is none.
fn unknown(native: &Native, operation: &str, unlisted: Unlisted) -> Result<Judged, Ignored> {
    if native.get("readOnly").is_some_and(super::native::is_true) {
        return Err(Ignored::ReadOnly);
    }
    let guessed = guess(operation).filter(|_| unlisted == Unlisted::Guessed);
    let (class, confidence) = guessed.unwrap_or((Class::Other, Confidence::Low));
    Ok(Judged { class, confidence, touches: BTreeSet::new() })
}

fn touched(changed: &[(&Attribute, Option<&Value>)]) -> BTreeSet<String> {
    changed.iter().flat_map(|(attribute, _)| attribute.touches).map(|path| (*path).to_owned()).collect()
}

/// A protection that is switched is told as such (SEMANTICS E.4).
fn modified(native: &Native, judged: &Judged) -> Judged {
    let changed = attributes(native);
    let protection = changed.iter().find_map(|(attribute, value)| {
        let is_protection = [STOP, TERMINATION].contains(&attribute.member);
        value.filter(|_| is_protection).and_then(set_to)
    });
    let class = match protection {
        Some(true) => Class::ProtectAdd,
        Some(false) => Class::ProtectRemove,
        None => judged.class,
    };
    Judged { class, touches: touched(&changed), confidence: judged.confidence }
}

/// Only launch permissions share an image; what they are called with may be told by their principals alone.
fn image_modified(native: &Native, judged: Judged) -> Judged {
    let changed = attributes(native);
    let shares = changed.is_empty() || changed.iter().any(|(it, _)| it.member == LAUNCH_PERMISSION);
    if shares {
        return judged;
    }
    let touches = touched(&changed);
    Judged { class: Class::ImageModify, touches, ..judged }
}

/// The tags that are named; `DeleteTags` without any deletes them all.
fn tags_touched(native: &Native) -> BTreeSet<String> {
    let keys = ["tagSet/key", "tag/key"].into_iter().flat_map(|path| native.at(Part::Request, path));
    let mut touches: BTreeSet<String> =
        keys.filter_map(Value::as_str).map(|key| format!("tags.{key}")).collect();
    if touches.is_empty() {
        touches.insert("tags.".to_owned());
    }
    if touches.contains("tags.Name") || touches.contains("tags.") {
        touches.insert("name".to_owned());
    }
    touches
}

/// The status of a request for a higher quota: only an approved one is granted.
fn quota(native: &Native, judged: Judged) -> Judged {
    let status = native.text_at(Part::Details, "newStatus");
    let granted = status.is_none_or(|status| status == "APPROVED");
    Judged { class: if granted { judged.class } else { Class::QuotaRequest }, ..judged }
}

/// Where trails are delivered nobody says here; an object tells it by its key, a bucket at best by its name.
fn stored_log(native: &Native, judged: Judged) -> Result<Judged, Ignored> {
    if let Some(key) = native.text_at(Part::Request, "key") {
        let is_log = key.contains("AWSLogs/") && key.contains("/CloudTrail");
        return if is_log { Ok(judged) } else { Err(Ignored::OtherService) };
    }
    let bucket = native.text_at(Part::Request, "bucketName").unwrap_or_default();
    let class = if bucket.to_ascii_lowercase().contains("trail") { judged.class } else { Class::Other };
    Ok(Judged { class, confidence: Confidence::Low, ..judged })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{called, called_of, event, reading};
    use super::*;
    use crate::model::AuditEvent;
    use crate::sources::RecordReading;

    fn modified(request: Value) -> AuditEvent {
        event(called("ModifyInstanceAttribute", request, Value::Null))
    }

    fn class(service: &str, operation: &str, request: Value) -> Class {
        event(called_of(&format!("{service}.amazonaws.com"), operation, request, Value::Null)).class
    }

    #[test]
    fn a_protection_has_a_direction() {
        for (request, class) in [
            (json!({ "disableApiTermination": { "value": false } }), Class::ProtectRemove),
            (json!({ "disableApiTermination": { "value": true } }), Class::ProtectAdd),
            (json!({ "disableApiStop": { "value": false } }), Class::ProtectRemove),
            (json!({ "attribute": "disableApiTermination", "value": "false" }), Class::ProtectRemove),
            (json!({ "disableApiTermination": false }), Class::ProtectRemove),
            (json!({ "instanceType": { "value": "t3.micro" } }), Class::InstanceModify),
        ] {
            assert_eq!(modified(request.clone()).class, class, "{request}");
        }
    }

    #[test]
    fn an_attribute_touches_its_own_path_and_nothing_else() {
        let touches = |request: Value| Vec::from_iter(modified(request).touches);
        assert_eq!(touches(json!({ "disableApiStop": { "value": true } })), ["config.DisableApiStop"]);
        assert_eq!(touches(json!({ "userData": "<sensitiveDataRemoved>" })), ["config.UserData"]);
        assert_eq!(touches(json!({ "attribute": "userData", "value": "x" })), ["config.UserData"]);
        let groups = json!({ "groupSet": { "items": [{ "groupId": "sg-1" }] } });
        assert_eq!(touches(groups), ["config.NetworkInterfaces", "config.SecurityGroups"]);
        assert_eq!(touches(json!(null)), [""; 0], "nothing told can be anything");
    }

    #[test]
    fn only_launch_permissions_share_an_image() {
        let image = |request: Value| {
            event(json!({ "eventName": "ModifyImageAttribute", "requestParameters": request }))
        };
        let share = json!({ "imageId": "ami-1", "attributeType": "launchPermission",
            "launchPermission": { "add": { "items": [{ "group": "all" }] } } });
        let share = image(share);
        assert_eq!((share.class, share.facts["add_principals"].clone()), (Class::ImageShare, json!(["all"])));
        let described = image(json!({ "imageId": "ami-1", "description": { "value": "x" } }));
        assert_eq!(described.class, Class::ImageModify);
        assert!(described.touches.contains("config.Description") && described.touches.len() == 1);
    }

    #[test]
    fn tags_touch_their_keys() {
        let event = event(json!({ "eventName": "CreateTags", "requestParameters": {
            "resourcesSet": { "items": [{ "resourceId": "i-1" }] },
            "tagSet": { "items": [{ "key": "Name", "value": "web" }, { "key": "owner" }] } } }));
        assert_eq!(Vec::from_iter(&event.touches), ["name", "tags.Name", "tags.owner"]);
        assert_eq!(event.change_marks["tag:Name"], "web");
        assert_eq!(event.facts["tag_keys"], json!(["Name", "owner"]));
    }

    #[test]
    fn tags_that_are_taken_away_mark_no_change() {
        let event = event(json!({ "eventName": "DeleteTags", "requestParameters": {
            "resourcesSet": { "items": [{ "resourceId": "i-1" }] },
            "tagSet": { "items": [{ "key": "change-id", "value": "CHG-7" }] } } }));
        assert_eq!(event.change_marks.get("tag:change-id"), None);
    }

    #[test]
    fn a_role_that_a_service_assumes_for_itself_is_passed_over() {
        let assumed = |identity: Value| {
            reading(json!({ "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "readOnly": true,
                "userIdentity": identity, "requestParameters": { "roleArn": "arn:aws:iam::1:role/admin" },
                "responseElements": { "credentials": { "accessKeyId": "ASIA7", "sessionToken": "secret" },
                    "assumedRoleUser": { "assumedRoleId": "AROA7:eve", "arn": "a" } } }))
        };
        let service = assumed(json!({ "type": "AWSService", "invokedBy": "ec2.amazonaws.com" }));
        assert_eq!(service, RecordReading::Ignored(Ignored::OtherService));
        let RecordReading::Event(person) =
            assumed(json!({ "type": "IAMUser", "arn": "a", "principalId": "b" }))
        else {
            panic!()
        };
        assert_eq!(person.class, Class::IamAssume);
        assert_eq!(person.facts["assumed_role"], "arn:aws:iam::1:role/admin");
        assert_eq!(person.facts["issued_credential"], "ASIA7");
        assert!(!serde_json::to_string(&person).unwrap().contains("secret"));
    }

    #[test]
    fn an_object_that_is_no_log_is_nobodys_business() {
        let deleted = |key: &str| {
            reading(json!({ "eventSource": "s3.amazonaws.com", "eventName": "DeleteObject",
                "requestParameters": { "bucketName": "b", "key": key } }))
        };
        assert!(matches!(deleted("photos/cat.jpg"), RecordReading::Ignored(Ignored::OtherService)));
        let RecordReading::Event(log) = deleted("AWSLogs/1/CloudTrail/eu-west-1/2026/01/02/x.json.gz") else {
            panic!()
        };
        assert_eq!(log.class, Class::LogTamper);
        assert_eq!(
            class("s3", "DeleteBucket", json!({ "bucketName": "my-cloudtrail-logs" })),
            Class::LogTamper
        );
        assert_eq!(class("s3", "DeleteBucket", json!({ "bucketName": "photos" })), Class::Other);
    }

    #[test]
    fn only_an_approved_quota_is_granted() {
        let status = |status: &str| {
            event(json!({ "eventSource": "servicequotas.amazonaws.com", "eventType": "AwsServiceEvent",
                "eventName": "UpdateServiceQuotaIncreaseRequestStatus", "serviceEventDetails": {
                    "requestId": "q-1", "newStatus": status, "newQuotaValue": "64.0", "quotaName": "vCPUs" } }))
        };
        let approved = status("APPROVED");
        assert_eq!((approved.class, approved.outcome.has_effect()), (Class::QuotaGranted, true));
        assert_eq!(approved.facts["desired_value"], json!(64.0));
        let denied = status("DENIED");
        assert_eq!((denied.class, denied.outcome.has_effect()), (Class::QuotaRequest, false));
    }

    #[test]
    fn a_key_that_is_switched_off_takes_rights_away() {
        assert_eq!(class("iam", "UpdateAccessKey", json!({ "status": "Inactive" })), Class::IamRevoke);
        assert_eq!(class("iam", "UpdateAccessKey", json!({ "status": "Active" })), Class::IamGrant);
    }
}
