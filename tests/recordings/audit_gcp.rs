//! Audit records of Google Cloud as recorded: hand-checked one by one, and all of them counted.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that prints its counts")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use driftline::model::{AuditEvent, Target};
use driftline::sources::gcp::audit::CloudAudit;
use driftline::sources::{AuditLog, LogHints, Odd, RecordReading};
use serde_json::{Map, Value};

use crate::{json_files, read_json, recordings};

/// What the recorder put in place of every time, and what stands in for it here.
const BLANKED: &str = "0000-00-00T00:00:00";
const TIME: &str = "2021-04-01T00:00:00";

fn folder() -> Option<PathBuf> {
    Some(recordings()?.join("gcp/audit"))
}

/// Returns the log entry in a file, whatever it was wrapped in (Pub/Sub, a cloud function's event).
fn unwrap(value: Value) -> Map<String, Value> {
    let Value::Object(mut members) = value else { panic!("{value} is no object") };
    if members.contains_key("protoPayload") {
        return members;
    }
    let inner = ["data", "detail", "message", "body"].into_iter().find_map(|name| members.remove(name));
    match inner {
        Some(inner @ Value::Object(_)) => unwrap(inner),
        _ => members,
    }
}

fn read(record: Map<String, Value>) -> Result<RecordReading, Odd> {
    let raw = serde_json::to_vec(&record).unwrap();
    let reading = CloudAudit.read(record, &LogHints::default());
    if let (Some(reason), Ok(reading)) = (CloudAudit.dismiss(&raw), &reading) {
        assert_eq!(*reading, RecordReading::Ignored(reason));
    }
    reading
}

/// Reads the event in a file, with a time in place of a blanked one.
fn event(path: &Path) -> AuditEvent {
    let text = std::fs::read_to_string(path).unwrap().replace(BLANKED, TIME);
    match read(unwrap(serde_json::from_str(&text).unwrap())).unwrap() {
        RecordReading::Event(event) => *event,
        RecordReading::Ignored(reason) => panic!("{} is {reason}", path.display()),
    }
}

/// `role kind uid place slot`, a hyphen for what is not told.
fn shown(target: &Target) -> String {
    let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let (kind, uid) =
        (target.kind.map(|kind| kind.to_string()), target.uid.as_ref().map(ToString::to_string));
    let place = target.locator.as_ref().map(ToString::to_string).or_else(|| target.name.clone());
    format!("{} {} {} {} {}", target.role, or(kind), or(uid), or(place), or(target.slot.clone()))
}

/// What a record says, read by eye: file, actor's key, kind and service, class and confidence, stage and
/// outcome, targets.
type Checked = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

/// The records of the folder that are of interest, read by eye.
const CHECKED: &[Checked] = &[
    (
        "custodian/autoscaler-insert.json",
        "user:no@gmail.com human -",
        "group.scale high",
        "last success",
        &["created - 5429453110968806653 \
           projects/mitrop-custodian/zones/us-central1-a/autoscalers/instance-group-1 -"],
    ),
    (
        "custodian/iam-role-create.json",
        "user:custodian.gcp.test@gmail.com human -",
        "iam.grant high",
        "single success",
        &["created - - projects/mythic-tribute-232915/roles/CustomRole1 -"],
    ),
    (
        "custodian/instance-template-create.json",
        "user:alex.karpitski@gmail.com human -",
        "group.scale high",
        "first accepted",
        &["created - 4545077653447966789 \
           projects/cloud-custodian/global/instanceTemplates/custodian-instance-template -"],
    ),
    (
        "custodian/log-create-project-exclusion.json",
        "user:dkhanas@gmail.com human -",
        "log.tamper high",
        "single success",
        &["created - - projects/test-project-232910/exclusions/qwerty -"],
    ),
    (
        "custodian/log-create-project-metric.json",
        "user:dkhanas@gmail.com human -",
        "other low",
        "single success",
        &["created - - projects/test-project-232910/metrics -"],
    ),
    (
        "custodian/log-create-project-sink.json",
        "user:dkhanas@gmail.com human -",
        "log.restore high",
        "single success",
        &["created - - projects/test-project-232910/sinks/testqqqqqqqqqqqqqqqqq -"],
    ),
    (
        "custodian/route-create.json",
        "user:no@gmail.com human -",
        "setting.modify high",
        "first accepted",
        &["created - 3987899483238232883 projects/mitrop-custodian/global/routes/test-route-2 -"],
    ),
    (
        "custodian/router-create.json",
        "user:nonono@gmail.com human -",
        "setting.modify high",
        "first accepted",
        &[
            "created - 5859183108806471916 projects/mitrop-custodian/regions/us-central1/routers/test-router-2 -",
        ],
    ),
    (
        "forseti/tests/data/compute-firewalls-enable-logs-policy.json",
        "user:user@domain.com human -",
        "setting.modify high",
        "first accepted",
        // The recorder blanked `targetId` to zeros, and left the label.
        &["created - 0000000000000000123 projects/my-project/global/firewalls/test-firewall -"],
    ),
    (
        "forseti/tests/data/compute-hardened-images.json",
        "serviceAccount:service-000000000000@gcp-sa-notebooks.iam.gserviceaccount.com cloud-service \
         notebooks.googleapis.com",
        "instance.create high",
        "first accepted",
        &[
            "created instance 4224659083998119362 projects/my-project/zones/us-west1-b/instances/my-instance -",
            "created volume - projects/my-project/zones/us-west1-b/disks/my-instance-boot boot",
            "created volume - projects/my-project/zones/us-west1-b/disks/my-instance-data data",
            "image image - \
             projects/deeplearning-platform-release/global/images/family/common-cpu-notebooks-debian-10 -",
        ],
    ),
    (
        "forseti/tests/data/compute-subnetworks-enable-flow-logs.json",
        "user:user@example.com human -",
        "setting.modify high",
        "single success",
        &["subject - - projects/example-project/regions/us-east1/subnetworks/example -"],
    ),
    (
        "forseti/tests/data/compute-subnetworks-set-private-ip-google-access.json",
        "user:user@example.com human -",
        "setting.modify high",
        "first accepted",
        &["subject - - projects/example-project/regions/us-east1/subnetworks/example -"],
    ),
    (
        "forseti/tests/data/servicemanagement-activate-service.json",
        "user:user@example.com human -",
        "setting.modify high",
        "last success",
        &["subject - - projects/my-project/services/[calendar-json.googleapis.com] -"],
    ),
    (
        "forseti/tests/data/servicemanagement-deactivate-service.json",
        "user:user@example.com human -",
        "setting.modify high",
        "last success",
        &["subject - - projects/my-project/services/[zync.googleapis.com] -"],
    ),
    (
        "forseti/tests/data/servicemanagement-disable-service.json",
        "user:user@example.com human -",
        "setting.modify high",
        "last success",
        &["subject - - projects/my-project/services/youtubereporting.googleapis.com -"],
    ),
    (
        "forseti/tests/data/servicemanagement-enable-service.json",
        "user:user@example.com human -",
        "setting.modify high",
        "last success",
        &["subject - - projects/my-project/services/youtubeadsreach.googleapis.com -"],
    ),
    (
        "forseti/tests/data/serviceusage-batchenable.json",
        "user:user@example.com human -",
        "setting.modify high",
        "first accepted",
        &["subject - - projects/my-project/services -"],
    ),
    (
        "forseti/tests/data/serviceusage-disable.json",
        "user:user@example.com human -",
        "setting.modify high",
        "last success",
        &["subject - - projects/my-project/services/zync.googleapis.com -"],
    ),
    (
        "forseti/tests/data/serviceusage-enable.json",
        "user:user@example.com human -",
        "setting.modify high",
        "last success",
        &["subject - - projects/my-project/services/youtubereporting.googleapis.com -"],
    ),
    (
        "iris3/sample_data/compute.disks.createSnapshot.log_message.json",
        "user:xxx@example.com human -",
        "snapshot.create high",
        "first accepted",
        &[
            "created snapshot - projects/${project}/global/snapshots/${name} -",
            "source volume 327216437446702469 projects/${project}/zones/${zone}/disks/${name} -",
        ],
    ),
    (
        "iris3/sample_data/compute.disks.insert.log_message.json",
        "user:xxx@example.com human -",
        "volume.create high",
        "first accepted",
        &["created volume 3535249642519123663 projects/${project}/zones/${zone}/disks/${name} -"],
    ),
    (
        "iris3/sample_data/compute.instances.insert.log_message.json",
        "user:example@example.com human -",
        "instance.create high",
        "first accepted",
        &[
            "created instance 7979750713159037957 projects/${project}/zones/${zone}/instances/${name} -",
            "created volume - projects/${project}/zones/${zone}/disks/${name} boot",
            "image image - projects/debian-cloud/global/images/debian-10-buster-v20210512 -",
        ],
    ),
];

#[test]
fn hand_checked_records_tell_who_did_what_on_what_and_how_it_ended() {
    let Some(folder) = folder() else { return };
    for (file, actor, class, outcome, targets) in CHECKED {
        let event = event(&folder.join(file));
        let service = event.actor.service.as_deref().unwrap_or("-");
        assert_eq!(format!("{} {} {service}", event.actor.key, event.actor.kind), *actor, "{file}");
        assert_eq!(format!("{} {}", event.class, event.confidence), *class, "{file}");
        assert_eq!(format!("{} {}", event.stage, event.outcome.end), *outcome, "{file}");
        assert_eq!(event.targets.iter().map(shown).collect::<Vec<_>>(), *targets, "{file}");
    }
}

#[test]
fn every_record_is_an_event_ignored_or_odd() {
    let Some(folder) = folder() else { return };
    let (mut records, mut events, mut passed) = (0, 0, 0);
    let mut ignored: BTreeMap<String, usize> = BTreeMap::new();
    let mut odd = Vec::new();
    for path in json_files(&folder) {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let record = unwrap(read_json(&path));
        records += 1;
        if !CloudAudit.recognise(&record) {
            // A finding of the Security Command Center.
            assert_eq!(name, "custodian/network-finding.json");
            passed += 1;
            continue;
        }
        match read(record) {
            Ok(RecordReading::Event(_)) => {
                events += 1;
                assert!(CHECKED.iter().any(|(file, ..)| *file == name), "{name} was not checked by eye");
            }
            Ok(RecordReading::Ignored(reason)) => *ignored.entry(reason.to_string()).or_default() += 1,
            Err(why) => odd.push((name, why)),
        }
    }
    eprintln!(
        "{records} records: {events} events, ignored {ignored:?}, {passed} of no log, {} odd",
        odd.len()
    );
    for (name, why) in &odd {
        eprintln!("  {name}: {}: {why}", why.code);
        // All that is odd about them is the time that the recorder blanked.
        assert!(why.message.contains(BLANKED), "{name}");
        assert!(CHECKED.iter().any(|(file, ..)| file == name), "{name} was not checked by eye");
    }
    assert_eq!(records, events + passed + odd.len() + ignored.values().sum::<usize>());
    assert_eq!(events + odd.len(), CHECKED.len());
}

/// The shipped incident, in which one entry names its project by number.
#[test]
fn the_shipped_incident_reads_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/incident/after/gcp/audit/audit.json");
    let Value::Array(entries) = read_json(&path) else { panic!("no list") };
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        let event = match read(unwrap(entry)).unwrap() {
            RecordReading::Event(event) => event,
            RecordReading::Ignored(reason) => panic!("{reason}"),
        };
        assert_eq!(event.account.as_str(), "northwick-tracking");
        for target in &event.targets {
            let locator = target.locator.as_ref().unwrap().as_str();
            assert!(locator.starts_with("projects/northwick-tracking/"), "{locator}");
        }
        *classes.entry(event.class.to_string()).or_default() += 1;
    }
    let counted: Vec<_> = classes.iter().map(|(class, count)| (class.as_str(), *count)).collect();
    let expected = [
        ("image.create", 2),
        ("image.delete", 2),
        ("instance.modify", 4),
        ("instance.start", 4),
        ("instance.stop", 4),
        ("protect.remove", 2),
        ("snapshot.create", 1),
        ("snapshot.delete", 1),
        ("snapshot.share", 1),
        ("tag.modify", 2),
        ("volume.attach", 2),
        ("volume.create", 2),
        ("volume.delete", 2),
        ("volume.detach", 2),
    ];
    assert_eq!(counted, expected);
}
