//! The scenario matrix: from native inventory and native audit records to traces, residues and findings.
//!
//! Each row of SEMANTICS J that is about traces is one function. Its argument says whether the story is told
//! as it is, or as its twin: with one element changed, so that it comes out otherwise.

#![expect(clippy::unwrap_used, reason = "a test stops at what is not as it should be")]

mod aws;
mod azure;
mod gcp;
mod harness;
mod laws;
mod listings;

use harness::Story;

/// One row of the matrix.
struct Scenario {
    /// What it says.
    name: &'static str,
    /// The number of the row: `J9`.
    row: &'static str,
    /// Tells it: as it is, or as its twin.
    story: fn(Part) -> Story,
}

/// How a story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// As the row says.
    Told,
    /// With one element changed.
    Twin,
}

impl Part {
    fn is_twin(self) -> bool {
        self == Self::Twin
    }
}

macro_rules! scenarios {
    ($($row:literal $name:ident => $story:path,)*) => {
        /// Every row.
        const SCENARIOS: &[Scenario] =
            &[$(Scenario { name: stringify!($name), row: $row, story: $story },)*];

        $(mod $name {
            #[test]
            fn told() {
                super::play(stringify!($name), super::Part::Told);
            }

            #[test]
            fn twin() {
                super::play(stringify!($name), super::Part::Twin);
            }
        })*
    };
}

scenarios! {
    "J1" j01_an_instance_store_that_was_stopped_is_lost => aws::j01,
    "J2" j02_a_root_from_an_older_snapshot_is_put_back => aws::j02,
    "J2" j02_a_root_put_back_shows_without_a_log => aws::j02_state,
    "J2" j02_a_root_put_back_shows_in_the_log_alone => aws::j02_log,
    "J3" j03_a_disk_of_a_snapshot_swapped_in_is_explained => azure::j03,
    "J3" j03_an_export_that_shouts_tells_the_same => azure::j03_export,
    "J3" j03_a_swap_shows_without_a_log => azure::j03_state,
    "J3" j03_a_swap_shows_in_the_log_alone => azure::j03_log,
    "J4" j04_an_image_of_a_snapshot_takes_its_place => aws::j04,
    "J4" j04_a_relaunch_shows_without_a_log => aws::j04_state,
    "J4" j04_a_relaunch_shows_in_the_log_alone => aws::j04_log,
    "J5" j05_a_task_that_replaces_a_root_is_its_own_proof => aws::j05,
    "J6" j06_a_replaced_root_without_a_record_is_the_worst => aws::j06,
    "J7" j07_a_gap_in_the_log_is_no_silence => aws::j07,
    "J8" j08_a_copy_of_the_stopped_root_loses_nothing => aws::j08,
    "J9" j09_autoscaling_is_expected_automation => aws::j09,
    "J9" j09_a_managed_group_is_expected_automation => gcp::j09,
    "J10" j10_spot_capacity_is_taken_back_by_the_system => aws::j10,
    "J10" j10_a_preempted_instance_is_the_system => gcp::j10,
    "J11" j11_a_guest_that_shuts_down_is_the_system => aws::j11,
    "J12" j12_a_burst_amid_a_schedule_is_the_only_burst => aws::j12,
    "J13" j13_a_scheduled_snapshot_deleted_early_is_told => aws::j13,
    "J14" j14_a_name_that_sounds_like_a_service_excuses_nothing => aws::j14,
    "J15" j15_what_lives_between_the_scans_is_a_ghost => aws::j15,
    "J15" j15_a_machine_that_lives_between_the_scans_is_a_ghost => azure::j15,
    "J15" j15_a_vm_that_lives_between_the_scans_is_a_ghost => gcp::j15,
    "J16" j16_a_dry_run_explains_nothing => aws::j16,
    "J17" j17_ones_own_volume_of_ones_snapshot_is_noise => aws::j17,
    "J17" j17_a_snapshot_that_another_account_used_has_left => aws::j17_leaves,
    "J18" j18_case_makes_no_other_id => azure::j18,
    "J19" j19_a_disk_made_anew_from_its_snapshot_is_put_back => azure::j19,
    "J20" j20_what_was_accepted_explains => azure::j20,
    "J21" j21_nulls_in_a_health_note_lose_nothing => azure::j21,
    "J22" j22_a_disk_under_the_same_name_is_recreated => gcp::j22,
    "J23" j23_an_end_that_failed_explains_nothing => gcp::j23,
    "J24" j24_a_project_by_number_is_the_same => gcp::j24,
    "J25" j25_a_snapshot_made_on_its_disk_is_a_snapshot => gcp::j25_on_disk,
    "J25" j25_a_snapshot_made_by_itself_is_one => gcp::j25_by_itself,
    "J26" j26_an_unreachable_zone_makes_nothing_vanish => listings::j26,
    "J27" j27_what_is_older_than_a_listing_that_lacked_it_reappears => listings::j27,
    "J28" j28_a_swap_and_back_is_transient => aws::j28,
    "J28" j28_an_os_disk_swapped_and_back_is_transient => azure::j28,
    "J28" j28_a_boot_disk_swapped_and_back_is_transient => gcp::j28,
    "J29" j29_a_port_opened_and_closed_is_transient => aws::j29,
    "J29" j29_a_security_rule_made_and_deleted_is_transient => azure::j29,
    "J29" j29_a_firewall_rule_made_and_deleted_is_transient => gcp::j29,
    "J30" j30_quotas_raised_in_many_regions_are_a_surge => aws::j30,
    "J31" j31_a_launch_in_a_region_just_enabled_is_told => aws::j31,
    "J32" j32_a_stopped_trail_is_a_gap => aws::j32,
    "J32" j32_a_deleted_diagnostic_setting_is_a_gap => azure::j32,
    "J32" j32_a_deleted_sink_is_a_gap => gcp::j32,
    "J33" j33_a_protection_removed_before_a_deletion_is_told => aws::j33,
    "J34" j34_order_makes_no_drift => listings::j34,
    "J35" j35_a_tag_of_an_approved_change_lowers_the_risk => azure::j35,
    "J35" j35_an_approval_lowers_the_risk => aws::j35,
    "J36" j36_what_is_told_twice_counts_once => aws::j36,
    "J36" j36_what_is_listed_and_exported_counts_once => azure::j36,
    "J36" j36_what_an_export_repeats_counts_once => gcp::j36,
    "J37" j37_an_object_that_is_not_as_its_digest_says_is_a_violation => listings::j37,
    "J38" j38_a_truncated_launch_is_known_by_its_token => aws::j38_by_token,
    "J38" j38_a_truncated_launch_without_a_token_is_known_by_its_time => aws::j38_by_time,
    "J39" j39_a_role_made_anew_is_a_new_principal => aws::j39,
    "J40" j40_a_store_changed_by_hand_does_not_verify => listings::j40,
    "J41" j41_a_listing_that_says_that_more_follows_proves_no_absence => listings::j41,
    "J42" j42_the_published_query_scores_as_it_is_published => listings::j42,
    "J43" j43_volumes_of_a_launch_are_implied => aws::j43,
    "J43" j43_a_disk_of_a_new_machine_is_implied => azure::j43,
    "J43" j43_a_disk_of_a_new_vm_is_implied => gcp::j43,
    "J44" j44_a_volume_that_should_have_stayed_is_unexplained => aws::j44,
    "J44" j44_a_disk_that_should_have_stayed_is_unexplained => azure::j44,
    "J44" j44_a_disk_without_auto_delete_is_unexplained => gcp::j44,
    "J45" j45_a_disk_that_can_be_downloaded_needs_the_call => azure::j45,
    "J46" j46_what_a_service_hid_reappears => aws::j46,
}

fn play(name: &str, part: Part) {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
    (scenario.story)(part).play();
}

#[test]
fn every_row_is_named_by_its_number() {
    for scenario in SCENARIOS {
        let number: u8 = scenario.row[1..].parse().unwrap();
        assert!(scenario.name.starts_with(&format!("j{number:02}")), "{}", scenario.name);
    }
}

#[test]
fn the_table_holds_every_row_of_the_matrix() {
    let told: std::collections::BTreeSet<&str> = SCENARIOS.iter().map(|scenario| scenario.row).collect();
    let missing: Vec<String> =
        (1..=46).map(|number| format!("J{number}")).filter(|row| !told.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
