//! Runs the binary on a store of its own, against an emulator.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::emulator::Emulator;

/// The kinds that every emulator lists.
pub(crate) const KINDS: &[&str] = &["image", "instance", "snapshot", "volume"];

/// The regions that scans look at.
pub(crate) const REGIONS: &[&str] = &["eu-west-1", "us-east-1"];

/// A folder with a store.
pub(crate) struct Site(TempDir);

impl Site {
    /// Makes an empty one.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Returns a path inside the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Scans an emulator, and returns the report.
    pub(crate) fn scan(&self, emulator: &Emulator, more: &[&str]) -> Report {
        let config = format!(
            "[[aws]]\nendpoint = \"{}\"\nregions = [\"{}\"]\nsharing = true\ninstance-attributes = true\n\
             user-data = true\n",
            emulator.url,
            REGIONS.join("\", \"")
        );
        fs::write(self.path("driftline.toml"), config).unwrap();
        let config = self.path("driftline.toml");
        let mut command = Self::driftline();
        command.arg("scan").arg("--config").arg(config).args([
            "--requests-per-second",
            "1000",
            "--retries",
            "1",
        ]);
        command.args(more).envs(emulator.credentials());
        self.report(command)
    }

    /// Imports a dump, and returns the report.
    pub(crate) fn import(&self, folder: &str) -> Report {
        let mut command = Self::driftline();
        command.arg("scan").arg("--from").arg(self.path(folder));
        self.report(command)
    }

    fn driftline() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftline"));
        for (name, _) in env::vars_os() {
            if ["DRIFTLINE", "AWS"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command
    }

    fn report(&self, mut command: Command) -> Report {
        command.arg("--store").arg(self.path("driftline.db")).args(["--format", "json"]);
        let output = command.output().unwrap();
        // 3: incomplete; 10: findings.
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 3 | 10)), "{:?}: {told}", output.status);
        Report(serde_json::from_slice(&output.stdout).unwrap())
    }
}

/// A report in JSON.
pub(crate) struct Report(pub(crate) Value);

impl Report {
    /// Returns kind and resource of every change.
    pub(crate) fn changes(&self) -> BTreeSet<(String, String)> {
        let changes = self.0["changes"].as_array().unwrap();
        changes.iter().map(|change| (text(&change["kind"]), text(&change["resource"]["uid"]))).collect()
    }

    /// Asserts that nothing changed, and shows what did.
    pub(crate) fn assert_no_change(&self) {
        let changes = self.0["changes"].as_array().unwrap();
        assert!(changes.is_empty(), "{}", serde_json::to_string_pretty(changes).unwrap());
    }

    /// Returns the status of the coverage of a kind in a region.
    pub(crate) fn coverage(&self, kind: &str, region: &str) -> String {
        let rows = self.0["coverage"].as_array().unwrap();
        let row = rows.iter().find(|row| row["kind"] == kind && row["location"] == region);
        text(&row.unwrap_or_else(|| panic!("no coverage of {kind} in {region}: {rows:#?}"))["status"])
    }

    /// Asserts that all that every emulator lists was listed to its end.
    pub(crate) fn assert_complete(&self) {
        for kind in KINDS {
            for region in REGIONS {
                let status = self.coverage(kind, region);
                assert_eq!(status, "complete", "{kind} in {region}: {:#}", self.0["coverage"]);
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
