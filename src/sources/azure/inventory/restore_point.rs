//! Restore point of a restore point collection → restore point (SEMANTICS A.4).
//!
//! Azure Backup keeps its instant-restore snapshots here, and nowhere in the list of snapshots.

use serde_json::{Map, Value};

use super::{identity, machine_disk};
use crate::model::{Confidence, Kind, Link, Locator, Provider, Rel, Resource};
use crate::sources::azure::arm;
use crate::sources::{Element, Field, Form, Hints, Odd, Overlay, Reading};

/// Fields of a restore point; the machine as it was stands frozen in `sourceMetadata`.
const FIELDS: &[Field] = &[
    Field::config("consistencyMode", Form::Plain),
    Field::config("excludeDisks", Form::Set),
    Field::config("sourceMetadata.diagnosticsProfile", Form::Plain),
    Field::config("sourceMetadata.hardwareProfile.vmSize", Form::Plain),
    Field::config("sourceMetadata.hyperVGeneration", Form::Plain),
    Field::config("sourceMetadata.licenseType", Form::Plain),
    Field::config("sourceMetadata.location", Form::Plain),
    Field::config("sourceMetadata.osProfile", Form::Plain),
    Field::config("sourceMetadata.securityProfile", Form::Plain),
    Field::config("sourceMetadata.storageProfile.diskControllerType", Form::Plain),
    Field::config("sourceMetadata.userData", Form::Plain),
    Field::volatile("instanceView"),
];

const DISK: &[Field] = &[
    Field::config("caching", Form::Plain),
    Field::config("diskRestorePoint.encryption.diskEncryptionSet.id", Form::Canonical(arm::canonical)),
    Field::config("diskRestorePoint.encryption.type", Form::Plain),
    Field::config("diskRestorePoint.id", Form::Canonical(arm::canonical)),
    Field::config("diskSizeGB", Form::Integer),
    Field::config("encryptionSettings", Form::Plain),
    Field::config("managedDisk.diskEncryptionSet.id", Form::Canonical(arm::canonical)),
    Field::config("managedDisk.id", Form::Canonical(arm::canonical)),
    Field::config("managedDisk.storageAccountType", Form::Plain),
    Field::config("name", Form::Plain),
    Field::config("osType", Form::Plain),
    Field::config("writeAcceleratorEnabled", Form::Plain),
];

/// What a disk restore point proves of the disk behind it.
const DISK_POINT: &[Field] = &[
    Field::evidence("familyId", Form::Plain),
    Field::evidence("networkAccessPolicy", Form::Plain),
    Field::evidence("publicNetworkAccess", Form::Plain),
    Field::evidence("sourceResourceId", Form::Canonical(arm::canonical)),
    Field::evidence("sourceUniqueId", Form::Canonical(str::to_lowercase)),
];

/// Reads a restore point; `around` is its collection, where it was listed inside one.
///
/// It has no GUID: id and creation time together are its vendor-given identity (SEMANTICS A.1), in high
/// confidence wherever the time is told. One that was listed by its collection alone is noted as odd: such a
/// list proves nothing about the restore points of other collections.
pub(super) fn read(mut element: Element, around: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    if around.is_empty() {
        let message = "listed by one collection, which is no listing of the subscription's";
        element.note(Odd::new("one-collection", message));
    }
    let collection = Element::new(around.clone());
    let hints = Hints {
        location: collection.peek_text("location").map(identity::location).or_else(|| hints.location.clone()),
        ..hints.clone()
    };
    let mut resource = identity::begin(Kind::RestorePoint, None, &mut element, &hints)?;
    if resource.created_at.is_some() {
        resource.uid_confidence = Confidence::High;
    }
    if let Some(machine) = element.take_text("sourceMetadata.vmId") {
        let mut link = Link::to_uid(Rel::TakenFrom, Kind::Instance, machine.to_lowercase());
        link.locator = collection.peek_text("source.id").map(arm::canonical).map(Locator::new);
        resource.links.insert(link);
    }
    if let Some(original) = element.take_text("sourceRestorePoint.id") {
        let locator = Locator::new(arm::canonical(&original));
        resource.links.insert(Link::to_locator(Rel::CopiedFrom, Kind::RestorePoint, locator));
    }
    machine_disk::each(&mut element, "sourceMetadata.storageProfile", &mut resource, take_disk);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

/// Reads one of a restore point's disks: the only place that names the incarnation of the disk.
///
/// # Errors
///
/// `no-id` where its id does not lead to a restore point.
pub(super) fn read_disk(
    mut element: Element,
    _around: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    let mut disk = identity::begin(Kind::RestorePoint, None, &mut element, hints)?;
    let id = disk.locator.as_str().to_owned();
    let point = arm::ancestor(&id, "restorepoints")
        .ok_or_else(|| Odd::new("no-id", "`id` leads to no restore point"))?;
    element.take_fields(DISK_POINT, &format!("diskRestorePoints[{}].", arm::name(&id)), &mut disk);
    let mut overlay = Overlay::new(Provider::Azure, Kind::RestorePoint, point);
    overlay.evidence = disk.evidence;
    Ok(Reading::Overlay(overlay))
}

fn take_disk(disk: &mut Element, _slot: &str, prefix: &str, resource: &mut Resource) {
    if let Some(volume) = disk.peek_text("managedDisk.id") {
        let locator = Locator::new(arm::canonical(volume));
        resource.links.insert(Link::to_locator(Rel::TakenFrom, Kind::Volume, locator));
    }
    disk.take_fields(DISK, prefix, resource);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{odd_resources, overlay, resources};
    use super::*;

    const COLLECTION: &str = "/subscriptions/S/resourceGroups/AzureBackupRG_westus_1/providers/Microsoft.Compute/restorePointCollections/C";

    fn point() -> Value {
        json!({
            "id": format!("{COLLECTION}/restorePoints/R"), "name": "R",
            "type": "Microsoft.Compute/restorePointCollections/restorePoints",
            "properties": {
                "timeCreated": "2026-01-02T03:04:05+00:00", "consistencyMode": "CrashConsistent",
                "provisioningState": "Succeeded",
                "sourceMetadata": {"vmId": "AA-1", "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
                    "storageProfile": {"osDisk": {"name": "os", "managedDisk": {"id": "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/disks/Os"},
                        "diskRestorePoint": {"id": format!("{COLLECTION}/restorePoints/R/diskRestorePoints/D")}}}}}
        })
    }

    #[test]
    fn a_nested_restore_point_takes_its_place_and_its_machine_from_its_collection() {
        let machine = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/virtualMachines/V";
        let collection = json!({"id": COLLECTION, "type": "Microsoft.Compute/restorePointCollections",
            "location": "westus", "properties": {"source": {"id": machine}, "restorePoints": [point()]}});
        let [resource]: [Resource; 1] = resources(&collection).try_into().unwrap();
        let locator = format!("{COLLECTION}/restorePoints/R").to_lowercase();
        assert_eq!(resource.key.uid.as_str(), format!("{locator}#2026-01-02T03:04:05Z"));
        assert_eq!((resource.location.as_str(), resource.account.as_str()), ("westus", "s"));
        assert_eq!(resource.uid_confidence, Confidence::High);
        let mut taken_from = Link::to_uid(Rel::TakenFrom, Kind::Instance, "aa-1");
        taken_from.locator = Some(Locator::new(machine.to_lowercase()));
        assert!(resource.links.contains(&taken_from), "{:?}", resource.links);
        assert!(
            resource
                .links
                .iter()
                .any(|link| link.kind == Kind::Volume && link.target().ends_with("/disks/os"))
        );
        assert_eq!(resource.managed_by.unwrap().confidence, Confidence::Low);
        assert_eq!(resource.config["sourceMetadata.hardwareProfile.vmSize"], json!("Standard_D2s_v5"));
        assert_eq!(resource.unmapped, [].into());
    }

    #[test]
    fn a_restore_point_on_its_own_is_the_same_resource_in_a_list_that_proves_nothing_of_others() {
        let [(resource, odd)] = odd_resources(&point()).try_into().unwrap();
        assert_eq!(odd, ["one-collection"]);
        assert_eq!(resource.key.kind, Kind::RestorePoint);
        let taken_from = Link::to_uid(Rel::TakenFrom, Kind::Instance, "aa-1");
        assert!(resource.links.contains(&taken_from));
    }

    #[test]
    fn a_disk_restore_point_tells_which_incarnation_of_the_disk_it_holds() {
        let overlay = overlay(&json!({
            "id": format!("{COLLECTION}/restorePoints/R/diskRestorePoints/D"),
            "properties": {"timeCreated": "2026-01-02T03:04:05+00:00", "sourceUniqueId": "BB-2"}}));
        assert_eq!(overlay.target, format!("{COLLECTION}/restorePoints/R").to_lowercase());
        assert_eq!(overlay.evidence["diskRestorePoints[d].sourceUniqueId"], json!("bb-2"));
    }
}
