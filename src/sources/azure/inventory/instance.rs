//! Virtual machine, alone or of a scale set → instance (SEMANTICS A.4).

use serde_json::{Map, Value};

use super::{identity, machine_disk};
use crate::model::{Confidence, Kind, Link, Locator, ManagedBy, Phase, Provider, Rel, Resource, State};
use crate::sources::azure::arm;
use crate::sources::{Element, Field, Form, Hints, Odd, Overlay, Reading};

/// Fields of `Microsoft.Compute/virtualMachines` (API 2024-07-01) and of a scale set's machines.
#[rustfmt::skip]
const FIELDS: &[Field] = &[
    Field::config("additionalCapabilities.hibernationEnabled", Form::Plain),
    Field::config("additionalCapabilities.ultraSSDEnabled", Form::Plain),
    Field::config("applicationProfile.galleryApplications", Form::Set),
    Field::config("availabilitySet.id", Form::Canonical(arm::canonical)),
    Field::config("billingProfile.maxPrice", Form::Plain),
    Field::config("capacityReservation.capacityReservationGroup.id", Form::Canonical(arm::canonical)),
    Field::config("diagnosticsProfile.bootDiagnostics.enabled", Form::Plain),
    Field::config("diagnosticsProfile.bootDiagnostics.storageUri", Form::Plain),
    Field::config("evictionPolicy", Form::Plain),
    Field::config("extensionsTimeBudget", Form::Plain),
    Field::config("hardwareProfile.vmSize", Form::Plain),
    Field::config("hardwareProfile.vmSizeProperties.vCPUsAvailable", Form::Integer),
    Field::config("hardwareProfile.vmSizeProperties.vCPUsPerCore", Form::Integer),
    Field::config("host.id", Form::Canonical(arm::canonical)),
    Field::config("hostGroup.id", Form::Canonical(arm::canonical)),
    Field::config("identity.principalId", Form::Plain),
    Field::config("identity.tenantId", Form::Plain),
    Field::config("identity.type", Form::Plain),
    Field::config("licenseType", Form::Plain),
    Field::config("managedBy", Form::Canonical(arm::canonical)),
    Field::config("modelDefinitionApplied", Form::Plain),
    Field::config("networkProfile.networkApiVersion", Form::Plain),
    Field::config("networkProfile.networkInterfaceConfigurations", Form::Set),
    Field::config("networkProfileConfiguration.networkInterfaceConfigurations", Form::Set),
    Field::config("osProfile.adminUsername", Form::Plain),
    Field::config("osProfile.allowExtensionOperations", Form::Plain),
    Field::config("osProfile.computerName", Form::Plain),
    Field::config("osProfile.linuxConfiguration.disablePasswordAuthentication", Form::Plain),
    Field::config("osProfile.linuxConfiguration.enableVMAgentPlatformUpdates", Form::Plain),
    Field::config("osProfile.linuxConfiguration.patchSettings", Form::Plain),
    Field::config("osProfile.linuxConfiguration.provisionVMAgent", Form::Plain),
    Field::config("osProfile.linuxConfiguration.ssh.publicKeys", Form::Set),
    Field::config("osProfile.requireGuestProvisionSignal", Form::Plain),
    Field::config("osProfile.secrets", Form::Set),
    Field::config("osProfile.windowsConfiguration.additionalUnattendContent", Form::Set),
    Field::config("osProfile.windowsConfiguration.enableAutomaticUpdates", Form::Plain),
    Field::config("osProfile.windowsConfiguration.enableVMAgentPlatformUpdates", Form::Plain),
    Field::config("osProfile.windowsConfiguration.patchSettings", Form::Plain),
    Field::config("osProfile.windowsConfiguration.provisionVMAgent", Form::Plain),
    Field::config("osProfile.windowsConfiguration.timeZone", Form::Plain),
    Field::config("osProfile.windowsConfiguration.winRM.listeners", Form::Set),
    // Concealed before they come here; the API returns the first only on request, the others never.
    Field::config("userData", Form::Plain),
    Field::config("osProfile.customData", Form::Plain),
    Field::config("osProfile.adminPassword", Form::Plain),
    Field::config("plan.name", Form::Plain),
    Field::config("plan.product", Form::Plain),
    Field::config("plan.promotionCode", Form::Plain),
    Field::config("plan.publisher", Form::Plain),
    Field::config("platformFaultDomain", Form::Integer),
    Field::config("priority", Form::Plain),
    Field::config("protectionPolicy.protectFromScaleIn", Form::Plain),
    Field::config("protectionPolicy.protectFromScaleSetActions", Form::Plain),
    Field::config("proximityPlacementGroup.id", Form::Canonical(arm::canonical)),
    Field::config("scheduledEventsPolicy", Form::Plain),
    Field::config("scheduledEventsProfile", Form::Plain),
    Field::config("securityProfile.encryptionAtHost", Form::Plain),
    Field::config("securityProfile.encryptionIdentity.userAssignedIdentityResourceId", Form::Canonical(arm::canonical)),
    Field::config("securityProfile.proxyAgentSettings", Form::Plain),
    Field::config("securityProfile.securityType", Form::Plain),
    Field::config("securityProfile.uefiSettings.secureBootEnabled", Form::Plain),
    Field::config("securityProfile.uefiSettings.vTpmEnabled", Form::Plain),
    Field::config("sku.name", Form::Plain),
    Field::config("storageProfile.diskControllerType", Form::Plain),
    Field::config("storageProfile.imageReference.communityGalleryImageId", Form::Plain),
    Field::config("storageProfile.imageReference.exactVersion", Form::Plain),
    Field::config("storageProfile.imageReference.offer", Form::Plain),
    Field::config("storageProfile.imageReference.publisher", Form::Plain),
    Field::config("storageProfile.imageReference.sharedGalleryImageId", Form::Plain),
    Field::config("storageProfile.imageReference.sku", Form::Plain),
    Field::config("storageProfile.imageReference.version", Form::Plain),
    Field::config("virtualMachineScaleSet.id", Form::Canonical(arm::canonical)),
    // Moves when the scale set's model does, not the machine.
    Field::evidence("latestModelApplied", Form::Plain),
    Field::volatile("instanceId"),
    Field::volatile("instanceView"),
    Field::volatile("resilientVMDeletionStatus"),
    Field::volatile("sku.capacity"),
    Field::volatile("sku.tier"),
    // `az … -d` looks these up elsewhere; dynamic addresses move at every start.
    Field::volatile("fqdns"),
    Field::volatile("macAddresses"),
    Field::volatile("privateIps"),
    Field::volatile("publicIps"),
];

/// Fields of one disk of a machine.
///
/// Size and storage type are left out while the machine is deallocated (recorded), and the disk itself
/// tells them: evidence. An unmanaged disk is nowhere else, but its blob can only grow.
const DISK: &[Field] = &[
    Field::config("caching", Form::Plain),
    Field::config("createOption", Form::Plain),
    Field::config("deleteOption", Form::Plain),
    Field::config("diffDiskSettings.enableFullCaching", Form::Plain),
    Field::config("diffDiskSettings.option", Form::Plain),
    Field::config("diffDiskSettings.placement", Form::Plain),
    Field::config("encryptionSettings", Form::Plain),
    Field::config("image.uri", Form::Plain),
    Field::config("managedDisk.diskEncryptionSet.id", Form::Canonical(arm::canonical)),
    Field::config("managedDisk.securityProfile.diskEncryptionSet.id", Form::Canonical(arm::canonical)),
    Field::config("managedDisk.securityProfile.securityEncryptionType", Form::Plain),
    Field::config("name", Form::Plain),
    Field::config("osType", Form::Plain),
    Field::config("sourceResource.id", Form::Canonical(arm::canonical)),
    Field::config("vhd.uri", Form::Plain),
    Field::config("writeAcceleratorEnabled", Form::Plain),
    Field::evidence("diskSizeGB", Form::Integer),
    Field::evidence("managedDisk.storageAccountType", Form::Plain),
    Field::volatile("detachOption"),
    Field::volatile("diskIOPSReadWrite"),
    Field::volatile("diskMBpsReadWrite"),
    Field::volatile("toBeDetached"),
];

/// Reads a machine.
pub(super) fn read(element: Element, _around: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    read_machine(Kind::Instance, element, hints)
}

/// Reads a machine of a uniform scale set, as its set lists it.
pub(super) fn read_of_scale_set(
    element: Element,
    _around: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    read_machine(Kind::ScaleSetInstance, element, hints)
}

fn read_machine(kind: Kind, mut element: Element, hints: &Hints) -> Result<Reading, Odd> {
    let mut resource = identity::begin(kind, Some("vmId"), &mut element, hints)?;
    let power = take_power(&mut element);
    resource.state = resource.state.or(power);
    let own_set = arm::ancestor(resource.locator.as_str(), "virtualmachinescalesets").map(uniform);
    resource.managed_by = own_set.or_else(|| flexible(&element)).or(resource.managed_by);
    if let Some(image) = element.take_text("storageProfile.imageReference.id") {
        let locator = Locator::new(arm::canonical(&image));
        resource.links.insert(Link::to_locator(Rel::LaunchedFrom, Kind::Image, locator));
    }
    machine_disk::each(&mut element, "storageProfile", &mut resource, take_disk);
    take_interfaces(&mut element, &mut resource);
    take_identities(&mut element, &mut resource);
    take_extensions(&mut element, &mut resource);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

/// Reads an element of a list with `statusOnly=true`: the state of a machine that another list describes.
pub(super) fn read_status(
    mut element: Element,
    _around: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    let resource = identity::begin(Kind::Instance, Some("vmId"), &mut element, hints)?;
    let mut overlay = Overlay::new(Provider::Azure, Kind::Instance, resource.locator.as_str());
    overlay.state = resource.state.or_else(|| take_power(&mut element));
    Ok(Reading::Overlay(overlay))
}

/// Takes the power state: a status code of the instance view, or what `az … -d` makes of it
/// (`VM running`); none where nobody asked for it.
fn take_power(element: &mut Element) -> Option<State> {
    let shown = element.take_text("powerState");
    let statuses = element.take_list("instanceView.statuses");
    let codes: Vec<_> = statuses.iter().filter_map(|status| status.get("code")?.as_str()).collect();
    let word = codes.iter().find_map(|code| code.strip_prefix("PowerState/"));
    let word = word.or_else(|| shown.as_deref()?.strip_prefix("VM "))?;
    let hibernated = codes.contains(&"HibernationState/Hibernated");
    Some(match word {
        "deallocated" if hibernated => State { native: "hibernated".to_owned(), phase: Phase::Suspended },
        word => State { native: word.to_owned(), phase: phase(word) },
    })
}

fn phase(word: &str) -> Phase {
    match word {
        "running" => Phase::Running,
        "starting" => Phase::Pending,
        "stopping" | "deallocating" => Phase::Stopping,
        "stopped" | "deallocated" => Phase::Stopped,
        _ => Phase::Unknown,
    }
}

/// Returns the flexible scale set that a machine is in: anyone who may create a machine can put it there
/// (SEMANTICS D.2).
fn flexible(element: &Element) -> Option<ManagedBy> {
    let controller = Some(arm::canonical(element.peek_text("virtualMachineScaleSet.id")?));
    Some(ManagedBy { confidence: Confidence::Low, controller, service: SCALE_SET.to_owned() })
}

/// Names the uniform scale set that a machine's id lies in: nobody can put a machine there, only the set makes
/// them.
fn uniform(set: &str) -> ManagedBy {
    let controller = Some(set.to_owned());
    ManagedBy { confidence: Confidence::High, controller, service: SCALE_SET.to_owned() }
}

const SCALE_SET: &str = "scale-set";

/// Takes one disk. Where nothing says whether it goes with the machine, the vendor's default holds: only
/// an ephemeral one does.
fn take_disk(disk: &mut Element, slot: &str, prefix: &str, resource: &mut Resource) {
    if let Some(id) = disk.take_text("managedDisk.id") {
        let ephemeral = disk.peek_text("diffDiskSettings.option") == Some("Local");
        let delete_with =
            disk.take_text("deleteOption").map_or(ephemeral, |option| option.eq_ignore_ascii_case("Delete"));
        let link = Link::to_locator(Rel::Attached, Kind::Volume, Locator::new(arm::canonical(&id)));
        resource.links.insert(Link { delete_with: Some(delete_with), ..link.in_slot(slot) });
    }
    disk.take_fields(DISK, prefix, resource);
}

/// Takes the network interfaces, keyed by id, whatever their order.
fn take_interfaces(element: &mut Element, resource: &mut Resource) {
    const PATH: &str = "networkProfile.networkInterfaces";
    const INTERFACE: &[Field] =
        &[Field::config("deleteOption", Form::Plain), Field::config("primary", Form::Plain)];
    let mut ids = Vec::new();
    for mut interface in element.take_elements(PATH) {
        let id = interface.take_text("id").map(|id| arm::canonical(&id)).unwrap_or_default();
        let prefix = format!("{PATH}[{id}].");
        interface.take_fields(INTERFACE, &prefix, resource);
        element.leave_nested(interface, &prefix, resource);
        ids.push(id);
    }
    insert_set(PATH, ids, resource);
}

/// Takes the ids of the user-assigned identities; what Azure resolves each to says nothing new.
fn take_identities(element: &mut Element, resource: &mut Resource) {
    const PATH: &str = "identity.userAssignedIdentities";
    if let Some(Value::Object(identities)) = element.take(PATH) {
        insert_set(PATH, identities.keys().map(|id| arm::canonical(id)).collect(), resource);
    }
}

/// Takes the names of the extensions; their settings are none of a machine's own (SEMANTICS B.1), and a
/// list tells only their ids.
fn take_extensions(element: &mut Element, resource: &mut Resource) {
    let extensions = element.take_list("resources");
    let ids = extensions.iter().filter_map(|extension| extension.get("id")?.as_str());
    insert_set("resources", ids.map(|id| arm::name(&arm::canonical(id)).to_owned()).collect(), resource);
}

fn insert_set(path: &str, mut members: Vec<String>, resource: &mut Resource) {
    members.sort();
    members.dedup();
    if !members.is_empty() {
        resource.config.insert(path.to_owned(), members.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{overlay, resource};
    use super::*;

    const COMPUTE: &str = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute";
    const NIC: &str = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/networkInterfaces/Nic";

    fn machine() -> Value {
        json!({
            "id": format!("{COMPUTE}/virtualMachines/Web"), "name": "Web",
            "type": "Microsoft.Compute/virtualMachines", "location": "westus", "zones": ["1"],
            "tags": {"role": "web"},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {
                "/subscriptions/S/resourceGroups/G/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Id":
                    {"clientId": "c"}}},
            "resources": [{"id": format!("{COMPUTE}/virtualMachines/Web/extensions/Agent"),
                "properties": {"settings": {"k": "v"}, "provisioningState": "Succeeded"}}],
            "properties": {
                "vmId": "AA-1", "timeCreated": "2026-01-02T03:04:05+00:00", "provisioningState": "Succeeded",
                "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
                "storageProfile": {
                    "imageReference": {"publisher": "Canonical", "offer": "ubuntu", "sku": "24_04", "version": "latest"},
                    "osDisk": {"name": "Os", "osType": "Linux", "createOption": "FromImage", "caching": "ReadWrite",
                        "managedDisk": {"id": format!("{COMPUTE}/disks/Os"), "storageAccountType": "Premium_LRS"},
                        "deleteOption": "Delete", "diskSizeGB": 30},
                    "dataDisks": [{"lun": 1, "name": "Data", "createOption": "Attach", "caching": "None",
                        "managedDisk": {"id": format!("{COMPUTE}/disks/Data")}, "toBeDetached": false}]},
                "osProfile": {"computerName": "web", "adminUsername": "ops", "secrets": [],
                    "linuxConfiguration": {"disablePasswordAuthentication": true, "provisionVMAgent": true,
                        "ssh": {"publicKeys": [{"path": "/home/ops/.ssh/authorized_keys", "keyData": "ssh-rsa AAAA"}]}}},
                "networkProfile": {"networkInterfaces": [{"id": NIC, "properties": {"primary": true}}]},
                "instanceView": {"statuses": [
                    {"code": "ProvisioningState/succeeded", "time": "2026-01-02T03:05:00+00:00"},
                    {"code": "PowerState/running", "displayStatus": "VM running"}]}}
        })
    }

    fn changed(change: impl FnOnce(&mut Value)) -> Resource {
        let mut native = machine();
        change(&mut native);
        resource(&native)
    }

    #[test]
    fn its_disks_hang_in_slots_and_say_whether_they_go_with_it() {
        let machine = resource(&machine());
        let slots: Vec<_> = machine
            .links
            .iter()
            .map(|link| (link.slot.as_deref(), arm::name(link.target()), link.delete_with))
            .collect();
        let (os, data) = ((Some("os"), "os", Some(true)), (Some("lun:1"), "data", Some(false)));
        assert!(slots.contains(&os) && slots.contains(&data) && slots.len() == 2, "{slots:?}");
        assert_eq!(machine.unmapped, [].into());
        assert_eq!(machine.config["resources"], json!(["agent"]));
        assert_eq!(machine.config["networkProfile.networkInterfaces"], json!([NIC.to_lowercase()]));
    }

    #[test]
    fn what_moves_in_the_instance_view_beside_power_is_no_drift() {
        let moved = changed(|native| {
            native["properties"]["instanceView"]["vmAgent"] = json!({"vmAgentVersion": "2.9"});
            native["properties"]["instanceView"]["statuses"][0]["time"] = json!("2026-02-02T00:00:00+00:00");
            native["properties"]["provisioningState"] = json!("Updating");
            native["etag"] = json!("\"7\"");
            native["properties"]["storageProfile"]["dataDisks"][0]["toBeDetached"] = json!(true);
        });
        assert_eq!(moved, resource(&machine()));
    }

    #[test]
    fn power_states_in_both_spellings_are_told_apart() {
        let by_code = |code: &str| {
            changed(|native| native["properties"]["instanceView"]["statuses"] = json!([{"code": code}])).state
        };
        for (word, phase) in [
            ("running", Phase::Running),
            ("starting", Phase::Pending),
            ("stopping", Phase::Stopping),
            ("stopped", Phase::Stopped),
            ("deallocating", Phase::Stopping),
            ("deallocated", Phase::Stopped),
            ("unknown", Phase::Unknown),
        ] {
            let expected = Some(State { native: word.to_owned(), phase });
            assert_eq!(by_code(&format!("PowerState/{word}")), expected);
            let shown = changed(|native| {
                native["properties"]["instanceView"] = Value::Null;
                native["powerState"] = json!(format!("VM {word}"));
            });
            assert_eq!(shown.state, expected);
        }
        assert_eq!(by_code("ProvisioningState/succeeded"), None);
    }

    #[test]
    fn hibernated_is_suspended_and_deleting_is_gone_whatever_the_power() {
        let hibernated = changed(|native| {
            native["properties"]["instanceView"]["statuses"] =
                json!([{"code": "PowerState/deallocated"}, {"code": "HibernationState/Hibernated"}]);
        });
        assert_eq!(hibernated.state.map(|state| state.phase), Some(Phase::Suspended));
        assert!(changed(|native| native["properties"]["provisioningState"] = json!("Deleting")).is_gone());
    }

    #[test]
    fn a_deallocated_machine_does_not_tell_its_disks_sizes_and_that_is_no_drift() {
        let deallocated = changed(|native| {
            let disk = &mut native["properties"]["storageProfile"]["osDisk"];
            disk["diskSizeGB"] = Value::Null;
            disk["managedDisk"]["storageAccountType"] = Value::Null;
        });
        assert_eq!(deallocated.config, resource(&machine()).config);
    }

    #[test]
    fn a_status_alone_lies_over_its_machine_by_canonical_locator() {
        let status = overlay(&json!({"id": format!("{COMPUTE}/virtualMachines/WEB/"), "properties": {
            "instanceView": {"statuses": [{"code": "PowerState/stopped"}]}}}));
        let machine = resource(&machine());
        assert_eq!(status.target, machine.locator.as_str());
        assert_eq!(status.state.map(|state| state.native).as_deref(), Some("stopped"));
    }

    #[test]
    fn a_key_leaves_its_digest_and_another_key_is_drift() {
        const KEYS: &str = "osProfile.linuxConfiguration.ssh.publicKeys";
        let one = resource(&machine());
        assert!(!format!("{one:?}").contains("AAAA"));
        let other = changed(|native| {
            native["properties"]["osProfile"]["linuxConfiguration"]["ssh"]["publicKeys"][0]["keyData"] =
                json!("ssh-rsa B");
        });
        assert_ne!(one.config[KEYS], other.config[KEYS]);
    }

    #[test]
    fn a_flexible_scale_set_is_a_mark_that_others_can_write() {
        let set = format!("{COMPUTE}/virtualMachineScaleSets/Set");
        let flexible = changed(|native| native["properties"]["virtualMachineScaleSet"] = json!({"id": set}));
        let managed_by = flexible.managed_by.unwrap();
        assert_eq!(managed_by.confidence, Confidence::Low);
        assert_eq!(managed_by.controller, Some(set.to_lowercase()));
    }

    #[test]
    fn a_machine_of_a_uniform_scale_set_is_read_as_any_other_and_is_its_set_s() {
        let set = format!("{COMPUTE}/virtualMachineScaleSets/Set");
        let mut native = machine();
        native["id"] = json!(format!("{set}/virtualMachines/3"));
        native["name"] = json!("Set_3");
        native["type"] = json!("Microsoft.Compute/virtualMachineScaleSets/virtualMachines");
        native["instanceId"] = json!("3");
        native["sku"] = json!({"name": "Standard_D2s_v5", "tier": "Standard"});
        native["properties"]["latestModelApplied"] = json!(false);
        native["properties"]["instanceView"] = json!({"statuses": [{"code": "PowerState/running"}]});
        let of_set = resource(&native);
        assert_eq!((of_set.key.kind, of_set.key.uid.as_str()), (Kind::ScaleSetInstance, "aa-1"));
        assert_eq!(of_set.state.map(|state| state.phase), Some(Phase::Running));
        let managed_by = of_set.managed_by.unwrap();
        assert_eq!(
            (managed_by.confidence, managed_by.controller),
            (Confidence::High, Some(set.to_lowercase()))
        );
        assert_eq!(of_set.links, resource(&machine()).links);
        assert_eq!(of_set.unmapped, [].into());
    }

    #[test]
    fn ids_in_another_case_are_the_same_machine() {
        fn upper(value: &mut Value) {
            match value {
                Value::String(text) if arm::is_id(text) => *text = text.to_uppercase(),
                Value::Array(items) => items.iter_mut().for_each(upper),
                Value::Object(members) => members.values_mut().for_each(upper),
                _ => {}
            }
        }
        assert_eq!(changed(upper), resource(&machine()));
    }

    #[test]
    fn the_arm_body_and_what_az_prints_with_details_are_equal() {
        let az = json!({
            "id": format!("{COMPUTE}/virtualMachines/Web"), "name": "Web", "resourceGroup": "G",
            "type": "Microsoft.Compute/virtualMachines", "location": "westus", "zones": ["1"],
            "tags": {"role": "web"}, "plan": null, "priority": null, "etag": "\"1\"", "licenseType": null,
            "identity": {"type": "UserAssigned", "principalId": null, "userAssignedIdentities": {
                "/subscriptions/S/resourceGroups/G/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Id":
                    {"clientId": "c", "principalId": null}}},
            "resources": [{"id": format!("{COMPUTE}/virtualMachines/Web/extensions/Agent"), "resourceGroup": "G",
                "settings": {"k": "v"}, "provisioningState": "Succeeded", "typePropertiesType": null}],
            "vmId": "aa-1", "timeCreated": "2026-01-02T03:04:05+00:00", "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": "Standard_D2s_v5", "vmSizeProperties": null},
            "storageProfile": {
                "imageReference": {"id": null, "publisher": "Canonical", "offer": "ubuntu", "sku": "24_04",
                    "version": "latest", "exactVersion": null},
                "osDisk": {"name": "Os", "osType": "Linux", "createOption": "FromImage", "caching": "ReadWrite",
                    "managedDisk": {"id": format!("{COMPUTE}/disks/Os"), "resourceGroup": "G",
                        "storageAccountType": "Premium_LRS", "diskEncryptionSet": null},
                    "deleteOption": "Delete", "diskSizeGb": 30, "vhd": null, "diffDiskSettings": null},
                "dataDisks": [{"lun": 1, "name": "Data", "createOption": "Attach", "caching": "None",
                    "managedDisk": {"id": format!("{COMPUTE}/disks/Data"), "resourceGroup": "G"},
                    "toBeDetached": false, "diskSizeGb": null, "diskIopsReadWrite": null}]},
            "osProfile": {"computerName": "web", "adminUsername": "ops", "adminPassword": null, "secrets": [],
                "linuxConfiguration": {"disablePasswordAuthentication": true, "provisionVmAgent": true,
                    "ssh": {"publicKeys": [{"path": "/home/ops/.ssh/authorized_keys", "keyData": "ssh-rsa AAAA"}]}}},
            "networkProfile": {"networkInterfaceConfigurations": null,
                "networkInterfaces": [{"id": NIC, "primary": true, "deleteOption": null, "resourceGroup": "G"}]},
            "powerState": "VM running", "privateIps": "10.0.0.4", "publicIps": "", "fqdns": "", "macAddresses": ""
        });
        assert_eq!(resource(&az), resource(&machine()));
    }
}
