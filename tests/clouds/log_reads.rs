//! One log, read by a collector that is driven directly.

use std::collections::BTreeSet;
use std::time::Duration;

use driftline::model::{AccountId, Location, LogInterval, LogScope, LogStatus, Provider, Timestamp, Window};
use driftline::sources::live::{Collector, LogQuery, LogRead, RecordPage, Records};
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
