//! `[[azure]]` as it is written.

use schemars::{Schema, SchemaGenerator};

use super::super::diagnosis::{Problem, Problems};
use super::super::shape::{Choice, NoLiteral, Raw, Shape, one_key, some, some_schema, table};
use super::super::text::{Endpoint, Subscription, Text, Variable};
use super::super::{Azure, AzureCredential, Events, Subscriptions};
use super::entry::{EntryTable, entry_table};
use crate::model::AccountId;

entry_table! {
    /// What to collect from Microsoft Azure with one set of credentials.
    AzureTable {
        /// How to get a token.
        #[schemars(extend("default" = "default"))]
        credential: AzureCredential,
        /// The tenant; a client secret needs it, else it is the credential's own.
        tenant: Text,
        /// Which subscriptions.
        #[schemars(extend("default" = "all"))]
        subscriptions: Subscriptions,
        /// A URL that takes the place of `https://management.azure.com`: sovereign clouds, test servers.
        endpoint: Endpoint,
        /// A URL that takes the place of `https://login.microsoftonline.com`.
        authority: Endpoint,
        /// Whether to ask for the disks that each restore point holds: one request for each.
        #[schemars(extend("default" = false))]
        disk_restore_points: bool,
        /// Whether the Activity Log of each subscription is read: who did what.
        #[schemars(extend("default" = "fetch"))]
        events: Events,
    }
}

table! {
    /// A credential that takes more than a word.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    AzureCredentialTable {
        /// The identity of the machine.
        managed_identity: ManagedIdentityTable,
        /// A client secret, which stands in an environment variable and never in a file.
        client_secret: NoLiteral<ClientSecretTable>,
        /// The environment variable that holds a ready token.
        token_variable: Variable,
    }
}

table! {
    /// The identity of the machine.
    ManagedIdentityTable {
        /// The client id of a user-assigned identity.
        client_id: Text,
    }
}

table! {
    /// A client secret.
    ClientSecretTable {
        /// The application's id.
        client_id: Text,
        /// The environment variable that holds the secret.
        secret_variable: Variable,
    }
    required { client_id, secret_variable }
}

table! {
    /// Subscriptions that are not listed.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    SubscriptionsTable {
        /// Every one below a management group, by its id.
        management_group: Text,
    }
}

impl Choice for AzureCredential {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        (
            "default",
            "The first that works: environment, workload identity, managed identity, `az`.",
            Self::Default,
        ),
        ("cli", "`az account get-access-token`.", Self::Cli),
        ("managed-identity", "The identity of the machine.", Self::ManagedIdentity { client_id: None }),
        ("workload-identity", "The federated token of a Kubernetes workload.", Self::WorkloadIdentity),
    ];
    const OTHERWISE: &'static str = "a table with `managed-identity`, `client-secret` or `token-variable`";

    fn read_table(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let table = one_key::<AzureCredentialTable>(raw, problems)?;
        let identity = table.managed_identity.value;
        let identity = identity.map(|table| Self::ManagedIdentity { client_id: table.client_id.value });
        let token = table.token_variable.value.map(|variable| Self::Token { variable });
        identity.or(table.client_secret.value.and_then(ClientSecretTable::settle)).or(token)
    }

    fn other_schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![AzureCredentialTable::schema(generator)]
    }
}

impl Choice for Subscriptions {
    const WORDS: &'static [(&'static str, &'static str, Self)] =
        &[("all", "Every one that the credential sees.", Self::All)];
    const OTHERWISE: &'static str = "a list of subscription ids, or `{ management-group = \"…\" }`";

    fn read_list(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let ids = some::<Subscription>(raw, problems)?;
        Some(Self::Listed(ids.into_iter().map(AccountId::new).collect()))
    }

    fn read_table(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        one_key::<SubscriptionsTable>(raw, problems)?.management_group.value.map(Self::ManagementGroup)
    }

    fn other_schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![some_schema::<Subscription>(generator), SubscriptionsTable::schema(generator)]
    }
}

impl ClientSecretTable {
    fn settle(self) -> Option<AzureCredential> {
        let (client_id, secret_variable) = (self.client_id.value?, self.secret_variable.value?);
        Some(AzureCredential::ClientSecret { client_id, secret_variable })
    }
}

impl EntryTable for AzureTable {
    type Cloud = Azure;

    fn settle(self, problems: &mut Problems<'_>) -> Azure {
        if let (Some(at), Some(AzureCredential::ClientSecret { .. })) =
            (self.credential.at, &self.credential.value)
            && self.tenant.at.is_none()
        {
            let problem = Problem::new("a client secret without the `tenant` that it belongs to");
            problems.add(at, problem.with_hint("add `tenant = \"…\"`; `az account show` prints it"));
        }
        Azure {
            credential: self.credential.value.unwrap_or_default(),
            tenant: self.tenant.value,
            subscriptions: self.subscriptions.value.unwrap_or_default(),
            endpoint: self.endpoint.value,
            authority: self.authority.value,
            disk_restore_points: self.disk_restore_points.value.unwrap_or_default(),
            events: self.events.value.unwrap_or_default(),
        }
    }
}
