//! `az vm list --show-details`, `az disk list`, `az snapshot list`.

use super::json::{Json, object};
use super::random::Draw;
use super::unit::{Instance, Life, Millis, Snapshot, Unit, Volume};
use super::vendor::{Kind, Listing, Scope, Vendor, moment};
use super::words;

/// Microsoft Azure.
pub(crate) struct Azure;

const SUBSCRIPTIONS: &[&str] = &[
    "3f6d1c2a-7b48-4e19-9c05-8d2e6a1b4f70",
    "5b0e9d41-2c6f-4a83-b1d7-60f3c8a2e914",
    "c41a7e02-9f35-4d6b-8e20-17b5d9f3a6c8",
];

const LOCATIONS: &[&str] = &["westeurope", "northeurope", "eastus", "eastus2", "southeastasia"];

const SIZES: &[&str] =
    &["Standard_D2s_v5", "Standard_D4s_v5", "Standard_E8s_v5", "Standard_B2ms", "Standard_F4s_v2"];

impl Vendor for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn indent(&self) -> &'static [u8] {
        b"  "
    }

    fn scopes(&self) -> Vec<Scope> {
        let scope = |account: &&'static str| Scope {
            folder: format!("azure/{account}"),
            account,
            location: "westeurope",
            weight: 1,
            draw: Draw::new(0).of(account),
        };
        SUBSCRIPTIONS.iter().map(scope).collect()
    }

    fn listing(&self, kind: Kind) -> Listing {
        let file = match kind {
            Kind::Instance => "vms",
            Kind::Volume => "disks",
            Kind::Snapshot => "snapshots",
        };
        Listing { file, envelope: None, is_regional: false }
    }

    fn instance(&self, instance: &Instance, unit: &Unit, scope: &Scope) -> Json {
        Native { unit, scope }.machine(instance)
    }

    fn volume(&self, volume: &Volume, unit: &Unit, scope: &Scope) -> Json {
        Native { unit, scope }.disk(volume)
    }

    fn snapshot(&self, snapshot: &Snapshot, unit: &Unit, scope: &Scope) -> Json {
        Native { unit, scope }.snapshot(snapshot)
    }
}

struct Native<'a> {
    unit: &'a Unit,
    scope: &'a Scope,
}

impl Native<'_> {
    fn machine(&self, instance: &Instance) -> Json {
        let Instance { life, stopped, .. } = instance;
        let name = self.unit.name_of(life.draw);
        let disks =
            |is_root: bool| self.unit.attached(life.draw).filter(move |(_, at)| (at.slot == 0) == is_root);
        let data = disks(false).map(|(volume, at)| {
            object! {
                "caching": "None",
                "createOption": "Attach",
                "deleteOption": "Detach",
                "diskSizeGB": volume.gigabytes(),
                "lun": at.slot as u64 - 1,
                "managedDisk": self.managed_disk(volume.life.draw),
                "name": self.unit.name_of(volume.life.draw),
                "toBeDetached": false,
            }
        });
        let root = disks(true).next().map(|(volume, _)| {
            object! {
                "caching": "ReadWrite",
                "createOption": "FromImage",
                "deleteOption": "Delete",
                "diskSizeGB": volume.gigabytes(),
                "managedDisk": self.managed_disk(volume.life.draw),
                "name": self.unit.name_of(volume.life.draw),
                "osType": "Linux",
            }
        });
        object! {
            "diagnosticsProfile": object! { "bootDiagnostics": object! { "enabled": true } },
            "fqdns": "",
            "hardwareProfile": object! { "vmSize": life.draw.of("size").pick_after(SIZES, life.settings) },
            "id": self.id("virtualMachines", &name),
            "location": self.location(),
            "name": name.clone(),
            "networkProfile": object! { "networkInterfaces": vec![object! {
                "deleteOption": "Detach",
                "id": format!("{}/Microsoft.Network/networkInterfaces/{name}-nic", self.providers()),
                "primary": true,
                "resourceGroup": self.group(),
            }] },
            "osProfile": object! {
                "adminUsername": "azureadmin",
                "allowExtensionOperations": true,
                "computerName": name,
                "linuxConfiguration": object! { "disablePasswordAuthentication": true, "provisionVMAgent": true },
                "requireGuestProvisionSignal": true,
                "secrets": vec![],
            },
            "powerState": if stopped.is_some() { "VM deallocated" } else { "VM running" },
            "provisioningState": "Succeeded",
            "publicIps": "",
            "resourceGroup": self.group(),
            "storageProfile": object! {
                "dataDisks": data.collect::<Vec<_>>(),
                "diskControllerType": "SCSI",
                "imageReference": object! {
                    "exactVersion": "24.04.202601140",
                    "offer": "ubuntu-24_04-lts",
                    "publisher": "Canonical",
                    "sku": "server",
                    "version": "latest",
                },
                "osDisk": root,
            },
            "tags": self.tags(life),
            "timeCreated": ticks(life.born),
            "type": "Microsoft.Compute/virtualMachines",
            "vmId": life.draw.of("id").uuid(),
            "zones": vec![self.unit.draw.of("zone").pick(&["1", "2", "3"]).into()],
        }
    }

    fn disk(&self, volume: &Volume) -> Json {
        let Volume { life, attachment, source } = volume;
        let name = self.unit.name_of(life.draw);
        let host = attachment.map(|at| self.id("virtualMachines", &self.unit.name_of(at.instance)));
        let created = match (attachment, source) {
            (_, Some(source)) => object! {
                "createOption": "Copy",
                "sourceResourceId": self.id("snapshots", &self.unit.name_of(*source)),
                "sourceUniqueId": source.of("id").uuid(),
            },
            (Some(at), None) if at.slot == 0 => object! {
                "createOption": "FromImage",
                "imageReference": object! { "id": format!(
                    "/Subscriptions/{}/Providers/Microsoft.Compute/Locations/{}/Publishers/Canonical/ArtifactTypes/VMImage/Offers/ubuntu-24_04-lts/Skus/server/Versions/24.04.202601140",
                    self.scope.account, self.location(),
                ) },
            },
            _ => object! { "createOption": "Empty" },
        };
        object! {
            "LastOwnershipUpdateTime": attachment.map(|at| ticks(at.since)),
            "creationData": created,
            "diskIOPSReadWrite": 500 + 100 * u64::from(life.settings),
            "diskMBpsReadWrite": 100_u64,
            "diskSizeBytes": volume.gigabytes() << 30,
            "diskSizeGB": volume.gigabytes(),
            "diskState": if host.is_some() { "Attached" } else { "Unattached" },
            "encryption": object! { "type": "EncryptionAtRestWithPlatformKey" },
            "hyperVGeneration": "V2",
            "id": self.id("disks", &name),
            "location": self.location(),
            "managedBy": host,
            "name": name,
            "networkAccessPolicy": "DenyAll",
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Disabled",
            "resourceGroup": self.group(),
            "sku": object! { "name": "Premium_LRS", "tier": "Premium" },
            "tags": self.tags(life),
            "timeCreated": ticks(life.born),
            "type": "Microsoft.Compute/disks",
            "uniqueId": life.draw.of("id").uuid(),
        }
    }

    fn snapshot(&self, snapshot: &Snapshot) -> Json {
        let Snapshot { life, volume, gigabytes, archived } = snapshot;
        let name = self.unit.name_of(life.draw);
        object! {
            "creationData": object! {
                "createOption": "Copy",
                "sourceResourceId": self.id("disks", &self.unit.name_of(*volume)),
                "sourceUniqueId": volume.of("id").uuid(),
            },
            "diskSizeBytes": gigabytes << 30,
            "diskSizeGB": *gigabytes,
            "diskState": "Unattached",
            "encryption": object! { "type": "EncryptionAtRestWithPlatformKey" },
            "id": self.id("snapshots", &name),
            "incremental": true,
            "incrementalSnapshotFamilyId": volume.of("family").uuid(),
            "location": self.location(),
            "name": name,
            "networkAccessPolicy": "AllowAll",
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Enabled",
            "resourceGroup": self.group(),
            "sku": object! { "name": if *archived { "Standard_LRS" } else { "Standard_ZRS" }, "tier": "Standard" },
            "snapshotAccessState": "Available",
            "tags": self.tags(life),
            "timeCreated": ticks(life.born),
            "type": "Microsoft.Compute/snapshots",
            "uniqueId": life.draw.of("id").uuid(),
        }
    }

    fn tags(&self, life: &Life) -> Json {
        object! {
            "environment": self.unit.environment(),
            "owner": self.unit.draw.of("owner").pick_after(words::OWNERS, life.tags),
            "service": self.unit.service(),
        }
    }

    fn managed_disk(&self, draw: Draw) -> Json {
        object! {
            "id": self.id("disks", &self.unit.name_of(draw)),
            "resourceGroup": self.group(),
            "storageAccountType": "Premium_LRS",
        }
    }

    fn id(&self, kind: &str, name: &str) -> String {
        format!("{}/Microsoft.Compute/{kind}/{name}", self.providers())
    }

    fn providers(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}/providers", self.scope.account, self.group())
    }

    fn group(&self) -> String {
        format!("rg-{}-{}", self.unit.service(), self.unit.environment())
    }

    fn location(&self) -> &'static str {
        self.unit.draw.of("location").pick(LOCATIONS)
    }
}

fn ticks(at: Millis) -> String {
    moment(at, "%Y-%m-%dT%H:%M:%S%.7f+00:00")
}
