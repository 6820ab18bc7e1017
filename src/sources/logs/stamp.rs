//! Where and when a record was written, whether it matters or not.
//!
//! Most records tell nothing about compute; that they are there shows that the log was written then.

use serde_json::{Map, Value};

use crate::model::{AccountId, EVERYWHERE, Location, LogScope, Provider, Timestamp};
use crate::sources::{LogHints, parse_time};

/// Where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// In which log.
    pub(super) scope: LogScope,
    /// When.
    pub(super) time: Timestamp,
}

/// What is looked at in the records of one log.
struct Members {
    log: &'static str,
    provider: Provider,
    /// Where the time stands, in the spellings of all exports.
    times: &'static [&'static str],
    account: fn(&Map<String, Value>) -> Option<String>,
    location: fn(&Map<String, Value>, &LogHints) -> Option<Location>,
}

/// The logs (SEMANTICS E.1.1, E.2.1, E.2.3, E.3.1).
const LOGS: &[Members] = &[
    Members {
        log: "cloudtrail",
        provider: Provider::Aws,
        times: &["eventTime"],
        account: |record| {
            let identity = || record.get("userIdentity")?.get("accountId")?.as_str();
            record.get("recipientAccountId").and_then(Value::as_str).or_else(identity).map(str::to_owned)
        },
        location: |record, hints| {
            let region = record.get("awsRegion").and_then(Value::as_str).map(Location::new);
            region.or_else(|| hints.location.clone())
        },
    },
    Members {
        log: "activity-log",
        provider: Provider::Azure,
        times: &["eventTimestamp", "time", "TimeGenerated"],
        account: |record| {
            let told =
                ["subscriptionId", "SubscriptionId"].iter().find_map(|name| record.get(*name)?.as_str());
            let of_resource = || {
                let id = ["resourceId", "_ResourceId", "ResourceId"];
                let id = id.iter().find_map(|name| record.get(*name)?.as_str())?;
                let (root, rest) = id.trim_start_matches('/').split_once('/')?;
                root.eq_ignore_ascii_case("subscriptions").then(|| rest.split('/').next()).flatten()
            };
            told.or_else(of_resource).map(str::to_ascii_lowercase)
        },
        location: |_, _| Some(Location::new(EVERYWHERE)),
    },
    Members {
        log: "cloud-audit",
        provider: Provider::Gcp,
        times: &["timestamp"],
        account: |record| {
            let log = record.get("logName").and_then(Value::as_str).unwrap_or_default();
            let named = log.strip_prefix("projects/").and_then(|rest| rest.split('/').next());
            let is_id = |name: &&str| !name.bytes().all(|byte| byte.is_ascii_digit());
            let label = || record.get("resource")?.get("labels")?.get("project_id")?.as_str();
            named.filter(is_id).or_else(label).or(named).map(str::to_owned)
        },
        location: |_, _| Some(Location::new(EVERYWHERE)),
    },
];

/// Returns where and when a record of the named log was written; `None` if it does not tell.
pub(super) fn stamp(log: &str, record: &Map<String, Value>, hints: &LogHints) -> Option<Stamp> {
    let members = LOGS.iter().find(|members| members.log == log)?;
    let time = members.times.iter().find_map(|name| record.get(*name))?;
    let time = parse_time(time).ok()?;
    let told = (members.account)(record).map(AccountId::new);
    let scope = LogScope {
        provider: members.provider,
        account: told.or_else(|| hints.account.clone())?,
        location: (members.location)(record, hints)?,
        source: log.to_owned(),
    };
    Some(Stamp { scope, time })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stamped(log: &str, record: Value) -> Option<String> {
        let Value::Object(record) = record else { return None };
        let stamp = stamp(log, &record, &LogHints::default())?;
        Some(format!("{} {} {}", stamp.scope.account, stamp.scope.location, stamp.time))
    }

    #[test]
    fn every_log_tells_where_and_when_in_every_spelling() {
        let told = Some("s1 * 2026-01-02T03:04:05Z".to_owned());
        for record in [
            json!({ "eventTimestamp": "2026-01-02T03:04:05Z", "subscriptionId": "S1" }),
            json!({ "time": "2026-01-02T03:04:05Z", "resourceId": "/SUBSCRIPTIONS/S1/RESOURCEGROUPS/A" }),
            json!({ "TimeGenerated": "2026-01-02T03:04:05Z", "SubscriptionId": "S1" }),
        ] {
            assert_eq!(stamped("activity-log", record), told);
        }
        let record = json!({ "eventTime": "2026-01-02T03:04:05Z", "awsRegion": "eu-west-1",
            "userIdentity": { "accountId": "999988887777" }, "recipientAccountId": "111122223333" });
        assert_eq!(
            stamped("cloudtrail", record).as_deref(),
            Some("111122223333 eu-west-1 2026-01-02T03:04:05Z")
        );
        let record = json!({ "timestamp": "2026-01-02T03:04:05Z", "logName": "projects/42/logs/x",
            "resource": { "labels": { "project_id": "p1" } } });
        assert_eq!(stamped("cloud-audit", record).as_deref(), Some("p1 * 2026-01-02T03:04:05Z"));
    }

    #[test]
    fn a_record_without_time_or_account_tells_nothing() {
        assert_eq!(stamped("cloudtrail", json!({ "awsRegion": "eu-west-1" })), None);
        assert_eq!(stamped("cloudtrail", json!({ "eventTime": "2026-01-02T03:04:05Z" })), None);
    }
}
