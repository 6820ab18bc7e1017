//! When a change can have happened, and when its event can have been recorded (SEMANTICS F.2).

use jiff::SignedDuration;

use crate::model::{AttributeChange, Change, ChangeKind, Kind, Provider, Resource, Timestamp, Window};

/// How far an event may stand from the moment that the resource itself tells.
const NEAR: SignedDuration = SignedDuration::from_mins(10);
/// How long an Azure operation may run before it takes effect.
const LONG: SignedDuration = SignedDuration::from_mins(60);

/// The windows of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Narrowed {
    /// Where its event is looked for: wider than the change, as clocks differ and operations run.
    pub(super) search: Window,
    /// For which time the log must be complete before silence is evidence.
    pub(super) proof: Window,
    /// The moment that the resource tells.
    pub(super) at: Option<Timestamp>,
}

/// Narrows the window of a change by what the resource tells of it.
///
/// A moment outside the window is none of this change's. A resource that replaced another, or a slot's volume,
/// tells only the end: what made room for it can lie anywhere before.
pub(super) fn narrowed(change: &Change) -> Narrowed {
    let provider = change.scope.provider;
    let skew = skew(provider);
    let wide = Window { from: change.window.from - skew, to: change.window.to + skew };
    let moment = told(change).filter(|told| wide.from <= told.at && told.at <= wide.to);
    let Some(Told { at, only_end }) = moment else {
        return Narrowed { search: begun_earlier(provider, wide), proof: change.window, at: None };
    };
    let from = if only_end { wide.from } else { at - NEAR };
    let proof = Window {
        from: if only_end { change.window.from } else { (at - NEAR).max(change.window.from) },
        to: (at + NEAR).min(change.window.to),
    };
    let search = begun_earlier(provider, Window { from, to: at + NEAR });
    Narrowed { search, proof, at: Some(at) }
}

/// How far the vendor's clock and listings may lag behind.
const fn skew(provider: Provider) -> SignedDuration {
    match provider {
        Provider::Aws | Provider::Azure => SignedDuration::from_mins(5),
        Provider::Gcp => SignedDuration::from_mins(2),
    }
}

fn begun_earlier(provider: Provider, window: Window) -> Window {
    let earlier = if provider == Provider::Azure { LONG } else { SignedDuration::ZERO };
    Window { from: window.from - earlier, to: window.to }
}

/// What a resource tells of the moment of its change.
struct Told {
    at: Timestamp,
    /// Whether the change can have begun long before.
    only_end: bool,
}

fn told(change: &Change) -> Option<Told> {
    let (before, after) = (change.before.as_deref(), change.after.as_deref());
    let only_end = matches!(change.kind, ChangeKind::Recreated | ChangeKind::SlotSwapped);
    let at = match change.kind {
        ChangeKind::Appeared | ChangeKind::Recreated => after?.created_at,
        ChangeKind::Vanished => transition(after?),
        ChangeKind::Attached | ChangeKind::SlotSwapped => {
            let after = after?;
            attached_at(after, change.attributes.first()?)
                .or_else(|| newer(after, before, &["LastOwnershipUpdateTime", "lastAttachTimestamp"]))
        }
        ChangeKind::Detached => newer(after?, before, &["LastOwnershipUpdateTime", "lastDetachTimestamp"]),
        ChangeKind::Started | ChangeKind::Restarted => {
            newer(after?, before, &["LaunchTime", "lastStartTimestamp"])
        }
        ChangeKind::Stopped => newer(after?, before, &["lastStopTimestamp", "lastSuspendedTimestamp"])
            .or_else(|| transition(after?)),
        _ => None,
    };
    Some(Told { at: at?, only_end })
}

/// Returns a moment of the evidence that moved.
fn newer(after: &Resource, before: Option<&Resource>, paths: &[&str]) -> Option<Timestamp> {
    let moments = paths.iter().filter_map(|path| {
        let new = moment(after, path)?;
        (before.and_then(|before| moment(before, path)) != Some(new)).then_some(new)
    });
    moments.max()
}

pub(super) fn moment(resource: &Resource, path: &str) -> Option<Timestamp> {
    resource.evidence.get(path)?.as_str()?.parse().ok()
}

/// When EC2 says that a volume was attached: by slot on an instance, by instance on a volume.
fn attached_at(resource: &Resource, attribute: &AttributeChange) -> Option<Timestamp> {
    let path = match resource.key.kind {
        Kind::Volume => format!("Attachments[{}].AttachTime", attribute.after.as_ref()?.as_str()?),
        _ => format!("BlockDeviceMappings[{}].AttachTime", slot(&attribute.path)?),
    };
    moment(resource, &path)
}

/// Returns the slot that a link's path names: `links.attached[/dev/xvda]`.
pub(super) fn slot(path: &str) -> Option<&str> {
    path.split_once('[')?.1.strip_suffix(']')
}

/// When EC2 says that a user stopped or terminated an instance: `User initiated (2026-01-02 03:04:05 GMT)`.
fn transition(resource: &Resource) -> Option<Timestamp> {
    let reason = resource.evidence.get("StateTransitionReason")?.as_str()?;
    let written = reason.split_once('(')?.1.strip_suffix(" GMT)")?;
    format!("{}Z", written.replace(' ', "T")).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::fixture::*;

    #[test]
    fn a_moment_that_the_resource_tells_narrows_the_window() {
        let made = aws(Kind::Volume, "vol-1").born("2026-01-01T05:00:00Z");
        let narrow = narrowed(&appeared(made));
        assert_eq!(narrow.search, span("2026-01-01T04:50:00Z", "2026-01-01T05:10:00Z"));
        assert_eq!(narrow.proof, narrow.search);
        assert_eq!(narrow.at, Some(time("2026-01-01T05:00:00Z")));
    }

    #[test]
    fn a_moment_outside_the_window_is_of_another_change() {
        let made = aws(Kind::Volume, "vol-1").born("2025-01-01T05:00:00Z");
        let narrow = narrowed(&appeared(made));
        assert_eq!(narrow.search, span("2025-12-31T23:55:00Z", "2026-01-01T12:05:00Z"));
        assert_eq!((narrow.proof, narrow.at), (WINDOW, None));
    }

    #[test]
    fn an_azure_operation_may_have_begun_an_hour_before() {
        let made = azure(Kind::Volume, "u-1", "osdisk").born("2026-01-01T05:00:00Z");
        assert_eq!(narrowed(&appeared(made)).search, span("2026-01-01T03:50:00Z", "2026-01-01T05:10:00Z"));
    }

    #[test]
    fn what_made_room_for_a_new_volume_can_lie_anywhere_before() {
        let (before, after) = (machine("i-1", "vol-1"), machine("i-1", "vol-2"));
        let after = after.proving("BlockDeviceMappings[/dev/xvda].AttachTime", "2026-01-01T05:00:00Z");
        let narrow = narrowed(&swapped(before, after));
        assert_eq!(narrow.search, span("2025-12-31T23:55:00Z", "2026-01-01T05:10:00Z"));
        assert_eq!(narrow.proof, span("2026-01-01T00:00:00Z", "2026-01-01T05:10:00Z"));
    }

    #[test]
    fn the_moment_of_a_stop_stands_in_its_reason() {
        let stopped = machine("i-1", "vol-1")
            .proving("StateTransitionReason", "User initiated (2026-01-01 05:00:00 GMT)");
        let change = change(ChangeKind::Stopped, Some(machine("i-1", "vol-1")), Some(stopped));
        assert_eq!(narrowed(&change).at, Some(time("2026-01-01T05:00:00Z")));
    }
}
