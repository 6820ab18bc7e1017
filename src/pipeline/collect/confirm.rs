//! Which resources to ask for by id, because a listing that should show them lacks them.

use std::collections::BTreeMap;

use super::tally::Tally;
use crate::sources::live::{Listing, Missing};
use crate::store::Absent;

/// The resources that one listing lacks.
pub(super) struct Question {
    /// Which listing.
    pub(super) source: usize,
    /// Which collector made it.
    pub(super) collector: usize,
    pub(super) listing: Listing,
    pub(super) missing: Vec<Missing>,
}

/// Returns one question for each listing that lacks anything.
pub(super) fn questions(absent: &[Absent], tallies: &BTreeMap<usize, Tally>) -> Vec<Question> {
    let by_scope: BTreeMap<_, _> = tallies
        .iter()
        .filter_map(|(source, tally)| Some((tally.listing()?.scope.clone(), (*source, tally))))
        .collect();
    let mut questions: BTreeMap<usize, Question> = BTreeMap::new();
    for absent in absent {
        let listing = by_scope.get(&absent.scope).or_else(|| by_scope.get(&absent.scope.everywhere()));
        let Some((source, tally)) = listing else { continue };
        let Some((collector, listing)) = tally.collector().zip(tally.listing()) else { continue };
        let question = questions.entry(*source).or_insert_with(|| Question {
            source: *source,
            collector,
            listing: listing.clone(),
            missing: Vec::new(),
        });
        question.missing.push(Missing { key: absent.key.clone(), locator: absent.locator.clone() });
    }
    questions.into_values().collect()
}
