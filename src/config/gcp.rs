//! What to collect from Google Cloud.

use std::path::PathBuf;

use super::Events;
use crate::model::AccountId;

/// One `[[gcp]]` entry; without any field, every project that the ambient credential sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gcp {
    /// How to get a token.
    pub credential: GcpCredential,
    /// Which projects.
    pub projects: Projects,
    /// A URL that takes the place of `https://compute.googleapis.com`.
    pub endpoint: Option<String>,
    /// A URL that takes the place of `https://cloudresourcemanager.googleapis.com`.
    pub resource_manager_endpoint: Option<String>,
    /// A URL that takes the place of `https://iam.googleapis.com`.
    pub iam_endpoint: Option<String>,
    /// A URL that takes the place of `https://logging.googleapis.com`.
    pub logging_endpoint: Option<String>,
    /// Whether to ask, one call for each, for the IAM policies of snapshots, images, machine images and disks.
    pub iam_policies: bool,
    /// Whether the Cloud Audit Logs of each project are read.
    pub events: Events,
}

/// How to get a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GcpCredential {
    /// Application Default Credentials.
    #[default]
    Default,
    /// A credentials file: service account key, external account, authorised user.
    File(PathBuf),
    /// A ready token, which stands in an environment variable and never in a file.
    Token {
        /// The environment variable that holds it.
        variable: String,
    },
    /// None at all: for local test servers.
    Anonymous,
}

/// Which projects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Projects {
    /// Every active one that the credential sees.
    #[default]
    All,
    /// These.
    Listed(Vec<AccountId>),
    /// Every one below a folder, by its number.
    Folder(String),
    /// Every one of an organization, by its number.
    Organization(String),
}
