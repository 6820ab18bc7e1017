//! Changes and evidence, arranged for the search.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::horizon::Horizon;
use super::life::{Name, names};
use crate::model::{
    Actor, AuditEvent, Change, Digest, End, EventId, Locator, Residue, ResidueKind, Role, Target, Timestamp,
    Uid, Window, printable,
};
use crate::trace::{Evidence, Presence};

/// How long an operation may run that its log took on and did not end (SEMANTICS E.2.2, E.3.2).
const RUNS_AT_MOST: SignedDuration = SignedDuration::from_hours(24);

/// What the search for residues looks at.
pub(super) struct View<'a> {
    /// What was given.
    pub(super) evidence: &'a Evidence<'a>,
    /// Which time is compared.
    pub(super) horizon: Horizon<'a>,
    /// Every event, in the order of time.
    pub(super) events: Vec<&'a AuditEvent>,
    /// The events that explain a change.
    pub(super) used: BTreeSet<&'a EventId>,
    changes: BTreeMap<Name, Vec<&'a Change>>,
}

impl<'a> View<'a> {
    pub(super) fn of(changes: &'a [Change], evidence: &'a Evidence<'a>) -> Self {
        let mut events: Vec<&AuditEvent> = evidence.events.iter().collect();
        events.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        let used =
            changes.iter().flat_map(|change| change.trace.events.iter().chain(&change.trace.caused_by));
        let mut by_name: BTreeMap<Name, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            for resource in change.before.iter().chain(&change.after) {
                let mut target = Target::by_uid(Role::Subject, resource.key.kind, resource.key.uid.as_str());
                target.locator = Some(resource.locator.clone());
                for name in names(resource.key.provider, &target).collect::<BTreeSet<_>>() {
                    by_name.entry(name).or_default().push(change);
                }
            }
        }
        Self { evidence, horizon: Horizon::of(evidence), events, used: used.collect(), changes: by_name }
    }

    /// Returns the events of the time that is compared, in the order of time.
    pub(super) fn window(&self) -> impl Iterator<Item = &'a AuditEvent> {
        self.events.iter().copied().filter(|event| self.horizon.contains(event))
    }

    /// Returns what the two scans saw of a target; `None` if nobody looked.
    pub(super) fn presence(&self, event: &AuditEvent, target: &Target) -> Option<&'a Presence> {
        self.evidence.sightings.of(event.provider, target)
    }

    /// Returns the changes of what a target names.
    pub(super) fn changes(&self, event: &AuditEvent, target: &Target) -> impl Iterator<Item = &'a Change> {
        names(event.provider, target).filter_map(|name| self.changes.get(&name)).flatten().copied()
    }

    /// Whether an operation may still be under way: it was taken on, and its log did not say yet how it
    /// ended.
    pub(super) fn runs(&self, event: &AuditEvent) -> bool {
        let open = matches!(event.outcome.end, End::Accepted | End::Started);
        open && self.evidence.now.duration_since(event.time) < RUNS_AT_MOST
    }

    /// Whether the log may still deliver what happened until a moment.
    pub(super) fn may_be_late(&self, event: &AuditEvent, until: Timestamp) -> bool {
        let budget = SignedDuration::from_secs(self.evidence.budgets.of(event.provider));
        self.evidence.now.duration_since(until) < budget
    }
}

/// Puts a residue together; its place is that of its first event.
pub(super) fn residue(
    kind: ResidueKind,
    target: Option<Target>,
    window: Window,
    events: &[&AuditEvent],
    reason: String,
) -> Option<Residue> {
    let ordered: BTreeMap<(Timestamp, &EventId), &AuditEvent> =
        events.iter().map(|event| ((event.time, &event.id), *event)).collect();
    let first = *ordered.values().next()?;
    let events: Vec<EventId> = ordered.values().map(|event| event.id.clone()).collect();
    Some(Residue {
        id: fingerprint(kind, first, target.as_ref(), &events),
        kind,
        provider: first.provider,
        account: first.account.clone(),
        location: first.location.clone(),
        target,
        window,
        events,
        actor: Some(first.actor.clone()),
        reason,
    })
}

/// Returns a residue's id: the first 16 bytes of the BLAKE3 digest over its kind, its resource and its
/// events.
fn fingerprint(kind: ResidueKind, first: &AuditEvent, target: Option<&Target>, events: &[EventId]) -> String {
    let resource = target.map(label).unwrap_or_default();
    let mut parts = vec![kind.as_str(), first.provider.as_str(), first.account.as_str(), &resource];
    let events: BTreeSet<&str> = events.iter().map(EventId::as_str).collect();
    parts.extend(events);
    let mut hex = Digest::of(parts.join("\n").as_bytes()).to_string();
    hex.truncate(32);
    hex
}

/// Returns what names a target best: its uid, else its locator, else its name.
pub(super) fn label(target: &Target) -> String {
    let uid = target.uid.as_ref().map(Uid::as_str);
    let locator = target.locator.as_ref().map(Locator::as_str);
    uid.or(locator).or(target.name.as_deref()).unwrap_or_default().to_owned()
}

/// Names an actor for people: a shared role's session beside it, a vendor's service by its own name.
pub(super) fn who(actor: &Actor) -> String {
    match (&actor.service, &actor.session) {
        (Some(service), _) => format!("the service {}", printable(service)),
        (None, Some(session)) => format!("{} ({})", printable(&actor.name), printable(session)),
        (None, None) => printable(&actor.name),
    }
}

/// Names what an event did, in the vendor's word.
pub(super) fn what(event: &AuditEvent) -> String {
    format!("`{}`", printable(&event.operation))
}

/// Says how long something took, in the two largest units.
pub(super) fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
