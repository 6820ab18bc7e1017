use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::aws::{Partition, RoleName, Trusted};
use super::*;
use crate::config::Config;
use crate::model::Kind;
use crate::sources::live::permissions;

static WHO: Call = call("GetCallerIdentity", &[], None);
static ASSUME: Call = call("AssumeRole", &["sts:AssumeRole"], Some("organization"));
static ACCOUNTS: Call = call("ListAccounts", &["organizations:ListAccounts"], Some("organization"));
static INSTANCES: Call = call("DescribeInstances", &["ec2:DescribeInstances"], None);
static PROTECTION: Call =
    call("DescribeInstanceAttribute", &["ec2:DescribeInstanceAttribute"], Some("instance-attributes"));
static USER_DATA: Call =
    call("DescribeInstanceAttribute", &["ec2:DescribeInstanceAttribute"], Some("user-data"));
static AGAIN: Call = call("DescribeInstances again", &["ec2:DescribeInstances"], Some("again"));

static TABLE: &[&Call] = &[&WHO, &ASSUME, &ACCOUNTS, &INSTANCES, &PROTECTION, &USER_DATA, &AGAIN];

const fn call(
    name: &'static str,
    permissions: &'static [&'static str],
    option: Option<&'static str>,
) -> Call {
    Call { name, permissions, kinds: &[Kind::Instance], option, tells: "something" }
}

fn chosen(names: &[&str]) -> Vec<&'static Call> {
    select(TABLE, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

fn statements(policy: &str) -> Vec<(String, Value, Value)> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = policy["Statement"].as_array().unwrap();
    let row = |s: &Value| (s["Sid"].as_str().unwrap().to_owned(), s["Action"].clone(), s["Resource"].clone());
    statements.iter().map(row).collect()
}

/// Returns why a permission must not be in any policy (SEMANTICS G); `None` if it may.
fn forbidden(provider: Provider, permission: &str) -> Option<&'static str> {
    const NEVER: &[&str] = &[
        "ec2:GetPasswordData",
        "ec2:GetConsoleOutput",
        "ec2:GetConsoleScreenshot",
        "ebs:GetSnapshotBlock",
        "ebs:ListSnapshotBlocks",
        "ebs:ListChangedBlocks",
        "compute.instances.getSerialPortOutput",
        "compute.instances.getScreenshot",
        "compute.instances.getGuestAttributes",
        "storage.objects.get",
    ];
    if permission.contains('*') {
        return Some("a wildcard");
    }
    if NEVER.contains(&permission) || permission.to_ascii_lowercase().contains("listkeys") {
        return Some("reads content");
    }
    let reads = match provider {
        Provider::Aws => {
            let verb = permission.split_once(':').map_or("", |(_, verb)| verb);
            permission == "sts:AssumeRole"
                || ["Describe", "List", "Get", "Lookup"].iter().any(|word| verb.starts_with(word))
        }
        Provider::Azure => permission.ends_with("/read"),
        Provider::Gcp => {
            let verb = permission.rsplit('.').next().unwrap_or_default();
            ["list", "get", "getIamPolicy"].contains(&verb)
        }
    };
    (!reads).then_some("not a read")
}

#[test]
fn no_cloud_asks_for_a_write_a_wildcard_or_content() {
    for cloud in CLOUDS {
        for permission in permissions(cloud.calls()) {
            let offence = forbidden(cloud.provider(), permission);
            assert_eq!(offence, None, "{}: {permission}", cloud.provider());
        }
    }
    for (provider, permission) in [
        (Provider::Aws, "ec2:TerminateInstances"),
        (Provider::Aws, "ec2:GetPasswordData"),
        (Provider::Aws, "ec2:Describe*"),
        (Provider::Azure, "Microsoft.Compute/disks/beginGetAccess/action"),
        (Provider::Azure, "*/read"),
        (Provider::Gcp, "compute.instances.getSerialPortOutput"),
        (Provider::Gcp, "compute.snapshots.setIamPolicy"),
    ] {
        assert_ne!(forbidden(provider, permission), None, "{permission}");
    }
}

#[test]
fn a_policy_holds_the_permissions_of_its_calls_and_no_other() {
    for cloud in CLOUDS {
        let calls = select(cloud.calls(), &[ALL.to_owned()]);
        let text = policy(cloud.provider(), &calls);
        let granted: BTreeSet<String> = match cloud.provider() {
            Provider::Aws => statements(&text)
                .iter()
                .flat_map(|(_, actions, _)| actions.as_array().unwrap().clone())
                .map(|action| action.as_str().unwrap().to_owned())
                .collect(),
            Provider::Azure => {
                serde_json::from_value(serde_json::from_str::<Value>(&text).unwrap()["Actions"].clone())
                    .unwrap()
            }
            Provider::Gcp => {
                text.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect()
            }
        };
        let needed = permissions(&calls).into_iter().filter(|name| *name != "sts:AssumeRole");
        assert_eq!(granted, needed.map(str::to_owned).collect::<BTreeSet<_>>(), "{}", cloud.provider());
    }
}

#[test]
fn options_are_keys_of_the_configuration() {
    let schema = Config::json_schema().to_string();
    for cloud in CLOUDS {
        for option in options(cloud.calls()) {
            assert!(schema.contains(&format!("\"{option}\":{{")), "{}: {option}", cloud.provider());
        }
    }
    assert!(schema.contains("\"user-data\":{") && !schema.contains("\"user_data\":{"));
}

#[test]
fn every_row_fits_its_table() {
    for cloud in CLOUDS {
        for line in explain::table(cloud.calls()).lines() {
            assert_eq!(line.matches('|').count(), 6, "{line}");
        }
    }
    let table = explain::table(&[&WHO, &USER_DATA]);
    assert!(table.contains("| none | `GetCallerIdentity` | instance | always | something |\n"), "{table}");
    assert!(table.contains(
        "| `ec2:DescribeInstanceAttribute` | `DescribeInstanceAttribute` | instance | `user-data` |"
    ));
}

#[test]
fn an_option_that_nobody_asked_for_is_in_no_policy() {
    let policy = aws::policy(&chosen(&[]), None);
    assert_eq!(statements(&policy), [("Inventory".to_owned(), json!(["ec2:DescribeInstances"]), json!("*"))]);
}

#[test]
fn each_option_has_a_statement_of_its_own_without_what_is_always_allowed() {
    let policy = aws::policy(&chosen(&["all"]), None);
    let attribute = json!(["ec2:DescribeInstanceAttribute"]);
    assert_eq!(
        statements(&policy),
        [
            ("Inventory".to_owned(), json!(["ec2:DescribeInstances"]), json!("*")),
            ("Organization".to_owned(), json!(["organizations:ListAccounts"]), json!("*")),
            ("InstanceAttributes".to_owned(), attribute.clone(), json!("*")),
            ("UserData".to_owned(), attribute, json!("*")),
        ]
    );
}

#[test]
fn roles_are_assumed_by_name_only() {
    let role: RoleName = "audit/driftline".parse().unwrap();
    let policy = aws::policy(&chosen(&["organization"]), Some(&role.arns(Partition::AwsCn)));
    let last = statements(&policy).pop().unwrap();
    assert_eq!(
        last,
        ("MemberRole".to_owned(), json!(["sts:AssumeRole"]), json!("arn:aws-cn:iam::*:role/audit/driftline"))
    );
    for wrong in ["", "*", "drift*", "/driftline", "a b", "role/", "x\"y"] {
        assert!(wrong.parse::<RoleName>().is_err(), "{wrong}");
    }
}

#[test]
fn a_role_trusts_one_account_or_principal_and_asks_for_its_external_id() {
    let trusted: Trusted = "111122223333".parse().unwrap();
    let policy: Value = serde_json::from_str(&aws::trust(&trusted, Some("x-1"))).unwrap();
    assert_eq!(
        policy["Statement"],
        json!([{
            "Sid": "Scanner", "Effect": "Allow", "Principal": { "AWS": "111122223333" },
            "Action": ["sts:AssumeRole"], "Condition": { "StringEquals": { "sts:ExternalId": "x-1" } },
        }])
    );
    let open: Value = serde_json::from_str(&aws::trust(&trusted, None)).unwrap();
    assert_eq!(open["Statement"][0].get("Condition"), None);
    assert!("arn:aws:iam::111122223333:role/scanner".parse::<Trusted>().is_ok());
    for wrong in ["*", "11112222333", "arn:aws:iam::*:role/scanner", "root"] {
        assert!(wrong.parse::<Trusted>().is_err(), "{wrong}");
    }
}

#[test]
fn a_policy_of_everything_fits_into_what_aws_takes() {
    let calls = select(cloud(Provider::Aws).calls(), &[ALL.to_owned()]);
    let policy = aws::policy(&calls, Some("arn:aws:iam::*:role/driftline"));
    // A managed policy has at most 6144 characters, white space aside.
    assert!(policy.chars().filter(|c| !c.is_whitespace()).count() <= 6144);
}

#[test]
fn a_google_role_names_the_option_above_what_it_adds() {
    let role = gcp::role(&chosen(&["user-data", "again"]));
    let permissions = role.split_once("includedPermissions:\n").unwrap().1;
    assert_eq!(permissions, "- ec2:DescribeInstances\n# For `user-data`:\n- ec2:DescribeInstanceAttribute\n");
}

#[test]
fn an_azure_role_is_of_the_shape_that_az_takes() {
    let role: Value = serde_json::from_str(&azure::role(&chosen(&["user-data"]))).unwrap();
    assert_eq!(role["IsCustom"], true);
    assert_eq!(role["Actions"], json!(["ec2:DescribeInstanceAttribute", "ec2:DescribeInstances"]));
    assert_eq!(role["AssignableScopes"], json!([azure::SCOPE]));
    for empty in ["NotActions", "DataActions", "NotDataActions"] {
        assert_eq!(role[empty], json!([]));
    }
}
