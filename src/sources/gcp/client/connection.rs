//! The credentials of an entry, and what they open.

use std::fmt;
use std::fs;

use google_cloud_auth::credentials::{
    self, CacheableResource, Credentials, CredentialsProvider, EntityTag, anonymous, external_account,
    impersonated, service_account, user_account,
};
use google_cloud_auth::errors::CredentialsError;
use http::Extensions;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::Value;

use super::compute::Compute;
use super::refusal;
use super::rest::Rest;
use crate::config::{Gcp, GcpCredential};
use crate::sources::live::{Refusal, RefusalKind};

/// Everything that requests go through.
pub(super) struct Connection {
    /// The library's clients.
    pub(super) compute: Compute,
    /// Everything that they do not do.
    pub(super) rest: Rest,
}

impl Connection {
    /// Reads the credentials and builds the clients; asks nobody anything.
    ///
    /// # Errors
    ///
    /// Credentials that are missing or unreadable.
    pub(super) async fn open(config: &Gcp) -> Result<Self, Refusal> {
        let credentials = credentials(&config.credential)?;
        let built = Compute::build(config.endpoint.as_deref(), &credentials).await;
        let compute = built.map_err(|error| {
            let message = refusal::chain(&error);
            Refusal::new(RefusalKind::Failed, "no-client", message)
        })?;
        Ok(Self { compute, rest: Rest::new(config, credentials)? })
    }
}

fn credentials(config: &GcpCredential) -> Result<Credentials, Refusal> {
    match config {
        GcpCredential::Anonymous => Ok(anonymous::Builder::new().build()),
        GcpCredential::Default => {
            let built = credentials::Builder::default().build();
            built.map_err(|error| unusable("Application Default Credentials", &error))
        }
        GcpCredential::File(path) => {
            let shown = format!("`{}`", path.display());
            let text = fs::read_to_string(path).map_err(|error| unusable(&shown, &error))?;
            from_file(&shown, &text)
        }
        GcpCredential::Token { variable } => {
            let shown = format!("the environment variable `{variable}`");
            let token = std::env::var(variable).map_err(|error| unusable(&shown, &error))?;
            Ok(ReadyToken::new(&shown, &token)?.into())
        }
    }
}

/// Reads a credentials file of any of the types that Google's own libraries read.
fn from_file(shown: &str, text: &str) -> Result<Credentials, Refusal> {
    // serde_json's message may quote the file, which holds a key.
    let content: Value = serde_json::from_str(text).map_err(|_| missing(shown, "no JSON"))?;
    let built = match content.get("type").and_then(Value::as_str) {
        Some("service_account") => service_account::Builder::new(content).build(),
        Some("authorized_user") => user_account::Builder::new(content).build(),
        Some("external_account") => external_account::Builder::new(content).build(),
        Some("impersonated_service_account") => impersonated::Builder::new(content).build(),
        Some(other) => return Err(missing(shown, &format!("unsupported credentials of type `{other}`"))),
        None => return Err(missing(shown, "no `type`")),
    };
    // The builders' messages name members and never quote values of the file's keys.
    built.map_err(|error| unusable(shown, &error))
}

fn unusable(what: &str, error: &dyn std::error::Error) -> Refusal {
    missing(what, &refusal::chain(error))
}

fn missing(what: &str, why: &str) -> Refusal {
    Refusal::new(RefusalKind::Credentials, "no-credentials", format!("cannot use {what}: {why}"))
}

/// A token that somebody else got; it is used until it expires.
struct ReadyToken {
    headers: HeaderMap,
    tag: EntityTag,
}

impl ReadyToken {
    fn new(shown: &str, token: &str) -> Result<Self, Refusal> {
        if token.trim().is_empty() {
            return Err(missing(shown, "it is empty"));
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
            .map_err(|_| missing(shown, "its value is no token"))?;
        value.set_sensitive(true);
        Ok(Self { headers: HeaderMap::from_iter([(AUTHORIZATION, value)]), tag: EntityTag::new() })
    }
}

impl fmt::Debug for ReadyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyToken").finish_non_exhaustive()
    }
}

impl CredentialsProvider for ReadyToken {
    async fn headers(&self, _: Extensions) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        Ok(CacheableResource::New { entity_tag: self.tag.clone(), data: self.headers.clone() })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_token_shows_nowhere() {
        let token = ReadyToken::new("`T`", "ya29.secret\n").unwrap();
        assert_eq!(format!("{token:?}"), "ReadyToken { .. }");
        assert!(!format!("{:?}", token.headers).contains("secret"));
        assert_eq!(token.headers[AUTHORIZATION], "Bearer ya29.secret");
    }

    #[test]
    fn credentials_that_cannot_be_used_say_why_and_not_what_they_hold() {
        let refused = |text: &str| from_file("`key.json`", text).unwrap_err();
        for (text, expected) in [
            ("-----BEGIN SECRET", "cannot use `key.json`: no JSON"),
            ("{}", "cannot use `key.json`: no `type`"),
            (r#"{"type": "gdch"}"#, "cannot use `key.json`: unsupported credentials of type `gdch`"),
        ] {
            assert_eq!(refused(text).message, expected);
            assert_eq!(refused(text).kind, RefusalKind::Credentials);
        }
        let incomplete = refused(r#"{"type": "service_account", "private_key": "SECRET"}"#);
        assert_eq!(incomplete.kind, RefusalKind::Credentials);
        assert!(!incomplete.message.contains("SECRET"), "{incomplete}");
    }

    #[test]
    fn a_token_variable_that_is_not_set_is_named() {
        let config = GcpCredential::Token { variable: "DRIFTLINE_NO_SUCH_TOKEN".into() };
        let refusal = credentials(&config).unwrap_err();
        assert!(refusal.message.contains("`DRIFTLINE_NO_SUCH_TOKEN`"), "{refusal}");
        assert!(ReadyToken::new("`T`", " ").is_err());
    }
}
