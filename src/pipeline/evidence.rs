//! What the store holds that bears on the changes between two scans.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::judge::Terms;
use crate::model::{
    AuditEvent, Change, Class, Coverage, LogInterval, LogStatus, Provider, ScanId, Target, Window,
};
use crate::rules;
use crate::store::{self, Store};
use crate::trace::{self, Evidence, Presence, Sightings};

/// How long before the earlier scan events matter: who configured a controller, who made an identity.
const BEFORE: SignedDuration = SignedDuration::from_hours(72);

/// How long before it somebody can have made ready a region that is used now (SEMANTICS F.7, CH6).
const OPENED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What makes a region ready.
const OPENERS: &[Class] = &[Class::RegionEnable, Class::QuotaRequest, Class::QuotaGranted];

/// How long after the later scan records of an operation may come that began before it.
const AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Events, log coverage, and what is known of the resources that events name.
pub(super) struct Gathered {
    span: Window,
    /// By time.
    events: Vec<AuditEvent>,
    /// Where in the events the time between the scans begins and ends.
    time: std::ops::Range<usize>,
    /// As recorded.
    logs: Vec<LogInterval>,
    sightings: Sightings,
    before: Vec<Coverage>,
    after: Vec<Coverage>,
}

/// Gathers what bears on the changes between two scans.
pub(super) fn gather(
    store: &Store,
    (before, after): (ScanId, ScanId),
    changes: &[Change],
) -> Result<Gathered, store::Error> {
    let (earlier, later) = (store.coverage(before)?, store.coverage(after)?);
    let span = match between(&earlier, &later) {
        Some(span) => span,
        None => Window { from: store.scan(before)?.taken_at, to: store.scan(after)?.taken_at },
    };
    // A change may be older than the earlier scan: where that could not look, an earlier one did.
    let oldest = changes.iter().map(|change| change.window.from).min().unwrap_or(span.from);
    let window = reach(span.from.min(oldest), span.to);
    let mut records = store.events_between(window)?;
    // Whoever stopped a log long ago stopped it for this time as well.
    records.extend(log_turns(store)?);
    if rules::may_open_a_region(changes, &records) {
        let from = window.from.saturating_sub(OPENED - BEFORE).unwrap_or(Timestamp::MIN);
        records.extend(store.events_of(OPENERS, Window { from, to: window.from })?);
    }
    let events = trace::fold(records);
    let logs = store.log_intervals_between(window)?;
    let begins = events.partition_point(|event| event.time < span.from);
    let ends = events.partition_point(|event| event.time <= span.to);
    let sightings = sightings(store, before, after, events.get(begins..ends).unwrap_or_default())?;
    Ok(Gathered { span, events, time: begins..ends, logs, sightings, before: earlier, after: later })
}

/// Returns from when to when events bear on what happened between two moments.
pub(super) fn reach(from: Timestamp, to: Timestamp) -> Window {
    Window {
        from: from.saturating_sub(BEFORE).unwrap_or(Timestamp::MIN),
        to: to.saturating_add(AFTER).unwrap_or(Timestamp::MAX),
    }
}

impl Gathered {
    /// Returns it as the evidence that traces are made from.
    pub(super) fn evidence<'a>(&'a self, terms: &'a Terms<'_>) -> Evidence<'a> {
        Evidence {
            events: &self.events,
            logs: &self.logs,
            now: terms.now,
            budgets: terms.budgets,
            approvals: terms.approvals,
            change_marks: terms.change_marks.clone(),
            sightings: &self.sightings,
            before: &self.before,
            after: &self.after,
        }
    }

    /// Returns the time between the scans.
    pub(super) const fn span(&self) -> Window {
        self.span
    }

    /// Returns every event that was gathered, also from before and after the time between the scans.
    pub(super) fn events(&self) -> &[AuditEvent] {
        &self.events
    }

    /// Returns the events of the time between the scans.
    pub(super) fn of_the_time(&self) -> &[AuditEvent] {
        self.events.get(self.time.clone()).unwrap_or_default()
    }

    /// Returns the events from before the time between the scans.
    pub(super) fn before_the_time(&self) -> &[AuditEvent] {
        self.events.get(..self.time.start).unwrap_or_default()
    }

    /// Returns how completely the two scans listed each scope.
    pub(super) fn coverage(&self) -> (&[Coverage], &[Coverage]) {
        (&self.before, &self.after)
    }

    /// Gives up every event that was gathered.
    pub(super) fn into_events(self) -> Vec<AuditEvent> {
        self.events
    }

    /// Returns what is known of the logs over the time between the scans.
    pub(super) fn log_coverage(&self) -> Vec<LogInterval> {
        let settled = trace::settled_coverage(&self.logs, &self.events);
        settled.iter().filter_map(|interval| clipped(interval, self.span)).collect()
    }

    /// Returns what proves that a log of the time was tampered with.
    pub(super) fn violations(&self) -> Vec<LogInterval> {
        let violated = self.logs.iter().filter(|interval| interval.status == LogStatus::Violated);
        violated.filter_map(|interval| clipped(interval, self.span)).collect()
    }
}

/// Returns the records of everything that ever made a log record less, or more again.
///
/// # Errors
///
/// Whatever the store says.
pub fn log_turns(store: &Store) -> Result<Vec<AuditEvent>, store::Error> {
    let ever = Window { from: Timestamp::MIN, to: Timestamp::MAX };
    store.events_of(&[Class::LogTamper, Class::LogRestore], ever)
}

/// Returns the part of an interval that lies in a window.
fn clipped(interval: &LogInterval, window: Window) -> Option<LogInterval> {
    let from = interval.window.from.max(window.from);
    let to = interval.window.to.min(window.to);
    (from < to).then(|| LogInterval { window: Window { from, to }, ..interval.clone() })
}

/// Returns the time between two scans: from the beginning of the earlier one to the end of the later one.
fn between(before: &[Coverage], after: &[Coverage]) -> Option<Window> {
    let from = before.iter().map(|coverage| coverage.started_at).min()?;
    let to = after.iter().map(|coverage| coverage.finished_at).max()?;
    Some(Window { from, to: to.max(from) })
}

/// Looks up the resources that events name.
fn sightings(
    store: &Store,
    before: ScanId,
    after: ScanId,
    events: &[AuditEvent],
) -> Result<Sightings, store::Error> {
    let named = events.iter().flat_map(|event| event.targets.iter().map(|target| (event.provider, target)));
    let targets: BTreeSet<(Provider, Target)> = named
        .filter(|(_, target)| target.kind.is_some() && (target.uid.is_some() || target.locator.is_some()))
        .map(|(provider, target)| (provider, target.clone()))
        .collect();
    let targets: Vec<_> = targets.into_iter().collect();
    let mut sightings = Sightings::default();
    if targets.is_empty() {
        return Ok(sightings);
    }
    let seen = store.presence(Some(before), after, &targets)?;
    for ((provider, target), (before, after)) in targets.iter().zip(seen) {
        sightings.add(*provider, target, &Presence { before, after });
    }
    Ok(sightings)
}
