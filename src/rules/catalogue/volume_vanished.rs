//! `volume-vanished`.

use crate::model::{Finding, Kind};
use crate::rules::fixture::{Specimen, appeared, attached, instance, vanished, volume};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, presence};

/// A volume is gone.
pub(super) struct VolumeVanished;

static META: RuleMeta = RuleMeta {
    id: "volume-vanished",
    tier: Tier::Change,
    title: "A volume vanished",
    impact: 90,
    explanation: "\
## What it says

The volume stood in the earlier scan, and a complete listing of its scope lacks it. A volume that was set
to be deleted with its instance, and whose instance vanished too, is part of that instance's finding. One
that should have outlived its instance gets a finding of its own: somebody deleted it.

## Why it matters

A deleted volume is lost unless a snapshot or a recycle bin holds it. It is how data is destroyed, and how
the disk that was in a machine before a revert is disposed of.

## What to check

Whether a snapshot of it is left (`volume-vanished` and `snapshot-vanished` together are worse than
either), to which instance it was attached last, and whether a recycle-bin rule covers it.",
    techniques: &["T1485"],
    references: &[
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-volume.html",
        "https://learn.microsoft.com/azure/virtual-machines/disks-find-unattached-portal",
    ],
    parameters: &[],
};

impl Rule for VolumeVanished {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let server = instance("i-1", "vol-1").link(attached("/dev/xvdb", "vol-2", false));
        vec![
            Example::fires("a volume that a complete listing lacks", 90, [vanished(volume("vol-1"))]),
            Example::fires(
                "a volume that should have outlived its instance, and did not",
                90,
                [vanished(server), vanished(volume("vol-2"))],
            ),
            Example::quiet(
                "a volume that was deleted with its instance",
                [vanished(instance("i-1", "vol-1")), vanished(volume("vol-1"))],
            ),
            Example::quiet("a volume that appeared", [appeared(volume("vol-1"))]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        presence::vanished(&META, Kind::Volume, drift)
    }
}
