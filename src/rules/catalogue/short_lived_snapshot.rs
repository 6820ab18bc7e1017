//! `short-lived-snapshot`.

use crate::model::{ChurnKind, Finding, SnapshotChurn, TraceState};
use crate::rules::churn::{Verdict, findings, subject};
use crate::rules::fixture::{churn, snapshot, traced, vanished};
use crate::rules::score::{Bonus, Class};
use crate::rules::{Drift, Example, Parameter, Rule, RuleMeta, Tier};

/// A snapshot was made and deleted within an hour.
pub(super) struct ShortLivedSnapshot;

static META: RuleMeta = RuleMeta {
    id: "short-lived-snapshot",
    tier: Tier::Pattern,
    title: "A snapshot was made and deleted within an hour",
    impact: 60,
    explanation: "\
## What it says

A snapshot, restore point or instant snapshot was made and deleted within an hour; by log and state together, so also
where no scan ever saw it (`ghost-resource`). A service of the vendor that makes and deletes snapshots for itself, by a
role that nobody else can assume (malware protection), is not told.

## Why it matters

Who wants a disk's contents and no trace takes a snapshot, makes a volume from it, mounts that, and deletes both.
Building images and encrypting disks leave the same marks.

## What to check

Whether a volume was made from it (the fact `volumes`), by whom, and to which instance that was attached.",
    techniques: &["T1578.001"],
    references: &["https://attack.mitre.org/techniques/T1578/001/"],
    parameters: &[Parameter { name: "lifetime", default: "1h", meaning: "which life is short" }],
};

impl Rule for ShortLivedSnapshot {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let gone = || vec![traced(vanished(snapshot("snap-1")), TraceState::Explained)];
        vec![
            Example::fires("a snapshot of twelve minutes", 60, gone())
                .churned([churn(ChurnKind::ShortLived, &gone())]),
            Example::quiet("a snapshot of a day", gone()),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        findings(&META, ChurnKind::ShortLived, drift, |record| Verdict {
            class: Class::CopyBriefly,
            bonus: Bonus::NONE,
            title: title(record),
        })
    }
}

fn title(record: &SnapshotChurn) -> String {
    let verb = if record.lives.len() == 1 { "was" } else { "were" };
    let volumes: usize = record.lives.iter().map(|life| life.volumes.len()).sum();
    let mounted = if volumes == 0 { "" } else { ", and volumes made from it between" };
    format!("{} {verb} made and deleted within an hour{mounted}", subject(record))
}
