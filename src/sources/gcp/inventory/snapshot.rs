//! Compute Engine snapshots, global and regional.

use super::shared::{KEY, SYSTEM, URL, take_object, take_source, take_trouble};
use crate::model::{Confidence, Kind, ManagedBy, Rel, Resource};
use crate::sources::{Element, Field, Form};

/// Maps a snapshot.
pub(super) fn map(element: &mut Element, resource: &mut Resource) {
    resource.state = take_trouble(element, &["CREATING", "READY", "UPLOADING"]);
    resource.managed_by = managed_by(element);
    take_source(element, "sourceDisk", Rel::TakenFrom, Kind::Volume, resource);
    take_source(element, "sourceInstantSnapshot", Rel::CreatedFrom, Kind::InstantSnapshot, resource);
    for key in ["snapshotEncryptionKey", "sourceDiskEncryptionKey"] {
        take_object(element, key, KEY, "", resource);
    }
    element.take_fields(SYSTEM, "", resource);
    element.take_fields(FIELDS, "", resource);
}

/// A schedule leaves marks that only Compute Engine writes (SEMANTICS D.2, class U).
fn managed_by(element: &Element) -> Option<ManagedBy> {
    let policy = ["sourceSnapshotSchedulePolicyId", "sourceSnapshotSchedulePolicy"]
        .into_iter()
        .find_map(|member| element.peek_text(member))
        .map(super::wire::relative);
    let automatic = element.peek("autoCreated").and_then(serde_json::Value::as_bool) == Some(true);
    (automatic || policy.is_some()).then(|| ManagedBy {
        confidence: Confidence::High,
        controller: policy,
        service: "snapshot-schedule".to_owned(),
    })
}

const FIELDS: &[Field] = &[
    Field::config("autoCreated", Form::Plain),
    Field::config("chainName", Form::Plain),
    Field::config("diskSizeGb", Form::Integer),
    Field::config("guestFlush", Form::Plain),
    Field::config("locationHint", Form::Plain),
    Field::config("snapshotGroupId", Form::Plain),
    Field::config("snapshotGroupName", Form::Plain),
    Field::config("snapshotType", Form::Plain),
    Field::config("sourceDiskForRecoveryCheckpoint", URL),
    Field::config("sourceSnapshotSchedulePolicy", URL),
    Field::config("sourceSnapshotSchedulePolicyId", Form::Plain),
    Field::config("storageLocations", Form::Set),
    Field::volatile("creationSizeBytes"),
    Field::volatile("downloadBytes"),
    Field::volatile("storageBytes"),
    Field::volatile("storageBytesStatus"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::super::tests::resource;
    use super::*;
    use crate::model::Phase;

    fn snapshot() -> Value {
        json!({
            "kind": "compute#snapshot", "id": "201", "name": "s", "status": "READY", "diskSizeGb": "10",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p/global/snapshots/s",
            "sourceDisk": "https://www.googleapis.com/compute/v1/projects/p/zones/z/disks/data",
            "sourceDiskId": "101", "storageBytes": "739624000", "storageBytesStatus": "UP_TO_DATE",
            "storageLocations": ["us", "eu"],
        })
    }

    #[test]
    fn it_is_taken_from_a_disk_known_by_id_and_address() {
        let snapshot = resource(Kind::Snapshot, &snapshot());
        assert_eq!(snapshot.unmapped, BTreeMap::new());
        assert_eq!(snapshot.location.as_str(), "global");
        assert_eq!(snapshot.config["storageLocations"], json!(["eu", "us"]));
        let link = snapshot.links.first().unwrap();
        assert_eq!((link.rel, link.target()), (Rel::TakenFrom, "101"));
        assert_eq!(link.locator.as_ref().unwrap().as_str(), "projects/p/zones/z/disks/data");
        assert_eq!(snapshot.managed_by, None);
    }

    #[test]
    fn being_made_and_growing_is_no_drift() {
        let mut value = snapshot();
        let ready = resource(Kind::Snapshot, &value);
        value["status"] = json!("UPLOADING");
        value["storageBytes"] = json!("1");
        value["storageBytesStatus"] = json!("UPDATING");
        assert_eq!(resource(Kind::Snapshot, &value), ready);
        value["status"] = json!("FAILED");
        assert_eq!(resource(Kind::Snapshot, &value).state.unwrap().phase, Phase::Error);
    }

    #[test]
    fn a_schedule_s_mark_is_trusted_and_a_label_is_not() {
        let mut value = snapshot();
        value["labels"] = json!({"made-by": "backup"});
        assert_eq!(resource(Kind::Snapshot, &value).managed_by, None);
        value["autoCreated"] = json!(true);
        value["sourceSnapshotSchedulePolicyId"] = json!("301");
        let managed = resource(Kind::Snapshot, &value).managed_by.unwrap();
        assert_eq!(managed.confidence, Confidence::High);
        assert_eq!(
            (managed.service.as_str(), managed.controller.as_deref()),
            ("snapshot-schedule", Some("301"))
        );
    }
}
