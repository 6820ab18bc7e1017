//! What descends from what: one table for what scans and logs tell.

use crate::model::{AuditEvent, Class, Descent, Kind, Provider, Rel, Role, Target};

/// Returns how one kind descends from another; `None` where it does not.
pub const fn descent(child: Kind, parent: Kind) -> Option<Descent> {
    use Kind::{
        Image, Instance, InstantSnapshot, MachineImage, RestorePoint, ScaleSetInstance, Snapshot, Volume,
    };
    Some(match (child, parent) {
        (Volume, Snapshot | InstantSnapshot) => Descent::FromSnapshot,
        (Volume, Volume) => Descent::FromVolume,
        (Volume, Image | MachineImage) => Descent::FromImage,
        (Volume, RestorePoint) => Descent::FromRestorePoint,
        (Snapshot | InstantSnapshot | RestorePoint | Image | MachineImage, Volume) => Descent::OfVolume,
        (Snapshot | InstantSnapshot | RestorePoint, Snapshot | InstantSnapshot | RestorePoint)
        | (Image | MachineImage, Image | MachineImage) => Descent::CopyOf,
        (Image | MachineImage, Snapshot | InstantSnapshot | RestorePoint) => Descent::BackedBy,
        (Snapshot | InstantSnapshot | RestorePoint | Image | MachineImage, Instance | ScaleSetInstance) => {
            Descent::CapturedFrom
        }
        (Instance | ScaleSetInstance, Image | MachineImage) => Descent::LaunchedFrom,
        _ => return None,
    })
}

/// Whether a link says where something comes from, not where it stands.
pub(super) const fn is_origin(rel: Rel) -> bool {
    !matches!(rel, Rel::Attached | Rel::AttachedTo)
}

/// Whether an event tells where something comes from, by making it; one that failed made nothing.
pub fn makes(event: &AuditEvent) -> bool {
    let makes = matches!(
        event.class,
        Class::InstanceCreate
            | Class::VolumeCreate
            | Class::SnapshotCreate
            | Class::SnapshotCopy
            | Class::ImageCreate
            | Class::RestorePointCreate
            | Class::BackupRestore
    );
    makes && event.outcome.has_effect()
}

/// Whether an event deletes something that is in an ancestry.
pub fn unmakes(event: &AuditEvent) -> bool {
    let unmakes = matches!(
        event.class,
        Class::InstanceDelete
            | Class::VolumeDelete
            | Class::SnapshotDelete
            | Class::ImageDelete
            | Class::RestorePointDelete
    );
    unmakes && event.outcome.has_effect()
}

/// Returns what an event made with what it made it from. What one operation made several of from several things
/// is left out: which came from which it does not tell.
pub(super) fn origins(event: &AuditEvent) -> Vec<(&Target, &Target, Descent)> {
    let sources = || event.targets.iter().filter(|target| matches!(target.role, Role::Source | Role::Image));
    let mut found = Vec::new();
    for child in made(event) {
        let Some(kind) = child.kind else { continue };
        let alone = made(event).filter(|other| other.kind == child.kind).count() == 1;
        let boots = child.slot.as_deref() == Some("boot");
        for parent in sources() {
            let Some(descent) = parent.kind.and_then(|parent| descent(kind, parent)) else { continue };
            // A launch makes every instance from its image, and of the disks the one that it boots from.
            let launched = parent.role == Role::Image && (descent == Descent::LaunchedFrom || boots);
            if launched || alone && (parent.role == Role::Source || event.class != Class::InstanceCreate) {
                found.push((child, parent, descent));
            }
        }
    }
    found
}

/// Returns what an event made: Azure writes name it as what was written.
pub(super) fn made(event: &AuditEvent) -> impl Iterator<Item = &Target> {
    let written = event.provider == Provider::Azure;
    event
        .targets
        .iter()
        .filter(move |target| target.role == Role::Created || written && target.role == Role::Subject)
}
