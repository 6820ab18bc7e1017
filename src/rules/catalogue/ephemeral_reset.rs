//! `ephemeral-reset`.

use serde_json::json;

use crate::model::{
    Change, ChangeKind, Class as EventClass, Finding, Kind, NodeKey, Rel, Revert, RevertKind, TraceState,
};
use crate::rules::fixture::{lost_storage, modified_security, restarted, revert, traced};
use crate::rules::revert::{Saying, by_instance, finding, subject};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// Storage that does not outlive a stop was lost.
pub(super) struct EphemeralReset;

static META: RuleMeta = RuleMeta {
    id: "ephemeral-reset",
    tier: Tier::Pattern,
    title: "Storage that does not outlive a stop was lost",
    impact: 70,
    explanation: "\
## What it says

An instance was stopped, or stopped and started, and it has storage that is wiped by that: an instance store on EC2, a
temporary disk on Azure, local SSDs on Google Cloud. The fact `because` says how that is known: from the collected
instance type or the instance's own disks, or from a table of families and sizes that driftline ships. An Azure
machine that was powered off without being deallocated keeps its disk, as do local SSDs that Google Cloud says are
preserved.

| what | impact |
| --- | --- |
| by itself | 30 |
| nobody explains it, whoever did it is new, or disks, snapshots, security settings or rights on the same instance changed as well (`amid`) | 70 |

## Why it matters

A stop and a start leave no drift but a start time, and everything on such storage is gone for good: tools, staged
data, logs (T1578.004). Schedules that stop machines at night do the same, so that it is low by itself.

## What to check

What the instance keeps on such storage, and whether a schedule or a person stopped it.",
    techniques: &["T1578.004"],
    references: &[
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-store-lifetime.html",
        "https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview#temporary-disk",
        "https://cloud.google.com/compute/docs/disks/local-ssd",
    ],
    parameters: &[],
};

impl Rule for EphemeralReset {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example::fires(
                "a stop and a start by somebody known",
                30,
                [traced(restarted(), TraceState::Explained)],
            )
            .put_back([lost_storage()]),
            Example::fires("the same without a record", 90, [traced(restarted(), TraceState::Unexplained)])
                .put_back([lost_storage()]),
            Example::fires(
                "with other start-up data in between",
                70,
                [
                    traced(restarted(), TraceState::Explained),
                    traced(modified_security(), TraceState::Explained),
                ],
            )
            .put_back([lost_storage()]),
            Example::quiet("an instance without such storage", [restarted()]),
            Example::quiet("a disk that was put back", [restarted()]).put_back([revert()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let groups = by_instance(drift, |revert| revert.kind == RevertKind::EphemeralReset);
        let found = groups.iter().filter_map(|reverts| {
            let head = reverts.first()?;
            let amid = amid(head, drift);
            let unexplained = drift.changes().iter().any(|change| {
                head.changes.contains(&change.id)
                    && matches!(
                        change.trace.state,
                        TraceState::Unexplained | TraceState::UnexplainedLowConfidence
                    )
            });
            let suspicious = unexplained || !amid.is_empty() || !drift.novelty(&head.events).is_empty();
            let class = if suspicious { Class::LoseEphemeralAmid } else { Class::LoseEphemeral };
            let title = format!("{} lost storage that does not outlive a stop", subject(head, drift));
            let facts = if amid.is_empty() { Vec::new() } else { vec![("amid", json!(amid))] };
            let bonus = Some(drift.bonus(META.id));
            finding(&META, drift, Saying { class, bonus, reverts, title, facts })
        });
        found.collect()
    }
}

/// Returns what else happened to the instance, its disks and their copies: changes, and events on its rights and its
/// network.
fn amid(revert: &Revert, drift: &Drift<'_>) -> Vec<String> {
    let others = drift.changes().iter().filter(|change| !revert.changes.contains(&change.id));
    let told = others
        .filter(|change| is_near(change, revert))
        .map(|change| format!("{} {}", change.kind, change.resource().map_or("", |it| it.key.uid.as_str())));
    let events = drift.events().iter().filter(|event| {
        let class = matches!(
            event.class,
            EventClass::IamGrant | EventClass::InstanceModify | EventClass::InstanceAccess
        );
        let names = event.targets.iter().any(|target| {
            target.uid.as_ref().is_some_and(|uid| uid.as_str().eq_ignore_ascii_case(&revert.instance.id))
        });
        class && names && event.outcome.has_effect() && !revert.events.contains(&event.id)
    });
    let mut found: Vec<String> = told.chain(events.map(|event| event.operation.clone())).collect();
    found.sort();
    found.dedup();
    found
}

/// Whether a change is of the instance, of a disk in it, or of a copy of such a disk; tags and names are not meant.
fn is_near(change: &Change, revert: &Revert) -> bool {
    use ChangeKind::{Restarted, Started, Stopped};
    let Some(resource) = change.resource() else { return false };
    let minor = change.kind == ChangeKind::Modified
        && change.attributes.iter().all(|it| it.path.starts_with("tags.") || it.path == "name");
    if minor || matches!(change.kind, Started | Stopped | Restarted) {
        return false;
    }
    let disks =
        revert.machine.iter().flat_map(|machine| &machine.links).filter(|link| link.rel == Rel::Attached);
    let disks: Vec<&str> = disks.map(crate::model::Link::target).collect();
    let is_disk = |id: &str| disks.contains(&id);
    match resource.key.kind {
        Kind::Volume => is_disk(resource.key.uid.as_str()) || is_disk(resource.locator.as_str()),
        Kind::Snapshot | Kind::RestorePoint | Kind::Image => {
            resource.links.iter().any(|link| is_disk(link.target()) || link.target() == revert.instance.id)
        }
        _ => NodeKey::from(&resource.key) == revert.instance,
    }
}
