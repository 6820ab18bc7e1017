//! Who may do what, as rows for a spreadsheet.

use std::io::{self, Write};

use super::{Listing, text, via};
use crate::cli::output::cell;
use crate::model::{Resource, Timestamp};
use crate::sources::grants::EVALUATION;

/// The columns; more may join at the end.
const COLUMNS: [&str; 13] = [
    "provider",
    "account",
    "scope",
    "principal",
    "principal_kind",
    "capability",
    "via",
    "limited",
    "since_scan",
    "last_used",
    "quiet_since",
    "change",
    "grant_evaluation",
];

pub(super) fn write(listing: &Listing, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = ::csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for held in &listing.held {
        let grant = &held.usage.grant;
        let is_new = listing.came.iter().any(|came| came.key == grant.key);
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        let used = [time(held.usage.used), time(held.usage.quiet_since)];
        write_one(&mut writer, grant, &held.since.to_string(), &used, if is_new { "new" } else { "" })?;
    }
    for grant in &listing.went {
        write_one(&mut writer, grant, "", &[String::new(), String::new()], "gone")?;
    }
    writer.flush()
}

fn write_one(
    writer: &mut ::csv::Writer<&mut dyn Write>,
    grant: &Resource,
    since: &str,
    [used, quiet]: &[String; 2],
    change: &str,
) -> io::Result<()> {
    let limited = grant.config.contains_key("conditions_hash").to_string();
    let ways = via(grant).join("; ");
    let cells: [&str; COLUMNS.len()] = [
        grant.key.provider.as_str(),
        grant.account.as_str(),
        text(grant, "scope"),
        text(grant, "principal"),
        text(grant, "principal_kind"),
        text(grant, "capability"),
        &ways,
        &limited,
        since,
        used,
        quiet,
        change,
        EVALUATION,
    ];
    Ok(writer.write_record(cells.map(cell))?)
}
