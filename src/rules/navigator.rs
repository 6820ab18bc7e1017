//! What the rules cover, and what they found, as a layer of the ATT&CK Navigator, format 4.5
//! (<https://github.com/mitre-attack/attack-navigator/blob/master/layers/LAYERFORMATv4_5.md>).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::RULES;
use crate::model::{Band, Bands, Plural, Technique, technique_in};

/// The colour of a technique that rules cover and that no finding is about.
const COVERED: &str = "#c6dbef";
/// The colours of the number of rules, from none to most.
const SHADES: [&str; 2] = ["#ffffff", "#2171b5"];

/// What stored runs found of a technique.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fired {
    /// How many findings name it.
    pub findings: u64,
    /// The highest risk of them.
    pub risk: u8,
    /// The band of that risk.
    pub band: Option<Band>,
}

/// Returns the layer of an ATT&CK release; `None` for one that the data does not know.
///
/// By itself it shades each technique by how many rules cover it, and names them. With what was found, by the
/// techniques' ids as rules write them, a technique's score is its highest risk, and its colour that of the band.
pub fn navigator(version: &str, fired: Option<&BTreeMap<String, Fired>>) -> Option<Value> {
    let major = version.split('.').next()?;
    let mut covered: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for meta in RULES.iter().map(|rule| rule.meta()) {
        for &id in meta.techniques {
            covered.entry(id).or_default().push(meta.id);
        }
    }
    let most = covered.values().map(Vec::len).max().unwrap_or_default();
    let techniques: Option<Vec<Value>> = covered
        .iter()
        .map(|(id, rules)| {
            let form = technique_in(id, version)?;
            Some(fired.map_or_else(|| coverage(&form, rules), |fired| found(&form, rules, fired.get(*id))))
        })
        .collect();
    let (name, gradient, legend) = if fired.is_some() {
        let gradient =
            json!({ "colors": [colour(Band::Info), colour(Band::Critical)], "minValue": 0, "maxValue": 100 });
        ("driftline: findings by technique", gradient, legend())
    } else {
        let gradient = json!({ "colors": SHADES, "minValue": 0, "maxValue": most });
        ("driftline: covered techniques", gradient, json!([]))
    };
    Some(json!({
        "name": name,
        "versions": { "attack": major, "navigator": "5.0.0", "layer": "4.5" },
        "domain": "enterprise-attack",
        "description": format!("By the rules of driftline {}, as ATT&CK {version} has them.", env!("CARGO_PKG_VERSION")),
        "filters": { "platforms": ["IaaS"] },
        "sorting": 3,
        "layout": { "layout": "side", "showID": true, "showName": true, "expandedSubtechniques": "annotated" },
        "hideDisabled": false,
        "techniques": techniques?,
        "gradient": gradient,
        "legendItems": legend,
    }))
}

fn coverage(form: &Technique, rules: &[&str]) -> Value {
    json!({ "techniqueID": form.id, "score": rules.len(), "comment": rules.join(", "), "enabled": true })
}

fn found(form: &Technique, rules: &[&str], fired: Option<&Fired>) -> Value {
    let rules = rules.join(", ");
    let Some(fired) = fired.filter(|fired| fired.findings > 0) else {
        let comment = format!("no finding; covered by {rules}");
        return json!({ "techniqueID": form.id, "color": COVERED, "comment": comment, "enabled": true });
    };
    let count = Plural(fired.findings, "finding");
    let comment = format!("{count}, the highest risk {}; covered by {rules}", fired.risk);
    let color = colour(fired.band.unwrap_or(Band::Info));
    json!({ "techniqueID": form.id, "score": fired.risk, "color": color, "comment": comment, "enabled": true })
}

const fn colour(band: Band) -> &'static str {
    match band {
        Band::Critical => "#a50f15",
        Band::High => "#de2d26",
        Band::Medium => "#fb6a4a",
        Band::Low => "#fcae91",
        Band::Info => "#fee5d9",
    }
}

fn legend() -> Value {
    let bands =
        Band::ALL.iter().map(|band| json!({ "label": format!("found, {band}"), "color": colour(*band) }));
    bands.chain([json!({ "label": "covered, not found", "color": COVERED })]).collect()
}

impl Fired {
    /// Counts a finding of a risk.
    pub fn count(&mut self, risk: u8, bands: Bands) {
        self.findings += 1;
        self.risk = self.risk.max(risk);
        self.band = Some(bands.of(self.risk));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::attack_versions;
    use crate::rules::Weights;

    /// Holds a layer against the members that format 4.5 requires and the types that it gives them.
    fn assert_valid(layer: &Value) {
        assert!(layer["name"].is_string() && layer["description"].is_string());
        assert_eq!(layer["domain"], "enterprise-attack");
        assert_eq!(layer["versions"]["layer"], "4.5");
        // At least 4.9.0, by the specification.
        assert!(layer["versions"]["navigator"].as_str().is_some_and(|version| version >= "4.9.0"));
        assert!(layer["versions"]["attack"].as_str().is_some_and(|version| version.parse::<u32>().is_ok()));
        let gradient = &layer["gradient"];
        assert!(gradient["colors"].as_array().is_some_and(|colors| colors.len() >= 2));
        assert!(gradient["minValue"].as_f64() < gradient["maxValue"].as_f64());
        for item in layer["legendItems"].as_array().unwrap() {
            assert!(item["label"].is_string() && item["color"].is_string(), "{item}");
        }
        let mut seen = BTreeSet::new();
        for technique in layer["techniques"].as_array().unwrap() {
            let id = technique["techniqueID"].as_str().unwrap();
            assert!(seen.insert(id) && id.starts_with('T'), "{id}");
            assert!(technique["comment"].as_str().is_some_and(|comment| !comment.is_empty()), "{id}");
            assert!(technique.get("score").is_none_or(Value::is_number), "{id}");
        }
        assert!(!seen.is_empty());
    }

    fn technique<'l>(layer: &'l Value, id: &str) -> Option<&'l Value> {
        layer["techniques"].as_array()?.iter().find(|technique| technique["techniqueID"] == id)
    }

    #[test]
    fn the_layer_of_every_release_names_the_rules_of_each_technique() {
        for version in attack_versions() {
            let layer = navigator(version, None).unwrap();
            assert_valid(&layer);
            let deletion = technique(&layer, "T1578.003").unwrap();
            let rules: Vec<_> = deletion["comment"].as_str().unwrap().split(", ").collect();
            assert!(rules.contains(&"instance-vanished"), "{rules:?}");
            assert_eq!(deletion["score"], rules.len());
        }
        assert_eq!(navigator("1.0", None), None);
    }

    #[test]
    fn a_technique_stands_under_the_id_that_the_release_gives_it() {
        let [old, new] = ["18.1", "19.2"].map(|version| navigator(version, None).unwrap());
        assert!(technique(&old, "T1562.008").is_some() && technique(&old, "T1685.002").is_none());
        assert!(technique(&new, "T1562.008").is_none() && technique(&new, "T1685.002").is_some());
    }

    #[test]
    fn what_was_found_has_the_colour_of_its_band_and_the_rest_that_of_coverage() {
        let bands = Weights::shipped().bands();
        let mut fired: BTreeMap<String, Fired> = BTreeMap::new();
        for risk in [75, 95, 30] {
            fired.entry("T1578.003".to_owned()).or_default().count(risk, bands);
        }
        let layer = navigator("19.2", Some(&fired)).unwrap();
        assert_valid(&layer);
        let deletion = technique(&layer, "T1578.003").unwrap();
        assert_eq!((&deletion["score"], &deletion["color"]), (&json!(95), &json!(colour(Band::Critical))));
        assert!(
            deletion["comment"].as_str().unwrap().starts_with("3 findings, the highest risk 95; covered by ")
        );
        let snapshot = technique(&layer, "T1578.001").unwrap();
        assert_eq!((snapshot.get("score"), &snapshot["color"]), (None, &json!(COVERED)));
    }
}
