//! The one table of what it takes to do what (SEMANTICS A.7).

use crate::model::{Capability, Provider};

/// One row: each list of actions, held together, is enough.
struct Row {
    capability: Capability,
    provider: Provider,
    ways: &'static [&'static [&'static str]],
}

const fn row(capability: Capability, provider: Provider, ways: &'static [&'static [&'static str]]) -> Row {
    Row { capability, provider, ways }
}

use Capability::{
    CreateInstance, CreateSnapshot, DeleteInstance, DeleteSnapshot, DisableProtection, Grant, LogTamper,
    ModifyInstance, Revert, ShareSnapshot,
};
use Provider::{Aws, Azure, Gcp};

/// An instance needs `iam:PassRole` or `iam.serviceAccounts.actAs` only where it gets an identity, so that neither
/// is asked for.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(DeleteInstance, Aws, &[
        &["ec2:TerminateInstances"], &["autoscaling:TerminateInstanceInAutoScalingGroup"],
        &["autoscaling:DeleteAutoScalingGroup"],
    ]),
    row(CreateInstance, Aws, &[&["ec2:RunInstances"], &["ec2:CreateFleet"], &["ec2:RequestSpotInstances"]]),
    row(ModifyInstance, Aws, &[
        &["ec2:ModifyInstanceAttribute"], &["ec2:AssociateIamInstanceProfile"],
        &["ec2:ReplaceIamInstanceProfileAssociation"], &["ec2:AttachVolume"], &["ec2:DetachVolume"],
    ]),
    row(CreateSnapshot, Aws, &[
        &["ec2:CreateSnapshot"], &["ec2:CreateSnapshots"], &["ec2:CopySnapshot"], &["ec2:CreateImage"],
    ]),
    row(DeleteSnapshot, Aws, &[&["ec2:DeleteSnapshot"], &["ec2:DeregisterImage"], &["backup:DeleteRecoveryPoint"]]),
    row(ShareSnapshot, Aws, &[
        &["ec2:ModifySnapshotAttribute"], &["ec2:ModifyImageAttribute"], &["ebs:GetSnapshotBlock"],
    ]),
    row(Revert, Aws, &[
        &["ec2:CreateReplaceRootVolumeTask"], &["ec2:CreateVolume", "ec2:AttachVolume"], &["ec2:RegisterImage"],
    ]),
    row(DisableProtection, Aws, &[
        &["ec2:ModifyInstanceAttribute"], &["rbin:DeleteRule"], &["rbin:UpdateRule"], &["rbin:UnlockRule"],
        &["ec2:UnlockSnapshot"],
    ]),
    row(LogTamper, Aws, &[
        &["cloudtrail:StopLogging"], &["cloudtrail:DeleteTrail"], &["cloudtrail:UpdateTrail"],
        &["cloudtrail:PutEventSelectors"],
    ]),
    row(Grant, Aws, &[
        &["iam:PutUserPolicy"], &["iam:PutRolePolicy"], &["iam:PutGroupPolicy"],
        &["iam:PutUserPermissionsBoundary"], &["iam:PutRolePermissionsBoundary"],
        &["iam:AttachUserPolicy"], &["iam:AttachRolePolicy"], &["iam:AttachGroupPolicy"],
        &["iam:CreatePolicyVersion"], &["iam:UpdateAssumeRolePolicy"],
    ]),

    row(DeleteInstance, Azure, &[
        &["Microsoft.Compute/virtualMachines/delete"], &["Microsoft.Resources/subscriptions/resourceGroups/delete"],
    ]),
    row(CreateInstance, Azure, &[&["Microsoft.Compute/virtualMachines/write"]]),
    row(ModifyInstance, Azure, &[
        &["Microsoft.Compute/virtualMachines/write"], &["Microsoft.Compute/virtualMachines/runCommand/action"],
        &["Microsoft.Compute/virtualMachines/extensions/write"],
    ]),
    row(CreateSnapshot, Azure, &[
        &["Microsoft.Compute/snapshots/write"], &["Microsoft.Compute/restorePointCollections/restorePoints/write"],
    ]),
    row(DeleteSnapshot, Azure, &[
        &["Microsoft.Compute/snapshots/delete"], &["Microsoft.Compute/restorePointCollections/delete"],
        &["Microsoft.Compute/restorePointCollections/restorePoints/delete"],
    ]),
    row(ShareSnapshot, Azure, &[
        &["Microsoft.Compute/snapshots/beginGetAccess/action"], &["Microsoft.Compute/disks/beginGetAccess/action"],
    ]),
    row(Revert, Azure, &[
        &["Microsoft.Compute/virtualMachines/reimage/action"],
        &["Microsoft.Compute/disks/write", "Microsoft.Compute/virtualMachines/write"],
        &["Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/restore/action"],
    ]),
    row(DisableProtection, Azure, &[&["Microsoft.Authorization/locks/delete"]]),
    row(LogTamper, Azure, &[
        &["Microsoft.Insights/diagnosticSettings/delete"], &["Microsoft.Insights/diagnosticSettings/write"],
    ]),
    row(Grant, Azure, &[
        &["Microsoft.Authorization/roleAssignments/write"], &["Microsoft.Authorization/roleDefinitions/write"],
    ]),

    row(DeleteInstance, Gcp, &[&["compute.instances.delete"], &["compute.instanceGroupManagers.delete"]]),
    row(CreateInstance, Gcp, &[&["compute.instances.create"]]),
    row(ModifyInstance, Gcp, &[
        &["compute.instances.update"], &["compute.instances.setMetadata"], &["compute.instances.setServiceAccount"],
        &["compute.instances.attachDisk"], &["compute.instances.detachDisk"],
        &["compute.projects.setCommonInstanceMetadata"],
    ]),
    row(CreateSnapshot, Gcp, &[&["compute.snapshots.create", "compute.disks.createSnapshot"]]),
    row(DeleteSnapshot, Gcp, &[&["compute.snapshots.delete"]]),
    row(ShareSnapshot, Gcp, &[
        &["compute.snapshots.setIamPolicy"], &["compute.images.setIamPolicy"],
        &["compute.images.create", "storage.objects.create"],
    ]),
    row(Revert, Gcp, &[
        &["compute.disks.create", "compute.snapshots.useReadOnly", "compute.instances.attachDisk"],
    ]),
    row(DisableProtection, Gcp, &[&["compute.instances.setDeletionProtection"]]),
    row(LogTamper, Gcp, &[&["logging.sinks.update"], &["logging.sinks.delete"], &["logging.exclusions.create"]]),
    row(Grant, Gcp, &[&["resourcemanager.projects.setIamPolicy"], &["iam.roles.update"]]),
];

/// Returns every action that the table asks for on a cloud; some more than once.
pub(super) fn actions(provider: Provider) -> impl Iterator<Item = &'static str> {
    ROWS.iter()
        .filter(move |row| row.provider == provider)
        .flat_map(|row| row.ways)
        .copied()
        .flatten()
        .copied()
}

/// Returns the capabilities on a cloud, each with the ways to it.
pub(super) fn ways(
    provider: Provider,
) -> impl Iterator<Item = (Capability, &'static [&'static [&'static str]])> {
    ROWS.iter().filter(move |row| row.provider == provider).map(|row| (row.capability, row.ways))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_one_row_on_every_cloud() {
        for provider in Provider::ALL {
            let capabilities: Vec<_> = ways(*provider).map(|(capability, _)| capability).collect();
            assert_eq!(capabilities, Capability::ALL, "{provider}");
            assert!(ways(*provider).all(|(_, ways)| ways.iter().all(|way| !way.is_empty())));
        }
    }
}
