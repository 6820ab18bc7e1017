//! From two dumps to what changed between them.

use driftline::model::{ChangeKind, Kind};
use driftline::store::Store;
use serde_json::{Value, json};

use super::support::{Dump, changes, instance, instances, kinds, scan, volume, volumes};

/// Imports two listings of instances and volumes, both complete, and returns what changed.
fn between(before: (&[Value], &[Value]), after: (&[Value], &[Value])) -> Vec<(ChangeKind, String)> {
    let mut store = Store::in_memory().unwrap();
    for (hour, (hosts, disks)) in [(1, before), (2, after)] {
        let (hosts, disks) = (instances(hosts), volumes(disks));
        let dump = Dump::complete(&[("i.json", Kind::Instance, &hosts), ("v.json", Kind::Volume, &disks)]);
        scan(&mut store, hour, dump.path());
    }
    kinds(&store)
}

fn attached(uid: &str, host: &str) -> Value {
    let mut volume = volume(uid);
    volume["State"] = json!("in-use");
    volume["Attachments"] = json!([{ "InstanceId": host, "Device": "/dev/xvda", "State": "attached",
        "AttachTime": "2026-01-01T00:00:01.000Z", "VolumeId": uid, "DeleteOnTermination": true }]);
    volume
}

#[test]
fn the_same_dump_twice_changes_nothing() {
    let estate: (&[Value], &[Value]) = (&[instance("i-1", "vol-1")], &[attached("vol-1", "i-1")]);
    assert_eq!(between(estate, estate), []);
}

#[test]
fn a_root_volume_swap_is_one_slot_swap() {
    let before: (&[Value], &[Value]) =
        (&[instance("i-1", "vol-1")], &[attached("vol-1", "i-1"), volume("vol-2")]);
    let after: (&[Value], &[Value]) =
        (&[instance("i-1", "vol-2")], &[volume("vol-1"), attached("vol-2", "i-1")]);
    assert_eq!(between(before, after), [(ChangeKind::SlotSwapped, "i-1".to_owned())]);
}

#[test]
fn an_instance_listed_as_terminated_vanished() {
    let mut gone = instance("i-1", "vol-1");
    gone["State"] = json!({ "Code": 48, "Name": "terminated" });
    gone["BlockDeviceMappings"] = json!([]);
    let before: (&[Value], &[Value]) = (&[instance("i-1", "vol-1")], &[]);
    assert_eq!(between(before, (&[gone], &[])), [(ChangeKind::Vanished, "i-1".to_owned())]);
}

#[test]
fn a_terminated_instance_that_is_listed_no_longer_vanished_only_once() {
    let mut store = Store::in_memory().unwrap();
    let mut gone = instance("i-1", "vol-1");
    gone["State"] = json!({ "Code": 48, "Name": "terminated" });
    let mut seen = Vec::new();
    for (hour, listing) in [(1, vec![instance("i-1", "vol-1")]), (2, vec![gone]), (3, vec![])] {
        let dump = Dump::complete(&[("i.json", Kind::Instance, &instances(&listing))]);
        scan(&mut store, hour, dump.path());
        seen.extend(kinds(&store));
    }
    assert_eq!(seen, [(ChangeKind::Vanished, "i-1".to_owned())]);
}

#[test]
fn a_volume_that_comes_back_reappeared() {
    let mut store = Store::in_memory().unwrap();
    for (hour, listing) in [(1, vec![volume("vol-1")]), (2, vec![]), (3, vec![volume("vol-1")])] {
        let dump = Dump::complete(&[("v.json", Kind::Volume, &volumes(&listing))]);
        scan(&mut store, hour, dump.path());
    }
    assert_eq!(kinds(&store), [(ChangeKind::Reappeared, "vol-1".to_owned())]);
}

#[test]
fn a_volume_older_than_the_listing_that_lacked_it_reappeared_and_a_younger_one_appeared() {
    let mut young = volume("vol-2");
    young["CreateTime"] = json!("2026-03-01T01:30:00Z");
    let after = [volume("vol-1"), young];
    assert_eq!(
        between((&[], &[]), (&[], &after)),
        [(ChangeKind::Reappeared, "vol-1".to_owned()), (ChangeKind::Appeared, "vol-2".to_owned())]
    );
}

#[test]
fn a_weaker_metadata_option_is_a_modification_with_before_and_after() {
    let mut store = Store::in_memory().unwrap();
    let mut weak = instance("i-1", "vol-1");
    weak["MetadataOptions"]["HttpTokens"] = json!("optional");
    for (hour, listing) in [(1, instance("i-1", "vol-1")), (2, weak)] {
        let dump = Dump::complete(&[("i.json", Kind::Instance, &instances(&[listing]))]);
        scan(&mut store, hour, dump.path());
    }
    let changes = changes(&store);
    assert_eq!(changes.len(), 1);
    let attribute = &changes[0].attributes[0];
    assert_eq!(attribute.path, "config.MetadataOptions.HttpTokens");
    assert_eq!((&attribute.before, &attribute.after), (&Some(json!("required")), &Some(json!("optional"))));
}

#[test]
fn a_field_that_no_mapping_knows_still_drifts() {
    let mut store = Store::in_memory().unwrap();
    let mut novel = volume("vol-1");
    novel["NextYearsField"] = json!({ "Mode": "open" });
    for (hour, listing) in [(1, volume("vol-1")), (2, novel)] {
        let dump = Dump::complete(&[("v.json", Kind::Volume, &volumes(&[listing]))]);
        scan(&mut store, hour, dump.path());
    }
    let changes = changes(&store);
    assert_eq!(changes[0].attributes[0].path, "unmapped.NextYearsField.Mode");
}

/// Imports one listing several times, each time with other answers beside it, and returns the paths that
/// changed each time and the number of revisions in the end.
fn told(listing: &str, kind: Kind, answers: &[Option<Value>]) -> (Vec<Vec<String>>, u64) {
    let mut store = Store::in_memory().unwrap();
    let mut seen = Vec::new();
    for (hour, answer) in (1..).zip(answers) {
        let dump = Dump::complete(&[("listing.json", kind, listing)]);
        if let Some(answer) = answer {
            dump.write("answer.json", answer.to_string().as_bytes());
        }
        scan(&mut store, hour, dump.path());
        let paths = changes(&store).into_iter().flat_map(|change| change.attributes);
        seen.push(paths.map(|attribute| attribute.path).collect());
    }
    (seen, store.info().unwrap().revisions)
}

#[test]
fn a_share_stands_until_somebody_asks_again() {
    let snapshot = json!({ "SnapshotId": "snap-1", "VolumeId": "vol-1", "StartTime": "2026-01-01T00:00:00Z",
        "State": "completed", "VolumeSize": 8, "OwnerId": "111122223333" });
    let listing = json!({ "Snapshots": [snapshot] }).to_string();
    let grants = |grants: Value| Some(json!({ "SnapshotId": "snap-1", "CreateVolumePermissions": grants }));
    let (private, shared) = (grants(json!([])), grants(json!([{ "UserId": "999988887777" }])));
    let answers = [private.clone(), None, shared.clone(), None, shared, private];
    let (seen, revisions) = told(&listing, Kind::Snapshot, &answers);
    let changed = vec!["exposure.grants".to_owned()];
    assert_eq!(seen, [vec![], vec![], changed.clone(), vec![], vec![], changed]);
    assert_eq!(revisions, 3);
}

#[test]
fn a_protection_taken_away_between_two_sweeps_shows_though_the_scan_between_did_not_ask() {
    let listing = instances(&[instance("i-1", "vol-1")]);
    let protected = |on: bool| Some(json!({ "InstanceId": "i-1", "DisableApiTermination": { "Value": on } }));
    let (seen, revisions) = told(&listing, Kind::Instance, &[protected(true), None, None, protected(false)]);
    assert_eq!(seen, [vec![], vec![], vec![], vec!["config.DisableApiTermination".to_owned()]]);
    assert_eq!(revisions, 2);
}

#[test]
fn user_data_that_is_gone_is_told_as_gone() {
    let listing = instances(&[instance("i-1", "vol-1")]);
    let some = Some(json!({ "InstanceId": "i-1", "UserData": { "Value": "aGVsbG8=" } }));
    let none = Some(json!({ "InstanceId": "i-1", "UserData": {} }));
    let (seen, _) = told(&listing, Kind::Instance, &[some, None, none]);
    assert!(seen[2].contains(&"config.UserData.length".to_owned()), "{seen:?}");
}

#[test]
fn user_data_never_reaches_the_store() {
    let mut store = Store::in_memory().unwrap();
    let secret = "aHVudGVyMi1pcy1teS1wYXNzd29yZA==";
    let told = json!({ "InstanceId": "i-1", "UserData": { "Value": secret } }).to_string();
    let dump = Dump::complete(&[("i.json", Kind::Instance, &instances(&[instance("i-1", "vol-1")]))]);
    dump.write("user-data.json", told.as_bytes());
    let imported = scan(&mut store, 1, dump.path());
    let resources = format!("{:?}", store.resources_at(imported.scan.id).unwrap());
    assert!(resources.contains("UserData.sha256"), "{resources}");
    assert!(!resources.contains(secret) && !resources.contains("hunter2"));
}

#[test]
fn a_resource_that_is_gone_is_still_found_by_name() {
    let mut store = Store::in_memory().unwrap();
    let mut named = volume("vol-1");
    named["Tags"] = json!([{ "Key": "Name", "Value": "ledger" }]);
    for (hour, listing) in [(1, vec![named]), (2, vec![])] {
        let dump = Dump::complete(&[("v.json", Kind::Volume, &volumes(&listing))]);
        scan(&mut store, hour, dump.path());
    }
    let found = store.find("ledger").unwrap();
    assert_eq!(found.iter().map(|key| key.uid.as_str()).collect::<Vec<_>>(), ["vol-1"]);
}

#[test]
fn the_outputs_of_several_calls_may_be_joined_in_one_stream() {
    let snapshot = json!({ "SnapshotId": "snap-1", "VolumeId": "vol-1", "StartTime": "2026-01-01T00:00:00Z",
        "State": "completed", "VolumeSize": 8, "OwnerId": "111122223333" });
    let listing = json!({ "Snapshots": [snapshot] });
    let shared = json!({ "SnapshotId": "snap-1", "CreateVolumePermissions": [{ "Group": "all" }] });
    for joined in [format!("{listing}\n{shared}"), format!("{shared}\n{listing}")] {
        let mut store = Store::in_memory().unwrap();
        let imported = scan(&mut store, 1, Dump::new(&[("all.json", &joined)]).path());
        let resources = store.resources_at(imported.scan.id).unwrap();
        assert_eq!(resources.len(), 1);
        assert!(resources[0].exposure.is_public());
    }
}

#[test]
fn a_modification_beside_a_swap_is_a_finding_of_its_own_attributes() {
    let mut store = Store::in_memory().unwrap();
    let mut other = instance("i-1", "vol-2");
    other["IamInstanceProfile"] =
        json!({ "Arn": "arn:aws:iam::111122223333:instance-profile/admin", "Id": "AIPAEXAMPLE" });
    for (hour, listing) in [(1, instance("i-1", "vol-1")), (2, other)] {
        let dump = Dump::complete(&[("i.json", Kind::Instance, &instances(&[listing]))]);
        scan(&mut store, hour, dump.path());
    }
    let latest = store.latest().unwrap().unwrap().id;
    let previous = store.previous(latest).unwrap().map(|scan| scan.id);
    let findings = driftline::pipeline::judge(
        &store,
        previous,
        latest,
        &driftline::pipeline::Terms::at(driftline::model::Timestamp::now()),
    )
    .unwrap()
    .findings;
    let titles: Vec<_> = findings.iter().map(|finding| finding.title.as_str()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    // Nobody knows where the other volume comes from, so nothing says that it is an earlier state.
    assert!(titles.iter().any(|title| title.contains("root slot")), "{titles:?}");
    assert!(titles.iter().any(|title| title.contains("IamInstanceProfile")), "{titles:?}");
}
