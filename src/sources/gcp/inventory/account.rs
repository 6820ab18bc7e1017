//! Project, as Resource Manager lists it → account.

use serde_json::Value;

use crate::model::{AccountId, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Reads a project: `gcloud projects list` (v1), or `projects.list` and `projects.search` (v3).
///
/// It is listed by the organization or folder that was asked, else by its parent.
///
/// # Errors
///
/// `no-id` without a project number.
pub(super) fn read(mut element: Element, hints: &Hints) -> Result<Reading, Odd> {
    let is_v3 = element.peek_text("name").is_some_and(|name| name.starts_with("projects/"));
    let number = if is_v3 { "name" } else { "projectNumber" };
    let number = element.take_id(number)?.trim_start_matches("projects/").to_owned();
    let parent = take_parent(&mut element);
    let lister = parent.as_deref().map(AccountId::new);
    let lister = hints.account.clone().or(lister).unwrap_or_else(AccountId::unknown);
    let id = element.take_text("projectId").unwrap_or_else(|| number.clone());
    let key = ResourceKey { provider: Provider::Gcp, kind: Kind::Account, uid: Uid::new(number) };
    let locator = Locator::new(format!("projects/{id}"));
    let mut resource = Resource::new(key, lister, Location::new("global"), locator);
    resource.created_at = element.take_time("createTime");
    resource.tags = element.take_text_map("labels");
    resource.name = Some(id);
    for (canonical, spellings) in SPELLINGS {
        let value = spellings.iter().find_map(|spelling| element.take_text(spelling));
        resource.config.extend(value.map(|value| ((*canonical).to_owned(), Value::String(value))));
    }
    resource.config.extend(parent.map(|parent| ("parent".to_owned(), Value::String(parent))));
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

/// What both versions tell, by the name of the later one, and how each spells it.
const SPELLINGS: &[(&str, &[&str])] =
    &[("displayName", &["displayName", "name"]), ("state", &["state", "lifecycleState"])];

const FIELDS: &[Field] = &[
    Field::evidence("deleteTime", Form::Time),
    Field::volatile("etag"),
    // What an asset's name was put in place of.
    Field::volatile("selfLink"),
    Field::volatile("updateTime"),
];

/// Takes the parent as `organizations/1` or `folders/2`; v1 has it in two members.
fn take_parent(element: &mut Element) -> Option<String> {
    match (element.take_text("parent.type"), element.take_text("parent.id")) {
        (Some(kind), Some(id)) => Some(format!("{kind}s/{id}")),
        _ => element.take_text("parent"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn project(native: &Value, hints: &Hints) -> Resource {
        let element = Element::parse(native.to_string().as_bytes()).unwrap();
        let Reading::Resource { resource, odd } = read(element, hints).unwrap() else { panic!() };
        assert_eq!(odd, []);
        *resource
    }

    fn v1() -> Value {
        json!({"projectNumber": "1234567890", "projectId": "example-project", "lifecycleState": "ACTIVE",
            "name": "Example", "parent": {"type": "folder", "id": "77"}, "labels": {"env": "dev"},
            "createTime": "2026-01-02T03:04:05.678Z"})
    }

    fn v3() -> Value {
        json!({"name": "projects/1234567890", "projectId": "example-project", "state": "ACTIVE",
            "displayName": "Example", "parent": "folders/77", "labels": {"env": "dev"}, "etag": "x",
            "createTime": "2026-01-02T03:04:05.678Z", "updateTime": "2026-01-03T00:00:00Z"})
    }

    #[test]
    fn both_versions_tell_the_same_project() {
        let project_of = |native: &Value| project(native, &Hints::default());
        let account = project_of(&v3());
        assert_eq!(project_of(&v1()), account);
        assert_eq!(
            (account.key.uid.as_str(), account.locator.as_str()),
            ("1234567890", "projects/example-project")
        );
        assert_eq!((account.account.as_str(), account.location.as_str()), ("folders/77", "global"));
        assert_eq!(account.config["state"], "ACTIVE");
        assert_eq!(account.unmapped, [].into());
    }

    #[test]
    fn the_organization_that_was_asked_lists_it_and_its_parent_is_config() {
        let hints = Hints { account: Some(AccountId::new("organizations/1")), ..Hints::default() };
        let account = project(&v3(), &hints);
        assert_eq!(account.account.as_str(), "organizations/1");
        assert_eq!(account.config["parent"], "folders/77");
    }

    #[test]
    fn a_project_about_to_be_deleted_says_so() {
        let mut native = v1();
        native["lifecycleState"] = json!("DELETE_REQUESTED");
        assert_eq!(project(&native, &Hints::default()).config["state"], "DELETE_REQUESTED");
    }
}
