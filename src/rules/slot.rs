//! What a change says about an instance's slots.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::path::covers;
use crate::model::{Change, Link, Rel, Resource};

/// One slot of an instance, in which another volume stands than before, or in another way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slot<'a> {
    /// The slot.
    pub(super) name: &'a str,
    /// Whether the instance boots from it.
    pub(super) part: Part,
    /// What stood in it.
    pub(super) before: Option<&'a Link>,
    /// What stands in it.
    pub(super) after: Option<&'a Link>,
}

/// What a slot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The instance boots from it.
    Root,
    /// Anything else.
    Data,
}

impl Slot<'_> {
    /// Whether another volume stands in it, or none, or one where none stood.
    pub(super) fn is_swapped(&self) -> bool {
        self.before.map(Link::target) != self.after.map(Link::target)
    }

    /// Returns the facts, in the words of the lineage rules.
    pub(super) fn facts(&self) -> Value {
        json!({
            "slot": self.name,
            "root": self.part == Part::Root,
            "old_volume": self.before.map(Link::target),
            "new_volume": self.after.map(Link::target),
        })
    }
}

/// Returns the slot that an attached-link's path names (`links.attached[/dev/xvda]`).
pub(super) fn named(path: &str) -> Option<&str> {
    let keyed = path.strip_prefix("links.attached[")?;
    Some(keyed.rsplit_once(']')?.0)
}

/// Whether an attribute of an instance only describes what stands in its slots, or names the image that
/// came with it.
pub(super) fn describes(path: &str) -> bool {
    DESCRIPTIONS.iter().any(|pattern| covers(pattern, path))
}

const DESCRIPTIONS: &[&str] = &[
    "config.disks",
    "config.storageProfile.dataDisks",
    "config.storageProfile.osDisk",
    "links.launched-from",
];

/// Returns the slots that a change names.
///
/// Only those: a modification beside a swap is told of its own attributes.
pub(super) fn slots(change: &Change) -> Vec<Slot<'_>> {
    let (before, after) = (change.before.as_deref(), change.after.as_deref());
    let names: BTreeSet<_> =
        change.attributes.iter().filter_map(|attribute| named(&attribute.path)).collect();
    let slots = names.into_iter().map(|name| Slot {
        name,
        part: after.or(before).map_or(Part::Data, |instance| part(instance, name)),
        before: before.and_then(|instance| in_slot(instance, name)),
        after: after.and_then(|instance| in_slot(instance, name)),
    });
    slots.collect()
}

fn attached(instance: &Resource) -> impl Iterator<Item = &Link> {
    instance.links.iter().filter(|link| link.rel == Rel::Attached)
}

fn in_slot<'a>(instance: &'a Resource, slot: &str) -> Option<&'a Link> {
    attached(instance).find(|link| link.slot.as_deref() == Some(slot))
}

/// Tells the root slot: named by `RootDeviceName` on AWS, `os` on Azure, `boot` on Google Cloud.
fn part(instance: &Resource, slot: &str) -> Part {
    let root = instance.config.get("RootDeviceName").and_then(Value::as_str);
    if root == Some(slot) || slot == "os" || slot == "boot" { Part::Root } else { Part::Data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_may_hold_any_character() {
        assert_eq!(named("links.attached[/dev/xvda]"), Some("/dev/xvda"));
        assert_eq!(named("links.attached[lun:0].delete_with"), Some("lun:0"));
        assert_eq!(named("links.attached-to[x]"), None);
    }
}
