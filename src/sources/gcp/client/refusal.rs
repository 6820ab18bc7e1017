//! Errors of the library, of transport and of Google's services → refusals (SEMANTICS H.3).

use std::error::Error as StdError;
use std::time::Duration;

use google_cloud_auth::errors::CredentialsError;
use google_cloud_gax::error::Error;
use google_cloud_gax::error::rpc::{Status, StatusDetails};
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::fmt::rfc2822;

use crate::model::Timestamp;
use crate::sources::live::{Ledger, Refusal, RefusalKind};

/// How much of a body that nobody expected is shown.
const EXCERPT: usize = 200;

/// Reasons that stand for too many requests, whatever the status says.
const THROTTLED: &[&str] = &[
    "RATE_LIMIT_EXCEEDED",
    "RESOURCE_EXHAUSTED",
    "quotaExceeded",
    "rateLimitExceeded",
    "userRateLimitExceeded",
];

/// Reasons that say that the project has not turned the API on.
const SWITCHED_OFF: &[&str] = &["SERVICE_DISABLED", "accessNotConfigured"];

/// Whether a refusal says that the project has not turned the API on.
pub(super) fn is_switched_off(refusal: &Refusal) -> bool {
    SWITCHED_OFF.contains(&refusal.code.as_str())
}

/// Reads an error of the library.
pub(super) fn of_library(error: &Error, ledger: &Ledger) -> Refusal {
    let headers = error.http_headers().cloned().unwrap_or_default();
    note_time(&headers, ledger);
    match (error.http_status_code(), error.status(), error.http_payload()) {
        (Some(http), Some(status), _) => told(http, &headers, status),
        (Some(http), None, body) => untold(http, &headers, body.map_or(&[], |body| body)),
        (None, ..) if error.is_authentication() => {
            let cause = error.source().and_then(|cause| cause.downcast_ref::<CredentialsError>());
            cause.map_or_else(
                || Refusal::new(RefusalKind::Credentials, "credentials", chain(error)),
                of_credentials,
            )
        }
        (None, ..) if error.is_timeout() => Refusal::new(RefusalKind::Passing, "timeout", chain(error)),
        (None, ..) if error.is_connect() || error.is_io() || error.is_transport() => broken(chain(error)),
        (None, ..) => Refusal::new(RefusalKind::Failed, "not-sent", chain(error)),
    }
}

/// Reads a response that is no success.
pub(super) fn of_response(http: u16, headers: &HeaderMap, body: &bytes::Bytes) -> Refusal {
    match Status::try_from(body) {
        Ok(status) => told(http, headers, &status),
        Err(_) => untold(http, headers, body),
    }
}

/// Reads an error of transport.
pub(super) fn of_transport(error: reqwest::Error) -> Refusal {
    let timeout = error.is_timeout();
    let message = chain(&error.without_url());
    if timeout { Refusal::new(RefusalKind::Passing, "timeout", message) } else { broken(message) }
}

/// Reads an error of the exchange of credentials for a token.
///
/// Google's token endpoint says `invalid_grant` of a refresh token that expired or was revoked, and of a key
/// that was deleted.
pub(super) fn of_credentials(error: &CredentialsError) -> Refusal {
    let message = chain(error);
    let revoked = message.contains("invalid_grant") || message.contains("invalid_rapt");
    if revoked {
        let meaning = "the credentials have expired or were revoked; sign in again with `gcloud auth \
                       application-default login`, or replace the key";
        return Refusal::new(RefusalKind::Credentials, "invalid_grant", format!("{meaning} ({message})"));
    }
    // The library takes a machine outside Google Cloud that nobody signed in on for one whose metadata
    // server may yet answer.
    if error.is_transient() && !message.contains("gcloud auth application-default login") {
        return Refusal::new(RefusalKind::Passing, "no-token", message);
    }
    Refusal::new(RefusalKind::Credentials, "no-token", message)
}

/// A success that is no JSON object: a proxy, a captive portal.
pub(super) fn not_json(body: &[u8]) -> Refusal {
    let message = format!("something else came instead of a JSON object: {}", excerpt(body));
    Refusal::new(RefusalKind::Failed, "not-json", message)
}

/// Notes when a response was sent.
pub(super) fn note_time(headers: &HeaderMap, ledger: &Ledger) {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
    if let Some(date) = date {
        ledger.saw_time(date);
    }
}

/// Returns an error with all its causes, without what a token looks like.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    redacted(&text)
}

/// A refusal in Google's own words.
fn told(http: u16, headers: &HeaderMap, status: &Status) -> Refusal {
    let mut reason = None;
    let mut delay = retry_after(headers);
    for detail in &status.details {
        match detail {
            StatusDetails::ErrorInfo(info) if !info.reason.is_empty() => reason = Some(info.reason.clone()),
            StatusDetails::RetryInfo(info) => {
                let seconds = info.retry_delay.map(|wait| Duration::from_secs(wait.seconds().unsigned_abs()));
                delay = delay.or(seconds);
            }
            _ => {}
        }
    }
    let code = reason.unwrap_or_else(|| match status.code.name() {
        "UNKNOWN" => format!("http-{http}"),
        name => name.to_owned(),
    });
    let kind = if THROTTLED.contains(&code.as_str()) { RefusalKind::Throttled } else { kind(http) };
    Refusal { retry_after: delay, ..Refusal::new(kind, code, redacted(&status.message)) }
}

/// A refusal by somebody who does not speak as Google does.
fn untold(http: u16, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let message = match (http, excerpt(body)) {
        (300..=399, _) => "a redirect, which is not followed".to_owned(),
        (_, excerpt) if excerpt.is_empty() => "no explanation".to_owned(),
        (_, excerpt) => format!("no explanation, but: {excerpt}"),
    };
    Refusal { retry_after: retry_after(headers), ..Refusal::new(kind(http), format!("http-{http}"), message) }
}

fn kind(http: u16) -> RefusalKind {
    match http {
        401 => RefusalKind::Credentials,
        403 => RefusalKind::Denied,
        404 => RefusalKind::Absent,
        429 => RefusalKind::Throttled,
        408 | 500.. => RefusalKind::Passing,
        _ => RefusalKind::Failed,
    }
}

fn broken(message: String) -> Refusal {
    Refusal::new(RefusalKind::Passing, "connection", message)
}

/// Reads `Retry-After`: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = http_date(text)?.duration_since(Timestamp::now());
    Some(wait.try_into().unwrap_or_default())
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// Returns the beginning of a body on one line.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    redacted(&line).chars().take(EXCERPT).collect()
}

/// Takes out what a token looks like: what follows `Bearer`, Google's access tokens, JSON web tokens.
fn redacted(text: &str) -> String {
    let mut after_bearer = false;
    let word = |word: &str| {
        let bare = word.trim_start_matches(|c: char| !c.is_alphanumeric());
        let secret = after_bearer || ["ya29.", "eyJ"].iter().any(|start| bare.starts_with(start));
        after_bearer = bare.to_ascii_lowercase().ends_with("bearer");
        if secret { "[token]".to_owned() } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(http: u16, body: &str) -> Refusal {
        of_response(http, &HeaderMap::new(), &bytes::Bytes::copy_from_slice(body.as_bytes()))
    }

    fn error(code: u16, reason: &str) -> String {
        json!({"error": {"code": code, "message": "so it is", "errors": [{"reason": reason, "domain": "d"}]}})
            .to_string()
    }

    #[test]
    fn the_reason_decides_where_the_status_is_ambiguous() {
        for (http, reason, kind) in [
            (403, "rateLimitExceeded", RefusalKind::Throttled),
            (403, "userRateLimitExceeded", RefusalKind::Throttled),
            (403, "quotaExceeded", RefusalKind::Throttled),
            (403, "forbidden", RefusalKind::Denied),
            (403, "accessNotConfigured", RefusalKind::Denied),
            (401, "authError", RefusalKind::Credentials),
            (404, "notFound", RefusalKind::Absent),
            (429, "anything", RefusalKind::Throttled),
            (400, "invalid", RefusalKind::Failed),
            (503, "backendError", RefusalKind::Passing),
        ] {
            let refusal = refused(http, &error(http, reason));
            assert_eq!((refusal.kind, refusal.code.as_str()), (kind, reason));
            assert_eq!(refusal.message, "so it is");
        }
        assert!(is_switched_off(&refused(403, &error(403, "accessNotConfigured"))));
    }

    #[test]
    fn the_details_of_newer_errors_are_read_too() {
        let body = json!({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "off", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
             "domain": "googleapis.com"},
        ]}});
        assert!(is_switched_off(&refused(403, &body.to_string())));
        let body = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "no", "details": [
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"},
        ]}});
        let refusal = refused(429, &body.to_string());
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Throttled, "RESOURCE_EXHAUSTED"));
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn what_a_proxy_says_is_shown_in_short_and_without_tokens() {
        let page = format!("<html>\n<b>Bad gateway</b> Authorization: Bearer abc.def {}", "x ".repeat(500));
        let refusal = refused(502, &page);
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Passing, "http-502"));
        assert!(refusal.message.contains("Bad gateway"), "{refusal}");
        assert!(!refusal.message.contains("abc.def"), "{refusal}");
        assert!(refusal.message.len() < EXCERPT + 40);
        assert_eq!(refused(302, "").kind, RefusalKind::Failed);
        assert_eq!(not_json(b"<html>").code, "not-json");
        assert_eq!(redacted(r#"a "ya29.x" "Bearer y z"#), r#"a [token] "Bearer [token] z"#);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wait = |value: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]));
        assert_eq!(wait("12"), Some(Duration::from_secs(12)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert!(wait("Fri, 06 Nov 2195 08:49:37 GMT").unwrap() > Duration::from_hours(1));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn revoked_credentials_are_named_as_such() {
        let said = |transient, text: &str| of_credentials(&CredentialsError::from_msg(transient, text));
        let revoked = said(false, r#"failed: {"error": "invalid_grant"}"#);
        assert_eq!((revoked.kind, revoked.code.as_str()), (RefusalKind::Credentials, "invalid_grant"));
        assert_eq!(said(false, "nothing found").kind, RefusalKind::Credentials);
        assert_eq!(said(true, "no answer").kind, RefusalKind::Passing);
        let nobody = "run `gcloud auth application-default login`";
        assert_eq!(said(true, nobody).kind, RefusalKind::Credentials);
    }

    #[test]
    fn the_library_s_errors_are_read_as_its_services_wrote_them() {
        let ledger = Ledger::default();
        let body = error(403, "rateLimitExceeded");
        let status = Status::try_from(&bytes::Bytes::from(body)).unwrap();
        let throttled = Error::service_with_http_metadata(status, Some(403), Some(HeaderMap::new()));
        assert_eq!(of_library(&throttled, &ledger).kind, RefusalKind::Throttled);
        let html = Error::http(503, HeaderMap::new(), bytes::Bytes::from_static(b"<html>"));
        assert_eq!(of_library(&html, &ledger).kind, RefusalKind::Passing);
        let cut = Error::io("the connection was closed");
        assert_eq!(of_library(&cut, &ledger).kind, RefusalKind::Passing);
        let revoked = Error::authentication(CredentialsError::from_msg(false, "invalid_grant"));
        assert_eq!(of_library(&revoked, &ledger).code, "invalid_grant");
    }
}
