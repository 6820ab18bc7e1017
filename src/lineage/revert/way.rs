//! By which method a disk was put back (SEMANTICS C.3).

use super::kin::{Kin, Source};
use super::scene::{Scene, Side};
use super::swap::Swap;
use crate::model::{AuditEvent, Class, Descent, Kind, Method, NodeKey, Provider, Resource};

/// By which method, how surely, and what tells it.
pub(super) struct Way<'a> {
    pub(super) method: &'static Method,
    pub(super) strength: u8,
    /// The events that prove it.
    pub(super) events: Vec<&'a AuditEvent>,
    /// The backup service that did it, if one did.
    pub(super) service: Option<String>,
}

/// Tells by which method a swap came about.
pub(super) fn of_swap<'a>(scene: &Scene<'a>, swap: &Swap<'a>, kin: &Kin<'a>) -> Option<Way<'a>> {
    let task = task(scene, swap);
    let backup = scene.done_to(&swap.new, &[Class::BackupRestore]);
    let code = match swap.instance.provider {
        Provider::Aws => aws(scene, swap, kin, task),
        Provider::Azure => azure(scene, swap, kin, task),
        Provider::Gcp => gcp(scene, swap, kin, !backup.is_empty()),
    };
    let method = Method::by_code(code)?;
    let strength = match (task, kin) {
        (Some(_), _) => 5,
        (None, _) if has_task_record(scene, swap) => 5,
        (None, Kin::SameOrigin(_)) => 3,
        (None, Kin::Unclear(_, why)) => {
            if why.is_some() {
                2
            } else {
                1
            }
        }
        (None, _) => method.strength.min(4),
    };
    let restored = if matches!(code, "A7" | "Z4" | "G11") { backup } else { Vec::new() };
    let events: Vec<&AuditEvent> = task.into_iter().chain(restored).collect();
    let service = matches!(code, "A7" | "Z4" | "G11").then(|| match code {
        "A7" => "AWS Backup".to_owned(),
        "Z4" => "Azure Backup".to_owned(),
        _ => "Backup and DR".to_owned(),
    });
    Some(Way { method, strength, events, service })
}

/// Returns the operation made for reverting that did it: the last one on the instance before the swap.
pub(super) fn task<'a>(scene: &Scene<'a>, swap: &Swap<'_>) -> Option<&'a AuditEvent> {
    let tasks = scene.done_to(&swap.instance, &[Class::InstanceRevert]);
    let fits = |event: &&AuditEvent| {
        let reaches = match event.provider {
            Provider::Aws => swap.root,
            Provider::Azure => swap.root || is_restore(event),
            Provider::Gcp => true,
        };
        reaches && event.time <= swap.at.to && event.time >= scene.span.from.min(swap.at.from)
    };
    tasks.into_iter().rfind(fits)
}

/// Whether an Azure operation brings disks back from a backup.
pub(super) fn is_restore(event: &AuditEvent) -> bool {
    event.operation.to_lowercase().ends_with("/restore/action")
}

/// Whether the instance keeps EC2's record of a task that replaced its root in that time.
fn has_task_record(scene: &Scene<'_>, swap: &Swap<'_>) -> bool {
    let Some(state) = scene.state(&swap.instance, Side::After).filter(|_| swap.root) else { return false };
    let ended = state
        .evidence
        .iter()
        .filter(|(path, _)| path.starts_with("ReplaceRootVolumeTasks[") && path.ends_with("].CompleteTime"));
    let mut times = ended.filter_map(|(_, time)| time.as_str()?.parse().ok());
    times.any(|time: jiff::Timestamp| scene.span.from <= time && time <= scene.span.to)
}

fn aws(scene: &Scene<'_>, swap: &Swap<'_>, kin: &Kin<'_>, task: Option<&AuditEvent>) -> &'static str {
    let new = scene.state(&swap.new, Side::After);
    let by_ssm = swap.changes.iter().any(|change| {
        let service = change.trace.actor.as_ref().and_then(|actor| actor.service.as_deref());
        service.is_some_and(|service| service.starts_with("ssm"))
    });
    if task.is_some() || has_task_record(scene, swap) || (swap.root && kept_running(scene, &swap.instance)) {
        "A1"
    } else if new.is_some_and(|new| new.tags.contains_key("aws:backup:source-resource")) {
        "A7"
    } else if by_ssm {
        "A12"
    } else if was_restored(scene, swap, kin) {
        "A8"
    } else if made(kin) == Some(Descent::FromVolume) {
        "A9"
    } else if swap.root {
        "A2"
    } else {
        "A3"
    }
}

/// Whether an instance ran at both scans, and was not started in between: only a task replaces a root then.
fn kept_running(scene: &Scene<'_>, instance: &NodeKey) -> bool {
    let launched = |side| {
        let state = scene.state(instance, side)?;
        let runs = state.state.as_ref().is_some_and(|state| state.native == "running");
        state.evidence.get("LaunchTime").filter(|_| runs)
    };
    let (before, after) = (launched(Side::Before), launched(Side::After));
    before.is_some() && before == after
}

/// Whether what stands in the slot, or the copy it was made of, came out of the recycle bin.
fn was_restored(scene: &Scene<'_>, swap: &Swap<'_>, kin: &Kin<'_>) -> bool {
    let back = |key: &NodeKey| {
        let out = scene.done_to(key, &[Class::SnapshotRestore]);
        let back =
            scene.changes_of(key).iter().any(|change| change.kind == crate::model::ChangeKind::Reappeared);
        back || out.iter().any(|event| event.operation.contains("RecycleBin"))
    };
    back(&swap.new) || source(kin).is_some_and(|source| back(source.key))
}

fn azure(scene: &Scene<'_>, swap: &Swap<'_>, kin: &Kin<'_>, task: Option<&AuditEvent>) -> &'static str {
    let new = scene.state(&swap.new, Side::After);
    let option = new.and_then(|new| new.config.get("creationData.createOption")?.as_str());
    let same_name = scene
        .node(&swap.old)
        .zip(scene.node(&swap.new))
        .is_some_and(|(old, new)| old.locator.is_some() && old.locator == new.locator);
    match task {
        Some(task) if is_restore(task) => return "Z4",
        Some(_) if swap.instance.kind == Kind::ScaleSetInstance => return "Z11",
        Some(_) => return "Z7",
        None => {}
    }
    if matches!(option, Some("Upload" | "Import" | "ImportSecure" | "UploadPreparedSecure")) {
        "Z13"
    } else if same_name {
        "Z2"
    } else if made(kin) == Some(Descent::FromRestorePoint) {
        "Z6"
    } else if swap.root && made(kin) == Some(Descent::FromImage) {
        "Z7"
    } else if swap.root {
        "Z1"
    } else {
        "Z10"
    }
}

fn gcp(scene: &Scene<'_>, swap: &Swap<'_>, kin: &Kin<'_>, backup: bool) -> &'static str {
    let same_name = scene
        .node(&swap.old)
        .zip(scene.node(&swap.new))
        .is_some_and(|(old, new)| old.locator.is_some() && old.locator == new.locator);
    let replica = [Side::Before, Side::After].into_iter().filter_map(|side| scene.state(&swap.new, side));
    let replica =
        replica.flat_map(|state| state.config.keys()).any(|path| path.starts_with("asyncPrimaryDisk"));
    let instant = source(kin).is_some_and(|source| source.key.kind == Kind::InstantSnapshot);
    if backup {
        "G11"
    } else if replica {
        "G9"
    } else if same_name {
        "G2"
    } else if instant {
        "G5"
    } else if checkpoint(scene, kin) {
        "G8"
    } else {
        match made(kin) {
            Some(Descent::FromImage) => "G6",
            Some(Descent::FromVolume) => "G7",
            _ => "G1",
        }
    }
}

fn checkpoint(scene: &Scene<'_>, kin: &Kin<'_>) -> bool {
    let state = |source: Source<'_>| -> Option<&Resource> { scene.node(source.key)?.state.as_deref() };
    let state = source(kin).and_then(state);
    state.is_some_and(|state| {
        state.config.keys().any(|path| path.starts_with("sourceDiskForRecoveryCheckpoint"))
    })
}

pub(super) const fn source<'a>(kin: &Kin<'a>) -> Option<Source<'a>> {
    match kin {
        Kin::Restored(source) | Kin::SameOrigin(source) | Kin::Unclear(source, _) => Some(*source),
        Kin::Unrelated | Kin::Unknown => None,
    }
}

fn made(kin: &Kin<'_>) -> Option<Descent> {
    source(kin).and_then(|source| source.made)
}
