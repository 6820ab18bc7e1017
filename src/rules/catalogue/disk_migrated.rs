//! `disk-migrated`.

use crate::model::{Finding, Revert, RevertKind, TraceState};
use crate::rules::fixture::{revert, root_swap, swapped};
use crate::rules::revert::{Saying, finding, pick, place, subject};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// A disk was replaced by its own last state.
pub(super) struct DiskMigrated;

static META: RuleMeta = RuleMeta {
    id: "disk-migrated",
    tier: Tier::Pattern,
    title: "A disk was replaced by its own latest copy",
    impact: 40,
    explanation: "\
## What it says

Another disk stands in a slot of an instance, and its contents are the last that the old one had: the copy was taken
after the instance had stopped for the last time, or after the old disk was detached. Nothing was lost. The fact
`because` says which.

## Why it matters

This is how disks are encrypted, enlarged or moved to another zone. It is told apart from a revert by the moment of
the copy alone: a copy taken while the instance still ran is `disk-reverted`.

## What to check

Whether the new disk is protected as the old one was: its encryption, its key, its zone.",
    techniques: &["T1578.005"],
    references: &["https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html"],
    parameters: &[],
};

impl Rule for DiskMigrated {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let moved = || Revert { kind: RevertKind::Migrated, lost: None, ..revert() };
        vec![
            Example::fires("a root that was encrypted in place", 22, [swapped(TraceState::Explained)])
                .put_back([moved()]),
            Example::fires("the same, and no log", 40, [root_swap()]).put_back([moved()]),
            Example::quiet("a copy taken while the instance still ran", [root_swap()]).put_back([revert()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let picked = pick(drift, |revert| revert.fresh && revert.kind == RevertKind::Migrated);
        let found = picked.groups.iter().filter_map(|reverts| {
            let head = reverts.first()?;
            let title =
                format!("{} has the latest copy of {} instead of it", subject(head, drift), place(head));
            finding(
                &META,
                &picked,
                Saying { class: Class::Migrate, bonus: None, reverts, title, facts: Vec::new() },
            )
        });
        found.collect()
    }
}
