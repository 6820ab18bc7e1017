//! The one table of which operation explains which change (SEMANTICS F.3).

use crate::model::{AuditEvent, Class, Kind, Provider};

/// What happened to a resource, as far as an operation can do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act<'a> {
    /// It was made.
    Create,
    /// It was deleted.
    Delete,
    /// It came back.
    Restore,
    /// It stands elsewhere, or under another name.
    Move,
    /// A volume was put into a slot.
    Attach,
    /// A volume was taken out of a slot.
    Detach,
    /// It was started.
    Start,
    /// It was stopped.
    Stop,
    /// This attribute was set, by its path.
    Set(&'a str),
}

/// One row: these classes of operation do that to these kinds of resource.
struct Row {
    act: Act<'static>,
    /// On which cloud; any if `None`.
    provider: Option<Provider>,
    /// To which kinds; any if empty.
    kinds: &'static [Kind],
    classes: &'static [Class],
}

const fn row(act: Act<'static>, kinds: &'static [Kind], classes: &'static [Class]) -> Row {
    Row { act, provider: None, kinds, classes }
}

const fn on(provider: Provider, act: Act<'static>, kinds: &'static [Kind], classes: &'static [Class]) -> Row {
    Row { act, provider: Some(provider), kinds, classes }
}

const MACHINES: &[Kind] = &[Kind::Instance, Kind::ScaleSetInstance];
const VOLUMES: &[Kind] = &[Kind::Volume];
const SNAPSHOTS: &[Kind] = &[Kind::Snapshot, Kind::InstantSnapshot];
const IMAGES: &[Kind] = &[Kind::Image, Kind::MachineImage];
const POINTS: &[Kind] = &[Kind::RestorePoint];
const BIN: &[Kind] = &[Kind::Recycled];
/// What is no compute itself, and all compute depends on.
const TENANT: &[Kind] = &[
    Kind::ResourcePolicy,
    Kind::Lock,
    Kind::Setting,
    Kind::Region,
    Kind::Account,
    Kind::Quota,
    Kind::AuditLog,
    Kind::Grant,
];
const TENANT_CLASSES: &[Class] = &[
    Class::SettingModify,
    Class::ProtectAdd,
    Class::ProtectRemove,
    Class::BackupTamper,
    Class::RegionEnable,
    Class::RegionDisable,
    Class::QuotaRequest,
    Class::QuotaGranted,
    Class::InstanceModify,
    Class::LogTamper,
    Class::LogRestore,
    Class::IamGrant,
    Class::IamRevoke,
    Class::Other,
];

/// Azure makes and changes with one operation (`…/write`); whether it made something, its record does not
/// always tell. So a modification of what was not there before made it.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(Act::Create, MACHINES, &[Class::InstanceCreate, Class::GroupScale, Class::BackupRestore]),
    row(Act::Create, VOLUMES, &[Class::VolumeCreate, Class::BackupRestore]),
    row(Act::Create, SNAPSHOTS, &[Class::SnapshotCreate, Class::SnapshotCopy]),
    row(Act::Create, IMAGES, &[Class::ImageCreate]),
    row(Act::Create, POINTS, &[Class::RestorePointCreate, Class::SnapshotCreate]),
    row(Act::Create, BIN, &[Class::SnapshotDelete, Class::ImageDelete, Class::VolumeDelete]),
    row(Act::Create, TENANT, TENANT_CLASSES),
    on(Provider::Azure, Act::Create, MACHINES, &[Class::InstanceModify]),
    on(Provider::Azure, Act::Create, VOLUMES, &[Class::VolumeModify]),
    on(Provider::Azure, Act::Create, SNAPSHOTS, &[Class::SnapshotModify]),
    on(Provider::Azure, Act::Create, IMAGES, &[Class::ImageModify]),

    row(Act::Delete, MACHINES, &[Class::InstanceDelete, Class::GroupScale, Class::GroupDelete]),
    row(Act::Delete, VOLUMES, &[Class::VolumeDelete]),
    row(Act::Delete, SNAPSHOTS, &[Class::SnapshotDelete]),
    row(Act::Delete, IMAGES, &[Class::ImageDelete]),
    row(Act::Delete, POINTS, &[Class::RestorePointDelete, Class::SnapshotDelete, Class::BackupTamper]),
    row(Act::Delete, BIN, &[
        Class::SnapshotRestore, Class::VolumeCreate, Class::ImageCreate,
        Class::SnapshotDelete, Class::ImageDelete, Class::VolumeDelete,
    ]),
    row(Act::Delete, TENANT, TENANT_CLASSES),

    row(Act::Restore, MACHINES, &[Class::InstanceCreate, Class::BackupRestore]),
    row(Act::Restore, VOLUMES, &[Class::VolumeCreate, Class::BackupRestore]),
    row(Act::Restore, SNAPSHOTS, &[Class::SnapshotRestore, Class::SnapshotCreate, Class::SnapshotCopy]),
    row(Act::Restore, IMAGES, &[Class::ImageCreate, Class::ImageModify]),
    row(Act::Restore, POINTS, &[Class::RestorePointCreate]),
    row(Act::Restore, BIN, &[Class::SnapshotDelete, Class::ImageDelete, Class::VolumeDelete]),
    row(Act::Restore, TENANT, TENANT_CLASSES),

    row(Act::Move, &[], &[
        Class::InstanceModify, Class::VolumeModify, Class::SnapshotModify, Class::ImageModify,
        Class::SettingModify, Class::Other,
    ]),

    row(Act::Attach, &[], &[Class::VolumeAttach]),
    row(Act::Detach, &[], &[Class::VolumeDetach]),
    on(Provider::Azure, Act::Attach, &[], &[Class::InstanceModify, Class::InstanceCreate]),
    on(Provider::Azure, Act::Detach, &[], &[Class::InstanceModify, Class::InstanceCreate]),

    row(Act::Start, MACHINES, &[Class::InstanceStart, Class::GroupScale]),
    row(Act::Stop, MACHINES, &[Class::InstanceStop, Class::GroupScale]),
    on(Provider::Gcp, Act::Start, MACHINES, &[Class::InstanceReboot]),
    on(Provider::Azure, Act::Start, MACHINES, &[Class::InstanceReboot]),

    row(Act::Set("exposure.export"), &[], &[Class::VolumeExport, Class::SnapshotExport, Class::ImageExport]),
    row(Act::Set("exposure.grants"), &[], &[
        Class::SnapshotShare, Class::ImageShare, Class::IamGrant, Class::IamRevoke,
    ]),
    row(Act::Set("tags."), &[], &[Class::TagModify]),
    row(Act::Set("name"), &[], &[Class::TagModify]),
    row(Act::Set("managed_by"), &[], &[Class::TagModify, Class::GroupScale]),
    row(Act::Set("state"), &[], &[
        Class::SnapshotRestore, Class::SnapshotDelete, Class::ImageDelete, Class::ImageCreate,
    ]),
    row(Act::Set("links."), MACHINES, &[Class::InstanceRevert]),
    row(Act::Set("config.storageProfile."), MACHINES, &[Class::InstanceRevert, Class::VolumeAttach, Class::VolumeDetach]),
    row(Act::Set("config.disks["), MACHINES, &[Class::VolumeAttach, Class::VolumeDetach]),
    row(Act::Set("config.StorageTier"), SNAPSHOTS, &[Class::SnapshotRestore]),
    row(Act::Set("config.snapshot"), &[Kind::ResourcePolicy], &[Class::BackupTamper]),
    row(Act::Set("config."), BIN, &[Class::TagModify]),
    row(Act::Set(""), TENANT, TENANT_CLASSES),
];

/// What changes any attribute of a kind, as far as the operation does not say which.
const ANY: &[(&[Kind], &[Class])] = &[
    (MACHINES, &[Class::InstanceModify, Class::InstanceCreate]),
    (VOLUMES, &[Class::VolumeModify, Class::VolumeCreate]),
    (SNAPSHOTS, &[Class::SnapshotModify, Class::SnapshotCreate, Class::SnapshotCopy]),
    (IMAGES, &[Class::ImageModify, Class::ImageCreate]),
    (POINTS, &[Class::RestorePointCreate]),
];

/// Whether a class of operation does that to a kind of resource.
fn does(class: Class, act: Act<'_>, kind: Kind, provider: Provider) -> bool {
    let any = || {
        matches!(act, Act::Set(path) if !path.starts_with("exposure."))
            && ANY.iter().any(|(kinds, classes)| kinds.contains(&kind) && classes.contains(&class))
    };
    let listed = ROWS.iter().any(|row| {
        covers(row.act, act)
            && row.provider.is_none_or(|only| only == provider)
            && (row.kinds.is_empty() || row.kinds.contains(&kind))
            && row.classes.contains(&class)
    });
    listed || any()
}

fn covers(row: Act<'_>, act: Act<'_>) -> bool {
    match (row, act) {
        (Act::Set(start), Act::Set(path)) => path.starts_with(start),
        (row, act) => row == act,
    }
}

/// Whether an event is of a class that does that, and does not say that it did something else.
///
/// A modification that names what it set made nothing and moved nothing: one of an extension is no creation of its
/// machine.
pub(super) fn did(event: &AuditEvent, act: Act<'_>, kind: Kind) -> bool {
    let touches =
        |starts: &[&str]| event.touches.iter().any(|path| starts.iter().any(|start| path.starts_with(start)));
    let modifies = matches!(
        event.class,
        Class::InstanceModify | Class::VolumeModify | Class::SnapshotModify | Class::ImageModify
    );
    let says = match act {
        Act::Create | Act::Restore => !modifies || event.touches.is_empty(),
        Act::Attach | Act::Detach => !modifies || event.touches.is_empty() || touches(&["links."]),
        Act::Move => touches(&["account", "location", "locator", "name"]),
        _ => true,
    };
    let says = says && (event.class != Class::GroupScale || scales(&event.operation, act));
    says && does(event.class, act, kind, event.provider)
}

/// Whether an operation on a group does that to the members that it names: most only put them in, take them out or
/// protect them.
fn scales(operation: &str, act: Act<'_>) -> bool {
    let words: &[&str] = match act {
        Act::Delete => &["terminate", "delete", "recreate", "applyupdates"],
        Act::Start => &["start", "resume"],
        Act::Stop => &["stop", "suspend"],
        _ => return true,
    };
    let operation = operation.to_lowercase();
    words.iter().any(|word| operation.contains(word))
}

/// Whether an operation can have set an attribute: its record names the path or the beginning of it, or names
/// none and is of a class that sets such.
///
/// What no mapping knows has a path that no table of operations can name: any modification may have set it.
pub(super) fn touches(event: &AuditEvent, path: &str, kind: Kind) -> bool {
    let by_class = does(event.class, Act::Set(path), kind, event.provider);
    if event.touches.is_empty() || path.starts_with("unmapped.") {
        return by_class;
    }
    event.touches.iter().any(|touched| path.starts_with(touched.as_str()))
        || CONSEQUENCES.iter().any(|(cause, followers)| {
            event.touches.contains(*cause) && followers.iter().any(|follower| path.starts_with(follower))
        })
}

/// What follows from setting something else: another type of instance has other processors.
const CONSEQUENCES: &[(&str, &[&str])] = &[
    (
        "config.InstanceType",
        &[
            "config.Architecture",
            "config.CpuOptions",
            "config.CurrentInstanceBootMode",
            "config.EbsOptimized",
            "config.EnaSupport",
            "config.Hypervisor",
            "config.NetworkInterfaces[",
            "config.NetworkPerformanceOptions",
            "config.SriovNetSupport",
        ],
    ),
    ("config.VolumeType", &["config.Iops", "config.Throughput"]),
    ("config.Size", &["config.Iops", "config.Throughput"]),
    (
        "config.machineType",
        &["config.minCpuPlatform", "config.guestAccelerators", "config.advancedMachineFeatures"],
    ),
    ("tags.Name", &["name"]),
    ("tags.", &["name", "managed_by"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::fixture::*;

    #[test]
    fn an_operation_that_says_what_it_sets_sets_nothing_else() {
        let event = alice("ModifyInstanceAttribute", Class::InstanceModify, "i-1");
        assert!(touches(&event, "config.InstanceType", Kind::Instance));
        let event = event.touching("config.InstanceType");
        assert!(touches(&event, "config.InstanceType", Kind::Instance));
        assert!(touches(&event, "config.CpuOptions.CoreCount", Kind::Instance));
        assert!(!touches(&event, "config.DisableApiTermination", Kind::Instance));
    }

    #[test]
    fn a_start_sets_no_attribute() {
        let event = alice("StartInstances", Class::InstanceStart, "i-1");
        assert!(!touches(&event, "config.InstanceType", Kind::Instance));
    }

    #[test]
    fn only_an_export_opens_an_export() {
        let event = alice("Microsoft.Compute/disks/write", Class::VolumeModify, "d");
        assert!(!touches(&event, "exposure.export", Kind::Volume));
        let event = alice("Microsoft.Compute/disks/beginGetAccess/action", Class::VolumeExport, "d");
        assert!(touches(&event, "exposure.export", Kind::Volume));
    }
}
