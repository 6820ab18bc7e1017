//! Audit logs on the command line: taken in, looked into, and judged by.

use driftline::model::Timestamp;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::support::{Site, incident, volume};

/// The CloudTrail record of a deletion, as the AWS CLI makes it.
pub(crate) fn deletion(id: &str, time: &str, volume: &str) -> Value {
    json!({
        "eventVersion": "1.11", "eventTime": time, "eventSource": "ec2.amazonaws.com",
        "eventName": "DeleteVolume", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.5",
        "userAgent": "aws-cli/2", "eventID": id, "readOnly": false, "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333", "eventCategory": "Management",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "alice", "accessKeyId": "AKIAEXAMPLE",
            "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333",
        },
        "requestParameters": { "volumeId": volume }, "responseElements": { "_return": true },
    })
}

/// A site whose second scan lacks a volume that stood in the first one, not yet taken.
fn about_to_lose_a_volume() -> (Site, String) {
    let site = Site::new();
    let before = site.volumes("before", 1, &[volume("vol-1"), volume("vol-2")]);
    site.driftline(&["scan", "--from", &before]).run();
    let after = site.volumes("after", 3, &[volume("vol-1")]);
    (site, after)
}

fn only_change(report: &Value) -> &Value {
    let changes = report["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:#?}");
    &changes[0]
}

#[test]
fn events_taken_in_twice_count_once() {
    let site = Site::new();
    let logs = format!("{}/aws/cloudtrail", incident("after"));
    let first = site.driftline(&["events", "import", &logs]).run().stderr;
    assert!(
        first.starts_with("Read 73 records from 29 log files: 71 new events, 2 of no interest."),
        "{first}"
    );
    let again = site.driftline(&["events", "import", &logs]).run().stderr;
    assert!(
        again.starts_with("Read 73 records from 29 log files: 0 new events, 71 known already"),
        "{again}"
    );
    let listed = site.driftline(&["events", "list", "--format", "ndjson"]).run().stdout;
    assert_eq!(listed.lines().count(), 71);
}

#[test]
fn events_are_found_by_class_actor_outcome_and_target() {
    let site = Site::with_incident();
    let list = |args: &[&str]| {
        let ran = site.driftline(&[&["events", "list", "--format", "ndjson"], args].concat()).run();
        let events = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        events.map(|event| event["operation"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(&["--class", "log.tamper"]), ["StopLogging"]);
    assert_eq!(list(&["--target", "i-07a42435088b754e3"]), ["RunInstances", "TerminateInstances"]);
    let tried =
        ["StopInstances", "CreateSnapshot", "DeleteSnapshot", "ModifySnapshotAttribute", "CreateImage"];
    let mut denied = list(&["--actor", "CI-DEPLOY", "--outcome", "denied"]);
    denied.sort_unstable();
    let mut expected = tried.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(denied, expected);
    assert_eq!(
        list(&["--since", "2026-03-03T02:10:00Z", "--until", "2026-03-03T02:10:30Z"]),
        ["StopLogging"]
    );
    site.driftline(&["events", "list", "--class", "instance.eaten"]).status(2).run();
}

#[test]
fn coverage_shows_the_time_in_which_the_trail_was_stopped() {
    let site = Site::with_incident();
    let shown = site.driftline(&["events", "coverage"]).run().stdout;
    assert!(shown.contains("cloudtrail of aws 111122223333 eu-west-1"), "{shown}");
    assert!(shown.contains("2026-03-03 02:10:09Z to 2026-03-03 02:44:31Z  gap "), "{shown}");
    assert!(shown.contains("  2026-03-03 ##!###?................."), "{shown}");
    let json = site.driftline(&["events", "coverage", "--format", "json"]).run().json();
    assert!(json.as_array().is_some_and(|logs| logs.len() >= 6), "{json:#}");
}

#[test]
fn a_log_in_a_file_proves_nothing_unless_somebody_says_so() {
    let (site, after) = about_to_lose_a_volume();
    let log = site.write("log.json", deletion("e-1", "2020-03-01T02:10:00Z", "vol-9").to_string());
    let scan = ["scan", "--from", &after, "--events", &log, "--format", "json"];
    let report = site.driftline(&scan).status(10).run().json();
    let trace = &only_change(&report)["trace"];
    assert_ne!(trace["state"], "unexplained", "{trace:#}");
    assert!(report["findings"].as_array().unwrap().iter().all(|it| it["rule"] != "unlogged-change"));
    let said = ["--log-complete-from", "2020-03-01T00:00:00Z", "--log-complete-to", "2020-03-01T04:00:00Z"];
    let drift = ["drift", "--events", &log, "--format", "json"];
    let report = site.driftline(&[&drift[..], &said].concat()).status(10).run().json();
    assert_eq!(only_change(&report)["trace"]["state"], "unexplained");
    assert!(report["findings"].as_array().unwrap().iter().any(|it| it["rule"] == "unlogged-change"));
}

#[test]
fn a_deletion_that_the_log_explains_names_who_from_where_and_by_which_event() {
    let (site, after) = about_to_lose_a_volume();
    let log = site.write("log.json", deletion("e-1", "2020-03-01T02:10:00Z", "vol-2").to_string());
    let report = site.driftline(&["scan", "--from", &after, "--events", &log]).run().stdout;
    assert!(report.contains("  who         alice\n"), "{report}");
    assert!(report.contains("  - explained by alice: 1 vanished\n"), "{report}");
    let report = site.driftline(&["drift", "--verbose"]).run().stdout;
    assert!(report.contains("trace       explained by alice: `DeleteVolume` by alice names it"), "{report}");
    assert!(report.contains("DeleteVolume success by alice from 203.0.113.5 with aws-cli/2"), "{report}");
    assert!(report.contains("event e-1"), "{report}");
}

#[test]
fn logs_given_to_drift_are_judged_by_and_not_kept() {
    let (site, after) = about_to_lose_a_volume();
    site.driftline(&["scan", "--from", &after]).status(10).run();
    let log = site.write("log.json", deletion("e-1", "2020-03-01T02:10:00Z", "vol-2").to_string());
    let report = site.driftline(&["drift", "--events", &log, "--format", "json"]).run().json();
    assert_eq!(only_change(&report)["trace"]["state"], "explained");
    assert_eq!(site.driftline(&["events", "list"]).run().stdout, "");
    let report = site.driftline(&["drift", "--format", "json"]).status(10).run().json();
    assert_eq!(only_change(&report)["trace"]["state"], "log-gap");
}

#[test]
fn two_dumps_are_compared_without_a_store() {
    let site = Site::new();
    let args = ["drift", "--from", &incident("before"), "--from", &incident("after"), "--quiet"];
    let ran = site.driftline(&args).status(10).run();
    assert!(ran.stdout.starts_with("driftline: 9 critical, "), "{}", ran.stdout);
    assert!(!site.store().exists());
    site.driftline(&["drift", "--from", &incident("before")]).status(2).run();
}

#[test]
fn a_verdict_that_waits_for_the_log_moves_when_the_log_delivers() {
    let site = Site::new();
    let now = Timestamp::now();
    let ago = |minutes| (now - SignedDuration::from_mins(minutes)).to_string();
    let dump = |name: &str, volumes: &[Value]| site.volumes(name, 1, volumes);
    let both = dump("both", &[volume("vol-1"), volume("vol-2")]);
    site.driftline(&["scan", "--from", &both, "--as-of", &ago(60)]).run();
    let one = dump("one", &[volume("vol-1")]);
    let nothing = site.write("nothing.json", deletion("e-0", &ago(50), "vol-9").to_string());
    let said = |log: &str, to: i64| {
        let (from, to) = (ago(90), ago(to));
        site.driftline(&["events", "import", log, "--log-complete-from", &from, "--log-complete-to", &to])
            .run();
    };
    said(&nothing, 5);
    let scan = ["scan", "--from", &one, "--format", "json"];
    let first = site.driftline(&[&scan[..], &["--as-of", &ago(2)]].concat()).run().json();
    assert_eq!(only_change(&first)["trace"]["state"], "pending", "{first:#}");
    assert!(first["findings"].as_array().unwrap().iter().all(|finding| finding["risk"].as_u64() < Some(30)));
    let late = site.write("late.json", deletion("e-1", &ago(10), "vol-2").to_string());
    said(&late, 1);
    let second = site.driftline(&[&scan[..], &["--as-of", &ago(1)]].concat()).run().json();
    assert_eq!(second["changes"], json!([]));
    let moved = second["moved_verdicts"].as_array().unwrap();
    assert_eq!(moved.len(), 1, "{second:#}");
    assert_eq!(
        (&moved[0]["was"], &moved[0]["change"]["trace"]["state"]),
        (&json!("pending"), &json!("explained"))
    );
    let third = site.driftline(&[&scan[..], &["--as-of", &now.to_string()]].concat()).run().json();
    assert_eq!(third["moved_verdicts"], json!([]), "what is settled is not told again");
}

#[test]
fn an_approved_change_weighs_less_and_what_nobody_used_is_listed() {
    let (site, after) = about_to_lose_a_volume();
    let mut record = deletion("e-1", "2020-03-01T02:10:00Z", "vol-2");
    record["userIdentity"] = json!({
        "type": "AssumedRole", "principalId": "AROAEXAMPLE:CHG-7", "accountId": "111122223333",
        "arn": "arn:aws:sts::111122223333:assumed-role/ops/CHG-7", "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": { "sessionIssuer": {
            "type": "Role", "principalId": "AROAEXAMPLE", "accountId": "111122223333", "userName": "ops",
            "arn": "arn:aws:iam::111122223333:role/ops",
        } },
    });
    let log = site.write("log.json", record.to_string());
    let approved = site.write(
        "approved.csv",
        "id,from,to,resources\n\
         CHG-7,2020-03-01T02:00:00Z,2020-03-01T03:00:00Z,vol-*\n\
         CHG-8,2020-03-01T02:00:00Z,2020-03-01T03:00:00Z,\n",
    );
    site.driftline(&["scan", "--from", &after, "--events", &log]).run();
    let risk = |extra: &[&str]| {
        let report = site.driftline(&[&["drift", "--format", "json"], extra].concat()).run().json();
        (report["findings"][0]["risk"].as_u64().unwrap(), report)
    };
    let (plain, _) = risk(&[]);
    let (lowered, report) = risk(&["--approved", &approved]);
    assert_eq!(lowered + 40, plain);
    assert_eq!(only_change(&report)["trace"]["approval"]["full"], true);
    let unused = report["unused_approvals"].as_array().unwrap();
    assert_eq!(unused.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(), ["CHG-8"]);
    let wrong = site.write("wrong.csv", "id,from,to\nCHG-7,yesterday,tomorrow\n");
    let error = site.driftline(&["drift", "--approved", &wrong]).status(2).run().stderr;
    assert!(error.contains("wrong.csv:2: `from`: `yesterday` is no time"), "{error}");
}

#[test]
fn completeness_that_is_said_of_nothing_is_refused() {
    let site = Site::new();
    let said = ["--log-complete-from", "2020-03-01T00:00:00Z"];
    site.driftline(&[&["drift"], &said[..]].concat()).status(2).run();
    let log = site.write("log.json", deletion("e-1", "2020-03-01T02:10:00Z", "vol-2").to_string());
    let backwards = [&said[..], &["--log-complete-to", "2020-02-01T00:00:00Z"]].concat();
    let error =
        site.driftline(&[&["events", "import", &log], &backwards[..]].concat()).status(2).run().stderr;
    assert!(error.contains("is not after"), "{error}");
    site.driftline(&["events", "import", "/nowhere/log.json"]).status(2).run();
}

#[test]
fn history_tells_events_between_revisions() {
    let (site, after) = about_to_lose_a_volume();
    let log = site.write("log.json", deletion("e-1", "2020-03-01T02:10:00Z", "vol-2").to_string());
    site.driftline(&["scan", "--from", &after, "--events", &log]).run();
    let told = site.driftline(&["history", "vol-2"]).run().stdout;
    assert!(told.contains("2020-03-01 02:10:00Z  success  volume.delete DeleteVolume by alice"), "{told}");
    let json = site.driftline(&["history", "vol-2", "--format", "json"]).run().json();
    assert_eq!(json[0]["later_events"][0]["id"], "e-1");
}
