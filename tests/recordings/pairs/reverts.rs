//! A recorded encryption of a root volume, with a trail of its calls: nothing is lost.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use driftline::model::{AccountId, Finding, Location, Timestamp};
use driftline::pipeline::{Import, LogTree, Said, Terms, import, judge};
use driftline::sources::files::Defaults;
use driftline::store::Store;
use serde_json::{Value, json};

use crate::recordings;
use crate::stage::{Dump, body};

const ACCOUNT: &str = "185106417252";
const INSTANCE: &str = "i-0aaaaec4b77188b69";
const OLD: &str = "vol-0f53c81b92b4ecfce";
const NEW: &str = "vol-072dfa20eef03dd38";
const COPY: &str = "snap-0bd2772f3c7cafa62";

fn time(clock: &str) -> Timestamp {
    format!("2017-06-08T{clock}Z").parse().unwrap()
}

/// Scans a folder of bodies at a time of that day.
fn scan(
    store: &mut Store,
    clock: &str,
    bodies: &[(&str, &Value)],
    logs: Vec<LogTree>,
) -> driftline::model::ScanId {
    let dump = Dump::new(bodies.iter().copied());
    let interrupted = AtomicBool::new(false);
    let request = Import {
        paths: vec![dump.path().to_owned()],
        defaults: Defaults {
            complete: Some(true),
            account: Some(AccountId::new(ACCOUNT)),
            location: Some(Location::new("us-east-1")),
        },
        as_of: Some(time(clock)),
        started_at: time(clock),
        holder: "a test".to_owned(),
        interrupted: &interrupted,
        progress: &|_| {},
        logs,
    };
    import(store, &request).unwrap().scan.id
}

/// The calls of the recording, at the times of their answers.
fn trail(answer: &dyn Fn(&str) -> Value) -> Value {
    let snapshot = answer("ec2.CreateSnapshot_1")["SnapshotId"].clone();
    let copy = answer("ec2.CopySnapshot_1")["SnapshotId"].clone();
    let on = json!({ "instancesSet": { "items": [{ "instanceId": INSTANCE }] } });
    let slot = |volume: &str| json!({ "volumeId": volume, "instanceId": INSTANCE, "device": "/dev/xvda" });
    let calls = [
        ("18:17:38", "StopInstances", on.clone(), on),
        (
            "18:18:55",
            "CreateSnapshot",
            json!({ "volumeId": OLD }),
            json!({ "snapshotId": snapshot, "volumeId": OLD }),
        ),
        ("18:19:58", "CopySnapshot", json!({ "sourceSnapshotId": snapshot }), json!({ "snapshotId": copy })),
        (
            "18:23:18",
            "CreateVolume",
            json!({ "snapshotId": copy }),
            json!({ "volumeId": NEW, "snapshotId": copy }),
        ),
        ("18:23:34", "DetachVolume", json!({ "volumeId": OLD }), slot(OLD)),
        ("18:24:05", "AttachVolume", slot(NEW), slot(NEW)),
    ];
    let records = calls.into_iter().enumerate().map(|(number, (clock, name, request, response))| {
        json!({ "eventVersion": "1.05", "eventTime": format!("2017-06-08T{clock}Z"), "eventID": format!("e-{number}"),
            "eventSource": "ec2.amazonaws.com", "eventName": name, "awsRegion": "us-east-1", "readOnly": false,
            "userIdentity": { "type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": ACCOUNT,
                "arn": format!("arn:aws:iam::{ACCOUNT}:user/custodian"), "userName": "custodian" },
            "sourceIPAddress": "203.0.113.5", "userAgent": "c7n", "requestID": format!("r-{number}"),
            "requestParameters": request, "responseElements": response, "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// Judges the recording: the running instance with its old root, and the stopped one with its new root, which is
/// composed into the answer that was recorded just before.
fn findings(folder: &Path, logged: bool) -> Vec<Finding> {
    let answer = |name: &str| body(&folder.join(format!("{name}.json")));
    let mut stopped = answer("ec2.DescribeInstances_2");
    let root = &mut stopped["Reservations"][0]["Instances"][0]["BlockDeviceMappings"][0]["Ebs"];
    root["VolumeId"] = json!(NEW);
    root["AttachTime"] = json!("2017-06-08T18:24:05Z");
    let mut earlier = answer("ec2.DescribeVolumes_1");
    earlier["Volumes"].as_array_mut().unwrap().retain(|volume| volume["VolumeId"] == OLD);
    let mut copies = answer("ec2.DescribeSnapshots_2");
    copies["Snapshots"].as_array_mut().unwrap().push(answer("ec2.CreateSnapshot_1"));
    let none = json!({ "Snapshots": [] });
    let running = answer("ec2.DescribeInstances_1");
    let later = answer("ec2.DescribeVolumes_3");
    let mut store = Store::in_memory().unwrap();
    let before = [("i.json", &running), ("v.json", &earlier), ("s.json", &none)];
    let before = scan(&mut store, "18:00:00", &before, Vec::new());
    let trail_folder = tempfile::tempdir().unwrap();
    fs::write(trail_folder.path().join("trail.json"), trail(&answer).to_string()).unwrap();
    let said = Said {
        source: Some("cloudtrail".to_owned()),
        account: Some(AccountId::new(ACCOUNT)),
        location: Some(Location::new("us-east-1")),
        complete_from: Some(time("17:00:00")),
        complete_to: Some(time("20:00:00")),
    };
    let interrupted = AtomicBool::new(false);
    let tree = LogTree::open(trail_folder.path(), said, &interrupted).unwrap();
    let after = [("i.json", &stopped), ("v.json", &later), ("s.json", &copies)];
    let after = scan(&mut store, "19:00:00", &after, if logged { vec![tree] } else { Vec::new() });
    judge(&store, Some(before), after, &Terms::at(Timestamp::now())).unwrap().findings
}

#[test]
fn an_encrypted_root_lost_nothing_and_without_the_log_its_origin_is_unknown() {
    let Some(recordings) = recordings() else { return };
    let folder = recordings.join("aws/inventory/custodian/test_encrypt_volumes");
    let logged = findings(&folder, true);
    let migrated = logged.iter().find(|finding| finding.says("disk-migrated")).unwrap();
    assert!(migrated.facts.contains(&("lost_seconds", Value::Null)), "{:?}", migrated.facts);
    assert!(migrated.facts.contains(&("new_volume", json!(NEW))), "{:?}", migrated.facts);
    assert!(!logged.iter().any(|finding| finding.says("disk-reverted")), "{logged:?}");
    let silent = findings(&folder, false);
    let suspected = silent.iter().find(|finding| finding.says("disk-reverted")).unwrap();
    assert!(suspected.facts.contains(&("kind", json!("suspected"))), "{:?}", suspected.facts);
    let source = suspected.facts.iter().find(|(name, _)| *name == "source").unwrap();
    assert_eq!(source.1["uid"], COPY);
}
