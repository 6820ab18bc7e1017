//! `snapshot-vanished`.

use crate::model::{Confidence, Finding, Kind, Provider};
use crate::rules::fixture::{Specimen, appeared, image, resource, snapshot, vanished};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, presence};

/// A snapshot, restore point or instant snapshot is gone.
pub(super) struct SnapshotVanished;

static META: RuleMeta = RuleMeta {
    id: "snapshot-vanished",
    tier: Tier::Change,
    title: "A snapshot, restore point or instant snapshot vanished",
    impact: 90,
    explanation: "\
## What it says

The snapshot stood in the earlier scan, and a complete listing of its scope lacks it. Azure restore points
and Compute Engine instant snapshots count as snapshots. A snapshot whose image vanished too is part of
that image's finding: deregistering an image can delete its snapshots in the same call.

## Why it matters

Snapshots are what a destroyed or reverted disk is restored from; deleting them comes before destroying
the disk, or before demanding a ransom. A snapshot that was made and deleted within hours may have been
mounted elsewhere in between.

## What to check

Whether its lifecycle policy was due to delete it: a mark of a backup service shows who made it, not who
deleted it, so it excuses nothing here. Whether other snapshots of the same disk are left: where newer ones are, the
finding weighs less and says so (`superseded`).",
    techniques: &["T1485", "T1490"],
    references: &["https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html"],
    parameters: &[],
};

impl Rule for SnapshotVanished {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let point = resource(Provider::Azure, Kind::RestorePoint, "rp-1");
        vec![
            Example::fires("a snapshot that a complete listing lacks", 90, [vanished(snapshot("snap-1"))]),
            Example::fires("a restore point that a complete listing lacks", 90, [vanished(point)]),
            Example::fires(
                "a snapshot that a lifecycle policy made: the mark does not say who deleted it",
                90,
                [vanished(snapshot("snap-1").managed("dlm", Confidence::High))],
            ),
            Example::quiet(
                "a snapshot that vanished with its image",
                [vanished(image("ami-1", "snap-1")), vanished(snapshot("snap-1"))],
            ),
            Example::quiet("a snapshot that appeared", [appeared(snapshot("snap-1"))]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        presence::vanished(&META, Kind::Snapshot, drift)
    }
}
