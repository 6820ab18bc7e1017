//! How a finding is put together.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::act::Act;
use super::rule::RuleMeta;
use super::score::{Case, Class, score};
use crate::model::{Change, ChangeKind, Digest, Finding, Kind, Resource, printable};

/// Named facts, for people and machines.
pub(super) type Facts = Vec<(&'static str, Value)>;

/// Puts a finding about an act together.
pub(super) fn about(
    meta: &'static RuleMeta,
    class: Class,
    act: &Act<'_>,
    title: String,
    facts: Facts,
) -> Finding {
    let (risk, why) = score(&Case { class, lead: Some(act.lead) });
    let changes: Vec<_> = act.changes().map(|change| change.id.clone()).collect();
    Finding {
        id: fingerprint(meta.id, &changes),
        rule: meta.id,
        title,
        impact: class.impact(),
        risk,
        techniques: meta.techniques.to_vec(),
        resources: act.changes().flat_map(resources).cloned().collect(),
        scopes: Vec::new(),
        changes,
        facts,
        why,
    }
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
        Kind::ResourcePolicy | Kind::Lock | Kind::Setting | Kind::Region | Kind::Account => Kind::Setting,
    }
}
