//! The life of findings on the command line.

use serde_json::{Value, json};

use super::events::deletion;
use super::support::{Site, volume};

/// A site where a volume vanished between two scans.
fn with_a_loss() -> Site {
    let site = Site::new();
    let before = site.volumes("before", 1, &[volume("vol-1"), volume("vol-2")]);
    site.driftline(&["scan", "--from", &before]).run();
    let after = site.volumes("after", 3, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &after]).status(10).run();
    site
}

fn listed(site: &Site, args: &[&str]) -> Vec<Value> {
    let args = [&["findings", "list", "--format", "json"], args].concat();
    serde_json::from_str(&site.driftline(&args).run().stdout).unwrap()
}

fn id(site: &Site) -> String {
    listed(site, &["--all"])[0]["id"].as_str().unwrap().to_owned()
}

fn accept(site: &Site, id: &str) {
    let args = ["findings", "accept", &id[..8], "--owner", "storage", "--reason", "CHG-7"];
    site.driftline(&args).run();
}

#[test]
fn an_accepted_finding_is_listed_on_request_and_fails_no_run() {
    let site = with_a_loss();
    let id = id(&site);
    assert_eq!(listed(&site, &[])[0]["status"], "new");
    accept(&site, &id);
    assert_eq!(listed(&site, &[]), [] as [Value; 0]);
    let accepted = listed(&site, &["--status", "accepted"]);
    assert_eq!(accepted[0]["acceptance"]["owner"], "storage");
    assert_eq!(accepted[0]["acceptance"]["outdated"], false);
    site.driftline(&["drift"]).status(0).run();
    site.driftline(&["findings", "reopen", &id, "--reason", "it was not", "--owner", "ops"]).run();
    site.driftline(&["drift"]).status(10).run();
    let shown = site.driftline(&["findings", "show", &id]).run().stdout;
    assert!(
        shown.contains("accept by storage, until ") && shown.contains("reopen by ops: it was not"),
        "{shown}"
    );
    assert!(shown.contains("Volume vol-2 vanished"), "{shown}");
    site.driftline(&["store", "verify", "--full"]).run();
}

#[test]
fn a_finding_whose_verdict_moves_is_told_although_it_was_accepted() {
    let site = Site::new();
    let before = site.volumes("before", 1, &[volume("vol-1"), volume("vol-2")]);
    site.driftline(&["scan", "--from", &before]).run();
    let after = site.volumes("after", 3, &[volume("vol-1")]);
    let other = site.write("other.json", deletion("e-0", "2020-03-01T02:00:00Z", "vol-9").to_string());
    site.driftline(&["scan", "--from", &after, "--events", &other]).status(10).run();
    let id = listed(&site, &["--rule", "volume-vanished"])[0]["id"].as_str().unwrap().to_owned();
    accept(&site, &id);
    let log = site.write("log.json", deletion("e-1", "2020-03-01T02:10:00Z", "vol-2").to_string());
    site.driftline(&["events", "import", &log]).run();
    let again = site.volumes("again", 5, &[volume("vol-1")]);
    let report = site.driftline(&["scan", "--from", &again, "--format", "json"]).run().stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == id.as_str());
    let finding = finding.unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!((&finding["status"], &finding["acceptance"]["outdated"]), (&json!("changed"), &json!(true)));
    assert_eq!(listed(&site, &["--rule", "volume-vanished"])[0]["status"], "changed");
}

#[test]
fn what_comes_back_resolves_its_finding_and_is_told_once() {
    let site = with_a_loss();
    let id = id(&site);
    let resolved = |name: &str, hour: u8| {
        let back = site.volumes(name, hour, &[volume("vol-1"), volume("vol-2")]);
        let report = site.driftline(&["scan", "--from", &back, "--format", "json"]).run().stdout;
        let report: Value = serde_json::from_str(&report).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        findings.into_iter().filter(|finding| finding["status"] == "resolved").collect::<Vec<_>>()
    };
    let told = resolved("back", 5);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["id"], id.as_str());
    assert_eq!(told[0]["resolved_by"], "what it is about is as it was before");
    assert_eq!(resolved("still", 7).len(), 0);
    assert!(listed(&site, &[]).iter().all(|finding| finding["id"] != id.as_str()));
    let args = ["findings", "accept", &id, "--owner", "a", "--reason", "b"];
    let refused = site.driftline(&args).status(2).run().stderr;
    assert!(refused.contains("is resolved"), "{refused}");
}

#[test]
fn a_finding_that_nobody_knows_is_an_error_with_a_hint() {
    let site = with_a_loss();
    let stderr = site.driftline(&["findings", "show", "ffff"]).status(2).run().stderr;
    assert!(stderr.contains("no finding is `ffff`") && stderr.contains("findings list --all"), "{stderr}");
    let stderr = site.driftline(&["findings", "accept", &id(&site), "--owner", "a"]).status(2).run().stderr;
    assert!(stderr.contains("--reason"), "{stderr}");
}

#[test]
fn the_list_is_for_people_too() {
    let site = with_a_loss();
    let list = site.driftline(&["findings", "list"]).run().stdout;
    let mut lines = list.lines();
    let first = lines.next().unwrap();
    assert!(first.contains("new") && first.ends_with("volume-vanished"), "{list}");
    assert_eq!(lines.next().unwrap().trim(), "Volume vol-2 vanished");
    let csv = site.driftline(&["findings", "list", "--format", "csv"]).run().stdout;
    assert!(csv.starts_with("id,first_told_at,last_told_at,band,risk,status,rule,title\n"), "{csv}");
}
