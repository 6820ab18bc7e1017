//! What of the resources that a listing lacks is still there.

use std::collections::BTreeSet;

use super::walk::{Listed, Which};
use crate::model::Uid;
use crate::sources::live::{Missing, Pages, Refusal, RefusalKind, Stopped};

/// How many are asked for at once.
const BATCH: usize = 100;

/// Asks for resources by id, and sends what is there.
///
/// A single id that is not there refuses the whole request, and its message names at least one of those: the
/// rest is asked for again by id, and then, since thousands may have gone at once, through a filter, which
/// answers with those that are there.
pub(super) async fn confirm(
    listed: &dyn Listed,
    missing: &[Missing],
    pages: &Pages,
) -> Result<BTreeSet<Uid>, Refusal> {
    let mut there = BTreeSet::new();
    for batch in missing.chunks(BATCH) {
        let ids = batch.iter().map(|missing| missing.key.uid.to_string()).collect();
        there.extend(confirm_batch(listed, ids, pages).await?);
    }
    Ok(there)
}

async fn confirm_batch(
    listed: &dyn Listed,
    mut ids: Vec<String>,
    pages: &Pages,
) -> Result<BTreeSet<Uid>, Refusal> {
    for _ in 0..2 {
        let which = Which { ids: ids.clone(), ..Which::default() };
        match send(listed, which, pages).await {
            Err(refusal) if refusal.kind == RefusalKind::Absent => {
                let is_of_id = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
                let named: BTreeSet<_> = refusal.message.split(|letter| !is_of_id(letter)).collect();
                ids.retain(|id| !named.contains(id.as_str()));
            }
            answer => return answer,
        }
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
    }
    send(listed, Which { among: ids, ..Which::default() }, pages).await
}

/// Asks to the last page, and sends each.
async fn send(listed: &dyn Listed, mut which: Which, pages: &Pages) -> Result<BTreeSet<Uid>, Refusal> {
    let mut there = BTreeSet::new();
    let mut seen = BTreeSet::new();
    loop {
        let found = listed.ask(which.clone()).await?;
        there.extend(found.there.into_iter().map(Uid::new));
        let stopped = |error: Stopped| Refusal::new(RefusalKind::Failed, "stopped", error.to_string());
        pages.send(found.answer.page).await.map_err(stopped)?;
        match found.answer.next.filter(|next| !next.is_empty()) {
            Some(next) if seen.insert(next.clone()) => which.token = Some(next),
            Some(_) => {
                let message = "the vendor gave the same page token twice";
                return Err(Refusal::new(RefusalKind::Failed, "repeated-token", message));
            }
            None => return Ok(there),
        }
    }
}
