//! Options that every command takes.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, ValueEnum};

use super::Failure;
use crate::store::{Access, Store};

/// The environment variable that names the store.
pub(crate) const STORE_VARIABLE: &str = "DRIFTLINE_STORE";

/// Options that every command takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The store: one SQLite file [default: `driftline.db` in the user's data folder].
    #[arg(long, global = true, value_name = "PATH", env = STORE_VARIABLE)]
    store: Option<PathBuf>,

    /// Whether to colour the report.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,

    /// Whether to show progress on standard error.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    progress: When,

    /// Tell more; twice for everything.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,

    /// Tell only the report and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

/// When to do something that suits a person at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// If the stream is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Global {
    /// Returns where the store is.
    pub(super) fn store_path(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.store {
            return Ok(path.clone());
        }
        default_store().ok_or(Failure::NoDataFolder)
    }

    /// Opens the store.
    pub(super) fn open_store(&self, access: Access) -> Result<Store, Failure> {
        Ok(Store::open(&self.store_path()?, access)?)
    }

    /// Returns how many times more was asked for.
    pub(super) const fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// Whether status lines go to standard error.
    pub(super) const fn tells(&self) -> bool {
        !self.quiet
    }

    /// Whether to colour what goes to standard output.
    pub(super) fn colors_output(&self) -> bool {
        use std::io::IsTerminal as _;
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => wanted && std::io::stdout().is_terminal(),
        }
    }

    /// Whether to show progress.
    pub(super) fn shows_progress(&self) -> bool {
        use std::io::IsTerminal as _;
        match self.progress {
            When::Always => true,
            When::Never => false,
            When::Auto => !self.quiet && std::io::stderr().is_terminal(),
        }
    }

    /// Writes a status line to standard error.
    pub(super) fn tell(&self, line: impl std::fmt::Display) {
        if self.tells() {
            status_line(&line);
        }
    }
}

/// Writes a line to standard error; one that cannot be written is nobody's loss.
pub(super) fn status_line(line: &dyn std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// `$XDG_DATA_HOME/driftline/driftline.db`, or below `~/.local/share`.
fn default_store() -> Option<PathBuf> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let data = folder("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(folder("HOME")?.join(".local/share")))?;
    Some(data.join(Path::new("driftline/driftline.db")))
}
