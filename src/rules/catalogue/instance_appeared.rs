//! `instance-appeared`.

use crate::model::{ChangeKind, Confidence, Finding, Kind};
use crate::rules::fixture::{Specimen, appeared, change, instance, vanished, volume};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, presence};

/// An instance is new.
pub(super) struct InstanceAppeared;

static META: RuleMeta = RuleMeta {
    id: "instance-appeared",
    tier: Tier::Change,
    title: "An instance appeared",
    impact: 60,
    explanation: "\
## What it says

A complete earlier listing lacked the instance, and it is there now. The volumes that appeared with it are
part of the finding. With the fact `reappeared` it was known, or is older than a listing that lacked it:
it was restored, or hidden from the scan.

## Why it matters

An attacker's own instance is a foothold inside the network, a place to mount a stolen snapshot, or a miner
at the victim's expense. It is often made in a region that is otherwise unused.

## What to check

The image or snapshot that it was made from, the identity that it runs with, its region, and who made it.
An instance that a scaling group or scale set verifiably made is scored as expected automation.",
    techniques: &["T1578.002"],
    references: &["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/LaunchingAndUsingInstances.html"],
    parameters: &[],
};

impl Rule for InstanceAppeared {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let new = || instance("i-1", "vol-1").named("web-1");
        vec![
            Example::fires("an instance that a complete earlier listing lacked", 60, [appeared(new())]),
            Example::fires(
                "an instance and its root volume, as one finding",
                60,
                [appeared(new()), appeared(volume("vol-1"))],
            ),
            Example::fires(
                "an instance that a scaling group made",
                20,
                [appeared(new().managed("autoscaling", Confidence::High))],
            ),
            Example::fires(
                "an instance of a CloudFormation stack: the mark says with what it was made, not by whom",
                60,
                [appeared(new().managed("cloudformation", Confidence::High))],
            ),
            Example::fires(
                "an instance that is back",
                60,
                [change(ChangeKind::Reappeared, Some(new()), Some(new()))],
            ),
            Example::quiet("an instance that vanished", [vanished(new())]),
            Example::quiet("a volume that appeared alone", [appeared(volume("vol-1"))]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        presence::appeared(&META, Kind::Instance, drift)
    }
}
