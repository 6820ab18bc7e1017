//! What a change of a trail makes it record less of (SEMANTICS F.1).

use serde_json::Value;

use super::native::{Native, Part, at, flag, is_true, member, text_of};

/// Flags of a trail, with what is lost when each is false.
const FLAGS: &[(&str, &str)] = &[
    ("isMultiRegionTrail", "other regions"),
    ("includeGlobalServiceEvents", "global service events"),
    ("enableLogFileValidation", "log file validation"),
    ("isOrganizationTrail", "other accounts"),
];

/// What the whole of a trail is.
const EVERYTHING: &str = "all events";

/// Returns what an operation visibly makes a log record less of, in words; `None` where the request does not
/// tell.
pub(super) fn reduces(native: &Native, operation: &str) -> Option<Vec<String>> {
    let request = native.part(Part::Request);
    match operation {
        "StopLogging" | "DeleteTrail" | "DeleteEventDataStore" | "StopEventDataStoreIngestion" => {
            Some(vec![EVERYTHING.to_owned()])
        }
        "PutEventSelectors" | "UpdateEventDataStore" => selected(request),
        "UpdateTrail" => updated(request),
        "PutInsightSelectors" => {
            let selectors = member(request, "insightSelectors")?.as_array()?;
            Some(selectors.is_empty().then(|| "insights".to_owned()).into_iter().collect())
        }
        "UpdateDetector" => {
            let enabled = member(request, "enable").and_then(flag)?;
            Some((!enabled).then(|| "findings".to_owned()).into_iter().collect())
        }
        _ => None,
    }
}

/// Whether a request proves that it takes nothing away: it tells the whole of what is recorded, and that is
/// all there is.
pub(super) fn reduces_nothing(native: &Native, operation: &str) -> bool {
    reduces(native, operation).is_some_and(|reduced| reduced.is_empty())
}

/// A trail's new settings; one that is only switched on takes nothing away, and of a new destination nobody
/// knows who reads it.
fn updated(request: &Value) -> Option<Vec<String>> {
    let lost = FLAGS.iter().filter(|(name, _)| member(request, name).and_then(flag) == Some(false));
    let lost: Vec<String> = lost.map(|(_, what)| (*what).to_owned()).collect();
    let is_told = |name: &String| {
        let is_flag = FLAGS.iter().any(|(flag, _)| name.eq_ignore_ascii_case(flag));
        is_flag || ["name", "trailName"].iter().any(|it| name.eq_ignore_ascii_case(it))
    };
    let only_flags = request.as_object()?.keys().all(is_told);
    (only_flags || !lost.is_empty()).then_some(lost)
}

/// Returns what no selector selects; `None` where there are none. Selectors add up, so that the one that leaves out
/// least counts.
pub(in crate::sources::aws) fn selected(request: &Value) -> Option<Vec<String>> {
    let basic = selectors(request, "eventSelectors").map(|list| list.into_iter().map(basic).collect());
    let advanced = || -> Option<Vec<_>> {
        let list = selectors(request, "advancedEventSelectors")?;
        Some(list.into_iter().map(advanced).collect())
    };
    let left_out: Vec<Option<Vec<String>>> = basic.or_else(advanced)?;
    let least = left_out.into_iter().flatten().min_by_key(Vec::len);
    Some(least.unwrap_or_else(|| vec!["management events".to_owned()]))
}

fn selectors<'a>(request: &'a Value, name: &str) -> Option<Vec<&'a Value>> {
    let list = member(request, name)?.as_array()?;
    (!list.is_empty()).then(|| list.iter().collect())
}

/// What a selector leaves out; `None` if it selects no management events at all.
fn basic(selector: &Value) -> Option<Vec<String>> {
    if member(selector, "includeManagementEvents").and_then(flag) == Some(false) {
        return None;
    }
    let kept = text_of(selector, "readWriteType").unwrap_or("All");
    let sources = at(selector, "excludeManagementEventSources").into_iter().filter_map(Value::as_str);
    let read_write = match kept {
        "ReadOnly" => Some("write events".to_owned()),
        "WriteOnly" => Some("read events".to_owned()),
        _ => None,
    };
    Some(read_write.into_iter().chain(sources.map(of_source)).collect())
}

fn advanced(selector: &Value) -> Option<Vec<String>> {
    let fields = at(selector, "fieldSelectors");
    let is_category = |field: &&Value| text_of(field, "field") == Some("eventCategory");
    let category = fields.iter().copied().find(is_category)?;
    let is_management = at(category, "equals").into_iter().any(|it| it.as_str() == Some("Management"));
    is_management.then(|| fields.into_iter().filter(|it| !is_category(it)).flat_map(left_out).collect())
}

fn left_out(field: &Value) -> Vec<String> {
    let name = text_of(field, "field").unwrap_or("unknown");
    let not = at(field, "notEquals");
    match name {
        "readOnly" if at(field, "equals").into_iter().any(is_true) => vec!["write events".to_owned()],
        "readOnly" => vec!["read events".to_owned()],
        "eventSource" if !not.is_empty() => {
            not.into_iter().filter_map(Value::as_str).map(of_source).collect()
        }
        _ => vec![format!("events by {name}")],
    }
}

fn of_source(source: &str) -> String {
    format!("events of {source}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{called_of, event};
    use crate::model::Class;

    use super::*;

    /// Returns the class of a change of a trail, with what it is seen to take away.
    fn changed(operation: &str, request: Value) -> (Class, Vec<String>) {
        let event = event(called_of("cloudtrail.amazonaws.com", operation, request, Value::Null));
        let reduces = event.facts.get("reduces").cloned().unwrap_or_else(|| json!([]));
        (event.class, serde_json::from_value(reduces).unwrap())
    }

    fn tampered(what: &[&str]) -> (Class, Vec<String>) {
        (Class::LogTamper, what.iter().map(|it| (*it).to_owned()).collect())
    }

    const WHOLE: (Class, Vec<String>) = (Class::LogRestore, Vec::new());

    #[test]
    fn a_trail_that_stops_records_nothing_and_one_that_starts_does() {
        assert_eq!(changed("StopLogging", json!({ "name": "main" })), tampered(&["all events"]));
        assert_eq!(changed("DeleteTrail", json!({ "name": "main" })), tampered(&["all events"]));
        assert_eq!(changed("StartLogging", json!({ "name": "main" })), WHOLE);
        assert_eq!(changed("CreateTrail", json!({ "name": "main" })), WHOLE);
    }

    #[test]
    fn basic_selectors_tell_what_they_leave_out() {
        let put = |selector: Value| changed("PutEventSelectors", json!({ "eventSelectors": [selector] }));
        assert_eq!(
            put(json!({ "readWriteType": "ReadOnly", "includeManagementEvents": true })),
            tampered(&["write events"])
        );
        assert_eq!(put(json!({ "includeManagementEvents": false })), tampered(&["management events"]));
        let excluded =
            json!({ "readWriteType": "All", "excludeManagementEventSources": ["kms.amazonaws.com"] });
        assert_eq!(put(excluded), tampered(&["events of kms.amazonaws.com"]));
        assert_eq!(put(json!({ "readWriteType": "All", "includeManagementEvents": true })), WHOLE);
        assert_eq!(changed("PutEventSelectors", json!({ "trailName": "main" })), tampered(&[]));
    }

    #[test]
    fn advanced_selectors_add_up() {
        let put =
            |selectors: Value| changed("PutEventSelectors", json!({ "advancedEventSelectors": selectors }));
        let management = json!({ "field": "eventCategory", "equals": ["Management"] });
        let data = json!({ "fieldSelectors": [{ "field": "eventCategory", "equals": ["Data"] }] });
        assert_eq!(put(json!([{ "fieldSelectors": [management] }, data])), WHOLE);
        assert_eq!(put(json!([data])), tampered(&["management events"]));
        let blind = json!({ "fieldSelectors": [management,
            { "field": "eventSource", "notEquals": ["ec2.amazonaws.com"] } ] });
        assert_eq!(put(json!([blind])), tampered(&["events of ec2.amazonaws.com"]));
        let half =
            |read: &str| json!({ "fieldSelectors": [management, { "field": "readOnly", "equals": [read] }] });
        assert_eq!(put(json!([half("true")])), tampered(&["write events"]));
        assert_eq!(put(json!([half("true"), { "fieldSelectors": [management] }])), WHOLE);
    }

    #[test]
    fn an_update_takes_away_what_it_switches_off() {
        let update = |request: Value| changed("UpdateTrail", request);
        let off = json!({ "name": "main", "isMultiRegionTrail": false, "includeGlobalServiceEvents": false });
        assert_eq!(update(off), tampered(&["global service events", "other regions"]));
        assert_eq!(update(json!({ "name": "main", "enableLogFileValidation": true })), WHOLE);
        assert_eq!(update(json!({ "name": "main", "s3BucketName": "elsewhere" })), tampered(&[]));
    }

    #[test]
    fn a_refused_change_without_a_request_is_still_one() {
        assert_eq!(changed("UpdateTrail", json!(null)), tampered(&[]));
        assert_eq!(
            changed("PutInsightSelectors", json!({ "insightSelectors": [] })),
            tampered(&["insights"])
        );
    }
}
