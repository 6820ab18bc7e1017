//! Live collection from Azure Resource Manager.
//!
//! Lists go through `azure_mgmt_compute` on a transport of ours ([`transport`]); what the crate does not know
//! goes the same way without it ([`mod@arm`]). Either way the token meets one host only, elements are kept as they
//! came, and every request is made within the entry's budget.

mod accounts;
mod arm;
mod authority;
mod cli;
mod confirm;
mod credential;
mod element;
mod headers;
mod http;
mod identity;
mod list;
mod listings;
mod log;
mod machines;
mod quotas;
mod refusal;
mod restore_points;
mod scale_sets;
mod source;
mod transport;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use self::arm::Arm;
use self::credential::Credential;
use self::http::Http;
use self::identity::Identity;
use crate::config::{Azure, Entry, Events};
use crate::model::{Kind, Location, LogScope, Provider, Uid};
use crate::sources::live::{
    Account, Accounts, Collector, Ledger, Listing, LogQuery, LogRead, Missing, Pace, Pages, Records, Refusal,
    RefusalKind, Survey, Trouble,
};

/// Returns the collector of an entry.
///
/// What is wrong with the entry's URLs is told when its accounts are asked for.
pub(super) fn collector(entry: &Entry<Azure>, ledger: &Arc<Ledger>) -> Box<dyn Collector> {
    let pace = Arc::new(Pace::new(Provider::Azure, entry.limits, Arc::clone(ledger)));
    let arm = arm(&entry.cloud, &pace).map(Arc::new);
    Box::new(Collection { entry: entry.clone(), pace, arm })
}

fn arm(entry: &Azure, pace: &Arc<Pace>) -> Result<Arm, Refusal> {
    let endpoint = Arm::endpoint_of(entry.endpoint.as_deref())?;
    let http = Http::new()?;
    let identity = Identity::new(entry, &endpoint, http.clone(), Arc::clone(pace))?;
    Ok(Arm::new(endpoint, http, Credential::new(identity), Arc::clone(pace)))
}

/// The collector of one entry.
struct Collection {
    entry: Entry<Azure>,
    pace: Arc<Pace>,
    arm: Result<Arc<Arm>, Refusal>,
}

impl Collection {
    fn arm(&self) -> Result<&Arc<Arm>, Refusal> {
        self.arm.as_ref().map_err(Clone::clone)
    }
}

#[async_trait]
impl Collector for Collection {
    fn provider(&self) -> Provider {
        Provider::Azure
    }

    fn name(&self) -> &str {
        &self.entry.name
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    async fn accounts(&self) -> Result<Accounts, Refusal> {
        accounts::find(self.arm()?, &self.entry).await
    }

    async fn survey(&self, account: &Account) -> Result<Survey, Refusal> {
        let mut survey = source::survey(&self.entry, &account.id);
        if self.entry.kinds.contains(&Kind::Quota) {
            quotas::plan(self.arm()?, &account.id, &mut survey).await;
        }
        Ok(survey)
    }

    async fn list(&self, listing: &Listing, pages: &Pages) -> Vec<Trouble> {
        match self.arm() {
            Ok(arm) => listings::list(arm, &self.entry.cloud, listing, pages).await,
            Err(refusal) => vec![refusal.into()],
        }
    }

    async fn confirm(
        &self,
        listing: &Listing,
        missing: &[Missing],
        pages: &Pages,
    ) -> Result<BTreeSet<Uid>, Refusal> {
        confirm::confirm(self.arm()?, listing, missing, pages).await
    }

    async fn logs(&self, account: &Account, _: &BTreeSet<Location>) -> Result<Vec<LogScope>, Refusal> {
        Ok(match self.entry.cloud.events {
            Events::Fetch => vec![log::of(&account.id)],
            Events::Off => Vec::new(),
        })
    }

    async fn read_log(&self, query: &LogQuery, records: &Records) -> LogRead {
        let arm = match self.entry.cloud.events {
            Events::Fetch => self.arm(),
            Events::Off => Err(Refusal::new(RefusalKind::Failed, "not-configured", "`events` is `off`")),
        };
        match arm {
            Ok(arm) => log::read(arm, query, records).await,
            Err(refusal) => LogRead::refused(query, &refusal),
        }
    }
}
