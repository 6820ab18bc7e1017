//! `driftline findings accept`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::told::find;
use crate::cli::global::Global;
use crate::cli::{Failure, Status};
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
    #[arg(long, value_name = "WHEN", default_value = "90d", value_parser = expiry, conflicts_with = "never_expires")]
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

/// Reads days from now, a date (its end, in UTC), or a time.
fn expiry(text: &str) -> Result<Timestamp, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()).filter(|days| *days > 0);
    let hours = days.and_then(|days| days.checked_mul(24)).filter(|hours| *hours < 1_000_000);
    if let Some(hours) = hours {
        let until = Timestamp::now().saturating_add(SignedDuration::from_hours(hours));
        return Ok(until.unwrap_or(Timestamp::MAX));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let date: Date = text.parse().map_err(|_| "neither days (`30d`), a date nor a time".to_owned())?;
    let next = date.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC));
    next.map(|end| end.timestamp()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_days_a_date_or_a_time() {
        assert!(expiry("30d").unwrap() > Timestamp::now());
        assert_eq!(expiry("2026-03-01").unwrap().to_string(), "2026-03-02T00:00:00Z");
        assert_eq!(expiry("2026-03-01T12:00:00Z").unwrap().to_string(), "2026-03-01T12:00:00Z");
        for wrong in ["", "d", "0d", "-1d", "soon", "99999999999d"] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
    }
}
