//! How a finding is put together.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::act::{Act, Drift, open};
use super::rule::RuleMeta;
use super::score::{Bonus, Case, Class, score};
use super::weights::Weights;
use crate::model::{
    Acquaintance, AuditEvent, Change, ChangeKind, Digest, EventId, Finding, Kind, Locator, Residue,
    ResidueKind, Resource, ResourceKey, Trace, TraceState, Uid, printable,
};

/// Named facts, for people and machines.
pub(super) type Facts = Vec<(&'static str, Value)>;

/// Puts a finding about an act together.
pub(super) fn about(
    meta: &'static RuleMeta,
    class: Class,
    act: &Act<'_>,
    title: String,
    mut facts: Facts,
) -> Finding {
    facts.extend(novel(&act.acquaintance));
    let trace = act.trace();
    let actor = trace.actor.as_ref();
    let (lead, familiarity, weights) = (Some(act.lead), act.acquaintance.familiarity, act.weights);
    let critical = act.changes().any(|change| is_critical(change, weights));
    let trace = Some(trace);
    let case = Case { lead, trace, actor, familiarity, critical, ..Case::of(class, weights) };
    let (risk, why) = score(&case);
    let changes: Vec<_> = act.changes().map(|change| change.id.clone()).collect();
    let events: BTreeSet<_> = act.changes().flat_map(|change| &change.trace.events).cloned().collect();
    Finding {
        id: fingerprint(meta.id, &changes),
        rule: meta.id,
        also: Vec::new(),
        title,
        impact: weights.base(class).0,
        risk,
        techniques: meta.techniques.to_vec(),
        resources: act.changes().flat_map(resources).cloned().collect(),
        scopes: Vec::new(),
        changes,
        residues: Vec::new(),
        events: events.into_iter().collect(),
        facts,
        why,
    }
}

/// Puts a finding about a residue together.
pub(super) fn left(
    meta: &'static RuleMeta,
    class: Class,
    residue: &Residue,
    drift: &Drift<'_>,
    title: String,
    mut facts: Facts,
) -> Finding {
    let trace = Trace::of(standing(residue), &residue.reason);
    let (actor, acquaintance) = (residue.actor.as_ref(), drift.acquaintance(&residue.events));
    facts.extend(novel(&acquaintance));
    let familiarity = acquaintance.familiarity;
    let weights = drift.weights();
    let case = Case { trace: Some(&trace), actor, familiarity, ..Case::of(class, weights) };
    let (risk, why) = score(&case);
    Finding {
        id: fingerprint(meta.id, std::slice::from_ref(&residue.id)),
        rule: meta.id,
        also: Vec::new(),
        title,
        impact: weights.base(class).0,
        risk,
        techniques: meta.techniques.to_vec(),
        resources: outline(residue).into_iter().collect(),
        scopes: Vec::new(),
        changes: Vec::new(),
        residues: vec![residue.id.clone()],
        events: residue.events.clone(),
        facts,
        why,
    }
}

/// Puts a finding about events alone together: what it is about is their first subject.
pub(super) fn told(
    meta: &'static RuleMeta,
    class: Class,
    events: &[&AuditEvent],
    drift: &Drift<'_>,
    title: String,
    mut facts: Facts,
) -> Finding {
    let ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
    let actor = events.first().map(|event| &event.actor);
    let acquaintance = drift.acquaintance(&ids);
    facts.extend(novel(&acquaintance));
    let familiarity = acquaintance.familiarity;
    let weights = drift.weights();
    let (risk, why) = score(&Case { actor, familiarity, ..Case::of(class, weights) });
    let names: Vec<_> = ids.iter().map(ToString::to_string).collect();
    Finding {
        id: fingerprint(meta.id, &names),
        rule: meta.id,
        also: Vec::new(),
        title,
        impact: weights.base(class).0,
        risk,
        techniques: meta.techniques.to_vec(),
        resources: Vec::new(),
        scopes: Vec::new(),
        changes: Vec::new(),
        residues: Vec::new(),
        events: ids,
        facts,
        why,
    }
}

/// What a finding about several things cites.
#[derive(Clone, Debug, Default)]
pub(super) struct Cited<'a> {
    /// Its changes; each brings the events of its trace.
    pub(super) changes: Vec<&'a Change>,
    /// Its residues; each brings its events.
    pub(super) residues: Vec<&'a Residue>,
    /// Events beside those.
    pub(super) events: Vec<&'a AuditEvent>,
}

/// Puts a finding about several steps of one act together.
///
/// It is judged by the change that is least accounted for, and approved only if every part of it is. Its id is of
/// what it cites: first of changes, else of residues, else of events.
pub(super) fn woven(
    meta: &'static RuleMeta,
    (class, bonus): (Class, Bonus),
    cited: &Cited<'_>,
    drift: &Drift<'_>,
    title: String,
    mut facts: Facts,
) -> Finding {
    let of_changes = cited.changes.iter().flat_map(|change| &change.trace.events);
    let of_residues = cited.residues.iter().flat_map(|residue| &residue.events);
    let told = cited.events.iter().map(|event| &event.id);
    let mut events: Vec<EventId> = Vec::new();
    for id in of_changes.chain(of_residues).chain(told) {
        if !events.contains(id) {
            events.push(id.clone());
        }
    }
    let acquaintance = drift.acquaintance(&events);
    facts.extend(novel(&acquaintance));
    let familiarity = acquaintance.familiarity;
    let unapproved = |change: &Change| change.trace.approval.as_ref().is_none_or(|approval| !approval.full);
    let least = |change: &&Change| (open(change.trace.state), unapproved(change));
    let lead = cited.changes.iter().copied().max_by_key(least);
    let mut trace = lead.map(|lead| lead.trace.clone());
    let of_changes: BTreeSet<&EventId> =
        cited.changes.iter().flat_map(|change| &change.trace.events).collect();
    if cited.changes.iter().any(|change| unapproved(change))
        || events.iter().any(|id| !of_changes.contains(id))
    {
        // What was approved is one step of several.
        trace = trace.map(|trace| Trace { approval: None, ..trace });
    }
    let trace = trace.as_ref();
    let by_event = || events.iter().find_map(|id| drift.event(id)).map(|event| &event.actor);
    let actor = trace.and_then(|trace| trace.actor.as_ref()).or_else(by_event);
    let (weights, bonus) = (drift.weights(), Some(bonus));
    let critical = cited.changes.iter().any(|change| is_critical(change, weights));
    let case = Case { lead, trace, actor, familiarity, bonus, critical, ..Case::of(class, weights) };
    let (risk, why) = score(&case);
    let changes: Vec<_> = cited.changes.iter().map(|change| change.id.clone()).collect();
    let residues: Vec<_> = cited.residues.iter().map(|residue| residue.id.clone()).collect();
    let names = || events.iter().map(ToString::to_string).collect();
    let parts = [changes.clone(), residues.clone()].into_iter().find(|parts| !parts.is_empty());
    let mut about: Vec<Arc<Resource>> = Vec::new();
    let outlines = cited.residues.iter().filter_map(|residue| outline(residue));
    for resource in cited.changes.iter().flat_map(|change| resources(change)).cloned().chain(outlines) {
        if !about.iter().any(|known| known.key == resource.key) {
            about.push(resource);
        }
    }
    Finding {
        id: fingerprint(meta.id, &parts.unwrap_or_else(names)),
        rule: meta.id,
        also: Vec::new(),
        title,
        impact: weights.base(class).0,
        risk,
        techniques: meta.techniques.to_vec(),
        resources: about,
        scopes: Vec::new(),
        changes,
        residues,
        events,
        facts,
        why,
    }
}

/// Whether either state of a change bears a tag that marks what is critical.
fn is_critical(change: &Change, weights: &Weights) -> bool {
    let states = change.before.iter().chain(&change.after);
    states.into_iter().any(|state| weights.is_critical(state))
}

/// Returns the trace state that a residue amounts to: the vendor's own service is expected automation, and what
/// is gone without an event is unexplained.
fn standing(residue: &Residue) -> TraceState {
    match (residue.kind, residue.actor.as_ref().and_then(|actor| actor.service.as_ref())) {
        (ResidueKind::VanishedUnexplained, _) => TraceState::Unexplained,
        (_, Some(_)) => TraceState::ExpectedAutomation,
        (_, None) => TraceState::Explained,
    }
}

/// Returns what the log tells of a resource that no scan saw.
fn outline(residue: &Residue) -> Option<Arc<Resource>> {
    let target = residue.target.as_ref()?;
    let (kind, provider) = (target.kind?, residue.provider);
    let uid = target.uid.as_ref().map(Uid::as_str);
    let locator = target.locator.clone().or_else(|| uid.map(Locator::new))?;
    let uid = Uid::new(uid.unwrap_or(locator.as_str()));
    let key = ResourceKey { provider, kind, uid };
    let last = locator.as_str().rsplit_once('/').map(|(_, last)| last.to_owned());
    let name = target.name.clone().or(last);
    let resource = Resource::new(key, residue.account.clone(), residue.location.clone(), locator);
    Some(Arc::new(Resource { name, ..resource }))
}

/// Names what a residue is about, in the middle of a sentence.
pub(super) fn subject(residue: &Residue) -> String {
    if let Some(resource) = outline(residue) {
        return named(&resource);
    }
    let target = residue.target.as_ref();
    let uid = target.and_then(|target| target.uid.as_ref()).map(Uid::as_str);
    let locator = target.and_then(|target| target.locator.as_ref()).map(Locator::as_str);
    let known = uid.or(locator).unwrap_or("something that the log does not name");
    // Of an ARN what follows the account.
    printable(known.splitn(6, ':').nth(5).filter(|_| known.starts_with("arn:")).unwrap_or(known))
}

/// Returns why an actor is new or unexpected, as a fact.
fn novel(acquaintance: &Acquaintance) -> Option<(&'static str, Value)> {
    let reasons: BTreeSet<_> = acquaintance.reasons.iter().collect();
    (!reasons.is_empty()).then(|| ("novelty", json!(reasons)))
}

/// Returns who did it and how, as facts.
pub(super) fn deed(events: &[&AuditEvent]) -> Facts {
    let Some(first) = events.first() else { return Facts::new() };
    let operations: Vec<&str> = events.iter().map(|event| event.operation.as_str()).collect();
    let mut facts = vec![("operations", json!(operations)), ("actor", json!(first.actor.label()))];
    facts.push(("principal", json!(first.actor.name)));
    facts.extend(first.client.ip.as_ref().map(|ip| ("from", json!(ip))));
    facts
}

/// Returns a finding's id: the first 16 bytes of the BLAKE3 digest over its rule and its changes.
pub(super) fn fingerprint(rule: &str, changes: &[String]) -> String {
    let changes: BTreeSet<_> = changes.iter().map(String::as_str).collect();
    let parts: Vec<_> = std::iter::once(rule).chain(changes).collect();
    let mut hex = Digest::of(parts.join("\n").as_bytes()).to_string();
    hex.truncate(32);
    hex
}

/// Returns the resources that a change is about, in their last state that tells something: what is gone
/// as it was, and both of two that stood under one locator.
fn resources(change: &Change) -> Vec<&Arc<Resource>> {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    match change.kind {
        ChangeKind::Vanished => before.or(after).into_iter().collect(),
        ChangeKind::Recreated => after.into_iter().chain(before).collect(),
        _ => after.or(before).into_iter().collect(),
    }
}

/// Returns the resource that a finding about a change is mainly about.
pub(super) fn main_resource(change: &Change) -> Option<&Resource> {
    resources(change).first().map(|resource| &***resource)
}

/// Names a resource at the start of a sentence: `Instance web-1 (i-0a1)`.
pub(super) fn named(resource: &Resource) -> String {
    let kind = noun(resource.key.kind);
    let uid = printable(resource.key.uid.as_str());
    match resource.name.as_deref() {
        // A setting has the same name in every region.
        Some(name) if resource.key.kind == Kind::Setting && uid.contains('/') => {
            format!("{kind} {} ({})", printable(name), printable(resource.location.as_str()))
        }
        // A uid that is an address is no help to the eye, and stands among the finding's resources.
        Some(name) if uid.contains('/') => format!("{kind} {}", printable(name)),
        Some(name) if name != resource.key.uid.as_str() => format!("{kind} {} ({uid})", printable(name)),
        _ => format!("{kind} {uid}"),
    }
}

const fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Instance => "Instance",
        Kind::Volume => "Volume",
        Kind::Snapshot => "Snapshot",
        Kind::Image => "Image",
        Kind::RestorePoint => "Restore point",
        Kind::MachineImage => "Machine image",
        Kind::InstantSnapshot => "Instant snapshot",
        Kind::ScaleSetInstance => "Scale set instance",
        Kind::Recycled => "Recycle bin entry",
        Kind::ResourcePolicy => "Resource policy",
        Kind::Lock => "Lock",
        Kind::Setting => "Setting",
        Kind::Region => "Region",
        Kind::Account => "Account",
        Kind::Quota => "Quota",
        Kind::AuditLog => "Audit log",
        Kind::Grant => "Grant",
    }
}

/// Returns the kind whose rules judge a kind: restore points and instant snapshots are copies of disks
/// as snapshots are, a machine image is an image that brings its own machine, and whatever governs an
/// account's compute is a setting of it.
pub(super) const fn family(kind: Kind) -> Kind {
    match kind {
        Kind::Instance | Kind::ScaleSetInstance => Kind::Instance,
        Kind::Volume => Kind::Volume,
        Kind::Snapshot | Kind::RestorePoint | Kind::InstantSnapshot => Kind::Snapshot,
        Kind::Image | Kind::MachineImage => Kind::Image,
        Kind::Recycled => Kind::Recycled,
        Kind::ResourcePolicy
        | Kind::Lock
        | Kind::Setting
        | Kind::Region
        | Kind::Account
        | Kind::Quota
        | Kind::AuditLog => Kind::Setting,
        Kind::Grant => Kind::Grant,
    }
}
