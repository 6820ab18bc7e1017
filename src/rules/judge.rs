//! All rules over all changes.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::absorb::absorb;
use super::legacy::add_scores;
use super::{Drift, RULES, Testimony};
use crate::model::{Change, Finding, Window};

/// Returns what the rules say about the changes between two scans and the logs beside them: highest risk first, then highest
/// impact, then the earliest window, then id.
pub fn judge(changes: &[Change], testimony: Testimony<'_>) -> Vec<Finding> {
    let drift = Drift::new(changes, testimony);
    let of_changes = changes.iter().map(|change| (change.id.as_str(), change.window));
    let of_residues = testimony.residues.iter().map(|residue| (residue.id.as_str(), residue.window));
    let windows: FxHashMap<&str, Window> = of_changes.chain(of_residues).collect();
    let window = |finding: &Finding| {
        let cited = finding.changes.iter().chain(&finding.residues);
        let windows = cited.filter_map(|id| windows.get(id.as_str()));
        windows.min().copied()
    };
    let mut findings = absorb(RULES.iter().flat_map(|rule| rule.check(&drift)).collect(), drift.weights());
    add_scores(&mut findings, &drift);
    findings.sort_by_cached_key(|finding| {
        (Reverse(finding.risk), Reverse(finding.impact), window(finding), finding.id.clone())
    });
    findings
}

/// Brings findings of several judgements into one order, the worst first; those of one finding that several
/// tell, one stays.
pub fn worst_first(findings: &mut Vec<Finding>) {
    let mut seen = FxHashSet::default();
    findings.retain(|finding| seen.insert(finding.id.clone()));
    findings.sort_by_key(|finding| (Reverse(finding.risk), Reverse(finding.impact)));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        ChangeKind, Confidence, CoverageStatus, Kind, Link, Locator, PrincipalKind, Provider, Rel, Resource,
    };
    use crate::rules::fixture::{self, Specimen, vanished};

    fn any_link() -> impl Strategy<Value = Link> {
        let rels = prop::sample::select(Rel::ALL);
        let kinds = prop::sample::select(Kind::ALL);
        let slots = prop::sample::select(vec![None, Some("os"), Some("/dev/xvda"), Some("b")]);
        (rels, kinds, 0..4_u8, slots, any::<Option<bool>>(), any::<bool>()).prop_map(
            |(rel, kind, end, slot, delete_with, by_uid)| Link {
                delete_with,
                slot: slot.map(str::to_owned),
                ..if by_uid {
                    Link::to_uid(rel, kind, format!("r-{end}"))
                } else {
                    Link::to_locator(rel, kind, Locator::new(format!("r-{end}")))
                }
            },
        )
    }

    fn any_resource() -> impl Strategy<Value = Resource> {
        let config =
            prop::collection::btree_map("(UserData|networkAccessPolicy|x)", "(DenyAll|AllowAll)", 0..3);
        let mark = prop::option::of(prop::sample::select(vec!["autoscaling", "dlm", "cloudformation"]));
        let links = prop::collection::vec(any_link(), 0..4);
        let grants = prop::collection::vec(prop::sample::select(PrincipalKind::ALL), 0..2);
        let ends = (prop::sample::select(Provider::ALL), prop::sample::select(Kind::ALL), 0..4_u8);
        (ends, config, mark, links, grants, any::<bool>(), any::<bool>()).prop_map(
            |((provider, kind, uid), config, mark, links, grants, exported, protected)| {
                let mut resource = fixture::resource(provider, kind, &format!("r-{uid}"));
                resource = resource.with("DisableApiTermination", protected);
                for (path, value) in config {
                    resource = resource.with(&path, value);
                }
                for link in links {
                    resource = resource.link(link);
                }
                for grant in grants {
                    resource = resource.shared(grant, "somebody");
                }
                if exported {
                    resource = resource.exported();
                }
                match mark {
                    Some(service) => resource.managed(service, Confidence::High),
                    None => resource,
                }
            },
        )
    }

    fn any_changes() -> impl Strategy<Value = Vec<Change>> {
        let kinds = prop::sample::select(ChangeKind::ALL);
        let change = (kinds, any_resource(), any_resource()).prop_map(|(kind, before, after)| {
            let after = Resource { key: before.key.clone(), ..after };
            match kind {
                ChangeKind::Appeared => fixture::appeared(after),
                ChangeKind::Vanished => vanished(before),
                ChangeKind::CoverageGap => fixture::gap("eu-west-1", CoverageStatus::Denied),
                _ => fixture::change(kind, Some(before), Some(after)),
            }
        });
        prop::collection::vec(change, 0..12).prop_map(|mut changes| {
            for (at, change) in changes.iter_mut().enumerate() {
                change.id = format!("{at:02}-{}", change.id);
            }
            changes
        })
    }

    proptest! {
        #[test]
        fn the_order_of_changes_means_nothing(
            (changes, shuffled) in any_changes().prop_flat_map(|changes| {
                let shuffled = Just(changes.clone()).prop_shuffle();
                (Just(changes), shuffled)
            })
        ) {
            prop_assert_eq!(judge(&changes, Testimony::default()), judge(&shuffled, Testimony::default()));
        }

        #[test]
        fn the_points_of_every_finding_add_up_to_its_risk(changes in any_changes()) {
            for finding in judge(&changes, Testimony::default()) {
                let sum: i16 = finding.why.iter().map(|points| points.points).sum();
                prop_assert_eq!(sum, i16::from(finding.risk), "{}", finding.title);
                prop_assert!(finding.risk <= 100);
            }
        }

        #[test]
        fn every_change_but_of_the_recycle_bin_is_in_a_finding(changes in any_changes()) {
            let findings = judge(&changes, Testimony::default());
            let told: BTreeSet<_> = findings.iter().flat_map(|finding| &finding.changes).collect();
            let recycled = |change: &&Change| {
                let kind = change.resource().map(|resource| resource.key.kind);
                kind == Some(Kind::Recycled)
            };
            for change in changes.iter().filter(|change| !recycled(change)) {
                prop_assert!(told.contains(&change.id), "{} {:?}", change.id, change.attributes);
            }
        }

        #[test]
        fn every_change_belongs_to_one_act(changes in any_changes()) {
            let drift = Drift::new(&changes, Testimony::default());
            let mut told: Vec<_> =
                drift.acts().iter().flat_map(super::super::act::Act::changes).map(|change| &change.id).collect();
            told.sort_unstable();
            let every: Vec<_> = drift.changes().iter().map(|change| &change.id).collect();
            prop_assert_eq!(told, every);
        }

        #[test]
        fn ids_of_findings_are_unique(changes in any_changes()) {
            let findings = judge(&changes, Testimony::default());
            let ids: BTreeSet<_> = findings.iter().map(|finding| &finding.id).collect();
            prop_assert_eq!(ids.len(), findings.len());
        }
    }

    #[test]
    fn the_worst_comes_first() {
        let changes = [
            fixture::modified(fixture::volume("vol-1"), fixture::volume("vol-1").tagged("a", "b")),
            fixture::appeared(fixture::snapshot("snap-1")),
            vanished(fixture::instance("i-1", "vol-9")),
        ];
        let risks: Vec<_> =
            judge(&changes, Testimony::default()).iter().map(|finding| finding.risk).collect();
        assert_eq!(risks, [90, 70, 20]);
    }

    #[test]
    fn of_equal_findings_the_earlier_comes_first() {
        let mut later = vanished(fixture::volume("vol-1"));
        later.window.from = later.window.to;
        let changes = [later, vanished(fixture::volume("vol-2"))];
        let titles: Vec<_> =
            judge(&changes, Testimony::default()).into_iter().map(|finding| finding.title).collect();
        assert_eq!(titles, ["Volume vol-2 vanished", "Volume vol-1 vanished"]);
    }

    #[test]
    fn a_name_that_would_disturb_the_reader_is_neutralised() {
        let changes = [vanished(fixture::instance("i-1", "vol-1").named("web\u{1b}[2J\u{202e}"))];
        let title = judge(&changes, Testimony::default()).remove(0).title;
        assert_eq!(title, "Instance web\\u{1b}[2J\\u{202e} (i-1) vanished");
    }

    #[test]
    fn the_id_of_a_finding_is_a_digest_of_its_rule_and_its_changes() {
        let changes = [vanished(fixture::volume("vol-1")), vanished(fixture::instance("i-1", "vol-1"))];
        let digest = blake3::hash(b"instance-vanished\nvanished-i-1\nvanished-vol-1").to_hex();
        assert_eq!(judge(&changes, Testimony::default()).remove(0).id, digest[..32]);
    }
}
