//! What somebody may do to compute (SEMANTICS A.7).

use super::Class;
use super::id::names;

names! {
    /// Something harmful that a principal may be able to do to compute.
    Capability as "capability" {
        /// Delete instances.
        DeleteInstance = "delete-instance",
        /// Make instances.
        CreateInstance = "create-instance",
        /// Change instances, their disks and what runs in them.
        ModifyInstance = "modify-instance",
        /// Copy disks.
        CreateSnapshot = "create-snapshot",
        /// Delete copies of disks.
        DeleteSnapshot = "delete-snapshot",
        /// Let others read copies of disks, or download them.
        ShareSnapshot = "share-snapshot",
        /// Put disks back to an earlier state.
        Revert = "revert",
        /// Take protections away.
        DisableProtection = "disable-protection",
        /// Stop logs, or make them record less.
        LogTamper = "log-tamper",
        /// Give rights to others.
        Grant = "grant",
    }
}

impl Capability {
    /// Returns it as what somebody may do: `delete instances`.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::DeleteInstance => "delete instances",
            Self::CreateInstance => "create instances",
            Self::ModifyInstance => "modify instances",
            Self::CreateSnapshot => "create snapshots",
            Self::DeleteSnapshot => "delete snapshots",
            Self::ShareSnapshot => "share snapshots",
            Self::Revert => "revert disks",
            Self::DisableProtection => "remove protection",
            Self::LogTamper => "tamper with logs",
            Self::Grant => "grant rights",
        }
    }

    /// Whether it destroys, discloses or hides by itself: such a one that nobody uses is better taken away.
    pub const fn is_dangerous(self) -> bool {
        !matches!(self, Self::CreateInstance | Self::ModifyInstance | Self::CreateSnapshot)
    }

    /// Returns the classes of operation that use it.
    pub const fn classes(self) -> &'static [Class] {
        match self {
            Self::DeleteInstance => &[Class::InstanceDelete, Class::GroupDelete],
            Self::CreateInstance => &[Class::InstanceCreate],
            Self::ModifyInstance => &[Class::InstanceModify, Class::VolumeAttach, Class::VolumeDetach],
            Self::CreateSnapshot => {
                &[Class::SnapshotCreate, Class::SnapshotCopy, Class::ImageCreate, Class::RestorePointCreate]
            }
            Self::DeleteSnapshot => {
                &[Class::SnapshotDelete, Class::ImageDelete, Class::RestorePointDelete, Class::BackupTamper]
            }
            Self::ShareSnapshot => &[
                Class::SnapshotShare,
                Class::SnapshotExport,
                Class::ImageShare,
                Class::ImageExport,
                Class::VolumeExport,
            ],
            Self::Revert => {
                &[Class::InstanceRevert, Class::VolumeCreate, Class::ImageCreate, Class::BackupRestore]
            }
            Self::DisableProtection => &[Class::ProtectRemove, Class::InstanceModify],
            Self::LogTamper => &[Class::LogTamper],
            Self::Grant => &[Class::IamGrant],
        }
    }
}
