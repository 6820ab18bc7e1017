//! Audit logs, live → events and what is known of the logs' completeness.

mod gather;
mod page;
mod windows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::timeout;

use self::gather::{Ended, News, Wish};
use self::page::PageRead;
use super::error::ScanError;
use super::event_sink::EventSink;
use crate::model::{
    AccountId, Coverage, CoverageStatus, Location, LogInterval, LogScope, LogViolation, Plural, Provider,
    Timestamp, Uid,
};
use crate::sources::live::{Collector, Ledger, Refusal, RefusalKind, Requests, Timeline, Trouble};
use crate::store::{LogTally, Taken};
use crate::trace::Budgets;

/// How often the thread that writes looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(100);

/// How many outcomes wait for the thread that writes.
const QUEUE: usize = 16;

/// What to fetch, and how.
pub struct Fetch<'a> {
    /// One collector for each configured entry.
    pub collectors: Vec<Box<dyn Collector>>,
    /// What counts their requests.
    pub ledger: Arc<Ledger>,
    /// The locations of each account whose logs are wanted ([`places`]); an account that is not here is surveyed
    /// for them.
    pub places: BTreeMap<(Provider, AccountId), BTreeSet<Location>>,
    /// What is known of the logs already: what is complete is not read again.
    pub known: &'a [LogInterval],
    /// The beginning of the time that matters: that of the scan before, or of the oldest change whose verdict
    /// waits. A log that was last complete before it is read from there on; none further back than 90 days.
    pub since: Timestamp,
    /// Only what concerns these resources, where that is cheaper; empty for everything.
    pub about: BTreeSet<Uid>,
    /// How late each log may deliver.
    pub budgets: Budgets,
    /// The end of the time that matters: the present.
    pub now: Timestamp,
    /// Set from outside to interrupt it.
    pub interrupted: &'a AtomicBool,
    /// Called now and then.
    pub progress: &'a dyn Fn(&FetchProgress),
}

/// How far a fetch has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchProgress {
    /// Reads known so far, one for each hole in what is known of a log; it grows as accounts are looked at.
    pub reads: u64,
    /// Reads that ended.
    pub reads_done: u64,
    /// Records that came.
    pub records: u64,
    /// Events among them.
    pub events: u64,
    /// Requests made.
    pub requests: Requests,
}

/// What a fetch did.
#[derive(Debug, Default)]
pub struct Fetched {
    /// What was read, and what became of it; `files` is 0.
    pub tally: LogTally,
    /// What is known of the logs now, for the time that was read.
    pub intervals: Vec<LogInterval>,
    /// Where a log is not what its vendor wrote.
    pub violations: Vec<LogViolation>,
    /// What kept a log from being read whole.
    pub troubles: Vec<(LogScope, Trouble)>,
    /// The accounts whose logs are not known, and why.
    pub unknown: Vec<(Provider, AccountId, Refusal)>,
    /// The entries that were refused as a whole.
    pub refused: Vec<(String, Refusal)>,
    /// How far it came.
    pub progress: FetchProgress,
}

/// Returns the locations that a scan listed, for [`Fetch::places`].
pub fn places(coverage: &[Coverage]) -> BTreeMap<(Provider, AccountId), BTreeSet<Location>> {
    let mut places: BTreeMap<_, BTreeSet<Location>> = BTreeMap::new();
    for Coverage { scope, .. } in coverage.iter().filter(|row| row.status != CoverageStatus::Skipped) {
        let of_account = places.entry((scope.provider, scope.account.clone())).or_default();
        of_account.insert(scope.location.clone());
    }
    places
}

/// Fetches the events that configured entries' logs hold of a time, and gives them to a sink.
///
/// A read about some resources covers nothing. Of the latest time, as long as a log may deliver late, nothing is
/// called complete.
///
/// # Errors
///
/// [`ScanError::Credentials`] if nobody got in anywhere, [`ScanError::Interrupted`], what the sink refuses, or threads
/// that do not start; what a log refuses is in [`Fetched`].
pub fn fetch(request: Fetch<'_>, sink: &mut dyn EventSink) -> Result<Fetched, ScanError> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let Fetch { collectors, ledger, places, known, since, about, budgets, now, interrupted, progress } =
        request;
    let wish = Arc::new(Wish { places, known: known.to_vec(), since, now, about, budgets });
    let news = runtime.block_on(async { gather::start(collectors, &wish, QUEUE) });
    let mut writer = Writer { sink, wish: &wish, fetched: Fetched::default(), entered: 0 };
    let watch = Watch { ledger: &ledger, interrupted, progress };
    let taken = writer.take_all(&runtime, news, &watch);
    // A request that is under way is let go, so that Ctrl-C takes no longer than a tick.
    runtime.shutdown_background();
    taken?;
    writer.end()
}

/// What watches a fetch from outside.
struct Watch<'a> {
    ledger: &'a Ledger,
    interrupted: &'a AtomicBool,
    progress: &'a dyn Fn(&FetchProgress),
}

/// Gives what the tasks hand over to the sink, and keeps count.
struct Writer<'a> {
    sink: &'a mut dyn EventSink,
    wish: &'a Wish,
    fetched: Fetched,
    /// How many entries got at least as far as knowing their accounts.
    entered: u64,
}

impl Writer<'_> {
    /// Takes everything until the tasks are done.
    fn take_all(
        &mut self,
        runtime: &Runtime,
        mut news: mpsc::Receiver<News>,
        watch: &Watch<'_>,
    ) -> Result<(), ScanError> {
        loop {
            let next = runtime.block_on(async { timeout(TICK, news.recv()).await });
            if watch.interrupted.load(Ordering::Relaxed) {
                return Err(ScanError::Interrupted);
            }
            match next {
                Ok(Some(next)) => self.take(next)?,
                Ok(None) => return Ok(()),
                Err(_) => {}
            }
            self.fetched.progress.requests = watch.ledger.requests();
            (watch.progress)(&self.fetched.progress);
        }
    }

    fn take(&mut self, news: News) -> Result<(), ScanError> {
        match news {
            News::Entered => self.entered += 1,
            News::Refused { entry, refusal } => self.fetched.refused.push((entry, refusal)),
            News::Unknown { provider, account, refusal } => {
                self.fetched.unknown.push((provider, account, refusal));
            }
            News::Planned { reads } => self.fetched.progress.reads += reads,
            News::Page(page) => self.page(*page)?,
            News::Ended(ended) => self.ended(*ended)?,
        }
        Ok(())
    }

    fn page(&mut self, page: PageRead) -> Result<(), ScanError> {
        let Fetched { tally, progress, .. } = &mut self.fetched;
        tally.records += page.records;
        progress.records += page.records;
        progress.events += page.events.len() as u64;
        for event in &page.events {
            match self.sink.take(event)? {
                Taken::New => tally.new += 1,
                Taken::Known => tally.known += 1,
                Taken::Conflict => tally.conflicts += 1,
            }
        }
        for (why, count) in page.ignored {
            *tally.ignored.entry(why.as_str().to_owned()).or_default() += count;
        }
        for odd in &page.odd {
            tally.odd += 1;
            self.sink.keep_odd(odd)?;
        }
        Ok(())
    }

    fn ended(&mut self, ended: Ended) -> Result<(), ScanError> {
        self.fetched.progress.reads_done += 1;
        let Ended { query, read, odd, started_at } = ended;
        self.fetched.troubles.extend(read.troubles.into_iter().map(|trouble| (query.log.clone(), trouble)));
        self.fetched.violations.extend(read.violations);
        if !query.about.is_empty() {
            return Ok(());
        }
        let mut timeline: Timeline = read.intervals.into_iter().collect();
        let lag = SignedDuration::from_secs(self.wish.budgets.of(query.log.provider));
        let settled = started_at.min(self.wish.now).checked_sub(lag).unwrap_or(query.window.from);
        timeline.doubt_from(settled, "the log may still deliver events of this time");
        if odd > 0 {
            let records = Plural(odd, "record");
            timeline.doubt_from(query.window.from, &format!("{records} that could not be read"));
        }
        for interval in timeline.intervals(&query.log) {
            self.sink.cover(&interval)?;
            self.fetched.intervals.push(interval);
        }
        Ok(())
    }

    /// Returns what was fetched, unless every entry was refused for its credentials.
    fn end(self) -> Result<Fetched, ScanError> {
        let refused = &self.fetched.refused;
        let nobody = self.entered == 0
            && !refused.is_empty()
            && refused.iter().all(|(_, refusal)| refusal.kind == RefusalKind::Credentials);
        if nobody {
            return Err(ScanError::Credentials { entries: self.fetched.refused });
        }
        Ok(self.fetched)
    }
}
