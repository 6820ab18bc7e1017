//! The shipped incident tells the story that its README tells.

use serde_json::Value;

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
    ("22:15 user made administrator, and its rights used", &[("grant-then-use", "ci-deploy")]),
    (
        "22:31 to 22:52 data of db-1 copied, shared, and launched elsewhere",
        &[
            ("snapshot-then-instance", "snap-09be8c0d47a144054"),
            ("snapshot-exfiltration", "snap-09be8c0d47a144054"),
            ("image-from-snapshot-launched", "i-07a42435088b754e3"),
        ],
    ),
    ("23:45 quota of GPUs in four regions", &[("quota-surge", "svc-backup-service")]),
    ("00:05 and 00:12 the lock of rg-erp-prod, and what it kept", &[("protection-then-delete", "jump-01")]),
    ("00:20 the local disk of cache-1 is blank", &[("ephemeral-reset", "cache-1")]),
    ("00:31 tracker-api boots from 19 February", &[("disk-reverted", "tracker-api")]),
    ("00:40 ci-runner-1 changed between stop and start", &[("stop-modify-start", "ci-runner-1")]),
    ("00:40 erp-app-01 boots from 15 February", &[("disk-reverted", "erp-app-01")]),
    (
        "00:58 a snapshot opened to everybody",
        &[("exposure-opened", "deployer@northwick-tracking.iam.gserviceaccount.com")],
    ),
    (
        "01:05 bastion-1 boots from 1 March, and what was there before is gone",
        &[("disk-reverted", "bastion-1"), ("evidence-destroyed", "bastion-1")],
    ),
    ("01:20 erp-db-01 has its data of 28 February", &[("disk-reverted", "erp-db-01")]),
    (
        "01:35 edge-1 boots from 20 February, and the old root is gone",
        &[("disk-reverted", "edge-1"), ("evidence-destroyed", "edge-1")],
    ),
    ("01:50 api-1 rebuilt from 1 March", &[("instance-rebuilt", "api-1"), ("evidence-destroyed", "api-1")]),
    ("02:02 the protection of log-1", &[("protection-then-delete", "log-1")]),
    ("02:09 SSH opened to the world", &[("tenant-setting-changed", "erik.dahl@example.com")]),
    (
        "02:50 what was left of log-1-data",
        &[
            ("snapshot-deletion-burst", "snap-0dfe696ced33552b8"),
            ("last-copy-lost", "snap-0dfe696ced33552b8"),
            ("early-deletion", "snap-0dfe696ced33552b8"),
            ("mass-deletion", "snap-0dfe696ced33552b8"),
        ],
    ),
    ("03:50 partner-gw-1 boots from 11 February", &[("disk-reverted", "partner-gw-1")]),
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
            ("disk-migrated", "ledger-1"),
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

/// Whether a finding says what a rule says of something: a resource by name or id, or who did it.
fn says(finding: &Value, (rule, name): (&str, &str)) -> bool {
    let also = finding["also"].as_array().unwrap();
    let by_rule = finding["rule"] == rule || also.iter().any(|also| also == rule);
    by_rule && subjects(finding).iter().any(|subject| subject == name)
}

/// Returns everything that a finding is about: its resources by name and id, its scopes, its actors.
fn subjects(finding: &Value) -> Vec<String> {
    let mut subjects = Vec::new();
    for resource in finding["resources"].as_array().unwrap() {
        subjects.extend([&resource["name"], &resource["uid"]].iter().filter_map(|text| text.as_str()));
    }
    let facts = &finding["facts"];
    subjects.extend(facts["actor"].as_str());
    subjects.extend(facts["actors"].as_array().into_iter().flatten().filter_map(Value::as_str));
    let mut subjects: Vec<String> = subjects.into_iter().map(str::to_owned).collect();
    for scope in finding["scopes"].as_array().unwrap() {
        subjects.push(format!("{}/{}", scope["location"].as_str().unwrap(), scope["kind"].as_str().unwrap()));
    }
    subjects
}

#[test]
fn the_demo_finds_the_acts_of_the_story_and_nothing_that_it_does_not_tell() {
    let site = Site::new();
    let report = site.driftline(&["demo", "--format", "json"]).run().json();
    let found = report["findings"].as_array().unwrap();
    let mut unsaid = Vec::new();
    for (act, findings) in ACTS.iter().chain(BUSINESS) {
        for wanted in *findings {
            if !found.iter().any(|finding| says(finding, *wanted)) {
                unsaid.push(format!("{act}: {wanted:?}"));
            }
        }
    }
    assert!(unsaid.is_empty(), "nothing says {unsaid:#?}");
    let told: Vec<_> =
        ACTS.iter().chain(BUSINESS).flat_map(|(_, findings)| *findings).chain(UNKNOWN).collect();
    let too_much: Vec<_> = found
        .iter()
        .filter(|finding| {
            let own = told.iter().filter(|(rule, _)| finding["rule"] == *rule);
            !own.into_iter().any(|wanted| says(finding, **wanted))
        })
        .map(|finding| finding["title"].as_str().unwrap())
        .collect();
    assert!(too_much.is_empty(), "{too_much:#?}");
}

#[test]
fn what_is_only_business_asks_for_nobody() {
    let site = Site::new();
    let report = site.driftline(&["demo", "--format", "json"]).run().json();
    let found = report["findings"].as_array().unwrap();
    for (act, findings) in BUSINESS {
        for (_, name) in *findings {
            let about = found
                .iter()
                .filter(|finding| subjects(finding).first().is_some_and(|subject| subject == name));
            for finding in about {
                assert_eq!(finding["band"], "info", "{act}: {}", finding["title"]);
            }
        }
    }
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
