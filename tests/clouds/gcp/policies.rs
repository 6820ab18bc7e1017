//! IAM policies of single resources, where the entry asks for them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use driftline::pipeline::examine;
use driftline::sources::live::Ledger;
use driftline::store::Store;

use super::{collectors, resource, scan};
use crate::compute::{self, config};

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
