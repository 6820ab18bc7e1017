//! `getIamPolicy` of a project, and roles → parts of grants (SEMANTICS A.7).

use serde_json::{Map, Value};

use crate::model::{AccountId, Confidence, ManagedBy, Provider};
use crate::sources::gcp::audit;
use crate::sources::grants::{Holder, Part, Parts, Powers, Side, Source, condition_digest};
use crate::sources::{Element, Hints, Odd, Place, Reading};

/// The member that holds a policy's bindings.
pub(in crate::sources::gcp) const BINDINGS: &str = "bindings";

/// The member that holds a list of roles.
pub(in crate::sources::gcp) const ROLES: &str = "roles";

const BINDING: &str = "binding";
const ROLE: &str = "role";

/// Tells which part of grants an element is: a binding of a policy, or a role with its permissions.
pub(in crate::sources::gcp) fn part(element: &Map<String, Value>, place: &Place) -> Option<&'static str> {
    let text = |member: &str| element.get(member).and_then(Value::as_str).unwrap_or_default();
    let in_list = |name: &str| place.envelope.as_deref() == Some(name);
    if in_list(BINDINGS) && !text("role").is_empty() && element.get("members").is_some_and(Value::is_array) {
        return Some(BINDING);
    }
    let named = text("name").starts_with("roles/") || text("name").contains("/roles/");
    let told = element.contains_key("includedPermissions") || element.contains_key("stage");
    let is_role = named && told && (place.envelope.is_none() || in_list(ROLES));
    is_role.then_some(ROLE)
}

/// Reads a part; whose policy a binding is of, only the listing tells.
///
/// # Errors
///
/// `no-id` without role or name.
pub(in crate::sources::gcp) fn read(name: &str, element: Element, hints: &Hints) -> Result<Reading, Odd> {
    let parts = if name == BINDING { binding(element, hints)? } else { role(element)? };
    Ok(Reading::Parts(Parts { parts, odd: Vec::new() }))
}

/// Reads a binding: every member holds the role. One that was deleted holds nothing any more.
fn binding(mut element: Element, hints: &Hints) -> Result<Vec<Part>, Odd> {
    let role = element.take_id("role")?;
    let condition = element.take("condition").filter(|condition| !condition.is_null());
    let condition = condition.map(|condition| {
        // Title and description limit nothing.
        condition_digest(condition.get("expression").unwrap_or(&condition))
    });
    let account = hints.account.clone();
    let scope = format!("projects/{}", account.as_ref().map_or("unknown", AccountId::as_str));
    let members = element.take_list("members");
    let members = members.iter().filter_map(Value::as_str).filter(|member| !member.starts_with("deleted:"));
    let parts = members.map(|member| {
        let source =
            Source::There { via: format!("role {role}"), id: role.clone(), condition: condition.clone() };
        let side = Side::Holder(holder(member, &scope, source));
        Part { provider: Provider::Gcp, account: account.clone(), side }
    });
    Ok(parts.collect())
}

fn holder(member: &str, scope: &str, source: Source) -> Holder {
    let (sort, name) = member.split_once(':').unwrap_or((member, member));
    let kind = match sort {
        "serviceAccount" => "service-account",
        "principal" => "federated-identity",
        "principalSet" => "federated-identities",
        "projectOwner" | "projectEditor" | "projectViewer" => "project",
        "allUsers" | "allAuthenticatedUsers" => "everybody",
        other => other,
    };
    let is_federated = sort.starts_with("principal");
    let service = (sort == "serviceAccount").then(|| audit::service_agent(name)).flatten();
    Holder {
        scope: scope.to_owned(),
        key: member.to_owned(),
        name: if is_federated { member.to_owned() } else { name.to_owned() },
        label: None,
        assignment: None,
        kind: kind.to_owned(),
        sources: vec![source],
        assumable_by: [].into(),
        managed_by: service.map(|service| ManagedBy {
            confidence: Confidence::High,
            controller: None,
            service: service.to_owned(),
        }),
    }
}

/// Reads a role with its permissions; one that was listed without them (`view=BASIC`) tells nothing.
fn role(mut element: Element) -> Result<Vec<Part>, Odd> {
    let id = element.take_id("name")?;
    if !element.members().contains_key("includedPermissions") {
        return Ok(Vec::new());
    }
    let included = element.take_list("includedPermissions");
    let is_deleted =
        element.take_flag("deleted").unwrap_or(false) || element.peek_text("stage") == Some("DISABLED");
    let mut powers = Powers::default();
    powers.allow(Provider::Gcp, None, |action| {
        !is_deleted && included.iter().any(|permission| permission.as_str() == Some(action))
    });
    let sources = vec![Source::Here { via: String::new(), powers }];
    Ok(vec![Part { provider: Provider::Gcp, account: None, side: Side::Giver { id, sources } }])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Resource;
    use crate::sources::grants::{Joined, join};

    fn parts(native: &Value, envelope: Option<&str>) -> Vec<Part> {
        let members = native.as_object().unwrap().clone();
        let place = Place { envelope: envelope.map(str::to_owned), ..Place::default() };
        let name = part(&members, &place).unwrap();
        let hints = Hints { account: Some(AccountId::new("p")), ..Hints::default() };
        match read(name, Element::new(members), &hints).unwrap() {
            Reading::Parts(parts) => parts.parts,
            other => panic!("{other:?} is no part"),
        }
    }

    fn joined(bindings: &[Value], roles: &[Value]) -> Joined {
        let of = |natives: &[Value], envelope| -> Vec<Part> {
            natives.iter().flat_map(|native| parts(native, envelope)).collect()
        };
        let parts = [of(bindings, Some(BINDINGS)), of(roles, None)].concat();
        join(&parts, &AccountId::new("p")).remove(0)
    }

    fn told(grants: &[Resource]) -> Vec<String> {
        let mut told: Vec<_> = grants.iter().filter_map(|grant| grant.name.clone()).collect();
        told.sort();
        told
    }

    fn custom(permissions: &[&str]) -> Value {
        json!({"name": "projects/p/roles/end", "title": "End", "includedPermissions": permissions, "stage": "GA", "etag": "x"})
    }

    #[test]
    fn every_member_of_a_binding_holds_what_the_role_includes() {
        let bindings = [json!({"role": "projects/p/roles/end", "members": ["user:a@example.com",
            "serviceAccount:s@p.iam.gserviceaccount.com", "deleted:user:b@example.com?uid=1"]})];
        let joined = joined(&bindings, &[custom(&["compute.instances.delete", "compute.instances.get"])]);
        let expected = ["a@example.com: delete-instance", "s@p.iam.gserviceaccount.com: delete-instance"];
        assert_eq!(told(&joined.grants), expected);
        let grant = joined.grants.iter().find(|grant| grant.config["principal_kind"] == "user").unwrap();
        assert_eq!(grant.config["principal_key"], "user:a@example.com");
        assert_eq!(
            (&grant.config["scope"], &grant.config["via"]),
            (&json!("projects/p"), &json!(["role projects/p/roles/end"]))
        );
        assert!(joined.lacks.is_empty());
    }

    #[test]
    fn permissions_of_several_roles_of_one_principal_add_up() {
        let binding = |role: &str| json!({"role": role, "members": ["user:a@example.com"]});
        let roles = [
            custom(&["compute.disks.create", "compute.snapshots.useReadOnly"]),
            json!({"name": "roles/attach", "includedPermissions": ["compute.instances.attachDisk"], "stage": "GA"}),
        ];
        let of = |bindings: &[Value]| told(&joined(bindings, &roles).grants);
        assert!(of(&[binding("projects/p/roles/end")]).is_empty());
        let both = of(&[binding("projects/p/roles/end"), binding("roles/attach")]);
        assert_eq!(both, ["a@example.com: modify-instance", "a@example.com: revert"]);
    }

    #[test]
    fn a_role_of_the_shipped_table_needs_no_telling_and_says_so() {
        let editor = json!({"role": "roles/editor", "members": ["user:a@example.com"]});
        let joined = joined(&[editor], &[]);
        let grant =
            joined.grants.iter().find(|grant| grant.config["capability"] == "delete-instance").unwrap();
        assert_eq!(grant.evidence["shipped_roles"], json!(["roles/editor"]));
        assert!(!told(&joined.grants).contains(&"a@example.com: grant".to_owned()));
        assert!(joined.lacks.is_empty());
    }

    #[test]
    fn a_role_that_nobody_tells_is_a_lack_and_so_is_one_listed_without_permissions() {
        let bindings = [json!({"role": "projects/p/roles/end", "members": ["user:a@example.com"]})];
        let bare = json!({"name": "projects/p/roles/end", "title": "End", "stage": "GA", "etag": "x"});
        for roles in [vec![], vec![bare]] {
            assert_eq!(joined(&bindings, &roles).lacks.first().unwrap().code, "role-unknown");
        }
    }

    #[test]
    fn the_digest_of_a_condition_is_that_of_its_expression() {
        let hash = |condition: Value| {
            let binding = json!({"role": "roles/compute.admin", "members": ["user:a@example.com"], "condition": condition});
            joined(&[binding], &[]).grants[0].config.get("conditions_hash").cloned()
        };
        let one = hash(json!({"title": "t", "expression": "request.time < x"}));
        assert_eq!(one, hash(json!({"title": "u", "expression": "request.time < x"})));
        assert_ne!(one, hash(json!({"title": "t", "expression": "true"})));
        assert_eq!(hash(json!(null)), None);
    }

    #[test]
    fn a_service_agent_is_google_s_and_an_account_that_looks_like_one_is_not() {
        let of = |email: &str| {
            let binding = json!({"role": "roles/editor", "members": [format!("serviceAccount:{email}")]});
            joined(&[binding], &[]).grants[0].managed_by.clone().map(|managed| managed.service)
        };
        assert_eq!(
            of("service-12@compute-system.iam.gserviceaccount.com").as_deref(),
            Some("compute-system")
        );
        assert_eq!(of("service-12@my-project.iam.gserviceaccount.com"), None);
    }

    #[test]
    fn a_policy_binding_is_one_only_in_its_list() {
        let binding = json!({"role": "roles/editor", "members": []});
        assert_eq!(part(binding.as_object().unwrap(), &Place::default()), None);
        let project = json!({"name": "projects/12", "projectId": "p", "state": "ACTIVE"});
        assert_eq!(part(project.as_object().unwrap(), &Place::default()), None);
    }
}
