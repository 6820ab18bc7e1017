//! `gcloud compute instances list`, `disks list`, `snapshots list`, each with `--format=json`.

use super::json::{Json, object};
use super::random::Draw;
use super::unit::{Instance, Life, Millis, Snapshot, Unit, Volume};
use super::vendor::{Kind, Listing, Scope, Vendor, moment};
use super::words;

/// Google Cloud.
pub(crate) struct Gcp;

const PROJECTS: &[&str] = &["northwick-core", "northwick-data", "northwick-web"];

const ZONES: &[&str] =
    &["europe-west1-b", "europe-west1-c", "us-central1-a", "us-central1-f", "asia-east1-a"];

const TYPES: &[&str] = &["e2-standard-2", "e2-standard-4", "n2-standard-8", "n2d-highmem-4", "c3-standard-4"];

const API: &str = "https://www.googleapis.com/compute/v1/projects";

impl Vendor for Gcp {
    fn name(&self) -> &'static str {
        "gcp"
    }

    fn indent(&self) -> &'static [u8] {
        b"  "
    }

    fn scopes(&self) -> Vec<Scope> {
        let scope = |account: &&'static str| Scope {
            folder: format!("gcp/{account}"),
            account,
            location: "europe-west1",
            weight: 1,
            draw: Draw::new(0).of(account),
        };
        PROJECTS.iter().map(scope).collect()
    }

    fn listing(&self, kind: Kind) -> Listing {
        let file = match kind {
            Kind::Instance => "instances",
            Kind::Volume => "disks",
            Kind::Snapshot => "snapshots",
        };
        Listing { file, envelope: None, is_regional: false }
    }

    fn instance(&self, instance: &Instance, unit: &Unit, scope: &Scope) -> Json {
        Native { unit, scope }.instance(instance)
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
    fn instance(&self, instance: &Instance) -> Json {
        let Instance { life, started, stopped } = instance;
        let name = self.unit.name_of(life.draw);
        let disks = self.unit.attached(life.draw).map(|(volume, at)| {
            let disk = self.unit.name_of(volume.life.draw);
            object! {
                "autoDelete": at.slot == 0,
                "boot": at.slot == 0,
                "deviceName": disk.clone(),
                "diskSizeGb": volume.gigabytes().to_string(),
                "index": at.slot as u64,
                "interface": "SCSI",
                "kind": "compute#attachedDisk",
                "mode": "READ_WRITE",
                "source": self.zonal("disks", &disk),
                "type": "PERSISTENT",
            }
        });
        let number = life.draw.of("address").below(1 << 16);
        object! {
            "canIpForward": false,
            "cpuPlatform": "AMD Milan",
            "creationTimestamp": pacific(life.born),
            "deletionProtection": life.draw.of("protected").happens(0.1),
            "disks": disks.collect::<Vec<_>>(),
            "fingerprint": fingerprint(life, "fingerprint"),
            "id": life.draw.of("id").serial(),
            "kind": "compute#instance",
            "labelFingerprint": fingerprint(life, "labels"),
            "labels": self.labels(life),
            "lastStartTimestamp": pacific(*started),
            "lastStopTimestamp": stopped.map(pacific),
            "machineType": self.zonal("machineTypes", life.draw.of("type").pick_after(TYPES, life.settings)),
            "metadata": object! {
                "fingerprint": fingerprint(life, "metadata"),
                "items": vec![object! { "key": "enable-oslogin", "value": "TRUE" }],
                "kind": "compute#metadata",
            },
            "name": name.clone(),
            "networkInterfaces": vec![object! {
                "fingerprint": fingerprint(life, "interface"),
                "kind": "compute#networkInterface",
                "name": "nic0",
                "network": format!("{API}/{}/global/networks/main", self.scope.account),
                "networkIP": format!("10.60.{}.{}", number >> 8, number & 255),
                "stackType": "IPV4_ONLY",
                "subnetwork": format!("{API}/{}/regions/{}/subnetworks/main", self.scope.account, self.region()),
            }],
            "scheduling": object! {
                "automaticRestart": true,
                "onHostMaintenance": "MIGRATE",
                "preemptible": false,
                "provisioningModel": "STANDARD",
            },
            "selfLink": self.zonal("instances", &name),
            "serviceAccounts": vec![object! {
                "email": format!("{}@{}.iam.gserviceaccount.com", self.unit.service(), self.scope.account),
                "scopes": vec!["https://www.googleapis.com/auth/cloud-platform".into()],
            }],
            "shieldedInstanceConfig": object! {
                "enableIntegrityMonitoring": true,
                "enableSecureBoot": true,
                "enableVtpm": true,
            },
            "startRestricted": false,
            "status": if stopped.is_some() { "TERMINATED" } else { "RUNNING" },
            "zone": format!("{API}/{}/zones/{}", self.scope.account, self.zone()),
        }
    }

    fn disk(&self, volume: &Volume) -> Json {
        let Volume { life, attachment, source } = volume;
        let name = self.unit.name_of(life.draw);
        let is_root = attachment.is_some_and(|at| at.slot == 0);
        let image = || format!("{API}/debian-cloud/global/images/debian-13-trixie-v20260113");
        let user = attachment.map(|at| vec![self.zonal("instances", &self.unit.name_of(at.instance)).into()]);
        object! {
            "creationTimestamp": pacific(life.born),
            "enableConfidentialCompute": false,
            "id": life.draw.of("id").serial(),
            "kind": "compute#disk",
            "labelFingerprint": fingerprint(life, "labels"),
            "labels": self.labels(life),
            "lastAttachTimestamp": attachment.map(|at| pacific(at.since)),
            "name": name.clone(),
            "physicalBlockSizeBytes": "4096",
            "provisionedIops": (3_000 + 500 * u64::from(life.settings)).to_string(),
            "selfLink": self.zonal("disks", &name),
            "sizeGb": volume.gigabytes().to_string(),
            "sourceImage": is_root.then(image),
            "sourceImageId": is_root.then_some("1922112590192279418"),
            "sourceSnapshot": source.map(|source| self.global("snapshots", &self.unit.name_of(source))),
            "sourceSnapshotId": source.map(|source| source.of("id").serial()),
            "status": "READY",
            "type": self.zonal("diskTypes", "pd-balanced"),
            "users": user,
            "zone": format!("{API}/{}/zones/{}", self.scope.account, self.zone()),
        }
    }

    fn snapshot(&self, snapshot: &Snapshot) -> Json {
        let Snapshot { life, volume, gigabytes, archived } = snapshot;
        let name = self.unit.name_of(life.draw);
        object! {
            "autoCreated": life.draw.of("scheduled").happens(0.7).then_some(true),
            "creationSizeBytes": (gigabytes << 29).to_string(),
            "creationTimestamp": pacific(life.born),
            "diskSizeGb": gigabytes.to_string(),
            "downloadBytes": (gigabytes * 200_000_000).to_string(),
            "id": life.draw.of("id").serial(),
            "kind": "compute#snapshot",
            "labelFingerprint": fingerprint(life, "labels"),
            "labels": self.labels(life),
            "name": name.clone(),
            "selfLink": self.global("snapshots", &name),
            "snapshotType": if *archived { "ARCHIVE" } else { "STANDARD" },
            "sourceDisk": self.zonal("disks", &self.unit.name_of(*volume)),
            "sourceDiskId": volume.of("id").serial(),
            "status": "READY",
            "storageBytes": (gigabytes * 150_000_000).to_string(),
            "storageBytesStatus": "UP_TO_DATE",
            "storageLocations": vec!["eu".into()],
        }
    }

    fn labels(&self, life: &Life) -> Json {
        object! {
            "environment": self.unit.environment(),
            "owner": self.unit.draw.of("owner").pick_after(words::OWNERS, life.tags).replace('.', "-"),
            "service": self.unit.service(),
        }
    }

    fn zonal(&self, kind: &str, name: &str) -> String {
        format!("{API}/{}/zones/{}/{kind}/{name}", self.scope.account, self.zone())
    }

    fn global(&self, kind: &str, name: &str) -> String {
        format!("{API}/{}/global/{kind}/{name}", self.scope.account)
    }

    fn zone(&self) -> &'static str {
        self.unit.draw.of("zone").pick(ZONES)
    }

    fn region(&self) -> &'static str {
        self.zone().rsplit_once('-').map_or("", |(region, _)| region)
    }
}

/// Google Cloud's fingerprints move with what they are taken of.
fn fingerprint(life: &Life, of: &str) -> String {
    format!("{}=", life.draw.of(of).nth(u64::from(life.tags)).hex(11))
}

/// Google Cloud prints the local time of its home.
fn pacific(at: Millis) -> String {
    moment(at - 8 * 3_600_000, "%Y-%m-%dT%H:%M:%S%.3f-08:00")
}
