//! What a collection would do, and how far its credentials reach, without a store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::TICK;
use crate::config::Limits;
use crate::model::{Provider, Scope};
use crate::pipeline::error::ScanError;
use crate::sources::live::{Account, Accounts, Collector, Listing, Pages, Refusal, Survey, Trouble};

/// How many accounts of one entry are looked at at once.
const SURVEYS: usize = 8;

/// What one entry would list.
#[derive(Debug)]
pub struct Plan {
    /// What messages call the entry.
    pub entry: String,
    /// Which cloud.
    pub provider: Provider,
    /// How gently.
    pub limits: Limits,
    /// Its accounts, or what refused it as a whole.
    pub accounts: Result<Accounts, Refusal>,
    /// What there is to list in each account, or what refused it.
    pub surveys: BTreeMap<Account, Result<Survey, Refusal>>,
}

/// What one entry's credentials reach.
#[derive(Debug)]
pub struct Examination {
    /// What it would list.
    pub plan: Plan,
    /// What kept the first page of a listing from coming whole.
    pub troubles: BTreeMap<Scope, Vec<Trouble>>,
}

/// Finds what a collection would list; makes the calls that find accounts and regions, and no other.
///
/// # Errors
///
/// If it is interrupted or cannot be started; what an entry meets is in its plan.
pub fn plan(collectors: Vec<Box<dyn Collector>>, interrupted: &AtomicBool) -> Result<Vec<Plan>, ScanError> {
    for_each(collectors, interrupted, |collector| async move { plan_entry(&collector).await })
}

/// Asks for the first page of everything that a collection would list, and reads none of it.
///
/// # Errors
///
/// As [`plan`].
pub fn examine(
    collectors: Vec<Box<dyn Collector>>,
    interrupted: &AtomicBool,
) -> Result<Vec<Examination>, ScanError> {
    for_each(collectors, interrupted, |collector| async move {
        let plan = plan_entry(&collector).await;
        let troubles = first_pages(&collector, &plan).await;
        Examination { plan, troubles }
    })
}

/// Runs a task for each entry side by side, until all are done or somebody interrupts.
fn for_each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    collectors: Vec<Box<dyn Collector>>,
    interrupted: &AtomicBool,
    task: impl Fn(Arc<dyn Collector>) -> F,
) -> Result<Vec<T>, ScanError> {
    let runtime: Runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let tasks: Vec<_> =
        collectors.into_iter().map(|collector| runtime.spawn(task(Arc::from(collector)))).collect();
    let all = async {
        let mut done = Vec::new();
        for task in tasks {
            done.push(task.await.map_err(|_| ScanError::Lost)?);
        }
        Ok(done)
    };
    let done = runtime.block_on(async {
        tokio::select! {
            done = all => done,
            () = raised(interrupted) => Err(ScanError::Interrupted),
        }
    });
    runtime.shutdown_background();
    done
}

/// Waits until a flag is set.
async fn raised(flag: &AtomicBool) {
    while !flag.load(Ordering::Relaxed) {
        sleep(TICK).await;
    }
}

async fn plan_entry(collector: &Arc<dyn Collector>) -> Plan {
    let accounts = collector.accounts().await;
    let mut surveys = BTreeMap::new();
    let mut waiting: Vec<Account> =
        accounts.as_ref().map_or_else(|_| Vec::new(), |found| found.accounts.clone());
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < SURVEYS
            && let Some(account) = waiting.pop()
        {
            let collector = Arc::clone(collector);
            tasks.spawn(async move {
                let survey = collector.survey(&account).await;
                (account, survey)
            });
        }
        match tasks.join_next().await {
            Some(Ok((account, survey))) => surveys.insert(account, survey),
            Some(Err(_)) => continue,
            None => break,
        };
    }
    Plan {
        entry: collector.name().to_owned(),
        provider: collector.provider(),
        limits: *collector.pace().limits(),
        accounts,
        surveys,
    }
}

/// Makes every listing up to its first page.
async fn first_pages(collector: &Arc<dyn Collector>, plan: &Plan) -> BTreeMap<Scope, Vec<Trouble>> {
    let permits = Arc::new(Semaphore::new(plan.limits.concurrency.max(1)));
    let mut tasks = JoinSet::new();
    let listings = plan.surveys.values().flatten().flat_map(|survey| &survey.listings);
    for listing in listings.cloned() {
        let (collector, permits) = (Arc::clone(collector), Arc::clone(&permits));
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let troubles = first_page(&*collector, &listing).await;
            (listing.scope, troubles)
        });
    }
    let mut found = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        if let Ok((scope, troubles)) = done
            && !troubles.is_empty()
        {
            found.insert(scope, troubles);
        }
    }
    found
}

async fn first_page(collector: &dyn Collector, listing: &Listing) -> Vec<Trouble> {
    let (batches, mut taken) = mpsc::channel(4);
    let drain = tokio::spawn(async move { while taken.recv().await.is_some() {} });
    let pages = Pages::new(0, &listing.scope.to_string(), &listing.hints, batches).first_only();
    let limit = collector.pace().limits().scope_timeout;
    let listed = timeout(limit, collector.list(listing, &pages)).await;
    drop(pages);
    // It ends with the channel.
    let _ = drain.await;
    listed.unwrap_or_else(|_| vec![super::gather::late(limit).into()])
}
