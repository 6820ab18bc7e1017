//! `DescribeVolumes`.

use async_trait::async_trait;

use super::push;
use super::session::Regional;
use super::walk::{Found, Listed, PAGE, Which};
use crate::sources::aws::calls::DESCRIBE_VOLUMES;
use crate::sources::live::{Answer, Page, Refusal};

/// The volumes of one region.
pub(super) struct Volumes<'a> {
    at: &'a Regional,
}

impl<'a> Volumes<'a> {
    pub(super) fn new(at: &'a Regional) -> Self {
        Self { at }
    }
}

#[async_trait]
impl Listed for Volumes<'_> {
    async fn ask(&self, which: Which) -> Result<Found, Refusal> {
        let request = self.at.ec2.describe_volumes().include_managed_resources(true);
        let request = request
            .set_volume_ids(which.ids())
            .set_filters(which.filters("volume-id"))
            .set_max_results(which.most(PAGE))
            .set_next_token(which.token);
        let answer = self.at.ask(&DESCRIBE_VOLUMES, || request.clone().send()).await?;
        let volumes = answer.volumes.unwrap_or_default();
        let mut page = Page::of("Volumes");
        volumes.iter().try_for_each(|volume| push(&mut page, volume))?;
        let there = volumes.into_iter().filter_map(|volume| volume.volume_id).collect();
        Ok(Found { there, answer: Answer { page, next: answer.next_token, ..Answer::default() } })
    }
}
