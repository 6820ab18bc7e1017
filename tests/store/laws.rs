//! Laws that hold for any estate, any coverage and any order.

use std::collections::BTreeMap;

use driftline::model::{CoverageStatus, Resource, ResourceKey, Scan};
use driftline::store::{Depth, Store};
use proptest::prelude::*;

use crate::support::{hour, observation, opening, see, terminated, volume_in, volumes};

const PLACES: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];

/// One scan: what is seen, and how completely each place was listed.
#[derive(Clone, Debug)]
struct Step {
    seen: Vec<Resource>,
    listed: Vec<CoverageStatus>,
}

fn resource() -> impl Strategy<Value = Resource> {
    (0..8_u8, 0..3_usize, 0..4_u32, prop::bool::weighted(0.1)).prop_map(|(uid, place, size, gone)| {
        let resource = volume_in(PLACES[place], &format!("vol-{uid}"), size);
        if gone { terminated(resource) } else { resource }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let status =
        prop_oneof![3 => Just(CoverageStatus::Complete), 1 => prop::sample::select(CoverageStatus::ALL)];
    (prop::collection::vec(resource(), 0..8), prop::collection::vec(status, 3))
        .prop_map(|(seen, listed)| Step { seen, listed })
}

/// Steps that see no resource twice.
fn plain_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..7).prop_map(|mut steps| {
        for step in &mut steps {
            step.seen.sort_by(|a, b| a.key.cmp(&b.key));
            step.seen.dedup_by(|a, b| a.key == b.key);
        }
        steps
    })
}

fn seal(store: &mut Store, number: i64, step: &Step) -> Scan {
    let mut open = store.begin_scan(&opening(number)).unwrap();
    for resource in &step.seen {
        see(&mut open, resource);
    }
    open.seal(&coverage(number, step), hour(number)).unwrap()
}

fn coverage(number: i64, step: &Step) -> Vec<driftline::model::Coverage> {
    let listed = PLACES.iter().zip(&step.listed);
    listed.map(|(place, &status)| volumes(place, status, number)).collect()
}

fn sealed(steps: &[Step]) -> (Store, Vec<Scan>) {
    let mut store = Store::in_memory().unwrap();
    let scans = (1..).zip(steps).map(|(number, step)| seal(&mut store, number, step)).collect();
    (store, scans)
}

type Estate = BTreeMap<ResourceKey, Resource>;

fn estate(resources: Vec<Resource>) -> Estate {
    resources.into_iter().map(|resource| (resource.key.clone(), resource)).collect()
}

/// What the estate is after each step, by the rules said in words: what is seen is there; what is not seen
/// is gone only if the place where it was last seen was listed completely.
fn expected(steps: &[Step]) -> Vec<Estate> {
    let mut now = Estate::new();
    let step = |step: &Step| {
        let seen = estate(step.seen.clone());
        now.retain(|key, resource| {
            let place = PLACES.iter().position(|place| *place == resource.location.as_str()).unwrap();
            seen.contains_key(key) || step.listed[place] != CoverageStatus::Complete
        });
        now.extend(seen);
        now.clone()
    };
    steps.iter().map(step).collect()
}

fn without_gone(mut estate: Estate) -> Estate {
    estate.retain(|_, resource| !resource.is_gone());
    estate
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_closed_outside_complete_coverage_and_nothing_else_stays(steps in plain_steps()) {
        let (store, scans) = sealed(&steps);
        for (scan, expected) in scans.iter().zip(expected(&steps)) {
            prop_assert_eq!(estate(store.resources_at(scan.id).unwrap()), expected);
        }
        store.verify(Depth::Full, None).unwrap();
    }

    #[test]
    fn the_state_after_is_the_state_before_with_its_transitions_applied(steps in plain_steps()) {
        let (store, scans) = sealed(&steps);
        for before in &scans {
            for after in scans.iter().filter(|after| after.id >= before.id) {
                let mut state = estate(store.resources_at(before.id).unwrap());
                let transitions = store.transitions(before.id, after.id).unwrap();
                prop_assert!(before.id != after.id || transitions.is_empty());
                prop_assert!(transitions.is_sorted_by(|a, b| a.key < b.key));
                for change in transitions {
                    prop_assert_eq!(state.get(&change.key), change.before.as_deref());
                    prop_assert_ne!(&change.before, &change.after);
                    prop_assert!(change.window.from <= change.window.to);
                    match change.after {
                        Some(resource) => state.insert(change.key, resource.as_ref().clone()),
                        None => state.remove(&change.key),
                    };
                }
                let end = estate(store.resources_at(after.id).unwrap());
                prop_assert_eq!(without_gone(state), without_gone(end));
            }
        }
    }

    #[test]
    fn two_scans_of_equal_estates_have_no_transitions(steps in plain_steps()) {
        let (store, scans) = sealed(&steps);
        for (index, before) in scans.iter().enumerate() {
            for after in &scans[index..] {
                let (one, other) = (store.resources_at(before.id).unwrap(), store.resources_at(after.id).unwrap());
                if one == other {
                    prop_assert_eq!(store.transitions(before.id, after.id).unwrap(), []);
                }
            }
        }
    }

    #[test]
    fn order_never_matters_to_the_seal(
        steps in prop::collection::vec(step(), 1..5),
        orders in prop::collection::vec(any::<[u8; 8]>(), 5),
    ) {
        let shuffled: Vec<_> = steps
            .iter()
            .zip(&orders)
            .map(|(step, order)| {
                let mut seen: Vec<_> = order.iter().zip(step.seen.clone()).collect();
                seen.sort_by_key(|(order, _)| **order);
                Step { seen: seen.into_iter().map(|(_, resource)| resource).collect(), ..step.clone() }
            })
            .collect();
        let (store, scans) = sealed(&steps);
        let (other_store, others) = sealed(&shuffled);
        for (scan, other) in scans.iter().zip(&others) {
            prop_assert_eq!(scan.seal, other.seal);
            prop_assert_eq!(store.resources_at(scan.id).unwrap(), other_store.resources_at(other.id).unwrap());
        }
        other_store.verify(Depth::Full, scans.last().and_then(|scan| scan.seal)).unwrap();
    }

    #[test]
    fn known_bytes_and_read_state_lead_to_the_same_seal(steps in prop::collection::vec(step(), 1..5)) {
        let (_, scans) = sealed(&steps);
        let mut store = Store::in_memory().unwrap();
        for ((number, step), scan) in (1..).zip(&steps).zip(&scans) {
            let mut open = store.begin_scan(&opening(number)).unwrap();
            for resource in &step.seen {
                open.observe(observation(resource)).unwrap();
            }
            let other = open.seal(&coverage(number, step), hour(number)).unwrap();
            prop_assert_eq!(other.seal, scan.seal);
        }
    }
}
