//! The shipped incident tells the story that its README tells.

use std::collections::BTreeSet;

use super::support::{Site, incident};

/// The rows of `examples/incident/README.md`, each with the findings that must tell of it: rule, and name of the
/// resource, its id where it has no name, or the actor where it is about no resource.
const ACTS: &[(&str, &[(&str, &str)])] = &[
    ("22:31 data snapshot of db-1", &[("snapshot-appeared", "snap-09be8c0d47a144054")]),
    ("22:36 it is shared with another account", &[("exposure-opened", "snap-09be8c0d47a144054")]),
    ("00:18 snapshot of erp-db-01-data", &[("snapshot-appeared", "erp-db-01-data-tmp")]),
    ("00:22 export link to it", &[("exposure-opened", "erp-db-01-data-tmp")]),
    ("00:20 cache-1 stopped and started", &[("instance-state-changed", "cache-1")]),
    (
        "00:31 boot disk of tracker-api made again under its name",
        &[("resource-recreated", "tracker-api"), ("instance-state-changed", "tracker-api")],
    ),
    (
        "00:40 ci-runner-1 stopped, user data and IMDS changed, started",
        &[("instance-modified", "ci-runner-1"), ("instance-state-changed", "ci-runner-1")],
    ),
    (
        "00:40 OS disk of erp-app-01 swapped; 02:03 identity given to it",
        &[("instance-modified", "erp-app-01"), ("volume-appeared", "erp-app-01-os-r2")],
    ),
    (
        "01:02 startup script and serial port of tracker-ingest; 01:05 its protection",
        &[("instance-modified", "tracker-ingest"), ("protection-removed", "tracker-ingest")],
    ),
    (
        "01:05 root of bastion-1 swapped, the old one deleted",
        &[
            ("instance-modified", "bastion-1"),
            ("instance-state-changed", "bastion-1"),
            ("volume-appeared", "vol-08f439521f133b763"),
            ("volume-vanished", "bastion-1-root"),
        ],
    ),
    ("01:20 erp-db-01-data made again under its name", &[("resource-recreated", "erp-db-01-data")]),
    (
        "01:35 root of edge-1 replaced while running",
        &[
            ("instance-modified", "edge-1"),
            ("volume-appeared", "vol-0b80dce226bcc3f7c"),
            ("volume-vanished", "edge-1-root"),
        ],
    ),
    (
        "01:50 image api-1-hotfix; api-1 terminated and launched from it",
        &[("image-appeared", "api-1-hotfix"), ("instance-vanished", "api-1"), ("instance-appeared", "api-1")],
    ),
    ("02:02 log-1 terminated", &[("instance-vanished", "log-1")]),
    ("02:1x log-1-data deleted", &[("volume-vanished", "log-1-data")]),
    (
        "02:16 jump-01 and its disk deleted",
        &[
            ("instance-vanished", "jump-01"),
            ("volume-vanished", "jump-01_OsDisk_1_ed1b4cd5f1194476b345dfbbe911133e"),
        ],
    ),
    (
        "02:50 five snapshots deleted",
        &[
            ("snapshot-vanished", "snap-0dfe696ced33552b8"),
            ("snapshot-vanished", "snap-0ea4b300ed29793e6"),
            ("snapshot-vanished", "snap-011a2e6d82a9088db"),
            ("snapshot-vanished", "snap-09736e1b21e256789"),
            ("snapshot-vanished", "snap-0ebb334f5a4967212"),
        ],
    ),
    (
        "03:50 root of partner-gw-1 replaced",
        &[
            ("instance-modified", "partner-gw-1"),
            ("volume-appeared", "vol-00e0de2a5654e21aa"),
            ("unlogged-change", "vol-00e0de2a5654e21aa"),
        ],
    ),
    ("22:05 ci-deploy tries its rights", &[("probing", "ci-deploy")]),
    (
        "22:31 to 23:34 root snapshot of db-1, image and instance made from it, all of them gone by morning",
        &[
            ("ghost-resource", "snap-01d677f9985563e88"),
            ("ghost-resource", "ami-0f7a236969bf9b619"),
            ("ghost-resource", "i-07a42435088b754e3"),
        ],
    ),
    ("22:53 SSH opened, closed again at 23:31", &[("transient-change", "svc-backup-service")]),
    ("00:40 erp-app-01 deallocated and started", &[("transient-change", "erp-app-01")]),
    ("00:50 machine image ingest-copy, deleted at 01:30", &[("ghost-resource", "ingest-copy")]),
    ("02:10 trail stopped, started again at 02:44", &[("log-tampering", "svc-backup-service")]),
];

/// What was only business, likewise.
const BUSINESS: &[(&str, &[(&str, &str)])] = &[
    ("06:40 web-asg", &[("instance-vanished", "web"), ("instance-appeared", "web")]),
    (
        "09:02 ledger-1 migrated",
        &[
            ("instance-modified", "ledger-1"),
            ("instance-state-changed", "ledger-1"),
            ("snapshot-appeared", "ledger-1 before encryption"),
            ("volume-appeared", "ledger-1-root"),
        ],
    ),
    (
        "10:30 tracker-worker made larger",
        &[("instance-modified", "tracker-worker"), ("instance-state-changed", "tracker-worker")],
    ),
    ("11:20 db-1-data grown", &[("volume-modified", "db-1-data")]),
    (
        "21:30 Azure Backup",
        &[
            ("snapshot-appeared", "AzureBackup_20260302_213011"),
            ("snapshot-vanished", "AzureBackup_20260228_213012"),
        ],
    ),
    (
        "03:00 Data Lifecycle Manager",
        &[
            ("snapshot-appeared", "snap-009570f21019d572b"),
            ("snapshot-appeared", "snap-0a841f2524d39e0a7"),
            ("snapshot-vanished", "snap-09f991a415d5b4ce0"),
            ("snapshot-vanished", "snap-0a535c9265b4e39a6"),
            ("snapshot-vanished", "snap-04c1d0171735e0733"),
        ],
    ),
    (
        "04:07 snapshot schedule of tracker-ingest-data",
        &[
            ("snapshot-appeared", "tracker-ingest-data-europe-west1-b-20260303040712-7ea8ac93"),
            ("snapshot-vanished", "tracker-ingest-data-europe-west1-b-20260301040712-12844ae4"),
        ],
    ),
    ("04:30 batch-1 shuts down", &[("instance-state-changed", "batch-1")]),
    ("05:31 spot-render-1 reclaimed", &[("instance-vanished", "spot-render-1")]),
];

/// What was not listed.
const UNKNOWN: &[(&str, &str)] = &[("coverage-gap", "us-east-1/snapshot")];

fn pairs<'a>(rows: &[(&str, &'a [(&str, &str)])]) -> BTreeSet<(&'a str, &'a str)> {
    rows.iter().flat_map(|(_, findings)| findings.iter().copied()).collect()
}

#[test]
fn the_demo_finds_the_acts_of_the_story_and_nothing_that_it_does_not_tell() {
    let site = Site::new();
    let report = site.driftline(&["demo", "--format", "json"]).run().json();
    let found: BTreeSet<(String, String)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            let resource = &finding["resources"][0];
            let scope = &finding["scopes"][0];
            let name = text(&resource["name"]).or_else(|| text(&resource["uid"]));
            let name =
                name.or_else(|| Some(format!("{}/{}", text(&scope["location"])?, text(&scope["kind"])?)));
            let name = name.or_else(|| text(&finding["facts"]["actor"]));
            (text(&finding["rule"]).unwrap(), name.unwrap())
        })
        .collect();
    let found: BTreeSet<(&str, &str)> =
        found.iter().map(|(rule, name)| (rule.as_str(), name.as_str())).collect();
    for (act, findings) in ACTS.iter().chain(BUSINESS) {
        for finding in *findings {
            assert!(found.contains(finding), "{act}: nothing says {finding:?}");
        }
    }
    let told = &(&pairs(ACTS) | &pairs(BUSINESS)) | &UNKNOWN.iter().copied().collect();
    let untold: Vec<_> = found.difference(&told).collect();
    assert!(untold.is_empty(), "{untold:?}");
}

#[test]
fn what_the_throttled_listing_lacks_is_not_called_vanished() {
    let site = Site::new();
    let report = site.driftline(&["demo", "--format", "json"]).run().json();
    let vanished: Vec<&str> = report["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["kind"] == "vanished" && change["resource"]["kind"] == "snapshot")
        .filter(|change| change["resource"]["location"] == "us-east-1")
        .map(|change| change["resource"]["uid"].as_str().unwrap())
        .collect();
    assert_eq!(vanished, [""; 0]);
    assert_eq!(report["summary"]["coverage"]["partial"], 1);
}

#[test]
fn the_demo_ends_with_0_whatever_it_finds_and_leaves_nothing_behind() {
    let site = Site::new();
    std::fs::create_dir(site.path("tmp")).unwrap();
    for args in [
        &["demo", "-q"][..],
        &["demo", "--fail-on", "info"],
        &["demo", "--fail-on", "critical", "--require-coverage"],
        &["demo", "--format", "csv"],
    ] {
        site.driftline(args).env("TMPDIR", site.path("tmp")).run();
    }
    assert_eq!(std::fs::read_dir(site.path("tmp")).unwrap().count(), 0);
    assert!(!site.store().exists(), "the demo has a store of its own");
}

#[test]
fn the_demo_reports_what_two_scans_of_its_dumps_report() {
    let site = Site::new();
    let demo = site.driftline(&["demo", "--format", "json"]).run().json();
    site.driftline(&["scan", "--from", &incident("before")]).run();
    let approved = incident("approved.csv");
    let args = ["scan", "--from", &incident("after"), "--approved", &approved, "--format", "json"];
    let scan = site.driftline(&args).status(10).run();
    for member in ["findings", "changes", "coverage", "summary"] {
        assert_eq!(demo[member], scan.json()[member], "{member}");
    }
}

#[test]
fn a_kept_demo_can_be_looked_around_in_as_it_suggests() {
    for folder in ["kept", "it's kept"] {
        let site = Site::new();
        let ran = site.driftline(&["demo", "--keep", folder, "-v"]).run();
        let suggested: Vec<&str> = ran
            .stderr
            .lines()
            .skip_while(|line| *line != "Look next:")
            .filter_map(|line| line.strip_prefix("  "))
            .collect();
        let [export, commands @ ..] = suggested.as_slice() else { panic!("{}", ran.stderr) };
        assert!(commands.len() >= 3, "{suggested:?}");
        for command in commands {
            let status = if command.contains("drift 1 2") { 10 } else { 0 };
            let ran =
                site.shell(&format!("{export}\n{command}")).without("DRIFTLINE_STORE").status(status).run();
            assert!(!ran.stdout.is_empty(), "{command}");
        }
        assert!(site.path(folder).join("README.md").is_file());
        let again = site.driftline(&["demo", "--keep", folder]).status(2).run();
        assert!(again.stderr.contains("cannot write"), "{}", again.stderr);
    }
}
