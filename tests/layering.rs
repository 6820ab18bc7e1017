//! Data flows one way: each layer names only the layers it may (DESIGN §3), and SQL and SDKs stay in their
//! rooms. The compiler does not hold this within one package, so this test does.

#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot read")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may name besides itself.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("config", &["model", "rules"]),
    ("sources", &["model", "config"]),
    ("store", &["model"]),
    ("drift", &["model"]),
    ("lineage", &["model"]),
    ("trace", &["model"]),
    ("churn", &["model"]),
    ("rules", &["model"]),
    ("report", &["model"]),
    ("pipeline", &["model", "config", "sources", "store", "drift", "lineage", "trace", "churn", "rules"]),
    (
        "cli",
        &[
            "model", "config", "sources", "store", "drift", "lineage", "trace", "churn", "rules", "report",
            "pipeline",
        ],
    ),
];

#[test]
fn every_layer_names_only_the_layers_below_it() {
    let mut offences = Vec::new();
    for (layer, allowed) in MAY_NAME {
        for file in rust_files(&source().join(layer)) {
            let text = fs::read_to_string(&file).unwrap();
            for named in layers_named(&text) {
                if named != *layer && !allowed.contains(&named.as_str()) {
                    offences.push(format!("{} names `{named}`", file.display()));
                }
            }
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn every_folder_of_the_source_is_a_layer() {
    let on_disk: BTreeSet<String> = fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let in_table = MAY_NAME.iter().map(|(layer, _)| (*layer).to_owned()).collect();
    assert_eq!(on_disk, in_table);
}

#[test]
fn sql_stays_in_the_store() {
    for file in rust_files(&source()) {
        let in_store = file.starts_with(source().join("store"));
        let text = fs::read_to_string(&file).unwrap();
        assert!(in_store || !text.contains("rusqlite"), "{} names rusqlite", file.display());
    }
}

#[test]
fn one_cloud_never_names_another() {
    let clouds = ["aws", "azure", "gcp"];
    for cloud in clouds {
        for file in rust_files(&source().join("sources").join(cloud)) {
            let text = fs::read_to_string(&file).unwrap();
            for other in clouds.iter().filter(|other| **other != cloud) {
                let path = format!("sources::{other}::");
                assert!(!text.contains(&path), "{} names {path}", file.display());
            }
        }
    }
}

/// Returns the layers that a file names by `crate::…`, in paths and in grouped imports.
fn layers_named(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut named = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split('}').next().unwrap_or_default();
            named.extend(group.split(',').map(|path| first_step(path.trim())));
        } else {
            named.insert(first_step(rest));
        }
    }
    let layers: BTreeSet<&str> = MAY_NAME.iter().map(|(layer, _)| *layer).collect();
    named.into_iter().filter(|name| layers.contains(name.as_str())).collect()
}

fn first_step(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
