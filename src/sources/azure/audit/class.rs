//! What a record says about its class beyond its operation's row.

use serde_json::Value;

use super::body::Body;
use super::operations::Known;
use super::outcome;
use super::shape::Record;
use super::targets;
use crate::model::{Class, End, Kind};
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

    /// Whether it made something, where that is told: HTTP says `Created`; or the request was a `PATCH`, or taken
    /// on with `OK`, as only a change is. The end of a long operation is `OK` as well, whatever it did.
    pub(super) fn created(&self) -> Option<bool> {
        if !self.writes() {
            return None;
        }
        let accepted = outcome::read(self.record).0.end == End::Accepted;
        match self.record.answer().map(str::to_lowercase).as_deref() {
            Some("created" | "201") => Some(true),
            Some("ok" | "200") if accepted => Some(false),
            _ => self.patches().then_some(false),
        }
    }

    fn patches(&self) -> bool {
        self.record.method().is_some_and(|method| method.eq_ignore_ascii_case("PATCH"))
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
    act.patches() || act.body.answered("properties.uniqueId").is_some_and(|uid| !uid.is_null())
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
    let states = ["properties.softDeleteFeatureState", "properties.enhancedSecurityState"];
    let mut states = states.into_iter().filter_map(text).peekable();
    let kept = states.peek().is_some() && states.all(|state| state == "enabled" || state == "alwayson");
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
    let enabled = |log: &Value| log.get("enabled").and_then(Value::as_bool) == Some(true);
    let turned_on = act.writes() && !logs.is_empty() && logs.iter().all(enabled);
    if turned_on { Class::LogRestore } else { Class::LogTamper }
}
