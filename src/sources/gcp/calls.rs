//! The operations of Compute Engine, Resource Manager and Cloud Logging that a scan makes.
//!
//! Names and permissions are those of the API reference (SEMANTICS G.3).

use crate::model::Kind;
use crate::sources::live::Call;

/// Every operation, in the order in which policies print them.
pub(super) const CALLS: &[&Call] = &[
    &TOKEN,
    &PROJECTS_SEARCH,
    &PROJECTS_LIST,
    &FOLDERS_LIST,
    &PROJECTS_GET,
    &REGIONS_LIST,
    &SNAPSHOTS_LIST,
    &SNAPSHOTS_GET,
    &SNAPSHOTS_POLICY,
    &REGION_SNAPSHOTS_LIST,
    &REGION_SNAPSHOTS_GET,
    &REGION_SNAPSHOTS_POLICY,
    &INSTANT_SNAPSHOTS_LIST,
    &INSTANT_SNAPSHOTS_GET,
    &REGION_INSTANT_SNAPSHOTS_GET,
    &DISKS_LIST,
    &DISKS_GET,
    &DISKS_POLICY,
    &REGION_DISKS_GET,
    &REGION_DISKS_POLICY,
    &INSTANCES_LIST,
    &INSTANCES_GET,
    &IMAGES_LIST,
    &IMAGES_GET,
    &IMAGES_POLICY,
    &MACHINE_IMAGES_LIST,
    &MACHINE_IMAGES_GET,
    &MACHINE_IMAGES_POLICY,
    &RESOURCE_POLICIES_LIST,
    &RESOURCE_POLICIES_GET,
    &SNAPSHOT_SETTINGS_GET,
    &SINKS_LIST,
    &PROJECTS_POLICY,
    &ROLES_LIST,
    &ROLES_GET,
    &ENTRIES_LIST,
];

/// An operation that is made for one kind, or for every scan.
const fn call(
    name: &'static str,
    permissions: &'static [&'static str],
    kinds: &'static [Kind],
    tells: &'static str,
) -> Call {
    Call { name, permissions, kinds, option: None, tells }
}

/// An operation that the entry's choice of projects asks for.
const fn enumeration(name: &'static str, permissions: &'static [&'static str], tells: &'static str) -> Call {
    Call { option: Some("projects"), ..call(name, permissions, &[], tells) }
}

/// An operation that tells one resource's IAM policy.
const fn policy(name: &'static str, permissions: &'static [&'static str], kinds: &'static [Kind]) -> Call {
    Call { option: Some("iam-policies"), ..call(name, permissions, kinds, "who may use one of them") }
}

pub(super) static TOKEN: Call =
    call("oauth2.token", &[], &[], "whether the credentials are good for an access token");

/// What an entry does that says nothing of projects.
pub(super) static PROJECTS_SEARCH: Call =
    call("projects.search", &["resourcemanager.projects.get"], &[], "the projects that the credentials see");

pub(super) static PROJECTS_LIST: Call =
    enumeration("projects.list", &["resourcemanager.projects.list"], "the projects of a folder");

pub(super) static FOLDERS_LIST: Call =
    enumeration("folders.list", &["resourcemanager.folders.list"], "the folders of a folder");

pub(super) static PROJECTS_GET: Call = call(
    "projects.get",
    &["compute.projects.get"],
    &[],
    "whether the API is on, what all instances of the project depend on, and its quotas",
);

/// The kinds for which the regions must be known.
const OF_REGIONS: &[Kind] = &[Kind::Snapshot, Kind::Region, Kind::Quota];

pub(super) static REGIONS_LIST: Call = call(
    "regions.list",
    &["compute.regions.list"],
    OF_REGIONS,
    "the regions, each with snapshots and quotas",
);

pub(super) static SNAPSHOTS_LIST: Call =
    call("snapshots.list", &["compute.snapshots.list"], &[Kind::Snapshot], "global snapshots");

pub(super) static SNAPSHOTS_GET: Call =
    call("snapshots.get", &["compute.snapshots.get"], &[Kind::Snapshot], GONE);

pub(super) static SNAPSHOTS_POLICY: Call =
    policy("snapshots.getIamPolicy", &["compute.snapshots.getIamPolicy"], &[Kind::Snapshot]);

pub(super) static REGION_SNAPSHOTS_LIST: Call =
    call("regionSnapshots.list", &["compute.snapshots.list"], &[Kind::Snapshot], "snapshots of a region");

pub(super) static REGION_SNAPSHOTS_GET: Call =
    call("regionSnapshots.get", &["compute.snapshots.get"], &[Kind::Snapshot], GONE);

pub(super) static REGION_SNAPSHOTS_POLICY: Call =
    policy("regionSnapshots.getIamPolicy", &["compute.snapshots.getIamPolicy"], &[Kind::Snapshot]);

pub(super) static INSTANT_SNAPSHOTS_LIST: Call = call(
    "instantSnapshots.aggregatedList",
    &["compute.instantSnapshots.list"],
    &[Kind::InstantSnapshot],
    "instant snapshots",
);

pub(super) static INSTANT_SNAPSHOTS_GET: Call =
    call("instantSnapshots.get", &["compute.instantSnapshots.get"], &[Kind::InstantSnapshot], GONE);

pub(super) static REGION_INSTANT_SNAPSHOTS_GET: Call =
    call("regionInstantSnapshots.get", &["compute.instantSnapshots.get"], &[Kind::InstantSnapshot], GONE);

pub(super) static DISKS_LIST: Call = call(
    "disks.aggregatedList",
    &["compute.disks.list"],
    &[Kind::Volume],
    "disks, and what they were made from",
);

pub(super) static DISKS_GET: Call = call("disks.get", &["compute.disks.get"], &[Kind::Volume], GONE);

pub(super) static DISKS_POLICY: Call =
    policy("disks.getIamPolicy", &["compute.disks.getIamPolicy"], &[Kind::Volume]);

pub(super) static REGION_DISKS_GET: Call =
    call("regionDisks.get", &["compute.disks.get"], &[Kind::Volume], GONE);

pub(super) static REGION_DISKS_POLICY: Call =
    policy("regionDisks.getIamPolicy", &["compute.disks.getIamPolicy"], &[Kind::Volume]);

pub(super) static INSTANCES_LIST: Call = call(
    "instances.aggregatedList",
    &["compute.instances.list"],
    &[Kind::Instance],
    "instances and their state",
);

pub(super) static INSTANCES_GET: Call =
    call("instances.get", &["compute.instances.get"], &[Kind::Instance], GONE);

pub(super) static IMAGES_LIST: Call =
    call("images.list", &["compute.images.list"], &[Kind::Image], "the project's own images");

pub(super) static IMAGES_GET: Call = call("images.get", &["compute.images.get"], &[Kind::Image], GONE);

pub(super) static IMAGES_POLICY: Call =
    policy("images.getIamPolicy", &["compute.images.getIamPolicy"], &[Kind::Image]);

pub(super) static MACHINE_IMAGES_LIST: Call =
    call("machineImages.list", &["compute.machineImages.list"], &[Kind::MachineImage], "machine images");

pub(super) static MACHINE_IMAGES_GET: Call =
    call("machineImages.get", &["compute.machineImages.get"], &[Kind::MachineImage], GONE);

pub(super) static MACHINE_IMAGES_POLICY: Call =
    policy("machineImages.getIamPolicy", &["compute.machineImages.getIamPolicy"], &[Kind::MachineImage]);

pub(super) static RESOURCE_POLICIES_LIST: Call = call(
    "resourcePolicies.aggregatedList",
    &["compute.resourcePolicies.list"],
    &[Kind::ResourcePolicy],
    "snapshot schedules and other resource policies",
);

pub(super) static RESOURCE_POLICIES_GET: Call =
    call("resourcePolicies.get", &["compute.resourcePolicies.get"], &[Kind::ResourcePolicy], GONE);

pub(super) static SNAPSHOT_SETTINGS_GET: Call = call(
    "snapshotSettings.get",
    &["compute.snapshotSettings.get"],
    &[Kind::Setting],
    "where snapshots are kept unless somebody says otherwise",
);

pub(super) static SINKS_LIST: Call =
    call("sinks.list", &["logging.sinks.list"], &[Kind::AuditLog], "which logs are kept, and where");

pub(super) static PROJECTS_POLICY: Call = call(
    "projects.getIamPolicy",
    &["resourcemanager.projects.getIamPolicy"],
    &[Kind::Grant],
    "who holds which role",
);

pub(super) static ROLES_LIST: Call =
    call("projects.roles.list", &["iam.roles.list"], &[Kind::Grant], "what each role of the project allows");

pub(super) static ROLES_GET: Call =
    call("roles.get", &["iam.roles.get"], &[Kind::Grant], "what a role from elsewhere allows");

pub(super) static ENTRIES_LIST: Call =
    call("entries.list", &["logging.logEntries.list"], &[], "who did what, in the last 400 days");

/// What the lookup of one resource tells.
const GONE: &str = "whether one that the list lacks is gone";
