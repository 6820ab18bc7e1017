//! Who may do what, as text.

use std::io::{self, Write};

use super::{APPROXIMATE, Listing, text, via};
use crate::model::{CoverageStatus, Resource, Timestamp, printable};
use crate::pipeline::Held;

pub(super) fn write(listing: &Listing, out: &mut dyn Write) -> io::Result<()> {
    let scan = &listing.scan;
    writeln!(out, "Who may do what to compute, as of scan {} ({}).", scan.id, day(scan.taken_at))?;
    writeln!(out, "{APPROXIMATE}")?;
    for row in listing.coverage.iter().filter(|row| row.status != CoverageStatus::Complete) {
        let reasons: Vec<_> = row.reasons.iter().map(|reason| printable(&reason.message)).collect();
        let account = printable(row.scope.account.as_str());
        writeln!(out, "{} {account}: {} ({})", row.scope.provider, row.status, reasons.join("; "))?;
    }
    let mut last = None;
    for held in &listing.held {
        let grant = &held.usage.grant;
        let principal =
            (grant.key.provider, grant.account.as_str(), text(grant, "scope"), text(grant, "principal_key"));
        if last.replace(principal) != Some(principal) {
            writeln!(out, "\n{}", heading(grant))?;
        }
        line(held, out)?;
    }
    let Some(before) = &listing.before else { return Ok(()) };
    if listing.came.is_empty() && listing.went.is_empty() {
        return writeln!(out, "\nNothing of it changed since scan {}.", before.id);
    }
    writeln!(out, "\nSince scan {} ({})", before.id, day(before.taken_at))?;
    let changed = |sign: char, grants: &[Resource], out: &mut dyn Write| -> io::Result<()> {
        grants.iter().try_for_each(|grant| {
            let name = printable(text(grant, "principal"));
            writeln!(out, "  {sign} {:<18} {name}{}", text(grant, "capability"), label(grant))
        })
    };
    changed('+', &listing.came, out)?;
    changed('-', &listing.went, out)
}

fn heading(grant: &Resource) -> String {
    let provider = grant.key.provider;
    let name = printable(text(grant, "principal"));
    let kind = printable(text(grant, "principal_kind"));
    let scope = printable(text(grant, "scope"));
    let service = grant
        .managed_by
        .as_ref()
        .map_or_else(String::new, |managed| format!(", of the service {}", printable(&managed.service)));
    format!("{name}{} ({kind}{service}) in {provider} {scope}", label(grant))
}

fn label(grant: &Resource) -> String {
    let label = grant.evidence.get("principal_name").and_then(|label| label.as_str());
    label.map_or_else(String::new, |label| format!(" {}", printable(label)))
}

fn line(held: &Held, out: &mut dyn Write) -> io::Result<()> {
    let grant = &held.usage.grant;
    let limited = if grant.config.contains_key("conditions_hash") { ", within limits" } else { "" };
    let ways: Vec<_> = via(grant).iter().map(|way| printable(way)).collect();
    let used = match (held.usage.used, held.usage.quiet_since) {
        (Some(used), _) => format!("last used {}", day(used)),
        (None, Some(since)) => format!("not used since {} at least", day(since)),
        (None, None) => "use not known".to_owned(),
    };
    let capability = text(grant, "capability");
    writeln!(out, "  {capability:<18} since scan {}, {used}{limited}; by {}", held.since, ways.join("; "))
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}
