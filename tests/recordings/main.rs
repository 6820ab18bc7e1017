//! Real API responses that nobody here wrote, read in place: elements in = resources out, counted.
//!
//! The folder is not part of the package. Where it is absent these tests skip and say so; with `CI` set they
//! fail instead.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it cannot read, and says what it skips"
)]

mod audit_aws;
mod audit_azure;
mod audit_files;
mod audit_gcp;
mod aws;
mod azure;
mod gcp;
mod pairs;
mod stage;
mod whole;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Returns the recordings folder, or `None`, said on stderr, where it is absent.
///
/// `DRIFTLINE_RECORDINGS` names it; the default is `../shared/recordings` beside the package.
fn recordings() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings");
    let folder = std::env::var_os("DRIFTLINE_RECORDINGS").map_or(default, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is absent, and CI requires it", folder.display());
    eprintln!("skipped: no recordings at {}", folder.display());
    None
}

/// Returns every `.json` file below a folder, sorted.
fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Reads one JSON file.
fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
