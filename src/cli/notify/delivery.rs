//! How notices are posted: few tries, little patience, no redirect, nothing shown of a URL.

use std::error::Error;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::fmt::rfc2822;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use tokio::time::{Instant, sleep, timeout};

use super::Letter;
use crate::model::Timestamp;

/// How often a letter is tried.
const TRIES: u32 = 3;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a connection may take. None is as good as a refused one: it is tried again.
const PATIENCE_TO_CONNECT: Duration = Duration::from_secs(3);

/// How long a receiver may take to say more of its refusal.
const PATIENCE_FOR_A_WORD: Duration = Duration::from_secs(1);

/// How long all tries and the pauses between them may take; the letters of a run are sent side by side.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(20);

/// The pause after the first try; it doubles with each.
const PAUSE: Duration = Duration::from_millis(500);

/// Posts each letter, and returns why it did not arrive, in words that show nothing of the URL.
pub(super) fn post(letters: &[Letter<'_>]) -> Vec<Result<(), String>> {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(join_all(letters.iter().map(deliver))),
        Err(error) => letters.iter().map(|_| Err(error.to_string())).collect(),
    }
}

/// Why a try failed.
struct Refusal {
    reason: String,
    /// Whether the next try may succeed.
    passing: bool,
    /// How long the receiver wants to be left alone.
    retry_after: Option<Duration>,
}

async fn deliver(letter: &Letter<'_>) -> Result<(), String> {
    let client = client(letter).map_err(|error| chain(&error))?;
    let deadline = Instant::now() + PATIENCE_IN_ALL;
    let mut pause = PAUSE;
    for nth in 1.. {
        let left = deadline.saturating_duration_since(Instant::now());
        let Err(refusal) = attempt(&client, letter, PATIENCE.min(left)).await else { return Ok(()) };
        // Between half the pause and all of it, so that many runs do not come back as one.
        let own = pause.mul_f32(fastrand::f32().mul_add(0.5, 0.5));
        let wait = refusal.retry_after.unwrap_or_default().max(own);
        if !refusal.passing || nth == TRIES || wait >= deadline.saturating_duration_since(Instant::now()) {
            let tries = if nth > 1 { format!(" ({nth} tries)") } else { String::new() };
            return Err(format!("{}{tries}", refusal.reason));
        }
        sleep(wait).await;
        pause *= 2;
    }
    Ok(())
}

/// Makes a client that follows no redirect, which could lead anywhere, and takes no way round to this machine itself.
fn client(letter: &Letter<'_>) -> reqwest::Result<Client> {
    let agent = concat!("driftline/", env!("CARGO_PKG_VERSION"));
    let builder =
        Client::builder().redirect(Policy::none()).connect_timeout(PATIENCE_TO_CONNECT).user_agent(agent);
    if letter.webhook.is_here() { builder.no_proxy() } else { builder }.build()
}

async fn attempt(client: &Client, letter: &Letter<'_>, patience: Duration) -> Result<(), Refusal> {
    let mut request = client
        .post(letter.webhook.url())
        .header(CONTENT_TYPE, "application/json")
        .header("X-Driftline-Event", letter.occasion.as_str())
        .header("Idempotency-Key", letter.id)
        .body(letter.body.clone());
    if let Some(secret) = letter.secret {
        let signature = secret.sign(Timestamp::now().as_second(), &letter.body);
        request = request.header("X-Driftline-Signature", signature);
    }
    match timeout(patience, request.send()).await {
        // It may have arrived: who is slow once would be told twice.
        Err(_) => Err(Refusal::of(format!("no answer within {} s", PATIENCE.as_secs()), false)),
        Ok(Err(error)) => Err(Refusal::of(chain(&error.without_url()), true)),
        Ok(Ok(response)) if response.status().is_success() => Ok(()),
        Ok(Ok(response)) => Err(Refusal::answered(response).await),
    }
}

impl Refusal {
    const fn of(reason: String, passing: bool) -> Self {
        Self { reason, passing, retry_after: None }
    }

    async fn answered(mut response: Response) -> Self {
        let status = response.status();
        let passing = status.is_server_error()
            || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        let retry_after = retry_after(response.headers());
        let mut reason = format!("it answered `{status}`");
        if status.is_redirection() {
            reason.push_str(", and no redirect is followed");
        }
        if let Ok(Ok(Some(body))) = timeout(PATIENCE_FOR_A_WORD, response.chunk()).await
            && let Some(word) = word(&body)
        {
            reason.push_str(": ");
            reason.push_str(word);
        }
        Self { reason, passing, retry_after }
    }
}

/// Returns a body that is one word of small letters, as Slack names its errors; anything else could repeat a URL.
fn word(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    (!text.is_empty() && text.len() <= 40 && text.chars().all(plain)).then_some(text)
}

/// Reads `Retry-After`: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(date.duration_since(Timestamp::now()).try_into().unwrap_or_default())
}

/// Returns why, down to the cause.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    if causes.is_empty() { "it cannot be reached".to_owned() } else { causes.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_no_more_is_shown_than_a_word() {
        assert_eq!(word(b"invalid_blocks\n"), Some("invalid_blocks"));
        for body in [&b"https://h/token"[..], b"", b"B0Token", b"two words", b"\xff", &[b'a'; 41]] {
            assert_eq!(word(body), None);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wait = |value: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]));
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
    }
}
