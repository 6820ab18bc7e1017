//! Credentials that are renewed before they expire.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

use super::refusal::{chain, of_credentials, refusal};
use crate::sources::live::{Call, Lane, Pace, Refusal, RefusalKind};

/// How long before their end credentials are no longer used.
const MARGIN: Duration = Duration::from_mins(2);

/// What the sessions of an assumed role are called in the vendor's log, always the same, so that the
/// scanner's own reads can be told there.
const SESSION: &str = "driftline";

/// Credentials from one source, held until they are about to expire.
pub(super) struct Keys {
    source: Source,
    held: Mutex<Option<Credentials>>,
}

enum Source {
    /// The SDK's own chain: environment, profile, container, instance.
    Chain(SharedCredentialsProvider),
    Role(Role),
}

/// A role to be assumed.
pub(super) struct Role {
    pub(super) call: &'static Call,
    pub(super) arn: String,
    pub(super) external_id: Option<String>,
    /// Whose credentials assume it.
    pub(super) by: Arc<Keys>,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) pace: Arc<Pace>,
    pub(super) lane: Arc<Lane>,
}

impl Keys {
    pub(super) fn of_chain(provider: SharedCredentialsProvider) -> Self {
        Self { source: Source::Chain(provider), held: Mutex::default() }
    }

    pub(super) fn of_role(role: Role) -> Self {
        Self { source: Source::Role(role), held: Mutex::default() }
    }

    /// Returns credentials that are good for a while; who asks meanwhile waits for the same.
    pub(super) async fn fresh(&self) -> Result<Credentials, Refusal> {
        let mut held = self.held.lock().await;
        if let Some(credentials) = held.as_ref().filter(|held| is_good(held)) {
            return Ok(credentials.clone());
        }
        let credentials = match &self.source {
            Source::Chain(provider) => {
                provider.provide_credentials().await.map_err(|error| not_provided(&error))?
            }
            Source::Role(role) => Box::pin(role.assume()).await?,
        };
        Ok(held.insert(credentials).clone())
    }
}

impl Role {
    async fn assume(&self) -> Result<Credentials, Refusal> {
        self.by.fresh().await?;
        let request = self.sts.assume_role().role_arn(&self.arn).role_session_name(SESSION);
        let request = request.set_external_id(self.external_id.clone());
        let send = || async { request.clone().send().await.map_err(|error| refusal(&error)) };
        let answer = self.pace.call(&self.lane, self.call, send).await.map_err(|refusal| {
            let message = format!("cannot assume `{}`: {}", self.arn, refusal.message);
            Refusal { message, ..refusal }
        })?;
        let Some(told) = answer.credentials else {
            let message = format!("no credentials came for `{}`", self.arn);
            return Err(Refusal::new(RefusalKind::Failed, "no-credentials", message));
        };
        let token = Some(told.session_token).filter(|token| !token.is_empty());
        let end = SystemTime::try_from(told.expiration).ok();
        Ok(Credentials::new(told.access_key_id, told.secret_access_key, token, end, SESSION))
    }
}

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.fresh().await.map_err(CredentialsError::provider_error)
        })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

fn is_good(credentials: &Credentials) -> bool {
    credentials.expiry().is_none_or(|end| end > SystemTime::now() + MARGIN)
}

fn not_provided(error: &CredentialsError) -> Refusal {
    let code = match error {
        CredentialsError::CredentialsNotLoaded(_) => "CredentialsNotLoaded",
        CredentialsError::ProviderTimedOut(_) => "credentials-timeout",
        CredentialsError::InvalidConfiguration(_) => "credentials-configuration",
        _ => "credentials-provider",
    };
    of_credentials(code).unwrap_or_else(|| Refusal::new(RefusalKind::Credentials, code, chain(error)))
}
