//! `driftline store`: the file itself.

use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use clap::Subcommand;

use super::global::Global;
use super::output::write_stdout;
use super::{Failure, Status};
use crate::model::{Plural, Seal};
use crate::store::{Access, Depth};

/// Inspect, verify, back up and export the store.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell what the store holds: scans, resources, sizes, the head of its chain.
    Info,
    /// Recompute the chain of seals.
    ///
    /// An unkeyed chain stops accidents and half-done edits. Somebody who can write the file can rewrite
    /// the whole chain; only a seal that you keep elsewhere (`--expect-seal`) shows that.
    Verify {
        /// Digest every stored document again, too.
        #[arg(long)]
        full: bool,
        /// The seal that the chain must contain: one that an earlier report printed.
        #[arg(long, value_name = "SEAL")]
        expect_seal: Option<Seal>,
    },
    /// Copy the store, whole and consistent, while others use it.
    Backup {
        /// The file to make; it must not exist.
        to: PathBuf,
    },
    /// Write everything as lines of JSON.
    Export {
        /// The file to write [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let store = global.open_store(Access::Read)?;
        match self.action {
            Action::Info => {
                let info = store.info()?;
                let path = global.store_path()?;
                write_stdout(|out| writeln!(out, "store {}\n{info}", path.display()))?;
            }
            Action::Verify { full, expect_seal } => {
                let depth = if full { Depth::Full } else { Depth::Quick };
                let verification = store.verify(depth, expect_seal)?;
                write_stdout(|out| writeln!(out, "{verification}"))?;
                if !verification.is_sound() {
                    return Ok(Status::StoreBroken);
                }
            }
            Action::Backup { to } => {
                store.backup(&to)?;
                global.tell(format_args!("Copied the store to `{}`.", to.display()));
            }
            Action::Export { to: None } => {
                let mut out = BufWriter::new(std::io::stdout().lock());
                store.export(&mut out)?;
                out.flush()?;
            }
            Action::Export { to: Some(path) } => {
                let unwritable = |error| Failure::Output { path: path.display().to_string(), error };
                let mut out = BufWriter::new(std::fs::File::create(&path).map_err(unwritable)?);
                let lines = store.export(&mut out)?;
                out.flush().map_err(unwritable)?;
                global.tell(format_args!("Wrote {} to `{}`.", Plural(lines, "line"), path.display()));
            }
        }
        Ok(Status::Clean)
    }
}
