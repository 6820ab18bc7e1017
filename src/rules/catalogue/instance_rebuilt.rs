//! `instance-rebuilt`.

use crate::model::{Finding, NodeKey, Revert, RevertKind, TraceState};
use crate::rules::fixture::{rebuilt, relaunched, revert, traced};
use crate::rules::revert::{Saying, finding, pick, subject};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// Another instance, from an earlier state of its disks, plays the part of one that is gone.
pub(super) struct InstanceRebuilt;

static META: RuleMeta = RuleMeta {
    id: "instance-rebuilt",
    tier: Tier::Pattern,
    title: "An instance was rebuilt from an earlier state",
    impact: 65,
    explanation: "\
## What it says

An instance is gone, and within a day another one came that plays its part and boots from an earlier state of its
disks: from an image of them, a machine image, a restore point, or a disk made of a snapshot. It plays the part if it
has the same network interface or address in the cloud, or the same reserved or private address with the same name;
a name alone is nothing. What one controller replaced with its own, as an autoscaling group does, is left out.

## Why it matters

It is a revert by another way: what was written since `reverted_to` is gone, and so is the instance on which it could
have been found (T1578.004).

## What to check

Whether somebody restored on purpose, who launched it, and whether the old disks still exist.",
    techniques: &["T1578.004", "T1578.002"],
    references: &["https://attack.mitre.org/techniques/T1578/004/"],
    parameters: &[],
};

impl Rule for InstanceRebuilt {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let explained = || relaunched().map(|change| traced(change, TraceState::Explained));
        vec![
            Example::fires("another instance at the same address, from last month's image", 65, relaunched())
                .put_back([rebuilt()]),
            Example::fires("the same by somebody known", 36, explained()).put_back([rebuilt()]),
            Example::quiet("an image that was launched in nobody's place", relaunched())
                .put_back([Revert { replaces: None, ..rebuilt() }]),
            Example::quiet("a disk that was put back", relaunched()).put_back([revert()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let picked = pick(drift, |revert| revert.kind == RevertKind::Rebuilt && revert.replaces.is_some());
        let found = picked.groups.iter().filter_map(|reverts| {
            let head = reverts.first()?;
            let old = head.replaces.as_ref().map_or("", |NodeKey { id, .. }| id.as_str());
            let then = head.reverted_to.map_or_else(|| "earlier".to_owned(), |then| format!("at {then}"));
            let title =
                format!("{} stands in for {old}, with its disks as they were {then}", subject(head, drift));
            finding(
                &META,
                &picked,
                Saying { class: Class::Rebuild, bonus: None, reverts, title, facts: Vec::new() },
            )
        });
        found.collect()
    }
}
