//! `driftline events fetch`.

use jiff::SignedDuration;

use crate::cli::collection::LiveArgs;
use crate::cli::fetching::{Places, fetch_logs};
use crate::cli::global::Global;
use crate::cli::{Failure, Status, moment};
use crate::model::Timestamp;
use crate::store::Access;

/// How far back the logs are read where neither a time nor a scan says.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// Read the audit logs of every configured account live: CloudTrail's event history or a trail's bucket, the
/// Azure Activity Log, Cloud Audit Logs.
///
/// Reads what is not known to be complete yet, from the last scan on, at most 90 days. `driftline scan` does the
/// same after it has listed the inventory. With `--since 14d` before the first scan it learns who usually acts, so
/// that newcomers stand out from the first day on.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// From this on: days ago (`14d`), a date or a time [default: the last scan, else 24 hours ago].
    #[arg(long, value_name = "WHEN", value_parser = moment::since)]
    since: Option<Timestamp>,

    #[command(flatten)]
    live: LiveArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let collection = self.live.collection(global)?;
        let mut store = global.open_store(Access::Create)?;
        let last = store.latest()?.map(|scan| scan.taken_at);
        let back = Timestamp::now().saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
        let since = self.since.or(last).unwrap_or(back);
        fetch_logs(&mut store, collection, Places::new(), since, global)?;
        Ok(Status::Clean)
    }
}
