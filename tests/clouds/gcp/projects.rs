//! Which projects an entry reaches, and what becomes of those that cannot be listed.

use driftline::model::CoverageStatus::{Failed, Skipped};
use driftline::store::Store;
use serde_json::{Value, json};

use super::{incomplete, names, scan};
use crate::compute::{self, config, estate};

#[test]
fn every_project_in_sight_is_listed_and_baselined() {
    let server = compute::start(None);
    let mut store = Store::in_memory().unwrap();
    let collected = scan(&mut store, &server.config);
    let names = names(&store, &collected);
    assert_eq!(names["account"], ["example-leaving", "example-off", "example-prod", "example-small"]);
    let settings = ["example-prod", "example-small", "snapshot-settings", "snapshot-settings"];
    assert_eq!(names["setting"], settings);
    assert_eq!(names["audit-log"], ["_Default", "_Default"]);
    assert!(!names["region"].is_empty() && !names["quota"].is_empty());
    assert_eq!(names["instance"], ["web-1", "web-2", "web-3", "web-4", "web-5"]);
    assert_eq!(names["volume"], ["lone", "shared", "web-1", "web-2", "web-3", "web-4", "web-5"]);
    assert_eq!(names["snapshot"], ["kept-in-region", "web-1-day-1", "web-1-day-2", "web-1-day-3"]);
    assert_eq!(names["instant-snapshot"], ["before-upgrade", "shared-before"]);
    assert_eq!(names["image"], ["golden-1", "golden-2"]);
    assert_eq!(names["machine-image"], ["web-5-whole"]);
    assert_eq!(names["resource-policy"], ["daily"]);
    assert_eq!(collected.odd, 0);
    let down = ("example-prod/us-central1/snapshot".to_owned(), Failed, vec!["region-down".to_owned()]);
    assert_eq!(incomplete(&collected.coverage), [down]);
}

#[test]
fn a_folder_is_walked_down_and_its_neighbours_are_left_alone() {
    let server = compute::start(None);
    let mut store = Store::in_memory().unwrap();
    let below = |folder: &str| config(&server.server, &format!("projects = {folder}"));
    let collected = scan(&mut store, &below("{ folder = \"200\" }"));
    assert_eq!(names(&store, &collected)["account"], ["example-prod", "example-small"]);
    let collected = scan(&mut Store::in_memory().unwrap(), &below("{ organization = \"100\" }"));
    assert!(collected.coverage.iter().any(|row| row.scope.account.as_str() == "organizations/100"));
    let mut store = Store::in_memory().unwrap();
    let collected = scan(&mut store, &below("[\"example-small\"]"));
    assert_eq!(names(&store, &collected).keys().collect::<Vec<_>>(), [&"audit-log", &"setting", &"volume"]);
}

/// Scans the estate, and once more after a change; returns the scopes that the second scan leaves out.
fn left_out(change: impl FnOnce(&mut Value)) -> Vec<(String, Vec<String>)> {
    let mut then = estate();
    change(&mut then);
    let server = compute::turning(estate(), then, None);
    let mut store = Store::in_memory().unwrap();
    let before = scan(&mut store, &server.config);
    server.turn();
    let after = scan(&mut store, &server.config);
    assert_eq!(names(&store, &after), names(&store, &before), "nothing vanishes");
    let rows = incomplete(&after.coverage).into_iter().filter(|(_, status, _)| *status == Skipped);
    rows.map(|(scope, _, codes)| (scope, codes)).collect()
}

#[test]
fn an_api_that_is_switched_off_makes_nothing_vanish() {
    let rows = left_out(|estate| estate["compute"]["example-small"] = Value::Null);
    assert!(rows.iter().any(|(scope, _)| scope == "example-small/*/volume"), "{rows:?}");
    for (scope, codes) in rows {
        assert!(scope.starts_with("example-small/"), "{scope}");
        assert_eq!(codes, ["compute-api-off"]);
    }
}

#[test]
fn a_project_about_to_be_deleted_makes_nothing_vanish() {
    let rows = left_out(|estate| {
        estate["resourceManager"]["projects"][3]["state"] = json!("DELETE_REQUESTED");
    });
    assert!(rows.iter().any(|(scope, _)| scope == "example-small/*/volume"), "{rows:?}");
    for (scope, codes) in rows {
        assert!(scope.starts_with("example-small/"), "{scope}");
        assert_eq!(codes, ["project-delete-requested"]);
    }
}

#[test]
fn kinds_that_nobody_asks_for_are_not_listed() {
    let server = compute::start(None);
    let mut store = Store::in_memory().unwrap();
    let collected = scan(&mut store, &config(&server.server, "kinds = [\"image\"]"));
    assert_eq!(names(&store, &collected).keys().collect::<Vec<_>>(), [&"image"]);
    let paths = server.server.requests().into_iter().map(|request| request.path);
    assert!(paths.into_iter().all(|path| !path.contains("aggregated") && !path.contains("regions")));
}
