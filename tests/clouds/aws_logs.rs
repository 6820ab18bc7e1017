//! Live reads of CloudTrail against a server that keeps an event history and a trail's bucket.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use driftline::config::Config;
use driftline::model::{
    AccountId, CoverageStatus, Location, LogInterval, LogScope, LogStatus, Provider, Timestamp, Uid,
    ViolationKind, Window,
};
use driftline::sources::cloud;
use driftline::sources::live::{Account, Collector, Ledger, LogQuery, LogRead, RecordPage, Records};
use jiff::SignedDuration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use crate::aws::alone_with_credentials;
use crate::ec2::logs::{Ask, BUCKET, Logs, cloudtrail_error, gzip, record, s3_error, signer};
use crate::ec2::{self, ACCOUNT, Estate, Manner, World};
use crate::server::{Ending, Reply};

pub const REGION: &str = "us-east-1";

const LAG: SignedDuration = SignedDuration::from_mins(15);

/// How an entry reads a trail.
pub const TRAIL: &str = "events = { trail = \"s3://northwick-trail\" }\n";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An hour of a day in the past, or a minute of it.
fn hour(number: i64, minute: i64) -> Timestamp {
    at("2026-03-01T00:00:00Z") + SignedDuration::from_mins(number * 60 + minute)
}

/// The same of a day that the event history still has.
pub fn lately(number: i64, minute: i64) -> Timestamp {
    let today = Timestamp::now().as_second() / 86400 * 86400;
    Timestamp::from_second(today - 3 * 86400).unwrap() + SignedDuration::from_mins(number * 60 + minute)
}

pub fn log(region: &str) -> LogScope {
    LogScope {
        provider: Provider::Aws,
        account: AccountId::new(ACCOUNT),
        location: Location::new(region),
        source: "cloudtrail".to_owned(),
    }
}

fn query(from: Timestamp, to: Timestamp) -> LogQuery {
    LogQuery { log: log(REGION), window: Window { from, to }, lag: LAG, about: BTreeSet::new() }
}

/// A collector of a server that keeps some logs.
struct Bench {
    estate: Estate,
    collector: Box<dyn Collector>,
    runtime: Runtime,
}

impl Bench {
    fn new(logs: Logs, more: &str) -> Self {
        let estate = ec2::serve(World { logs, ..World::empty(ACCOUNT, &[REGION]) }, Manner::default());
        let collector = collectors(&estate, more, &Arc::default()).remove(0);
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { estate, collector, runtime }
    }

    fn read(&self, query: &LogQuery) -> (Vec<String>, LogRead) {
        self.read_within(query, Duration::from_mins(2))
    }

    /// Reads a log for so long at most; returns the ids of the records in order, each as often as it came.
    fn read_within(&self, query: &LogQuery, limit: Duration) -> (Vec<String>, LogRead) {
        let (pages, mut arriving) = mpsc::channel::<RecordPage>(1);
        self.runtime.block_on(async {
            let taken = async {
                let mut ids = Vec::new();
                while let Some(page) = arriving.recv().await {
                    ids.extend(page.records().map(id));
                }
                ids
            };
            let read = async {
                let records = Records::new(pages, limit);
                self.collector.read_log(query, &records).await
            };
            let (mut ids, read) = tokio::join!(taken, read);
            ids.sort();
            (ids, read)
        })
    }

    fn asked(&self, operation: &str) -> Vec<Ask> {
        let asks = self.estate.server.requests();
        asks.iter().filter_map(Ask::of).filter(|ask| ask.operation == operation).collect()
    }
}

pub fn collectors(estate: &Estate, more: &str, ledger: &Arc<Ledger>) -> Vec<Box<dyn Collector>> {
    let limits = "limits = { requests-per-second = 1000, retries = 1 }\n";
    let config = Config::parse(&format!("{}{limits}{more}", estate.config), "test").unwrap();
    cloud(Provider::Aws).collectors(&config, ledger).unwrap()
}

fn id(record: &[u8]) -> String {
    let record: serde_json::Value = serde_json::from_slice(record).unwrap();
    record["eventID"].as_str().unwrap().trim_start_matches(['0', '-']).to_owned()
}

pub fn history(records: impl IntoIterator<Item = serde_json::Value>) -> Logs {
    let place = (ACCOUNT.to_owned(), REGION.to_owned());
    Logs { history: [(place, records.into_iter().collect())].into(), ..Logs::default() }
}

/// Adds a fault; it is told which attempt at its operation it meets.
fn with_fault(mut logs: Logs, fault: impl Fn(&Ask) -> Option<Reply> + Send + Sync + 'static) -> Logs {
    logs.fault = Some(Arc::new(fault));
    logs
}

/// Returns what is known, in minutes since a time.
fn known(intervals: &[LogInterval], since: Timestamp) -> Vec<(i64, i64, LogStatus)> {
    let minutes = |at: Timestamp| at.duration_since(since).as_mins();
    let row = |told: &LogInterval| (minutes(told.window.from), minutes(told.window.to), told.status);
    intervals.iter().map(row).collect()
}

#[test]
fn the_event_history_is_read_to_its_end_and_only_for_what_changes_something() {
    alone_with_credentials(
        "aws_logs::the_event_history_is_read_to_its_end_and_only_for_what_changes_something",
        || {
            let writes = (1..=120).map(|number| record(number, lately(1, 10), false));
            let others = [record(500, lately(1, 10), true), record(600, lately(5, 0), false)];
            let bench = Bench::new(history(writes.chain(others)), "");
            let (ids, read) = bench.read(&query(lately(1, 0), lately(2, 0)));
            assert_eq!(ids.len(), 120);
            assert!(!ids.contains(&"500".to_owned()) && !ids.contains(&"600".to_owned()));
            assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 60, LogStatus::Complete)]);
            assert_eq!(read.intervals[0].reason, "LookupEvents was read to its end");
            assert_eq!((read.troubles, read.violations), (vec![], vec![]));
            let asked = bench.asked("LookupEvents");
            assert_eq!(asked.len(), 3);
            for ask in asked {
                assert_eq!(ask.body["MaxResults"], 50);
                assert_eq!(ask.body["LookupAttributes"].as_array().unwrap().len(), 1);
                assert_eq!(ask.body["LookupAttributes"][0]["AttributeKey"], "ReadOnly");
            }
        },
    );
}

#[test]
fn a_throttled_page_is_asked_for_again() {
    alone_with_credentials("aws_logs::a_throttled_page_is_asked_for_again", || {
        let asked = AtomicUsize::new(0);
        let logs = with_fault(history([record(1, lately(1, 10), false)]), move |_| {
            let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
            is_first.then(|| cloudtrail_error("ThrottlingException", "Rate exceeded"))
        });
        let (ids, read) = Bench::new(logs, "").read(&query(lately(1, 0), lately(2, 0)));
        assert_eq!(ids, ["1"]);
        assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 60, LogStatus::Complete)]);
    });
}

#[test]
fn a_denied_history_is_one_gap_in_the_vendor_s_words() {
    alone_with_credentials("aws_logs::a_denied_history_is_one_gap_in_the_vendor_s_words", || {
        let logs = with_fault(history([]), |_| {
            Some(cloudtrail_error(
                "AccessDeniedException",
                "not authorized to perform: cloudtrail:LookupEvents",
            ))
        });
        let bench = Bench::new(logs, "");
        let (_, read) = bench.read(&query(lately(1, 0), lately(9, 0)));
        assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 480, LogStatus::Gap)]);
        assert!(read.intervals[0].reason.contains("not authorized"), "{}", read.intervals[0].reason);
        assert_eq!(read.troubles.len(), 1);
        assert_eq!(read.troubles[0].status, CoverageStatus::Denied);
        // The other seven hours would have been denied as well.
        assert_eq!(bench.asked("LookupEvents").len(), 1);
    });
}

#[test]
fn a_repeated_token_loses_its_hour_and_no_other() {
    alone_with_credentials("aws_logs::a_repeated_token_loses_its_hour_and_no_other", || {
        let second = lately(2, 0).as_second();
        let logs =
            with_fault(history([1, 3].map(|number| record(1, lately(number, 10), false))), move |ask| {
                let is_victim = ask.body["StartTime"].as_i64() == Some(second);
                is_victim
                    .then(|| Reply::json(200, &serde_json::json!({ "Events": [], "NextToken": "again" })))
            });
        let (ids, read) = Bench::new(logs, "").read(&query(lately(1, 0), lately(4, 0)));
        assert_eq!(ids.len(), 2);
        let expected =
            [(0, 60, LogStatus::Complete), (60, 120, LogStatus::Gap), (120, 180, LogStatus::Complete)];
        assert_eq!(known(&read.intervals, lately(1, 0)), expected);
        assert_eq!(read.troubles[0].reason.code, "repeated-token");
    });
}

#[test]
fn a_read_that_takes_too_long_keeps_what_it_has_proven() {
    alone_with_credentials("aws_logs::a_read_that_takes_too_long_keeps_what_it_has_proven", || {
        let bench = Bench::new(history([]), "");
        let (_, read) = bench.read_within(&query(lately(0, 0), lately(20, 0)), Duration::from_secs(3));
        let told = known(&read.intervals, lately(0, 0));
        // At two requests a second, a few of the twenty hours.
        assert!(
            told.len() == 2 && told[0].2 == LogStatus::Complete && told[1].2 == LogStatus::Gap,
            "{told:?}"
        );
        assert!((60..=9 * 60).contains(&told[0].1), "{told:?}");
        assert_eq!(read.troubles[0].reason.code, "log-timeout");
        assert!(bench.asked("LookupEvents").len() <= 8);
    });
}

#[test]
fn a_few_resources_are_asked_for_by_name_and_prove_nothing_of_others() {
    alone_with_credentials(
        "aws_logs::a_few_resources_are_asked_for_by_name_and_prove_nothing_of_others",
        || {
            let bench = Bench::new(history((1..=9).map(|number| record(number, lately(5, 0), false))), "");
            let uid = |number| Uid::new(format!("i-{number:017x}"));
            let few = LogQuery { about: [uid(3), uid(7)].into(), ..query(lately(0, 0), lately(20, 0)) };
            let (ids, read) = bench.read(&few);
            assert_eq!(ids, ["3", "7"]);
            assert_eq!(known(&read.intervals, lately(0, 0)), [(0, 1200, LogStatus::Unknown)]);
            assert_eq!(bench.asked("LookupEvents").len(), 2);
            // So many take more requests than everything does, which then proves everything.
            let many = LogQuery { about: (1..=9).map(uid).collect(), ..query(lately(4, 0), lately(6, 0)) };
            let (ids, read) = bench.read(&many);
            assert_eq!(ids.len(), 9);
            assert_eq!(known(&read.intervals, lately(4, 0)), [(0, 120, LogStatus::Complete)]);
        },
    );
}

#[test]
fn the_history_of_more_than_90_days_ago_is_a_gap() {
    alone_with_credentials("aws_logs::the_history_of_more_than_90_days_ago_is_a_gap", || {
        let now = Timestamp::now();
        let long_ago = now - SignedDuration::from_hours(100 * 24);
        let to = long_ago + SignedDuration::from_hours(24);
        let bench = Bench::new(history([]), "");
        let (_, read) = bench.read(&query(long_ago, to));
        assert_eq!(known(&read.intervals, long_ago), [(0, 1440, LogStatus::Gap)]);
        assert_eq!(read.intervals[0].reason, "the event history goes back 90 days");
        assert_eq!(bench.asked("LookupEvents").len(), 0);
    });
}

#[test]
fn the_log_of_global_services_is_read_beside_those_of_the_regions() {
    alone_with_credentials(
        "aws_logs::the_log_of_global_services_is_read_beside_those_of_the_regions",
        || {
            let account = Account { id: AccountId::new(ACCOUNT), name: None };
            let places = ["eu-west-1", "global", "*"].map(Location::new).into();
            let named = |more: &str| {
                let bench = Bench::new(Logs::default(), more);
                let logs = bench.runtime.block_on(bench.collector.logs(&account, &places)).unwrap();
                logs.iter().map(|log| log.location.to_string()).collect::<Vec<_>>()
            };
            assert_eq!(named(""), ["eu-west-1", "us-east-1"]);
            assert_eq!(named(TRAIL), ["eu-west-1", "us-east-1"]);
            assert_eq!(named("events = \"off\"\n"), Vec::<String>::new());
        },
    );
}

#[test]
fn a_trail_is_listed_for_the_days_and_the_region_of_the_window_alone() {
    alone_with_credentials(
        "aws_logs::a_trail_is_listed_for_the_days_and_the_region_of_the_window_alone",
        || {
            let mut logs = Logs { keys_per_page: 2, ..Logs::default() };
            for number in 0..7 {
                let delivered = hour(1, 5 * number);
                let records = [record(usize::try_from(number).unwrap() + 1, delivered, false)];
                logs.deliver("audit/", ACCOUNT, REGION, delivered, &records);
            }
            logs.deliver("audit/", ACCOUNT, REGION, hour(0, 10), &[record(100, hour(0, 0), false)]);
            logs.deliver("audit/", ACCOUNT, REGION, hour(30, 0), &[record(200, hour(30, 0), false)]);
            logs.deliver("audit/", ACCOUNT, "eu-west-1", hour(1, 0), &[record(300, hour(1, 0), false)]);
            logs.deliver("audit/", "222233334444", REGION, hour(1, 0), &[record(400, hour(1, 0), false)]);
            let more = "events = { trail = \"s3://northwick-trail/audit\", region = \"eu-west-1\" }\n";
            let bench = Bench::new(logs, more);
            let (ids, read) = bench.read(&query(hour(1, 0), hour(1, 15)));
            assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7"]);
            // The last object, at half past, shows that everything was delivered up to a quarter past.
            assert_eq!(known(&read.intervals, hour(1, 0)), [(0, 15, LogStatus::Complete)]);
            let days = "audit/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/";
            let listed: BTreeSet<String> =
                bench.asked("ListObjectsV2").into_iter().map(|ask| ask.key).collect();
            let digests = days.replace("CloudTrail/", "CloudTrail-Digest/");
            assert_eq!(listed, ["audit/AWSLogs/".to_owned(), days.to_owned(), digests].into());
            assert!(bench.asked("GetObject").iter().all(|ask| ask.region == "eu-west-1"));
        },
    );
}

#[test]
fn the_trail_of_an_organization_serves_its_member_accounts() {
    alone_with_credentials("aws_logs::the_trail_of_an_organization_serves_its_member_accounts", || {
        let mut logs = Logs::default();
        logs.deliver("", &format!("o-abc/{ACCOUNT}"), REGION, hour(1, 5), &[]);
        let (key, (bytes, _)) = logs.objects.pop_first().unwrap();
        let content = serde_json::json!({ "Records": [record(1, hour(1, 1), false)] });
        drop(bytes);
        logs.objects.insert(
            key.replace("o-abc/111122223333_", "111122223333_"),
            (gzip(content.to_string().as_bytes()), None),
        );
        let (ids, _) = Bench::new(logs, TRAIL).read(&query(hour(1, 0), hour(2, 0)));
        assert_eq!(ids, ["1"]);
    });
}

#[test]
fn without_digests_nothing_is_proven_after_the_last_object_or_where_there_is_none() {
    alone_with_credentials(
        "aws_logs::without_digests_nothing_is_proven_after_the_last_object_or_where_there_is_none",
        || {
            let mut logs = Logs::default();
            logs.deliver("", ACCOUNT, REGION, hour(1, 45), &[record(1, hour(1, 40), false)]);
            let (_, read) = Bench::new(logs, TRAIL).read(&query(hour(1, 0), hour(3, 0)));
            let expected = [(0, 30, LogStatus::Complete), (30, 120, LogStatus::Unknown)];
            assert_eq!(known(&read.intervals, hour(1, 0)), expected);
            let (_, read) = Bench::new(Logs::default(), TRAIL).read(&query(hour(1, 0), hour(3, 0)));
            assert_eq!(known(&read.intervals, hour(1, 0)), [(0, 120, LogStatus::Unknown)]);
            assert!(read.intervals[0].reason.contains("holds nothing of it"), "{}", read.intervals[0].reason);
        },
    );
}

/// Logs with a signed digest for each of three hours from one on, each with one object.
pub fn signed(hour: fn(i64, i64) -> Timestamp) -> (Logs, Vec<String>, Vec<String>) {
    let mut logs = Logs { signer: Some(signer()), ..Logs::default() };
    let (mut keys, mut digests) = (Vec::new(), Vec::<String>::new());
    for number in 1..=3 {
        let records = [record(usize::try_from(number).unwrap(), hour(number, 20), false)];
        let key = logs.deliver("", ACCOUNT, REGION, hour(number, 25), &records);
        let previous = digests.last().cloned();
        digests.push(logs.digest(ACCOUNT, REGION, hour(number + 1, 0), &[&key], previous.as_deref()));
        keys.push(key);
    }
    (logs, keys, digests)
}

#[test]
fn a_chain_of_signed_digests_proves_even_quiet_hours() {
    alone_with_credentials("aws_logs::a_chain_of_signed_digests_proves_even_quiet_hours", || {
        let (mut logs, _, digests) = signed(hour);
        logs.digest(ACCOUNT, REGION, hour(5, 0), &[], digests.last().map(String::as_str));
        let bench = Bench::new(logs, TRAIL);
        let (ids, read) = bench.read(&query(hour(1, 0), hour(5, 0)));
        assert_eq!((ids, &read.violations), (vec!["1".to_owned(), "2".to_owned(), "3".to_owned()], &vec![]));
        let expected = [(0, 225, LogStatus::Complete), (225, 240, LogStatus::Unknown)];
        assert_eq!(known(&read.intervals, hour(1, 0)), expected);
        assert!(!read.intervals[0].reason.contains("not checked"), "{}", read.intervals[0].reason);
        assert_eq!(bench.asked("ListPublicKeys").len(), 1);
    });
}

#[test]
fn signatures_that_nobody_may_check_are_said_to_be_unchecked() {
    alone_with_credentials("aws_logs::signatures_that_nobody_may_check_are_said_to_be_unchecked", || {
        let (logs, ..) = signed(hour);
        let logs = with_fault(logs, |ask| {
            (ask.operation == "ListPublicKeys").then(|| cloudtrail_error("AccessDeniedException", "no"))
        });
        let (_, read) = Bench::new(logs, TRAIL).read(&query(hour(1, 0), hour(3, 0)));
        assert_eq!(known(&read.intervals, hour(1, 0)), [(0, 120, LogStatus::Complete)]);
        let reason = &read.intervals[0].reason;
        assert!(reason.ends_with("signatures were not checked: AccessDeniedException: no"), "{reason}");
    });
}

#[test]
fn an_altered_object_a_missing_one_and_a_forged_digest_are_violations() {
    alone_with_credentials(
        "aws_logs::an_altered_object_a_missing_one_and_a_forged_digest_are_violations",
        || {
            let violated = |spoil: fn(&mut Logs, &[String], &[String])| {
                let (mut logs, keys, digests) = signed(hour);
                spoil(&mut logs, &keys, &digests);
                let (_, read) = Bench::new(logs, TRAIL).read(&query(hour(1, 0), hour(4, 0)));
                let told =
                    read.violations.iter().map(|told| (told.kind, told.object.clone())).collect::<Vec<_>>();
                assert!(told.iter().all(|(_, object)| object.starts_with(&format!("s3://{BUCKET}/"))));
                let is_gap = |told: &&LogInterval| told.status == LogStatus::Violated;
                let gap = read.intervals.iter().find(is_gap).unwrap().clone();
                (told.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), known(&[gap], hour(1, 0))[0])
            };
            let (kinds, gap) = violated(|logs, keys, _| {
                logs.objects.insert(keys[1].clone(), (gzip(b"{\"Records\":[]}"), None));
            });
            assert_eq!((kinds, gap), (vec![ViolationKind::ObjectAltered], (70, 86, LogStatus::Violated)));
            let (kinds, gap) = violated(|logs, keys, _| drop(logs.objects.remove(&keys[1])));
            assert_eq!((kinds, gap), (vec![ViolationKind::ObjectMissing], (70, 86, LogStatus::Violated)));
            let (kinds, gap) = violated(|logs, _, digests| {
                logs.objects.get_mut(&digests[2]).unwrap().1 = Some("00".repeat(256));
            });
            assert_eq!(
                (kinds, gap),
                (vec![ViolationKind::SignatureInvalid], (105, 180, LogStatus::Violated))
            );
        },
    );
}

#[test]
fn an_hour_without_a_digest_is_a_gap() {
    alone_with_credentials("aws_logs::an_hour_without_a_digest_is_a_gap", || {
        let (mut logs, _, digests) = signed(hour);
        logs.objects.remove(&digests[1]);
        let (ids, read) = Bench::new(logs, TRAIL).read(&query(hour(1, 0), hour(3, 30)));
        assert_eq!(ids, ["1", "2", "3"]);
        let expected =
            [(0, 45, LogStatus::Complete), (45, 120, LogStatus::Gap), (120, 150, LogStatus::Complete)];
        assert_eq!(
            (known(&read.intervals, hour(1, 0)).as_slice(), read.violations.len()),
            (&expected[..], 0)
        );
    });
}

#[test]
fn a_broken_object_is_a_gap_around_its_delivery_and_no_violation() {
    alone_with_credentials("aws_logs::a_broken_object_is_a_gap_around_its_delivery_and_no_violation", || {
        let mut logs = Logs::default();
        for minute in [0, 20, 59] {
            logs.deliver("", ACCOUNT, REGION, hour(2, minute), &[record(1, hour(2, 0), false)]);
        }
        let broken = logs.deliver("", ACCOUNT, REGION, hour(2, 30), &[record(2, hour(2, 0), false)]);
        let bytes = &mut logs.objects.get_mut(&broken).unwrap().0;
        bytes.truncate(bytes.len() / 2);
        let (ids, read) = Bench::new(logs, TRAIL).read(&query(hour(2, 0), hour(2, 40)));
        assert_eq!((ids.len(), read.violations.len()), (2, 0));
        let expected =
            [(0, 15, LogStatus::Complete), (15, 31, LogStatus::Gap), (31, 40, LogStatus::Complete)];
        assert_eq!(known(&read.intervals, hour(2, 0)), expected);
        assert_eq!(read.troubles[0].reason.code, "not-gzip");
        assert!(read.troubles[0].reason.message.contains(&broken), "{:?}", read.troubles);
    });
}

#[test]
fn a_body_that_breaks_off_and_a_slow_down_are_tried_again() {
    alone_with_credentials("aws_logs::a_body_that_breaks_off_and_a_slow_down_are_tried_again", || {
        for ill in [
            Reply::new(200, "application/json", gzip(&[b' '; 4096])).ending(Ending::Truncated),
            s3_error(503, "SlowDown", "Please reduce your request rate."),
        ] {
            let mut logs = Logs::default();
            logs.deliver("", ACCOUNT, REGION, hour(2, 0), &[record(1, hour(2, 0), false)]);
            let asked = AtomicUsize::new(0);
            let logs = with_fault(logs, move |ask| {
                let is_it = ask.operation == "GetObject" && asked.fetch_add(1, Ordering::Relaxed) == 0;
                is_it.then(|| ill.clone())
            });
            let bench = Bench::new(logs, TRAIL);
            let (ids, read) = bench.read(&query(hour(1, 0), hour(1, 50)));
            assert_eq!((ids, read.troubles), (vec!["1".to_owned()], vec![]));
            assert_eq!(bench.asked("GetObject").len(), 2);
        }
    });
}

#[test]
fn a_denied_bucket_is_a_gap() {
    alone_with_credentials("aws_logs::a_denied_bucket_is_a_gap", || {
        for operation in ["ListObjectsV2", "GetObject"] {
            let mut logs = Logs::default();
            logs.deliver("", ACCOUNT, REGION, hour(2, 0), &[record(1, hour(2, 0), false)]);
            let logs = with_fault(logs, move |ask| {
                (ask.operation == operation).then(|| s3_error(403, "AccessDenied", "Access Denied"))
            });
            let (ids, read) = Bench::new(logs, TRAIL).read(&query(hour(1, 0), hour(3, 0)));
            assert_eq!(ids, Vec::<String>::new());
            assert_eq!(known(&read.intervals, hour(1, 0)), [(0, 120, LogStatus::Gap)], "{operation}");
            assert_eq!(read.troubles[0].status, CoverageStatus::Denied);
        }
    });
}
