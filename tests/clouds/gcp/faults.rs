//! One row for each way to misbehave: what coverage comes out, and that nothing is lost.

use std::thread;
use std::time::Duration;

use driftline::model::CoverageStatus::{self, Denied, Failed, Partial, Throttled};
use driftline::pipeline::ScanError;
use driftline::store::Store;
use serde_json::json;

use super::{incomplete, names, resource, scan, try_scan};
use crate::compute::{self, estate};
use crate::fault::Fault;
use crate::server::{Ending, Reply, Server};

const LIST: &str = "example-prod/*/instance";

/// What each fault makes of the one scope that it befalls.
const FATES: &[(Fault, &str, CoverageStatus, &str)] = &[
    (Fault::ThrottledForGood, LIST, Throttled, "userRateLimitExceeded"),
    (Fault::FailsMidPaging, LIST, Partial, "backendError"),
    (Fault::RepeatedToken, LIST, Partial, "repeated-token"),
    (Fault::TruncatedBody, LIST, Failed, "connection"),
    (Fault::Stall, LIST, Failed, "timeout"),
    (Fault::ForeignNextLink, LIST, Partial, "invalid"),
    (Fault::UnreachablePlace, "example-prod/europe-west1-c/instance", Partial, "unreachable"),
    (Fault::MissingRequiredField, LIST, Partial, "no-id"),
    (Fault::ProxyHtml, LIST, Failed, "not-json"),
];

/// Faults after which a scan still learns everything there is to know.
const HARMLESS: &[Fault] =
    &[Fault::ThrottledOnce, Fault::ThrottledOnceWithout, Fault::EmptyPageWithToken, Fault::UnknownEnumValue];

/// What is never complete: a region that is down.
const DOWN: &str = "example-prod/us-central1/snapshot";

/// Scans once while all is well and once while it is not; returns what the second scan left incomplete, after
/// making sure that it lost nothing.
fn befall(fault: Fault) -> Vec<(String, CoverageStatus, Vec<String>)> {
    let server = compute::turning(estate(), estate(), Some(fault));
    let mut store = Store::in_memory().unwrap();
    let before = scan(&mut store, &server.config);
    server.turn();
    let after = scan(&mut store, &server.config);
    assert_eq!(names(&store, &after), names(&store, &before), "{fault:?}");
    let mut rows = incomplete(&after.coverage);
    rows.retain(|(scope, ..)| scope != DOWN);
    rows
}

#[test]
fn every_fault_leaves_its_scope_incomplete_and_loses_nothing() {
    thread::scope(|threads| {
        for (fault, scope, status, code) in FATES {
            threads.spawn(move || {
                let expected = ((*scope).to_owned(), *status, vec![(*code).to_owned()]);
                assert_eq!(befall(*fault), [expected], "{fault:?}");
            });
        }
        for fault in HARMLESS {
            threads.spawn(move || assert_eq!(befall(*fault), [], "{fault:?}"));
        }
    });
}

#[test]
fn no_fault_is_forgotten() {
    let elsewhere = [Fault::DeniedKind, Fault::DeniedLocation, Fault::ExpiredCredentials];
    for fault in Fault::ALL {
        let told = FATES.iter().any(|(known, ..)| known == fault);
        assert!(told || elsewhere.contains(fault) || HARMLESS.contains(fault), "{fault:?}");
    }
}

#[test]
fn a_kind_that_may_not_be_listed_is_denied_in_every_project() {
    let denied = |scope: &str| (scope.to_owned(), Denied, vec!["forbidden".to_owned()]);
    let expected = [denied("example-prod/*/instance"), denied("example-small/*/instance")];
    assert_eq!(befall(Fault::DeniedKind), expected);
}

#[test]
fn a_project_that_may_not_be_seen_is_denied_kind_by_kind_and_its_neighbour_is_not() {
    let rows = befall(Fault::DeniedLocation);
    assert!(rows.len() >= 8, "{rows:?}");
    for (scope, status, codes) in &rows {
        assert!(scope.starts_with("example-prod/"), "{scope}");
        assert_eq!((*status, codes.as_slice()), (Denied, ["forbidden".to_owned()].as_slice()), "{scope}");
    }
}

#[test]
fn expired_credentials_seal_nothing() {
    let server = compute::start(Some(Fault::ExpiredCredentials));
    let mut store = Store::in_memory().unwrap();
    let error = try_scan(&mut store, &server.config).unwrap_err();
    assert!(matches!(&error, ScanError::Credentials { .. }), "{error}");
    assert!(error.to_string().contains("authError"), "{error}");
    assert_eq!(store.latest().unwrap(), None);
}

#[test]
fn an_element_that_the_library_cannot_type_is_kept_with_its_neighbours() {
    let mut then = estate();
    let disks = &mut then["compute"]["example-prod"]["collections"]["disks"]["zones/europe-west1-b"];
    disks[0]["sizeGb"] = json!({"value": 10});
    let server = compute::turning(estate(), then, None);
    // The library marks its requests; what it cannot type is asked for once more without it.
    let raw = || {
        let requests =
            server.server.requests().into_iter().filter(|request| !request.query.contains("alt=json"));
        requests.filter(|request| request.path.ends_with("example-prod/aggregated/disks")).count()
    };
    let mut store = Store::in_memory().unwrap();
    let before = scan(&mut store, &server.config);
    assert_eq!(raw(), 0);
    server.turn();
    let after = scan(&mut store, &server.config);
    assert_eq!(raw(), 1);
    assert_eq!(names(&store, &after), names(&store, &before));
    let told = resource(&store, &after, "6000000000000000001");
    assert_eq!(told.config["sizeGb.value"], 10);
}

#[test]
fn an_answer_that_comes_late_but_in_time_is_an_answer() {
    let server = Server::start(|request| {
        let body = match request.path.rsplit('/').next() {
            Some("images") => json!({"kind": "compute#imageList"}),
            _ => json!({"kind": "compute#project"}),
        };
        Reply::json(200, &body).ending(Ending::Late(Duration::from_millis(300)))
    });
    let keys = "projects = [\"example-prod\"]\nkinds = [\"image\"]";
    let collected = scan(&mut Store::in_memory().unwrap(), &compute::config(&server, keys));
    assert_eq!(incomplete(&collected.coverage), []);
}
