//! The notice, v1: what a receiver is told of a run, in a shape that never changes.
//!
//! Additions are fine; whatever else changes needs a v2 beside this file. Members are never missing: what is not known,
//! or not meant to leave, is `null` or empty.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{Band, CoverageStatus, FindingStatus, Provider};
use crate::report::index::Index;
use crate::report::view::{self, Actor, Resource, Run, View};
use crate::report::wording;

/// How many findings a notice names.
const WORST: usize = 10;

/// How many resources of one finding a notice names.
const RESOURCES: usize = 10;

/// What a receiver is told of a run: nothing that names a resource, an account, a principal or an address, but in
/// `detail`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "driftline notice, v1")]
pub struct Notice {
    /// Which document this is.
    pub schema: Schema,
    /// The notice's id, a UUID: the same whenever the same is told of the same run.
    pub id: String,
    /// Why it is sent.
    pub occasion: Occasion,
    /// The whole run in one line: findings, changes, completeness.
    pub verdict: String,
    /// The run that is told of.
    pub run: Run,
    /// Counts of findings.
    pub findings: Findings,
    /// How completely the estate was listed.
    pub coverage: Coverage,
    /// At most ten open findings: those that are new or changed first, then by risk.
    pub worst: Vec<Finding>,
    /// How many open findings are not among them.
    pub more: u64,
}

/// The name and version of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Schema {
    /// This one.
    #[serde(rename = "driftline.notify.v1")]
    V1,
}

/// Why a notice is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// An open finding of the wanted bands is new or changed.
    Findings,
    /// No such finding, but a scope that should be complete is not.
    Incomplete,
    /// Neither.
    Routine,
}

impl Occasion {
    /// Returns the name that JSON has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Incomplete => "incomplete",
            Self::Routine => "routine",
        }
    }
}

/// Counts of findings; every band is there, with 0 where nothing bears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// Those that are neither resolved nor accepted.
    pub open: BTreeMap<Band, u64>,
    /// Those of them that no run reported before, or not with these facts.
    pub fresh: BTreeMap<Band, u64>,
}

/// How completely the estate was listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Whether every scope that should be complete is.
    pub complete: bool,
    /// Scopes by coverage status.
    pub scopes: BTreeMap<CoverageStatus, u64>,
}

/// What a rule says, without what it says it of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its fingerprint, stable across runs over the same changes.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// The rule's title, which names nothing of the estate.
    pub title: String,
    /// How much it matters, by its risk.
    pub band: Band,
    /// How bad it is in this context.
    #[schemars(range(max = 100))]
    pub risk: u8,
    /// How bad it would be, on the 90/70/60/40 scale.
    #[schemars(range(max = 100))]
    pub impact: u8,
    /// Where it stands in its life.
    pub status: FindingStatus,
    /// MITRE ATT&CK ids.
    pub techniques: Vec<String>,
    /// The cloud that it is about first of all.
    pub provider: Option<Provider>,
    /// What it names; `null` unless that was asked for.
    pub detail: Option<Detail>,
}

/// What a finding names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Detail {
    /// The finding in one sentence that names the resource.
    pub title: String,
    /// At most ten of the resources that it is about, the main one first.
    pub resources: Vec<Resource>,
    /// How many resources are not among them.
    pub more: u64,
    /// Who did it, as far as anything says.
    pub actor: Option<Actor>,
}

impl Notice {
    /// Makes the notice of a run.
    ///
    /// A finding is an occasion from `threshold` upwards; what findings name goes in only with `detail`.
    pub fn new(view: &View, threshold: Band, detail: bool) -> Self {
        let index = Index::new(view);
        let mut open: Vec<_> = view.findings.iter().filter(|finding| finding.is_open()).collect();
        // Stable: the view has the highest risk first.
        open.sort_by_key(|finding| !is_fresh(finding));
        let fresh = || open.iter().filter(|finding| is_fresh(finding));
        let complete = view.incomplete_scopes().is_empty();
        let occasion = if fresh().any(|finding| finding.band.reaches(threshold)) {
            Occasion::Findings
        } else if complete {
            Occasion::Routine
        } else {
            Occasion::Incomplete
        };
        let mut counts: BTreeMap<Band, u64> = Band::ALL.iter().map(|band| (*band, 0)).collect();
        for finding in fresh() {
            *counts.entry(finding.band).or_default() += 1;
        }
        let worst: Vec<_> =
            open.iter().take(WORST).map(|finding| told(finding, view, &index, detail)).collect();
        Self {
            schema: Schema::V1,
            id: String::new(),
            occasion,
            verdict: wording::verdict(view),
            run: view.run.clone(),
            findings: Findings { open: view.summary.open.clone(), fresh: counts },
            coverage: Coverage { complete, scopes: view.summary.coverage.clone() },
            more: rest(open.len(), worst.len()),
            worst,
        }
        .identified()
    }

    /// Returns the JSON Schema of what is written, as published in `schema/notify.v1.json`.
    pub fn json_schema() -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Self>().to_value()
    }

    fn identified(mut self) -> Self {
        let told = serde_json::to_vec(&self).unwrap_or_default();
        let name = [b"driftline:notify:", told.as_slice()].concat();
        self.id = Uuid::new_v5(&Uuid::NAMESPACE_URL, &name).to_string();
        self
    }
}

/// Whether no run reported a finding before, or not with these facts.
const fn is_fresh(finding: &view::Finding) -> bool {
    matches!(finding.status, FindingStatus::New | FindingStatus::Changed)
}

fn told(finding: &view::Finding, view: &View, index: &Index<'_>, detail: bool) -> Finding {
    let rule = view.rules.iter().find(|rule| rule.id == finding.rule);
    Finding {
        id: finding.id.clone(),
        rule: finding.rule.clone(),
        title: rule.map_or(&finding.rule, |rule| &rule.title).clone(),
        band: finding.band,
        risk: finding.risk,
        impact: finding.impact,
        status: finding.status,
        techniques: finding.techniques.clone(),
        provider: index.places(finding).first().map(|place| place.provider),
        detail: detail.then(|| detailed(finding, index)),
    }
}

fn detailed(finding: &view::Finding, index: &Index<'_>) -> Detail {
    let resources: Vec<_> = finding.resources.iter().take(RESOURCES).cloned().collect();
    Detail {
        title: finding.title.clone(),
        more: rest(finding.resources.len(), resources.len()),
        resources,
        actor: index.actor(finding).cloned(),
    }
}

const fn rest(all: usize, told: usize) -> u64 {
    all.saturating_sub(told) as u64
}
