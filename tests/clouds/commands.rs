//! `scan --dry-run` and `doctor` against the test servers.

use std::process::Output;

use crate::ec2;
use crate::fault::Fault;
use crate::site::Site;

fn run(fault: Option<Fault>, args: &[&str]) -> (i32, String, usize) {
    let (site, estate) = (Site::new(), ec2::start(fault));
    let config = format!("{}kinds = [\"instance\", \"volume\", \"setting\", \"region\"]\n", estate.config);
    std::fs::write(site.path("driftline.toml"), config).unwrap();
    let environment = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "planted-secret")];
    let file = site.path("driftline.toml").display().to_string();
    let args = [args, &["--config", &file, "--retries", "0"]].concat();
    let Output { status, stdout, stderr } = site.command_with(&environment, &args);
    let shown = String::from_utf8_lossy(&stdout).into_owned();
    let said = String::from_utf8_lossy(&stderr);
    assert!(!shown.contains("planted-secret") && !said.contains("planted-secret"), "{shown}{said}");
    assert!(!site.path("driftline.db").exists(), "nothing is stored");
    (
        status.code().unwrap(),
        if shown.is_empty() { said.into_owned() } else { shown },
        estate.server.requests().len(),
    )
}

#[test]
fn a_dry_run_finds_the_regions_and_lists_nothing() {
    let (status, shown, requests) = run(None, &["scan", "--dry-run"]);
    assert_eq!((status, requests), (0, 2), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn a_dry_run_that_nobody_lets_in_ends_with_30() {
    let (status, shown, _) = run(Some(Fault::ExpiredCredentials), &["scan", "--dry-run"]);
    assert_eq!(status, 30, "{shown}");
}

#[test]
fn a_doctor_finds_nothing_wrong_where_nothing_is() {
    let (status, shown, _) = run(None, &["doctor"]);
    assert_eq!(status, 0, "{shown}");
    assert!(!shown.contains("FAIL"), "{shown}");
    assert!(shown.contains("credentials                               reach 1 account"), "{shown}");
}

#[test]
fn a_doctor_names_what_is_denied_what_a_scan_would_miss_and_the_policy_that_mends_it() {
    let (status, shown, _) = run(Some(Fault::DeniedKind), &["doctor"]);
    assert_eq!(status, 3, "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn a_doctor_that_nobody_lets_in_says_why_and_ends_with_30() {
    let (status, shown, _) = run(Some(Fault::ExpiredCredentials), &["doctor"]);
    assert_eq!(status, 30, "{shown}");
    assert!(shown.contains("the credentials have expired"), "{shown}");
}
