//! What live collection from every cloud has in common: what a collector is, how gently it calls, and what
//! its listings yield.
//!
//! A collector asks; what the answers mean is told by the same [`crate::sources::Cloud`] that reads files.

mod call;
mod follow;
mod lane;
mod ledger;
mod listing;
mod log;
mod pace;
mod page;
mod refusal;
mod timeline;

use std::collections::BTreeSet;

use async_trait::async_trait;

pub use call::{Call, permissions};
pub use follow::{Answer, follow};
pub use lane::Lane;
pub use ledger::{CallRecord, Ledger, Requests};
pub use listing::{Account, Accounts, Listed, Listing, Survey, Trouble, Unlisted};
pub use log::{LogQuery, LogRead, RecordPage, Records, follow_log, gap, is_final, parts, read_in_parts};
pub use pace::Pace;
pub use page::{Page, Pages, Stopped};
pub use refusal::{Refusal, RefusalKind};
pub use timeline::Timeline;

use crate::model::{Location, Locator, LogScope, Provider, ResourceKey, Uid};

/// Takes the inventory of one configured entry: one cloud, one credential, any number of accounts.
///
/// Nothing that goes wrong in one listing spoils another: a refusal becomes a [`Trouble`] of the listing that
/// met it. Every request goes through [`Pace::call`] and names its [`Call`], so that budgets, retries,
/// policies, `doctor` and `--dry-run` know them all.
#[async_trait]
pub trait Collector: Send + Sync {
    /// Which cloud.
    fn provider(&self) -> Provider;

    /// What messages call the entry.
    fn name(&self) -> &str;

    /// How gently it calls.
    fn pace(&self) -> &Pace;

    /// Finds the accounts that the entry asks for.
    ///
    /// # Errors
    ///
    /// A refusal that leaves nothing to do: credentials that are missing or not accepted, an enumeration
    /// that failed.
    async fn accounts(&self) -> Result<Accounts, Refusal>;

    /// Finds what is to be listed in one account.
    ///
    /// # Errors
    ///
    /// A refusal that leaves nothing to do in this account: a role that cannot be assumed, regions that
    /// cannot be listed.
    async fn survey(&self, account: &Account) -> Result<Survey, Refusal>;

    /// Lists one scope to its terminal page; returns whatever keeps the listing from being complete.
    async fn list(&self, listing: &Listing, pages: &Pages) -> Vec<Trouble>;

    /// Asks, one by one or in batches, for resources that a listing lacks and an earlier scan saw; sends the
    /// ones that are still there as pages, and returns their ids.
    ///
    /// A kind that the vendor cannot be asked for by id answers with an empty set: the listing is all there is.
    ///
    /// # Errors
    ///
    /// A refusal that leaves the question open; that the vendor does not know a resource is none.
    async fn confirm(
        &self,
        listing: &Listing,
        missing: &[Missing],
        pages: &Pages,
    ) -> Result<BTreeSet<Uid>, Refusal>;

    /// Returns the logs that tell what happened at some places of an account: one for each location that logs on
    /// its own, with those beyond the places where the account itself is acted on (CloudTrail's `us-east-1`).
    ///
    /// None where the entry reads no log.
    ///
    /// # Errors
    ///
    /// A refusal that leaves the logs unknown.
    async fn logs(
        &self,
        account: &Account,
        locations: &BTreeSet<Location>,
    ) -> Result<Vec<LogScope>, Refusal> {
        let _ = (account, locations);
        Ok(Vec::new())
    }

    /// Reads one of the logs that [`Collector::logs`] named, and sends every state-changing record of the window;
    /// records from outside it, reads and repetitions may come as well, in any order.
    ///
    /// Nothing that goes wrong in one part of the window spoils another, and the read ends by itself when
    /// [`Records::in_time`] says so. An interval is [`crate::model::LogStatus::Complete`] only where every record
    /// that the vendor holds was sent; that the vendor may not hold all of the latest is the caller's business.
    async fn read_log(&self, query: &LogQuery, records: &Records) -> LogRead {
        let _ = records;
        let message = format!("`{}` reads no log", self.name());
        LogRead::refused(query, &Refusal::new(RefusalKind::Failed, "no-log", message))
    }
}

/// A resource that an earlier scan saw and that a listing which should show it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its identity.
    pub key: ResourceKey,
    /// Its address.
    pub locator: Locator,
}
