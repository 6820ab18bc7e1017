//! `[[aws]]` as it is written.

use schemars::{Schema, SchemaGenerator};

use super::super::diagnosis::{Problem, Problems};
use super::super::shape::{Choice, Distinct, Raw, Shape as _, some, some_schema, table};
use super::super::text::{AwsAccount, BucketUrl, Endpoint, Region, RoleArn, RoleName, Text};
use super::super::{Aws, AwsEvents, AwsOrganization, Regions, Trail};
use super::entry::{EntryTable, entry_table};
use crate::model::{AccountId, Location};

entry_table! {
    /// What to collect from Amazon Web Services with one set of credentials.
    AwsTable {
        /// The profile of the shared configuration files; without it, the ambient credentials.
        profile: Text,
        /// The ARN of a role to assume first.
        role: RoleArn,
        /// The external id that the role asks for.
        external_id: Text,
        /// Which regions.
        #[schemars(extend("default" = "enabled"))]
        regions: Regions,
        /// The member accounts of the organization, too.
        organization: OrganizationTable,
        /// A URL that takes the place of every service's own.
        endpoint: Endpoint,
        /// Whether to ask whom each snapshot and image is shared with: one request for each.
        #[schemars(extend("default" = false))]
        sharing: bool,
        /// Whether to ask for the termination and stop protection and the shutdown behaviour of each
        /// instance: one request for each of the three.
        #[schemars(extend("default" = false))]
        instance_attributes: bool,
        /// Whether to ask for the user data of each instance, of which digest and length are kept: one
        /// request for each.
        #[schemars(extend("default" = false))]
        user_data: bool,
        /// Where CloudTrail is read: who did what.
        #[schemars(extend("default" = "lookup"))]
        events: AwsEvents,
    }
}

table! {
    /// The bucket that a trail delivers to.
    TrailTable {
        /// Its URL, with what stands before `AWSLogs/` in its keys: `s3://BUCKET/PREFIX`.
        trail: BucketUrl,
        /// The region that the bucket is in; without it, the one that the credentials are at home in.
        region: Region,
    }
    required { trail }
}

table! {
    /// The member accounts of an organization.
    OrganizationTable {
        /// The name of the role to assume in each member account.
        member_role: RoleName,
        /// The external id that it asks for.
        external_id: Text,
        /// Member accounts to leave out; the report says so.
        exclude: Distinct<AwsAccount>,
    }
    required { member_role }
}

impl Choice for Regions {
    const WORDS: &'static [(&'static str, &'static str, Self)] =
        &[("enabled", "Every region that the account may use.", Self::Enabled)];
    const OTHERWISE: &'static str = "a list of regions as `[\"eu-west-1\"]`";

    fn read_list(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        some::<Region>(raw, problems)
            .map(|names| Self::Listed(names.into_iter().map(Location::new).collect()))
    }

    fn other_schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![some_schema::<Region>(generator)]
    }
}

impl Choice for AwsEvents {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        (
            "lookup",
            "The event history of each account and region: 90 days, two requests a second.",
            Self::Lookup,
        ),
        ("off", "Nowhere.", Self::Off),
    ];
    const OTHERWISE: &'static str = "the bucket of a trail as `{ trail = \"s3://BUCKET/PREFIX\" }`";

    fn read_table(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let table = TrailTable::read(raw, problems)?;
        let (bucket, prefix) = table.trail.value?;
        let region = table.region.value.map(Location::new);
        Some(Self::Trail(Trail { bucket, prefix, region }))
    }

    fn other_schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        vec![TrailTable::schema(generator)]
    }
}

impl EntryTable for AwsTable {
    type Cloud = Aws;

    fn settle(self, problems: &mut Problems<'_>) -> Aws {
        if let Some(at) = self.external_id.at
            && self.role.at.is_none()
        {
            let problem = Problem::new("`external-id` without a `role` that asks for it");
            problems.add(at, problem.with_hint("the one of the member accounts belongs in `organization`"));
        }
        Aws {
            profile: self.profile.value,
            role: self.role.value,
            external_id: self.external_id.value,
            regions: self.regions.value.unwrap_or_default(),
            organization: self.organization.value.and_then(OrganizationTable::settle),
            endpoint: self.endpoint.value,
            sharing: self.sharing.value.unwrap_or_default(),
            instance_attributes: self.instance_attributes.value.unwrap_or_default(),
            user_data: self.user_data.value.unwrap_or_default(),
            events: self.events.value.unwrap_or_default(),
        }
    }
}

impl OrganizationTable {
    fn settle(self) -> Option<AwsOrganization> {
        let excluded = self.exclude.value.into_iter().flatten();
        Some(AwsOrganization {
            member_role: self.member_role.value?,
            external_id: self.external_id.value,
            exclude: excluded.map(|account| AccountId::new(account.value)).collect(),
        })
    }
}
