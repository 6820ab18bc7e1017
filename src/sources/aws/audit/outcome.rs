//! How a call ended (SEMANTICS E.1.4).

use super::native::{Native, Part};
use crate::model::{End, Outcome};

/// What the codes of refusals contain, in lower case and without the prefix of EC2's.
const REFUSALS: &[&str] =
    &["accessdenied", "unauthorized", "notauthorized", "authfailure", "forbidden", "explicitdeny"];

/// What EC2 appends to a refusal: a long text that only its owner can decode, and that may name secrets.
const ENCODED: &str = "Encoded authorization failure message";

/// Returns how the call of a record ended.
///
/// `errorCode` tells a failure; `Client.DryRunOperation` is a probe that did nothing. A record that no caller
/// caused tells its end in `serviceEventDetails`, where it has one.
pub(super) fn outcome(native: &Native) -> Outcome {
    let message = native.text("errorMessage").map(told);
    match native.text("errorCode") {
        Some(code) => Outcome { end: end(code), code: Some(code.to_owned()), message },
        None if message.is_some() => Outcome { end: End::Failed, code: None, message },
        None => details(native).unwrap_or_else(|| Outcome::plain(End::Success)),
    }
}

fn end(code: &str) -> End {
    let code = code.rsplit_once('.').map_or(code, |(_, code)| code).to_ascii_lowercase();
    if code == "dryrunoperation" {
        End::DryRun
    } else if REFUSALS.iter().any(|refusal| code.contains(refusal)) {
        End::Denied
    } else {
        End::Failed
    }
}

fn told(message: &str) -> String {
    message.split_once(ENCODED).map_or(message, |(told, _)| told).trim_end().to_owned()
}

/// The end that AWS Backup and Service Quotas tell of their own work.
fn details(native: &Native) -> Option<Outcome> {
    let state = ["state", "newStatus", "status"]
        .into_iter()
        .find_map(|member| native.text_at(Part::Details, member))?;
    let end = match state.to_ascii_uppercase().as_str() {
        "COMPLETED" | "APPROVED" | "DELETED" => End::Success,
        "FAILED" | "ABORTED" | "EXPIRED" | "DENIED" | "INVALID_REQUEST" | "NOT_APPROVED" | "PARTIAL" => {
            End::Failed
        }
        "CREATED" | "PENDING" | "RUNNING" | "CASE_OPENED" => End::Accepted,
        _ => return None,
    };
    let code = (end != End::Success).then(|| state.to_owned());
    let message = native.text_at(Part::Details, "statusMessage").map(str::to_owned);
    Some(Outcome { end, code, message })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn outcome_of(record: Value) -> Outcome {
        let Value::Object(record) = record else { panic!("{record} is no record") };
        outcome(&Native::new(record))
    }

    #[test]
    fn a_code_tells_a_failure_a_refusal_or_a_probe() {
        for (code, end) in [
            ("Client.UnauthorizedOperation", End::Denied),
            ("AccessDenied", End::Denied),
            ("AccessDeniedException", End::Denied),
            ("Client.AuthFailure", End::Denied),
            ("Client.DryRunOperation", End::DryRun),
            ("DryRunOperation", End::DryRun),
            ("Client.VcpuLimitExceeded", End::Failed),
            ("Server.InsufficientInstanceCapacity", End::Failed),
            ("TrailNotFoundException", End::Failed),
            ("ThrottlingException", End::Failed),
        ] {
            let outcome = outcome_of(json!({ "errorCode": code, "errorMessage": "no" }));
            assert_eq!((outcome.end, outcome.code.as_deref()), (end, Some(code)), "{code}");
            assert!(!outcome.has_effect());
        }
        assert_eq!(outcome_of(json!({ "errorCode": null, "errorMessage": null })).end, End::Success);
        assert_eq!(outcome_of(json!({ "errorMessage": "Failed authentication" })).end, End::Failed);
    }

    #[test]
    fn the_encoded_half_of_a_refusal_is_left_out() {
        let message = "You are not authorized. Encoded authorization failure message: xyz";
        let outcome =
            outcome_of(json!({ "errorCode": "Client.UnauthorizedOperation", "errorMessage": message }));
        assert_eq!(outcome.message.as_deref(), Some("You are not authorized."));
    }

    #[test]
    fn a_service_tells_the_end_of_its_own_work() {
        let end = |state: &str| outcome_of(json!({ "serviceEventDetails": { "state": state } })).end;
        assert_eq!(end("COMPLETED"), End::Success);
        assert_eq!(end("FAILED"), End::Failed);
        assert_eq!(end("RUNNING"), End::Accepted);
        let quota = outcome_of(json!({ "serviceEventDetails": { "newStatus": "DENIED" } }));
        assert_eq!((quota.end, quota.code.as_deref()), (End::Failed, Some("DENIED")));
    }
}
