//! What the SDK says went wrong → refusal.

use std::error::Error;
use std::time::Duration;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::fmt::rfc2822;

use crate::model::Timestamp;
use crate::sources::live::{Refusal, RefusalKind};

/// How much of a body that is no answer is told, in characters.
const EXCERPT: usize = 200;

/// The codes that mean one thing each; what ends in `.NotFound` is absent, and the rest goes by the status
/// (SEMANTICS H.1).
const CODES: &[(RefusalKind, &[&str])] = &[
    (
        RefusalKind::Throttled,
        &[
            "Client.RequestLimitExceeded",
            "EC2ThrottledException",
            "PriorRequestNotComplete",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        ],
    ),
    (
        RefusalKind::Passing,
        &[
            "InternalError",
            "InternalException",
            "InternalFailure",
            "InternalServerError",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "Unavailable",
        ],
    ),
    (
        RefusalKind::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "Blocked",
            "Client.UnauthorizedOperation",
            "OptInRequired",
            "PendingVerification",
            "UnauthorizedOperation",
        ],
    ),
    (RefusalKind::Absent, &["InvalidAMIID.Unavailable", "NoSuchBucket", "NoSuchKey"]),
];

/// The codes by which credentials are turned down, and what to make of them. The vendor's own sentence is not
/// told: it may quote the signed headers, the session token among them.
const CREDENTIALS: &[(&str, &[&str])] = &[
    (
        "the credentials have expired; sign in again",
        &["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"],
    ),
    (
        "the signature is not accepted: the secret access key is wrong, or this machine's clock is",
        &["IncompleteSignature", "InvalidSignatureException", "SignatureDoesNotMatch"],
    ),
    (
        "the credentials are not accepted: their access key is unknown, inactive or of another partition, or \
         the region is not switched on",
        &[
            "AuthFailure",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "UnrecognizedClientException",
        ],
    ),
    (
        "there are no credentials: name a `profile`, set `AWS_PROFILE`, or sign in with `aws sso login`",
        &["CredentialsNotLoaded", "NoCredentials"],
    ),
];

/// Returns the refusal behind an error of the SDK.
pub(super) fn refusal<E>(error: &SdkError<E, HttpResponse>) -> Refusal
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(ours) = ours(error) {
        return ours;
    }
    let mut refusal = match error {
        SdkError::TimeoutError(_) => Refusal::new(RefusalKind::Passing, "timeout", "no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            Refusal::new(RefusalKind::Passing, "timeout", chain(error))
        }
        SdkError::DispatchFailure(failure) if !failure.is_user() => {
            Refusal::new(RefusalKind::Passing, "connection", chain(error))
        }
        SdkError::ResponseError(_) => {
            Refusal::new(RefusalKind::Passing, "truncated", "the answer broke off before its end")
        }
        SdkError::ServiceError(refused) => match refused.err().code() {
            Some(code) => told(code, refused.err().message(), refused.raw().status().as_u16()),
            None => unreadable(refused.raw()),
        },
        _ => Refusal::new(RefusalKind::Failed, "request", chain(error)),
    };
    refusal.retry_after = error.raw_response().and_then(retry_after);
    refusal
}

/// Returns the refusal of a credential for its code, if it is one.
pub(super) fn of_credentials(code: &str) -> Option<Refusal> {
    let (advice, _) = CREDENTIALS.iter().find(|(_, codes)| codes.contains(&code))?;
    Some(Refusal::new(RefusalKind::Credentials, code, *advice))
}

/// Returns what an error and its causes say, in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = error.source();
    }
    said
}

/// Returns the time that a response is dated.
pub(super) fn date(response: &HttpResponse) -> Option<Timestamp> {
    http_date(response.headers().get("date")?)
}

/// A refusal of ours that the SDK carried through: the credentials are provided by us.
fn ours(error: &(dyn Error + 'static)) -> Option<Refusal> {
    error.downcast_ref::<Refusal>().cloned().or_else(|| ours(error.source()?))
}

fn told(code: &str, message: Option<&str>, status: u16) -> Refusal {
    if let Some(refusal) = of_credentials(code) {
        return refusal;
    }
    let known = CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(kind, _)| *kind);
    let kind = known.unwrap_or(match status {
        _ if code.ends_with(".NotFound") => RefusalKind::Absent,
        429 => RefusalKind::Throttled,
        500.. => RefusalKind::Passing,
        403 => RefusalKind::Denied,
        _ => RefusalKind::Failed,
    });
    // A page of cipher text that only its receiver's administrator could decode.
    let message = message.unwrap_or_default().split("Encoded authorization failure message").next();
    let message = message.unwrap_or_default().trim();
    Refusal::new(kind, code, if message.is_empty() { "the vendor says no more" } else { message })
}

/// What came is no answer of the service: a proxy's page, a broken body.
fn unreadable(response: &HttpResponse) -> Refusal {
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned();
    let excerpt: String = body.trim().chars().take(EXCERPT).collect();
    let (kind, code) = match response.status().as_u16() {
        429 => (RefusalKind::Throttled, "http-429".to_owned()),
        status @ 500.. => (RefusalKind::Passing, format!("http-{status}")),
        200..300 => (RefusalKind::Failed, "not-xml".to_owned()),
        status => (RefusalKind::Failed, format!("http-{status}")),
    };
    let message = if excerpt.is_empty() { "an empty body came".to_owned() } else { excerpt };
    Refusal::new(kind, code, format!("what came is no answer of AWS: {message}"))
}

/// Reads `Retry-After` (seconds or a date) or `x-amz-retry-after` (milliseconds).
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let headers = response.headers();
    let in_milliseconds = || headers.get("x-amz-retry-after")?.trim().parse().ok().map(Duration::from_millis);
    let Some(wait) = headers.get("retry-after") else { return in_milliseconds() };
    let in_seconds = wait.trim().parse().ok().map(Duration::from_secs);
    let until =
        |date: Timestamp| Duration::try_from(date.duration_since(Timestamp::now())).unwrap_or_default();
    in_seconds.or_else(|| http_date(wait).map(until))
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text.trim()).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::error::ErrorMetadata;
    use aws_sdk_ec2::operation::describe_volumes::DescribeVolumesError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn response(status: u16, body: &'static str, headers: &[(&'static str, String)]) -> HttpResponse {
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.clone());
        }
        response
    }

    fn coded(code: &str, message: &str, response: HttpResponse) -> Refusal {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        refusal(&SdkError::service_error(DescribeVolumesError::generic(metadata), response))
    }

    fn uncoded(response: HttpResponse) -> Refusal {
        let nothing = ErrorMetadata::builder().build();
        refusal(&SdkError::service_error(DescribeVolumesError::generic(nothing), response))
    }

    #[test]
    fn a_code_says_what_sort_of_refusal_it_is() {
        for (code, status, kind) in [
            ("RequestLimitExceeded", 503, RefusalKind::Throttled),
            ("Client.RequestLimitExceeded", 503, RefusalKind::Throttled),
            ("ThrottlingException", 400, RefusalKind::Throttled),
            ("EC2ThrottledException", 400, RefusalKind::Throttled),
            ("TooManyRequestsException", 400, RefusalKind::Throttled),
            ("SomethingNew", 429, RefusalKind::Throttled),
            ("InternalError", 500, RefusalKind::Passing),
            ("SomethingNew", 502, RefusalKind::Passing),
            ("UnauthorizedOperation", 403, RefusalKind::Denied),
            ("AccessDeniedException", 400, RefusalKind::Denied),
            ("OptInRequired", 403, RefusalKind::Denied),
            ("ExpiredToken", 400, RefusalKind::Credentials),
            ("AuthFailure", 401, RefusalKind::Credentials),
            ("InvalidInstanceID.NotFound", 400, RefusalKind::Absent),
            ("InvalidAMIID.Unavailable", 400, RefusalKind::Absent),
            ("InvalidParameterValue", 400, RefusalKind::Failed),
        ] {
            let refusal = coded(code, "m", response(status, "", &[]));
            assert_eq!((refusal.kind, refusal.code.as_str()), (kind, code));
        }
    }

    #[test]
    fn a_refused_signature_tells_no_signed_header() {
        let canonical = "does not match. The Canonical String should have been 'x-amz-security-token:SECRET'";
        for code in ["SignatureDoesNotMatch", "IncompleteSignature", "InvalidClientTokenId"] {
            let refusal = coded(code, canonical, response(403, "", &[]));
            assert_eq!(refusal.kind, RefusalKind::Credentials);
            assert!(!refusal.message.contains("SECRET"), "{}", refusal.message);
        }
    }

    #[test]
    fn the_cipher_text_of_a_denial_is_not_told() {
        let message = "You are not authorized. Encoded authorization failure message: 6Tq3X";
        assert_eq!(
            coded("UnauthorizedOperation", message, response(403, "", &[])).message,
            "You are not authorized."
        );
    }

    #[test]
    fn a_page_of_a_proxy_is_passing_with_a_server_error_and_fails_otherwise() {
        let page = "<html>Please sign in to the proxy</html>";
        for (status, kind, code) in [
            (502, RefusalKind::Passing, "http-502"),
            (429, RefusalKind::Throttled, "http-429"),
            (200, RefusalKind::Failed, "not-xml"),
            (407, RefusalKind::Failed, "http-407"),
        ] {
            let refusal = uncoded(response(status, page, &[]));
            assert_eq!((refusal.kind, refusal.code.as_str()), (kind, code));
            assert!(refusal.message.contains("Please sign in"));
        }
        let long = uncoded(response(200, include_str!("refusal.rs"), &[]));
        assert!(long.message.chars().count() < EXCERPT + 50);
    }

    #[test]
    fn a_wait_is_told_in_seconds_by_a_date_or_in_milliseconds() {
        let wait = |name, value: String| {
            coded("RequestLimitExceeded", "m", response(503, "", &[(name, value)])).retry_after
        };
        assert_eq!(wait("retry-after", "7".to_owned()), Some(Duration::from_secs(7)));
        assert_eq!(wait("x-amz-retry-after", "1500".to_owned()), Some(Duration::from_millis(1500)));
        assert_eq!(wait("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()), Some(Duration::ZERO));
        let later = Timestamp::now() + Duration::from_mins(1);
        let later = later.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let told = wait("retry-after", later).unwrap();
        assert!(told > Duration::from_secs(50) && told <= Duration::from_mins(1), "{told:?}");
        assert_eq!(wait("retry-after", "soon".to_owned()), None);
    }

    #[test]
    fn what_never_reached_the_vendor_may_be_tried_again() {
        let unreached = |error| refusal(&SdkError::<DescribeVolumesError, _>::dispatch_failure(error));
        let refused = unreached(ConnectorError::io("connection refused".into()));
        assert_eq!((refused.kind, refused.code.as_str()), (RefusalKind::Passing, "connection"));
        assert!(refused.message.contains("connection refused"));
        let late = unreached(ConnectorError::timeout("took too long".into()));
        assert_eq!((late.kind, late.code.as_str()), (RefusalKind::Passing, "timeout"));
        let broken = SdkError::<DescribeVolumesError, _>::response_error("eof", response(200, "", &[]));
        assert_eq!(refusal(&broken).code, "truncated");
    }

    #[test]
    fn a_refusal_of_ours_comes_through_the_sdk_unharmed() {
        let ours = Refusal::new(RefusalKind::Denied, "AccessDenied", "cannot assume `r`");
        let through = SdkError::<DescribeVolumesError, HttpResponse>::construction_failure(ours.clone());
        assert_eq!(refusal(&through), ours);
    }
}
