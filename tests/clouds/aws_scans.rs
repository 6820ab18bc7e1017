//! Scans of an estate on AWS over the wire, beside what files say of it.

use std::path::Path;
use std::time::Duration;

use crate::ec2::{self, ACCOUNT, Manner, World};
use crate::known::{assert_alike, resources};
use crate::site::Site;

/// What a scan lists region by region.
pub const KINDS: &[&str] =
    &["instance", "volume", "snapshot", "image", "setting", "recycled", "quota", "audit-log"];

/// What files of the incident hold.
const FILED: &[&str] = &["instance", "volume", "snapshot", "image"];

/// The regions of the incident's files.
const FILED_REGIONS: &[&str] = &["eu-west-1", "us-east-1"];

/// What files of the incident hold, with everything that a scan may ask one by one.
const AS_FILED: &str = r#"
kinds = ["instance", "volume", "snapshot", "image"]
regions = ["eu-west-1", "us-east-1"]
sharing = true
instance-attributes = true
user-data = true
"#;

/// Returns an environment with credentials, and nothing else that an SDK would look at.
pub fn credentials() -> Vec<(&'static str, String)> {
    [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

fn incident(when: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/incident").join(when)
}

/// The dump of the incident without the two other clouds and the logs.
fn aws_part(site: &Site, when: &str) -> std::path::PathBuf {
    let folder = site.path(when);
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(incident(when).join("aws"), folder.join("aws")).unwrap();
    let manifest = std::fs::read(incident(when).join("manifest.json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    manifest["files"].as_array_mut().unwrap().retain(|file| file["provider"] == "aws");
    // As old as the import: a live scan of the same cannot be older.
    manifest.as_object_mut().unwrap().retain(|member, _| member != "taken_at" && member != "logs");
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    folder
}

#[test]
fn a_live_scan_and_the_dump_of_the_same_estate_know_the_same() {
    let site = Site::new();
    let estate = ec2::start(None);
    let config = estate.config.clone() + AS_FILED;
    let live = site.scan(&config, &credentials(), &["--requests-per-second", "1000"]);
    live.assert_complete(FILED, FILED_REGIONS);
    let folder = aws_part(&site, "before");
    let imported = site.import(&folder, &[]);
    imported.assert_complete(FILED, FILED_REGIONS);
    imported.assert_no_change();

    let files_only = Site::new();
    files_only.import(&folder, &[]);
    let live_only = Site::new();
    live_only.scan(&config, &credentials(), &["--requests-per-second", "1000"]);
    assert_alike(resources(&live_only, FILED), resources(&files_only, FILED));
}

#[test]
fn a_live_scan_finds_in_an_incident_what_its_dumps_tell() {
    let found = |from_files: bool| {
        let site = Site::new();
        let scan = |when: &str| {
            if from_files {
                return site.import(&aws_part(&site, when), &[]);
            }
            let estate = ec2::serve(ec2::incident(when), Manner::default());
            let config = estate.config.clone() + AS_FILED;
            site.scan(&config, &credentials(), &["--requests-per-second", "1000", "--retries", "1"])
        };
        scan("before");
        scan("after").changes()
    };
    let live = found(false);
    assert!(live.len() > 10, "{live:#?}");
    assert_eq!(live, found(true));
}

#[test]
fn a_member_account_is_scanned_beside_our_own_and_a_suspended_one_is_left_out() {
    let mut world = ec2::incident("before");
    world.members = vec![
        (ACCOUNT.to_owned(), "ACTIVE"),
        ("222233334444".to_owned(), "ACTIVE"),
        ("333344445555".to_owned(), "SUSPENDED"),
    ];
    let volume = serde_json::json!({ "Volumes": [{ "VolumeId": "vol-0123456789abcdef0", "Size": 8 }] });
    world.place("222233334444", "us-east-1").add(volume);
    let estate = ec2::serve(world, Manner::default());
    let config = estate.config.clone() + "organization = { member-role = \"driftline\" }\n";
    let site = Site::new();
    let report = site.scan(&config, &credentials(), &["--requests-per-second", "1000"]);
    let rows = report.0["coverage"].as_array().unwrap();
    let of = |account: &str| {
        rows.iter().find(|row| {
            row["account"] == account && row["kind"] == "volume" && row["location"] == "us-east-1"
        })
    };
    assert_eq!(of(ACCOUNT).unwrap()["listed"], 3);
    assert_eq!(of("222233334444").unwrap()["listed"], 1);
    assert!(of("333344445555").is_none_or(|row| row["status"] != "complete"));
}

#[test]
fn twenty_regions_of_three_lists_of_ten_pages_are_listed_to_their_end() {
    let regions: Vec<String> = (1..=20).map(|number| format!("eu-west-{number}")).collect();
    let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
    let world = World::large(ACCOUNT, &regions, 30);
    let estate = ec2::serve(world, Manner { latency: Duration::from_millis(5), ..Manner::default() });
    let config = estate.config.clone() + "kinds = [\"instance\", \"volume\", \"snapshot\"]\n";
    let site = Site::new();
    let report = site.scan(&config, &credentials(), &["--requests-per-second", "1000"]);
    report.assert_complete(&["instance", "volume", "snapshot"], &regions);
    let rows = report.0["coverage"].as_array().unwrap();
    let listed: u64 =
        rows.iter().filter(|row| row["kind"] != "region").filter_map(|row| row["listed"].as_u64()).sum();
    assert_eq!(listed, 20 * 3 * 30);
    let pages = |operation: &str| {
        let action = format!("Action={operation}&");
        let is_page = |body: &[u8]| String::from_utf8_lossy(body).contains(&action);
        estate.server.requests().iter().filter(|request| is_page(&request.body)).count()
    };
    assert_eq!(pages("DescribeVolumes"), 20 * 10);
    assert_eq!(pages("DescribeInstances"), 20 * 10);
}
