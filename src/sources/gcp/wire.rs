//! Native shapes: resource URLs, how to tell an element, and what a body says of itself.

use serde_json::{Map, Value};

use super::KINDS;
use super::inventory::{grant, quota, snapshot_settings};
use crate::model::{AccountId, EVERYWHERE, Kind, Location, Locator, Reason};
use crate::sources::{Caveat, Header, Place, Statement};

/// Returns a resource URL as `projects/…`, without host and API version (SEMANTICS A.2); any other text
/// as it stands.
pub(super) fn relative(url: &str) -> String {
    path(url).unwrap_or(url).to_owned()
}

/// Returns the canonical locator of a URL; a partial one (`zones/…`, `global/…`) belongs to `account`.
pub(super) fn locator(url: &str, account: &AccountId) -> Locator {
    let partial = ["zones/", "regions/", "global/"].iter().any(|start| url.starts_with(start));
    if partial { Locator::new(format!("projects/{account}/{url}")) } else { Locator::new(relative(url)) }
}

/// Returns the last segment of a URL: of a zone's URL the zone.
pub(super) fn last_segment(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or(url)
}

fn path(url: &str) -> Option<&str> {
    let path = match url.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
            let (host, path) = rest.split_once('/')?;
            unversioned(path).or_else(|| host.starts_with("compute.").then_some(path))?
        }
        _ => url,
    };
    path.starts_with("projects/").then(|| path.trim_end_matches('/'))
}

/// Returns what follows `compute/v1/`, `compute/beta/`, `compute/alpha/`.
fn unversioned(path: &str) -> Option<&str> {
    Some(path.strip_prefix("compute/")?.split_once('/')?.1)
}

/// A canonical path, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// The project's id (some exports: its number).
    pub(super) project: &'a str,
    /// Zone, region, `global`, or [`EVERYWHERE`] for an aggregated list.
    pub(super) location: &'a str,
    /// Whether the location is a zone.
    pub(super) zonal: bool,
    /// The collection, for instance `instances`.
    pub(super) collection: &'a str,
    /// The resource's name; `None` for the collection itself.
    pub(super) name: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Takes a URL or a path apart; `None` if it is none of Compute Engine's.
    pub(super) fn parse(url: &'a str) -> Option<Self> {
        let segments: Vec<&str> = path(url)?.split('/').collect();
        let ["projects", project, place @ ..] = segments.as_slice() else { return None };
        let (location, zonal, rest) = match place {
            ["zones", zone, rest @ ..] => (*zone, true, rest),
            ["regions", region, rest @ ..] => (*region, false, rest),
            ["global", rest @ ..] => ("global", false, rest),
            ["aggregated", rest @ ..] => (EVERYWHERE, false, rest),
            _ => return None,
        };
        let (collection, name) = match rest {
            [collection] => (*collection, None),
            [collection, name] => (*collection, Some(*name)),
            _ => return None,
        };
        Some(Self { project, location, zonal, collection, name })
    }

    /// Returns the canonical path.
    pub(super) fn to_locator(self) -> Locator {
        let Self { project, location, collection, .. } = self;
        let place = match (self.zonal, location) {
            (true, zone) => format!("zones/{zone}"),
            (false, "global") => location.to_owned(),
            (false, EVERYWHERE) => "aggregated".to_owned(),
            (false, region) => format!("regions/{region}"),
        };
        let path = format!("projects/{project}/{place}/{collection}");
        Locator::new(self.name.map_or_else(|| path.clone(), |name| format!("{path}/{name}")))
    }

    /// Returns the kind of the collection.
    pub(super) fn kind(&self) -> Option<Kind> {
        collection_kind(self.collection)
    }
}

/// Returns the address in a member of an element.
pub(super) fn address_in<'a>(element: &'a Map<String, Value>, member: &str) -> Option<Address<'a>> {
    Address::parse(text(element, member)?)
}

/// Returns the project that an element's own URLs name.
pub(super) fn project(element: &Map<String, Value>) -> Option<&str> {
    ["selfLink", "zone", "region"].into_iter().find_map(|member| {
        let mut segments = path(text(element, member)?)?.split('/');
        segments.nth(1)
    })
}

/// Tells an element's kind: by `kind`, else by `selfLink`, else by the list that it stands in, else by
/// what only one kind has.
pub(super) fn kind(element: &Map<String, Value>, place: &Place) -> Option<Kind> {
    if quota::is_flattened(element) {
        return Some(Kind::Quota);
    }
    if is_sink(element) {
        return Some(Kind::AuditLog);
    }
    if snapshot_settings::is_answer(element) {
        return Some(Kind::Setting);
    }
    if let Some(kind) = text(element, "kind").filter(|kind| kind.contains('#')) {
        return named_kind(kind, "");
    }
    if element.contains_key("selfLink") {
        return address_in(element, "selfLink").filter(|address| address.name.is_some())?.kind();
    }
    match &place.list {
        Some(list) => collection_kind(list),
        None => kind_by_content(element),
    }
}

/// Tells the kind of an element that was printed without `kind` and `selfLink`.
///
/// Google's spelling is its own: no other cloud writes `machineType` or `creationTimestamp`.
fn kind_by_content(element: &Map<String, Value>) -> Option<Kind> {
    if is_project(element) {
        return Some(Kind::Account);
    }
    let has = |member: &str| element.contains_key(member);
    let any = |members: &[&str]| members.iter().any(|member| has(member));
    if !has("name") || any(&["operationType", "asset_type", "assetType"]) {
        return None;
    }
    if has("machineType") && any(&["networkInterfaces", "disks", "scheduling"]) {
        return Some(Kind::Instance);
    }
    if text(element, "type").is_some_and(|name| name.contains("diskTypes/")) {
        return Some(Kind::Volume);
    }
    if !has("creationTimestamp") {
        return None;
    }
    if any(&["instanceProperties", "sourceInstance"]) {
        Some(Kind::MachineImage)
    } else if any(&["archiveSizeBytes", "rawDisk", "sourceType"]) {
        Some(Kind::Image)
    } else if has("diskSizeGb") && any(&["storageBytes", "storageLocations", "snapshotType"]) {
        Some(Kind::Snapshot)
    } else if has("diskSizeGb") && has("sourceDisk") && any(&["zone", "region"]) {
        Some(Kind::InstantSnapshot)
    } else {
        None
    }
}

/// Whether an element is a project, as Resource Manager v1 (`projectNumber`) or v3 (`projects/<number>`) has it.
fn is_project(element: &Map<String, Value>) -> bool {
    let has = |member: &str| text(element, member).is_some();
    let numbered = text(element, "name").is_some_and(|name| name.starts_with("projects/"));
    has("projectId")
        && ((element.contains_key("projectNumber") && has("lifecycleState")) || (numbered && has("state")))
}

/// Whether an element is a log sink: nothing else writes to one of these places under a name.
fn is_sink(element: &Map<String, Value>) -> bool {
    let places = ["bigquery", "logging", "pubsub", "storage"];
    let leads = |destination: &str| {
        let (host, _) = destination.split_once('/').unwrap_or_default();
        host.strip_suffix(".googleapis.com").is_some_and(|service| places.contains(&service))
    };
    text(element, "name").is_some() && text(element, "destination").is_some_and(leads)
}

/// Returns what a body says of itself (SEMANTICS H.3).
pub(super) fn statement(header: &Header) -> Statement {
    let members = &header.members;
    let kind = text(members, "kind")
        .and_then(|kind| named_kind(kind, "aggregatedList").or_else(|| named_kind(kind, "list")));
    let address = ["id", "selfLink"].into_iter().find_map(|member| address_in(members, member));
    let address = address.filter(|address| address.name.is_none());
    let holds = |name: &str| header.envelopes.iter().any(|envelope| envelope == name);
    let (projects, sinks) = (holds("projects"), holds("sinks"));
    let grants = holds(grant::BINDINGS) || holds(grant::ROLES);
    let lists = projects || sinks || grants || holds("items") || holds("assets");
    if kind.is_none() && address.is_none() && !lists {
        return Statement::default();
    }
    Statement {
        kind: kind
            .or_else(|| address?.kind())
            .or(projects.then_some(Kind::Account))
            .or(grants.then_some(Kind::Grant))
            .or(sinks.then_some(Kind::AuditLog)),
        account: address.map(|address| AccountId::new(address.project)),
        location: address.map(|address| Location::new(address.location)),
        caveats: caveats(header),
    }
}

fn caveats(header: &Header) -> Vec<Caveat> {
    let members = &header.members;
    let mut caveats = Vec::new();
    if text(members, "nextPageToken").is_some() {
        let message = "the body holds a `nextPageToken`: further pages are missing";
        let reason = Reason { code: "next-page-token".into(), message: message.into() };
        caveats.push(Caveat { location: None, reason });
    }
    if let Some(reason) = members.get("warning").and_then(warning) {
        caveats.push(Caveat { location: None, reason });
    }
    let unreachable = members.get("unreachables").and_then(Value::as_array);
    for place in unreachable.into_iter().flatten().filter_map(Value::as_str) {
        let location = Location::new(last_segment(place));
        let message = format!("Compute Engine could not reach `{location}`");
        let reason = Reason { code: "unreachable".into(), message };
        caveats.push(Caveat { location: Some(location), reason });
    }
    for (scope, members) in &header.scopes {
        if let Some(reason) = members.get("warning").and_then(warning) {
            caveats.push(Caveat { location: Some(Location::new(last_segment(scope))), reason });
        }
    }
    caveats
}

/// Reads a warning; `NO_RESULTS_ON_PAGE` is no lack.
fn warning(warning: &Value) -> Option<Reason> {
    let warning = warning.as_object()?;
    let code = text(warning, "code").unwrap_or("warning");
    let message = text(warning, "message").unwrap_or("Compute Engine warns without a message");
    (code != "NO_RESULTS_ON_PAGE").then(|| Reason { code: code.into(), message: message.into() })
}

/// Returns the kind in `compute#<name><suffix>`; case matters not.
fn named_kind(text: &str, suffix: &str) -> Option<Kind> {
    let (service, name) = text.split_once('#')?;
    let matches = |native: &str| name.eq_ignore_ascii_case(&format!("{native}{suffix}"));
    let native = KINDS.iter().find(|native| matches(native.name))?;
    service.eq_ignore_ascii_case("compute").then_some(native.kind)
}

fn collection_kind(collection: &str) -> Option<Kind> {
    KINDS.iter().find(|native| native.collection == collection).map(|native| native.kind)
}

fn text<'a>(element: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    element.get(member)?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn kind_of(value: &Value) -> Option<Kind> {
        kind(&object(value), &Place::default())
    }

    #[test]
    fn every_spelling_of_one_url_is_the_same_path() {
        let expected = "projects/p/zones/z/disks/d";
        for url in [
            "https://www.googleapis.com/compute/v1/projects/p/zones/z/disks/d",
            "https://www.googleapis.com/compute/beta/projects/p/zones/z/disks/d",
            "https://compute.googleapis.com/compute/alpha/projects/p/zones/z/disks/d/",
            "http://127.0.0.1:8080/compute/v1/projects/p/zones/z/disks/d",
            "//compute.googleapis.com/projects/p/zones/z/disks/d",
            expected,
        ] {
            assert_eq!(relative(url), expected, "{url}");
        }
        assert_eq!(relative("https://storage.googleapis.com/b/o"), "https://storage.googleapis.com/b/o");
        let account = AccountId::new("p");
        assert_eq!(locator("zones/z/disks/d", &account).as_str(), expected);
    }

    #[test]
    fn an_address_is_taken_apart_where_it_is_one() {
        let address = Address::parse("projects/example.com:p/regions/r/disks/d").unwrap();
        assert_eq!((address.project, address.location, address.zonal), ("example.com:p", "r", false));
        assert_eq!(address.kind(), Some(Kind::Volume));
        assert_eq!(Address::parse("https://www.googleapis.com/compute/v1/projects"), None);
        assert_eq!(Address::parse("projects/p/zones/z"), None);
    }

    #[test]
    fn kind_decides_before_self_link_before_list_before_content() {
        let link = "https://www.googleapis.com/compute/v1/projects/p/global/images/i";
        assert_eq!(kind_of(&json!({"kind": "Compute#Disk", "selfLink": link})), Some(Kind::Volume));
        assert_eq!(kind_of(&json!({"selfLink": link, "machineType": "m"})), Some(Kind::Image));
        let place = Place { list: Some("instantSnapshots".into()), ..Place::default() };
        assert_eq!(kind(&Map::new(), &place), Some(Kind::InstantSnapshot));
        let bare = json!({"name": "n", "machineType": "m", "networkInterfaces": []});
        assert_eq!(kind_of(&bare), Some(Kind::Instance));
        let policy = "https://www.googleapis.com/compute/v1/projects/p/regions/r/resourcePolicies/daily";
        assert_eq!(kind_of(&json!({"selfLink": policy})), Some(Kind::ResourcePolicy));
        assert_eq!(kind_of(&json!({"kind": "compute#project", "name": "p"})), Some(Kind::Setting));
    }

    #[test]
    fn a_project_is_told_as_either_version_of_resource_manager_has_it() {
        let v1 = json!({"projectNumber": "12", "projectId": "p", "lifecycleState": "ACTIVE", "name": "n"});
        let v3 = json!({"name": "projects/12", "projectId": "p", "state": "ACTIVE", "displayName": "n"});
        for project in [v1, v3] {
            assert_eq!(kind_of(&project), Some(Kind::Account));
        }
        for other in [
            json!({"name": "projects/12", "state": "ENABLED"}),
            json!({"projectId": "p", "name": "n"}),
            json!({"bindings": [], "etag": "x", "version": 1}),
        ] {
            assert_eq!(kind_of(&other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_resource_of_ours_is_not_claimed() {
        let operation = "https://www.googleapis.com/compute/v1/projects/p/global/operations/o";
        for element in [
            json!({"kind": "compute#operation", "targetLink": "…/instances/i"}),
            json!({"selfLink": operation}),
            json!({"kind": "sql#instance", "name": "n"}),
            json!({"kind": "compute#zone", "name": "z"}),
            json!({"InstanceId": "i-0a1", "BlockDeviceMappings": []}),
            json!({"SnapshotId": "snap-1", "VolumeId": "vol-1"}),
            json!({"id": "/subscriptions/s/disks/d", "name": "d", "type": "Microsoft.Compute/disks",
                   "diskSizeGb": 4, "timeCreated": "2026-01-01T00:00:00Z"}),
            json!({}),
        ] {
            assert_eq!(kind_of(&element), None, "{element}");
        }
    }

    #[test]
    fn a_zonal_list_names_its_scope_even_when_empty() {
        let header = Header {
            members: object(&json!({"kind": "compute#instanceList", "id": "projects/p/zones/z/instances"})),
            ..Header::default()
        };
        let statement = statement(&header);
        assert_eq!(statement.kind, Some(Kind::Instance));
        assert_eq!(statement.account, Some(AccountId::new("p")));
        assert_eq!(statement.location, Some(Location::new("z")));
        assert_eq!(statement.caveats, []);
    }

    #[test]
    fn an_aggregated_list_admits_every_lack_and_only_lacks() {
        let no_results = object(&json!({"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "none"}}));
        let unreachable = object(&json!({"warning": {"code": "UNREACHABLE", "message": "down"}}));
        let header = Header {
            members: object(&json!({
                "kind": "compute#diskAggregatedList",
                "selfLink": "https://www.googleapis.com/compute/v1/projects/p/aggregated/disks",
                "nextPageToken": "t",
                "warning": {"code": "PARTIAL_SUCCESS", "message": "some"},
                "unreachables": ["zones/us-east1-b", "https://h/compute/v1/projects/p/regions/us-east4"],
            })),
            envelopes: vec!["items".into()],
            scopes: [("zones/a".into(), no_results), ("regions/b".into(), unreachable)].into(),
        };
        let statement = statement(&header);
        assert_eq!(statement.kind, Some(Kind::Volume));
        assert_eq!(statement.location, Some(Location::new(EVERYWHERE)));
        let caveats: Vec<_> = statement
            .caveats
            .iter()
            .map(|caveat| (caveat.reason.code.as_str(), caveat.location.as_ref().map(Location::as_str)))
            .collect();
        let expected = [
            ("next-page-token", None),
            ("PARTIAL_SUCCESS", None),
            ("unreachable", Some("us-east1-b")),
            ("unreachable", Some("us-east4")),
            ("UNREACHABLE", Some("b")),
        ];
        assert_eq!(caveats, expected);
    }

    #[test]
    fn a_list_of_projects_says_so_and_admits_a_pending_page() {
        let header = Header {
            members: object(&json!({"nextPageToken": "t"})),
            envelopes: vec!["projects".into()],
            ..Header::default()
        };
        let statement = statement(&header);
        assert_eq!(statement.kind, Some(Kind::Account));
        assert_eq!(statement.caveats[0].reason.code, "next-page-token");
    }

    #[test]
    fn another_cloud_s_header_says_nothing() {
        let header = Header {
            members: object(&json!({"NextToken": "t", "nextLink": "https://x"})),
            envelopes: vec!["Volumes".into()],
            ..Header::default()
        };
        assert_eq!(statement(&header), Statement::default());
    }
}
