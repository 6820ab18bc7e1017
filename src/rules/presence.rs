//! What appeared and what vanished: the check that the rules of four families share.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::act::{Act, Drift};
use super::finding::{Facts, about, family, main_resource, named};
use super::rule::RuleMeta;
use super::score::Class;
use crate::model::{Change, ChangeKind, Finding, Kind, Link, Plural, Rel, Resource};

/// Finds what vanished of a family.
pub(super) fn vanished(meta: &'static RuleMeta, kind: Kind, drift: &Drift<'_>) -> Vec<Finding> {
    let acts = drift.acts().iter().filter(|act| act.lead.kind == ChangeKind::Vanished);
    acts.filter_map(|act| {
        let resource = main_resource(act.lead).filter(|resource| family(resource.key.kind) == kind)?;
        let gone = uids(act, ChangeKind::Vanished);
        let mut facts = identity(resource);
        if let Some(state) = &resource.state {
            facts.push(("last_state", json!(state.native)));
        }
        facts.extend(list(together(resource), &gone));
        facts.extend(list("volumes_left", &uids(act, ChangeKind::Modified)));
        let title = format!("{} vanished{}", named(resource), with(resource, gone.len()));
        // What can be restored is as recent as before.
        let superseded = act.changes().all(|change| drift.is_superseded(&change.id));
        let class = if superseded { Class::DeleteOldest } else { Class::Delete };
        if superseded {
            facts.push(("superseded", json!(true)));
        }
        Some(about(meta, class, act, title, facts))
    })
    .collect()
}

/// Finds what appeared of a family; what reappeared is here too, with the fact that it did.
pub(super) fn appeared(meta: &'static RuleMeta, kind: Kind, drift: &Drift<'_>) -> Vec<Finding> {
    let acts = drift.acts().iter();
    acts.filter_map(|act| {
        let verb = match act.lead.kind {
            ChangeKind::Appeared => "appeared",
            ChangeKind::Reappeared => "is back",
            _ => return None,
        };
        let resource = main_resource(act.lead).filter(|resource| family(resource.key.kind) == kind)?;
        let come: Vec<_> = [uids(act, ChangeKind::Appeared), uids(act, ChangeKind::Reappeared)].concat();
        let mut facts = identity(resource);
        if act.lead.kind == ChangeKind::Reappeared {
            facts.push(("reappeared", json!(true)));
        }
        facts.extend(list(together(resource), &come));
        let title = format!("{} {verb}{}", named(resource), with(resource, come.len()));
        Some(about(meta, strongest_creation(act, resource), act, title, facts))
    })
    .collect()
}

/// Returns the class of an act of creation: that of the part which weighs most, so that no disk contents
/// are copied for less by making an image of them at once.
fn strongest_creation(act: &Act<'_>, lead: &Resource) -> Class {
    let parts = act.rest.iter().filter(|change| change.kind == ChangeKind::Appeared);
    let classes = parts.filter_map(|change| change.resource()).map(|resource| creation(resource));
    classes.fold(
        creation(lead),
        |strongest, class| {
            if class.impact() > strongest.impact() { class } else { strongest }
        },
    )
}

/// Returns the class of a resource's creation.
fn creation(resource: &Resource) -> Class {
    match family(resource.key.kind) {
        Kind::Snapshot => Class::CreateSnapshot,
        Kind::Volume if !resource.links.iter().any(carries_contents) => Class::Modify,
        _ => Class::Create,
    }
}

/// Whether an edge of a volume says that it holds another disk's contents; an image's are nobody's data.
fn carries_contents(link: &Link) -> bool {
    matches!(link.rel, Rel::CreatedFrom | Rel::CopiedFrom) && link.kind != Kind::Image
}

/// Returns facts on where a resource came from and who manages it.
pub(super) fn identity(resource: &Resource) -> Facts {
    let mut facts = Facts::new();
    if let Some(created_at) = resource.created_at {
        facts.push(("created_at", json!(created_at)));
    }
    let mut origins: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for link in &resource.links {
        if let Some(name) = origin(link.rel) {
            origins.entry(name).or_default().push(link.target());
        }
    }
    facts.extend(origins.into_iter().map(|(name, targets)| match targets.as_slice() {
        [target] => (name, json!(target)),
        targets => (name, json!(targets)),
    }));
    if let Some(managed_by) = &resource.managed_by {
        facts.push(("managed_by", json!(managed_by)));
    }
    facts
}

const fn origin(rel: Rel) -> Option<&'static str> {
    match rel {
        Rel::Attached | Rel::BackedBy => None,
        Rel::AttachedTo => Some("attached_to"),
        Rel::CreatedFrom => Some("created_from"),
        Rel::TakenFrom => Some("taken_from"),
        Rel::LaunchedFrom => Some("launched_from"),
        Rel::CopiedFrom => Some("copied_from"),
        Rel::CapturedFrom => Some("captured_from"),
    }
}

/// Returns the uids of what came about with the lead in one way.
fn uids<'a>(act: &Act<'a>, kind: ChangeKind) -> Vec<&'a str> {
    let rest = act.rest.iter().copied().filter(|change| change.kind == kind);
    rest.filter_map(Change::resource).map(|resource| resource.key.uid.as_str()).collect()
}

fn list(name: &'static str, uids: &[&str]) -> Option<(&'static str, Value)> {
    (!uids.is_empty()).then(|| (name, json!(uids)))
}

/// What comes and goes with a resource.
const fn together(resource: &Resource) -> &'static str {
    if matches!(family(resource.key.kind), Kind::Instance) { "volumes" } else { "snapshots" }
}

fn with(resource: &Resource, count: usize) -> String {
    let noun = if family(resource.key.kind) == Kind::Instance { "volume" } else { "snapshot" };
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    if count == 0 { String::new() } else { format!(", and {} with it", Plural(count, noun)) }
}
