//! What the time before the earlier scan tells, where something in the compared time can end a chain.

use jiff::SignedDuration;

use super::evidence::Gathered;
use super::judge::Terms;
use crate::drift;
use crate::model::{Change, CoverageStatus, Estate, ScanId, Timestamp};
use crate::rules;
use crate::store::{self, Store};
use crate::trace;

/// How far back the state alone tells steps.
const STATES: SignedDuration = SignedDuration::from_hours(24);

/// How long nothing must have been in a place for it to be unused.
const UNUSED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the time before tells.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// What differed, explained as far as the log tells.
    pub(super) changes: Vec<Change>,
    /// What the estate was like.
    pub(super) estate: Estate,
}

/// Gathers what the time before the earlier scan tells; nothing where no chain can end.
pub(super) fn earlier(
    store: &Store,
    before: ScanId,
    changes: &[Change],
    gathered: &Gathered,
    terms: &Terms<'_>,
) -> Result<Earlier, store::Error> {
    if !rules::may_end_a_chain(changes, gathered.of_the_time()) {
        return Ok(Earlier::default());
    }
    let from = gathered.span().from;
    let mut earlier = match day_before(store, before, from)? {
        Some(first) => drift::compare(&store.transitions(first, before)?),
        None => Vec::new(),
    };
    let begin = from.saturating_sub(STATES).unwrap_or(Timestamp::MIN);
    earlier.retain(|change| change.window.to >= begin);
    trace::explain(&mut earlier, &gathered.evidence(terms));
    let places = rules::places(changes, gathered.of_the_time());
    let since = from.saturating_sub(UNUSED).unwrap_or(Timestamp::MIN);
    let complete =
        gathered.coverage().0.iter().filter(|coverage| coverage.status == CoverageStatus::Complete);
    let estate = Estate {
        held: complete.map(|coverage| (coverage.scope.clone(), coverage.listed)).collect(),
        accounts: store.own_accounts()?,
        usage: store.usage(places, since, before)?,
    };
    Ok(Earlier { changes: earlier, estate })
}

/// Returns the last scan from before the day that ends at a moment, else the first one; `None` if no scan
/// precedes the earlier one.
fn day_before(store: &Store, before: ScanId, from: Timestamp) -> Result<Option<ScanId>, store::Error> {
    let begin = from.saturating_sub(STATES).unwrap_or(Timestamp::MIN);
    let mut first = None;
    while let Some(scan) = store.previous(first.unwrap_or(before))? {
        first = Some(scan.id);
        if scan.taken_at <= begin {
            break;
        }
    }
    Ok(first)
}
