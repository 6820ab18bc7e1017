//! `evidence-destroyed`.

use crate::model::{Finding, Kind, Revert, RevertKind, TraceState};
use crate::rules::fixture::{destroying, revert, root_swap, swapped};
use crate::rules::revert::{Saying, class, finding, pick, place, subject};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// What a revert replaced was deleted.
pub(super) struct EvidenceDestroyed;

static META: RuleMeta = RuleMeta {
    id: "evidence-destroyed",
    tier: Tier::Chain,
    title: "A disk was put back, and what it replaced was deleted",
    impact: 80,
    explanation: "\
## What it says

A disk was put back to an earlier state (see `disk-reverted`), and within a day the disk that it replaced was deleted,
or the snapshots of the time that was lost, or both; the fact `destroyed` names them. Each of the two adds to the
risk. The deletion may lie in a later comparison than the revert.

## Why it matters

What was written between `reverted_to` and `reverted_at` existed on that disk and in those snapshots, and nowhere else.
Whoever tidies up after a maintenance keeps the old disk until all works; whoever hides does not.

## What to check

The recycle bin, soft delete and backups in other accounts: some of it may still be brought back. Then who deleted it.",
    techniques: &["T1578.004", "T1578.003", "T1070", "T1485"],
    references: &["https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin.html"],
    parameters: &[],
};

impl Rule for EvidenceDestroyed {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example::fires("the old root was deleted", 95, [swapped(TraceState::Explained)])
                .put_back([destroying(&[Kind::Volume])]),
            Example::fires("the snapshots of the lost time were deleted too", 100, [root_swap()])
                .put_back([destroying(&[Kind::Volume, Kind::Snapshot])]),
            Example::quiet("the old disk was kept", [root_swap()]).put_back([revert()]),
            Example::quiet("a disk that lost nothing made way for its copy", [root_swap()])
                .put_back([Revert { kind: RevertKind::Migrated, ..destroying(&[Kind::Volume]) }]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let picked = pick(drift, |revert| {
            !revert.destroyed.is_empty()
                && !matches!(revert.kind, RevertKind::Migrated | RevertKind::Replaced)
        });
        let found = picked.groups.iter().filter_map(|reverts| {
            let head = reverts.first()?;
            let gone: Vec<_> = reverts.iter().flat_map(|revert| &revert.destroyed).collect();
            let (disks, copies): (Vec<_>, Vec<_>) =
                gone.into_iter().partition(|key| key.kind == Kind::Volume);
            let twice = !disks.is_empty() && !copies.is_empty();
            let bonus = drift.bonus(if twice { "evidence-destroyed-twice" } else { META.id });
            let what = match (disks.is_empty(), copies.is_empty()) {
                (false, false) => "the old disk and the copies of the hours between were",
                (false, true) => "the old disk was",
                _ => "the copies of the hours between were",
            };
            let title = format!("{}: {} was put back, and {what} deleted", subject(head, drift), place(head));
            let class = if head.kind == RevertKind::Rebuilt { Class::Rebuild } else { class(head) };
            finding(&META, &picked, Saying { class, bonus: Some(bonus), reverts, title, facts: Vec::new() })
        });
        found.collect()
    }
}
