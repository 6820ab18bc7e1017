//! The quotas of each location, as Microsoft.Compute tells them.

use serde::Deserialize;

use super::arm::Arm;
use super::http::Reply;
use super::listings::Task;
use super::source;
use crate::model::{AccountId, EVERYWHERE, Kind, Location, Provider, Scope, Sight};
use crate::sources::Hints;
use crate::sources::azure::calls;
use crate::sources::live::{Listing, Refusal, RefusalKind, Survey, Trouble, Unlisted, follow};

/// The resource type that a location must have to be asked.
const USAGES: &str = "locations/usages";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offer {
    #[serde(default)]
    resource_types: Vec<ResourceType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceType {
    resource_type: String,
    #[serde(default)]
    locations: Vec<String>,
}

/// Plans a listing for each location of a subscription that tells quotas.
pub(super) async fn plan(arm: &Arm, account: &AccountId, survey: &mut Survey) {
    let url = arm.url(&source::registration(account), source::RESOURCES, None);
    match arm.get(&arm.lane(account), &calls::PROVIDERS_GET, &url, locations).await {
        Ok(locations) => survey.listings.extend(locations.into_iter().map(|at| listing(account, at))),
        Err(refusal) => {
            let trouble = Trouble::from(refusal).of(&calls::PROVIDERS_GET);
            survey.unlisted.push(Unlisted { scope: scope(account, Location::new(EVERYWHERE)), trouble });
        }
    }
}

/// Sends the quotas of one location.
pub(super) async fn list(task: &Task<'_>) -> Vec<Trouble> {
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Compute/locations/{}/usages",
        task.subscription(),
        task.listing.scope.location
    );
    let first = task.arm.url(&path, source::COMPUTE, None);
    let page = |token| async {
        let list = task.arm.page(&task.lane, &calls::USAGES_LIST, &first, token).await?;
        Ok::<_, Refusal>(list.answer())
    };
    follow(task.pages, page).await
}

/// Reads where quotas are told, in ARM's own spelling of a location.
fn locations(reply: &Reply) -> Result<Vec<Location>, Refusal> {
    let offer: Offer = serde_json::from_slice(&reply.body)
        .map_err(|_| Refusal::new(RefusalKind::Failed, "not-json", "the reply tells no resource types"))?;
    let usages = offer.resource_types.into_iter().filter(|of| of.resource_type.eq_ignore_ascii_case(USAGES));
    let spelled = |name: String| Location::new(name.split_whitespace().collect::<String>().to_lowercase());
    Ok(usages.flat_map(|of| of.locations).map(spelled).collect())
}

fn listing(account: &AccountId, location: Location) -> Listing {
    let hints =
        Hints { account: Some(account.clone()), location: Some(location.clone()), sight: Sight::Everything };
    Listing { scope: scope(account, location), hints, calls: vec![&calls::USAGES_LIST] }
}

fn scope(account: &AccountId, location: Location) -> Scope {
    Scope { provider: Provider::Azure, account: account.clone(), location, kind: Kind::Quota }
}
