//! Managed image → image (SEMANTICS A.4).
//!
//! The vendor gives it no immutable id: its uid is always composed, in low confidence.

use serde_json::{Map, Value};

use super::{identity, machine_disk};
use crate::model::{Kind, Link, Locator, Rel, Resource};
use crate::sources::azure::arm;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

const FIELDS: &[Field] = &[
    Field::config("hyperVGeneration", Form::Plain),
    Field::config("storageProfile.zoneResilient", Form::Plain),
];

const DISK: &[Field] = &[
    Field::config("osType", Form::Plain),
    Field::config("osState", Form::Plain),
    Field::config("caching", Form::Plain),
    Field::config("diskSizeGB", Form::Integer),
    Field::config("storageAccountType", Form::Plain),
    Field::config("blobUri", Form::Plain),
    Field::config("diskEncryptionSet.id", Form::Canonical(arm::canonical)),
    Field::config("managedDisk.id", Form::Canonical(arm::canonical)),
];

/// Reads a managed image.
pub(super) fn read(
    mut element: Element,
    _around: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    let mut resource = identity::begin(Kind::Image, None, &mut element, hints)?;
    if let Some(machine) = element.take_text("sourceVirtualMachine.id") {
        let locator = Locator::new(arm::canonical(&machine));
        resource.links.insert(Link::to_locator(Rel::CapturedFrom, Kind::Instance, locator));
    }
    machine_disk::each(&mut element, "storageProfile", &mut resource, take_disk);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

/// Takes one disk: a snapshot holds its blocks, a managed disk was copied. An image never changes, so
/// the disk's id may stay in config too, where it tells the slot.
fn take_disk(disk: &mut Element, slot: &str, prefix: &str, resource: &mut Resource) {
    if let Some(snapshot) = disk.take_text("snapshot.id") {
        let locator = Locator::new(arm::canonical(&snapshot));
        resource.links.insert(Link::to_locator(Rel::BackedBy, Kind::Snapshot, locator).in_slot(slot));
    }
    if let Some(volume) = disk.peek_text("managedDisk.id") {
        let locator = Locator::new(arm::canonical(volume));
        resource.links.insert(Link::to_locator(Rel::CreatedFrom, Kind::Volume, locator));
    }
    disk.take_fields(DISK, prefix, resource);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;
    use crate::model::Confidence;

    const COMPUTE: &str = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute";

    fn image(disks: &Value) -> Resource {
        resource(&json!({
            "id": format!("{COMPUTE}/images/Golden"), "name": "Golden", "type": "Microsoft.Compute/images",
            "location": "westus",
            "properties": {"sourceVirtualMachine": {"id": format!("{COMPUTE}/virtualMachines/V")},
                "hyperVGeneration": "V2", "storageProfile": disks}
        }))
    }

    #[test]
    fn it_is_captured_from_its_machine_and_backed_by_snapshots_slot_by_slot() {
        let snapshot = |name: &str| json!({"id": format!("{COMPUTE}/snapshots/{name}")});
        let image = image(&json!({"osDisk": {"osType": "Linux", "snapshot": snapshot("Os")},
            "dataDisks": [{"lun": 2, "snapshot": snapshot("Data"), "diskSizeGB": 8}]}));
        let links: Vec<_> = image
            .links
            .iter()
            .map(|link| (link.rel, link.slot.as_deref(), arm::name(link.target())))
            .collect();
        let expected = [
            (Rel::CapturedFrom, None, "v"),
            (Rel::BackedBy, Some("lun:2"), "data"),
            (Rel::BackedBy, Some("os"), "os"),
        ];
        assert!(expected.iter().all(|link| links.contains(link)) && links.len() == 3, "{links:?}");
        assert_eq!(image.config["storageProfile.dataDisks[2].diskSizeGB"], json!(8));
        assert_eq!(image.unmapped, [].into());
    }

    #[test]
    fn its_uid_is_composed_and_says_so() {
        let image = image(&json!({"osDisk": {"managedDisk": {"id": format!("{COMPUTE}/disks/Os")}}}));
        assert_eq!(image.uid_confidence, Confidence::Low);
        assert_eq!(image.key.uid.as_str(), image.locator.as_str());
        assert!(image.links.iter().any(|link| (link.rel, link.kind) == (Rel::CreatedFrom, Kind::Volume)));
    }
}
