//! Bursts, early deletions, copies that leave, and steps that follow each other.

use driftline::pipeline::Judged;
use serde_json::json;

use super::*;
use crate::Part;

/// Returns a call in another service than EC2.
fn call_of(source: &str, record: Value) -> Value {
    let mut record = record;
    record["eventSource"] = json!(source);
    record
}

/// Returns a call in another region.
fn in_region(region: &str, mut record: Value) -> Value {
    record["awsRegion"] = json!(region);
    record
}

/// Returns a snapshot that was taken at a time of the day.
fn taken(uid: &str, volume: &str, time: &str) -> Value {
    let mut taken = snapshot(uid, volume);
    taken["StartTime"] = json!(format!("2026-03-01T{time}.000Z"));
    taken
}

fn create_snapshot(id: &str, time: &str, uid: &str, volume: &str) -> Value {
    let response = json!({ "snapshotId": uid, "volumeId": volume, "status": "pending",
        "ownerId": ACCOUNT, "volumeSize": "8", "encrypted": false });
    call(id, time, "CreateSnapshot", json!({ "volumeId": volume }), response)
}

fn dlm() -> Value {
    service("dlm.amazonaws.com", "AWSServiceRoleForDlm", "dlm")
}

/// Whether any finding says what a rule says.
fn says(judged: &Judged, rule: &str) -> bool {
    judged.findings.iter().any(|finding| finding.says(rule))
}

fn says_what(judged: &Judged) -> Vec<&str> {
    judged.findings.iter().map(|finding| finding.rule).collect()
}

/// Data Lifecycle Manager takes two snapshots, and somebody six within five minutes, of four volumes; in the twin
/// nobody does.
pub(crate) fn j12(part: Part) -> Story {
    let volumes = ["vol-0000000a", "vol-0000000b", "vol-0000000c", "vol-0000000d"];
    let mut after = Vec::new();
    let mut calls = Vec::new();
    for (number, volume) in volumes.iter().take(2).enumerate() {
        let (uid, time) = (format!("snap-000000d{number}"), format!("10:00:0{number}"));
        let kept = tagged(taken(&uid, volume, &time), "aws:dlm:lifecycle-policy-id", "policy-1");
        after.push(tagged(kept, "aws:dlm:managed", "true"));
        calls.push(by(dlm(), create_snapshot(&format!("d-{number}"), &time, &uid, volume)));
    }
    if !part.is_twin() {
        for number in 0..6 {
            let (uid, time) = (format!("snap-000000a{number}"), format!("10:3{}:00", number % 5));
            let volume = volumes[number % 4];
            after.push(taken(&uid, volume, &time));
            calls.push(create_snapshot(&format!("a-{number}"), &time, &uid, volume));
        }
    }
    let story = Story::default().before(snapshots(&[])).after(snapshots(&after)).log(trail(&calls));
    if part.is_twin() {
        return story.any().check(|judged| {
            assert!(!says(judged, "snapshot-burst"), "{:?}", says_what(judged));
            assert!(judged.findings.iter().all(|finding| finding.risk <= 20));
        });
    }
    story.any().check(|judged| {
        let bursts: Vec<_> =
            judged.findings.iter().filter(|finding| finding.rule == "snapshot-burst").collect();
        assert_eq!(bursts.len(), 1, "{:?}", says_what(judged));
        assert!(bursts[0].risk >= 60, "{:?}", bursts[0].why);
        assert_eq!(bursts[0].resources.len(), 6, "those of the schedule are none of it");
    })
}

/// A snapshot of Data Lifecycle Manager is deleted by a person before it expires; in the twin by the service when
/// it did.
pub(crate) fn j13(part: Part) -> Story {
    let expires = if part.is_twin() { "2026-03-01T10:00:00Z" } else { "2026-03-08T10:00:00Z" };
    let kept = tagged(snapshot("snap-0000000a", "vol-0000000a"), "aws:dlm:lifecycle-policy-id", "policy-1");
    let kept = tagged(tagged(kept, "aws:dlm:managed", "true"), "aws:dlm:expirationTime", expires);
    let deletion = delete_snapshot("e-1", "10:30:00", "snap-0000000a");
    let deletion = if part.is_twin() { by(dlm(), deletion) } else { deletion };
    let story =
        Story::default().before(snapshots(&[kept])).after(snapshots(&[])).log(trail(&[deletion])).any();
    if part.is_twin() {
        story.check(|judged| assert!(!says(judged, "early-deletion"), "{:?}", says_what(judged)))
    } else {
        story.check(|judged| assert!(says(judged, "early-deletion"), "{:?}", says_what(judged)))
    }
}

/// A snapshot is shared with another account, which makes a volume of it, and the share is taken back; in the twin
/// the account makes a volume of its own snapshot.
pub(crate) fn j17_leaves(part: Part) -> Story {
    let stranger = "999900001111";
    let user = if part.is_twin() { ACCOUNT } else { stranger };
    let share = |id: &str, time: &str, what: &str| {
        let items = json!({ "items": [{ "userId": stranger }] });
        let mut request =
            json!({ "snapshotId": "snap-0000000a", "attributeType": "CREATE_VOLUME_PERMISSION" });
        request["createVolumePermission"] = json!({ what: items });
        call(id, time, "ModifySnapshotAttribute", request, json!({ "_return": true }))
    };
    let mut used = call("e-2", "10:40:00", "SharedSnapshotVolumeCreated", Value::Null, Value::Null);
    used["userIdentity"] = json!({ "accountId": user, "invokedBy": "Internal" });
    used["eventType"] = json!("AwsServiceEvent");
    used["serviceEventDetails"] =
        json!({ "snapshotId": "snap-0000000a", "userId": user, "volumeId": "vol-000000ff" });
    let mut records = vec![used];
    if !part.is_twin() {
        records.push(share("e-1", "10:30:00", "add"));
        records.push(share("e-3", "10:50:00", "remove"));
    }
    let kept = [snapshot("snap-0000000a", "vol-0000000a")];
    let story = Story::default().before(snapshots(&kept)).after(snapshots(&kept)).log(trail(&records)).any();
    if part.is_twin() {
        story.check(|judged| assert!(!says(judged, "snapshot-exfiltration"), "{:?}", says_what(judged)))
    } else {
        story.check(|judged| assert!(says(judged, "snapshot-exfiltration"), "{:?}", says_what(judged)))
    }
}

/// A quota is raised in four regions within half an hour; in the twin in one, and one in which things run.
pub(crate) fn j30(part: Part) -> Story {
    let regions: &[&str] =
        if part.is_twin() { &[REGION] } else { &[REGION, "ap-south-1", "sa-east-1", "af-south-1"] };
    let calls: Vec<Value> = regions
        .iter()
        .enumerate()
        .map(|(number, region)| {
            let arn = format!("arn:aws:servicequotas:{region}:{ACCOUNT}:ec2/L-1216C47A");
            let request = json!({ "serviceCode": "ec2", "quotaCode": "L-1216C47A", "desiredValue": 384 });
            let response = json!({ "requestedQuota": { "id": format!("q-{number}"), "serviceCode": "ec2",
                "quotaCode": "L-1216C47A", "desiredValue": 384, "status": "PENDING", "quotaArn": arn,
                "globalQuota": false, "quotaName": "Running On-Demand Standard instances" } });
            let asked = call(
                &format!("e-{number}"),
                &format!("10:{number}0:00"),
                "RequestServiceQuotaIncrease",
                request,
                response,
            );
            in_region(region, call_of("servicequotas.amazonaws.com", asked))
        })
        .collect();
    let running = [instance("i-0000000a", "vol-0000000a")];
    let story = of_instances(&running, &running).log(trail(&calls)).any();
    if part.is_twin() {
        story.check(|judged| assert!(!says(judged, "quota-surge"), "{:?}", says_what(judged)))
    } else {
        story.check(|judged| assert!(says(judged, "quota-surge"), "{:?}", says_what(judged)))
    }
}

/// A region is enabled and an instance launched there; in the twin the instance is launched where others run.
pub(crate) fn j31(part: Part) -> Story {
    let region = if part.is_twin() { REGION } else { "af-south-1" };
    let mut enabled =
        call("e-1", "10:10:00", "EnableRegion", json!({ "RegionName": "af-south-1" }), Value::Null);
    enabled = in_region("us-east-1", call_of("account.amazonaws.com", enabled));
    let launch = in_region(region, run("e-2", "10:40:00", "i-0000000b"));
    let started = launched("i-0000000b", "vol-0000000b", "10:40:00");
    let there = |instances: &[Value]| Listing { location: Some(region), ..self::instances(instances) };
    let story = Story::default().before(there(&[])).after(there(&[started]));
    let log = Log { location: Some(region), ..trail(&[launch]) };
    let elsewhere = Log { location: Some("us-east-1"), ..trail(&[enabled]) };
    let story = story.log(log).log(elsewhere).any();
    if part.is_twin() {
        story.check(|judged| assert!(!says(judged, "region-opened"), "{:?}", says_what(judged)))
    } else {
        story.check(|judged| assert!(says(judged, "region-opened"), "{:?}", says_what(judged)))
    }
}

/// An instance loses its termination protection and is terminated; in the twin it is another one that does.
pub(crate) fn j33(part: Part) -> Story {
    let unprotected = if part.is_twin() { "i-0000000b" } else { "i-0000000a" };
    let request = json!({ "instanceId": unprotected, "disableApiTermination": { "value": false } });
    let calls = [
        call("e-1", "10:30:00", "ModifyInstanceAttribute", request, json!({ "_return": true })),
        terminate("e-2", "10:32:00", "i-0000000a"),
    ];
    let (one, other) = (instance("i-0000000a", "vol-0000000a"), instance("i-0000000b", "vol-0000000b"));
    let story = of_instances(&[one, other.clone()], &[other]).log(trail(&calls)).any();
    if part.is_twin() {
        story.check(|judged| assert!(!says(judged, "protection-then-delete"), "{:?}", says_what(judged)))
    } else {
        story.check(|judged| assert!(says(judged, "protection-then-delete"), "{:?}", says_what(judged)))
    }
}
