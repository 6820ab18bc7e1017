//! `volume-modified`.

use serde_json::json;

use crate::model::{ChangeKind, Finding, Kind, Link, Provider, Rel};
use crate::rules::fixture::{Specimen, attached, change, instance, modified, resource, volume};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier, modification};

/// A volume's configuration or place differ.
pub(super) struct VolumeModified;

static META: RuleMeta = RuleMeta {
    id: "volume-modified",
    tier: Tier::Change,
    title: "A volume was modified",
    impact: 50,
    explanation: "\
## What it says

The volume is the same, and its configuration differs. The fact `security_relevant` names each attribute
that matters to security, and why. An attachment that the instance's own change tells is part of that
instance's finding; one that only the volume tells is told here.

## Why it matters

Another key, a second instance that may mount it, or another way to export it puts its contents into other
hands. A larger disk is routine.

## What to check

Who changed it, and for an attachment which instance can read it now.",
    techniques: &["T1578.005"],
    references: &["https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modify-volume.html"],
    parameters: &[],
};

impl Rule for VolumeModified {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let key = |key: &str| volume("vol-1").with("KmsKeyId", key);
        let held = || volume("vol-1").link(Link::to_uid(Rel::AttachedTo, Kind::Instance, "i-1"));
        let policy = |policy: &str| {
            resource(Provider::Azure, Kind::Volume, "d-1").with("networkAccessPolicy", json!(policy))
        };
        let before = instance("i-1", "vol-0");
        let after = instance("i-1", "vol-0").link(attached("/dev/xvdb", "vol-1", false));
        vec![
            Example::fires("another key", 50, [modified(key("a"), key("b"))]),
            Example::fires(
                "attached to an instance that the scan does not show",
                50,
                [modified(volume("vol-1"), held())],
            ),
            Example::fires("another size", 40, [modified(volume("vol-1"), volume("vol-1").with("Size", 16))]),
            Example::fires(
                "a field that driftline does not know",
                20,
                [modified(volume("vol-1"), volume("vol-1").unmapped("NewField", 1))],
            ),
            Example::quiet(
                "attached, as the instance's own change tells",
                [change(ChangeKind::Attached, Some(before), Some(after)), modified(volume("vol-1"), held())],
            ),
            Example::quiet(
                "opened to export, and nothing else",
                [modified(policy("DenyAll"), policy("AllowAll"))],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        modification::modified(&META, Kind::Volume, drift)
    }
}
