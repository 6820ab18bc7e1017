//! The manifest of a dump: what each of its files lists, when, and whether completely.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::{Kind, Provider, Timestamp};

/// The file name at the root of a dump.
pub(super) const MANIFEST_NAME: &str = "manifest.json";

/// The manifest version that this release reads.
const VERSION: u32 = 1;

/// `manifest.json` at the root of a dump folder (DESIGN §12). Every member but `path` is optional where the
/// content tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// The manifest's version: 1.
    pub driftline_dump: u32,
    /// When the dump was taken.
    #[serde(default)]
    pub taken_at: Option<Timestamp>,
    /// What each file lists.
    #[serde(default)]
    pub files: Vec<ManifestFile>,
    /// The audit logs that came along.
    #[serde(default)]
    pub logs: Vec<ManifestLog>,
}

/// What one file lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestFile {
    /// The file, relative to the manifest, with `/`.
    pub path: String,
    /// The cloud.
    #[serde(default)]
    pub provider: Option<Provider>,
    /// The account, subscription or project.
    #[serde(default)]
    pub account: Option<String>,
    /// The region, location, zone, or `*` for all of them.
    #[serde(default)]
    pub location: Option<String>,
    /// What it lists.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Whether it lists all of it. It can confirm a listing, never upgrade one that says of itself that it
    /// is partial.
    #[serde(default)]
    pub complete: Option<bool>,
    /// Why it does not.
    #[serde(default)]
    pub reason: Option<String>,
}

/// One audit log of a dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestLog {
    /// The file or folder, relative to the manifest, with `/`.
    pub path: String,
    /// Where the records come from: `cloudtrail`, `activity-log`, `cloud-audit`.
    #[serde(default)]
    pub source: Option<String>,
    /// The account, subscription or project.
    #[serde(default)]
    pub account: Option<String>,
    /// The region, or `*`.
    #[serde(default)]
    pub location: Option<String>,
    /// From when on the log is complete.
    #[serde(default)]
    pub complete_from: Option<Timestamp>,
    /// Until when the log is complete.
    #[serde(default)]
    pub complete_to: Option<Timestamp>,
}

/// Why a manifest cannot be used.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// It is no manifest.
    #[error("the manifest does not read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version.
    #[error("the manifest is of version {0}, this release reads version {VERSION}")]
    Version(u32),
}

impl Manifest {
    /// Returns the JSON Schema of a manifest.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Reads a manifest; `None` for JSON that is something else.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Malformed`] with line and column if a member is not what it should be, and
    /// [`ManifestError::Version`] for a later version.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, ManifestError> {
        let value: serde_json::Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) if memchr::memmem::find(bytes, b"\"driftline_dump\"").is_some() => {
                return Err(error.into());
            }
            Err(_) => return Ok(None),
        };
        if value.get("driftline_dump").is_none() {
            return Ok(None);
        }
        // Parsed again from the text, so that an error tells line and column.
        let manifest: Self = serde_json::from_slice(bytes)?;
        if manifest.driftline_dump == VERSION {
            Ok(Some(manifest))
        } else {
            Err(ManifestError::Version(manifest.driftline_dump))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_path_is_required_of_a_file() {
        let text = br#"{"driftline_dump":1,"files":[{"path":"a.json"}]}"#;
        let manifest = Manifest::parse(text).unwrap().unwrap();
        assert_eq!(manifest.files, [ManifestFile { path: "a.json".into(), ..ManifestFile::default() }]);
    }

    #[test]
    fn other_json_is_no_manifest_and_a_broken_one_is_an_error_with_its_position() {
        assert!(Manifest::parse(br#"{"name":"x"}"#).unwrap().is_none());
        assert!(Manifest::parse(b"not json").unwrap().is_none());
        let broken = b"{\"driftline_dump\":1,\n \"files\":[{\"path\":\"a\",\"kind\":\"bucket\"}]}";
        let error = Manifest::parse(broken).unwrap_err().to_string();
        assert!(error.contains("bucket") && error.contains("line 2"), "{error}");
        assert!(matches!(Manifest::parse(br#"{"driftline_dump":2}"#), Err(ManifestError::Version(2))));
    }
}
