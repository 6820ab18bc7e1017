//! The pages of the rules, as `driftline rules explain` prints them.

use super::markdown::{Page, code, link, table};
use crate::rules::{RULES, Tuning, explain};

/// Returns the table of the rules, and a page for each.
pub(super) fn pages() -> Vec<Page> {
    let row = |meta: &crate::rules::RuleMeta| {
        let page = format!("{}.md", meta.id);
        [
            link(&code(meta.id), &page),
            meta.impact.to_string(),
            meta.techniques.join(", "),
            meta.title.to_owned(),
        ]
    };
    let rows: Vec<_> = RULES.iter().map(|rule| row(rule.meta())).collect();
    let text = format!(
        "# Rules\n\nA finding's impact says how bad it would be, its risk how bad it is in its context. The \
         pages show the shipped numbers; `driftline rules explain ID` prints a page with those in force.\n\n{}",
        table(["rule", "impact up to", "ATT&CK", "says"], &rows)
    );
    let mut pages = vec![Page::new("rules/index.md", text)];
    pages.extend(
        RULES
            .iter()
            .map(|rule| Page::new(format!("rules/{}.md", rule.meta().id), explain(*rule, Tuning::shipped()))),
    );
    pages
}

/// Returns a rule's id, as a page at the root of the reference links it.
pub(super) fn linked(id: &str) -> String {
    link(&code(id), &format!("rules/{id}.md"))
}
