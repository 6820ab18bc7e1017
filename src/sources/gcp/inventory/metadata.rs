//! Instance metadata: the values are secrets, the keys are not.

use serde_json::Value;

use crate::model::{Attributes, conceal, flatten};
use crate::sources::Element;

/// Keys whose value is a switch and tells more plain than as a digest (SEMANTICS A.5).
const SWITCHES: &[&str] = &["block-project-ssh-keys", "enable-oslogin", "serial-port-enable"];

/// Takes the items of `member` (`metadata`, a project's `commonInstanceMetadata`) into `member[key]`, digest and
/// length for everything but a known switch that holds a truth value; whoever hides a password under a
/// switch's name hides it in vain.
///
/// Returns the group manager that `created-by` names.
pub(super) fn take(
    element: &mut Element,
    member: &str,
    prefix: &str,
    config: &mut Attributes,
) -> Option<String> {
    let mut creator = None;
    for item in element.take_list(&format!("{member}.items")) {
        let Some(key) = item.get("key").and_then(Value::as_str) else { continue };
        let value = match item.get("value") {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        };
        let shown = if SWITCHES.contains(&key) && is_truth_value(&value) {
            Value::String(value.clone())
        } else {
            conceal(value.as_bytes())
        };
        flatten(&format!("{prefix}{member}[{key}]"), shown, config);
        if key == "created-by" && is_group_manager(&value) {
            creator = Some(value);
        }
    }
    for volatile in ["fingerprint", "kind"] {
        element.take(&format!("{member}.{volatile}"));
    }
    creator
}

fn is_truth_value(text: &str) -> bool {
    ["true", "false", "yes", "no", "y", "n", "1", "0"].iter().any(|truth| text.eq_ignore_ascii_case(truth))
}

/// Whether it is `projects/N/(zones|regions)/Z/instanceGroupManagers/NAME` and nothing else.
fn is_group_manager(value: &str) -> bool {
    let segments: Vec<&str> = value.split('/').collect();
    matches!(segments.as_slice(), ["projects", _, "zones" | "regions", _, "instanceGroupManagers", _])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(items: &Value) -> (Attributes, Option<String>) {
        let element = json!({"metadata": {"fingerprint": "f", "kind": "compute#metadata", "items": items}});
        let mut element = Element::parse(element.to_string().as_bytes()).unwrap();
        let mut config = Attributes::new();
        let creator = take(&mut element, "metadata", "", &mut config);
        assert!(element.members().is_empty());
        (config, creator)
    }

    #[test]
    fn only_a_known_switch_with_a_truth_value_stays_readable() {
        let (config, creator) = taken(&json!([
            {"key": "startup-script", "value": "curl -H secret-1"},
            {"key": "enable-oslogin", "value": "TRUE"},
            {"key": "serial-port-enable", "value": "secret-2"},
            {"key": "my-switch", "value": "true"},
            {"key": "empty"},
        ]));
        assert_eq!(config["metadata[enable-oslogin]"], "TRUE");
        assert_eq!(config["metadata[startup-script].length"], 16);
        assert!(config.contains_key("metadata[my-switch].sha256"));
        assert_eq!(config["metadata[empty].length"], 0);
        assert!(!format!("{config:?}").contains("secret"));
        assert_eq!(creator, None);
    }

    #[test]
    fn the_order_of_the_items_means_nothing() {
        let one = taken(&json!([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]));
        let other = taken(&json!([{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]));
        assert_eq!(one, other);
    }

    #[test]
    fn only_a_group_manager_is_a_creator() {
        let group = "projects/12/zones/z/instanceGroupManagers/web";
        assert_eq!(taken(&json!([{"key": "created-by", "value": group}])).1.as_deref(), Some(group));
        assert_eq!(taken(&json!([{"key": "created-by", "value": "a token"}])).1, None);
    }
}
