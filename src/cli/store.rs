//! `driftline store`: the file itself.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::global::Global;
use super::output::write_stdout;
use super::{Failure, Status};
use crate::model::{Plural, Scan, Seal};
use crate::store::{Access, Depth, Info, Verification};

/// Inspect, verify, back up and export the store.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell what the store holds: scans, resources, audit events, sizes, the head of its chain.
    Info,
    /// Recompute the chain of seals.
    ///
    /// An unkeyed chain stops accidents and half-done edits. Somebody who can write the file can rewrite
    /// the whole chain; only a seal that you keep elsewhere (`--expect-seal`) shows that.
    Verify {
        /// Digest every stored document and audit event again, too.
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
                let (info, scans) = (store.info()?, store.scans()?);
                let path = global.store_path()?;
                write_stdout(|out| tell(&path, &info, &scans, out))?;
            }
            Action::Verify { full, expect_seal } => {
                let depth = if full { Depth::Full } else { Depth::Quick };
                let verification = store.verify(depth, expect_seal)?;
                write_stdout(|out| tell_verified(&verification, out))?;
            }
            Action::Backup { to } => {
                store.backup(&to)?;
                global.tell(format_args!("Copied the store to `{}`.", to.display()));
            }
            Action::Export { to: None } => {
                let mut out = BufWriter::new(io::stdout().lock());
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

fn tell(path: &Path, info: &Info, scans: &[Scan], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "store      {}", path.display())?;
    writeln!(out, "schema     {}", info.schema)?;
    writeln!(out, "size       {}", Plural(info.bytes, "byte"))?;
    writeln!(out, "scans      {} sealed, {} abandoned", info.sealed, info.abandoned)?;
    writeln!(out, "resources  {} present, {} ever seen", info.present, info.resources)?;
    writeln!(out, "revisions  {}", info.revisions)?;
    writeln!(out, "events     {}", tell_events(info))?;
    writeln!(out, "baselines  {}", info.baselines)?;
    writeln!(out, "runs       {}", info.runs)?;
    if let Some(head) = info.head() {
        writeln!(out, "head       {head}")?;
    }
    for scan in scans.iter().rev().take(RECENT) {
        let seal = scan.seal.map_or_else(|| scan.state.to_string(), |seal| format!("seal {seal}"));
        writeln!(out, "scan {:<5} as of {:.0}  {seal}", scan.id, scan.taken_at)?;
    }
    let more = scans.len().saturating_sub(RECENT);
    if more > 0 { writeln!(out, "and {more} earlier scans") } else { Ok(()) }
}

/// Says how many audit events there are; what is odd of them only where something is.
fn tell_events(info: &Info) -> String {
    let imports = Plural(info.log_imports, "log import");
    let mut told = format!("{} of {imports}", info.events);
    let counts = [
        (info.unsealed_events, "not sealed yet"),
        (info.event_conflicts, "in conflict with another of the same id"),
        (info.odd_records, "unreadable"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(told, ", {count} {what}");
    }
    told
}

/// How many scans `store info` lists.
const RECENT: usize = 10;

fn tell_verified(verification: &Verification, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "The chain of {} holds.", Plural(verification.scans, "scan"))?;
    if verification.documents > 0 {
        writeln!(out, "{} read back as sealed.", Plural(verification.documents, "document"))?;
    }
    if verification.log_records > 0 {
        writeln!(out, "{} of audit logs read back as sealed.", Plural(verification.log_records, "record"))?;
    }
    match verification.followed_by {
        Some(0) => writeln!(out, "The expected seal is the head of the chain.")?,
        Some(count) => {
            let scans = Plural(count, "scan");
            writeln!(out, "The expected seal stands in the chain, {scans} before its head.")?;
        }
        None => {}
    }
    verification.head.map_or(Ok(()), |head| writeln!(out, "head {head}"))
}
