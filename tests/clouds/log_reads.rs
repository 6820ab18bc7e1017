//! One log, read by a collector that is driven directly, and all logs, fetched.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use driftline::config::Config;
use driftline::model::{
    AccountId, AuditEvent, Location, LogInterval, LogScope, LogStatus, OddRecord, Provider, Timestamp, Window,
};
use driftline::pipeline::{EventSink, Fetch, Fetched, fetch};
use driftline::sources::cloud;
use driftline::sources::live::{Collector, Ledger, LogQuery, LogRead, RecordPage, Records};
use driftline::store::{self, Taken};
use driftline::trace::Budgets;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// A minute of a day that every log still has.
pub fn lately(hour: i64, minute: i64) -> Timestamp {
    let today = Timestamp::now().as_second() / 86400 * 86400;
    Timestamp::from_second(today - 3 * 86400).unwrap() + SignedDuration::from_mins(hour * 60 + minute)
}

/// Asks for everything that one log for all locations holds of a time.
pub fn query(provider: Provider, account: &str, source: &str, from: Timestamp, to: Timestamp) -> LogQuery {
    let log = LogScope {
        provider,
        account: AccountId::new(account),
        location: Location::new("*"),
        source: source.to_owned(),
    };
    let lag = SignedDuration::from_mins(15);
    LogQuery { log, window: Window { from, to }, lag, about: BTreeSet::new() }
}

/// Reads a log for so long at most; returns the records in the order in which they came, and what was proven.
pub fn read(
    runtime: &Runtime,
    collector: &dyn Collector,
    query: &LogQuery,
    limit: Duration,
) -> (Vec<Value>, LogRead) {
    let (pages, mut arriving) = mpsc::channel::<RecordPage>(1);
    runtime.block_on(async {
        let taken = async {
            let mut taken: Vec<Value> = Vec::new();
            while let Some(page) = arriving.recv().await {
                taken.extend(page.records().map(|record| serde_json::from_slice(record).unwrap()));
            }
            taken
        };
        let read = async {
            let records = Records::new(pages, limit);
            collector.read_log(query, &records).await
        };
        tokio::join!(taken, read)
    })
}

/// Returns what is known, in minutes since a time.
pub fn known(intervals: &[LogInterval], since: Timestamp) -> Vec<(i64, i64, LogStatus)> {
    let minutes = |at: Timestamp| at.duration_since(since).as_mins();
    let row = |told: &LogInterval| (minutes(told.window.from), minutes(told.window.to), told.status);
    intervals.iter().map(row).collect()
}

/// Keeps nothing.
struct Nowhere;

impl EventSink for Nowhere {
    fn take(&mut self, _: &AuditEvent) -> Result<Taken, store::Error> {
        Ok(Taken::New)
    }

    fn keep_odd(&mut self, odd: &OddRecord) -> Result<(), store::Error> {
        panic!("odd: {odd:?}")
    }

    fn cover(&mut self, _: &LogInterval) -> Result<(), store::Error> {
        Ok(())
    }
}

/// Fetches the last half hour of every log that a cloud's entries reach, but for what is known to be complete.
pub fn fetched(provider: Provider, config: &str, known: &[LogInterval]) -> Fetched {
    let (ledger, now) = (Arc::new(Ledger::default()), Timestamp::now());
    let config = Config::parse(config, "a test").unwrap();
    let request = Fetch {
        collectors: cloud(provider).collectors(&config, &ledger).unwrap(),
        ledger,
        places: [].into(),
        known,
        since: now - SignedDuration::from_mins(30),
        about: BTreeSet::new(),
        budgets: Budgets::default(),
        now,
        interrupted: &AtomicBool::new(false),
        progress: &|_| {},
    };
    fetch(request, &mut Nowhere).unwrap()
}

/// Asserts that a fetch covers an account's log up to its lag, and that the next one begins as long before that.
pub fn assert_overlap(provider: Provider, account: &str, config: &str) {
    let lag = Budgets::default().of(provider) / 60;
    let first = fetched(provider, config, &[]);
    assert_eq!((first.troubles.len(), first.unknown.len(), first.refused.len()), (0, 0, 0));
    let of = |fetched: &Fetched| -> Vec<LogInterval> {
        let of_account = |told: &&LogInterval| told.scope.account.as_str() == account;
        fetched.intervals.iter().filter(of_account).cloned().collect()
    };
    let told = of(&first);
    let [complete, late] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((complete.status, late.status), (LogStatus::Complete, LogStatus::Unknown));
    assert_eq!(late.window.to.duration_since(late.window.from).as_mins(), lag);
    let second = of(&fetched(provider, config, &first.intervals));
    assert_eq!(complete.window.to.duration_since(second[0].window.from).as_mins(), lag, "{second:?}");
}
