//! What takes a protection against deletion or loss away.

use serde_json::Value;

use super::finding::family;
use super::path::covers;
use super::slot::{named, slots};
use crate::model::{AttributeChange, Change, ChangeKind, Kind, Link, Provider, Rel, Resource, Timestamp};

/// A protection that a change took away.
#[derive(Debug, PartialEq)]
pub(super) struct Removal<'a> {
    /// The attribute that shows it.
    pub(super) path: &'a str,
    /// What it protected from.
    pub(super) what: &'static str,
}

/// A protection, where it is told, and when it is gone.
struct Protection {
    provider: Provider,
    kind: Kind,
    path: &'static str,
    what: &'static str,
    is_removed: fn(Option<&Value>, Option<&Value>) -> bool,
}

/// Every protection that is an attribute. What a separate call tells (EC2's instance attributes)
/// is gone only if it is told to be: in a scan without that call it is merely unknown.
const PROTECTIONS: &[Protection] = &[
    Protection {
        provider: Provider::Aws,
        kind: Kind::Instance,
        path: "config.DisableApiTermination",
        what: "termination protection is off",
        is_removed: switched_off,
    },
    Protection {
        provider: Provider::Aws,
        kind: Kind::Instance,
        path: "config.DisableApiStop",
        what: "stop protection is off",
        is_removed: switched_off,
    },
    Protection {
        provider: Provider::Aws,
        kind: Kind::Image,
        path: "config.DeregistrationProtection",
        what: "deregistration protection is off",
        is_removed: |before, after| begins(before, "enabled") && begins(after, "disabled"),
    },
    Protection {
        provider: Provider::Azure,
        kind: Kind::Snapshot,
        path: "config.immutabilityPolicy",
        what: "the immutability policy is gone or shorter",
        is_removed: |before, after| (before.is_some() && after.is_none()) || lowered(before, after),
    },
    Protection {
        provider: Provider::Azure,
        kind: Kind::Lock,
        path: "config.level",
        what: "what it locks can be modified",
        is_removed: |before, after| begins(before, "ReadOnly") && !begins(after, "ReadOnly"),
    },
    Protection {
        provider: Provider::Gcp,
        kind: Kind::ResourcePolicy,
        path: "config.snapshotSchedulePolicy.retentionPolicy.maxRetentionDays",
        what: "its snapshots are kept for fewer days",
        is_removed: lowered,
    },
    Protection {
        provider: Provider::Gcp,
        kind: Kind::ResourcePolicy,
        path: "config.snapshotSchedulePolicy.retentionPolicy.onSourceDiskDelete",
        what: "its snapshots no longer outlive their disk",
        is_removed: |before, after| begins(before, "KEEP_AUTO_SNAPSHOTS") && after != before,
    },
    Protection {
        provider: Provider::Gcp,
        kind: Kind::ResourcePolicy,
        path: "config.snapshotSchedulePolicy.schedule",
        what: "its snapshots are taken less often",
        is_removed: |before, after| lowered(after, before),
    },
    Protection {
        provider: Provider::Gcp,
        kind: Kind::Instance,
        path: "config.deletionProtection",
        what: "deletion protection is off",
        is_removed: |before, after| is_true(before) && !is_true(after),
    },
    Protection {
        provider: Provider::Gcp,
        kind: Kind::Volume,
        path: "config.resourcePolicies",
        what: "a snapshot schedule no longer covers it",
        is_removed: lost_members,
    },
];

/// What an attachment protects that outlives its instance.
const DELETED_WITH: &str = "a volume that would outlive its instance is now deleted with it";

/// Returns the protections that a change took away.
pub(super) fn removals<'a>(change: &'a Change) -> Vec<Removal<'a>> {
    let (Some(_), Some(after)) = (&change.before, &change.after) else { return Vec::new() };
    if change.kind == ChangeKind::Recreated {
        return Vec::new();
    }
    let removal = |attribute: &'a AttributeChange| {
        Some(Removal { path: &attribute.path, what: removed(change, after, attribute)? })
    };
    change.attributes.iter().filter_map(removal).collect()
}

/// Returns what is unprotected since a resource vanished that did nothing but protect others.
pub(super) fn lost(change: &Change) -> Option<&'static str> {
    let gone = change.before.as_deref().filter(|_| change.kind == ChangeKind::Vanished)?;
    match gone.key.kind {
        Kind::Lock => Some("it is gone, and what it locked can be deleted"),
        Kind::ResourcePolicy if schedules_snapshots(gone) => Some("it is gone, and takes no more snapshots"),
        _ => None,
    }
}

fn schedules_snapshots(policy: &Resource) -> bool {
    policy.config.keys().any(|path| covers("snapshotSchedulePolicy", path))
}

fn removed(change: &Change, resource: &Resource, attribute: &AttributeChange) -> Option<&'static str> {
    let protection = PROTECTIONS.iter().find(|protection| {
        protection.provider == resource.key.provider
            && [resource.key.kind, family(resource.key.kind)].contains(&protection.kind)
            && covers(protection.path, &attribute.path)
            && (protection.is_removed)(attribute.before.as_ref(), attribute.after.as_ref())
    });
    protection.map(|protection| protection.what).or_else(|| dooms_volume(change, attribute))
}

/// Whether an attribute is an attachment to the same volume, or instance, that is now deleted together.
fn dooms_volume(change: &Change, attribute: &AttributeChange) -> Option<&'static str> {
    let doomed = |before: Option<&Link>, after: Option<&Link>| {
        before.map(Link::target) == after.map(Link::target)
            && before.is_some_and(|link| link.delete_with == Some(false))
            && after.is_some_and(|link| link.delete_with == Some(true))
    };
    let below = covers("links.attached-to", &attribute.path) && {
        let (before, after) = (change.before.as_deref()?, change.after.as_deref()?);
        let ups = after.links.iter().filter(|link| link.rel == Rel::AttachedTo);
        let earlier = |link: &Link| {
            before.links.iter().find(|other| other.rel == link.rel && other.target() == link.target())
        };
        ups.into_iter().any(|link| doomed(earlier(link), Some(link)))
    };
    let above = named(&attribute.path).is_some_and(|name| {
        slots(change).iter().any(|slot| slot.name == name && doomed(slot.before, slot.after))
    });
    (below || above).then_some(DELETED_WITH)
}

pub(super) fn is_true(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool) == Some(true)
}

fn switched_off(before: Option<&Value>, after: Option<&Value>) -> bool {
    is_true(before) && after.and_then(Value::as_bool) == Some(false)
}

pub(super) fn begins(value: Option<&Value>, text: &str) -> bool {
    value.and_then(Value::as_str).is_some_and(|value| value.starts_with(text))
}

/// Whether a number is smaller, or a time earlier.
pub(super) fn lowered(before: Option<&Value>, after: Option<&Value>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let time = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    match (before.as_f64(), after.as_f64(), time(before), time(after)) {
        (Some(before), Some(after), _, _) => after < before,
        (_, _, Some(before), Some(after)) => after < before,
        _ => false,
    }
}

fn lost_members(before: Option<&Value>, after: Option<&Value>) -> bool {
    let members = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let kept = members(after);
    members(before).iter().any(|member| !kept.contains(member))
}
