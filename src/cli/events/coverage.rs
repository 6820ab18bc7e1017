//! `driftline events coverage`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::json;

use super::calendar;
use crate::cli::global::Global;
use crate::cli::output::write_stdout;
use crate::cli::{Failure, Status, moment};
use crate::model::{Lag, LogInterval, LogScope, Plural, Timestamp, printable, printable_json};
use crate::pipeline::log_turns;
use crate::store::Access;
use crate::trace;

/// Show for which times each log is known to be complete, and how late it delivers.
///
/// Only over a complete log is it evidence that no event explains a change. A log that was fetched to its end,
/// or whose digests hold, is complete; of a file it must be said, with `--log-complete-from` and
/// `--log-complete-to` or in a manifest.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Not before this: days ago (`14d`), a date or a time.
    #[arg(long, value_name = "WHEN", value_parser = moment::since)]
    since: Option<Timestamp>,

    /// Not after this: days ago (`1d`), a date or a time.
    #[arg(long, value_name = "WHEN", value_parser = moment::until)]
    until: Option<Timestamp>,

    /// How to write it.
    #[arg(long, value_name = "NAME", default_value = "terminal", value_parser = ["terminal", "json"])]
    format: String,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let store = global.open_store(Access::Read)?;
        let delays = store.lags()?;
        let mut known = trace::settled_coverage(&store.log_intervals()?, &trace::fold(log_turns(&store)?));
        known.retain(|interval| {
            self.since.is_none_or(|since| interval.window.to > since)
                && self.until.is_none_or(|until| interval.window.from < until)
        });
        let mut logs: BTreeMap<&LogScope, Vec<&LogInterval>> = BTreeMap::new();
        for scope in delays.keys() {
            logs.entry(scope).or_default();
        }
        for interval in &known {
            logs.entry(&interval.scope).or_default().push(interval);
        }
        write_stdout(|out| match self.format.as_str() {
            "json" => {
                let all: Vec<_> = logs
                    .iter()
                    .map(|(scope, known)| json!({ "log": scope, "lag": delays.get(scope), "intervals": known }))
                    .collect();
                writeln!(out, "{}", printable_json(&format!("{:#}", json!(all))))
            }
            _ => table(&logs, &delays, out),
        })?;
        if logs.is_empty() {
            global.tell(format_args!("The store holds no audit log yet."));
        }
        Ok(Status::Clean)
    }
}

fn table(
    logs: &BTreeMap<&LogScope, Vec<&LogInterval>>,
    delays: &BTreeMap<LogScope, Lag>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (number, (scope, known)) in logs.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let LogScope { provider, account, location, source } = scope;
        let (account, location) = (printable(account.as_str()), printable(location.as_str()));
        writeln!(out, "{} of {provider} {account} {location}", printable(source))?;
        if let Some(lag) = delays.get(scope) {
            let events = Plural(lag.events, "event");
            let (p50, p95, max) = (lag.p50, lag.p95, lag.max);
            writeln!(out, "  delivers after {p50} s (half), {p95} s (95 %), {max} s (all), of {events}")?;
        }
        for interval in known {
            let (from, to) = (moment(interval.window.from), moment(interval.window.to));
            writeln!(out, "  {from} to {to}  {:<9} {}", interval.status, printable(&interval.reason))?;
        }
        for (day, bar) in calendar::days(known) {
            writeln!(out, "  {day} {bar}")?;
        }
    }
    if logs.is_empty() { Ok(()) } else { writeln!(out, "\n{}", calendar::LEGEND) }
}

fn moment(time: Timestamp) -> impl std::fmt::Display {
    time.strftime("%Y-%m-%d %H:%M:%SZ")
}
