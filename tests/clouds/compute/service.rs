//! Paths → answers.

use std::sync::atomic::AtomicU64;

use serde_json::{Map, Value, json};

use super::fault::Misbehaviour;
use super::logs::Logs;
use crate::fault::Fault;
use crate::server::{Reply, Request};

/// How many elements a page holds, whatever `maxResults` asks for: Google may always send fewer.
const MOST: usize = 2;

/// What a server knows.
pub(crate) struct Service {
    estate: Value,
    fault: Option<Fault>,
    /// How often the victim was asked.
    asked: AtomicU64,
}

/// One page of a list.
pub(crate) struct Page {
    /// The elements, each with its scope.
    pub(crate) elements: Vec<(String, Value)>,
    pub(crate) next: Option<String>,
}

impl Service {
    pub(crate) fn new(estate: Value, fault: Option<Fault>) -> Self {
        Self { estate, fault, asked: AtomicU64::new(0) }
    }

    /// Answers a request, well or badly.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        // Nobody did anything.
        if let Some(reply) = Logs::default().answer(request) {
            return reply;
        }
        let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let fault = self.fault.map(|fault| Misbehaviour { fault, request, path: &path });
        if let Some(reply) = fault.as_ref().and_then(|fault| fault.instead(&self.asked)) {
            return reply;
        }
        let reply = match path.as_slice() {
            ["v3", "projects:search"] => self.resource_manager("projects", None, request),
            ["v3", list @ ("projects" | "folders")] => {
                self.resource_manager(list, request.parameter("parent").as_deref(), request)
            }
            ["v2", "projects", project, "sinks"] => {
                let destination =
                    format!("logging.googleapis.com/projects/{project}/locations/global/buckets/_Default");
                Reply::json(200, &json!({"sinks": [{"name": "_Default", "destination": destination}]}))
            }
            ["v3", "projects", asked] if asked.ends_with(":getIamPolicy") => {
                let project = asked.trim_end_matches(":getIamPolicy");
                let none = json!({"version": 1, "etag": "ACAB"});
                Reply::json(200, self.estate["policies"].get(project).unwrap_or(&none))
            }
            ["v1", "projects", project, "roles"] => {
                let roles = self.estate["roles"].get(*project);
                Reply::json(200, &roles.map_or_else(|| json!({}), |roles| json!({"roles": roles})))
            }
            ["v1", role @ ..] => {
                let lists = self.estate["roles"].as_object().into_iter().flat_map(|roles| roles.values());
                let mut roles = lists.filter_map(Value::as_array).flatten();
                let found = roles.find(|found| found["name"] == role.join("/"));
                found.map_or_else(not_found, |role| Reply::json(200, role))
            }
            ["compute", "v1", "projects", project, rest @ ..] => {
                self.compute(project, rest, request, fault.as_ref())
            }
            _ => not_found(),
        };
        reply.with_header("date", "Sat, 21 Nov 2026 12:00:00 GMT")
    }

    fn resource_manager(&self, list: &str, parent: Option<&str>, request: &Request) -> Reply {
        let all = self.estate["resourceManager"][list].as_array().unwrap().iter();
        let deleted = parent.is_none() || request.parameter("showDeleted").as_deref() == Some("true");
        let shown = all
            .filter(|one| parent.is_none_or(|parent| one["parent"] == parent))
            .filter(|one| deleted || one["state"] == "ACTIVE")
            .map(|one| (String::new(), one.clone()))
            .collect();
        let page = page(shown, request);
        let mut body = Map::new();
        let elements: Vec<Value> = page.elements.into_iter().map(|(_, element)| element).collect();
        if !elements.is_empty() {
            body.insert(list.to_owned(), Value::from(elements));
        }
        body.extend(page.next.map(|next| ("nextPageToken".to_owned(), Value::from(next))));
        Reply::json(200, &Value::from(body))
    }

    fn compute(
        &self,
        project: &str,
        rest: &[&str],
        request: &Request,
        fault: Option<&Misbehaviour<'_>>,
    ) -> Reply {
        let known = match self.estate["compute"].get(project) {
            None => return not_found(),
            Some(Value::Null) => return switched_off(project),
            Some(known) => known,
        };
        let root = format!("projects/{project}");
        match rest {
            [] => Reply::json(200, &known["project"]),
            ["global", "snapshotSettings"] => {
                Reply::json(200, &json!({"storageLocation": {"policy": "NEAREST_MULTI_REGION"}}))
            }
            ["regions"] => {
                let regions = known["regions"].as_array().unwrap().iter();
                let all = regions.map(|region| ("regions".to_owned(), region.clone())).collect();
                list_reply("compute#regionList", &root, page(all, request))
            }
            ["aggregated", collection] => {
                let scopes = known["collections"][*collection].as_object().cloned().unwrap_or_default();
                let all = scopes.iter().flat_map(|(scope, elements)| {
                    let shown = elements.as_array().unwrap().iter().filter(|element| !self.hides(element));
                    shown.map(|element| (scope.clone(), element.clone()))
                });
                let mut page = page(all.collect(), request);
                let mut body = Map::new();
                if let Some(fault) = fault {
                    fault.spoil(collection, &mut page, &mut body);
                }
                aggregated_reply(collection, &root, scopes.keys(), page, body)
            }
            [place @ .., collection] if place.len() < 3 && !is_place(collection) => {
                let elements = &known["collections"][*collection][place.join("/")];
                let Some(elements) = elements.as_array() else { return not_found() };
                let all = elements.iter().map(|element| (String::new(), element.clone())).collect();
                list_reply(&format!("compute#{}List", singular(collection)), &root, page(all, request))
            }
            [.., "getIamPolicy"] => {
                let path = format!("{root}/{}", rest[..rest.len() - 1].join("/"));
                let none = json!({"version": 1, "etag": "ACAB"});
                Reply::json(200, known["policies"].get(&path).unwrap_or(&none))
            }
            [place @ .., collection, name] => {
                let elements = known["collections"][*collection][place.join("/")].as_array();
                let found = elements.and_then(|all| all.iter().find(|element| element["name"] == *name));
                found.map_or_else(not_found, |element| Reply::json(200, element))
            }
            [_] => not_found(),
        }
    }

    /// Whether lists lack an element that is there: the estate names it under `hidden`.
    fn hides(&self, element: &Value) -> bool {
        let hidden = self.estate.get("hidden").and_then(Value::as_array);
        hidden.is_some_and(|hidden| hidden.contains(&element["selfLink"]))
    }
}

/// Whether a segment names a place rather than a collection: `zones/z`, `regions/r` before a name.
fn is_place(segment: &str) -> bool {
    ["zones", "regions"].contains(&segment)
}

fn page(all: Vec<(String, Value)>, request: &Request) -> Page {
    let token = request.parameter("pageToken").unwrap_or_default();
    let start: usize = token.trim_start_matches("page-at-").parse().unwrap_or(0);
    let asked = request.parameter("maxResults").and_then(|most| most.parse().ok()).unwrap_or(500);
    let end = all.len().min(start + MOST.min(asked));
    let next = (end < all.len()).then(|| format!("page-at-{end}"));
    Page { elements: all.into_iter().take(end).skip(start).collect(), next }
}

fn list_reply(kind: &str, root: &str, page: Page) -> Reply {
    let mut body = Map::new();
    body.insert("kind".into(), kind.into());
    body.insert("id".into(), root.into());
    let elements: Vec<Value> = page.elements.into_iter().map(|(_, element)| element).collect();
    if !elements.is_empty() {
        body.insert("items".into(), elements.into());
    }
    body.extend(page.next.map(|next| ("nextPageToken".to_owned(), Value::from(next))));
    Reply::json(200, &Value::from(body))
}

fn aggregated_reply<'a>(
    collection: &str,
    root: &str,
    scopes: impl Iterator<Item = &'a String>,
    page: Page,
    mut body: Map<String, Value>,
) -> Reply {
    let mut items = Map::new();
    for (scope, element) in page.elements {
        let lists = items.entry(scope).or_insert_with(|| json!({collection: []}));
        lists[collection].as_array_mut().unwrap().push(element);
    }
    for scope in scopes.filter(|scope| !items.contains_key(*scope)).cloned().collect::<Vec<_>>() {
        let message = format!("There are no results for scope '{scope}' on this page.");
        let warning = json!({"code": "NO_RESULTS_ON_PAGE", "message": message,
            "data": [{"key": "scope", "value": scope}]});
        items.insert(scope, json!({"warning": warning}));
    }
    body.insert("kind".into(), format!("compute#{}AggregatedList", singular(collection)).into());
    body.insert("id".into(), format!("{root}/aggregated/{collection}").into());
    body.insert("items".into(), items.into());
    body.extend(page.next.map(|next| ("nextPageToken".to_owned(), Value::from(next))));
    Reply::json(200, &Value::from(body))
}

fn singular(collection: &str) -> String {
    collection
        .strip_suffix("ies")
        .map_or_else(|| collection.trim_end_matches('s').to_owned(), |stem| format!("{stem}y"))
}

fn not_found() -> Reply {
    error(404, "notFound", "The resource was not found")
}

fn switched_off(project: &str) -> Reply {
    let message = format!(
        "Compute Engine API has not been used in project {project} before or it is disabled. Enable it by \
         visiting https://console.developers.google.com/ then retry."
    );
    error(403, "accessNotConfigured", &message)
}

/// An error as Compute Engine writes it.
pub(crate) fn error(code: u16, reason: &str, message: &str) -> Reply {
    let errors = json!([{"message": message, "domain": "global", "reason": reason}]);
    Reply::json(code, &json!({"error": {"code": code, "message": message, "errors": errors}}))
}
