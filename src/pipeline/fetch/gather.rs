//! The tasks of a fetch: entries, accounts and logs side by side, within their limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinSet, spawn_blocking};

use super::page::{self, PageRead};
use super::windows::holes;
use crate::model::{AccountId, EVERYWHERE, Location, LogInterval, LogScope, Provider, Timestamp, Uid};
use crate::sources::audit_log;
use crate::sources::live::{Account, Collector, LogQuery, LogRead, RecordPage, Records, Refusal};
use crate::trace::Budgets;

/// How many accounts of one entry are looked at at once.
const ACCOUNTS: usize = 8;

/// How many reads of one entry are under way at once, whatever its limits: each holds whole objects.
const READS: usize = 16;

/// How many pages of one read wait for being understood.
const PAGES: usize = 2;

/// What the tasks tell the thread that writes.
pub(super) enum News {
    /// An entry knows its accounts.
    Entered,
    /// An entry was refused as a whole.
    Refused { entry: String, refusal: Refusal },
    /// An account's logs are not known.
    Unknown { provider: Provider, account: AccountId, refusal: Refusal },
    /// Further reads are to be made.
    Planned { reads: u64 },
    /// What came of a page.
    Page(Box<PageRead>),
    /// A read ended.
    Ended(Box<Ended>),
}

/// How a read ended.
pub(super) struct Ended {
    pub(super) query: LogQuery,
    pub(super) read: LogRead,
    /// How many of its records could not be read.
    pub(super) odd: u64,
    pub(super) started_at: Timestamp,
}

/// What is wanted of every log.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) places: BTreeMap<(Provider, AccountId), BTreeSet<Location>>,
    pub(super) known: Vec<LogInterval>,
    pub(super) since: Timestamp,
    pub(super) now: Timestamp,
    pub(super) about: BTreeSet<Uid>,
    pub(super) budgets: Budgets,
}

/// Starts fetching; the receiver ends when everything was told.
pub(super) fn start(
    collectors: Vec<Box<dyn Collector>>,
    wish: &Arc<Wish>,
    queue: usize,
) -> mpsc::Receiver<News> {
    let (out, news) = mpsc::channel(queue);
    for collector in collectors {
        let reads = collector.pace().limits().concurrency.clamp(1, READS);
        let entry = Entry {
            collector: Arc::from(collector),
            wish: Arc::clone(wish),
            permits: Arc::new(Semaphore::new(reads)),
            out: out.clone(),
        };
        tokio::spawn(entry.run());
    }
    news
}

/// One configured entry at work.
#[derive(Clone)]
struct Entry {
    collector: Arc<dyn Collector>,
    wish: Arc<Wish>,
    permits: Arc<Semaphore>,
    out: mpsc::Sender<News>,
}

impl Entry {
    /// Tells; nobody who listens means that the run is over, and the task ends with its next page.
    async fn tell(&self, news: News) {
        let _ = self.out.send(news).await;
    }

    async fn run(self) {
        let accounts = match self.collector.accounts().await {
            Ok(found) => found.accounts,
            Err(refusal) => {
                let entry = self.collector.name().to_owned();
                return self.tell(News::Refused { entry, refusal }).await;
            }
        };
        self.tell(News::Entered).await;
        let mut tasks = JoinSet::new();
        let mut accounts = accounts.into_iter();
        loop {
            while tasks.len() < ACCOUNTS
                && let Some(account) = accounts.next()
            {
                tasks.spawn(self.clone().account(account));
            }
            if tasks.join_next().await.is_none() {
                return;
            }
        }
    }

    /// Reads the logs of an account; returns when all reads were started.
    async fn account(self, account: Account) {
        let logs = match self.logs(&account).await {
            Ok(logs) => logs,
            Err(refusal) => {
                let provider = self.collector.provider();
                return self.tell(News::Unknown { provider, account: account.id, refusal }).await;
            }
        };
        let queries: Vec<LogQuery> = logs.into_iter().flat_map(|log| self.queries(&log)).collect();
        self.tell(News::Planned { reads: queries.len() as u64 }).await;
        for query in queries {
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return };
            let entry = self.clone();
            tokio::spawn(async move {
                entry.read(query).await;
                drop(permit);
            });
        }
    }

    /// Returns the logs that tell of an account's places: those that are known, or those that a scan would list.
    async fn logs(&self, account: &Account) -> Result<Vec<LogScope>, Refusal> {
        let known = self.wish.places.get(&(self.collector.provider(), account.id.clone()));
        let places = if let Some(places) = known {
            places.clone()
        } else {
            let survey = self.collector.survey(account).await?;
            survey.listings.into_iter().map(|listing| listing.scope.location).collect()
        };
        let places = places.into_iter().filter(|place| place.as_str() != EVERYWHERE).collect();
        self.collector.logs(account, &places).await
    }

    /// Returns what to read of a log.
    fn queries(&self, log: &LogScope) -> Vec<LogQuery> {
        let Wish { known, since, now, about, budgets, .. } = &*self.wish;
        let lag = SignedDuration::from_secs(budgets.of(log.provider));
        // What is known of the whole log tells nothing against looking for some resources.
        let known: &[LogInterval] = if about.is_empty() { known } else { &[] };
        let query = |window| LogQuery { log: log.clone(), window, lag, about: about.clone() };
        holes(known, log, *since, *now, lag).into_iter().map(query).collect()
    }

    async fn read(&self, query: LogQuery) {
        let started_at = Timestamp::now();
        let (pages, arriving) = mpsc::channel(PAGES);
        let records = Records::new(pages, self.collector.pace().limits().scope_timeout);
        let read = async {
            let read = self.collector.read_log(&query, &records).await;
            // The pages end with their sender.
            drop(records);
            read
        };
        let (read, odd) = tokio::join!(read, self.understand(&query.log, arriving));
        self.tell(News::Ended(Box::new(Ended { query, read, odd, started_at }))).await;
    }

    /// Reads the records of every page; returns how many of them could not be read.
    async fn understand(&self, log: &LogScope, mut pages: mpsc::Receiver<RecordPage>) -> u64 {
        let Some(log) = audit_log(&log.source) else { return 0 };
        let mut odd = 0;
        while let Some(page) = pages.recv().await {
            let Ok(read) = spawn_blocking(move || page::read(log, &page)).await else { break };
            odd += read.odd.len() as u64;
            if self.out.send(News::Page(Box::new(read))).await.is_err() {
                break;
            }
        }
        odd
    }
}
