//! What stood in a slot between two scans that both saw something else in it, or nothing (SEMANTICS J28).

use std::collections::{BTreeMap, BTreeSet};

use super::Survey;
use super::life::{Name, names};
use super::view::{View, label, residue, span, what, who};
use crate::model::{
    AuditEvent, Class, Kind, Link, Rel, Residue, ResidueKind, Resource, Role, Target, Window, printable,
};

/// Evidence that moves when a volume is attached or detached, and at no other time.
const MOVES: &[&str] =
    &["AttachTime", "LastOwnershipUpdateTime", "lastAttachTimestamp", "lastDetachTimestamp"];

/// A volume that came into a slot or left it.
#[derive(Clone, Copy)]
struct Pass<'a> {
    event: &'a AuditEvent,
    instance: &'a Target,
    volume: &'a Target,
    came: bool,
}

/// Finds slots that held another volume for a while: swapped and swapped back, or mounted and unmounted.
pub(super) fn find<'a>(view: &View<'a>, survey: &mut Survey<'a>) {
    let mut slots: BTreeMap<(Name, String), Vec<Pass<'a>>> = BTreeMap::new();
    let mut stood: BTreeMap<(Name, Name), String> = BTreeMap::new();
    let unclaimed = view.window().filter(|event| !survey.claimed.contains(&event.id));
    for pass in unclaimed.filter(|event| event.outcome.has_effect()).flat_map(passes) {
        let Some(name) = names(pass.event.provider, pass.instance).next() else { continue };
        let slot = slot(view, &pass, &stood);
        for volume in names(pass.event.provider, pass.volume) {
            stood.insert((name.clone(), volume), slot.clone());
        }
        slots.entry((name, slot)).or_default().push(pass);
    }
    for ((_, slot), passes) in &slots {
        survey.add(visited(view, slot, passes));
    }
}

/// Returns the comings and goings that an event tells.
fn passes(event: &AuditEvent) -> Vec<Pass<'_>> {
    let whole = event.targets.iter().find(|target| target.role == Role::AttachedTo).or_else(|| {
        let subject = |target: &&Target| matches!(target.role, Role::Subject | Role::Created);
        event.targets.iter().filter(subject).find(|target| target.kind == Some(Kind::Instance))
    });
    let Some(instance) = whole else { return Vec::new() };
    let moves = matches!(event.class, Class::VolumeAttach | Class::VolumeDetach);
    let volumes = event.targets.iter().filter(|target| target.kind == Some(Kind::Volume));
    volumes
        .filter(|target| moves || target.role == Role::Attached)
        .map(|volume| Pass { event, instance, volume, came: event.class != Class::VolumeDetach })
        .collect()
}

/// Returns the slot that a volume passed: as the event tells it, else where it was last, else where the
/// earlier scan saw it.
fn slot(view: &View<'_>, pass: &Pass<'_>, stood: &BTreeMap<(Name, Name), String>) -> String {
    if let Some(slot) = pass.volume.slot.as_ref().or(pass.instance.slot.as_ref()) {
        return slot.clone();
    }
    let last = || {
        let instance = named(pass, pass.instance).next()?;
        named(pass, pass.volume).find_map(|volume| stood.get(&(instance.clone(), volume))).cloned()
    };
    let seen = || {
        let before = view.presence(pass.event, pass.instance)?.before.as_deref()?;
        attached(before).find(|link| is_at(link, pass))?.slot.clone()
    };
    last().or_else(seen).unwrap_or_default()
}

fn named(pass: &Pass<'_>, target: &Target) -> impl Iterator<Item = Name> {
    names(pass.event.provider, target)
}

fn is(pass: &Pass<'_>, volume: &Target) -> bool {
    named(pass, pass.volume).any(|one| named(pass, volume).any(|other| one == other))
}

/// Whether the volume that passes is the one at the other end of a link.
fn is_at(link: &Link, pass: &Pass<'_>) -> bool {
    is(pass, &end(link))
}

/// Returns the other end of a link as a target.
fn end(link: &Link) -> Target {
    Target {
        role: Role::Subject,
        kind: Some(link.kind),
        uid: link.uid.clone(),
        locator: link.locator.clone(),
        name: None,
        slot: None,
    }
}

fn attached(instance: &Resource) -> impl Iterator<Item = &Link> {
    instance.links.iter().filter(|link| link.rel == Rel::Attached)
}

/// A slot in which both scans saw the same, and through which something else passed.
fn visited(view: &View<'_>, slot: &str, passes: &[Pass<'_>]) -> Option<Residue> {
    let first = passes.first()?;
    let presence = view.presence(first.event, first.instance)?;
    let (before, after) = (presence.before.as_deref()?, presence.after.as_deref()?);
    let in_slot =
        |instance: &Resource| attached(instance).find(|link| link.slot.as_deref() == Some(slot)).cloned();
    let (stood, stands) = (in_slot(before), in_slot(after));
    if stood.as_ref().map(Link::target) != stands.as_ref().map(Link::target) {
        return None;
    }
    let strange = |pass: &&Pass<'_>| !stands.as_ref().is_some_and(|link| is_at(link, pass));
    let guests: Vec<&Pass<'_>> = passes.iter().filter(strange).filter(|pass| pass.came).collect();
    let came = guests.first()?;
    let went =
        passes.iter().find(|pass| pass.event.time >= came.event.time && pass.event.id != came.event.id);
    let until = went.or_else(|| passes.last())?;
    let names: BTreeSet<String> = guests.iter().map(|pass| printable(&label(pass.volume))).collect();
    let both = stands.as_ref().map_or_else(|| "nothing".to_owned(), |link| printable(link.target()));
    let mut reason = format!(
        "slot `{}` held {} for {} after {} by {}; both scans saw {both} in it",
        printable(slot),
        names.into_iter().collect::<Vec<_>>().join(", "),
        span(came.event.time, until.event.time),
        what(came.event),
        who(&came.event.actor)
    );
    for moved in moved(view, first, before, after, slot, stands.as_ref()) {
        reason.push_str("; ");
        reason.push_str(&moved);
    }
    let events: Vec<&AuditEvent> = passes.iter().map(|pass| pass.event).collect();
    let window = Window { from: first.event.time, to: passes.last()?.event.last_at() };
    residue(ResidueKind::TransientChange, Some(first.instance.clone()), window, &events, reason)
}

/// Returns the evidence of the instance and the volume that moved though they stand as they stood.
fn moved(
    view: &View<'_>,
    pass: &Pass<'_>,
    before: &Resource,
    after: &Resource,
    slot: &str,
    stands: Option<&Link>,
) -> BTreeSet<String> {
    let in_slot = format!("[{slot}].");
    let mut moved: BTreeSet<String> = differences(before, after, |path| path.contains(&in_slot)).collect();
    let volume = stands.map(end).and_then(|volume| view.presence(pass.event, &volume));
    if let Some((before, after)) = volume.and_then(|seen| seen.before.as_deref().zip(seen.after.as_deref())) {
        moved.extend(differences(before, after, |_| true));
    }
    moved
}

fn differences(
    before: &Resource,
    after: &Resource,
    at: impl Fn(&str) -> bool,
) -> impl Iterator<Item = String> {
    let told = after
        .evidence
        .iter()
        .filter(move |(path, _)| at(path) && MOVES.contains(&path.rsplit('.').next().unwrap_or_default()));
    told.filter_map(|(path, now)| {
        let then = before.evidence.get(path).filter(|then| *then != now)?;
        Some(format!("`{}` moved from {then} to {now}", printable(path)))
    })
}
