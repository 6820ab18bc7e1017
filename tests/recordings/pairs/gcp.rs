//! Recorded Google Cloud states: the project's list before an act, the zone's list or the resource itself
//! after it.

use driftline::model::{Change, ChangeKind, CoverageStatus};
use serde_json::Value;

use super::found;
use crate::recordings;
use crate::stage::{Baseline, body};

/// Imports two answers of a test, each as a complete listing of what it says that it lists; returns what
/// changed.
fn changes(test: &str, before: &str, after: &str) -> Option<Vec<Change>> {
    let folder = recordings()?.join("gcp/inventory/custodian").join(test);
    let mut baseline = Baseline::complete();
    for answer in [before, after] {
        let name = format!("get-compute-v1-projects-cloud-custodian-{answer}.json");
        let answer = body(&folder.join(&name));
        // The resource itself, as `gcloud … list` would print an estate that holds nothing else.
        let listing = if answer.get("items").is_some() { answer } else { Value::from(vec![answer]) };
        let imported = baseline.scan([(name.as_str(), &listing)]);
        assert_eq!((imported.odd, imported.strays.len()), (0, 0), "{name}");
        assert_eq!(imported.coverage[0].status, CoverageStatus::Complete, "{name}");
    }
    Some(baseline.judged().changes)
}

#[test]
fn each_recorded_act_is_exactly_the_change_that_it_made() {
    let (instances, disks) = ("aggregated-instances_1", "aggregated-disks_1");
    let pairs: &[(&str, &str, &str, &[&str])] = &[
        (
            "instance-stop",
            instances,
            "zones-us-central1-c-instances_1",
            &["stopped instance 6624228363236670454: state RUNNING → STOPPING"],
        ),
        (
            "instance-start",
            instances,
            "zones-us-central1-c-instances_1",
            &["started instance 991745007860431209: state TERMINATED → PROVISIONING"],
        ),
        (
            "instance-pause-resume",
            instances,
            "zones-us-central1-a-instances-pro-narwhal_1",
            &["stopped instance 6898528043909006062: state RUNNING → SUSPENDED"],
        ),
        (
            "instance-pause-resume",
            "aggregated-instances_2",
            "zones-us-central1-a-instances-pro-narwhal_2",
            &["started instance 6898528043909006062: state SUSPENDED → RUNNING, evidence.lastStartTimestamp"],
        ),
        (
            "instance-remove-metadata",
            instances,
            "zones-us-central1-a-instances-pleasant-pipefish_1",
            &["modified instance 6463665942288193451: config.metadata[c7n-test-key].length, \
               config.metadata[c7n-test-key].sha256"],
        ),
        (
            "instance-set-metadata",
            instances,
            "zones-us-central1-a-instances-distinct-lab_1",
            &["modified instance 1726110852075018505: config.metadata[c7n-test-key].sha256"],
        ),
        // Its author recorded the machine again in another network, with other scopes.
        (
            "instance-label",
            instances,
            "zones-us-central1-c-instances_1",
            &["modified instance 8759471929923434140: config.networkInterfaces[nic0].network, \
               config.networkInterfaces[nic0].networkIP, config.networkInterfaces[nic0].subnetwork, \
               config.serviceAccounts[gcp-automation@team-saasops.iam.gserviceaccount.com].scopes, \
               tags.custodian_status, tags.test_label"],
        ),
        // Stopping before and after the delete was accepted.
        ("instance-terminate", instances, "zones-us-central1-c-instances_1", &[]),
        (
            "disk-label",
            disks,
            "zones-us-central1-c-disks_1",
            &["modified volume 8136764103648048796: tags.test_label"],
        ),
        (
            "snapshot-labels",
            "global-snapshots_1",
            "global-snapshots-c7n-snapshot-default-d0b4_1",
            &["modified snapshot 7576125036782677891: tags.env"],
        ),
    ];
    for (test, before, after, expected) in pairs {
        let Some(changes) = changes(test, before, after) else { return };
        assert_eq!(found(&changes), *expected, "{test}");
        // A zone's list is no list of the project, and the scan says so.
        let gaps = changes.iter().filter(|change| change.kind == ChangeKind::CoverageGap).count();
        let is_zonal = after.ends_with("-instances_1") || after.ends_with("-disks_1");
        assert_eq!(gaps, usize::from(is_zonal), "{test}");
    }
}

#[test]
fn every_detached_disk_is_told_and_nothing_vanishes() {
    let after = "zones-us-central1-a-instances_1";
    let Some(changes) = changes("instance-detach-disks", "aggregated-instances_1", after) else { return };
    let [settings, boot, extra, gap] = &changes[..] else { panic!("{:?}", found(&changes)) };
    let of_disks = ["config.disks[boot].", "config.disks[extra-disk]."];
    for attribute in &settings.attributes {
        assert!(of_disks.iter().any(|disk| attribute.path.starts_with(disk)), "{}", attribute.path);
        assert_eq!(attribute.after, None);
    }
    assert_eq!(settings.kind, ChangeKind::Modified);
    assert_eq!(
        found(&[boot.clone(), extra.clone()]),
        [
            "detached instance 513480616758239408: links.attached[boot]",
            "detached instance 513480616758239408: links.attached[extra-disk]",
        ]
    );
    assert_eq!(gap.kind, ChangeKind::CoverageGap);
}

#[test]
fn disks_vanish_that_an_empty_list_of_the_project_lacks() {
    let after = "zones-us-central1-b-disks_1";
    // The answer after the delete says that it lists the project, and holds nothing.
    let Some(changes) = changes("disk-delete", "aggregated-disks_1", after) else { return };
    let mut gone = found(&changes);
    gone.sort();
    assert_eq!(
        gone,
        [
            "vanished volume 1094533144479749755",
            "vanished volume 1699933321994695550",
            "vanished volume 1926261635889640234",
            "vanished volume 2788076175605214111",
            "vanished volume 3122444232979200446",
            "vanished volume 3901503733671141133",
        ]
    );
}
