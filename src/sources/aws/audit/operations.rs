//! The operations whose class is known (SEMANTICS E.1.3), and what is to be read of each service.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::model::Class::{
    self, BackupRestore, BackupTamper, GroupDelete, GroupScale, IamAssume, IamGrant, IamRevoke, ImageCreate,
    ImageDelete, ImageExport, ImageModify, ImageShare, InstanceAccess, InstanceCreate, InstanceDelete,
    InstanceModify, InstanceReboot, InstanceRevert, InstanceStart, InstanceStop, LogRestore, LogTamper,
    Other, ProtectAdd, ProtectRemove, QuotaGranted, QuotaRequest, RegionDisable, RegionEnable, SettingModify,
    SnapshotCopy, SnapshotCreate, SnapshotDelete, SnapshotExport, SnapshotModify, SnapshotRestore,
    SnapshotShare, TagModify, VolumeAttach, VolumeCreate, VolumeDelete, VolumeDetach, VolumeModify,
};
use crate::sources::{Ignored, Operation};

const EC2: &str = "ec2.amazonaws.com";
const EBS: &str = "ebs.amazonaws.com";
const CONNECT: &str = "ec2-instance-connect.amazonaws.com";
const SSM: &str = "ssm.amazonaws.com";
const ACCOUNT: &str = "account.amazonaws.com";
const QUOTAS: &str = "servicequotas.amazonaws.com";
const SUPPORT: &str = "support.amazonaws.com";
const RBIN: &str = "rbin.amazonaws.com";
const DLM: &str = "dlm.amazonaws.com";
const BACKUP: &str = "backup.amazonaws.com";
const TRAIL: &str = "cloudtrail.amazonaws.com";
const CONFIG: &str = "config.amazonaws.com";
const GUARDDUTY: &str = "guardduty.amazonaws.com";
const S3: &str = "s3.amazonaws.com";
const IAM: &str = "iam.amazonaws.com";
const ORGANIZATIONS: &str = "organizations.amazonaws.com";
const STS: &str = "sts.amazonaws.com";
const KMS: &str = "kms.amazonaws.com";
const AUTOSCALING: &str = "autoscaling.amazonaws.com";

/// What becomes of the writes of a service that no row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unlisted {
    /// Their class is guessed by the words of their names.
    Guessed,
    /// They matter, but what their names speak of is no compute (`TagInstanceProfile`).
    Other,
    /// They tell nothing about compute.
    Ignored,
}

/// Every service of interest.
const SERVICES: &[(&str, Unlisted)] = &[
    (EC2, Unlisted::Guessed),
    (EBS, Unlisted::Guessed),
    (CONNECT, Unlisted::Guessed),
    (AUTOSCALING, Unlisted::Guessed),
    (ACCOUNT, Unlisted::Other),
    (BACKUP, Unlisted::Other),
    (DLM, Unlisted::Other),
    (IAM, Unlisted::Other),
    (ORGANIZATIONS, Unlisted::Other),
    (QUOTAS, Unlisted::Other),
    (RBIN, Unlisted::Other),
    (TRAIL, Unlisted::Other),
    (CONFIG, Unlisted::Ignored),
    (GUARDDUTY, Unlisted::Ignored),
    (KMS, Unlisted::Ignored),
    (S3, Unlisted::Ignored),
    (SSM, Unlisted::Ignored),
    (STS, Unlisted::Ignored),
    (SUPPORT, Unlisted::Ignored),
];

/// What the names of operations that only read begin with, before a capital.
const READS: &[&str] = &[
    "BatchGet", "Decode", "Describe", "Generate", "Get", "Head", "List", "Lookup", "Preview", "Search",
    "Simulate", "Validate",
];

/// What an operation is worth, by its service and name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    /// It has a row.
    Known(&'static Operation),
    /// It is a write of a service of interest that has none.
    Unknown(Unlisted),
    /// It tells nothing about compute.
    None(Ignored),
}

/// Returns what an operation is worth.
pub(super) fn interest(service: &str, operation: &str) -> Interest {
    let Some(unlisted) = unlisted(service) else { return Interest::None(Ignored::OtherService) };
    match BY_NAME.get(&(service, operation)) {
        Some(operation) => Interest::Known(operation),
        None if reads(operation) => Interest::None(Ignored::ReadOnly),
        None if unlisted == Unlisted::Ignored => Interest::None(Ignored::OtherService),
        None => Interest::Unknown(unlisted),
    }
}

/// Returns what becomes of the unlisted writes of a service; `None` for a service of no interest.
pub(super) fn unlisted(service: &str) -> Option<Unlisted> {
    SERVICES.iter().find(|(name, _)| *name == service).map(|(_, unlisted)| *unlisted)
}

fn reads(operation: &str) -> bool {
    let after = |verb: &&str| operation.strip_prefix(*verb).and_then(|rest| rest.chars().next());
    READS.iter().filter_map(after).any(|letter| letter.is_ascii_uppercase())
}

static BY_NAME: LazyLock<FxHashMap<(&str, &str), &Operation>> =
    LazyLock::new(|| OPERATIONS.iter().map(|row| ((row.service, row.name), row)).collect());

/// The operation can change any attribute, or none that a scan lists.
const ANY: &[&str] = &[];
const STATE: &[&str] = &["state"];
const EXPOSURE: &[&str] = &["exposure."];
const INTERFACES: &[&str] = &["config.NetworkInterfaces", "config.SecurityGroups", "config.SourceDestCheck"];
const ADDRESSES: &[&str] =
    &["config.Ipv6Address", "config.NetworkInterfaces", "config.PrivateIpAddress", "config.PublicIpAddress"];
const ATTACHMENT: &[&str] = &["links.", "state"];
const VOLUME: &[&str] =
    &["config.Iops", "config.MultiAttachEnabled", "config.Size", "config.Throughput", "config.VolumeType"];
const TIER: &[&str] = &["config.StorageTier", "state"];
const LOCK: &[&str] = &["config.Lock"];

const fn row(
    service: &'static str,
    name: &'static str,
    class: Class,
    touches: &'static [&'static str],
) -> Operation {
    Operation { service, name, class, touches }
}

/// Every operation whose class is known.
pub(super) const OPERATIONS: &[Operation] = &[
    // Instances.
    row(EC2, "RunInstances", InstanceCreate, ANY),
    row(EC2, "CreateFleet", InstanceCreate, ANY),
    row(EC2, "RequestSpotFleet", InstanceCreate, ANY),
    row(EC2, "RequestSpotInstances", InstanceCreate, ANY),
    row(EC2, "RunScheduledInstances", InstanceCreate, ANY),
    row(EC2, "ImportInstance", InstanceCreate, ANY),
    row(EC2, "TerminateInstances", InstanceDelete, ANY),
    row(EC2, "BidEvictedEvent", InstanceDelete, ANY),
    row(EC2, "StopInstances", InstanceStop, STATE),
    row(EC2, "StartInstances", InstanceStart, STATE),
    row(EC2, "RebootInstances", InstanceReboot, STATE),
    row(EC2, "CreateReplaceRootVolumeTask", InstanceRevert, &["links."]),
    row(EC2, "ModifyInstanceAttribute", InstanceModify, ANY),
    row(EC2, "ResetInstanceAttribute", InstanceModify, ANY),
    row(EC2, "ModifyInstanceMetadataOptions", InstanceModify, &["config.MetadataOptions"]),
    row(EC2, "ModifyInstanceCpuOptions", InstanceModify, &["config.CpuOptions"]),
    row(EC2, "ModifyInstancePlacement", InstanceModify, &["config.Placement"]),
    row(EC2, "ModifyInstanceMaintenanceOptions", InstanceModify, &["config.MaintenanceOptions"]),
    row(EC2, "ModifyInstanceCreditSpecification", InstanceModify, &["config.CreditSpecification"]),
    row(
        EC2,
        "ModifyInstanceNetworkPerformanceOptions",
        InstanceModify,
        &["config.NetworkPerformanceOptions"],
    ),
    row(
        EC2,
        "ModifyInstanceCapacityReservationAttributes",
        InstanceModify,
        &["config.CapacityReservationSpecification"],
    ),
    row(EC2, "ModifyInstanceEventStartTime", InstanceModify, &["config.Events"]),
    row(EC2, "ModifyPrivateDnsNameOptions", InstanceModify, &["config.PrivateDnsNameOptions"]),
    row(EC2, "MonitorInstances", InstanceModify, &["config.Monitoring"]),
    row(EC2, "UnmonitorInstances", InstanceModify, &["config.Monitoring"]),
    row(EC2, "AssociateIamInstanceProfile", InstanceModify, &["config.IamInstanceProfile"]),
    row(EC2, "DisassociateIamInstanceProfile", InstanceModify, &["config.IamInstanceProfile"]),
    row(EC2, "ReplaceIamInstanceProfileAssociation", InstanceModify, &["config.IamInstanceProfile"]),
    row(EC2, "AttachNetworkInterface", InstanceModify, INTERFACES),
    row(EC2, "DetachNetworkInterface", InstanceModify, INTERFACES),
    row(EC2, "ModifyNetworkInterfaceAttribute", InstanceModify, INTERFACES),
    row(EC2, "AssignPrivateIpAddresses", InstanceModify, ADDRESSES),
    row(EC2, "UnassignPrivateIpAddresses", InstanceModify, ADDRESSES),
    row(EC2, "AssignIpv6Addresses", InstanceModify, ADDRESSES),
    row(EC2, "UnassignIpv6Addresses", InstanceModify, ADDRESSES),
    row(EC2, "AssociateAddress", InstanceModify, ADDRESSES),
    row(EC2, "DisassociateAddress", InstanceModify, ADDRESSES),
    row(EC2, "SendDiagnosticInterrupt", InstanceReboot, STATE),
    // Networks.
    row(EC2, "AuthorizeSecurityGroupIngress", SettingModify, &["config.SecurityGroups"]),
    row(EC2, "AuthorizeSecurityGroupEgress", SettingModify, &["config.SecurityGroups"]),
    row(EC2, "RevokeSecurityGroupIngress", SettingModify, &["config.SecurityGroups"]),
    row(EC2, "RevokeSecurityGroupEgress", SettingModify, &["config.SecurityGroups"]),
    row(EC2, "ModifySecurityGroupRules", SettingModify, &["config.SecurityGroups"]),
    row(EC2, "CreateSecurityGroup", SettingModify, ANY),
    row(EC2, "DeleteSecurityGroup", SettingModify, ANY),
    row(EC2, "CreateInstanceConnectEndpoint", SettingModify, ANY),
    row(EC2, "DeleteInstanceConnectEndpoint", SettingModify, ANY),
    // Volumes.
    row(EC2, "CreateVolume", VolumeCreate, ANY),
    row(EC2, "CopyVolumes", VolumeCreate, ANY),
    row(EC2, "RestoreVolumeFromRecycleBin", VolumeCreate, ANY),
    row(EC2, "ImportVolume", VolumeCreate, ANY),
    row(EC2, "SharedSnapshotVolumeCreated", VolumeCreate, ANY),
    row(EC2, "AttachVolume", VolumeAttach, ATTACHMENT),
    row(EC2, "DetachVolume", VolumeDetach, ATTACHMENT),
    row(EC2, "ModifyVolume", VolumeModify, VOLUME),
    row(EC2, "ModifyVolumeAttribute", VolumeModify, &["config.AutoEnableIO", "config.ProductCodes"]),
    row(EC2, "EnableVolumeIO", VolumeModify, STATE),
    row(EC2, "DeleteVolume", VolumeDelete, ANY),
    // Snapshots.
    row(EC2, "CreateSnapshot", SnapshotCreate, ANY),
    row(EC2, "CreateSnapshots", SnapshotCreate, ANY),
    row(EC2, "ImportSnapshot", SnapshotCreate, ANY),
    row(EBS, "StartSnapshot", SnapshotCreate, ANY),
    row(EBS, "CompleteSnapshot", SnapshotCreate, ANY),
    row(EC2, "CopySnapshot", SnapshotCopy, ANY),
    row(EC2, "SharedSnapshotCopyInitiated", SnapshotCopy, ANY),
    row(EC2, "DeleteSnapshot", SnapshotDelete, ANY),
    row(EC2, "ModifySnapshotAttribute", SnapshotShare, EXPOSURE),
    row(EC2, "ResetSnapshotAttribute", SnapshotShare, EXPOSURE),
    row(EC2, "RestoreSnapshotFromRecycleBin", SnapshotRestore, ANY),
    row(EC2, "RestoreSnapshotTier", SnapshotRestore, TIER),
    row(EC2, "ModifySnapshotTier", SnapshotModify, TIER),
    row(EC2, "LockSnapshot", ProtectAdd, LOCK),
    row(EC2, "UnlockSnapshot", ProtectRemove, LOCK),
    row(EC2, "EnableFastSnapshotRestores", SnapshotModify, &["config.FastSnapshotRestores"]),
    row(EC2, "DisableFastSnapshotRestores", SnapshotModify, &["config.FastSnapshotRestores"]),
    row(EBS, "GetSnapshotBlock", SnapshotExport, EXPOSURE),
    row(EBS, "ListSnapshotBlocks", SnapshotExport, EXPOSURE),
    row(EBS, "ListChangedBlocks", SnapshotExport, EXPOSURE),
    row(EBS, "PutSnapshotBlock", SnapshotExport, EXPOSURE),
    // Images.
    row(EC2, "RegisterImage", ImageCreate, ANY),
    row(EC2, "CreateImage", ImageCreate, ANY),
    row(EC2, "CopyImage", ImageCreate, ANY),
    row(EC2, "ImportImage", ImageCreate, ANY),
    row(EC2, "CreateRestoreImageTask", ImageCreate, ANY),
    row(EC2, "RestoreImageFromRecycleBin", ImageCreate, ANY),
    row(EC2, "BundleInstance", ImageCreate, ANY),
    row(EC2, "DeregisterImage", ImageDelete, ANY),
    row(EC2, "DisableImage", ImageModify, &["exposure.", "state"]),
    row(EC2, "EnableImage", ImageModify, &["exposure.", "state"]),
    row(EC2, "ModifyImageAttribute", ImageShare, EXPOSURE),
    row(EC2, "ResetImageAttribute", ImageShare, EXPOSURE),
    row(EC2, "CancelImageLaunchPermission", ImageShare, EXPOSURE),
    row(EC2, "CreateStoreImageTask", ImageExport, EXPOSURE),
    row(EC2, "ExportImage", ImageExport, EXPOSURE),
    row(EC2, "CreateInstanceExportTask", ImageExport, EXPOSURE),
    row(EC2, "EnableImageDeregistrationProtection", ProtectAdd, &["config.DeregistrationProtection"]),
    row(EC2, "DisableImageDeregistrationProtection", ProtectRemove, &["config.DeregistrationProtection"]),
    row(EC2, "EnableImageDeprecation", ImageModify, &["config.DeprecationTime"]),
    row(EC2, "DisableImageDeprecation", ImageModify, &["config.DeprecationTime"]),
    row(EC2, "EnableFastLaunch", ImageModify, &["config.FastLaunch"]),
    row(EC2, "DisableFastLaunch", ImageModify, &["config.FastLaunch"]),
    // What launches instances.
    row(EC2, "CreateLaunchTemplate", GroupScale, ANY),
    row(EC2, "CreateLaunchTemplateVersion", GroupScale, ANY),
    row(EC2, "ModifyLaunchTemplate", GroupScale, ANY),
    row(EC2, "DeleteLaunchTemplate", GroupScale, ANY),
    row(EC2, "DeleteLaunchTemplateVersions", GroupScale, ANY),
    row(EC2, "ModifyFleet", GroupScale, ANY),
    row(EC2, "DeleteFleets", GroupScale, ANY),
    row(EC2, "ModifySpotFleetRequest", GroupScale, ANY),
    row(EC2, "CancelSpotFleetRequests", GroupScale, ANY),
    row(EC2, "CancelSpotInstanceRequests", GroupScale, ANY),
    // Tags.
    row(EC2, "CreateTags", TagModify, &["name", "tags."]),
    row(EC2, "DeleteTags", TagModify, &["name", "tags."]),
    // The guest.
    row(EC2, "GetPasswordData", InstanceAccess, ANY),
    row(EC2, "GetConsoleOutput", InstanceAccess, ANY),
    row(EC2, "GetConsoleScreenshot", InstanceAccess, ANY),
    row(CONNECT, "SendSSHPublicKey", InstanceAccess, ANY),
    row(CONNECT, "SendSerialConsoleSSHPublicKey", InstanceAccess, ANY),
    row(CONNECT, "OpenTunnel", InstanceAccess, ANY),
    row(SSM, "SendCommand", InstanceAccess, ANY),
    row(SSM, "StartSession", InstanceAccess, ANY),
    row(SSM, "ResumeSession", InstanceAccess, ANY),
    row(SSM, "StartAutomationExecution", InstanceAccess, ANY),
    // Settings of a region.
    row(EC2, "EnableSerialConsoleAccess", SettingModify, &["config.SerialConsoleAccessEnabled"]),
    row(EC2, "DisableSerialConsoleAccess", SettingModify, &["config.SerialConsoleAccessEnabled"]),
    row(
        EC2,
        "EnableEbsEncryptionByDefault",
        SettingModify,
        &["config.EbsEncryptionByDefault", "config.SseType"],
    ),
    row(
        EC2,
        "DisableEbsEncryptionByDefault",
        SettingModify,
        &["config.EbsEncryptionByDefault", "config.SseType"],
    ),
    row(EC2, "ModifyEbsDefaultKmsKeyId", SettingModify, &["config.KmsKeyId"]),
    row(EC2, "ResetEbsDefaultKmsKeyId", SettingModify, &["config.KmsKeyId"]),
    row(EC2, "EnableSnapshotBlockPublicAccess", SettingModify, &["config.State"]),
    row(EC2, "DisableSnapshotBlockPublicAccess", SettingModify, &["config.State"]),
    row(EC2, "EnableImageBlockPublicAccess", SettingModify, &["config.ImageBlockPublicAccessState"]),
    row(EC2, "DisableImageBlockPublicAccess", SettingModify, &["config.ImageBlockPublicAccessState"]),
    row(EC2, "ModifyInstanceMetadataDefaults", SettingModify, &["config.AccountLevel"]),
    row(EC2, "EnableAllowedImagesSettings", SettingModify, &["config.State"]),
    row(EC2, "DisableAllowedImagesSettings", SettingModify, &["config.State"]),
    row(EC2, "ReplaceImageCriteriaInAllowedImagesSettings", SettingModify, &["config.ImageCriteria"]),
    row(EC2, "ModifyManagedResourceVisibility", SettingModify, &["config.Visibility"]),
    row(EC2, "ModifyAvailabilityZoneGroup", SettingModify, ANY),
    row(EC2, "ModifyDefaultCreditSpecification", SettingModify, ANY),
    // Nothing of theirs is an instance, whatever their names say.
    row(EC2, "CreateInstanceEventWindow", Other, ANY),
    row(EC2, "ModifyInstanceEventWindow", Other, ANY),
    row(EC2, "DeleteInstanceEventWindow", Other, ANY),
    row(EC2, "AssociateInstanceEventWindow", Other, ANY),
    row(EC2, "DisassociateInstanceEventWindow", Other, ANY),
    row(EC2, "RegisterInstanceEventNotificationAttributes", Other, ANY),
    row(EC2, "DeregisterInstanceEventNotificationAttributes", Other, ANY),
    row(EC2, "PurchaseReservedInstancesOffering", Other, ANY),
    row(EC2, "ModifyReservedInstances", Other, ANY),
    row(EC2, "CreateReservedInstancesListing", Other, ANY),
    row(EC2, "CancelReservedInstancesListing", Other, ANY),
    row(EC2, "DeleteQueuedReservedInstances", Other, ANY),
    // Regions, accounts and quotas.
    row(ACCOUNT, "EnableRegion", RegionEnable, &["config.OptInStatus"]),
    row(ACCOUNT, "DisableRegion", RegionDisable, &["config.OptInStatus"]),
    row(QUOTAS, "RequestServiceQuotaIncrease", QuotaRequest, ANY),
    row(QUOTAS, "PutServiceQuotaIncreaseRequestIntoTemplate", QuotaRequest, ANY),
    row(QUOTAS, "AssociateServiceQuotaTemplate", QuotaRequest, ANY),
    row(QUOTAS, "StartAutoManagement", QuotaRequest, ANY),
    row(QUOTAS, "UpdateAutoManagement", QuotaRequest, ANY),
    row(QUOTAS, "StopAutoManagement", QuotaRequest, ANY),
    row(QUOTAS, "UpdateServiceQuotaIncreaseRequestStatus", QuotaGranted, ANY),
    row(SUPPORT, "CreateCase", QuotaRequest, ANY),
    // Backups.
    row(RBIN, "CreateRule", ProtectAdd, ANY),
    row(RBIN, "LockRule", ProtectAdd, ANY),
    row(RBIN, "UpdateRule", ProtectRemove, ANY),
    row(RBIN, "DeleteRule", ProtectRemove, ANY),
    row(RBIN, "UnlockRule", ProtectRemove, ANY),
    row(DLM, "CreateLifecyclePolicy", SettingModify, ANY),
    row(DLM, "UpdateLifecyclePolicy", BackupTamper, ANY),
    row(DLM, "DeleteLifecyclePolicy", BackupTamper, ANY),
    row(BACKUP, "StartRestoreJob", BackupRestore, ANY),
    row(BACKUP, "RestoreStarted", BackupRestore, ANY),
    row(BACKUP, "RestoreCompleted", BackupRestore, ANY),
    row(BACKUP, "DeleteRecoveryPoint", BackupTamper, ANY),
    row(BACKUP, "UpdateRecoveryPointLifecycle", BackupTamper, ANY),
    row(BACKUP, "DisassociateRecoveryPoint", BackupTamper, ANY),
    row(BACKUP, "DisassociateRecoveryPointFromParent", BackupTamper, ANY),
    row(BACKUP, "DeleteBackupVault", BackupTamper, ANY),
    row(BACKUP, "DeleteBackupVaultLockConfiguration", BackupTamper, ANY),
    row(BACKUP, "PutBackupVaultAccessPolicy", BackupTamper, ANY),
    row(BACKUP, "DeleteBackupVaultAccessPolicy", BackupTamper, ANY),
    row(BACKUP, "UpdateBackupPlan", BackupTamper, ANY),
    row(BACKUP, "DeleteBackupPlan", BackupTamper, ANY),
    row(BACKUP, "DeleteBackupSelection", BackupTamper, ANY),
    row(BACKUP, "BackupSelectionDeletedDueToSLRDeletion", BackupTamper, ANY),
    row(BACKUP, "StopBackupJob", BackupTamper, ANY),
    row(BACKUP, "PutBackupVaultLockConfiguration", ProtectAdd, ANY),
    row(BACKUP, "StartBackupJob", SnapshotCreate, ANY),
    row(BACKUP, "BackupJobStarted", SnapshotCreate, ANY),
    row(BACKUP, "BackupJobCompleted", SnapshotCreate, ANY),
    row(BACKUP, "StartCopyJob", SnapshotCopy, ANY),
    row(BACKUP, "CopyJobStarted", SnapshotCopy, ANY),
    row(BACKUP, "CopyJobCompleted", SnapshotCopy, ANY),
    row(BACKUP, "BackupDeleted", SnapshotDelete, ANY),
    row(BACKUP, "BackupTransitionedToCold", SnapshotModify, TIER),
    // Logs.
    row(TRAIL, "StopLogging", LogTamper, ANY),
    row(TRAIL, "DeleteTrail", LogTamper, ANY),
    row(TRAIL, "UpdateTrail", LogTamper, ANY),
    row(TRAIL, "PutEventSelectors", LogTamper, ANY),
    row(TRAIL, "PutInsightSelectors", LogTamper, ANY),
    row(TRAIL, "DeleteEventDataStore", LogTamper, ANY),
    row(TRAIL, "StopEventDataStoreIngestion", LogTamper, ANY),
    row(TRAIL, "UpdateEventDataStore", LogTamper, ANY),
    row(TRAIL, "DeregisterOrganizationDelegatedAdmin", LogTamper, ANY),
    row(TRAIL, "StartLogging", LogRestore, ANY),
    row(TRAIL, "CreateTrail", LogRestore, ANY),
    row(TRAIL, "CreateEventDataStore", LogRestore, ANY),
    row(TRAIL, "RestoreEventDataStore", LogRestore, ANY),
    row(TRAIL, "StartEventDataStoreIngestion", LogRestore, ANY),
    row(TRAIL, "RegisterOrganizationDelegatedAdmin", LogRestore, ANY),
    row(CONFIG, "StopConfigurationRecorder", LogTamper, ANY),
    row(CONFIG, "DeleteConfigurationRecorder", LogTamper, ANY),
    row(CONFIG, "DeleteDeliveryChannel", LogTamper, ANY),
    row(CONFIG, "StartConfigurationRecorder", LogRestore, ANY),
    row(GUARDDUTY, "DeleteDetector", LogTamper, ANY),
    row(GUARDDUTY, "UpdateDetector", LogTamper, ANY),
    row(GUARDDUTY, "StopMonitoringMembers", LogTamper, ANY),
    row(GUARDDUTY, "CreateDetector", LogRestore, ANY),
    row(GUARDDUTY, "StartMonitoringMembers", LogRestore, ANY),
    row(EC2, "DeleteFlowLogs", LogTamper, ANY),
    row(EC2, "CreateFlowLogs", LogRestore, ANY),
    row(S3, "DeleteBucket", LogTamper, ANY),
    row(S3, "PutBucketLifecycle", LogTamper, ANY),
    row(S3, "PutBucketLifecycleConfiguration", LogTamper, ANY),
    row(S3, "DeleteObject", LogTamper, ANY),
    // Rights.
    row(IAM, "CreateUser", IamGrant, ANY),
    row(IAM, "CreateRole", IamGrant, ANY),
    row(IAM, "CreateServiceLinkedRole", IamGrant, ANY),
    row(IAM, "CreateAccessKey", IamGrant, ANY),
    row(IAM, "UpdateAccessKey", IamGrant, ANY),
    row(IAM, "CreateLoginProfile", IamGrant, ANY),
    row(IAM, "UpdateLoginProfile", IamGrant, ANY),
    row(IAM, "PutUserPolicy", IamGrant, ANY),
    row(IAM, "PutRolePolicy", IamGrant, ANY),
    row(IAM, "PutGroupPolicy", IamGrant, ANY),
    row(IAM, "AttachUserPolicy", IamGrant, ANY),
    row(IAM, "AttachRolePolicy", IamGrant, ANY),
    row(IAM, "AttachGroupPolicy", IamGrant, ANY),
    row(IAM, "CreatePolicyVersion", IamGrant, ANY),
    row(IAM, "SetDefaultPolicyVersion", IamGrant, ANY),
    row(IAM, "AddUserToGroup", IamGrant, ANY),
    row(IAM, "UpdateAssumeRolePolicy", IamGrant, ANY),
    row(IAM, "CreateInstanceProfile", IamGrant, ANY),
    row(IAM, "AddRoleToInstanceProfile", IamGrant, ANY),
    row(IAM, "DeleteUserPermissionsBoundary", IamGrant, ANY),
    row(IAM, "PutUserPermissionsBoundary", IamGrant, ANY),
    row(IAM, "DeleteRolePermissionsBoundary", IamGrant, ANY),
    row(IAM, "PutRolePermissionsBoundary", IamGrant, ANY),
    row(IAM, "CreateSAMLProvider", IamGrant, ANY),
    row(IAM, "UpdateSAMLProvider", IamGrant, ANY),
    row(IAM, "CreateOpenIDConnectProvider", IamGrant, ANY),
    row(IAM, "DeleteUser", IamRevoke, ANY),
    row(IAM, "DeleteRole", IamRevoke, ANY),
    row(IAM, "DeleteAccessKey", IamRevoke, ANY),
    row(IAM, "DeleteLoginProfile", IamRevoke, ANY),
    row(IAM, "DeleteUserPolicy", IamRevoke, ANY),
    row(IAM, "DeleteRolePolicy", IamRevoke, ANY),
    row(IAM, "DeleteGroupPolicy", IamRevoke, ANY),
    row(IAM, "DetachUserPolicy", IamRevoke, ANY),
    row(IAM, "DetachRolePolicy", IamRevoke, ANY),
    row(IAM, "DetachGroupPolicy", IamRevoke, ANY),
    row(IAM, "DeletePolicy", IamRevoke, ANY),
    row(IAM, "DeletePolicyVersion", IamRevoke, ANY),
    row(IAM, "RemoveUserFromGroup", IamRevoke, ANY),
    row(IAM, "RemoveRoleFromInstanceProfile", IamRevoke, ANY),
    row(IAM, "DeleteInstanceProfile", IamRevoke, ANY),
    row(IAM, "DeleteGroup", IamRevoke, ANY),
    row(IAM, "DeactivateMFADevice", ProtectRemove, ANY),
    row(ORGANIZATIONS, "DetachPolicy", IamGrant, ANY),
    row(ORGANIZATIONS, "UpdatePolicy", IamGrant, ANY),
    row(ORGANIZATIONS, "DeletePolicy", IamGrant, ANY),
    row(ORGANIZATIONS, "DisablePolicyType", IamGrant, ANY),
    row(ORGANIZATIONS, "LeaveOrganization", IamGrant, ANY),
    row(ORGANIZATIONS, "MoveAccount", IamGrant, ANY),
    row(ORGANIZATIONS, "RemoveAccountFromOrganization", IamGrant, ANY),
    row(ORGANIZATIONS, "AttachPolicy", IamRevoke, ANY),
    row(ORGANIZATIONS, "EnablePolicyType", IamRevoke, ANY),
    row(ORGANIZATIONS, "CloseAccount", GroupDelete, ANY),
    row(ORGANIZATIONS, "DeleteOrganization", GroupDelete, ANY),
    row(STS, "AssumeRole", IamAssume, ANY),
    row(STS, "AssumeRoleWithSAML", IamAssume, ANY),
    row(STS, "AssumeRoleWithWebIdentity", IamAssume, ANY),
    row(STS, "AssumeRoot", IamAssume, ANY),
    row(STS, "GetFederationToken", IamAssume, ANY),
    row(STS, "GetSessionToken", IamAssume, ANY),
    row(KMS, "CreateGrant", IamGrant, ANY),
    row(KMS, "PutKeyPolicy", IamGrant, ANY),
    row(KMS, "RevokeGrant", IamRevoke, ANY),
    row(KMS, "RetireGrant", IamRevoke, ANY),
    row(KMS, "ScheduleKeyDeletion", BackupTamper, ANY),
    row(KMS, "DisableKey", BackupTamper, ANY),
    row(KMS, "DeleteImportedKeyMaterial", BackupTamper, ANY),
    row(KMS, "CancelKeyDeletion", Other, ANY),
    row(KMS, "EnableKey", Other, ANY),
    // Groups.
    row(AUTOSCALING, "CreateAutoScalingGroup", GroupScale, ANY),
    row(AUTOSCALING, "UpdateAutoScalingGroup", GroupScale, ANY),
    row(AUTOSCALING, "DeleteAutoScalingGroup", GroupScale, ANY),
    row(AUTOSCALING, "SetDesiredCapacity", GroupScale, ANY),
    row(AUTOSCALING, "ExecutePolicy", GroupScale, ANY),
    row(AUTOSCALING, "StartInstanceRefresh", GroupScale, ANY),
    row(AUTOSCALING, "RollbackInstanceRefresh", GroupScale, ANY),
    row(AUTOSCALING, "CancelInstanceRefresh", GroupScale, ANY),
    row(AUTOSCALING, "AttachInstances", GroupScale, ANY),
    row(AUTOSCALING, "DetachInstances", GroupScale, ANY),
    row(AUTOSCALING, "EnterStandby", GroupScale, ANY),
    row(AUTOSCALING, "ExitStandby", GroupScale, ANY),
    row(AUTOSCALING, "SetInstanceProtection", GroupScale, ANY),
    row(AUTOSCALING, "SetInstanceHealth", GroupScale, ANY),
    row(AUTOSCALING, "SuspendProcesses", GroupScale, ANY),
    row(AUTOSCALING, "ResumeProcesses", GroupScale, ANY),
    row(AUTOSCALING, "CreateLaunchConfiguration", GroupScale, ANY),
    row(AUTOSCALING, "DeleteLaunchConfiguration", GroupScale, ANY),
    row(AUTOSCALING, "TerminateInstanceInAutoScalingGroup", InstanceDelete, ANY),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_stands_once_and_its_service_is_of_interest() {
        let names: BTreeSet<_> = OPERATIONS.iter().map(|row| (row.service, row.name)).collect();
        assert_eq!(names.len(), OPERATIONS.len());
        for row in OPERATIONS {
            assert_eq!(interest(row.service, row.name), Interest::Known(row), "{}", row.name);
        }
    }

    #[test]
    fn what_only_reads_is_known_by_its_verb_unless_a_row_names_it() {
        assert_eq!(interest(EC2, "DescribeInstances"), Interest::None(Ignored::ReadOnly));
        assert_eq!(interest(IAM, "ListUsers"), Interest::None(Ignored::ReadOnly));
        assert!(matches!(interest(EC2, "GetPasswordData"), Interest::Known(_)));
        assert_eq!(interest(EC2, "ModifyManagedPrefixList"), Interest::Unknown(Unlisted::Guessed));
        assert_eq!(interest(EC2, "Listen"), Interest::Unknown(Unlisted::Guessed));
    }

    #[test]
    fn a_service_is_of_interest_as_a_whole_or_for_its_rows() {
        assert_eq!(interest("rds.amazonaws.com", "CreateDBInstance"), Interest::None(Ignored::OtherService));
        assert_eq!(interest(S3, "PutObject"), Interest::None(Ignored::OtherService));
        assert_eq!(interest(S3, "GetObject"), Interest::None(Ignored::ReadOnly));
        assert_eq!(interest(KMS, "CreateAlias"), Interest::None(Ignored::OtherService));
        assert_eq!(interest(IAM, "TagInstanceProfile"), Interest::Unknown(Unlisted::Other));
        assert_eq!(interest(EC2, "FrobnicateVolume"), Interest::Unknown(Unlisted::Guessed));
    }
}
