//! A trail's bucket in moto's S3.

use std::collections::BTreeSet;
use std::env;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use driftline::config::Config;
use driftline::model::{
    AccountId, Location, LogScope, LogStatus, Provider, Timestamp, ViolationKind, Window,
};
use driftline::sources::aws::digest::sha256;
use driftline::sources::cloud;
use driftline::sources::live::{LogQuery, LogRead, RecordPage, Records};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use crate::emulator::Emulator;

/// Tells the second process of a test where the emulator is: the SDK takes its credentials from the environment.
const URL: &str = "DRIFTLINE_TEST_MOTO_URL";

const TEST: &str = "trail::a_trail_in_s3_is_read_and_what_is_missing_of_it_is_told";

const FOLDER: &str = "audit/AWSLogs/o-abc/123456789012";

#[test]
fn a_trail_in_s3_is_read_and_what_is_missing_of_it_is_told() {
    if let Ok(url) = env::var(URL) {
        return reads(&url);
    }
    let Some(moto) = Emulator::moto() else { return };
    moto.script("trail.py", &delivered());
    let output = Command::new(env::current_exe().unwrap())
        .args([TEST, "--exact", "--nocapture"])
        .envs(moto.credentials())
        .env(URL, &moto.url)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}{err}");
}

fn hour(number: i64) -> Timestamp {
    "2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(number)
}

/// An organization's trail of three hours, one object each, of which the second is missing; with digests.
fn delivered() -> Value {
    let (mut objects, mut before) = (Vec::new(), None::<(String, String)>);
    for number in 1..=3 {
        let key = format!(
            "{FOLDER}/CloudTrail/eu-west-1/2026/03/01/123456789012_CloudTrail_eu-west-1_20260301T0{number}30Z_abc.json.gz"
        );
        let content = json!({ "Records": [{ "eventID": number.to_string() }] }).to_string();
        let end = number + 1;
        let digest_key = format!(
            "{FOLDER}/CloudTrail-Digest/eu-west-1/2026/03/01/123456789012_CloudTrail-Digest_eu-west-1_all_eu-west-1_20260301T0{end}0000Z.json.gz"
        );
        let digest = json!({
            "awsAccountId": "123456789012", "digestStartTime": hour(number).to_string(),
            "digestEndTime": hour(end).to_string(), "digestS3Bucket": "northwick-trail", "digestS3Object": digest_key,
            "previousDigestS3Object": before.as_ref().map(|(key, _)| key),
            "previousDigestHashValue": before.as_ref().map(|(_, hash)| hash),
            "logFiles": [{ "s3Bucket": "northwick-trail", "s3Object": key, "hashValue": sha256(content.as_bytes()) }],
        })
        .to_string();
        before = Some((digest_key.clone(), sha256(digest.as_bytes())));
        if number != 2 {
            objects.push(json!({ "key": key, "content": content }));
        }
        objects.push(json!({ "key": digest_key, "content": digest, "signature": "00" }));
    }
    json!({ "bucket": "northwick-trail", "region": "eu-west-1", "objects": objects })
}

fn reads(url: &str) {
    let config = format!(
        "[[aws]]\nendpoint = \"{url}\"\nlimits = {{ retries = 1 }}\n\
         events = {{ trail = \"s3://northwick-trail/audit\", region = \"eu-west-1\" }}\n"
    );
    let config = Config::parse(&config, "test").unwrap();
    let collector = cloud(Provider::Aws).collectors(&config, &Arc::default()).unwrap().remove(0);
    let log = LogScope {
        provider: Provider::Aws,
        account: AccountId::new("123456789012"),
        location: Location::new("eu-west-1"),
        source: "cloudtrail".to_owned(),
    };
    let window = Window { from: hour(1), to: hour(3) };
    let query = LogQuery { log, window, lag: SignedDuration::from_mins(15), about: BTreeSet::new() };
    let (pages, mut arriving) = mpsc::channel::<RecordPage>(16);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let read: LogRead = runtime.block_on(async {
        let records = Records::new(pages, Duration::from_mins(1));
        collector.read_log(&query, &records).await
    });
    let mut records = Vec::new();
    while let Ok(page) = arriving.try_recv() {
        records.extend(page.records().map(|record| String::from_utf8_lossy(record).into_owned()));
    }

    assert_eq!(records, ["{\"eventID\":\"1\"}"]);
    let told: Vec<_> = read.violations.iter().map(|violation| violation.kind).collect();
    assert_eq!(told, [ViolationKind::ObjectMissing]);
    let minutes = |at: Timestamp| at.duration_since(hour(1)).as_mins();
    let known: Vec<_> = read
        .intervals
        .iter()
        .map(|told| (minutes(told.window.from), minutes(told.window.to), told.status))
        .collect();
    let expected =
        [(0, 75, LogStatus::Complete), (75, 91, LogStatus::Violated), (91, 120, LogStatus::Complete)];
    assert_eq!(known, expected);
    // Moto has no keys to check signatures by.
    assert!(read.intervals[0].reason.contains("signatures were not checked"), "{:?}", read.intervals);
}
