//! `driftline findings list`.

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};

use super::told::{Told, told};
use crate::cli::global::Global;
use crate::cli::output::cell;
use crate::cli::pager::write_paged;
use crate::cli::{Failure, Status, moment};
use crate::model::{Band, FindingStatus, Provider, printable, printable_json, short_id};
use crate::report::view::{Finding, Resource};
use crate::store::Access;

/// How far back the list goes if nothing else is asked for, in hours.
const RECENT: i64 = 30 * 24;

/// List findings, those told last first, the worst of a run first.
///
/// Without options: those of the last 30 days that are neither accepted nor resolved.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// With this status; repeatable.
    #[arg(long, value_name = "STATUS")]
    status: Vec<FindingStatus>,

    /// In this band or above.
    #[arg(long, value_name = "BAND")]
    band: Option<Band>,

    /// By this rule, also where another finding tells it.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,

    /// On a resource of this cloud.
    #[arg(long, value_name = "CLOUD")]
    provider: Option<Provider>,

    /// On a resource of this account, subscription or project.
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// On a resource whose id, locator or name holds this text.
    #[arg(long, value_name = "TEXT")]
    resource: Option<String>,

    /// Last told not before this: days ago (`14d`), a date or a time.
    #[arg(long, value_name = "WHEN", value_parser = moment::since)]
    since: Option<Timestamp>,

    /// All of them, however old, whatever their status.
    #[arg(long)]
    all: bool,

    /// How to write them.
    #[arg(long, value_name = "NAME", default_value = "terminal", value_parser = ["terminal", "json", "csv"])]
    format: String,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let store = global.open_store(Access::Read)?;
        let now = Timestamp::now();
        let recent = now.saturating_sub(SignedDuration::from_hours(RECENT)).unwrap_or(Timestamp::MIN);
        let since = self.since.unwrap_or(if self.all { Timestamp::MIN } else { recent });
        let records = store.all_findings()?.into_iter().filter(|record| record.last.1 >= since);
        let mut findings = told(&store, records.collect(), now)?;
        findings.retain(|told| self.lets_through(&told.finding));
        write_paged(global, |out| match self.format.as_str() {
            "json" => as_json(&findings, out),
            "csv" => as_csv(&findings, out),
            _ => findings.iter().try_for_each(|told| line(told, out)),
        })?;
        if findings.is_empty() {
            global.tell("No finding is like that.");
        }
        Ok(Status::Clean)
    }

    fn lets_through(&self, finding: &Finding) -> bool {
        let status = if self.status.is_empty() {
            self.all || finding.is_open()
        } else {
            self.status.contains(&finding.status)
        };
        let rule = self.rule.as_ref().is_none_or(|rule| finding.rule == *rule || finding.also.contains(rule));
        let band = self.band.is_none_or(|band| finding.band.reaches(band));
        let placed = self.provider.is_some() || self.account.is_some() || self.resource.is_some();
        status && rule && band && (!placed || finding.resources.iter().any(|resource| self.is_on(resource)))
    }

    fn is_on(&self, resource: &Resource) -> bool {
        let holds = |text: &str| {
            let name = resource.name.as_deref().unwrap_or_default();
            [resource.uid.as_str(), resource.locator.as_str(), name].iter().any(|part| part.contains(text))
        };
        self.provider.is_none_or(|provider| resource.provider == provider)
            && self.account.as_ref().is_none_or(|account| resource.account.as_str() == account)
            && self.resource.as_deref().is_none_or(holds)
    }
}

fn line(told: &Told, out: &mut dyn Write) -> io::Result<()> {
    let Finding { risk, band, status, rule, title, .. } = &told.finding;
    let id = short_id(&told.record.id);
    let at = told.record.first.1.strftime("%Y-%m-%d %H:%M");
    writeln!(out, "{id}  {at}  {:<8} {risk:>3}  {:<10} {rule}", band.as_str(), status.as_str())?;
    writeln!(out, "    {}", printable(title))?;
    if let Some(accepted) = &told.finding.acceptance {
        let until = accepted.expires_at.map_or_else(String::new, |until| format!(" until {until:.0}"));
        let outdated = if accepted.outdated { ", which no longer holds" } else { "" };
        let (owner, reason) = (printable(&accepted.owner), printable(&accepted.reason));
        writeln!(out, "    accepted by {owner}{until}{outdated}: {reason}")?;
    }
    if let Some(by) = &told.finding.resolved_by {
        writeln!(out, "    resolved: {}", printable(by))?;
    }
    Ok(())
}

fn as_json(findings: &[Told], out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<&Finding> = findings.iter().map(|told| &told.finding).collect();
    writeln!(out, "{}", printable_json(&serde_json::to_string_pretty(&findings)?))
}

fn as_csv(findings: &[Told], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record([
        "id",
        "first_told_at",
        "last_told_at",
        "band",
        "risk",
        "status",
        "rule",
        "title",
    ])?;
    for Told { record, finding } in findings {
        writer.write_record([
            record.id.clone(),
            record.first.1.to_string(),
            record.last.1.to_string(),
            finding.band.to_string(),
            finding.risk.to_string(),
            finding.status.to_string(),
            finding.rule.clone(),
            cell(&finding.title),
        ])?;
    }
    writer.flush()
}
