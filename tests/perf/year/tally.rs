//! What was found, held against what was done.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use driftline::model::{Band, EventId, Finding, Timestamp};
use driftline::rules::Tuning;
use jiff::SignedDuration;

use crate::world::{Plot, World};

/// How long after its last step an attack may be found.
const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// One finding, as it was worst.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) rule: &'static str,
    pub(crate) also: Vec<&'static str>,
    pub(crate) band: Band,
    pub(crate) risk: u8,
    pub(crate) title: String,
    pub(crate) why: String,
    pub(crate) facts: String,
    pub(crate) at: Timestamp,
    /// The attack that it tells of.
    pub(crate) plot: Option<usize>,
    /// Whether no attack was going on.
    pub(crate) calm: bool,
}

/// What came of one year.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) said: BTreeMap<String, Said>,
    /// Hours in which no attack was going on.
    pub(crate) calm_hours: u32,
}

/// What became of one attack.
#[derive(Clone, Debug)]
pub(crate) struct Fate {
    pub(crate) kind: &'static str,
    pub(crate) worst: Option<Band>,
    pub(crate) rules: BTreeSet<&'static str>,
    pub(crate) expects: &'static [&'static str],
    pub(crate) steps: Vec<String>,
    /// Every finding of it.
    pub(crate) said: Vec<String>,
}

impl Tally {
    /// Takes in what one hour found.
    pub(crate) fn hour(&mut self, world: &World, findings: &[Finding]) {
        let now = world.now;
        let going: Vec<usize> =
            (0..world.plots.len()).filter(|plot| is_going(&world.plots[*plot], now)).collect();
        let calm = going.is_empty();
        self.calm_hours += u32::from(calm);
        let mut by_event: HashMap<&EventId, usize> = HashMap::new();
        for plot in &going {
            by_event.extend(world.plots[*plot].events.iter().map(|event| (event, *plot)));
        }
        for finding in findings {
            let by_uid = |plot: &&usize| {
                finding
                    .resources
                    .iter()
                    .any(|resource| world.plots[**plot].uids.contains(resource.key.uid.as_str()))
            };
            let plot = finding.events.iter().find_map(|event| by_event.get(event).copied());
            let plot = plot.or_else(|| going.iter().find(by_uid).copied());
            let why: Vec<String> =
                finding.why.iter().map(|points| format!("{:+} {}", points.points, points.reason)).collect();
            let said = Said {
                rule: finding.rule,
                also: finding.also.clone(),
                band: Tuning::shipped().weights.bands().of(finding.risk),
                risk: finding.risk,
                title: finding.title.clone(),
                why: why.join("; "),
                facts: serde_json::to_string(&finding.facts).unwrap_or_default(),
                at: now,
                plot,
                calm,
            };
            let known = self.said.entry(finding.id.clone()).or_insert_with(|| said.clone());
            if said.risk > known.risk {
                *known = Said { plot: said.plot.or(known.plot), ..said };
            } else {
                known.plot = known.plot.or(said.plot);
            }
        }
    }

    /// Returns what became of each attack.
    pub(crate) fn fates(&self, world: &World) -> Vec<Fate> {
        let mut fates: Vec<Fate> = world
            .plots
            .iter()
            .map(|plot| Fate {
                kind: plot.kind,
                worst: None,
                rules: BTreeSet::new(),
                expects: plot.expects,
                steps: plot.steps.clone(),
                said: Vec::new(),
            })
            .collect();
        for said in self.said.values() {
            let Some(fate) = said.plot.map(|plot| &mut fates[plot]) else { continue };
            fate.worst = Some(fate.worst.map_or(said.band, |worst| worst.min(said.band)));
            fate.rules.extend(said.also.iter().copied().chain([said.rule]));
            fate.said.push(format!("{:>3} {} — {}", said.risk, said.rule, said.title));
        }
        for fate in &mut fates {
            fate.said.sort_by(|one, other| other.cmp(one));
        }
        fates
    }
}

fn is_going(plot: &Plot, now: Timestamp) -> bool {
    plot.began <= now && now <= plot.ended + GRACE + SignedDuration::from_hours(1)
}
