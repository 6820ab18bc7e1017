//! From the first page of a list to its terminal one.

use std::collections::HashSet;
use std::future::Future;

use super::{Page, Pages, Refusal, Trouble};
use crate::model::CoverageStatus;

/// One page of an answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// Its elements; a page may be empty and yet not be the last.
    pub page: Page,
    /// The token of the next page; `None` or empty on the terminal one.
    pub next: Option<String>,
    /// What the page admits to lack.
    pub troubles: Vec<Trouble>,
}

/// Asks for page after page and sends each, until the terminal one; returns what keeps the list from being
/// complete.
///
/// A token that was seen before ends the list as partial: following it would never end.
pub async fn follow<F>(pages: &Pages, mut ask: impl FnMut(Option<String>) -> F) -> Vec<Trouble>
where
    F: Future<Output = Result<Answer, Refusal>>,
{
    let mut troubles = Vec::new();
    let mut seen = HashSet::new();
    let mut token = None;
    loop {
        let answer = match ask(token.clone()).await {
            Ok(answer) => answer,
            Err(refusal) => {
                troubles.push(refusal.into());
                return troubles;
            }
        };
        troubles.extend(answer.troubles);
        if let Err(stopped) = pages.send(answer.page).await {
            troubles.push(Trouble::new(CoverageStatus::Failed, "stopped", stopped.to_string()));
            return troubles;
        }
        let Some(next) = answer.next.filter(|next| !next.is_empty()) else { return troubles };
        if pages.wants_first_only() {
            return troubles;
        }
        if !seen.insert(next.clone()) {
            let message = "the vendor gave the same page token twice, so the rest of the list is unknown";
            troubles.push(Trouble::new(CoverageStatus::Partial, "repeated-token", message));
            return troubles;
        }
        token = Some(next);
    }
}
