//! `protection-then-delete`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::{Class as EventClass, Confidence, Finding, Kind, Role};
use crate::rules::fixture::Specimen;
use crate::rules::fixture::{act, denied, explained, instance, modified, the_day_before, vanished};
use crate::rules::score::Class;
use crate::rules::timeline::{Step, Thing, chain, lasting, listed};
use crate::rules::{Drift, Example, Parameter, Past, Rule, RuleMeta, Tier};

/// A protection was taken away, and what it protected deleted.
pub(super) struct ProtectionThenDelete;

const DELETIONS: &[EventClass] = &[
    EventClass::InstanceDelete,
    EventClass::VolumeDelete,
    EventClass::SnapshotDelete,
    EventClass::ImageDelete,
    EventClass::RestorePointDelete,
];

static META: RuleMeta = RuleMeta {
    id: "protection-then-delete",
    tier: Tier::Chain,
    title: "A protection was taken away, and what it protected deleted",
    impact: 70,
    explanation: "\
## What it says

Within a day termination protection, deletion protection, a lock, an immutability policy or a recycle bin's rule
was taken away, and a resource that it protected was deleted: the resource itself, one below the scope of an
Azure lock, or one of the kind that a recycle bin's rule kept, by whoever removed the rule.

## Why it matters

The protection was there so that this would not happen by accident or in a hurry. Whoever means to destroy
takes it off first.

## What to check

Whether the decommissioning was planned and approved, and what can still be restored: a recycle bin's rule that
is gone keeps nothing from then on.",
    techniques: &["T1578.003", "T1578.005"],
    references: &["https://attack.mitre.org/techniques/T1578/003/"],
    parameters: &[Parameter { name: "within", default: "24h", meaning: "how soon the deletion follows" }],
};

impl Rule for ProtectionThenDelete {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let gone = || instance("i-1", "vol-1");
        let off = || {
            let call = (EventClass::ProtectRemove, "ModifyInstanceAttribute");
            act("e-1", 1, call, [(Role::Subject, "i-1")])
        };
        let end =
            || act("e-2", 4, (EventClass::InstanceDelete, "TerminateInstances"), [(Role::Subject, "i-1")]);
        let vanishes = || explained(vanished(gone()), &[&end()]);
        let ec2 = |on: bool| gone().with("DisableApiTermination", on);
        let before = the_day_before(modified(ec2(true), ec2(false)));
        vec![
            Example::fires("termination protection off, then termination", 85, [vanishes()])
                .logged([], [off(), end()]),
            Example::fires(
                "the same, from the states of three scans without any log",
                85,
                [vanished(ec2(false))],
            )
            .after(Past { changes: vec![before], ..Past::default() }),
            Example::quiet("protection that nobody was allowed to take off", [vanishes()])
                .logged([], [denied(off()), end()]),
            Example::quiet("protection off, and nothing deleted", []).logged([], [off()]),
            Example::quiet("an instance deleted that was not protected", [vanishes()]).logged([], [end()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let removals = drift.timeline().of_class(&[EventClass::ProtectRemove]);
        let certain = |step: &&Step<'_>| {
            let guessed = step.event.is_some_and(|event| event.confidence == Confidence::Low);
            !step.automated && (!guessed || !step.changes.is_empty())
        };
        removals.filter(certain).filter_map(|removal| told(removal, drift)).collect()
    }
}

fn told(removal: &Step<'_>, drift: &Drift<'_>) -> Option<Finding> {
    let within = drift.time(&META, "within");
    let deletions = drift.timeline().of_class(DELETIONS);
    let deletions = deletions.filter(|end| end.now && !end.automated && end.follows(removal, within));
    let ends: Vec<(&Step<'_>, Vec<&Thing>)> = deletions
        .map(|end| (end, deleted(end).filter(|thing| protected(removal, end, thing)).collect::<Vec<_>>()))
        .filter(|(_, things)| !things.is_empty())
        .collect();
    let (last, _) = ends.last()?;
    let things: Vec<&Thing> = ends.iter().flat_map(|(_, things)| things.iter().copied()).collect();
    let labels: BTreeSet<String> = things.iter().map(|thing| thing.label()).collect();
    let title = format!(
        "The protection of {} was taken away, and {} deleted{}",
        listed(&labels),
        if labels.len() == 1 { "it was" } else { "they were" },
        lasting(removal, last)
    );
    let steps: Vec<Step<'_>> = std::iter::once(removal.about(&things))
        .chain(ends.iter().map(|(end, _)| end.about(&things)))
        .collect();
    let steps: Vec<&Step<'_>> = steps.iter().collect();
    let facts = vec![("deleted", json!(labels))];
    Some(chain(&META, (Class::RemoveProtection, drift.bonus(META.id)), &steps, drift, title, facts))
}

/// Returns what a deletion is mainly of: of an instance and its volumes, the instance.
fn deleted<'s>(end: &'s Step<'_>) -> impl Iterator<Item = &'s Thing> {
    let kind = match end.class {
        EventClass::InstanceDelete => Kind::Instance,
        EventClass::VolumeDelete => Kind::Volume,
        EventClass::ImageDelete => Kind::Image,
        _ => Kind::Snapshot,
    };
    end.things(Role::Subject, kind)
}

/// Whether what was taken away protected a thing that was deleted.
fn protected(removal: &Step<'_>, end: &Step<'_>, thing: &Thing) -> bool {
    let locks = removal.parts.iter().filter(|(role, _)| matches!(role, Role::Subject | Role::Parent));
    let itself = removal.has(&[Role::Subject], thing);
    itself || locks.into_iter().any(|(_, lock)| lock.covers(thing)) || was_kept(removal, end, thing)
}

/// Whether a recycle bin's rule kept such a thing, and the same principal removed the rule.
fn was_kept(removal: &Step<'_>, end: &Step<'_>, thing: &Thing) -> bool {
    let kept = removal.event.and_then(|event| event.facts.get("resource_type")).and_then(Value::as_str);
    let kind = match kept {
        Some("EBS_SNAPSHOT") => Kind::Snapshot,
        Some("EC2_IMAGE") => Kind::Image,
        Some("EBS_VOLUME") => Kind::Volume,
        _ => return false,
    };
    let here = (removal.account, &removal.location) == (end.account, &end.location);
    removal.what != "UpdateRule" && here && end.is_by(removal) && thing.is_a(kind)
}
