//! Which rule tells of which ATT&CK technique, and on which cloud.

use std::collections::{BTreeMap, BTreeSet};

use super::markdown::{Page, table};
use super::rules::linked;
use crate::config::kinds_of;
use crate::model::{ATTACK_VERSION, Kind, Provider, technique};
use crate::rules::{Example, Expectation, RULES, Rule};

/// Returns the page.
pub(super) fn page() -> Page {
    let text = format!(
        "# ATT&CK techniques\n\n`driftline rules navigator` prints this as a layer of the ATT&CK Navigator.\n\n{}",
        table([&format!("ATT&CK {}", *ATTACK_VERSION), "clouds", "rules"], &rows())
    );
    Page::new("techniques.md", text)
}

/// Returns a row for each technique and set of clouds, with the rules that tell of it there.
fn rows() -> Vec<[String; 3]> {
    let mut rules: BTreeMap<(&str, Vec<&str>), BTreeSet<&str>> = BTreeMap::new();
    for rule in RULES {
        let clouds: Vec<&str> = clouds(*rule).into_iter().map(name).collect();
        for id in rule.meta().techniques {
            rules.entry((id, clouds.clone())).or_default().insert(rule.meta().id);
        }
    }
    let row = |((id, clouds), rules): ((&str, Vec<&str>), BTreeSet<&str>)| {
        let known = technique(id);
        let name = known.as_ref().and_then(|known| known.name.rsplit(": ").next()).unwrap_or_default();
        let now = known.as_ref().map_or(id, |known| known.id);
        let id = if now == id { id.to_owned() } else { format!("{now} (before: {id})") };
        let rules: Vec<_> = rules.into_iter().map(linked).collect();
        [format!("{id} {name}"), clouds.join(", "), rules.join(", ")]
    };
    rules.into_iter().map(row).collect()
}

/// Returns the clouds of which a rule can tell: those whose listings have the kinds that its examples fire on; for
/// what is about no kind, those that its proofs are of, else all.
fn clouds(rule: &dyn Rule) -> BTreeSet<Provider> {
    let fires = |example: &Example| matches!(example.expectation, Expectation::Fires(_));
    let examples: Vec<Example> = rule.examples().into_iter().filter(fires).collect();
    let of_changes = examples.iter().flat_map(|example| &example.changes).map(|change| change.scope.kind);
    let of_residues = examples.iter().flat_map(|example| &example.residues);
    let of_residues = of_residues.filter_map(|residue| residue.target.as_ref()?.kind);
    let kinds: BTreeSet<Kind> = of_changes.chain(of_residues).collect();
    let proofs = examples.iter().flat_map(|example| &example.violations);
    let proofs: BTreeSet<Provider> = proofs.map(|interval| interval.scope.provider).collect();
    let all = || Provider::ALL.iter().copied();
    match (kinds.is_empty(), proofs.is_empty()) {
        (false, _) => {
            all().filter(|cloud| kinds_of(*cloud).iter().any(|kind| kinds.contains(kind))).collect()
        }
        (true, false) => proofs,
        (true, true) => all().collect(),
    }
}

fn name(cloud: Provider) -> &'static str {
    match cloud {
        Provider::Aws => "AWS",
        Provider::Azure => "Azure",
        Provider::Gcp => "Google Cloud",
    }
}
