//! IAM policies (the IAM JSON policy grammar, version 2012-10-17).

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use clap::ValueEnum;
use serde::Serialize;

use super::options;
use crate::sources::live::{Call, permissions};

/// Never allowed for every role: whoever may assume any role may do anything.
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// Allowed for what trails deliver, and for nothing else in a bucket.
const OF_TRAILS: &[Narrow] = &[
    Narrow { action: "s3:ListBucket", resource: "arn:*:s3:::*", prefix: Some("*AWSLogs/*") },
    Narrow { action: "s3:GetObject", resource: "arn:*:s3:::*/AWSLogs/*", prefix: None },
];

/// An action that is allowed for some resources only.
struct Narrow {
    action: &'static str,
    resource: &'static str,
    /// What the prefix of a list must be like.
    prefix: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy<'a> {
    version: &'static str,
    statement: Vec<Statement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    sid: String,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Principal<'a>>,
    action: BTreeSet<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>>,
}

#[derive(Serialize)]
struct Principal<'a> {
    #[serde(rename = "AWS")]
    aws: &'a str,
}

/// The name of a role that every member account has.
#[derive(Clone, Debug)]
pub(super) struct RoleName(String);

/// Who may assume a role: an account's id, or the ARN of a principal.
#[derive(Clone, Debug)]
pub(super) struct Trusted(String);

/// A part of AWS with accounts of its own.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Partition {
    /// The public regions.
    Aws,
    /// The regions in China.
    AwsCn,
    /// The regions of the US government.
    AwsUsGov,
}

impl FromStr for RoleName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
        let whole = !text.is_empty() && !text.starts_with('/') && !text.ends_with('/');
        if whole && text.chars().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err("a role's name, with its path if it has one, and no wildcard")
    }
}

impl FromStr for Trusted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let arn = text.starts_with("arn:") && text.contains(":iam::") && !text.contains(['*', '?']);
        if account || arn {
            return Ok(Self(text.to_owned()));
        }
        Err("an account's 12 digits, or the ARN of one role or user")
    }
}

impl RoleName {
    /// Returns the pattern of the role's ARNs in all accounts.
    pub(super) fn arns(&self, partition: Partition) -> String {
        let partition = match partition {
            Partition::Aws => "aws",
            Partition::AwsCn => "aws-cn",
            Partition::AwsUsGov => "aws-us-gov",
        };
        format!("arn:{partition}:iam::*:role/{}", self.0)
    }
}

/// Returns the policy that allows some calls, with a statement of its own for each option among them, and for
/// the roles that may be assumed.
pub(super) fn policy(calls: &[&Call], roles: Option<&str>) -> String {
    let of = |option: Option<&str>| {
        let calls: Vec<_> = calls.iter().copied().filter(|call| call.option == option).collect();
        let is_narrow =
            |action: &str| action == ASSUME_ROLE || OF_TRAILS.iter().any(|narrow| narrow.action == action);
        permissions(&calls).into_iter().filter(|action| !is_narrow(action)).collect::<BTreeSet<_>>()
    };
    let always = of(None);
    let optional = options(calls).into_iter().map(|option| {
        let action = of(Some(option)).difference(&always).copied().collect();
        (pascal(option), action, "*")
    });
    let roles = roles.map(|arns| ("MemberRole".to_owned(), BTreeSet::from([ASSUME_ROLE]), arns));
    let inventory = ("Inventory".to_owned(), always.clone(), "*");
    let statements = [inventory].into_iter().chain(optional).chain(roles);
    let statements = statements.filter(|(_, action, _)| !action.is_empty()).map(|(sid, action, resource)| {
        Statement { sid, effect: "Allow", principal: None, action, resource: Some(resource), condition: None }
    });
    let given = permissions(calls);
    let of_trails = OF_TRAILS.iter().filter(|narrow| given.contains(narrow.action));
    render(statements.chain(of_trails.map(|narrow| {
        Statement {
            sid: format!("Trail{}", narrow.action.trim_start_matches("s3:")),
            effect: "Allow",
            principal: None,
            action: BTreeSet::from([narrow.action]),
            resource: Some(narrow.resource),
            condition: narrow
                .prefix
                .map(|prefix| BTreeMap::from([("StringLike", BTreeMap::from([("s3:prefix", prefix)]))])),
        }
    })))
}

/// Returns the trust policy of a role that a scanner elsewhere assumes.
pub(super) fn trust(trusted: &Trusted, external_id: Option<&str>) -> String {
    let condition = |id| BTreeMap::from([("StringEquals", BTreeMap::from([("sts:ExternalId", id)]))]);
    render([Statement {
        sid: "Scanner".to_owned(),
        effect: "Allow",
        principal: Some(Principal { aws: &trusted.0 }),
        action: BTreeSet::from([ASSUME_ROLE]),
        resource: None,
        condition: external_id.map(condition),
    }])
}

fn render<'a>(statements: impl IntoIterator<Item = Statement<'a>>) -> String {
    let policy = Policy { version: "2012-10-17", statement: statements.into_iter().collect() };
    super::json(&policy)
}

/// Statement ids take letters and digits only.
fn pascal(option: &str) -> String {
    let words = option.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let (head, tail) = word.split_at(word.len().min(1));
            head.to_ascii_uppercase() + tail
        })
        .collect()
}
