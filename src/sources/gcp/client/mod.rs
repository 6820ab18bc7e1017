//! Live collection through `google-cloud-compute-v1`, and through plain REST where the library has no
//! client or hides what matters.
//!
//! Lists go through the library: it knows the paths, authenticates and types the answers, and what it does
//! not know it keeps. One resource's lookup, its IAM policy, `projects.get` and Resource Manager go through
//! REST with the same credentials, and so does a page that the library cannot type.

mod collections;
mod compute;
mod confirm;
mod connection;
mod grants;
mod list;
mod log;
mod policies;
mod projects;
mod refusal;
mod rest;
mod survey;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::config::{Entry, Events, Gcp};
use crate::model::{Kind, Location, LogScope, Provider, Uid};
use crate::sources::live::{
    Account, Accounts, Call, Collector, Lane, Ledger, Listing, LogQuery, LogRead, Missing, Pace, Pages,
    Records, Refusal, RefusalKind, Survey, Trouble,
};

use compute::Query;
use connection::Connection;

/// The location of what belongs to no zone and no region.
const GLOBAL: &str = "global";

/// Makes the collector of one entry; nothing is asked of anybody yet.
pub(super) fn collector(entry: &Entry<Gcp>, ledger: &Arc<Ledger>) -> Box<dyn Collector> {
    let pace = Pace::new(Provider::Gcp, entry.limits, Arc::clone(ledger));
    Box::new(ComputeEngine { entry: entry.clone(), pace, connection: OnceCell::new() })
}

/// The collector of one entry.
struct ComputeEngine {
    entry: Entry<Gcp>,
    pace: Pace,
    connection: OnceCell<Connection>,
}

impl ComputeEngine {
    /// Returns the connection; makes it the first time.
    async fn connection(&self) -> Result<&Connection, Refusal> {
        self.connection.get_or_try_init(|| Connection::open(&self.entry.cloud)).await
    }

    /// Asks for one page of a list, typed by the library where it can, raw where it cannot.
    async fn page(
        &self,
        connection: &Connection,
        lane: &Lane,
        call: &'static Call,
        query: &Query<'_>,
    ) -> Result<Map<String, Value>, Refusal> {
        let typed = self.pace.call(lane, call, || async {
            match connection.compute.page(call, query).await {
                // One element of an unheard-of shape spoils the whole page for the library.
                Err(error) if error.is_deserialization() => Ok(None),
                answer => answer.map_err(|error| refusal::of_library(&error, self.pace.ledger())),
            }
        });
        if let Some(body) = typed.await? {
            return Ok(body);
        }
        self.pace.call(lane, call, || connection.rest.page(query, self.pace.ledger())).await
    }
}

#[async_trait]
impl Collector for ComputeEngine {
    fn provider(&self) -> Provider {
        Provider::Gcp
    }

    fn name(&self) -> &str {
        &self.entry.name
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    async fn accounts(&self) -> Result<Accounts, Refusal> {
        self.find_projects().await
    }

    async fn survey(&self, account: &Account) -> Result<Survey, Refusal> {
        self.survey_project(account).await
    }

    async fn list(&self, listing: &Listing, pages: &Pages) -> Vec<Trouble> {
        match listing.scope.kind {
            Kind::Grant => self.list_grants(listing, pages).await,
            _ => self.list_scope(listing, pages).await,
        }
    }

    async fn confirm(
        &self,
        listing: &Listing,
        missing: &[Missing],
        pages: &Pages,
    ) -> Result<BTreeSet<Uid>, Refusal> {
        match listing.scope.kind {
            // The policy and the roles are all there is.
            Kind::Grant => Ok(BTreeSet::new()),
            _ => self.look_up(listing, missing, pages).await,
        }
    }

    async fn logs(&self, account: &Account, _: &BTreeSet<Location>) -> Result<Vec<LogScope>, Refusal> {
        Ok(match self.entry.cloud.events {
            Events::Fetch => vec![log::of(&account.id)],
            Events::Off => Vec::new(),
        })
    }

    async fn read_log(&self, query: &LogQuery, records: &Records) -> LogRead {
        let connection = match self.entry.cloud.events {
            Events::Fetch => self.connection().await,
            Events::Off => Err(Refusal::new(RefusalKind::Failed, "not-configured", "`events` is `off`")),
        };
        match connection {
            Ok(connection) => log::read(self, connection, query, records).await,
            Err(refusal) => LogRead::refused(query, &refusal),
        }
    }
}

/// Returns the location of what belongs to no zone and no region.
fn global() -> Location {
    Location::new(GLOBAL)
}
