//! `compute#region` → region (SEMANTICS A.5).

use super::super::wire;
use super::shared::URL;
use crate::model::{AccountId, Confidence, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// What a region is like the vendor decides for everybody; its quotas are resources of their own.
const FIELDS: &[Field] = &[
    Field::config("deprecated", Form::Plain),
    Field::config("status", Form::Plain),
    Field::config("supportsPzs", Form::Plain),
    Field::config("zones", URL),
    // The beginning of 1970.
    Field::volatile("creationTimestamp"),
    Field::volatile("description"),
    Field::volatile("kind"),
    Field::volatile("quotaStatusWarning"),
    Field::volatile("quotas"),
    Field::volatile("selfLink"),
];

/// Reads a region of a project; Google Cloud gives it an id that every project sees.
///
/// # Errors
///
/// `no-id` without a name.
pub(super) fn read(mut element: Element, hints: &Hints) -> Result<Reading, Odd> {
    let name = element.take_id("name")?;
    element.take("id");
    let account = wire::project(element.members()).map(AccountId::new).or_else(|| hints.account.clone());
    let confidence = if account.is_some() { Confidence::High } else { Confidence::Low };
    let account = account.unwrap_or_else(AccountId::unknown);
    let path = format!("projects/{account}/regions/{name}");
    let key = ResourceKey { provider: Provider::Gcp, kind: Kind::Region, uid: Uid::new(&*path) };
    let mut resource = Resource::new(key, account, Location::new(&*name), Locator::new(path));
    resource.uid_confidence = confidence;
    resource.name = Some(name);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;
    use crate::model::EVERYWHERE;
    use crate::sources::Cloud;
    use crate::sources::gcp::Gcp;

    #[test]
    fn a_region_is_the_project_s_and_its_quotas_are_not_its_own() {
        let link = "https://www.googleapis.com/compute/v1/projects/p/regions/europe-west1";
        let native = json!({"kind": "compute#region", "id": "1100", "name": "europe-west1", "status": "UP",
            "creationTimestamp": "1969-12-31T16:00:00.000-08:00", "description": "europe-west1",
            "selfLink": link, "supportsPzs": false, "quotas": [{"metric": "CPUS", "limit": 24.0, "usage": 1.0}],
            "zones": ["https://www.googleapis.com/compute/v1/projects/p/zones/europe-west1-b"]});
        let region = resource(Kind::Region, &native);
        assert_eq!(region.key.uid.as_str(), "projects/p/regions/europe-west1");
        assert_eq!((region.account.as_str(), region.location.as_str()), ("p", "europe-west1"));
        assert_eq!(region.config["status"], "UP");
        assert_eq!(region.config["zones"], json!(["projects/p/zones/europe-west1-b"]));
        assert_eq!(region.unmapped, [].into());
        assert_eq!(Gcp.listing_location(Kind::Region, &region.location).as_str(), EVERYWHERE);
    }
}
