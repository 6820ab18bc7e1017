//! What governs an account's compute, and what only lists of its own show, from files to changes.

use driftline::model::{ChangeKind, CoverageStatus, Kind};
use driftline::pipeline::judge;
use driftline::store::Store;
use serde_json::{Value, json};

use super::support::{ACCOUNT, Dump, REGION, changes, claim, codes, kinds, scan, statuses, volume, volumes};

const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";

fn encryption(on: bool) -> (&'static str, Kind, String) {
    ("settings/encryption.json", Kind::Setting, json!({ "EbsEncryptionByDefault": on }).to_string())
}

fn console(on: bool) -> (&'static str, Kind, String) {
    let answer = json!({ "SerialConsoleAccessEnabled": on, "ManagedBy": "account" });
    ("settings/console.json", Kind::Setting, answer.to_string())
}

fn complete(files: &[(&str, Kind, String)]) -> Dump {
    let files: Vec<_> = files.iter().map(|(name, kind, text)| (*name, *kind, text.as_str())).collect();
    Dump::complete(&files)
}

/// A manifest's row with other members than those of an AWS listing of the one region.
fn claimed(row: Value, name: &str, kind: Kind) -> Value {
    let mut whole = claim(name, kind);
    let (Some(members), Value::Object(others)) = (whole.as_object_mut(), row) else { return Value::Null };
    members.extend(others);
    whole
}

#[test]
fn settings_in_several_files_are_complete_only_if_all_are() {
    let mut store = Store::in_memory().unwrap();
    let first = scan(&mut store, 1, complete(&[encryption(true), console(false)]).path());
    assert_eq!(statuses(&first), [(Kind::Setting, CoverageStatus::Complete)]);
    let failed =
        Dump::new(&[("settings/encryption.json", &encryption(true).2), ("settings/console.json", "[]")]);
    let refused = claimed(json!({ "complete": false }), "settings/console.json", Kind::Setting);
    failed.manifest(&[claim("settings/encryption.json", Kind::Setting), refused]);
    let second = scan(&mut store, 2, failed.path());
    assert_eq!(statuses(&second), [(Kind::Setting, CoverageStatus::Partial)]);
    assert_eq!(kinds(&store), [], "the console's setting is unknown, not gone");
    scan(&mut store, 3, complete(&[encryption(false), console(false)]).path());
    let uid = format!("{ACCOUNT}/{REGION}/ebs-encryption-by-default");
    assert_eq!(kinds(&store), [(ChangeKind::Modified, uid)]);
    let latest = store.latest().unwrap().unwrap().id;
    let judged = judge(
        &store,
        store.previous(latest).unwrap().map(|scan| scan.id),
        latest,
        &driftline::pipeline::Terms::at(driftline::model::Timestamp::now()),
    )
    .unwrap();
    let findings: Vec<_> = judged.findings.iter().map(|finding| (finding.rule, finding.risk)).collect();
    assert_eq!(findings, [("tenant-setting-changed", 70)]);
}

#[test]
fn a_region_that_is_switched_off_is_one_change() {
    let regions = |status: &str| {
        let regions = [("us-east-1", "opt-in-not-required"), ("eu-south-1", status)];
        let regions = regions.map(|(name, status)| json!({ "RegionName": name, "OptInStatus": status }));
        let dump = Dump::new(&[("regions.json", &json!({ "Regions": regions }).to_string())]);
        dump.manifest(&[claimed(json!({ "location": "*" }), "regions.json", Kind::Region)]);
        dump
    };
    let mut store = Store::in_memory().unwrap();
    let first = scan(&mut store, 1, regions("opted-in").path());
    assert_eq!(statuses(&first), [(Kind::Region, CoverageStatus::Complete)]);
    scan(&mut store, 2, regions("not-opted-in").path());
    let changes = changes(&store);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].attributes[0].path, "config.OptInStatus");
}

#[test]
fn a_list_of_regions_places_none_of_its_neighbours() {
    let regions = json!({ "Regions": [{ "RegionName": "ap-east-1", "OptInStatus": "opted-in" }] });
    let snapshot = json!({ "Snapshots": [{ "SnapshotId": "snap-1", "StartTime": "2026-01-01T00:00:00Z" }] });
    let dump = Dump::new(&[
        ("regions.json", &regions.to_string()),
        ("snapshots.json", &snapshot.to_string()),
        ("volumes.json", &volumes(&[volume("vol-1")])),
    ]);
    let scanned = scan(&mut Store::in_memory().unwrap(), 1, dump.path());
    let of_snapshots = scanned.coverage.iter().find(|row| row.scope.kind == Kind::Snapshot).unwrap();
    assert_eq!(of_snapshots.scope.location.as_str(), REGION);
}

#[test]
fn a_recycle_bin_says_nothing_of_the_snapshots_whose_name_its_list_bears() {
    let snapshots = |ids: &[&str]| {
        let snapshots: Vec<_> = ids
            .iter()
            .map(|id| json!({ "SnapshotId": id, "StartTime": "2026-01-01T00:00:00Z", "VolumeSize": 8 }))
            .collect();
        ("snapshots.json", Kind::Snapshot, json!({ "Snapshots": snapshots }).to_string())
    };
    let bin = |ids: &[&str]| {
        let entries: Vec<_> = ids
            .iter()
            .map(|id| json!({ "SnapshotId": id, "RecycleBinEnterTime": "2026-03-01T01:30:00Z" }))
            .collect();
        ("bin.json", Kind::Recycled, json!({ "Snapshots": entries }).to_string())
    };
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, complete(&[snapshots(&["snap-1", "snap-2"]), bin(&[])]).path());
    let second = scan(&mut store, 2, complete(&[snapshots(&["snap-1"]), bin(&["snap-2"])]).path());
    assert!(statuses(&second).iter().all(|(_, status)| *status == CoverageStatus::Complete), "{second:?}");
    let mut told = kinds(&store);
    told.sort();
    let snap = "snap-2".to_owned();
    assert_eq!(told, [(ChangeKind::Appeared, snap.clone()), (ChangeKind::Vanished, snap)]);
    let latest = store.latest().unwrap().unwrap().id;
    let judged = judge(
        &store,
        store.previous(latest).unwrap().map(|scan| scan.id),
        latest,
        &driftline::pipeline::Terms::at(driftline::model::Timestamp::now()),
    )
    .unwrap();
    let rules: Vec<_> = judged.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["snapshot-vanished"]);
    let bare = Dump::new(&[("bin.json", &bin(&["snap-2"]).2)]);
    let unsaid = scan(&mut Store::in_memory().unwrap(), 1, bare.path());
    assert_eq!(statuses(&unsaid), [(Kind::Recycled, CoverageStatus::Unknown)]);
    assert_eq!(codes(&unsaid), ["unsaid"]);
}

#[test]
fn locks_and_machines_of_scale_sets_are_the_subscription_s_and_a_subscription_its_tenant_s() {
    let lock = json!([{ "id": format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/locks/Keep"),
        "level": "CanNotDelete", "name": "Keep", "type": "Microsoft.Authorization/locks" }]);
    let accounts = json!({ "value": [{ "id": format!("/subscriptions/{SUBSCRIPTION}"), "displayName": "Prod",
        "subscriptionId": SUBSCRIPTION, "state": "Enabled", "tenantId": "t-1" }] });
    let files = |lock: &Value| {
        let dump = Dump::new(&[
            ("locks.json", &lock.to_string()),
            ("machines.json", "[]"),
            ("subscriptions.json", &accounts.to_string()),
        ]);
        let row =
            |name: &str, kind| json!({ "path": name, "provider": "azure", "kind": kind, "complete": true });
        let mut rows = [
            row("locks.json", Kind::Lock),
            row("machines.json", Kind::ScaleSetInstance),
            row("subscriptions.json", Kind::Account),
        ];
        for listed in [0, 1] {
            rows[listed]["account"] = json!(SUBSCRIPTION);
        }
        dump.manifest(&rows);
        dump
    };
    let mut store = Store::in_memory().unwrap();
    let first = scan(&mut store, 1, files(&lock).path());
    let scopes: Vec<_> = first.coverage.iter().map(|row| (row.scope.to_string(), row.status)).collect();
    let complete = |scope: &str| (scope.to_owned(), CoverageStatus::Complete);
    assert_eq!(
        scopes,
        [
            complete(&format!("azure/{SUBSCRIPTION}/*/scale-set-instance")),
            complete(&format!("azure/{SUBSCRIPTION}/*/lock")),
            complete("azure/t-1/global/account"),
        ]
    );
    scan(&mut store, 2, files(&json!([])).path());
    let latest = store.latest().unwrap().unwrap().id;
    let judged = judge(
        &store,
        store.previous(latest).unwrap().map(|scan| scan.id),
        latest,
        &driftline::pipeline::Terms::at(driftline::model::Timestamp::now()),
    )
    .unwrap();
    let findings: Vec<_> = judged.findings.iter().map(|finding| (finding.rule, finding.risk)).collect();
    assert_eq!(findings, [("protection-removed", 70)]);
}

#[test]
fn a_project_s_settings_and_policies_are_listed_by_project() {
    let host = "https://www.googleapis.com/compute/v1/projects/p";
    let info = |key: &str| {
        json!({ "kind": "compute#project", "id": "12", "name": "p", "selfLink": host,
            "commonInstanceMetadata": { "items": [{ "key": "ssh-keys", "value": key }] } })
    };
    let policy = json!([{ "kind": "compute#resourcePolicy", "id": "7", "name": "daily", "status": "READY",
        "region": format!("{host}/regions/r"), "selfLink": format!("{host}/regions/r/resourcePolicies/daily") }]);
    let dump = |key: &str| {
        let dump =
            Dump::new(&[("info.json", &info(key).to_string()), ("policies.json", &policy.to_string())]);
        let row = |name: &str, kind| json!({ "path": name, "provider": "gcp", "account": "p", "kind": kind, "complete": true });
        let mut rows = [row("info.json", Kind::Setting), row("policies.json", Kind::ResourcePolicy)];
        rows[0]["location"] = json!("global");
        dump.manifest(&rows);
        dump
    };
    let mut store = Store::in_memory().unwrap();
    let first = scan(&mut store, 1, dump("a").path());
    let scopes: Vec<_> = first.coverage.iter().map(|row| (row.scope.to_string(), row.status)).collect();
    let complete = |scope: &str| (scope.to_owned(), CoverageStatus::Complete);
    assert_eq!(scopes, [complete("gcp/p/*/resource-policy"), complete("gcp/p/global/setting")]);
    scan(&mut store, 2, dump("b").path());
    assert_eq!(kinds(&store), [(ChangeKind::Modified, "12".to_owned())]);
}
