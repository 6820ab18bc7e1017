//! What to collect from Amazon Web Services.

use crate::model::{AccountId, Location};

/// One `[[aws]]` entry; without any field, the ambient credentials' own account and its enabled regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aws {
    /// The profile of the shared configuration files.
    pub profile: Option<String>,
    /// The ARN of a role to assume first.
    pub role: Option<String>,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
    /// Which regions.
    pub regions: Regions,
    /// The member accounts of an organization, too.
    pub organization: Option<AwsOrganization>,
    /// A URL that takes the place of every service's own.
    pub endpoint: Option<String>,
    /// Whether to ask, one call for each, whom a snapshot and an image are shared with.
    pub sharing: bool,
    /// Whether to ask, one call for each attribute, for the termination and stop protection and the shutdown
    /// behaviour of an instance.
    pub instance_attributes: bool,
    /// Whether to ask, one call for each, for the user data of an instance; its digest and length are kept.
    pub user_data: bool,
    /// Where CloudTrail is read.
    pub events: AwsEvents,
}

/// Where CloudTrail is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AwsEvents {
    /// The event history of each account and region: 90 days, at two requests a second.
    #[default]
    Lookup,
    /// The bucket that a trail delivers to.
    Trail(Trail),
    /// Nowhere.
    Off,
}

/// The bucket that a trail delivers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Its name.
    pub bucket: String,
    /// What stands before `AWSLogs/` in its keys, without slashes around it; empty for nothing.
    pub prefix: String,
    /// The region that the bucket is in; `None` for the one that the credentials are at home in.
    pub region: Option<Location>,
}

/// Which regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Regions {
    /// Every region that the account may use.
    #[default]
    Enabled,
    /// These.
    Listed(Vec<Location>),
}

/// The member accounts of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsOrganization {
    /// The name of the role to assume in each member account.
    pub member_role: String,
    /// The external id that it asks for.
    pub external_id: Option<String>,
    /// Member accounts to leave out; the report says so.
    pub exclude: Vec<AccountId>,
}
