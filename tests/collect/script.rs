//! A collector that plays a script.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use driftline::config::Limits;
use driftline::model::{
    AccountId, Change, ChangeKind, Coverage, CoverageStatus, EVERYWHERE, Kind, Location, Provider, Scope,
    Timestamp, Uid,
};
use driftline::pipeline::{Collect, Collected, ScanError, collect, judge};
use driftline::sources::Hints;
use driftline::sources::live::{
    Account, Accounts, Answer, Call, Collector, Ledger, Listing, Missing, Pace, Page, Pages, Refusal,
    RefusalKind, Survey, Trouble, Unlisted, follow,
};
use driftline::store::Store;
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";

static LIST: Call = Call {
    name: "DescribeVolumes",
    permissions: &[],
    kinds: &[Kind::Volume],
    option: None,
    tells: "volumes",
};
static ASK: Call = Call {
    name: "DescribeVolumes",
    permissions: &[],
    kinds: &[Kind::Volume],
    option: None,
    tells: "one volume",
};

/// What one attempt at a page comes to.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Volumes, and the token of the next page.
    Page(Vec<&'static str>, Option<&'static str>),
    /// An element that is no volume.
    Raw(Value),
    Refusal(RefusalKind),
    /// Never ends.
    Stall,
}

/// What asking by id comes to.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Gone,
    StillThere,
    Refused,
}

/// One entry: what each region's listing of volumes plays.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) regions: BTreeMap<&'static str, Vec<Step>>,
    pub(crate) asked: Asked,
    pub(crate) accounts: Result<(), RefusalKind>,
    pub(crate) survey: Result<(), RefusalKind>,
    /// Whether a call beside the list is refused that proves nothing of presence.
    pub(crate) note: bool,
    /// Regions that are left out on purpose.
    pub(crate) skipped: Vec<&'static str>,
    pub(crate) limits: Limits,
    /// The ids that were asked for.
    pub(crate) questions: Mutex<Vec<String>>,
    /// The most listings that were under way at once.
    pub(crate) widest: AtomicUsize,
    under_way: AtomicUsize,
}

impl Script {
    pub(crate) fn new(regions: &[(&'static str, &[Step])]) -> Self {
        let limits = Limits {
            requests_per_second: 1000.0,
            burst: 1000,
            retries: 0,
            call_timeout: Duration::from_secs(1),
            scope_timeout: Duration::from_secs(20),
            ..Limits::default()
        };
        Self {
            regions: regions.iter().map(|(region, steps)| (*region, steps.to_vec())).collect(),
            asked: Asked::Gone,
            accounts: Ok(()),
            survey: Ok(()),
            note: false,
            skipped: Vec::new(),
            limits,
            questions: Mutex::default(),
            widest: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
        }
    }

    /// One region that lists these volumes.
    pub(crate) fn volumes(ids: &[&'static str]) -> Self {
        Self::new(&[("eu-west-1", &[Step::Page(ids.to_vec(), None)])])
    }
}

struct Player {
    script: Arc<Script>,
    pace: Pace,
}

#[async_trait]
impl Collector for Player {
    fn provider(&self) -> Provider {
        Provider::Aws
    }

    fn name(&self) -> &'static str {
        "script"
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    async fn accounts(&self) -> Result<Accounts, Refusal> {
        self.script.accounts.map_err(|kind| Refusal::new(kind, "NoEntry", "no entry"))?;
        let account = Account { id: AccountId::new(ACCOUNT), name: None };
        Ok(Accounts { accounts: vec![account], ..Accounts::default() })
    }

    async fn survey(&self, account: &Account) -> Result<Survey, Refusal> {
        self.script.survey.map_err(|kind| Refusal::new(kind, "AccessDenied", "no role"))?;
        let listing = |region: &&str| Listing {
            scope: scope(region),
            hints: Hints {
                account: Some(account.id.clone()),
                location: Some(Location::new(*region)),
                ..Hints::default()
            },
            calls: vec![&LIST],
        };
        let unlisted = |region: &&str| Unlisted {
            scope: scope(region),
            trouble: Trouble::skipped("not-opted-in", "the region is not enabled"),
        };
        Ok(Survey {
            listings: self.script.regions.keys().map(listing).collect(),
            unlisted: self.script.skipped.iter().map(unlisted).collect(),
            ..Survey::default()
        })
    }

    async fn list(&self, listing: &Listing, pages: &Pages) -> Vec<Trouble> {
        let now = self.script.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.script.widest.fetch_max(now, Ordering::SeqCst);
        let lane = self.pace.lane(&listing.scope.account, &listing.scope.location);
        let steps = &self.script.regions[listing.scope.location.as_str()];
        let turn = &AtomicUsize::new(0);
        let mut troubles = follow(pages, |_| {
            let lane = &lane;
            self.pace.call(lane, &LIST, move || async move {
                let step = steps[turn.fetch_add(1, Ordering::SeqCst).min(steps.len() - 1)].clone();
                play(step).await
            })
        })
        .await;
        self.script.under_way.fetch_sub(1, Ordering::SeqCst);
        if self.script.note {
            let refusal = Refusal::new(RefusalKind::Denied, "Vendor.Code", "the vendor's message");
            troubles.push(Trouble::from(refusal).of(&ASK).as_note());
        }
        troubles
    }

    async fn confirm(
        &self,
        listing: &Listing,
        missing: &[Missing],
        pages: &Pages,
    ) -> Result<BTreeSet<Uid>, Refusal> {
        let ids: Vec<String> = missing.iter().map(|missing| missing.key.uid.to_string()).collect();
        self.script.questions.lock().unwrap().extend(ids.iter().cloned());
        let lane = self.pace.lane(&listing.scope.account, &listing.scope.location);
        let asked = &self.script.asked;
        let there = self.pace.call(&lane, &ASK, || async {
            match asked {
                Asked::Gone => Ok(false),
                Asked::StillThere => Ok(true),
                Asked::Refused => Err(Refusal::new(RefusalKind::Denied, "Denied", "not by id")),
            }
        });
        if !there.await? {
            return Ok(BTreeSet::new());
        }
        let mut page = Page::of("Volumes");
        for id in &ids {
            page.push(&volume(id)).unwrap();
        }
        pages.send(page).await.unwrap();
        Ok(ids.into_iter().map(Uid::new).collect())
    }
}

async fn play(step: Step) -> Result<Answer, Refusal> {
    let mut page = Page::of("Volumes");
    let mut next = None;
    match step {
        Step::Page(ids, token) => {
            for id in ids {
                page.push(&volume(id)).unwrap();
            }
            next = token.map(str::to_owned);
        }
        Step::Raw(element) => page.push(&element).unwrap(),
        Step::Refusal(kind) => return Err(Refusal::new(kind, "Vendor.Code", "the vendor's message")),
        Step::Stall => std::future::pending().await,
    }
    Ok(Answer { page, next, ..Answer::default() })
}

fn volume(id: &str) -> Value {
    json!({ "VolumeId": id, "Size": 8, "State": "available" })
}

pub(crate) fn scope(region: &str) -> Scope {
    Scope {
        provider: Provider::Aws,
        account: AccountId::new(ACCOUNT),
        location: Location::new(region),
        kind: Kind::Volume,
    }
}

/// Collects what a script plays.
pub(crate) fn try_play(store: &mut Store, script: &Arc<Script>) -> Result<Collected, ScanError> {
    play_until(store, script, &AtomicBool::new(false))
}

pub(crate) fn play_until(
    store: &mut Store,
    script: &Arc<Script>,
    interrupted: &AtomicBool,
) -> Result<Collected, ScanError> {
    let ledger = Arc::new(Ledger::default());
    let pace = Pace::new(Provider::Aws, script.limits, Arc::clone(&ledger));
    let collectors: Vec<Box<dyn Collector>> = vec![Box::new(Player { script: Arc::clone(script), pace })];
    let (started_at, holder) = (Timestamp::now(), "a test".to_owned());
    collect(store, Collect { collectors, ledger, started_at, holder, interrupted, progress: &|_| () })
}

/// Plays two scripts, one after the other; returns what differs and how completely the second listed.
pub(crate) fn compare(
    before: Script,
    after: Script,
) -> (Vec<(ChangeKind, String)>, Vec<Coverage>, Arc<Script>) {
    let mut store = Store::in_memory().unwrap();
    let before = try_play(&mut store, &Arc::new(before)).unwrap().scan.id;
    let after = Arc::new(after);
    let collected = try_play(&mut store, &after).unwrap();
    let judged =
        judge(&store, Some(before), collected.scan.id, &driftline::pipeline::Terms::at(Timestamp::now()))
            .unwrap();
    (judged.changes.iter().map(told).collect(), collected.coverage, after)
}

fn told(change: &Change) -> (ChangeKind, String) {
    let what =
        change.resource().map_or_else(|| change.scope.to_string(), |resource| resource.key.uid.to_string());
    (change.kind, what)
}

/// Returns the status of a region's row, and the codes of its reasons.
pub(crate) fn row(coverage: &[Coverage], region: &str) -> (CoverageStatus, Vec<String>) {
    let row = coverage.iter().find(|row| row.scope == scope(region)).unwrap();
    (row.status, row.reasons.iter().map(|reason| reason.code.clone()).collect())
}

/// The row that stands for every region.
pub(crate) fn everywhere(coverage: &[Coverage]) -> Option<CoverageStatus> {
    Some(coverage.iter().find(|row| row.scope == scope(EVERYWHERE))?.status)
}
