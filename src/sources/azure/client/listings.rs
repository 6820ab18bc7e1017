//! One listing of a subscription, to its last page.

use std::sync::Arc;

use azure_mgmt_compute::package_2024_07_01::Client;
use tokio::sync::mpsc;

use super::arm::Arm;
use super::list::page_of;
use super::transport::{self, Walk, empty};
use super::{element, machines, quotas, restore_points, scale_sets, source};
use crate::config::Azure;
use crate::model::{CoverageStatus, Kind};
use crate::sources::Hints;
use crate::sources::azure::calls;
use crate::sources::live::{Answer, Call, Lane, Listing, Pages, Refusal, RefusalKind, Trouble, follow};

/// How many requests about single resources are under way at once, within the lane's budget.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// Makes one listing; returns what keeps it from being complete.
pub(super) async fn list(arm: &Arc<Arm>, entry: &Azure, listing: &Listing, pages: &Pages) -> Vec<Trouble> {
    let task = Task { arm: Arc::clone(arm), lane: arm.lane(&listing.scope.account), listing, pages };
    let subscription = listing.scope.account.to_string();
    let troubles = match listing.scope.kind {
        Kind::Instance => machines::list(&task).await,
        Kind::Volume => {
            let disks = |client: &Client| empty(client.disks_client().list(subscription).into_stream());
            task.walk(&calls::DISKS_LIST, disks).await
        }
        Kind::Snapshot => {
            let snapshots =
                |client: &Client| empty(client.snapshots_client().list(subscription).into_stream());
            task.walk(&calls::SNAPSHOTS_LIST, snapshots).await
        }
        Kind::Image => {
            let images = |client: &Client| empty(client.images_client().list(subscription).into_stream());
            task.walk(&calls::IMAGES_LIST, images).await
        }
        Kind::RestorePoint => restore_points::list(&task, entry.disk_restore_points).await,
        Kind::ScaleSetInstance => scale_sets::list(&task).await,
        Kind::Lock => {
            let locks = "providers/Microsoft.Authorization/locks";
            task.below(&calls::LOCKS_LIST, locks, source::LOCKS).await
        }
        Kind::AuditLog => {
            let settings = "providers/Microsoft.Insights/diagnosticSettings";
            task.below(&calls::DIAGNOSTIC_SETTINGS_LIST, settings, source::DIAGNOSTICS).await
        }
        Kind::Region => task.below(&calls::LOCATIONS_LIST, "locations", super::arm::SUBSCRIPTIONS).await,
        Kind::Setting => task.settings().await,
        Kind::Quota => quotas::list(&task).await,
        Kind::Grant => task.grants().await,
        kind => {
            let message = format!("a subscription has no list of kind `{kind}`");
            vec![Refusal::new(RefusalKind::Failed, "no-such-list", message).into()]
        }
    };
    condensed(troubles)
}

/// One listing at work.
pub(super) struct Task<'a> {
    pub(super) arm: Arc<Arm>,
    pub(super) lane: Arc<Lane>,
    pub(super) listing: &'a Listing,
    pub(super) pages: &'a Pages,
}

impl Task<'_> {
    /// Returns the subscription.
    pub(super) fn subscription(&self) -> String {
        self.listing.scope.account.to_string()
    }

    /// Starts a list that the crate walks.
    pub(super) fn start(
        &self,
        call: &'static Call,
        pages: impl FnOnce(&Client) -> transport::Pages,
    ) -> Result<Walk, Refusal> {
        Walk::new(&self.arm, &self.lane, call, pages)
    }

    /// Sends every page of a list that the crate walks.
    async fn walk(
        &self,
        call: &'static Call,
        pages: impl FnOnce(&Client) -> transport::Pages,
    ) -> Vec<Trouble> {
        let walk = match self.start(call, pages) {
            Ok(walk) => walk,
            Err(refusal) => return vec![refusal.into()],
        };
        follow(self.pages, |_| async { Ok(walk.next().await?.answer()) }).await
    }

    /// Sends every page of a list that stands below the subscription: its locks, with those of its groups and
    /// resources, for instance.
    async fn below(&self, call: &'static Call, path: &str, api_version: &str) -> Vec<Trouble> {
        let path = format!("/subscriptions/{}/{path}", self.subscription());
        let first = self.arm.url(&path, api_version, None);
        let page = |token| async {
            Ok::<Answer, Refusal>(self.arm.page(&self.lane, call, &first, token).await?.answer())
        };
        follow(self.pages, page).await
    }

    /// Sends the policy assignments that hold in the subscription, and whether it has compute at all.
    async fn settings(&self) -> Vec<Trouble> {
        let policies = "providers/Microsoft.Authorization/policyAssignments";
        let mut troubles = self.below(&calls::POLICY_ASSIGNMENTS_LIST, policies, source::POLICIES).await;
        let url = self.arm.url(&source::registration(&self.listing.scope.account), source::RESOURCES, None);
        match self.arm.get(&self.lane, &calls::PROVIDERS_GET, &url, element::body).await {
            Ok(body) => {
                if let Err(stopped) = self.pages.send(page_of([&body])).await {
                    troubles.push(Trouble::new(CoverageStatus::Failed, "stopped", stopped.to_string()));
                }
            }
            Err(refusal) => troubles.push(Trouble::from(refusal).of(&calls::PROVIDERS_GET)),
        }
        troubles
    }

    /// Sends who holds which role, and what each role allows; only both together tell who may do what.
    async fn grants(&self) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        for (call, list) in [
            (&calls::ROLE_ASSIGNMENTS_LIST, "providers/Microsoft.Authorization/roleAssignments"),
            (&calls::ROLE_DEFINITIONS_LIST, "providers/Microsoft.Authorization/roleDefinitions"),
        ] {
            let met = self.below(call, list, source::ROLES).await;
            troubles.extend(met.into_iter().map(|trouble| trouble.of(call)));
        }
        troubles
    }
}

/// Returns where the pages of a list go that is only looked into: nowhere, for they are sent empty.
pub(super) fn aside(first_only: bool) -> Pages {
    let (nowhere, _) = mpsc::channel(1);
    let pages = Pages::new(0, "", &Hints::default(), nowhere);
    if first_only { pages.first_only() } else { pages }
}

/// Keeps the first trouble of each sort, with a count of the others.
fn condensed(troubles: Vec<Trouble>) -> Vec<Trouble> {
    let mut sorts: Vec<(Trouble, usize)> = Vec::new();
    for trouble in troubles {
        let same = |(known, _): &&mut (Trouble, usize)| {
            (known.status, &known.reason.code) == (trouble.status, &trouble.reason.code)
        };
        match sorts.iter_mut().find(same) {
            Some((_, others)) => *others += 1,
            None => sorts.push((trouble, 0)),
        }
    }
    let told = |(mut trouble, others): (Trouble, usize)| {
        if others > 0 {
            trouble.reason.message = format!("{} (and {others} more like it)", trouble.reason.message);
        }
        trouble
    };
    sorts.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trouble_of_each_sort_is_told_with_a_count() {
        let denied = |message: &str| Trouble::new(CoverageStatus::Denied, "AuthorizationFailed", message);
        let other = Trouble::new(CoverageStatus::Failed, "timeout", "late");
        let told = condensed(vec![denied("a"), other.clone(), denied("b"), denied("c")]);
        assert_eq!(told, [denied("a (and 2 more like it)"), other]);
    }
}
