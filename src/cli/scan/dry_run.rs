//! `driftline scan --dry-run`: the calls that a live scan would make.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::cli::collection::{Collection, LiveArgs, anybody_got_in};
use crate::cli::global::Global;
use crate::cli::output::write_stdout;
use crate::cli::{Failure, Status, interrupt};
use crate::model::{EVERYWHERE, Kind, Plural, printable};
use crate::pipeline::{Plan, plan};
use crate::sources::live::{Account, Call, Listing, Refusal, Survey};

/// Prints the plan of every entry.
pub(super) fn run(live: &LiveArgs, global: &Global) -> Result<Status, Failure> {
    let Collection { collectors, ledger } = live.collection(global)?;
    let plans = plan(collectors, interrupt::listen())?;
    write_stdout(|out| plans.iter().try_for_each(|plan| print(plan, out)))?;
    let made = Plural(ledger.requests().made, "request");
    global.tell(format_args!("Found accounts and locations by {made}; nothing was listed, nothing stored."));
    anybody_got_in(plans.iter())?;
    let is_whole = |plan: &Plan| plan.accounts.is_ok() && plan.surveys.values().all(Result::is_ok);
    Ok(if plans.iter().all(is_whole) { Status::Clean } else { Status::Incomplete })
}

fn print(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let limits = plan.limits;
    writeln!(out, "{} ({})", printable(&plan.entry), plan.provider)?;
    writeln!(
        out,
        "  limits: {} requests/s in each account and location ({} at once), {} listings side by side, {} retries",
        limits.requests_per_second, limits.burst, limits.concurrency, limits.retries
    )?;
    if let Err(refusal) = &plan.accounts {
        writeln!(out, "  refused: {}", printable(&refusal.to_string()))?;
    }
    for (account, survey) in &plan.surveys {
        let name = account.name.as_ref().map_or_else(String::new, |name| format!(" ({})", printable(name)));
        writeln!(out, "  account {}{name}", printable(account.id.as_str()))?;
        match survey {
            Ok(survey) => print_survey(survey, out)?,
            Err(refusal) => writeln!(out, "    refused: {}", printable(&refusal.to_string()))?,
        }
    }
    print_sum(&plan.surveys, out)
}

/// What is called in a place, by kind.
type Calls<'a> = BTreeMap<Kind, Vec<&'a str>>;

/// Prints the calls of an account; places where they are the same stand together.
fn print_survey(survey: &Survey, out: &mut dyn Write) -> io::Result<()> {
    let mut places: BTreeMap<&str, Calls<'_>> = BTreeMap::new();
    for Listing { scope, calls, .. } in &survey.listings {
        let names = calls.iter().map(|call| call.name).collect();
        places.entry(scope.location.as_str()).or_default().insert(scope.kind, names);
    }
    let mut alike: BTreeMap<Calls<'_>, Vec<&str>> = BTreeMap::new();
    for (place, calls) in places {
        alike.entry(calls).or_default().push(place);
    }
    for (calls, places) in alike {
        let named: Vec<&str> = places
            .into_iter()
            .map(|place| if place == EVERYWHERE { "every location" } else { place })
            .collect();
        writeln!(out, "    in {}", printable(&named.join(", ")))?;
        for (kind, names) in calls {
            writeln!(out, "      {:<18}  {}", kind.as_str(), names.join(", "))?;
        }
    }
    for unlisted in &survey.unlisted {
        let (scope, reason) = (&unlisted.scope, &unlisted.trouble.reason);
        let place = if scope.location.as_str() == EVERYWHERE { "anywhere" } else { scope.location.as_str() };
        let why = printable(&reason.message);
        writeln!(out, "    not {} in {}: {why}", scope.kind, printable(place))?;
    }
    Ok(())
}

fn print_sum(surveys: &BTreeMap<Account, Result<Survey, Refusal>>, out: &mut dyn Write) -> io::Result<()> {
    let listings: Vec<&Listing> = surveys.values().flatten().flat_map(|survey| &survey.listings).collect();
    let calls = || listings.iter().flat_map(|listing| &listing.calls);
    let once = calls().filter(|call| call.option.is_none()).count();
    let (scopes, requests) = (Plural(listings.len() as u64, "scope"), Plural(once as u64, "request"));
    writeln!(out, "  {scopes}: {requests} for the first pages, one more for each further page")?;
    let optional: BTreeMap<&str, &Call> = calls().filter_map(|call| Some((call.option?, *call))).collect();
    for (option, call) in optional {
        writeln!(out, "  and, because of `{option}`, {} once for each resource", call.name)?;
    }
    Ok(())
}
