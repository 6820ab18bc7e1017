//! `image-vanished`.

use crate::model::{Finding, Kind, Provider};
use crate::rules::fixture::{appeared, image, resource, snapshot, vanished};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, presence};

/// An image or machine image is gone.
pub(super) struct ImageVanished;

static META: RuleMeta = RuleMeta {
    id: "image-vanished",
    tier: Tier::Change,
    title: "An image or machine image vanished",
    impact: 90,
    explanation: "\
## What it says

The image stood in the earlier scan, and a complete listing of its scope lacks it: it was deregistered or
deleted. Compute Engine machine images count as images. Snapshots that backed it and vanished too are
named in `snapshots`: deregistration can delete them in the same call, and without their image they
cannot be launched as they were.

## Why it matters

An image is how a server is built again. Without it a scaling group cannot replace what it loses, and a
backup taken as an image is gone.

## What to check

Which launch templates and scaling groups still name it, whether its snapshots are left, and whether its
deregistration protection was switched off before (`protection-removed`).",
    techniques: &["T1485"],
    references: &["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/deregister-ami.html"],
    parameters: &[],
};

impl Rule for ImageVanished {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example::fires(
                "an image that a complete listing lacks",
                90,
                [vanished(image("ami-1", "snap-1"))],
            ),
            Example::fires(
                "an image and the snapshot under it, as one finding",
                90,
                [vanished(image("ami-1", "snap-1")), vanished(snapshot("snap-1"))],
            ),
            Example::fires(
                "a machine image",
                90,
                [vanished(resource(Provider::Gcp, Kind::MachineImage, "1"))],
            ),
            Example::quiet("a snapshot that vanished alone", [vanished(snapshot("snap-1"))]),
            Example::quiet("an image that appeared", [appeared(image("ami-1", "snap-1"))]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        presence::vanished(&META, Kind::Image, drift)
    }
}
