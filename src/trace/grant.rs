//! Events on who may do what: such an event names a principal, or what the principal holds, and never the grant.

use std::collections::BTreeSet;

use serde_json::Value;

use super::actors::granted;
use super::found::Inquiry;
use super::index::By;
use super::join::Hit;
use crate::model::{AuditEvent, Class, Kind, Resource, Role};

/// Parts of the names of operations that give somebody credentials or a place to use them, and no rights.
const CREDENTIALS: &[&str] = &[
    "AccessKey",
    "InstanceProfile",
    "LoginProfile",
    "MFADevice",
    "ServiceAccountKey",
    "createserviceaccountkey",
];

/// Returns the events that gave or took rights and name the principal of a grant, or the policy, group, role or
/// assignment by which it is held.
pub(super) fn hits<'a>(inquiry: &Inquiry<'_, 'a>, resource: &Resource) -> Vec<Hit<'a>> {
    if resource.key.kind != Kind::Grant {
        return Vec::new();
    }
    let names = names(resource);
    let (provider, account) = (resource.key.provider, &resource.account);
    let events = [Class::IamGrant, Class::IamRevoke]
        .into_iter()
        .flat_map(|class| inquiry.index.of_class(provider, account, class, inquiry.narrowed.search));
    let speaking = events.filter(|event| gives_rights(event) && speaks_of(event, &names));
    speaking.map(|event| Hit { event, by: By::Name, role: Role::Subject }).collect()
}

fn gives_rights(event: &AuditEvent) -> bool {
    !CREDENTIALS.iter().any(|part| event.operation.contains(part))
}

fn speaks_of(event: &AuditEvent, names: &BTreeSet<String>) -> bool {
    let told = granted(event);
    told.iter()
        .any(|told| names.contains(told) || told.rsplit('/').next().is_some_and(|last| names.contains(last)))
}

/// Returns everything by which an event can name a grant's principal and givers, in lower case.
fn names(grant: &Resource) -> BTreeSet<String> {
    let text = |path: &str| grant.config.get(path).and_then(Value::as_str);
    let told = |path: &str| grant.evidence.get(path).and_then(Value::as_array).into_iter().flatten();
    let whole = [text("principal"), text("principal_key")].into_iter().flatten();
    let givers = ["assignments", "given_by"].into_iter().flat_map(told).filter_map(Value::as_str);
    let texts: Vec<&str> = whole.chain(givers).collect();
    // `arn:aws:iam::1:user/ann#AIDA…` is `ann`, too.
    let last = texts.iter().filter_map(|text| text.split('#').next()?.rsplit('/').next());
    last.chain(texts.iter().copied()).filter(|name| !name.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Provider;
    use crate::trace::specimen::{Specimen, event, resource};

    const ANN: &str = "arn:aws:iam::111122223333:user/ops/ann";

    fn grant() -> Resource {
        let mut grant = resource(Provider::Aws, Kind::Grant, "00", "00");
        grant.config.insert("principal".to_owned(), json!(ANN));
        grant.config.insert("principal_key".to_owned(), json!(format!("{ANN}#AIDA1")));
        grant.evidence.insert("given_by".to_owned(), json!(["arn:aws:iam::111122223333:policy/end"]));
        grant
    }

    #[test]
    fn an_event_names_the_principal_by_name_or_the_policy_by_address() {
        let of = |target: &str| {
            let event = event("e", 1, Class::IamGrant, "AttachUserPolicy").at(Role::Subject, None, target);
            speaks_of(&event, &names(&grant()))
        };
        assert!(of("ann") && of(ANN) && of("arn:aws:iam::111122223333:policy/end"));
        assert!(!of("bob") && !of("arn:aws:iam::111122223333:policy/other"));
    }

    #[test]
    fn a_key_gives_no_rights() {
        for (operation, expected) in [("CreateAccessKey", false), ("AttachUserPolicy", true)] {
            assert_eq!(gives_rights(&event("e", 1, Class::IamGrant, operation)), expected, "{operation}");
        }
    }
}
