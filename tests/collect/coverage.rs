//! What a listing proves, by how it ended.

use driftline::model::{ChangeKind, CoverageStatus};
use driftline::sources::live::RefusalKind;
use serde_json::json;

use super::script::{Asked, Script, Step, compare, everywhere, row};

fn gap(region: &str) -> (ChangeKind, String) {
    (ChangeKind::CoverageGap, format!("aws/111122223333/{region}/volume"))
}

fn one_region(steps: &[Step]) -> Script {
    Script::new(&[("eu-west-1", steps)])
}

#[test]
fn what_a_complete_listing_lacks_and_nobody_finds_by_id_vanished() {
    let (changes, coverage, script) =
        compare(Script::volumes(&["vol-1", "vol-2"]), Script::volumes(&["vol-1"]));
    assert_eq!(changes, [(ChangeKind::Vanished, "vol-2".to_owned())]);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Complete, vec![]));
    assert_eq!(*script.questions.lock().unwrap(), ["vol-2"]);
}

#[test]
fn what_is_still_there_by_id_did_not_vanish_and_the_listing_is_called_inconsistent() {
    let mut after = Script::volumes(&["vol-1"]);
    after.asked = Asked::StillThere;
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1", "vol-2"]), after);
    assert_eq!(changes, [gap("eu-west-1")]);
    assert_eq!(
        row(&coverage, "eu-west-1"),
        (CoverageStatus::Partial, vec!["inconsistent-listing".to_owned()])
    );
}

#[test]
fn what_nobody_may_ask_for_by_id_is_unknown_and_not_vanished() {
    let mut after = Script::volumes(&["vol-1"]);
    after.asked = Asked::Refused;
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1", "vol-2"]), after);
    assert_eq!(changes, [gap("eu-west-1")]);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Partial, vec!["unconfirmed".to_owned()]));
}

#[test]
fn a_refused_listing_has_the_vendor_s_code_and_nothing_of_it_vanishes() {
    for (kind, status) in [
        (RefusalKind::Denied, CoverageStatus::Denied),
        (RefusalKind::Credentials, CoverageStatus::Denied),
        (RefusalKind::Throttled, CoverageStatus::Throttled),
        (RefusalKind::Passing, CoverageStatus::Failed),
        (RefusalKind::Failed, CoverageStatus::Failed),
    ] {
        let after = one_region(&[Step::Refusal(kind)]);
        let (changes, coverage, _) = compare(Script::volumes(&["vol-1"]), after);
        assert_eq!(changes, [gap("eu-west-1")], "{kind:?}");
        assert_eq!(row(&coverage, "eu-west-1"), (status, vec!["Vendor.Code".to_owned()]));
    }
}

#[test]
fn a_refusal_in_the_middle_keeps_the_pages_before_and_makes_the_scope_partial() {
    let after = one_region(&[Step::Page(vec!["vol-3"], Some("t")), Step::Refusal(RefusalKind::Denied)]);
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1"]), after);
    assert_eq!(changes, [(ChangeKind::Appeared, "vol-3".to_owned()), gap("eu-west-1")]);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Partial, vec!["Vendor.Code".to_owned()]));
}

#[test]
fn an_empty_page_with_a_token_is_not_the_last() {
    let after = one_region(&[Step::Page(vec![], Some("t")), Step::Page(vec!["vol-1"], None)]);
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1"]), after);
    assert_eq!((changes, row(&coverage, "eu-west-1").0), (vec![], CoverageStatus::Complete));
}

#[test]
fn a_token_that_comes_twice_ends_the_listing_as_partial() {
    let after = one_region(&[Step::Page(vec!["vol-1"], Some("t"))]);
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1", "vol-2"]), after);
    assert_eq!(changes, [gap("eu-west-1")]);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Partial, vec!["repeated-token".to_owned()]));
}

#[test]
fn a_stalled_call_and_a_listing_without_end_fail_their_scope_only() {
    for (steps, code) in
        [(vec![Step::Stall], "timeout"), (vec![Step::Page(vec!["vol-2"], Some("t")), Step::Stall], "timeout")]
    {
        let before = Script::new(&[
            ("eu-west-1", &[Step::Page(vec!["vol-1"], None)]),
            ("eu-west-2", &[Step::Page(vec!["vol-9"], None)]),
        ]);
        let after = Script::new(&[("eu-west-1", &steps), ("eu-west-2", &[Step::Page(vec![], None)])]);
        let (changes, coverage, _) = compare(before, after);
        assert!(changes.contains(&(ChangeKind::Vanished, "vol-9".to_owned())), "{changes:?}");
        assert!(!changes.contains(&(ChangeKind::Vanished, "vol-1".to_owned())), "{changes:?}");
        assert_eq!(row(&coverage, "eu-west-1").1, [code]);
    }
}

#[test]
fn a_scope_timeout_ends_a_listing_whose_calls_are_each_in_time() {
    let mut after = one_region(&[Step::Stall]);
    after.limits.call_timeout = std::time::Duration::from_mins(1);
    after.limits.scope_timeout = std::time::Duration::from_millis(500);
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1"]), after);
    assert_eq!(changes, [gap("eu-west-1")]);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Failed, vec!["scope-timeout".to_owned()]));
}

#[test]
fn an_element_without_an_id_is_kept_and_makes_its_scope_partial() {
    let odd = json!({ "Size": 8, "AvailabilityZone": "eu-west-1a", "State": "available", "Attachments": [] });
    let after = one_region(&[Step::Raw(odd)]);
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1"]), after);
    assert_eq!(changes, [gap("eu-west-1")]);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Partial, vec!["no-id".to_owned()]));
}

#[test]
fn an_element_of_no_known_shape_makes_its_scope_partial() {
    let after = one_region(&[Step::Raw(json!({ "Surprise": 1 }))]);
    let (_, coverage, _) = compare(Script::volumes(&["vol-1"]), after);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Partial, vec!["unrecognised".to_owned()]));
}

#[test]
fn an_account_that_refuses_is_a_hole_in_every_region_seen_before() {
    let mut after = Script::volumes(&[]);
    after.survey = Err(RefusalKind::Denied);
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1"]), after);
    assert_eq!(changes, [gap("eu-west-1")]);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Denied, vec!["AccessDenied".to_owned()]));
    assert_eq!(everywhere(&coverage), Some(CoverageStatus::Denied));
}

#[test]
fn a_region_that_is_no_longer_enabled_is_skipped_and_nothing_of_it_vanishes() {
    let before = Script::new(&[
        ("eu-west-1", &[Step::Page(vec!["vol-1"], None)]),
        ("eu-west-2", &[Step::Page(vec!["vol-2"], None)]),
    ]);
    let mut after = Script::volumes(&["vol-1"]);
    after.skipped = vec!["eu-west-2", "eu-west-3"];
    let (changes, coverage, _) = compare(before, after);
    assert_eq!(changes, []);
    assert_eq!(row(&coverage, "eu-west-2"), (CoverageStatus::Skipped, vec!["not-opted-in".to_owned()]));
    assert_eq!(coverage.len(), 2, "a region that was never listed is not worth a row: {coverage:?}");
}

#[test]
fn a_region_that_nobody_mentions_any_more_is_unknown() {
    let before = Script::new(&[
        ("eu-west-1", &[Step::Page(vec!["vol-1"], None)]),
        ("eu-west-2", &[Step::Page(vec!["vol-2"], None)]),
    ]);
    let (changes, coverage, _) = compare(before, Script::volumes(&["vol-1"]));
    assert_eq!(changes, [gap("eu-west-2")]);
    assert_eq!(row(&coverage, "eu-west-2"), (CoverageStatus::Unknown, vec!["not-in-scan".to_owned()]));
}

#[test]
fn a_note_leaves_the_listing_complete_and_is_told() {
    let mut after = Script::volumes(&["vol-1"]);
    after.note = true;
    let (changes, coverage, _) = compare(Script::volumes(&["vol-1", "vol-2"]), after);
    assert_eq!(changes, [(ChangeKind::Vanished, "vol-2".to_owned())]);
    assert_eq!(row(&coverage, "eu-west-1"), (CoverageStatus::Complete, vec!["Vendor.Code".to_owned()]));
}
