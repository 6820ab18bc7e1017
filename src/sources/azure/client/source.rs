//! The table of kinds: which calls list each, and how one of it is asked for.

use crate::config::{Azure, Entry};
use crate::model::{AccountId, EVERYWHERE, Kind, Location, Provider, Scope, Sight};
use crate::sources::Hints;
use crate::sources::azure::{GLOBAL, calls};
use crate::sources::live::{Call, Listing, Survey, Trouble, Unlisted};

/// Where the resources of one kind are found.
pub(super) struct Source {
    pub(super) kind: Kind,
    /// The calls that list them.
    lists: &'static [&'static Call],
    /// The call that asks for one of them; none where the list is all there is.
    pub(super) get: Option<&'static Call>,
    /// The API version of that call.
    pub(super) api_version: &'static str,
    /// What that call is to add.
    pub(super) expand: Option<&'static str>,
}

/// The API version of machines, images, restore points and scale sets; the crate's.
pub(super) const COMPUTE: &str = "2024-07-01";

/// The API version of disks and snapshots; the crate's.
const DISKS: &str = "2024-03-02";

/// The API version of locks.
pub(super) const LOCKS: &str = "2020-05-01";

/// The API version of policy assignments.
pub(super) const POLICIES: &str = "2022-06-01";

/// The API version of resource providers.
pub(super) const RESOURCES: &str = "2021-04-01";

/// The API version of diagnostic settings of a subscription.
pub(super) const DIAGNOSTICS: &str = "2021-05-01-preview";

/// The API version of role assignments and role definitions.
pub(super) const ROLES: &str = "2022-04-01";

/// Every kind that is listed in a subscription by one call, or a few; quotas are listed location by location.
#[rustfmt::skip]
const SOURCES: &[Source] = &[
    Source { kind: Kind::Instance, lists: &[&calls::MACHINES_LIST, &calls::MACHINES_STATUS], get: Some(&calls::MACHINES_GET), api_version: COMPUTE, expand: Some("instanceView") },
    Source { kind: Kind::Volume, lists: &[&calls::DISKS_LIST], get: Some(&calls::DISKS_GET), api_version: DISKS, expand: None },
    Source { kind: Kind::Snapshot, lists: &[&calls::SNAPSHOTS_LIST], get: Some(&calls::SNAPSHOTS_GET), api_version: DISKS, expand: None },
    Source { kind: Kind::Image, lists: &[&calls::IMAGES_LIST], get: Some(&calls::IMAGES_GET), api_version: COMPUTE, expand: None },
    Source { kind: Kind::RestorePoint, lists: &[&calls::RESTORE_POINT_COLLECTIONS_LIST, &calls::RESTORE_POINT_COLLECTIONS_GET], get: Some(&calls::RESTORE_POINT_COLLECTIONS_GET), api_version: COMPUTE, expand: Some("restorePoints") },
    Source { kind: Kind::ScaleSetInstance, lists: &[&calls::SCALE_SETS_LIST, &calls::SCALE_SET_MACHINES_LIST], get: Some(&calls::SCALE_SET_MACHINES_GET), api_version: COMPUTE, expand: Some("instanceView") },
    Source { kind: Kind::Setting, lists: &[&calls::POLICY_ASSIGNMENTS_LIST, &calls::PROVIDERS_GET], get: None, api_version: POLICIES, expand: None },
    Source { kind: Kind::Region, lists: &[&calls::LOCATIONS_LIST], get: None, api_version: super::arm::SUBSCRIPTIONS, expand: None },
    Source { kind: Kind::AuditLog, lists: &[&calls::DIAGNOSTIC_SETTINGS_LIST], get: None, api_version: DIAGNOSTICS, expand: None },
    Source { kind: Kind::Lock, lists: &[&calls::LOCKS_LIST], get: Some(&calls::LOCKS_GET), api_version: LOCKS, expand: None },
    Source { kind: Kind::Grant, lists: &[&calls::ROLE_ASSIGNMENTS_LIST, &calls::ROLE_DEFINITIONS_LIST], get: None, api_version: ROLES, expand: None },
];

/// Subscriptions, which are listed for the tenant.
pub(super) const ACCOUNTS: Source = Source {
    kind: Kind::Account,
    lists: &[&calls::SUBSCRIPTIONS_LIST, &calls::SUBSCRIPTIONS_GET],
    get: Some(&calls::SUBSCRIPTIONS_GET),
    api_version: super::arm::SUBSCRIPTIONS,
    expand: None,
};

/// Returns the source of a kind.
pub(super) fn of(kind: Kind) -> Option<&'static Source> {
    const ACCOUNT: &Source = &ACCOUNTS;
    SOURCES.iter().chain([ACCOUNT]).find(|source| source.kind == kind)
}

/// Returns the listings of a subscription: one for each kind that the entry wants, for all locations.
pub(super) fn survey(entry: &Entry<Azure>, account: &AccountId) -> Survey {
    let mut survey = Survey::default();
    for source in SOURCES {
        if entry.kinds.contains(&source.kind) {
            survey.listings.push(source.listing(account, entry.cloud.disk_restore_points));
        } else {
            survey.unlisted.push(source.not_configured(account));
        }
    }
    if !entry.kinds.contains(&Kind::Quota) {
        survey.unlisted.push(not_configured(account, Kind::Quota));
    }
    survey
}

/// Returns the path of what Microsoft.Compute is in a subscription.
pub(super) fn registration(account: &AccountId) -> String {
    format!("/subscriptions/{account}/providers/Microsoft.Compute")
}

/// Returns every scope of a subscription that the entry wants, left out for one reason.
pub(super) fn left_out(entry: &Entry<Azure>, account: &AccountId, trouble: &Trouble) -> Vec<Unlisted> {
    let kinds = SOURCES.iter().map(|source| source.kind).chain([Kind::Quota]);
    let wanted = kinds.filter(|kind| entry.kinds.contains(kind));
    wanted.map(|kind| Unlisted { scope: scope(account, kind), trouble: trouble.clone() }).collect()
}

fn not_configured(account: &AccountId, kind: Kind) -> Unlisted {
    let trouble = Trouble::skipped("not-configured", "the configuration does not ask for this kind");
    Unlisted { scope: scope(account, kind), trouble }
}

impl Source {
    /// Returns that nobody asked for the kind in an account.
    pub(super) fn not_configured(&self, account: &AccountId) -> Unlisted {
        not_configured(account, self.kind)
    }

    /// Returns the listing of an account.
    pub(super) fn listing(&self, account: &AccountId, disk_restore_points: bool) -> Listing {
        let mut calls = self.lists.to_vec();
        if self.kind == Kind::RestorePoint && disk_restore_points {
            calls.push(&calls::DISK_RESTORE_POINTS_LIST);
        }
        // Elements tell their location; one that does not must not be taken for a resource of all of them.
        let hints = Hints { account: Some(account.clone()), location: None, sight: Sight::Everything };
        let mut scope = scope(account, self.kind);
        if self.kind == Kind::Account {
            scope.location = Location::new(GLOBAL);
        }
        Listing { scope, hints, calls }
    }
}

fn scope(account: &AccountId, kind: Kind) -> Scope {
    Scope { provider: Provider::Azure, account: account.clone(), location: Location::new(EVERYWHERE), kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Cloud as _;

    #[test]
    fn a_kind_that_nobody_asked_for_is_left_out_and_said_so() {
        let mut entry = Entry::new("azure", Azure::default());
        entry.kinds = [Kind::Volume].into();
        let survey = survey(&entry, &AccountId::new("s"));
        let listed: Vec<_> = survey.listings.iter().map(|listing| listing.scope.to_string()).collect();
        assert_eq!(listed, ["azure/s/*/volume"]);
        assert_eq!(survey.unlisted.len(), SOURCES.len(), "all but one, and the quotas");
        assert!(survey.unlisted.iter().all(|left_out| left_out.trouble.reason.code == "not-configured"));
    }

    #[test]
    fn every_call_of_a_listing_stands_in_the_table_of_calls() {
        let entry = Entry::new("azure", Azure { disk_restore_points: true, ..Azure::default() });
        for listing in survey(&entry, &AccountId::new("s")).listings {
            for call in listing.calls {
                assert!(crate::sources::azure::Azure.calls().contains(&call), "{}", call.name);
                assert!(call.kinds.contains(&listing.scope.kind), "{}", call.name);
            }
        }
    }
}
