//! Who may do what, from files to changes: several documents tell it together.

use driftline::model::{CoverageStatus, Kind, Resource};
use driftline::store::Store;
use serde_json::{Value, json};

use super::support::{ACCOUNT, Dump, changes, codes, kinds, scan, scan_complete, statuses};

const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

/// A manifest's row for a complete part of one account's grants.
fn part(path: &str, provider: &str, account: &str) -> Value {
    json!({ "path": path, "provider": provider, "account": account, "kind": "grant", "complete": true })
}

/// What the AWS CLI prints of an account with one user, who holds a policy that allows `actions`.
fn details(actions: &[&str]) -> Value {
    let arn = format!("arn:aws:iam::{ACCOUNT}");
    json!({
        "UserDetailList": [{ "Path": "/", "UserName": "ann", "UserId": "AIDA1", "Arn": format!("{arn}:user/ann"),
            "CreateDate": "2026-01-02T03:04:05+00:00", "GroupList": ["ops"], "AttachedManagedPolicies": [], "Tags": [] }],
        "GroupDetailList": [{ "Path": "/", "GroupName": "ops", "GroupId": "AGPA1", "Arn": format!("{arn}:group/ops"),
            "CreateDate": "2026-01-02T03:04:05+00:00", "GroupPolicyList": [],
            "AttachedManagedPolicies": [{ "PolicyName": "end", "PolicyArn": format!("{arn}:policy/end") }] }],
        "RoleDetailList": [],
        "Policies": [{ "PolicyName": "end", "PolicyId": "ANPA1", "Arn": format!("{arn}:policy/end"), "Path": "/",
            "DefaultVersionId": "v1", "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
            "CreateDate": "2026-01-02T03:04:05+00:00", "UpdateDate": "2026-01-02T03:04:05+00:00",
            "PolicyVersionList": [{ "VersionId": "v1", "IsDefaultVersion": true, "CreateDate": "2026-01-02T03:04:05+00:00",
                "Document": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }] } }] }],
    })
}

fn aws(details: &Value) -> Dump {
    let dump = Dump::new(&[("iam.json", &details.to_string())]);
    dump.manifest(&[part("iam.json", "aws", ACCOUNT)]);
    dump
}

fn assignments() -> String {
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    json!([{ "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/a"), "name": "a",
        "type": "Microsoft.Authorization/roleAssignments", "principalId": "OID-1", "principalName": "ann@example.com",
        "principalType": "User", "roleDefinitionName": "Contributor", "scope": scope, "condition": null,
        "roleDefinitionId": format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}") }])
    .to_string()
}

fn definitions() -> String {
    json!([{ "id": format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"),
        "name": CONTRIBUTOR, "roleName": "Contributor", "roleType": "BuiltInRole",
        "type": "Microsoft.Authorization/roleDefinitions", "assignableScopes": ["/"],
        "permissions": [{ "actions": ["*"], "dataActions": [], "notDataActions": [],
            "notActions": ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"] }] }])
    .to_string()
}

fn azure(files: &[(&str, &str)]) -> Dump {
    let dump = Dump::new(files);
    let rows: Vec<_> = files.iter().map(|(name, _)| part(name, "azure", SUBSCRIPTION)).collect();
    dump.manifest(&rows);
    dump
}

/// Returns the names of the grants that changed between the last two scans, with the kind of change.
fn told(store: &Store) -> Vec<String> {
    let changes = changes(store);
    let name = |resource: &Resource| resource.name.clone().unwrap_or_default();
    let mut told: Vec<_> = changes
        .iter()
        .filter_map(|change| Some(format!("{} {}", change.kind, name(change.resource()?))))
        .collect();
    told.sort();
    told
}

#[test]
fn a_policy_that_allows_more_is_a_new_grant_of_whoever_holds_it() {
    let mut store = Store::in_memory().unwrap();
    let first = scan(&mut store, 1, aws(&details(&["ec2:RunInstances"])).path());
    assert_eq!(statuses(&first), [(Kind::Grant, CoverageStatus::Complete)]);
    assert_eq!((first.coverage[0].listed, first.coverage[0].scope.location.as_str()), (1, "global"));
    scan(&mut store, 2, aws(&details(&["ec2:RunInstances", "ec2:Terminate*"])).path());
    assert_eq!(told(&store), [format!("appeared arn:aws:iam::{ACCOUNT}:user/ann: delete-instance")]);
    scan(&mut store, 3, aws(&details(&["ec2:Terminate*"])).path());
    assert_eq!(told(&store), [format!("vanished arn:aws:iam::{ACCOUNT}:user/ann: create-instance")]);
}

#[test]
fn details_without_a_manifest_tell_their_account_and_are_complete_when_said_so() {
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::new(&[("iam.json", &details(&["*"]).to_string())]);
    let imported = scan_complete(&mut store, 1, dump.path());
    assert_eq!(statuses(&imported), [(Kind::Grant, CoverageStatus::Complete)]);
    assert_eq!((imported.coverage[0].scope.account.as_str(), imported.coverage[0].listed), (ACCOUNT, 10));
    assert_eq!(imported.strays.len(), 0);
    scan_complete(&mut store, 2, dump.path());
    assert_eq!(kinds(&store), []);
}

#[test]
fn a_page_of_details_with_more_to_come_closes_nothing() {
    let mut store = Store::in_memory().unwrap();
    scan(&mut store, 1, aws(&details(&["*"])).path());
    let mut page = details(&["ec2:RunInstances"]);
    page["IsTruncated"] = json!(true);
    page["Marker"] = json!("m");
    let second = scan(&mut store, 2, aws(&page).path());
    assert_eq!(statuses(&second), [(Kind::Grant, CoverageStatus::Partial)]);
    assert_eq!(told(&store), [""; 0]);
}

#[test]
fn a_document_that_does_not_read_makes_grants_partial_and_loses_no_neighbour() {
    let mut store = Store::in_memory().unwrap();
    let mut broken = details(&["ec2:RunInstances"]);
    broken["UserDetailList"][0]["UserPolicyList"] = json!([{ "PolicyName": "bad", "PolicyDocument": "%7B" }]);
    let imported = scan(&mut store, 1, aws(&broken).path());
    assert_eq!(statuses(&imported), [(Kind::Grant, CoverageStatus::Partial)]);
    assert_eq!(
        (codes(&imported), imported.coverage[0].listed, imported.odd),
        (vec!["not-json".to_owned()], 1, 1)
    );
}

#[test]
fn assignments_and_definitions_are_joined_over_two_files() {
    let mut store = Store::in_memory().unwrap();
    let dump = azure(&[("assignments.json", &assignments()), ("definitions.json", &definitions())]);
    let imported = scan(&mut store, 1, dump.path());
    assert_eq!(statuses(&imported), [(Kind::Grant, CoverageStatus::Complete)]);
    assert_eq!(imported.coverage[0].listed, 8, "all but `disable-protection` and `grant`");
}

#[test]
fn where_either_side_lacks_grants_are_partial_and_nothing_vanishes() {
    let both = azure(&[("assignments.json", &assignments()), ("definitions.json", &definitions())]);
    for lacking in [
        azure(&[("assignments.json", &assignments())]),
        azure(&[("definitions.json", &definitions())]),
        azure(&[("assignments.json", "[]"), ("definitions.json", &definitions())]),
    ] {
        let mut store = Store::in_memory().unwrap();
        scan(&mut store, 1, both.path());
        let second = scan(&mut store, 2, lacking.path());
        assert_eq!(statuses(&second), [(Kind::Grant, CoverageStatus::Partial)]);
        assert_eq!(told(&store), [""; 0]);
        scan(&mut store, 3, both.path());
        assert_eq!(kinds(&store), []);
    }
}

#[test]
fn a_denied_half_makes_the_other_partial() {
    let mut store = Store::in_memory().unwrap();
    let dump = Dump::new(&[("assignments.json", &assignments()), ("definitions.json", "[]")]);
    let mut denied = part("definitions.json", "azure", SUBSCRIPTION);
    denied["complete"] = json!(false);
    dump.manifest(&[part("assignments.json", "azure", SUBSCRIPTION), denied]);
    let imported = scan(&mut store, 1, dump.path());
    assert_eq!(statuses(&imported), [(Kind::Grant, CoverageStatus::Partial)]);
    assert_eq!(codes(&imported), ["role-unknown", "said-partial"]);
}

#[test]
fn a_project_s_policy_needs_only_the_roles_that_are_not_shipped() {
    let policy = |role: &str| {
        json!({ "bindings": [{ "role": role, "members": ["user:ann@example.com"] }], "etag": "x", "version": 1 }).to_string()
    };
    let role = json!({ "name": "projects/p/roles/end", "title": "End", "stage": "GA", "etag": "x",
        "includedPermissions": ["compute.instances.delete"] })
    .to_string();
    let gcp = |files: &[(&str, &str)]| {
        let dump = Dump::new(files);
        dump.manifest(&files.iter().map(|(name, _)| part(name, "gcp", "p")).collect::<Vec<_>>());
        dump
    };
    let mut store = Store::in_memory().unwrap();
    let own = policy("projects/p/roles/end");
    let known = scan(&mut store, 1, gcp(&[("policy.json", &own), ("roles/end.json", &role)]).path());
    assert_eq!(statuses(&known), [(Kind::Grant, CoverageStatus::Complete)]);
    let unknown = scan(&mut store, 2, gcp(&[("policy.json", &own)]).path());
    assert_eq!(statuses(&unknown), [(Kind::Grant, CoverageStatus::Partial)]);
    assert_eq!(codes(&unknown), ["role-unknown"]);
    assert_eq!(told(&store), [""; 0]);
    let shipped = scan(&mut store, 3, gcp(&[("policy.json", &policy("roles/editor"))]).path());
    assert_eq!(statuses(&shipped), [(Kind::Grant, CoverageStatus::Complete)]);
    assert!(told(&store).contains(&"appeared ann@example.com: revert".to_owned()));
}
