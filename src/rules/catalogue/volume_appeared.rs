//! `volume-appeared`.

use crate::model::{Finding, Kind, Link, Rel};
use crate::rules::fixture::{Specimen, appeared, instance, vanished, volume};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, presence};

/// A volume is new.
pub(super) struct VolumeAppeared;

static META: RuleMeta = RuleMeta {
    id: "volume-appeared",
    tier: Tier::Change,
    title: "A volume appeared",
    impact: 60,
    explanation: "\
## What it says

A complete earlier listing lacked the volume, and it is there now. A volume that appeared attached to an
instance that appeared is part of that instance's finding.

## Why it matters

A volume made from a snapshot or cloned from another volume holds somebody's data at a moment of the past.
It is the second step of a revert, before it takes the place of the current disk, and the way to read a
snapshot from another machine. An empty volume, or one made from an image, is scored lower.

## What to check

What it was made from (`created_from`, `copied_from`), what it is attached to, and whether the snapshot
behind it is older than the disk that it could replace.",
    techniques: &["T1578"],
    references: &["https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-volume.html"],
    parameters: &[],
};

impl Rule for VolumeAppeared {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let restored = || volume("vol-1").link(Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, "snap-1"));
        let cloned = volume("vol-2").link(Link::to_uid(Rel::CopiedFrom, Kind::Volume, "vol-1"));
        vec![
            Example::fires("a volume made from a snapshot", 60, [appeared(restored())]),
            Example::fires("a clone of another volume", 60, [appeared(cloned)]),
            Example::fires("an empty volume", 40, [appeared(volume("vol-1"))]),
            Example::quiet(
                "the root volume of an instance that appeared",
                [appeared(instance("i-1", "vol-1")), appeared(restored())],
            ),
            Example::quiet("a volume that vanished", [vanished(restored())]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        presence::appeared(&META, Kind::Volume, drift)
    }
}
