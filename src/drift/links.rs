//! Which volume stands in which slot.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{AttributeChange, ChangeKind, Link, Rel, Resource};

/// Returns what happened in each slot of an instance: attached, detached or swapped.
pub(super) fn slot_changes(before: &Resource, after: &Resource) -> Vec<(ChangeKind, AttributeChange)> {
    let (old, new) = (occupants(before, Rel::Attached), occupants(after, Rel::Attached));
    let slots: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    slots
        .into_iter()
        .filter_map(|slot| {
            let (old, new) = (old.get(slot).copied(), new.get(slot).copied());
            let kind = match (old, new) {
                (Some(old), Some(new)) if same_target(old, new) => return None,
                (Some(_), Some(_)) => ChangeKind::SlotSwapped,
                (None, _) => ChangeKind::Attached,
                (_, None) => ChangeKind::Detached,
            };
            Some((kind, link_change(Rel::Attached, slot, old, new)))
        })
        .collect()
}

/// Returns the slots whose volume stayed, and is now deleted with the instance or no longer is.
pub(super) fn slot_attributes(before: &Resource, after: &Resource) -> Vec<AttributeChange> {
    let (old, new) = (occupants(before, Rel::Attached), occupants(after, Rel::Attached));
    let kept = old.iter().filter_map(|(slot, old)| {
        let new = new.get(slot).filter(|new| same_target(old, new))?;
        (old.delete_with != new.delete_with).then(|| AttributeChange {
            path: format!("links.attached[{slot}].delete_with"),
            before: old.delete_with.map(Value::from),
            after: new.delete_with.map(Value::from),
        })
    });
    kept.collect()
}

/// Returns which instances a volume was attached to or detached from, as the volume tells it.
pub(super) fn attachment_changes(before: &Resource, after: &Resource) -> Vec<(ChangeKind, AttributeChange)> {
    let targets = |resource: &Resource| -> BTreeMap<String, Link> {
        let links = resource.links.iter().filter(|link| link.rel == Rel::AttachedTo);
        links.map(|link| (link.target().to_owned(), link.clone())).collect()
    };
    let (old, new) = (targets(before), targets(after));
    let gained = new.iter().filter(|(target, _)| !old.contains_key(*target));
    let lost = old.iter().filter(|(target, _)| !new.contains_key(*target));
    let slot = |link: &Link| link.slot.clone().unwrap_or_default();
    gained
        .map(|(_, link)| (ChangeKind::Attached, link_change(Rel::AttachedTo, &slot(link), None, Some(link))))
        .chain(lost.map(|(_, link)| {
            (ChangeKind::Detached, link_change(Rel::AttachedTo, &slot(link), Some(link), None))
        }))
        .collect()
}

fn occupants(resource: &Resource, rel: Rel) -> BTreeMap<&str, &Link> {
    let links = resource.links.iter().filter(|link| link.rel == rel);
    links.map(|link| (link.slot.as_deref().unwrap_or_default(), link)).collect()
}

/// Whether two links end at the same thing: by uid if both tell it, else by locator.
fn same_target(old: &Link, new: &Link) -> bool {
    match (&old.uid, &new.uid) {
        (Some(old), Some(new)) => old == new,
        _ => old.locator == new.locator,
    }
}

fn link_change(rel: Rel, slot: &str, old: Option<&Link>, new: Option<&Link>) -> AttributeChange {
    let path = if slot.is_empty() { format!("links.{rel}") } else { format!("links.{rel}[{slot}]") };
    let target = |link: Option<&Link>| link.map(|link| Value::from(link.target()));
    AttributeChange { path, before: target(old), after: target(new) }
}
