//! `instance-vanished`.

use crate::model::{ChangeKind, Confidence, Finding, Kind, Link, Rel};
use crate::rules::fixture::{Specimen, appeared, attached, change, instance, modified, vanished, volume};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, presence};

/// An instance is gone.
pub(super) struct InstanceVanished;

static META: RuleMeta = RuleMeta {
    id: "instance-vanished",
    tier: Tier::Change,
    title: "An instance vanished",
    impact: 90,
    explanation: "\
## What it says

The instance stood in the earlier scan, and a complete listing of its scope lacks it, or the vendor says
that it is terminated. A listing that was denied, throttled or cut short never gives this finding.
The volumes that were deleted with it are part of it; those that outlived it are named in
`volumes_left`.

## Why it matters

Deleting an instance destroys memory, ephemeral disks and the volumes set to go with it: the traces of
whatever ran there. Attackers do it to clean up an instance that they created, or to take a service down.

## What to check

Who deleted it, whether its volumes have snapshots from before, and whether it was made shortly before it
vanished. An instance that a scaling group or scale set verifiably made and removed is scored as expected
automation; its mark cannot be written by an ordinary principal, but does not prove who deleted it.",
    techniques: &["T1578.003"],
    references: &[
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html",
        "https://cloud.google.com/compute/docs/instances/deleting-instance",
    ],
    parameters: &[],
};

impl Rule for InstanceVanished {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let gone = || instance("i-1", "vol-1").named("web-1");
        let two = || gone().link(attached("/dev/xvdb", "vol-2", true));
        let keeping = gone().link(attached("/dev/xvdb", "vol-2", false));
        let up = Link::to_uid(Rel::AttachedTo, Kind::Instance, "i-1");
        let scaled = || gone().managed("autoscaling", Confidence::High);
        vec![
            Example::fires("an instance that a complete listing lacks", 90, [vanished(gone())]),
            Example::fires(
                "an instance and the two volumes that went with it, as one finding",
                90,
                [vanished(two()), vanished(volume("vol-1")), vanished(volume("vol-2"))],
            ),
            Example::fires(
                "an instance whose data volume outlived it, as one finding",
                90,
                [vanished(keeping), modified(volume("vol-2").link(up), volume("vol-2"))],
            ),
            Example::fires("an instance that a scaling group removed", 20, [vanished(scaled())]),
            Example::fires(
                "an instance whose own tags claim a scaling group",
                90,
                [vanished(gone().managed("autoscaling", Confidence::Low))],
            ),
            Example::quiet("an instance that appeared", [appeared(gone())]),
            Example::quiet(
                "an instance that was recreated under its old address",
                [change(ChangeKind::Recreated, Some(gone()), Some(instance("i-2", "vol-2")))],
            ),
            Example::quiet("a volume that vanished alone", [vanished(volume("vol-1"))]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        presence::vanished(&META, Kind::Instance, drift)
    }
}
