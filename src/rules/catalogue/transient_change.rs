//! `transient-change`.

use crate::model::{Class as EventClass, Finding, Residue, ResidueKind, Role};
use crate::rules::finding::{deed, left, subject};
use crate::rules::fixture::{event, of_class, residue};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// Something was changed and changed back between two scans.
pub(super) struct TransientChange;

static META: RuleMeta = RuleMeta {
    id: "transient-change",
    tier: Tier::Change,
    title: "A change that was undone before anybody looked",
    impact: 80,
    explanation: "\
## What it says

The log shows that something was changed and changed back between the two scans: a port opened and closed, a
snapshot shared and unshared, a protection taken away and put back, a disk swapped out and in again. Both
states look alike.

## Why it matters

It is how configuration is abused without leaving drift (T1578.005): open, use, close. The time between the
two events is the time in which it was used.

## What to check

What was reachable or shared in that time and by whom it was used, and whether a change window covers it.",
    techniques: &["T1578.005"],
    references: &["https://attack.mitre.org/techniques/T1578/005/"],
    parameters: &[],
};

impl Rule for TransientChange {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let undone = || residue(ResidueKind::TransientChange, "snap-1", &["e-1", "e-2"]);
        let share = |id| {
            of_class(event(id, "ModifySnapshotAttribute", Role::Subject, "snap-1"), EventClass::SnapshotShare)
        };
        let open =
            |id, operation| of_class(event(id, operation, Role::Subject, "i-1"), EventClass::InstanceModify);
        vec![
            Example::fires("a snapshot that was shared and unshared", 80, [])
                .logged([undone()], [share("e-1"), share("e-2")]),
            Example::fires("user data that was swapped and put back", 50, []).logged(
                [residue(ResidueKind::TransientChange, "i-1", &["e-1", "e-2"])],
                [open("e-1", "ModifyInstanceAttribute"), open("e-2", "ModifyInstanceAttribute")],
            ),
            Example::quiet("an operation that had no effect", [])
                .logged([residue(ResidueKind::NoEffect, "snap-1", &["e-1"])], [share("e-1")]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let undone = drift.residues().iter().filter(|residue| residue.kind == ResidueKind::TransientChange);
        let found = undone.map(|residue| {
            let events: Vec<_> = residue.events.iter().filter_map(|id| drift.event(id)).collect();
            let title = format!("{} was changed and changed back between the scans", subject(residue));
            left(&META, class(residue, drift), residue, drift, title, deed(&events))
        });
        found.collect()
    }
}

/// Returns the class of what was undone: that of the worst of its events.
fn class(residue: &Residue, drift: &Drift<'_>) -> Class {
    let classes = residue.events.iter().filter_map(|id| drift.event(id)).map(|event| match event.class {
        EventClass::SnapshotShare | EventClass::ImageShare => Class::ShareOutside,
        EventClass::SnapshotExport | EventClass::VolumeExport | EventClass::ImageExport => Class::ShareWithin,
        EventClass::ProtectRemove => Class::RemoveProtection,
        EventClass::LogTamper => Class::TamperLog,
        // A rule that lets everybody in, for however short a time.
        EventClass::SettingModify if event.facts.contains_key("open_cidrs") => Class::WeakenTenant,
        EventClass::InstanceRevert | EventClass::VolumeAttach | EventClass::VolumeDetach => Class::SwapRoot,
        _ => Class::ModifySecurity,
    });
    classes.max_by_key(|class| class.impact()).unwrap_or(Class::ModifySecurity)
}
