//! Live reads of the Activity Log: what each fault makes of the time that it befalls, and of no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use driftline::config::{Events, Subscriptions};
use driftline::model::{
    AccountId, CoverageStatus, LogStatus, LogStatus::Complete, LogStatus::Gap, Provider, Timestamp, Uid,
};
use driftline::sources::live::{Account, LogQuery, LogRead};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::official::official;
use super::{Driver, entry};
use crate::arm::logs::{Ask, Logs, record};
use crate::arm::world::{SUBSCRIPTIONS, World};
use crate::arm::{Estate, Manner, error, serve};
use crate::log_reads::{self, known, lately};
use crate::server::{Ending, Reply, Server};

/// A subscription, its log, and what reads it.
struct Bench {
    estate: Estate,
    driver: Driver,
}

impl Bench {
    fn new(logs: Logs) -> Self {
        let world = World { logs, ..World::made_up() };
        let estate = serve(world, Manner::default());
        let driver = Driver::new(entry(&estate));
        Self { estate, driver }
    }

    fn read(&self, query: &LogQuery) -> (Vec<Value>, LogRead) {
        self.read_within(query, Duration::from_mins(1))
    }

    fn read_within(&self, query: &LogQuery, limit: Duration) -> (Vec<Value>, LogRead) {
        log_reads::read(&self.driver.runtime, &*self.driver.collector, query, limit)
    }

    fn asked(&self) -> Vec<Ask> {
        self.estate.server.requests().iter().filter_map(Ask::of).map(Result::unwrap).collect()
    }
}

fn query(from: Timestamp, to: Timestamp) -> LogQuery {
    log_reads::query(Provider::Azure, SUBSCRIPTIONS[0], "activity-log", from, to)
}

/// Returns a log with seven records in each of the hours 1, 2 and 3: three pages each.
fn three_hours() -> Logs {
    let of = |hour: i64| {
        let at = move |number: usize| lately(hour, 5 + i64::try_from(number).unwrap());
        (0..7)
            .map(move |number| record(SUBSCRIPTIONS[0], number, at(number), "Microsoft.Compute/disks/write"))
    };
    Logs { records: (1..=3).flat_map(of).collect(), fault: None }
}

/// Adds a fault.
fn with_fault(mut logs: Logs, fault: impl Fn(&Ask) -> Option<Reply> + Send + Sync + 'static) -> Logs {
    logs.fault = Some(Arc::new(fault));
    logs
}

/// Reads the three hours while the second one is ill; returns how many records came, what is known, and the codes.
fn befall(ill: fn(&Ask) -> Option<Reply>) -> (usize, Vec<(i64, i64, LogStatus)>, Vec<String>) {
    let second = lately(2, 0);
    let fault = move |ask: &Ask| if ask.from == second { ill(ask) } else { None };
    let (records, read) =
        Bench::new(with_fault(three_hours(), fault)).read(&query(lately(1, 0), lately(4, 0)));
    let codes = read.troubles.iter().map(|trouble| trouble.reason.code.clone()).collect();
    (records.len(), known(&read.intervals, lately(1, 0)), codes)
}

#[test]
fn the_activity_log_is_read_to_its_end_for_every_provider() {
    let mut logs = three_hours();
    let of = |number, operation| record(SUBSCRIPTIONS[0], number, lately(1, 30), operation);
    logs.records.push(of(100, "Microsoft.Authorization/roleAssignments/write"));
    logs.records.push(of(101, "Microsoft.Insights/diagnosticSettings/delete"));
    logs.records.push(record(SUBSCRIPTIONS[1], 200, lately(1, 30), "Microsoft.Compute/disks/write"));
    logs.records.push(record(SUBSCRIPTIONS[0], 201, lately(5, 0), "Microsoft.Compute/disks/write"));
    let expected: Vec<Value> = logs
        .records
        .iter()
        .filter(|record| {
            record["subscriptionId"] == SUBSCRIPTIONS[0]
                && record["correlationId"].as_str() < Some("000000c9")
        })
        .cloned()
        .collect();
    let bench = Bench::new(logs);
    let (records, read) = bench.read(&query(lately(1, 0), lately(4, 0)));
    assert_eq!(records.len(), 23);
    assert!(expected.iter().all(|record| records.contains(record)), "as they came");
    assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 180, Complete)]);
    assert_eq!(read.intervals[0].reason, "the Activity Log was read to its end");
    assert_eq!((read.troubles, read.violations), (vec![], vec![]));
    assert_eq!(bench.asked().len(), 9, "three hours of three pages");
}

#[test]
fn a_page_that_is_throttled_once_is_asked_for_again() {
    let asked = AtomicUsize::new(0);
    let fault = move |_: &Ask| {
        let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        is_first.then(|| error(429, "TooManyRequests").with_header("retry-after", "0"))
    };
    let (records, read) =
        Bench::new(with_fault(three_hours(), fault)).read(&query(lately(1, 0), lately(4, 0)));
    assert_eq!((records.len(), known(&read.intervals, lately(1, 0))), (21, vec![(0, 180, Complete)]));
}

/// Answers so from the second page on.
fn later(ask: &Ask, reply: Reply) -> Option<Reply> {
    (!ask.skip.is_empty()).then_some(reply)
}

#[test]
fn each_fault_loses_its_hour_and_no_other() {
    type Ill = fn(&Ask) -> Option<Reply>;
    // What befalls the hour, the code that is told, and how many of its seven records came before.
    let faults: [(Ill, &str, usize); 9] = [
        (|_| Some(error(429, "TooManyRequests").with_header("retry-after", "0")), "TooManyRequests", 0),
        (|ask| later(ask, error(500, "InternalServerError")), "InternalServerError", 3),
        (|ask| later(ask, error(404, "ResourceNotFound")), "ResourceNotFound", 3),
        (
            |ask| Some(Reply::json(200, &json!({"value": [], "nextLink": ask.link_to("0")}))),
            "repeated-token",
            0,
        ),
        (
            |_| Some(Reply::json(200, &json!({"value": [{}, {}, {}]})).ending(Ending::Truncated)),
            "connection",
            0,
        ),
        (
            |_| {
                let reply = Reply::json(200, &json!({"value": []}));
                Some(reply.ending(Ending::Stalled(Duration::from_secs(3))))
            },
            "timeout",
            0,
        ),
        (|_| Some(Reply::new(200, "text/html", "<html>Please log in</html>")), "not-json", 0),
        (|_| Some(Reply::json(200, &json!({"Message": "nothing to see here"}))), "no-list", 0),
        (
            |_| Some(Reply::new(307, "text/plain", "").with_header("location", "http://127.0.0.1:1/")),
            "redirect",
            0,
        ),
    ];
    thread::scope(|threads| {
        for (ill, code, came) in faults {
            threads.spawn(move || {
                let gap = vec![(0, 60, Complete), (60, 120, Gap), (120, 180, Complete)];
                assert_eq!(befall(ill), (14 + came, gap, vec![code.to_owned()]), "{code}");
            });
        }
    });
}

#[test]
fn a_page_that_is_empty_and_has_a_link_is_not_the_last() {
    let fault = |ask: &Ask| {
        let link = ask.link_to("0");
        ask.skip.is_empty().then(|| Reply::json(200, &json!({ "value": [], "nextLink": link })))
    };
    let (records, read) =
        Bench::new(with_fault(three_hours(), fault)).read(&query(lately(1, 0), lately(2, 0)));
    assert_eq!((records.len(), known(&read.intervals, lately(1, 0))), (7, vec![(0, 60, Complete)]));
}

#[test]
fn a_log_that_is_denied_is_one_gap_in_the_vendors_words() {
    let bench = Bench::new(with_fault(three_hours(), |_| Some(error(403, "AuthorizationFailed"))));
    let (records, read) = bench.read(&query(lately(1, 0), lately(9, 0)));
    assert_eq!((records.len(), known(&read.intervals, lately(1, 0))), (0, vec![(0, 480, Gap)]));
    let reason = &read.intervals[0].reason;
    assert!(reason.contains("AuthorizationFailed: The vendor's words"), "{reason}");
    assert_eq!((read.troubles.len(), read.troubles[0].status), (1, CoverageStatus::Denied));
    // The other seven hours would have been denied as well.
    assert_eq!(bench.asked().len(), 1);
}

#[test]
fn a_log_that_is_denied_halfway_keeps_what_was_proven_before() {
    let second = lately(2, 0);
    let fault = move |ask: &Ask| {
        (ask.from >= second && !ask.skip.is_empty()).then(|| error(403, "AuthorizationFailed"))
    };
    let (records, read) =
        Bench::new(with_fault(three_hours(), fault)).read(&query(lately(1, 0), lately(4, 0)));
    assert_eq!(records.len(), 10);
    assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 60, Complete), (60, 180, Gap)]);
}

#[test]
fn a_link_to_another_host_is_a_gap_and_gets_no_request_and_no_token() {
    let foreign = Server::start(|_| Reply::new(200, "application/json", r#"{"value": []}"#));
    let there = format!("{}/subscriptions/x?$skiptoken=3", foreign.url());
    let fault = move |_: &Ask| Some(Reply::json(200, &json!({ "value": [], "nextLink": there })));
    let (_, read) = Bench::new(with_fault(three_hours(), fault)).read(&query(lately(1, 0), lately(3, 0)));
    assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 120, Gap)]);
    assert_eq!(read.troubles[0].reason.code, "foreign-host");
    assert_eq!(foreign.requests().len(), 0);
}

#[test]
fn a_token_that_expires_halfway_is_renewed_and_nothing_is_missing() {
    let manner = Manner { lifetime: 5, ..Manner::default() };
    let estate = serve(World { logs: three_hours(), ..World::made_up() }, manner);
    let mut entry = entry(&estate);
    entry.cloud.credential = driftline::config::AzureCredential::ClientSecret {
        client_id: "an-app".to_owned(),
        secret_variable: crate::arm::GOOD_VARIABLE.to_owned(),
    };
    let driver = Driver::new(entry);
    let query = query(lately(1, 0), lately(4, 0));
    let (records, read) =
        log_reads::read(&driver.runtime, &*driver.collector, &query, Duration::from_mins(1));
    assert_eq!((records.len(), known(&read.intervals, lately(1, 0))), (21, vec![(0, 180, Complete)]));
}

#[test]
fn a_read_that_takes_too_long_keeps_what_it_has_proven() {
    let fault = |ask: &Ask| {
        let late = Ending::Late(Duration::from_millis(400));
        ask.skip.is_empty().then(|| Reply::json(200, &json!({ "value": [] })).ending(late))
    };
    let bench = Bench::new(with_fault(three_hours(), fault));
    let (_, read) = bench.read_within(&query(lately(0, 0), lately(20, 0)), Duration::from_secs(2));
    let told = known(&read.intervals, lately(0, 0));
    assert!(told.len() == 2 && told[0].2 == Complete && told[1].2 == Gap, "{told:?}");
    assert_eq!(told[1].1, 1200);
    assert_eq!(read.troubles[0].reason.code, "log-timeout");
}

#[test]
fn the_time_that_the_log_no_longer_keeps_is_a_gap_that_nobody_is_asked_for() {
    let days = |number: i64| Timestamp::now() - SignedDuration::from_hours(number * 24);
    let (long_ago, to) = (days(100), days(95));
    let bench = Bench::new(three_hours());
    let (_, read) = bench.read(&query(long_ago, to));
    assert_eq!(known(&read.intervals, long_ago), [(0, 5 * 1440, Gap)]);
    assert_eq!(read.intervals[0].reason, "the Activity Log goes back 90 days");
    assert_eq!(bench.asked().len(), 0);
    // The server refuses, as the vendor does, what begins more than 90 days ago.
    let (records, read) = bench.read(&query(long_ago, Timestamp::now()));
    assert_eq!((records.len(), read.troubles.len()), (21, 0));
    let told: Vec<LogStatus> = read.intervals.iter().map(|interval| interval.status).collect();
    assert_eq!(told, [Gap, Complete]);
}

#[test]
fn a_read_about_some_resources_is_one_of_everything() {
    let about = [Uid::new("a-vm-id")].into();
    let whole = query(lately(1, 0), lately(4, 0));
    let (records, read) = Bench::new(three_hours()).read(&LogQuery { about, ..whole });
    assert_eq!((records.len(), known(&read.intervals, lately(1, 0))), (21, vec![(0, 180, Complete)]));
}

#[test]
fn what_is_no_event_comes_as_it_is_and_takes_no_neighbour_along() {
    let health = json!({"subscriptionId": SUBSCRIPTIONS[0], "eventTimestamp": lately(1, 5).to_string(),
        "category": {"value": "ServiceHealth"}, "eventName": {"value": null}, "subStatus": {"value": null}});
    let odd = [json!(5), json!(null), json!({"operationName": 7})];
    let page = [vec![health], odd.to_vec()].concat();
    let body = json!({ "value": page });
    let logs = with_fault(three_hours(), move |_| Some(Reply::json(200, &body)));
    let (records, read) = Bench::new(logs).read(&query(lately(1, 0), lately(2, 0)));
    assert_eq!(records, page);
    assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 60, Complete)]);
}

#[test]
fn each_subscription_has_one_log_and_none_where_events_are_off() {
    let estate = serve(World::made_up(), Manner::default());
    let mut entry = entry(&estate);
    entry.cloud.subscriptions = Subscriptions::Listed(vec![AccountId::new(SUBSCRIPTIONS[0])]);
    let account = Account { id: AccountId::new(SUBSCRIPTIONS[0]), name: None };
    let places = ["westeurope", "*"].map(driftline::model::Location::new).into();
    let driver = Driver::new(entry.clone());
    let logs = driver.runtime.block_on(driver.collector.logs(&account, &places)).unwrap();
    assert_eq!(logs, [query(lately(1, 0), lately(2, 0)).log]);
    entry.cloud.events = Events::Off;
    let driver = Driver::new(entry);
    assert_eq!(driver.runtime.block_on(driver.collector.logs(&account, &places)).unwrap(), []);
    let query = query(lately(1, 0), lately(2, 0));
    let (_, read) = log_reads::read(&driver.runtime, &*driver.collector, &query, Duration::from_mins(1));
    assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 60, Gap)]);
    assert_eq!(read.troubles[0].reason.code, "not-configured");
}

#[test]
fn the_vendors_client_reads_the_same_log() {
    let bench = Bench::new(three_hours());
    let token = std::env::var(crate::arm::GOOD_VARIABLE).unwrap();
    let (from, to) = (lately(1, 0).to_string(), lately(4, 0).to_string());
    let arguments = [&bench.estate.server.url(), SUBSCRIPTIONS[0], &token, &from, &to];
    let Some(theirs) = official("check_azure_logs.py", &arguments) else { return };
    let (records, _) = bench.read(&query(lately(1, 0), lately(4, 0)));
    let row = |record: &Value| {
        json!([record["eventDataId"], record["operationName"]["value"], record["status"]["value"]])
    };
    let mut ours: Vec<Value> = records.iter().map(row).collect();
    ours.sort_by_key(Value::to_string);
    assert_eq!(ours.len(), 21);
    assert_eq!(Value::from(ours), theirs);
}

#[test]
fn a_fetch_covers_a_subscription_up_to_the_lag_and_the_next_one_overlaps_it() {
    let estate = serve(World::made_up(), Manner::default());
    log_reads::assert_overlap(Provider::Azure, SUBSCRIPTIONS[0], &estate.config);
}

#[test]
fn what_a_fetch_reads_becomes_events() {
    let lately = Timestamp::now() - SignedDuration::from_mins(20);
    let records =
        (0..5).map(|number| record(SUBSCRIPTIONS[0], number, lately, "Microsoft.Compute/disks/write"));
    let logs = Logs { records: records.collect(), fault: None };
    let estate = serve(World { logs, ..World::made_up() }, Manner::default());
    let fetched = log_reads::fetched(Provider::Azure, &estate.config, &[]);
    assert_eq!((fetched.tally.records, fetched.tally.new, fetched.tally.odd), (5, 5, 0));
}
