//! Where records name what an operation acted on (SEMANTICS E.1.3).

use super::native::Part::{self, Details, Request, Response};
use crate::model::Role::{self, AttachedTo, Created, Image, Parent, Related, Source, Subject};

/// A place that holds ids, or names.
pub(super) struct Path {
    /// The operations whose records have it.
    pub(super) operations: &'static [&'static str],
    /// The part of the record.
    pub(super) part: Part,
    /// The members that lead there, as [`super::native::at`] takes them.
    pub(super) members: &'static str,
    /// The part that it plays.
    pub(super) role: Role,
}

const fn path(operations: &'static [&'static str], part: Part, members: &'static str, role: Role) -> Path {
    Path { operations, part, members, role }
}

const RUN: &[&str] = &["RunInstances"];
const FLEET: &[&str] = &["CreateFleet"];
const SPOT: &[&str] = &["RequestSpotInstances"];
const SPOT_FLEET: &[&str] = &["RequestSpotFleet"];
const REVERT: &[&str] = &["CreateReplaceRootVolumeTask"];
const PROFILE: &[&str] = &[
    "AssociateIamInstanceProfile",
    "DisassociateIamInstanceProfile",
    "ReplaceIamInstanceProfileAssociation",
];
const ATTACH: &[&str] = &["AttachVolume", "DetachVolume"];
const TEMPLATE: &[&str] = &["CreateLaunchTemplate", "CreateLaunchTemplateVersion"];
const BACKUP: &[&str] = &["BackupJobStarted", "BackupJobCompleted"];
const BACKUP_COPY: &[&str] = &["CopyJobStarted", "CopyJobCompleted"];
const RESTORE: &[&str] = &["RestoreStarted", "RestoreCompleted"];

/// Every place of ids, by operation. The first that names an id decides the part that it plays.
pub(super) const PATHS: &[Path] = &[
    path(RUN, Request, "instancesSet/imageId", Image),
    path(RUN, Request, "imageId", Image),
    path(RUN, Request, "blockDeviceMapping/ebs/snapshotId", Source),
    path(RUN, Request, "networkInterfaceSet/networkInterfaceId", Related),
    path(RUN, Response, "instancesSet/instanceId", Created),
    path(RUN, Response, "instancesSet/imageId", Image),
    path(RUN, Response, "instancesSet/networkInterfaceSet/networkInterfaceId", Created),
    path(RUN, Response, "instancesSet/blockDeviceMapping/ebs/volumeId", Created),
    path(FLEET, Response, "fleetInstanceSet/instanceIds", Created),
    path(FLEET, Response, "fleetId", Created),
    path(SPOT, Request, "launchSpecification/imageId", Image),
    path(SPOT, Request, "launchSpecification/blockDeviceMapping/ebs/snapshotId", Source),
    path(SPOT, Response, "spotInstanceRequestSet/spotInstanceRequestId", Created),
    path(SPOT_FLEET, Request, "spotFleetRequestConfig/launchSpecifications/imageId", Image),
    path(SPOT_FLEET, Response, "spotFleetRequestId", Created),
    path(&["RunScheduledInstances"], Request, "launchSpecification/imageId", Image),
    path(&["RunScheduledInstances"], Response, "instanceIdSet", Created),
    path(&["ImportInstance"], Response, "conversionTask/importInstance/instanceId", Created),
    path(&["BidEvictedEvent"], Details, "instanceIdSet", Subject),
    path(REVERT, Request, "instanceId", Subject),
    path(REVERT, Request, "snapshotId", Source),
    path(REVERT, Request, "volumeId", Source),
    path(REVERT, Request, "imageId", Image),
    path(REVERT, Response, "replaceRootVolumeTask/instanceId", Subject),
    path(REVERT, Response, "replaceRootVolumeTask/replaceRootVolumeTaskId", Created),
    path(REVERT, Response, "replaceRootVolumeTask/snapshotId", Source),
    path(REVERT, Response, "replaceRootVolumeTask/imageId", Image),
    path(PROFILE, Response, "iamInstanceProfileAssociation/instanceId", Subject),
    path(&["ModifyInstanceCreditSpecification"], Request, "instanceCreditSpecification/instanceId", Subject),
    path(&["ModifySecurityGroupRules"], Request, "groupId", Subject),
    path(&["CreateVolume"], Request, "snapshotId", Source),
    path(&["CreateVolume"], Request, "sourceVolumeId", Source),
    path(&["CreateVolume"], Response, "volumeId", Created),
    path(&["CreateVolume"], Response, "snapshotId", Source),
    path(&["CopyVolumes"], Request, "sourceVolumeId", Source),
    path(&["CopyVolumes"], Response, "volumeSet/volumeId", Created),
    path(&["CopyVolumes"], Response, "volumes/volumeId", Created),
    path(&["ImportVolume"], Response, "conversionTask/importVolume/volume/id", Created),
    path(&["SharedSnapshotVolumeCreated", "SharedSnapshotCopyInitiated"], Details, "snapshotId", Source),
    path(ATTACH, Request, "volumeId", Subject),
    path(ATTACH, Response, "volumeId", Subject),
    path(ATTACH, Request, "instanceId", AttachedTo),
    path(ATTACH, Response, "instanceId", AttachedTo),
    path(&["ModifyVolume"], Response, "volumeModification/volumeId", Subject),
    path(&["CreateSnapshot"], Request, "volumeId", Source),
    path(&["CreateSnapshot"], Response, "snapshotId", Created),
    path(&["CreateSnapshot"], Response, "volumeId", Source),
    path(&["CreateSnapshots"], Request, "instanceSpecification/instanceId", Source),
    path(&["CreateSnapshots"], Response, "snapshotSet/snapshotId", Created),
    path(&["CreateSnapshots"], Response, "snapshotSet/volumeId", Source),
    path(&["CopySnapshot"], Request, "sourceSnapshotId", Source),
    path(&["CopySnapshot"], Response, "snapshotId", Created),
    path(&["ImportSnapshot"], Response, "snapshotTaskDetail/snapshotId", Created),
    path(&["StartSnapshot"], Request, "parentSnapshotId", Source),
    path(&["StartSnapshot"], Response, "snapshotId", Created),
    path(&["ListChangedBlocks"], Request, "firstSnapshotId", Subject),
    path(&["ListChangedBlocks"], Request, "secondSnapshotId", Subject),
    path(
        &["EnableFastSnapshotRestores", "DisableFastSnapshotRestores"],
        Request,
        "sourceSnapshotId",
        Subject,
    ),
    path(&["RegisterImage"], Request, "blockDeviceMapping/ebs/snapshotId", Source),
    path(&["RegisterImage"], Response, "imageId", Created),
    path(&["CreateImage"], Request, "instanceId", Source),
    path(&["CreateImage"], Request, "blockDeviceMapping/ebs/snapshotId", Source),
    path(
        &["CreateImage", "CopyImage", "ImportImage", "CreateRestoreImageTask"],
        Response,
        "imageId",
        Created,
    ),
    path(&["CopyImage"], Request, "sourceImageId", Source),
    path(&["ImportImage"], Request, "diskContainers/snapshotId", Source),
    path(&["ImportImage"], Request, "diskContainer/snapshotId", Source),
    path(&["BundleInstance"], Request, "instanceId", Source),
    // The snapshots that went with their image.
    path(&["DeregisterImage"], Response, "deleteSnapshotResultSet/snapshotId", Subject),
    path(TEMPLATE, Request, "launchTemplateData/imageId", Image),
    path(TEMPLATE, Request, "launchTemplateData/blockDeviceMapping/ebs/snapshotId", Source),
    path(&["CreateLaunchTemplate"], Response, "launchTemplate/launchTemplateId", Created),
    path(&["CreateTags", "DeleteTags"], Request, "resourcesSet/resourceId", Subject),
    path(&["CreateTags", "DeleteTags"], Request, "resourceId", Subject),
    path(&["StartSession"], Request, "target", Subject),
    path(&["SendCommand"], Request, "targets/values", Subject),
    path(&["StartAutomationExecution"], Request, "parameters/instanceId", Subject),
    path(&["TerminateInstanceInAutoScalingGroup"], Response, "activity/instanceId", Subject),
    path(&["DeleteRecoveryPoint", "UpdateRecoveryPointLifecycle"], Request, "recoveryPointArn", Subject),
    path(&["DisassociateRecoveryPoint"], Request, "recoveryPointArn", Subject),
    path(&["StartBackupJob"], Request, "resourceArn", Source),
    path(&["StartBackupJob"], Response, "recoveryPointArn", Created),
    path(&["StartRestoreJob", "StartCopyJob"], Request, "recoveryPointArn", Source),
    path(BACKUP, Details, "resourceArn", Source),
    path(BACKUP, Details, "recoveryPointArn", Created),
    path(BACKUP_COPY, Details, "sourceRecoveryPointArn", Source),
    path(BACKUP_COPY, Details, "destinationRecoveryPointArn", Created),
    path(RESTORE, Details, "recoveryPointArn", Source),
    path(RESTORE, Details, "createdResourceArn", Created),
    path(&["BackupDeleted", "BackupTransitionedToCold"], Details, "recoveryPointArn", Subject),
];

/// Where most requests name what they act on; they stand behind every path of an operation's own.
pub(super) const SUBJECTS: &[Path] = &[
    path(&[], Request, "instancesSet/instanceId", Subject),
    path(&[], Request, "instanceId", Subject),
    path(&[], Request, "instanceIds", Subject),
    path(&[], Request, "volumeId", Subject),
    path(&[], Request, "snapshotId", Subject),
    path(&[], Request, "imageId", Subject),
    path(&[], Request, "networkInterfaceId", Subject),
    path(&[], Request, "groupId", Subject),
    path(&[], Request, "launchTemplateId", Subject),
    path(&[], Request, "fleetId", Subject),
];

const USER: &[&str] = &[
    "CreateAccessKey",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "DeleteLoginProfile",
    "PutUserPolicy",
    "DeleteUserPolicy",
    "AttachUserPolicy",
    "DetachUserPolicy",
    "AddUserToGroup",
    "RemoveUserFromGroup",
    "DeleteUser",
    "DeactivateMFADevice",
    "PutUserPermissionsBoundary",
    "DeleteUserPermissionsBoundary",
];
const ROLE: &[&str] = &[
    "PutRolePolicy",
    "DeleteRolePolicy",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "UpdateAssumeRolePolicy",
    "AddRoleToInstanceProfile",
    "RemoveRoleFromInstanceProfile",
    "DeleteRole",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
];
const GROUP: &[&str] =
    &["PutGroupPolicy", "DeleteGroupPolicy", "AttachGroupPolicy", "DetachGroupPolicy", "DeleteGroup"];
const PROFILES: &[&str] =
    &["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "DeleteInstanceProfile"];
const VERSIONS: &[&str] =
    &["CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "DeletePolicy"];
const ATTACHED: &[&str] = &["AttachUserPolicy", "AttachRolePolicy", "AttachGroupPolicy"];
const ASSUME: &[&str] = &["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];
const TRAILS: &[&str] = &[
    "StopLogging",
    "StartLogging",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
    "PutInsightSelectors",
];
const STORES: &[&str] = &["DeleteEventDataStore", "StopEventDataStoreIngestion", "UpdateEventDataStore"];
const SCALE: &[&str] = &[
    "CreateAutoScalingGroup",
    "UpdateAutoScalingGroup",
    "DeleteAutoScalingGroup",
    "SetDesiredCapacity",
    "StartInstanceRefresh",
    "RollbackInstanceRefresh",
    "CancelInstanceRefresh",
    "SuspendProcesses",
    "ResumeProcesses",
];
const MEMBERS: &[&str] =
    &["AttachInstances", "DetachInstances", "EnterStandby", "ExitStandby", "SetInstanceProtection"];
const KEYS: &[&str] =
    &["ScheduleKeyDeletion", "DisableKey", "EnableKey", "CancelKeyDeletion", "CreateGrant", "PutKeyPolicy"];
const BUCKETS: &[&str] =
    &["DeleteBucket", "PutBucketLifecycle", "PutBucketLifecycleConfiguration", "DeleteObject"];
const VAULTS: &[&str] = &[
    "DeleteBackupVault",
    "DeleteBackupVaultLockConfiguration",
    "PutBackupVaultAccessPolicy",
    "PutBackupVaultLockConfiguration",
    "DeleteBackupVaultAccessPolicy",
];
const DETECTORS: &[&str] = &["DeleteDetector", "UpdateDetector", "StopMonitoringMembers"];
const RULES: &[&str] = &["UpdateRule", "DeleteRule", "LockRule", "UnlockRule"];
const POLICIES: &[&str] = &["UpdateLifecyclePolicy", "DeleteLifecyclePolicy"];

/// Every place of names and ARNs of what is no resource of EC2.
pub(super) const NAMES: &[Path] = &[
    path(USER, Request, "userName", Subject),
    path(&["CreateUser"], Response, "user/arn", Created),
    path(&["CreateUser"], Request, "userName", Created),
    path(ROLE, Request, "roleName", Subject),
    path(&["CreateRole", "CreateServiceLinkedRole"], Response, "role/arn", Created),
    path(&["CreateRole"], Request, "roleName", Created),
    path(GROUP, Request, "groupName", Subject),
    path(&["AddUserToGroup", "RemoveUserFromGroup"], Request, "groupName", Parent),
    path(PROFILES, Request, "instanceProfileName", Subject),
    path(VERSIONS, Request, "policyArn", Subject),
    path(ATTACHED, Request, "policyArn", Related),
    path(ASSUME, Request, "roleArn", Subject),
    path(&["GetFederationToken"], Response, "federatedUser/arn", Subject),
    path(TRAILS, Request, "name", Subject),
    path(TRAILS, Request, "trailName", Subject),
    path(&["CreateTrail"], Response, "trailARN", Created),
    path(STORES, Request, "eventDataStore", Subject),
    path(SCALE, Request, "autoScalingGroupName", Subject),
    path(MEMBERS, Request, "autoScalingGroupName", Parent),
    path(&["TerminateInstanceInAutoScalingGroup"], Response, "activity/autoScalingGroupName", Parent),
    path(KEYS, Request, "keyId", Subject),
    path(BUCKETS, Request, "bucketName", Subject),
    path(VAULTS, Request, "backupVaultName", Subject),
    path(&["DeleteBackupPlan", "UpdateBackupPlan"], Request, "backupPlanId", Subject),
    path(DETECTORS, Request, "detectorId", Subject),
    path(RULES, Request, "identifier", Subject),
    path(&["CreateRule"], Response, "identifier", Created),
    path(POLICIES, Request, "policyId", Subject),
    path(&["CreateLifecyclePolicy"], Response, "policyId", Created),
    path(&["AttachPolicy", "DetachPolicy", "UpdatePolicy", "DeletePolicy"], Request, "policyId", Subject),
];

/// The operations that change a setting of a region, with the setting as inventory names it.
pub(super) const SETTINGS: &[(&[&str], &str)] = &[
    (&["EnableEbsEncryptionByDefault", "DisableEbsEncryptionByDefault"], "ebs-encryption-by-default"),
    (&["ModifyEbsDefaultKmsKeyId", "ResetEbsDefaultKmsKeyId"], "ebs-default-kms-key-id"),
    (
        &["EnableSnapshotBlockPublicAccess", "DisableSnapshotBlockPublicAccess"],
        "snapshot-block-public-access",
    ),
    (&["EnableImageBlockPublicAccess", "DisableImageBlockPublicAccess"], "image-block-public-access"),
    (&["EnableSerialConsoleAccess", "DisableSerialConsoleAccess"], "serial-console-access"),
    (&["ModifyInstanceMetadataDefaults"], "instance-metadata-defaults"),
    (
        &[
            "EnableAllowedImagesSettings",
            "DisableAllowedImagesSettings",
            "ReplaceImageCriteriaInAllowedImagesSettings",
        ],
        "allowed-images-settings",
    ),
    (&["ModifyManagedResourceVisibility"], "managed-resource-visibility"),
];
