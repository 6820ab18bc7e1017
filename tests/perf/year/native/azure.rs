//! Resource Manager and the Activity Log.

use driftline::model::Kind;
use serde_json::{Value, json};

use super::{Act, spelled};
use crate::estate::{Id, SUBSCRIPTION, Site, Source, Thing};
use crate::people::{Who, guid};
use crate::world::World;

const TENANT: &str = "9a7c5e10-2d34-4b6f-8e91-0c3d5f7a9b12";
const GROUP: &str = "rg-prod";
const VAULT: &str = "providers/Microsoft.RecoveryServices/vaults/main";

fn arm(thing: &Thing) -> String {
    let collection = match thing.kind {
        Kind::Instance => "virtualMachines",
        Kind::Volume => "disks",
        Kind::Snapshot => "snapshots",
        _ => "images",
    };
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}");
    format!("{group}/providers/Microsoft.Compute/{collection}/{}", thing.name)
}

/// Returns a thing as Resource Manager lists it.
pub(super) fn thing(world: &World, id: Id) -> Value {
    let thing = &world.things[id];
    let mut body = match thing.kind {
        Kind::Instance => json!({ "properties": machine(world, thing) }),
        Kind::Volume | Kind::Snapshot => json!({ "properties": storage(world, thing) }),
        _ => json!({ "properties": image(world, thing) }),
    };
    body["id"] = arm(thing).into();
    body["name"] = thing.name.clone().into();
    body["location"] = thing.site.location.into();
    body["tags"] = json!(thing.tags);
    body["type"] = match thing.kind {
        Kind::Instance => "Microsoft.Compute/virtualMachines",
        Kind::Volume => "Microsoft.Compute/disks",
        Kind::Snapshot => "Microsoft.Compute/snapshots",
        _ => "Microsoft.Compute/images",
    }
    .into();
    if thing.kind == Kind::Volume {
        body["sku"] = json!({ "name": "Premium_LRS", "tier": "Premium" });
        if let Some((machine, ..)) = &thing.held {
            body["managedBy"] = arm(&world.things[*machine]).into();
        }
    }
    body
}

fn machine(world: &World, thing: &Thing) -> Value {
    let mut data = Vec::new();
    let mut os = Value::Null;
    for (slot, held) in &thing.slots {
        let disk = &world.things[held.disk];
        let own = disk.born >= thing.born && disk.source == thing.source;
        let mut body = json!({ "name": disk.name, "caching": "ReadWrite", "createOption": if own { "FromImage" } else { "Attach" },
            "deleteOption": if held.along { "Delete" } else { "Detach" }, "managedDisk": { "id": arm(disk) } });
        match slot.strip_prefix("lun:") {
            None => {
                body["osType"] = "Linux".into();
                os = body;
            }
            Some(lun) => {
                body["lun"] = lun.parse::<i64>().unwrap_or_default().into();
                body["createOption"] = "Attach".into();
                data.push(body);
            }
        }
    }
    let mut profile = json!({ "osDisk": os, "dataDisks": data });
    profile["imageReference"] = match thing.source {
        Source::Thing(id) => json!({ "id": arm(&world.things[id]) }),
        _ => {
            json!({ "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest" })
        }
    };
    let interface = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/networkInterfaces/{}-{}-nic",
        thing.name, thing.address
    );
    json!({
        "vmId": thing.uid, "timeCreated": spelled(thing.born), "provisioningState": "Succeeded",
        "hardwareProfile": { "vmSize": thing.model() }, "storageProfile": profile,
        "instanceView": { "statuses": [{ "code": if thing.running { "PowerState/running" } else { "PowerState/deallocated" } }] },
        "networkProfile": { "networkInterfaces": [{ "id": interface }] },
        "osProfile": { "computerName": thing.name, "adminUsername": "ops", "allowExtensionOperations": thing.script == 0 },
        "priority": if thing.spot { "Spot" } else { "Regular" },
    })
}

fn storage(world: &World, thing: &Thing) -> Value {
    let creation = match thing.source {
        Source::Nothing => json!({ "createOption": "Empty" }),
        Source::Stock => json!({ "createOption": "FromImage", "imageReference": { "id":
            format!("/Subscriptions/{SUBSCRIPTION}/Providers/Microsoft.Compute/Locations/westeurope/Publishers/Canonical/ArtifactTypes/VMImage/Offers/ubuntu/Skus/server/Versions/24.04.1") } }),
        Source::Thing(id) if world.things[id].kind == Kind::Image => {
            json!({ "createOption": "FromImage", "imageReference": { "id": arm(&world.things[id]) } })
        }
        Source::Thing(id) => {
            json!({ "createOption": "Copy", "sourceResourceId": arm(&world.things[id]), "sourceUniqueId": world.things[id].uid })
        }
    };
    let state = match (&thing.held, thing.guests.is_empty()) {
        (_, false) => "ActiveSAS",
        (Some((machine, ..)), _) if world.things[*machine].running => "Attached",
        (Some(_), _) => "Reserved",
        (None, _) => "Unattached",
    };
    let mut body = json!({ "uniqueId": thing.uid, "timeCreated": spelled(thing.born), "diskSizeGB": thing.size, "provisioningState": "Succeeded",
        "creationData": creation, "diskState": state, "networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled",
        "encryption": { "type": if thing.encrypted { "EncryptionAtRestWithCustomerKey" } else { "EncryptionAtRestWithPlatformKey" } } });
    if thing.kind == Kind::Snapshot {
        body["incremental"] = true.into();
    } else {
        body["LastOwnershipUpdateTime"] = spelled(thing.moved).into();
    }
    body
}

fn image(world: &World, thing: &Thing) -> Value {
    let mut body = json!({ "provisioningState": "Succeeded", "hyperVGeneration": "V2",
        "storageProfile": { "osDisk": { "osType": "Linux", "osState": "Generalized", "diskSizeGB": 64 }, "dataDisks": [] } });
    if let Source::Thing(id) = thing.source {
        let source = &world.things[id];
        match source.kind {
            Kind::Instance => body["sourceVirtualMachine"] = json!({ "id": arm(source) }),
            _ => body["storageProfile"]["osDisk"]["snapshot"] = json!({ "id": arm(source) }),
        }
    }
    body
}

/// Returns what a token claims of who calls, and how the log names it.
fn identity(who: &Who) -> (String, Value) {
    let own = |id: &str| {
        json!({ "http://schemas.microsoft.com/identity/claims/objectidentifier": guid(id),
        "http://schemas.microsoft.com/identity/claims/tenantid": TENANT, "ipaddr": who.address() })
    };
    match who {
        Who::Person(name) | Who::KeyHolder(name) => {
            let upn = format!("{name}@northwick.example");
            let mut claims = own(name);
            claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"] = upn.clone().into();
            claims["appid"] = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c".into();
            claims["idtyp"] = "user".into();
            (upn, claims)
        }
        _ => {
            let mut claims = own(who.name());
            claims["appid"] = guid(&format!("app-{}", who.name())).into();
            claims["idtyp"] = "app".into();
            (guid(who.name()), claims)
        }
    }
}

/// One operation: its name, the resource, what came back, and whether it made something.
type Call = (&'static str, String, Value, bool);

/// Returns what the Activity Log holds of an act.
pub(super) fn records(world: &mut World, site: &'static Site, who: &Who, act: &Act) -> Vec<Value> {
    let Some((operation, resource, body, created)) = call(world, site, act) else { return Vec::new() };
    let number = world.next();
    let (caller, claims) = identity(who);
    let record = |part: u8, status: &str| {
        json!({
            "eventDataId": guid(&format!("{number}-{part}")), "correlationId": guid(&format!("c{number}")),
            "operationId": guid(&format!("o{number}")), "eventTimestamp": spelled(world.now),
            "submissionTimestamp": spelled(world.now), "category": { "value": "Administrative" },
            "operationName": { "value": operation }, "status": { "value": status }, "subStatus": { "value": "" },
            "caller": caller, "resourceId": resource, "subscriptionId": SUBSCRIPTION, "tenantId": TENANT,
            "level": "Informational", "authorization": { "action": operation, "scope": resource }, "claims": claims,
            "httpRequest": { "clientIpAddress": who.address(), "method": "PUT" }, "properties": {},
        })
    };
    let mut accepted = record(1, "Accepted");
    if !body.is_null() {
        accepted["properties"] = json!({ "statusCode": "Accepted", "responseBody": body.to_string() });
    }
    if created {
        accepted["subStatus"] = json!({ "value": "Created" });
    } else if operation.ends_with("virtualMachines/write") {
        accepted["subStatus"] = json!({ "value": "OK" });
    }
    vec![record(0, "Started"), accepted, record(2, "Succeeded")]
}

fn call(world: &World, site: &Site, act: &Act) -> Option<Call> {
    on_thing(world, act).or_else(|| on_account(world, site, act))
}

/// What is done to machines, disks, snapshots and images.
fn on_thing(world: &World, act: &Act) -> Option<Call> {
    let on = |name: &'static str, id: &Id| Some((name, arm(&world.things[*id]), Value::Null, false));
    let write = |id: &Id, created: bool| {
        let thing = &world.things[*id];
        let body = json!({ "properties": machine(world, thing) });
        Some(("Microsoft.Compute/virtualMachines/write", arm(thing), body, created))
    };
    let make = |name: &'static str, id: &Id| {
        let thing = &world.things[*id];
        let mut body = json!({ "properties": storage(world, thing) });
        if let Some(properties) = body["properties"].as_object_mut() {
            properties.remove("uniqueId");
        }
        Some((name, arm(thing), body, false))
    };
    match act {
        Act::Launch(id) => write(id, true),
        Act::Terminate(id) => on("Microsoft.Compute/virtualMachines/delete", id),
        Act::Start(id) => on("Microsoft.Compute/virtualMachines/start/action", id),
        Act::Stop(id) => on("Microsoft.Compute/virtualMachines/deallocate/action", id),
        Act::Reboot(id) => on("Microsoft.Compute/virtualMachines/restart/action", id),
        Act::Resize(id) | Act::Script(id) | Act::Profile(id) | Act::Swap(id) => write(id, false),
        Act::Attach(_, machine, _) | Act::Detach(_, machine, _) => write(machine, false),
        Act::Lock(id, locked) => {
            let name = if *locked {
                "Microsoft.Authorization/locks/write"
            } else {
                "Microsoft.Authorization/locks/delete"
            };
            let lock = format!("{}/providers/Microsoft.Authorization/locks/keep", arm(&world.things[*id]));
            Some((name, lock, Value::Null, false))
        }
        Act::MakeDisk(id) => make("Microsoft.Compute/disks/write", id),
        Act::Grow(id) => {
            let thing = &world.things[*id];
            Some((
                "Microsoft.Compute/disks/write",
                arm(thing),
                json!({ "properties": storage(world, thing) }),
                false,
            ))
        }
        Act::DeleteImage(id) => on("Microsoft.Compute/images/delete", id),
        Act::DeleteDisk(id) => on("Microsoft.Compute/disks/delete", id),
        Act::Snap(id) | Act::CopySnap(id, _) => make("Microsoft.Compute/snapshots/write", id),
        Act::DeleteSnap(id) => on("Microsoft.Compute/snapshots/delete", id),
        Act::Share(id, _, false) => on("Microsoft.Compute/snapshots/endGetAccess/action", id),
        Act::Share(id, _, true) => on("Microsoft.Compute/snapshots/beginGetAccess/action", id),
        Act::Capture(id) | Act::Register(id, _) => {
            let thing = &world.things[*id];
            Some((
                "Microsoft.Compute/images/write",
                arm(thing),
                json!({ "properties": image(world, thing) }),
                false,
            ))
        }
        _ => None,
    }
}

/// What is done to the rest.
fn on_account(world: &World, site: &Site, act: &Act) -> Option<Call> {
    let subscription = format!("/subscriptions/{SUBSCRIPTION}");
    match act {
        Act::Tag(id, ..) => {
            let tags = format!("{}/providers/Microsoft.Resources/tags/default", arm(&world.things[*id]));
            Some(("Microsoft.Resources/tags/write", tags, Value::Null, false))
        }
        Act::Firewall(open) => {
            let name = if *open {
                "Microsoft.Network/networkSecurityGroups/securityRules/write"
            } else {
                "Microsoft.Network/networkSecurityGroups/securityRules/delete"
            };
            let rule = format!(
                "{subscription}/resourceGroups/{GROUP}/providers/Microsoft.Network/networkSecurityGroups/app/securityRules/temporary"
            );
            let body = json!({ "properties": { "direction": "Inbound", "access": "Allow", "sourceAddressPrefix": "*", "destinationPortRange": "22", "protocol": "Tcp" } });
            Some((name, rule, body, *open))
        }
        Act::Grant(to) => {
            let assignment = format!(
                "{subscription}/providers/Microsoft.Authorization/roleAssignments/{}",
                guid(&format!("ra-{}", to.name()))
            );
            let role = format!(
                "{subscription}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
            );
            let body = json!({ "properties": { "principalId": guid(to.name()), "roleDefinitionId": role, "scope": subscription } });
            Some(("Microsoft.Authorization/roleAssignments/write", assignment, body, true))
        }
        Act::AskQuota(number) => {
            let family =
                ["standardNCADSA100v4Family", "standardDSv5Family", "cores"][usize::from(*number) % 3];
            let limits = format!(
                "{subscription}/providers/Microsoft.Capacity/resourceProviders/Microsoft.Compute/locations"
            );
            let limit = format!("{limits}/{}/serviceLimits/{family}", site.location);
            let body = json!({ "properties": { "limit": 512 } });
            Some(("Microsoft.Capacity/resourceProviders/locations/serviceLimits/write", limit, body, false))
        }
        Act::Trail(on) => {
            let name = if *on {
                "Microsoft.Insights/diagnosticSettings/write"
            } else {
                "Microsoft.Insights/diagnosticSettings/delete"
            };
            Some((
                name,
                format!("{subscription}/providers/microsoft.insights/diagnosticSettings/main"),
                Value::Null,
                false,
            ))
        }
        Act::DropPolicy(policy) => {
            let path = format!("{subscription}/resourceGroups/{GROUP}/{VAULT}/backupPolicies/{policy}");
            Some(("Microsoft.RecoveryServices/vaults/backupPolicies/delete", path, Value::Null, false))
        }
        Act::Vault => {
            let path = format!("{subscription}/resourceGroups/{GROUP}/{VAULT}/backupconfig/vaultconfig");
            Some((
                "Microsoft.RecoveryServices/vaults/backupconfig/write",
                path,
                json!({ "properties": { "softDeleteFeatureState": "Disabled" } }),
                false,
            ))
        }
        _ => None,
    }
}
