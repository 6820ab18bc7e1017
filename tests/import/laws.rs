//! What holds for every estate.

use std::collections::BTreeSet;

use driftline::model::{ChangeKind, Kind};
use driftline::store::Store;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{Dump, changes, kinds, scan, volume, volumes};

/// A volume by number, of one of three sizes.
fn numbered(number: u8, size: u8) -> Value {
    let mut volume = volume(&format!("vol-{number:02}"));
    volume["Size"] = json!(8 * (u32::from(size) + 1));
    volume["Tags"] = json!([{ "Key": "a", "Value": "1" }, { "Key": "b", "Value": size.to_string() }]);
    volume
}

/// Any listing of up to twelve volumes, each once.
fn listing() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::btree_map(0..12_u8, 0..3_u8, 0..8).prop_map(|volumes| volumes.into_iter().collect())
}

fn body(listing: &[(u8, u8)]) -> String {
    volumes(&listing.iter().map(|&(number, size)| numbered(number, size)).collect::<Vec<_>>())
}

fn uids(listing: &[(u8, u8)]) -> BTreeSet<u8> {
    listing.iter().map(|(number, _)| *number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn drift_of_equal_estates_is_empty(estate in listing()) {
        let mut store = Store::in_memory().unwrap();
        for hour in [1, 2] {
            scan(&mut store, hour, Dump::complete(&[("v.json", Kind::Volume, &body(&estate))]).path());
        }
        prop_assert_eq!(kinds(&store), []);
    }

    #[test]
    fn drift_tells_exactly_what_came_went_and_changed(before in listing(), after in listing()) {
        let mut store = Store::in_memory().unwrap();
        for (hour, estate) in [(1, &before), (2, &after)] {
            scan(&mut store, hour, Dump::complete(&[("v.json", Kind::Volume, &body(estate))]).path());
        }
        let told = |wanted: &[ChangeKind]| -> BTreeSet<String> {
            let kinds = kinds(&store).into_iter().filter(|(kind, _)| wanted.contains(kind));
            kinds.map(|(_, uid)| uid).collect()
        };
        let name = |number: &u8| format!("vol-{number:02}");
        let went = uids(&before).difference(&uids(&after)).map(name).collect();
        let came = uids(&after).difference(&uids(&before)).map(name).collect();
        let changed = before.iter().filter(|(number, size)| {
            after.iter().any(|(other, new)| other == number && new != size)
        });
        let changed = changed.map(|(number, _)| name(number)).collect();
        prop_assert_eq!(told(&[ChangeKind::Vanished]), went);
        prop_assert_eq!(told(&[ChangeKind::Appeared, ChangeKind::Reappeared]), came);
        prop_assert_eq!(told(&[ChangeKind::Modified]), changed);
    }

    #[test]
    fn nothing_vanishes_outside_coverage(before in listing(), after in listing()) {
        let mut store = Store::in_memory().unwrap();
        scan(&mut store, 1, Dump::complete(&[("v.json", Kind::Volume, &body(&before))]).path());
        scan(&mut store, 2, Dump::new(&[("v.json", &body(&after)), ("x.json", "[]")]).path());
        let vanished = changes(&store).into_iter().filter(|change| change.kind == ChangeKind::Vanished);
        prop_assert_eq!(vanished.count(), 0);
    }

    #[test]
    fn neither_the_order_of_elements_nor_of_files_changes_the_seal(
        estate in listing(), cut in 0..8_usize, shuffled in any::<prop::sample::Index>(),
    ) {
        let mut rotated = estate.clone();
        if !rotated.is_empty() {
            let by = shuffled.index(rotated.len());
            rotated.rotate_left(by);
        }
        let mut seals = Vec::new();
        for estate in [&estate, &rotated] {
            let (one, two) = estate.split_at(cut.min(estate.len()));
            for names in [["a.json", "b.json"], ["b.json", "a.json"]] {
                let mut store = Store::in_memory().unwrap();
                let dump = Dump::complete(&[
                    (names[0], Kind::Volume, &body(one)),
                    (names[1], Kind::Volume, &body(two)),
                ]);
                seals.push(scan(&mut store, 1, dump.path()).scan.seal);
            }
        }
        seals.dedup();
        prop_assert_eq!(seals.len(), 1);
    }
}
