//! One HTTP request and its whole reply, whoever it goes to.

use std::error::Error as _;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Request, Response};
use serde_json::Value;

use crate::sources::live::{Refusal, RefusalKind};

/// The longest body that is taken; Azure's pages stay far below.
const LONGEST_BODY: usize = 64 << 20;

/// How much of a body that is not what it should be is shown.
const EXCERPT: usize = 200;

/// Makes requests; follows no redirect, for a redirect would carry the token to another host.
#[derive(Clone, Debug)]
pub(super) struct Http(Client);

/// A whole reply.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Http {
    /// Makes a client.
    ///
    /// # Errors
    ///
    /// `Failed` if the machine has no usable TLS.
    pub(super) fn new() -> Result<Self, Refusal> {
        let agent = concat!("driftline/", env!("CARGO_PKG_VERSION"));
        let client = Client::builder().redirect(Policy::none()).user_agent(agent).build();
        client.map(Self).map_err(|error| Refusal::new(RefusalKind::Failed, "tls", chain(&error)))
    }

    /// Makes one request, once.
    ///
    /// # Errors
    ///
    /// `Passing` if no whole reply came, `Failed` if it is too long.
    pub(super) async fn send(&self, request: Request) -> Result<Reply, Refusal> {
        let response = self.0.execute(request).await.map_err(|error| broken(&error))?;
        Reply::whole(response).await
    }
}

impl Reply {
    async fn whole(mut response: Response) -> Result<Self, Refusal> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            if body.len() + chunk.len() > LONGEST_BODY {
                let message = format!("the body is longer than {LONGEST_BODY} bytes");
                return Err(Refusal::new(RefusalKind::Failed, "too-long", message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self { status, headers, body })
    }

    /// Whether the request was answered.
    pub(super) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Returns the vendor's error code and message (`{"error": {"code", "message"}}`, from some services
    /// without the envelope); `None` if the body tells none.
    pub(super) fn error(&self) -> Option<(String, String)> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        let error = body.get("error").unwrap_or(&body);
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((text("code")?, text("message").unwrap_or_default()))
    }

    /// Says what came where JSON should have.
    pub(super) fn not_json(&self, kind: RefusalKind, code: impl Into<String>) -> Refusal {
        let sort = self.headers.get("content-type").and_then(|sort| sort.to_str().ok()).unwrap_or("no type");
        let text = String::from_utf8_lossy(&self.body);
        let excerpt: String =
            text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect();
        let message = format!("status {} came with {sort} instead of JSON: {excerpt}", self.status);
        Refusal::new(kind, code, message)
    }
}

/// Takes a secret out of a refusal that may quote what was sent.
pub(super) fn without(mut refusal: Refusal, secret: &str) -> Refusal {
    if !secret.is_empty() {
        refusal.message = refusal.message.replace(secret, "REDACTED");
    }
    refusal
}

/// A connection that broke, or never was.
fn broken(error: &reqwest::Error) -> Refusal {
    let code = if error.is_timeout() { "timeout" } else { "connection" };
    Refusal::new(RefusalKind::Passing, code, chain(error))
}

/// Returns why, down to the cause, without the URL, whose query is nobody's business.
fn chain(error: &reqwest::Error) -> String {
    let mut message = String::from("no whole reply came");
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}
