//! `coverage-gap`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{AccountId, Change, ChangeKind, CoverageStatus, Finding, Plural, Provider, printable};
use crate::rules::finding::fingerprint;
use crate::rules::fixture::{gap, instance, vanished};
use crate::rules::score::{Case, Class, score};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// Scopes that were listed completely before, and are not now.
pub(super) struct CoverageGap;

static META: RuleMeta = RuleMeta {
    id: "coverage-gap",
    tier: Tier::Change,
    title: "A part of the estate could not be seen",
    impact: 50,
    explanation: "\
## What it says

A scope that the earlier scan listed was not listed completely this time: refused, throttled, failed, cut
short, or not listed at all. One finding stands for all scopes of an account with the same status. Nothing
in them is said to have vanished; the next complete listing compares with the last complete one.

## Why it matters

What cannot be seen can be changed unseen. A permission that was taken from the scanner, or a region that
was switched off, blinds it on purpose or by accident, and both look the same.

## What to check

The reason beside each scope in the report's coverage, and who last changed the permissions that the scanner
uses.",
    techniques: &[],
    references: &[],
    parameters: &[],
};

impl Rule for CoverageGap {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let denied = |location: &str| gap(location, CoverageStatus::Denied);
        vec![
            Example::fires("a region that refused the listing", 50, [denied("eu-west-1")]),
            Example::fires(
                "two regions of one account that refused, as one finding",
                50,
                [denied("eu-west-1"), denied("eu-west-2")],
            ),
            Example::quiet(
                "an instance that vanished from a complete listing",
                [vanished(instance("i-1", "vol-1"))],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let mut gaps: BTreeMap<Group<'_>, Vec<&Change>> = BTreeMap::new();
        for change in drift.changes().iter().filter(|change| change.kind == ChangeKind::CoverageGap) {
            let group = (change.scope.provider, &change.scope.account, status(change));
            gaps.entry(group).or_default().push(change);
        }
        gaps.into_iter().map(|(group, changes)| finding(group, &changes, drift)).collect()
    }
}

/// What one finding stands for; no status where the scope was not listed at all.
type Group<'a> = (Provider, &'a AccountId, Option<CoverageStatus>);

/// Returns the status that a gap tells: the one value among its attributes that is one.
fn status(change: &Change) -> Option<CoverageStatus> {
    let values = change.attributes.iter().filter_map(|attribute| attribute.after.as_ref());
    values.filter_map(Value::as_str).find_map(|text| text.parse().ok())
}

fn finding((provider, account, status): Group<'_>, changes: &[&Change], drift: &Drift<'_>) -> Finding {
    let (risk, why) = score(&Case::of(Class::LoseSight, drift.weights()));
    let mut scopes: Vec<_> = changes.iter().map(|change| change.scope.clone()).collect();
    scopes.sort();
    scopes.dedup();
    let count = Plural(u64::try_from(scopes.len()).unwrap_or(u64::MAX), "scope");
    let verb = if scopes.len() == 1 { "was" } else { "were" };
    let status_text = status.map_or("not listed", CoverageStatus::as_str);
    let account = printable(account.as_str());
    let changes: Vec<_> = changes.iter().map(|change| change.id.clone()).collect();
    Finding {
        id: fingerprint(META.id, &changes),
        rule: META.id,
        also: Vec::new(),
        title: format!("{count} of {provider} {account} {verb} not listed completely: {status_text}"),
        impact: drift.weights().base(Class::LoseSight).0,
        risk,
        techniques: META.techniques.to_vec(),
        resources: Vec::new(),
        scopes,
        changes,
        residues: Vec::new(),
        events: Vec::new(),
        facts: vec![("status", json!(status_text))],
        why,
    }
}
