//! Tags, and the service that manages a resource.

use std::collections::BTreeMap;

use crate::model::{Confidence, ManagedBy, Resource};
use crate::sources::Element;

/// The tags by which a service marks what it made.
///
/// Keys that begin with `aws:` cannot be written by users (SEMANTICS D.2, class U). A stack's tags are
/// no such mark: a stack does not make or delete a resource without an operator's call, so they stay plain
/// tags.
pub(super) struct Mark {
    prefix: &'static str,
    controller: &'static str,
    service: &'static str,
}

/// What launches and terminates instances by itself; the outermost controller first.
pub(super) const LAUNCHERS: &[Mark] = &[
    Mark { prefix: "aws:autoscaling:", controller: "aws:autoscaling:groupName", service: "autoscaling" },
    Mark { prefix: "aws:eks:", controller: "aws:eks:cluster-name", service: "eks" },
    Mark { prefix: "aws:ec2:fleet-id", controller: "aws:ec2:fleet-id", service: "ec2-fleet" },
    Mark { prefix: "aws:ec2spot:", controller: "aws:ec2spot:fleet-request-id", service: "spot-fleet" },
];

/// What makes and deletes snapshots and images on a schedule.
pub(super) const BACKUPS: &[Mark] = &[
    Mark { prefix: "aws:dlm:", controller: "aws:dlm:lifecycle-policy-id", service: "dlm" },
    Mark { prefix: "aws:backup:", controller: "aws:backup:source-resource", service: "backup" },
];

/// Takes `Tags` into the resource's tags, name and, by `marks`, manager; `Operator` names the manager
/// first.
pub(super) fn take_tags(element: &mut Element, marks: &[Mark], resource: &mut Resource) {
    for mut tag in element.take_elements("Tags") {
        if let Some(key) = tag.take_text("Key") {
            resource.tags.insert(key, tag.take_text("Value").unwrap_or_default());
        }
        element.leave_nested(tag, "Tags[].", resource);
    }
    resource.name = resource.tags.get("Name").filter(|name| !name.is_empty()).cloned();
    resource.managed_by = take_operator(element).or_else(|| marked(&resource.tags, marks));
}

/// Takes `Operator`, which EC2 itself writes (`Managed` is false for what no service manages).
fn take_operator(element: &mut Element) -> Option<ManagedBy> {
    let managed = element.take_flag("Operator.Managed")?;
    let principal = element.take_text("Operator.Principal");
    let service = principal.unwrap_or_else(|| "aws".to_owned());
    managed.then_some(ManagedBy { confidence: Confidence::High, controller: None, service })
}

fn marked(tags: &BTreeMap<String, String>, marks: &[Mark]) -> Option<ManagedBy> {
    let mark = marks.iter().find(|mark| tags.keys().any(|key| key.starts_with(mark.prefix)))?;
    Some(ManagedBy {
        confidence: Confidence::High,
        controller: tags.get(mark.controller).cloned(),
        service: mark.service.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Kind;
    use crate::sources::Hints;
    use crate::sources::aws::inventory::identity::{Origin, resource};

    fn read(native: Value, marks: &[Mark]) -> Resource {
        let Value::Object(members) = native else { panic!() };
        let origin = Origin { hints: &Hints::default(), owner: None, zone: None };
        let mut resource = resource(Kind::Instance, "i-1".to_owned(), origin);
        take_tags(&mut Element::new(members), marks, &mut resource);
        resource
    }

    fn tagged(key: &str, value: &str) -> Value {
        json!({ "Tags": [{ "Key": key, "Value": value }, { "Key": "Name", "Value": "web" }] })
    }

    #[test]
    fn reserved_tags_name_the_manager_with_high_confidence() {
        for (marks, key, service) in [
            (LAUNCHERS, "aws:autoscaling:groupName", "autoscaling"),
            (LAUNCHERS, "aws:ec2:fleet-id", "ec2-fleet"),
            (LAUNCHERS, "aws:ec2spot:fleet-request-id", "spot-fleet"),
            (LAUNCHERS, "aws:eks:cluster-name", "eks"),
            (BACKUPS, "aws:dlm:lifecycle-policy-id", "dlm"),
            (BACKUPS, "aws:backup:source-resource", "backup"),
        ] {
            let resource = read(tagged(key, "the-one"), marks);
            let managed_by = resource.managed_by.unwrap();
            assert_eq!((managed_by.service.as_str(), managed_by.confidence), (service, Confidence::High));
            assert_eq!(managed_by.controller.as_deref(), Some("the-one"));
            assert_eq!(resource.name.as_deref(), Some("web"));
        }
    }

    #[test]
    fn tags_that_anyone_can_write_and_stacks_name_no_manager() {
        for key in ["autoscaling:groupName", "AWS:autoscaling:groupName", "aws:cloudformation:stack-id"] {
            let resource = read(tagged(key, "x"), LAUNCHERS);
            assert_eq!(resource.managed_by, None, "{key}");
            assert_eq!(resource.tags[key], "x");
        }
    }

    #[test]
    fn an_operator_manages_only_if_it_says_so() {
        let managed = json!({ "Operator": { "Managed": true, "Principal": "eks.amazonaws.com" } });
        assert_eq!(read(managed, LAUNCHERS).managed_by.unwrap().service, "eks.amazonaws.com");
        assert_eq!(read(json!({ "Operator": { "Managed": false } }), LAUNCHERS).managed_by, None);
    }

    #[test]
    fn an_empty_name_is_none_and_an_empty_tag_is_kept() {
        let resource = read(json!({ "Tags": [{ "Key": "Name", "Value": "" }] }), LAUNCHERS);
        assert_eq!(resource.name, None);
        assert_eq!(resource.tags["Name"], "");
    }
}
