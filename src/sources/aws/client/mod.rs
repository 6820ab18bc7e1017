//! Live collection from EC2, with STS and Organizations.

mod account;
mod confirm;
mod convert;
mod grant;
mod image;
mod instance;
mod keys;
mod log;
mod quota;
mod recycled;
mod refusal;
mod session;
mod setting;
mod single;
mod snapshot;
mod survey;
mod trail;
mod volume;
mod walk;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use self::convert::Print;
use self::instance::Stores;
use self::log::TrailBucket;
use self::session::{Regional, Session};
use super::{inventory, wire};
use crate::config::{Aws, AwsEvents, Entry};
use crate::model::{AccountId, Kind, Location, LogScope, Provider, Uid};
use crate::sources::live::{
    Account, Accounts, Collector, Ledger, Listing, LogQuery, LogRead, Missing, Pace, Page, Pages, Records,
    Refusal, RefusalKind, Survey, Trouble,
};
use crate::sources::{Element, Hints, Overlay, Place, Reading};

/// The kinds that are listed region by region.
const REGIONAL: &[Kind] = &[
    Kind::Instance,
    Kind::Volume,
    Kind::Snapshot,
    Kind::Image,
    Kind::Recycled,
    Kind::Setting,
    Kind::Quota,
    Kind::AuditLog,
];

/// Returns the collector of an entry.
pub(super) fn collector(entry: &Entry<Aws>, ledger: &Arc<Ledger>) -> Box<dyn Collector> {
    Box::new(Client {
        entry: entry.clone(),
        pace: Arc::new(Pace::new(Provider::Aws, entry.limits, Arc::clone(ledger))),
        ledger: Arc::clone(ledger),
        own: OnceCell::new(),
        members: Mutex::default(),
        trail: OnceCell::new(),
        stores: Stores::default(),
    })
}

/// One configured entry: its credentials, and what they reach.
struct Client {
    entry: Entry<Aws>,
    pace: Arc<Pace>,
    ledger: Arc<Ledger>,
    /// The session of the entry's own account.
    own: OnceCell<Session>,
    members: Mutex<HashMap<AccountId, Session>>,
    /// The bucket that audit logs are read from, where one is configured.
    trail: OnceCell<TrailBucket>,
    stores: Stores,
}

impl Client {
    async fn own(&self) -> Result<&Session, Refusal> {
        self.own.get_or_try_init(|| Session::of_entry(&self.entry.cloud, &self.pace, &self.ledger)).await
    }

    /// Returns the session of an account that the entry reaches.
    async fn session(&self, account: &AccountId) -> Result<Session, Refusal> {
        let own = self.own().await?;
        let Some(organization) = self.entry.cloud.organization.as_ref().filter(|_| *account != own.account)
        else {
            return Ok(own.clone());
        };
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let of_member =
            || own.of_member(account, &organization.member_role, organization.external_id.clone());
        Ok(members.entry(account.clone()).or_insert_with(of_member).clone())
    }

    async fn at(&self, listing: &Listing) -> Result<Regional, Refusal> {
        Ok(self.session(&listing.scope.account).await?.at(&listing.scope.location))
    }
}

#[async_trait]
impl Collector for Client {
    fn provider(&self) -> Provider {
        Provider::Aws
    }

    fn name(&self) -> &str {
        &self.entry.name
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    async fn accounts(&self) -> Result<Accounts, Refusal> {
        account::accounts(self.own().await?, &self.entry).await
    }

    async fn survey(&self, account: &Account) -> Result<Survey, Refusal> {
        survey::survey(&self.session(&account.id).await?, &self.entry).await
    }

    async fn list(&self, listing: &Listing, pages: &Pages) -> Vec<Trouble> {
        if listing.scope.kind == Kind::Grant {
            return match self.session(&listing.scope.account).await {
                Ok(session) => grant::list(&session, pages).await,
                Err(refusal) => vec![refusal.into()],
            };
        }
        let at = match self.at(listing).await {
            Ok(at) => at,
            Err(refusal) => return vec![refusal.into()],
        };
        let cloud = &self.entry.cloud;
        match listing.scope.kind {
            Kind::Instance => {
                let instances = instance::Instances::new(&at, cloud, &self.stores, pages).await;
                walk::list(&instances, pages).await
            }
            Kind::Volume => walk::list(&volume::Volumes::new(&at), pages).await,
            Kind::Snapshot => walk::list(&snapshot::Snapshots::new(&at, cloud, pages).await, pages).await,
            Kind::Image => walk::list(&image::Images::new(&at, cloud, pages), pages).await,
            Kind::Recycled => recycled::list(&at, pages).await,
            Kind::Setting => setting::list(&at, pages).await,
            Kind::Quota => quota::list(&at, pages).await,
            Kind::AuditLog => trail::list(&at, pages).await,
            _ => Vec::new(),
        }
    }

    async fn confirm(
        &self,
        listing: &Listing,
        missing: &[Missing],
        pages: &Pages,
    ) -> Result<BTreeSet<Uid>, Refusal> {
        let at = self.at(listing).await?;
        let cloud = &self.entry.cloud;
        match listing.scope.kind {
            Kind::Instance => {
                let instances = instance::Instances::new(&at, cloud, &self.stores, pages).await;
                confirm::confirm(&instances, missing, pages).await
            }
            Kind::Volume => confirm::confirm(&volume::Volumes::new(&at), missing, pages).await,
            Kind::Snapshot => {
                confirm::confirm(&snapshot::Snapshots::new(&at, cloud, pages).await, missing, pages).await
            }
            Kind::Image => confirm::confirm(&image::Images::new(&at, cloud, pages), missing, pages).await,
            _ => Ok(BTreeSet::new()),
        }
    }

    async fn logs(
        &self,
        account: &Account,
        locations: &BTreeSet<Location>,
    ) -> Result<Vec<LogScope>, Refusal> {
        if self.entry.cloud.events == AwsEvents::Off {
            return Ok(Vec::new());
        }
        Ok(log::logs(&self.session(&account.id).await?, locations))
    }

    async fn read_log(&self, query: &LogQuery, records: &Records) -> LogRead {
        let read = async {
            match &self.entry.cloud.events {
                AwsEvents::Lookup => {
                    let session = self.session(&query.log.account).await?;
                    let requests_per_second = self.entry.limits.requests_per_second;
                    Ok(log::look_up(&session, query, records, requests_per_second).await)
                }
                AwsEvents::Trail(trail) => {
                    let own = self.own().await?;
                    let bucket = self.trail.get_or_init(|| async { TrailBucket::new(own, trail) }).await;
                    Ok(bucket.read(query, records).await)
                }
                AwsEvents::Off => {
                    Err(Refusal::new(RefusalKind::Failed, "not-configured", "`events` is `off`"))
                }
            }
        };
        read.await.unwrap_or_else(|refusal: Refusal| LogRead::refused(query, &refusal))
    }
}

/// Adds an element as the AWS CLI prints it.
fn push(page: &mut Page, element: &impl Print) -> Result<(), Refusal> {
    let unprintable =
        |error: serde_json::Error| Refusal::new(RefusalKind::Failed, "not-json", error.to_string());
    element.print().map_or(Ok(()), |element| page.push(&element).map_err(unprintable))
}

/// Reads what a separate call told of a resource, as it would stand in a file.
fn overlay(answer: &impl Print, place: &Place) -> Result<Overlay, Refusal> {
    let odd = |message: String| Refusal::new(RefusalKind::Failed, "unrecognised", message);
    let Some(Value::Object(members)) = answer.print() else {
        return Err(odd("the answer is no object".to_owned()));
    };
    let shape =
        wire::recognise(&members, place).ok_or_else(|| odd("an answer of no known shape".to_owned()))?;
    match inventory::read(shape, Element::new(members), &Map::new(), &Hints::default()) {
        Ok(Reading::Overlay(overlay)) => Ok(overlay),
        Ok(Reading::Resource { .. } | Reading::Parts(_)) => {
            Err(odd("the answer is a resource of its own".to_owned()))
        }
        Err(error) => Err(odd(error.to_string())),
    }
}
