//! Why a command stopped, with the exit status and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use thiserror::Error;

use super::Status;
use super::global::{LogFormat, status_line};
use crate::config::{ApprovalsError, ConfigError, ConfigErrors};
use crate::model::{UnknownName, printable, printable_json};
use crate::pipeline::{IngestError, ScanError};
use crate::sources::NotBuilt;
use crate::sources::files::{DumpError, open::OpenError};
use crate::store;

/// Why a command stopped. Each variant maps to exactly one exit status.
#[derive(Debug, Error)]
pub enum Failure {
    /// There is no folder for the default store.
    #[error("neither `XDG_DATA_HOME` nor `HOME` is set, so there is no default store")]
    NoDataFolder,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The dump does not read.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The scan failed.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The configuration does not read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The approved changes do not read.
    #[error(transparent)]
    Approvals(#[from] ApprovalsError),
    /// Logs were not taken in.
    #[error(transparent)]
    Logs(#[from] IngestError),
    /// There is nothing to collect from, and no file to read.
    #[error("{}", nothing(.config.as_deref()))]
    NothingToScan {
        /// The configuration that has no entry.
        config: Option<PathBuf>,
    },
    /// This build cannot reach a cloud.
    #[error(transparent)]
    NotBuilt(#[from] NotBuilt),
    /// This build cannot notify anybody.
    #[error("this build has no client for `--notify`")]
    NotifyNotBuilt,
    /// The secret that signs notices is no secret.
    #[error("`{0}` is empty, and a notice must not go out unsigned by mistake")]
    NoSecret(&'static str),
    /// A scan or baseline is not there.
    #[error("no scan or baseline is `{0}`")]
    UnknownScan(String),
    /// The store has too few scans.
    #[error("the store has {0}, and a comparison needs two")]
    TooFewScans(String),
    /// No stored run bears this number.
    #[error("no run is `{0}`")]
    UnknownRun(String),
    /// No resource bears this id, locator or name.
    #[error("no resource has the id, locator or name `{0}`")]
    UnknownResource(String),
    /// No finding, or more than one, bears this id.
    #[error("{}", unknown_finding(.id, *.matching))]
    UnknownFinding {
        /// The id, or its first digits.
        id: String,
        /// How many findings have an id that begins so.
        matching: usize,
    },
    /// No rule bears this id.
    #[error("no rule is `{0}`")]
    UnknownRule(String),
    /// A name is not what it should be.
    #[error(transparent)]
    Name(#[from] UnknownName),
    /// A format has no place for what it should write.
    #[error("the format `{format}` has no place for {what}")]
    Unfit {
        /// Its name.
        format: &'static str,
        /// What it should write.
        what: &'static str,
        /// The names of the formats that have one.
        fit: Vec<&'static str>,
    },
    /// A period ends before it begins.
    #[error("`{from}` is later than `{to}`")]
    Backwards {
        /// Where it should begin.
        from: String,
        /// Where it should end.
        to: String,
    },
    /// Something on the command line does not fit.
    #[error("{0}")]
    Usage(String),
    /// A report cannot be written where it was wanted.
    #[error("cannot write `{path}`: {error}")]
    Output {
        /// Where.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A folder that is to be written holds what is not driftline's.
    #[error("`{folder}` holds `{file}`, which `driftline generate docs` did not write")]
    ForeignFolder {
        /// The folder.
        folder: String,
        /// The first such file.
        file: String,
    },
    /// Standard output does not take the report.
    #[error("cannot write the report: {0}")]
    Stdout(#[from] io::Error),
    /// A stored report does not read back.
    #[error("the stored report does not read: {0}")]
    StoredReport(serde_json::Error),
    /// The user interrupted.
    #[error("interrupted; nothing was sealed")]
    Interrupted,
    /// The user interrupted after the inventory was sealed.
    #[error("interrupted while logs were read; the scan is sealed, and nothing was judged")]
    Unjudged,
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(errors.into())
    }
}

fn unknown_finding(id: &str, matching: usize) -> String {
    match matching {
        0 => format!("no finding is `{id}`"),
        _ => format!("{matching} findings have an id that begins with `{id}`"),
    }
}

fn nothing(config: Option<&Path>) -> String {
    match config {
        Some(path) => format!("`{}` has no entry to collect from", path.display()),
        None => "there is nothing to scan: no configuration, no `--provider`, no `--from`".to_owned(),
    }
}

impl Failure {
    /// Exhaustive on purpose: a new variant must choose its status.
    pub fn status(&self) -> Status {
        match self {
            Self::NoDataFolder
            | Self::Config(_)
            | Self::NothingToScan { .. }
            | Self::NotBuilt(_)
            | Self::NotifyNotBuilt
            | Self::NoSecret(_)
            | Self::Approvals(_)
            | Self::Dump(_)
            | Self::UnknownScan(_)
            | Self::TooFewScans(_)
            | Self::UnknownRun(_)
            | Self::UnknownResource(_)
            | Self::UnknownFinding { .. }
            | Self::UnknownRule(_)
            | Self::Name(_)
            | Self::Unfit { .. }
            | Self::Backwards { .. }
            | Self::Usage(_)
            | Self::ForeignFolder { .. }
            | Self::Output { .. } => Status::Usage,
            Self::Stdout(_) | Self::StoredReport(_) => Status::Internal,
            Self::Interrupted | Self::Unjudged => Status::Interrupted,
            Self::Store(error) => store_status(error),
            Self::Scan(error) => scan_status(error),
            Self::Logs(error) => logs_status(error),
        }
    }

    /// What the person can do next, one action per line.
    pub fn hints(&self) -> Vec<String> {
        let hint: &str = match self {
            Self::Store(error)
            | Self::Scan(ScanError::Store(error) | ScanError::Logs(IngestError::Store(error)))
            | Self::Logs(IngestError::Store(error)) => return error.hints(),
            Self::NoDataFolder => "name the store with `--store PATH` or `DRIFTLINE_STORE`",
            Self::UnknownScan(_) => {
                "`driftline store info` lists the scans, `driftline baseline list` the baselines"
            }
            Self::Config(ConfigError::Invalid(_)) => return Vec::new(),
            Self::Config(_) => "`examples/driftline.toml` shows every key",
            Self::NothingToScan { .. } => {
                "`driftline scan --provider aws` collects with the ambient credentials; `--from PATH` reads \
                 exported files; `--config FILE` names a configuration"
            }
            Self::NotBuilt(_) => {
                "build with `--features aws,azure,gcp`, or read exported files with `--from`"
            }
            Self::NotifyNotBuilt => "build with `--features notify`, or send findings with `--syslog`",
            Self::NoSecret(_) => "put the secret there, or take the variable away",
            Self::TooFewScans(_) => "add one with `driftline scan --from PATH`",
            Self::UnknownRun(_) => "`driftline report --list` shows the stored runs",
            Self::UnknownResource(_) => {
                "give an id as the report prints it; names and locators must match whole"
            }
            Self::UnknownFinding { matching: 0, .. } => "`driftline findings list --all` shows their ids",
            Self::UnknownFinding { .. } => "give more of its digits",
            Self::UnknownRule(_) => "`driftline rules list` shows the rules",
            Self::Scan(ScanError::OutOfOrder { .. }) => {
                "import dumps in the order in which they were taken, or use another `--store`"
            }
            Self::Scan(ScanError::Credentials { .. }) => {
                "`driftline doctor` tries each entry's credentials and tells what they lack"
            }
            Self::Name(_) => "baseline names take letters, digits, `.`, `_` and `-`, and are no number",
            Self::Scan(ScanError::Nothing { .. }) => {
                "`driftline generate collect-script --provider aws|azure|gcp` prints a script that makes a dump"
            }
            Self::Stdout(_)
            | Self::StoredReport(_)
            | Self::Interrupted
            | Self::Logs(IngestError::Interrupted)
            | Self::Scan(ScanError::Interrupted | ScanError::Lost | ScanError::Runtime(_)) => {
                return Vec::new();
            }
            Self::Approvals(_) => {
                "a CSV file has the columns `id,from,to,provider,account,resources,principals`, a TOML file \
                 `[[approval]]` tables with the same keys"
            }
            Self::Dump(_) | Self::Scan(_) | Self::Logs(_) => "check the path and its permissions",
            Self::Unjudged => "`driftline events fetch` reads them, `driftline drift` judges",
            Self::Unfit { fit, .. } => {
                let fit: Vec<_> = fit.iter().map(|name| format!("`{name}`")).collect();
                return vec![format!("{} have one", fit.join(", "))];
            }
            Self::Backwards { .. } => "name the earlier end first",
            Self::Usage(_) => "`driftline --help` tells the options",
            Self::ForeignFolder { .. } => "name a new or an empty folder",
            Self::Output { .. } => "check the folder and its permissions",
        };
        vec![hint.to_owned()]
    }

    /// Whether the reader of standard output went away, which is its choice and no failure.
    pub(super) fn is_closed_pipe(&self) -> bool {
        let (Self::Stdout(error) | Self::Store(store::Error::Export(error))) = self else { return false };
        error.kind() == io::ErrorKind::BrokenPipe
    }

    /// Writes the error and its hints to standard error.
    pub(super) fn print(&self, log: LogFormat) {
        match log {
            // Whole diagnostics, neutralised already.
            LogFormat::Text if let Self::Config(ConfigError::Invalid(errors)) = self => status_line(errors),
            LogFormat::Text => {
                status_line(&format_args!("error: {}", printable(&self.to_string())));
                for hint in self.hints() {
                    status_line(&format_args!("hint: {}", printable(&hint)));
                }
            }
            LogFormat::Json => {
                let status = self.status() as u8;
                let (message, hints) = (self.to_string(), self.hints());
                let line = json!({ "level": "error", "message": message, "hints": hints, "status": status });
                status_line(&printable_json(&line.to_string()));
            }
        }
    }
}

/// Exhaustive on purpose, as [`Failure::status`].
const fn scan_status(error: &ScanError) -> Status {
    match error {
        ScanError::Open(OpenError::Interrupted { .. }) | ScanError::Interrupted => Status::Interrupted,
        ScanError::Dump(_)
        | ScanError::Open(_)
        | ScanError::Nothing { .. }
        | ScanError::OutOfOrder { .. } => Status::Usage,
        ScanError::Store(error) => store_status(error),
        ScanError::Logs(error) => logs_status(error),
        ScanError::Credentials { .. } => Status::Credentials,
        ScanError::Lost | ScanError::Runtime(_) => Status::Internal,
    }
}

/// Exhaustive on purpose, as [`Failure::status`].
const fn logs_status(error: &IngestError) -> Status {
    match error {
        IngestError::Open(OpenError::Interrupted { .. }) | IngestError::Interrupted => Status::Interrupted,
        IngestError::Open(_) => Status::Usage,
        IngestError::Store(error) => store_status(error),
    }
}

/// Exhaustive on purpose, as [`Failure::status`].
const fn store_status(error: &store::Error) -> Status {
    use store::Error;
    match error {
        Error::Missing { .. } => Status::StoreMissing,
        Error::Locked { .. } => Status::StoreLocked,
        Error::Newer { .. } => Status::StoreNewer,
        Error::Foreign { .. } | Error::Damaged { .. } | Error::Unsound(_) => Status::StoreBroken,
        Error::UnknownScan(_)
        | Error::Backwards { .. }
        | Error::UnknownBaseline(_)
        | Error::UnknownRun(_)
        | Error::Exists { .. } => Status::Usage,
        Error::Older { .. }
        | Error::ReadOnly
        | Error::Full
        | Error::Io { .. }
        | Error::Document(_)
        | Error::Database(_)
        | Error::Export(_) => Status::Internal,
    }
}
