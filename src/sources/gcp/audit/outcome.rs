//! How an operation ended, and which of its entries this is (SEMANTICS E.3.2).

use serde_json::Value;

use super::entry::Entry;
use super::spelling::{at, flag, integer, items, text};
use crate::model::{Class, End, Outcome, Stage};

/// Returns which of its operation's entries it is.
pub(super) fn stage(entry: &Entry) -> Stage {
    let Some(operation) = entry.at("operation").filter(|operation| text(operation, "id").is_some()) else {
        return Stage::Single;
    };
    match (flag(operation, "first") == Some(true), flag(operation, "last") == Some(true)) {
        (true, true) => Stage::Single,
        (true, false) => Stage::First,
        (false, true) => Stage::Last,
        (false, false) => Stage::Middle,
    }
}

/// Returns what the entries of one operation have in common; `None` for an operation of one entry.
pub(super) fn group(entry: &Entry, stage: Stage) -> Option<String> {
    let id = entry.text("operation.id").filter(|_| stage != Stage::Single)?;
    Some(format!("{}|{id}", entry.account))
}

/// Returns how the operation ended, as far as this entry tells.
///
/// An operation that began is accepted until its last entry says more. What Compute Engine itself reports of
/// an instance (`compute.instances.hostError`) is no request that could fail: it happened, and its `status`
/// says why.
pub(super) fn outcome(entry: &Entry, class: Class, stage: Stage) -> Outcome {
    let payload = entry.payload();
    let (code, message) = error(payload);
    let happened = entry.is_in("system_event")
        && matches!(class, Class::InstanceStop | Class::InstanceStart | Class::InstanceReboot);
    let end = match (&code, stage) {
        (Some(code), _) if !happened => failure(payload, code),
        (None, Stage::First | Stage::Middle) => End::Accepted,
        _ => End::Success,
    };
    Outcome { end, code, message }
}

/// A permission that was refused is a denial. A check that the log does not call granted says little by itself:
/// `EnableService` shows some that nobody needed; where none was granted, the call was refused.
fn failure(payload: &Value, code: &str) -> End {
    let checks: Vec<_> =
        items(payload, "authorizationInfo").iter().map(|check| flag(check, "granted")).collect();
    let refused = checks.contains(&Some(false)) || (!checks.is_empty() && !checks.contains(&Some(true)));
    if refused || matches!(code, "PERMISSION_DENIED" | "UNAUTHENTICATED") { End::Denied } else { End::Failed }
}

/// Returns the error of `status`, else the one in the operation that was answered.
fn error(payload: &Value) -> (Option<String>, Option<String>) {
    let message = |value: &Value| text(value, "message").map(str::to_owned);
    let status = at(payload, "status").unwrap_or(&Value::Null);
    if let Some(code) = integer(status, "code").filter(|code| *code != 0) {
        return (Some(code_name(code)), message(status));
    }
    if let Some(error) = items(payload, "response.error.errors").first() {
        return (Some(text(error, "code").unwrap_or("error").to_owned()), message(error));
    }
    (None, message(status))
}

/// Returns the name of a `google.rpc.Code`.
fn code_name(code: i64) -> String {
    const NAMES: &[&str] = &[
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let name = usize::try_from(code).ok().and_then(|code| NAMES.get(code));
    name.map_or_else(|| code.to_string(), |name| (*name).to_owned())
}
