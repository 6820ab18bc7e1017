//! What joins a record to others, and to change management (DESIGN §8, SEMANTICS F.8).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::actor::{session_name, source_identity};
use super::native::Part::{Request, Response};
use super::native::{Native, text_of};

/// Where requests carry tags: of what they make, of what they tag, of the session that they open.
const TAGS: &[&str] = &[
    "tagSpecificationSet/tags",
    "tagSpecificationSet/tag",
    "tagSpecification/tag",
    "tagSpecification/tags",
    "tagSpecifications/tags",
    "launchSpecification/tagSpecificationSet/tags",
    "tagSet",
    "tag",
    "tags",
];

/// Operations that name tags to take them away.
const UNTAG: &[&str] = &["DeleteTags"];

/// Returns the ids that several records of one act share.
pub(super) fn correlation(native: &Native) -> BTreeSet<String> {
    ["requestID", "sharedEventID"]
        .into_iter()
        .filter_map(|name| native.text(name))
        .map(str::to_owned)
        .collect()
}

/// Returns the client token and the reservation, which inventory knows of an instance as well.
pub(super) fn tokens(native: &Native) -> BTreeSet<String> {
    let tokens = [(Request, "clientToken"), (Response, "clientToken"), (Response, "reservationId")];
    tokens.into_iter().filter_map(|(part, path)| native.text_at(part, path)).map(str::to_owned).collect()
}

/// Returns where an identifier of change management can stand, and what stands there.
pub(super) fn change_marks(native: &Native, operation: &str) -> BTreeMap<String, String> {
    let mut marks = BTreeMap::new();
    let mut mark = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            marks.insert(name.to_owned(), value.to_owned());
        }
    };
    mark("session", session_name(native));
    mark("source-identity", source_identity(native));
    if UNTAG.contains(&operation) {
        return marks;
    }
    for tag in TAGS.iter().flat_map(|path| native.at(Request, path)) {
        if let Some(key) = text_of(tag, "key") {
            mark(&format!("tag:{key}"), Some(text_of(tag, "value").unwrap_or_default()));
        }
    }
    if let Some(Value::Object(tags)) = native.part(Request).get("principalTags") {
        tags.iter().for_each(|(key, value)| mark(&format!("tag:{key}"), value.as_str()));
    }
    marks
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::event;
    use super::*;

    #[test]
    fn tags_of_both_styles_mark_a_change() {
        for (operation, request) in [
            (
                "RunInstances",
                json!({ "tagSpecificationSet": { "items": [
                { "resourceType": "volume", "tags": [{ "key": "change-id", "value": "CHG-7" }] }] } }),
            ),
            (
                "CreateSnapshots",
                json!({ "CreateSnapshotsRequest": { "TagSpecification": {
                "ResourceType": "snapshot", "tag": 1,
                "Tag": { "Key": "change-id", "Value": "CHG-7", "tag": 1 } } } }),
            ),
            ("CreateTags", json!({ "tagSet": { "items": [{ "key": "change-id", "value": "CHG-7" }] } })),
        ] {
            let event = event(json!({ "eventName": operation, "requestParameters": request }));
            assert_eq!(
                event.change_marks.get("tag:change-id").map(String::as_str),
                Some("CHG-7"),
                "{operation}"
            );
        }
    }

    #[test]
    fn tags_of_a_session_mark_a_change() {
        let marks = |request: Value| {
            event(json!({ "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole",
                "requestParameters": request }))
            .change_marks
        };
        let tagged = json!({ "tags": [{ "key": "change-id", "value": "CHG-7" }] });
        assert_eq!(marks(tagged)["tag:change-id"], "CHG-7");
        assert_eq!(marks(json!({ "principalTags": { "change-id": "CHG-7" } }))["tag:change-id"], "CHG-7");
    }
}
