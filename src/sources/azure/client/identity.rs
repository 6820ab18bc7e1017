//! The ways to get a token, through `azure_identity` where it takes a transport of ours.

use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::HttpClient;
use azure_core::auth::{AccessToken, TokenCredential};
use azure_identity::{
    AppServiceManagedIdentityCredential, ClientSecretCredential, TokenCredentialOptions,
    VirtualMachineManagedIdentityCredential, WorkloadIdentityCredential,
};
use jiff::Timestamp;
use reqwest::Url;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout};

use super::authority::Authority;
use super::cli;
use super::credential::Token;
use super::http::Http;
use super::transport::refusal_in;
use crate::config::{Azure, AzureCredential};
use crate::model::{AccountId, EVERYWHERE, Location};
use crate::sources::live::{Pace, Refusal, RefusalKind};

/// Who issues tokens, in the public cloud.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Where a virtual machine finds its own identity.
const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// How long before it expires a token is renewed: longer than any request takes. One that lives for minutes
/// only is renewed halfway.
const MARGIN: Duration = Duration::from_mins(5);

/// How long a machine that has none is asked for its identity, where another way is left.
const PROBE: Duration = Duration::from_secs(2);

/// A token, and when to ask for the next; one that nobody dates is good until Azure refuses it.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) token: Token,
    pub(super) until: Option<Instant>,
}

impl Issued {
    pub(super) fn new(token: &str, expires_at: i64) -> Self {
        let left = u64::try_from(expires_at - Timestamp::now().as_second()).unwrap_or_default();
        let left = Duration::from_secs(left);
        let until = Instant::now() + left - MARGIN.min(left / 2);
        Self { token: Token::new(token), until: Some(until) }
    }
}

impl From<AccessToken> for Issued {
    fn from(issued: AccessToken) -> Self {
        Self::new(issued.token.secret(), issued.expires_on.unix_timestamp())
    }
}

/// The identity of an entry.
pub(super) struct Identity {
    ways: Vec<Way>,
    /// The first way that worked; no other is used from then on.
    chosen: OnceCell<Way>,
    tenant: Option<String>,
    scope: String,
    authority: Url,
    http: Http,
    pace: Arc<Pace>,
}

/// One way to get a token.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Environment,
    WorkloadIdentity,
    ManagedIdentity { client_id: Option<String>, probe: bool },
    Cli,
    ClientSecret { client_id: String, variable: String },
    Token { variable: String },
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("ways", &self.ways).finish_non_exhaustive()
    }
}

impl Identity {
    /// Makes the identity of an entry, for tokens that `endpoint` accepts.
    ///
    /// # Errors
    ///
    /// `Failed` if the authority is no URL.
    pub(super) fn new(entry: &Azure, endpoint: &Url, http: Http, pace: Arc<Pace>) -> Result<Self, Refusal> {
        let configured = entry.authority.clone().or_else(|| variable("AZURE_AUTHORITY_HOST"));
        let authority = configured.as_deref().unwrap_or(AUTHORITY);
        let authority = Url::parse(authority).map_err(|error| {
            Refusal::new(
                RefusalKind::Failed,
                "bad-authority",
                format!("the authority `{authority}`: {error}"),
            )
        })?;
        let scope = format!("{}/.default", endpoint.origin().ascii_serialization());
        let (ways, tenant) = (ways(&entry.credential), entry.tenant.clone());
        Ok(Self { ways, chosen: OnceCell::new(), tenant, scope, authority, http, pace })
    }

    /// Whether a token that was refused may be followed by a better one.
    pub(super) fn is_renewable(&self) -> bool {
        !matches!(self.chosen.get(), Some(Way::Token { .. }))
    }

    /// Gets a token.
    ///
    /// # Errors
    ///
    /// `Credentials`, with the code of the authority; a passing refusal of it.
    pub(super) async fn issue(&self) -> Result<Issued, Refusal> {
        if let Some(way) = self.chosen.get() {
            return self.by(way).await;
        }
        let mut refusals = Vec::new();
        for way in &self.ways {
            match self.by(way).await {
                Ok(issued) => {
                    // Only one task at a time gets here: the credential's state is locked.
                    let _ = self.chosen.set(way.clone());
                    return Ok(issued);
                }
                // A way that is set up and refused is the one that was meant: another would be somebody else.
                Err(refusal) if self.ways.len() == 1 || way.is_set_up() => return Err(refusal),
                Err(refusal) => refusals.push(format!("{way}: {}", refusal.message)),
            }
        }
        let message = format!("no way to get a token worked: {}", refusals.join("; "));
        Err(Refusal::new(RefusalKind::Credentials, "no-credential", message))
    }

    async fn by(&self, way: &Way) -> Result<Issued, Refusal> {
        match way {
            Way::Environment => {
                let (client_id, secret) = (required("AZURE_CLIENT_ID")?, required("AZURE_CLIENT_SECRET")?);
                self.client_secret(client_id, secret).await
            }
            Way::ClientSecret { client_id, variable } => {
                self.client_secret(client_id.clone(), required(variable)?).await
            }
            Way::WorkloadIdentity => self.workload_identity().await,
            Way::ManagedIdentity { client_id, probe } => {
                self.managed_identity(client_id.as_deref(), *probe).await
            }
            Way::Cli => {
                cli::issue(&self.scope, self.tenant.as_deref(), self.pace.limits().call_timeout).await
            }
            Way::Token { variable } => Ok(Issued { token: Token::new(&required(variable)?), until: None }),
        }
    }

    async fn client_secret(&self, client_id: String, secret: String) -> Result<Issued, Refusal> {
        let http = self.transport(&self.authority, None, &secret);
        let tenant = self.tenant()?;
        self.ask(ClientSecretCredential::new(http, self.authority.clone(), tenant, client_id, secret)).await
    }

    /// The file is read anew for each token: Kubernetes replaces it every hour.
    async fn workload_identity(&self) -> Result<Issued, Refusal> {
        let (client_id, file) = (required("AZURE_CLIENT_ID")?, required("AZURE_FEDERATED_TOKEN_FILE")?);
        let assertion = std::fs::read_to_string(&file).map_err(|error| {
            missing("no-federated-token", format!("the federated token in `{file}`: {error}"))
        })?;
        let http = self.transport(&self.authority, None, &assertion);
        let (authority, tenant) = (self.authority.clone(), self.tenant()?);
        self.ask(WorkloadIdentityCredential::new(http, authority, tenant, client_id, assertion)).await
    }

    /// A virtual machine's own endpoint, or that of an App Service, which its environment names.
    async fn managed_identity(&self, client_id: Option<&str>, probe: bool) -> Result<Issued, Refusal> {
        let service = variable("IDENTITY_ENDPOINT");
        let endpoint = Url::parse(service.as_deref().unwrap_or(METADATA))
            .map_err(|error| missing("bad-identity-endpoint", format!("`IDENTITY_ENDPOINT`: {error}")))?;
        let secret = variable("IDENTITY_HEADER").unwrap_or_default();
        let options =
            TokenCredentialOptions::from(self.transport(&endpoint, client_id.map(str::to_owned), &secret));
        if service.is_some() {
            let credential = AppServiceManagedIdentityCredential::create(options);
            return self.ask(credential.map_err(|error| refusal_in(&error))?).await;
        }
        let asked = self.ask(VirtualMachineManagedIdentityCredential::new(options));
        if !probe {
            return asked.await;
        }
        let nobody = |_| missing("no-managed-identity", "this machine has no identity endpoint".to_owned());
        timeout(PROBE, asked).await.map_err(nobody)?
    }

    async fn ask(&self, credential: impl TokenCredential) -> Result<Issued, Refusal> {
        let issued = credential.get_token(&[&self.scope]).await.map_err(|error| {
            let mut refusal = refusal_in(&error);
            if refusal.kind == RefusalKind::Failed {
                refusal.kind = RefusalKind::Credentials;
            }
            refusal
        })?;
        Ok(issued.into())
    }

    fn transport(&self, host: &Url, client_id: Option<String>, secret: &str) -> Arc<dyn HttpClient> {
        let account = self.tenant.as_ref().map_or_else(AccountId::unknown, AccountId::new);
        let lane = self.pace.lane(&account, &Location::new(EVERYWHERE));
        let (http, pace) = (self.http.clone(), Arc::clone(&self.pace));
        Arc::new(Authority::new(http, pace, lane, host.clone(), client_id, Token::new(secret)))
    }

    fn tenant(&self) -> Result<String, Refusal> {
        self.tenant.clone().map_or_else(|| required("AZURE_TENANT_ID"), Ok)
    }
}

impl Way {
    /// Whether somebody meant this way to be used here.
    fn is_set_up(&self) -> bool {
        match self {
            Self::Environment => variable("AZURE_CLIENT_SECRET").is_some(),
            Self::WorkloadIdentity => variable("AZURE_FEDERATED_TOKEN_FILE").is_some(),
            Self::ManagedIdentity { .. } => variable("IDENTITY_ENDPOINT").is_some(),
            Self::Cli => false,
            Self::ClientSecret { .. } | Self::Token { .. } => true,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "environment",
            Self::WorkloadIdentity => "workload identity",
            Self::ManagedIdentity { .. } => "managed identity",
            Self::Cli => "az",
            Self::ClientSecret { .. } => "client secret",
            Self::Token { .. } => "token",
        })
    }
}

/// Returns the ways that a configuration asks for, in the order in which they are tried.
fn ways(configured: &AzureCredential) -> Vec<Way> {
    match configured {
        AzureCredential::Default => vec![
            Way::Environment,
            Way::WorkloadIdentity,
            Way::ManagedIdentity { client_id: variable("AZURE_CLIENT_ID"), probe: true },
            Way::Cli,
        ],
        AzureCredential::Cli => vec![Way::Cli],
        AzureCredential::ManagedIdentity { client_id } => {
            vec![Way::ManagedIdentity { client_id: client_id.clone(), probe: false }]
        }
        AzureCredential::WorkloadIdentity => vec![Way::WorkloadIdentity],
        AzureCredential::ClientSecret { client_id, secret_variable } => {
            vec![Way::ClientSecret { client_id: client_id.clone(), variable: secret_variable.clone() }]
        }
        AzureCredential::Token { variable } => vec![Way::Token { variable: variable.clone() }],
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn required(name: &str) -> Result<String, Refusal> {
    variable(name)
        .ok_or_else(|| missing("no-variable", format!("the environment variable `{name}` is not set")))
}

fn missing(code: &str, message: String) -> Refusal {
    Refusal::new(RefusalKind::Credentials, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_tried_from_the_most_to_the_least_explicit() {
        let names: Vec<_> = ways(&AzureCredential::Default).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["environment", "workload identity", "managed identity", "az"]);
    }

    #[test]
    fn what_is_configured_is_the_only_way() {
        for credential in [
            AzureCredential::Cli,
            AzureCredential::ManagedIdentity { client_id: None },
            AzureCredential::WorkloadIdentity,
            AzureCredential::ClientSecret { client_id: "c".to_owned(), secret_variable: "V".to_owned() },
            AzureCredential::Token { variable: "V".to_owned() },
        ] {
            assert_eq!(ways(&credential).len(), 1, "{credential:?}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let refusal = required("DRIFTLINE_NO_SUCH_VARIABLE").unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Credentials);
        assert!(refusal.message.contains("`DRIFTLINE_NO_SUCH_VARIABLE`"));
    }

    #[test]
    fn a_token_is_renewed_before_it_expires_and_is_not_shown() {
        for (lives, used) in [(3600, 3300), (600, 300), (60, 30), (-5, 0)] {
            let issued = Issued::new("secret", Timestamp::now().as_second() + lives);
            let left = issued.until.unwrap().saturating_duration_since(Instant::now()).as_secs();
            assert!(left <= used && left + 2 >= used, "{lives}: {left}");
            assert!(!format!("{issued:?}").contains("secret"));
        }
    }
}
