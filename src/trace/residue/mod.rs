//! What the log says and no state shows (SEMANTICS F.4).
//!
//! Every event of the compared time ends somewhere: it explains a change, it was an attempt, it is part of a
//! residue, its effect may still show, or it is noise that is counted.

use std::collections::BTreeSet;

use self::view::View;
use super::Evidence;
use crate::model::{Accounted, Change, EventId, Residue};

mod attempt;
mod ghost;
mod horizon;
#[cfg(test)]
mod laws;
mod life;
mod no_effect;
mod slot;
mod step;
#[cfg(test)]
mod tests;
mod transient;
mod view;

pub use attempt::{Probe, probing};

/// Returns what the log says and no state shows, in the order of time; changes must be explained before.
///
/// Only events of the compared time count: from the start of the earliest listing of the earlier scan to the
/// end of the last one of the later scan, for each account and location; a birth counts from before, where it
/// had not settled when the earlier scan began. Of a resource of a kind that scans list, and that nobody
/// looked for ([`super::Sightings::of`]), nothing is said but that somebody tried. The order of changes and
/// events means nothing.
pub fn residues(changes: &[Change], evidence: &Evidence<'_>) -> Vec<Residue> {
    reckon(changes, evidence).0
}

/// Returns the residues as [`residues`] does, with where each event of the compared time ended.
pub fn reckon(changes: &[Change], evidence: &Evidence<'_>) -> (Vec<Residue>, Accounted) {
    let view = View::of(changes, evidence);
    let mut survey = Survey::default();
    attempt::find(&view, &mut survey);
    ghost::find(&view, &mut survey);
    slot::find(&view, &mut survey);
    transient::find(&view, &mut survey);
    no_effect::find(&view, &mut survey);
    let accounted = accounted(&view, &survey);
    let mut residues = survey.residues;
    residues
        .sort_by(|one, other| (one.window, one.kind, &one.id).cmp(&(other.window, other.kind, &other.id)));
    (residues, accounted)
}

/// What was found so far.
#[derive(Debug, Default)]
struct Survey<'a> {
    residues: Vec<Residue>,
    /// The events of the residues.
    claimed: BTreeSet<EventId>,
    /// The events whose effects may still show.
    pending: BTreeSet<&'a EventId>,
}

impl Survey<'_> {
    fn add(&mut self, residue: Option<Residue>) {
        if let Some(residue) = residue {
            self.claimed.extend(residue.events.iter().cloned());
            self.residues.push(residue);
        }
    }
}

fn accounted(view: &View<'_>, survey: &Survey<'_>) -> Accounted {
    let mut accounted = Accounted::default();
    for event in view.window() {
        let place = if view.used.contains(&event.id) {
            &mut accounted.explained
        } else if event.outcome.is_attempt() {
            &mut accounted.attempts
        } else if survey.claimed.contains(&event.id) {
            &mut accounted.residues
        } else if survey.pending.contains(&event.id) || view.runs(event) {
            &mut accounted.pending
        } else {
            &mut accounted.noise
        };
        *place += 1;
    }
    accounted
}
