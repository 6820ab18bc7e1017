//! `last-copy-lost`.

use crate::model::{ChurnKind, Confidence, Finding, SnapshotChurn, TraceState, printable};
use crate::rules::churn::{Verdict, findings};
use crate::rules::fixture::{Specimen, churn, snapshot, traced, vanished};
use crate::rules::score::{Bonus, Class};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// The last snapshot of a disk is gone.
pub(super) struct LastCopyLost;

static META: RuleMeta = RuleMeta {
    id: "last-copy-lost",
    tier: Tier::Pattern,
    title: "The last snapshot of a disk is gone",
    impact: 90,
    explanation: "\
## What it says

A disk had at least one snapshot or restore point, and now none is left: in no region of the account, and in no recycle
bin that was listed. Copies that name no disk (a copied AWS snapshot) are not counted, and neither is what stands in
other accounts.

What a keeper deletes when its time has come is not told, nor a snapshot that was younger than a day, nor snapshots of a
disk that who made them deleted within a week. Of a disk that complete listings show to be gone before, neither a copy
that was kept for a month is told nor what an image was made of that vanished with it.

## Why it matters

From here on nothing brings the disk's contents back. Ransom begins with this step.

## What to check

Whether the disk itself is still there: then take a snapshot now, and protect it. Whether a copy exists that names no
disk, in another region or account. Who deleted the last one, and what else the same principal deleted.",
    techniques: &["T1485", "T1490"],
    references: &["https://attack.mitre.org/techniques/T1490/"],
    parameters: &[],
};

impl Rule for LastCopyLost {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let gone = || vec![traced(vanished(snapshot("snap-1")), TraceState::Explained)];
        let lost = SnapshotChurn {
            lost_sources: vec!["vol-1".to_owned()],
            ..churn(ChurnKind::LastCopyLost, &gone())
        };
        let kept = traced(
            vanished(snapshot("snap-1").managed("dlm", Confidence::High)),
            TraceState::ExpectedAutomation,
        );
        vec![
            Example::fires("the only snapshot of a disk", 90, gone()).churned([lost]),
            Example::quiet("a snapshot of several", gone()),
            Example::quiet("the last one, by its keeper when its time had come", [kept]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        findings(&META, ChurnKind::LastCopyLost, drift, |record| Verdict {
            class: Class::LoseLastCopy,
            bonus: Bonus::NONE,
            title: title(record),
        })
    }
}

fn title(record: &SnapshotChurn) -> String {
    match record.lost_sources.as_slice() {
        [source] => {
            let name = source.rsplit('/').next().unwrap_or(source);
            format!("No snapshot of disk {} is left", printable(name))
        }
        sources => format!("No snapshot of {} disks is left", sources.len()),
    }
}
