//! Compute Engine images.

use super::shared::{KEY, SYSTEM, URL, take_object, take_source, take_trouble};
use crate::model::{Kind, Rel, Resource};
use crate::sources::{Element, Field, Form};

/// Maps an image.
pub(super) fn map(element: &mut Element, resource: &mut Resource) {
    resource.state = take_trouble(element, &["PENDING", "READY"]);
    for (member, kind) in
        [("sourceDisk", Kind::Volume), ("sourceImage", Kind::Image), ("sourceSnapshot", Kind::Snapshot)]
    {
        take_source(element, member, Rel::CreatedFrom, kind, resource);
        take_object(element, &format!("{member}EncryptionKey"), KEY, "", resource);
    }
    take_object(element, "imageEncryptionKey", KEY, "", resource);
    element.take_fields(SYSTEM, "", resource);
    element.take_fields(FIELDS, "", resource);
}

const FIELDS: &[Field] = &[
    Field::config("deprecated.deleted", Form::Plain),
    Field::config("deprecated.deprecated", Form::Plain),
    Field::config("deprecated.obsolete", Form::Plain),
    Field::config("deprecated.replacement", URL),
    Field::config("deprecated.state", Form::Plain),
    Field::config("diskSizeGb", Form::Integer),
    Field::config("family", Form::Plain),
    Field::config("rawDisk", Form::Plain),
    Field::config("shieldedInstanceInitialState", Form::Secret),
    Field::config("sourceType", Form::Plain),
    Field::config("storageLocations", Form::Set),
    // Absent until the image is ready.
    Field::evidence("archiveSizeBytes", Form::Integer),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::super::tests::resource;
    use super::*;

    fn image() -> Value {
        json!({
            "kind": "compute#image", "id": "501", "name": "golden", "status": "READY", "family": "base",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p/global/images/golden",
            "archiveSizeBytes": "1709589952", "diskSizeGb": "10", "sourceType": "RAW",
            "sourceSnapshot": "https://www.googleapis.com/compute/v1/projects/p/global/snapshots/s",
            "sourceSnapshotId": "201", "licenseCodes": ["2", "1"],
            "deprecated": {"state": "DEPRECATED"},
            "shieldedInstanceInitialState": {"pk": {"content": "AAAA", "fileType": "BIN"}},
        })
    }

    #[test]
    fn it_is_made_from_a_snapshot_and_carries_its_deprecation() {
        let image = resource(Kind::Image, &image());
        assert_eq!(image.unmapped, BTreeMap::new());
        assert_eq!(image.config["deprecated.state"], "DEPRECATED");
        assert_eq!(image.config["licenseCodes"], json!(["1", "2"]));
        assert!(image.config.contains_key("shieldedInstanceInitialState.sha256"));
        let link = image.links.first().unwrap();
        assert_eq!((link.rel, link.kind, link.target()), (Rel::CreatedFrom, Kind::Snapshot, "201"));
    }

    #[test]
    fn becoming_ready_is_no_drift() {
        let ready = resource(Kind::Image, &image());
        let mut value = image();
        value["status"] = json!("PENDING");
        value.as_object_mut().unwrap().remove("archiveSizeBytes");
        let pending = resource(Kind::Image, &value);
        assert_eq!((pending.state, pending.config), (ready.state, ready.config));
    }
}
