//! `DescribeSnapshots`, and who may use a snapshot.

use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_ec2::types::SnapshotAttributeName;

use super::session::Regional;
use super::single::Singles;
use super::walk::{Found, Listed, PAGE, Which, collect};
use super::{overlay, push};
use crate::config::Aws;
use crate::sources::aws::calls::{DESCRIBE_SNAPSHOT_ATTRIBUTE, DESCRIBE_SNAPSHOTS};
use crate::sources::aws::{private_snapshot, public_snapshot};
use crate::sources::live::{Answer, Call, Page, Pages, Refusal, Trouble};
use crate::sources::{Overlay, Place};

/// The account itself; without it EC2 lists the public snapshots of everybody.
const OWNER: &str = "self";

/// Everybody.
const PUBLIC: &str = "all";

/// The account's own snapshots in one region.
pub(super) struct Snapshots<'a> {
    at: &'a Regional,
    cloud: &'a Aws,
    /// The ids of those that everybody may use.
    public: Result<HashSet<String>, Refusal>,
    singles: Singles,
}

impl<'a> Snapshots<'a> {
    /// Makes them, with which of them are public: one call, where the attribute takes one for each.
    pub(super) async fn new(at: &'a Regional, cloud: &'a Aws, pages: &Pages) -> Self {
        Self { at, cloud, public: public(at).await, singles: Singles::of(pages) }
    }

    async fn attribute(&self, id: &str) -> Result<Overlay, Refusal> {
        let attribute = SnapshotAttributeName::CreateVolumePermission;
        let request = self.at.ec2.describe_snapshot_attribute().snapshot_id(id).attribute(attribute);
        let answer = self.at.ask(&DESCRIBE_SNAPSHOT_ATTRIBUTE, || request.clone().send()).await?;
        overlay(&answer, &Place::default())
    }
}

#[async_trait]
impl Listed for Snapshots<'_> {
    async fn ask(&self, which: Which) -> Result<Found, Refusal> {
        let request = self.at.ec2.describe_snapshots().owner_ids(OWNER);
        let request = request
            .set_snapshot_ids(which.ids())
            .set_filters(which.filters("snapshot-id"))
            .set_max_results(which.most(PAGE))
            .set_next_token(which.token);
        let answer = self.at.ask(&DESCRIBE_SNAPSHOTS, || request.clone().send()).await?;
        let snapshots = answer.snapshots.unwrap_or_default();
        let mut page = Page::of("Snapshots");
        snapshots.iter().try_for_each(|snapshot| push(&mut page, snapshot))?;
        let there: Vec<_> = snapshots.into_iter().filter_map(|snapshot| snapshot.snapshot_id).collect();
        let call: &'static Call = &DESCRIBE_SNAPSHOT_ATTRIBUTE;
        let asked = there.iter().filter(|_| self.cloud.sharing);
        let told = self.singles.ask(asked.map(|id| (call, self.attribute(id))).collect()).await;
        // The attribute tells more than whether everybody may use a snapshot, and of the same moment.
        let known: HashSet<_> = told.iter().map(|told| told.target.clone()).collect();
        for told in told {
            page.tell(told);
        }
        if let Ok(public) = &self.public {
            let told =
                |id: &String| if public.contains(id) { public_snapshot(id) } else { private_snapshot(id) };
            there.iter().filter(|id| !known.contains(*id)).map(told).for_each(|told| page.tell(told));
        }
        Ok(Found { there, answer: Answer { page, next: answer.next_token, ..Answer::default() } })
    }

    fn troubles(&self) -> Vec<Trouble> {
        let untold = self.public.as_ref().err().map(Trouble::from);
        self.singles.troubles().into_iter().chain(untold).collect()
    }
}

async fn public(at: &Regional) -> Result<HashSet<String>, Refusal> {
    let request =
        at.ec2.describe_snapshots().owner_ids(OWNER).restorable_by_user_ids(PUBLIC).max_results(PAGE);
    let request = &request;
    let snapshots = collect(|token| async move {
        let send = || request.clone().set_next_token(token.clone()).send();
        let answer = at.ask(&DESCRIBE_SNAPSHOTS, send).await?;
        Ok((answer.snapshots.unwrap_or_default(), answer.next_token))
    });
    Ok(snapshots.await?.into_iter().filter_map(|snapshot| snapshot.snapshot_id).collect())
}
