//! `DescribeInstanceAttribute`, `DescribeSnapshotAttribute` and `DescribeImageAttribute` → overlay.

use serde_json::{Map, Value};

use super::Call;
use super::identity::{self, Origin};
use crate::model::{Exposure, Grant, Kind, PrincipalKind, conceal, flatten};
use crate::sources::{Element, Field, Form, Hints, Odd, Overlay, Reading};

/// One attribute of an instance.
pub(super) const INSTANCE: Call = Call {
    name: "describe-instance-attribute",
    kind: Kind::Instance,
    envelope: None,
    is_answer: |body| is_answer(body, "InstanceId", INSTANCE_TELLS),
    read: |element| read(element, Kind::Instance, "InstanceId"),
};

/// Who may create volumes from a snapshot.
pub(super) const SNAPSHOT: Call = Call {
    name: "describe-snapshot-attribute",
    kind: Kind::Snapshot,
    envelope: None,
    is_answer: |body| is_answer(body, "SnapshotId", SNAPSHOT_TELLS),
    read: |element| read(element, Kind::Snapshot, "SnapshotId"),
};

/// Who may launch an image, or another attribute of it.
pub(super) const IMAGE: Call = Call {
    name: "describe-image-attribute",
    kind: Kind::Image,
    envelope: None,
    is_answer: |body| is_answer(body, "ImageId", IMAGE_TELLS),
    read: |element| read(element, Kind::Image, "ImageId"),
};

const INSTANCE_TELLS: &[&str] = &[
    "BlockDeviceMappings",
    "DisableApiStop",
    "DisableApiTermination",
    "EbsOptimized",
    "EnaSupport",
    "EnclaveOptions",
    "Groups",
    "InstanceInitiatedShutdownBehavior",
    "InstanceType",
    "KernelId",
    "ProductCodes",
    "RamdiskId",
    "RootDeviceName",
    "SourceDestCheck",
    "SriovNetSupport",
    "UserData",
];

const SNAPSHOT_TELLS: &[&str] = &["CreateVolumePermissions", "ProductCodes"];

const IMAGE_TELLS: &[&str] = &[
    "BlockDeviceMappings",
    "BootMode",
    "DeregistrationProtection",
    "Description",
    "ImdsSupport",
    "KernelId",
    "LastLaunchedTime",
    "LaunchPermissions",
    "ProductCodes",
    "RamdiskId",
    "SriovNetSupport",
    "TpmSupport",
    "UefiData",
];

/// What the listing tells as links or under another name is not told again.
const FIELDS: &[Field] = &[
    Field::config("ProductCodes", Form::Keyed("ProductCodeId")),
    Field::config("UefiData", Form::Secret),
    Field::evidence("LastLaunchedTime", Form::Time),
    Field::volatile("BlockDeviceMappings"),
    Field::volatile("Groups"),
    Field::volatile("ResponseMetadata"),
];

/// Whether a body holds an id and beside it settings only, one of them known.
fn is_answer(body: &Map<String, Value>, id: &str, tells: &[&str]) -> bool {
    let is_setting = |value: &Value| value.is_object() || value.is_array();
    body.get(id).is_some_and(Value::is_string)
        && tells.iter().any(|name| body.contains_key(*name))
        && body.iter().all(|(name, value)| name == id || is_setting(value))
}

/// A setting stands under the path that the listing has for it (`SourceDestCheck`), so that both agree.
fn read(mut element: Element, kind: Kind, id: &str) -> Result<Reading, Odd> {
    let id = element.take_id(id)?;
    let exposure = take_grants(&mut element);
    let tells_user_data = element.peek("UserData").is_some();
    let user_data = element.take_text("UserData.Value").unwrap_or_default();
    let origin = Origin { hints: &Hints::default(), owner: None, zone: None };
    let mut resource = identity::resource(kind, id.clone(), origin);
    let mut settings = unwrapped(&element);
    settings.take_fields(FIELDS, "", &mut resource);
    for (name, value) in settings.members() {
        flatten(name, value.clone(), &mut resource.config);
    }
    if tells_user_data {
        // None at all is told as none: length 0.
        let content = decode(&user_data).unwrap_or_else(|| user_data.into_bytes());
        flatten("UserData", conceal(&content), &mut resource.config);
    }
    let overlay = Overlay::new(super::PROVIDER, kind, id);
    Ok(Reading::Overlay(Overlay {
        config: resource.config,
        evidence: resource.evidence,
        exposure,
        ..overlay
    }))
}

/// Each `{"Value": v}` as `v`; `{}`, which is how EC2 says that nothing is set, leaves no trace.
fn unwrapped(element: &Element) -> Element {
    let unwrap = |value: &Value| value.get("Value").unwrap_or(value).clone();
    Element::new(element.members().iter().map(|(name, value)| (name.clone(), unwrap(value))).collect())
}

/// Takes the permissions; an empty list is knowledge, an absent one is none.
fn take_grants(element: &mut Element) -> Option<Exposure> {
    let list = ["CreateVolumePermissions", "LaunchPermissions"]
        .into_iter()
        .find(|list| element.peek(list).is_some_and(Value::is_array))?;
    let grants = element.take_elements(list).into_iter().flat_map(grants).collect();
    Some(Exposure { known: true, grants, ..Exposure::default() })
}

fn grants(mut permission: Element) -> Vec<Grant> {
    [
        ("Group", PrincipalKind::Public),
        ("UserId", PrincipalKind::Account),
        ("OrganizationArn", PrincipalKind::Org),
        ("OrganizationalUnitArn", PrincipalKind::Org),
    ]
    .into_iter()
    .filter_map(|(member, kind)| Some(Grant { kind, principal: permission.take_text(member)? }))
    .collect()
}

/// Decodes Base64, with or without line breaks and padding; `None` if it is none.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn overlay(call: &Call, body: Value) -> Overlay {
        let Value::Object(body) = body else { panic!() };
        assert!((call.is_answer)(&body), "{body:?}");
        let Reading::Overlay(overlay) = (call.read)(Element::new(body)).unwrap() else { panic!() };
        overlay
    }

    fn grant(kind: PrincipalKind, principal: &str) -> Grant {
        Grant { kind, principal: principal.to_owned() }
    }

    #[test]
    fn permissions_are_grants() {
        let snapshot = overlay(
            &SNAPSHOT,
            json!({ "SnapshotId": "snap-1", "ProductCodes": [], "ResponseMetadata": { "RequestId": "x" },
                    "CreateVolumePermissions": [{ "Group": "all" }, { "UserId": "111111111111" }] }),
        );
        let expected = [grant(PrincipalKind::Public, "all"), grant(PrincipalKind::Account, "111111111111")];
        assert_eq!(snapshot.exposure.unwrap().grants, expected.into());
        assert!(snapshot.config.is_empty() && snapshot.evidence.is_empty());
        let image = overlay(
            &IMAGE,
            json!({ "ImageId": "ami-1",
                    "LaunchPermissions": [{ "OrganizationArn": "o" }, { "OrganizationalUnitArn": "ou" }] }),
        );
        let expected = [grant(PrincipalKind::Org, "o"), grant(PrincipalKind::Org, "ou")];
        assert_eq!(image.exposure.unwrap().grants, expected.into());
    }

    #[test]
    fn an_empty_list_of_permissions_is_knowledge_and_an_absent_one_is_not() {
        let told = overlay(&SNAPSHOT, json!({ "SnapshotId": "snap-1", "CreateVolumePermissions": [] }));
        assert_eq!(told.exposure, Some(Exposure { known: true, ..Exposure::default() }));
        let untold = overlay(&SNAPSHOT, json!({ "SnapshotId": "snap-1", "ProductCodes": [] }));
        assert_eq!(untold.exposure, None);
    }

    #[test]
    fn a_setting_stands_under_its_own_name() {
        for (name, value) in [
            ("DisableApiTermination", json!(true)),
            ("DisableApiStop", json!(false)),
            ("InstanceInitiatedShutdownBehavior", json!("terminate")),
            ("SourceDestCheck", json!(false)),
        ] {
            let told = overlay(&INSTANCE, json!({ "InstanceId": "i-1", name: { "Value": value.clone() } }));
            assert_eq!(told.config, [(name.to_owned(), value)].into());
            assert_eq!((told.kind, told.target.as_str()), (Kind::Instance, "i-1"));
        }
        assert!(overlay(&INSTANCE, json!({ "InstanceId": "i-1", "KernelId": {} })).config.is_empty());
    }

    #[test]
    fn user_data_leaves_the_digest_of_its_content() {
        let told =
            overlay(&INSTANCE, json!({ "InstanceId": "i-1", "UserData": { "Value": "aHVudGVyMg==" } }));
        let expected = conceal(b"hunter2");
        assert_eq!(told.config["UserData.length"], expected["length"]);
        assert_eq!(told.config["UserData.sha256"], expected["sha256"]);
        assert!(!format!("{told:?}").contains("aHVudGVy"));
    }

    #[test]
    fn an_instance_is_no_answer() {
        for body in [
            json!({ "InstanceId": "i-1", "InstanceType": "t3.micro", "ProductCodes": [] }),
            json!({ "InstanceId": "i-1", "Novelty": {} }),
            json!({ "UserData": {} }),
        ] {
            let Value::Object(body) = body else { panic!() };
            assert!(!(INSTANCE.is_answer)(&body), "{body:?}");
        }
    }

    #[test]
    fn base64_is_decoded_with_breaks_and_without_padding_and_nothing_else_is() {
        for text in ["TWE=", "TWE", "TW\nE="] {
            assert_eq!(decode(text).unwrap(), b"Ma");
        }
        assert_eq!(decode("+/8=").unwrap(), [0xfb, 0xff]);
        assert_eq!(decode("#!/bin/sh"), None);
    }
}
