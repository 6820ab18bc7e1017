//! IAM policies: of single resources, where the entry asks for them, and of the project with its roles.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use driftline::model::{CoverageStatus, Kind};
use driftline::pipeline::examine;
use driftline::sources::live::Ledger;
use driftline::store::Store;

use serde_json::json;

use super::{collectors, names, resource, scan};
use crate::compute::{self, config, estate};

#[test]
fn a_snapshot_that_everybody_may_use_is_public() {
    let server = compute::start(None);
    let mut store = Store::in_memory().unwrap();
    let collected = scan(&mut store, &config(&server.server, "iam-policies = true"));
    let exposure = |uid: &str| resource(&store, &collected, uid).exposure;
    assert!(exposure("6100000000000000002").is_public());
    let private = exposure("6100000000000000001");
    assert!(private.known && private.grants.is_empty());
    assert!(exposure("6100000000000000009").known, "regional snapshots are asked about, too");
    assert!(exposure("6000000000000000009").known, "and regional disks");
    assert!(!exposure("5000000000000000001").known, "instances are not");
    let asked =
        server.server.requests().into_iter().filter(|request| request.path.ends_with("/getIamPolicy"));
    assert_eq!(asked.count(), 14, "7 disks, 4 snapshots, 2 images, 1 machine image");
}

#[test]
fn without_being_asked_for_policies_are_unknown() {
    let server = compute::start(None);
    let mut store = Store::in_memory().unwrap();
    let collected = scan(&mut store, &server.config);
    assert!(!resource(&store, &collected, "6100000000000000002").exposure.known);
}

#[test]
fn a_first_look_asks_for_one_page_and_one_policy_of_each_list() {
    let server = compute::start(None);
    let config = config(&server.server, "iam-policies = true\nprojects = [\"example-prod\"]");
    let ledger = Arc::new(Ledger::default());
    let found = examine(collectors(&config, &ledger), &AtomicBool::new(false)).unwrap();
    assert!(found.iter().all(|examination| examination.troubles.is_empty()), "{found:?}");
    let requests = server.server.requests();
    let asked = |end: &str| requests.iter().filter(|request| request.path.ends_with(end)).count();
    assert_eq!(asked("/aggregated/disks"), 1);
    assert_eq!(asked("/global/snapshots"), 1);
    // Disks come in two lists on their first page, one for each scope with any.
    assert!(asked("/getIamPolicy") <= 6, "{}", asked("/getIamPolicy"));
    assert!(ledger.skew_seconds() != 0, "the server's date is in the past");
}

#[test]
fn a_project_s_policy_and_roles_tell_who_may_do_what_and_a_role_that_nobody_tells_makes_it_partial() {
    let mut shown = estate();
    shown["roles"] = json!({"example-prod": [{"name": "projects/example-prod/roles/end", "stage": "GA",
        "includedPermissions": ["compute.instances.delete"]}]});
    shown["roles"]["organizations/1"] = json!([{"name": "organizations/1/roles/begin", "stage": "GA",
        "includedPermissions": ["compute.instances.create"]}]);
    let binding = |role: &str| json!({"role": role, "members": ["user:ann@example.com"]});
    let bindings =
        ["projects/example-prod/roles/end", "roles/viewer", "organizations/1/roles/begin"].map(binding);
    shown["policies"] = json!({"example-prod": {"version": 3, "bindings": bindings}});
    let mut then = shown.clone();
    then["policies"]["example-prod"]["bindings"] = json!([binding("roles/unheard.of")]);
    let server = compute::turning(shown, then, None);
    let mut store = Store::in_memory().unwrap();
    let config = config(&server.server, "projects = [\"example-prod\"]");
    let first = scan(&mut store, &config);
    let status = |collected: &driftline::pipeline::Collected| {
        let row = collected.coverage.iter().find(|row| row.scope.kind == Kind::Grant).unwrap();
        (row.status, row.listed)
    };
    let granted = ["ann@example.com: create-instance", "ann@example.com: delete-instance"];
    assert_eq!(status(&first), (CoverageStatus::Complete, 2));
    assert_eq!(names(&store, &first)["grant"], granted);
    server.turn();
    let second = scan(&mut store, &config);
    assert_eq!(status(&second), (CoverageStatus::Partial, 0));
    assert_eq!(names(&store, &second)["grant"], granted, "unknown, not gone");
}
