//! The policies that are printed, and that what is committed is what is printed.

use serde_json::Value;

use super::support::{Site, assert_published};

#[test]
fn the_published_policies_are_the_generated_ones() {
    let site = Site::new();
    site.driftline(&["generate", "policies", "--out", "policies"]).run();
    assert_published(&site.path("policies"), "policies");
    for (provider, file) in [("aws", "aws.json"), ("azure", "azure.json"), ("gcp", "gcp.yaml")] {
        let printed = site.driftline(&["generate", "policies", "--provider", provider]).run().stdout;
        assert_eq!(printed, std::fs::read_to_string(site.path("policies").join(file)).unwrap());
    }
    let page = site.driftline(&["generate", "policies", "--explain"]).run().stdout;
    assert_eq!(page, std::fs::read_to_string(site.path("policies/README.md")).unwrap());
}

#[test]
fn one_cloud_is_explained_alone() {
    let site = Site::new();
    let page = site.driftline(&["generate", "policies", "--explain", "--provider", "azure"]).run().stdout;
    assert!(page.contains("\n## Azure\n") && !page.contains("## AWS"), "{page}");
    assert!(page.contains("\n| permission | call | kinds | option | what it tells |\n"), "{page}");
}

#[test]
fn roles_of_members_are_named_and_trust_the_scanner() {
    let site = Site::new();
    let policies = ["generate", "policies", "--provider", "aws"];
    let with_role = site.driftline(&[&policies[..], &["--member-role", "driftline"]].concat()).run().json();
    let statements = with_role["Statement"].as_array().unwrap();
    let assumed: Vec<&Value> =
        statements.iter().filter(|statement| statement.to_string().contains("sts:AssumeRole")).collect();
    assert_eq!(assumed.len(), 1);
    assert_eq!(assumed[0]["Resource"], "arn:aws:iam::*:role/driftline");
    let trust = ["--trust", "111122223333", "--external-id", "x-1"];
    let trust = site.driftline(&[&policies[..], &trust].concat()).run().json();
    assert_eq!(trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], "x-1");
}

#[test]
fn a_choice_that_makes_no_policy_is_refused() {
    let site = Site::new();
    for wrong in [
        &["--option", "all"][..],
        &["--provider", "oracle"],
        &["--provider", "aws", "--option", "nonsense"],
        &["--provider", "aws", "--member-role", "*"],
        &["--provider", "aws", "--external-id", "x"],
        &["--provider", "aws", "--partition", "aws-cn"],
        &["--provider", "gcp", "--member-role", "driftline"],
        &["--provider", "azure", "--trust", "111122223333"],
        &["--provider", "aws", "--trust", "1234"],
    ] {
        site.driftline(&[&["generate", "policies"], wrong].concat()).status(2).run();
    }
}
