//! What to collect, from where, and how gently: `driftline.toml` as plain data.

mod approvals;
mod aws;
mod azure;
mod diagnosis;
mod document;
mod events;
mod gcp;
mod kinds;
mod limits;
mod number;
mod overrides;
mod shape;
#[cfg(test)]
mod tests;
mod text;
#[cfg(test)]
mod tuning_tests;

use std::collections::BTreeSet;

pub use approvals::{ApprovalsError, approvals};
pub use aws::{Aws, AwsEvents, AwsOrganization, Regions, Trail};
pub use azure::{Azure, AzureCredential, Subscriptions};
pub use diagnosis::{ConfigError, ConfigErrors, Problem};
pub use events::Events;
pub use gcp::{Gcp, GcpCredential, Projects};
pub use kinds::kinds_of;
pub use limits::Limits;
pub use overrides::{Overrides, burst, concurrency, requests_per_second, retries, timeout};

use crate::model::{Kind, Provider};
use crate::rules::Tuning;

/// A whole configuration: any number of entries of each cloud.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The entries of Amazon Web Services.
    pub aws: Vec<Entry<Aws>>,
    /// The entries of Microsoft Azure.
    pub azure: Vec<Entry<Azure>>,
    /// The entries of Google Cloud.
    pub gcp: Vec<Entry<Gcp>>,
    /// By which numbers rules judge.
    pub tuning: Tuning,
}

/// One entry: where to collect, and what all clouds' entries have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<C> {
    /// What messages call it: its `name`, else `aws 1`.
    pub name: String,
    /// Which kinds to list; every other kind of the cloud is skipped, and the report says so.
    pub kinds: BTreeSet<Kind>,
    /// How gently.
    pub limits: Limits,
    /// What is the cloud's own.
    pub cloud: C,
}

impl Config {
    /// Returns one entry for each cloud named, on the ambient credentials of its SDK.
    pub fn ambient(providers: &[Provider]) -> Self {
        let mut config = Self::default();
        for provider in providers {
            match provider {
                Provider::Aws => config.aws.push(Entry::new("aws", Aws::default())),
                Provider::Azure => config.azure.push(Entry::new("azure", Azure::default())),
                Provider::Gcp => config.gcp.push(Entry::new("gcp", Gcp::default())),
            }
        }
        config
    }

    /// Keeps the entries of these clouds, and drops the others.
    pub fn retain(&mut self, providers: &[Provider]) {
        for provider in Provider::ALL.iter().filter(|provider| !providers.contains(provider)) {
            match provider {
                Provider::Aws => self.aws.clear(),
                Provider::Azure => self.azure.clear(),
                Provider::Gcp => self.gcp.clear(),
            }
        }
    }
}

impl Config {
    /// Whether there is no entry at all.
    pub const fn is_empty(&self) -> bool {
        self.aws.is_empty() && self.azure.is_empty() && self.gcp.is_empty()
    }

    /// Adds an entry on the ambient credentials for each cloud named that has none.
    pub fn fill(&mut self, providers: &[Provider]) {
        let Self { aws, azure, gcp, .. } = Self::ambient(providers);
        if self.aws.is_empty() {
            self.aws = aws;
        }
        if self.azure.is_empty() {
            self.azure = azure;
        }
        if self.gcp.is_empty() {
            self.gcp = gcp;
        }
    }
}

impl<C> Entry<C> {
    /// Makes an entry that lists every kind, within the default limits.
    pub fn new(name: &str, cloud: C) -> Self {
        let kinds = Kind::ALL.iter().copied().collect();
        Self { name: name.to_owned(), kinds, limits: Limits::default(), cloud }
    }
}
