//! The operations of Azure Resource Manager that a scan makes.

use crate::model::Kind;
use crate::sources::live::Call;

/// Every operation, in the order in which policies print them.
pub(super) const CALLS: &[&Call] = &[
    &TOKEN,
    &SUBSCRIPTIONS_LIST,
    &SUBSCRIPTIONS_GET,
    &MANAGEMENT_GROUP_DESCENDANTS,
    &MACHINES_LIST,
    &MACHINES_STATUS,
    &MACHINES_GET,
    &DISKS_LIST,
    &DISKS_GET,
    &SNAPSHOTS_LIST,
    &SNAPSHOTS_GET,
    &IMAGES_LIST,
    &IMAGES_GET,
    &RESTORE_POINT_COLLECTIONS_LIST,
    &RESTORE_POINT_COLLECTIONS_GET,
    &DISK_RESTORE_POINTS_LIST,
    &SCALE_SETS_LIST,
    &SCALE_SET_MACHINES_LIST,
    &SCALE_SET_MACHINES_GET,
    &LOCKS_LIST,
    &LOCKS_GET,
    &POLICY_ASSIGNMENTS_LIST,
    &PROVIDERS_GET,
    &LOCATIONS_LIST,
    &USAGES_LIST,
    &DIAGNOSTIC_SETTINGS_LIST,
    &ROLE_ASSIGNMENTS_LIST,
    &ROLE_DEFINITIONS_LIST,
    &ACTIVITY_LOGS_LIST,
];

/// Asks the authority (or the machine's identity endpoint) for a token.
pub(super) static TOKEN: Call =
    Call { name: "oauth2/v2.0/token", permissions: &[], kinds: &[], option: None, tells: "an access token" };

/// Lists the subscriptions that the credential sees.
pub(super) static SUBSCRIPTIONS_LIST: Call = Call {
    name: "Subscriptions_List",
    permissions: &["Microsoft.Resources/subscriptions/read"],
    kinds: &[],
    option: None,
    tells: "subscriptions and their state",
};

/// Asks for one subscription.
pub(super) static SUBSCRIPTIONS_GET: Call = Call {
    name: "Subscriptions_Get",
    permissions: &["Microsoft.Resources/subscriptions/read"],
    kinds: &[Kind::Account],
    option: None,
    tells: "one subscription and its state",
};

/// Lists what is below a management group.
pub(super) static MANAGEMENT_GROUP_DESCENDANTS: Call = Call {
    name: "ManagementGroups_GetDescendants",
    permissions: &[
        "Microsoft.Management/managementGroups/read",
        "Microsoft.Management/managementGroups/descendants/read",
    ],
    kinds: &[],
    option: Some("subscriptions"),
    tells: "the subscriptions below a management group",
};

/// Lists machines, those of flexible scale sets among them.
pub(super) static MACHINES_LIST: Call = Call {
    name: "VirtualMachines_ListAll",
    permissions: &["Microsoft.Compute/virtualMachines/read"],
    kinds: &[Kind::Instance],
    option: None,
    tells: "virtual machines, with their disks and network interfaces",
};

/// Lists what state machines are in, which their own list does not tell.
pub(super) static MACHINES_STATUS: Call = Call {
    name: "VirtualMachines_ListAll?statusOnly=true",
    permissions: &[
        "Microsoft.Compute/virtualMachines/read",
        "Microsoft.Compute/virtualMachines/instanceView/read",
    ],
    kinds: &[Kind::Instance],
    option: None,
    tells: "the power state of virtual machines",
};

/// Asks for one machine.
pub(super) static MACHINES_GET: Call = Call {
    name: "VirtualMachines_Get",
    permissions: &[
        "Microsoft.Compute/virtualMachines/read",
        "Microsoft.Compute/virtualMachines/instanceView/read",
    ],
    kinds: &[Kind::Instance],
    option: None,
    tells: "whether a virtual machine that the list lacks is gone",
};

/// Lists managed disks.
pub(super) static DISKS_LIST: Call = Call {
    name: "Disks_List",
    permissions: &["Microsoft.Compute/disks/read"],
    kinds: &[Kind::Volume],
    option: None,
    tells: "managed disks, what they were made from and who may export them",
};

/// Asks for one managed disk.
pub(super) static DISKS_GET: Call = Call {
    name: "Disks_Get",
    permissions: &["Microsoft.Compute/disks/read"],
    kinds: &[Kind::Volume],
    option: None,
    tells: "whether a managed disk that the list lacks is gone",
};

/// Lists snapshots.
pub(super) static SNAPSHOTS_LIST: Call = Call {
    name: "Snapshots_List",
    permissions: &["Microsoft.Compute/snapshots/read"],
    kinds: &[Kind::Snapshot],
    option: None,
    tells: "snapshots, what they were taken from and who may export them",
};

/// Asks for one snapshot.
pub(super) static SNAPSHOTS_GET: Call = Call {
    name: "Snapshots_Get",
    permissions: &["Microsoft.Compute/snapshots/read"],
    kinds: &[Kind::Snapshot],
    option: None,
    tells: "whether a snapshot that the list lacks is gone",
};

/// Lists managed images.
pub(super) static IMAGES_LIST: Call = Call {
    name: "Images_List",
    permissions: &["Microsoft.Compute/images/read"],
    kinds: &[Kind::Image],
    option: None,
    tells: "managed images",
};

/// Asks for one managed image.
pub(super) static IMAGES_GET: Call = Call {
    name: "Images_Get",
    permissions: &["Microsoft.Compute/images/read"],
    kinds: &[Kind::Image],
    option: None,
    tells: "whether a managed image that the list lacks is gone",
};

/// Lists restore point collections, without what they hold.
pub(super) static RESTORE_POINT_COLLECTIONS_LIST: Call = Call {
    name: "RestorePointCollections_ListAll",
    permissions: &["Microsoft.Compute/restorePointCollections/read"],
    kinds: &[Kind::RestorePoint],
    option: None,
    tells: "restore point collections",
};

/// Asks for one restore point collection, with all that it holds.
pub(super) static RESTORE_POINT_COLLECTIONS_GET: Call = Call {
    name: "RestorePointCollections_Get",
    permissions: &[
        "Microsoft.Compute/restorePointCollections/read",
        "Microsoft.Compute/restorePointCollections/restorePoints/read",
    ],
    kinds: &[Kind::RestorePoint],
    option: None,
    tells: "restore points, where Azure Backup keeps its instant-restore snapshots",
};

/// Lists the disks of one restore point.
pub(super) static DISK_RESTORE_POINTS_LIST: Call = Call {
    name: "DiskRestorePoint_ListByRestorePoint",
    permissions: &["Microsoft.Compute/restorePointCollections/restorePoints/diskRestorePoints/read"],
    kinds: &[Kind::RestorePoint],
    option: Some("disk-restore-points"),
    tells: "which incarnation of each disk a restore point holds",
};

/// Lists scale sets.
pub(super) static SCALE_SETS_LIST: Call = Call {
    name: "VirtualMachineScaleSets_ListAll",
    permissions: &["Microsoft.Compute/virtualMachineScaleSets/read"],
    kinds: &[Kind::ScaleSetInstance],
    option: None,
    tells: "scale sets, and which of them are uniform",
};

/// Lists the machines of one uniform scale set.
pub(super) static SCALE_SET_MACHINES_LIST: Call = Call {
    name: "VirtualMachineScaleSetVMs_List",
    permissions: &[
        "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read",
        "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/instanceView/read",
    ],
    kinds: &[Kind::ScaleSetInstance],
    option: None,
    tells: "the machines of uniform scale sets, and their power state",
};

/// Asks for one machine of a uniform scale set.
pub(super) static SCALE_SET_MACHINES_GET: Call = Call {
    name: "VirtualMachineScaleSetVMs_Get",
    permissions: &[
        "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read",
        "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/instanceView/read",
    ],
    kinds: &[Kind::ScaleSetInstance],
    option: None,
    tells: "whether a scale set's machine that the list lacks is gone",
};

/// Lists the locks of a subscription, and of all that is in it.
pub(super) static LOCKS_LIST: Call = Call {
    name: "ManagementLocks_ListAtSubscriptionLevel",
    permissions: &["Microsoft.Authorization/locks/read"],
    kinds: &[Kind::Lock],
    option: None,
    tells: "management locks",
};

/// Asks for one lock.
pub(super) static LOCKS_GET: Call = Call {
    name: "ManagementLocks_GetByScope",
    permissions: &["Microsoft.Authorization/locks/read"],
    kinds: &[Kind::Lock],
    option: None,
    tells: "whether a management lock that the list lacks is gone",
};

/// Lists the policy assignments of a subscription, of what is in it, and of the groups above it.
pub(super) static POLICY_ASSIGNMENTS_LIST: Call = Call {
    name: "PolicyAssignments_List",
    permissions: &["Microsoft.Authorization/policyAssignments/read"],
    kinds: &[Kind::Setting],
    option: None,
    tells: "policy assignments, the allowed locations among them",
};

/// Asks for the registration of Microsoft.Compute.
pub(super) static PROVIDERS_GET: Call = Call {
    name: "Providers_Get",
    permissions: &["Microsoft.Resources/subscriptions/providers/read"],
    kinds: &[Kind::Setting, Kind::Quota],
    option: None,
    tells: "whether a subscription has compute, and which locations tell quotas",
};

/// Lists the locations that a subscription may use.
pub(super) static LOCATIONS_LIST: Call = Call {
    name: "Subscriptions_ListLocations",
    permissions: &["Microsoft.Resources/subscriptions/locations/read"],
    kinds: &[Kind::Region],
    option: None,
    tells: "the locations that a subscription may use",
};

/// Lists the quotas of one location.
pub(super) static USAGES_LIST: Call = Call {
    name: "Usage_List",
    permissions: &["Microsoft.Compute/locations/usages/read"],
    kinds: &[Kind::Quota],
    option: None,
    tells: "how much compute each location allows",
};

/// Lists the diagnostic settings of a subscription.
pub(super) static DIAGNOSTIC_SETTINGS_LIST: Call = Call {
    name: "SubscriptionDiagnosticSettings_List",
    permissions: &["Microsoft.Insights/diagnosticSettings/read"],
    kinds: &[Kind::AuditLog],
    option: None,
    tells: "which categories of the Activity Log are kept, and where",
};

/// Lists who holds which role, in the subscription, below it and above it.
pub(super) static ROLE_ASSIGNMENTS_LIST: Call = Call {
    name: "RoleAssignments_ListForSubscription",
    permissions: &["Microsoft.Authorization/roleAssignments/read"],
    kinds: &[Kind::Grant],
    option: None,
    tells: "who holds which role",
};

/// Lists what each role allows.
pub(super) static ROLE_DEFINITIONS_LIST: Call = Call {
    name: "RoleDefinitions_List",
    permissions: &["Microsoft.Authorization/roleDefinitions/read"],
    kinds: &[Kind::Grant],
    option: None,
    tells: "what each role allows",
};

/// Lists what the Activity Log of a subscription holds.
///
/// The action is the one that is registered, without the segment `management` of the path, which is the name of an
/// event type: a role with an action that is not registered is refused.
pub(super) static ACTIVITY_LOGS_LIST: Call = Call {
    name: "ActivityLogs_List",
    permissions: &["Microsoft.Insights/eventtypes/values/read"],
    kinds: &[],
    option: None,
    tells: "who did what, in the last 90 days",
};
