//! The rows of the test matrix that traces decide (SEMANTICS J), each with a twin that differs in one element.

mod around;
mod joins;
mod silence;
mod tenant;

use super::fixture::*;
use crate::model::{AuditEvent, Change, Class, EventId, TraceState};

fn state(scene: &Scene, change: &Change) -> TraceState {
    scene.trace(change.clone()).state
}

fn ids(events: &[EventId]) -> Vec<&str> {
    events.iter().map(EventId::as_str).collect()
}

fn terminated(uid: &str) -> AuditEvent {
    alice("TerminateInstances", Class::InstanceDelete, uid)
}

fn replaced() -> Change {
    let after =
        machine("i-1", "vol-2").proving("BlockDeviceMappings[/dev/xvda].AttachTime", "2026-01-01T05:03:00Z");
    swapped(machine("i-1", "vol-1"), after)
}
