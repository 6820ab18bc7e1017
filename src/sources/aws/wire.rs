//! What EC2's bodies look like: lists, reservations, and how an element is told by its content.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::inventory::{CALLS, KINDS, Native, grant, setting};
use crate::model::{AccountId, Kind, Reason};
use crate::sources::{Caveat, Header, Odd, Piece, Place, Shape, Statement};

/// The members that hold lists of elements.
pub(super) const ENVELOPES: &[&str] = &[
    "Reservations",
    "Instances",
    "Volumes",
    "Snapshots",
    "Images",
    "ReplaceRootVolumeTasks",
    "Regions",
    "Accounts",
    "UserDetailList",
    "GroupDetailList",
    "RoleDetailList",
    "Policies",
    "Quotas",
    "trailList",
];

/// The member of a reservation that holds its instances.
const NESTED: &str = "Instances";

/// What boto3 adds to a whole response, and no element of a list ever bears.
const RESPONSE: &str = "ResponseMetadata";

/// Takes a reservation, or a list inside the list (`--query 'Reservations[*].Instances[*]'`), apart;
/// anything else stays whole.
///
/// The parts are slices of `raw`: nothing is written again.
///
/// # Errors
///
/// `not-json` where a reservation or a list is broken.
pub(super) fn split<'a>(raw: &'a [u8], place: &Place) -> Result<Vec<Piece<'a>>, Odd> {
    let may_nest = place.envelope.as_deref().is_none_or(|envelope| envelope == "Reservations");
    match raw.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') if may_nest => Ok(pieces(&parse::<Vec<_>>(raw)?, &Map::new())),
        Some(b'{') if may_nest && memchr::memmem::find(raw, NESTED.as_bytes()).is_some() => reservation(raw),
        _ => Ok(vec![whole(raw)]),
    }
}

/// Tells what an element is; `None` for what is none of ours, also in a list whose name other calls share
/// (`describe-locked-snapshots`).
pub(super) fn recognise(element: &Map<String, Value>, place: &Place) -> Option<Shape> {
    if place.scope.is_some() || place.list.is_some() {
        return None;
    }
    if let Some(name) = grant::part(element) {
        return Some(Shape::Part(name));
    }
    if let Some(envelope) = place.envelope.as_deref() {
        if let Some(call) = CALLS.iter().find(|call| call.envelope == Some(envelope)) {
            return Some(Shape::Overlay(call.kind, call.name));
        }
        let mut natives = KINDS.iter().filter(|native| native.envelopes.contains(&envelope));
        let native = natives.find(|native| is_listed(native, element))?;
        return Some(Shape::Resource(native.kind));
    }
    if setting::is_answer(element) {
        return Some(Shape::Resource(Kind::Setting));
    }
    if let Some(call) = CALLS.iter().find(|call| (call.is_answer)(element)) {
        return Some(Shape::Overlay(call.kind, call.name));
    }
    if element.contains_key(RESPONSE) {
        return None;
    }
    let native = KINDS.iter().find(|native| is_bare(native, element))?;
    Some(Shape::Resource(native.kind))
}

/// Returns what a body says of itself: the kind by its list, and whether pages are still to come.
pub(super) fn statement(header: &Header) -> Statement {
    let lists = |native: &&Native| header.envelopes.iter().any(|e| native.envelopes.contains(&e.as_str()));
    let details = header.envelopes.iter().any(|envelope| grant::LISTS.contains(&envelope.as_str()));
    let pending = ["NextToken", "nextToken"].iter().any(|name| text(&header.members, name).is_some())
        || (details && header.members.get("IsTruncated") == Some(&Value::Bool(true)));
    let caveat = || Caveat {
        location: None,
        reason: Reason {
            code: "next-token".to_owned(),
            message: "the body holds a `NextToken`: further pages were not listed".to_owned(),
        },
    };
    Statement {
        kind: KINDS.iter().find(lists).map(|native| native.kind).or(details.then_some(Kind::Grant)),
        account: text(&header.members, "OwnerId").map(AccountId::new),
        location: None,
        caveats: pending.then(caveat).into_iter().collect(),
    }
}

/// Returns the owner of a reservation, or of an instance's primary network interface.
///
/// Volumes do not tell it; snapshots and images may be listed though another account owns them.
pub(super) fn listing_account(element: &Map<String, Value>) -> Option<AccountId> {
    let is_reservation = element.contains_key("ReservationId") || element.contains_key(NESTED);
    let owner = if is_reservation { text(element, "OwnerId") } else { primary_interface_owner(element) };
    owner.map(AccountId::new)
}

/// Returns the account that owns the primary network interface, which is the account of the instance.
pub(super) fn primary_interface_owner(instance: &Map<String, Value>) -> Option<&str> {
    let interfaces = instance.get("NetworkInterfaces")?.as_array()?;
    let primary = interfaces.iter().find(|interface| {
        interface.pointer("/Attachment/DeviceIndex").is_some_and(|index| index.as_u64() == Some(0))
    })?;
    text(primary.as_object()?, "OwnerId")
}

fn reservation(raw: &[u8]) -> Result<Vec<Piece<'_>>, Odd> {
    let mut members: BTreeMap<String, &RawValue> = parse(raw)?;
    let Some(instances) = members.remove(NESTED).filter(|nested| nested.get().starts_with('[')) else {
        return Ok(vec![whole(raw)]);
    };
    let instances = parse::<Vec<_>>(instances.get().as_bytes())?;
    let around: Map<_, _> = members
        .into_iter()
        .map(|(name, value)| Ok((name, parse(value.get().as_bytes())?)))
        .collect::<Result<_, Odd>>()?;
    Ok(pieces(&instances, &around))
}

fn pieces<'a>(parts: &[&'a RawValue], around: &Map<String, Value>) -> Vec<Piece<'a>> {
    let piece =
        |part: &&'a RawValue| Piece { raw: Cow::Borrowed(part.get().as_bytes()), around: around.clone() };
    parts.iter().map(piece).collect()
}

fn whole(raw: &[u8]) -> Piece<'_> {
    Piece { raw: Cow::Borrowed(raw), around: Map::new() }
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a [u8]) -> Result<T, Odd> {
    serde_json::from_slice(raw).map_err(|error| Odd::new("not-json", error.to_string()))
}

/// Whether an element of the kind's own list is one; without an id it is, too, if it bears a mark.
fn is_listed(native: &Native, element: &Map<String, Value>) -> bool {
    let is_own = match text(element, native.id) {
        Some(id) => has_prefix(native, id),
        None => has_mark(native, element),
    };
    is_own && !is_stranger(native, element)
}

fn is_bare(native: &Native, element: &Map<String, Value>) -> bool {
    text(element, native.id).is_some_and(|id| has_prefix(native, id))
        && has_mark(native, element)
        && !is_stranger(native, element)
}

fn has_prefix(native: &Native, id: &str) -> bool {
    native.prefixes.iter().any(|prefix| id.starts_with(prefix))
}

fn has_mark(native: &Native, element: &Map<String, Value>) -> bool {
    native.marks.iter().any(|mark| match mark.split_once('.') {
        Some((outer, inner)) => element.get(outer).is_some_and(|value| value.get(inner).is_some()),
        None => element.contains_key(*mark),
    })
}

fn is_stranger(native: &Native, element: &Map<String, Value>) -> bool {
    native.strangers.iter().any(|name| element.contains_key(*name))
        || native.needs.is_some_and(|name| !element.contains_key(name))
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!() };
        members
    }

    fn place(envelope: &str) -> Place {
        Place { envelope: Some(envelope.to_owned()), ..Place::default() }
    }

    fn bare(element: Value) -> Option<Shape> {
        recognise(&members(element), &Place::default())
    }

    #[test]
    fn a_reservation_is_split_into_slices_of_its_instances() {
        let raw = br#" {"OwnerId":"1","Instances":[{"InstanceId":"i-1"}, {"InstanceId":"i-2"}],"Groups":[]}"#;
        for place in [place("Reservations"), Place::default()] {
            let pieces = split(raw, &place).unwrap();
            let raws: Vec<_> = pieces.iter().map(|piece| std::str::from_utf8(&piece.raw).unwrap()).collect();
            assert_eq!(raws, [r#"{"InstanceId":"i-1"}"#, r#"{"InstanceId":"i-2"}"#]);
            assert!(pieces.iter().all(|piece| matches!(piece.raw, Cow::Borrowed(_))));
            assert_eq!(pieces[0].around, members(json!({ "OwnerId": "1", "Groups": [] })));
        }
    }

    #[test]
    fn a_list_inside_the_list_is_split_and_an_empty_reservation_holds_nothing() {
        let nested = split(br#"[{"InstanceId":"i-1"},{"InstanceId":"i-2"}]"#, &Place::default()).unwrap();
        assert_eq!(nested.len(), 2);
        assert!(split(br#"{"Instances":[]}"#, &place("Reservations")).unwrap().is_empty());
    }

    #[test]
    fn anything_else_stays_whole() {
        for (raw, place) in [
            (br#"{"VolumeId":"vol-1","Tags":[{"Key":"Instances"}]}"#.as_slice(), Place::default()),
            (br#"{"Instances":[1]}"#, place("Volumes")),
            (br#"{"Instances":null}"#, place("Reservations")),
            (b"17", Place::default()),
        ] {
            let pieces = split(raw, &place).unwrap();
            assert_eq!((pieces.len(), &*pieces[0].raw), (1, raw));
        }
    }

    #[test]
    fn a_broken_reservation_is_odd() {
        let odd = split(br#"{"Instances":[{"InstanceId":"#, &place("Reservations")).unwrap_err();
        assert_eq!(odd.code, "not-json");
    }

    #[test]
    fn a_bare_element_is_told_by_its_content() {
        for (element, kind) in [
            (json!({ "InstanceId": "i-1", "State": { "Name": "running" } }), Kind::Instance),
            (json!({ "InstanceId": "i-1", "ImageId": "ami-1", "Architecture": "arm64" }), Kind::Instance),
            (json!({ "VolumeId": "vol-1", "Size": 8, "SnapshotId": "snap-1" }), Kind::Volume),
            (json!({ "SnapshotId": "snap-1", "VolumeId": "vol-1", "StartTime": "t" }), Kind::Snapshot),
            (json!({ "ImageId": "ami-1", "RootDeviceType": "ebs" }), Kind::Image),
        ] {
            assert_eq!(bare(element), Some(Shape::Resource(kind)));
        }
    }

    #[test]
    fn an_element_of_another_call_service_or_cloud_is_none() {
        for element in [
            json!({ "VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/sdf", "State": "attached" }),
            json!({ "InstanceId": "i-1", "State": "active", "SpotInstanceRequestId": "sir-1" }),
            json!({ "InstanceId": "i-1", "InstanceType": "t3.micro", "LifecycleState": "InService" }),
            json!({ "InstanceId": "i-1", "ImageMetadata": {}, "State": { "Name": "running" } }),
            json!({ "InstanceId": "i-1", "CurrentState": {}, "PreviousState": {} }),
            json!({ "VolumeId": "vol-1", "AvailabilityZone": "a", "VolumeStatus": {} }),
            json!({ "VolumeId": "fsvol-1", "VolumeType": "ONTAP" }),
            json!({ "VolumeId": "vol-1", "Size": 8, "ResponseMetadata": {} }),
            json!({ "InstanceType": "m5d.large", "InstanceStorageSupported": true, "InstanceStorageInfo": {} }),
            json!({ "InstanceTypes": [{ "InstanceType": "m5d.large" }] }),
            json!({ "SnapshotId": "snap-1" }),
            json!({ "vmId": "1", "id": "/subscriptions/s", "properties": {} }),
            json!({ "kind": "compute#instance", "id": "1", "selfLink": "https://x" }),
        ] {
            assert_eq!(bare(element.clone()), None, "{element}");
        }
    }

    #[test]
    fn a_list_of_another_call_or_service_by_the_same_name_is_none() {
        for (envelope, element) in [
            ("Regions", json!({ "RegionName": "us-east-1", "RegionOptStatus": "ENABLED" })),
            ("Accounts", json!({ "Id": "111111111111", "Status": "ACTIVE" })),
            ("Snapshots", json!({ "SnapshotId": "snap-1", "LockState": "governance" })),
            ("Snapshots", json!({ "SnapshotIdentifier": "redshift-1", "ClusterIdentifier": "c" })),
            ("Volumes", json!({ "VolumeId": "fsvol-1", "VolumeType": "ONTAP" })),
            ("Images", json!({ "ImageId": "wsi-1", "Name": "n" })),
            ("value", json!({ "InstanceId": "i-1", "State": { "Name": "running" } })),
        ] {
            assert_eq!(recognise(&members(element), &place(envelope)), None, "{envelope}");
        }
    }

    #[test]
    fn a_recycle_bin_s_list_is_told_from_the_list_whose_name_it_bears() {
        for (envelope, element) in [
            ("Snapshots", json!({ "SnapshotId": "snap-1", "VolumeId": "vol-1", "RecycleBinEnterTime": "t" })),
            ("Images", json!({ "ImageId": "ami-1", "Name": "n", "RecycleBinEnterTime": "t" })),
            (
                "Volumes",
                json!({ "VolumeId": "vol-1", "Size": 8, "SnapshotId": "snap-1", "RecycleBinEnterTime": "t" }),
            ),
        ] {
            let recycled = Some(Shape::Resource(Kind::Recycled));
            assert_eq!(recognise(&members(element.clone()), &place(envelope)), recycled, "{envelope}");
            assert_eq!(bare(element), recycled, "{envelope}");
        }
    }

    #[test]
    fn regions_and_accounts_are_told_in_their_list_and_bare() {
        for (envelope, element, kind) in [
            (
                "Regions",
                json!({ "RegionName": "us-east-1", "OptInStatus": "opt-in-not-required" }),
                Kind::Region,
            ),
            (
                "Accounts",
                json!({ "Id": "111111111111", "Arn": "arn:aws:organizations::222222222222:account/o-1/111111111111",
                        "JoinedMethod": "CREATED" }),
                Kind::Account,
            ),
        ] {
            assert_eq!(recognise(&members(element.clone()), &place(envelope)), Some(Shape::Resource(kind)));
            assert_eq!(bare(element), Some(Shape::Resource(kind)));
        }
    }

    #[test]
    fn a_listed_element_needs_no_more_than_its_id_or_a_mark() {
        let instance = Some(Shape::Resource(Kind::Instance));
        let listed = |element| recognise(&members(element), &place("Reservations"));
        assert_eq!(listed(json!({ "InstanceId": "i-1", "KeyName": "k" })), instance);
        assert_eq!(listed(json!({ "InstanceType": "t3.micro" })), instance);
    }

    #[test]
    fn answers_and_tasks_are_overlays() {
        for (element, name) in [
            (json!({ "SnapshotId": "snap-1", "CreateVolumePermissions": [] }), "describe-snapshot-attribute"),
            (json!({ "ImageId": "ami-1", "LaunchPermissions": [] }), "describe-image-attribute"),
            (json!({ "InstanceId": "i-1", "InstanceType": { "Value": "x" } }), "describe-instance-attribute"),
            (
                json!({ "InstanceId": "i-1", "ImageId": "ami-1", "ReplaceRootVolumeTaskId": "replacevol-1" }),
                "describe-replace-root-volume-tasks",
            ),
        ] {
            let Some(Shape::Overlay(_, found)) = bare(element) else { panic!("{name}") };
            assert_eq!(found, name);
        }
        let task = recognise(&Map::new(), &place("ReplaceRootVolumeTasks"));
        assert!(matches!(task, Some(Shape::Overlay(Kind::Instance, _))));
    }

    #[test]
    fn a_body_tells_its_kind_when_empty_and_its_pending_page() {
        let header = |envelope: &str, token: Value| Header {
            members: members(json!({ "NextToken": token })),
            envelopes: vec![envelope.to_owned()],
            ..Header::default()
        };
        for (envelope, kind) in [
            ("Reservations", Some(Kind::Instance)),
            ("Volumes", Some(Kind::Volume)),
            ("Snapshots", Some(Kind::Snapshot)),
            ("Images", Some(Kind::Image)),
            ("Regions", Some(Kind::Region)),
            ("Accounts", Some(Kind::Account)),
            ("ReplaceRootVolumeTasks", None),
        ] {
            let told = statement(&header(envelope, Value::Null));
            assert_eq!(told, Statement { kind, ..Statement::default() });
        }
        assert!(statement(&header("Volumes", json!(""))).caveats.is_empty());
        assert_eq!(statement(&header("Volumes", json!("x"))).caveats[0].reason.code, "next-token");
    }

    #[test]
    fn a_body_that_is_one_reservation_tells_its_owner() {
        let header = Header {
            members: members(json!({ "ReservationId": "r-1", "OwnerId": "1" })),
            envelopes: vec!["Instances".to_owned()],
            ..Header::default()
        };
        let expected = Statement {
            kind: Some(Kind::Instance),
            account: Some(AccountId::new("1")),
            ..Statement::default()
        };
        assert_eq!(statement(&header), expected);
    }

    #[test]
    fn reservations_and_interfaces_prove_whose_listing_it_is() {
        let account = |element| listing_account(&members(element)).map(|account| account.to_string());
        assert_eq!(account(json!({ "ReservationId": "r-1", "OwnerId": "1" })).as_deref(), Some("1"));
        let interfaces = json!([{ "OwnerId": "2", "Attachment": { "DeviceIndex": 0 } }]);
        let instance = json!({ "InstanceId": "i-1", "NetworkInterfaces": interfaces });
        assert_eq!(account(instance).as_deref(), Some("2"));
        assert_eq!(account(json!({ "SnapshotId": "snap-1", "OwnerId": "3" })), None);
    }
}
