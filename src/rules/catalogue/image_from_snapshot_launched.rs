//! `image-from-snapshot-launched`.

use crate::model::{Finding, Revert, RevertKind, TraceState};
use crate::rules::fixture::{rebuilt, relaunched, traced};
use crate::rules::revert::{Saying, finding, pick, subject};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// An image was registered from a snapshot, and launched.
pub(super) struct ImageFromSnapshotLaunched;

static META: RuleMeta = RuleMeta {
    id: "image-from-snapshot-launched",
    tier: Tier::Chain,
    title: "An image was registered from a snapshot, and launched",
    impact: 80,
    explanation: "\
## What it says

An image was registered from a snapshot, not captured from an instance, and within a day an instance was launched from
it. The snapshot was taken of what another instance booted from, or nobody knows of what. Where that instance is gone
and the new one plays its part (see `instance-rebuilt`) the impact is 80, otherwise 65.

| step | call |
| --- | --- |
| an image from a snapshot | `RegisterImage` |
| an instance from the image | `RunInstances` |
| the end of the old instance, if it ended | `TerminateInstances` |

## Why it matters

It is the way to bring a machine back to an earlier state, or to run a copy of it beside it, without touching the
machine itself (T1578.004). Those who build images capture instances, or launch them for another purpose.

## What to check

Who took the snapshot and when, whether image pipelines of yours register images so, and whether the old instance was
ended by the same principal.",
    techniques: &["T1578.004", "T1578.002"],
    references: &["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/creating-an-ami-ebs.html#creating-launching-ami-from-snapshot"],
    parameters: &[],
};

impl Rule for ImageFromSnapshotLaunched {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let explained = || relaunched().map(|change| traced(change, TraceState::Explained));
        vec![
            Example::fires("in the place of the instance that is gone", 80, explained())
                .put_back([rebuilt()]),
            Example::fires("in nobody's place", 65, explained())
                .put_back([Revert { replaces: None, ..rebuilt() }]),
            Example::quiet("an image that was captured", explained())
                .put_back([Revert { method: &crate::model::METHODS[5], ..rebuilt() }]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let registered = |revert: &Revert| {
            revert.kind == RevertKind::Rebuilt
                && revert.image.is_some()
                && matches!(revert.method.code, "A5" | "G6")
        };
        let picked = pick(drift, registered);
        let found = picked.groups.iter().filter_map(|reverts| {
            let head = reverts.first()?;
            let image = head.image.as_ref().map_or("", |image| image.id.as_str());
            let title = format!("{} was launched from {image}, made of a snapshot", subject(head, drift));
            let class = if head.replaces.is_some() { Class::RevertRoot } else { Class::Rebuild };
            let bonus = Some(drift.bonus(META.id));
            finding(&META, &picked, Saying { class, bonus, reverts, title, facts: Vec::new() })
        });
        found.collect()
    }
}
