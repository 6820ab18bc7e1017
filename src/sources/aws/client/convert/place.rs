//! `DescribeRegions` and, of Organizations, `ListAccounts`.

use aws_sdk_ec2::types;
use aws_sdk_organizations::types as organizations;

use super::{shapes, words};

shapes! {
    types::Region { endpoint, geography, opt_in_status, region_name }
    organizations::Account { arn, email, id, joined_method, joined_timestamp, name, paths, state, status }
    types::RegionGeography { name }
}

words! {
    organizations::AccountJoinedMethod, organizations::AccountState, organizations::AccountStatus,
}
