//! What a record says about its class beyond its operation's row.

use super::body::Body;
use super::operations::Known;
use super::shape::Record;
use super::targets;
use crate::model::{Class, Kind};
use crate::sources::azure::arm;

/// What a record is refined from.
pub(super) struct Act<'a> {
    /// The operation, in one spelling.
    pub(super) operation: &'a str,
    /// What the table knows of it.
    pub(super) known: Known,
    /// The canonical id of what it was done to; empty where nothing tells.
    pub(super) resource: &'a str,
    /// What was sent and came back.
    pub(super) body: &'a Body,
    /// The record.
    pub(super) record: &'a Record,
}

impl Act<'_> {
    /// Whether the operation is one of the vendor's, by its name without the service.
    pub(super) fn is(&self, name: &str) -> bool {
        self.operation.split_once('/').is_some_and(|(_, own)| own.eq_ignore_ascii_case(name))
    }

    /// Whether it is `…/write`: one operation that makes what is not there and changes what is.
    pub(super) fn writes(&self) -> bool {
        self.operation.to_lowercase().ends_with("/write")
    }

    /// Whether it made something, where that is told: HTTP says `Created`, or only a change is answered or asked
    /// so (`OK`, `PATCH`).
    pub(super) fn created(&self) -> Option<bool> {
        if !self.writes() {
            return None;
        }
        let patch = self.record.method().is_some_and(|method| method.eq_ignore_ascii_case("PATCH"));
        match self.record.answer().map(str::to_lowercase).as_deref() {
            Some("created" | "201") => Some(true),
            Some("ok" | "200") => Some(false),
            _ if patch => Some(false),
            _ => None,
        }
    }
}

/// Returns the class of one record.
///
/// A machine was made only where HTTP says `Created`. A disk or snapshot was changed only where the answer holds
/// the id that a new one does not have yet, or the request was a `PATCH`: both are answered alike.
pub(super) fn refined(act: &Act<'_>) -> Class {
    let class = act.known.class;
    match class {
        Class::InstanceModify if act.is("virtualMachines/write") && act.created() == Some(true) => {
            Class::InstanceCreate
        }
        Class::VolumeCreate if is_change(act) => Class::VolumeModify,
        Class::SnapshotCreate if is_change(act) => Class::SnapshotModify,
        Class::SnapshotCreate if is_copy(act) => Class::SnapshotCopy,
        Class::ImageCreate if is_change(act) => Class::ImageModify,
        Class::InstanceRevert if act.operation.ends_with("/restore/action") => restored(act),
        Class::BackupTamper => protection(act),
        Class::LogTamper if act.operation.to_lowercase().contains("/diagnosticsettings/") => logging(act),
        class => class,
    }
}

fn is_change(act: &Act<'_>) -> bool {
    let patch = act.record.method().is_some_and(|method| method.eq_ignore_ascii_case("PATCH"));
    patch || act.body.answered("properties.uniqueId").is_some_and(|uid| !uid.is_null())
}

fn is_copy(act: &Act<'_>) -> bool {
    let source = act.body.text("properties.creationData.sourceResourceId").map(arm::canonical);
    source.is_some_and(|source| arm::kind(&source) == Some(Kind::Snapshot))
}

/// A restore to the original place reverts a machine; to another it makes one, or disks (SEMANTICS C.3, Z4, Z5).
fn restored(act: &Act<'_>) -> Class {
    match targets::recovery(act.body) {
        Some("alternatelocation" | "restoredisks") => Class::BackupRestore,
        _ => Class::InstanceRevert,
    }
}

/// What protects is written by the operations that take protection away: only a body that turns it on, and
/// nothing off, is no tampering.
fn protection(act: &Act<'_>) -> Class {
    let text = |path: &str| act.body.text(path).map(str::to_lowercase);
    let soft_delete = text("properties.softDeleteFeatureState");
    let enhanced = text("properties.enhancedSecurityState");
    let states = [soft_delete.as_deref(), enhanced.as_deref()];
    let on = |state: &Option<&str>| state.is_some_and(|state| state == "enabled" || state == "alwayson");
    let kept = states.iter().any(on) && states.iter().flatten().all(|state| on(&Some(state)));
    let stopped = text("properties.protectionState").is_some_and(|state| state.contains("stopped"));
    let policy = text("properties.policyId").is_some();
    let item = act.operation.to_lowercase().ends_with("/protecteditems/write") && policy && !stopped;
    if act.writes() && (kept || item) { Class::ProtectAdd } else { Class::BackupTamper }
}

/// A setting of the subscription exports the Activity Log itself; one of any other resource is that resource's.
/// One that is written with every log enabled is turned on.
fn logging(act: &Act<'_>) -> Class {
    if !targets::is_of_subscription(act.resource) {
        return Class::SettingModify;
    }
    let logs = act.body.list("properties.logs");
    let enabled =
        |log: &serde_json::Value| log.get("enabled").and_then(serde_json::Value::as_bool) == Some(true);
    let turned_on = act.writes() && !logs.is_empty() && logs.iter().all(enabled);
    if turned_on { Class::LogRestore } else { Class::LogTamper }
}
