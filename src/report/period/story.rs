//! What becomes of one finding.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Acceptance, Decision, FindingStatus, ScanId, Timestamp, TraceState, Window};
use crate::report::view::Finding;

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It asks for attention.
    Open,
    /// It is expected.
    Accepted {
        /// Until when; `None` is for good.
        until: Option<Timestamp>,
    },
    /// It is no longer so.
    Resolved,
}

/// One finding from the run that first told it on, and what happened to it within the period.
#[expect(clippy::struct_excessive_bools, reason = "each is a column in which the finding counts or does not")]
pub(super) struct Story {
    /// As the last run told it.
    pub(super) finding: Finding,
    /// The scan that showed it first, and when that was taken.
    pub(super) first: (ScanId, Timestamp),
    /// Where it stands.
    pub(super) state: State,
    /// The last decision that it is expected, if no later one reopens it.
    pub(super) decided: Option<Acceptance>,
    /// The ids of its changes that nothing explains.
    pub(super) unsettled: BTreeSet<String>,
    /// Since when it waits for an explanation.
    pub(super) waits_since: Option<Timestamp>,
    /// Whether it was ever accepted or resolved, and is open again.
    pub(super) ended_once: bool,
    /// Whether it was open when the period began.
    pub(super) before: bool,
    /// Whether a run of the period told it.
    pub(super) told: bool,
    /// Whether the period saw it for the first time.
    pub(super) new: bool,
    /// Whether it changed in the period.
    pub(super) changed: bool,
    /// Whether it was accepted in the period.
    pub(super) accepted: bool,
    /// Whether it was resolved in the period.
    pub(super) resolved: bool,
    /// Whether it was opened again in the period.
    pub(super) reopened: bool,
}

impl Story {
    /// Begins the story of a finding that is told for the first time.
    pub(super) fn new(finding: &Finding, first: (ScanId, Timestamp)) -> Self {
        Self {
            finding: finding.clone(),
            first,
            state: State::Open,
            decided: None,
            unsettled: BTreeSet::new(),
            waits_since: None,
            ended_once: false,
            before: false,
            told: false,
            new: false,
            changed: false,
            accepted: false,
            resolved: false,
            reopened: false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Forgets what happened until now, since the period begins.
    pub(super) fn enter(&mut self) {
        self.before = self.is_open();
        [self.told, self.new, self.changed, self.accepted, self.resolved, self.reopened] = [false; 6];
    }

    /// Takes over what a run says of it.
    pub(super) fn tell(&mut self, finding: &Finding, traces: &BTreeMap<&str, TraceState>) {
        self.finding = finding.clone();
        self.told |= finding.status != FindingStatus::Resolved;
        self.changed |= finding.status == FindingStatus::Changed;
        self.unsettled.retain(|id| finding.changes.contains(id));
        for id in &finding.changes {
            match traces.get(id.as_str()) {
                Some(state) if state.doubt() > 0 => self.unsettled.insert(id.clone()),
                Some(_) => self.unsettled.remove(id),
                None => false,
            };
        }
        self.turn(match finding.status {
            FindingStatus::Resolved => State::Resolved,
            FindingStatus::Accepted => State::Accepted {
                until: finding.acceptance.as_ref().and_then(|accepted| accepted.expires_at),
            },
            FindingStatus::New | FindingStatus::Persisting | FindingStatus::Changed => State::Open,
        });
    }

    /// Takes over what a person decided; what is resolved stays so.
    pub(super) fn decide(&mut self, decision: Acceptance) {
        if self.state == State::Resolved {
            return;
        }
        match decision.decision {
            Decision::Accept => {
                self.turn(State::Accepted { until: decision.expires_at });
                self.decided = Some(decision);
            }
            Decision::Reopen => {
                self.turn(State::Open);
                self.decided = None;
            }
        }
    }

    /// Opens it again if its acceptance does not hold at a moment.
    pub(super) fn expire(&mut self, at: Timestamp) {
        if matches!(self.state, State::Accepted { until: Some(until) } if until <= at) {
            self.turn(State::Open);
        }
    }

    fn turn(&mut self, to: State) {
        match (self.state, to) {
            (State::Accepted { .. } | State::Resolved, State::Open) => {
                self.reopened = true;
                self.ended_once = true;
            }
            (State::Open | State::Resolved, State::Accepted { .. }) => self.accepted = true,
            (State::Open | State::Accepted { .. }, State::Resolved) => self.resolved = true,
            _ => {}
        }
        self.state = to;
    }

    /// Begins to wait for an explanation, or returns the wait that ends.
    pub(super) fn wait(&mut self, at: Timestamp) -> Option<Window> {
        let waits = self.is_open() && !self.unsettled.is_empty();
        match (self.waits_since, waits) {
            (None, true) => self.waits_since = Some(at),
            (Some(from), false) => {
                self.waits_since = None;
                return Some(Window { from, to: at.max(from) });
            }
            _ => {}
        }
        None
    }
}
