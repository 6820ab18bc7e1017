//! `snapshot-appeared`.

use crate::model::{Confidence, Finding, Kind, Link, Provider, Rel};
use crate::rules::fixture::{Specimen, appeared, image, resource, snapshot, vanished};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, presence};

/// A snapshot, restore point or instant snapshot is new.
pub(super) struct SnapshotAppeared;

static META: RuleMeta = RuleMeta {
    id: "snapshot-appeared",
    tier: Tier::Change,
    title: "A snapshot, restore point or instant snapshot appeared",
    impact: 70,
    explanation: "\
## What it says

A complete earlier listing lacked the snapshot, and it is there now. Azure restore points and Compute
Engine instant snapshots count as snapshots. A snapshot under an image that appeared is part of that
image's finding if one call made both, that is, if the image was captured from an instance or copied. If
the image was registered from the snapshot, both are findings: they are the first two steps of a revert.

## Why it matters

A snapshot is a copy of a disk that leaves the machine untouched. Mounted on another instance, or shared
with another account, it gives away everything that the disk holds, without a trace inside the machine.

## What to check

From which disk it was taken, by whom, and whether a volume was made from it or it was shared
(`exposure-opened`). A snapshot that a backup service or a schedule verifiably made is scored as expected
automation; a description or a user's tag proves nothing.",
    techniques: &["T1578.001"],
    references: &[
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html",
        "https://cloud.google.com/compute/docs/disks/scheduled-snapshots",
    ],
    parameters: &[],
};

impl Rule for SnapshotAppeared {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let new = || snapshot("snap-1").link(Link::to_uid(Rel::TakenFrom, Kind::Volume, "vol-1"));
        let captured = Link::to_uid(Rel::CapturedFrom, Kind::Instance, "i-1");
        let instant = resource(Provider::Gcp, Kind::InstantSnapshot, "1");
        vec![
            Example::fires("a snapshot that a complete earlier listing lacked", 70, [appeared(new())]),
            Example::fires("an instant snapshot", 70, [appeared(instant)]),
            Example::fires(
                "a snapshot from which an image was registered",
                70,
                [appeared(new()), appeared(image("ami-1", "snap-1"))],
            ),
            Example::fires(
                "a snapshot that a lifecycle policy took",
                20,
                [appeared(new().managed("dlm", Confidence::High))],
            ),
            Example::fires(
                "a snapshot whose tags claim a backup service",
                70,
                [appeared(new().managed("backup", Confidence::Low))],
            ),
            Example::quiet(
                "a snapshot that capturing an instance made",
                [appeared(new()), appeared(image("ami-1", "snap-1").link(captured))],
            ),
            Example::quiet("a snapshot that vanished", [vanished(new())]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        presence::appeared(&META, Kind::Snapshot, drift)
    }
}
