//! What there is in the accounts that the server speaks for: bodies as the AWS CLI prints them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::logs::Logs;

/// The account that the credentials belong to, and the regions of all.
#[derive(Clone, Debug)]
pub struct World {
    pub account: String,
    /// The accounts of the organization with their status; empty where there is none.
    pub members: Vec<(String, &'static str)>,
    /// The elements of `describe-regions`.
    pub regions: Vec<Value>,
    /// By account and region.
    pub places: BTreeMap<(String, String), Inventory>,
    /// The members of each user's details, as IAM writes them.
    pub users: Vec<String>,
    /// What CloudTrail keeps.
    pub logs: Logs,
}

/// What there is in one account and region.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The elements that each operation lists.
    pub lists: BTreeMap<&'static str, Vec<Value>>,
    /// The operations whose lists break off after these elements: the vendor throttles the rest.
    pub broken_off: BTreeSet<&'static str>,
    /// The bodies of operations about one resource, and those of settings.
    pub answers: Vec<(&'static str, Map<String, Value>)>,
}

/// An operation that lists, in pages.
pub struct List {
    pub operation: &'static str,
    /// The member of its body that holds the list.
    pub envelope: &'static str,
    /// The member that holds an element's id.
    pub id: &'static str,
    /// A member that the element of no other list by that envelope has; empty if there is no other.
    mark: &'static str,
}

/// Every list; those with a mark first.
pub const LISTS: &[List] = &[
    list("ListSnapshotsInRecycleBin", "Snapshots", "SnapshotId", "RecycleBinEnterTime"),
    list("ListImagesInRecycleBin", "Images", "ImageId", "RecycleBinEnterTime"),
    list("ListVolumesInRecycleBin", "Volumes", "VolumeId", "RecycleBinEnterTime"),
    list("DescribeLockedSnapshots", "Snapshots", "SnapshotId", "LockState"),
    list("DescribeInstances", "Reservations", "InstanceId", ""),
    list("DescribeVolumes", "Volumes", "VolumeId", ""),
    list("DescribeSnapshots", "Snapshots", "SnapshotId", ""),
    list("DescribeImages", "Images", "ImageId", ""),
    list("DescribeReplaceRootVolumeTasks", "ReplaceRootVolumeTasks", "ReplaceRootVolumeTaskId", ""),
    list("DescribeFastSnapshotRestores", "FastSnapshotRestores", "SnapshotId", ""),
    list("DescribeInstanceTypes", "InstanceTypes", "InstanceType", ""),
    list("ListServiceQuotas", "Quotas", "QuotaCode", ""),
    list("DescribeTrails", "trailList", "TrailARN", ""),
];

const fn list(operation: &'static str, envelope: &'static str, id: &'static str, mark: &'static str) -> List {
    List { operation, envelope, id, mark }
}

/// The operations about one resource, and the member that names it.
pub const ABOUT_ONE: &[(&str, &str)] = &[
    ("DescribeInstanceAttribute", "InstanceId"),
    ("DescribeSnapshotAttribute", "SnapshotId"),
    ("DescribeImageAttribute", "ImageId"),
];

impl World {
    /// Makes one of an account that has nothing, in these regions.
    pub fn empty(account: &str, regions: &[&str]) -> Self {
        let region = |name: &&str| {
            json!({
                "RegionName": name,
                "Endpoint": format!("ec2.{name}.amazonaws.com"),
                "OptInStatus": "opt-in-not-required",
            })
        };
        Self {
            account: account.to_owned(),
            members: Vec::new(),
            regions: regions.iter().map(region).collect(),
            places: BTreeMap::new(),
            users: Vec::new(),
            logs: Logs::default(),
        }
    }

    /// Reads what a dump holds of an account, as its manifest says.
    pub fn of_dump(folder: &Path, account: &str, regions: &[&str]) -> Self {
        let mut world = Self::empty(account, regions);
        let read = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
        let manifest = read(&folder.join("manifest.json"));
        for file in manifest["files"].as_array().unwrap() {
            if file["provider"] == "aws" && file["account"] == account {
                let body = read(&folder.join(file["path"].as_str().unwrap()));
                let place = world.place(account, file["location"].as_str().unwrap());
                let operation = place.add(body);
                if file["complete"] == false {
                    place.broken_off.insert(operation);
                }
            }
        }
        world
    }

    /// Makes one with this many elements in each of three lists of each region: instances, volumes and
    /// snapshots.
    pub fn large(account: &str, regions: &[&str], elements: usize) -> Self {
        let mut world = Self::empty(account, regions);
        for region in regions {
            let place = world.place(account, region);
            for number in 0..elements {
                let id = format!("{region} {number}")
                    .bytes()
                    .fold(1469_u64, |id, byte| id.wrapping_mul(31) + u64::from(byte));
                let (id, zone) = (format!("{id:017x}"), format!("{region}a"));
                place.add(json!({ "Reservations": [{
                    "ReservationId": format!("r-{id}"), "OwnerId": account,
                    "Instances": [{
                        "InstanceId": format!("i-{id}"), "InstanceType": "m7g.large", "ImageId": "ami-1",
                        "State": { "Code": 16, "Name": "running" }, "LaunchTime": "2026-01-02T03:04:05+00:00",
                        "Placement": { "AvailabilityZone": zone },
                    }],
                }] }));
                place.add(json!({ "Volumes": [{
                    "VolumeId": format!("vol-{id}"), "Size": 8, "VolumeType": "gp3", "State": "available",
                    "AvailabilityZone": zone, "CreateTime": "2026-01-02T03:04:05+00:00", "Encrypted": true,
                }] }));
                place.add(json!({ "Snapshots": [{
                    "SnapshotId": format!("snap-{id}"), "VolumeId": format!("vol-{id}"), "State": "completed",
                    "StartTime": "2026-01-02T03:04:05+00:00", "OwnerId": account, "VolumeSize": 8,
                }] }));
            }
        }
        world
    }

    /// Returns what there is in one account and region.
    pub fn place(&mut self, account: &str, region: &str) -> &mut Inventory {
        self.places.entry((account.to_owned(), region.to_owned())).or_default()
    }
}

impl Inventory {
    /// Adds a body as the CLI prints it, and returns the operation that answers it.
    pub fn add(&mut self, body: Value) -> &'static str {
        let Value::Object(body) = body else { panic!("{body} is no body") };
        let about_one = ABOUT_ONE.iter().find(|(_, id)| body.contains_key(*id));
        if let Some((operation, _)) = about_one {
            self.answers.push((operation, body));
            return operation;
        }
        for list in LISTS {
            let Some(elements) = body.get(list.envelope).and_then(Value::as_array) else { continue };
            if list.mark.is_empty() || elements.iter().any(|element| element.get(list.mark).is_some()) {
                self.lists.entry(list.operation).or_default().extend(elements.iter().cloned());
                return list.operation;
            }
        }
        panic!("{body:?} is the body of no operation known here");
    }

    /// Whether everybody may use a snapshot.
    pub fn is_public(&self, snapshot: &Value) -> bool {
        self.answers.iter().any(|(operation, body)| {
            *operation == "DescribeSnapshotAttribute"
                && body["SnapshotId"] == snapshot["SnapshotId"]
                && body["CreateVolumePermissions"]
                    .as_array()
                    .is_some_and(|whom| whom.iter().any(|whom| whom["Group"] == "all"))
        })
    }

    /// Returns the elements of a list, or those with one of these ids.
    pub fn elements(&self, list: &List, ids: &[String]) -> Vec<Value> {
        let all = self.lists.get(list.operation).into_iter().flatten();
        if ids.is_empty() {
            return all.cloned().collect();
        }
        let is_asked = |element: &Value| ids.iter().any(|id| element[list.id] == id.as_str());
        let kept = all.filter_map(|element| {
            if list.envelope != "Reservations" {
                return is_asked(element).then(|| element.clone());
            }
            let mut reservation = element.clone();
            let instances = reservation["Instances"].as_array_mut()?;
            instances.retain(is_asked);
            (!instances.is_empty()).then_some(reservation)
        });
        kept.collect()
    }
}
