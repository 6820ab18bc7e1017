//! Compute Engine machine images: an instance's properties and all its disks at one moment.

use serde_json::Value;

use super::shared::{KEY, take_object, take_trouble};
use super::{disks, instance, wire};
use crate::model::{Kind, Link, Locator, Rel, Resource};
use crate::sources::{Element, Field, Form};

/// Maps a machine image.
///
/// What it captured is told by address only: an instance and disks whose names may since be another's.
pub(super) fn map(element: &mut Element, resource: &mut Resource) {
    resource.state = take_trouble(element, &["CREATING", "READY", "UPLOADING"]);
    if let Some(source) = element.take_text("sourceInstance") {
        let source = wire::locator(&source, &resource.account);
        resource.links.insert(Link::to_locator(Rel::CapturedFrom, Kind::Instance, source));
    }
    take_saved_disks(element, resource);
    take_object(element, "machineImageEncryptionKey", KEY, "", resource);
    for member in ["instanceProperties", "sourceInstanceProperties"] {
        take_properties(element, member, resource);
    }
    element.take_fields(FIELDS, "", resource);
}

fn take_saved_disks(element: &mut Element, resource: &mut Resource) {
    for mut saved in element.take_elements("savedDisks") {
        let source = saved.take_text("sourceDisk").map(|url| wire::locator(&url, &resource.account));
        let prefix = format!("savedDisks[{}].", source.as_ref().map_or("", Locator::as_str));
        saved.take_fields(SAVED_DISK, &prefix, resource);
        element.leave_nested(saved, &prefix, resource);
        if let Some(source) = source {
            resource.links.insert(Link::to_locator(Rel::TakenFrom, Kind::Volume, source));
        }
    }
}

/// Takes the properties that an instance made from it will have.
fn take_properties(element: &mut Element, member: &str, resource: &mut Resource) {
    if !element.peek(member).is_some_and(Value::is_object) {
        return;
    }
    let prefix = format!("{member}.");
    for mut properties in element.take_elements(member) {
        instance::take_properties(&mut properties, &prefix, resource);
        for disk in disks::take(&mut properties, &prefix, resource) {
            let slot = disk.slot.as_deref().unwrap_or_default();
            let path = format!("{prefix}disks[{slot}].source");
            resource.config.insert(path, Value::from(disk.target()));
        }
        properties.take_fields(PROPERTIES, &prefix, resource);
        element.leave_nested(properties, &prefix, resource);
    }
}

const SAVED_DISK: &[Field] = &[
    Field::config("architecture", Form::Plain),
    Field::volatile("kind"),
    Field::volatile("storageBytes"),
    Field::volatile("storageBytesStatus"),
];

const PROPERTIES: &[Field] = &[
    Field::config("deletionProtection", Form::Plain),
    Field::config("description", Form::Plain),
    Field::config("labels", Form::Plain),
    Field::config("resourceManagerTags", Form::Plain),
];

const FIELDS: &[Field] = &[
    Field::config("guestFlush", Form::Plain),
    Field::config("sourceDiskEncryptionKeys", Form::Secret),
    Field::config("storageLocations", Form::Set),
    Field::volatile("totalStorageBytes"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::tests::resource;
    use super::*;

    #[test]
    fn it_remembers_what_it_captured_and_conceals_its_metadata() {
        let image = json!({
            "kind": "compute#machineImage", "id": "601", "name": "m", "status": "READY",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p/global/machineImages/m",
            "sourceInstance": "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/web",
            "savedDisks": [{"sourceDisk": "projects/p/zones/z/disks/web", "storageBytes": "1"}],
            "instanceProperties": {
                "machineType": "e2-micro",
                "metadata": {"items": [{"key": "startup-script", "value": "password=hunter2"}]},
                "disks": [{"boot": true, "source": "projects/p/zones/z/disks/web", "mode": "READ_WRITE"}],
                "labels": {"env": "dev"},
            },
            "sourceInstanceProperties": {
                "metadata": {"items": [{"key": "startup-script", "value": "password=hunter2"}]},
            },
        });
        let image = resource(Kind::MachineImage, &image);
        assert_eq!(image.unmapped, BTreeMap::new());
        assert!(!format!("{image:?}").contains("hunter2"));
        assert_eq!(image.config["instanceProperties.machineType"], "e2-micro");
        assert_eq!(image.config["instanceProperties.disks[boot].source"], "projects/p/zones/z/disks/web");
        assert_eq!(image.config["instanceProperties.labels.env"], "dev");
        let edges: Vec<_> = image.links.iter().map(|link| (link.rel, link.target())).collect();
        assert!(edges.contains(&(Rel::CapturedFrom, "projects/p/zones/z/instances/web")));
        assert!(edges.contains(&(Rel::TakenFrom, "projects/p/zones/z/disks/web")));
    }
}
