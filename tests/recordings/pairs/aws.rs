//! Recorded AWS states.
//!
//! Most tests of the recorder list everything once and then ask for some resources by id. Where nothing
//! says that the second answer is a whole listing, nothing says so here either, and what it lacks is no
//! news. A call that is not repeated stands as it was last answered.

#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot read")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use driftline::model::{Kind, NodeKey, Occupancy, Provider};
use serde_json::{Value, json};

use super::found;
use crate::stage::{Baseline, body};
use crate::{json_files, recordings};

fn folder() -> Option<PathBuf> {
    recordings().map(|recordings| recordings.join("aws/inventory/custodian"))
}

/// What the calls of a folder answered, by the number of the answer.
struct Folder {
    name: String,
    moments: BTreeMap<u32, Vec<(String, Value)>>,
}

impl Folder {
    /// Reads the answers of the calls that list or describe.
    fn read(path: &Path) -> Self {
        let mut moments: BTreeMap<u32, Vec<_>> = BTreeMap::new();
        let files = json_files(path).into_iter().filter(|file| file.parent() == Some(path));
        for file in files {
            let stem = file.file_stem().unwrap().to_str().unwrap();
            let (call, number) = stem.rsplit_once('_').unwrap();
            if call.starts_with("ec2.Describe") && call != "ec2.DescribeVolumesModifications" {
                let answer = (call.to_owned(), body(&file));
                moments.entry(number.parse().unwrap()).or_default().push(answer);
            }
        }
        Self { name: path.to_str().unwrap().to_owned(), moments }
    }

    /// Scans its moments in turn; returns what changed at each after the first.
    fn replay(&self, baseline: Baseline) -> Vec<(u32, Vec<String>)> {
        let (account, region) = self.place();
        let mut baseline = baseline.of(&account, &region);
        let mut answers: BTreeMap<String, Value> = BTreeMap::new();
        let mut steps = Vec::new();
        for (number, moment) in &self.moments {
            for (call, answer) in moment.iter().filter(|(_, answer)| answer.get("Error").is_none()) {
                // An attribute is told of one resource at a time, and stands until it is told anew.
                let target =
                    ["InstanceId", "SnapshotId", "ImageId"].iter().find_map(|id| answer[id].as_str());
                answers.insert(format!("{call} {}.json", target.unwrap_or_default()), answer.clone());
            }
            if answers.is_empty() {
                continue;
            }
            let imported = baseline.scan(answers.iter().map(|(name, answer)| (name.as_str(), answer)));
            assert!(imported.strays.is_empty(), "{}: {:?}", self.name, imported.strays);
            steps.push((*number, found(&baseline.judged().changes)));
        }
        steps.drain(..1);
        steps
    }

    /// Returns the account and the region that its first answers show.
    fn place(&self) -> (String, String) {
        let text = json!(self.moments.values().flatten().map(|(_, answer)| answer).collect::<Vec<_>>());
        let text = text.to_string();
        let first = |name: &str| {
            let rest = text.split_once(&format!("\"{name}\":\""))?.1;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let zone = first("AvailabilityZone").unwrap_or_else(|| "us-east-1a".to_owned());
        let account = first("OwnerId").unwrap_or_else(|| "644160558196".to_owned());
        (account, zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase()).to_owned())
    }
}

/// Returns what the last answers of a folder changed, all of them whole listings.
fn whole(test: &str) -> Option<Vec<String>> {
    let folder = Folder::read(&folder()?.join(test));
    folder.replay(Baseline::complete()).pop().map(|(_, told)| told)
}

#[test]
fn a_terminated_instance_vanishes_at_first_sight() {
    let pairs = [
        ("test_ec2_terminate", "i-017cf4e2a33b853fe: state running → shutting-down"),
        ("test_ec2_terminate_with_protection_enabled", "i-017fc9a2a33b853fe: state running → shutting-down"),
        (
            "test_ec2_stop_with_protection_enabled_ephemeral",
            "i-0a3e363a5366795dd: state running → terminated",
        ),
    ];
    for (test, expected) in pairs {
        let Some(told) = whole(test) else { return };
        assert_eq!(told, [format!("vanished instance {expected}")], "{test}");
    }
}

#[test]
fn stopped_instances_stop_and_nothing_else() {
    let Some(told) = whole("test_ec2_stop_hibernate") else { return };
    assert_eq!(
        told,
        [
            "stopped instance i-07c27e1f49b65196b: state running → stopped",
            "stopped instance i-0b368f4b8fbd34f3a: state running → stopping",
        ]
    );
}

#[test]
fn resized_instances_are_modified_and_restarted_and_old_tombstones_are_no_news() {
    let Some(folder) = folder() else { return };
    let mut folder = Folder::read(&folder.join("test_ec2_resize"));
    // The second answer is by id: the first and the third list everything, three tombstones apart.
    folder.moments.remove(&2);
    let steps = folder.replay(Baseline::complete());
    assert_eq!(
        steps[0].1,
        [
            "modified instance i-049325e1e22630e7f: config.InstanceType",
            "modified instance i-0e2a65fcc30f05c39: config.InstanceType",
            "restarted instance i-0e2a65fcc30f05c39: evidence.LaunchTime",
            "modified instance i-0fd6bd23de18b49b0: config.InstanceType",
            "restarted instance i-0fd6bd23de18b49b0: evidence.LaunchTime",
        ]
    );
}

#[test]
fn an_encrypted_volume_takes_the_place_of_its_origin() {
    let Some(folder) = folder() else { return };
    let mut folder = Folder::read(&folder.join("test_encrypt_volumes"));
    // Composed: of the state before, the volumes of the one instance; after it, its new volume.
    folder.moments.values_mut().for_each(|answers| answers.retain(|(call, _)| call.ends_with("Volumes")));
    folder.moments.remove(&2);
    let volumes = folder.moments.get_mut(&1).unwrap()[0].1["Volumes"].as_array_mut().unwrap();
    volumes.retain(|volume| volume["VolumeId"] == "vol-0f53c81b92b4ecfce");
    let steps = folder.replay(Baseline::complete());
    assert_eq!(
        steps[0].1,
        ["appeared volume vol-072dfa20eef03dd38", "vanished volume vol-0f53c81b92b4ecfce"]
    );
}

#[test]
fn shared_snapshots_and_images_are_told_by_their_grants() {
    let snapshot = "modified snapshot snap-0ac64f0a1f16af706: exposure.grants";
    let image = "modified image ami-03f9a84f3963d5028: exposure.grants";
    let pairs: &[(&str, &str)] = &[
        ("test_ebs_snapshot_set_permissions_add", snapshot),
        ("test_ebs_snapshot_set_permissions_matched", snapshot),
        ("test_ebs_snapshot_set_permissions_reset", snapshot),
        (
            "test_ebs_snapshot_set_permissions_matched_everyone_only",
            "modified snapshot snap-af0eb71b: exposure.grants",
        ),
        ("test_ami_set_perms", image),
        ("test_ami_remove_perms", image),
        (
            "test_ami_set_permissions_remove_matched_no_add",
            "modified image ami-085aca20aa1721a4d: exposure.grants",
        ),
    ];
    for (test, expected) in pairs {
        let Some(told) = whole(test) else { return };
        assert_eq!(told, [*expected], "{test}");
    }
}

#[test]
fn what_each_folder_with_two_answers_shows() {
    let Some(folder) = folder() else { return };
    let files = json_files(&folder);
    let folders: BTreeSet<_> = files.iter().filter_map(|file| file.parent()).collect();
    let mut out = String::new();
    let mut count = 0;
    for path in folders {
        let read = Folder::read(path);
        if read.moments.len() < 2 {
            continue;
        }
        count += 1;
        writeln!(out, "{}", path.strip_prefix(&folder).unwrap().display()).unwrap();
        for (number, told) in read.replay(Baseline::new()) {
            for told in told {
                writeln!(out, "  {number} {told}").unwrap();
            }
        }
    }
    assert!(count >= 40, "{count}");
    insta::assert_snapshot!("aws", out);
}

/// Says who stood in a slot, as far as times go.
fn stood(held: &Occupancy) -> String {
    let out = held.detached.map_or_else(String::new, |out| format!("{} to {}", out.from, out.to));
    format!("{}: {} to {}, {out}", held.volume.id, held.attached.from, held.attached.to)
}

#[test]
fn an_encrypted_root_descends_from_a_copy_whose_origin_nobody_tells() {
    let Some(folder) = folder() else { return };
    let recorded = |name: &str| body(&folder.join("test_encrypt_volumes").join(name));
    let (machine, device) = (NodeKey::new(Provider::Aws, Kind::Instance, "i-0aaaaec4b77188b69"), "/dev/xvda");
    let mut instance = recorded("ec2.DescribeInstances_1.json");
    let before = [
        ("instances.json", instance.clone()),
        ("volumes.json", recorded("ec2.DescribeVolumes_1.json")),
        ("snapshots.json", recorded("ec2.DescribeSnapshots_1.json")),
    ];
    // Composed: the instance was not described after the swap; what its volume says of it then.
    let volumes = recorded("ec2.DescribeVolumes_3.json");
    let attached = &volumes["Volumes"][0]["Attachments"][0];
    let held = &mut instance["Reservations"][0]["Instances"][0]["BlockDeviceMappings"][0]["Ebs"];
    assert_eq!(held["VolumeId"], "vol-0f53c81b92b4ecfce");
    held["VolumeId"] = attached["VolumeId"].clone();
    held["AttachTime"] = attached["AttachTime"].clone();
    let mut snapshots = recorded("ec2.DescribeSnapshots_1.json");
    let copies = recorded("ec2.DescribeSnapshots_2.json")["Snapshots"].as_array().unwrap().clone();
    snapshots["Snapshots"].as_array_mut().unwrap().extend(copies);
    let after =
        [("instances.json", instance), ("volumes.json", volumes.clone()), ("snapshots.json", snapshots)];
    let mut baseline = Baseline::complete().of("185106417252", "us-east-1").dated("2017-06-08T18:20:00Z");
    baseline.scan(before.iter().map(|(name, body)| (*name, body)));
    let mut baseline = baseline.dated("2017-06-08T18:25:00Z");
    baseline.scan(after.iter().map(|(name, body)| (*name, body)));
    let lineage = baseline.judged().lineage;
    assert_eq!(
        lineage.occupants(&machine, device).map(stood).collect::<Vec<_>>(),
        [
            "vol-0f53c81b92b4ecfce: 2017-06-08T17:58:20Z to 2017-06-08T17:58:20Z, \
             2017-06-08T18:20:00Z to 2017-06-08T18:24:05Z",
            "vol-072dfa20eef03dd38: 2017-06-08T18:24:05Z to 2017-06-08T18:24:05Z, ",
        ]
    );
    let new = NodeKey::new(Provider::Aws, Kind::Volume, "vol-072dfa20eef03dd38");
    let ancestors: Vec<_> = lineage.ancestors(&new).iter().map(|node| node.key.id.as_str()).collect();
    assert_eq!(ancestors, ["snap-0bd2772f3c7cafa62"], "the copy tells no source");
    let copy = lineage.ancestors(&new)[0];
    assert_eq!(copy.content_at.unwrap().to_string(), "2017-06-08T18:19:58Z", "no later than the copy");
}
