//! How an operation ended, and which of its records says so (SEMANTICS E.2.2, E.2.4).

use serde_json::Value;

use super::body::{at, member, unpacked};
use super::shape::Record;
use crate::model::{End, Outcome, Stage};

/// Answers that mean that the caller may not.
const REFUSALS: &[&str] = &["forbidden", "unauthorized"];

/// Returns the outcome, and which of the operation's records it is.
///
/// A record that tells no status (a list of selected columns) says no more than that there was a call.
pub(super) fn read(record: &Record) -> (Outcome, Stage) {
    let status = record.status().unwrap_or_default();
    match status.as_str() {
        "accept" | "accepted" | "inprogress" | "updating" | "running" => {
            (Outcome::plain(End::Accepted), Stage::Middle)
        }
        "success" | "succeeded" | "ok" | "completed" => (Outcome::plain(End::Success), Stage::Last),
        "failure" | "failed" | "error" | "canceled" | "cancelled" => (failure(record), Stage::Last),
        // `Started`, or nothing that is known.
        _ => (Outcome::plain(End::Started), Stage::First),
    }
}

/// A failure in the vendor's words: `statusMessage`, which is JSON in a string, else the HTTP answer.
fn failure(record: &Record) -> Outcome {
    let answer = record.answer();
    let told = member(&record.properties, "statusMessage");
    let document = told.and_then(unpacked);
    let field = |name: &str| {
        let document = document.as_ref()?;
        let told = at(document, &format!("error.{name}")).or_else(|| at(document, name));
        told.and_then(Value::as_str).map(str::to_owned)
    };
    let code = field("code").or_else(|| answer.map(str::to_owned));
    let plain = || told.filter(|_| document.is_none()).and_then(Value::as_str).map(str::to_owned);
    let message = field("message").or_else(plain).filter(|message| !message.is_empty());
    let refused = |word: &str| REFUSALS.contains(&word.to_lowercase().as_str());
    let denied = answer.is_some_and(refused)
        || code.as_deref().is_some_and(|code| refused(code) || code.ends_with("AuthorizationFailed"));
    Outcome { end: if denied { End::Denied } else { End::Failed }, code, message }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(native: Value) -> (Outcome, Stage) {
        let Value::Object(members) = native else { panic!() };
        read(&Record::new(members))
    }

    #[test]
    fn every_spelling_of_a_status_is_one_end_at_one_stage() {
        for (spellings, expected) in [
            (["Started", "Start", "started"], (End::Started, Stage::First)),
            (["Accepted", "Accept", "In Progress"], (End::Accepted, Stage::Middle)),
            (["Succeeded", "Success", "SUCCEEDED."], (End::Success, Stage::Last)),
            (["Failed", "Failure", "failed"], (End::Failed, Stage::Last)),
        ] {
            for spelling in spellings {
                for name in ["status", "resultType", "ActivityStatusValue"] {
                    let (outcome, stage) = outcome(json!({name: spelling}));
                    assert_eq!((outcome.end, stage), expected, "{name}: {spelling}");
                }
            }
        }
        assert_eq!(outcome(json!({})).0.end, End::Started);
    }

    #[test]
    fn a_refusal_is_told_from_a_failure_with_the_vendor_s_words() {
        let denied = json!({"status": {"value": "Failed"}, "subStatus": {"value": "Forbidden"},
            "properties": {"statusMessage": "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"may not\"}}"}});
        let expected = Outcome {
            end: End::Denied,
            code: Some("AuthorizationFailed".to_owned()),
            message: Some("may not".to_owned()),
        };
        assert_eq!(outcome(denied), (expected, Stage::Last));
        let export = json!({"resultType": "Failure", "resultSignature": "Failed.NotFound"});
        let (failed, _) = outcome(export);
        assert_eq!((failed.end, failed.code.as_deref()), (End::Failed, Some("NotFound")));
        let locked = json!({"status": "Failed", "subStatus": "Conflict",
            "properties": {"statusMessage": {"Code": "ScopeLocked", "Message": "locked"}}});
        let (locked, _) = outcome(locked);
        assert_eq!((locked.end, locked.code.as_deref()), (End::Failed, Some("ScopeLocked")));
    }

    #[test]
    fn a_message_that_is_no_document_is_kept_as_it_stands() {
        let (failed, _) = outcome(json!({"status": "Failed", "properties": {"statusMessage": "too bad"}}));
        assert_eq!((failed.code, failed.message.as_deref()), (None, Some("too bad")));
    }
}
