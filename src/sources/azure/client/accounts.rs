//! Which subscriptions there are (SEMANTICS H.2).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{StreamExt as _, iter};
use reqwest::Url;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::arm::{Arm, SUBSCRIPTIONS};
use super::element;
use super::list::page_of;
use super::listings::{SIDE_BY_SIDE, aside};
use super::source::{ACCOUNTS, left_out};
use crate::config::{Azure, Entry, Subscriptions};
use crate::model::{AccountId, CoverageStatus, Kind};
use crate::sources::azure::calls;
use crate::sources::live::{
    Account, Accounts, Answer, Call, Lane, Listed, Refusal, RefusalKind, Trouble, follow,
};

/// The API version of management groups.
const MANAGEMENT_GROUPS: &str = "2020-05-01";

/// What is told of a subscription.
#[derive(Deserialize)]
struct Subscription {
    #[serde(rename = "subscriptionId")]
    id: String,
    #[serde(rename = "displayName")]
    name: Option<String>,
    state: Option<String>,
    #[serde(rename = "tenantId")]
    tenant: Option<String>,
}

/// What is told of something below a management group.
#[derive(Deserialize)]
struct Descendant {
    name: String,
    #[serde(rename = "type")]
    resource_type: String,
}

impl Descendant {
    /// `Microsoft.Management/managementGroups/subscriptions`, or `/subscriptions` from older versions.
    fn is_subscription(&self) -> bool {
        self.resource_type.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case("subscriptions"))
    }
}

/// What the enumeration found.
#[derive(Default)]
struct Found {
    elements: Vec<Box<RawValue>>,
    /// The configured ones that did not answer.
    refused: Vec<(AccountId, Refusal)>,
    troubles: Vec<Trouble>,
}

/// Finds the subscriptions that an entry asks for.
pub(super) async fn find(arm: &Arc<Arm>, entry: &Entry<Azure>) -> Result<Accounts, Refusal> {
    let tenant = entry.cloud.tenant.as_ref().map(|tenant| AccountId::new(tenant.to_lowercase()));
    let lane = arm.lane(&tenant.clone().unwrap_or_else(AccountId::unknown));
    let found = match &entry.cloud.subscriptions {
        Subscriptions::All => {
            let first = arm.url("/subscriptions", SUBSCRIPTIONS, None);
            let (elements, troubles) = elements(arm, &lane, &calls::SUBSCRIPTIONS_LIST, &first).await?;
            Found { elements, troubles, ..Found::default() }
        }
        Subscriptions::Listed(ids) => each(arm, ids).await?,
        Subscriptions::ManagementGroup(group) => {
            let (ids, troubles) = below(arm, &lane, group).await?;
            let mut found = each(arm, &ids).await?;
            found.troubles.extend(troubles);
            found
        }
    };
    if found.elements.is_empty() && found.refused.is_empty() && found.troubles.is_empty() {
        let message = "the credential sees no subscription; give it the role `Reader` on those to scan";
        return Err(Refusal::new(RefusalKind::Denied, "no-subscription", message));
    }
    Ok(found.settle(entry, tenant.as_ref()))
}

impl Found {
    /// Sorts out which subscriptions can be scanned.
    fn settle(self, entry: &Entry<Azure>, tenant: Option<&AccountId>) -> Accounts {
        let mut out = Accounts::default();
        let mut by_tenant: BTreeMap<AccountId, Vec<Box<RawValue>>> = BTreeMap::new();
        by_tenant.extend(tenant.map(|tenant| (tenant.clone(), Vec::new())));
        let mut troubles = self.troubles;
        for element in self.elements {
            let Ok(subscription) = serde_json::from_str::<Subscription>(element.get()) else {
                let message = "a subscription without `subscriptionId` cannot be scanned";
                troubles.push(Trouble::new(CoverageStatus::Partial, "no-id", message));
                continue;
            };
            let id = AccountId::new(subscription.id.to_lowercase());
            let owner = subscription.tenant.map(|tenant| AccountId::new(tenant.to_lowercase()));
            let owner = owner.or_else(|| tenant.cloned()).unwrap_or_else(AccountId::unknown);
            by_tenant.entry(owner).or_default().push(element);
            match subscription.state.as_deref() {
                Some(state @ ("Disabled" | "Deleted")) => {
                    let message = format!("the state of the subscription is `{state}`");
                    let trouble = Trouble::skipped("subscription-state", message);
                    out.unlisted.extend(left_out(entry, &id, &trouble));
                }
                _ => out.accounts.push(Account { id, name: subscription.name }),
            }
        }
        for (id, refusal) in self.refused {
            let mut trouble = Trouble::from(refusal);
            trouble
                .reason
                .message
                .push_str("; give the credential `Reader` on it, or take it out of `subscriptions`");
            out.unlisted.extend(left_out(entry, &id, &trouble));
        }
        out.accounts.sort();
        out.accounts.dedup_by(|one, other| one.id == other.id);
        // A tenant's list is what the credential sees of it; a subscription of another tenant is in that one's.
        if entry.kinds.contains(&Kind::Account) {
            let lists = by_tenant.iter().map(|(tenant, elements)| listed(tenant, elements, &troubles));
            out.listed = lists.collect();
        } else {
            out.unlisted.extend(by_tenant.keys().map(|tenant| ACCOUNTS.not_configured(tenant)));
        }
        out
    }
}

fn listed(tenant: &AccountId, elements: &[Box<RawValue>], troubles: &[Trouble]) -> Listed {
    let listing = ACCOUNTS.listing(tenant, false);
    Listed { listing, pages: vec![page_of(elements)], troubles: troubles.to_vec() }
}

/// Follows a list to its end; returns its elements, and what keeps it from being complete.
///
/// # Errors
///
/// The refusal of the first page: without it nothing is known.
async fn elements(
    arm: &Arm,
    lane: &Lane,
    call: &'static Call,
    first: &Url,
) -> Result<(Vec<Box<RawValue>>, Vec<Trouble>), Refusal> {
    let (elements, refused) = (Mutex::new(Vec::new()), Mutex::new(None));
    let page = |token| async {
        let list = arm.page(lane, call, first, token).await.inspect_err(|refusal| {
            *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal.clone());
        })?;
        elements.lock().unwrap_or_else(PoisonError::into_inner).extend(list.elements);
        Ok::<Answer, Refusal>(Answer { next: list.next, ..Answer::default() })
    };
    let pages = aside(false);
    let troubles = follow(&pages, page).await;
    if pages.sent() == 0
        && let Some(refusal) = refused.into_inner().unwrap_or_else(PoisonError::into_inner)
    {
        return Err(refusal);
    }
    Ok((elements.into_inner().unwrap_or_else(PoisonError::into_inner), troubles))
}

/// Asks for each subscription; one that does not answer spoils no other.
///
/// # Errors
///
/// The credential is not accepted at all.
async fn each(arm: &Arc<Arm>, ids: &[AccountId]) -> Result<Found, Refusal> {
    let ids: BTreeSet<_> = ids.iter().map(|id| AccountId::new(id.as_str().to_lowercase())).collect();
    let ask = |id: AccountId| async move {
        let url = arm.url(&format!("/subscriptions/{id}"), SUBSCRIPTIONS, None);
        let answer = arm.get(&arm.lane(&id), &calls::SUBSCRIPTIONS_GET, &url, element::body).await;
        (id, answer)
    };
    let answers: Vec<_> = iter(ids).map(ask).buffered(SIDE_BY_SIDE).collect().await;
    let mut found = Found::default();
    for (id, answer) in answers {
        match answer {
            Ok(element) => found.elements.push(element),
            Err(refusal) if refusal.kind == RefusalKind::Credentials => return Err(refusal),
            Err(refusal) => found.refused.push((id, refusal)),
        }
    }
    Ok(found)
}

/// Returns the subscriptions below a management group, however deep.
async fn below(arm: &Arm, lane: &Lane, group: &str) -> Result<(Vec<AccountId>, Vec<Trouble>), Refusal> {
    let path = format!("/providers/Microsoft.Management/managementGroups/{group}/descendants");
    let first = arm.url(&path, MANAGEMENT_GROUPS, None);
    let (elements, mut troubles) = elements(arm, lane, &calls::MANAGEMENT_GROUP_DESCENDANTS, &first).await?;
    let mut ids = Vec::new();
    for element in elements {
        match serde_json::from_str::<Descendant>(element.get()) {
            Ok(one) if one.is_subscription() => ids.push(AccountId::new(one.name)),
            Ok(_) => {}
            Err(_) => {
                let message = "something below the management group has no `name` and `type`";
                troubles.push(Trouble::new(CoverageStatus::Partial, "no-id", message));
            }
        }
    }
    Ok((ids, troubles))
}
