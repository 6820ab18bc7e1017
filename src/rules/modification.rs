//! What was modified: the check that the rules of five families share.

use serde_json::json;

use super::act::{Act, Drift};
use super::exposure::opening;
use super::finding::{Facts, about, family, main_resource, named};
use super::protection::removals;
use super::rule::RuleMeta;
use super::score::Class;
use super::sensitive::{Weight, weigh};
use super::slot::{self, Part, Slot, slots};
use super::weakening::silenced;
use crate::model::{AttributeChange, Change, ChangeKind, Finding, Kind, Link, Resource, printable};

/// Finds what was modified of a family, unless a rule that says more about it has said it all.
pub(super) fn modified(meta: &'static RuleMeta, kind: Kind, drift: &Drift<'_>) -> Vec<Finding> {
    let acts = drift.acts().iter().filter(|act| is_modification(act.lead.kind));
    acts.filter_map(|act| {
        let resource = main_resource(act.lead).filter(|resource| family(resource.key.kind) == kind)?;
        let left = unclaimed(act.lead);
        (left.is_some() || act.lead.attributes.is_empty())
            .then(|| finding(meta, act, resource, &left.unwrap_or_default()))
    })
    .collect()
}

const fn is_modification(kind: ChangeKind) -> bool {
    matches!(
        kind,
        ChangeKind::Modified
            | ChangeKind::Moved
            | ChangeKind::Attached
            | ChangeKind::Detached
            | ChangeKind::SlotSwapped
    )
}

/// Returns the attributes that neither an opened exposure nor a removed protection nor a silenced log says all
/// about; `None` if there are none.
fn unclaimed(change: &Change) -> Option<Vec<&AttributeChange>> {
    if !silenced(change).is_empty() {
        return None;
    }
    let opening = opening(change);
    let removals = removals(change);
    let is_claimed = |attribute: &AttributeChange| {
        opening.as_ref().is_some_and(|opening| opening.claims(attribute))
            || removals.iter().any(|removal| removal.path == attribute.path)
    };
    let left: Vec<_> = change.attributes.iter().filter(|attribute| !is_claimed(attribute)).collect();
    (!left.is_empty()).then_some(left)
}

fn finding(
    meta: &'static RuleMeta,
    act: &Act<'_>,
    resource: &Resource,
    attributes: &[&AttributeChange],
) -> Finding {
    let slots: Vec<_> = slots(act.lead).into_iter().filter(Slot::is_swapped).collect();
    let mut facts = Facts::new();
    if !slots.is_empty() {
        facts.push(("slots", slots.iter().map(Slot::facts).collect()));
    }
    let told = |attribute: &&&AttributeChange| {
        slots.iter().any(|slot| slot::named(&attribute.path) == Some(slot.name))
    };
    let untold = attributes.iter().filter(|attribute| !told(attribute));
    let security = untold.filter_map(|attribute| match weigh(act.lead, attribute) {
        Weight::Weaker(reason) | Weight::Security(reason) => {
            Some(json!({ "path": attribute.path, "reason": reason }))
        }
        Weight::Ordinary | Weight::Minor => None,
    });
    let security: Vec<_> = security.collect();
    if !security.is_empty() {
        facts.push(("security_relevant", json!(security)));
    }
    if act.lead.kind == ChangeKind::Moved {
        facts.push(("from", json!(act.lead.before.as_ref().map(|before| &before.locator))));
        facts.push(("to", json!(resource.locator)));
    }
    let title = format!("{} {}", named(resource), sentence(act.lead, attributes, &slots));
    about(meta, class(act.lead, attributes, &slots), act, title, facts)
}

fn class(change: &Change, attributes: &[&AttributeChange], slots: &[Slot<'_>]) -> Class {
    let weights: Vec<_> = attributes.iter().map(|attribute| weigh(change, attribute)).collect();
    let replaced_root =
        |slot: &Slot<'_>| slot.part == Part::Root && slot.before.is_some() && slot.after.is_some();
    if slots.iter().any(replaced_root) {
        Class::SwapRoot
    } else if !slots.is_empty() {
        Class::ChangeSlots
    } else if weights.iter().any(|weight| matches!(weight, Weight::Weaker(_))) {
        Class::WeakenTenant
    } else if change.resource().is_some_and(|resource| resource.key.kind == Kind::Quota) {
        if attributes.iter().any(|attribute| raises(attribute)) { Class::RaiseQuota } else { Class::Modify }
    } else if weights.iter().any(|weight| matches!(weight, Weight::Security(_))) {
        Class::ModifySecurity
    } else if change.kind == ChangeKind::Modified
        && !weights.is_empty()
        && weights.iter().all(|weight| *weight == Weight::Minor)
    {
        Class::Note
    } else {
        Class::Modify
    }
}

/// Whether an attribute is a limit that is greater than it was; on Google Cloud and Azure -1 is none at all.
fn raises(attribute: &AttributeChange) -> bool {
    let limit = |value: Option<&serde_json::Value>| {
        let limit = value.and_then(serde_json::Value::as_f64)?;
        Some(if limit < 0.0 { f64::INFINITY } else { limit })
    };
    let is_limit = ["config.Value", "config.limit"].contains(&attribute.path.as_str());
    let (before, after) = (limit(attribute.before.as_ref()), limit(attribute.after.as_ref()));
    is_limit && before.zip(after).is_some_and(|(before, after)| after > before)
}

/// Says what differs, as the end of a sentence that begins with the resource.
fn sentence(change: &Change, attributes: &[&AttributeChange], slots: &[Slot<'_>]) -> String {
    let weaker = attributes.iter().find_map(|attribute| match weigh(change, attribute) {
        Weight::Weaker(reason) => Some(reason),
        _ => None,
    });
    match (slots, change.kind) {
        ([slot], _) => slot_sentence(slot),
        ([_, ..], _) => format!("has other volumes in {} slots", slots.len()),
        ([], _) if weaker.is_some() => format!("was modified: {}", weaker.unwrap_or_default()),
        ([], ChangeKind::Moved) => "was moved or renamed".to_owned(),
        ([], _) => match attributes {
            [] => "was modified".to_owned(),
            [one] => format!("was modified: {}", short(&one.path)),
            [one, other] => format!("was modified: {} and {}", short(&one.path), short(&other.path)),
            [one, rest @ ..] => format!("was modified: {} and {} more", short(&one.path), rest.len()),
        },
    }
}

fn slot_sentence(slot: &Slot<'_>) -> String {
    let name = printable(slot.name);
    let slot_name =
        if slot.part == Part::Root { format!("root slot {name}") } else { format!("slot {name}") };
    // The name at the end of an address is enough for a title; the change tells the whole of it.
    let volume = |link: &Link| printable(link.target().rsplit('/').next().unwrap_or_default());
    match (slot.before, slot.after) {
        (Some(before), Some(after)) => {
            format!("has volume {} in {slot_name}, where {} was", volume(after), volume(before))
        }
        (None, Some(after)) => format!("has volume {} in {slot_name}, which was empty", volume(after)),
        (Some(before), None) => format!("has no volume in {slot_name}, where {} was", volume(before)),
        (None, None) => format!("has another volume in {slot_name}"),
    }
}

/// Returns a path as people know it: without the part that says where driftline keeps it.
fn short(path: &str) -> String {
    const MOST: usize = 60;
    let path = printable(path.strip_prefix("config.").unwrap_or(path));
    match path.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", path.get(..end).unwrap_or_default()),
        None => path,
    }
}
