//! `DescribeTrails`, and what each trail records.

use std::pin::Pin;

use aws_sdk_cloudtrail::types::Trail;

use super::convert::Status;
use super::session::Regional;
use super::single::Singles;
use super::{overlay, push};
use crate::model::CoverageStatus;
use crate::sources::aws::calls::{DESCRIBE_TRAILS, GET_EVENT_SELECTORS, GET_TRAIL_STATUS};
use crate::sources::live::{Call, Page, Pages, Refusal, Trouble};
use crate::sources::{Overlay, Place};

/// What asks about one trail.
type Ask<'a> = Pin<Box<dyn Future<Output = Result<Overlay, Refusal>> + Send + 'a>>;

/// Lists the trails that a region is home to: every region shows a trail of all regions, and every member account
/// that of its organization. What one records that another account owns, that account is asked.
pub(super) async fn list(at: &Regional, pages: &Pages) -> Vec<Trouble> {
    match page(at, pages).await {
        Ok((page, troubles)) => match pages.send(page).await {
            Ok(()) => troubles,
            Err(stopped) => vec![Trouble::new(CoverageStatus::Failed, "stopped", stopped.to_string())],
        },
        Err(refusal) => vec![refusal.into()],
    }
}

async fn page(at: &Regional, pages: &Pages) -> Result<(Page, Vec<Trouble>), Refusal> {
    let client = at.cloudtrail();
    let request = client.describe_trails().include_shadow_trails(true);
    let answer = at.ask(&DESCRIBE_TRAILS, || request.clone().send()).await?;
    let here = at.location().as_str();
    let is_home = |trail: &Trail| trail.home_region.as_deref().is_none_or(|home| home == here);
    let trails: Vec<_> = answer.trail_list.unwrap_or_default().into_iter().filter(is_home).collect();
    let mut page = Page::of("trailList");
    trails.iter().try_for_each(|trail| push(&mut page, trail))?;
    let account = at.session.account.as_str();
    let owned = trails.iter().filter_map(|trail| trail.trail_arn.as_deref());
    let owned = owned.filter(|arn| arn.split(':').nth(4) == Some(account));
    let asks = owned.flat_map(|arn| {
        let asks: [(&'static Call, Ask<'_>); 2] = [
            (&GET_TRAIL_STATUS, Box::pin(status(at, &client, arn))),
            (&GET_EVENT_SELECTORS, Box::pin(selectors(at, &client, arn))),
        ];
        asks
    });
    let singles = Singles::of(pages);
    for told in singles.ask(asks.collect()).await {
        page.tell(told);
    }
    Ok((page, singles.troubles()))
}

async fn status(at: &Regional, client: &aws_sdk_cloudtrail::Client, arn: &str) -> Result<Overlay, Refusal> {
    let request = client.get_trail_status().name(arn);
    let answer = at.ask(&GET_TRAIL_STATUS, || request.clone().send()).await?;
    overlay(&Status { arn, answer: &answer }, &Place::default())
}

async fn selectors(
    at: &Regional,
    client: &aws_sdk_cloudtrail::Client,
    arn: &str,
) -> Result<Overlay, Refusal> {
    let request = client.get_event_selectors().trail_name(arn);
    let answer = at.ask(&GET_EVENT_SELECTORS, || request.clone().send()).await?;
    overlay(&answer, &Place::default())
}
