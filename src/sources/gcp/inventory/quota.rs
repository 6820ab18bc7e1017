//! A quota of a project, or of a project in a region → quota (SEMANTICS A.5).
//!
//! Compute Engine tells them inside the project and inside each region. A listing of quotas holds the project or the
//! region once for each of its quotas, as `--flatten=quotas[]` prints it: `quotas` is then one of them.

use serde_json::{Map, Value};

use super::super::wire;
use super::shared::URL;
use crate::model::{AccountId, Confidence, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// The member that holds the quota.
const QUOTA: &str = "quotas";

/// A limit is set, what is used of it moves.
const FIELDS: &[Field] = &[
    Field::config("limit", Form::Plain),
    Field::config("owner", URL),
    Field::volatile("metric"),
    Field::volatile("usage"),
];

/// Whether an element is a project or a region with one of its quotas.
pub(in crate::sources::gcp) fn is_flattened(element: &Map<String, Value>) -> bool {
    element.get(QUOTA).and_then(|quota| quota.get("metric")).is_some_and(Value::is_string)
}

/// Reads a quota; it has no id, and is its metric in its place.
///
/// # Errors
///
/// `no-id` without a metric, or a name of what it is a quota of.
pub(super) fn read(element: &Element, hints: &Hints) -> Result<Reading, Odd> {
    let members = element.members();
    let name = element.peek_text("name").unwrap_or_default();
    let link = element.peek_text("selfLink").unwrap_or_default();
    let is_regional = element.peek_text("kind") == Some("compute#region") || link.contains("/regions/");
    let of_project = Some(name).filter(|name| !is_regional && !name.is_empty());
    let account = wire::project(members).or(of_project).map(AccountId::new).or_else(|| hints.account.clone());
    let confidence = if account.is_some() { Confidence::High } else { Confidence::Low };
    let account = account.unwrap_or_else(AccountId::unknown);
    let (location, place) = match is_regional {
        true if name.is_empty() => return Err(Odd::new("no-id", "`name` is absent or no text")),
        true => (Location::new(name), format!("projects/{account}/regions/{name}")),
        false => (Location::new("global"), format!("projects/{account}")),
    };
    let mut quota = Element::new(members.get(QUOTA).and_then(Value::as_object).cloned().unwrap_or_default());
    let metric = quota.take_id("metric")?;
    let path = format!("{place}/quotas/{metric}");
    let key = ResourceKey { provider: Provider::Gcp, kind: Kind::Quota, uid: Uid::new(&*path) };
    let mut resource = Resource::new(key, account, location, Locator::new(path));
    resource.uid_confidence = confidence;
    resource.name = Some(metric);
    quota.take_fields(FIELDS, "", &mut resource);
    Ok(quota.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::resource;
    use super::*;
    use crate::model::EVERYWHERE;
    use crate::sources::gcp::Gcp;
    use crate::sources::{Cloud, Place, Shape};

    fn region(limit: f64, usage: f64) -> Value {
        json!({"kind": "compute#region", "name": "europe-west1",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p/regions/europe-west1",
            "quotas": {"metric": "CPUS", "limit": limit, "usage": usage}})
    }

    fn project() -> Value {
        json!({"kind": "compute#project", "name": "p",
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p",
            "quotas": {"metric": "SNAPSHOTS", "limit": 5000.0, "usage": 1.0}})
    }

    #[test]
    fn a_quota_is_its_metric_in_a_region_or_in_the_project() {
        for (native, uid, location) in [
            (region(24.0, 1.0), "projects/p/regions/europe-west1/quotas/CPUS", "europe-west1"),
            (project(), "projects/p/quotas/SNAPSHOTS", "global"),
        ] {
            let shape = Gcp.recognise(native.as_object().unwrap(), &Place::default());
            assert_eq!(shape, Some(Shape::Resource(Kind::Quota)));
            let quota = resource(Kind::Quota, &native);
            assert_eq!((quota.key.uid.as_str(), quota.location.as_str()), (uid, location));
            assert_eq!((quota.account.as_str(), quota.uid_confidence), ("p", Confidence::High));
            assert_eq!(Gcp.listing_location(Kind::Quota, &quota.location).as_str(), EVERYWHERE);
            assert_eq!(quota.unmapped, [].into());
        }
    }

    #[test]
    fn what_is_used_is_no_drift_and_a_greater_limit_is() {
        let quota = |limit, usage| resource(Kind::Quota, &region(limit, usage));
        assert_eq!(quota(24.0, 1.0), quota(24.0, 20.0));
        assert_eq!(quota(2400.0, 1.0).config["limit"], 2400);
    }
}
