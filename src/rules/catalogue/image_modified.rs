//! `image-modified`.

use crate::model::{Finding, Kind, PrincipalKind, Provider};
use crate::rules::fixture::{Specimen, image, modified, resource};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, modification};

/// An image's or machine image's configuration or place differ.
pub(super) struct ImageModified;

static META: RuleMeta = RuleMeta {
    id: "image-modified",
    tier: Tier::Change,
    title: "An image or machine image was modified",
    impact: 50,
    explanation: "\
## What it says

The image is the same, and its configuration differs. Compute Engine machine images count as images. New
grants are told by `exposure-opened`, deregistration protection that was switched off by
`protection-removed`, and neither again here.

## Why it matters

What is launched from an image inherits its settings. On Google Cloud an image joins or leaves a family,
and so becomes, or stops being, what everybody boots who asks for the latest of it.

## What to check

Who changed it, and what was launched from it since.",
    techniques: &["T1578.005"],
    references: &["https://cloud.google.com/compute/docs/images/image-families-best-practices"],
    parameters: &[],
};

impl Rule for ImageModified {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let plain = || image("ami-1", "snap-1");
        let family = |family: &str| resource(Provider::Gcp, Kind::Image, "1").with("family", family);
        vec![
            Example::fires("another family", 50, [modified(family("base"), family("base-2"))]),
            Example::fires(
                "another description",
                40,
                [modified(plain().with("Description", "a"), plain().with("Description", "b"))],
            ),
            Example::fires("a tag", 20, [modified(plain(), plain().tagged("team", "web"))]),
            Example::quiet(
                "made public, and nothing else",
                [modified(plain().private(), plain().shared(PrincipalKind::Public, "all"))],
            ),
            Example::quiet(
                "deregistration protection switched off, and nothing else",
                [modified(
                    plain().with("DeregistrationProtection", "enabled-with-cooldown"),
                    plain().with("DeregistrationProtection", "disabled"),
                )],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        modification::modified(&META, Kind::Image, drift)
    }
}
