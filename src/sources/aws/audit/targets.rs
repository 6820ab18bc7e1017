//! On what an operation acted (SEMANTICS E.1.2, E.1.3): a table of paths decides the parts that resources play,
//! and a walk over everything else finds the ids that no path names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::native::Part::{self, Details, Request, Response};
use super::native::{Native, at};
use super::paths::{NAMES, PATHS, Path, SETTINGS, SUBJECTS};
use crate::model::{Kind, Role, Target, Uid};

/// What ids begin with, and the kind of what they name; `None` for what no scan lists.
const PREFIXES: &[(&str, Option<Kind>)] = &[
    ("i", Some(Kind::Instance)),
    ("vol", Some(Kind::Volume)),
    ("snap", Some(Kind::Snapshot)),
    ("ami", Some(Kind::Image)),
    ("eipalloc", None),
    ("eni", None),
    ("fleet", None),
    ("lt", None),
    ("mi", None),
    ("replacevol", None),
    ("rtb", None),
    ("sfr", None),
    ("sg", None),
    ("sir", None),
];

/// Members in which a caller writes what it likes; an id that stands there acts on nothing.
const FREE_TEXT: &[&str] = &[
    "clienttoken",
    "description",
    "name",
    "parameters",
    "tag",
    "tags",
    "tagset",
    "tagspecification",
    "tagspecificationset",
];

/// Returns the targets of a record.
///
/// `is_known` says that the operation has a row: then its table tells the parts that matter, and whatever else
/// the record names is only related.
pub(super) fn targets(
    native: &Native,
    operation: &str,
    is_known: bool,
    place: (&str, &str),
) -> BTreeSet<Target> {
    let mut found = Found::default();
    for row in PATHS.iter().filter(|row| row.operations.contains(&operation)).chain(SUBJECTS) {
        found.add_all(native, row);
    }
    for part in [Request, Response, Details] {
        walk(native.part(part), "", &mut |name, text| {
            if let Some(id) = whole_id(text) {
                found.add(role_of(name, part, is_known), id);
            }
        });
    }
    found.stand_in_slot(native, operation);
    let mut targets: BTreeSet<Target> = found.0.into_iter().collect();
    targets.extend(named(native, operation));
    targets.extend(placed(native, operation, place));
    targets
}

/// The targets so far; whoever names an id first decides the part that it plays.
#[derive(Default)]
struct Found(Vec<Target>);

impl Found {
    fn add_all(&mut self, native: &Native, row: &Path) {
        let values = native.at(row.part, row.members).into_iter().filter_map(Value::as_str);
        values.filter_map(id).for_each(|id| self.add(row.role, id));
    }

    fn add(&mut self, role: Role, id: &str) {
        let is_new = |target: &Target| target.uid.as_ref().is_none_or(|uid| uid.as_str() != id);
        if self.0.iter().all(is_new) {
            self.0.push(Target::by_uid(role, kind(id), id));
        }
    }

    /// The device of an attachment is the slot of its volume.
    fn stand_in_slot(&mut self, native: &Native, operation: &str) {
        if !matches!(operation, "AttachVolume" | "DetachVolume") {
            return;
        }
        let device = [Request, Response].into_iter().find_map(|part| native.text_at(part, "device"));
        for target in self.0.iter_mut().filter(|target| target.kind == Some(Kind::Volume)) {
            target.slot = device.map(str::to_owned);
        }
    }
}

/// The part that an id plays that no path names, by the member that it stands in.
fn role_of(name: &str, part: Part, is_known: bool) -> Role {
    let name = name.to_ascii_lowercase();
    if name.starts_with("source") || (part == Request && matches!(&*name, "snapshotid" | "imageid")) {
        Role::Source
    } else if is_known {
        Role::Related
    } else if part == Response {
        Role::Created
    } else {
        Role::Subject
    }
}

/// Calls `visit` for every text outside of what callers write freely, with the member that it stands in.
fn walk<'a>(value: &'a Value, name: &'a str, visit: &mut impl FnMut(&'a str, &'a str)) {
    match value {
        Value::String(text) => visit(name, text),
        Value::Array(items) => items.iter().for_each(|item| walk(item, name, visit)),
        Value::Object(members) => {
            for (member, value) in members {
                let lower = member.to_ascii_lowercase();
                if FREE_TEXT.contains(&lower.as_str()) {
                    continue;
                }
                // What only wraps has the name of what it wraps.
                let is_wrapper = matches!(&*lower, "items" | "item" | "member" | "content");
                walk(value, if is_wrapper { name } else { member }, visit);
            }
        }
        _ => {}
    }
}

/// Returns the kind of what an id names, by its prefix.
fn kind(id: &str) -> Option<Kind> {
    let prefix = id.split_once('-')?.0;
    PREFIXES.iter().find(|(known, _)| *known == prefix).and_then(|(_, kind)| *kind)
}

/// Returns the id in a text that stands where an id belongs: itself, or the end of an ARN.
///
/// Lenient in its length and letters: the path already says that it is one, and published logs are altered.
fn id(text: &str) -> Option<&str> {
    let id = if text.starts_with("arn:") { text.rsplit(['/', ':']).next()? } else { text };
    let (prefix, rest) = id.split_once('-')?;
    let is_word = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_known = PREFIXES.iter().any(|(known, _)| *known == prefix);
    (is_known && is_word && !rest.is_empty()).then_some(id)
}

/// Returns the id in a text that may be anything: only what has the length of one.
fn whole_id(text: &str) -> Option<&str> {
    let id = id(text)?;
    let (prefix, rest) = id.split_once('-')?;
    let is_hex = rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-'));
    let is_whole = is_hex
        && match prefix {
            "fleet" | "sfr" => rest.len() == 36,
            _ => matches!(rest.len(), 8 | 17) && !rest.contains('-'),
        };
    is_whole.then_some(id)
}

/// What has a name or an ARN and no id of EC2: users, roles, trails, groups, keys.
fn named(native: &Native, operation: &str) -> Vec<Target> {
    let rows = NAMES.iter().filter(|row| row.operations.contains(&operation));
    let texts = rows.flat_map(|row| {
        let values = native.at(row.part, row.members).into_iter().filter_map(Value::as_str);
        values.filter(|text| !text.is_empty()).map(|text| (row.role, text))
    });
    texts
        .map(|(role, text)| {
            let is_arn = text.starts_with("arn:");
            let uid = is_arn.then(|| Uid::new(text));
            let name = (!is_arn).then(|| text.to_owned());
            Target { role, kind: None, uid, locator: None, name, slot: None }
        })
        .collect()
}

/// What inventory lists under account and place: settings, regions, quotas, accounts (`inventory::identity::within`).
fn placed(native: &Native, operation: &str, (account, location): (&str, &str)) -> Vec<Target> {
    let mut targets = Vec::new();
    if let Some((_, setting)) = SETTINGS.iter().find(|(operations, _)| operations.contains(&operation)) {
        let uid = format!("{account}/{location}/{setting}");
        targets.push(Target::by_uid(Role::Subject, Kind::Setting, uid));
    }
    match operation {
        "EnableRegion" | "DisableRegion" => {
            let region = native.text_at(Request, "regionName");
            targets.extend(
                region.map(|it| Target::by_uid(Role::Subject, Kind::Region, format!("{account}/{it}"))),
            );
        }
        "RequestServiceQuotaIncrease" => targets.extend(quota(native, account, location)),
        "CloseAccount" | "MoveAccount" | "RemoveAccountFromOrganization" => {
            let of_request = at(native.part(Request), "accountId").into_iter().find_map(Value::as_str);
            targets.extend(of_request.map(|it| Target::by_uid(Role::Subject, Kind::Account, it)));
        }
        "LeaveOrganization" => targets.push(Target::by_uid(Role::Subject, Kind::Account, account)),
        _ => {}
    }
    targets
}

/// The quota that was asked for; its region stands in its ARN, else it is where the call went.
fn quota(native: &Native, account: &str, location: &str) -> Option<Target> {
    let arn = native.text_at(Response, "requestedQuota/quotaArn");
    let region = arn.and_then(|arn| arn.split(':').nth(3)).filter(|region| !region.is_empty());
    let (service, code) = (native.text_at(Request, "serviceCode")?, native.text_at(Request, "quotaCode")?);
    let uid = format!("{account}/{}/{service}/{code}", region.unwrap_or(location));
    Some(Target::by_uid(Role::Subject, Kind::Quota, uid))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{called, called_of, event, told};
    use super::*;

    fn asked(operation: &str, request: Value, response: Value) -> Vec<String> {
        told(&event(called(operation, request, response)))
    }

    fn of(service: &str, operation: &str, request: Value, response: Value) -> Vec<String> {
        told(&event(called_of(service, operation, request, response)))
    }

    fn reported(service: &str, operation: &str, details: Value) -> Vec<String> {
        let mut report = called_of(service, operation, Value::Null, Value::Null);
        report["serviceEventDetails"] = details;
        told(&event(report))
    }

    #[test]
    fn an_instance_that_goes_is_named_once() {
        let request = json!({ "instancesSet": { "items": [{ "instanceId": "i-0e1" }] } });
        let response = json!({ "instancesSet": { "items": [{
            "instanceId": "i-0e1", "currentState": { "code": 32 }, "previousState": { "code": 16 } }] } });
        assert_eq!(asked("TerminateInstances", request, response), ["subject i-0e1"]);
    }

    #[test]
    fn a_replaced_root_names_instance_and_source() {
        let request = json!({ "CreateReplaceRootVolumeTaskRequest": {
            "InstanceId": "i-0e1", "SnapshotId": "snap-0a1", "DeleteReplacedRootVolume": true } });
        let response = json!({ "CreateReplaceRootVolumeTaskResponse": { "replaceRootVolumeTask": {
            "replaceRootVolumeTaskId": "replacevol-0a1", "instanceId": "i-0e1", "taskState": "pending" } } });
        let expected = ["created replacevol-0a1", "source snap-0a1", "subject i-0e1"];
        assert_eq!(asked("CreateReplaceRootVolumeTask", request, response), expected);
    }

    #[test]
    fn an_attached_volume_stands_in_its_slot() {
        for (operation, request, response) in [
            (
                "AttachVolume",
                json!({ "volumeId": "vol-0b1", "instanceId": "i-0e1", "device": "/dev/sdf" }),
                json!(null),
            ),
            (
                "DetachVolume",
                json!({ "volumeId": "vol-0b1" }),
                json!({ "volumeId": "vol-0b1", "instanceId": "i-0e1", "device": "/dev/sdf", "status": "detaching" }),
            ),
        ] {
            let event = event(json!({
                "eventName": operation, "requestParameters": request, "responseElements": response }));
            assert_eq!(told(&event), ["attached-to i-0e1", "subject vol-0b1"]);
            let volume = event.targets(Role::Subject).next().unwrap();
            assert_eq!((volume.kind, volume.slot.as_deref()), (Some(Kind::Volume), Some("/dev/sdf")));
        }
    }

    #[test]
    fn snapshots_and_images_are_created_from_their_sources() {
        assert_eq!(
            asked(
                "CreateSnapshot",
                json!({ "volumeId": "vol-1" }),
                json!({ "snapshotId": "snap-1", "volumeId": "vol-1" })
            ),
            ["created snap-1", "source vol-1"],
        );
        let many = json!({ "CreateSnapshotsRequest": { "InstanceSpecification": { "InstanceId": "i-1" } } });
        let made = json!({ "CreateSnapshotsResponse": { "snapshotSet": { "item": [
            { "snapshotId": "snap-1", "volumeId": "vol-1" }, { "snapshotId": "snap-2", "volumeId": "vol-2" } ] } } });
        let expected = ["created snap-1", "created snap-2", "source i-1", "source vol-1", "source vol-2"];
        assert_eq!(asked("CreateSnapshots", many, made), expected);
        let copy = json!({ "sourceRegion": "us-east-1", "sourceSnapshotId": "snap-1" });
        assert_eq!(
            asked("CopySnapshot", copy, json!({ "snapshotId": "snap-2" })),
            ["created snap-2", "source snap-1"]
        );
        let registered = json!({ "name": "x", "blockDeviceMapping": { "items": [
            { "deviceName": "/dev/xvda", "ebs": { "snapshotId": "snap-1", "volumeSize": 8 } }] } });
        assert_eq!(
            asked("RegisterImage", registered, json!({ "imageId": "ami-1" })),
            ["created ami-1", "source snap-1"]
        );
        let taken = json!({ "instanceId": "i-1", "name": "x", "noReboot": true });
        assert_eq!(
            asked("CreateImage", taken, json!({ "imageId": "ami-1" })),
            ["created ami-1", "source i-1"]
        );
        let fleet = json!({ "CreateFleetResponse": { "fleetId": "fleet-0a1", "fleetInstanceSet": {
            "item": { "instanceIds": { "item": "i-1" } } } } });
        assert_eq!(asked("CreateFleet", json!(null), fleet), ["created fleet-0a1", "created i-1"]);
        let modified = json!({ "ModifyVolumeRequest": { "VolumeId": "vol-1", "Size": 9 } });
        assert_eq!(asked("ModifyVolume", modified, json!(null)), ["subject vol-1"]);
    }

    #[test]
    fn the_instance_of_an_association_stands_in_the_response() {
        let request =
            json!({ "ReplaceIamInstanceProfileAssociationRequest": { "AssociationId": "iip-assoc-1" } });
        let response = json!({ "ReplaceIamInstanceProfileAssociationResponse": {
            "iamInstanceProfileAssociation": { "instanceId": "i-1", "associationId": "iip-assoc-1" } } });
        assert_eq!(asked("ReplaceIamInstanceProfileAssociation", request, response), ["subject i-1"]);
    }

    #[test]
    fn an_id_in_a_tag_or_a_name_is_acted_on_by_nobody() {
        let victim = "i-0123456789abcdef0";
        let request = json!({
            "resourcesSet": { "items": [{ "resourceId": "vol-1" }] },
            "tagSet": { "items": [{ "key": "owner", "value": victim }] },
        });
        assert_eq!(asked("CreateTags", request, json!({ "_return": true })), ["subject vol-1"]);
        let request = json!({ "volumeId": "vol-1", "description": victim, "keyName": victim });
        let expected = ["related i-0123456789abcdef0", "source vol-1"];
        assert_eq!(asked("CreateSnapshot", request, json!(null)), expected);
    }

    #[test]
    fn only_what_has_the_length_of_an_id_is_found_anywhere() {
        for (text, found) in [
            ("i-0123456789abcdef0", true),
            ("i-01234567", true),
            ("i-0123", false),
            ("i-0123456Z", false),
            ("xi-01234567", false),
            ("arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0", true),
            ("arn:aws:iam::1:role/i-know", false),
            ("fleet-01234567-89ab-cdef-0123-456789abcdef", true),
            ("sir-abcdefgh", false),
        ] {
            assert_eq!(whole_id(text).is_some(), found, "{text}");
        }
    }

    #[test]
    fn a_malformed_id_names_nothing() {
        let request = json!({ "instancesSet": { "items": [{ "instanceId": "TrailDiscoverInstanceID" }] } });
        assert_eq!(asked("StartInstances", request, json!(null)), [""; 0]);
    }

    #[test]
    fn settings_regions_and_accounts_have_the_ids_of_inventory() {
        let setting = asked(
            "EnableSerialConsoleAccess",
            json!({ "EnableSerialConsoleAccessRequest": "" }),
            json!(null),
        );
        assert_eq!(setting, ["subject 111122223333/eu-west-1/serial-console-access"]);
        let region =
            of("account.amazonaws.com", "EnableRegion", json!({ "RegionName": "af-south-1" }), json!(null));
        assert_eq!(region, ["subject 111122223333/af-south-1"]);
        let asked = json!({ "serviceCode": "ec2", "quotaCode": "L-1216C47A", "desiredValue": 512.0 });
        let raised = of("servicequotas.amazonaws.com", "RequestServiceQuotaIncrease", asked, json!(null));
        assert_eq!(raised, ["subject 111122223333/eu-west-1/ec2/L-1216C47A"]);
        let left = of("organizations.amazonaws.com", "LeaveOrganization", json!(null), json!(null));
        assert_eq!(left, ["subject 111122223333"]);
        let closed = json!({ "accountId": "444455556666" });
        assert_eq!(
            of("organizations.amazonaws.com", "CloseAccount", closed, json!(null)),
            ["subject 444455556666"]
        );
    }

    #[test]
    fn principals_trails_and_groups_are_known_by_arn_or_name() {
        let iam = "iam.amazonaws.com";
        let user =
            json!({ "user": { "arn": "arn:aws:iam::1:user/eve", "userId": "AIDA1", "userName": "eve" } });
        let created = of(iam, "CreateUser", json!({ "userName": "eve" }), user);
        assert_eq!(created, ["created arn:aws:iam::1:user/eve", "created eve"]);
        let attached =
            json!({ "userName": "eve", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess" });
        let expected = ["related arn:aws:iam::aws:policy/AdministratorAccess", "subject eve"];
        assert_eq!(of(iam, "AttachUserPolicy", attached, json!(null)), expected);
        let trail = json!({ "name": "arn:aws:cloudtrail:eu-west-1:1:trail/main" });
        let stopped = of("cloudtrail.amazonaws.com", "StopLogging", trail, json!(null));
        assert_eq!(stopped, ["subject arn:aws:cloudtrail:eu-west-1:1:trail/main"]);
        let request = json!({ "instanceId": "i-1", "shouldDecrementDesiredCapacity": true });
        let response = json!({ "activity": { "autoScalingGroupName": "web" } });
        let scaled =
            of("autoscaling.amazonaws.com", "TerminateInstanceInAutoScalingGroup", request, response);
        assert_eq!(scaled, ["parent web", "subject i-1"]);
    }

    #[test]
    fn guests_are_reached_by_their_ids() {
        let target = json!({ "target": "i-1" });
        assert_eq!(of("ssm.amazonaws.com", "StartSession", target, json!(null)), ["subject i-1"]);
        let command =
            json!({ "instanceIds": ["i-1"], "targets": [{ "key": "tag:x", "values": ["prod", "i-2"] }] });
        assert_eq!(
            of("ssm.amazonaws.com", "SendCommand", command, json!(null)),
            ["subject i-1", "subject i-2"]
        );
        let key = json!({ "instanceId": "i-1", "instanceOSUser": "root", "sSHPublicKey": "ssh-rsa A" });
        let sent = of("ec2-instance-connect.amazonaws.com", "SendSSHPublicKey", key, json!(null));
        assert_eq!(sent, ["subject i-1"]);
    }

    #[test]
    fn a_service_reports_by_arn() {
        let snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0";
        let volume = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-0123456789abcdef0";
        let backup = "backup.amazonaws.com";
        let done = json!({ "state": "COMPLETED", "resourceArn": volume, "recoveryPointArn": snapshot });
        let expected = ["created snap-0123456789abcdef0", "source vol-0123456789abcdef0"];
        assert_eq!(reported(backup, "BackupJobCompleted", done), expected);
        let deleted = json!({ "recoveryPointArn": snapshot });
        assert_eq!(reported(backup, "BackupDeleted", deleted), ["subject snap-0123456789abcdef0"]);
        let shared = json!({ "snapshotId": "snap-1" });
        assert_eq!(reported("ec2.amazonaws.com", "SharedSnapshotVolumeCreated", shared), ["source snap-1"]);
    }
}
