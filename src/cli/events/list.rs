//! `driftline events list`.

use std::io::{self, Write};

use crate::cli::global::Global;
use crate::cli::pager::write_paged;
use crate::cli::{Failure, Status, moment};
use crate::model::{
    AccountId, AuditEvent, Class, End, Location, Locator, Provider, Target, Timestamp, Uid, Window,
    printable, printable_json,
};
use crate::store::{Access, EventFilter};
use crate::trace;

/// List events, the earliest first; the records of one operation are one event.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Not before this: days ago (`14d`), a date or a time.
    #[arg(long, value_name = "WHEN", value_parser = moment::since)]
    since: Option<Timestamp>,

    /// Not after this: days ago (`1d`), a date or a time.
    #[arg(long, value_name = "WHEN", value_parser = moment::until)]
    until: Option<Timestamp>,

    /// Of this cloud.
    #[arg(long, value_name = "CLOUD")]
    provider: Option<Provider>,

    /// Of the log of this account, subscription or project.
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// Of the log of this region.
    #[arg(long, value_name = "REGION")]
    location: Option<String>,

    /// Of this class, for instance `instance.delete`.
    #[arg(long, value_name = "CLASS")]
    class: Option<Class>,

    /// Of this operation, in the vendor's words.
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,

    /// By an actor whose id, name or session holds this text.
    #[arg(long, value_name = "TEXT")]
    actor: Option<String>,

    /// On this resource: its id, its locator or its name.
    #[arg(long, value_name = "RESOURCE")]
    target: Option<String>,

    /// With this outcome, for instance `denied`.
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<End>,

    /// Only what was refused, failed or only tried.
    #[arg(long)]
    attempts: bool,

    /// At most this many, the latest.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,

    /// How to write them.
    #[arg(long, value_name = "NAME", default_value = "terminal", value_parser = ["terminal", "ndjson"])]
    format: String,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let store = global.open_store(Access::Read)?;
        let ndjson = self.format == "ndjson";
        let limit = self.limit;
        let mut events = trace::fold(store.events(&self.filter())?);
        let untold = events.len().saturating_sub(limit);
        events.drain(..untold);
        write_paged(global, |out| {
            events.iter().try_for_each(|event| if ndjson { as_json(event, out) } else { tell(event, out) })
        })?;
        if untold > 0 {
            global.tell(format_args!("{untold} earlier ones are not shown (`--limit`, `--since`)."));
        }
        Ok(Status::Clean)
    }

    fn filter(self) -> EventFilter {
        let window = (self.since.is_some() || self.until.is_some()).then(|| Window {
            from: self.since.unwrap_or(Timestamp::MIN),
            to: self.until.unwrap_or(Timestamp::MAX),
        });
        EventFilter {
            window,
            provider: self.provider,
            account: self.account.map(AccountId::new),
            location: self.location.map(Location::new),
            class: self.class,
            operation: self.operation,
            actor: self.actor,
            end: self.outcome,
            target: self.target,
            attempts_only: self.attempts,
            limit: None,
        }
    }
}

fn as_json(event: &AuditEvent, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", printable_json(&serde_json::to_string(event)?))
}

/// Writes one event over two lines: what happened and who did it; then on what, from where, and its id.
pub(in crate::cli) fn tell(event: &AuditEvent, out: &mut dyn Write) -> io::Result<()> {
    let time = event.time.strftime("%Y-%m-%d %H:%M:%SZ");
    let failure = event.outcome.code.as_deref().map(|code| format!(" ({})", printable(code)));
    writeln!(
        out,
        "{time}  {:<8} {} {}{} by {}",
        event.outcome.end,
        event.class,
        printable(&event.operation),
        failure.unwrap_or_default(),
        who(event)
    )?;
    let mut parts: Vec<String> = event.targets.iter().filter_map(target).collect();
    parts.extend(event.client.ip.as_ref().map(|ip| format!("from {}", printable(ip))));
    parts.push(format!("{} {} {}", event.provider, printable(event.account.as_str()), event.location));
    writeln!(out, "    {} · {}", parts.join(" · "), printable(event.id.as_str()))
}

fn who(event: &AuditEvent) -> String {
    let external = if event.actor.external { ", external" } else { "" };
    format!("{}{external}", printable(&event.actor.label()))
}

fn target(target: &Target) -> Option<String> {
    let uid = target.uid.as_ref().map(Uid::as_str);
    let locator = target.locator.as_ref().map(Locator::as_str);
    let text = uid.or(locator).or(target.name.as_deref())?;
    Some(format!("{} {}", target.role, printable(text)))
}
