//! What there is to list in one project.

use serde_json::{Map, Value};

use super::super::calls;
use super::collections::{COLLECTIONS, Site};
use super::compute::Query;
use super::connection::Connection;
use super::list::{self, PAGE_SIZE};
use super::{ComputeEngine, global, refusal};
use crate::model::{CoverageStatus, EVERYWHERE, Kind, Location, Provider, Scope, Sight};
use crate::sources::live::{
    Account, Call, Listed, Listing, Page, Refusal, RefusalKind, Survey, Trouble, Unlisted,
};
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
    Kind::Region,
    Kind::Quota,
    Kind::AuditLog,
    Kind::Grant,
];

/// Why a kind is left out that the entry does not name.
pub(super) fn not_wanted(entry: &str) -> Trouble {
    Trouble::skipped("not-configured", format!("`{entry}` does not ask for it"))
}

/// The regions of a project.
#[derive(Default)]
struct Regions {
    /// As they came.
    found: Vec<Value>,
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
        if let Err(refusal) = &project
            && refusal.kind == RefusalKind::Denied
            && denied
        {
            return Err(refusal.clone());
        }
        if self.wants(Kind::Region) {
            survey.listed.push(listed_regions(account, &regions));
        }
        if self.wants(Kind::Quota) {
            survey.listed.push(listed_quotas(account, &project, &regions));
        }
        if self.wants(Kind::Setting) {
            let path = format!("projects/{}/global/snapshotSettings", account.id);
            let asked = self
                .pace
                .call(&lane, &calls::SNAPSHOT_SETTINGS_GET, || connection.rest.compute(&path, &[], ledger));
            survey.listed.push(settings(account, project, asked.await));
        }
        if self.wants(Kind::AuditLog) {
            survey.listings.push(self.listing(account, super::GLOBAL, Kind::AuditLog, &calls::SINKS_LIST));
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
        if ![Kind::Snapshot, Kind::Region, Kind::Quota].iter().any(|kind| self.wants(*kind)) {
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
        regions.found = found;
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

/// Makes the listing of what all instances of a project depend on, and where its snapshots are kept; a project that
/// never said where has nothing to tell of it.
fn settings(
    account: &Account,
    project: Result<Map<String, Value>, Refusal>,
    snapshots: Result<Map<String, Value>, Refusal>,
) -> Listed {
    let calls = vec![&calls::PROJECTS_GET, &calls::SNAPSHOT_SETTINGS_GET];
    let mut listed = listed(account, super::GLOBAL, Kind::Setting, calls);
    let snapshots = match snapshots {
        Err(refusal) if refusal.kind == RefusalKind::Absent => None,
        answer => Some(answer.map_err(|refusal| Trouble::from(refusal).of(&calls::SNAPSHOT_SETTINGS_GET))),
    };
    for answer in [Some(project.map_err(Trouble::from)), snapshots].into_iter().flatten() {
        match answer {
            Ok(body) => listed.pages.push(list::page(Place::default(), &[Value::Object(body)])),
            Err(trouble) => listed.troubles.push(trouble),
        }
    }
    listed
}

/// Makes the listing of the regions.
fn listed_regions(account: &Account, regions: &Regions) -> Listed {
    let mut listed = listed(account, EVERYWHERE, Kind::Region, vec![&calls::REGIONS_LIST]);
    listed.troubles.extend(regions.refused.as_ref().map(Trouble::from));
    listed.pages.extend(pages_of(&regions.found));
    listed
}

/// Makes the listing of the quotas of a project and of its regions: each stands in what it is a quota of.
fn listed_quotas(
    account: &Account,
    project: &Result<Map<String, Value>, Refusal>,
    regions: &Regions,
) -> Listed {
    let calls = vec![&calls::PROJECTS_GET, &calls::REGIONS_LIST];
    let mut listed = listed(account, EVERYWHERE, Kind::Quota, calls);
    let refused = project.as_ref().err().map(|refusal| Trouble::from(refusal).of(&calls::PROJECTS_GET));
    let regional = regions.refused.as_ref().map(|refusal| Trouble::from(refusal).of(&calls::REGIONS_LIST));
    listed.troubles.extend(refused.into_iter().chain(regional));
    let places = project.as_ref().ok().into_iter().chain(regions.found.iter().filter_map(Value::as_object));
    let quotas: Vec<Value> = places.flat_map(flattened).collect();
    listed.pages.extend(pages_of(&quotas));
    listed
}

/// Returns a project or a region once for each of its quotas, as `--flatten=quotas[]` prints it.
fn flattened(place: &Map<String, Value>) -> Vec<Value> {
    let told = ["kind", "name", "selfLink"];
    let around: Map<_, _> =
        told.iter().filter_map(|name| Some(((*name).to_owned(), place.get(*name)?.clone()))).collect();
    let quotas = place.get("quotas").and_then(Value::as_array).into_iter().flatten();
    let flat = quotas.map(|quota| {
        let mut flat = around.clone();
        flat.insert("quotas".to_owned(), quota.clone());
        Value::Object(flat)
    });
    flat.collect()
}

fn pages_of(elements: &[Value]) -> impl Iterator<Item = Page> {
    elements.chunks(PAGE_SIZE as usize).map(|chunk| list::page(Place::default(), chunk))
}

fn listed(account: &Account, location: &str, kind: Kind, calls: Vec<&'static Call>) -> Listed {
    let listing = Listing { scope: scope(account, location, kind), hints: hints(account, location), calls };
    Listed { listing, pages: Vec::new(), troubles: Vec::new() }
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
