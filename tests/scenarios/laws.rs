//! What holds for every log, over native records of all three clouds.

use driftline::model::Kind;
use driftline::pipeline::Judged;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::Value;

use crate::harness::{Listing, Log, Story, left, told};
use crate::{aws, azure, gcp};

/// One operation of somebody's, with the state around it.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) before: Vec<(Kind, Value)>,
    pub(crate) after: Vec<(Kind, Value)>,
    /// All records of the operation.
    pub(crate) records: Vec<Value>,
    /// The changes that it explains, and how.
    pub(crate) explains: &'static [&'static str],
}

/// How a cloud is written down.
pub(crate) struct Cloud {
    pub(crate) acts: fn() -> Vec<Act>,
    pub(crate) listings: fn(&[(Kind, Value)]) -> Vec<Listing>,
    /// Writes files of records.
    pub(crate) log: fn(Vec<Vec<Value>>) -> Log,
}

const CLOUDS: &[Cloud] = &[aws::CLOUD, azure::CLOUD, gcp::CLOUD];

/// Acts on one cloud.
#[derive(Clone, Debug)]
struct Day {
    /// Which cloud.
    cloud: usize,
    acts: Vec<Act>,
}

impl Day {
    fn cloud(&self) -> &'static Cloud {
        &CLOUDS[self.cloud]
    }

    /// Tells the day with a log of these files.
    fn story(&self, files: Vec<Vec<Value>>) -> Story {
        let at = |side: fn(&Act) -> &[(Kind, Value)]| -> Vec<(Kind, Value)> {
            self.acts.iter().flat_map(side).cloned().collect()
        };
        let cloud = self.cloud();
        let story =
            (cloud.listings)(&at(|act| &act.before)).into_iter().fold(Story::default(), Story::before);
        let story = (cloud.listings)(&at(|act| &act.after)).into_iter().fold(story, Story::after);
        story.log((cloud.log)(files))
    }

    fn records(&self) -> Vec<Value> {
        self.acts.iter().flat_map(|act| act.records.clone()).collect()
    }
}

/// Any acts of any cloud, at least one.
fn day() -> impl Strategy<Value = Day> {
    (0..CLOUDS.len()).prop_flat_map(|cloud| {
        let acts = (CLOUDS[cloud].acts)();
        let all = acts.len();
        subsequence(acts, 1..=all).prop_map(move |acts| Day { cloud, acts })
    })
}

/// A day, with its records in any order and dealt out to up to four files.
fn dealt() -> impl Strategy<Value = (Day, Vec<Vec<Value>>)> {
    day().prop_flat_map(|day| {
        let records = day.records();
        let places = proptest::collection::vec(0..4_usize, records.len());
        (Just(day), Just(records).prop_shuffle(), places).prop_map(|(day, records, places)| {
            let mut files = vec![Vec::new(); 4];
            for (record, place) in records.into_iter().zip(places) {
                files[place].push(record);
            }
            // An empty file is no log of any shape.
            files.retain(|file| !file.is_empty());
            (day, files)
        })
    })
}

/// Everything that was said of a day.
fn verdict(judged: &Judged) -> Vec<String> {
    let traces = judged.changes.iter().map(|change| format!("{} {:?}", change.id, change.trace));
    let residues = judged.residues.iter().map(|residue| format!("{residue:?}"));
    traces.chain(residues).collect()
}

fn lines(judged: &Judged) -> Vec<String> {
    let mut lines: Vec<String> = judged.changes.iter().map(told).collect();
    lines.extend(judged.residues.iter().map(left));
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_its_operation_exactly_its_changes_are_unexplained(day in day(), missing in any::<prop::sample::Index>()) {
        let missing = missing.index(day.acts.len());
        let mut expected = Vec::new();
        let mut records = Vec::new();
        for (at, act) in day.acts.iter().enumerate() {
            if at == missing {
                let bare = |line: &&str| format!("{} unexplained", line.rsplit_once(' ').unwrap().0);
                expected.extend(act.explains.iter().map(bare));
            } else {
                expected.extend(act.explains.iter().map(|line| (*line).to_owned()));
                records.extend(act.records.clone());
            }
        }
        expected.sort();
        prop_assert_eq!(lines(&day.story(vec![records]).judged()), expected);
    }

    #[test]
    fn order_and_files_mean_nothing((day, files) in dealt()) {
        let plain = day.story(vec![day.records()]).judged();
        let mut expected: Vec<_> = day.acts.iter().flat_map(|act| act.explains).map(ToString::to_string).collect();
        expected.sort();
        prop_assert_eq!(lines(&plain), expected);
        prop_assert_eq!(verdict(&day.story(files).judged()), verdict(&plain));
    }

    #[test]
    fn what_is_imported_twice_counts_once((day, mut files) in dealt()) {
        let plain = day.story(vec![day.records()]);
        let once = verdict(&plain.judged());
        let later = (day.cloud().log)(files.clone());
        prop_assert_eq!(verdict(&plain.judged_again(std::slice::from_ref(&later))), once.clone());
        files.push(day.records());
        prop_assert_eq!(verdict(&day.story(files).judged()), once);
    }
}
