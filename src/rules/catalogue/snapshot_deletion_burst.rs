//! `snapshot-deletion-burst`.

use crate::model::{ChurnKind, Finding, Plural, RestoreGap, SnapshotChurn, TraceState, Window};
use crate::rules::churn::{Verdict, by_keeper, doer, findings, place, width};
use crate::rules::fixture::{churn, snapshot, traced, vanished};
use crate::rules::score::{Bonus, Class};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// Many snapshots were deleted in a short time.
pub(super) struct SnapshotDeletionBurst;

static META: RuleMeta = RuleMeta {
    id: "snapshot-deletion-burst",
    tier: Tier::Pattern,
    title: "Snapshots were deleted in a burst",
    impact: 90,
    explanation: "\
## What it says

Within an hour more snapshots, restore points or instant snapshots were deleted than the last four weeks let expect of
the same principal, account or region (`snapshot-burst` says how counts are compared); or, while less than a week is
known, five within ten minutes; or, whatever is known, within a day a fifth of a region's snapshots that were older
than a day, and at least three. What a keeper deletes when its time has come does not count.

The facts name the *restore gaps*: where the deleted snapshots of a disk are the middle of its history, older and newer
ones are left, and what is hidden is that very time. If only the oldest snapshots of each disk were deleted and newer
ones are left, the finding says so and weighs less: that is how people clean up.

## Why it matters

Snapshots are what a destroyed or reverted disk is restored from. Deleting them comes before destroying the disks,
before a ransom note, or after a copy was taken that nobody is to see.

## What to check

Who deleted them and with which credential, what is left of each disk (`last-copy-lost`), and whether a recycle bin
still holds them: it keeps them for days at most.",
    techniques: &["T1485", "T1490"],
    references: &[
        "https://attack.mitre.org/techniques/T1490/",
        "https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin.html",
    ],
    parameters: &[
        Parameter { name: "many", default: "5", meaning: "how many deletions are a burst at least" },
        Parameter {
            name: "within",
            default: "10m",
            meaning: "within which time, while too little is known to compare",
        },
        Parameter {
            name: "share",
            default: "20%",
            meaning: "which share of the snapshots older than a day is much, deleted within a day",
        },
    ],
};

impl Rule for SnapshotDeletionBurst {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let gone =
            |number: usize| traced(vanished(snapshot(&format!("snap-{number}"))), TraceState::Explained);
        let many: Vec<_> = (1..=6).map(gone).collect();
        let plain = churn(ChurnKind::DeletionBurst, &many);
        let window = Window { from: plain.window.from, to: plain.window.to };
        let gap = RestoreGap { source: "vol-1".to_owned(), window, deleted: 6 };
        let hidden = SnapshotChurn { restore_gaps: vec![gap], ..plain.clone() };
        let most = SnapshotChurn { fraction_deleted: Some(2.0 / 3.0), ..plain.clone() };
        let tidy = SnapshotChurn { oldest_only: true, ..plain.clone() };
        vec![
            Example::fires("six snapshots deleted in five minutes", 90, many.clone()).churned([plain]),
            Example::fires("the middle of a disk's history", 100, many.clone()).churned([hidden]),
            Example::fires("the oldest snapshots, newer ones are left", 60, many.clone()).churned([tidy]),
            Example::fires("two thirds of what a region had", 100, many.clone()).churned([most]),
            Example::quiet("six snapshots deleted over a day", many),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        findings(&META, ChurnKind::DeletionBurst, drift, |record| {
            let much = record.fraction_deleted.is_some_and(|share| share >= drift.number(&META, "share"));
            let (class, bonus) = if !record.restore_gaps.is_empty() {
                (Class::DeleteMany, drift.bonus("snapshot-deletion-burst-gap"))
            } else if record.lost_sources.is_empty()
                && (record.oldest_only || is_superseded(record, drift) || by_keeper(record))
            {
                (Class::DeleteOldest, Bonus::NONE)
            } else if much {
                (Class::DeleteMany, drift.bonus(META.id))
            } else {
                (Class::DeleteMany, Bonus::NONE)
            };
            Verdict { class, bonus, title: title(record) }
        })
    }
}

/// Whether newer snapshots are left of the disks of all that went.
fn is_superseded(record: &SnapshotChurn, drift: &Drift<'_>) -> bool {
    record.lives.iter().all(|life| life.changes.iter().any(|change| drift.is_superseded(change)))
}

fn title(record: &SnapshotChurn) -> String {
    let count = Plural(u64::try_from(record.deleted).unwrap_or(u64::MAX), "snapshot");
    let within = format!("within {}", width(record.window));
    let which = if record.oldest_only { ", the oldest of each disk" } else { "" };
    let share = record.fraction_deleted.map(|share| format!(", {:.0} % of what was there", share * 100.0));
    let share = share.unwrap_or_default();
    match doer(record) {
        Some(doer) => format!("{doer} deleted {count} {within}{which}{share}"),
        None => format!("{count} went {within}{}{which}{share}", place(record)),
    }
}
