//! Records of the Azure Activity Log: one that was recorded, and those of the shipped incident, which are ours.
//!
//! The recordings hold three answers of the log: two are refusals (the start was too long ago), and the third one
//! record of four selected columns. What is expected of the incident's was read off the raw records by eye.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that prints its counts")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use driftline::model::{AuditEvent, Locator, Uid};
use driftline::sources::{AuditLog, LogHints, RecordReading, audit_log};
use serde_json::{Map, Value};

use crate::{json_files, read_json, recordings};

/// What is expected of one record: number, actor, class, outcome, stage, targets.
struct Row(&'static str, &'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const ERIK: &str = "erik.dahl@example.com human";
const BACKUP: &str = "Backup Management Service cloud-service backup";

/// Targets are told by role, kind, locator behind the subscription (and `G`, the group's compute), uid and slot.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("0ea278e1-b06c-41a9-952b-a990f65fc712", ERIK, "instance.modify", "started", "first",
        &["subject instance G/virtualmachines/erp-db-01 - -"]),
    Row("53f4f9a7-348c-4940-ab38-a69125457d9b", ERIK, "instance.modify", "accepted", "middle", &[
        "subject instance G/virtualmachines/erp-db-01 2d52da1a-e713-45cd-9321-0b56378a1e20 -",
        "attached volume G/disks/erp-db-01_osdisk_1_761d89537161475ab146c25f19b15c3a - os",
        "attached volume G/disks/erp-db-01-data - lun:0"]),
    Row("e7db5706-4d6c-4a41-8f3a-dd7e1dd65a56", ERIK, "instance.modify", "success", "last",
        &["subject instance G/virtualmachines/erp-db-01 - -"]),
    Row("bbc3e406-0e7a-47eb-9ea0-cf1a4eef70ba", ERIK, "volume.create", "started", "first",
        &["subject volume G/disks/erp-db-01-data - -"]),
    Row("cc57c879-58a8-4423-8d1a-32bf6508c05a", ERIK, "volume.create", "accepted", "middle", &[
        "subject volume G/disks/erp-db-01-data - -",
        "source snapshot G/snapshots/erp-db-01-data-20260228 80135bd0-feb8-4bc6-aef3-a0cb27a2c25b -"]),
    Row("b4acc793-aef1-406e-a58a-3caf4098ffc2", ERIK, "volume.delete", "started", "first",
        &["subject volume G/disks/erp-db-01-data - -"]),
    Row("90e71783-f21c-44ab-8014-ca2030a28870", ERIK, "volume.delete", "success", "last",
        &["subject volume G/disks/erp-db-01-data - -"]),
    Row("d6b0978e-a2c0-417b-8829-947a07323003", ERIK, "instance.modify", "accepted", "middle", &[
        "subject instance G/virtualmachines/erp-db-01 2d52da1a-e713-45cd-9321-0b56378a1e20 -",
        "attached volume G/disks/erp-db-01_osdisk_1_761d89537161475ab146c25f19b15c3a - os"]),
    Row("5aa01f09-fac9-4803-8ddc-e0aa71aa30c3", ERIK, "instance.start", "success", "last",
        &["subject instance G/virtualmachines/erp-app-01 - -"]),
    Row("c9e5dd34-7d85-4c5f-bf02-461925be838f", ERIK, "instance.modify", "accepted", "middle", &[
        "subject instance G/virtualmachines/erp-app-01 90d51bb0-c878-44f8-b099-0c3d4da6d448 -",
        "attached volume G/disks/erp-app-01-os-r2 - os"]),
    Row("cc75100e-8fda-41a5-a78c-cc098f50430c", ERIK, "volume.create", "accepted", "middle", &[
        "subject volume G/disks/erp-app-01-os-r2 - -",
        "source snapshot G/snapshots/erp-app-01-os-20260215 d511d40b-163d-4997-92d3-50106fc35644 -"]),
    Row("01fa8816-f803-49da-b531-a1935bca3336", ERIK, "instance.stop", "started", "first",
        &["subject instance G/virtualmachines/erp-app-01 - -"]),
    Row("1ccbc6b2-e389-4b62-b408-9bc0c5ecc419", ERIK, "instance.stop", "success", "last",
        &["subject instance G/virtualmachines/erp-app-01 - -"]),
    Row("b5935ee4-7fb4-40a7-9999-99f03aa2dbd2", ERIK, "snapshot.export", "started", "first",
        &["subject snapshot G/snapshots/erp-db-01-data-tmp - -"]),
    Row("1b248a22-f927-4827-81db-699e106e3b17", ERIK, "snapshot.export", "accepted", "middle",
        &["subject snapshot G/snapshots/erp-db-01-data-tmp - -"]),
    Row("51be4e49-3ec3-4327-ab3b-c815dfbc478f", ERIK, "snapshot.create", "accepted", "middle", &[
        "subject snapshot G/snapshots/erp-db-01-data-tmp - -",
        "source volume G/disks/erp-db-01-data 73c7e94b-29c1-424e-bc81-cd138db4e4bd -"]),
    Row("003fea8d-a908-443a-8180-320105344202", ERIK, "protect.remove", "success", "last", &[
        "subject lock /resourcegroups/rg-erp-prod/providers/microsoft.authorization/locks/no-delete - -",
        "parent - /resourcegroups/rg-erp-prod - -"]),
    Row("60a1e9e3-53ed-4172-a73e-7ff817d72d30", ERIK, "iam.grant", "started", "first", &[
        "subject - /providers/microsoft.authorization/roleassignments/c924b02e-5469-484c-a05a-1f7b64a10f25 - -",
        "parent -  - -"]),
    Row("2a6f561e-cb30-4ad9-a08a-9b3439711018", BACKUP, "restore-point.delete", "success", "last", &[
        "subject restore-point /resourcegroups/azurebackuprg_westeurope_1/providers/microsoft.compute/restorepointcollections/azurebackup_erp-db-01_3275901084/restorepoints/azurebackup_20260228_213012 - -",
        "parent - /resourcegroups/azurebackuprg_westeurope_1/providers/microsoft.compute/restorepointcollections/azurebackup_erp-db-01_3275901084 - -"]),
    Row("2eb411f8-51f8-4a66-81a7-948b4dd637ba", BACKUP, "restore-point.create", "accepted", "middle", &[
        "subject restore-point /resourcegroups/azurebackuprg_westeurope_1/providers/microsoft.compute/restorepointcollections/azurebackup_erp-db-01_3275901084/restorepoints/azurebackup_20260302_213011 - -",
        "parent - /resourcegroups/azurebackuprg_westeurope_1/providers/microsoft.compute/restorepointcollections/azurebackup_erp-db-01_3275901084 - -"]),
];

/// What the exported records of the incident are: operation, outcome, subject.
#[rustfmt::skip]
const EXPORTED: &[(&str, &str, &str)] = &[
    ("Microsoft.Compute/virtualMachines/write", "started", "G/virtualmachines/erp-app-01"),
    ("Microsoft.Compute/virtualMachines/write", "accepted", "G/virtualmachines/erp-app-01"),
    ("Microsoft.Compute/virtualMachines/write", "success", "G/virtualmachines/erp-app-01"),
    ("Microsoft.Network/networkSecurityGroups/securityRules/write", "started", "allow-ssh-any"),
    ("Microsoft.Network/networkSecurityGroups/securityRules/write", "success", "allow-ssh-any"),
    ("Microsoft.Compute/virtualMachines/delete", "started", "G/virtualmachines/jump-01"),
    ("Microsoft.Compute/virtualMachines/delete", "accepted", "G/virtualmachines/jump-01"),
    ("Microsoft.Compute/virtualMachines/delete", "success", "G/virtualmachines/jump-01"),
    ("Microsoft.Compute/disks/delete", "started", "G/disks/jump-01_osdisk_1_ed1b4cd5f1194476b345dfbbe911133e"),
    ("Microsoft.Compute/disks/delete", "accepted", "G/disks/jump-01_osdisk_1_ed1b4cd5f1194476b345dfbbe911133e"),
    ("Microsoft.Compute/disks/delete", "success", "G/disks/jump-01_osdisk_1_ed1b4cd5f1194476b345dfbbe911133e"),
];

fn log() -> &'static dyn AuditLog {
    audit_log("activity-log").unwrap()
}

/// The records of one source, read: what became of them, counted, and the events.
#[derive(Default)]
struct Readings {
    records: usize,
    events: Vec<AuditEvent>,
    passed: BTreeMap<String, usize>,
}

impl Readings {
    fn of(records: impl IntoIterator<Item = Map<String, Value>>) -> Self {
        let mut readings = Self::default();
        for record in records {
            readings.records += 1;
            match log().read(record, &LogHints::default()) {
                Ok(RecordReading::Event(event)) => readings.events.push(*event),
                Ok(RecordReading::Ignored(why)) => *readings.passed.entry(why.to_string()).or_default() += 1,
                Err(odd) => *readings.passed.entry(format!("odd: {}", odd.code)).or_default() += 1,
            }
        }
        readings
    }
}

/// The folder of the incident's log.
fn incident() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/incident/after/azure/activity-log")
}

fn members(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else { panic!("{value} is no record") };
    assert!(log().recognise(&members), "{members:?}");
    members
}

/// What `az monitor activity-log list` printed.
fn printed() -> Readings {
    let file = std::fs::File::open(incident().join("activity-log.json.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let records: Vec<Value> = serde_json::from_str(&text).unwrap();
    Readings::of(records.into_iter().map(members))
}

/// What a diagnostic setting wrote.
fn exported() -> Readings {
    let files = json_files(&incident().join("insights-activity-logs"));
    let text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    Readings::of(text.lines().map(|line| members(serde_json::from_str(line).unwrap())))
}

/// The element or elements of a recorded answer, or of a log.
fn elements(mut body: Value) -> Vec<Map<String, Value>> {
    let lists = ["value", "Records", "records", "entries", "items"];
    let list = lists.iter().find(|name| body.get(name).is_some_and(Value::is_array));
    let listed = match list {
        Some(name) => body[*name].take(),
        None => body,
    };
    let items = match listed {
        Value::Array(items) => items,
        single => vec![single],
    };
    let objects = items.into_iter().filter_map(|item| match item {
        Value::Object(members) => Some(members),
        _ => None,
    });
    objects.collect()
}

fn short(locator: &str) -> String {
    const GROUP: &str = "/resourcegroups/rg-erp-prod/providers/microsoft.compute/";
    let own = locator.splitn(4, '/').nth(3).map_or_else(String::new, |own| format!("/{own}"));
    own.strip_prefix(GROUP).map_or(own.clone(), |own| format!("G/{own}"))
}

/// One target in the words of the table.
fn told(event: &AuditEvent) -> BTreeSet<String> {
    let targets = event.targets.iter().map(|target| {
        let kind = target.kind.map_or("-", |kind| kind.as_str());
        let locator = target.locator.as_ref().map_or_else(String::new, |locator| short(locator.as_str()));
        let (uid, slot) =
            (target.uid.as_ref().map_or("-", Uid::as_str), target.slot.as_deref().unwrap_or("-"));
        format!("{} {kind} {locator} {uid} {slot}", target.role)
    });
    targets.collect()
}

#[test]
fn each_record_of_the_incident_is_what_its_raw_text_says() {
    let events: BTreeMap<String, AuditEvent> =
        printed().events.into_iter().map(|event| (event.id.to_string(), event)).collect();
    for Row(id, actor, class, end, stage, targets) in ROWS {
        let event = &events[*id];
        let who = &event.actor;
        let service = who.service.as_ref().map_or_else(String::new, |service| format!(" {service}"));
        assert_eq!(format!("{} {}{service}", who.name, who.kind), *actor, "{id}");
        let told_of = (event.class.as_str(), event.outcome.end.as_str(), event.stage.as_str());
        assert_eq!(told_of, (*class, *end, *stage), "{id}");
        assert_eq!(told(event), targets.iter().map(|target| (*target).to_owned()).collect(), "{id}");
        assert!(!who.external && who.key.ends_with("@9a7c5e10-2d34-4b6f-8e91-0c3d5f7a9b12"), "{id}: {who:?}");
    }
}

#[test]
fn every_record_of_the_incident_is_an_event_or_passed_over_and_none_is_odd() {
    let (printed, exported) = (printed(), exported());
    assert_eq!((printed.records, printed.events.len()), (41, 40));
    assert_eq!(printed.passed, [("other-category".to_owned(), 1)].into());
    assert_eq!((exported.records, exported.events.len()), (11, 11));
    let groups: BTreeSet<_> = printed.events.iter().filter_map(|event| event.group.as_ref()).collect();
    assert_eq!(groups.len(), 14);
    assert!(printed.events.iter().chain(&exported.events).all(|event| !event.truncated));
}

#[test]
fn the_incident_s_export_in_upper_case_names_what_inventory_names() {
    let exported = exported();
    assert_eq!(exported.events.len(), EXPORTED.len());
    for (event, (operation, end, subject)) in exported.events.iter().zip(EXPORTED) {
        assert_eq!((event.operation.as_str(), event.outcome.end.as_str()), (*operation, *end));
        let locator =
            event.targets.iter().find_map(|target| target.locator.as_ref().map(Locator::as_str)).unwrap();
        assert!(short(locator).ends_with(subject), "{locator}");
        assert_eq!(event.actor.name, "erik.dahl@example.com");
    }
    let ids: BTreeSet<_> = exported.events.iter().map(|event| &event.id).collect();
    assert_eq!(ids.len(), exported.events.len());
}

#[test]
fn of_everything_recorded_only_the_log_is_recognised_and_nothing_of_it_is_lost() {
    let Some(recordings) = recordings() else { return };
    let mut elements_seen = 0;
    let mut records = Vec::new();
    for path in json_files(&recordings) {
        let mut file = read_json(&path);
        let body = file.pointer_mut("/response/body").map(Value::take).unwrap_or(file);
        let body = body.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(body);
        for element in elements(body) {
            elements_seen += 1;
            if log().recognise(&element) {
                records.push(element);
            }
        }
    }
    let readings = Readings::of(records);
    eprintln!("{elements_seen} elements, {} records, {:?}", readings.records, readings.passed);
    let passed: usize = readings.passed.values().sum();
    assert_eq!(readings.records, readings.events.len() + passed);
    let [event] = readings.events.as_slice() else { panic!("{:?}", readings.events) };
    assert_eq!(event.id.as_str(), "37bf930a-fbb8-4c8c-9cc7-057cc1805c04");
    assert_eq!((event.actor.key.as_str(), event.actor.kind.as_str()), ("john@doe.com", "human"));
    let told_of = (event.class.as_str(), event.outcome.end.as_str(), event.stage.as_str());
    assert_eq!(told_of, ("instance.modify", "started", "single"));
    assert_eq!(event.time.to_string(), "2019-05-01T15:20:04.8336028Z");
    let subject =
        "subject instance /resourcegroups/test_vm/providers/microsoft.compute/virtualmachines/cctestvm - -";
    assert_eq!(told(event), [subject.to_owned()].into());
    assert_eq!(event.account.as_str(), "ea42f556-5106-4743-99b0-c129bfa71a47");
}
