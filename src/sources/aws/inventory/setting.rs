//! What an account sets for all its compute in a region → setting (SEMANTICS A.3).
//!
//! Each call answers with one bare object, which names neither itself nor its account and region: it is told
//! by its members alone, all of them, and account and region come from beside it.

use serde_json::{Map, Value};

use super::identity::{self, Origin};
use crate::model::Kind;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// One setting, and how the answer that tells it looks.
struct Setting {
    /// Its name: the call's, without `get-`, `-state` and `-status`.
    name: &'static str,
    /// Every member that an answer may bear.
    members: &'static [&'static str],
    /// Whether these members are such an answer.
    is_answer: fn(&Map<String, Value>) -> bool,
}

/// Every setting that is read.
const SETTINGS: &[Setting] = &[
    Setting {
        name: "ebs-encryption-by-default",
        members: &["EbsEncryptionByDefault", "SseType"],
        is_answer: |answer| is_flag(answer, "EbsEncryptionByDefault"),
    },
    Setting {
        name: "ebs-default-kms-key-id",
        members: &["KmsKeyId"],
        is_answer: |answer| answer.get("KmsKeyId").is_some_and(Value::is_string),
    },
    Setting {
        name: "snapshot-block-public-access",
        members: &["State", "ManagedBy"],
        is_answer: |answer| {
            is_one_of(answer, "State", &["block-all-sharing", "block-new-sharing", "unblocked"])
        },
    },
    Setting {
        name: "image-block-public-access",
        members: &["ImageBlockPublicAccessState", "ManagedBy"],
        is_answer: |answer| answer.get("ImageBlockPublicAccessState").is_some_and(Value::is_string),
    },
    Setting {
        name: "serial-console-access",
        members: &["SerialConsoleAccessEnabled", "ManagedBy"],
        is_answer: |answer| is_flag(answer, "SerialConsoleAccessEnabled"),
    },
    Setting {
        name: "instance-metadata-defaults",
        members: &["AccountLevel"],
        is_answer: |answer| {
            let level = answer.get("AccountLevel").and_then(Value::as_object);
            level.is_some_and(|level| has_only(level, METADATA_DEFAULTS))
        },
    },
    Setting {
        name: "allowed-images-settings",
        members: &["State", "ImageCriteria", "ManagedBy"],
        is_answer: |answer| {
            is_one_of(answer, "State", &["enabled", "audit-mode", "disabled"])
                && (answer.contains_key("ImageCriteria") || answer.contains_key("ManagedBy"))
        },
    },
    Setting {
        name: "managed-resource-visibility",
        members: &["Visibility"],
        is_answer: |answer| {
            let visibility = answer.get("Visibility").and_then(Value::as_object);
            visibility
                .is_some_and(|visibility| is_one_of(visibility, "DefaultVisibility", &["visible", "hidden"]))
        },
    },
];

const METADATA_DEFAULTS: &[&str] = &[
    "HttpEndpoint",
    "HttpPutResponseHopLimit",
    "HttpTokens",
    "HttpTokensEnforced",
    "InstanceMetadataTags",
    "ManagedBy",
    "ManagedExceptionMessage",
];

/// What boto3 adds to every answer.
const RESPONSE: &str = "ResponseMetadata";

const FIELDS: &[Field] = &[
    Field::config("AccountLevel", Form::Plain),
    Field::config("EbsEncryptionByDefault", Form::Plain),
    Field::config("ImageBlockPublicAccessState", Form::Plain),
    Field::config("ImageCriteria", Form::Set),
    Field::config("KmsKeyId", Form::Plain),
    Field::config("ManagedBy", Form::Plain),
    Field::config("SerialConsoleAccessEnabled", Form::Plain),
    Field::config("SseType", Form::Plain),
    Field::config("State", Form::Plain),
    Field::config("Visibility", Form::Plain),
    Field::volatile(RESPONSE),
];

/// Whether an object is the answer of a call that tells a setting.
pub(in crate::sources::aws) fn is_answer(answer: &Map<String, Value>) -> bool {
    setting(answer).is_some()
}

fn setting(answer: &Map<String, Value>) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| has_only(answer, setting.members) && (setting.is_answer)(answer))
}

/// Reads the answer of a call that tells a setting; that nothing is set is told by a setting without config.
///
/// # Errors
///
/// `wrong-type` for any other object.
pub(super) fn read(mut element: Element, hints: &Hints) -> Result<Reading, Odd> {
    let setting = setting(element.members());
    let name = setting.ok_or_else(|| Odd::new("wrong-type", "no call tells a setting so"))?.name;
    let region = hints.location.as_ref().map_or("unknown", |region| region.as_str());
    let id = format!("{region}/{name}");
    let mut resource = identity::within(Kind::Setting, &id, Origin { hints, owner: None, zone: None });
    resource.name = Some(name.to_owned());
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

fn has_only(object: &Map<String, Value>, members: &[&str]) -> bool {
    object.keys().all(|name| name == RESPONSE || members.contains(&name.as_str()))
}

fn is_flag(object: &Map<String, Value>, member: &str) -> bool {
    object.get(member).is_some_and(Value::is_boolean)
}

fn is_one_of(object: &Map<String, Value>, member: &str, values: &[&str]) -> bool {
    object.get(member).and_then(Value::as_str).is_some_and(|value| values.contains(&value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AccountId, Confidence, Location, Resource};

    fn members(native: Value) -> Map<String, Value> {
        let Value::Object(members) = native else { panic!() };
        members
    }

    fn here() -> Hints {
        let hints = Hints { account: Some(AccountId::new("111122223333")), ..Hints::default() };
        Hints { location: Some(Location::new("eu-west-1")), ..hints }
    }

    fn read_one(native: Value, hints: &Hints) -> Resource {
        let native = members(native);
        assert!(is_answer(&native), "{native:?}");
        let Ok(Reading::Resource { resource, odd }) = read(Element::new(native), hints) else { panic!() };
        assert_eq!(odd, []);
        *resource
    }

    #[test]
    fn every_answer_is_told_by_its_members_and_placed_from_beside() {
        for (native, name, path, value) in [
            (
                json!({ "EbsEncryptionByDefault": false, "SseType": "none" }),
                "ebs-encryption-by-default",
                "EbsEncryptionByDefault",
                json!(false),
            ),
            (
                json!({ "KmsKeyId": "alias/aws/ebs" }),
                "ebs-default-kms-key-id",
                "KmsKeyId",
                json!("alias/aws/ebs"),
            ),
            (
                json!({ "State": "unblocked", "ManagedBy": "account" }),
                "snapshot-block-public-access",
                "State",
                json!("unblocked"),
            ),
            (
                json!({ "ImageBlockPublicAccessState": "block-new-sharing", "ManagedBy": "account" }),
                "image-block-public-access",
                "ImageBlockPublicAccessState",
                json!("block-new-sharing"),
            ),
            (
                json!({ "SerialConsoleAccessEnabled": true, "ManagedBy": "account", "ResponseMetadata": {} }),
                "serial-console-access",
                "SerialConsoleAccessEnabled",
                json!(true),
            ),
            (
                json!({ "AccountLevel": { "HttpTokens": "required", "HttpPutResponseHopLimit": 1 } }),
                "instance-metadata-defaults",
                "AccountLevel.HttpTokens",
                json!("required"),
            ),
            (
                json!({ "State": "disabled", "ImageCriteria": [], "ManagedBy": "account" }),
                "allowed-images-settings",
                "State",
                json!("disabled"),
            ),
            (
                json!({ "Visibility": { "DefaultVisibility": "hidden" } }),
                "managed-resource-visibility",
                "Visibility.DefaultVisibility",
                json!("hidden"),
            ),
        ] {
            let setting = read_one(native, &here());
            assert_eq!(setting.key.uid.as_str(), format!("111122223333/eu-west-1/{name}"));
            assert_eq!(setting.name.as_deref(), Some(name));
            assert_eq!((setting.account.as_str(), setting.location.as_str()), ("111122223333", "eu-west-1"));
            assert_eq!(setting.config[path], value);
            assert_eq!((setting.unmapped, setting.uid_confidence), ([].into(), Confidence::High));
        }
    }

    #[test]
    fn an_account_that_sets_no_metadata_defaults_says_so() {
        let setting = read_one(json!({ "AccountLevel": {} }), &here());
        assert_eq!(setting.name.as_deref(), Some("instance-metadata-defaults"));
        assert!(setting.config.is_empty());
    }

    #[test]
    fn a_setting_of_nobody_knows_where_has_a_uid_in_low_confidence() {
        let setting = read_one(json!({ "KmsKeyId": "alias/aws/ebs" }), &Hints::default());
        assert_eq!(setting.key.uid.as_str(), "unknown/unknown/ebs-default-kms-key-id");
        assert_eq!(setting.uid_confidence, Confidence::Low);
    }

    #[test]
    fn nothing_else_is_taken_for_a_setting() {
        for native in [
            json!({}),
            json!({ "ResponseMetadata": {} }),
            json!({ "State": "disabled" }),
            json!({ "State": "running", "ManagedBy": "account" }),
            json!({ "State": "enabled", "ManagedBy": "account", "Arn": "arn:x" }),
            json!({ "State": { "Name": "running" }, "InstanceId": "i-1" }),
            json!({ "KmsKeyId": "alias/aws/ebs", "VolumeId": "vol-1" }),
            json!({ "KmsKeyId": null }),
            json!({ "EbsEncryptionByDefault": "false" }),
            json!({ "AccountLevel": { "Limit": 1 } }),
            json!({ "AccountLevel": "high" }),
            json!({ "Visibility": "visible" }),
            json!({ "Visibility": {} }),
            json!({ "ManagedBy": "account" }),
        ] {
            assert!(!is_answer(&members(native.clone())), "{native}");
        }
    }
}
