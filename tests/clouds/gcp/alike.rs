//! Live and from files, the same state is the same state.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use driftline::model::{AccountId, Document, ScanId, Timestamp};
use driftline::pipeline::{Import, Imported, import, judge};
use driftline::sources::files::Defaults;
use driftline::store::Store;
use serde_json::{Value, json};

use super::{names, scan};
use crate::compute::{self, config, estate};
use crate::server::{Reply, Server};

fn read(store: &mut Store, path: &Path, account: &str) -> Imported {
    let request = Import {
        paths: vec![path.to_owned()],
        defaults: Defaults { account: Some(AccountId::new(account)), ..Defaults::default() },
        as_of: None,
        started_at: Timestamp::now(),
        holder: "a test".to_owned(),
        interrupted: &AtomicBool::new(false),
        progress: &|_| (),
        logs: Vec::new(),
    };
    import(store, &request).unwrap()
}

/// Writes what `gcloud … list --format=json` prints, one file for each list.
fn dump(folder: &Path) {
    const KINDS: &[(&str, &str)] = &[
        ("instances", "instance"),
        ("disks", "volume"),
        ("snapshots", "snapshot"),
        ("images", "image"),
        ("machineImages", "machine-image"),
        ("instantSnapshots", "instant-snapshot"),
        ("resourcePolicies", "resource-policy"),
    ];
    let estate = estate();
    let mut files = Vec::new();
    for (name, kind) in KINDS {
        let scopes = estate["compute"]["example-prod"]["collections"][*name].as_object().unwrap();
        let mut whole = Vec::new();
        for (scope, elements) in scopes {
            let elements = elements.as_array().unwrap();
            if !["snapshots", "images", "machineImages"].contains(name) {
                whole.extend(elements.clone());
                continue;
            }
            let location = scope.trim_start_matches("regions/");
            let path = format!("{name}-{location}.json");
            fs::write(folder.join(&path), Value::from(elements.clone()).to_string()).unwrap();
            files.push(
                json!({"path": path, "provider": "gcp", "account": "example-prod", "location": location,
                "kind": kind, "complete": true}),
            );
        }
        if !whole.is_empty() {
            let path = format!("{name}.json");
            fs::write(folder.join(&path), Value::from(whole).to_string()).unwrap();
            files.push(json!({"path": path, "provider": "gcp", "account": "example-prod", "kind": kind,
                "complete": true}));
        }
    }
    let manifest = json!({"driftline_dump": 1, "taken_at": Timestamp::now().to_string(), "files": files});
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
}

#[test]
fn an_import_after_a_live_scan_shows_no_drift() {
    let server = compute::start(None);
    let mut store = Store::in_memory().unwrap();
    let kinds = "projects = [\"example-prod\"]\nskip-kinds = [\"setting\", \"account\", \"region\", \"quota\", \"audit-log\", \"grant\"]";
    let live = scan(&mut store, &config(&server.server, kinds));
    let folder = tempfile::tempdir().unwrap();
    dump(folder.path());
    let imported = read(&mut store, folder.path(), "example-prod");
    assert_eq!(imported.odd, 0);
    let judged = judge(
        &store,
        Some(live.scan.id),
        imported.scan.id,
        &driftline::pipeline::Terms::at(Timestamp::now()),
    )
    .unwrap();
    assert_eq!(judged.changes, []);
    let known = store.resources_at(imported.scan.id).unwrap();
    assert_eq!(known.len(), 21);
    assert_eq!(names(&store, &live)["instance"].len(), 5);
}

/// Returns the recordings folder, or `None`, said on stderr, where it is absent.
///
/// `DRIFTLINE_RECORDINGS` names it; the default is `../shared/recordings` beside the package.
fn recordings() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings");
    let folder = std::env::var_os("DRIFTLINE_RECORDINGS").map_or(default, PathBuf::from);
    let folder = folder.join("gcp/inventory/custodian");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is absent, and CI requires it", folder.display());
    eprintln!("skipped: no recordings at {}", folder.display());
    None
}

/// Returns the body of every recorded list that a scan would ask for, with its path.
fn recorded_lists(folder: &Path) -> Vec<(String, Value)> {
    const LISTS: &[(&str, &str)] = &[
        ("aggregated-instances_", "aggregated/instances"),
        ("aggregated-disks_", "aggregated/disks"),
        ("global-snapshots_", "global/snapshots"),
    ];
    let mut lists = Vec::new();
    for test in fs::read_dir(folder).unwrap() {
        for file in fs::read_dir(test.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let Some((_, path)) = LISTS.iter().find(|(part, _)| name.contains(part)) else { continue };
            let recorded: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            lists.push((format!("/compute/v1/projects/cloud-custodian/{path}"), recorded["body"].clone()));
        }
    }
    lists
}

/// Returns the canonical documents of a scan.
fn documents(store: &Store, scan: ScanId) -> Vec<String> {
    let resources = store.resources_at(scan).unwrap();
    let told = |resource| String::from_utf8(Document::from_resource(resource).3.to_bytes().unwrap()).unwrap();
    resources.into_iter().map(told).collect()
}

#[test]
fn what_was_recorded_reads_the_same_through_the_library_and_from_a_file() {
    let Some(folder) = recordings() else { return };
    let lists = recorded_lists(&folder);
    assert!(lists.len() >= 20, "{}", lists.len());
    let mut compared = 0;
    for (path, body) in lists {
        let file = tempfile::tempdir().unwrap();
        fs::write(file.path().join("list.json"), body.to_string()).unwrap();
        let mut from_file = Store::in_memory().unwrap();
        let imported = read(&mut from_file, &file.path().join("list.json"), "cloud-custodian");
        let kind = imported.coverage.first().unwrap().scope.kind;
        let shown = path.clone();
        let server = Server::start(move |request| match request.path.as_str() {
            "/compute/v1/projects/cloud-custodian/regions" => {
                Reply::json(200, &json!({"kind": "compute#regionList"}))
            }
            "/compute/v1/projects/cloud-custodian" => Reply::json(200, &json!({"kind": "compute#project"})),
            asked if asked == shown => Reply::json(200, &body),
            _ => Reply::json(404, &json!({"error": {"code": 403, "message": "no"}})),
        });
        let keys = format!("projects = [\"cloud-custodian\"]\nkinds = [\"{kind}\"]");
        let mut live = Store::in_memory().unwrap();
        let collected = scan(&mut live, &config(&server, &keys));
        let (expected, found) =
            (documents(&from_file, imported.scan.id), documents(&live, collected.scan.id));
        assert_eq!(found, expected, "{path}");
        compared += found.len();
    }
    assert!(compared >= 30, "{compared}");
}
