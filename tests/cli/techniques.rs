//! The README's table of techniques is that of the reference, and the layer is what the rules say of themselves.

use std::fs;
use std::path::Path;

use driftline::rules::RULES;

use super::documents::{REWRITING, UPDATE};
use super::reference::{page, written};
use super::support::Site;

const BEGIN: &str = "<!-- The table of techniques, from the rules. -->\n";
const END: &str = "<!-- Until here. -->\n";

/// Returns the table of the reference, without its links.
fn table() -> String {
    let rows = page(written(), "techniques.md").lines().filter(|line| line.starts_with('|'));
    let rows = rows.map(|line| format!("{line}\n"));
    RULES.iter().map(|rule| rule.meta().id).fold(rows.collect(), |table, id| {
        table.replace(&format!("[`{id}`](rules/{id}.md)"), &format!("`{id}`"))
    })
}

#[test]
fn the_table_of_techniques_in_the_readme_is_that_of_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let generated = table();
    let _rewriting = REWRITING.lock();
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
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
