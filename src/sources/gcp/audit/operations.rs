//! Which operations matter, of which class they are, and what they can change (SEMANTICS E.3.3, E.4).

use std::borrow::Cow;

use crate::model::{Class, Confidence};
use crate::sources::{Ignored, Operation, guess};

pub(super) const COMPUTE: &str = "compute.googleapis.com";
const BACKUP: &str = "backupdr.googleapis.com";
const BIGQUERY: &str = "bigquery.googleapis.com";
const CREDENTIALS: &str = "iamcredentials.googleapis.com";
const IAM: &str = "iam.googleapis.com";
const LOGGING: &str = "logging.googleapis.com";
const MANAGEMENT: &str = "servicemanagement.googleapis.com";
const ORG_POLICY: &str = "orgpolicy.googleapis.com";
const OS_CONFIG: &str = "osconfig.googleapis.com";
const OS_LOGIN: &str = "oslogin.googleapis.com";
const PROJECTS: &str = "cloudresourcemanager.googleapis.com";
const PUBSUB: &str = "pubsub.googleapis.com";
const QUOTAS: &str = "cloudquotas.googleapis.com";
const SERIAL: &str = "ssh-serialport.googleapis.com";
const STORAGE: &str = "storage.googleapis.com";
const USAGE: &str = "serviceusage.googleapis.com";

/// The services of which only the operations in the table matter; of every other service in the table an
/// unknown operation that changes something does as well.
const NARROW: &[&str] = &[BIGQUERY, CREDENTIALS, OS_CONFIG, OS_LOGIN, PUBSUB, SERIAL, STORAGE];

/// Whose deletions may delete what a sink writes to, or may not: nothing in the entry says, and one bucket of
/// many is no reason to doubt the log. The fact `may_hold_logs` lets a sink's `log_destination` tell.
pub(super) const PERHAPS_A_LOG: &[&str] = &[BIGQUERY, PUBSUB, STORAGE];

/// Says where an instance is, and not that anything happened to it.
const NOTICES: &[&str] = &["NotifyInstanceLocation"];

/// What an operation is to an audit of compute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Interest {
    /// It is in the table.
    Known(&'static Operation),
    /// It is not, and its name says of which class it is.
    Guessed(Class),
    /// It does not matter.
    Ignored(Ignored),
}

impl Interest {
    /// Tells what an operation is by service and native name.
    pub(super) fn of(service: &str, method: &str) -> Self {
        if !is_listed(service) {
            return Self::Ignored(Ignored::OtherService);
        }
        let name = canonical(method);
        let known = |operation: &&Operation| operation.service == service && bears(&name, operation.name);
        if let Some(operation) = OPERATIONS.iter().find(known) {
            return Self::Known(operation);
        }
        if NOTICES.iter().any(|notice| bears(&name, notice)) {
            return Self::Ignored(Ignored::OtherCategory);
        }
        match guess(method) {
            None => Self::Ignored(Ignored::ReadOnly),
            Some(_) if NARROW.contains(&service) => Self::Ignored(Ignored::OtherService),
            Some((class, _)) => Self::Guessed(namesake(&name).unwrap_or(class)),
        }
    }

    /// Returns how far its class can be trusted; `None` for what does not matter.
    pub(super) fn class(self) -> Option<(Class, Confidence)> {
        match self {
            Self::Known(operation) if PERHAPS_A_LOG.contains(&operation.service) => {
                Some((operation.class, Confidence::Low))
            }
            Self::Known(operation) => Some((operation.class, Confidence::High)),
            Self::Guessed(class) => Some((class, Confidence::Low)),
            Self::Ignored(_) => None,
        }
    }

    /// Returns the paths that it can change; none where it can change any.
    pub(super) const fn touches(self) -> &'static [&'static str] {
        match self {
            Self::Known(operation) => operation.touches,
            Self::Guessed(_) | Self::Ignored(_) => &[],
        }
    }
}

/// Collections that are called after instances and hold none, and the class of what is done to them.
const NAMESAKES: &[(&str, Class)] = &[
    ("compute.instanceGroup", Class::GroupScale),
    ("compute.instanceTemplate", Class::GroupScale),
    ("compute.targetInstances", Class::Other),
];

/// Returns the class of an unknown operation that its name would not tell.
fn namesake(name: &str) -> Option<Class> {
    NAMESAKES.iter().find(|(start, _)| name.starts_with(start)).map(|(_, class)| *class)
}

/// Whether the table has an operation of a service.
pub(super) fn is_listed(service: &str) -> bool {
    OPERATIONS.iter().any(|operation| operation.service == service)
}

/// Whether an operation's canonical name is, or ends in, a name of the table.
fn bears(name: &str, known: &str) -> bool {
    let Some(start) = name.len().checked_sub(known.len()) else { return false };
    let (before, end) = (name.as_bytes().get(..start), name.as_bytes().get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(known.as_bytes()))
        && before.is_some_and(|before| before.is_empty() || before.ends_with(b"."))
}

/// Returns an operation's name without versions: `v1.compute.disks.insert`, `beta.compute.regionDisks.insert`
/// and `compute.v1.DisksService.Insert` are all `compute.disks.insert`, but for case.
pub(super) fn canonical(method: &str) -> String {
    let mut segments: Vec<Cow<'_, str>> =
        method.split('.').filter(|segment| !is_version(segment)).map(Cow::from).collect();
    if let [first, collection, ..] = segments.as_mut_slice()
        && first == "compute"
    {
        let name = collection.strip_suffix("Service").unwrap_or(collection);
        let local = ["region", "Region"].iter().find_map(|region| name.strip_prefix(region));
        let local = local.filter(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()));
        *collection = lower_first(local.unwrap_or(name)).into();
    }
    segments.join(".")
}

/// Whether it is `v1`, `v2beta3`, `v1p1beta`, `alpha`, `beta`.
fn is_version(segment: &str) -> bool {
    let numbered =
        segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    numbered || matches!(segment, "alpha" | "beta")
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

const fn compute(name: &'static str, class: Class, touches: &'static [&'static str]) -> Operation {
    Operation { service: COMPUTE, name, class, touches }
}

const fn of(service: &'static str, name: &'static str, class: Class) -> Operation {
    Operation { service, name, class, touches: &[] }
}

/// Every operation whose class is known: those of Compute Engine whole and in their zonal spelling (regional
/// resources have the same), those of the other services by the end of their names.
pub(super) const OPERATIONS: &[Operation] = &[
    compute("compute.instances.insert", Class::InstanceCreate, &[]),
    compute("compute.instances.bulkInsert", Class::InstanceCreate, &[]),
    compute("compute.instances.delete", Class::InstanceDelete, &[]),
    compute("compute.instances.start", Class::InstanceStart, &["state"]),
    compute("compute.instances.startWithEncryptionKey", Class::InstanceStart, &["state"]),
    compute("compute.instances.resume", Class::InstanceStart, &["state"]),
    compute("compute.instances.stop", Class::InstanceStop, &["state"]),
    compute("compute.instances.suspend", Class::InstanceStop, &["state"]),
    compute("compute.instances.reset", Class::InstanceReboot, &["state"]),
    compute("compute.instances.sendDiagnosticInterrupt", Class::InstanceReboot, &["state"]),
    compute("compute.instances.attachDisk", Class::VolumeAttach, &["links.attached", "config.disks"]),
    compute("compute.instances.detachDisk", Class::VolumeDetach, &["links.attached", "config.disks"]),
    compute("compute.instances.update", Class::InstanceModify, &[]),
    compute("compute.instances.addAccessConfig", Class::InstanceModify, &["config.networkInterfaces"]),
    compute("compute.instances.deleteAccessConfig", Class::InstanceModify, &["config.networkInterfaces"]),
    compute("compute.instances.updateAccessConfig", Class::InstanceModify, &["config.networkInterfaces"]),
    compute("compute.instances.addNetworkInterface", Class::InstanceModify, &["config.networkInterfaces"]),
    compute("compute.instances.deleteNetworkInterface", Class::InstanceModify, &["config.networkInterfaces"]),
    compute("compute.instances.updateNetworkInterface", Class::InstanceModify, &["config.networkInterfaces"]),
    compute("compute.instances.setSecurityPolicy", Class::InstanceModify, &["config.networkInterfaces"]),
    compute("compute.instances.setTags", Class::InstanceModify, &["config.tags"]),
    compute("compute.instances.setMetadata", Class::InstanceModify, &["config.metadata"]),
    compute("compute.instances.setServiceAccount", Class::InstanceModify, &["config.serviceAccounts"]),
    compute("compute.instances.setMachineType", Class::InstanceModify, &["config.machineType"]),
    compute("compute.instances.setMachineResources", Class::InstanceModify, &["config.guestAccelerators"]),
    compute("compute.instances.setMinCpuPlatform", Class::InstanceModify, &["config.minCpuPlatform"]),
    compute("compute.instances.setScheduling", Class::InstanceModify, &["config.scheduling"]),
    compute("compute.instances.setName", Class::InstanceModify, &["name", "locator"]),
    compute(
        "compute.instances.setDiskAutoDelete",
        Class::InstanceModify,
        &["links.attached", "config.disks"],
    ),
    compute(
        "compute.instances.setShieldedInstanceIntegrityPolicy",
        Class::InstanceModify,
        &["config.shieldedInstanceIntegrityPolicy"],
    ),
    compute(
        "compute.instances.setShieldedVmIntegrityPolicy",
        Class::InstanceModify,
        &["config.shieldedInstanceIntegrityPolicy"],
    ),
    compute(
        "compute.instances.updateShieldedInstanceConfig",
        Class::InstanceModify,
        &["config.shieldedInstanceConfig"],
    ),
    compute(
        "compute.instances.updateShieldedVmConfig",
        Class::InstanceModify,
        &["config.shieldedInstanceConfig"],
    ),
    compute("compute.instances.updateDisplayDevice", Class::InstanceModify, &["config.displayDevice"]),
    compute("compute.instances.addResourcePolicies", Class::InstanceModify, &["config.resourcePolicies"]),
    compute("compute.instances.removeResourcePolicies", Class::InstanceModify, &["config.resourcePolicies"]),
    compute("compute.instances.setDeletionProtection", Class::ProtectRemove, &["config.deletionProtection"]),
    compute("compute.instances.setLabels", Class::TagModify, &["tags."]),
    compute("compute.instances.setIamPolicy", Class::IamGrant, &["exposure."]),
    compute("compute.instances.getSerialPortOutput", Class::InstanceAccess, &[]),
    compute("compute.instances.getScreenshot", Class::InstanceAccess, &[]),
    compute("compute.instances.getGuestAttributes", Class::InstanceAccess, &[]),
    compute("compute.instances.simulateMaintenanceEvent", Class::InstanceReboot, &["state"]),
    compute("compute.instances.preempted", Class::InstanceStop, &["state"]),
    compute("compute.instances.hostError", Class::InstanceStop, &["state"]),
    compute("compute.instances.guestTerminate", Class::InstanceStop, &["state"]),
    compute("compute.instances.terminateOnHostMaintenance", Class::InstanceStop, &["state"]),
    compute("compute.instances.instanceManagerHaltForRestart", Class::InstanceStop, &["state"]),
    compute("compute.instances.deferredStop", Class::InstanceStop, &["state"]),
    compute("compute.instances.automaticRestart", Class::InstanceStart, &["state"]),
    compute("compute.instances.migrateOnHostMaintenance", Class::Other, &[]),
    compute("compute.instances.repair.recreateInstance", Class::GroupScale, &[]),
    compute("ScheduledSnapshots", Class::SnapshotCreate, &[]),
    compute("compute.disks.insert", Class::VolumeCreate, &[]),
    compute("compute.disks.bulkInsert", Class::VolumeCreate, &[]),
    compute("compute.disks.delete", Class::VolumeDelete, &[]),
    compute("compute.disks.createSnapshot", Class::SnapshotCreate, &[]),
    compute("compute.disks.resize", Class::VolumeModify, &["config.sizeGb"]),
    compute("compute.disks.update", Class::VolumeModify, &[]),
    compute("compute.disks.updateKmsKey", Class::VolumeModify, &["config.diskEncryptionKey"]),
    compute("compute.disks.addResourcePolicies", Class::VolumeModify, &["config.resourcePolicies"]),
    compute("compute.disks.removeResourcePolicies", Class::BackupTamper, &["config.resourcePolicies"]),
    compute("compute.disks.startAsyncReplication", Class::VolumeModify, &["config.async"]),
    compute("compute.disks.stopAsyncReplication", Class::VolumeModify, &["config.async"]),
    compute("compute.disks.stopGroupAsyncReplication", Class::VolumeModify, &["config.async"]),
    compute("compute.disks.setLabels", Class::TagModify, &["tags."]),
    compute("compute.disks.setIamPolicy", Class::IamGrant, &["exposure."]),
    compute("compute.snapshots.insert", Class::SnapshotCreate, &[]),
    compute("compute.snapshots.delete", Class::SnapshotDelete, &[]),
    compute("compute.snapshots.setIamPolicy", Class::SnapshotShare, &["exposure."]),
    compute("compute.snapshots.setLabels", Class::TagModify, &["tags."]),
    compute("compute.snapshots.updateKmsKey", Class::SnapshotModify, &["config.snapshotEncryptionKey"]),
    compute("compute.snapshotGroups.insert", Class::SnapshotCreate, &[]),
    compute("compute.snapshotGroups.delete", Class::SnapshotDelete, &[]),
    compute("compute.instantSnapshots.insert", Class::SnapshotCreate, &[]),
    compute("compute.instantSnapshots.delete", Class::SnapshotDelete, &[]),
    compute("compute.instantSnapshots.setIamPolicy", Class::SnapshotShare, &["exposure."]),
    compute("compute.instantSnapshots.setLabels", Class::TagModify, &["tags."]),
    compute("compute.instantSnapshotGroups.insert", Class::SnapshotCreate, &[]),
    compute("compute.instantSnapshotGroups.delete", Class::SnapshotDelete, &[]),
    compute("compute.images.insert", Class::ImageCreate, &[]),
    compute("compute.images.delete", Class::ImageDelete, &[]),
    compute("compute.images.deprecate", Class::ImageModify, &["config.deprecated"]),
    compute("compute.images.patch", Class::ImageModify, &[]),
    compute("compute.images.setIamPolicy", Class::ImageShare, &["exposure."]),
    compute("compute.images.setLabels", Class::TagModify, &["tags."]),
    compute("compute.machineImages.insert", Class::ImageCreate, &[]),
    compute("compute.machineImages.delete", Class::ImageDelete, &[]),
    compute("compute.machineImages.setIamPolicy", Class::ImageShare, &["exposure."]),
    compute("compute.machineImages.setLabels", Class::TagModify, &["tags."]),
    compute("compute.resourcePolicies.insert", Class::SettingModify, &[]),
    compute("compute.resourcePolicies.delete", Class::BackupTamper, &[]),
    compute("compute.resourcePolicies.patch", Class::BackupTamper, &[]),
    compute("compute.resourcePolicies.setIamPolicy", Class::IamGrant, &[]),
    compute("compute.snapshotSettings.patch", Class::SettingModify, &[]),
    compute("compute.instanceSettings.patch", Class::SettingModify, &[]),
    compute("compute.projects.setUsageExportBucket", Class::SettingModify, &["config.usageExportLocation"]),
    compute("compute.projects.setDefaultNetworkTier", Class::SettingModify, &["config.defaultNetworkTier"]),
    compute("compute.projects.enableXpnHost", Class::SettingModify, &["config.xpnProjectStatus"]),
    compute("compute.projects.disableXpnHost", Class::SettingModify, &["config.xpnProjectStatus"]),
    compute("compute.projects.enableXpnResource", Class::SettingModify, &[]),
    compute("compute.projects.disableXpnResource", Class::SettingModify, &[]),
    compute(
        "compute.projects.setCommonInstanceMetadata",
        Class::SettingModify,
        &["config.commonInstanceMetadata"],
    ),
    compute("compute.projects.moveInstance", Class::InstanceModify, &[]),
    compute("compute.projects.moveDisk", Class::VolumeModify, &[]),
    compute("compute.instanceGroupManagers.insert", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.delete", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.resize", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.patch", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.update", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.recreateInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.deleteInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.abandonInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.applyUpdatesToInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.setInstanceTemplate", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.createInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.stopInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.startInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.suspendInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.resumeInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.setAutoHealingPolicies", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.setTargetPools", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.updatePerInstanceConfigs", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.patchPerInstanceConfigs", Class::GroupScale, &[]),
    compute("compute.instanceGroupManagers.deletePerInstanceConfigs", Class::GroupScale, &[]),
    compute("compute.instanceGroups.insert", Class::GroupScale, &[]),
    compute("compute.instanceGroups.delete", Class::GroupScale, &[]),
    compute("compute.instanceGroups.addInstances", Class::GroupScale, &[]),
    compute("compute.instanceGroups.removeInstances", Class::GroupScale, &[]),
    compute("compute.autoscalers.insert", Class::GroupScale, &[]),
    compute("compute.autoscalers.delete", Class::GroupScale, &[]),
    compute("compute.autoscalers.patch", Class::GroupScale, &[]),
    compute("compute.autoscalers.update", Class::GroupScale, &[]),
    compute("compute.instanceTemplates.insert", Class::GroupScale, &[]),
    compute("compute.instanceTemplates.delete", Class::GroupScale, &[]),
    compute("compute.instanceTemplates.setIamPolicy", Class::IamGrant, &[]),
    compute("compute.firewalls.insert", Class::SettingModify, &[]),
    compute("compute.firewalls.patch", Class::SettingModify, &[]),
    compute("compute.firewalls.update", Class::SettingModify, &[]),
    compute("compute.firewalls.delete", Class::SettingModify, &[]),
    compute("compute.firewallPolicies.insert", Class::SettingModify, &[]),
    compute("compute.firewallPolicies.patch", Class::SettingModify, &[]),
    compute("compute.firewallPolicies.delete", Class::SettingModify, &[]),
    compute("compute.firewallPolicies.addRule", Class::SettingModify, &[]),
    compute("compute.firewallPolicies.patchRule", Class::SettingModify, &[]),
    compute("compute.firewallPolicies.removeRule", Class::SettingModify, &[]),
    compute("compute.firewallPolicies.addAssociation", Class::SettingModify, &[]),
    compute("compute.firewallPolicies.removeAssociation", Class::SettingModify, &[]),
    compute("compute.networkFirewallPolicies.insert", Class::SettingModify, &[]),
    compute("compute.networkFirewallPolicies.patch", Class::SettingModify, &[]),
    compute("compute.networkFirewallPolicies.delete", Class::SettingModify, &[]),
    compute("compute.networkFirewallPolicies.addRule", Class::SettingModify, &[]),
    compute("compute.networkFirewallPolicies.patchRule", Class::SettingModify, &[]),
    compute("compute.networkFirewallPolicies.removeRule", Class::SettingModify, &[]),
    compute("compute.networkFirewallPolicies.addAssociation", Class::SettingModify, &[]),
    compute("compute.networkFirewallPolicies.removeAssociation", Class::SettingModify, &[]),
    compute("compute.networks.insert", Class::SettingModify, &[]),
    compute("compute.networks.patch", Class::SettingModify, &[]),
    compute("compute.networks.delete", Class::SettingModify, &[]),
    compute("compute.networks.addPeering", Class::SettingModify, &[]),
    compute("compute.networks.updatePeering", Class::SettingModify, &[]),
    compute("compute.networks.removePeering", Class::SettingModify, &[]),
    compute("compute.networks.switchToCustomMode", Class::SettingModify, &[]),
    compute("compute.subnetworks.insert", Class::SettingModify, &[]),
    compute("compute.subnetworks.patch", Class::SettingModify, &[]),
    compute("compute.subnetworks.delete", Class::SettingModify, &[]),
    compute("compute.subnetworks.expandIpCidrRange", Class::SettingModify, &[]),
    compute("compute.subnetworks.setPrivateIpGoogleAccess", Class::SettingModify, &[]),
    compute("compute.routes.insert", Class::SettingModify, &[]),
    compute("compute.routes.delete", Class::SettingModify, &[]),
    compute("compute.routers.insert", Class::SettingModify, &[]),
    compute("compute.routers.patch", Class::SettingModify, &[]),
    compute("compute.routers.update", Class::SettingModify, &[]),
    compute("compute.routers.delete", Class::SettingModify, &[]),
    compute("compute.subnetworks.setIamPolicy", Class::IamGrant, &[]),
    of(QUOTAS, "CloudQuotas.CreateQuotaPreference", Class::QuotaRequest),
    of(QUOTAS, "CloudQuotas.UpdateQuotaPreference", Class::QuotaRequest),
    of(QUOTAS, "QuotaAdjusterSettingsManager.UpdateQuotaAdjusterSettings", Class::SettingModify),
    of(USAGE, "ServiceUsage.CreateConsumerOverride", Class::QuotaRequest),
    of(USAGE, "ServiceUsage.UpdateConsumerOverride", Class::QuotaRequest),
    of(USAGE, "ServiceUsage.DeleteConsumerOverride", Class::QuotaRequest),
    of(USAGE, "ServiceUsage.ImportConsumerOverrides", Class::QuotaRequest),
    of(USAGE, "ServiceUsage.CreateAdminOverride", Class::QuotaRequest),
    of(USAGE, "ServiceUsage.UpdateAdminOverride", Class::QuotaRequest),
    of(USAGE, "ServiceUsage.DeleteAdminOverride", Class::QuotaRequest),
    of(USAGE, "ServiceUsage.ImportAdminOverrides", Class::QuotaRequest),
    of(USAGE, "ServiceUsage.EnableService", Class::SettingModify),
    of(USAGE, "ServiceUsage.DisableService", Class::SettingModify),
    of(USAGE, "ServiceUsage.BatchEnableServices", Class::SettingModify),
    of(MANAGEMENT, "ServiceManager.EnableService", Class::SettingModify),
    of(MANAGEMENT, "ServiceManager.DisableService", Class::SettingModify),
    of(MANAGEMENT, "ServiceManager.ActivateServices", Class::SettingModify),
    of(MANAGEMENT, "ServiceManager.DeactivateServices", Class::SettingModify),
    of(ORG_POLICY, "OrgPolicy.CreatePolicy", Class::SettingModify),
    of(ORG_POLICY, "OrgPolicy.UpdatePolicy", Class::SettingModify),
    of(ORG_POLICY, "OrgPolicy.DeletePolicy", Class::SettingModify),
    of(ORG_POLICY, "OrgPolicy.CreateCustomConstraint", Class::SettingModify),
    of(ORG_POLICY, "OrgPolicy.UpdateCustomConstraint", Class::SettingModify),
    of(ORG_POLICY, "OrgPolicy.DeleteCustomConstraint", Class::SettingModify),
    of(PROJECTS, "SetOrgPolicy", Class::SettingModify),
    of(PROJECTS, "ClearOrgPolicy", Class::SettingModify),
    of(PROJECTS, "SetOrgPolicyV1", Class::SettingModify),
    of(PROJECTS, "ClearOrgPolicyV1", Class::SettingModify),
    of(PROJECTS, "SetIamPolicy", Class::IamGrant),
    of(PROJECTS, "CreateProject", Class::SettingModify),
    of(PROJECTS, "UpdateProject", Class::SettingModify),
    of(PROJECTS, "UndeleteProject", Class::SettingModify),
    of(PROJECTS, "MoveProject", Class::SettingModify),
    of(PROJECTS, "DeleteProject", Class::GroupDelete),
    of(PROJECTS, "CreateLien", Class::ProtectAdd),
    of(PROJECTS, "DeleteLien", Class::ProtectRemove),
    of(IAM, "SetIAMPolicy", Class::IamGrant),
    of(IAM, "CreateRole", Class::IamGrant),
    of(IAM, "UpdateRole", Class::IamGrant),
    of(IAM, "UndeleteRole", Class::IamGrant),
    of(IAM, "CreateServiceAccount", Class::IamGrant),
    of(IAM, "UndeleteServiceAccount", Class::IamGrant),
    of(IAM, "EnableServiceAccount", Class::IamGrant),
    of(IAM, "CreateServiceAccountKey", Class::IamGrant),
    of(IAM, "UploadServiceAccountKey", Class::IamGrant),
    of(IAM, "EnableServiceAccountKey", Class::IamGrant),
    of(IAM, "DeleteRole", Class::IamRevoke),
    of(IAM, "DeleteServiceAccount", Class::IamRevoke),
    of(IAM, "DisableServiceAccount", Class::IamRevoke),
    of(IAM, "DeleteServiceAccountKey", Class::IamRevoke),
    of(IAM, "DisableServiceAccountKey", Class::IamRevoke),
    of(IAM, "CreateWorkloadIdentityPool", Class::IamGrant),
    of(IAM, "UpdateWorkloadIdentityPool", Class::IamGrant),
    of(IAM, "CreateWorkloadIdentityPoolProvider", Class::IamGrant),
    of(IAM, "UpdateWorkloadIdentityPoolProvider", Class::IamGrant),
    of(IAM, "CreateWorkforcePool", Class::IamGrant),
    of(IAM, "CreateWorkforcePoolProvider", Class::IamGrant),
    of(IAM, "UpdateWorkforcePoolProvider", Class::IamGrant),
    of(IAM, "Policies.CreatePolicy", Class::IamRevoke),
    of(IAM, "Policies.UpdatePolicy", Class::IamGrant),
    of(IAM, "Policies.DeletePolicy", Class::IamGrant),
    of(CREDENTIALS, "GenerateAccessToken", Class::IamAssume),
    of(CREDENTIALS, "GenerateIdToken", Class::IamAssume),
    of(CREDENTIALS, "SignBlob", Class::IamAssume),
    of(CREDENTIALS, "SignJwt", Class::IamAssume),
    of(LOGGING, "CreateSink", Class::LogRestore),
    of(LOGGING, "UpdateSink", Class::LogTamper),
    of(LOGGING, "DeleteSink", Class::LogTamper),
    of(LOGGING, "CreateExclusion", Class::LogTamper),
    of(LOGGING, "UpdateExclusion", Class::LogTamper),
    of(LOGGING, "DeleteExclusion", Class::LogRestore),
    of(LOGGING, "UpdateBucket", Class::LogTamper),
    of(LOGGING, "DeleteBucket", Class::LogTamper),
    of(LOGGING, "UndeleteBucket", Class::LogRestore),
    of(LOGGING, "UpdateSettings", Class::LogTamper),
    of(LOGGING, "UpdateCmekSettings", Class::LogTamper),
    of(LOGGING, "DeleteLog", Class::LogTamper),
    of(STORAGE, "storage.buckets.delete", Class::Other),
    of(PUBSUB, "Publisher.DeleteTopic", Class::Other),
    of(BIGQUERY, "datasetservice.delete", Class::Other),
    of(BIGQUERY, "DatasetService.DeleteDataset", Class::Other),
    of(BACKUP, "RestoreBackup", Class::BackupRestore),
    of(BACKUP, "DeleteBackup", Class::BackupTamper),
    of(BACKUP, "UpdateBackup", Class::BackupTamper),
    of(BACKUP, "UpdateBackupVault", Class::BackupTamper),
    of(BACKUP, "DeleteBackupVault", Class::BackupTamper),
    of(BACKUP, "UpdateBackupPlan", Class::BackupTamper),
    of(BACKUP, "DeleteBackupPlan", Class::BackupTamper),
    of(BACKUP, "UpdateBackupPlanAssociation", Class::BackupTamper),
    of(BACKUP, "DeleteBackupPlanAssociation", Class::BackupTamper),
    of(BACKUP, "UpdateDataSource", Class::BackupTamper),
    of(BACKUP, "RemoveDataSource", Class::BackupTamper),
    of(BACKUP, "AbandonBackup", Class::BackupTamper),
    of(OS_CONFIG, "ExecutePatchJob", Class::InstanceAccess),
    of(OS_CONFIG, "CreatePatchDeployment", Class::InstanceAccess),
    of(OS_CONFIG, "UpdatePatchDeployment", Class::InstanceAccess),
    of(OS_CONFIG, "CreateOSPolicyAssignment", Class::InstanceAccess),
    of(OS_CONFIG, "UpdateOSPolicyAssignment", Class::InstanceAccess),
    of(OS_CONFIG, "CreateGuestPolicy", Class::InstanceAccess),
    of(OS_CONFIG, "UpdateGuestPolicy", Class::InstanceAccess),
    of(OS_LOGIN, "ImportSshPublicKey", Class::InstanceAccess),
    of(OS_LOGIN, "CreateSshPublicKey", Class::InstanceAccess),
    of(OS_LOGIN, "UpdateSshPublicKey", Class::InstanceAccess),
    of(SERIAL, "google.ssh-serialport.connect", Class::InstanceAccess),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn class(service: &str, method: &str) -> Option<(Class, Confidence)> {
        Interest::of(service, method).class()
    }

    #[test]
    fn every_version_and_spelling_of_an_operation_is_the_same() {
        for method in [
            "v1.compute.disks.insert",
            "beta.compute.disks.insert",
            "alpha.compute.disks.insert",
            "compute.disks.insert",
            "v1.compute.regionDisks.insert",
            "compute.v1.DisksService.Insert",
            "compute.beta.RegionDisksService.Insert",
        ] {
            assert_eq!(class(COMPUTE, method), Some((Class::VolumeCreate, Confidence::High)), "{method}");
        }
        for method in [
            "google.api.serviceusage.v1.ServiceUsage.EnableService",
            "serviceusage.v0.ServiceUsage.EnableService",
        ] {
            assert_eq!(class(USAGE, method), Some((Class::SettingModify, Confidence::High)), "{method}");
        }
        assert_eq!(class(IAM, "google.iam.admin.v1.SetIAMPolicy"), Some((Class::IamGrant, Confidence::High)));
        assert_eq!(
            class(IAM, "google.iam.v2.Policies.DeletePolicy"),
            Some((Class::IamGrant, Confidence::High))
        );
    }

    #[test]
    fn an_end_of_a_name_is_whole_segments() {
        assert_eq!(canonical("v1.compute.regions.get"), "compute.regions.get");
        assert!(!bears("compute.reinstances.delete", "instances.delete"));
        assert!(!bears("delete", "compute.instances.delete"));
    }

    #[test]
    fn an_unknown_write_of_a_listed_service_is_guessed_and_a_read_is_passed_over() {
        assert_eq!(
            class(COMPUTE, "v1.compute.disks.frobnicate"),
            Some((Class::VolumeModify, Confidence::Low))
        );
        assert_eq!(
            class(LOGGING, "google.logging.v2.ConfigServiceV2.CreateView"),
            Some((Class::Other, Confidence::Low))
        );
        let group = "v1.compute.instanceGroupManagerResizeRequests.insert";
        assert_eq!(class(COMPUTE, group), Some((Class::GroupScale, Confidence::Low)));
        assert_eq!(
            class(COMPUTE, "v1.compute.targetInstances.insert"),
            Some((Class::Other, Confidence::Low))
        );
        let ignored = |service, method| match Interest::of(service, method) {
            Interest::Ignored(ignored) => Some(ignored),
            Interest::Known(_) | Interest::Guessed(_) => None,
        };
        assert_eq!(ignored(COMPUTE, "v1.compute.instances.get"), Some(Ignored::ReadOnly));
        assert_eq!(ignored(COMPUTE, "v1.compute.instances.aggregatedList"), Some(Ignored::ReadOnly));
        assert_eq!(ignored(COMPUTE, "NotifyInstanceLocation"), Some(Ignored::OtherCategory));
        assert_eq!(ignored(COMPUTE, "v1.compute.instances.getSerialPortOutput"), None);
        assert_eq!(ignored(STORAGE, "storage.objects.create"), Some(Ignored::OtherService));
        assert_eq!(
            ignored("spanner.googleapis.com", "google.spanner.v1.Spanner.Commit"),
            Some(Ignored::OtherService)
        );
    }

    #[test]
    fn whether_a_bucket_held_logs_nobody_tells() {
        assert_eq!(class(STORAGE, "storage.buckets.delete"), Some((Class::Other, Confidence::Low)));
        let sink = "google.logging.v2.ConfigServiceV2.DeleteSink";
        assert_eq!(class(LOGGING, sink), Some((Class::LogTamper, Confidence::High)));
    }

    #[test]
    fn the_table_names_each_operation_once_and_as_it_is_looked_up() {
        let mut seen = BTreeSet::new();
        for operation in OPERATIONS {
            assert!(seen.insert((operation.service, operation.name.to_lowercase())), "{}", operation.name);
            assert_eq!(canonical(operation.name), operation.name);
            assert_eq!(Interest::of(operation.service, operation.name), Interest::Known(operation));
        }
    }
}
