//! The README's table of techniques is what the rules say of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use driftline::config::kinds_of;
use driftline::model::{ATTACK_VERSION, Kind, Provider, technique};
use driftline::rules::{Example, Expectation, RULES, Rule};

use super::support::Site;

/// Set, it makes the test rewrite the table.
const UPDATE: &str = "DRIFTLINE_UPDATE_README";
const BEGIN: &str = "<!-- The table of techniques, from the rules. -->\n";
const END: &str = "<!-- Until here. -->\n";

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

fn table() -> String {
    let mut rows: BTreeMap<(&str, Vec<&str>), Vec<String>> = BTreeMap::new();
    for rule in RULES {
        let clouds: Vec<&str> = clouds(*rule).into_iter().map(name).collect();
        for id in rule.meta().techniques {
            rows.entry((id, clouds.clone())).or_default().push(format!("`{}`", rule.meta().id));
        }
    }
    let head = format!("| ATT&CK {} | clouds | rules |\n| --- | --- | --- |\n", *ATTACK_VERSION);
    let row = |((id, clouds), mut rules): ((&str, Vec<&str>), Vec<String>)| {
        rules.sort();
        let known = technique(id).unwrap();
        let short = known.name.rsplit(": ").next().unwrap();
        let id = if known.id == id { id.to_owned() } else { format!("{} (before: {id})", known.id) };
        format!("| {id} {short} | {} | {} |\n", clouds.join(", "), rules.join(", "))
    };
    rows.into_iter().map(row).fold(head, |table, row| table + &row)
}

#[test]
fn the_table_of_techniques_in_the_readme_is_that_of_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let generated = table();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, format!("{before}{BEGIN}{generated}{END}{after}")).unwrap();
        return;
    }
    assert!(found == generated, "the table differs; `{UPDATE}=1 cargo test` rewrites it\n{generated}");
}

#[test]
fn the_layer_of_a_store_tells_what_its_runs_found() {
    let site = Site::with_incident();
    let technique = |layer: &serde_json::Value| {
        let techniques = layer["techniques"].as_array().unwrap().clone();
        techniques.into_iter().find(|technique| technique["techniqueID"] == "T1578.003").unwrap()
    };
    let covered = site.driftline(&["rules", "navigator"]).run().json();
    let fired = site.driftline(&["rules", "navigator", "--fired"]).run().json();
    assert!(technique(&covered).get("color").is_none());
    assert!(technique(&fired)["comment"].as_str().unwrap().contains("the highest risk"), "{fired}");
    let old = site.driftline(&["rules", "navigator", "--attack-version", "18.1"]).run().json();
    assert_eq!(old["versions"]["attack"], "18");
    site.driftline(&["rules", "navigator", "--attack-version", "1.0"]).status(2).run();
}

#[test]
fn the_page_of_a_rule_shows_the_numbers_in_force() {
    let site = Site::new();
    let config =
        site.write("driftline.toml", "[weights.classes]\nprobe = 45\n[rules.probing]\nrefusals = 8\n");
    let shipped = site.driftline(&["rules", "explain", "probing"]).run().stdout;
    let tuned = site.driftline(&["rules", "explain", "probing", "--config", &config]).run().stdout;
    assert!(
        shipped.contains("`classes.probe` begins at 40:") && shipped.contains("`refusals` (default `5`):")
    );
    assert!(tuned.contains("`classes.probe` begins at 45, shipped as 40:"), "{tuned}");
    assert!(tuned.contains("`refusals` (default `5`, set to `8`):"), "{tuned}");
}
