//! Live reads of Cloud Audit Logs: what each fault makes of the time that it befalls, and of no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use driftline::model::{
    AccountId, CoverageStatus, Location, LogStatus, LogStatus::Complete, LogStatus::Gap, Provider, Timestamp,
};
use driftline::sources::live::{Account, Collector, LogQuery, LogRead};
use driftline::sources::{Cloud as _, gcp::Gcp};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::collectors;
use super::official::official;
use crate::compute::config;
use crate::compute::logs::{ACTIVITY, Ask, Logs, entry, error};
use crate::log_reads::{self, known, lately};
use crate::server::{Ending, Reply, Server};

const PROJECT: &str = "example-prod";

/// A project, its log, and what reads it.
struct Bench {
    server: Server,
    collector: Box<dyn Collector>,
    runtime: Runtime,
}

impl Bench {
    fn new(logs: Logs) -> Self {
        Self::with(logs, "")
    }

    fn with(logs: Logs, keys: &str) -> Self {
        let server = Server::start(move |request| {
            logs.answer(request).unwrap_or_else(|| error(404, "NOT_FOUND", "There is nothing else here."))
        });
        let collector = collectors(&config(&server, keys), &Arc::default()).remove(0);
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { server, collector, runtime }
    }

    fn read(&self, query: &LogQuery) -> (Vec<Value>, LogRead) {
        self.read_within(query, Duration::from_mins(1))
    }

    fn read_within(&self, query: &LogQuery, limit: Duration) -> (Vec<Value>, LogRead) {
        log_reads::read(&self.runtime, &*self.collector, query, limit)
    }

    fn asked(&self) -> Vec<Ask> {
        self.server.requests().iter().filter_map(Ask::of).map(Result::unwrap).collect()
    }
}

fn query(from: Timestamp, to: Timestamp) -> LogQuery {
    log_reads::query(Provider::Gcp, PROJECT, "cloud-audit", from, to)
}

/// Returns a log with five entries in each of the hours 1, 2 and 3: two pages each.
fn three_hours() -> Logs {
    let of = |hour: i64| {
        let at = move |number: usize| lately(hour, 5 + i64::try_from(number).unwrap());
        (0..5).map(move |number| entry(PROJECT, ACTIVITY, number, at(number), "compute.instances.start"))
    };
    Logs { entries: (1..=3).flat_map(of).collect(), page: 4, fault: None }
}

/// Adds a fault.
fn with_fault(mut logs: Logs, fault: impl Fn(&Ask) -> Option<Reply> + Send + Sync + 'static) -> Logs {
    logs.fault = Some(Arc::new(fault));
    logs
}

/// Reads the three hours while the second one is ill; returns how many entries came, what is known, and the codes.
fn befall(ill: fn(&Ask) -> Option<Reply>) -> (usize, Vec<(i64, i64, LogStatus)>, Vec<String>) {
    let second = lately(2, 0);
    let fault = move |ask: &Ask| if ask.from == second { ill(ask) } else { None };
    let bench = Bench::with(with_fault(three_hours(), fault), "limits = { retries = 1 }");
    let (entries, read) = bench.read(&query(lately(1, 0), lately(4, 0)));
    let codes = read.troubles.iter().map(|trouble| trouble.reason.code.clone()).collect();
    (entries.len(), known(&read.intervals, lately(1, 0)), codes)
}

fn denied() -> Reply {
    error(403, "PERMISSION_DENIED", "Permission denied for all log views")
}

#[test]
fn what_changed_and_what_the_system_did_is_read_to_its_end() {
    let mut logs = three_hours();
    let of = |log, number, at, operation| entry(PROJECT, log, number, at, operation);
    let system = of("system_event", 100, lately(1, 30), "compute.instances.preempted");
    logs.entries.push(system.clone());
    logs.entries.push(of("data_access", 200, lately(1, 30), "compute.instances.get"));
    logs.entries.push(entry("example-small", ACTIVITY, 201, lately(1, 30), "compute.instances.start"));
    logs.entries.push(of(ACTIVITY, 202, lately(4, 0), "compute.instances.start"));
    let expected: Vec<Value> = logs.entries[..15].iter().chain([&system]).cloned().collect();
    let bench = Bench::new(logs);
    let (entries, read) = bench.read(&query(lately(1, 0), lately(4, 0)));
    assert_eq!(entries.len(), 16);
    assert!(expected.iter().all(|entry| entries.contains(entry)), "as they came");
    assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 180, Complete)]);
    assert_eq!(read.intervals[0].reason, "entries.list was read to its end, for activity and system events");
    assert_eq!((read.troubles, read.violations), (vec![], vec![]));
    let asked = bench.asked();
    assert_eq!(asked.len(), 6, "three hours of two pages");
    for ask in asked {
        assert_eq!((ask.names, ask.size), (vec![format!("projects/{PROJECT}")], 1000));
        let log = |name| format!("projects/{PROJECT}/logs/cloudaudit.googleapis.com%2F{name}");
        assert_eq!(ask.logs, [log("activity"), log("system_event")]);
    }
}

#[test]
fn every_service_with_an_operation_that_matters_is_asked_for() {
    let bench = Bench::new(Logs::default());
    bench.read(&query(lately(1, 0), lately(2, 0)));
    let mut services: Vec<&str> =
        Gcp.audit().operations().iter().map(|operation| operation.service).collect();
    services.sort_unstable();
    services.dedup();
    assert_eq!(bench.asked()[0].services, services);
}

#[test]
fn all_projects_share_the_quota_of_who_asks() {
    let bench = Bench::new(Logs::default());
    let began = std::time::Instant::now();
    thread::scope(|threads| {
        for project in [PROJECT, "example-small"] {
            let query = log_reads::query(Provider::Gcp, project, "cloud-audit", lately(1, 0), lately(3, 0));
            let (runtime, collector) = (&bench.runtime, &*bench.collector);
            threads.spawn(move || log_reads::read(runtime, collector, &query, Duration::from_mins(1)));
        }
    });
    assert_eq!(bench.asked().len(), 4);
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn a_page_that_is_throttled_once_is_asked_for_again() {
    let asked = AtomicUsize::new(0);
    let fault = move |_: &Ask| {
        let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        let refusal = error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Read requests'");
        is_first.then(|| refusal.with_header("retry-after", "0"))
    };
    let (entries, read) =
        Bench::new(with_fault(three_hours(), fault)).read(&query(lately(1, 0), lately(2, 0)));
    assert_eq!((entries.len(), known(&read.intervals, lately(1, 0))), (5, vec![(0, 60, Complete)]));
}

/// Answers so from the second page on.
fn later(ask: &Ask, reply: Reply) -> Option<Reply> {
    (!ask.token.is_empty()).then_some(reply)
}

#[test]
fn each_fault_loses_its_hour_and_no_other() {
    type Ill = fn(&Ask) -> Option<Reply>;
    // What befalls the hour, the code that is told, and how many of its five entries came before.
    let faults: [(Ill, &str, usize); 9] = [
        (
            |_| Some(error(429, "RESOURCE_EXHAUSTED", "Quota exceeded").with_header("retry-after", "0")),
            "RESOURCE_EXHAUSTED",
            0,
        ),
        (|ask| later(ask, error(503, "UNAVAILABLE", "Try again")), "UNAVAILABLE", 4),
        (|ask| later(ask, error(400, "INVALID_ARGUMENT", "page_token doesn't match")), "INVALID_ARGUMENT", 4),
        (|_| Some(Reply::json(200, &json!({"nextPageToken": "again"}))), "repeated-token", 0),
        (
            |_| Some(Reply::json(200, &json!({"entries": [{}, {}, {}]})).ending(Ending::Truncated)),
            "connection",
            0,
        ),
        (
            |_| Some(Reply::json(200, &json!({})).ending(Ending::Stalled(Duration::from_secs(3)))),
            "timeout",
            0,
        ),
        (|_| Some(Reply::new(200, "text/html", "<html>Please log in</html>")), "not-json", 0),
        (|_| Some(Reply::json(200, &json!({"entries": [], "nextPageToken": 5}))), "not-json", 0),
        (|_| Some(Reply::json(200, &json!({"entries": {"an": "object"}}))), "not-json", 0),
    ];
    thread::scope(|threads| {
        for (ill, code, came) in faults {
            threads.spawn(move || {
                let gap = vec![(0, 60, Complete), (60, 120, Gap), (120, 180, Complete)];
                assert_eq!(befall(ill), (10 + came, gap, vec![code.to_owned()]), "{code}");
            });
        }
    });
}

#[test]
fn a_page_that_is_empty_and_has_a_token_is_not_the_last() {
    let fault =
        |ask: &Ask| ask.token.is_empty().then(|| Reply::json(200, &json!({ "nextPageToken": "after-0" })));
    let (entries, read) =
        Bench::new(with_fault(three_hours(), fault)).read(&query(lately(1, 0), lately(2, 0)));
    assert_eq!((entries.len(), known(&read.intervals, lately(1, 0))), (5, vec![(0, 60, Complete)]));
}

#[test]
fn a_log_that_is_denied_is_one_gap_in_the_vendors_words() {
    let bench = Bench::new(with_fault(three_hours(), |_| Some(denied())));
    let (entries, read) = bench.read(&query(lately(1, 0), lately(9, 0)));
    assert_eq!((entries.len(), known(&read.intervals, lately(1, 0))), (0, vec![(0, 480, Gap)]));
    let reason = &read.intervals[0].reason;
    assert!(reason.contains("PERMISSION_DENIED: Permission denied for all log views"), "{reason}");
    assert_eq!((read.troubles.len(), read.troubles[0].status), (1, CoverageStatus::Denied));
    // The other seven hours would have been denied as well.
    assert_eq!(bench.asked().len(), 1);
}

#[test]
fn a_log_that_is_denied_halfway_keeps_what_was_proven_before() {
    let second = lately(2, 0);
    let fault = move |ask: &Ask| (ask.from >= second && !ask.token.is_empty()).then(denied);
    let (entries, read) =
        Bench::new(with_fault(three_hours(), fault)).read(&query(lately(1, 0), lately(4, 0)));
    assert_eq!(entries.len(), 9);
    assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 60, Complete), (60, 180, Gap)]);
}

#[test]
fn the_access_token_follows_neither_a_redirect_nor_a_page_token_to_another_host() {
    let foreign = Server::start(|_| Reply::new(200, "application/json", "{}"));
    let there = format!("{}/v2/entries:list", foreign.url());
    let here = there.clone();
    let redirect = move |_: &Ask| Some(Reply::new(307, "text/plain", "").with_header("location", &there));
    let link = move |ask: &Ask| match ask.token.as_str() {
        "" => Some(Reply::json(200, &json!({ "nextPageToken": here }))),
        _ => Some(error(400, "INVALID_ARGUMENT", "page_token is invalid")),
    };
    let faults = [
        (with_fault(three_hours(), redirect), "http-307"),
        (with_fault(three_hours(), link), "INVALID_ARGUMENT"),
    ];
    for (logs, code) in faults {
        let bench = Bench::new(logs);
        // Some value that a test has in its environment; no token is asked for by the server.
        let toml =
            config(&bench.server, "").replace("\"anonymous\"", "{ token-variable = \"CARGO_PKG_NAME\" }");
        let collector = collectors(&toml, &Arc::default()).remove(0);
        let query = query(lately(1, 0), lately(2, 0));
        let (_, read) = log_reads::read(&bench.runtime, &*collector, &query, Duration::from_mins(1));
        assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 60, Gap)]);
        assert_eq!(read.troubles[0].reason.code, code);
        let sent = bench.server.requests();
        let token = format!("Bearer {}", env!("CARGO_PKG_NAME"));
        assert!(sent.iter().all(|request| request.header("authorization") == Some(&token)));
    }
    assert_eq!(foreign.requests().len(), 0);
}

#[test]
fn a_read_that_takes_too_long_keeps_what_it_has_proven() {
    let bench = Bench::new(Logs::default());
    let (_, read) = bench.read_within(&query(lately(0, 0), lately(20, 0)), Duration::from_millis(2500));
    let told = known(&read.intervals, lately(0, 0));
    assert!(told.len() == 2 && told[0].2 == Complete && told[1].2 == Gap, "{told:?}");
    assert_eq!(told[1].1, 1200);
    assert_eq!(read.troubles[0].reason.code, "log-timeout");
    assert!(bench.asked().len() <= 3);
}

#[test]
fn the_time_that_the_log_no_longer_keeps_is_a_gap_that_nobody_is_asked_for() {
    let days = |number: i64| Timestamp::now() - SignedDuration::from_hours(number * 24);
    let long_ago = days(500);
    let bench = Bench::new(three_hours());
    let (_, read) = bench.read(&query(long_ago, days(450)));
    assert_eq!(known(&read.intervals, long_ago), [(0, 50 * 1440, Gap)]);
    assert_eq!(read.intervals[0].reason, "Cloud Audit Logs go back 400 days");
    assert_eq!(bench.asked().len(), 0);
}

#[test]
fn each_project_has_one_log_and_none_where_events_are_off() {
    let account = Account { id: AccountId::new(PROJECT), name: None };
    let places = ["europe-west1", "*"].map(Location::new).into();
    let bench = Bench::new(Logs::default());
    let logs = bench.runtime.block_on(bench.collector.logs(&account, &places)).unwrap();
    assert_eq!(logs, [query(lately(1, 0), lately(2, 0)).log]);
    let bench = Bench::with(Logs::default(), "events = \"off\"");
    assert_eq!(bench.runtime.block_on(bench.collector.logs(&account, &places)).unwrap(), []);
    let (_, read) = bench.read(&query(lately(1, 0), lately(2, 0)));
    assert_eq!(known(&read.intervals, lately(1, 0)), [(0, 60, Gap)]);
    assert_eq!(read.troubles[0].reason.code, "not-configured");
}

#[test]
fn the_vendor_s_client_reads_the_same_log() {
    let bench = Bench::new(three_hours());
    let (from, to) = (lately(1, 0).to_string(), lately(4, 0).to_string());
    let arguments = [&bench.server.url(), PROJECT, &from, &to];
    let Some(theirs) = official("check_gcp_logs.py", &arguments) else { return };
    let (entries, _) = bench.read(&query(lately(1, 0), lately(4, 0)));
    let row =
        |entry: &Value| json!([entry["insertId"], entry["protoPayload"]["methodName"], entry["logName"]]);
    let mut ours: Vec<Value> = entries.iter().map(row).collect();
    ours.sort_by_key(Value::to_string);
    assert_eq!(ours.len(), 15);
    assert_eq!(Value::from(ours), theirs);
}

#[test]
fn a_fetch_covers_a_project_up_to_the_lag_and_the_next_one_overlaps_it() {
    // Together ten minutes before the present of the earlier fetch.
    let estate = crate::compute::start(None);
    let config = config(&estate.server, "projects = [\"example-prod\"]");
    log_reads::assert_overlap(Provider::Gcp, PROJECT, &config);
}

#[test]
fn what_a_fetch_reads_becomes_events() {
    let lately = Timestamp::now() - SignedDuration::from_mins(20);
    let entries = (0..5).map(|number| entry(PROJECT, ACTIVITY, number, lately, "compute.instances.start"));
    let estate = crate::compute::keeping(Logs { entries: entries.collect(), ..Logs::default() });
    let fetched = log_reads::fetched(Provider::Gcp, &estate.config, &[]);
    assert_eq!((fetched.tally.records, fetched.tally.new, fetched.tally.odd), (5, 5, 0));
}
