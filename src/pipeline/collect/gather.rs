//! The tasks of a collection: entries, accounts and listings side by side, within their limits.

use std::collections::BTreeSet;
use std::future::Future;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::confirm::Question;
use super::tally::Ended;
use crate::config::kinds_of;
use crate::model::{AccountId, EVERYWHERE, Location, Scope, Timestamp, Uid};
use crate::pipeline::interpret::{Interpreted, Interpreter};
use crate::sources::Batch;
use crate::sources::live::{
    Account, Collector, Listed, Listing, Pages, Refusal, RefusalKind, Survey, Trouble, Unlisted,
};

/// How many accounts of one entry are surveyed at once.
const SURVEYS: usize = 8;

/// What the tasks tell the thread that writes.
pub(super) enum News {
    /// An entry knows its accounts.
    Entered,
    /// An entry was refused as a whole.
    Refused {
        /// What messages call it.
        entry: String,
        refusal: Refusal,
        /// What is not listed for it.
        unlisted: Vec<Unlisted>,
    },
    /// A scope is not listed.
    Unlisted(Unlisted),
    /// Further listings are to be made.
    Planned { listings: u64 },
    /// What came of a page.
    Interpreted(Interpreted),
    /// A listing ended.
    Ended(Box<Ended>),
    /// What became of the resources that a listing lacked.
    Confirmed { source: usize, missing: usize, answer: Result<BTreeSet<Uid>, Refusal> },
}

/// What every task shares.
pub(super) struct Gathering {
    collectors: Vec<Arc<dyn Collector>>,
    interpreter: Arc<Interpreter>,
    sources: AtomicUsize,
}

/// Where a task sends what it has to tell, and the pages that others must read first.
#[derive(Clone)]
struct Out {
    news: mpsc::Sender<News>,
    batches: mpsc::Sender<Batch>,
}

impl Out {
    /// Tells; nobody who listens means that the run is over, and the task ends at its next page.
    async fn tell(&self, news: News) {
        let _ = self.news.send(news).await;
    }
}

impl Gathering {
    pub(super) fn new(collectors: Vec<Box<dyn Collector>>, interpreter: Interpreter) -> Self {
        let collectors = collectors.into_iter().map(Arc::from).collect();
        Self { collectors, interpreter: Arc::new(interpreter), sources: AtomicUsize::new(0) }
    }

    /// Starts collecting; the receiver ends when everything was told.
    pub(super) fn start(self: &Arc<Self>, queue: usize) -> mpsc::Receiver<News> {
        let (out, news) = self.channels(queue);
        for (number, collector) in self.collectors.iter().enumerate() {
            let entry = Entry {
                gathering: Arc::clone(self),
                number,
                collector: Arc::clone(collector),
                permits: Arc::new(Semaphore::new(collector.pace().limits().concurrency.max(1))),
                out: out.clone(),
            };
            tokio::spawn(entry.run());
        }
        news
    }

    /// Asks for the resources that listings lacked; the receiver ends when everything was told.
    pub(super) fn confirm(self: &Arc<Self>, questions: Vec<Question>, queue: usize) -> mpsc::Receiver<News> {
        let (out, news) = self.channels(queue);
        for question in questions {
            let Some(collector) = self.collectors.get(question.collector).map(Arc::clone) else { continue };
            let out = out.clone();
            tokio::spawn(async move {
                let Question { source, listing, missing, .. } = question;
                let pages =
                    Pages::new(source, &listing.scope.to_string(), &listing.hints, out.batches.clone());
                let limit = collector.pace().limits().scope_timeout;
                let asked = timeout(limit, collector.confirm(&listing, &missing, &pages)).await;
                let answer = asked.unwrap_or_else(|_| Err(late(limit)));
                out.tell(News::Confirmed { source, missing: missing.len(), answer }).await;
            });
        }
        news
    }

    /// Opens the channels, and starts the tasks that read pages.
    fn channels(self: &Arc<Self>, queue: usize) -> (Out, mpsc::Receiver<News>) {
        let (news_in, news) = mpsc::channel(queue);
        let (batches_in, batches) = mpsc::channel(queue);
        let batches = Arc::new(Mutex::new(batches));
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            let (interpreter, batches) = (Arc::clone(&self.interpreter), Arc::clone(&batches));
            let news = news_in.clone();
            tokio::spawn(async move {
                while let Some(batch) = next(&batches).await {
                    let interpreter = Arc::clone(&interpreter);
                    let read = spawn_blocking(move || interpreter.interpret(&batch)).await;
                    let Ok(outcome) = read else { return };
                    if news.send(News::Interpreted(outcome)).await.is_err() {
                        return;
                    }
                }
            });
        }
        (Out { news: news_in, batches: batches_in }, news)
    }

    fn next_source(&self) -> usize {
        self.sources.fetch_add(1, Ordering::Relaxed)
    }
}

async fn next(batches: &Mutex<mpsc::Receiver<Batch>>) -> Option<Batch> {
    batches.lock().await.recv().await
}

/// One configured entry at work.
#[derive(Clone)]
struct Entry {
    gathering: Arc<Gathering>,
    number: usize,
    collector: Arc<dyn Collector>,
    permits: Arc<Semaphore>,
    out: Out,
}

impl Entry {
    async fn run(self) {
        let found = match self.collector.accounts().await {
            Ok(found) => found,
            Err(refusal) => {
                let unlisted = self.unlisted(&AccountId::unknown(), &refusal);
                let entry = self.collector.name().to_owned();
                self.out.tell(News::Refused { entry, refusal, unlisted }).await;
                return;
            }
        };
        self.out.tell(News::Entered).await;
        self.take_listed(found.listed, found.unlisted).await;
        let mut surveys = JoinSet::new();
        let mut accounts = found.accounts.into_iter();
        loop {
            while surveys.len() < SURVEYS
                && let Some(account) = accounts.next()
            {
                surveys.spawn(self.clone().account(account));
            }
            if surveys.join_next().await.is_none() {
                return;
            }
        }
    }

    /// Surveys an account and starts its listings; returns when they were started.
    async fn account(self, account: Account) {
        let survey = match self.collector.survey(&account).await {
            Ok(survey) => survey,
            Err(refusal) => {
                for unlisted in self.unlisted(&account.id, &refusal) {
                    self.out.tell(News::Unlisted(unlisted)).await;
                }
                return;
            }
        };
        let Survey { listings, listed, unlisted } = survey;
        self.take_listed(listed, unlisted).await;
        self.out.tell(News::Planned { listings: listings.len() as u64 }).await;
        for listing in listings {
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return };
            let entry = self.clone();
            tokio::spawn(async move {
                entry.list(listing).await;
                drop(permit);
            });
        }
    }

    /// Makes one listing.
    async fn list(&self, listing: Listing) {
        let source = self.gathering.next_source();
        let name = listing.scope.to_string();
        let pages = Pages::new(source, &name, &listing.hints, self.out.batches.clone());
        let limit = self.collector.pace().limits().scope_timeout;
        let collector = &self.collector;
        let troubles = async { timeout(limit, collector.list(&listing, &pages)).await };
        self.end(source, listing.clone(), &pages, troubles, limit).await;
    }

    async fn end(
        &self,
        source: usize,
        listing: Listing,
        pages: &Pages,
        troubles: impl Future<Output = Result<Vec<Trouble>, Elapsed>>,
        limit: Duration,
    ) {
        let started_at = Timestamp::now();
        let troubles = troubles.await.unwrap_or_else(|_| vec![late(limit).into()]);
        let finished_at = Timestamp::now();
        let (collector, pages) = (self.number, pages.sent());
        let ended = Ended { source, collector, listing, pages, troubles, started_at, finished_at };
        self.out.tell(News::Ended(Box::new(ended))).await;
    }

    /// Takes what the survey listed itself, and what it left out.
    async fn take_listed(&self, listed: Vec<Listed>, unlisted: Vec<Unlisted>) {
        for Listed { listing, pages, troubles } in listed {
            self.out.tell(News::Planned { listings: 1 }).await;
            let source = self.gathering.next_source();
            let name = listing.scope.to_string();
            let out = Pages::new(source, &name, &listing.hints, self.out.batches.clone());
            for page in pages {
                // Nobody who takes it means that the run is over.
                let _ = out.send(page).await;
            }
            let limit = self.collector.pace().limits().scope_timeout;
            self.end(source, listing, &out, async { Ok(troubles) }, limit).await;
        }
        for unlisted in unlisted {
            self.out.tell(News::Unlisted(unlisted)).await;
        }
    }

    /// Returns every kind of an account as not listed, for the same reason.
    fn unlisted(&self, account: &AccountId, refusal: &Refusal) -> Vec<Unlisted> {
        let provider = self.collector.provider();
        let mut trouble = Trouble::from(refusal);
        trouble.reason.message = format!("{}: {}", self.collector.name(), trouble.reason.message);
        let unlisted = |kind| Unlisted {
            scope: Scope { provider, account: account.clone(), location: Location::new(EVERYWHERE), kind },
            trouble: trouble.clone(),
        };
        kinds_of(provider).iter().copied().map(unlisted).collect()
    }
}

pub(super) fn late(limit: Duration) -> Refusal {
    let message = format!("not listed to its end within {} s", limit.as_secs());
    Refusal::new(RefusalKind::Failed, "scope-timeout", message)
}
