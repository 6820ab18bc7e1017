//! The page of the exit statuses.

use super::super::status::STATUSES;
use super::markdown::{Page, code, prose, sentence, table};

/// Returns the page.
pub(super) fn page() -> Page {
    let rows: Vec<_> = STATUSES
        .iter()
        .map(|(status, meaning)| [code(&(*status as u8).to_string()), sentence(&prose(meaning))])
        .collect();
    let text = format!(
        "# Exit statuses\n\nThey never change their meaning. Where a command has a say in it, its page \
         tells.\n\n{}",
        table(["status", "meaning"], &rows)
    );
    Page::new("exit-statuses.md", text)
}
