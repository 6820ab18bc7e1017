//! What explains that attributes differ: every one of them needs its operation, or is the vendor's own.

use std::collections::BTreeSet;

use super::explains::Act;
use super::found::{Explanation, Found, Inquiry, Silence, explained};
use super::index::By;
use super::join::{Hit, ask, hits};
use super::words::{act, acts};
use super::{grant, system, tenant};
use crate::model::{AttributeChange, AuditEvent, Kind, Resource, Role, TraceState, printable};

/// Returns the cause of a modification.
///
/// It is explained only if each of its attributes is: an operation on the same resource that cannot have set an
/// attribute does not explain it.
pub(super) fn modified<'a>(inquiry: &Inquiry<'_, 'a>) -> Found<'a> {
    let Some(after) = inquiry.change.after.as_deref() else { return Err(Silence::default()) };
    let hits = hits_of(inquiry, after);
    let mut causes: Vec<Explanation<'a>> = Vec::new();
    let mut silence = Silence::default();
    let mut open: Vec<&str> = Vec::new();
    for attribute in &inquiry.change.attributes {
        match set(inquiry, &hits, after, attribute) {
            Ok(cause) => causes.push(cause),
            Err(other) => {
                open.push(&attribute.path);
                silence.add(other);
            }
        }
    }
    if open.is_empty() && !causes.is_empty() {
        return Ok(together(causes));
    }
    let partial = once(causes.into_iter().flat_map(|cause| cause.events).collect());
    if !partial.is_empty() {
        silence.note(format!("{} explains only a part of it", acts(&partial)));
    }
    let weak = once(std::mem::take(&mut silence.weak));
    if let Some(event) = weak.iter().find(|event| !partial.contains(event)) {
        let paths = printable(&open.join(", "));
        silence.note(format!("{} on the same resource does not touch {paths}", act(event)));
    }
    silence.weak = partial.into_iter().chain(weak).collect();
    Err(silence)
}

/// The events of a resource, of the interfaces that its attributes name, and of what all compute depends on.
fn hits_of<'a>(inquiry: &Inquiry<'_, 'a>, resource: &Resource) -> Vec<Hit<'a>> {
    let mut found = hits(inquiry.index, resource, &inquiry.narrowed);
    // `config.NetworkInterfaces[eni-0a1].Groups`
    let keys = inquiry.change.attributes.iter().flat_map(|attribute| attribute.path.split('[').skip(1));
    let keys = keys.filter_map(|key| key.split_once(']')).map(|(key, _)| key);
    let interfaces: BTreeSet<&str> = keys.filter(|key| key.starts_with("eni-")).collect();
    for name in interfaces {
        let (provider, account) = (resource.key.provider, &resource.account);
        let namings = inquiry.index.naming(provider, account, name, inquiry.narrowed.search);
        let by_interface =
            namings.map(|naming| Hit { event: naming.event, by: By::Uid, role: Role::Subject });
        found.extend(by_interface);
    }
    found.extend(tenant::hits(inquiry, resource));
    found.extend(grant::hits(inquiry, resource));
    let mut seen = rustc_hash::FxHashSet::default();
    found.retain(|hit| seen.insert(&hit.event.id));
    found
}

fn set<'a>(inquiry: &Inquiry<'_, 'a>, hits: &[Hit<'a>], after: &Resource, it: &AttributeChange) -> Found<'a> {
    if let Some(reason) = system::sets(inquiry.change, it) {
        let answer = ask(hits, Act::Set(&it.path), after, None);
        if it.path != "exposure.export" || answer.chosen.is_none() {
            return Ok(Explanation::by_system(reason));
        }
    }
    // EC2 shows the tag `Name` twice.
    let path = if it.path == "name" && has_tagged_name(after) { "tags.Name" } else { &it.path };
    explained(inquiry, ask(hits, Act::Set(path), after, None), Act::Set(path), after)
}

fn has_tagged_name(resource: &Resource) -> bool {
    resource.key.provider == crate::model::Provider::Aws && resource.key.kind != Kind::Image
}

/// Makes one cause of those of all attributes: the vendor's own only if all are.
fn together(causes: Vec<Explanation<'_>>) -> Explanation<'_> {
    let by_people = causes.iter().find(|cause| cause.state == TraceState::Explained);
    let rest = causes.iter().find(|cause| cause.state != TraceState::BySystem);
    let lead = by_people.or(rest).or(causes.first());
    let (state, caused_by) =
        lead.map_or((TraceState::BySystem, None), |cause| (cause.state, cause.caused_by));
    let mut reasons: Vec<String> = Vec::new();
    let mut events = Vec::new();
    let mut candidates = Vec::new();
    for cause in &causes {
        let counts = cause.state == state || cause.events.is_empty();
        if counts && !reasons.contains(&cause.reason) {
            reasons.push(cause.reason.clone());
        }
    }
    for cause in causes {
        events.extend(cause.events);
        candidates.extend(cause.candidates);
    }
    // The last of several is the one that left things as they are.
    let mut events = once(events);
    events.reverse();
    let candidates = once(candidates).into_iter().filter(|event| !has(&events, event)).collect();
    Explanation { candidates, caused_by, ..Explanation::of(state, reasons.join("; "), events) }
}

fn has(events: &[&AuditEvent], event: &AuditEvent) -> bool {
    events.iter().any(|other| other.id == event.id)
}

/// Leaves each event once, in the order of time.
pub(super) fn once(mut events: Vec<&AuditEvent>) -> Vec<&AuditEvent> {
    events.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
    events.dedup_by(|one, other| one.id == other.id);
    events
}
