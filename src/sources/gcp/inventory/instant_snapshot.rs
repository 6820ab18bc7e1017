//! Compute Engine instant snapshots, which live beside their disk.

use super::shared::{SYSTEM, URL, take_source, take_trouble};
use crate::model::{Kind, Rel, Resource};
use crate::sources::{Element, Field, Form};

/// Maps an instant snapshot.
pub(super) fn map(element: &mut Element, resource: &mut Resource) {
    resource.state = take_trouble(element, &["CREATING", "READY", "UNAVAILABLE"]);
    take_source(element, "sourceDisk", Rel::TakenFrom, Kind::Volume, resource);
    element.take_fields(SYSTEM, "", resource);
    element.take_fields(FIELDS, "", resource);
}

const FIELDS: &[Field] = &[
    Field::config("diskSizeGb", Form::Integer),
    Field::config("sourceInstantSnapshotGroup", URL),
    Field::config("sourceInstantSnapshotGroupId", Form::Plain),
    Field::volatile("resourceStatus"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::tests::resource;
    use super::*;

    #[test]
    fn it_is_taken_from_the_disk_beside_it() {
        let snapshot = json!({
            "kind": "compute#instantSnapshot", "id": "401", "name": "i", "status": "READY",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p/zones/z/instantSnapshots/i",
            "sourceDisk": "https://www.googleapis.com/compute/v1/projects/p/zones/z/disks/data",
            "sourceDiskId": "101", "diskSizeGb": "10", "architecture": "X86_64",
            "resourceStatus": {"storageSizeBytes": "5"},
        });
        let snapshot = resource(Kind::InstantSnapshot, &snapshot);
        assert_eq!(snapshot.unmapped, BTreeMap::new());
        assert_eq!(snapshot.zone.as_deref(), Some("z"));
        let link = snapshot.links.first().unwrap();
        assert_eq!((link.rel, link.kind, link.target()), (Rel::TakenFrom, Kind::Volume, "101"));
    }
}
