//! Each way to misbehave: what is known afterwards, and that nothing good is lost.

use std::time::Duration;

use driftline::model::{CoverageStatus, Kind, Resource};
use driftline::pipeline::ScanError;
use driftline::store::Store;

use super::{KINDS, codes, counts, coverage, entry, is_complete, resources, scan, try_scan};
use crate::arm::world::{SUBSCRIPTIONS, World};
use crate::arm::{Manner, serve, start};
use crate::fault::Fault;
use crate::server::{Reply, Server};

#[test]
fn whatever_goes_wrong_elsewhere_is_the_trouble_of_nobody_else() {
    for fault in Fault::ALL.iter().copied().filter(|fault| *fault != Fault::ExpiredCredentials) {
        let (store, collected) = scan(&start(Some(fault)));
        for kind in KINDS.iter().filter(|kind| fault != Fault::DeniedKind || **kind != Kind::Volume) {
            assert!(is_complete(&collected, SUBSCRIPTIONS[1], *kind), "{fault:?}: {kind}");
        }
        let is_machine = |resource: &&Resource| {
            resource.key.kind == Kind::Instance && resource.account.as_str() == SUBSCRIPTIONS[1]
        };
        assert_eq!(resources(&store).iter().filter(is_machine).count(), 2, "{fault:?}");
    }
}

/// What becomes of the victim, the eight disks of the first subscription.
fn victim(fault: Fault) -> (CoverageStatus, Vec<String>, u64) {
    let (_, collected) = scan(&start(Some(fault)));
    for subscription in &SUBSCRIPTIONS[..2] {
        for kind in KINDS {
            let is_victim = *subscription == SUBSCRIPTIONS[0] && *kind == Kind::Volume;
            assert!(
                is_victim || is_complete(&collected, subscription, *kind),
                "{fault:?}: {subscription} {kind}"
            );
        }
    }
    let row = coverage(&collected, SUBSCRIPTIONS[0], Kind::Volume);
    (row.status, codes(row).into_iter().map(str::to_owned).collect(), row.listed)
}

fn expect(fault: Fault, status: CoverageStatus, reasons: &[&str], listed: u64) {
    let (found, codes, count) = victim(fault);
    assert_eq!(
        (found, codes.iter().map(String::as_str).collect(), count),
        (status, reasons.to_vec(), listed),
        "{fault:?}"
    );
}

#[test]
fn what_passes_is_asked_again_and_nothing_is_missing() {
    for fault in [Fault::ThrottledOnce, Fault::ThrottledOnceWithout, Fault::EmptyPageWithToken] {
        expect(fault, CoverageStatus::Complete, &[], 8);
    }
}

#[test]
fn throttling_that_outlasts_the_retries_is_no_empty_list() {
    expect(Fault::ThrottledForGood, CoverageStatus::Throttled, &["TooManyRequests"], 0);
}

#[test]
fn a_list_that_breaks_off_keeps_its_first_page() {
    expect(Fault::FailsMidPaging, CoverageStatus::Partial, &["InternalServerError"], 3);
}

#[test]
fn a_link_that_leads_back_ends_the_list() {
    expect(Fault::RepeatedToken, CoverageStatus::Partial, &["repeated-token"], 6);
}

#[test]
fn a_reply_that_breaks_off_is_none() {
    expect(Fault::TruncatedBody, CoverageStatus::Failed, &["connection"], 0);
}

#[test]
fn a_reply_that_never_comes_is_none() {
    expect(Fault::Stall, CoverageStatus::Failed, &["timeout"], 0);
}

#[test]
fn a_reply_that_is_late_but_not_too_late_is_one() {
    let manner = Manner { latency: Duration::from_millis(50), ..Manner::default() };
    let (_, collected) = scan(&serve(World::made_up(), manner));
    assert!(is_complete(&collected, SUBSCRIPTIONS[0], Kind::Volume));
    assert_eq!(collected.progress.requests.retries, 0);
}

#[test]
fn a_proxys_page_is_none() {
    expect(Fault::ProxyHtml, CoverageStatus::Failed, &["not-json"], 0);
}

#[test]
fn a_state_that_nobody_has_heard_of_is_kept() {
    expect(Fault::UnknownEnumValue, CoverageStatus::Complete, &[], 8);
}

#[test]
fn an_element_without_its_id_spoils_no_neighbour() {
    let (status, _, listed) = victim(Fault::MissingRequiredField);
    assert_eq!((status, listed), (CoverageStatus::Partial, 7));
}

#[test]
fn a_kind_that_is_denied_is_denied_and_nothing_else_is() {
    let (_, collected) = scan(&start(Some(Fault::DeniedKind)));
    for subscription in &SUBSCRIPTIONS[..2] {
        let row = coverage(&collected, subscription, Kind::Volume);
        assert_eq!((row.status, codes(row)), (CoverageStatus::Denied, vec!["AuthorizationFailed"]));
        assert!(is_complete(&collected, subscription, Kind::Snapshot));
    }
}

#[test]
fn a_place_that_is_denied_or_silent_spoils_no_other() {
    for (fault, status, code) in [
        (Fault::DeniedLocation, CoverageStatus::Denied, "AuthorizationFailed"),
        (Fault::UnreachablePlace, CoverageStatus::Failed, "http-504"),
    ] {
        let (_, collected) = scan(&start(Some(fault)));
        for kind in KINDS {
            let row = coverage(&collected, SUBSCRIPTIONS[0], *kind);
            assert_eq!((row.status, codes(row).first()), (status, Some(&code)), "{fault:?} {kind}");
            assert!(is_complete(&collected, SUBSCRIPTIONS[1], *kind), "{fault:?} {kind}");
        }
    }
}

#[test]
fn expired_credentials_refuse_the_whole_entry_and_nothing_is_sealed() {
    let estate = start(Some(Fault::ExpiredCredentials));
    let mut store = Store::in_memory().unwrap();
    match try_scan(&mut store, entry(&estate)).unwrap_err() {
        ScanError::Credentials { entries } => assert_eq!(entries[0].1.code, "ExpiredAuthenticationToken"),
        other => panic!("{other:?}"),
    }
    assert!(store.latest().unwrap().is_none());
}

#[test]
fn a_foreign_link_gets_no_request_and_no_token() {
    let foreign = Server::start(|_| Reply::new(200, "application/json", r#"{"value": []}"#));
    let manner = Manner { fault: Some(Fault::ForeignNextLink), foreign: foreign.url(), ..Manner::default() };
    let (_, collected) = scan(&serve(World::made_up(), manner));
    let row = coverage(&collected, SUBSCRIPTIONS[0], Kind::Volume);
    assert_eq!((row.status, codes(row), row.listed), (CoverageStatus::Partial, vec!["foreign-host"], 3));
    assert_eq!(foreign.requests().len(), 0);
}

#[test]
fn a_redirect_is_not_followed() {
    let foreign = Server::start(|_| Reply::new(200, "application/json", r#"{"value": []}"#));
    let there = foreign.url();
    let here = Server::start(move |_| Reply::new(307, "text/plain", "").with_header("location", &there));
    let mut entry = entry(&start(None));
    entry.cloud.endpoint = Some(here.url());
    let refusal = super::Driver::new(entry).accounts().unwrap_err();
    assert_eq!(refusal.code, "redirect");
    assert_eq!(foreign.requests().len(), 0);
}

#[test]
fn what_the_crate_could_not_read_keeps_its_neighbours() {
    let mut world = World::made_up();
    let odd = crate::arm::world::id(SUBSCRIPTIONS[0], "virtualMachines/Vm-1");
    let machine = world.get_mut(&odd);
    machine["properties"]["storageProfile"]["osDisk"]["osType"] = "Plan9".into();
    machine.as_object_mut().unwrap().remove("location");
    let (store, collected) = scan(&serve(world, Manner::default()));
    assert!(is_complete(&collected, SUBSCRIPTIONS[0], Kind::Instance));
    assert_eq!(counts(&store)[&Kind::Instance], 9);
    let machine =
        resources(&store).into_iter().find(|resource| resource.locator.as_str() == odd.to_lowercase());
    let machine = machine.unwrap();
    assert_eq!(machine.config["storageProfile.osDisk.osType"], "Plan9");
    assert_eq!(machine.location.as_str(), "unknown");
}
