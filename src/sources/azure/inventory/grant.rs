//! Role assignments and role definitions → parts of grants (SEMANTICS A.7).

use serde_json::{Map, Value};

use crate::model::{AccountId, Provider};
use crate::sources::azure::arm;
use crate::sources::grants::{Holder, Part, Parts, Powers, Side, Source, condition_digest, matches};
use crate::sources::{Element, Hints, Odd, Reading};

/// Reads a role assignment (API 2022-04-01): a principal, and the definition that it holds at a scope.
///
/// One that is inherited from above the subscription is the listing's: its own id lies in none.
///
/// # Errors
///
/// `no-id` without id, principal or definition.
pub(super) fn read_assignment(
    mut element: Element,
    _: &Map<String, Value>,
    hints: &Hints,
) -> Result<Reading, Odd> {
    let id = arm::canonical(&element.take_id("id")?);
    let key = element.take_id("principalId")?.to_lowercase();
    let definition = element.take_id("roleDefinitionId")?;
    let own_scope = id.rsplit_once("/providers/microsoft.authorization/").map(|(scope, _)| scope.to_owned());
    let scope = element.take_text("scope").map(|scope| arm::canonical(&scope)).or(own_scope);
    let scope = scope.filter(|scope| !scope.is_empty()).unwrap_or_else(|| "/".to_owned());
    let kind = element.take_text("principalType").map_or_else(|| "principal".to_owned(), |kind| kebab(&kind));
    let condition = element.take("condition").filter(|condition| !condition.is_null());
    let source = Source::There {
        via: String::new(),
        id: definition_id(&definition),
        condition: condition.as_ref().map(condition_digest),
    };
    let holder = Holder {
        scope,
        name: key.clone(),
        label: element.take_text("principalName"),
        key,
        assignment: Some(id.clone()),
        kind,
        sources: vec![source],
        assumable_by: [].into(),
        managed_by: None,
    };
    let account = arm::subscription(&id).map(AccountId::new).or_else(|| hints.account.clone());
    Ok(part(account, Side::Holder(holder)))
}

/// Reads a role definition: for each of its permissions, the actions less those that it leaves out.
///
/// # Errors
///
/// `no-id` without an id.
pub(super) fn read_definition(
    mut element: Element,
    _: &Map<String, Value>,
    _: &Hints,
) -> Result<Reading, Odd> {
    let id = definition_id(&element.take_id("id")?);
    let name = element.take_text("roleName").unwrap_or_else(|| id.clone());
    let mut powers = Powers::default();
    for permission in element.take_list("permissions") {
        let any = |list: &str, action: &str| {
            let patterns = permission.get(list).and_then(Value::as_array).into_iter().flatten();
            patterns.filter_map(Value::as_str).any(|pattern| matches(pattern, action, false))
        };
        powers.allow(Provider::Azure, None, |action| any("actions", action) && !any("notActions", action));
    }
    let sources = vec![Source::Here { via: format!("role {name}"), powers }];
    Ok(part(None, Side::Giver { id, sources }))
}

fn part(account: Option<AccountId>, side: Side) -> Reading {
    let parts = vec![Part { provider: Provider::Azure, account, side }];
    Reading::Parts(Parts { parts, odd: Vec::new() })
}

/// A built-in definition bears the subscription that was asked in its id, or none; its GUID is the same everywhere.
fn definition_id(id: &str) -> String {
    arm::name(&arm::canonical(id)).to_owned()
}

/// `ServicePrincipal` → `service-principal`.
fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::parts;
    use crate::model::{AccountId, Resource};
    use crate::sources::grants::{Joined, join};
    use serde_json::Value;

    const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    const SUBSCRIPTION: &str = "/subscriptions/S-1";

    fn assignment(scope: &str, principal: &str) -> Value {
        json!({"id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/a-{principal}"),
            "name": "a", "type": "Microsoft.Authorization/roleAssignments", "properties": {
            "roleDefinitionId": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"),
            "principalId": principal, "principalType": "ServicePrincipal", "scope": scope,
            "condition": null, "createdOn": "2026-01-02T03:04:05.1234567Z"}})
    }

    fn definition(permissions: &Value) -> Value {
        json!({"id": format!("/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"), "name": OWNER,
            "type": "Microsoft.Authorization/roleDefinitions", "properties": {"roleName": "Ops",
            "type": "BuiltInRole", "assignableScopes": ["/"], "permissions": permissions}})
    }

    fn joined(natives: &[Value]) -> Vec<Joined> {
        let parts: Vec<_> = natives.iter().flat_map(|native| parts(native).parts).collect();
        join(&parts, &AccountId::new("s-1"))
    }

    fn grants(natives: &[Value]) -> Vec<Resource> {
        joined(natives).into_iter().flat_map(|joined| joined.grants).collect()
    }

    fn may(permissions: &Value) -> String {
        let grants = grants(&[assignment(SUBSCRIPTION, "AA"), definition(permissions)]);
        let mut told: Vec<_> =
            grants.iter().map(|grant| grant.config["capability"].as_str().unwrap()).collect();
        told.sort_unstable();
        told.join(" ")
    }

    #[test]
    fn actions_less_not_actions_with_a_star_in_the_middle() {
        assert_eq!(
            may(&json!([{"actions": ["Microsoft.Compute/*/delete"], "notActions": []}])),
            "delete-instance delete-snapshot"
        );
        let contributor = json!([{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"]}]);
        assert!(!may(&contributor).contains("grant") && !may(&contributor).contains("disable-protection"));
        assert_eq!(may(&json!([{"actions": ["*"]}])).split(' ').count(), 10);
        assert_eq!(
            may(&json!([{"actions": ["*/read"]}, {"actions": ["Microsoft.Authorization/locks/*"]}])),
            "disable-protection"
        );
    }

    #[test]
    fn an_exception_of_one_permission_does_not_reach_another() {
        let permissions = json!([{"actions": ["*"], "notActions": ["*"]}, {"actions": ["Microsoft.Authorization/locks/delete"]}]);
        assert_eq!(may(&permissions), "disable-protection");
    }

    #[test]
    fn each_scope_is_a_grant_of_its_own_and_one_from_above_is_the_listing_s() {
        let all = definition(&json!([{"actions": ["Microsoft.Authorization/locks/delete"]}]));
        let above = "/providers/Microsoft.Management/managementGroups/Top";
        let group = format!("{SUBSCRIPTION}/resourceGroups/Prod");
        let grants = grants(&[assignment(above, "aa"), assignment(&group, "aa"), all]);
        let mut scopes: Vec<_> = grants.iter().map(|grant| grant.config["scope"].as_str().unwrap()).collect();
        scopes.sort_unstable();
        assert_eq!(
            scopes,
            [
                "/providers/microsoft.management/managementgroups/top",
                "/subscriptions/s-1/resourcegroups/prod"
            ]
        );
        assert!(grants.iter().all(|grant| grant.account.as_str() == "s-1"));
        assert_eq!(grants[0].config["via"], json!(["role Ops"]));
        assert_eq!(grants[0].config["principal_kind"], "service-principal");
    }

    #[test]
    fn what_az_prints_is_the_arm_body_but_for_the_principal_s_name() {
        let az = json!({"id": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/a-aa"),
            "name": "a", "type": "Microsoft.Authorization/roleAssignments", "principalId": "AA",
            "principalName": "ops@example.com", "principalType": "ServicePrincipal", "roleDefinitionName": "Ops",
            "roleDefinitionId": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"),
            "scope": SUBSCRIPTION, "condition": null});
        let az_definition = json!({"id": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"),
            "name": OWNER, "roleName": "Ops", "roleType": "BuiltInRole",
            "type": "Microsoft.Authorization/roleDefinitions", "permissions": [{"actions": ["*"], "notActions": []}]});
        let mut printed = grants(&[az, az_definition]);
        for grant in &mut printed {
            assert_eq!(grant.evidence.remove("principal_name"), Some(json!("ops@example.com")));
        }
        let all = definition(&json!([{"actions": ["*"], "notActions": []}]));
        assert_eq!(printed, grants(&[assignment(SUBSCRIPTION, "aa"), all]));
    }

    #[test]
    fn without_its_definition_an_assignment_is_a_lack() {
        let joined = joined(&[assignment(SUBSCRIPTION, "aa")]);
        assert!(joined[0].grants.is_empty());
        assert!(joined[0].lacks.first().unwrap().message.contains(OWNER));
    }
}
