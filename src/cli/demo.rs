//! `driftline demo`: a shipped incident, start to finish.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::global::Global;
use super::logs::Given;
use super::output::ReportArgs;
use super::scan::{Comparison, conclude, tell};
use super::{Failure, Status, interrupt};
use crate::config;
use crate::model::{Approval, Timestamp, shell_word};
use crate::pipeline::{Import, Imported, import};
use crate::sources::files::Defaults;
use crate::store::{Access, Store};

/// A three-cloud company the morning before an intrusion and the morning after.
static INCIDENT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/examples/incident");

/// Walk through a shipped three-cloud incident, in a temporary store.
///
/// Imports the company's inventory as it was the morning before an intrusion, then as it was the morning
/// after, and reports what changed. Ends with status 0, whatever it finds.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Keep the dumps and the store in this folder, which must not exist yet.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,

    #[command(flatten)]
    report: ReportArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        self.report.check()?;
        let started_at = Timestamp::now();
        let temporary = tempfile::tempdir()?;
        let folder = self.keep.as_deref().unwrap_or_else(|| temporary.path());
        if let Some(kept) = &self.keep {
            std::fs::create_dir(kept)
                .map_err(|error| Failure::Output { path: kept.display().to_string(), error })?;
        }
        let mut estate = Estate::new(folder)?;
        global.tell("Importing the estate of Northwick Freight as of 2026-03-02, before the incident.");
        let before = estate.take_in("before", started_at)?;
        tell(&before, global);
        global.tell("Importing it as of 2026-03-03, the morning after.");
        let after = estate.take_in("after", started_at)?;
        tell(&after, global);
        let comparison =
            Comparison { command: "demo", started_at, before: Some(before.scan.id), after: after.scan.id };
        let given = Given::approved(estate.approvals()?);
        conclude(&mut estate.store, &comparison, &given, &self.report, global)?;
        self.point_onwards(global);
        Ok(Status::Clean)
    }

    /// Says where to look next.
    fn point_onwards(&self, global: &Global) {
        let Some(kept) = &self.keep else {
            global.tell(
                "\nTo look around in it, keep it: `driftline demo --keep DIR`. Its story is told in \
                 `examples/incident/README.md`.",
            );
            return;
        };
        let store = kept.join("driftline.db");
        global.tell(format_args!(
            "\nLook next:\n  export DRIFTLINE_STORE={}\n  driftline history bastion-1\n  \
             driftline drift 1 2 --format markdown\n  driftline store verify --full\n  \
             driftline rules explain resource-recreated\nThe story is told in {}.",
            shell_word(&store.to_string_lossy()),
            kept.join("README.md").display()
        ));
    }
}

/// The shipped incident, and a store for it.
pub(super) struct Estate<'a> {
    folder: &'a Path,
    pub(super) store: Store,
}

impl<'a> Estate<'a> {
    /// Writes the dumps to a folder, and makes an empty store there.
    pub(super) fn new(folder: &'a Path) -> Result<Self, Failure> {
        let unwritable = |error| Failure::Output { path: folder.display().to_string(), error };
        INCIDENT.extract(folder).map_err(unwritable)?;
        Ok(Self { folder, store: Store::open(&folder.join("driftline.db"), Access::Create)? })
    }

    /// Takes in a dump: `before`, then `after`.
    pub(super) fn take_in(&mut self, dump: &str, started_at: Timestamp) -> Result<Imported, Failure> {
        let imported = import(
            &mut self.store,
            &Import {
                paths: vec![self.folder.join(dump)],
                defaults: Defaults::default(),
                as_of: None,
                started_at,
                holder: format!("driftline demo (process {})", std::process::id()),
                interrupted: interrupt::listen(),
                logs: Vec::new(),
                progress: &|_| {},
            },
        );
        Ok(imported?)
    }

    /// Returns what change management approved for that day.
    pub(super) fn approvals(&self) -> Result<Vec<Approval>, Failure> {
        Ok(config::approvals(&self.folder.join("approved.csv"))?)
    }
}
