//! API Activity, of cited audit events.

use serde_json::{Value, json};

use super::{Class, INFORMATIONAL, Occurrence, objects};
use crate::report::View;
use crate::report::index::Place;
use crate::report::view::{Event, Target};

const CLASS: Class = Class { uid: 6003, name: "API Activity", category: (6, "Application Activity") };

/// The type of an API Activity, as findings refer to it.
pub(super) fn type_uid(event: &Event) -> u32 {
    CLASS.uid * 100 + sort(event).0
}

/// Returns an audit event.
pub(super) fn activity(view: &View, event: &Event) -> Value {
    let (status_id, status) = match event.outcome.as_str() {
        "success" | "accepted" => (1, "Success"),
        "failed" | "denied" => (2, "Failure"),
        other => (99, other),
    };
    let occurrence = Occurrence {
        activity: sort(event),
        severity: INFORMATIONAL,
        time: event.time,
        message: &event.operation,
        uid: &event.id,
    };
    let members = json!({
        "metadata": { "original_event_uid": event.id, "log_name": event.log, "event_code": event.class },
        "actor": objects::actor(event.actor.as_ref()),
        "api": objects::api(event),
        "src_endpoint": objects::source(event),
        "http_request": objects::request(event),
        "cloud": objects::cloud(Place::of_log(event)),
        "resources": event.targets.iter().filter_map(target).collect::<Vec<_>>(),
        "status_id": status_id,
        "status": status,
        "status_detail": event.failure,
    });
    CLASS.event(view, &occurrence, members)
}

/// Returns what sort of activity it is, by the class of its operation.
fn sort(event: &Event) -> (u32, &'static str) {
    match event.class.rsplit('.').next() {
        Some("create" | "copy") => (1, "Create"),
        Some("access" | "assume") => (2, "Read"),
        Some("delete") => (4, "Delete"),
        Some("other") => (99, "Other"),
        _ => (3, "Update"),
    }
}

fn target(target: &Target) -> Option<Value> {
    let (uid, locator) = (target.uid.as_ref().map(ToString::to_string), target.locator.as_ref());
    let uid_alt = uid.as_ref().and(locator).map(ToString::to_string);
    let uid = uid.or_else(|| locator.map(ToString::to_string))?;
    Some(json!({ "uid": uid, "uid_alt": uid_alt, "type": target.kind, "role_id": 99, "role": target.role }))
}
