//! The members of a CloudTrail record, in both of its JSON styles (SEMANTICS E.1.2) and in the lower case that
//! CloudTrail Lake prints.

use serde_json::{Map, Value};

/// What lists and scalars are wrapped in: `items` in the older style, `item`, `member` and `content` in the newer.
const WRAPPERS: &[&str] = &["items", "item", "itemSet", "member", "content"];

/// A part of a record that says what was asked, answered or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `requestParameters`.
    Request,
    /// `responseElements`.
    Response,
    /// `serviceEventDetails`, of a record that no caller caused.
    Details,
}

/// A CloudTrail record with its parts unwrapped.
#[derive(Debug)]
pub(super) struct Native {
    record: Map<String, Value>,
    request: Value,
    response: Value,
    details: Value,
    identity: Value,
}

impl Native {
    /// Takes a record apart.
    pub(super) fn new(mut record: Map<String, Value>) -> Self {
        Self {
            request: unwrapped(take(&mut record, "requestParameters"), "Request"),
            response: unwrapped(take(&mut record, "responseElements"), "Response"),
            details: take(&mut record, "serviceEventDetails"),
            identity: take(&mut record, "userIdentity"),
            record,
        }
    }

    /// Returns a member of the record itself; of its parts only [`Self::part`] tells.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        spelled(&self.record, name)
    }

    /// Returns a text of the record itself that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Returns a part; null where the record has none.
    pub(super) const fn part(&self, part: Part) -> &Value {
        match part {
            Part::Request => &self.request,
            Part::Response => &self.response,
            Part::Details => &self.details,
        }
    }

    /// Returns `userIdentity`; null where the record has none.
    pub(super) const fn identity(&self) -> &Value {
        &self.identity
    }

    /// Returns every value at a path of a part, as [`at`] does.
    pub(super) fn at(&self, part: Part, path: &str) -> Vec<&Value> {
        at(self.part(part), path)
    }

    /// Returns the first text at a path of a part.
    pub(super) fn text_at(&self, part: Part, path: &str) -> Option<&str> {
        self.at(part, path).into_iter().find_map(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Whether CloudTrail left a part out, for its size.
    pub(super) fn is_truncated(&self) -> bool {
        let omitted = |part: &Value| part.get("omitted").is_some_and(is_true);
        self.get("omitted").is_some_and(is_true) || omitted(&self.request) || omitted(&self.response)
    }
}

/// Whether a value is true, as a flag or in words.
pub(super) fn is_true(value: &Value) -> bool {
    flag(value) == Some(true)
}

/// Returns a flag, as such or in words.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Returns a member of a record, spelled as CloudTrail does or in lower case as CloudTrail Lake does.
pub(super) fn spelled<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    record.get(name).or_else(|| record.get(&name.to_ascii_lowercase()))
}

/// Returns every value at a path of member names with `/` between them.
///
/// The case of a name means nothing: the styles differ in it. Lists and what wraps them are stepped through
/// wherever they stand, and a list of one may be no list.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    spread(value, &mut found);
    for name in path.split('/') {
        let members: Vec<&Value> = found.iter().filter_map(|value| member(value, name)).collect();
        found.clear();
        for member in members {
            spread(member, &mut found);
        }
    }
    found
}

/// Returns a member of an object by its name in any case.
///
/// The newer style numbers the elements of a list with a `tag` of their own, which is never meant.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    let is_index = |key: &str, value: &Value| key == "tag" && value.is_number();
    object.get(name).filter(|value| !is_index(name, value)).or_else(|| {
        let same = |(key, value): &(&String, &Value)| key.eq_ignore_ascii_case(name) && !is_index(key, value);
        object.iter().find(same).map(|(_, value)| value)
    })
}

/// Returns a text member that is not empty.
pub(super) fn text_of<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    member(value, name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn spread<'a>(value: &'a Value, out: &mut Vec<&'a Value>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| spread(item, out)),
        Value::Object(members) => match WRAPPERS.iter().find_map(|wrapper| members.get(*wrapper)) {
            Some(inner) => spread(inner, out),
            None => out.push(value),
        },
        _ => out.push(value),
    }
}

/// Takes a part out of a record; CloudTrail Lake prints some as text.
fn take(record: &mut Map<String, Value>, name: &str) -> Value {
    let part = record.remove(name).or_else(|| record.remove(&name.to_ascii_lowercase()));
    match part {
        Some(Value::String(text)) if text.starts_with('{') => {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        part => part.unwrap_or_default(),
    }
}

/// Takes the newer style's `<Action>Request` or `<Action>Response` off.
fn unwrapped(part: Value, suffix: &str) -> Value {
    let Value::Object(mut members) = part else { return part };
    let is_wrapper = |name: &String, value: &Value| {
        name.ends_with(suffix) && (value.is_object() || value.as_str() == Some(""))
    };
    let mut wrappers = members.iter().filter(|(name, value)| is_wrapper(name, value));
    let only = match (wrappers.next(), wrappers.next()) {
        (Some((name, _)), None) => Some(name.clone()),
        _ => None,
    };
    match only.and_then(|name| members.remove(&name)) {
        Some(inner @ Value::Object(_)) => inner,
        Some(_) => Value::Null,
        None => Value::Object(members),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn native(record: Value) -> Native {
        let Value::Object(record) = record else { panic!("{record} is no record") };
        Native::new(record)
    }

    #[test]
    fn both_styles_have_the_same_paths() {
        for request in [
            json!({ "instancesSet": { "items": [{ "instanceId": "i-1" }, { "instanceId": "i-2" }] } }),
            json!({ "StopInstancesRequest": { "InstancesSet": [{ "InstanceId": "i-1" }, { "InstanceId": "i-2" }] } }),
            json!({ "StopInstancesRequest": { "InstancesSet": { "item": [
                { "InstanceId": { "content": "i-1", "tag": 1 } }, { "InstanceId": { "content": "i-2", "tag": 2 } }
            ] } } }),
        ] {
            let native = native(json!({ "requestParameters": request }));
            assert_eq!(native.at(Part::Request, "instancesSet/instanceId"), [&json!("i-1"), &json!("i-2")]);
        }
    }

    #[test]
    fn a_list_of_one_may_be_no_list() {
        let response = json!({ "CreateFleetResponse": { "xmlns": "x", "fleetInstanceSet": {
            "item": { "instanceIds": { "item": "i-1" } } } } });
        let native = native(json!({ "responseElements": response }));
        assert_eq!(native.at(Part::Response, "fleetInstanceSet/instanceIds"), [&json!("i-1")]);
    }

    #[test]
    fn an_empty_request_is_none() {
        let native = native(json!({ "requestParameters": { "EnableSerialConsoleAccessRequest": "" } }));
        assert_eq!(native.part(Part::Request), &Value::Null);
    }

    #[test]
    fn a_member_that_only_sounds_like_a_wrapper_is_none() {
        let request = json!({ "pullRequest": "12", "snapshotId": "snap-1" });
        let native = native(json!({ "requestParameters": request }));
        assert_eq!(native.text_at(Part::Request, "snapshotId"), Some("snap-1"));
    }

    #[test]
    fn lower_case_and_parts_as_text_are_read_as_well() {
        let native = native(json!({ "eventname": "StopLogging", "requestparameters": "{\"name\":\"t\"}" }));
        assert_eq!(native.text("eventName"), Some("StopLogging"));
        assert_eq!(native.text_at(Part::Request, "name"), Some("t"));
    }

    #[test]
    fn an_omitted_part_makes_the_record_truncated() {
        assert!(native(json!({ "responseElements": { "omitted": true, "originalSize": 1 } })).is_truncated());
        assert!(native(json!({ "requestParameters": { "omitted": true } })).is_truncated());
        assert!(!native(json!({ "requestParameters": { "omitted": false } })).is_truncated());
    }
}
