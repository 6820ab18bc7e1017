//! `early-deletion`.

use crate::model::{ChurnKind, Confidence, Finding, SnapshotChurn, TraceState};
use crate::rules::churn::{Verdict, doer, findings, subject};
use crate::rules::fixture::{Specimen, churn, snapshot, traced, vanished};
use crate::rules::score::{Bonus, Class};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// A keeper's snapshot was deleted before its time, or by somebody else.
pub(super) struct EarlyDeletion;

static META: RuleMeta = RuleMeta {
    id: "early-deletion",
    tier: Tier::Pattern,
    title: "A scheduled snapshot was deleted before its time, or not by its keeper",
    impact: 90,
    explanation: "\
## What it says

A snapshot that bears the mark of a keeper which only the vendor writes is gone more than five minutes before its keeper
was to delete it: before `aws:dlm:expirationTime`, or before the retention of its Compute Engine schedule is over. Or
somebody else than the keeper deleted it; where the keeper wrote down no time, that is all that can be said, and it
weighs less.

## Why it matters

Backups that nobody touches are the ones that are trusted. Who deletes them one by one keeps the policy in place, so
that everything still looks protected.

## What to check

Who deleted it, and what else the same principal deleted. Whether the policy still runs.",
    techniques: &["T1490"],
    references: &[
        "https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lifecycle.html",
        "https://cloud.google.com/compute/docs/disks/scheduled-snapshots",
    ],
    parameters: &[],
};

impl Rule for EarlyDeletion {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let kept = || vanished(snapshot("snap-1").managed("dlm", Confidence::High));
        let gone = |state| vec![traced(kept(), state)];
        let record = || churn(ChurnKind::EarlyDeletion, &gone(TraceState::Explained));
        let early = SnapshotChurn { before_expiry: 1, ..record() };
        vec![
            Example::fires("a week before its time", 100, gone(TraceState::Explained)).churned([early]),
            Example::fires("by somebody else than its keeper", 60, gone(TraceState::Explained))
                .churned([record()]),
            Example::quiet("by its keeper, when its time had come", gone(TraceState::ExpectedAutomation)),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        findings(&META, ChurnKind::EarlyDeletion, drift, |record| {
            let early = drift.bonus(META.id);
            let (class, bonus) = if record.before_expiry > 0 {
                (Class::Delete, early)
            } else {
                (Class::DeleteKept, Bonus::NONE)
            };
            Verdict { class, bonus, title: title(record) }
        })
    }
}

fn title(record: &SnapshotChurn) -> String {
    let verb = if record.lives.len() == 1 { "was" } else { "were" };
    let by = doer(record).map(|doer| format!(" by {doer}")).unwrap_or_default();
    let why = if record.before_expiry > 0 { "before its time" } else { "not its keeper" };
    if record.before_expiry > 0 {
        format!("{} {verb} deleted {why}{by}", subject(record))
    } else {
        format!("{} {verb} deleted{by}, {why}", subject(record))
    }
}
