//! Storage that was lost by a stop (SEMANTICS C.4: A4, Z9, G10).

use super::parts;
use super::scene::{Scene, Side};
use super::storage::storage;
use crate::lineage::slots::is_instance;
use crate::model::{
    AuditEvent, Change, ChangeKind, Class, Fate, Kind, Locator, Method, NodeKey, Provider, Resource, Revert,
    RevertKind, Role, SeenIn, Timestamp, Uid, Window,
};

/// Returns which instances lost storage by a stop: by changes, and on Azure, where no start time moves, by the log.
pub(super) fn resets(scene: &Scene<'_>) -> Vec<Revert> {
    let stops = scene.given.changes.iter().filter(|change| {
        matches!(change.kind, ChangeKind::Restarted | ChangeKind::Stopped)
            && change.resource().is_some_and(|resource| is_instance(resource.key.kind))
    });
    let mut found: Vec<Revert> = stops.filter_map(|change| stopped(scene, change)).collect();
    let known: Vec<NodeKey> = found.iter().map(|revert| revert.instance.clone()).collect();
    found.extend(told(scene).into_iter().filter(|revert| !known.contains(&revert.instance)));
    found
}

fn stopped(scene: &Scene<'_>, change: &Change) -> Option<Revert> {
    let after = change.after.as_deref()?;
    // A machine that was only powered off keeps its host, and its temporary disk.
    let allocated =
        after.state.as_ref().is_some_and(|state| !state.native.to_lowercase().contains("dealloc"));
    if after.key.provider == Provider::Azure && allocated {
        return None;
    }
    let instance = NodeKey::from(&after.key);
    let turns = scene.done_to(&instance, &[Class::InstanceStop, Class::InstanceStart]);
    let stop =
        turns.iter().rfind(|event| event.class == Class::InstanceStop && lies_in(event.time, change.window));
    let at = stop.map_or(change.window, |stop| Window { from: stop.time, to: stop.last_at() });
    let mut revert = reset(instance, change.before.as_deref().unwrap_or(after), after, at)?;
    revert.machine.clone_from(&change.after);
    parts::cite(scene, &mut revert, &[change], &[]);
    Some(revert)
}

/// Returns the machines that were deallocated or redeployed and no scan saw it.
fn told(scene: &Scene<'_>) -> Vec<Revert> {
    let ends = |event: &&AuditEvent| {
        let operation = event.operation.to_lowercase();
        let gives_up = operation.ends_with("/deallocate/action") || operation.ends_with("/redeploy/action");
        event.provider == Provider::Azure && event.outcome.has_effect() && gives_up
    };
    let mut found: Vec<Revert> = Vec::new();
    for event in scene.given.events.iter().filter(ends) {
        for target in event.targets(Role::Subject).filter(|target| target.kind == Some(Kind::Instance)) {
            let names = [target.uid.as_ref().map(Uid::as_str), target.locator.as_ref().map(Locator::as_str)];
            let mut keys =
                names.into_iter().flatten().filter_map(|id| scene.called(event.provider, Kind::Instance, id));
            let Some((key, state)) = keys.find_map(|key| Some((key, scene.state(key, Side::After)?))) else {
                continue;
            };
            if found.iter().any(|revert| revert.instance == *key) {
                continue;
            }
            let at = Window { from: event.time, to: event.last_at() };
            let Some(mut revert) = reset(key.clone(), state, state, at) else { continue };
            revert.machine = scene.machine(key);
            let starts = scene.done_to(key, &[Class::InstanceStart]);
            let start = starts.into_iter().find(|start| start.time >= event.time);
            let events: Vec<&AuditEvent> = std::iter::once(event).chain(start).collect();
            parts::cite(scene, &mut revert, &[], &events);
            found.push(revert);
        }
    }
    found
}

fn reset(instance: NodeKey, before: &Resource, after: &Resource, at: Window) -> Option<Revert> {
    let lost = storage(before)?;
    // Only a stopped instance tells that its local SSDs are kept.
    storage(after)?;
    let code = match instance.provider {
        Provider::Aws => "A4",
        Provider::Azure => "Z9",
        Provider::Gcp => "G10",
    };
    let method = Method::by_code(code)?;
    let since = started(before).filter(|since| *since <= at.to);
    Some(Revert {
        kind: RevertKind::EphemeralReset,
        instance,
        machine: None,
        replaces: None,
        slot: None,
        root: false,
        old_volume: None,
        new_volume: None,
        source: None,
        image: None,
        reverted_to: None,
        reverted_at: at,
        lost: since.map(|from| Window { from, to: at.to }),
        method,
        strength: method.strength,
        reason: lost.reason,
        expected_by: None,
        old_volume_fate: Fate::Deleted,
        seen_in: SeenIn::State,
        fresh: true,
        destroyed: Vec::new(),
        changes: Vec::new(),
        residues: Vec::new(),
        events: Vec::new(),
    })
}

/// Returns since when the storage held what was lost: the last start before, else the beginning.
fn started(instance: &Resource) -> Option<Timestamp> {
    let told = ["LaunchTime", "lastStartTimestamp"].iter().find_map(|path| instance.evidence.get(*path));
    told.and_then(|time| time.as_str()?.parse().ok()).or(instance.created_at)
}

fn lies_in(time: Timestamp, window: Window) -> bool {
    window.from <= time && time <= window.to
}
