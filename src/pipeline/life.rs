//! What becomes of findings from run to run: what the store knows of them, and what is no longer so.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::{Judged, JudgedAgain};
use crate::model::{Change, Finding, FindingRecord, FindingStatus, Reported, Residue, Standing, Timestamp};
use crate::rules::life;
use crate::store::{self, Store};

/// Where the findings of a run stand, and which earlier ones end with it.
#[derive(Debug, Default)]
pub struct Life {
    /// By fingerprint, of every finding that the run tells.
    pub standings: BTreeMap<String, Standing>,
    /// The findings as the store keeps them.
    pub reported: Vec<Reported>,
    /// Earlier findings that are no longer so.
    pub resolved: Vec<Resolved>,
    /// The marks of earlier findings that are met.
    pub met: Vec<i64>,
}

/// An earlier finding that is no longer so.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What is known of it.
    pub record: FindingRecord,
    /// Why, in words.
    pub by: String,
}

/// Returns where the findings of a judgement stand, and which earlier findings end with it: what turned back, and
/// what an earlier comparison that was judged again no longer says.
///
/// # Errors
///
/// Whatever the store says.
pub fn life(store: &Store, judged: &Judged, now: Timestamp) -> Result<Life, store::Error> {
    let ids: Vec<String> = judged.findings.iter().map(|finding| finding.id.clone()).collect();
    let records = store.finding_records(&ids)?;
    let again: BTreeSet<&str> =
        judged.again.iter().flat_map(|again| &again.findings).map(|finding| finding.id.as_str()).collect();
    let sources = Sources::of(judged);
    let mut life = Life { met: life::met(&judged.changes, &judged.coverage), ..Life::default() };
    for finding in &judged.findings {
        let (changes, residues) = sources.cited(finding);
        let again = again.contains(finding.id.as_str());
        let reported = Reported { again, ..life::reported(finding, &changes, &residues) };
        let record = records.get(&finding.id);
        let mut standing = life::standing(record, Some(reported.saying), now);
        if again && record.is_some_and(|record| record.resolved.is_some()) {
            standing.status = FindingStatus::Resolved;
        }
        life.standings.insert(finding.id.clone(), standing);
        life.reported.push(reported);
    }
    let told: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let turned_back = store.undone(&life.met)?.into_iter();
    life.resolved.extend(
        turned_back.map(|record| Resolved { record, by: "what it is about is as it was before".to_owned() }),
    );
    for again in &judged.again {
        life.resolved.extend(no_longer_said(store, again)?);
    }
    let mut seen = BTreeSet::new();
    life.resolved.retain(|gone| !told.contains(&*gone.record.id) && seen.insert(gone.record.id.clone()));
    Ok(life)
}

/// Returns the findings that a comparison gave earlier and does not give now, each with what tells it now.
fn no_longer_said(store: &Store, again: &JudgedAgain) -> Result<Vec<Resolved>, store::Error> {
    let now: BTreeSet<&str> = again.findings.iter().map(|finding| finding.id.as_str()).collect();
    let gone = store.findings_between(again.scans)?.into_iter();
    let gone = gone.filter(|record| !now.contains(&*record.id)).map(|record| {
        let teller = record
            .rule
            .as_deref()
            .and_then(|rule| again.findings.iter().find(|finding| finding.also.contains(&rule)));
        let by = match teller {
            Some(finding) => format!("the finding {} ({}) tells it too", finding.id, finding.rule),
            None => "judged again, with what the logs delivered since, it is not so".to_owned(),
        };
        Resolved { record, by }
    });
    Ok(gone.collect())
}

/// The changes and residues that findings cite, by id.
struct Sources<'a> {
    changes: BTreeMap<&'a str, &'a Change>,
    residues: BTreeMap<&'a str, &'a Residue>,
}

impl<'a> Sources<'a> {
    fn of(judged: &'a Judged) -> Self {
        let again = || judged.again.iter();
        let changes = judged.changes.iter().chain(again().flat_map(|again| &again.changes));
        let residues = judged.residues.iter().chain(again().flat_map(|again| &again.residues));
        Self {
            changes: changes.map(|change| (change.id.as_str(), change)).collect(),
            residues: residues.map(|residue| (residue.id.as_str(), residue)).collect(),
        }
    }

    fn cited(&self, finding: &Finding) -> (Vec<&'a Change>, Vec<&'a Residue>) {
        let changes = finding.changes.iter().filter_map(|id| self.changes.get(id.as_str()).copied());
        let residues = finding.residues.iter().filter_map(|id| self.residues.get(id.as_str()).copied());
        (changes.collect(), residues.collect())
    }
}
