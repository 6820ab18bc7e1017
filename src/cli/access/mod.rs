//! `driftline access`: who may do what to compute, and what changed.

mod csv;
mod json;
mod terminal;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::global::Global;
use super::pager::write_paged;
use super::{Failure, Status, select};
use crate::model::{Capability, Coverage, CoverageStatus, Kind, Plural, Provider, Resource, Scan};
use crate::pipeline::{Held, access};
use crate::store::Access;

/// What is said once of all that is listed.
const APPROXIMATE: &str = "Approximate: policies, groups, roles and assignments are matched against a table of \
    actions; conditions, permission boundaries, deny assignments and organization policies are not evaluated.";

/// List who may delete, create, modify, copy, share, revert, unprotect, hide or grant, and what changed.
///
/// As of a scan: where each principal may do it, by what it is given, since which scan it is known, and when the
/// log last shows it doing so. Below stands what came and went since the scan before.
///
/// Ends with 3 if the grants of an account could not be listed completely, or no scan listed any.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Only this capability; repeatable.
    #[arg(long = "capability", value_name = "NAME", value_parser = capability_names())]
    capabilities: Vec<String>,

    /// Only principals whose name, id or way to the grant holds this text.
    #[arg(long, value_name = "TEXT")]
    who: Option<String>,

    /// Only what was not used for this many days, while the log was known to be complete.
    #[arg(long, value_name = "DAYS")]
    dormant: Option<u16>,

    /// As of this scan: its number, a baseline, `latest` or `previous`.
    #[arg(long, value_name = "SCAN", default_value = select::LATEST)]
    scan: String,

    /// How to write it.
    #[arg(long, value_name = "NAME", default_value = "terminal", value_parser = ["terminal", "json", "csv"])]
    format: String,
}

/// What is listed.
struct Listing {
    scan: Scan,
    /// The scan before, where there is one.
    before: Option<Scan>,
    /// Who may do what.
    held: Vec<Held>,
    /// What came since the scan before; part of `held`.
    came: Vec<Resource>,
    /// What went since the scan before.
    went: Vec<Resource>,
    /// How completely grants were listed.
    coverage: Vec<Coverage>,
}

fn capability_names() -> Vec<&'static str> {
    Capability::ALL.iter().map(|capability| capability.as_str()).collect()
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let store = global.open_store(Access::Read)?;
        let scan = select::scan(&store, &self.scan)?;
        let before = store.previous(scan.id)?;
        let mut held = access(&store, &scan)?;
        let earlier = match &before {
            Some(before) => store.standing(Kind::Grant, before.id)?,
            None => Vec::new(),
        };
        let mut coverage = store.coverage(scan.id)?;
        coverage.retain(|row| row.scope.kind == Kind::Grant);
        held.retain(|held| self.lets_through(&held.usage.grant));
        let keys: BTreeSet<_> = held.iter().map(|held| held.usage.grant.key.clone()).collect();
        let known: BTreeSet<_> = earlier.iter().map(|(grant, _)| grant.key.clone()).collect();
        let new = |held: &&Held| before.is_some() && !known.contains(&held.usage.grant.key);
        held.sort_by_cached_key(|held| order(&held.usage.grant));
        let came = held.iter().filter(new).map(|held| (*held.usage.grant).clone()).collect();
        let gone = |grant: &Resource| self.lets_through(grant) && !keys.contains(&grant.key);
        let mut went: Vec<Resource> = earlier.into_iter().map(|(grant, _)| grant).filter(gone).collect();
        went.sort_by_cached_key(order);
        held.retain(|held| self.is_dormant_enough(held, scan.taken_at));
        let listing = Listing { scan, before, held, came, went, coverage };
        write_paged(global, |out| match self.format.as_str() {
            "json" => json::write(&listing, out),
            "csv" => csv::write(&listing, out),
            _ => terminal::write(&listing, out),
        })?;
        if listing.held.is_empty() {
            global.tell("No grant is like that.");
        }
        Ok(listing.status(global))
    }

    fn lets_through(&self, grant: &Resource) -> bool {
        let capability = text(grant, "capability");
        let wanted = self.capabilities.is_empty() || self.capabilities.iter().any(|name| name == capability);
        wanted && self.who.as_deref().is_none_or(|who| speaks_of(grant, who))
    }

    fn is_dormant_enough(&self, held: &Held, at: Timestamp) -> bool {
        let Some(days) = self.dormant else { return true };
        let long = SignedDuration::from_hours(i64::from(days) * 24);
        held.usage.quiet_since.is_some_and(|since| at.duration_since(since) >= long)
    }
}

impl Listing {
    fn status(&self, global: &Global) -> Status {
        let meant =
            |row: &&Coverage| !matches!(row.status, CoverageStatus::Complete | CoverageStatus::Skipped);
        let incomplete = self.coverage.iter().filter(meant).count() as u64;
        if incomplete > 0 {
            let scopes = Plural(incomplete, "account");
            global.tell(format_args!("The grants of {scopes} are not known completely."));
        } else if self.coverage.is_empty() {
            global.tell(format_args!("Scan {} lists no grants.", self.scan.id));
        } else {
            return Status::Clean;
        }
        Status::Incomplete
    }
}

/// Whether a grant's principal, or the way to it, holds a text, whatever the case.
fn speaks_of(grant: &Resource, who: &str) -> bool {
    let who = who.to_lowercase();
    let one = ["principal", "principal_key"].map(|path| text(grant, path).to_owned());
    let label = grant.evidence.get("principal_name").and_then(|label| label.as_str()).map(str::to_owned);
    one.into_iter().chain(label).chain(via(grant)).any(|text| text.to_lowercase().contains(&who))
}

/// In which order grants are listed: each principal's together, by capability.
fn order(grant: &Resource) -> (Provider, String, String, String, Option<Capability>) {
    let own = |path: &str| text(grant, path).to_owned();
    let capability = text(grant, "capability").parse().ok();
    let account = grant.account.to_string();
    (grant.key.provider, account, own("scope"), own("principal_key"), capability)
}

/// Returns text of a grant's config.
fn text<'a>(grant: &'a Resource, path: &str) -> &'a str {
    grant.config.get(path).and_then(|value| value.as_str()).unwrap_or_default()
}

/// Returns the ways to a grant.
fn via(grant: &Resource) -> Vec<String> {
    let ways = grant.config.get("via").and_then(|via| via.as_array()).into_iter().flatten();
    ways.filter_map(|way| way.as_str()).map(str::to_owned).collect()
}
