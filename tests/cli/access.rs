//! Who may do what, on the command line.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::support::Site;

const ACCOUNT: &str = "111122223333";

/// What the AWS CLI prints of an account: each user with the actions that an inline policy allows.
fn details(users: &[(&str, &[&str])]) -> Value {
    let user = |(name, actions): &(&str, &[&str])| {
        let document = json!({ "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }] });
        json!({ "Path": "/", "UserName": name, "UserId": format!("AIDA{name}"), "GroupList": [],
            "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "AttachedManagedPolicies": [],
            "UserPolicyList": [{ "PolicyName": "own", "PolicyDocument": document }] })
    };
    let users: Value = users.iter().map(user).collect();
    json!({ "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": [] })
}

fn scan(site: &Site, name: &str, hour: u8, users: &[(&str, &[&str])], complete: bool) {
    site.write(&format!("{name}/iam.json"), details(users).to_string());
    let row = json!({ "path": "iam.json", "provider": "aws", "account": ACCOUNT, "kind": "grant", "complete": complete });
    let taken_at = format!("2020-03-01T{hour:02}:00:00Z");
    let manifest = json!({ "driftline_dump": 1, "taken_at": taken_at, "files": [row] });
    site.write(&format!("{name}/manifest.json"), manifest.to_string());
    let folder = site.path(name).display().to_string();
    let status = if complete { 0 } else { 3 };
    site.driftline(&["scan", "--from", &folder, "--fail-on", "never"]).status(status).run();
}

/// A site where ann may delete since the second scan, and bob may no longer share.
fn with_a_gain() -> Site {
    let site = Site::new();
    let before: &[(&str, &[&str])] =
        &[("ann", &["ec2:RunInstances"]), ("bob", &["ec2:ModifySnapshotAttribute", "ec2:CreateSnapshot"])];
    scan(&site, "before", 1, before, true);
    let after: &[(&str, &[&str])] =
        &[("ann", &["ec2:RunInstances", "ec2:Terminate*"]), ("bob", &["ec2:CreateSnapshot"])];
    scan(&site, "after", 3, after, true);
    site
}

#[test]
fn who_may_do_what_and_what_changed_is_told_with_its_limits() {
    let site = with_a_gain();
    let told = site.driftline(&["access"]).run().stdout;
    assert_snapshot!("access", told);
    let csv = site.driftline(&["access", "--format", "csv"]).run().stdout;
    assert_snapshot!("access_csv", csv);
}

#[test]
fn json_says_that_it_is_approximate_and_what_came_and_went() {
    let site = with_a_gain();
    let told = site.driftline(&["access", "--format", "json"]).run().json();
    assert_eq!((&told["grant_evaluation"], &told["scan"]["id"]), (&json!("approximate"), &json!(2)));
    let pairs = |list: &Value| -> Vec<String> {
        let pair = |grant: &Value| {
            format!("{} {}", grant["principal"].as_str().unwrap(), grant["capability"].as_str().unwrap())
        };
        list.as_array().unwrap().iter().map(pair).collect()
    };
    assert_eq!(pairs(&told["new"]), [format!("arn:aws:iam::{ACCOUNT}:user/ann delete-instance")]);
    assert_eq!(pairs(&told["gone"]), [format!("arn:aws:iam::{ACCOUNT}:user/bob share-snapshot")]);
    assert_eq!(told["grants"].as_array().unwrap().len(), 3);
    let deleting =
        told["grants"].as_array().unwrap().iter().find(|grant| grant["capability"] == "delete-instance");
    assert_eq!(deleting.unwrap()["since_scan"], 2);
}

#[test]
fn the_list_narrows_to_a_capability_a_principal_and_an_earlier_scan() {
    let site = with_a_gain();
    let count = |args: &[&str]| {
        let args = [&["access", "--format", "json"], args].concat();
        site.driftline(&args).run().json()["grants"].as_array().unwrap().len()
    };
    assert_eq!(count(&["--capability", "delete-instance", "--capability", "create-snapshot"]), 2);
    assert_eq!(count(&["--who", "ANN"]), 2);
    assert_eq!(count(&["--who", "own", "--scan", "1"]), 3);
    assert_eq!(count(&["--dormant", "90"]), 0, "no log, no silence");
    site.driftline(&["access", "--capability", "fly"]).status(2).run();
    site.driftline(&["access", "--scan", "9"]).status(2).run();
}

#[test]
fn an_incomplete_list_of_grants_ends_with_3_and_so_does_none_at_all() {
    let site = Site::new();
    scan(&site, "partial", 1, &[("ann", &["*"])], false);
    let ran = site.driftline(&["access"]).status(3).run();
    assert!(ran.stdout.contains("partial"), "{}", ran.stdout);
    let none = Site::new();
    let volumes = none.volumes("volumes", 1, &[]);
    none.driftline(&["scan", "--from", &volumes]).run();
    assert!(none.driftline(&["access"]).status(3).run().stderr.contains("lists no grants"));
}

#[test]
fn a_gain_is_one_finding_for_all_that_a_principal_gained() {
    let site = Site::new();
    scan(&site, "before", 1, &[("ann", &["ec2:RunInstances"])], true);
    scan(&site, "after", 3, &[("ann", &["*"])], true);
    let report = site.driftline(&["drift", "--format", "json", "--fail-on", "never"]).run().json();
    let findings = report["findings"].as_array().unwrap();
    let told: Vec<_> =
        findings.iter().map(|finding| (finding["rule"].as_str().unwrap(), &finding["risk"])).collect();
    assert_eq!(told, [("grant-changed", &json!(50))]);
    assert_eq!(findings[0]["changes"].as_array().unwrap().len(), 9);
    assert_eq!(
        findings[0]["title"],
        "user/ann may now delete instances, modify instances and do 7 more things"
    );
}
