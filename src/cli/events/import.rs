//! `driftline events import`.

use std::path::PathBuf;

use crate::cli::global::Global;
use crate::cli::logs::{SaidArgs, tell, trees};
use crate::cli::meter::Meter;
use crate::cli::{Failure, Status, interrupt};
use crate::model::{Plural, Timestamp};
use crate::pipeline::{Intake, take_logs};
use crate::store::Access;

/// Take in audit logs from files, so that the next comparisons know who did what.
///
/// What was taken in before is not taken in twice. A record that cannot be read is kept raw and named, and
/// never costs its neighbours.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// What to read: a file, a folder, an archive, or `-`.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    said: SaidArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let started_at = Timestamp::now();
        let trees = trees(&self.paths, &self.said)?;
        let mut store = global.open_store(Access::Create)?;
        let meter = Meter::new(global);
        let ingested = take_logs(
            &mut store,
            &Intake {
                trees: trees.iter().collect(),
                started_at,
                interrupted: interrupt::listen(),
                progress: &|progress| {
                    let files = Plural(progress.files, "log file");
                    meter.show(format_args!("{files}, {}", Plural(progress.records, "record")));
                },
            },
        );
        meter.clear();
        tell(&ingested?, global);
        Ok(Status::Clean)
    }
}
