//! `ephemeral-reset`.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::json;

use crate::model::{
    AuditEvent, Change, ChangeKind, Class as EventClass, Confidence, EventId, Finding, Kind, Link, NodeKey,
    Rel, Revert, RevertKind, Role, Timestamp, TraceState,
};
use crate::rules::fixture::{act, lost_storage, modified_security, restarted, revert, traced};
use crate::rules::revert::{Saying, finding, pick, subject};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Parameter, Past, Rule, RuleMeta, Tier};

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
| nobody explains it, whoever did it is new, or disks, snapshots, security settings or rights on the same instance changed as well, or within `within` before (`amid`); what a schedule did does not count | 70 |

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
    parameters: &[Parameter { name: "within", default: "24h", meaning: "how long before other acts count" }],
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
            Example::fires(
                "with other rights hours before",
                70,
                [traced(restarted(), TraceState::Explained)],
            )
            .put_back([lost_storage()])
            .after(Past { events: vec![profile_replaced(120)], ..Past::default() }),
            Example::fires("with other rights days before", 30, [traced(restarted(), TraceState::Explained)])
                .put_back([lost_storage()])
                .after(Past { events: vec![profile_replaced(-2000)], ..Past::default() }),
            Example::quiet("an instance without such storage", [restarted()]),
            Example::quiet("a disk that was put back", [restarted()]).put_back([revert()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let picked = pick(drift, |revert| revert.kind == RevertKind::EphemeralReset);
        let amid = Amid::of(drift, &picked.groups);
        let unexplained: FxHashSet<&str> = drift
            .changes()
            .iter()
            .filter(|change| {
                matches!(change.trace.state, TraceState::Unexplained | TraceState::UnexplainedLowConfidence)
            })
            .map(|change| change.id.as_str())
            .collect();
        let found = picked.groups.iter().filter_map(|reverts| {
            let head = reverts.first()?;
            let amid = amid.on(&head.instance);
            let unexplained = head.changes.iter().any(|change| unexplained.contains(change.as_str()));
            let suspicious = unexplained || !amid.is_empty() || drift.is_novel(&head.events);
            let class = if suspicious { Class::LoseEphemeralAmid } else { Class::LoseEphemeral };
            let title = format!("{} lost storage that does not outlive a stop", subject(head, drift));
            let facts = if amid.is_empty() { Vec::new() } else { vec![("amid", json!(amid))] };
            let bonus = Some(drift.bonus(META.id));
            finding(&META, &picked, Saying { class, bonus, reverts, title, facts })
        });
        found.collect()
    }
}

/// Another instance profile, some minutes after the beginning of the window.
fn profile_replaced(minutes: i64) -> AuditEvent {
    let call = (EventClass::InstanceModify, "ReplaceIamInstanceProfileAssociation");
    act("e-before", minutes, call, [(Role::Subject, "i-1")])
}

/// What else happened, by instance: to itself, its disks and their copies, its rights and its network.
struct Amid(BTreeMap<NodeKey, BTreeSet<String>>);

impl Amid {
    fn of(drift: &Drift<'_>, picked: &[Vec<&Revert>]) -> Self {
        let heads: Vec<&Revert> = picked.iter().filter_map(|reverts| reverts.first().copied()).collect();
        let mut places: FxHashMap<&str, &NodeKey> = FxHashMap::default();
        for head in &heads {
            places.insert(&head.instance.id, &head.instance);
            let machine = head.machine.iter().flat_map(|machine| &machine.links);
            let disks = machine.filter(|link| link.rel == Rel::Attached);
            places.extend(disks.map(|link| (link.target(), &head.instance)));
        }
        let mut found: BTreeMap<NodeKey, BTreeSet<String>> = BTreeMap::new();
        if heads.is_empty() {
            return Self(found);
        }
        let own: FxHashSet<&str> = heads.iter().flat_map(|head| &head.changes).map(String::as_str).collect();
        for change in
            drift.changes().iter().filter(|change| !own.contains(change.id.as_str()) && matters(change))
        {
            let Some(resource) = change.resource() else { continue };
            let links = resource.links.iter().filter(|_| is_copy(resource.key.kind)).map(Link::target);
            let names = [resource.key.uid.as_str(), resource.locator.as_str()].into_iter().chain(links);
            for instance in names.filter_map(|name| places.get(name)) {
                let told = format!("{} {}", change.kind, resource.key.uid);
                found.entry(NodeKey::clone(instance)).or_default().insert(told);
            }
        }
        let own: FxHashSet<&EventId> = heads.iter().flat_map(|head| &head.events).collect();
        let begin = heads.iter().map(|head| head.reverted_at.from).min().unwrap_or(Timestamp::MIN);
        let begin = begin.saturating_sub(drift.time(&META, "within")).unwrap_or(Timestamp::MIN);
        let before = drift.before().iter().filter(|event| event.time >= begin);
        let events = drift.events().iter().chain(before);
        for event in events.filter(|event| reaches(event) && !own.contains(&event.id)) {
            for instance in
                event.targets.iter().filter_map(|target| places.get(target.uid.as_ref()?.as_str()))
            {
                found.entry(NodeKey::clone(instance)).or_default().insert(event.operation.clone());
            }
        }
        Self(found)
    }

    fn on(&self, instance: &NodeKey) -> Vec<&str> {
        self.0.get(instance).into_iter().flatten().map(String::as_str).collect()
    }
}

/// Whether a change is more than a tag, a name, or another start or stop, and no schedule's.
fn matters(change: &Change) -> bool {
    use ChangeKind::{Restarted, Started, Stopped};
    let minor = change.kind == ChangeKind::Modified
        && change.attributes.iter().all(|it| it.path.starts_with("tags.") || it.path == "name");
    let marked = change.resource().and_then(|resource| resource.managed_by.as_ref());
    let managed = marked.is_some_and(|mark| mark.confidence == Confidence::High);
    let automated = matches!(change.trace.state, TraceState::ExpectedAutomation | TraceState::BySystem);
    !minor && !managed && !automated && !matches!(change.kind, Started | Stopped | Restarted)
}

/// Whether an event reached into an instance, changed it, or gave somebody rights on it.
fn reaches(event: &AuditEvent) -> bool {
    use EventClass::{IamGrant, InstanceAccess, InstanceModify};
    event.outcome.has_effect() && matches!(event.class, IamGrant | InstanceModify | InstanceAccess)
}

const fn is_copy(kind: Kind) -> bool {
    matches!(kind, Kind::Snapshot | Kind::RestorePoint | Kind::Image)
}
