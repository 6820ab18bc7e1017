//! Paths that can be written into shell, units and YAML alike.

use std::path::Path;

use crate::cli::Failure;
use crate::model::{printable, shell_word};

/// A path to write into a generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place(String);

impl Place {
    /// Takes the path that `option` names.
    ///
    /// # Errors
    ///
    /// If it is relative and not taken `anywhere`, since a scheduler's working folder is none of the caller's; or
    /// if it holds what shell, systemd or YAML would read as more than text.
    pub(super) fn new(option: &str, path: &Path, anywhere: bool) -> Result<Self, Failure> {
        let text = path.to_str().unwrap_or_default();
        let safe = |c: char| !c.is_control() && !"\"\\$`%".contains(c);
        let problem = if text.is_empty() || !text.chars().all(safe) {
            "holds a character that not every scheduler takes as it is"
        } else if !path.is_absolute() && !anywhere {
            "is not absolute, and a schedule has no working folder to start from"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(Failure::Usage(format!("`{option} {}` {problem}", printable(&path.to_string_lossy()))))
    }

    /// Takes a path that is known to be plain.
    pub(super) fn plain(path: &'static str) -> Self {
        Self(path.to_owned())
    }

    /// Returns it as it is.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Returns it as one word of a shell.
    pub(super) fn word(&self) -> String {
        shell_word(&self.0)
    }

    /// Returns it in double quotes, as YAML and systemd take it.
    pub(super) fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }

    /// Returns the folder that it is in; itself if it is in none.
    pub(super) fn folder(&self) -> Self {
        let folder = Path::new(&self.0).parent().and_then(Path::to_str).filter(|folder| !folder.is_empty());
        Self(folder.unwrap_or(&self.0).to_owned())
    }

    /// Returns its last part.
    pub(super) fn file_name(&self) -> Self {
        let name = Path::new(&self.0).file_name().and_then(|name| name.to_str());
        Self(name.unwrap_or(&self.0).to_owned())
    }
}
