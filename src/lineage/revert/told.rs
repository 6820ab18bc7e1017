//! Operations made for reverting that no state shows (SEMANTICS C.3: A1, Z4, Z7, Z8, Z11).

use super::parts;
use super::scene::{Scene, Side};
use super::way::is_restore;
use crate::model::{
    AuditEvent, Class, Fate, Kind, Locator, Method, NodeKey, Origin, Provider, ResidueKind, Revert,
    RevertKind, Role, SeenIn, Target, Uid, Window,
};

/// Returns the reverts that the log tells and no other evidence does: what lies in no listing, or leaves no trace in
/// one.
pub(super) fn told(scene: &Scene<'_>, known: &[Revert]) -> Vec<Revert> {
    let reverts = scene.given.events.iter().filter(|event| {
        let cited = known.iter().any(|revert| revert.events.contains(&event.id));
        event.class == Class::InstanceRevert && event.outcome.has_effect() && !cited
    });
    reverts.flat_map(|event| subjects(event).filter_map(|target| judge(scene, event, target))).collect()
}

/// Returns the machines that an operation is on; of a scale set the set itself.
fn subjects(event: &AuditEvent) -> impl Iterator<Item = &Target> {
    let of_set = event.operation.to_lowercase().contains("virtualmachinescalesets");
    event.targets(Role::Subject).filter(move |target| match target.kind {
        Some(kind) => matches!(kind, Kind::Instance | Kind::ScaleSetInstance),
        None => of_set,
    })
}

fn judge(scene: &Scene<'_>, event: &AuditEvent, target: &Target) -> Option<Revert> {
    let id = target.uid.as_ref().map(Uid::as_str);
    let id = id.or_else(|| target.locator.as_ref().map(Locator::as_str))?;
    let kind = target.kind.unwrap_or(Kind::ScaleSetInstance);
    let named = NodeKey::new(event.provider, kind, id);
    let instance = scene.called(event.provider, kind, id).cloned().unwrap_or(named);
    let state = scene.state(&instance, Side::After);
    let ephemeral = state.is_some_and(|state| {
        let option = state.config.get("storageProfile.osDisk.diffDiskSettings.option");
        option.and_then(|option| option.as_str()) == Some("Local")
    });
    let of_set = event.operation.to_lowercase().contains("virtualmachinescalesets");
    let looked = scene
        .given
        .residues
        .iter()
        .any(|residue| residue.kind == ResidueKind::NoEffect && residue.events.contains(&event.id));
    // A listing that shows the same disks says that nothing came of it, unless nothing could show.
    if looked && !ephemeral && !of_set {
        return None;
    }
    let code = match event.provider {
        Provider::Aws => "A1",
        Provider::Azure if is_restore(event) => "Z4",
        Provider::Azure if of_set => "Z11",
        Provider::Azure if ephemeral => "Z8",
        Provider::Azure => "Z7",
        Provider::Gcp => "G11",
    };
    let source = source(scene, event);
    let reverted_to = source.as_ref().and_then(|source| source.content_at);
    let restores = source.is_some() || is_restore(event);
    let at = Window { from: event.time, to: event.last_at() };
    let mut revert = Revert {
        kind: if restores { RevertKind::Reverted } else { RevertKind::ResetToLaunch },
        machine: scene.machine(&instance),
        instance,
        replaces: None,
        slot: root_slot(event.provider, state),
        root: true,
        old_volume: None,
        new_volume: None,
        source,
        image: None,
        reverted_to,
        reverted_at: at,
        lost: reverted_to.filter(|from| *from <= at.to).map(|from| Window { from, to: at.to }),
        method: Method::by_code(code)?,
        strength: 5,
        reason: "the log shows the operation, and no listing shows what came of it".to_owned(),
        expected_by: (code == "Z4").then(|| "Azure Backup".to_owned()),
        old_volume_fate: if ephemeral { Fate::Deleted } else { Fate::Unknown },
        seen_in: SeenIn::Log,
        fresh: true,
        destroyed: Vec::new(),
        changes: Vec::new(),
        residues: Vec::new(),
        events: Vec::new(),
    };
    parts::cite(scene, &mut revert, &[], &[event]);
    Some(revert)
}

/// Returns what the operation was told to restore from.
fn source(scene: &Scene<'_>, event: &AuditEvent) -> Option<Origin> {
    let copies = [Kind::Snapshot, Kind::RestorePoint, Kind::Volume];
    let mut sources =
        event.targets(Role::Source).filter(|it| it.kind.is_some_and(|kind| copies.contains(&kind)));
    let target = sources.next()?;
    let id = target.uid.as_ref().map(Uid::as_str).or_else(|| Some(target.locator.as_ref()?.as_str()))?;
    let key = scene.called(event.provider, target.kind?, id).cloned();
    let key = key.unwrap_or_else(|| NodeKey::new(event.provider, target.kind.unwrap_or(Kind::Snapshot), id));
    let content_at = scene.content_at(&key);
    Some(Origin { key, content_at })
}

fn root_slot(provider: Provider, state: Option<&crate::model::Resource>) -> Option<String> {
    match provider {
        Provider::Aws => Some(state?.config.get("RootDeviceName")?.as_str()?.to_owned()),
        Provider::Azure => Some("os".to_owned()),
        Provider::Gcp => Some("boot".to_owned()),
    }
}
