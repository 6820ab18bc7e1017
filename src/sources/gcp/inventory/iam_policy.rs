//! `getIamPolicy` of a disk, snapshot, image or machine image → grants (SEMANTICS A.5, A.6).

use serde_json::{Map, Value};

use crate::model::{Exposure, Grant, Kind, PrincipalKind, Provider};
use crate::sources::Overlay;

/// Lays an IAM policy (`bindings`, `etag`, `version`), which does not say whose it is, over the resource of a
/// uid or canonical locator.
///
/// Every member of every binding counts, whatever its role and condition: on a disk or a copy of one hardly a
/// role is granted that neither reads nor uses it, custom roles do not tell what they allow, and a condition
/// can be met later. `allUsers` and `allAuthenticatedUsers` are everybody. All grants on the resource itself
/// are known then; those that it inherits from its project, folder and organization are none of its own.
pub fn iam_policy(kind: Kind, target: &str, policy: &Map<String, Value>) -> Overlay {
    let list = |object: &Map<String, Value>, name: &str| {
        object.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let bindings = list(policy, "bindings");
    let members = bindings.iter().filter_map(Value::as_object).flat_map(|binding| list(binding, "members"));
    let grants = members.filter_map(|member| grant(member.as_str()?)).collect();
    let overlay = Overlay::new(Provider::Gcp, kind, target);
    Overlay { exposure: Some(Exposure { known: true, grants, ..Exposure::default() }), ..overlay }
}

/// Returns whom a member is; `None` for one that was deleted, whom nothing admits any more.
fn grant(member: &str) -> Option<Grant> {
    let sort = member.split_once(':').map_or(member, |(sort, _)| sort);
    let kind = match sort {
        "deleted" => return None,
        "allUsers" | "allAuthenticatedUsers" => PrincipalKind::Public,
        "domain" => PrincipalKind::Org,
        "projectOwner" | "projectEditor" | "projectViewer" => PrincipalKind::Account,
        _ => PrincipalKind::User,
    };
    Some(Grant { kind, principal: member.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exposure(policy: &Value) -> Exposure {
        let overlay = iam_policy(Kind::Snapshot, "201", policy.as_object().unwrap());
        assert_eq!(
            (overlay.provider, overlay.kind, overlay.target.as_str()),
            (Provider::Gcp, Kind::Snapshot, "201")
        );
        overlay.exposure.unwrap()
    }

    #[test]
    fn every_member_of_every_binding_is_a_grant() {
        let told = exposure(&json!({"version": 1, "etag": "x", "bindings": [
            {"role": "roles/compute.storageAdmin", "members": ["user:a@example.com", "group:g@example.com"]},
            {"role": "roles/viewer", "members": ["domain:example.com", "projectOwner:p", "user:a@example.com"]},
        ]}));
        let grant = |kind, principal: &str| Grant { kind, principal: principal.to_owned() };
        let expected = [
            grant(PrincipalKind::User, "user:a@example.com"),
            grant(PrincipalKind::User, "group:g@example.com"),
            grant(PrincipalKind::Org, "domain:example.com"),
            grant(PrincipalKind::Account, "projectOwner:p"),
        ];
        assert_eq!(told, Exposure { known: true, grants: expected.into(), ..Exposure::default() });
    }

    #[test]
    fn all_users_are_everybody_and_an_empty_policy_is_knowledge() {
        for member in ["allUsers", "allAuthenticatedUsers"] {
            assert!(exposure(&json!({"bindings": [{"role": "r", "members": [member]}]})).is_public());
        }
        let none = exposure(&json!({"etag": "ACAB"}));
        assert!(none.known && none.grants.is_empty());
        let gone = json!({"bindings": [{"role": "r", "members": ["deleted:user:a@example.com?uid=1"]}]});
        assert!(exposure(&gone).grants.is_empty());
    }
}
