//! Exports that people made with the vendors' own tools: opened, told apart by content, cut into elements.
//!
//! What an element means is the clouds' business; how completely a file lists its scope is told by the
//! manifest, by flags, and by what the body says of itself.

mod dump;
pub mod elements;
mod extent;
mod manifest;
pub mod open;
mod read;
mod survey;

pub use dump::{Claim, Defaults, Dump, DumpError};
pub use manifest::{Manifest, ManifestError, ManifestFile, ManifestLog};
pub use read::{FileEnd, FileId, Message, read};
pub use survey::{OddOverlay, Survey};
