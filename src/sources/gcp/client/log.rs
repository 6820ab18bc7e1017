//! Cloud Audit Logs, live: `entries.list` of Cloud Logging (SEMANTICS E.3.5, H.3).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::{audit, calls};
use super::ComputeEngine;
use super::connection::Connection;
use crate::model::{AccountId, EVERYWHERE, Location, LogScope, Provider, Timestamp, Window};
use crate::sources::live::{
    Lane, LogQuery, LogRead, RecordPage, Records, Refusal, follow_log, parts, read_in_parts,
};
use crate::sources::{AuditLog as _, LogHints};

/// The log's name.
const SOURCE: &str = "cloud-audit";

/// The logs that tell what changed: both are always on, and cost nothing.
const LOGS: [&str; 2] = ["activity", "system_event"];

/// How many requests may be made each second: 60 a minute for the project that the credentials belong to, whichever
/// projects they ask about (`ReadRequestsPerMinutePerProject`, for the consumer).
const REQUESTS_PER_SECOND: f64 = 1.0;

/// How many entries a page may hold.
const PAGE: u32 = 1000;

/// How far back the log goes, in a bucket of its own that nobody can change.
const RETENTION: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What is said of the time before.
const FORGOTTEN: &str = "Cloud Audit Logs go back 400 days";

/// No part of a window is shorter: an empty part costs a second.
const SHORTEST_PART: SignedDuration = SignedDuration::from_hours(1);

/// How many parts a window is cut into at most.
const PARTS: i32 = 24;

/// What shows that a part is whole.
const EVIDENCE: &str = "entries.list was read to its end, for activity and system events";

/// Returns the log of a project, which is one for all locations.
pub(super) fn of(account: &AccountId) -> LogScope {
    LogScope {
        provider: Provider::Gcp,
        account: account.clone(),
        location: Location::new(EVERYWHERE),
        source: SOURCE.to_owned(),
    }
}

/// Reads the log of a project.
///
/// A read about some resources is one of everything: what a disk went through stands in the entries of its instance
/// as well, and a page of a thousand costs one request.
pub(super) async fn read(
    engine: &ComputeEngine,
    connection: &Connection,
    query: &LogQuery,
    records: &Records,
) -> LogRead {
    let account = &query.log.account;
    let requests_per_second = engine.entry.limits.requests_per_second.min(REQUESTS_PER_SECOND);
    let lane = |account| engine.pace.lane_of("logging", account, &query.log.location, requests_per_second, 1);
    let log = ProjectLog {
        engine,
        connection,
        lane: lane(account),
        quota: lane(&AccountId::new(EVERYWHERE)),
        services: audit::CloudAudit.operations().iter().map(|operation| operation.service).collect(),
        name: format!("{} {account}", calls::ENTRIES_LIST.name),
        hints: LogHints {
            account: Some(account.clone()),
            location: Some(query.log.location.clone()),
            ingested_at: None,
        },
        records,
    };
    let query = LogQuery { about: BTreeSet::new(), ..query.clone() };
    let kept_from = Timestamp::now().checked_sub(RETENTION).unwrap_or(query.window.from);
    let kept = Window { from: query.window.from.max(kept_from), to: query.window.to };
    let parts = parts(kept, SHORTEST_PART, PARTS);
    let read = read_in_parts(&query, records, &parts, EVIDENCE, |part| log.read(part)).await;
    read.kept_since(kept_from, FORGOTTEN)
}

/// The log of one project.
struct ProjectLog<'a> {
    engine: &'a ComputeEngine,
    connection: &'a Connection,
    lane: Arc<Lane>,
    /// What all projects of the entry share.
    quota: Arc<Lane>,
    /// Those with an operation that matters.
    services: BTreeSet<&'static str>,
    name: String,
    hints: LogHints,
    records: &'a Records,
}

/// A page of entries; without any, the member is left out.
#[derive(Deserialize)]
struct Entries {
    #[serde(default)]
    entries: Vec<Box<RawValue>>,
    #[serde(rename = "nextPageToken")]
    next: Option<String>,
}

impl ProjectLog<'_> {
    async fn read(&self, window: Window) -> Result<(), Refusal> {
        let project = self.lane.account.as_str();
        let asked = &json!({
            "resourceNames": [format!("projects/{project}")],
            "filter": filter(project, window, &self.services),
            "orderBy": "timestamp asc",
            "pageSize": PAGE,
        });
        follow_log(self.records, |token| async move {
            let mut asked = asked.clone();
            if let Some(token) = token {
                asked["pageToken"] = token.into();
            }
            let Entries { entries, next } = self.ask(&asked).await?;
            Ok((self.page(&entries), next))
        })
        .await
    }

    async fn ask(&self, asked: &Value) -> Result<Entries, Refusal> {
        let (pace, rest) = (&self.engine.pace, &self.connection.rest);
        // Before the call, whose time does not run while it waits for its turn.
        self.quota.enter().await;
        let request = || rest.logging("entries:list", asked, pace.ledger());
        pace.call(&self.lane, &calls::ENTRIES_LIST, request).await
    }

    fn page(&self, entries: &[Box<RawValue>]) -> RecordPage {
        let mut page = RecordPage::new(self.name.as_str(), self.hints.clone());
        for entry in entries {
            page.push_raw(entry.get().as_bytes());
        }
        page
    }
}

/// Returns what is asked for: the entries of some services in both logs of a project, over a half-open window.
fn filter(project: &str, Window { from, to }: Window, services: &BTreeSet<&str>) -> String {
    let logs = LOGS.map(|log| format!("projects/{project}/logs/cloudaudit.googleapis.com%2F{log}"));
    let logs = any_of(logs.iter().map(String::as_str));
    let mut filter = format!("logName={logs} AND timestamp>=\"{from}\" AND timestamp<\"{to}\"");
    if !services.is_empty() {
        filter.push_str(" AND protoPayload.serviceName=");
        filter.push_str(&any_of(services.iter().copied()));
    }
    filter
}

/// Returns alternatives as the query language writes them.
fn any_of<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    // Its strings are JSON's.
    let quoted: Vec<String> = texts.map(|text| Value::from(text).to_string()).collect();
    format!("({})", quoted.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_logs_and_every_service_are_asked_for_over_a_half_open_window() {
        let at = |text: &str| text.parse().unwrap();
        let window = Window { from: at("2026-01-02T03:04:05.123456789Z"), to: at("2026-01-02T04:00:00Z") };
        let filter = |services: &[&'static str]| filter("p", window, &services.iter().copied().collect());
        assert_eq!(
            filter(&["compute.googleapis.com", "iam.googleapis.com"]),
            "logName=(\"projects/p/logs/cloudaudit.googleapis.com%2Factivity\" OR \
             \"projects/p/logs/cloudaudit.googleapis.com%2Fsystem_event\") \
             AND timestamp>=\"2026-01-02T03:04:05.123456789Z\" AND timestamp<\"2026-01-02T04:00:00Z\" \
             AND protoPayload.serviceName=(\"compute.googleapis.com\" OR \"iam.googleapis.com\")"
        );
        assert!(!filter(&[]).contains("serviceName"));
        assert_eq!(any_of(["a\" OR \"b\\"].into_iter()), r#"("a\" OR \"b\\")"#);
    }

    #[test]
    fn a_filter_is_no_longer_than_cloud_logging_reads() {
        let services: BTreeSet<&str> =
            audit::CloudAudit.operations().iter().map(|operation| operation.service).collect();
        let now = Timestamp::now();
        assert!(filter(&"p".repeat(30), Window { from: now, to: now }, &services).len() < 20_000);
    }
}
