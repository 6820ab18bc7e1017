//! Live collection → one sealed scan.

mod confirm;
mod examine;
mod gather;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::timeout;

pub use self::examine::{Examination, Plan, examine, plan};
use self::gather::{Gathering, News};
use self::tally::Tally;
use super::error::ScanError;
use super::interpret::{Interpreted, Interpreter};
use super::looked_at::{in_order, not_looked_at};
use crate::model::{Coverage, Scan, Timestamp};
use crate::sources::Overlays;
use crate::sources::live::{Collector, Ledger, Refusal, RefusalKind, Requests, Unlisted};
use crate::store::{OpenScan, Opening, Store};

/// How often the thread that writes looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(100);

/// How many outcomes wait for the thread that writes.
const QUEUE: usize = 16;

/// What to collect, and how.
pub struct Collect<'a> {
    /// One collector for each configured entry.
    pub collectors: Vec<Box<dyn Collector>>,
    /// What counts their requests.
    pub ledger: Arc<Ledger>,
    /// When the run began.
    pub started_at: Timestamp,
    /// Who runs it, for a second run that has to wait.
    pub holder: String,
    /// Set from outside to interrupt it; nothing is sealed then.
    pub interrupted: &'a AtomicBool,
    /// Called now and then.
    pub progress: &'a dyn Fn(&CollectProgress),
}

/// How far a collection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollectProgress {
    /// Scopes known so far; it grows as accounts are surveyed.
    pub scopes: u64,
    /// Scopes listed to their end.
    pub scopes_done: u64,
    /// Resources seen.
    pub resources: u64,
    /// Requests made.
    pub requests: Requests,
}

/// What a collection did.
#[derive(Debug)]
pub struct Collected {
    /// The sealed scan.
    pub scan: Scan,
    /// How completely it listed each scope.
    pub coverage: Vec<Coverage>,
    /// How far it came.
    pub progress: CollectProgress,
    /// How many elements and fields were odd.
    pub odd: u64,
    /// The entries that were refused as a whole.
    pub refused: Vec<(String, Refusal)>,
}

/// Collects live and seals one scan.
///
/// # Errors
///
/// Any [`ScanError`]; the store is then as it was, but for an abandoned scan.
pub fn collect(store: &mut Store, request: Collect<'_>) -> Result<Collected, ScanError> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut scan = store.begin_scan(&Opening {
        started_at: request.started_at,
        taken_at: request.started_at,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        holder: request.holder.clone(),
        origin: "live".to_owned(),
    })?;
    let interpreter = Interpreter::new(&scan.fingerprint_key()?, scan.known()?, Overlays::default());
    let gathering = Arc::new(Gathering::new(request.collectors, interpreter));
    let watch =
        Watch { ledger: &request.ledger, interrupted: request.interrupted, progress: request.progress };
    let run = run(&runtime, &mut scan, &gathering, &watch, request.started_at);
    // A request that is under way is let go, so that Ctrl-C takes no longer than a tick.
    runtime.shutdown_background();
    let Ran { rows, writer } = run?;
    let scan = scan.seal(&rows, Timestamp::now())?;
    let Writer { progress, odd, refused, .. } = writer;
    Ok(Collected { scan, coverage: rows, progress, odd, refused })
}

/// What came of a run, before it is sealed.
struct Ran {
    rows: Vec<Coverage>,
    writer: Writer,
}

fn run(
    runtime: &Runtime,
    scan: &mut OpenScan<'_>,
    gathering: &Arc<Gathering>,
    watch: &Watch<'_>,
    taken_at: Timestamp,
) -> Result<Ran, ScanError> {
    let mut writer = Writer::default();
    let news = runtime.block_on(async { gathering.start(QUEUE) });
    writer.take_all(runtime, scan, news, watch)?;
    if writer.is_refused_everywhere() {
        return Err(ScanError::Credentials { entries: writer.refused });
    }
    for tally in writer.tallies.values_mut() {
        writer.progress.resources += tally.join_grants(scan)?;
    }
    let rows = writer.coverage(scan, taken_at)?;
    let questions = confirm::questions(&scan.absent(&rows)?, &writer.tallies);
    if !questions.is_empty() {
        let news = runtime.block_on(async { gathering.confirm(questions, QUEUE) });
        writer.take_all(runtime, scan, news, watch)?;
    }
    let mut rows = writer.coverage(scan, taken_at)?;
    in_order(scan, &rows, taken_at)?;
    rows.extend(not_looked_at(scan, &rows, taken_at)?);
    Ok(Ran { rows, writer })
}

/// What watches a run from outside.
struct Watch<'a> {
    ledger: &'a Ledger,
    interrupted: &'a AtomicBool,
    progress: &'a dyn Fn(&CollectProgress),
}

/// Writes what the tasks hand over, and keeps count.
#[derive(Default)]
struct Writer {
    tallies: BTreeMap<usize, Tally>,
    unlisted: Vec<Unlisted>,
    refused: Vec<(String, Refusal)>,
    /// How many entries got at least as far as knowing their accounts.
    entered: u64,
    progress: CollectProgress,
    odd: u64,
}

impl Writer {
    /// Takes everything until the tasks are done.
    fn take_all(
        &mut self,
        runtime: &Runtime,
        scan: &mut OpenScan<'_>,
        mut news: mpsc::Receiver<News>,
        watch: &Watch<'_>,
    ) -> Result<(), ScanError> {
        loop {
            let next = runtime.block_on(async { timeout(TICK, news.recv()).await });
            if watch.interrupted.load(Ordering::Relaxed) {
                return Err(ScanError::Interrupted);
            }
            match next {
                Ok(Some(next)) => self.take(scan, next)?,
                Ok(None) => return Ok(()),
                Err(_) => {}
            }
            self.progress.requests = watch.ledger.requests();
            (watch.progress)(&self.progress);
        }
    }

    fn take(&mut self, scan: &mut OpenScan<'_>, news: News) -> Result<(), ScanError> {
        match news {
            News::Entered => self.entered += 1,
            News::Refused { entry, refusal, unlisted } => {
                self.refused.push((entry, refusal));
                self.unlisted.extend(unlisted);
            }
            News::Unlisted(unlisted) => self.unlisted.push(unlisted),
            News::Planned { listings } => self.progress.scopes += listings,
            News::Ended(ended) => {
                self.progress.scopes_done += 1;
                self.tallies.entry(ended.source).or_default().end(*ended);
            }
            News::Confirmed { source, missing, answer } => {
                self.tallies.entry(source).or_default().confirmed(missing, answer);
            }
            News::Interpreted(interpreted) => self.write(scan, interpreted)?,
        }
        Ok(())
    }

    fn write(&mut self, scan: &mut OpenScan<'_>, interpreted: Interpreted) -> Result<(), ScanError> {
        let tally = self.tallies.entry(interpreted.source).or_default();
        self.progress.resources += interpreted.listed.values().sum::<u64>();
        tally.count(&interpreted);
        tally.keep(interpreted.parts);
        for row in interpreted.confirmed {
            scan.confirm(row)?;
        }
        for observation in interpreted.observations {
            scan.observe(observation)?;
        }
        for odd in interpreted.odd {
            self.odd += 1;
            scan.keep_odd(&odd)?;
            tally.odd(&odd);
        }
        Ok(())
    }

    /// Whether every entry was refused for its credentials, so that there is nothing to seal.
    fn is_refused_everywhere(&self) -> bool {
        self.entered == 0
            && !self.refused.is_empty()
            && self.refused.iter().all(|(_, refusal)| refusal.kind == RefusalKind::Credentials)
    }

    /// Returns how completely each scope was listed, as far as is known.
    fn coverage(&self, scan: &OpenScan<'_>, taken_at: Timestamp) -> Result<Vec<Coverage>, ScanError> {
        let contested = scan.contested()?;
        let mut rows = tally::coverage(self.tallies.values(), &contested);
        let left_out = tally::left_out(&self.unlisted, &rows, scan, taken_at)?;
        rows.extend(left_out);
        Ok(rows)
    }
}
