//! What a list lacks is looked up before it counts as gone.

use driftline::model::{ChangeKind, CoverageStatus, Kind};
use driftline::pipeline::judge;
use driftline::store::Store;
use serde_json::{Value, json};

use super::scan;
use crate::compute::{self, estate};

const ZONE: &str = "zones/europe-west1-c";

fn disk_link(name: &str) -> Value {
    json!(format!("https://www.googleapis.com/compute/v1/projects/example-prod/{ZONE}/disks/{name}"))
}

/// Scans the estate, and once more after a change; returns what changed of disks, and whether their list
/// still counts as complete.
fn changes(change: impl FnOnce(&mut Value)) -> (Vec<(ChangeKind, String)>, CoverageStatus) {
    let mut then = estate();
    change(&mut then);
    let server = compute::turning(estate(), then, None);
    let mut store = Store::in_memory().unwrap();
    let before = scan(&mut store, &server.config).scan.id;
    server.turn();
    let after = scan(&mut store, &server.config);
    let judged = judge(
        &store,
        Some(before),
        after.scan.id,
        &driftline::pipeline::Terms::at(driftline::model::Timestamp::now()),
    )
    .unwrap();
    let changes = judged.changes.iter().filter_map(|change| {
        let resource = change.before.as_ref().or(change.after.as_ref())?;
        (resource.key.kind == Kind::Volume).then(|| (change.kind, resource.key.uid.to_string()))
    });
    let changes = changes.collect();
    let scope = |scope: &str| after.coverage.iter().find(|row| row.scope.to_string() == scope).unwrap();
    (changes, scope("gcp/example-prod/*/volume").status)
}

#[test]
fn a_disk_that_only_the_list_lacks_is_not_gone() {
    let (changes, status) = changes(|estate| estate["hidden"] = json!([disk_link("web-5")]));
    assert_eq!(changes, []);
    assert_eq!(status, CoverageStatus::Partial);
}

#[test]
fn a_disk_that_is_not_found_is_gone() {
    let (changes, status) = changes(|estate| {
        let disks = &mut estate["compute"]["example-prod"]["collections"]["disks"][ZONE];
        disks.as_array_mut().unwrap().retain(|disk| disk["name"] != "web-5");
    });
    assert_eq!(changes, [(ChangeKind::Vanished, "6000000000000000005".to_owned())]);
    assert_eq!(status, CoverageStatus::Complete);
}

#[test]
fn another_disk_under_the_same_name_does_not_save_the_one_before() {
    let (changes, status) = changes(|estate| {
        estate["hidden"] = json!([disk_link("web-5")]);
        estate["compute"]["example-prod"]["collections"]["disks"][ZONE][1]["id"] =
            json!("6000000000000000055");
    });
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0].0, ChangeKind::Recreated, "{changes:?}");
    assert_eq!(status, CoverageStatus::Complete);
}
