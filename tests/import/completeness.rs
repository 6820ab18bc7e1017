//! Absence is evidence only where the listing was complete.

use driftline::model::{ChangeKind, CoverageStatus, Kind};
use driftline::pipeline::ScanError;
use driftline::sources::files::Defaults;
use driftline::store::Store;
use serde_json::{Value, json};

use super::support::{
    ACCOUNT, Dump, REGION, at, changes, claim, codes, kinds, scan, scan_complete, statuses, try_scan, volume,
    volumes,
};

fn two() -> String {
    volumes(&[volume("vol-1"), volume("vol-2")])
}

fn one() -> String {
    volumes(&[volume("vol-1")])
}

#[test]
fn a_complete_listing_that_lacks_a_volume_makes_it_vanish() {
    let mut store = Store::in_memory().unwrap();
    let first = scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &two())]).path());
    assert_eq!(statuses(&first), [(Kind::Volume, CoverageStatus::Complete)]);
    scan(&mut store, 2, Dump::complete(&[("v.json", Kind::Volume, &one())]).path());
    assert_eq!(kinds(&store), [(ChangeKind::Vanished, "vol-2".to_owned())]);
}

#[test]
fn a_listing_that_nobody_calls_complete_makes_nothing_vanish() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, Dump::new(&[("v.json", &two())]).path());
    let second = scan(&mut store, 2, Dump::new(&[("v.json", &one())]).path());
    assert_eq!(statuses(&second), [(Kind::Volume, CoverageStatus::Unknown)]);
    assert_eq!(kinds(&store), []);
}

#[test]
fn a_pending_token_outweighs_whoever_calls_the_listing_complete() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &two())]).path());
    let page = json!({ "Volumes": [volume("vol-1")], "NextToken": "more" }).to_string();
    let second = scan(&mut store, 2, Dump::complete(&[("v.json", Kind::Volume, &page)]).path());
    assert_eq!(statuses(&second), [(Kind::Volume, CoverageStatus::Partial)]);
    let vanished = changes(&store).into_iter().filter(|change| change.kind == ChangeKind::Vanished);
    assert_eq!(vanished.count(), 0);
}

#[test]
fn pages_that_follow_each_other_in_one_file_answer_their_tokens() {
    let mut store = Store::in_memory().unwrap();
    let pages = format!(
        "{}\n{}",
        json!({ "Volumes": [volume("vol-1")], "NextToken": "more" }),
        json!({ "Volumes": [volume("vol-2")] })
    );
    let first = scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &pages)]).path());
    assert_eq!(statuses(&first), [(Kind::Volume, CoverageStatus::Complete)]);
}

#[test]
fn bodies_of_several_lists_may_be_joined_and_each_answers_for_its_own_tokens() {
    let instances = super::support::instances(&[super::support::instance("i-1", "vol-1")]);
    let mut store = Store::in_memory().unwrap();
    let joined = format!("{instances}\n{}", two());
    let first = scan_complete(&mut store, 1, Dump::new(&[("all.json", &joined)]).path());
    let complete = CoverageStatus::Complete;
    assert_eq!(statuses(&first), [(Kind::Instance, complete), (Kind::Volume, complete)]);
    let pending = json!({ "Volumes": [volume("vol-1")], "NextToken": "more" });
    let joined = format!("{pending}\n{instances}");
    let second = scan_complete(&mut store, 2, Dump::new(&[("all.json", &joined)]).path());
    assert!(codes(&second).contains(&"next-token".to_owned()), "{second:#?}");
    assert_eq!(kinds(&store), []);
}

#[test]
fn an_empty_complete_listing_makes_everything_in_its_scope_vanish() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &two())]).path());
    scan(&mut store, 2, Dump::complete(&[("v.json", Kind::Volume, &volumes(&[]))]).path());
    assert_eq!(kinds(&store).len(), 2);
}

#[test]
fn an_empty_listing_of_another_region_makes_nothing_vanish() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &two())]).path());
    let dump = Dump::new(&[("v.json", &volumes(&[]))]);
    let mut row = claim("v.json", Kind::Volume);
    row["location"] = json!("us-east-1");
    dump.manifest(&[row]);
    scan(&mut store, 2, dump.path());
    assert_eq!(kinds(&store), []);
}

#[test]
fn a_region_that_drops_out_of_the_dump_is_a_gap_and_no_vanish() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &two())]).path());
    let snapshots = json!({ "Snapshots": [] }).to_string();
    scan(&mut store, 2, Dump::complete(&[("s.json", Kind::Snapshot, &snapshots)]).path());
    let changes = changes(&store);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0].kind, ChangeKind::CoverageGap);
    assert_eq!(changes[0].scope.kind, Kind::Volume);
}

#[test]
fn a_file_that_the_manifest_names_and_that_is_absent_is_partial() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &two())]).path());
    let dump = Dump::new(&[]);
    dump.manifest(&[claim("v.json", Kind::Volume)]);
    let second = scan(&mut store, 2, dump.path());
    assert_eq!(statuses(&second), [(Kind::Volume, CoverageStatus::Partial)]);
    assert_eq!(kinds(&store), []);
}

#[test]
fn five_unlistable_scans_are_bridged_and_the_window_begins_at_the_last_complete_one() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &two())]).path());
    for hour in 2..7 {
        let dump = Dump::new(&[("v.json", &volumes(&[]))]);
        let mut row = claim("v.json", Kind::Volume);
        row["complete"] = json!(false);
        row["reason"] = json!("AccessDenied");
        dump.manifest(&[row]);
        scan(&mut store, hour, dump.path());
        assert_eq!(kinds(&store), [], "hour {hour}");
    }
    scan(&mut store, 7, Dump::complete(&[("v.json", Kind::Volume, &one())]).path());
    let changes = changes(&store);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0].kind, ChangeKind::Vanished);
    assert_eq!((changes[0].window.from, changes[0].window.to), (at(1), at(7)));
}

#[test]
fn a_manifest_that_says_another_kind_confirms_nothing() {
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::new(&[("v.json", &two())]);
    dump.manifest(&[claim("v.json", Kind::Instance)]);
    let imported = scan(&mut store, 1, dump.path());
    assert!(codes(&imported).contains(&"mismatch".to_owned()), "{imported:#?}");
    assert!(imported.coverage.iter().all(|row| row.status != CoverageStatus::Complete));
    assert_eq!(imported.progress.resources, 2);
}

#[test]
fn an_unreadable_file_takes_back_what_only_a_flag_called_complete() {
    let mut store = Store::in_memory().unwrap();
    scan_complete(&mut store, 1, Dump::new(&[("v.json", &two())]).path());
    let dump = Dump::new(&[("v.json", &one()), ("w.json", "garbage")]);
    let second = scan_complete(&mut store, 2, dump.path());
    assert_eq!(statuses(&second), [(Kind::Volume, CoverageStatus::Partial)]);
    assert_eq!(kinds(&store), []);
    assert_eq!(second.strays.len(), 1);
}

#[test]
fn what_a_listing_does_not_tell_is_taken_from_its_neighbours() {
    let mut store = Store::in_memory().unwrap();
    let instances = super::support::instances(&[super::support::instance("i-1", "vol-1")]);
    let snapshot = json!({ "SnapshotId": "snap-1", "VolumeId": "vol-1", "StartTime": "2026-01-01T00:00:00Z",
        "State": "completed", "VolumeSize": 8, "OwnerId": ACCOUNT });
    let snapshots = json!({ "Snapshots": [snapshot] }).to_string();
    let dump = Dump::new(&[("i.json", &instances), ("s.json", &snapshots), ("v.json", &one())]);
    let imported = scan(&mut store, 1, dump.path());
    for row in &imported.coverage {
        let place = (row.scope.account.as_str(), row.scope.location.as_str());
        assert_eq!(place, (ACCOUNT, REGION), "{}", row.scope);
    }
}

#[test]
fn a_description_of_one_volume_is_no_listing_whatever_a_flag_says() {
    let mut store = Store::in_memory().unwrap();
    scan_complete(&mut store, 1, Dump::new(&[("v.json", &two())]).path());
    let second = scan_complete(&mut store, 2, Dump::new(&[("v.json", &volume("vol-1").to_string())]).path());
    assert_eq!(statuses(&second), [(Kind::Volume, CoverageStatus::Partial)]);
    assert_eq!(kinds(&store), []);
}

#[test]
fn a_dump_older_than_the_last_scan_of_its_account_is_refused() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 5, Dump::complete(&[("v.json", Kind::Volume, &two())]).path());
    let dump = Dump::complete(&[("v.json", Kind::Volume, &one())]);
    let refused = try_scan(&mut store, 4, &[dump.path()], Defaults::default());
    assert!(matches!(refused, Err(ScanError::OutOfOrder { .. })), "{refused:?}");
    assert_eq!(store.scans().unwrap().iter().filter(|scan| scan.seal.is_some()).count(), 1);
}

fn disk(name: &str, zone: &str) -> Value {
    let url = "https://www.googleapis.com/compute/v1/projects/p1";
    json!({ "kind": "compute#disk", "id": format!("5{}", name.len()), "name": name, "status": "READY",
        "creationTimestamp": "2026-01-01T00:00:00.000-08:00", "sizeGb": "10",
        "zone": format!("{url}/zones/{zone}"), "selfLink": format!("{url}/zones/{zone}/disks/{name}") })
}

#[test]
fn an_unreachable_zone_of_an_aggregated_list_is_unknown_and_the_other_zones_are_not() {
    let body = |scopes: Value, unreachables: Value| {
        json!({ "kind": "compute#diskAggregatedList", "id": "projects/p1/aggregated/disks", "items": scopes,
            "unreachables": unreachables })
        .to_string()
    };
    let all = json!({ "zones/a": { "disks": [disk("d", "a"), disk("dd", "a")] },
        "zones/b": { "disks": [disk("ddd", "b")] } });
    let mut store = Store::in_memory().unwrap();
    scan_complete(&mut store, 1, Dump::new(&[("d.json", &body(all, json!([])))]).path());
    let fewer = json!({ "zones/a": { "disks": [disk("d", "a")] } });
    scan_complete(&mut store, 2, Dump::new(&[("d.json", &body(fewer, json!(["zones/b"])))]).path());
    assert_eq!(kinds(&store), [(ChangeKind::Vanished, "52".to_owned())]);
}

#[test]
fn an_empty_body_of_compute_engine_lists_its_scope_without_items() {
    let mut store = Store::in_memory().unwrap();
    let list = |items: Value| {
        json!({ "kind": "compute#diskList", "id": "projects/p1/zones/a/disks", "items": items }).to_string()
    };
    scan_complete(&mut store, 1, Dump::new(&[("d.json", &list(json!([disk("d", "a")])))]).path());
    let empty = json!({ "kind": "compute#diskList", "id": "projects/p1/zones/a/disks" }).to_string();
    let second = scan_complete(&mut store, 2, Dump::new(&[("d.json", &empty)]).path());
    assert_eq!(statuses(&second), [(Kind::Volume, CoverageStatus::Complete)]);
    assert_eq!(kinds(&store), [(ChangeKind::Vanished, "51".to_owned())]);
}
