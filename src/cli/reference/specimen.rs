//! The report from which excerpts are taken.

use std::path::Path;

use super::super::logs::Given;
use super::super::scan::{Comparison, view};
use super::super::{Failure, demo};
use crate::model::{Digest, Seal, Timestamp};
use crate::pipeline::{Life, judge, life};
use crate::report::View;

/// Returns the report on the shipped incident, the same at every time.
pub(super) fn specimen() -> Result<View, Failure> {
    let (folder, started_at) = (tempfile::tempdir()?, Timestamp::now());
    let mut estate = demo::Estate::new(folder.path())?;
    let before = estate.take_in("before", started_at)?.scan.id;
    let after = estate.take_in("after", started_at)?.scan.id;
    let given = Given::approved(estate.approvals()?);
    let terms = given.terms(started_at);
    let judged = judge(&estate.store, Some(before), after, &terms)?;
    let life = Life { resolved: Vec::new(), ..life(&estate.store, &judged, terms.now)? };
    let comparison = Comparison { command: "demo", started_at, before: Some(before), after };
    let view = view(&estate.store, &comparison, &judged, &life, given.tuning())?;
    timeless(view, judged.after.taken_at, folder.path())
}

/// Returns a report without what differs from run to run: times of the run, seals, the folder of the dumps.
fn timeless(mut view: View, at: Timestamp, folder: &Path) -> Result<View, Failure> {
    let seal = Some(Seal(Digest([0; 32])));
    view.run.started_at = at;
    view.run.finished_at = at;
    view.run.seal = seal;
    for scan in view.scans.before.iter_mut().chain(&mut view.scans.after) {
        scan.finished_at = Some(scan.taken_at);
        scan.seal = seal;
    }
    let text = serde_json::to_string(&view).map_err(Failure::StoredReport)?;
    let text = text.replace(&format!("{}/", folder.display()), "");
    serde_json::from_str(&text).map_err(Failure::StoredReport)
}
