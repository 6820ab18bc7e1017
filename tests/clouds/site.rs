//! Runs the binary on a store of its own, against whatever a configuration points at.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// What the binary, or a vendor's SDK, would take from the environment of whoever runs the tests.
const READ: &[&str] = &["DRIFTLINE", "AWS", "AZURE", "GOOGLE", "CLOUDSDK"];

/// A folder with a store.
pub struct Site(TempDir);

impl Site {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Returns a path inside the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Scans what a configuration says, and returns the report.
    pub fn scan(&self, config: &str, environment: &[(&str, String)], more: &[&str]) -> Report {
        report(&self.run(config, environment, more))
    }

    /// Scans what a configuration says.
    pub fn run(&self, config: &str, environment: &[(&str, String)], more: &[&str]) -> Output {
        self.prepare(config, environment, more).output().unwrap()
    }

    /// Returns the command that scans what a configuration says.
    pub fn prepare(&self, config: &str, environment: &[(&str, String)], more: &[&str]) -> Command {
        let file = self.path("driftline.toml");
        fs::write(&file, config).unwrap();
        let mut command = self.driftline();
        command.arg("--config").arg(file).envs(environment.iter().cloned()).args(more);
        command
    }

    /// Imports a dump, and returns the report.
    pub fn import(&self, folder: &Path, more: &[&str]) -> Report {
        report(&self.driftline().arg("--from").arg(folder).args(more).output().unwrap())
    }

    /// Runs another command on the store.
    pub fn command(&self, args: &[&str]) -> Output {
        self.command_with(&[], args)
    }

    /// Runs another command on the store, with something in the environment.
    pub fn command_with(&self, environment: &[(&str, &str)], args: &[&str]) -> Output {
        let mut command = self.clean();
        command.args(args).arg("--store").arg(self.path("driftline.db")).envs(environment.iter().copied());
        command.output().unwrap()
    }

    fn driftline(&self) -> Command {
        let mut command = self.clean();
        command.arg("scan").arg("--store").arg(self.path("driftline.db")).args(["--format", "json"]);
        command
    }

    /// Returns the binary with nothing of the environment that it or an SDK would take.
    fn clean(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftline"));
        for (name, _) in env::vars_os() {
            if READ.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.0.path());
        command
    }
}

fn report(output: &Output) -> Report {
    let told = String::from_utf8_lossy(&output.stderr);
    // 3: incomplete; 10: findings.
    assert!(matches!(output.status.code(), Some(0 | 3 | 10)), "{:?}: {told}", output.status);
    Report(serde_json::from_slice(&output.stdout).unwrap())
}

/// A report in JSON.
pub struct Report(pub Value);

impl Report {
    /// Returns kind and resource of every change of a resource.
    pub fn changes(&self) -> BTreeSet<(String, String)> {
        let changes = self.0["changes"].as_array().unwrap();
        let changes = changes.iter().filter(|change| !change["resource"].is_null());
        changes.map(|change| (text(&change["kind"]), text(&change["resource"]["uid"]))).collect()
    }

    /// Asserts that nothing changed, and shows what did.
    pub fn assert_no_change(&self) {
        self.assert_only(&[]);
    }

    /// Asserts that nothing changed but in these ways, and shows what did.
    pub fn assert_only(&self, kinds: &[&str]) {
        let changes = self.0["changes"].as_array().unwrap();
        let mut others = changes.iter().filter(|change| kinds.iter().all(|kind| change["kind"] != *kind));
        assert!(others.next().is_none(), "{}", serde_json::to_string_pretty(changes).unwrap());
    }

    /// Returns the coverage of a kind in a location.
    pub fn coverage(&self, kind: &str, location: &str) -> &Value {
        let rows = self.0["coverage"].as_array().unwrap();
        let row = rows.iter().find(|row| row["kind"] == kind && row["location"] == location);
        row.unwrap_or_else(|| panic!("no coverage of {kind} in {location}: {rows:#?}"))
    }

    /// Asserts how completely a kind was listed in a location.
    pub fn assert_coverage(&self, kind: &str, location: &str, status: &str) {
        let row = self.coverage(kind, location);
        assert!(row["status"] == status, "not {status}: {row:#}");
    }

    /// Asserts that these kinds were listed to their end in these locations.
    pub fn assert_complete(&self, kinds: &[&str], locations: &[&str]) {
        for kind in kinds {
            for location in locations {
                self.assert_coverage(kind, location, "complete");
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
