//! Options that every command takes.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, ValueEnum};
use serde_json::json;

use super::Failure;
use crate::config::Config;
use crate::model::{printable, printable_json};
use crate::rules::Tuning;
use crate::store::{Access, Store};

/// The environment variable that names the store.
pub(crate) const STORE_VARIABLE: &str = "DRIFTLINE_STORE";

/// The environment variable that names the configuration.
const CONFIG_VARIABLE: &str = "DRIFTLINE_CONFIG";

/// Options that every command takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The store: one SQLite file [default: `driftline.db` in the user's data folder].
    #[arg(long, global = true, value_name = "PATH", env = STORE_VARIABLE)]
    store: Option<PathBuf>,

    /// What live collection reaches and how gently, and by which weights risk is counted [default: `driftline/driftline.toml` in the user's
    /// configuration folder].
    #[arg(long, global = true, value_name = "FILE", env = CONFIG_VARIABLE)]
    config: Option<PathBuf>,

    /// Whether to colour the report.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,

    /// Whether to show progress on standard error.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    progress: When,

    /// How to write status lines and errors to standard error.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,

    /// Tell more; twice for everything.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,

    /// Show a long report at once, not through a pager.
    #[arg(long, global = true)]
    no_pager: bool,

    /// Tell only the report and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

/// How status lines and errors are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One object a line, with `level` and `message`.
    Json,
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
    /// Returns the store that was named, by the option or the variable.
    pub(super) fn store(&self) -> Option<&Path> {
        self.store.as_deref()
    }

    /// Returns the configuration that was named, by the option or the variable.
    pub(super) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Returns where the store is.
    pub(super) fn store_path(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.store {
            return Ok(path.clone());
        }
        default_store().ok_or(Failure::NoDataFolder)
    }

    /// Returns where the configuration is: the file that was named, else the user's own if there is one.
    pub(super) fn config_path(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| default_config().filter(|path| path.exists()))
    }

    /// Returns by which numbers rules judge: those of the configuration, if there is one.
    pub(super) fn tuning(&self) -> Result<Tuning, Failure> {
        let config = self.config_path().map(|path| Config::read(&path)).transpose()?;
        Ok(config.map(|config| config.tuning).unwrap_or_default())
    }

    /// Opens the store.
    pub(super) fn open_store(&self, access: Access) -> Result<Store, Failure> {
        Ok(Store::open(&self.store_path()?, access)?)
    }

    /// Returns how many times more was asked for.
    pub(super) const fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// Returns how status lines and errors are written.
    pub(super) const fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// Whether what is longer than the terminal may go through a pager.
    pub(super) const fn pages(&self) -> bool {
        !self.no_pager
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
            When::Auto => {
                let text = self.log_format == LogFormat::Text;
                text && !self.quiet && std::io::stderr().is_terminal()
            }
        }
    }

    /// Writes a status line to standard error.
    pub(super) fn tell(&self, line: impl std::fmt::Display) {
        match self.log_format {
            _ if !self.tells() => {}
            LogFormat::Text => status_line(&line),
            LogFormat::Json => {
                let line = json!({ "level": "info", "message": line.to_string().trim() });
                status_line(&printable_json(&line.to_string()));
            }
        }
    }

    /// Writes what went wrong, and stops nothing, to standard error, with what the person can do: however quiet.
    pub(super) fn warn(&self, text: impl std::fmt::Display, hints: &[&str]) {
        let text = printable(&text.to_string());
        match self.log_format {
            LogFormat::Text => {
                status_line(&format_args!("warning: {text}"));
                for hint in hints {
                    status_line(&format_args!("hint: {}", printable(hint)));
                }
            }
            LogFormat::Json => {
                let line = json!({ "level": "warning", "message": text, "hints": hints });
                status_line(&printable_json(&line.to_string()));
            }
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
    Some(user_folder("XDG_DATA_HOME", ".local/share")?.join("driftline/driftline.db"))
}

/// `$XDG_CONFIG_HOME/driftline/driftline.toml`, or below `~/.config`.
pub(super) fn default_config() -> Option<PathBuf> {
    Some(user_folder("XDG_CONFIG_HOME", ".config")?.join("driftline/driftline.toml"))
}

/// Returns the folder that a variable names, else one below the user's home.
fn user_folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let named = folder(variable).filter(|path| path.is_absolute());
    named.or_else(|| Some(folder("HOME")?.join(below_home)))
}
