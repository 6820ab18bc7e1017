//! What found it: the rules, and the techniques that they are about.

use serde_json::{Value, json};

use super::{level, message};
use crate::model::{ATTACK_VERSION, Bands, technique};
use crate::report::View;
use crate::report::view::Rule;

/// What the taxonomy of techniques is called.
pub(super) const ATTACK: &str = "MITRE ATT&CK";

/// From which impact on a rule is in each band, on the 90/70/60/40 scale.
const IMPACTS: Bands = Bands { critical: 90, high: 70, medium: 60, low: 40 };

/// Returns the techniques that findings or their rules name, as the latest release calls them; each once, in order.
pub(super) fn taxa(view: &View) -> Vec<&str> {
    let of_findings = view.findings.iter().flat_map(|finding| &finding.techniques);
    let of_rules = view.rules.iter().flat_map(|rule| &rule.techniques);
    let mut ids: Vec<&str> = of_findings.chain(of_rules).map(|id| current(id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Returns references to techniques in the taxonomy.
pub(super) fn references(techniques: &[String], taxa: &[&str]) -> Vec<Value> {
    let places = techniques.iter().filter_map(|id| taxa.binary_search(&current(id)).ok());
    let mut places: Vec<usize> = places.collect();
    places.sort_unstable();
    places.dedup();
    let reference = |place: usize| json!({ "id": taxa.get(place), "index": place, "toolComponent": { "name": ATTACK, "index": 0 } });
    places.into_iter().map(reference).collect()
}

/// Returns the tool with the rules that findings name, in the order of [`rule_ids`].
pub(super) fn driver(view: &View, taxa: &[&str]) -> Value {
    let rule = |id: &str| match view.rules.iter().find(|rule| rule.id == id) {
        Some(rule) => described(rule, taxa),
        None => json!({ "id": id }),
    };
    json!({
        "name": "driftline",
        "version": view.run.version,
        "semanticVersion": view.run.version,
        "rules": rule_ids(view).into_iter().map(rule).collect::<Vec<_>>(),
        "notifications": [
            described_notification("coverage-incomplete", "A scope was not listed completely: what it lacks is unknown, not vanished"),
            described_notification("log-gap", "An audit log is not known to be complete: what it does not tell may have happened"),
        ],
        "supportedTaxonomies": [{ "name": ATTACK, "index": 0 }],
    })
}

/// Returns the rules whose findings the report tells, in order; a view of an earlier release describes none.
pub(super) fn rule_ids(view: &View) -> Vec<&str> {
    let mut ids: Vec<&str> = view.findings.iter().map(|finding| finding.rule.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Returns the taxonomy.
pub(super) fn taxonomy(taxa: &[&str]) -> Value {
    let taxon = |id: &&str| {
        let name = technique(id).map(|technique| technique.name);
        json!({
            "id": id,
            "name": name,
            "shortDescription": { "text": name.unwrap_or(id) },
            "helpUri": format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/")),
        })
    };
    json!({
        "name": ATTACK,
        "version": *ATTACK_VERSION,
        "organization": "The MITRE Corporation",
        "informationUri": "https://attack.mitre.org/",
        "shortDescription": { "text": "Adversary tactics and techniques" },
        "isComprehensive": false,
        "taxa": taxa.iter().map(taxon).collect::<Vec<_>>(),
    })
}

fn described(rule: &Rule, taxa: &[&str]) -> Value {
    let related = references(&rule.techniques, taxa);
    let relationship = |target: Value| json!({ "target": target, "kinds": ["relevant"] });
    let tags = ["security"].into_iter().chain(rule.techniques.iter().map(|id| current(id)));
    json!({
        "id": rule.id,
        "shortDescription": message(&rule.title),
        "fullDescription": message(&rule.title),
        "help": { "text": message(&rule.explanation)["text"], "markdown": rule.explanation },
        "helpUri": rule.references.first(),
        "defaultConfiguration": { "level": level(IMPACTS.of(rule.impact)), "rank": f64::from(rule.impact) },
        "relationships": related.into_iter().map(relationship).collect::<Vec<_>>(),
        "properties": {
            "tags": tags.collect::<Vec<_>>(),
            // Where code scanning takes the severity from.
            "security-severity": severity(rule.impact),
            "references": rule.references,
        },
    })
}

/// Returns a number of 0 to 100 on the scale of 0 to 10 that code scanning reads.
pub(super) fn severity(number: u8) -> String {
    format!("{:.1}", f64::from(number) / 10.0)
}

fn described_notification(id: &str, text: &str) -> Value {
    let text = json!({ "text": text });
    json!({ "id": id, "shortDescription": text, "fullDescription": text, "help": text })
}

fn current(id: &str) -> &str {
    technique(id).map_or(id, |technique| technique.id)
}
