//! A rule's page, for `rules explain` and the documentation.

use std::fmt::Write;

use super::rule::Expectation;
use super::{Example, Rule};
use crate::model::technique;

/// Renders a rule's page as Markdown.
pub fn explain(rule: &dyn Rule) -> String {
    let meta = rule.meta();
    let mut page = format!("# {}\n\n{}. Impact up to {}.\n", meta.id, meta.title, meta.impact);
    for technique in meta.techniques.iter().filter_map(|id| technique(id)) {
        // Writing to a string cannot fail.
        let _ =
            write!(page, "\n- ATT&CK {} {} ({})", technique.id, technique.name, technique.tactics.join(", "));
    }
    if !meta.techniques.is_empty() {
        page.push('\n');
    }
    let _ = write!(page, "\n{}\n", meta.explanation.trim());
    let examples = rule.examples();
    let names = |fires: bool| {
        let wanted = move |example: &&Example| matches!(example.expectation, Expectation::Fires(_)) == fires;
        examples.iter().filter(wanted).map(|example| example.name).collect::<Vec<_>>()
    };
    section(&mut page, "Fires on", &names(true));
    section(&mut page, "Stays quiet on", &names(false));
    let parameters: Vec<_> = meta
        .parameters
        .iter()
        .map(|parameter| {
            format!("`{}` (default `{}`): {}", parameter.name, parameter.default, parameter.meaning)
        })
        .collect();
    section(&mut page, "Parameters", &parameters.iter().map(String::as_str).collect::<Vec<_>>());
    let references: Vec<_> = meta.references.iter().map(|address| format!("<{address}>")).collect();
    section(&mut page, "References", &references.iter().map(String::as_str).collect::<Vec<_>>());
    page
}

fn section(page: &mut String, title: &str, items: &[&str]) {
    if !items.is_empty() {
        let _ = write!(page, "\n## {title}\n\n- {}\n", items.join("\n- "));
    }
}
