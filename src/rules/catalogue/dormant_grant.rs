//! `dormant-grant`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::model::{Capability, Confidence, Finding, GrantUse, Kind, Provider, Resource, Timestamp};
use crate::rules::finding::fingerprint;
use crate::rules::fixture::{Specimen, resource};
use crate::rules::grant::{capabilities, facts, phrase, text, who};
use crate::rules::score::{Case, Class, score};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// A dangerous grant that nobody uses.
pub(super) struct DormantGrant;

static META: RuleMeta = RuleMeta {
    id: "dormant-grant",
    tier: Tier::Change,
    title: "A dangerous grant has not been used for a long time",
    impact: 20,
    explanation: "\
## What it says

Between the two scans a principal had not used for `after-days` days what it may do: delete instances or
snapshots, share snapshots, revert disks, remove protection, tamper with logs, or grant rights. The log of its
account was complete all that time, wherever the account has compute, and shows no such act, not even an
attempt. A grant that came after the first scan counts from the scan that saw it first.

It is told once, when the time is up. `driftline access --dormant 90` lists all that is dormant at any time.
Groups, domains and everybody act through others, and are never dormant; nor is what belongs to a service of
the vendor.

## Why it matters

A right that nobody needs is a right that only an intruder will use, and nobody will miss it.

## What to check

Whether the principal is still needed, and take the right away (M1018). Rights for emergencies belong to a
role that is assumed for them, with an alarm on it.",
    techniques: &["T1098"],
    references: &[
        "https://attack.mitre.org/mitigations/M1018/",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
    ],
    parameters: &[Parameter {
        name: "after-days",
        default: "90",
        meaning: "for how many days a complete log must show no use",
    }],
};

impl Rule for DormantGrant {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let fires = |name, grants: Vec<Resource>| Example {
            dormant: grants.into_iter().map(quiet).collect(),
            ..Example::fires(name, 20, [])
        };
        let stays = |name, grant| Example { dormant: vec![quiet(grant)], ..Example::quiet(name, []) };
        vec![
            fires("a right to delete that nobody used for 90 days", vec![grant("delete-instance")]),
            fires("all that one principal never used", vec![grant("delete-instance"), grant("log-tamper")]),
            stays("a right that makes and destroys nothing of others", grant("create-snapshot")),
            stays(
                "a role of a service of the vendor",
                grant("delete-instance").managed("autoscaling", Confidence::High),
            ),
            Example::quiet("nothing became dormant", []),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let mut principals: BTreeMap<(Provider, &str, &str), Vec<&GrantUse>> = BTreeMap::new();
        for usage in drift.dormant().iter().filter(|usage| is_told(&usage.grant)) {
            let grant = &usage.grant;
            let principal = (grant.key.provider, grant.account.as_str(), text(grant, "principal_key"));
            principals.entry(principal).or_default().push(usage);
        }
        principals.values().filter_map(|usages| finding(usages, drift)).collect()
    }
}

fn grant(capability: &str) -> Resource {
    let grant = resource(Provider::Aws, Kind::Grant, capability).with("capability", capability);
    let arn = "arn:aws:iam::111122223333:user/ann";
    grant.with("principal", arn).with("principal_key", format!("{arn}#AIDA")).with("principal_kind", "user")
}

fn quiet(grant: Resource) -> GrantUse {
    GrantUse { grant: Arc::new(grant), used: None, quiet_since: Some(Timestamp::UNIX_EPOCH) }
}

fn is_told(grant: &Resource) -> bool {
    let capability: Option<Capability> = text(grant, "capability").parse().ok();
    let by_service = grant.managed_by.as_ref().is_some_and(|managed| managed.confidence == Confidence::High);
    capability.is_some_and(Capability::is_dangerous) && !by_service
}

fn finding(usages: &[&GrantUse], drift: &Drift<'_>) -> Option<Finding> {
    let grants: Vec<&Resource> = usages.iter().map(|usage| &*usage.grant).collect();
    let first = grants.first()?;
    let (risk, why) = score(&Case::of(Class::Note, drift.weights()));
    let days = drift.count(&META, "after-days");
    let what = phrase(&capabilities(grants.iter().copied()));
    let uids: Vec<String> = grants.iter().map(|grant| grant.key.uid.to_string()).collect();
    let mut facts = facts(&grants);
    let told =
        |moments: Vec<Option<Timestamp>>| moments.into_iter().flatten().max().map(|moment| json!(moment));
    let quiet = told(usages.iter().map(|usage| usage.quiet_since).collect());
    let used = told(usages.iter().map(|usage| usage.used).collect());
    facts.push(("quiet_since", quiet.unwrap_or(Value::Null)));
    facts.extend(used.map(|used| ("last_used", used)));
    Some(Finding {
        id: fingerprint(META.id, &uids),
        rule: META.id,
        also: Vec::new(),
        title: format!("{} may {what}, and has not for {days} days", who(first)),
        impact: Class::Note.impact(),
        risk,
        techniques: META.techniques.to_vec(),
        resources: usages.iter().map(|usage| Arc::clone(&usage.grant)).collect(),
        scopes: Vec::new(),
        changes: Vec::new(),
        residues: Vec::new(),
        events: Vec::new(),
        facts,
        why,
    })
}
