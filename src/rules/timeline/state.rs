//! What a change is as a step: its class, and what took which part.

use std::collections::BTreeSet;

use serde_json::Value;

use super::thing::Thing;
use crate::model::{Change, ChangeKind, Class, Kind, Link, Rel, Resource, Role, TraceState, Window};
use crate::rules::finding::family;
use crate::rules::protection::{lost, removals};
use crate::rules::slot::slots;

/// One act that a change shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) parts: BTreeSet<(Role, Thing)>,
    pub(super) mounts: Vec<(Thing, Thing)>,
}

/// Returns the acts that a change shows; a coverage gap shows none.
pub(super) fn shown(change: &Change) -> Vec<(Class, Shown)> {
    use ChangeKind as K;
    let Some(resource) = change.resource() else { return Vec::new() };
    let kind = family(resource.key.kind);
    let (before, after) = (change.before.as_deref(), change.after.as_deref());
    let made = || after.and_then(|after| Some((creation(after.key.kind)?, making(after))));
    let gone = || before.and_then(|before| Some((deletion(change, before.key.kind)?, ending(before))));
    let instance = |class: Class| (class, subject(resource));
    let acts = match change.kind {
        K::Appeared | K::Reappeared => made().into_iter().collect(),
        K::Vanished => gone().into_iter().collect(),
        K::Recreated => gone().into_iter().chain(made()).collect(),
        K::Started => vec![instance(Class::InstanceStart)],
        K::Stopped => vec![instance(Class::InstanceStop)],
        K::Restarted => vec![instance(Class::InstanceStop), instance(Class::InstanceStart)],
        K::Attached | K::Detached | K::SlotSwapped if kind == Kind::Instance => slotted(change, resource),
        K::Modified => modified(change, resource),
        K::Attached | K::Detached | K::SlotSwapped | K::Moved | K::CoverageGap => Vec::new(),
    };
    acts.into_iter().collect()
}

/// Returns when a change happened, as far as the resource itself tells: a birth is dated by the vendor.
pub(super) fn window(change: &Change) -> Window {
    let born = change.after.as_deref().filter(|_| change.kind == ChangeKind::Appeared);
    let within = |at: &_| (change.window.from..=change.window.to).contains(at);
    match born.and_then(|resource| resource.created_at).filter(within) {
        Some(at) => Window { from: at, to: at },
        None => change.window,
    }
}

/// Whether a controller or the platform did it.
pub(super) fn is_automated(change: &Change) -> bool {
    matches!(change.trace.state, TraceState::ExpectedAutomation | TraceState::BySystem)
        || change.trace.actor.as_ref().is_some_and(|actor| actor.service.is_some())
        || (change.trace.events.is_empty() && is_managed(change))
}

/// Whether a mark that an ordinary principal cannot write says that a service manages it.
fn is_managed(change: &Change) -> bool {
    let states = change.before.iter().chain(&change.after);
    states
        .filter_map(|state| state.managed_by.as_ref())
        .any(|by| by.confidence == crate::model::Confidence::High)
}

const fn creation(kind: Kind) -> Option<Class> {
    Some(match kind {
        Kind::Instance | Kind::ScaleSetInstance => Class::InstanceCreate,
        Kind::Volume => Class::VolumeCreate,
        Kind::Snapshot | Kind::InstantSnapshot => Class::SnapshotCreate,
        Kind::RestorePoint => Class::RestorePointCreate,
        Kind::Image | Kind::MachineImage => Class::ImageCreate,
        Kind::Grant => Class::IamGrant,
        _ => return None,
    })
}

fn deletion(change: &Change, kind: Kind) -> Option<Class> {
    Some(match kind {
        Kind::Instance | Kind::ScaleSetInstance => Class::InstanceDelete,
        Kind::Volume => Class::VolumeDelete,
        Kind::Snapshot | Kind::InstantSnapshot => Class::SnapshotDelete,
        Kind::RestorePoint => Class::RestorePointDelete,
        Kind::Image | Kind::MachineImage => Class::ImageDelete,
        Kind::ResourcePolicy => lost(change).map(|_| Class::BackupTamper)?,
        _ => lost(change).map(|_| Class::ProtectRemove)?,
    })
}

fn subject(resource: &Resource) -> Shown {
    Shown { parts: [(Role::Subject, Thing::of_resource(resource))].into(), mounts: Vec::new() }
}

/// What was made, from what, and what was put into it.
fn making(resource: &Resource) -> Shown {
    let own = Thing::of_resource(resource);
    let mut shown = Shown { parts: [(Role::Created, own.clone())].into(), mounts: Vec::new() };
    for link in &resource.links {
        let Some(other) = Thing::of_link(resource.key.provider, link) else { continue };
        match link.rel {
            Rel::LaunchedFrom => drop(shown.parts.insert((Role::Image, other))),
            Rel::Attached => shown.mounts.push((other, own.clone())),
            _ if is_origin(link) => drop(shown.parts.insert((Role::Source, other))),
            _ => {}
        }
    }
    shown
}

fn ending(resource: &Resource) -> Shown {
    let mut shown = subject(resource);
    if resource.key.kind == Kind::Lock {
        let scope = resource.config.get("scope").and_then(Value::as_str);
        let scope = scope.and_then(|scope| Thing::new(resource.key.provider, None, None, Some(scope)));
        shown.parts.extend(scope.map(|scope| (Role::Parent, scope)));
    }
    shown
}

/// Whether a link tells from what a resource was made.
pub(super) const fn is_origin(link: &Link) -> bool {
    matches!(
        link.rel,
        Rel::CreatedFrom
            | Rel::TakenFrom
            | Rel::CopiedFrom
            | Rel::BackedBy
            | Rel::CapturedFrom
            | Rel::LaunchedFrom
    )
}

/// What was put into and taken out of an instance's slots.
fn slotted(change: &Change, instance: &Resource) -> Vec<(Class, Shown)> {
    let own = Thing::of_resource(instance);
    let (mut put, mut taken) = (Shown::default(), Shown::default());
    for slot in slots(change).iter().filter(|slot| slot.is_swapped()) {
        for (shown, link) in [(&mut put, slot.after), (&mut taken, slot.before)] {
            let volume = link.and_then(|link| Thing::of_link(instance.key.provider, link));
            if let Some(volume) = volume {
                shown.parts.extend([(Role::Subject, volume.clone()), (Role::AttachedTo, own.clone())]);
                shown.mounts.push((volume, own.clone()));
            }
        }
    }
    taken.mounts.clear();
    let acts = [(Class::VolumeDetach, taken), (Class::VolumeAttach, put)];
    acts.into_iter().filter(|(_, shown)| !shown.parts.is_empty()).collect()
}

fn modified(change: &Change, resource: &Resource) -> Vec<(Class, Shown)> {
    let mut classes = Vec::new();
    if !removals(change).is_empty() {
        let schedule = resource.key.kind == Kind::ResourcePolicy;
        classes.push(if schedule { Class::BackupTamper } else { Class::ProtectRemove });
    }
    match resource.key.kind {
        Kind::Instance | Kind::ScaleSetInstance => classes.push(Class::InstanceModify),
        Kind::Region if opted_in(change) => classes.push(Class::RegionEnable),
        Kind::Quota if is_raised(change) => classes.push(Class::QuotaGranted),
        _ => {}
    }
    classes.into_iter().map(|class| (class, subject(resource))).collect()
}

/// Whether a region can be used that could not (`OptInStatus`, SEMANTICS A.3).
fn opted_in(change: &Change) -> bool {
    let opted = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|it| it != "not-opted-in");
    change.attributes.iter().any(|attribute| {
        attribute.path == "config.OptInStatus"
            && opted(attribute.after.as_ref())
            && !opted(attribute.before.as_ref())
    })
}

/// Whether more of something can be used: a number of it is higher.
fn is_raised(change: &Change) -> bool {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    change.attributes.iter().filter(|attribute| attribute.path.starts_with("config.")).any(|attribute| {
        number(attribute.before.as_ref())
            .zip(number(attribute.after.as_ref()))
            .is_some_and(|(before, after)| after > before)
    })
}
