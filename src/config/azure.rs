//! What to collect from Microsoft Azure.

use super::Events;
use crate::model::AccountId;

/// One `[[azure]]` entry; without any field, every subscription that the ambient credential sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Azure {
    /// How to get a token.
    pub credential: AzureCredential,
    /// The tenant; needed by a client secret, else the credential's own.
    pub tenant: Option<String>,
    /// Which subscriptions.
    pub subscriptions: Subscriptions,
    /// A URL that takes the place of `https://management.azure.com`: sovereign clouds, test servers.
    pub endpoint: Option<String>,
    /// A URL that takes the place of `https://login.microsoftonline.com`.
    pub authority: Option<String>,
    /// Whether to ask, one call for each restore point, for the disks that it holds.
    pub disk_restore_points: bool,
    /// Whether the Activity Log of each subscription is read.
    pub events: Events,
}

/// How to get a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AzureCredential {
    /// The first that works: environment, workload identity, managed identity, `az`.
    #[default]
    Default,
    /// `az account get-access-token`.
    Cli,
    /// The identity of the machine; a user-assigned one by its client id.
    ManagedIdentity {
        /// The client id of a user-assigned identity.
        client_id: Option<String>,
    },
    /// The federated token of a Kubernetes workload (`AZURE_FEDERATED_TOKEN_FILE`).
    WorkloadIdentity,
    /// A client secret, which stands in an environment variable and never in a file.
    ClientSecret {
        /// The application's id.
        client_id: String,
        /// The environment variable that holds the secret.
        secret_variable: String,
    },
    /// A ready token, which stands in an environment variable and never in a file.
    Token {
        /// The environment variable that holds it.
        variable: String,
    },
}

/// Which subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Subscriptions {
    /// Every one that the credential sees.
    #[default]
    All,
    /// These.
    Listed(Vec<AccountId>),
    /// Every one below a management group.
    ManagementGroup(String),
}
