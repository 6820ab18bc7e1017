//! What explains that a volume stands in a slot, or no longer does.

use super::attributes::once;
use super::explains::{self, Act};
use super::found::{Explanation, Found, Inquiry, Silence, explained};
use super::index::By;
use super::join::{Answer, Hit, hits, target_is};
use super::window::slot;
use super::words::{act as named, acts, limits};
use crate::model::{
    AttributeChange, AuditEvent, Change, ChangeKind, Class, End, Kind, Provider, Rel, Resource, Role, Target,
    TraceState,
};

/// One slot of a change, whether the instance tells it or the volume.
struct Slot<'c> {
    change: &'c Change,
    resource: &'c Resource,
    name: Option<&'c str>,
    old: Option<&'c str>,
    new: Option<&'c str>,
}

/// Returns the cause of an attachment, a detachment, or both.
pub(super) fn changed<'a>(inquiry: &Inquiry<'_, 'a>) -> Found<'a> {
    let (Some(resource), Some(attribute)) = (inquiry.change.resource(), inquiry.change.attributes.first())
    else {
        return Err(Silence::default());
    };
    let slot = Slot::of(inquiry.change, resource, attribute);
    let events = events(inquiry, &slot);
    match inquiry.change.kind {
        ChangeKind::Attached => one(inquiry, &slot, &events, Act::Attach),
        ChangeKind::Detached => one(inquiry, &slot, &events, Act::Detach),
        _ => swapped(inquiry, &slot, &events),
    }
}

impl<'c> Slot<'c> {
    fn of(change: &'c Change, resource: &'c Resource, attribute: &'c AttributeChange) -> Self {
        let text = |value: &'c Option<serde_json::Value>| value.as_ref().and_then(|value| value.as_str());
        let name = slot(&attribute.path);
        Self { change, resource, name, old: text(&attribute.before), new: text(&attribute.after) }
    }

    /// The instance and the volume, of which one is the resource itself and the other stands in the attribute.
    fn ends(&self, other: &'c str) -> (Vec<&'c str>, Vec<&'c str>) {
        let own = vec![self.resource.key.uid.as_str(), self.resource.locator.as_str()];
        if self.resource.key.kind == Kind::Volume { (vec![other], own) } else { (own, vec![other]) }
    }

    /// The slot in the words of an event: Google Cloud detaches by the name of the device.
    fn is_called(&self, called: &str) -> bool {
        let path = format!("disks[{}].deviceName", self.name.unwrap_or_default());
        let ends = [&self.change.before, &self.change.after].into_iter().flatten();
        let mut devices = ends.filter_map(|resource| resource.config.get(&path)?.as_str());
        self.name == Some(called) || devices.any(|device| device == called)
    }
}

/// The events that name the resource or what the slot held or holds, each once.
fn events<'a>(inquiry: &Inquiry<'_, 'a>, slot: &Slot<'_>) -> Vec<Hit<'a>> {
    let mut found = hits(inquiry.index, slot.resource, &inquiry.narrowed);
    let (provider, account) = (slot.resource.key.provider, &slot.resource.account);
    for text in [slot.old, slot.new].into_iter().flatten() {
        let namings = inquiry.index.naming(provider, account, text, inquiry.narrowed.search);
        found.extend(namings.map(|it| Hit { event: it.event, by: By::Uid, role: Role::Related }));
    }
    let mut seen = rustc_hash::FxHashSet::default();
    found.retain(|hit| seen.insert(&hit.event.id));
    found
}

fn one<'a>(inquiry: &Inquiry<'_, 'a>, slot: &Slot<'_>, hits: &[Hit<'a>], act: Act<'_>) -> Found<'a> {
    let answer = half(inquiry, slot, hits, act);
    let found = if answer.chosen.is_some() {
        let bodiless = answer.chosen.filter(|hit| is_bodiless(hit.event));
        explained(inquiry, answer, act, slot.resource).map(|cause| weigh(cause, bodiless))
    } else {
        Err(answer.into())
    };
    found.or_else(|silence| with_machine(inquiry, slot, hits, act).ok_or(silence))
}

/// An Azure write whose body the log does not show can have changed the slot, and does not say so.
fn weigh<'a>(cause: Explanation<'a>, bodiless: Option<Hit<'a>>) -> Explanation<'a> {
    if bodiless.is_none() || cause.state != TraceState::Explained {
        return cause;
    }
    let reason = format!("{}; the log does not show which disks it names", cause.reason);
    Explanation { state: TraceState::Implied, reason, ..cause }
}

/// Looks for the event that filled or emptied the slot.
fn half<'a>(inquiry: &Inquiry<'_, 'a>, slot: &Slot<'_>, hits: &[Hit<'a>], act: Act<'_>) -> Answer<'a> {
    let other = if act == Act::Attach { slot.new } else { slot.old };
    let Some(other) = other else { return Answer::default() };
    let mut answer = Answer::default();
    let mut fitting = Vec::new();
    for hit in hits {
        let fits = fits(hit.event, slot, other, act);
        match hit.event.outcome.end {
            End::Success | End::Accepted if fits => {
                fitting.push(Hit { by: By::Uid, role: Role::Subject, ..*hit });
            }
            End::Success | End::Accepted
                if !matches!(hit.role, Role::Source | Role::Image | Role::Parent) =>
            {
                answer.weak.push(hit.event);
            }
            End::Started if fits => answer.begun.push(hit.event),
            End::Failed | End::Denied | End::DryRun if fits => answer.refused.push(hit.event),
            _ => {}
        }
    }
    let at = inquiry.narrowed.at;
    // What says which disk it names goes before what does not.
    let sure: Vec<Hit<'a>> = fitting.iter().copied().filter(|hit| !is_bodiless(hit.event)).collect();
    let fitting = if sure.is_empty() { fitting } else { sure };
    let chosen = fitting.iter().min_by_key(|hit| {
        let distance = at.map(|at| at.duration_since(hit.event.time).abs());
        (distance, std::cmp::Reverse(hit.event.time), &hit.event.id)
    });
    answer.chosen = chosen.copied();
    let chosen = answer.chosen.map(|hit| &hit.event.id);
    answer.others = fitting.iter().map(|hit| hit.event).filter(|event| Some(&event.id) != chosen).collect();
    answer
}

/// Whether an event put the volume into the slot, or took it out.
///
/// It must name the volume or the slot, and no other instance. An Azure write describes the whole instance: it
/// attaches the disks that it names, and detaches those that it does not.
fn fits(event: &AuditEvent, slot: &Slot<'_>, other: &str, act: Act<'_>) -> bool {
    if !explains::did(event, act, slot.resource.key.kind) {
        return false;
    }
    let (instance, volume) = slot.ends(other);
    let is = |target: &Target, texts: &[&str]| texts.iter().any(|text| target_is(target, event, text));
    let told = |target: &&Target| target.uid.is_some() || target.locator.is_some();
    let instances: Vec<&Target> = event.targets.iter().filter(|it| is_instance(it)).filter(told).collect();
    let here = instances.iter().any(|target| is(target, &instance));
    if !instances.is_empty() && !here {
        return false;
    }
    if !matches!(event.class, Class::VolumeAttach | Class::VolumeDetach) {
        let mut disks = event.targets(Role::Attached).peekable();
        let bodiless = disks.peek().is_none();
        let names = disks.any(|target| is(target, &volume));
        return here && (bodiless || names == (act == Act::Attach));
    }
    let volumes: Vec<&Target> = event.targets.iter().filter(|it| !is_instance(it)).filter(told).collect();
    if volumes.iter().any(|target| target.role != Role::Source && is(target, &volume)) {
        return true;
    }
    let called = event.targets.iter().find_map(|target| target.slot.as_deref());
    volumes.is_empty() && here && called.is_none_or(|called| slot.is_called(called))
}

fn is_instance(target: &Target) -> bool {
    let kind = matches!(target.kind, Some(Kind::Instance | Kind::ScaleSetInstance));
    target.role == Role::AttachedTo || (kind && matches!(target.role, Role::Subject | Role::Created))
}

/// Whether an event describes an instance, and the log does not show how.
fn is_bodiless(event: &AuditEvent) -> bool {
    let writes = matches!(event.class, Class::InstanceModify | Class::InstanceCreate);
    let attaches = event.operation.to_lowercase().contains("attachdetachdatadisks");
    event.provider == Provider::Azure && writes && !attaches && event.targets(Role::Attached).next().is_none()
}

/// A slot that holds another volume: one operation that swaps, or two that make room and fill it.
fn swapped<'a>(inquiry: &Inquiry<'_, 'a>, slot: &Slot<'_>, hits: &[Hit<'a>]) -> Found<'a> {
    let resource = slot.resource;
    let reverts = hits.iter().filter(|hit| reverts(hit.event, resource, slot.name));
    let reverts: Vec<Hit<'a>> = reverts.copied().collect();
    let mut silence = Silence::default();
    if !reverts.is_empty() {
        let answer = reverting(&reverts, inquiry);
        match explained(inquiry, answer, Act::Attach, resource) {
            Ok(cause) => return Ok(cause),
            Err(other) => silence.add(other),
        }
    }
    let (filled, emptied) = (half(inquiry, slot, hits, Act::Attach), half(inquiry, slot, hits, Act::Detach));
    match (filled.chosen, emptied.chosen) {
        (Some(new), _) if !is_attach(new.event) => {
            let bodiless = Some(new).filter(|hit| is_bodiless(hit.event));
            explained(inquiry, filled, Act::Attach, resource).map(|cause| weigh(cause, bodiless))
        }
        (Some(new), Some(old)) => {
            let reason = format!("{} and {}{}", named(old.event), named(new.event), limits(new.event));
            let others = filled.others.into_iter().chain(emptied.others).collect();
            let cause =
                explained(inquiry, Answer { chosen: Some(new), ..Answer::default() }, Act::Attach, resource)?;
            let reason = format!("{reason} swap it");
            let events = vec![new.event, old.event];
            Ok(Explanation { reason, events, candidates: once(others), ..cause })
        }
        (new, old) => {
            let half = [new, old].into_iter().flatten().map(|hit| hit.event).next();
            silence.add(filled.into());
            silence.add(emptied.into());
            silence.weak = once(silence.weak.into_iter().chain(half).collect());
            if let Some(event) = half {
                let lack = if new.is_some() { "took the old volume out" } else { "put the new one in" };
                silence.note(format!("{} is one half of it, and no event {lack}", named(event)));
            }
            Err(silence)
        }
    }
}

fn is_attach(event: &AuditEvent) -> bool {
    matches!(event.class, Class::VolumeAttach | Class::VolumeDetach)
}

/// Whether an event is an operation made for reverting, and of this slot: EC2 replaces roots only, Azure images
/// anew only what a machine boots from, and a backup brings every disk back.
pub(super) fn reverts(event: &AuditEvent, machine: &Resource, slot: Option<&str>) -> bool {
    let root = match event.provider {
        Provider::Aws => machine.config.get("RootDeviceName").and_then(|name| name.as_str()),
        Provider::Azure => event.operation.to_lowercase().contains("reimage").then_some("os"),
        Provider::Gcp => None,
    };
    let elsewhere = root.zip(slot).is_some_and(|(root, slot)| root != slot);
    event.class == Class::InstanceRevert && !elsewhere
}

/// Asks which operation made for reverting did it: the last one that precedes the moment of the swap.
fn reverting<'a>(hits: &[Hit<'a>], inquiry: &Inquiry<'_, 'a>) -> Answer<'a> {
    let mut answer = Answer::default();
    let mut fitting = Vec::new();
    for hit in hits.iter().filter(|hit| matches!(hit.role, Role::Subject | Role::Created)) {
        match hit.event.outcome.end {
            End::Success | End::Accepted => fitting.push(*hit),
            End::Started => answer.begun.push(hit.event),
            End::Failed | End::Denied | End::DryRun => answer.refused.push(hit.event),
        }
    }
    let rank = |hit: &&Hit<'_>| {
        let precedes = inquiry.narrowed.at.is_none_or(|at| hit.event.time <= at);
        (precedes, hit.event.time, hit.event.id.clone())
    };
    answer.chosen = fitting.iter().max_by_key(rank).copied();
    let chosen = answer.chosen.map(|hit| &hit.event.id);
    answer.others = fitting.iter().map(|hit| hit.event).filter(|event| Some(&event.id) != chosen).collect();
    answer
}

/// A volume is attached with the instance that it was made for, and detached when the instance goes.
fn with_machine<'a>(
    inquiry: &Inquiry<'_, 'a>,
    slot: &Slot<'_>,
    own: &[Hit<'a>],
    act: Act<'_>,
) -> Option<Explanation<'a>> {
    let class = if act == Act::Attach { Class::InstanceCreate } else { Class::InstanceDelete };
    let machine = if slot.resource.key.kind == Kind::Volume { slot.new.or(slot.old) } else { None };
    let (provider, account) = (slot.resource.key.provider, &slot.resource.account);
    let of_machine = machine.into_iter().flat_map(|text| {
        inquiry
            .index
            .naming(provider, account, text, inquiry.narrowed.search)
            .filter(|naming| matches!(naming.target.role, Role::Subject | Role::Created))
    });
    let of_machine = of_machine.map(|naming| naming.event);
    let own = own.iter().filter(|hit| matches!(hit.role, Role::Subject | Role::Created));
    let own = own.map(|hit| hit.event).filter(|_| slot.resource.key.kind != Kind::Volume);
    let event = of_machine
        .chain(own)
        .filter(|event| event.outcome.has_effect() && event.class == class)
        .max_by_key(|event| (event.time, &event.id))?;
    let reason = format!("{} on its instance brings it", acts(&[event]));
    Some(Explanation::of(TraceState::Implied, reason, vec![event]))
}

/// The instances that a volume says it is attached to.
pub(super) fn machines(volume: &Resource) -> impl Iterator<Item = &str> {
    let links = volume.links.iter().filter(|link| link.rel == Rel::AttachedTo);
    links.map(crate::model::Link::target)
}
