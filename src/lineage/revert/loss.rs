//! Whether anything was lost: a copy that was taken after the last stop holds the last state (SEMANTICS C.2).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::scene::{Scene, Side};
use crate::model::{Class, NodeKey, Phase, Resource, Timestamp, Window};

/// Returns why nothing was lost, if that is proven: the copy was taken when nothing wrote to the disk any more.
///
/// A log counts only if it is `trusted`: one that lacks the swap itself may lack a start.
pub(super) fn nothing_lost(
    scene: &Scene<'_>,
    instance: &NodeKey,
    (old, slot): (&NodeKey, &str),
    (taken, at): (Timestamp, Window),
    trusted: bool,
) -> Option<String> {
    if taken > at.to {
        return None;
    }
    let by_log = trusted.then(|| stopped_by_log(scene, instance, at)).flatten();
    if let Some(stopped) = by_log.filter(|stopped| *stopped <= taken) {
        return Some(format!("its source was taken after the instance had stopped at {stopped}"));
    }
    if let Some(stopped) = stopped_by_state(scene, instance, at).filter(|stopped| *stopped <= taken) {
        return Some(format!("its source was taken after the instance had stopped at {stopped}"));
    }
    let stood = trusted.then(|| stopped_before(scene, instance, at)).flatten();
    if let Some(stopped) = stood.filter(|stopped| *stopped <= taken) {
        return Some(format!("its source was taken after the instance had stopped by {stopped}"));
    }
    let held = scene.occupants(instance, slot).iter().rfind(|held| held.volume == *old);
    let detached = held.and_then(|held| held.detached).map(|window| window.to);
    let detached = detached.filter(|detached| *detached <= taken)?;
    Some(format!("its source was taken after the old volume was detached at {detached}"))
}

/// Returns when the instance stopped for the last time before a moment, if it did not start again until then.
fn stopped_by_log(scene: &Scene<'_>, instance: &NodeKey, at: Window) -> Option<Timestamp> {
    let turns = scene.done_to(instance, &[Class::InstanceStop, Class::InstanceStart, Class::InstanceReboot]);
    let last = turns.into_iter().rfind(|event| event.time <= at.to)?;
    (last.class == Class::InstanceStop).then(|| last.last_at())
}

/// Returns the same by what the instance says of itself.
fn stopped_by_state(scene: &Scene<'_>, instance: &NodeKey, at: Window) -> Option<Timestamp> {
    let after = scene.state(instance, Side::After)?;
    if let Some(stopped) = moment(after, "lastStopTimestamp") {
        let started = moment(after, "lastStartTimestamp").filter(|started| *started > stopped);
        let stayed = started.is_none_or(|started| started >= at.from);
        return (stopped <= at.from && stayed).then_some(stopped);
    }
    let stopped = after.state.as_ref().is_some_and(|state| state.phase == Phase::Stopped);
    let reason = after.evidence.get("StateTransitionReason")?.as_str()?;
    said(reason).filter(|told| stopped && *told <= at.to)
}

/// Returns by when the instance stopped that the earlier scan found stopped, if no log tells of a start since.
fn stopped_before(scene: &Scene<'_>, instance: &NodeKey, at: Window) -> Option<Timestamp> {
    let before = scene.state(instance, Side::Before)?;
    before.state.as_ref().filter(|state| state.phase == Phase::Stopped)?;
    let turns = scene.done_to(instance, &[Class::InstanceStart, Class::InstanceReboot]);
    if turns.iter().any(|event| event.time <= at.from) {
        return None;
    }
    let reason = before.evidence.get("StateTransitionReason").and_then(|reason| reason.as_str());
    Some(reason.and_then(said).unwrap_or(scene.span.from))
}

fn moment(state: &Resource, field: &str) -> Option<Timestamp> {
    state.evidence.get(field)?.as_str()?.parse().ok()
}

/// Returns the time in EC2's words: `User initiated (2026-03-01 10:30:00 GMT)`.
fn said(reason: &str) -> Option<Timestamp> {
    let (_, rest) = reason.split_once('(')?;
    let time: DateTime = rest.split_once(" GMT)")?.0.parse().ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_stop_tells_when() {
        let told = said("User initiated (2026-03-01 10:30:00 GMT)").unwrap();
        assert_eq!(told, "2026-03-01T10:30:00Z".parse().unwrap());
        assert_eq!(said("User initiated"), None);
        assert_eq!(said("Server.SpotInstanceTermination (soon)"), None);
    }
}
