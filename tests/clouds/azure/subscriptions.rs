//! Which subscriptions are scanned, and what is said of the others.

use driftline::config::Subscriptions;
use driftline::model::{AccountId, CoverageStatus};
use driftline::sources::live::{Accounts, Page, RefusalKind};

use super::{Driver, entry};
use crate::arm::world::{SUBSCRIPTIONS, TENANT, World};
use crate::arm::{Estate, Manner, serve, start};

fn found(estate: &Estate, subscriptions: Subscriptions) -> Accounts {
    let mut entry = entry(estate);
    entry.cloud.subscriptions = subscriptions;
    Driver::new(entry).accounts().unwrap()
}

fn ids(accounts: &Accounts) -> Vec<&str> {
    accounts.accounts.iter().map(|account| account.id.as_str()).collect()
}

#[test]
fn a_subscription_in_use_is_scanned_and_a_disabled_one_is_left_out() {
    let accounts = found(&start(None), Subscriptions::All);
    assert_eq!(ids(&accounts), SUBSCRIPTIONS[..2]);
    assert_eq!(accounts.accounts[0].name.as_deref(), Some("Subscription 0"));
    let left_out: Vec<_> = accounts.unlisted.iter().map(|left_out| &left_out.scope).collect();
    assert_eq!(left_out.len(), 7);
    assert!(left_out.iter().all(|scope| scope.account.as_str() == SUBSCRIPTIONS[2]));
    assert!(accounts.unlisted[0].trouble.reason.message.contains("`Disabled`"));
}

#[test]
fn the_enumeration_is_a_listing_of_the_tenant() {
    for subscriptions in [Subscriptions::All, Subscriptions::ManagementGroup("root".to_owned())] {
        let accounts = found(&start(None), subscriptions);
        let [listed] = accounts.listed.try_into().unwrap();
        assert_eq!(listed.listing.scope.to_string(), format!("azure/{TENANT}/global/account"));
        assert_eq!((listed.pages.iter().map(Page::len).sum::<usize>(), listed.troubles), (3, Vec::new()));
    }
}

#[test]
fn subscriptions_below_a_management_group_are_found_however_deep() {
    let accounts = found(&start(None), Subscriptions::ManagementGroup("root".to_owned()));
    assert_eq!(ids(&accounts), SUBSCRIPTIONS[..2]);
}

#[test]
fn a_configured_subscription_that_is_not_there_spoils_no_other() {
    let wanted = [SUBSCRIPTIONS[1].to_uppercase(), "99999999-0000-4000-8000-000000000009".to_owned()];
    let accounts = found(&start(None), Subscriptions::Listed(wanted.map(AccountId::new).to_vec()));
    assert_eq!(ids(&accounts), [SUBSCRIPTIONS[1]]);
    let left_out = &accounts.unlisted[0];
    assert_eq!(left_out.scope.account.as_str(), "99999999-0000-4000-8000-000000000009");
    assert_eq!(left_out.trouble.status, CoverageStatus::Denied);
    assert_eq!(left_out.trouble.reason.code, "SubscriptionNotFound");
    assert!(left_out.trouble.reason.message.contains("`Reader`"));
}

#[test]
fn a_credential_that_sees_nothing_is_no_empty_estate() {
    let estate = serve(World::default(), Manner::default());
    let refusal = Driver::new(entry(&estate)).accounts().unwrap_err();
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Denied, "no-subscription"));
}

#[test]
fn a_subscription_of_another_tenant_is_listed_as_that_tenants() {
    let mut world = World::made_up();
    world.subscriptions[1]["tenantId"] = "bbbbbbbb-0000-4000-8000-00000000000b".into();
    let accounts = found(&serve(world, Manner::default()), Subscriptions::All);
    let tenants: Vec<_> =
        accounts.listed.iter().map(|listed| listed.listing.scope.account.as_str()).collect();
    assert_eq!(tenants, [TENANT, "bbbbbbbb-0000-4000-8000-00000000000b"]);
    assert_eq!(ids(&accounts), SUBSCRIPTIONS[..2]);
}
