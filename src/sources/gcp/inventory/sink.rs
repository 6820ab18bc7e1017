//! Log sink of a project → audit log (SEMANTICS A.5): what of its logs is kept, and where.

use super::super::wire;
use crate::model::{AccountId, Confidence, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// Fields of a `LogSink` (Cloud Logging v2).
const FIELDS: &[Field] = &[
    Field::config("bigqueryOptions", Form::Plain),
    Field::config("description", Form::Plain),
    Field::config("destination", Form::Plain),
    Field::config("disabled", Form::Plain),
    Field::config("filter", Form::Plain),
    Field::config("includeChildren", Form::Plain),
    Field::config("interceptChildren", Form::Plain),
    Field::config("outputVersionFormat", Form::Plain),
    Field::config("writerIdentity", Form::Plain),
    Field::evidence("updateTime", Form::Time),
    Field::volatile("resourceName"),
];

/// What a sink leaves out; when that was said and changed is told by the log.
const EXCLUSION: &[Field] = &[
    Field::config("description", Form::Plain),
    Field::config("disabled", Form::Plain),
    Field::config("filter", Form::Plain),
    Field::volatile("createTime"),
    Field::volatile("updateTime"),
];

/// Reads a sink; it has no id but its name in the project that was asked.
///
/// # Errors
///
/// `no-id` without a name.
pub(super) fn read(mut element: Element, hints: &Hints) -> Result<Reading, Odd> {
    let name = element.take_id("name")?;
    // `projects/<id>/sinks/<name>`, which newer answers tell.
    let told = element.peek_text("resourceName").and_then(|path| path.strip_prefix("projects/"));
    let told = told.and_then(|path| path.split('/').next()).map(AccountId::new);
    let account = hints.account.clone().or(told);
    let confidence = if account.is_some() { Confidence::High } else { Confidence::Low };
    let account = account.unwrap_or_else(AccountId::unknown);
    let path = format!("projects/{account}/sinks/{}", wire::last_segment(&name));
    let key = ResourceKey { provider: Provider::Gcp, kind: Kind::AuditLog, uid: Uid::new(&*path) };
    let mut resource = Resource::new(key, account, Location::new("global"), Locator::new(path));
    resource.uid_confidence = confidence;
    resource.created_at = element.take_time("createTime");
    resource.name = Some(name);
    for mut exclusion in element.take_elements("exclusions") {
        let path = format!("exclusions[{}].", exclusion.take_text("name").unwrap_or_default());
        exclusion.take_fields(EXCLUSION, &path, &mut resource);
        element.leave_nested(exclusion, &path, &mut resource);
    }
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sources::gcp::Gcp;
    use crate::sources::{Cloud, Place, Shape};

    fn sink(changes: impl FnOnce(&mut Value)) -> Resource {
        let mut native = json!({"name": "_Default", "filter": "NOT LOG_ID(\"cloudaudit.googleapis.com/activity\")",
            "destination": "logging.googleapis.com/projects/p/locations/global/buckets/_Default",
            "exclusions": [{"name": "noise", "filter": "severity < INFO"}],
            "createTime": "2026-01-02T03:04:05.678Z", "updateTime": "2026-01-02T03:04:05.678Z"});
        changes(&mut native);
        let shape = Gcp.recognise(native.as_object().unwrap(), &Place::default());
        assert_eq!(shape, Some(Shape::Resource(Kind::AuditLog)));
        let hints = Hints { account: Some(AccountId::new("p")), ..Hints::default() };
        let element = Element::parse(native.to_string().as_bytes()).unwrap();
        let Reading::Resource { resource, odd } = read(element, &hints).unwrap() else { panic!() };
        assert_eq!(odd, []);
        *resource
    }

    #[test]
    fn a_sink_is_its_name_in_its_project() {
        let sink = sink(|_| ());
        assert_eq!(sink.key.uid.as_str(), "projects/p/sinks/_Default");
        assert_eq!((sink.account.as_str(), sink.location.as_str()), ("p", "global"));
        assert_eq!(sink.config["exclusions[noise].filter"], "severity < INFO");
        assert_eq!(sink.unmapped, [].into());
    }

    #[test]
    fn a_sink_that_is_disabled_or_excludes_more_is_drift() {
        let whole = sink(|_| ());
        assert_ne!(sink(|native| native["disabled"] = json!(true)).config, whole.config);
        assert_ne!(sink(|native| native["exclusions"][0]["filter"] = json!("true")).config, whole.config);
        assert_eq!(sink(|native| native["updateTime"] = json!("2026-02-02T00:00:00Z")).config, whole.config);
    }
}
