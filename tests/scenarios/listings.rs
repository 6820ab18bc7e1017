//! Rows about what was listed, how, and how it is kept: they need no log.

use driftline::model::{
    AccountId, Change, ChangeKind, Kind, Location, LogScope, LogStatus, Provider, Timestamp, Window,
};
use driftline::pipeline::Judged;
use driftline::rules::legacy_qradar_score;
use driftline::sources::aws::digest::{
    Digest, DigestFile, Found, FoundDigest, Question, Signature, check, sha256,
};
use driftline::sources::live::Timeline;
use driftline::store::{Access, Depth, Error, Store};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::Part;
use crate::harness::{Listing, Story};

const PROJECT: &str = "example-project";

fn kinds(judged: &Judged) -> Vec<ChangeKind> {
    judged.changes.iter().map(|change: &Change| change.kind).collect()
}

/// An aggregated list of Google Cloud names a zone that it could not reach, and lacks an instance; in the twin it
/// names none.
pub(crate) fn j26(part: Part) -> Story {
    let machine = json!({
        "id": "4711", "name": "web", "status": "RUNNING", "creationTimestamp": "2026-02-01T00:00:00Z",
        "zone": format!("https://www.googleapis.com/compute/v1/projects/{PROJECT}/zones/europe-west1-b"),
        "selfLink": format!("https://www.googleapis.com/compute/v1/projects/{PROJECT}/zones/europe-west1-b/instances/web"),
        "kind": "compute#instance", "disks": [],
    });
    let page = |instances: Value, lost: bool| {
        let mut page = json!({ "kind": "compute#instanceAggregatedList",
            "items": { "zones/europe-west1-b": { "instances": instances } } });
        if lost {
            page["unreachables"] = json!(["projects/example-project/zones/europe-west1-b"]);
        }
        page
    };
    let of = |body| Listing {
        provider: Provider::Gcp,
        account: PROJECT,
        location: None,
        kind: Kind::Instance,
        body,
    };
    let story = Story::default()
        .before(of(page(json!([machine]), false)))
        .after(of(page(json!([]), !part.is_twin())))
        .any();
    if part.is_twin() {
        story.check(|judged| assert_eq!(kinds(judged), [ChangeKind::Vanished]))
    } else {
        story.check(|judged| assert_eq!(kinds(judged), [ChangeKind::CoverageGap]))
    }
}

fn listed(kind: Kind, body: Value) -> Listing {
    Listing { provider: Provider::Aws, account: "111122223333", location: Some("eu-west-1"), kind, body }
}

/// A snapshot is listed that is older than the listing that lacked it; in the twin it is younger.
pub(crate) fn j27(part: Part) -> Story {
    let taken = if part.is_twin() { "2026-03-01T11:00:00.000Z" } else { "2026-02-01T00:00:00.000Z" };
    let snapshot = json!({ "SnapshotId": "snap-0000000a", "VolumeId": "vol-0000000a", "State": "completed",
        "StartTime": taken, "OwnerId": "111122223333", "VolumeSize": 8, "Tags": [] });
    let story = Story::default()
        .before(listed(Kind::Snapshot, json!({ "Snapshots": [] })))
        .after(listed(Kind::Snapshot, json!({ "Snapshots": [snapshot] })))
        .any();
    if part.is_twin() {
        story.check(|judged| assert_eq!(kinds(judged), [ChangeKind::Appeared]))
    } else {
        story.check(|judged| assert_eq!(kinds(judged), [ChangeKind::Reappeared]))
    }
}

/// Tags and security groups come in another order; in the twin one tag has another value.
pub(crate) fn j34(part: Part) -> Story {
    let instance = |tags: Value, groups: Value| {
        let instance = json!({ "InstanceId": "i-0000000a", "ImageId": "ami-0000000a", "InstanceType": "t3.micro",
            "State": { "Code": 16, "Name": "running" }, "LaunchTime": "2026-02-01T00:00:00.000Z",
            "Tags": tags, "SecurityGroups": groups });
        listed(
            Kind::Instance,
            json!({ "Reservations": [{ "OwnerId": "111122223333", "Instances": [instance] }] }),
        )
    };
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let group = |id: &str| json!({ "GroupId": id, "GroupName": id });
    let owner = if part.is_twin() { "somebody" } else { "ops" };
    let story = Story::default()
        .before(instance(json!([tag("a", "1"), tag("owner", "ops")]), json!([group("sg-1"), group("sg-2")])))
        .after(instance(json!([tag("owner", owner), tag("a", "1")]), json!([group("sg-2"), group("sg-1")])))
        .any();
    if part.is_twin() {
        story.check(|judged| assert_eq!(kinds(judged), [ChangeKind::Modified]))
    } else {
        story.check(|judged| assert_eq!(kinds(judged), []))
    }
}

/// A listing ends with a page that says that more follow, an empty one; in the twin it ends with the last.
///
/// How a live listing goes on after an empty page, tries again after a refusal and keeps a denied kind apart is
/// proven against servers, in `tests/clouds`.
pub(crate) fn j41(part: Part) -> Story {
    let volume = json!({ "VolumeId": "vol-0000000a", "Size": 8, "CreateTime": "2026-02-01T00:00:00.000Z" });
    let mut page = json!({ "Volumes": [] });
    if !part.is_twin() {
        page["NextToken"] = json!("more");
    }
    let story = Story::default()
        .before(listed(Kind::Volume, json!({ "Volumes": [volume] })))
        .after(listed(Kind::Volume, page))
        .any();
    if part.is_twin() {
        story.check(|judged| assert_eq!(kinds(judged), [ChangeKind::Vanished]))
    } else {
        story.check(|judged| assert_eq!(kinds(judged), [ChangeKind::CoverageGap]))
    }
}

/// An object of a trail is not what its digest says; in the twin it is.
pub(crate) fn j37(part: Part) -> Story {
    let hour = |hours: i64| -> Timestamp {
        "2026-03-01T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
    };
    let digests: Vec<FoundDigest> = (0..3)
        .map(|number| {
            let key = |number: i64| {
                format!(
                    "AWSLogs/1/CloudTrail-Digest/r/1_CloudTrail-Digest_r_trail_r_{}.json.gz",
                    hour(number)
                )
            };
            let file = DigestFile {
                bucket: "b".to_owned(),
                object: format!("o{number}"),
                hash: sha256(b"records"),
                oldest: None,
                newest: None,
            };
            let digest = Digest {
                account: "1".to_owned(),
                start: hour(number),
                end: hour(number + 1),
                bucket: "b".to_owned(),
                object: key(number),
                fingerprint: None,
                previous: (number > 0).then(|| key(number - 1)),
                previous_hash: (number > 0).then(|| format!("hash of {}", number - 1)),
                previous_signature: None,
                files: vec![file],
            };
            FoundDigest { digest, hash: format!("hash of {number}"), signature: Signature::Valid }
        })
        .collect();
    let content: &[u8] = if part.is_twin() { b"records" } else { b"fewer records" };
    let log = LogScope {
        provider: Provider::Aws,
        account: AccountId::new("1"),
        location: Location::new("r"),
        source: "cloudtrail".to_owned(),
    };
    let window = Window { from: hour(0), to: hour(3) };
    let question = Question { log: &log, window, lag: SignedDuration::from_mins(15) };
    let mut timeline = Timeline::new(window, LogStatus::Unknown, "nothing is known");
    let violations = check(&question, &digests, &|_| Found::Read(sha256(content)), &mut timeline);
    assert_eq!(violations.len(), if part.is_twin() { 0 } else { 3 });
    Story::default()
}

/// A document in the store is changed by hand; in the twin it is left as it is.
pub(crate) fn j40(part: Part) -> Story {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftline.db");
    let mut store = Store::open(&path, Access::Create).unwrap();
    let snapshot = json!({ "SnapshotId": "snap-0000000a", "VolumeId": "vol-0000000a", "State": "completed",
        "StartTime": "2026-02-01T00:00:00.000Z", "OwnerId": "111122223333", "VolumeSize": 8, "Tags": [] });
    crate::harness::scan(&mut store, 10, &[listed(Kind::Snapshot, json!({ "Snapshots": [snapshot] }))], &[]);
    drop(store);
    if !part.is_twin() {
        let forger = rusqlite::Connection::open(&path).unwrap();
        forger.execute("update coverage set listed = listed + 1", []).unwrap();
    }
    let verified = Store::open(&path, Access::Read).unwrap().verify(Depth::Full, None);
    if part.is_twin() {
        assert_eq!(verified.unwrap().scans, 1);
    } else {
        assert!(matches!(verified, Err(Error::Unsound(_))));
    }
    Story::default()
}

/// The published query's own score of an operation; in the twin it says that the operation failed.
pub(crate) fn j42(part: Part) -> Story {
    let success = (!part.is_twin()).then_some("Success");
    let copied = if part.is_twin() { 40 } else { 70 };
    let table = [
        ("DeleteSnapshot", success, 90),
        ("DeleteVolume", success, 90),
        ("Microsoft.Compute/virtualMachines/delete", success, 90),
        ("v1.compute.instances.delete", success, 90),
        ("CreateSnapshot", success, copied),
        ("MICROSOFT.COMPUTE/SNAPSHOTS/WRITE", success, copied),
        ("Microsoft.Compute/snapshots/write", Some("Succeeded"), 40),
        ("CreateInstanceExportTask", success, 60),
        ("compute.instances.insert", success, 40),
        ("RunInstances", success, 40),
        ("TerminateInstances", success, 40),
        ("AttachVolume", success, 40),
    ];
    for (operation, result, score) in table {
        assert_eq!(legacy_qradar_score(operation, result), score, "{operation}");
    }
    Story::default()
}
