//! What a search for a change's cause ends with.

use super::automation;
use super::coverage::{Cover, Ledger};
use super::evidence::Evidence;
use super::explains::Act;
use super::index::{By, Index};
use super::join::{Answer, Hit};
use super::window::{Narrowed, narrowed};
use super::words::{act as named, acts, limits};
use crate::model::{AuditEvent, Change, Resource, TraceState};

/// One change, with everything that its cause is looked for in.
#[derive(Clone, Copy)]
pub(super) struct Inquiry<'s, 'a> {
    /// The change.
    pub(super) change: &'s Change,
    /// When it can have happened.
    pub(super) narrowed: Narrowed,
    /// The events.
    pub(super) index: &'s Index<'a>,
    /// The completeness of the logs.
    pub(super) ledger: &'s Ledger,
    /// All else.
    pub(super) evidence: &'s Evidence<'a>,
}

impl<'s, 'a> Inquiry<'s, 'a> {
    /// Makes that of a change.
    pub(super) fn new(
        change: &'s Change,
        index: &'s Index<'a>,
        ledger: &'s Ledger,
        evidence: &'s Evidence<'a>,
    ) -> Self {
        Self { change, narrowed: narrowed(change), index, ledger, evidence }
    }

    /// Returns what the logs say of their completeness for the change.
    pub(super) fn cover(&self) -> Cover {
        self.ledger.cover(&self.change.scope, self.narrowed.proof)
    }
}

/// A cause.
#[derive(Clone, Debug)]
pub(super) struct Explanation<'a> {
    /// What sort.
    pub(super) state: TraceState,
    /// Why, in words.
    pub(super) reason: String,
    /// The events that are it; the first is the act itself.
    pub(super) events: Vec<&'a AuditEvent>,
    /// Others that could be.
    pub(super) candidates: Vec<&'a AuditEvent>,
    /// By which event somebody configured the controller that did it.
    pub(super) caused_by: Option<&'a AuditEvent>,
}

impl<'a> Explanation<'a> {
    /// A cause that the vendor tells in the state itself.
    pub(super) fn by_system(reason: impl Into<String>) -> Self {
        Self::of(TraceState::BySystem, reason, Vec::new())
    }

    /// A cause.
    pub(super) fn of(state: TraceState, reason: impl Into<String>, events: Vec<&'a AuditEvent>) -> Self {
        Self { state, reason: reason.into(), events, candidates: Vec::new(), caused_by: None }
    }
}

/// No cause, and what was seen on the way.
#[derive(Clone, Debug, Default)]
pub(super) struct Silence<'a> {
    /// Attempts at the same that came to nothing.
    pub(super) refused: Vec<&'a AuditEvent>,
    /// Operations that would be the cause, of which only the beginning is recorded.
    pub(super) begun: Vec<&'a AuditEvent>,
    /// What else was done to the resource, or explains a part of the change.
    pub(super) weak: Vec<&'a AuditEvent>,
    /// What is to be said of it.
    pub(super) notes: Vec<String>,
}

impl Silence<'_> {
    /// Adds what another search saw.
    pub(super) fn add(&mut self, other: Self) {
        self.refused.extend(other.refused);
        self.begun.extend(other.begun);
        self.weak.extend(other.weak);
        for note in other.notes {
            self.note(note);
        }
    }

    /// Adds a note, once.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

impl<'a> From<Answer<'a>> for Silence<'a> {
    fn from(answer: Answer<'a>) -> Self {
        let Answer { refused, begun, weak, .. } = answer;
        Self { refused, begun, weak, notes: Vec::new() }
    }
}

/// The end of a search.
pub(super) type Found<'a> = Result<Explanation<'a>, Silence<'a>>;

/// Makes a cause of an answer that has one.
pub(super) fn explained<'a>(
    inquiry: &Inquiry<'_, 'a>,
    answer: Answer<'a>,
    act: Act<'_>,
    resource: &Resource,
) -> Found<'a> {
    let Some(hit) = answer.chosen else { return Err(answer.into()) };
    let told = automation::judge(inquiry.index, hit.event, act, resource);
    let mut reason = format!("{} {}{}", named(hit.event), joined(&hit), limits(hit.event));
    if let Some(note) = told.note {
        reason = format!("{reason}; {note}");
    }
    if !answer.refused.is_empty() {
        reason = format!("{reason}; {} came to nothing", acts(&answer.refused));
    }
    let candidates = answer.others.into_iter().chain(answer.refused).collect();
    let guessed = hit.by == By::Time && told.state == TraceState::Explained;
    Ok(Explanation {
        state: if guessed { TraceState::Implied } else { told.state },
        reason,
        events: vec![hit.event],
        candidates,
        caused_by: told.caused_by,
    })
}

fn joined(hit: &Hit<'_>) -> &'static str {
    match hit.by {
        By::Uid => "names it",
        By::Locator => "names its address",
        By::Token => "bears its client token or reservation, and does not name what it made",
        By::Name => "fits by name and time, and tells no id",
        By::Time => "fits by time, and the log left out what it made",
    }
}
