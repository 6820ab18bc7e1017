//! The vendor's own client sees what driftline sees.

use std::path::Path;
use std::process::Command;

use driftline::model::{Kind, Resource};
use driftline::store::Store;
use serde_json::{Value, json};

use super::scan;
use crate::compute;

/// Names the Python that has `google-cloud-compute` and `google-cloud-logging`.
const PYTHON: &str = "DRIFTLINE_GCP_PYTHON";

/// Returns what the vendor's client reads by a script, or `None`, said on stderr, where there is no Python with it.
pub(super) fn official(script: &str, arguments: &[&str]) -> Option<Value> {
    let Some(python) = std::env::var_os(PYTHON) else {
        assert!(std::env::var_os("CI").is_none(), "{PYTHON} is not set, and CI requires it");
        eprintln!("skipped: {PYTHON} names no Python with the vendor's client");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clouds").join(script);
    let output =
        Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Returns the fields of a resource that the script prints.
fn fields(resource: &Resource) -> Value {
    let config = |name: &str| resource.config.get(name).cloned().unwrap_or(Value::Null);
    let mut fields = json!({"id": resource.key.uid.as_str(), "name": resource.name});
    match resource.key.kind {
        Kind::Instance => {
            fields["status"] = json!(resource.state.as_ref().map(|state| state.native.as_str()));
            fields["deletion_protection"] = config("deletionProtection");
        }
        Kind::Volume => fields["size_gb"] = config("sizeGb"),
        _ => {}
    }
    fields
}

#[test]
fn the_vendor_s_client_lists_what_a_scan_lists() {
    let server = compute::start(None);
    let arguments = [&server.server.url(), "example-prod"];
    let Some(official) = official("check_gcp.py", &arguments) else { return };
    let mut store = Store::in_memory().unwrap();
    let collected = scan(&mut store, &compute::config(&server.server, "projects = [\"example-prod\"]"));
    let all = store.resources_at(collected.scan.id).unwrap();
    let lists = [
        ("instances", Kind::Instance),
        ("disks", Kind::Volume),
        ("snapshots", Kind::Snapshot),
        ("images", Kind::Image),
    ];
    for (list, kind) in lists {
        let ours: Vec<Value> = all.iter().filter(|one| one.key.kind == kind).map(fields).collect();
        assert!(!ours.is_empty());
        assert_eq!(Value::from(ours), official[list], "{list}");
    }
}
