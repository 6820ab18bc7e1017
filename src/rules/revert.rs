//! What the rules on disks that were put back have in common.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::act::{Act, Drift, open};
use super::finding::{Cited, Facts, about, fingerprint, named, woven};
use super::rule::RuleMeta;
use super::score::{Bonus, Class};
use crate::model::{
    AccountId, AuditEvent, Change, ChangeKind, EventId, Finding, Location, Locator, NodeKey, Residue,
    Resource, ResourceKey, Revert, RevertKind, Uid, Window, printable,
};

/// What a rule on reverts says of those of one instance.
pub(super) struct Saying<'r, 'a> {
    pub(super) class: Class,
    /// What makes it worse, or only keeps it from being routine.
    pub(super) bonus: Option<Bonus>,
    /// The worst first.
    pub(super) reverts: &'r [&'a Revert],
    pub(super) title: String,
    pub(super) facts: Facts,
}

/// The reverts that a rule is about, and what they can cite.
pub(super) struct Picked<'d, 'a> {
    drift: &'d Drift<'a>,
    /// By instance, of each the worst first: that of the root, then the surest.
    pub(super) groups: Vec<Vec<&'a Revert>>,
    acts: FxHashMap<&'a str, &'d Act<'a>>,
    residues: FxHashMap<&'a str, &'a Residue>,
}

/// Picks reverts.
pub(super) fn pick<'d, 'a>(drift: &'d Drift<'a>, picked: impl Fn(&Revert) -> bool) -> Picked<'d, 'a> {
    let mut reverts: Vec<&Revert> = drift.reverts().iter().filter(|revert| picked(revert)).collect();
    reverts.sort_by(|one, other| {
        let rank = |revert: &Revert| (!revert.root, revert.kind, Reverse(revert.strength));
        let by_rank = rank(one).cmp(&rank(other)).then_with(|| one.slot.cmp(&other.slot));
        one.instance.cmp(&other.instance).then(by_rank)
    });
    let groups: Vec<_> =
        reverts.chunk_by(|one, other| one.instance == other.instance).map(<[&Revert]>::to_vec).collect();
    let mut picked = Picked { drift, groups, acts: FxHashMap::default(), residues: FxHashMap::default() };
    if !picked.groups.is_empty() {
        let acts = drift.acts().iter().flat_map(|act| act.changes().map(move |it| (it.id.as_str(), act)));
        picked.acts = acts.collect();
        picked.residues = drift.residues().iter().map(|residue| (residue.id.as_str(), residue)).collect();
    }
    picked
}

/// Puts a finding about the reverts of one instance together: it cites the whole of every act that a part of them
/// belongs to, so that one act stays one finding.
pub(super) fn finding(
    meta: &'static RuleMeta,
    picked: &Picked<'_, '_>,
    saying: Saying<'_, '_>,
) -> Option<Finding> {
    let head = saying.reverts.first()?;
    let drift = picked.drift;
    let cited = cited(picked, saying.reverts);
    let mut all = facts(head);
    all.extend(saying.facts);
    let slots: Vec<Value> = saying
        .reverts
        .iter()
        .map(|revert| {
            Value::Object(facts(revert).into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        })
        .collect();
    if slots.len() > 1 {
        all.push(("slots", Value::Array(slots)));
    }
    let machine = machine(head, drift);
    let mut finding = match (saying.bonus, lead(head, &cited)) {
        (None, Some(lead)) => {
            let rest = cited.changes.iter().copied().filter(|change| change.id != lead.id).collect();
            let acquaintance = drift.acquaintance(saying.reverts.iter().flat_map(|revert| &revert.events));
            let act = Act { rest, acquaintance, weights: drift.weights(), ..Act::alone(lead) };
            about(meta, saying.class, &act, saying.title, all)
        }
        (bonus, _) => {
            let bonus = bonus.unwrap_or_else(|| drift.bonus(meta.id));
            woven(meta, (saying.class, bonus), &cited, drift, saying.title, all)
        }
    };
    for id in saying.reverts.iter().flat_map(|revert| &revert.events) {
        if !finding.events.contains(id) {
            finding.events.push(id.clone());
        }
    }
    for residue in &cited.residues {
        if !finding.residues.contains(&residue.id) {
            finding.residues.push(residue.id.clone());
        }
    }
    finding.resources.retain(|resource| resource.key != machine.key);
    finding.resources.insert(0, machine);
    if finding.changes.is_empty() && finding.residues.is_empty() && finding.events.is_empty() {
        let at = head.reverted_at.to.to_string();
        finding.id =
            fingerprint(meta.id, &[head.instance.id.clone(), head.slot.clone().unwrap_or_default(), at]);
    }
    Some(finding)
}

/// Returns what reverts cite, each act of it whole.
fn cited<'a>(picked: &Picked<'_, 'a>, reverts: &[&Revert]) -> Cited<'a> {
    let ids = reverts.iter().flat_map(|revert| &revert.changes);
    let acts = ids.filter_map(|id| picked.acts.get(id.as_str()));
    let acts: BTreeMap<&str, &&Act<'a>> = acts.map(|act| (act.lead.id.as_str(), act)).collect();
    let ids: BTreeSet<&str> =
        reverts.iter().flat_map(|revert| &revert.residues).map(String::as_str).collect();
    let residues = ids.into_iter().filter_map(|id| picked.residues.get(id).copied());
    let ids: BTreeSet<&EventId> = reverts.iter().flat_map(|revert| &revert.events).collect();
    let mut events: Vec<&AuditEvent> = ids.into_iter().filter_map(|id| picked.drift.event(id)).collect();
    events.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
    Cited {
        changes: acts.into_values().flat_map(|act| act.changes()).collect(),
        residues: residues.collect(),
        events,
    }
}

/// Returns the change by which a revert is judged: that of the slot, then of the instance, then of its disks; of
/// several the one that is least accounted for.
fn lead<'a>(revert: &Revert, cited: &Cited<'a>) -> Option<&'a Change> {
    let rank = |change: &&&'a Change| {
        let of_instance = change.resource().is_some_and(|it| NodeKey::from(&it.key) == revert.instance);
        let of_slot = matches!(
            change.kind,
            ChangeKind::SlotSwapped | ChangeKind::Attached | ChangeKind::Appeared | ChangeKind::Recreated
        );
        (open(change.trace.state), of_slot && of_instance, of_instance, of_slot, Reverse(change.id.clone()))
    };
    cited.changes.iter().max_by_key(rank).copied()
}

/// Returns the instance in its last known state, or what its id tells.
pub(super) fn machine(revert: &Revert, drift: &Drift<'_>) -> Arc<Resource> {
    if let Some(machine) = &revert.machine {
        return Arc::clone(machine);
    }
    let NodeKey { provider, kind, id } = &revert.instance;
    let key = ResourceKey { provider: *provider, kind: *kind, uid: Uid::new(id) };
    let event = revert.events.iter().find_map(|id| drift.event(id));
    let place = event.map(|event| (event.account.clone(), event.location.clone()));
    let (account, location) = place.unwrap_or_else(|| (AccountId::new("unknown"), Location::new("unknown")));
    Arc::new(Resource::new(key, account, location, Locator::new(id)))
}

/// Names the instance at the start of a sentence.
pub(super) fn subject(revert: &Revert, drift: &Drift<'_>) -> String {
    named(&machine(revert, drift))
}

/// Returns the facts of a revert, in the words that others build on (DESIGN §12).
pub(super) fn facts(revert: &Revert) -> Facts {
    let id = |key: &Option<NodeKey>| key.as_ref().map(|key| key.id.clone());
    let source = revert.source.as_ref().map(
        |source| json!({ "kind": source.key.kind, "uid": source.key.id, "content_at": source.content_at }),
    );
    let mut facts: Facts = vec![
        ("slot", json!(revert.slot)),
        ("root", json!(revert.root)),
        ("old_volume", json!(id(&revert.old_volume))),
        ("new_volume", json!(id(&revert.new_volume))),
        ("source", json!(source)),
        ("reverted_to", json!(revert.reverted_to)),
        ("reverted_at", moment(revert.reverted_at)),
        ("lost_seconds", json!(revert.lost.map(|lost| lost.to.duration_since(lost.from).as_secs()))),
        ("method", json!(revert.method.code)),
        ("method_name", json!(revert.method.name)),
        ("strength", json!(revert.strength)),
        ("old_volume_fate", json!(revert.old_volume_fate.as_str())),
        ("seen_in", json!(revert.seen_in.as_str())),
        ("kind", json!(revert.kind.as_str())),
        ("because", json!(revert.reason)),
    ];
    let known = [("replaces", id(&revert.replaces)), ("image", id(&revert.image))];
    facts.extend(known.into_iter().filter_map(|(name, id)| Some((name, json!(id?)))));
    facts.extend(revert.expected_by.as_ref().map(|by| ("expected_by", json!(by))));
    if !revert.destroyed.is_empty() {
        let ids: Vec<&str> = revert.destroyed.iter().map(|key| key.id.as_str()).collect();
        facts.push(("destroyed", json!(ids)));
    }
    facts
}

fn moment(window: Window) -> Value {
    if window.from == window.to { json!(window.to) } else { json!(window) }
}

/// Returns the class of disk that was put back.
pub(super) fn class(revert: &Revert) -> Class {
    match revert.kind {
        RevertKind::Transient if revert.strength < 2 => Class::ChangeSlots,
        RevertKind::Suspected | RevertKind::Transient => Class::SuspectRevert,
        _ if revert.strength < 3 => Class::SuspectRevert,
        _ if revert.root => Class::RevertRoot,
        _ => Class::RevertData,
    }
}

/// Whether a disk holds, may hold, or held for a while an earlier state.
pub(super) const fn is_put_back(revert: &Revert) -> bool {
    use RevertKind::{ResetToLaunch, Reverted, Suspected, Transient};
    revert.fresh && matches!(revert.kind, Reverted | ResetToLaunch | Suspected | Transient)
}

/// Says where the disk stands: `its root disk`, `the disk in lun:0`.
pub(super) fn place(revert: &Revert) -> String {
    match &revert.slot {
        _ if revert.root => "its root disk".to_owned(),
        Some(slot) => format!("the disk in {}", printable(slot)),
        None => "its disks".to_owned(),
    }
}
