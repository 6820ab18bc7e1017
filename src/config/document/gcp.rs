//! `[[gcp]]` as it is written.

use std::path::PathBuf;

use schemars::{Schema, SchemaGenerator};

use super::super::diagnosis::{Problem, Problems};
use super::super::shape::{Choice, Raw, Shape, one_key, some, some_schema, table};
use super::super::text::{Endpoint, Number, Project, Text, Variable};
use super::super::{Events, Gcp, GcpCredential, Projects};
use super::entry::{EntryTable, entry_table};
use crate::model::AccountId;

entry_table! {
    /// What to collect from Google Cloud with one set of credentials.
    GcpTable {
        /// How to get a token.
        #[schemars(extend("default" = "default"))]
        credential: GcpCredential,
        /// Which projects.
        #[schemars(extend("default" = "all"))]
        projects: Projects,
        /// A URL that takes the place of `https://compute.googleapis.com`.
        endpoint: Endpoint,
        /// A URL that takes the place of `https://cloudresourcemanager.googleapis.com`.
        resource_manager_endpoint: Endpoint,
        /// A URL that takes the place of `https://iam.googleapis.com`.
        iam_endpoint: Endpoint,
        /// A URL that takes the place of `https://logging.googleapis.com`.
        logging_endpoint: Endpoint,
        /// Whether to ask for the IAM policies of snapshots, images, machine images and disks: one request
        /// for each.
        #[schemars(extend("default" = false))]
        iam_policies: bool,
        /// Whether the Cloud Audit Logs of each project are read: who did what.
        #[schemars(extend("default" = "fetch"))]
        events: Events,
    }
}

table! {
    /// A credential that takes more than a word.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    GcpCredentialTable {
        /// A credentials file, relative to the configuration: service account key, external account,
        /// authorised user.
        file: Text,
        /// The environment variable that holds a ready token.
        token_variable: Variable,
    }
}

table! {
    /// Projects that are not listed.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    ProjectsTable {
        /// Every one below a folder, by its number.
        folder: Number,
        /// Every one of an organization, by its number.
        organization: Number,
    }
}

impl Choice for GcpCredential {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("default", "Application Default Credentials.", Self::Default),
        ("anonymous", "None at all, which an `endpoint` must take: for local test servers.", Self::Anonymous),
    ];
    const OTHERWISE: &'static str = "a table with `file` or `token-variable`";

    fn read_table(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let table = one_key::<GcpCredentialTable>(raw, problems)?;
        let token = table.token_variable.value.map(|variable| Self::Token { variable });
        table.file.value.map(|file| Self::File(PathBuf::from(file))).or(token)
    }

    fn other_schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![GcpCredentialTable::schema(generator)]
    }
}

impl Choice for Projects {
    const WORDS: &'static [(&'static str, &'static str, Self)] =
        &[("all", "Every active one that the credential sees.", Self::All)];
    const OTHERWISE: &'static str =
        "a list of project ids, `{ folder = \"…\" }` or `{ organization = \"…\" }`";

    fn read_list(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let ids = some::<Project>(raw, problems)?;
        Some(Self::Listed(ids.into_iter().map(AccountId::new).collect()))
    }

    fn read_table(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let table = one_key::<ProjectsTable>(raw, problems)?;
        table.folder.value.map(Self::Folder).or(table.organization.value.map(Self::Organization))
    }

    fn other_schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![some_schema::<Project>(generator), ProjectsTable::schema(generator)]
    }
}

impl EntryTable for GcpTable {
    type Cloud = Gcp;

    fn settle(self, problems: &mut Problems<'_>) -> Gcp {
        if let (Some(at), Some(GcpCredential::Anonymous)) = (self.credential.at, &self.credential.value)
            && self.endpoint.at.is_none()
        {
            let problem = Problem::new("`anonymous` without an `endpoint`: Google Cloud refuses it");
            problems.add(at, problem.with_hint("leave `credential` out for Application Default Credentials"));
        }
        Gcp {
            credential: self.credential.value.unwrap_or_default(),
            projects: self.projects.value.unwrap_or_default(),
            endpoint: self.endpoint.value,
            resource_manager_endpoint: self.resource_manager_endpoint.value,
            iam_endpoint: self.iam_endpoint.value,
            logging_endpoint: self.logging_endpoint.value,
            iam_policies: self.iam_policies.value.unwrap_or_default(),
            events: self.events.value.unwrap_or_default(),
        }
    }
}
