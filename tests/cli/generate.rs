//! What is generated, and that what is committed is what is generated.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::help::helps;
use super::schema_check::violations;
use super::support::{Site, names, volume};

/// Set, it makes the test rewrite the committed schemas.
const UPDATE: &str = "DRIFTLINE_UPDATE_SCHEMAS";

fn committed(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(format!("{name}.json"))
}

#[test]
fn the_committed_schemas_are_the_generated_ones() {
    let site = Site::new();
    site.driftline(&["generate", "schemas", "--out", "schemas"]).run();
    let mut names = Vec::new();
    for entry in fs::read_dir(site.path("schemas")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let written = fs::read_to_string(&path).unwrap();
        assert_eq!(written, site.driftline(&["generate", "schemas", &name]).run().stdout);
        if std::env::var_os(UPDATE).is_some() {
            fs::write(committed(&name), &written).unwrap();
        }
        let published = fs::read_to_string(committed(&name)).unwrap_or_default();
        assert!(published == written, "schema/{name}.json differs; `{UPDATE}=1 cargo test` rewrites it");
        names.push(name);
    }
    names.sort();
    assert_eq!(names, ["config.v1", "dump.v1", "notify.v1", "period.v1", "report.v1"]);
}

#[test]
fn the_schema_of_a_dump_takes_the_shipped_manifests_and_no_nonsense() {
    let schema: Value = serde_json::from_str(&fs::read_to_string(committed("dump.v1")).unwrap()).unwrap();
    for dump in ["before", "after"] {
        let manifest = Path::new(&super::support::incident(dump)).join("manifest.json");
        let manifest = serde_json::from_str(&fs::read_to_string(manifest).unwrap()).unwrap();
        assert_eq!(violations(&schema, &manifest), Vec::<String>::new(), "{dump}");
    }
    for wrong in [
        json!({}),
        json!({ "driftline_dump": "1" }),
        json!({ "driftline_dump": 1, "files": [{ "kind": "volume" }] }),
        json!({ "driftline_dump": 1, "files": [{ "path": "v.json", "kind": "bucket" }] }),
    ] {
        assert_ne!(violations(&schema, &wrong), Vec::<String>::new(), "{wrong}");
    }
}

#[test]
fn the_schema_of_a_configuration_takes_the_shipped_example_and_no_nonsense() {
    let schema: Value = serde_json::from_str(&fs::read_to_string(committed("config.v1")).unwrap()).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/driftline.toml");
    let example: Value = toml::from_str(&fs::read_to_string(example).unwrap()).unwrap();
    assert_eq!(violations(&schema, &example), Vec::<String>::new());
    for wrong in [
        "aws = 1",
        "kinds = ['bucket']",
        "skip-kinds = ['volume', 'volume']",
        "[limits]\nburst = 0",
        "[limits]\nrequests-per-second = '10'",
        "[[aws]]\nregoins = 'enabled'",
        "[[aws]]\nregions = []",
        "[[aws]]\norganization = {}",
        "[[azure]]\ncredential = { client-secret = 'x' }",
        "[[azure]]\nsubscriptions = { management-group = 'a', folder = 'b' }",
        "[[gcp]]\nprojects = 'none'",
        "[[gcp]]\ncredential = {}",
    ] {
        let document: Value = toml::from_str(wrong).unwrap();
        assert_ne!(violations(&schema, &document), Vec::<String>::new(), "{wrong}");
    }
}

#[test]
fn completions_parse_in_their_shell_and_know_every_command() {
    let site = Site::new();
    let helps = helps(&site, &[]);
    for shell in ["bash", "zsh", "fish"] {
        let script = site.driftline(&["generate", "completions", shell]).run().stdout;
        for (path, _) in &helps {
            let command = path.rsplit(' ').next().unwrap();
            assert!(script.contains(command), "{shell} does not know {path}");
        }
        site.write(shell, &script);
        let check =
            format!("if command -v {shell} >/dev/null; then {shell} -n {shell}; else echo absent; fi");
        if site.shell(&check).run().stdout == "absent\n" {
            eprintln!("not parsed: there is no {shell}");
        }
    }
    site.driftline(&["generate", "completions", "cmd"]).status(2).run();
}

#[test]
fn every_command_has_a_manual_page() {
    let site = Site::new();
    let main = site.driftline(&["generate", "man"]).run().stdout;
    assert!(main.contains(".TH driftline 1") && main.contains("Exit statuses"), "{main}");
    site.driftline(&["generate", "man", "--out", "pages/man1"]).run();
    let commands = helps(&site, &[]).into_iter().map(|(path, _)| match path.as_str() {
        "" => "driftline.1".to_owned(),
        path => format!("driftline-{}.1", path.replace(' ', "-")),
    });
    let mut commands: Vec<_> = commands.collect();
    commands.sort();
    assert_eq!(names(&site.path("pages/man1")), commands);
}

#[test]
fn collection_scripts_are_posix_shell() {
    let site = Site::new();
    for provider in ["aws", "azure", "gcp"] {
        let script = site.driftline(&["generate", "collect-script", "--provider", provider]).run().stdout;
        assert!(script.starts_with("#!/bin/sh\n"), "{provider}");
        site.write("collect.sh", script);
        site.shell("sh -n collect.sh").run();
    }
    site.driftline(&["generate", "collect-script", "--provider", "oracle"]).status(2).run();
}

#[test]
fn generating_needs_and_makes_no_store() {
    let site = Site::new();
    site.driftline(&["generate", "schemas", "report.v1"]).run();
    site.driftline(&["rules", "list"]).run();
    assert!(!site.store().exists());
    let dump = site.volumes("dump", 1, &[volume("vol-1")]);
    site.driftline(&["scan", "--from", &dump]).run();
    assert!(site.store().exists());
}
