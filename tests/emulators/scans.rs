//! What scans find: what was changed and nothing else, live as from files.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::emulator::Emulator;
use crate::known::{assert_alike, resources};
use crate::site::{Report, Site};
use crate::{KINDS, REGIONS, scan};

#[test]
fn moto_is_scanned_and_exactly_what_was_changed_is_found() {
    if let Some(moto) = Emulator::moto() {
        finds_exactly_what_was_changed(&moto);
    }
}

#[test]
fn ministack_is_scanned_and_exactly_what_was_changed_is_found() {
    if let Some(ministack) = Emulator::ministack() {
        finds_exactly_what_was_changed(&ministack);
    }
}

#[test]
fn what_the_cli_dumps_of_moto_is_what_a_live_scan_sees() {
    if let Some(moto) = Emulator::moto() {
        sees_live_what_the_cli_dumps(&moto);
    }
}

#[test]
fn what_the_cli_dumps_of_ministack_is_what_a_live_scan_sees() {
    if let Some(ministack) = Emulator::ministack() {
        sees_live_what_the_cli_dumps(&ministack);
    }
}

fn finds_exactly_what_was_changed(emulator: &Emulator) {
    let site = Site::new();
    let estate = emulator.script("estate.py", &Value::Null);
    scan(&site, emulator, &[]).assert_complete(KINDS, REGIONS);
    let again = scan(&site, emulator, &[]);
    again.assert_complete(KINDS, REGIONS);
    again.assert_no_change();

    let told = emulator.script("change.py", &estate);
    let expected: BTreeSet<(String, String)> = serde_json::from_value(told["expected"].clone()).unwrap();
    let report = scan(&site, emulator, &[]);
    report.assert_complete(KINDS, REGIONS);
    assert_eq!(report.changes(), expected, "{:#}", report.0["changes"]);
}

fn sees_live_what_the_cli_dumps(emulator: &Emulator) {
    let site = Site::new();
    emulator.script("estate.py", &Value::Null);
    scan(&site, emulator, &[]).assert_complete(KINDS, REGIONS);
    emulator.dump(REGIONS, &site.path("dump"));
    let files_only = Site::new();
    files_only.import(&site.path("dump"), &[]);
    assert_alike(resources(&site, KINDS), resources(&files_only, KINDS));

    let imported = site.import(&site.path("dump"), &[]);
    imported.assert_complete(KINDS, REGIONS);
    // What an emulator does not know was incomplete before, and is told otherwise by the script.
    assert_no_resource_changed(&imported);
    assert_no_resource_changed(&scan(&site, emulator, &[]));
}

/// Asserts that nothing of the kinds that every emulator lists changed, and shows what did.
fn assert_no_resource_changed(report: &Report) {
    let all = report.0["changes"].as_array().unwrap().iter();
    let is_resource = |change: &&Value| KINDS.iter().any(|kind| change["resource"]["kind"] == *kind);
    let changed: Vec<_> = all.filter(is_resource).collect();
    assert!(changed.is_empty(), "{changed:#?}");
}
