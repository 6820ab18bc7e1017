//! `driftline findings accept`.

use jiff::Timestamp;

use super::told::find;
use crate::cli::global::Global;
use crate::cli::{Failure, Status, moment};
use crate::model::{Acceptance, Decision, printable};
use crate::store::Access;

/// Accept findings: they are expected as they stand, and do not count against `--fail-on`.
///
/// A finding that says something else later is told again, and so is one whose acceptance expires.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The findings: their ids, or as many of the first digits as are unique.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// Who answers for it: a person or a team.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    owner: String,

    /// Why it is expected.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,

    /// Until when: days (`30d`), a date or a time.
    #[arg(long, value_name = "WHEN", default_value = "90d", value_parser = moment::expiry, conflicts_with = "never_expires")]
    expires: Timestamp,

    /// For good.
    #[arg(long)]
    never_expires: bool,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let mut store = global.open_store(Access::Write)?;
        let records = self.ids.iter().map(|id| find(&store, id)).collect::<Result<Vec<_>, _>>()?;
        if let Some(gone) = records.iter().find(|record| record.resolved.is_some()) {
            return Err(Failure::Usage(format!(
                "the finding {} is resolved; there is nothing to accept",
                gone.id
            )));
        }
        let decided_at = Timestamp::now();
        let expires_at = (!self.never_expires).then_some(self.expires);
        if expires_at.is_some_and(|until| until <= decided_at) {
            return Err(Failure::Usage("`--expires` lies in the past".to_owned()));
        }
        for record in &records {
            store.decide(
                &record.id,
                &Acceptance {
                    decision: Decision::Accept,
                    owner: self.owner.clone(),
                    reason: self.reason.clone(),
                    decided_at,
                    expires_at,
                    saying: record.saying,
                },
            )?;
            let until = expires_at.map_or_else(|| "for good".to_owned(), |until| format!("until {until:.0}"));
            global.tell(format_args!("{} is accepted {until}, by {}.", record.id, printable(&self.owner)));
        }
        Ok(Status::Clean)
    }
}
