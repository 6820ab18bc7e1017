//! What somebody may do to compute (SEMANTICS A.7).

use std::sync::Arc;

use super::id::names;
use super::{AccountId, Actor, Class, Provider, Resource, Timestamp};

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

/// When a principal last did something of a class, as the log of an account tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAct {
    /// The cloud.
    pub provider: Provider,
    /// Who: the latest that the ledger knows of it.
    pub actor: Actor,
    /// In whose log.
    pub account: AccountId,
    /// Which class.
    pub class: Class,
    /// When last; attempts count as well.
    pub last_at: Timestamp,
}

/// A grant, and what is known of its use.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantUse {
    /// The grant.
    pub grant: Arc<Resource>,
    /// When its principal last did what it allows.
    pub used: Option<Timestamp>,
    /// Since when the log is known to be complete and shows no use; `None` where that cannot be told: the log is
    /// not complete until now, or the principal is one that does not act itself, such as a group.
    pub quiet_since: Option<Timestamp>,
}
