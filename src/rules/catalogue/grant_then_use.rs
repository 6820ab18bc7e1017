//! `grant-then-use`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::model::{Class as EventClass, EventId, Finding, Plural, Role};
use crate::rules::finding::{Cited, woven};
use crate::rules::fixture::{act, by, denied, granted, of_service};
use crate::rules::score::Class;
use crate::rules::timeline::{Step, facts, lasting};
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// Somebody was given rights, and used them on compute.
pub(super) struct GrantThenUse;

/// What changes compute.
const USES: &[EventClass] = &[
    EventClass::InstanceCreate,
    EventClass::InstanceDelete,
    EventClass::InstanceStart,
    EventClass::InstanceStop,
    EventClass::InstanceRevert,
    EventClass::InstanceModify,
    EventClass::VolumeCreate,
    EventClass::VolumeDelete,
    EventClass::VolumeAttach,
    EventClass::VolumeDetach,
    EventClass::VolumeModify,
    EventClass::VolumeExport,
    EventClass::SnapshotCreate,
    EventClass::SnapshotDelete,
    EventClass::SnapshotCopy,
    EventClass::SnapshotShare,
    EventClass::SnapshotExport,
    EventClass::SnapshotRestore,
    EventClass::SnapshotModify,
    EventClass::ImageCreate,
    EventClass::ImageDelete,
    EventClass::ImageShare,
    EventClass::ImageExport,
    EventClass::RestorePointCreate,
    EventClass::RestorePointDelete,
    EventClass::BackupRestore,
    EventClass::BackupTamper,
    EventClass::ProtectRemove,
    EventClass::GroupDelete,
];

static META: RuleMeta = RuleMeta {
    id: "grant-then-use",
    tier: Tier::Chain,
    title: "Somebody was given rights, and used them on compute",
    impact: 50,
    explanation: "\
## What it says

A principal was made, or given rights, and within 72 hours created, changed or deleted compute. The grant names
the principal, its role, or the credential that was used; whoever is behind a role counts as well, where the
log proves it. What a service of the vendor did is none of this.

## Why it matters

Whoever has stolen one identity makes another, and works with that: it outlives the password change.

## What to check

Who gave the rights and why, whether the new identity is needed, and what else it did.",
    techniques: &["T1098", "T1578"],
    references: &["https://attack.mitre.org/techniques/T1098/"],
    parameters: &[],
};

impl Rule for GrantThenUse {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let give = || act("e-1", 1, (EventClass::IamGrant, "AttachUserPolicy"), []);
        let used = || {
            let call = (EventClass::InstanceDelete, "TerminateInstances");
            by(act("e-2", 30, call, [(Role::Subject, "i-1")]), "mallory")
        };
        let tagged = || by(act("e-2", 30, (EventClass::TagModify, "CreateTags"), []), "mallory");
        vec![
            Example::fires("rights given, and an instance deleted with them", 55, [])
                .logged([], [give(), used()])
                .after(granted(&[("e-2", "e-1")])),
            Example::quiet("a refused deletion", [])
                .logged([], [give(), denied(used())])
                .after(granted(&[("e-2", "e-1")])),
            Example::quiet("a service of the vendor that was given its role", [])
                .logged([], [give(), of_service(used(), "autoscaling")])
                .after(granted(&[("e-2", "e-1")])),
            Example::quiet("a tag", []).logged([], [give(), tagged()]).after(granted(&[("e-2", "e-1")])),
            Example::quiet("rights that somebody else was given", []).logged([], [give(), used()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let mut groups: BTreeMap<&EventId, Vec<&Step<'_>>> = BTreeMap::new();
        for step in drift.timeline().of_class(USES).filter(|step| step.now && !step.automated) {
            if let Some(grant) = step.event.and_then(|event| drift.grant(&event.id)) {
                groups.entry(grant).or_default().push(step);
            }
        }
        groups.into_iter().filter_map(|(grant, uses)| told(grant, &uses, drift)).collect()
    }
}

fn told(grant: &EventId, uses: &[&Step<'_>], drift: &Drift<'_>) -> Option<Finding> {
    let mut grants = drift.timeline().of_class(&[EventClass::IamGrant]);
    let grant = grants.find(|step| step.event.is_some_and(|event| event.id == *grant))?;
    let first = *uses.first()?;
    let whose = first.by().unwrap_or_default();
    let granter = grant.by().unwrap_or_default();
    let operations: BTreeSet<&str> = uses.iter().map(|step| step.what).collect();
    let count = Plural(u64::try_from(uses.len()).unwrap_or(u64::MAX), "time");
    let title = format!(
        "{whose} was given rights by {granter}, and changed compute {count}{}",
        lasting(grant, first)
    );
    let steps: Vec<&Step<'_>> = [grant].into_iter().chain(uses.iter().copied()).collect();
    let facts =
        [facts(&steps), vec![("granted_by", json!(granter)), ("operations", json!(operations))]].concat();
    // Each use has a finding of its own; this one is about the rights, and tells none of them.
    let events = [grant, first].iter().filter_map(|step| step.event).collect();
    let cited = Cited { events, ..Cited::default() };
    Some(woven(&META, (Class::GrantCapability, drift.bonus("grant-then-use")), &cited, drift, title, facts))
}
