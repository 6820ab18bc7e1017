//! The state of what is made once and then stands.

use serde_json::Value;

use crate::model::{Phase, Resource, State};
use crate::sources::Element;

/// Takes `State`; one of `making` is taken as `made`, since completion is no drift, and stands in evidence
/// (SEMANTICS B.1).
pub(super) fn take_state(
    element: &mut Element,
    making: &[&str],
    made: &str,
    phase: fn(&str) -> Phase,
    resource: &mut Resource,
) {
    let Some(told) = element.take_text("State") else { return };
    let native = if making.contains(&told.as_str()) {
        resource.evidence.insert("State".to_owned(), Value::String(told));
        made.to_owned()
    } else {
        told
    };
    resource.state = Some(State { phase: phase(&native), native });
}
