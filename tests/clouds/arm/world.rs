//! An estate in ARM's own JSON.

use serde_json::{Map, Value, json};

use super::logs::Logs;

/// The tenant of [`World::made_up`].
pub const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";

/// The subscriptions of [`World::made_up`]: two in use, and a disabled one.
pub const SUBSCRIPTIONS: &[&str] = &[
    "11111111-0000-4000-8000-000000000001",
    "22222222-0000-4000-8000-000000000002",
    "33333333-0000-4000-8000-000000000003",
];

/// Everything that a server serves.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// As `GET /subscriptions` lists them.
    pub subscriptions: Vec<Value>,
    /// Every resource with all that is known of it: machines with their instance view, collections with their
    /// restore points.
    pub resources: Vec<Value>,
    /// What was done.
    pub logs: Logs,
}

impl World {
    /// Makes an estate with several pages of almost everything.
    pub fn made_up() -> Self {
        let mut world = Self::default();
        for (number, (id, state)) in SUBSCRIPTIONS.iter().zip(["Enabled", "PastDue", "Disabled"]).enumerate()
        {
            world.subscriptions.push(json!({
                "id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": TENANT,
                "displayName": format!("Subscription {number}"), "state": state, "authorizationSource": "RoleBased",
                "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "x", "spendingLimit": "Off"}}));
        }
        world.add_compute(SUBSCRIPTIONS[0], 7);
        world.add_compute(SUBSCRIPTIONS[1], 2);
        world
    }

    fn add_compute(&mut self, subscription: &str, count: u32) {
        for number in 0..count {
            self.resources.push(machine(subscription, number));
            self.resources.push(disk(subscription, &format!("os-{number}"), number));
            self.resources.push(snapshot(subscription, number));
        }
        self.resources.push(disk(subscription, "spare", 90));
        self.resources.push(image(subscription));
        for (number, points) in [3, 0, 1].into_iter().enumerate() {
            self.resources.push(collection(subscription, number, points));
            for point in 0..points {
                self.resources.push(disk_restore_point(subscription, number, point));
            }
        }
        for (name, mode) in [("Uniform", Some("Uniform")), ("Old", None), ("Flexible", Some("Flexible"))] {
            let set = id(subscription, &format!("virtualMachineScaleSets/{name}"));
            self.resources.push(
                json!({"id": set, "name": name, "type": "Microsoft.Compute/virtualMachineScaleSets",
                "location": "westeurope", "sku": {"name": "Standard_B2s", "capacity": 4},
                "properties": {"orchestrationMode": mode, "uniqueId": uid(subscription, name, 0)}}),
            );
            if mode != Some("Flexible") {
                self.resources.extend((0..4).map(|number| scale_set_machine(subscription, name, number)));
            }
        }
        for (name, scope) in
            [("keep", ""), ("keep-disk", "/resourceGroups/G/providers/Microsoft.Compute/disks/Os-0")]
        {
            self.resources.push(json!({
                "id": format!("/subscriptions/{subscription}{scope}/providers/Microsoft.Authorization/locks/{name}"),
                "name": name, "type": "Microsoft.Authorization/locks",
                "properties": {"level": "CanNotDelete", "notes": "kept"}}));
        }
    }

    /// Returns the resources of a type in a subscription.
    pub fn of_type<'a>(
        &'a self,
        subscription: &'a str,
        resource_type: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        let start = format!("/subscriptions/{subscription}/").to_lowercase();
        self.resources.iter().filter(move |resource| {
            let of_type =
                resource["type"].as_str().is_some_and(|text| text.eq_ignore_ascii_case(resource_type));
            of_type && locator(resource).starts_with(&start)
        })
    }

    /// Returns what has an id, in any spelling.
    pub fn get(&self, id: &str) -> Option<&Value> {
        self.resources
            .iter()
            .chain(&self.subscriptions)
            .find(|resource| locator(resource) == id.to_lowercase())
    }

    /// Returns what has an id, to change it.
    pub fn get_mut(&mut self, id: &str) -> &mut Value {
        self.resources.iter_mut().find(|resource| locator(resource) == id.to_lowercase()).unwrap()
    }

    /// Takes something out.
    pub fn remove(&mut self, id: &str) {
        self.resources.retain(|resource| locator(resource) != id.to_lowercase());
    }
}

/// Returns the id of an element, in lower case.
pub fn locator(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_default().to_lowercase()
}

/// Returns the id of something of Microsoft.Compute.
pub fn id(subscription: &str, path: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/G/providers/Microsoft.Compute/{path}")
}

/// Returns a GUID.
pub fn uid(subscription: &str, sort: &str, number: u32) -> String {
    let sort = sort.bytes().fold(17_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("{sort:08x}-0000-4000-8000-{}{number:011x}", &subscription[..1])
}

fn machine(subscription: &str, number: u32) -> Value {
    let power = if number % 3 == 1 { "PowerState/deallocated" } else { "PowerState/running" };
    json!({
        "id": id(subscription, &format!("virtualMachines/Vm-{number}")), "name": format!("Vm-{number}"),
        "type": "Microsoft.Compute/virtualMachines", "location": "westeurope", "tags": {"role": "web"},
        "etag": format!("\"{number}\""),
        "properties": {
            "vmId": uid(subscription, "vm", number), "timeCreated": "2026-01-02T03:04:05.1234567+00:00",
            "provisioningState": "Succeeded", "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {"publisher": "Canonical", "offer": "ubuntu", "sku": "24_04", "version": "latest"},
                "osDisk": {"osType": "Linux", "name": format!("Os-{number}"), "createOption": "FromImage",
                    "caching": "ReadWrite", "deleteOption": "Delete", "diskSizeGB": 30,
                    "managedDisk": {"id": id(subscription, &format!("disks/Os-{number}")).to_uppercase(),
                        "storageAccountType": "Premium_LRS"}},
                "dataDisks": []},
            "osProfile": {"computerName": format!("vm-{number}"), "adminUsername": "ops", "secrets": [],
                "linuxConfiguration": {"disablePasswordAuthentication": true}},
            "networkProfile": {"networkInterfaces": [{"properties": {"primary": true},
                "id": format!("/subscriptions/{subscription}/resourceGroups/G/providers/Microsoft.Network/networkInterfaces/nic-{number}")}]},
            "instanceView": {
                "computerName": format!("vm-{number}"), "osName": "ubuntu",
                "vmAgent": {"vmAgentVersion": "2", "statuses": [{"code": "ProvisioningState/succeeded", "time": "2026-03-01T00:00:00+00:00"}]},
                "statuses": [{"code": "ProvisioningState/succeeded", "level": "Info", "time": "2026-01-02T03:04:05+00:00"},
                    {"code": power, "level": "Info"}]}}
    })
}

fn disk(subscription: &str, name: &str, number: u32) -> Value {
    json!({
        "id": id(subscription, &format!("disks/{name}")), "name": name, "type": "Microsoft.Compute/disks",
        "location": "westeurope", "sku": {"name": "Premium_LRS", "tier": "Premium"}, "zones": ["1"],
        "managedBy": if number < 90 { json!(id(subscription, &format!("virtualMachines/Vm-{number}"))) } else { Value::Null },
        "properties": {
            "uniqueId": uid(subscription, "disk", number), "timeCreated": "2026-01-02T03:04:05.1234567+00:00",
            "creationData": {"createOption": "FromImage", "imageReference": {"id": "/Subscriptions/x/Providers/Microsoft.Compute/Locations/westeurope/Publishers/Canonical/ArtifactTypes/VMImage/Offers/u/Skus/24/Versions/1"}},
            "diskSizeGB": 30, "diskSizeBytes": 32_213_303_296_i64, "diskIOPSReadWrite": 120, "diskMBpsReadWrite": 25,
            "osType": "Linux", "hyperVGeneration": "V2", "diskState": if number < 90 { "Attached" } else { "Unattached" },
            "encryption": {"type": "EncryptionAtRestWithPlatformKey"}, "networkAccessPolicy": "AllowAll",
            "publicNetworkAccess": "Enabled", "provisioningState": "Succeeded", "tier": "P4"}
    })
}

fn snapshot(subscription: &str, number: u32) -> Value {
    json!({
        "id": id(subscription, &format!("snapshots/Snap-{number}")), "name": format!("Snap-{number}"),
        "type": "Microsoft.Compute/snapshots", "location": "westeurope", "sku": {"name": "Standard_ZRS"},
        "properties": {
            "uniqueId": uid(subscription, "snapshot", number), "timeCreated": "2026-02-02T03:04:05.1+00:00",
            "creationData": {"createOption": "Copy", "sourceResourceId": id(subscription, &format!("disks/Os-{number}")),
                "sourceUniqueId": uid(subscription, "disk", number)},
            "diskSizeGB": 30, "incremental": true, "diskState": "Unattached", "networkAccessPolicy": "AllowAll",
            "publicNetworkAccess": "Enabled", "provisioningState": "Succeeded"}
    })
}

fn image(subscription: &str) -> Value {
    json!({
        "id": id(subscription, "images/Golden"), "name": "Golden", "type": "Microsoft.Compute/images",
        "location": "westeurope", "properties": {
            "sourceVirtualMachine": {"id": id(subscription, "virtualMachines/Vm-0")}, "hyperVGeneration": "V2",
            "storageProfile": {"osDisk": {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30,
                "managedDisk": {"id": id(subscription, "disks/os-0")}}, "dataDisks": [], "zoneResilient": false},
            "provisioningState": "Succeeded"}
    })
}

/// Returns the id of a restore point.
pub fn point_id(subscription: &str, collection: usize, point: u32) -> String {
    id(subscription, &format!("restorePointCollections/Rpc-{collection}/restorePoints/Rp-{point}"))
}

fn collection(subscription: &str, number: usize, points: u32) -> Value {
    let point = |point: u32| {
        let id = point_id(subscription, number, point);
        json!({
            "id": id, "name": format!("Rp-{point}"),
            "type": "Microsoft.Compute/restorePointCollections/restorePoints",
            "properties": {
                "timeCreated": format!("2026-02-0{}T03:04:05+00:00", point + 1), "consistencyMode": "CrashConsistent",
                "provisioningState": "Succeeded",
                "sourceMetadata": {"vmId": uid(subscription, "vm", 0), "location": "westeurope",
                    "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
                    "storageProfile": {"osDisk": {"osType": "Linux", "name": "Os-0", "diskSizeGB": 30,
                        "managedDisk": {"id": crate::arm::world::id(subscription, "disks/os-0")},
                        "diskRestorePoint": {"id": format!("{id}/diskRestorePoints/D")}}}}}
        })
    };
    let points: Vec<Value> = (0..points).map(point).collect();
    json!({
        "id": id(subscription, &format!("restorePointCollections/Rpc-{number}")), "name": format!("Rpc-{number}"),
        "type": "Microsoft.Compute/restorePointCollections", "location": "westeurope",
        "properties": {"source": {"id": id(subscription, "virtualMachines/Vm-0"), "location": "westeurope"},
            "restorePointCollectionId": uid(subscription, "rpc", 0), "provisioningState": "Succeeded",
            "restorePoints": points}
    })
}

fn disk_restore_point(subscription: &str, collection: usize, point: u32) -> Value {
    json!({
        "id": format!("{}/diskRestorePoints/D", point_id(subscription, collection, point)), "name": "D",
        "type": "Microsoft.Compute/restorePointCollections/restorePoints/diskRestorePoints",
        "properties": {"timeCreated": "2026-02-01T03:04:05+00:00", "sourceResourceId": id(subscription, "disks/os-0"),
            "sourceUniqueId": uid(subscription, "disk", 0), "familyId": uid(subscription, "family", 0)}
    })
}

fn scale_set_machine(subscription: &str, set: &str, number: u32) -> Value {
    json!({
        "id": id(subscription, &format!("virtualMachineScaleSets/{set}/virtualMachines/{number}")),
        "name": format!("{set}_{number}"), "instanceId": number.to_string(),
        "type": "Microsoft.Compute/virtualMachineScaleSets/virtualMachines", "location": "westeurope",
        "sku": {"name": "Standard_B2s", "tier": "Standard"},
        "properties": {"vmId": uid(subscription, set, number), "provisioningState": "Succeeded",
            "latestModelApplied": true, "hardwareProfile": {},
            "storageProfile": {"osDisk": {"osType": "Linux", "name": format!("{set}-{number}"), "createOption": "FromImage",
                "managedDisk": {"id": id(subscription, &format!("disks/{set}-{number}"))}}},
            "instanceView": {"statuses": [{"code": "PowerState/running", "level": "Info"}]}}
    })
}

/// Returns an element without some of its properties.
pub fn without(resource: &Value, properties: &[&str]) -> Value {
    let mut resource = resource.clone();
    if let Some(inner) = resource.get_mut("properties").and_then(Value::as_object_mut) {
        inner.retain(|name, _| !properties.contains(&name.as_str()));
    }
    resource
}

/// Returns an element with none but one of its properties.
pub fn with_only(resource: &Value, property: &str) -> Value {
    let mut resource = resource.clone();
    let kept: Map<String, Value> = resource["properties"]
        .get(property)
        .map(|value| (property.to_owned(), value.clone()))
        .into_iter()
        .collect();
    resource["properties"] = Value::Object(kept);
    resource
}
