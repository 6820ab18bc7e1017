//! The operations of EC2, STS, Organizations, Service Quotas, CloudTrail and S3 that a scan makes.

use crate::model::Kind;
use crate::sources::live::Call;

/// Every operation, in the order in which policies print them.
pub(super) const CALLS: &[&Call] = &[
    &GET_CALLER_IDENTITY,
    &ASSUME_ROLE,
    &ASSUME_MEMBER_ROLE,
    &LIST_ACCOUNTS,
    &DESCRIBE_REGIONS,
    &DESCRIBE_INSTANCES,
    &DESCRIBE_INSTANCE_TYPES,
    &DESCRIBE_REPLACE_ROOT_VOLUME_TASKS,
    &DESCRIBE_INSTANCE_ATTRIBUTE,
    &DESCRIBE_USER_DATA,
    &DESCRIBE_VOLUMES,
    &DESCRIBE_SNAPSHOTS,
    &DESCRIBE_SNAPSHOT_ATTRIBUTE,
    &DESCRIBE_IMAGES,
    &DESCRIBE_IMAGE_ATTRIBUTE,
    &LIST_SNAPSHOTS_IN_RECYCLE_BIN,
    &LIST_IMAGES_IN_RECYCLE_BIN,
    &LIST_VOLUMES_IN_RECYCLE_BIN,
    &GET_EBS_ENCRYPTION_BY_DEFAULT,
    &GET_EBS_DEFAULT_KMS_KEY_ID,
    &GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE,
    &GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE,
    &GET_SERIAL_CONSOLE_ACCESS_STATUS,
    &GET_INSTANCE_METADATA_DEFAULTS,
    &GET_ALLOWED_IMAGES_SETTINGS,
    &GET_MANAGED_RESOURCE_VISIBILITY,
    &LIST_SERVICE_QUOTAS,
    &DESCRIBE_TRAILS,
    &GET_TRAIL_STATUS,
    &GET_EVENT_SELECTORS,
    &GET_ACCOUNT_AUTHORIZATION_DETAILS,
    &LOOKUP_EVENTS,
    &LIST_OBJECTS,
    &GET_OBJECT,
    &LIST_PUBLIC_KEYS,
];

/// The kinds for which the regions must be known.
const OF_REGIONS: &[Kind] = &[
    Kind::Instance,
    Kind::Volume,
    Kind::Snapshot,
    Kind::Image,
    Kind::Recycled,
    Kind::Setting,
    Kind::Quota,
    Kind::AuditLog,
    Kind::Region,
];

/// Declares operations: `NAME: "Operation", permissions, kinds, what it tells;`, with `if "key"` at the end where
/// a configuration key asks for it.
macro_rules! calls {
    ($($id:ident: $name:literal, $permissions:expr, $kinds:expr, $tells:literal $(, if $option:literal)?;)+) => {
        $(pub(super) static $id: Call = Call {
            name: $name,
            permissions: &$permissions,
            kinds: $kinds,
            option: [$(Some($option),)? None][0],
            tells: $tells,
        };)+
    };
}

calls! {
    GET_CALLER_IDENTITY: "GetCallerIdentity", [], &[], "whose credentials they are";
    ASSUME_ROLE: "AssumeRole", ["sts:AssumeRole"], &[],
        "credentials of the role that is scanned with", if "role";
    ASSUME_MEMBER_ROLE: "AssumeRole", ["sts:AssumeRole"], &[],
        "credentials of a role in each member account", if "organization";
    LIST_ACCOUNTS: "ListAccounts", ["organizations:ListAccounts"], &[Kind::Account],
        "the accounts of the organization", if "organization";
    DESCRIBE_REGIONS: "DescribeRegions", ["ec2:DescribeRegions"], OF_REGIONS,
        "regions, and which of them the account may use";
    DESCRIBE_INSTANCES: "DescribeInstances", ["ec2:DescribeInstances"], &[Kind::Instance],
        "instances and their state";
    DESCRIBE_INSTANCE_TYPES: "DescribeInstanceTypes", ["ec2:DescribeInstanceTypes"], &[Kind::Instance],
        "which instances lose a disk when they stop";
    DESCRIBE_REPLACE_ROOT_VOLUME_TASKS: "DescribeReplaceRootVolumeTasks",
        ["ec2:DescribeReplaceRootVolumeTasks"], &[Kind::Instance], "replacements of root volumes";
    DESCRIBE_INSTANCE_ATTRIBUTE: "DescribeInstanceAttribute", ["ec2:DescribeInstanceAttribute"],
        &[Kind::Instance],
        "the termination and stop protection and the shutdown behaviour of each instance", if "instance-attributes";
    DESCRIBE_USER_DATA: "DescribeInstanceAttribute", ["ec2:DescribeInstanceAttribute"], &[Kind::Instance],
        "the user data of each instance, of which digest and length are kept", if "user-data";
    DESCRIBE_VOLUMES: "DescribeVolumes", ["ec2:DescribeVolumes"], &[Kind::Volume],
        "volumes and their attachments";
    DESCRIBE_SNAPSHOTS: "DescribeSnapshots", ["ec2:DescribeSnapshots"], &[Kind::Snapshot],
        "the account's own snapshots, and which are public";
    DESCRIBE_SNAPSHOT_ATTRIBUTE: "DescribeSnapshotAttribute", ["ec2:DescribeSnapshotAttribute"],
        &[Kind::Snapshot], "whom each snapshot is shared with", if "sharing";
    DESCRIBE_IMAGES: "DescribeImages", ["ec2:DescribeImages"], &[Kind::Image], "the account's own images";
    DESCRIBE_IMAGE_ATTRIBUTE: "DescribeImageAttribute", ["ec2:DescribeImageAttribute"], &[Kind::Image],
        "whom each image is shared with", if "sharing";
    LIST_SNAPSHOTS_IN_RECYCLE_BIN: "ListSnapshotsInRecycleBin", ["ec2:ListSnapshotsInRecycleBin"],
        &[Kind::Recycled], "deleted snapshots that can be brought back";
    LIST_IMAGES_IN_RECYCLE_BIN: "ListImagesInRecycleBin", ["ec2:ListImagesInRecycleBin"], &[Kind::Recycled],
        "deleted images that can be brought back";
    LIST_VOLUMES_IN_RECYCLE_BIN: "ListVolumesInRecycleBin", ["ec2:ListVolumesInRecycleBin"],
        &[Kind::Recycled], "deleted volumes that can be brought back";
    GET_EBS_ENCRYPTION_BY_DEFAULT: "GetEbsEncryptionByDefault", ["ec2:GetEbsEncryptionByDefault"],
        &[Kind::Setting], "whether new volumes are encrypted";
    GET_EBS_DEFAULT_KMS_KEY_ID: "GetEbsDefaultKmsKeyId", ["ec2:GetEbsDefaultKmsKeyId"], &[Kind::Setting],
        "the key that new volumes are encrypted with";
    GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE: "GetSnapshotBlockPublicAccessState",
        ["ec2:GetSnapshotBlockPublicAccessState"], &[Kind::Setting], "whether snapshots can be made public";
    GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE: "GetImageBlockPublicAccessState",
        ["ec2:GetImageBlockPublicAccessState"], &[Kind::Setting], "whether images can be made public";
    GET_SERIAL_CONSOLE_ACCESS_STATUS: "GetSerialConsoleAccessStatus", ["ec2:GetSerialConsoleAccessStatus"],
        &[Kind::Setting], "whether the serial console may be used";
    GET_INSTANCE_METADATA_DEFAULTS: "GetInstanceMetadataDefaults", ["ec2:GetInstanceMetadataDefaults"],
        &[Kind::Setting], "how new instances serve their metadata";
    GET_ALLOWED_IMAGES_SETTINGS: "GetAllowedImagesSettings", ["ec2:GetAllowedImagesSettings"],
        &[Kind::Setting], "which images may be launched";
    GET_MANAGED_RESOURCE_VISIBILITY: "GetManagedResourceVisibility", ["ec2:GetManagedResourceVisibility"],
        &[Kind::Setting], "whether listings show what other services manage";
    LIST_SERVICE_QUOTAS: "ListServiceQuotas", ["servicequotas:ListServiceQuotas"], &[Kind::Quota],
        "how much EC2 and EBS allow in each region";
    DESCRIBE_TRAILS: "DescribeTrails", ["cloudtrail:DescribeTrails"], &[Kind::AuditLog],
        "trails, and where they deliver";
    GET_TRAIL_STATUS: "GetTrailStatus", ["cloudtrail:GetTrailStatus"], &[Kind::AuditLog],
        "whether a trail records";
    GET_EVENT_SELECTORS: "GetEventSelectors", ["cloudtrail:GetEventSelectors"], &[Kind::AuditLog],
        "what a trail records";
    GET_ACCOUNT_AUTHORIZATION_DETAILS: "GetAccountAuthorizationDetails",
        ["iam:GetAccountAuthorizationDetails"], &[Kind::Grant],
        "users, groups, roles and policies: who may do what";
    LOOKUP_EVENTS: "LookupEvents", ["cloudtrail:LookupEvents"], &[], "who did what, in the last 90 days";
    LIST_OBJECTS: "ListObjectsV2", ["s3:ListBucket"], &[], "what a trail delivered", if "events";
    GET_OBJECT: "GetObject", ["s3:GetObject"], &[], "who did what, as a trail delivered it", if "events";
    LIST_PUBLIC_KEYS: "ListPublicKeys", ["cloudtrail:ListPublicKeys"], &[],
        "whether the digests of a trail are the vendor's", if "events";
}
