//! `snapshot-modified`.

use crate::model::{Finding, Kind, PrincipalKind};
use crate::rules::fixture::{Specimen, modified, snapshot};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, modification};

/// A snapshot's, restore point's or instant snapshot's configuration or place differ.
pub(super) struct SnapshotModified;

static META: RuleMeta = RuleMeta {
    id: "snapshot-modified",
    tier: Tier::Change,
    title: "A snapshot, restore point or instant snapshot was modified",
    impact: 50,
    explanation: "\
## What it says

The snapshot is the same, and its configuration differs. Azure restore points and Compute Engine instant
snapshots count as snapshots. New grants and open access links are told by `exposure-opened`, shortened
immutability by `protection-removed`, and neither again here; grants that were taken back are told here.

## Why it matters

The contents of a snapshot never change, so what changes is who can use it, how fast, and how long it
stays. Moved to an archive, it takes days to restore.

## What to check

Who changed it. A grant that was taken back may have been used before: look for what was made from it.",
    techniques: &["T1578.005"],
    references: &["https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html"],
    parameters: &[],
};

impl Rule for SnapshotModified {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let plain = || snapshot("snap-1");
        let shared = || plain().shared(PrincipalKind::Account, "999988887777");
        vec![
            Example::fires(
                "moved to the archive",
                50,
                [modified(plain(), plain().with("StorageTier", "archive"))],
            ),
            Example::fires("a grant that was taken back", 50, [modified(shared(), plain().private())]),
            Example::fires("a grant that the earlier scan could not see", 20, [modified(plain(), shared())]),
            Example::fires("a grant that the later scan could not see", 20, [modified(shared(), plain())]),
            Example::fires("a tag", 20, [modified(plain(), plain().tagged("keep", "no"))]),
            Example::quiet(
                "a grant that was given, and nothing else",
                [modified(plain().private(), shared())],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        modification::modified(&META, Kind::Snapshot, drift)
    }
}
