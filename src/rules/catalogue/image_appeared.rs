//! `image-appeared`.

use crate::model::{Confidence, Finding, Kind, Link, Provider, Rel};
use crate::rules::fixture::{Specimen, appeared, image, resource, snapshot, vanished};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, presence};

/// An image or machine image is new.
pub(super) struct ImageAppeared;

static META: RuleMeta = RuleMeta {
    id: "image-appeared",
    tier: Tier::Change,
    title: "An image or machine image appeared",
    impact: 70,
    explanation: "\
## What it says

A complete earlier listing lacked the image, and it is there now. Compute Engine machine images count as
images. The snapshots that capturing an instance, or copying an image, made under it are part of the
finding, which then weighs as much as they would alone.

## Why it matters

An image is a snapshot that can be launched. One that was captured from an instance copies its disks; one
that was registered from a snapshot turns a moment of the past into a machine that runs, which is one of
the ways to revert an instance; one that imitates a trusted name waits for others to launch it.

## What to check

`captured_from` names the instance; without it, an image with a snapshot under it was registered, copied or
imported. Whether an instance was launched from it, and whether it was shared (`exposure-opened`).",
    techniques: &["T1578.001"],
    references: &["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/creating-an-ami-ebs.html"],
    parameters: &[],
};

impl Rule for ImageAppeared {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let captured =
            || image("ami-1", "snap-1").link(Link::to_uid(Rel::CapturedFrom, Kind::Instance, "i-1"));
        vec![
            Example::fires("an image registered from a snapshot", 60, [appeared(image("ami-1", "snap-1"))]),
            Example::fires(
                "an image captured from an instance, and the snapshot under it, as one finding",
                70,
                [appeared(captured()), appeared(snapshot("snap-1"))],
            ),
            Example::fires(
                "a machine image",
                60,
                [appeared(resource(Provider::Gcp, Kind::MachineImage, "1"))],
            ),
            Example::fires(
                "an image that a backup service made",
                20,
                [appeared(captured().managed("backup", Confidence::High))],
            ),
            Example::quiet("a snapshot that appeared alone", [appeared(snapshot("snap-1"))]),
            Example::quiet("an image that vanished", [vanished(captured())]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        presence::appeared(&META, Kind::Image, drift)
    }
}
