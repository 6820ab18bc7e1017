//! `driftline findings reopen`.

use jiff::Timestamp;

use super::told::find;
use crate::cli::global::Global;
use crate::cli::{Failure, Status};
use crate::model::{Acceptance, Decision, printable};
use crate::store::Access;

/// Take back that findings are expected: they ask for attention again.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The findings: their ids, or as many of the first digits as are unique.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// Why.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,

    /// Who says so.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown")]
    owner: String,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let mut store = global.open_store(Access::Write)?;
        let records = self.ids.iter().map(|id| find(&store, id)).collect::<Result<Vec<_>, _>>()?;
        let accepted = |last: &Acceptance| last.decision == Decision::Accept;
        if let Some(open) = records.iter().find(|record| !record.acceptance.as_ref().is_some_and(accepted)) {
            return Err(Failure::Usage(format!("the finding {} is not accepted", open.id)));
        }
        for record in &records {
            store.decide(
                &record.id,
                &Acceptance {
                    decision: Decision::Reopen,
                    owner: self.owner.clone(),
                    reason: self.reason.clone(),
                    decided_at: Timestamp::now(),
                    expires_at: None,
                    saying: record.saying,
                },
            )?;
            global.tell(format_args!(
                "{} asks for attention again, says {}.",
                record.id,
                printable(&self.owner)
            ));
        }
        Ok(Status::Clean)
    }
}
