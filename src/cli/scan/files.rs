//! `driftline scan --from`: exported files.

use std::path::PathBuf;

use super::holder;
use crate::cli::global::Global;
use crate::cli::meter::Meter;
use crate::cli::{Failure, interrupt, logs};
use crate::model::{AccountId, Location, Plural, ScanId, Timestamp, printable};
use crate::pipeline::{Import, Imported, LogTree, import};
use crate::sources::files::Defaults;
use crate::store::Store;

/// What to read, and what to believe of it.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Exported files")]
pub(super) struct FileArgs {
    /// What to read: a file, a folder, an archive, or `-`; repeatable.
    #[arg(long, value_name = "PATH", conflicts_with = "provider")]
    from: Vec<PathBuf>,

    /// Say that every listing without a manifest is complete, so that absence is evidence.
    #[arg(long, requires = "from")]
    complete: bool,

    /// The account of listings that do not tell it (`describe-volumes` does not).
    #[arg(long, value_name = "ID", requires = "from")]
    account: Option<String>,

    /// The location of listings that do not tell it (`describe-snapshots` does not).
    #[arg(long, value_name = "REGION", requires = "from")]
    location: Option<String>,

    /// When the state was so [default: the manifest's time, else now].
    #[arg(long, value_name = "TIME", requires = "from")]
    as_of: Option<Timestamp>,
}

impl FileArgs {
    /// Whether there is anything to read.
    pub(super) const fn is_given(&self) -> bool {
        !self.from.is_empty()
    }

    /// Reads it, with logs beside it, and returns the sealed scan.
    pub(super) fn import(
        &self,
        store: &mut Store,
        logs: Vec<LogTree>,
        global: &Global,
        started_at: Timestamp,
    ) -> Result<ScanId, Failure> {
        let meter = Meter::new(global);
        let defaults = Defaults {
            account: self.account.clone().map(AccountId::new),
            location: self.location.clone().map(Location::new),
            complete: self.complete.then_some(true),
        };
        let imported = import(
            store,
            &Import {
                paths: self.from.clone(),
                defaults,
                as_of: self.as_of,
                started_at,
                holder: holder(),
                interrupted: interrupt::listen(),
                logs,
                progress: &|progress| {
                    let files = Plural(progress.files, "file");
                    let resources = Plural(progress.resources, "resource");
                    meter.show(format_args!("{files}, {resources}"));
                },
            },
        );
        meter.clear();
        let imported = imported?;
        tell(&imported, global);
        Ok(imported.scan.id)
    }
}

/// Says on standard error what was read and what could not be.
pub(in crate::cli) fn tell(imported: &Imported, global: &Global) {
    let files = Plural(imported.progress.files, "file");
    let resources = Plural(imported.progress.resources, "resource");
    global.tell(format_args!("Read {resources} from {files}."));
    for stray in &imported.strays {
        let fault = stray.fault.as_ref().map_or("no inventory", |fault| fault.as_str());
        global.tell(format_args!("Left out `{}`: {}.", printable(&stray.name), printable(fault)));
    }
    if imported.odd > 0 {
        let odd = Plural(imported.odd, "oddity");
        global.tell(format_args!("Kept {odd} raw; their scopes are partial, and the report says where."));
    }
    if let Some(ingested) = &imported.ingested {
        logs::tell(ingested, global);
    }
}
