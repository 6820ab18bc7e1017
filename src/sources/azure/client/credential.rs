//! The token of an entry: got in the configured way, kept, and renewed before it expires.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::identity::{Identity, Issued};
use crate::sources::live::{Refusal, RefusalKind};

/// How long after a renewal that Azure asked for another one would change nothing.
const FRESH: Duration = Duration::from_mins(5);

/// A bearer token; its text is shown by nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(Arc<str>);

impl Token {
    pub(super) fn new(secret: &str) -> Self {
        Self(secret.trim().into())
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    /// Returns the `Authorization` header.
    ///
    /// # Errors
    ///
    /// `Credentials` if it holds what no header may.
    pub(super) fn header(&self) -> Result<HeaderValue, Refusal> {
        let bad =
            |_| Refusal::new(RefusalKind::Credentials, "bad-token", "the token is no text for a header");
        let mut header = HeaderValue::from_str(&format!("Bearer {}", self.0)).map_err(bad)?;
        header.set_sensitive(true);
        Ok(header)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Where tokens come from, and the one that is in use.
#[derive(Debug)]
pub(super) struct Credential {
    identity: Identity,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Issued>,
    /// When Azure last made us renew it.
    forced: Option<Instant>,
}

impl Credential {
    pub(super) fn new(identity: Identity) -> Self {
        Self { identity, state: Mutex::default() }
    }

    /// Returns a token that will not expire on the way.
    ///
    /// # Errors
    ///
    /// What the identity refuses.
    pub(super) async fn token(&self) -> Result<Token, Refusal> {
        let mut state = self.state.lock().await;
        if let Some(issued) = &state.current
            && issued.until.is_none_or(|until| Instant::now() < until)
        {
            return Ok(issued.token.clone());
        }
        self.issue(&mut state).await
    }

    /// Returns another token than one that Azure did not accept; `None` if there is no use in one.
    ///
    /// # Errors
    ///
    /// What the identity refuses.
    pub(super) async fn renewed(&self, refused: &Token) -> Result<Option<Token>, Refusal> {
        let mut state = self.state.lock().await;
        if let Some(issued) = &state.current
            && issued.token != *refused
        {
            return Ok(Some(issued.token.clone()));
        }
        let fresh = state.forced.is_some_and(|forced| forced.elapsed() < FRESH);
        if fresh || !self.identity.is_renewable() {
            return Ok(None);
        }
        state.forced = Some(Instant::now());
        self.issue(&mut state).await.map(Some)
    }

    /// Asks for a token; nobody else asks meanwhile.
    async fn issue(&self, state: &mut State) -> Result<Token, Refusal> {
        let issued = self.identity.issue().await?;
        let token = issued.token.clone();
        state.current = Some(issued);
        Ok(token)
    }
}
