//! A rule's page, for `rules explain` and the documentation.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::rule::Expectation;
use super::weights::{Effect, Table};
use super::{Drift, Example, Rule, Setting, Testimony, Tier, Tuning, Weights};
use crate::model::technique;

/// Renders a rule's page as Markdown, with the numbers that are in force.
pub fn explain(rule: &dyn Rule, tuning: &Tuning) -> String {
    let meta = rule.meta();
    let tier = match meta.tier {
        Tier::Change => "one change, one residue or one event by itself",
        Tier::Silence => "that a complete log is silent, and so tells the findings on the change itself",
        Tier::Pattern => "what several changes amount to, and so tells the findings on each of them",
        Tier::Chain => "steps that follow each other, and so tells the findings on each of them",
    };
    let mut page =
        format!("# {}\n\n{}. Impact up to {}. It tells {tier}.\n", meta.id, meta.title, meta.impact);
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
    let named = |fires: bool| {
        let named = examples.iter().filter_map(|example| match example.expectation {
            Expectation::Fires(_) => {
                fires.then(|| format!("{} ({})", example.name, risk(rule, example, tuning)))
            }
            Expectation::Quiet => (!fires).then(|| example.name.to_owned()),
        });
        named.collect::<Vec<_>>()
    };
    section(&mut page, "Fires on", &named(true));
    section(&mut page, "Stays quiet on", &named(false));
    let parameters: Vec<_> = meta
        .parameters
        .iter()
        .map(|parameter| {
            let default = Setting::read(parameter.default);
            let value = tuning.parameter(meta, parameter.name).filter(|value| *value != default);
            let set = value.map(|value| format!(", set to `{value}`")).unwrap_or_default();
            format!("`{}` (default `{}`{set}): {}", parameter.name, parameter.default, parameter.meaning)
        })
        .collect();
    section(&mut page, "Parameters", &parameters);
    section(&mut page, "Weights", &weights(rule, tuning));
    let references: Vec<_> = meta.references.iter().map(|address| format!("<{address}>")).collect();
    section(&mut page, "References", &references);
    page
}

/// Says how an example scores by the numbers that are in force.
fn risk(rule: &dyn Rule, example: &Example, tuning: &Tuning) -> String {
    let testimony = Testimony { tuning, ..example.testimony() };
    let found = rule.check(&Drift::new(&example.changes, testimony));
    found
        .first()
        .map_or_else(|| "not with these numbers".to_owned(), |finding| format!("risk {}", finding.risk))
}

/// Returns the weights that the rule's examples show, with the numbers that are in force.
fn weights(rule: &dyn Rule, tuning: &Tuning) -> Vec<String> {
    let examples = rule.examples();
    let found =
        examples.iter().flat_map(|example| rule.check(&Drift::new(&example.changes, example.testimony())));
    let reasons: BTreeSet<String> =
        found.flat_map(|finding| finding.why).map(|points| points.reason).collect();
    let mut shown = Vec::new();
    for table in [Table::Classes, Table::Bonuses, Table::Modifiers] {
        for (name, weight) in
            tuning.weights.table(table).filter(|(_, weight)| reasons.contains(weight.reason))
        {
            let number = weight.effect.number();
            let effect = match weight.effect {
                Effect::Base(_) => format!("begins at {number}"),
                Effect::Scale(_) => format!("takes {number} percent"),
                Effect::Add(_) | Effect::Points(_) => format!("adds {number}"),
                Effect::Cap(_) => format!("lowers to {number}"),
                Effect::Floor(_) => format!("raises to {number}"),
                Effect::From(_) => continue,
            };
            let shipped = Weights::shipped().get(table, name).map(|weight| weight.effect.number());
            let shipped = shipped.filter(|shipped| *shipped != number);
            let shipped = shipped.map(|shipped| format!(", shipped as {shipped}")).unwrap_or_default();
            shown.push(format!("`{table}.{name}` {effect}{shipped}: {}", weight.reason));
        }
    }
    shown
}

fn section(page: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        let _ = write!(page, "\n## {title}\n\n- {}\n", items.join("\n- "));
    }
}
