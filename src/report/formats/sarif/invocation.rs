//! What the run could see, and what it could not.

use serde_json::{Value, json};

use super::message;
use crate::model::{CoverageStatus, LogStatus, Timestamp};
use crate::report::view::{Coverage, LogCoverage};
use crate::report::{View, wording};

/// Returns the run with a notification for each scope that is not complete, and for each gap in a log.
pub(super) fn invocation(view: &View) -> Value {
    let incomplete = view.incomplete_scopes();
    let logs = view.log_coverage.iter().filter(|interval| interval.status != LogStatus::Complete);
    let notifications: Vec<Value> =
        incomplete.iter().copied().map(unlisted).chain(logs.map(untold)).collect();
    json!({
        "executionSuccessful": incomplete.is_empty(),
        "exitCode": view.run.exit_status,
        "startTimeUtc": moment(view.run.started_at),
        "endTimeUtc": moment(view.run.finished_at),
        "toolExecutionNotifications": notifications,
    })
}

/// Returns a moment in the form of §3.9.
pub(super) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn unlisted(coverage: &Coverage) -> Value {
    let level = match coverage.status {
        CoverageStatus::Denied | CoverageStatus::Throttled | CoverageStatus::Failed => "error",
        CoverageStatus::Complete
        | CoverageStatus::Partial
        | CoverageStatus::Skipped
        | CoverageStatus::Unknown => "warning",
    };
    let scope = wording::listing(coverage);
    let reason = coverage.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    notification("coverage-incomplete", level, &scope, &format!("{scope} is {}{reason}", coverage.status))
}

fn untold(interval: &LogCoverage) -> Value {
    let level = match interval.status {
        LogStatus::Violated => "error",
        LogStatus::Gap => "warning",
        LogStatus::Unknown | LogStatus::Complete => "note",
    };
    let LogCoverage { provider, account, location, source, status, reason, .. } = interval;
    let log = format!("{provider}/{account}/{location}/{source}");
    notification(
        "log-gap",
        level,
        &log,
        &format!("{}: {status}: {reason}", wording::logged(interval, interval.location.as_str())),
    )
}

fn notification(id: &str, level: &str, place: &str, text: &str) -> Value {
    json!({
        "descriptor": { "id": id },
        "level": level,
        "message": message(text),
        "locations": [{ "logicalLocations": [{ "fullyQualifiedName": place, "kind": "resource" }] }],
    })
}
