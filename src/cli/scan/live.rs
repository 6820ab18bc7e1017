//! `driftline scan` without files: live collection.

use std::collections::BTreeSet;
use std::time::Instant;

use super::holder;
use crate::cli::collection::Collection;
use crate::cli::global::Global;
use crate::cli::meter::Meter;
use crate::cli::{Failure, interrupt};
use crate::model::{CoverageStatus, Plural, ScanId, Timestamp, printable};
use crate::pipeline::{self, Collect, CollectProgress, Collected};
use crate::sources::live::Requests;
use crate::store::Store;

/// Collects, and returns the sealed scan.
pub(super) fn collect(
    store: &mut Store,
    collection: Collection,
    global: &Global,
    started_at: Timestamp,
) -> Result<ScanId, Failure> {
    let (meter, began) = (Meter::new(global), Instant::now());
    let Collection { collectors, ledger } = collection;
    let collected = pipeline::collect(
        store,
        Collect {
            collectors,
            ledger,
            started_at,
            holder: holder(),
            interrupted: interrupt::listen(),
            progress: &|progress| meter.show(format_args!("{}", line(progress, began))),
        },
    );
    meter.clear();
    let collected = collected?;
    tell(&collected, began, global);
    Ok(collected.scan.id)
}

/// Returns how far the collection has come, in one line.
fn line(progress: &CollectProgress, began: Instant) -> String {
    let CollectProgress { scopes, scopes_done, resources, requests } = *progress;
    let (resources, made) = (Plural(resources, "resource"), Plural(requests.made, "request"));
    let again = if requests.retries > 0 { format!(" ({} again)", requests.retries) } else { String::new() };
    let left = seconds_left(scopes_done, scopes, began);
    let left = left.map_or_else(String::new, |left| format!(" · about {left} s left"));
    format!("{scopes_done} of {} · {resources} · {made}{again}{left}", Plural(scopes, "scope"))
}

/// Returns how long the rest takes if it goes on as it went; `None` before that can be told.
fn seconds_left(done: u64, all: u64, began: Instant) -> Option<u64> {
    if done < 3 || done >= all {
        return None;
    }
    Some(began.elapsed().as_secs().max(1) * (all - done) / done + 1)
}

/// Says on standard error what was collected and what it took.
fn tell(collected: &Collected, began: Instant, global: &Global) {
    for (entry, refusal) in &collected.refused {
        let refusal = refusal.to_string();
        global.tell(format_args!("Left out `{}`: {}.", printable(entry), printable(&refusal)));
    }
    let CollectProgress { scopes_done, resources, requests, .. } = collected.progress;
    let Requests { made, retries, throttled } = requests;
    let (resources, scopes) = (Plural(resources, "resource"), Plural(scopes_done, "scope"));
    let seconds = began.elapsed().as_secs_f32();
    let made = Plural(made, "request");
    global.tell(format_args!(
        "Listed {resources} in {scopes}: {made}, {retries} of them again, {throttled} throttled, in {seconds:.1} s."
    ));
    let noted = collected.coverage.iter().filter(|row| row.status == CoverageStatus::Complete);
    for reason in noted.flat_map(|row| &row.reasons).map(|reason| &reason.message).collect::<BTreeSet<_>>() {
        global.tell(format_args!("Note: {}.", printable(reason)));
    }
    if collected.odd > 0 {
        let odd = Plural(collected.odd, "oddity");
        global.tell(format_args!("Kept {odd} raw; their scopes are partial, and the report says where."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_scopes_resources_requests_and_the_time_left() {
        let requests = Requests { made: 340, retries: 3, throttled: 1 };
        let progress = CollectProgress { scopes: 240, scopes_done: 60, resources: 10_231, requests };
        let began = Instant::now();
        assert_eq!(
            line(&progress, began),
            "60 of 240 scopes · 10,231 resources · 340 requests (3 again) · about 4 s left"
        );
        let first = CollectProgress { scopes: 2, ..CollectProgress::default() };
        assert_eq!(line(&first, began), "0 of 2 scopes · 0 resources · 0 requests");
    }
}
