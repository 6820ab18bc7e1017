//! What the benches know of driftline's command line, one function a command.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Outcome;
use super::measure::{Figures, run};

/// The reference's compression level.
const LEVEL: i32 = 3;

/// A store that driftline keeps.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    path: PathBuf,
    work: PathBuf,
}

/// The documents that one scan was the first to see.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NewDocuments {
    /// How many.
    pub(crate) count: u64,
    /// Their canonical JSON, a line each.
    pub(crate) bytes: u64,
    /// The same under `zstd -3`.
    pub(crate) compressed: u64,
}

impl Store {
    /// Names a store, and removes what was under that name.
    pub(crate) fn new(work: &Path, name: &str) -> Outcome<Self> {
        let store = Self { path: work.join(name), work: work.to_owned() };
        for file in store.files() {
            match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(store)
    }

    /// Copies a closed store.
    pub(crate) fn copy(&self, name: &str) -> Outcome<Self> {
        let copy = Self::new(&self.work, name)?;
        for (from, to) in self.files().iter().zip(copy.files()).filter(|(from, _)| from.exists()) {
            fs::copy(from, to)?;
        }
        Ok(copy)
    }

    /// `driftline scan`.
    pub(crate) fn scan(&self, dump: &Path) -> Outcome<Figures> {
        let report = self.work.join("scan.json");
        let mut command = self.command("scan");
        command.arg("--from").arg(dump).args(["--fail-on", "never", "--format"]);
        command.arg(format!("json={}", report.display()));
        Ok(run(&mut command, &self.work, is_finished)?.0)
    }

    /// `driftline drift` of the first two scans; returns how many changes it found, too.
    pub(crate) fn drift(&self) -> Outcome<(Figures, u64)> {
        #[derive(Deserialize)]
        struct Report {
            summary: Summary,
        }
        #[derive(Deserialize)]
        struct Summary {
            changes: BTreeMap<String, u64>,
        }
        let report = self.work.join("drift.json");
        let mut command = self.command("drift");
        command.args(["1", "2", "--fail-on", "never", "--format"]).arg(format!("json={}", report.display()));
        let (figures, _) = run(&mut command, &self.work, is_finished)?;
        let report: Report = serde_json::from_slice(&fs::read(report)?)?;
        Ok((figures, report.summary.changes.values().sum()))
    }

    /// `driftline store export`: the documents that each scan was the first to see.
    pub(crate) fn new_documents(&self) -> Outcome<BTreeMap<u64, NewDocuments>> {
        #[derive(Deserialize)]
        struct Line<'a> {
            scan: u64,
            #[serde(borrow)]
            digest: Option<&'a str>,
            #[serde(borrow)]
            document: Option<&'a RawValue>,
        }
        let mut child = self.command("store").arg("export").stdout(Stdio::piped()).spawn()?;
        let mut seen = HashSet::new();
        let mut scans: BTreeMap<u64, (NewDocuments, zstd::Encoder<'_, Counter>)> = BTreeMap::new();
        for line in BufReader::new(child.stdout.take().ok_or("no output")?).lines() {
            let line = line?;
            let Line { scan, digest: Some(digest), document: Some(document) } = serde_json::from_str(&line)?
            else {
                continue;
            };
            if !seen.insert(u64::from_str_radix(&digest[..16], 16)?) {
                continue;
            }
            let (documents, encoder) = match scans.entry(scan) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert((NewDocuments::default(), zstd::Encoder::new(Counter(0), LEVEL)?))
                }
            };
            documents.count += 1;
            documents.bytes += document.get().len() as u64 + 1;
            writeln!(encoder, "{}", document.get())?;
        }
        if !child.wait()?.success() {
            return Err("`driftline store export` failed".into());
        }
        let close = |(scan, (documents, encoder)): (_, (_, zstd::Encoder<'_, Counter>))| {
            let compressed = encoder.finish()?.0;
            Ok((scan, NewDocuments { compressed, ..documents }))
        };
        scans.into_iter().map(close).collect()
    }

    /// Returns how large it is, with its write-ahead log.
    pub(crate) fn bytes(&self) -> u64 {
        self.files().iter().filter_map(|file| fs::metadata(file).ok()).map(|found| found.len()).sum()
    }

    fn files(&self) -> [PathBuf; 3] {
        ["", "-wal", "-shm"].map(|ending| PathBuf::from(format!("{}{ending}", self.path.display())))
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftline"));
        command.arg("--store").arg(&self.path).args(["--quiet", "--progress", "never", name]);
        command
    }
}

/// Finished: clean, with incomplete coverage, or with findings.
fn is_finished(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 3 | 10))
}

/// Counts the bytes that are written to it.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
