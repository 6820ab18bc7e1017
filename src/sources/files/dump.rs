//! A dump: a tree of files, perhaps with a manifest.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use thiserror::Error;

use super::manifest::{MANIFEST_NAME, Manifest, ManifestError, ManifestFile, ManifestLog};
use super::open::{OpenError, Tree, Visitor};
use crate::model::{AccountId, Kind, Location, Provider, Timestamp};

/// A manifest is a list of files, not data.
const MANIFEST_LIMIT: u64 = 64 << 20;

/// Why a dump cannot be used at all.
#[derive(Debug, Error)]
pub enum DumpError {
    /// Its path does not read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its manifest cannot be used.
    #[error("`{path}`: {error}")]
    Manifest {
        /// Which.
        path: String,
        /// Why.
        error: ManifestError,
    },
}

/// What a file is said to list, from beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The cloud.
    pub provider: Option<Provider>,
    /// The account.
    pub account: Option<AccountId>,
    /// The location.
    pub location: Option<Location>,
    /// The kind.
    pub kind: Option<Kind>,
    /// Whether it lists all of it; `None` if nobody says.
    pub complete: Option<bool>,
    /// Why it does not.
    pub reason: Option<String>,
    /// Whether a manifest names the file; otherwise all this holds for every file alike.
    pub named: bool,
}

/// What a person says of every file that no manifest names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The account.
    pub account: Option<AccountId>,
    /// The location.
    pub location: Option<Location>,
    /// Whether each listing is complete.
    pub complete: Option<bool>,
}

/// Whether a tree is one file that was named, or may hold several that were not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    One,
    Several,
}

/// A tree of exported files.
#[derive(Debug)]
pub struct Dump {
    tree: Tree,
    holds: Holds,
    path: PathBuf,
    /// The folder of the manifest inside the tree, empty or ending in `/`.
    root: String,
    taken_at: Option<Timestamp>,
    claims: BTreeMap<String, ManifestFile>,
    logs: Vec<ManifestLog>,
    has_manifest: bool,
    defaults: Defaults,
}

impl Dump {
    /// Opens a file, a folder, an archive, a pipe, or standard input for `-`, and reads its manifest if it
    /// has one.
    ///
    /// # Errors
    ///
    /// [`DumpError::Open`] if the path does not read, or if it was `interrupted` while it waited for a pipe;
    /// [`DumpError::Manifest`] if the manifest does not read.
    pub fn open(path: &Path, defaults: Defaults, interrupted: &AtomicBool) -> Result<Self, DumpError> {
        let tree = Tree::new(path, interrupted)?;
        let several = tree.may_hold_several();
        let holds = if several { Holds::Several } else { Holds::One };
        let found = if several { find_manifest(&tree)? } else { None };
        let has_manifest = found.is_some();
        let (root, manifest) = found.unwrap_or_default();
        let claims = manifest.files.into_iter().map(|file| (normal(&file.path), file)).collect();
        Ok(Self {
            tree,
            holds,
            path: path.to_owned(),
            root,
            taken_at: manifest.taken_at,
            claims,
            logs: manifest.logs,
            has_manifest,
            defaults,
        })
    }

    /// Returns the path that it was opened from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns when it was taken, if its manifest tells.
    pub const fn taken_at(&self) -> Option<Timestamp> {
        self.taken_at
    }

    /// Returns the audit logs that its manifest names.
    pub fn logs(&self) -> &[ManifestLog] {
        &self.logs
    }

    /// Returns the tree of its files.
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns the folder of its manifest inside the tree, empty or ending in `/`.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Visits every file that may hold inventory: all but the manifest, the logs that it names, and names
    /// that no export bears.
    ///
    /// # Errors
    ///
    /// As [`Tree::visit`].
    pub fn visit(&self, visitor: &mut Visitor<'_>) -> Result<(), OpenError> {
        self.tree.visit(&mut |name, opened| {
            if self.may_hold_inventory(name) {
                visitor(name, opened);
            }
        })
    }

    /// Returns what a file is said to list.
    pub fn claim(&self, name: &str) -> Claim {
        let defaults = &self.defaults;
        let unnamed = Claim {
            account: defaults.account.clone(),
            location: defaults.location.clone(),
            complete: defaults.complete,
            ..Claim::default()
        };
        let Some(file) = name.strip_prefix(&self.root).and_then(|name| self.claims.get(name)) else {
            return unnamed;
        };
        Claim {
            provider: file.provider,
            account: file
                .account
                .clone()
                .map(|account| canonical_account(file.provider, account))
                .or(unnamed.account),
            location: file.location.clone().map(Location::new).or(unnamed.location),
            kind: file.kind,
            complete: file.complete.or(unnamed.complete),
            reason: file.reason.clone(),
            named: true,
        }
    }

    /// Returns the files that the manifest names, by the names under which they would be visited.
    pub fn named(&self) -> impl Iterator<Item = String> {
        self.claims.keys().map(|name| format!("{}{name}", self.root))
    }

    fn may_hold_inventory(&self, name: &str) -> bool {
        if self.holds == Holds::One {
            return true;
        }
        let Some(inner) = name.strip_prefix(&self.root) else { return true };
        if inner == MANIFEST_NAME && self.has_manifest {
            return false;
        }
        if self.claims.contains_key(inner) {
            return true;
        }
        let logged = self.logs.iter().any(|log| {
            let log = normal(&log.path);
            inner == log || inner.strip_prefix(&log).is_some_and(|rest| rest.starts_with('/'))
        });
        let other = [".md", ".txt", ".sh", ".log", ".err", ".html", ".csv", ".yaml", ".yml", ".toml"];
        let hidden = inner.split('/').any(|step| step.starts_with('.') && step.len() > 1);
        !logged && !hidden && !other.iter().any(|ending| inner.to_ascii_lowercase().ends_with(ending))
    }
}

/// Azure subscriptions are compared in lower case (SEMANTICS A.0).
fn canonical_account(provider: Option<Provider>, account: String) -> AccountId {
    match provider {
        Some(Provider::Azure) => AccountId::new(account.to_ascii_lowercase()),
        _ => AccountId::new(account),
    }
}

fn normal(path: &str) -> String {
    path.trim_start_matches("./").trim_end_matches('/').replace('\\', "/")
}

/// Finds the manifest nearest the root, and the folder that it stands in.
fn find_manifest(tree: &Tree) -> Result<Option<(String, Manifest)>, DumpError> {
    let mut found: Option<(String, Result<Option<Manifest>, ManifestError>)> = None;
    tree.visit(&mut |name, opened| {
        let Some(root) = name.strip_suffix(MANIFEST_NAME) else { return };
        let nearer = found.as_ref().is_none_or(|(best, _)| root.len() < best.len());
        if !nearer || !(root.is_empty() || root.ends_with('/')) {
            return;
        }
        let mut bytes = Vec::new();
        if opened.and_then(|input| input.take(MANIFEST_LIMIT).read_to_end(&mut bytes)).is_ok() {
            match Manifest::parse(&bytes) {
                Ok(None) => {}
                parsed => found = Some((root.to_owned(), parsed)),
            }
        }
    })?;
    let Some((root, parsed)) = found else { return Ok(None) };
    match parsed {
        Ok(manifest) => Ok(manifest.map(|manifest| (root, manifest))),
        Err(error) => Err(DumpError::Manifest { path: format!("{root}{MANIFEST_NAME}"), error }),
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Self { driftline_dump: 1, taken_at: None, files: Vec::new(), logs: Vec::new() }
    }
}
