//! The reference: DuckDB joins the two dumps.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::Outcome;
use super::measure::{Figures, run};

/// DuckDB, installed.
pub(crate) struct Duckdb {
    python: PathBuf,
    work: PathBuf,
}

/// How DuckDB reads a dump (`join.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// NDJSON as lines of text: its best case.
    Lines,
    /// NDJSON as JSON.
    Objects,
    /// The documents that the AWS CLI prints.
    Arrays,
}

impl Variant {
    /// Every variant.
    pub(crate) const ALL: [Self; 3] = [Self::Lines, Self::Objects, Self::Arrays];

    /// Returns its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Objects => "objects",
            Self::Arrays => "arrays",
        }
    }
}

/// What the join found, and how long the query alone took.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Join {
    pub(crate) version: String,
    pub(crate) seconds: f64,
    pub(crate) added: u64,
    pub(crate) removed: u64,
    pub(crate) changed: u64,
}

impl Duckdb {
    /// Installs the Python package into a virtual environment of its own, unless it is there.
    ///
    /// # Errors
    ///
    /// If there is no Python, or the package cannot be had.
    pub(crate) fn install(work: &Path) -> Outcome<Self> {
        let environment = work.join("venv");
        let duckdb = Self { python: environment.join("bin/python"), work: work.to_owned() };
        let succeeds = |command: &mut Command| command.status().is_ok_and(|status| status.success());
        if succeeds(Command::new(&duckdb.python).args(["-c", "import duckdb"])) {
            return Ok(duckdb);
        }
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "duckdb"];
        if succeeds(Command::new("python3").args(["-m", "venv"]).arg(environment))
            && succeeds(Command::new(&duckdb.python).args(install))
        {
            return Ok(duckdb);
        }
        Err("`pip install duckdb` failed".into())
    }

    /// Joins two dumps; the wall time is the query's, without the start of Python.
    pub(crate) fn join(&self, variant: Variant, before: &Path, after: &Path) -> Outcome<(Figures, Join)> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/perf/join.py");
        let mut command = Command::new(&self.python);
        command.args([script, variant.name()]).args([before, after]);
        let (figures, printed) = run(&mut command, &self.work, |status| status.success())?;
        let join: Join = serde_json::from_str(&printed)?;
        Ok((Figures { wall: Duration::from_secs_f64(join.seconds), ..figures }, join))
    }
}
