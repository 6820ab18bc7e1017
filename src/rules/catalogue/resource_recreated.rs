//! `resource-recreated`.

use serde_json::json;

use crate::model::{ChangeKind, Finding, Kind, Locator, Provider, Resource};
use crate::rules::finding::{about, named};
use crate::rules::fixture::{Specimen, appeared, attached, change, instance, resource, vanished};
use crate::rules::presence::identity;
use crate::rules::score::Class;
use crate::rules::{Act, Drift, Example, Rule, RuleMeta, Tier};

/// Another resource stands under the same address.
pub(super) struct ResourceRecreated;

static META: RuleMeta = RuleMeta {
    id: "resource-recreated",
    tier: Tier::Change,
    title: "Another resource stands under the same address",
    impact: 80,
    explanation: "\
## What it says

The name and address are the same in both scans, and the immutable id behind them is not: the resource was
deleted, and another was made in its place. The volumes that went and came with an instance are part of
its finding. No other rule reports the deletion or the creation a second time.

## Why it matters

On Azure and Google Cloud this is the strongest sign of a revert that state alone can give: a disk deleted
and made again from an older snapshot, under its old name, leaves everything that refers to it unchanged.
An inventory that goes by names sees nothing at all.

## What to check

What the new one was made from (`created_from`, `launched_from`), and what the old one held that the new
one lacks. Deployment tools recreate what they cannot change in place: then a change record exists.",
    techniques: &["T1578.004"],
    references: &["https://learn.microsoft.com/rest/api/compute/disks/get"],
    parameters: &[],
};

impl Rule for ResourceRecreated {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let disk = |uid: &str| Resource {
            locator: Locator::new("/subscriptions/s/disks/os"),
            ..resource(Provider::Azure, Kind::Volume, uid).named("os")
        };
        let recreated =
            |before: Resource, after: Resource| change(ChangeKind::Recreated, Some(before), Some(after));
        let server = |uid: &str, disk: &str| {
            resource(Provider::Azure, Kind::Instance, uid).named("app").link(attached("os", disk, true))
        };
        vec![
            Example::fires(
                "a disk with the same name and another id",
                80,
                [recreated(disk("d-1"), disk("d-2"))],
            ),
            Example::fires(
                "an instance and the disk that went and came with it, as one finding",
                80,
                [recreated(server("v-1", "d-1"), server("v-2", "d-2")), recreated(disk("d-1"), disk("d-2"))],
            ),
            Example::fires(
                "a disk, and its machine's slot that holds the new one, as one finding",
                80,
                [
                    recreated(disk("d-1"), disk("d-2")),
                    change(ChangeKind::SlotSwapped, Some(server("v-1", "d-1")), Some(server("v-1", "d-2"))),
                ],
            ),
            Example::quiet(
                "an instance that vanished, and another that appeared elsewhere",
                [vanished(instance("i-1", "vol-1")), appeared(instance("i-2", "vol-2"))],
            ),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let acts = drift.acts().iter().filter(|act| act.lead.kind == ChangeKind::Recreated);
        acts.filter_map(finding).collect()
    }
}

fn finding(act: &Act<'_>) -> Option<Finding> {
    let resource = act.lead.resource()?;
    let mut facts = identity(resource);
    if let Some(before) = &act.lead.before {
        facts.push(("old_uid", json!(before.key.uid)));
        facts.push(("new_uid", json!(resource.key.uid)));
    }
    let title = format!("{} stands where another stood under the same address", named(resource));
    Some(about(&META, Class::Recreate, act, title, facts))
}
