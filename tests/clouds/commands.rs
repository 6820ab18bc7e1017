//! `scan --dry-run` and `doctor` against the test servers.

use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use driftline::store::{Access, Store};

use crate::aws_scans::credentials;
use crate::ec2::{self, Manner, incident};
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

#[test]
fn a_scan_that_waits_for_a_cloud_ends_when_it_is_asked_to_and_seals_nothing() {
    let site = Site::new();
    let estate =
        ec2::serve(incident("before"), Manner { latency: Duration::from_mins(1), ..Manner::default() });
    let mut command = site.prepare(&estate.config, &credentials(), &[]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while estate.server.requests().is_empty() {
        sleep(Duration::from_millis(10));
    }
    let asked = Instant::now();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    while child.try_wait().unwrap().is_none() && asked.elapsed() < Duration::from_secs(40) {
        sleep(Duration::from_millis(5));
    }
    let took = asked.elapsed();
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    eprintln!("it took {took:?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    let store = Store::open(&site.path("driftline.db"), Access::Read).unwrap();
    assert_eq!(store.latest().unwrap(), None);
}
