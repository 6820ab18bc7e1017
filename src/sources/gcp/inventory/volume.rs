//! Compute Engine disks, zonal and regional.

use serde_json::Value;

use super::shared::{KEY, SYSTEM, URL, take_object, take_source, take_trouble};
use super::wire;
use crate::model::{Confidence, Kind, Link, ManagedBy, Rel, Resource};
use crate::sources::{Element, Field, Form};

/// Maps a disk.
pub(super) fn map(element: &mut Element, resource: &mut Resource) {
    resource.state = take_trouble(element, &["CREATING", "READY", "RESTORING", "UNAVAILABLE"]);
    for (member, rel, kind) in SOURCES {
        take_source(element, member, *rel, *kind, resource);
    }
    for user in element.take_list("users") {
        let Value::String(user) = user else { continue };
        let instance = wire::locator(&user, &resource.account);
        resource.links.insert(Link::to_locator(Rel::AttachedTo, Kind::Instance, instance));
    }
    for key in ["diskEncryptionKey", "sourceImageEncryptionKey", "sourceSnapshotEncryptionKey"] {
        take_object(element, key, KEY, "", resource);
    }
    take_object(element, "asyncPrimaryDisk", REPLICATION, "", resource);
    take_secondaries(element, resource);
    element.take_fields(SYSTEM, "", resource);
    element.take_fields(FIELDS, "", resource);
    // Anyone who may edit a disk can write its labels.
    resource.managed_by = resource.tags.contains_key("goog-gke-volume").then(|| ManagedBy {
        confidence: Confidence::Low,
        controller: None,
        service: "gke".to_owned(),
    });
}

/// Takes `asyncSecondaryDisks`, an object whose keys are the disks' URLs.
fn take_secondaries(element: &mut Element, resource: &mut Resource) {
    if !element.peek("asyncSecondaryDisks").is_some_and(Value::is_object) {
        return;
    }
    let Some(Value::Object(secondaries)) = element.take("asyncSecondaryDisks") else { return };
    for (url, secondary) in secondaries {
        let prefix = format!("asyncSecondaryDisks[{}].", wire::relative(&url));
        let Value::Object(members) = secondary else { continue };
        let mut secondary = Element::new(members);
        take_object(&mut secondary, "asyncReplicationDisk", REPLICATION, &prefix, resource);
        element.leave_nested(secondary, &prefix, resource);
    }
}

const SOURCES: &[(&str, Rel, Kind)] = &[
    ("sourceDisk", Rel::CopiedFrom, Kind::Volume),
    ("sourceImage", Rel::CreatedFrom, Kind::Image),
    ("sourceInstantSnapshot", Rel::CreatedFrom, Kind::InstantSnapshot),
    ("sourceMachineImage", Rel::CreatedFrom, Kind::MachineImage),
    ("sourceSnapshot", Rel::CreatedFrom, Kind::Snapshot),
];

const REPLICATION: &[Field] = &[
    Field::config("consistencyGroupPolicy", URL),
    Field::config("consistencyGroupPolicyId", Form::Plain),
    Field::config("disk", URL),
    Field::config("diskId", Form::Plain),
];

const FIELDS: &[Field] = &[
    Field::config("accessMode", Form::Plain),
    Field::config("locationHint", Form::Plain),
    Field::config("options", Form::Plain),
    Field::config("physicalBlockSizeBytes", Form::Integer),
    Field::config("provisionedIops", Form::Integer),
    Field::config("provisionedThroughput", Form::Integer),
    Field::config("replicaZones", URL),
    Field::config("resourcePolicies", URL),
    Field::config("sizeGb", Form::Integer),
    Field::config("sourceConsistencyGroupPolicy", URL),
    Field::config("sourceConsistencyGroupPolicyId", Form::Plain),
    Field::config("sourceStorageObject", Form::Plain),
    Field::config("storagePool", URL),
    Field::config("type", URL),
    Field::evidence("lastAttachTimestamp", Form::Time),
    Field::evidence("lastDetachTimestamp", Form::Time),
    Field::volatile("resourceStatus"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::tests::resource;
    use super::*;
    use crate::model::Phase;

    const HOST: &str = "https://www.googleapis.com/compute/v1/";

    fn disk() -> Value {
        json!({
            "kind": "compute#disk", "id": "101", "name": "data", "status": "READY", "sizeGb": "10",
            "selfLink": format!("{HOST}projects/p/zones/z/disks/data"),
            "type": format!("{HOST}projects/p/zones/z/diskTypes/pd-ssd"),
            "users": [format!("{HOST}projects/p/zones/z/instances/b"), format!("{HOST}projects/p/zones/z/instances/a")],
            "sourceSnapshot": format!("{HOST}projects/p/global/snapshots/s"), "sourceSnapshotId": "201",
            "lastAttachTimestamp": "2026-01-01T19:04:05.000-08:00",
            "asyncSecondaryDisks": {
                format!("{HOST}projects/p/zones/y/disks/data"): {"asyncReplicationDisk": {"diskId": "102"}},
            },
        })
    }

    #[test]
    fn every_field_finds_its_place() {
        let disk = resource(Kind::Volume, &disk());
        assert_eq!(disk.unmapped, BTreeMap::new());
        assert_eq!(disk.config["sizeGb"], 10);
        assert_eq!(disk.config["type"], "projects/p/zones/z/diskTypes/pd-ssd");
        let secondary = "asyncSecondaryDisks[projects/p/zones/y/disks/data].asyncReplicationDisk.diskId";
        assert_eq!(disk.config[secondary], "102");
        assert_eq!(disk.evidence["lastAttachTimestamp"], "2026-01-02T03:04:05Z");
    }

    #[test]
    fn the_snapshot_it_was_made_from_is_known_by_id_and_address() {
        let disk = resource(Kind::Volume, &disk());
        let source = disk.links.iter().find(|link| link.rel == Rel::CreatedFrom).unwrap();
        assert_eq!(source.target(), "201");
        assert_eq!(source.locator.as_ref().unwrap().as_str(), "projects/p/global/snapshots/s");
        let users: Vec<_> = disk.links.iter().filter(|link| link.rel == Rel::AttachedTo).collect();
        assert_eq!(users.len(), 2);
    }

    #[test]
    fn the_deletion_of_its_source_image_does_not_move_a_disk() {
        let image = format!("{HOST}projects/debian-cloud/global/images/debian-12");
        let before = resource(Kind::Volume, &json!({"id": "1", "sourceImage": image, "sourceImageId": "9"}));
        let after = resource(Kind::Volume, &json!({"id": "1", "sourceImageId": "9"}));
        let end = |disk: &Resource| disk.links.first().unwrap().target().to_owned();
        assert_eq!((end(&before), end(&after)), ("9".to_owned(), "9".to_owned()));
        assert_eq!(before.config, after.config);
    }

    #[test]
    fn a_clone_is_a_copy_of_the_disk_by_id() {
        let source = json!({"id": "1", "sourceDisk": "zones/z/disks/old", "sourceDiskId": "8"});
        let disk = resource(Kind::Volume, &source);
        let link = disk.links.first().unwrap();
        assert_eq!((link.rel, link.target()), (Rel::CopiedFrom, "8"));
        assert_eq!(link.locator.as_ref().unwrap().as_str(), "projects/unknown/zones/z/disks/old");
    }

    #[test]
    fn only_trouble_is_a_state() {
        let phase = |status: &str| {
            resource(Kind::Volume, &json!({"id": "1", "status": status})).state.map(|state| state.phase)
        };
        assert_eq!(phase("READY"), None);
        assert_eq!(phase("RESTORING"), None);
        assert_eq!(phase("DELETING"), Some(Phase::Deleting));
        assert_eq!(phase("FAILED"), Some(Phase::Error));
        assert_eq!(phase("FROZEN"), Some(Phase::Unknown));
    }

    #[test]
    fn key_material_never_enters() {
        let disk = json!({"id": "1", "diskEncryptionKey": {
            "rawKey": "c2VjcmV0", "sha256": "abc", "kmsKeyName": "projects/p/locations/r/keyRings/k/cryptoKeys/c",
        }});
        let disk = resource(Kind::Volume, &disk);
        assert_eq!(disk.config["diskEncryptionKey.sha256"], "abc");
        assert!(!format!("{disk:?}").contains("c2VjcmV0"));
    }
}
