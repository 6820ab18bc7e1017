//! The table of operations (SEMANTICS E.2.6), and what becomes of one that it does not know.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::model::{Class, Confidence};
use crate::sources::{Ignored, Operation, guess};

/// Declares operations, service by service; `[…]` holds what an operation touches.
macro_rules! operations {
    ($($service:literal { $($name:literal $class:ident $([$($touched:literal),+])?,)+ })+) => {
        &[$($(Operation {
            service: $service,
            name: concat!($service, "/", $name),
            class: Class::$class,
            touches: &[$($($touched),+)?],
        },)+)+]
    };
}

/// Every operation whose class is known, first match first; one `*` in a name stands for anything.
///
/// `…/write` both makes and changes: the class says which of the two it is where a record does not tell
/// ([`super::class::refined`]).
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation] = operations! {
    "Microsoft.Compute" {
        "virtualMachines/write" InstanceModify,
        "virtualMachines/delete" InstanceDelete,
        "virtualMachines/start/action" InstanceStart ["state"],
        "virtualMachines/powerOff/action" InstanceStop ["state"],
        "virtualMachines/deallocate/action" InstanceStop ["state"],
        "virtualMachines/hibernate/action" InstanceStop ["state"],
        "virtualMachines/restart/action" InstanceReboot ["state"],
        "virtualMachines/redeploy/action" InstanceReboot ["state"],
        "virtualMachines/performMaintenance/action" InstanceReboot ["state"],
        "virtualMachines/reapply/action" InstanceReboot ["state"],
        "virtualMachines/reimage/action" InstanceRevert,
        "virtualMachines/attachDetachDataDisks/action" InstanceModify ["links.attached", "config.storageProfile.dataDisks"],
        "virtualMachines/convertToManagedDisks/action" InstanceModify ["links.", "config.storageProfile."],
        "virtualMachines/generalize/action" InstanceModify ["state"],
        "virtualMachines/capture/action" InstanceModify ["state"],
        "virtualMachines/simulateEviction/action" InstanceModify ["state"],
        "virtualMachines/installPatches/action" InstanceModify ["state"],
        "virtualMachines/extensions/write" InstanceModify ["config.resources"],
        "virtualMachines/extensions/delete" InstanceModify ["config.resources"],
        "virtualMachines/runCommand/action" InstanceAccess,
        "virtualMachines/runCommands/write" InstanceAccess,
        "virtualMachines/runCommands/delete" InstanceAccess,
        "virtualMachines/retrieveBootDiagnosticsData/action" InstanceAccess,
        "virtualMachineScaleSets/write" GroupScale,
        "virtualMachineScaleSets/delete" GroupDelete,
        "virtualMachineScaleSets/delete/action" InstanceDelete,
        "virtualMachineScaleSets/start/action" InstanceStart ["state"],
        "virtualMachineScaleSets/powerOff/action" InstanceStop ["state"],
        "virtualMachineScaleSets/deallocate/action" InstanceStop ["state"],
        "virtualMachineScaleSets/restart/action" InstanceReboot ["state"],
        "virtualMachineScaleSets/redeploy/action" InstanceReboot ["state"],
        "virtualMachineScaleSets/performMaintenance/action" InstanceReboot ["state"],
        "virtualMachineScaleSets/reimage/action" InstanceRevert,
        "virtualMachineScaleSets/reimageAll/action" InstanceRevert,
        "virtualMachineScaleSets/manualUpgrade/action" InstanceModify,
        "virtualMachineScaleSets/*/runCommand/action" InstanceAccess,
        "virtualMachineScaleSets/*/runCommands/write" InstanceAccess,
        "virtualMachineScaleSets/*/retrieveBootDiagnosticsData/action" InstanceAccess,
        "virtualMachineScaleSets/virtualMachines/write" InstanceModify,
        "virtualMachineScaleSets/virtualMachines/delete" InstanceDelete,
        "virtualMachineScaleSets/virtualMachines/start/action" InstanceStart ["state"],
        "virtualMachineScaleSets/virtualMachines/powerOff/action" InstanceStop ["state"],
        "virtualMachineScaleSets/virtualMachines/deallocate/action" InstanceStop ["state"],
        "virtualMachineScaleSets/virtualMachines/restart/action" InstanceReboot ["state"],
        "virtualMachineScaleSets/virtualMachines/redeploy/action" InstanceReboot ["state"],
        "virtualMachineScaleSets/virtualMachines/performMaintenance/action" InstanceReboot ["state"],
        "virtualMachineScaleSets/virtualMachines/reimage/action" InstanceRevert,
        "virtualMachineScaleSets/virtualMachines/reimageAll/action" InstanceRevert,
        "disks/write" VolumeCreate,
        "disks/delete" VolumeDelete,
        "disks/beginGetAccess/action" VolumeExport ["exposure."],
        "disks/endGetAccess/action" VolumeModify ["exposure."],
        "snapshots/write" SnapshotCreate,
        "snapshots/delete" SnapshotDelete,
        "snapshots/beginGetAccess/action" SnapshotExport ["exposure."],
        "snapshots/endGetAccess/action" SnapshotModify ["exposure."],
        "restorePointCollections/write" Other,
        "restorePointCollections/delete" RestorePointDelete,
        "restorePointCollections/restorePoints/write" RestorePointCreate,
        "restorePointCollections/restorePoints/delete" RestorePointDelete,
        "restorePointCollections/restorePoints/diskRestorePoints/endGetAccess/action" SnapshotModify ["exposure."],
        "restorePointCollections/restorePoints/retrieveSasUris/action" SnapshotExport ["exposure."],
        "images/write" ImageCreate,
        "images/delete" ImageDelete,
        "galleries/share/action" ImageShare ["exposure."],
        "galleries/write" ImageModify,
        "galleries/delete" ImageDelete,
        "galleries/images/write" ImageCreate,
        "galleries/images/delete" ImageDelete,
        "galleries/images/versions/write" ImageCreate,
        "galleries/images/versions/delete" ImageDelete,
        "diskEncryptionSets/write" SettingModify,
        "diskEncryptionSets/delete" SettingModify,
        "diskAccesses/write" SettingModify,
        "diskAccesses/delete" SettingModify,
        "register/action" SettingModify,
        "unregister/action" SettingModify,
        "*/beginGetAccess/action" SnapshotExport ["exposure."],
    }
    "Microsoft.SerialConsole" {
        "serialPorts/connect/action" InstanceAccess,
        "*/enableConsole/action" SettingModify,
        "*/disableConsole/action" SettingModify,
    }
    "Microsoft.Network" {
        "networkInterfaces/write" InstanceModify ["config.networkProfile."],
        "networkSecurityGroups/write" SettingModify,
        "networkSecurityGroups/delete" SettingModify,
        "networkSecurityGroups/securityRules/write" SettingModify,
        "networkSecurityGroups/securityRules/delete" SettingModify,
        "publicIPAddresses/write" SettingModify,
    }
    "Microsoft.RecoveryServices" {
        "vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/restore/action" InstanceRevert,
        "vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/provisionInstantItemRecovery/action" BackupRestore,
        "vaults/backupFabrics/protectionContainers/protectedItems/write" BackupTamper,
        "vaults/backupFabrics/protectionContainers/protectedItems/delete" BackupTamper,
        "vaults/backupFabrics/protectionContainers/protectedItems/backup/action" RestorePointCreate,
        "vaults/backupconfig/write" BackupTamper,
        "vaults/backupPolicies/write" BackupTamper,
        "vaults/backupPolicies/delete" BackupTamper,
        "vaults/backupResourceGuardProxies/*" BackupTamper,
        "vaults/delete" BackupTamper,
    }
    "Microsoft.DataProtection" {
        "backupVaults/backupInstances/delete" BackupTamper,
        "backupVaults/backupInstances/stopProtection/action" BackupTamper,
        "backupVaults/backupInstances/suspendBackups/action" BackupTamper,
        "backupVaults/backupInstances/restore/action" BackupRestore,
        "backupVaults/backupPolicies/write" BackupTamper,
        "backupVaults/backupPolicies/delete" BackupTamper,
        "backupVaults/delete" BackupTamper,
    }
    "Microsoft.Authorization" {
        "locks/write" ProtectAdd,
        "locks/delete" ProtectRemove,
        "policyAssignments/write" SettingModify,
        "policyAssignments/delete" SettingModify,
        "policyExemptions/write" SettingModify,
        "policyDefinitions/write" SettingModify,
        "roleAssignments/write" IamGrant,
        "roleAssignments/delete" IamRevoke,
        "roleDefinitions/write" IamGrant,
        "roleEligibilityScheduleRequests/write" IamGrant,
        "roleAssignmentScheduleRequests/write" IamGrant,
        "elevateAccess/action" IamGrant,
    }
    "Microsoft.ManagedIdentity" {
        "userAssignedIdentities/assign/action" IamGrant,
        "userAssignedIdentities/write" IamGrant,
        "userAssignedIdentities/federatedIdentityCredentials/write" IamGrant,
        "userAssignedIdentities/delete" IamRevoke,
    }
    "Microsoft.Insights" {
        "diagnosticSettings/write" LogTamper,
        "diagnosticSettings/delete" LogTamper,
        "logProfiles/delete" LogTamper,
        "activityLogAlerts/delete" LogTamper,
        "autoscaleSettings/scaleup/action" GroupScale,
        "autoscaleSettings/scaledown/action" GroupScale,
        "autoscaleSettings/write" GroupScale,
        "autoscaleSettings/delete" GroupScale,
    }
    "Microsoft.OperationalInsights" {
        "workspaces/delete" LogTamper,
    }
    "Microsoft.Storage" {
        "storageAccounts/delete" LogTamper,
    }
    "Microsoft.EventHub" {
        "namespaces/delete" LogTamper,
    }
    "Microsoft.Resources" {
        "subscriptions/resourceGroups/write" SettingModify,
        "subscriptions/resourceGroups/delete" GroupDelete,
        "subscriptions/resourceGroups/moveResources/action" Other ["account", "locator"],
        "deployments/write" Other,
        "deployments/delete" Other,
        "tags/write" TagModify ["tags."],
        "tags/delete" TagModify ["tags."],
    }
    "Microsoft.Features" {
        "*/register/action" SettingModify,
        "*/unregister/action" SettingModify,
    }
    "Microsoft.Quota" {
        "quotas/write" QuotaRequest,
        "quotaRequests/*" QuotaRequest,
    }
    "Microsoft.Capacity" {
        "resourceProviders/locations/serviceLimits/write" QuotaRequest,
    }
    "Microsoft.Support" {
        "supportTickets/write" QuotaRequest,
    }
    "Microsoft.Subscription" {
        "aliases/write" SettingModify,
        "*cancel/action" SettingModify,
        "*rename/action" SettingModify,
        "*enable/action" SettingModify,
    }
    "Microsoft.Management" {
        "managementGroups/subscriptions/write" SettingModify,
        "managementGroups/subscriptions/delete" SettingModify,
    }
};

/// Services of which every operation is of interest, those that the table does not know in low confidence:
/// compute, its logs, permissions, organisation, quota, backup. Of others only what the table lists is.
const WHOLE: &[&str] = &[
    "microsoft.authorization",
    "microsoft.capacity",
    "microsoft.compute",
    "microsoft.dataprotection",
    "microsoft.insights",
    "microsoft.managedidentity",
    "microsoft.management",
    "microsoft.quota",
    "microsoft.recoveryservices",
    "microsoft.resources",
    "microsoft.serialconsole",
    "microsoft.subscription",
];

/// Operations named actions that change nothing (`…/deployments/validate/action`).
const READS: &[&str] = &[
    "/calculatetemplatehash/action",
    "/checkaccess/action",
    "/checknameavailability/action",
    "/checkpolicycompliance/action",
    "/checkzonepeers/action",
    "/exporttemplate/action",
    "/validate/action",
    "/validatemoveresources/action",
    "/whatif/action",
];

/// What is known of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Its class.
    pub(super) class: Class,
    /// `low` where the class was guessed.
    pub(super) confidence: Confidence,
    /// What it can change; empty where that is anything.
    pub(super) touches: &'static [&'static str],
}

/// Returns what is known of an operation.
///
/// # Errors
///
/// Why it is of no interest.
pub(super) fn known(operation: &str) -> Result<Known, Ignored> {
    if let Some(row) = row(operation) {
        return Ok(Known { class: row.class, confidence: Confidence::High, touches: row.touches });
    }
    let lower = operation.to_lowercase();
    if !WHOLE.iter().any(|service| lower.split('/').next() == Some(service)) {
        return Err(Ignored::OtherService);
    }
    let reads = READS.iter().any(|read| lower.ends_with(read));
    let guessed = if reads { None } else { guess(operation) };
    let (class, confidence) = guessed.ok_or(Ignored::ReadOnly)?;
    Ok(Known { class, confidence, touches: &[] })
}

/// Whether an operation is the word of an engine that judges or watches, and nobody's act: its own category tells,
/// but older exports call every category `Action`.
pub(super) fn is_verdict(operation: &str) -> bool {
    let lower = operation.to_lowercase();
    let alert = ["/activated/action", "/resolved/action", "/throttled/action"];
    lower.starts_with("microsoft.authorization/policies/")
        || (lower.starts_with("microsoft.insights/") && alert.iter().any(|end| lower.ends_with(end)))
}

/// Returns the service of an operation, the namespace of its resource provider, as the table spells it.
pub(super) fn service(operation: &str) -> &str {
    let own = operation.split('/').next().unwrap_or(operation);
    let listed = OPERATIONS.iter().map(|row| row.service).find(|service| service.eq_ignore_ascii_case(own));
    listed.unwrap_or(own)
}

/// Returns an operation in the one spelling of the table, else in that of a record which spells it in mixed case
/// somewhere else; exports print it in upper case.
pub(super) fn spelled(operation: &str, elsewhere: &[Option<&str>]) -> String {
    let listed = row(operation).map(|row| row.name).filter(|name| !name.contains('*'));
    let mut spellings = listed.into_iter().chain(elsewhere.iter().copied().flatten());
    let same = spellings.find(|spelling| spelling.eq_ignore_ascii_case(operation));
    same.or(listed).unwrap_or(operation).to_owned()
}

/// Returns an operation's row; one without its verb (`…/deallocate`, of the platform's own) is the action.
fn row(operation: &str) -> Option<&'static Operation> {
    static EXACT: LazyLock<FxHashMap<String, &Operation>> = LazyLock::new(|| {
        let named = OPERATIONS.iter().filter(|row| !row.name.contains('*'));
        named.map(|row| (row.name.to_lowercase(), row)).collect()
    });
    let lower = operation.to_lowercase();
    let exact = EXACT.get(&lower).or_else(|| EXACT.get(&format!("{lower}/action")));
    exact.copied().or_else(|| OPERATIONS.iter().find(|row| fits(row.name, &lower)))
}

/// Whether an operation in lower case fits a name with a `*`.
fn fits(name: &str, operation: &str) -> bool {
    let name = name.to_lowercase();
    let Some((start, end)) = name.split_once('*') else { return false };
    operation.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(operation: &str) -> Result<(Class, Confidence), Ignored> {
        known(operation).map(|known| (known.class, known.confidence))
    }

    #[test]
    fn an_operation_is_known_in_any_case() {
        for spelling in ["Microsoft.Compute/disks/delete", "MICROSOFT.COMPUTE/DISKS/DELETE"] {
            assert_eq!(class(spelling), Ok((Class::VolumeDelete, Confidence::High)));
            assert_eq!(spelled(spelling, &[]), "Microsoft.Compute/disks/delete");
        }
        let deallocated = class("Microsoft.Compute/virtualMachines/deallocate");
        assert_eq!(deallocated, Ok((Class::InstanceStop, Confidence::High)));
    }

    #[test]
    fn a_star_stands_for_anything_between() {
        let high = |class| Ok((class, Confidence::High));
        let feature = "MICROSOFT.FEATURES/PROVIDERS/FEATURES/REGISTER/ACTION";
        assert_eq!(class(feature), high(Class::SettingModify));
        let disk_point =
            "Microsoft.Compute/restorePointCollections/restorePoints/diskRestorePoints/beginGetAccess/action";
        assert_eq!(class(disk_point), high(Class::SnapshotExport));
        assert_eq!(class("Microsoft.Subscription/subscriptions/cancel/action"), high(Class::SettingModify));
        assert_eq!(class("Microsoft.Subscription/cancel/action"), high(Class::SettingModify));
        let guard = "Microsoft.RecoveryServices/vaults/backupResourceGuardProxies/delete";
        assert_eq!(class(guard), high(Class::BackupTamper));
    }

    #[test]
    fn an_unknown_operation_of_compute_is_guessed_and_one_of_another_service_passed_over() {
        let guessed = class("Microsoft.Compute/virtualMachines/frobnicate/action");
        assert_eq!(guessed, Ok((Class::InstanceModify, Confidence::Low)));
        assert_eq!(class("Microsoft.Web/sites/write"), Err(Ignored::OtherService));
        assert_eq!(class("Microsoft.Storage/storageAccounts/listKeys/action"), Err(Ignored::OtherService));
        assert_eq!(class("Microsoft.Authorization/checkAccess/action"), Err(Ignored::ReadOnly));
        assert_eq!(class("Microsoft.Compute/virtualMachines/read"), Err(Ignored::ReadOnly));
    }

    #[test]
    fn a_record_s_own_mixed_case_is_taken_where_no_row_spells_it() {
        let spelled = spelled(
            "MICROSOFT.COMPUTE/VIRTUALMACHINES/FROB/ACTION",
            &[
                Some("Microsoft.Compute/virtualMachines"),
                Some("Microsoft.Compute/virtualMachines/frob/action"),
            ],
        );
        assert_eq!(spelled, "Microsoft.Compute/virtualMachines/frob/action");
    }

    #[test]
    fn every_row_is_listed_once_and_has_at_most_one_star() {
        let mut names: Vec<_> = OPERATIONS.iter().map(|row| row.name.to_lowercase()).collect();
        assert!(names.iter().all(|name| name.matches('*').count() <= 1));
        names.sort();
        let listed = names.len();
        names.dedup();
        assert_eq!(names.len(), listed);
    }
}
