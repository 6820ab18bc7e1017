//! Managed disk → volume (SEMANTICS A.4).

use serde_json::{Map, Value};

use super::{identity, storage};
use crate::model::{Kind, Link, Locator, Rel};
use crate::sources::azure::arm;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of `Microsoft.Compute/disks` alone.
const FIELDS: &[Field] = &[
    Field::config("tier", Form::Plain),
    Field::config("maxShares", Form::Integer),
    Field::config("diskIOPSReadWrite", Form::Integer),
    Field::config("diskMBpsReadWrite", Form::Integer),
    Field::config("diskIOPSReadOnly", Form::Integer),
    Field::config("diskMBpsReadOnly", Form::Integer),
    Field::config("burstingEnabled", Form::Plain),
    Field::config("optimizedForFrequentAttach", Form::Plain),
    Field::config("availabilityPolicy.actionOnDiskDelay", Form::Plain),
    Field::config("readOnly", Form::Plain),
    // Moves at every attach, detach, start and deallocation: the earliest proof of a swap.
    Field::evidence("LastOwnershipUpdateTime", Form::Time),
    Field::volatile("burstingEnabledTime"),
    Field::volatile("shareInfo"),
];

/// Reads a managed disk.
pub(super) fn read(
    mut element: Element,
    _around: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    let mut resource = identity::begin(Kind::Volume, Some("uniqueId"), &mut element, hints)?;
    storage::take(&mut element, &mut resource);
    let owner = element.take_text("managedBy");
    let owners = element.take_list("managedByExtended");
    for id in owner.iter().map(String::as_str).chain(owners.iter().filter_map(Value::as_str)) {
        let id = arm::canonical(id);
        let kind = arm::kind(&id).unwrap_or(Kind::Instance);
        resource.links.insert(Link::to_locator(Rel::AttachedTo, kind, Locator::new(id)));
    }
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;
    use crate::model::Uid;

    const COMPUTE: &str = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute";

    fn with(member: &str, value: Value) -> Value {
        let mut disk = json!({
            "id": format!("{COMPUTE}/disks/Data"), "name": "Data", "type": "Microsoft.Compute/disks",
            "location": "westus", "sku": {"name": "Premium_LRS", "tier": "Premium"},
            "properties": {"uniqueId": "D1", "timeCreated": "2026-01-02T03:04:05.1234567+00:00",
                "creationData": {"createOption": "Empty"}, "diskSizeGB": 30, "diskSizeBytes": 32_212_254_720_i64,
                "diskState": "Attached", "provisioningState": "Succeeded"}
        });
        disk["properties"][member] = value;
        disk
    }

    #[test]
    fn what_follows_the_platform_is_no_drift() {
        let one = resource(&with("diskState", json!("Attached")));
        for (member, value) in [
            ("provisioningState", json!("Updating")),
            ("completionPercent", json!(40.5)),
            ("propertyUpdatesInProgress", json!({"targetTier": "P10"})),
            ("supportedCapabilities", json!({"architecture": "x64"})),
            ("diskSizeBytes", json!(1)),
            ("shareInfo", json!([{"vmUri": "/subscriptions/s/v"}])),
        ] {
            assert_eq!(resource(&with(member, value)), one, "{member}");
        }
        assert_eq!(one.unmapped, [].into());
        assert_eq!(one.state, None);
    }

    #[test]
    fn what_its_owner_set_is_config() {
        let one = resource(&with("diskState", json!("Attached")));
        for (member, value) in [
            ("networkAccessPolicy", json!("DenyAll")),
            ("publicNetworkAccess", json!("Disabled")),
            ("diskSizeGB", json!(64)),
            ("encryption", json!({"type": "EncryptionAtRestWithCustomerKey"})),
        ] {
            assert_ne!(resource(&with(member, value)).config, one.config, "{member}");
        }
    }

    #[test]
    fn a_live_signature_is_an_open_export_and_any_other_state_only_evidence() {
        let export = |state: &str| resource(&with("diskState", json!(state))).exposure;
        assert_eq!(export("ActiveSAS").export.as_deref(), Some("ActiveSAS"));
        assert_eq!(export("ActiveUpload").export.as_deref(), Some("ActiveUpload"));
        assert_eq!(export("Reserved").export, None);
        assert!(!export("ActiveSAS").known, "role assignments are not told");
        let reserved = resource(&with("diskState", json!("Reserved")));
        assert_eq!(reserved.evidence["diskState"], json!("Reserved"));
        assert_eq!(reserved.config, resource(&with("diskState", json!("Attached"))).config);
    }

    #[test]
    fn the_source_says_which_incarnation_and_what_kind_it_was() {
        let link = |path: &str| {
            let source = json!({"createOption": "Copy", "sourceUniqueId": "AB-1",
                "sourceResourceId": format!("{COMPUTE}/{path}")});
            resource(&with("creationData", source)).links.pop_first().unwrap()
        };
        let expected = |rel, kind, uid: Option<&str>, path: &str| {
            let link = Link::to_locator(rel, kind, Locator::new(format!("{COMPUTE}/{path}").to_lowercase()));
            Link { uid: uid.map(Uid::new), ..link }
        };
        assert_eq!(
            link("snapshots/S"),
            expected(Rel::CreatedFrom, Kind::Snapshot, Some("ab-1"), "snapshots/S")
        );
        assert_eq!(link("disks/D"), expected(Rel::CopiedFrom, Kind::Volume, Some("ab-1"), "disks/D"));
        let point = "restorePointCollections/C/restorePoints/R";
        assert_eq!(
            link(&format!("{point}/diskRestorePoints/D")),
            expected(Rel::CreatedFrom, Kind::RestorePoint, None, point)
        );
    }

    #[test]
    fn an_image_in_two_members_is_one_link() {
        let image = json!({"id": "/Subscriptions/S/Providers/Microsoft.Compute/Locations/westus/Publishers/P/ArtifactTypes/VMImage/Offers/O/Skus/K/Versions/1"});
        let source =
            json!({"createOption": "FromImage", "imageReference": image, "galleryImageReference": image});
        let links = resource(&with("creationData", source)).links;
        assert_eq!(links.len(), 1);
        assert_eq!(links.first().map(|link| (link.rel, link.kind)), Some((Rel::CreatedFrom, Kind::Image)));
    }

    #[test]
    fn every_machine_that_shares_it_is_linked() {
        let mut disk = with("diskState", json!("Attached"));
        disk["managedBy"] = json!(format!("{COMPUTE}/virtualMachines/A"));
        disk["managedByExtended"] =
            json!([format!("{COMPUTE}/virtualMachines/a"), format!("{COMPUTE}/virtualMachines/B")]);
        let links = resource(&disk).links;
        let targets: Vec<_> = links.iter().map(|link| (link.rel, arm::name(link.target()))).collect();
        assert_eq!(targets, [(Rel::AttachedTo, "a"), (Rel::AttachedTo, "b")]);
    }

    #[test]
    fn the_arm_body_and_what_az_prints_are_equal() {
        let arm = with("LastOwnershipUpdateTime", json!("2026-01-03T00:00:00+00:00"));
        let az = json!({
            "LastOwnershipUpdateTime": null, "lastOwnershipUpdateTime": "2026-01-03T00:00:00+00:00",
            "burstingEnabled": null, "creationData": {"createOption": "Empty", "sourceUri": null},
            "diskSizeBytes": 32_212_254_720_i64, "diskSizeGb": 30, "diskState": "Attached", "managedBy": null,
            "managedByExtended": null, "id": format!("{COMPUTE}/disks/Data"), "location": "westus", "name": "Data",
            "provisioningState": "Succeeded", "resourceGroup": "G", "sku": {"name": "Premium_LRS", "tier": "Premium"},
            "tags": {}, "timeCreated": "2026-01-02T03:04:05.123456+00:00", "type": "Microsoft.Compute/disks",
            "uniqueId": "d1", "zones": null
        });
        assert_eq!(resource(&arm), resource(&az));
    }
}
