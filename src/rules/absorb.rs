//! One act, one finding: what a finding of a higher tier cites in full is told by it alone (DESIGN §7).

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Tier, Weights, rule};
use crate::model::{EventId, Finding, Points};

/// Returns the findings that no other tells; those that another tells are named in it, with their facts, their
/// techniques and, where it is higher, their risk.
///
/// One tells another if it is of a higher tier and cites every change and residue that the other cites; of two
/// findings that cite neither, every event. Patterns and chains also tell their equals.
pub(super) fn absorb(mut findings: Vec<Finding>, weights: &Weights) -> Vec<Finding> {
    let further_chain = weights.bonus("further-chain").points;
    findings.sort_by_cached_key(|finding| {
        let most = Reverse((tier(finding), cited(finding).count(), finding.risk));
        (most, finding.rule, finding.id.clone())
    });
    let mut kept: Vec<Finding> = Vec::new();
    let mut by_part: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for finding in findings {
        let near = cited(&finding).next().and_then(|part| by_part.get(part));
        let teller = near.into_iter().flatten().copied().find(|&at| {
            kept.get(at).is_some_and(|other| tier(other) >= least(tier(&finding)) && tells(other, &finding))
        });
        if let Some(teller) = teller.and_then(|at| kept.get_mut(at)) {
            take(teller, finding, further_chain);
            continue;
        }
        for part in parts(&finding) {
            by_part.entry(part.to_owned()).or_default().push(kept.len());
        }
        kept.push(finding);
    }
    kept
}

/// Returns the lowest tier whose findings can tell those of a tier.
const fn least(tier: Tier) -> Tier {
    match tier {
        Tier::Change => Tier::Silence,
        Tier::Silence | Tier::Pattern => Tier::Pattern,
        Tier::Chain => Tier::Chain,
    }
}

fn tier(finding: &Finding) -> Tier {
    rule(finding.rule).map_or(Tier::Change, |rule| rule.meta().tier)
}

/// Returns what a finding cites: changes and residues; if there are none, events.
fn cited(finding: &Finding) -> impl Iterator<Item = &str> {
    let states = finding.changes.iter().chain(&finding.residues).map(String::as_str);
    let bare = finding.changes.is_empty() && finding.residues.is_empty();
    states.chain(finding.events.iter().filter(move |_| bare).map(EventId::as_str))
}

/// Returns everything that a finding cites.
fn parts(finding: &Finding) -> impl Iterator<Item = &str> {
    let states = finding.changes.iter().chain(&finding.residues).map(String::as_str);
    states.chain(finding.events.iter().map(EventId::as_str))
}

fn tells(teller: &Finding, told: &Finding) -> bool {
    let parts: FxHashSet<&str> = parts(teller).collect();
    cited(told).next().is_some() && cited(told).all(|part| parts.contains(part))
}

fn take(teller: &mut Finding, told: Finding, further_chain: i16) {
    if tier(&told) == Tier::Chain && told.rule != teller.rule {
        add(teller, further_chain, format!("it is also `{}`", told.rule));
    }
    if told.risk > teller.risk {
        let points = i16::from(told.risk) - i16::from(teller.risk);
        add(teller, points, format!("`{}` by itself has a risk of {}", told.rule, told.risk));
    }
    teller.impact = teller.impact.max(told.impact);
    for id in std::iter::once(told.rule).chain(told.also) {
        if id != teller.rule && !teller.also.contains(&id) {
            teller.also.push(id);
        }
    }
    teller.also.sort_unstable();
    for technique in told.techniques {
        if !teller.techniques.contains(&technique) {
            teller.techniques.push(technique);
        }
    }
    for event in told.events {
        if !teller.events.contains(&event) {
            teller.events.push(event);
        }
    }
    for resource in told.resources {
        if !teller.resources.iter().any(|known| known.key == resource.key) {
            teller.resources.push(resource);
        }
    }
    for fact in told.facts {
        if !teller.facts.iter().any(|(name, _)| *name == fact.0) {
            teller.facts.push(fact);
        }
    }
}

/// Adds points as far as risk goes, which ends at 100.
fn add(finding: &mut Finding, points: i16, reason: String) {
    let points = points.min(100 - i16::from(finding.risk));
    if points > 0 {
        finding.risk = finding.risk.saturating_add(u8::try_from(points).unwrap_or_default());
        finding.why.push(Points { points, reason });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absorb(findings: Vec<Finding>) -> Vec<Finding> {
        super::absorb(findings, Weights::shipped())
    }

    fn finding(rule: &'static str, risk: u8, changes: &[&str]) -> Finding {
        Finding {
            id: format!("{rule} {changes:?}"),
            rule,
            also: Vec::new(),
            title: String::new(),
            impact: risk,
            risk,
            techniques: vec!["T1578"],
            resources: Vec::new(),
            scopes: Vec::new(),
            changes: changes.iter().map(|&id| id.to_owned()).collect(),
            residues: Vec::new(),
            events: Vec::new(),
            facts: vec![("of", rule.into())],
            why: vec![Points { points: i16::from(risk), reason: String::new() }],
        }
    }

    #[test]
    fn a_finding_of_a_higher_tier_tells_what_it_cites_in_full() {
        let told = absorb(vec![
            finding("instance-vanished", 100, &["c-1"]),
            finding("unlogged-change", 90, &["c-1", "c-2"]),
            finding("volume-vanished", 50, &["c-3"]),
        ]);
        let told: Vec<_> = told.iter().map(|finding| (finding.rule, finding.risk, &*finding.also)).collect();
        assert_eq!(
            told,
            [("unlogged-change", 100, &["instance-vanished"][..]), ("volume-vanished", 50, &[][..])]
        );
    }

    #[test]
    fn the_points_still_add_up() {
        let told = absorb(vec![
            finding("instance-vanished", 97, &["c-1"]),
            finding("unlogged-change", 90, &["c-1"]),
        ]);
        let sums: Vec<i16> =
            told.iter().map(|finding| finding.why.iter().map(|points| points.points).sum()).collect();
        assert_eq!(sums, [97]);
    }

    #[test]
    fn findings_of_one_change_by_its_several_attributes_stand_beside_each_other() {
        let two = vec![finding("instance-modified", 40, &["c-1"]), finding("exposure-opened", 80, &["c-1"])];
        assert_eq!(absorb(two).len(), 2);
    }

    #[test]
    fn what_cites_nothing_is_never_told_by_another() {
        let gap = finding("coverage-gap", 50, &[]);
        assert_eq!(absorb(vec![gap, finding("unlogged-change", 90, &["c-1"])]).len(), 2);
    }

    #[test]
    fn a_finding_on_events_alone_is_told_by_one_that_cites_them() {
        let bare = Finding { events: vec![EventId::new("e-1")], ..finding("probing", 40, &[]) };
        let whole = Finding { events: vec![EventId::new("e-1")], ..finding("unlogged-change", 90, &["c-1"]) };
        assert_eq!(absorb(vec![bare, whole]).len(), 1);
    }
}
