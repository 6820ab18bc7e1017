//! Subscription → account (SEMANTICS A.4).

use serde_json::{Map, Value};

use crate::model::{AccountId, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid};
use crate::sources::azure::{GLOBAL, arm};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of a subscription (API 2022-12-01), and of what `az account list` prints of it.
///
/// `az` prints neither policies nor tags; whose command line it was is nobody's business.
const FIELDS: &[Field] = &[
    Field::config("managedByTenants", Form::Keyed("tenantId")),
    Field::config("state", Form::Plain),
    Field::config("tenantId", Form::Canonical(str::to_lowercase)),
    Field::evidence("authorizationSource", Form::Plain),
    Field::evidence("promotions", Form::Plain),
    Field::evidence("tags", Form::Plain),
    Field::volatile("cloudName"),
    Field::volatile("homeTenantId"),
    Field::volatile("isDefault"),
    Field::volatile("subscriptionId"),
    Field::volatile("tenantDefaultDomain"),
    Field::volatile("tenantDisplayName"),
    Field::volatile("user"),
];

/// Compared only between bodies that both tell it, since `az account list` does not.
const POLICIES: &[Field] = &[
    Field::config("subscriptionPolicies.locationPlacementId", Form::Plain),
    Field::config("subscriptionPolicies.quotaId", Form::Plain),
    Field::config("subscriptionPolicies.spendingLimit", Form::Plain),
];

/// Reads a subscription; it is listed by its tenant.
///
/// # Errors
///
/// `no-id` without an `id`.
pub(super) fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let id = element.take_id("id")?.to_lowercase();
    let id = arm::name(id.trim_end_matches('/')).to_owned();
    let tenant = element.peek_text("tenantId").map(|tenant| AccountId::new(tenant.to_lowercase()));
    let tenant = tenant.or_else(|| hints.account.clone()).unwrap_or_else(AccountId::unknown);
    let locator = Locator::new(format!("/subscriptions/{id}"));
    let key = ResourceKey { provider: Provider::Azure, kind: Kind::Account, uid: Uid::new(id) };
    let mut resource = Resource::new(key, tenant, Location::new(GLOBAL), locator);
    let name = element.take_text("displayName");
    resource.name = name.or_else(|| element.take_text("name"));
    element.take_fields(FIELDS, "", &mut resource);
    for field in POLICIES.iter().filter(|field| element.peek_text(field.path).is_some()) {
        resource.overlaid.insert(field.path.to_owned());
    }
    element.take_fields(POLICIES, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;
    use crate::sources::Cloud;
    use crate::sources::azure::Azure;

    const ID: &str = "AAAAAAAA-1111-4111-8111-111111111111";
    const TENANT: &str = "bbbbbbbb-2222-4222-8222-222222222222";

    fn arm() -> Value {
        json!({"id": format!("/subscriptions/{ID}"), "subscriptionId": ID, "displayName": "Prod",
            "state": "Enabled", "tenantId": TENANT, "authorizationSource": "RoleBased",
            "managedByTenants": [{"tenantId": "cccccccc-3333-4333-8333-333333333333"}],
            "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off"}})
    }

    fn az() -> Value {
        json!({"cloudName": "AzureCloud", "homeTenantId": TENANT, "id": ID.to_lowercase(), "isDefault": true,
            "managedByTenants": [{"tenantId": "cccccccc-3333-4333-8333-333333333333"}], "name": "Prod",
            "state": "Enabled", "tenantId": TENANT, "user": {"name": "ops@example.com", "type": "user"}})
    }

    #[test]
    fn a_subscription_is_listed_by_its_tenant() {
        for native in [arm(), az()] {
            let account = resource(&native);
            assert_eq!(
                (account.key.kind, account.key.uid.as_str()),
                (Kind::Account, ID.to_lowercase().as_str())
            );
            assert_eq!((account.account.as_str(), account.location.as_str()), (TENANT, "global"));
            assert_eq!(account.name.as_deref(), Some("Prod"));
            assert_eq!(account.config["state"], "Enabled");
            assert!(!format!("{account:?}").contains("ops@"));
            assert_eq!(account.unmapped, [].into());
            let listing =
                Azure.listing_account(native.as_object().unwrap(), &crate::sources::Place::default());
            assert_eq!(listing, Some(account.account));
        }
    }

    #[test]
    fn what_az_does_not_print_is_compared_only_where_both_tell_it() {
        let (mut arm, az) = (resource(&arm()), resource(&az()));
        let policies = std::mem::take(&mut arm.overlaid);
        assert_eq!(policies.len(), POLICIES.len());
        arm.config.retain(|path, _| !policies.contains(path));
        assert_eq!(arm.config, az.config);
    }
}
