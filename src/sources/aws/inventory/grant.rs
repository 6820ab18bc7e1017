//! `iam get-account-authorization-details`: users, groups, roles and policies → parts of grants (SEMANTICS A.7).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::model::{AccountId, Confidence, ManagedBy, Provider};
use crate::sources::grants::{Holder, Part, Parts, Powers, Side, Source, condition_digest, matches};
use crate::sources::{Element, Hints, Odd, Reading};

/// One list of the details, and how its elements are told.
struct Detail {
    /// What it lists.
    name: &'static str,
    /// Members that each element bears.
    marks: &'static [&'static str],
    read: fn(&Element, &Hints, &mut Vec<Odd>) -> Result<Part, Odd>,
}

/// Every list of the details.
const DETAILS: &[Detail] = &[
    Detail { name: "user", marks: &["UserId", "Arn", "AttachedManagedPolicies"], read: user },
    Detail { name: "group", marks: &["GroupId", "Arn", "GroupPolicyList"], read: group },
    Detail { name: "role", marks: &["RoleId", "Arn", "RolePolicyList"], read: role },
    Detail { name: "policy", marks: &["PolicyId", "Arn", "PolicyVersionList"], read: policy },
];

/// The lists that no other call prints.
pub(in crate::sources::aws) const LISTS: &[&str] = &["UserDetailList", "GroupDetailList", "RoleDetailList"];

/// The path of roles that only a service of the vendor can make and assume.
const SERVICE_ROLES: &str = "/aws-service-role/";

/// Tells which part of the details an element is.
pub(in crate::sources::aws) fn part(element: &Map<String, Value>) -> Option<&'static str> {
    let is_one = |detail: &&Detail| detail.marks.iter().all(|mark| element.contains_key(*mark));
    DETAILS.iter().find(is_one).map(|detail| detail.name)
}

/// Reads one element of the details.
///
/// # Errors
///
/// `no-id` for an element without ARN or id.
pub(super) fn read(name: &str, element: &Element, hints: &Hints) -> Result<Reading, Odd> {
    let detail = DETAILS.iter().find(|detail| detail.name == name);
    let detail = detail.ok_or_else(|| Odd::new("wrong-type", format!("`{name}` is no part of grants")))?;
    let mut odd = Vec::new();
    let part = (detail.read)(element, hints, &mut odd)?;
    Ok(Reading::Parts(Parts { parts: vec![part], odd }))
}

fn user(element: &Element, hints: &Hints, odd: &mut Vec<Odd>) -> Result<Part, Odd> {
    let account = account(element, hints);
    let mut sources = own(element, "UserPolicyList", odd);
    let groups = element.peek("GroupList").and_then(Value::as_array).into_iter().flatten();
    sources.extend(groups.filter_map(Value::as_str).map(|group| Source::There {
        via: format!("group {group}"),
        id: group_id(account.as_ref(), group),
        condition: None,
    }));
    principal(element, account, ("user", "UserId"), sources)
}

fn role(element: &Element, hints: &Hints, odd: &mut Vec<Odd>) -> Result<Part, Odd> {
    let sources = own(element, "RolePolicyList", odd);
    let mut part = principal(element, account(element, hints), ("role", "RoleId"), sources)?;
    if let Side::Holder(holder) = &mut part.side {
        holder.assumable_by = element.peek("AssumeRolePolicyDocument").map_or_else(BTreeSet::new, trusted);
        holder.managed_by = element.peek_text("Path").and_then(service).map(|service| ManagedBy {
            confidence: Confidence::High,
            controller: None,
            service: service.to_owned(),
        });
    }
    Ok(part)
}

fn group(element: &Element, hints: &Hints, odd: &mut Vec<Odd>) -> Result<Part, Odd> {
    let account = account(element, hints);
    let name = need(element, "GroupName")?;
    let id = group_id(account.as_ref(), name);
    let sources = own(element, "GroupPolicyList", odd);
    Ok(Part { provider: Provider::Aws, account, side: Side::Giver { id, sources } })
}

/// Reads a policy that can be attached: what its default version says.
fn policy(element: &Element, _: &Hints, odd: &mut Vec<Odd>) -> Result<Part, Odd> {
    let arn = need(element, "Arn")?;
    let default = element.peek_text("DefaultVersionId");
    let versions = element.peek("PolicyVersionList").and_then(Value::as_array);
    let in_force = versions.into_iter().flatten().find(|version| {
        version.get("IsDefaultVersion") == Some(&Value::Bool(true))
            || (default.is_some() && version.get("VersionId").and_then(Value::as_str) == default)
    });
    let document = in_force.and_then(|version| version.get("Document"));
    let mut sources = Vec::new();
    match document.map(powers) {
        Some(Ok(powers)) => {
            sources.push(Source::Here { via: String::new(), powers });
        }
        Some(Err(error)) => odd.push(Odd::new(error.code, format!("policy `{arn}`: {error}"))),
        None => {
            odd.push(Odd::new("no-document", format!("policy `{arn}` tells no document of its version")));
        }
    }
    let side = Side::Giver { id: arn.to_owned(), sources };
    let account = AccountId::new(arn.split(':').nth(4).unwrap_or_default());
    let of_aws = account.as_str() == "aws" || account.as_str().is_empty();
    Ok(Part { provider: Provider::Aws, account: (!of_aws).then_some(account), side })
}

fn principal(
    element: &Element,
    account: Option<AccountId>,
    (kind, id): (&str, &str),
    sources: Vec<Source>,
) -> Result<Part, Odd> {
    let (arn, id) = (need(element, "Arn")?, need(element, id)?);
    let scope = account.clone().unwrap_or_else(AccountId::unknown).to_string();
    let holder = Holder {
        scope,
        key: format!("{arn}#{id}"),
        name: arn.to_owned(),
        label: None,
        assignment: None,
        kind: kind.to_owned(),
        sources,
        assumable_by: BTreeSet::new(),
        managed_by: None,
    };
    Ok(Part { provider: Provider::Aws, account, side: Side::Holder(holder) })
}

/// Returns what an element holds itself: its inline policies, and the policies attached to it.
fn own(element: &Element, inline: &str, odd: &mut Vec<Odd>) -> Vec<Source> {
    let list = |path: &str| element.peek(path).and_then(Value::as_array).into_iter().flatten();
    let mut sources = Vec::new();
    for policy in list(inline) {
        let name = policy.get("PolicyName").and_then(Value::as_str).unwrap_or_default();
        match policy.get("PolicyDocument").map(powers) {
            Some(Ok(powers)) => sources.push(Source::Here { via: format!("inline policy {name}"), powers }),
            Some(Err(error)) => odd.push(Odd::new(error.code, format!("inline policy `{name}`: {error}"))),
            None => odd.push(Odd::new("no-document", format!("inline policy `{name}` has no document"))),
        }
    }
    for policy in list("AttachedManagedPolicies") {
        let Some(arn) = policy.get("PolicyArn").and_then(Value::as_str) else { continue };
        let name = arn.rsplit('/').next().unwrap_or(arn);
        sources.push(Source::There { via: format!("policy {name}"), id: arn.to_owned(), condition: None });
    }
    sources
}

/// Reads what a policy document allows and denies.
///
/// A denial counts only where it holds everywhere and always; of what is allowed on some resources or under
/// conditions only, the digest of that limit is kept.
fn powers(document: &Value) -> Result<Powers, Odd> {
    let document = decoded(document)?;
    let mut powers = Powers::default();
    let statements = document.get("Statement").ok_or_else(|| Odd::new("no-statement", "no `Statement`"))?;
    for statement in several(statements) {
        let is_meant = |action: &str| {
            let any = |patterns: &Value| texts(patterns).any(|pattern| matches(pattern, action, true));
            match (statement.get("Action"), statement.get("NotAction")) {
                (Some(patterns), _) => any(patterns),
                (None, Some(patterns)) => !any(patterns),
                (None, None) => false,
            }
        };
        let limit = limit(statement);
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => powers.allow(Provider::Aws, limit.as_deref(), is_meant),
            Some("Deny") if limit.is_none() => powers.deny(Provider::Aws, is_meant),
            _ => {}
        }
    }
    Ok(powers)
}

/// Returns the digest of what limits a statement; `None` if it holds for everything and always.
fn limit(statement: &Value) -> Option<String> {
    let condition = statement.get("Condition").filter(|it| it.as_object().is_some_and(|it| !it.is_empty()));
    let resources = statement.get("Resource").filter(|it| !texts(it).any(|resource| resource == "*"));
    let others = statement.get("NotResource");
    if condition.is_none() && resources.is_none() && others.is_none() {
        return None;
    }
    let resources: BTreeSet<&str> = resources.into_iter().flat_map(texts).collect();
    let others: BTreeSet<&str> = others.into_iter().flat_map(texts).collect();
    Some(condition_digest(&json!({ "Condition": condition, "NotResource": others, "Resource": resources })))
}

/// Returns whom a trust policy lets assume the role.
fn trusted(document: &Value) -> BTreeSet<String> {
    let Ok(document) = decoded(document) else { return BTreeSet::new() };
    let statements = document.get("Statement").map(several).unwrap_or_default();
    let admitting = statements
        .into_iter()
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"));
    let principals = admitting.filter_map(|statement| statement.get("Principal"));
    let named = principals.flat_map(|principal| match principal {
        Value::Object(sorts) => sorts.values().flat_map(texts).collect(),
        other => texts(other).collect::<Vec<_>>(),
    });
    named.map(str::to_owned).collect()
}

/// Returns a document as an object: the CLI prints one, the API's own is JSON in URL encoding.
fn decoded(document: &Value) -> Result<Value, Odd> {
    let Some(text) = document.as_str() else { return Ok(document.clone()) };
    let broken = |error: String| Odd::new("not-json", format!("the document is no JSON: {error}"));
    let plain = if text.trim_start().starts_with('{') { text.into() } else { unescaped(text) };
    serde_json::from_str(&plain).map_err(|error| broken(error.to_string()))
}

/// Undoes URL encoding (RFC 3986).
fn unescaped(text: &str) -> std::borrow::Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

/// Returns the members of a list, or the one that stands where a list could.
fn several(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    several(value).into_iter().filter_map(Value::as_str)
}

fn need<'a>(element: &'a Element, path: &str) -> Result<&'a str, Odd> {
    element.peek_text(path).ok_or_else(|| Odd::new("no-id", format!("`{path}` is absent or no text")))
}

fn account(element: &Element, hints: &Hints) -> Option<AccountId> {
    let of_arn = element.peek_text("Arn").and_then(|arn| arn.split(':').nth(4)).filter(|id| !id.is_empty());
    of_arn.map(AccountId::new).or_else(|| hints.account.clone())
}

/// Users name their groups by name, which is unique in an account whatever path the ARN has.
fn group_id(account: Option<&AccountId>, name: &str) -> String {
    format!("arn:aws:iam::{}:group/{name}", account.map_or("unknown", AccountId::as_str))
}

fn service(path: &str) -> Option<&str> {
    path.strip_prefix(SERVICE_ROLES).map(|rest| rest.trim_end_matches('/')).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sources::grants::join;

    const ARN: &str = "arn:aws:iam::111122223333";

    fn allow(action: &str) -> Value {
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } })
    }

    fn policy(name: &str, document: &Value) -> Value {
        json!({ "PolicyName": name, "PolicyDocument": document })
    }

    fn user(policies: &[Value], groups: &[&str], attached: &[&str]) -> Value {
        let attached: Value =
            attached.iter().map(|arn| json!({ "PolicyName": "p", "PolicyArn": arn })).collect();
        json!({ "Path": "/", "UserName": "ann", "UserId": "AIDA1", "Arn": format!("{ARN}:user/ann"),
            "CreateDate": "2026-01-02T03:04:05+00:00", "UserPolicyList": policies, "GroupList": groups,
            "AttachedManagedPolicies": attached, "Tags": [] })
    }

    fn role(path: &str, trust: &Value, policies: &[Value]) -> Value {
        json!({ "Path": path, "RoleName": "r", "RoleId": "AROA1", "Arn": format!("{ARN}:role{path}r"),
            "AssumeRolePolicyDocument": trust, "InstanceProfileList": [], "RolePolicyList": policies,
            "AttachedManagedPolicies": [] })
    }

    fn parts(native: &Value) -> Parts {
        let Value::Object(members) = native else { panic!() };
        let name = part(members).unwrap();
        match read(name, &Element::new(members.clone()), &Hints::default()).unwrap() {
            Reading::Parts(parts) => parts,
            other => panic!("{other:?} is no part"),
        }
    }

    /// Returns `principal: capability` of everything that some elements grant.
    fn granted(natives: &[Value]) -> Vec<String> {
        let parts: Vec<Part> = natives.iter().flat_map(|native| parts(native).parts).collect();
        let joined = join(&parts, &AccountId::unknown());
        let mut names: Vec<String> =
            joined.iter().flat_map(|joined| &joined.grants).filter_map(|grant| grant.name.clone()).collect();
        names.sort();
        names
    }

    fn may(document: &Value) -> String {
        let names = granted(&[user(&[policy("p", document)], &[], &[])]);
        let last = |name: &String| name.rsplit(": ").next().unwrap().to_owned();
        names.iter().map(last).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn inline_policies_of_user_and_group_and_attached_ones_count() {
        let managed = json!({ "PolicyName": "ops", "PolicyId": "ANPA1", "Arn": format!("{ARN}:policy/ops"), "Path": "/",
            "DefaultVersionId": "v2", "AttachmentCount": 1, "IsAttachable": true, "PolicyVersionList": [
                { "VersionId": "v1", "IsDefaultVersion": false, "Document": allow("*") },
                { "VersionId": "v2", "IsDefaultVersion": true, "Document": allow("cloudtrail:StopLogging") }] });
        let group = json!({ "Path": "/", "GroupName": "devs", "GroupId": "AGPA1", "Arn": format!("{ARN}:group/devs"),
            "GroupPolicyList": [policy("g", &allow("ec2:DeleteSnapshot"))], "AttachedManagedPolicies": [] });
        let ann =
            user(&[policy("u", &allow("ec2:RunInstances"))], &["devs"], &[&format!("{ARN}:policy/ops")]);
        let expected =
            ["create-instance", "delete-snapshot", "log-tamper"].map(|it| format!("{ARN}:user/ann: {it}"));
        assert_eq!(granted(&[ann, group, managed]), expected);
    }

    #[test]
    fn what_is_not_named_counts_for_not_action_and_a_denial_everywhere_takes_it() {
        let not_iam =
            json!({ "Statement": [{ "Effect": "Allow", "NotAction": ["iam:*", "ec2:*"], "Resource": "*" }] });
        assert_eq!(
            may(&not_iam),
            "delete-instance delete-snapshot disable-protection log-tamper share-snapshot"
        );
        let denied = |deny: Value| {
            let allow = json!({ "Effect": "Allow", "Action": "CloudTrail:*", "Resource": "*" });
            may(&json!({ "Statement": [allow, deny] }))
        };
        assert_eq!(denied(json!({ "Effect": "Deny", "Action": "cloudtrail:*", "Resource": "*" })), "");
        assert_eq!(denied(json!({ "Effect": "Deny", "NotAction": "ec2:*", "Resource": ["*"] })), "");
        for doubtful in [
            json!({ "Effect": "Deny", "Action": "cloudtrail:*", "Resource": "arn:aws:cloudtrail:*:*:trail/x" }),
            json!({ "Effect": "Deny", "Action": "cloudtrail:*", "NotResource": "*" }),
            json!({ "Effect": "Deny", "Action": "cloudtrail:*", "Resource": "*",
                "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } } }),
            json!({ "Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*" }),
        ] {
            assert_eq!(denied(doubtful), "log-tamper");
        }
    }

    #[test]
    fn a_document_in_url_encoding_is_the_one_that_the_cli_prints() {
        let printed = allow("ec2:Terminate*");
        let encoded = printed
            .to_string()
            .bytes()
            .fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"));
        assert_eq!(may(&json!(encoded)), "delete-instance");
        assert_eq!(may(&json!(printed.to_string())), "delete-instance");
    }

    #[test]
    fn a_document_that_does_not_read_is_odd_and_its_neighbours_count() {
        let ann = user(&[policy("bad", &json!("%7B")), policy("p", &allow("ec2:RunInstances"))], &[], &[]);
        let parts = parts(&ann);
        assert_eq!(parts.odd[0].code, "not-json");
        assert!(parts.odd[0].message.contains("`bad`"));
        assert_eq!(granted(&[ann]), [format!("{ARN}:user/ann: create-instance")]);
    }

    #[test]
    fn a_role_tells_who_may_assume_it_and_whose_service_it_is() {
        let trust = json!({ "Statement": [
            { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": [format!("{ARN}:root")], "Service": "ec2.amazonaws.com" } },
            { "Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*" }] });
        let of = |path: &str| {
            let parts = parts(&role(path, &trust, &[policy("p", &allow("ec2:RunInstances"))]));
            join(&parts.parts, &AccountId::unknown()).remove(0).grants.remove(0)
        };
        let grant = of("/");
        assert_eq!(grant.evidence["assumable_by"], json!([format!("{ARN}:root"), "ec2.amazonaws.com"]));
        assert_eq!((grant.account.as_str(), grant.location.as_str()), ("111122223333", "global"));
        assert_eq!(grant.config["principal_key"], format!("{ARN}:role/r#AROA1"));
        assert_eq!(grant.managed_by, None);
        let managed = of("/aws-service-role/autoscaling.amazonaws.com/").managed_by.unwrap();
        assert_eq!(
            (managed.service.as_str(), managed.confidence),
            ("autoscaling.amazonaws.com", Confidence::High)
        );
    }

    #[test]
    fn what_other_calls_list_is_no_part() {
        for native in [
            json!({ "RoleId": "AROA1", "Arn": "a", "AssumeRolePolicyDocument": {} }),
            json!({ "UserId": "AIDA1", "Arn": "a", "UserName": "ann" }),
            json!({ "UserId": "AIDA1", "Arn": "a", "Account": "111122223333" }),
            json!({ "PolicyId": "ANPA1", "Arn": "a", "DefaultVersionId": "v1" }),
            json!({ "PolicyId": "policy-1", "State": "ENABLED" }),
        ] {
            assert_eq!(part(native.as_object().unwrap()), None, "{native}");
        }
    }
}
