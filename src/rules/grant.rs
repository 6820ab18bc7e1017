//! What the rules on grants share: who holds them, and how that is said.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::finding::Facts;
use crate::model::{Capability, Resource, printable};

/// Returns text of a grant's config.
pub(super) fn text<'a>(grant: &'a Resource, path: &str) -> &'a str {
    grant.config.get(path).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the principal for people: what its directory calls it, else its name, of an ARN the last part.
pub(super) fn who(grant: &Resource) -> String {
    let label = grant.evidence.get("principal_name").and_then(Value::as_str);
    let name = text(grant, "principal");
    let name = if name.starts_with("arn:") { name.rsplit(':').next().unwrap_or(name) } else { name };
    printable(label.unwrap_or(name))
}

/// Returns the capabilities of some grants, in the order of the table.
pub(super) fn capabilities<'a>(grants: impl IntoIterator<Item = &'a Resource>) -> Vec<Capability> {
    let held: BTreeSet<Capability> =
        grants.into_iter().filter_map(|grant| text(grant, "capability").parse().ok()).collect();
    held.into_iter().collect()
}

/// Says what can be done: `delete instances, grant rights`, of many the first two and how many more.
pub(super) fn phrase(capabilities: &[Capability]) -> String {
    const SHOWN: usize = 3;
    let words: Vec<_> = capabilities.iter().map(|capability| capability.phrase()).collect();
    match words.as_slice() {
        [first, second, rest @ ..] if words.len() > SHOWN => {
            format!("{first}, {second} and do {} more things", rest.len())
        }
        words => words.join(", "),
    }
}

/// Returns what is told of some grants of one principal.
pub(super) fn facts(grants: &[&Resource]) -> Facts {
    let Some(first) = grants.first() else { return Facts::new() };
    let set = |values: BTreeSet<&str>| json!(values);
    let list = |grant: &&'_ Resource, path: &str| -> Vec<String> {
        let held = grant.config.get(path).or_else(|| grant.evidence.get(path));
        let texts = held.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let all =
        |path: &str| -> BTreeSet<String> { grants.iter().flat_map(|grant| list(grant, path)).collect() };
    let mut facts: Facts = vec![
        ("principal", json!(text(first, "principal"))),
        ("principal_kind", json!(text(first, "principal_kind"))),
        ("capabilities", json!(capabilities(grants.iter().copied()))),
        ("granted_at", set(grants.iter().map(|grant| text(grant, "scope")).collect())),
        ("via", json!(all("via"))),
        ("grant_evaluation", json!("approximate")),
    ];
    let assumable = all("assumable_by");
    if !assumable.is_empty() {
        facts.push(("assumable_by", json!(assumable)));
    }
    if grants.iter().all(|grant| grant.config.contains_key("conditions_hash")) {
        facts.push(("limited", json!(true)));
    }
    facts
}
