//! The rules, one file each.

mod backup_tampering;
mod coverage_gap;
mod create_mount_delete;
mod disk_migrated;
mod disk_replaced;
mod disk_reverted;
mod dormant_grant;
mod early_deletion;
mod ephemeral_reset;
mod evidence_destroyed;
mod exposure_opened;
mod ghost_resource;
mod grant_changed;
mod grant_then_use;
mod image_appeared;
mod image_from_snapshot_launched;
mod image_modified;
mod image_vanished;
mod instance_appeared;
mod instance_modified;
mod instance_rebuilt;
mod instance_state_changed;
mod instance_vanished;
mod last_copy_lost;
mod log_integrity;
mod log_tampering;
mod mass_deletion;
mod probing;
mod protection_removed;
mod protection_then_delete;
mod quota_surge;
mod region_opened;
mod resource_recreated;
mod short_lived_snapshot;
mod snapshot_appeared;
mod snapshot_burst;
mod snapshot_deletion_burst;
mod snapshot_exfiltration;
mod snapshot_modified;
mod snapshot_mounted_elsewhere;
mod snapshot_then_instance;
mod snapshot_vanished;
mod stop_modify_start;
mod tenant_setting_changed;
mod transient_change;
mod unlogged_change;
mod unusual_launch;
mod volume_appeared;
mod volume_modified;
mod volume_vanished;

use super::Rule;

/// Every rule, in documentation order.
pub const RULES: &[&dyn Rule] = &[
    &instance_vanished::InstanceVanished,
    &volume_vanished::VolumeVanished,
    &snapshot_vanished::SnapshotVanished,
    &image_vanished::ImageVanished,
    &instance_appeared::InstanceAppeared,
    &volume_appeared::VolumeAppeared,
    &snapshot_appeared::SnapshotAppeared,
    &image_appeared::ImageAppeared,
    &resource_recreated::ResourceRecreated,
    &instance_modified::InstanceModified,
    &volume_modified::VolumeModified,
    &snapshot_modified::SnapshotModified,
    &image_modified::ImageModified,
    &instance_state_changed::InstanceStateChanged,
    &exposure_opened::ExposureOpened,
    &protection_removed::ProtectionRemoved,
    &tenant_setting_changed::TenantSettingChanged,
    &grant_changed::GrantChanged,
    &dormant_grant::DormantGrant,
    &coverage_gap::CoverageGap,
    &snapshot_burst::SnapshotBurst,
    &snapshot_deletion_burst::SnapshotDeletionBurst,
    &last_copy_lost::LastCopyLost,
    &short_lived_snapshot::ShortLivedSnapshot,
    &early_deletion::EarlyDeletion,
    &snapshot_exfiltration::SnapshotExfiltration,
    &disk_reverted::DiskReverted,
    &disk_replaced::DiskReplaced,
    &disk_migrated::DiskMigrated,
    &instance_rebuilt::InstanceRebuilt,
    &ephemeral_reset::EphemeralReset,
    &image_from_snapshot_launched::ImageFromSnapshotLaunched,
    &evidence_destroyed::EvidenceDestroyed,
    &unlogged_change::UnloggedChange,
    &ghost_resource::GhostResource,
    &transient_change::TransientChange,
    &probing::Probing,
    &log_tampering::LogTampering,
    &log_integrity::LogIntegrity,
    &create_mount_delete::CreateMountDelete,
    &snapshot_then_instance::SnapshotThenInstance,
    &snapshot_mounted_elsewhere::SnapshotMountedElsewhere,
    &quota_surge::QuotaSurge,
    &region_opened::RegionOpened,
    &protection_then_delete::ProtectionThenDelete,
    &stop_modify_start::StopModifyStart,
    &grant_then_use::GrantThenUse,
    &unusual_launch::UnusualLaunch,
    &backup_tampering::BackupTampering,
    &mass_deletion::MassDeletion,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::model::technique;
    use crate::rules::{Drift, Expectation, Tuning, explain, judge};

    /// Every id that is frozen, whether its rule exists yet or not.
    const FROZEN: &str = "instance-vanished volume-vanished snapshot-vanished image-vanished \
        instance-appeared volume-appeared snapshot-appeared image-appeared resource-recreated \
        instance-modified volume-modified snapshot-modified image-modified instance-state-changed \
        exposure-opened protection-removed coverage-gap disk-reverted disk-replaced disk-migrated \
        instance-rebuilt ephemeral-reset snapshot-burst snapshot-deletion-burst last-copy-lost \
        short-lived-snapshot early-deletion unlogged-change ghost-resource transient-change probing \
        log-tampering log-integrity create-mount-delete snapshot-then-instance \
        snapshot-mounted-elsewhere quota-surge region-opened image-from-snapshot-launched \
        snapshot-exfiltration protection-then-delete stop-modify-start evidence-destroyed \
        grant-then-use unusual-launch backup-tampering mass-deletion tenant-setting-changed \
        grant-changed dormant-grant";

    #[test]
    fn every_rule_file_is_registered() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/catalogue");
        let on_disk: BTreeSet<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|stem| stem != "mod")
            .collect();
        let in_table = RULES.iter().map(|rule| rule.meta().id.replace('-', "_")).collect();
        assert_eq!(on_disk, in_table);
    }

    #[test]
    fn every_id_is_one_of_the_frozen() {
        let frozen: Vec<_> = FROZEN.split_whitespace().collect();
        for rule in RULES {
            assert!(frozen.contains(&rule.meta().id), "{}", rule.meta().id);
        }
    }

    #[test]
    fn every_technique_is_in_the_shipped_data() {
        for id in RULES.iter().flat_map(|rule| rule.meta().techniques) {
            assert!(technique(id).is_some(), "{id}");
        }
    }

    #[test]
    fn every_example_holds() {
        let mut wrong = Vec::new();
        for rule in RULES {
            let id = rule.meta().id;
            for example in rule.examples() {
                let risks: Vec<_> = rule
                    .check(&Drift::new(&example.changes, example.testimony()))
                    .iter()
                    .map(|finding| finding.risk)
                    .collect();
                let expected = match example.expectation {
                    Expectation::Fires(risk) => vec![risk],
                    Expectation::Quiet => vec![],
                };
                if risks != expected {
                    wrong.push(format!("{id}: {}: {risks:?} instead of {expected:?}", example.name));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_rule_has_an_example_that_fires_and_one_that_stays_quiet() {
        for rule in RULES {
            let (quiet, fires): (Vec<_>, Vec<_>) =
                rule.examples().into_iter().partition(|example| example.expectation == Expectation::Quiet);
            assert!(!quiet.is_empty() && !fires.is_empty(), "{}", rule.meta().id);
        }
    }

    #[test]
    fn the_impact_that_a_rule_states_is_the_highest_of_its_examples() {
        for rule in RULES {
            let examples = rule.examples();
            let impacts = examples
                .iter()
                .flat_map(|example| rule.check(&Drift::new(&example.changes, example.testimony())));
            assert_eq!(impacts.map(|finding| finding.impact).max(), Some(rule.meta().impact));
        }
    }

    #[test]
    fn every_rule_explains_itself() {
        let pages: Vec<_> = RULES.iter().map(|rule| explain(*rule, Tuning::shipped())).collect();
        for page in &pages {
            for heading in ["\n## What it says\n", "\n## Why it matters\n", "\n## What to check\n"] {
                assert!(page.contains(heading), "{page}");
            }
        }
        insta::assert_snapshot!("explanations", pages.join("\n"));
    }

    #[test]
    fn the_findings_of_every_example_read_well() {
        let mut lines = Vec::new();
        for rule in RULES {
            for example in rule.examples() {
                lines.push(format!("{}: {}", rule.meta().id, example.name));
                for finding in judge(&example.changes, example.testimony()) {
                    lines.push(format!("    {:>2} {} · {}", finding.risk, finding.rule, finding.title));
                    let facts = finding.facts.iter().map(|(name, value)| format!("       {name}={value}"));
                    lines.extend(facts);
                }
            }
        }
        insta::assert_snapshot!("findings", lines.join("\n"));
    }
}
