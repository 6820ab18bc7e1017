//! The scripts that collect a dump with the vendors' own command lines, run by every shell at hand with fakes
//! of those command lines on the path.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

const AWS: &str = include_str!("../../src/cli/collect_script/aws.sh");
const AZURE: &str = include_str!("../../src/cli/collect_script/azure.sh");
const GCP: &str = include_str!("../../src/cli/collect_script/gcp.sh");

const FAKES: [(&str, &str); 3] = [
    ("aws", include_str!("fakes/aws")),
    ("az", include_str!("fakes/az")),
    ("gcloud", include_str!("fakes/gcloud")),
];

/// One script, one shell, and what it leaves in a folder of its own.
struct Stage {
    folder: TempDir,
    shell: &'static str,
}

impl Stage {
    fn new(shell: &'static str, script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        for (name, text) in FAKES {
            let path = folder.path().join("bin").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(folder.path().join("script.sh"), script).unwrap();
        Self { folder, shell }
    }

    fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        let mut command = Command::new(self.shell);
        command.arg("script.sh").args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("PATH", path).env("FAKE_CALLS", self.path("calls")).envs(environment.iter().copied());
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        self.command(arguments, environment).output().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// The manifest's files, after a check that each exists and is JSON.
    fn files(&self) -> Vec<Value> {
        let manifest = self.json("dump/manifest.json");
        assert_eq!(manifest["driftline_dump"], 1);
        assert!(manifest["taken_at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        let files = manifest["files"].as_array().unwrap().clone();
        for file in &files {
            self.json(&format!("dump/{}", file["path"].as_str().unwrap()));
        }
        files
    }

    /// Paths of the files that the manifest calls incomplete.
    fn incomplete(&self) -> Vec<String> {
        let files = self.files();
        files.iter().filter(|file| file["complete"] == false).map(|file| text(&file["path"])).collect()
    }

    fn calls(&self) -> Vec<String> {
        self.text("calls").lines().map(str::to_owned).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The shells of this machine that a person may run the scripts with.
fn shells() -> impl Iterator<Item = &'static str> {
    let here = |shell: &&str| ["/usr/bin", "/bin"].iter().any(|bin| Path::new(bin).join(shell).exists());
    ["sh", "dash", "bash"].into_iter().filter(here)
}

/// Runs `check` with the script on stage in every shell.
fn each_shell(script: &str, check: impl Fn(&Stage)) {
    for shell in shells() {
        check(&Stage::new(shell, script));
    }
}

#[test]
fn aws_lists_nineteen_things_in_every_region_and_three_of_the_account() {
    each_shell(AWS, |stage| {
        let output = stage.run(&["--out", "dump"], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "dump\n");
        let files = stage.files();
        // One of the regions is home to a trail, which has a status and selectors.
        assert_eq!(files.len(), 2 + 2 * 19 + 2 + 1);
        assert!(files.iter().all(|file| {
            file["provider"] == "aws" && file["account"] == "111122223333" && file["complete"] == true
        }));
        let kinds: BTreeSet<String> =
            files.iter().filter_map(|file| file["kind"].as_str().map(str::to_owned)).collect();
        let of_compute = ["image", "instance", "recycled", "snapshot", "volume"];
        let around = ["account", "audit-log", "grant", "quota", "region", "setting"];
        let expected = of_compute.into_iter().chain(around);
        assert_eq!(kinds, expected.map(str::to_owned).collect());
        assert_eq!((&files[0]["kind"], &files[0]["location"]), (&json!("region"), &json!("*")));
        assert_eq!((&files[1]["kind"], &files[1]["location"]), (&json!("account"), &json!("global")));
        assert_eq!(files[2 + 19 + 2]["location"], "us-east-1");
    });
}

#[test]
fn what_the_account_s_own_trails_record_is_asked_for_and_what_others_do_is_not() {
    each_shell(AWS, |stage| {
        let output = stage.run(&["--out", "dump"], &[("FAKE_FAIL", "service-quotas ")]);
        assert_eq!(output.status.code(), Some(3));
        assert!(stage.incomplete().iter().all(|path| path.contains("/quotas-")));
        let calls = stage.calls();
        let asked: Vec<_> = calls.iter().filter(|call| call.starts_with("cloudtrail get-")).collect();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(
            asked.iter().all(|call| call.contains("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"))
        );
        assert!(stage.path("dump/aws/111122223333/eu-west-1/trails/main.status.json").exists());
    });
}

#[test]
fn every_setting_of_a_region_is_asked_for_and_one_that_fails_spoils_no_other_file() {
    each_shell(AWS, |stage| {
        let fail = [("FAKE_FAIL", "get-serial-console-access-status --region us-east-1")];
        let output = stage.run(&["--out", "dump"], &fail);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(stage.incomplete(), ["aws/111122223333/us-east-1/settings/serial-console-access.json"]);
        let settings = |file: &&Value| file["kind"] == "setting" && file["location"] == "us-east-1";
        assert_eq!(stage.files().iter().filter(settings).count(), 8);
        let asked: BTreeSet<String> =
            stage.calls().iter().filter_map(|call| Some(call.strip_prefix("ec2 get-")?.to_owned())).collect();
        assert_eq!(asked.len(), 2 * 8);
    });
}

#[test]
fn account_that_may_not_list_its_organization_lists_none_and_lacks_nothing() {
    each_shell(AWS, |stage| {
        let output = stage.run(&["--out", "dump"], &[("FAKE_DENY", "list-accounts")]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!stage.files().iter().any(|file| file["kind"] == "account"));
        assert!(!stage.path("dump/aws/111122223333/organization-accounts.json").exists());
    });
    each_shell(AWS, |stage| {
        let output = stage.run(&["--out", "dump"], &[("FAKE_FAIL", "list-accounts")]);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(stage.incomplete(), ["aws/111122223333/organization-accounts.json"]);
    });
}

#[test]
fn throttled_listing_is_incomplete_and_stops_nothing() {
    each_shell(AWS, |stage| {
        let output = stage.run(&["--out", "dump"], &[("FAKE_FAIL", "describe-snapshots --region eu-west-1")]);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(stage.incomplete(), ["aws/111122223333/eu-west-1/snapshots.json"]);
        assert_eq!(stage.files().len(), 43);
        let errors = stage.text("dump/errors.txt");
        assert!(
            errors.starts_with("aws/111122223333/eu-west-1/snapshots.json: An error occurred"),
            "{errors}"
        );
        assert!(errors.contains(r#"(RequestLimitExceeded): "slow\down""#), "{errors}");
    });
}

#[test]
fn older_aws_cli_is_asked_again_without_the_new_option() {
    each_shell(AWS, |stage| {
        let output = stage.run(&["--out", "dump", "--regions", "eu-west-1"], &[("FAKE_OLD", "old")]);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(stage.incomplete(), [] as [String; 0]);
        let asked =
            stage.calls().into_iter().filter(|call| call.contains("describe-instances")).collect::<Vec<_>>();
        assert_eq!(asked.len(), 2);
        assert!(asked[0].contains("--include-managed-resources"));
        assert!(!asked[1].contains("--include-managed-resources"));
    });
}

#[test]
fn refused_describe_is_not_asked_twice() {
    each_shell(AWS, |stage| {
        let fail = [("FAKE_FAIL", "describe-volumes"), ("DRIFTLINE_REGIONS", "eu-west-1")];
        let output = stage.run(&["--out", "dump"], &fail);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(stage.calls().iter().filter(|call| call.contains("describe-volumes")).count(), 1);
    });
}

#[test]
fn attributes_are_asked_for_only_on_demand() {
    each_shell(AWS, |stage| {
        stage.run(&["--out", "dump", "--regions", "eu-west-1", "--attributes"], &[]);
        let mut extra: Vec<Value> = stage.files().split_off(2 + 19 + 2);
        assert_eq!(extra.pop().unwrap()["kind"], "grant");
        let paths: Vec<String> = extra.iter().map(|file| text(&file["path"])).collect();
        let folder = "aws/111122223333/eu-west-1";
        assert_eq!(
            paths,
            [
                format!("{folder}/snapshot-attributes/snap-0123456789abcdef0.json"),
                format!("{folder}/image-attributes/ami-0123456789abcdef0.json"),
                format!("{folder}/instance-attributes/i-0123456789abcdef0.disableApiTermination.json"),
            ]
        );
        assert!(extra.iter().all(|file| file.get("kind").is_none()));
    });
    each_shell(AWS, |stage| {
        stage.run(&["--out", "dump", "--regions", "eu-west-1"], &[]);
        assert!(!stage.calls().iter().any(|call| call.contains("attribute")));
    });
}

#[test]
fn regions_may_be_parted_by_commas() {
    each_shell(AWS, |stage| {
        stage.run(&["--out", "dump", "--regions", "eu-west-1,us-east-1"], &[]);
        assert_eq!(stage.files().len(), 43);
        assert!(!stage.calls().iter().any(|call| call.contains("describe-regions --query")));
    });
}

#[test]
fn without_credentials_no_folder_is_made() {
    each_shell(AWS, |stage| {
        let output = stage.run(&["--out", "dump"], &[("FAKE_FAIL", "get-caller-identity")]);
        assert_eq!(output.status.code(), Some(1));
        assert!(!stage.path("dump").exists());
    });
}

#[test]
fn earlier_dump_is_left_alone() {
    each_shell(GCP, |stage| {
        stage.run(&["--out", "dump"], &[]);
        let before = stage.text("dump/manifest.json");
        assert_eq!(stage.run(&["--out", "dump"], &[]).status.code(), Some(2));
        assert_eq!(stage.text("dump/manifest.json"), before);
    });
}

#[test]
fn unknown_argument_is_a_usage_error() {
    for script in [AWS, AZURE, GCP] {
        each_shell(script, |stage| {
            let output = stage.run(&["--everything"], &[]);
            assert_eq!(output.status.code(), Some(2));
            assert_eq!(
                String::from_utf8_lossy(&output.stderr),
                "error: unexpected argument `--everything`\n"
            );
            assert_eq!(stage.run(&["--out"], &[]).status.code(), Some(2));
        });
    }
}

#[test]
fn interrupted_dump_has_a_manifest_of_what_was_collected() {
    each_shell(AWS, |stage| {
        let slow = [("FAKE_SLOW", "describe-instances --region us-east-1")];
        let mut child = stage.command(&["--out", "dump"], &slow).stderr(Stdio::null()).spawn().unwrap();
        let patience = Instant::now() + Duration::from_secs(30);
        while !fs::read_to_string(stage.path("calls")).is_ok_and(|calls| calls.contains(slow[0].1)) {
            assert!(Instant::now() < patience, "the slow call was never made");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let paths: Vec<String> = stage.files().iter().map(|file| text(&file["path"])).collect();
        assert_eq!(paths.len(), 2 + 21 + 2);
        assert!(!paths.contains(&"aws/111122223333/us-east-1/instances.json".to_owned()));
    });
}

#[test]
fn azure_lists_twelve_kinds_in_every_subscription_and_the_subscriptions() {
    each_shell(AZURE, |stage| {
        let output = stage.run(&["--out", "dump"], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let files = stage.files();
        assert_eq!(files.len(), 1 + 2 * (13 + 2));
        assert!(files.iter().all(|file| file["complete"] == true));
        let quotas: Vec<_> = files.iter().filter(|file| file.get("location").is_some()).collect();
        assert!(quotas.iter().all(|file| file["kind"] == "quota"));
        let places: Vec<_> = quotas.iter().map(|file| text(&file["location"])).collect();
        assert_eq!(places, ["westeurope", "northeurope", "westeurope", "northeurope"]);
        assert_eq!((&files[0]["kind"], files[0].get("account")), (&json!("account"), None));
        assert_eq!(files[1]["account"], "11111111-1111-4111-8111-111111111111");
        for (file, kind) in [(2, "restore-point"), (6, "scale-set-instance"), (7, "lock")] {
            assert_eq!(files[file]["kind"], kind);
            assert_eq!(stage.json(&format!("dump/{}", text(&files[file]["path"]))), json!([]));
        }
    });
}

#[test]
fn machines_are_gathered_set_by_set() {
    each_shell(AZURE, |stage| {
        let output = stage.run(&["--out", "dump", "--subscriptions", "s"], &[("FAKE_SETS", "3")]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let gathered = stage.json("dump/azure/s/scale-set-machines.json");
        let names: Vec<String> =
            gathered.as_array().unwrap().iter().map(|machine| text(&machine["name"])).collect();
        assert_eq!(names, ["set1_0", "set1_1", "set3_0", "set3_1"]);
    });
}

#[test]
fn refused_scale_set_leaves_the_others() {
    each_shell(AZURE, |stage| {
        let refuse = [("FAKE_SETS", "3"), ("FAKE_FAIL", "--name set1")];
        let output = stage.run(&["--out", "dump", "--subscriptions", "s"], &refuse);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(stage.incomplete(), ["azure/s/scale-set-machines.json"]);
        assert_eq!(stage.json("dump/azure/s/scale-set-machines.json").as_array().unwrap().len(), 2);
    });
}

#[test]
fn restore_points_are_gathered_collection_by_collection() {
    each_shell(AZURE, |stage| {
        let output = stage.run(&["--out", "dump", "--subscriptions", "s"], &[("FAKE_COLLECTIONS", "3")]);
        assert_eq!(output.status.code(), Some(0));
        let gathered = stage.json("dump/azure/s/restore-point-collections.json");
        assert_eq!(gathered.as_array().unwrap().len(), 3);
        let url = gathered[2]["id"].as_str().unwrap();
        assert!(
            url.ends_with("/restorePointCollections/c3?api-version=2024-07-01&$expand=restorePoints"),
            "{url}"
        );
    });
}

#[test]
fn refused_restore_point_collection_leaves_the_others() {
    each_shell(AZURE, |stage| {
        let refuse = [("FAKE_COLLECTIONS", "3"), ("FAKE_FAIL", "restorePointCollections/c1")];
        let output = stage.run(&["--out", "dump", "--subscriptions", "s"], &refuse);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(stage.incomplete(), ["azure/s/restore-point-collections.json"]);
        let gathered = stage.json("dump/azure/s/restore-point-collections.json");
        assert_eq!(gathered.as_array().unwrap().len(), 2);
    });
}

#[test]
fn refused_subscription_stops_no_other() {
    each_shell(AZURE, |stage| {
        stage.run(&["--out", "dump"], &[("FAKE_FAIL", "--subscription 1111")]);
        let incomplete = stage.incomplete();
        assert_eq!(incomplete.len(), 10);
        assert!(incomplete.iter().all(|path| path.starts_with("azure/11111111-")));
        assert_eq!(stage.files().len(), 1 + 13 + 15);
    });
}

#[test]
fn gcp_lists_twelve_kinds_in_every_project() {
    each_shell(GCP, |stage| {
        let output = stage.run(&["--out", "dump"], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let files = stage.files();
        assert_eq!(files.len(), 30);
        assert!(files.iter().all(|file| file["complete"] == true));
        let shared: BTreeSet<String> = files
            .iter()
            .filter(|file| file["location"] == "global")
            .map(|file| text(&file["kind"]))
            .collect();
        assert_eq!(
            shared,
            ["audit-log", "grant", "image", "machine-image", "setting", "snapshot"].map(str::to_owned).into()
        );
    });
}

#[test]
fn only_own_images_are_asked_for() {
    each_shell(GCP, |stage| {
        stage.run(&["--out", "dump"], &[]);
        let calls = stage.calls();
        let images = calls.iter().filter(|call| call.starts_with("compute images "));
        let own = images.clone().filter(|call| call.contains("--no-standard-images"));
        assert_eq!((images.count(), own.count()), (2, 2));
    });
}

#[test]
fn warning_of_an_unreachable_zone_makes_the_listing_incomplete() {
    each_shell(GCP, |stage| {
        let warn = [("FAKE_WARN", "compute disks list --project=tracking")];
        let output = stage.run(&["--out", "dump"], &warn);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(stage.incomplete(), ["gcp/tracking/disks.json"]);
        assert!(stage.text("dump/errors.txt").contains("Zone europe-west1-b"));
    });
}

#[test]
fn names_are_escaped_in_the_manifest() {
    each_shell(GCP, |stage| {
        stage.run(&["--out", "dump", "--projects", r#"od"d\name é"#], &[]);
        let accounts: BTreeSet<String> = stage.files().iter().map(|file| text(&file["account"])).collect();
        assert_eq!(accounts, [r#"od"d\name"#, "é"].map(str::to_owned).into());
    });
}

#[test]
fn nothing_but_reading_calls_is_made() {
    let reads = |call: &str| {
        let words: Vec<&str> = call.split(' ').filter(|word| !word.starts_with('-')).collect();
        words.iter().any(|word| {
            ["describe-", "get-", "list-"].iter().any(|verb| word.starts_with(verb))
                || ["describe", "list", "show"].contains(word)
        }) || call.starts_with("rest --method get ")
    };
    for (script, arguments) in [(AWS, &["--attributes"][..]), (AZURE, &[]), (GCP, &[])] {
        each_shell(script, |stage| {
            stage.run(
                &[&["--out", "dump"], arguments].concat(),
                &[("FAKE_COLLECTIONS", "1"), ("FAKE_SETS", "1")],
            );
            for call in stage.calls() {
                assert!(reads(&call), "{call}");
            }
        });
    }
}

#[test]
fn dump_is_readable_by_its_owner_alone() {
    for script in [AWS, AZURE, GCP] {
        each_shell(script, |stage| {
            stage.run(&["--out", "dump"], &[]);
            let mode = fs::metadata(stage.path("dump/manifest.json")).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        });
    }
}
