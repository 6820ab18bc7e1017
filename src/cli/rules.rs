//! `driftline rules`: what the rules say of themselves.

use std::collections::{BTreeMap, BTreeSet};

use clap::Subcommand;
use clap::builder::PossibleValuesParser;

use super::global::Global;
use super::output::write_stdout;
use super::pager::write_paged;
use super::{Failure, Status};
use crate::model::{ATTACK_VERSION, attack_versions};
use crate::report::View;
use crate::rules::{Fired, RULES, explain, navigator, rule};
use crate::store::{Access, RunChoice};

/// List and explain the rules.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List every rule: id, highest impact, techniques, title.
    List,
    /// Explain one rule, or all of them, in Markdown.
    Explain {
        /// The rule's id.
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// Explain every rule.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Print which ATT&CK techniques the rules cover, as a layer of the ATT&CK Navigator.
    Navigator {
        /// The ATT&CK release whose ids the layer has.
        #[arg(long, value_name = "VERSION", default_value = *ATTACK_VERSION, value_parser = versions())]
        attack_version: String,
        /// Colour each technique by the highest risk of the findings that the runs in the store reported.
        #[arg(long)]
        fired: bool,
    },
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        match self.action {
            Action::List => write_stdout(|out| {
                RULES.iter().try_for_each(|rule| {
                    let meta = rule.meta();
                    let techniques = meta.techniques.join(" ");
                    writeln!(out, "{:<24} {:>3}  {techniques:<20}  {}", meta.id, meta.impact, meta.title)
                })
            })?,
            Action::Explain { id: Some(id), .. } => {
                let rule = rule(&id).ok_or(Failure::UnknownRule(id))?;
                let page = explain(rule, &global.tuning()?);
                write_paged(global, |out| write!(out, "{page}"))?;
            }
            Action::Explain { .. } => {
                let tuning = global.tuning()?;
                let pages: Vec<_> = RULES.iter().map(|rule| explain(*rule, &tuning)).collect();
                write_paged(global, |out| write!(out, "{}", pages.join("\n---\n\n")))?;
            }
            Action::Navigator { attack_version, fired } => {
                let fired = fired.then(|| told(global)).transpose()?;
                let layer = navigator(&attack_version, fired.as_ref()).unwrap_or_default();
                write_stdout(|out| writeln!(out, "{layer:#}"))?;
            }
        }
        Ok(Status::Clean)
    }
}

fn versions() -> PossibleValuesParser {
    PossibleValuesParser::new(attack_versions().iter().map(String::as_str))
}

/// Returns what the runs in the store found, by technique: each finding once, as it was told last.
fn told(global: &Global) -> Result<BTreeMap<String, Fired>, Failure> {
    let (store, bands) = (global.open_store(Access::Read)?, global.tuning()?.weights.bands());
    let mut by_run: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for record in store.all_findings()? {
        by_run.entry(record.last.0).or_default().insert(record.id);
    }
    let mut fired: BTreeMap<String, Fired> = BTreeMap::new();
    for (run, ids) in by_run {
        let run = store.run(RunChoice::Number(run))?;
        let view: View = serde_json::from_slice(&run.view).map_err(Failure::StoredReport)?;
        for finding in view.findings.iter().filter(|finding| ids.contains(&finding.id)) {
            for technique in &finding.techniques {
                fired.entry(technique.clone()).or_default().count(finding.risk, bands);
            }
        }
    }
    Ok(fired)
}
