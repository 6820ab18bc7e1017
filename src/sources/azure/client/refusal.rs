//! What Azure says when it does not answer → [`Refusal`] (SEMANTICS H.2).

use jiff::Timestamp;
use serde_json::Value;

use super::headers;
use super::http::Reply;
use crate::sources::live::{Refusal, RefusalKind};

/// What the authority's codes mean, where its own words are long or mislead.
const AADSTS: &[(&str, &str)] = &[
    ("AADSTS50034", "the tenant knows no such user"),
    ("AADSTS700016", "the tenant knows no application with this client id"),
    ("AADSTS700021", "the federated token names another application or tenant"),
    ("AADSTS700024", "the federated token has expired"),
    ("AADSTS7000215", "the client secret is wrong: its value is needed, not its id"),
    ("AADSTS7000222", "the client secret has expired"),
    ("AADSTS70021", "the application trusts no such federated identity"),
    ("AADSTS900023", "the tenant is neither an id nor a domain name"),
    ("AADSTS90002", "there is no such tenant"),
];

/// Returns why Azure Resource Manager did not answer.
///
/// A 404 counts as absence only where the vendor's own code says so: a proxy's 404 proves nothing, and a
/// subscription that is not found may be one that the credential no longer sees.
pub(super) fn of(reply: &Reply) -> Refusal {
    let Some((code, message)) = reply.error() else { return strange(reply) };
    let kind = match (reply.status, code.as_str()) {
        (403, _) | (401, "InvalidAuthenticationTokenTenant") | (404, "SubscriptionNotFound") => {
            RefusalKind::Denied
        }
        (401, _) => RefusalKind::Credentials,
        (404, code) if code.ends_with("NotFound") => RefusalKind::Absent,
        (status, _) => by_status(status),
    };
    timed(Refusal::new(kind, code, message), reply)
}

/// Returns why the authority, or the identity endpoint of the machine, gave no token.
pub(super) fn of_authority(reply: &Reply) -> Refusal {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let Some(error) = text("error") else { return strange(reply) };
    let told = text("error_description").unwrap_or(error);
    let (code, sentence) = told.split_once(':').filter(|(code, _)| is_aadsts(code)).unwrap_or((error, told));
    let sentence = sentence.split(" Trace ID:").next().unwrap_or_default();
    let sentence = sentence.lines().next().unwrap_or_default().trim();
    let message = match AADSTS.iter().find(|(known, _)| *known == code) {
        Some((_, meaning)) => format!("{meaning}: {sentence}"),
        None => sentence.to_owned(),
    };
    let kind = match by_status(reply.status) {
        RefusalKind::Failed => RefusalKind::Credentials,
        passing => passing,
    };
    timed(Refusal::new(kind, code, message), reply)
}

/// A reply that is no word of Azure's: a proxy's, a gateway's, or none that says why.
fn strange(reply: &Reply) -> Refusal {
    let kind = by_status(reply.status);
    match kind {
        RefusalKind::Failed if (300..400).contains(&reply.status) => {
            let message = format!("status {}: a redirect, which is not followed", reply.status);
            Refusal::new(kind, "redirect", message)
        }
        RefusalKind::Failed => reply.not_json(kind, "not-json"),
        _ => timed(reply.not_json(kind, format!("http-{}", reply.status)), reply),
    }
}

const fn by_status(status: u16) -> RefusalKind {
    match status {
        429 => RefusalKind::Throttled,
        408 | 500.. => RefusalKind::Passing,
        _ => RefusalKind::Failed,
    }
}

fn timed(mut refusal: Refusal, reply: &Reply) -> Refusal {
    refusal.retry_after = headers::retry_after(&reply.headers, Timestamp::now());
    refusal
}

fn is_aadsts(code: &str) -> bool {
    code.strip_prefix("AADSTS").is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::*;

    fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: body.into() }
    }

    fn arm(status: u16, code: &str) -> Refusal {
        of(&reply(status, json!({"error": {"code": code, "message": "m"}}).to_string()))
    }

    #[test]
    fn each_of_the_vendors_codes_has_its_kind() {
        for (status, code, kind) in [
            (401, "ExpiredAuthenticationToken", RefusalKind::Credentials),
            (401, "InvalidAuthenticationToken", RefusalKind::Credentials),
            (401, "InvalidAuthenticationTokenTenant", RefusalKind::Denied),
            (403, "AuthorizationFailed", RefusalKind::Denied),
            (404, "SubscriptionNotFound", RefusalKind::Denied),
            (404, "ResourceNotFound", RefusalKind::Absent),
            (404, "ResourceGroupNotFound", RefusalKind::Absent),
            (404, "NotFound", RefusalKind::Absent),
            (404, "InvalidResourceType", RefusalKind::Failed),
            (409, "MissingSubscriptionRegistration", RefusalKind::Failed),
            (429, "SubscriptionRequestsThrottled", RefusalKind::Throttled),
            (408, "RequestTimeout", RefusalKind::Passing),
            (500, "InternalServerError", RefusalKind::Passing),
            (503, "ServerBusy", RefusalKind::Passing),
        ] {
            let refusal = arm(status, code);
            assert_eq!((refusal.kind, refusal.code.as_str(), refusal.message.as_str()), (kind, code, "m"));
        }
    }

    #[test]
    fn an_error_without_its_envelope_is_understood() {
        let refusal = of(&reply(403, r#"{"code": "AuthorizationFailed", "message": "no"}"#));
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Denied, "AuthorizationFailed"));
    }

    #[test]
    fn a_proxys_page_proves_nothing() {
        let html = "<html><body>Not   here</body></html>";
        for (status, kind, code) in [
            (403, RefusalKind::Failed, "not-json"),
            (404, RefusalKind::Failed, "not-json"),
            (429, RefusalKind::Throttled, "http-429"),
            (502, RefusalKind::Passing, "http-502"),
            (302, RefusalKind::Failed, "redirect"),
        ] {
            let refusal = of(&reply(status, html));
            assert_eq!((refusal.kind, refusal.code.as_str()), (kind, code), "{status}");
        }
        let long = of(&reply(404, "x ".repeat(10_000)));
        assert!(long.message.len() < 300, "{}", long.message);
    }

    #[test]
    fn a_throttled_call_knows_when_to_come_back() {
        let mut throttled = reply(429, r#"{"error": {"code": "TooManyRequests"}}"#);
        throttled.headers.insert("retry-after", "3".parse().unwrap());
        assert_eq!(of(&throttled).retry_after, Some(Duration::from_secs(3)));
    }

    #[test]
    fn the_authoritys_code_stands_alone_and_its_words_are_made_clear() {
        for (code, meaning) in [
            ("AADSTS90002", "there is no such tenant"),
            ("AADSTS7000222", "the client secret has expired"),
            ("AADSTS7000215", "the client secret is wrong"),
        ] {
            let told = format!("{code}: In their words. Trace ID: a-b Correlation ID: c-d Timestamp: now");
            let body = json!({"error": "invalid_client", "error_description": told}).to_string();
            let refusal = of_authority(&reply(401, body));
            assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Credentials, code));
            assert!(refusal.message.starts_with(meaning), "{}", refusal.message);
            assert!(refusal.message.ends_with(": In their words."), "{}", refusal.message);
        }
    }

    #[test]
    fn an_authority_that_is_busy_may_be_asked_again() {
        let busy = r#"{"error": "temporarily_unavailable"}"#;
        assert_eq!(of_authority(&reply(503, busy)).kind, RefusalKind::Passing);
        assert_eq!(of_authority(&reply(429, busy)).kind, RefusalKind::Throttled);
        let plain = of_authority(&reply(400, r#"{"error": "invalid_request"}"#));
        assert_eq!((plain.kind, plain.code.as_str()), (RefusalKind::Credentials, "invalid_request"));
    }
}
