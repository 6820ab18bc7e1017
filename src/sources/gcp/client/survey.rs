//! What there is to list in one project.

use serde_json::{Map, Value};

use super::super::calls;
use super::collections::{COLLECTIONS, Site};
use super::compute::Query;
use super::connection::Connection;
use super::list::{self, PAGE_SIZE};
use super::{ComputeEngine, global, refusal};
use crate::model::{CoverageStatus, EVERYWHERE, Kind, Location, Provider, Scope, Sight};
use crate::sources::live::{Account, Call, Listed, Listing, Refusal, RefusalKind, Survey, Trouble, Unlisted};
use crate::sources::{Hints, Place};

/// Every kind that a project has.
pub(super) const KINDS: &[Kind] = &[
    Kind::Snapshot,
    Kind::InstantSnapshot,
    Kind::Volume,
    Kind::Instance,
    Kind::Image,
    Kind::MachineImage,
    Kind::ResourcePolicy,
    Kind::Setting,
    Kind::Grant,
];

/// Why a kind is left out that the entry does not name.
pub(super) fn not_wanted(entry: &str) -> Trouble {
    Trouble::skipped("not-configured", format!("`{entry}` does not ask for it"))
}

/// The regions of a project.
#[derive(Default)]
struct Regions {
    up: Vec<Location>,
    down: Vec<Location>,
    /// What keeps the list from being whole.
    refused: Option<Refusal>,
}

impl ComputeEngine {
    /// Finds out whether the project can be listed at all, and what there is to list.
    ///
    /// A project whose API is off is left out, kind by kind: what it had is neither shown nor gone, since
    /// turning the API on again brings it back.
    ///
    /// # Errors
    ///
    /// A project that is not there; credentials that are not accepted, or may neither see the project nor
    /// its regions.
    pub(super) async fn survey_project(&self, account: &Account) -> Result<Survey, Refusal> {
        let connection = self.connection().await?;
        let mut survey = Survey::default();
        for kind in KINDS.iter().filter(|kind| !self.wants(**kind)) {
            let trouble = not_wanted(&self.entry.name);
            survey.unlisted.push(Unlisted { scope: scope(account, EVERYWHERE, *kind), trouble });
        }
        let lane = self.pace.lane(&account.id, &global());
        let (path, ledger) = (format!("projects/{}", account.id), self.pace.ledger());
        let asked =
            self.pace.call(&lane, &calls::PROJECTS_GET, || connection.rest.compute(&path, &[], ledger));
        let project = asked.await;
        if let Err(refusal) = &project {
            if refusal::is_switched_off(refusal) {
                survey.unlisted.extend(self.switched_off(account, refusal));
                return Ok(survey);
            }
            if matches!(refusal.kind, RefusalKind::Credentials | RefusalKind::Absent) {
                return Err(refusal.clone());
            }
        }
        let regions = self.regions(connection, account).await;
        let denied = regions.refused.as_ref().is_some_and(|refusal| refusal.kind == RefusalKind::Denied);
        match project {
            Err(refusal) if refusal.kind == RefusalKind::Denied && denied => return Err(refusal),
            project if self.wants(Kind::Setting) => survey.listed.push(setting(account, project)),
            _ => {}
        }
        self.plan(account, &regions, &mut survey);
        if self.wants(Kind::Grant) {
            survey.listings.push(grants(account));
        }
        Ok(survey)
    }

    fn wants(&self, kind: Kind) -> bool {
        self.entry.kinds.contains(&kind)
    }

    fn switched_off(&self, account: &Account, refusal: &Refusal) -> Vec<Unlisted> {
        let message = format!(
            "the Compute Engine API is off, so nobody can tell what the project still has: {}",
            refusal.message
        );
        let unlisted = |kind: &Kind| Unlisted {
            scope: scope(account, EVERYWHERE, *kind),
            trouble: Trouble::skipped("compute-api-off", message.as_str()),
        };
        KINDS.iter().filter(|kind| self.wants(**kind)).map(unlisted).collect()
    }

    /// Lists the regions, where a kind is listed region by region.
    async fn regions(&self, connection: &Connection, account: &Account) -> Regions {
        let mut regions = Regions::default();
        if !self.wants(Kind::Snapshot) {
            return regions;
        }
        let lane = self.pace.lane(&account.id, &global());
        let query = Query {
            project: account.id.as_str(),
            location: super::GLOBAL,
            path: format!("projects/{}/regions", account.id),
            token: None,
            most: PAGE_SIZE,
            aggregated: false,
        };
        let (found, refused) = self.whole_list(connection, &lane, &calls::REGIONS_LIST, query).await;
        regions.refused = refused;
        for region in &found {
            let Some(name) = region.get("name").and_then(Value::as_str).map(Location::new) else { continue };
            let is_down = region.get("status").and_then(Value::as_str) == Some("DOWN");
            if is_down { regions.down.push(name) } else { regions.up.push(name) }
        }
        regions
    }

    /// Plans a listing for each collection of a kind that is wanted, and for each region's own.
    fn plan(&self, account: &Account, regions: &Regions, survey: &mut Survey) {
        for collection in COLLECTIONS.iter().filter(|collection| self.wants(collection.kind)) {
            let mut plan = |location: &Location| {
                let listing = self.listing(account, location.as_str(), collection.kind, collection.list);
                let known = survey.listings.iter().any(|planned| planned.scope == listing.scope);
                survey.listings.extend((!known).then_some(listing));
            };
            match collection.site {
                _ if collection.is_aggregated() => plan(&Location::new(EVERYWHERE)),
                Site::Region => {
                    regions.up.iter().for_each(plan);
                    let unlisted = |location: &Location, trouble: Trouble| Unlisted {
                        scope: scope(account, location.as_str(), collection.kind),
                        trouble,
                    };
                    let message = "Compute Engine says that the region is down";
                    let down = Trouble::new(CoverageStatus::Failed, "region-down", message);
                    survey.unlisted.extend(regions.down.iter().map(|region| unlisted(region, down.clone())));
                    let unknown = regions.refused.as_ref().map(|refusal| {
                        let trouble = Trouble::from(refusal).of(&calls::REGIONS_LIST);
                        unlisted(&Location::new(EVERYWHERE), trouble)
                    });
                    survey.unlisted.extend(unknown);
                }
                Site::Global | Site::Zone => plan(&global()),
            }
        }
    }

    fn listing(&self, account: &Account, location: &str, kind: Kind, list: &'static Call) -> Listing {
        let collections = COLLECTIONS.iter().filter(|collection| collection.list == list);
        let policies = collections.filter_map(|collection| collection.policy);
        let policies = policies.filter(|_| self.entry.cloud.iam_policies);
        Listing {
            scope: scope(account, location, kind),
            hints: hints(account, location),
            calls: std::iter::once(list).chain(policies).collect(),
        }
    }
}

/// Makes the listing of what all instances of a project depend on.
fn setting(account: &Account, project: Result<Map<String, Value>, Refusal>) -> Listed {
    let listing = Listing {
        scope: scope(account, super::GLOBAL, Kind::Setting),
        hints: hints(account, super::GLOBAL),
        calls: vec![&calls::PROJECTS_GET],
    };
    match project {
        Ok(project) => {
            let pages = vec![list::page(Place::default(), &[Value::Object(project)])];
            Listed { listing, pages, troubles: Vec::new() }
        }
        Err(refusal) => Listed { listing, pages: Vec::new(), troubles: vec![refusal.into()] },
    }
}

/// Makes the listing of who may do what in a project.
fn grants(account: &Account) -> Listing {
    Listing {
        scope: scope(account, super::GLOBAL, Kind::Grant),
        hints: hints(account, super::GLOBAL),
        calls: vec![&calls::PROJECTS_POLICY, &calls::ROLES_LIST, &calls::ROLES_GET],
    }
}

fn scope(account: &Account, location: &str, kind: Kind) -> Scope {
    Scope { provider: Provider::Gcp, account: account.id.clone(), location: Location::new(location), kind }
}

fn hints(account: &Account, location: &str) -> Hints {
    Hints {
        account: Some(account.id.clone()),
        location: Some(Location::new(location)),
        sight: Sight::Everything,
    }
}
