//! The vendor's own client reads from the same server what driftline reads.

use std::path::Path;
use std::process::Command;

use driftline::model::Kind;
use serde_json::{Value, json};

use super::{resources, scan};
use crate::arm::world::{SUBSCRIPTIONS, World};
use crate::arm::{GOOD_VARIABLE, Manner, serve};

/// Names the Python that has `azure-mgmt-compute` and `azure-mgmt-monitor`.
const PYTHON: &str = "DRIFTLINE_AZURE_PYTHON";

/// Returns what the vendor's client reads by a script, or `None`, said on stderr, where there is no Python with it.
pub(super) fn official(script: &str, arguments: &[&str]) -> Option<Value> {
    let Some(python) = std::env::var_os(PYTHON) else {
        assert!(std::env::var_os("CI").is_none(), "`{PYTHON}` is not set, and CI requires it");
        eprintln!("skipped: `{PYTHON}` names no Python with the vendor's client");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clouds").join(script);
    let output =
        Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn the_vendors_client_reads_what_driftline_reads() {
    let estate = serve(World::made_up(), Manner::default());
    let token = std::env::var(GOOD_VARIABLE).unwrap();
    let arguments = [&estate.server.url(), SUBSCRIPTIONS[0], &token];
    let Some(theirs) = official("check_azure.py", &arguments) else { return };

    let (store, _) = scan(&estate);
    let mut ours = json!({"instance": [], "volume": [], "snapshot": [], "image": [], "restore-point": []});
    for resource in resources(&store).iter().filter(|resource| resource.account.as_str() == SUBSCRIPTIONS[0])
    {
        let config = |path: &str| resource.config.get(path).cloned().unwrap_or_default();
        let power = || json!(resource.state.as_ref().map(|state| state.native.as_str()));
        let (uid, id) = (resource.key.uid.as_str(), resource.locator.as_str());
        let row = match resource.key.kind {
            Kind::Instance => json!([id, uid, config("hardwareProfile.vmSize"), power()]),
            Kind::Volume => json!([id, uid, config("diskSizeGB"), resource.zone]),
            Kind::Snapshot => json!([id, uid, config("incremental"), resource.name]),
            Kind::Image => json!([id, config("hyperVGeneration")]),
            Kind::RestorePoint => json!([id, config("consistencyMode")]),
            _ => continue,
        };
        ours[resource.key.kind.as_str()].as_array_mut().unwrap().push(row);
    }
    for rows in ours.as_object_mut().unwrap().values_mut() {
        rows.as_array_mut().unwrap().sort_by_key(|row| row[0].as_str().unwrap().to_owned());
    }
    assert_eq!(ours, theirs);
    assert_eq!(ours["volume"].as_array().map(Vec::len), Some(8));
}
