//! A server that speaks Azure Resource Manager, and issues tokens as the authority does, for an estate in ARM's
//! own JSON.
//!
//! The victim of a fault is the list of disks of the first subscription; the place is that subscription.

pub mod logs;
mod misbehave;
pub mod world;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::fault::Fault;
use crate::server::{Ending, Reply, Request, Server};

use world::{SUBSCRIPTIONS, TENANT, World, locator, with_only, without};

/// The environment variable that holds a token, or a client secret, which the server accepts. Cargo sets it for
/// every test, and a test may set none.
pub const GOOD_VARIABLE: &str = "CARGO_PKG_NAME";

/// One whose value is a client secret that has expired.
pub const EXPIRED_VARIABLE: &str = "CARGO_PKG_VERSION";

/// The one location that tells quotas.
const PLACE: &str = "westeurope";

/// A running server, and how to reach it.
pub struct Estate {
    pub server: Server,
    /// An `[[azure]]` entry of `driftline.toml`.
    pub config: String,
}

/// How the server serves.
#[derive(Clone, Debug)]
pub struct Manner {
    pub fault: Option<Fault>,
    /// How many elements a page holds at most.
    pub page: usize,
    /// How many requests a token that was issued is good for.
    pub lifetime: usize,
    /// The path (in lower case) that is refused, with status and code.
    pub refused: Option<(&'static str, u16, &'static str)>,
    /// Whether the list of machines' states is refused.
    pub stateless: bool,
    /// How late every reply comes.
    pub latency: Duration,
    /// Where the next page is, if it is foreign.
    pub foreign: String,
}

impl Default for Manner {
    fn default() -> Self {
        let foreign = "https://management.azure.com.attacker.example".to_owned();
        Self {
            latency: Duration::ZERO,
            fault: None,
            page: 3,
            lifetime: usize::MAX,
            refused: None,
            stateless: false,
            foreign,
        }
    }
}

/// Serves the made-up estate.
pub fn start(fault: Option<Fault>) -> Estate {
    serve(World::made_up(), Manner { fault, ..Manner::default() })
}

/// Serves an estate.
pub fn serve(world: World, manner: Manner) -> Estate {
    let service = Service {
        world,
        manner,
        issued: AtomicUsize::new(0),
        used: Mutex::default(),
        victims: AtomicUsize::new(0),
    };
    let server = Server::start(move |request| {
        let reply = service.answer(request);
        let late = !service.manner.latency.is_zero() && reply.ending == Ending::Whole;
        if late { reply.ending(Ending::Late(service.manner.latency)) } else { reply }
    });
    let url = server.url();
    let config = format!(
        "[[azure]]\nname = \"a test\"\ntenant = \"{TENANT}\"\nendpoint = \"{url}\"\nauthority = \"{url}\"\n\
         credential = {{ token-variable = \"{GOOD_VARIABLE}\" }}\n"
    );
    Estate { server, config }
}

struct Service {
    world: World,
    manner: Manner,
    /// How many tokens were issued.
    issued: AtomicUsize,
    /// How often each token was used.
    used: Mutex<HashMap<String, usize>>,
    /// How many requests the victim got.
    victims: AtomicUsize,
}

impl Service {
    fn answer(&self, request: &Request) -> Reply {
        let path = request.path.trim_end_matches('/').to_lowercase();
        if path.ends_with("/oauth2/v2.0/token") {
            return self.issue(request, &path);
        }
        if path == "/identity" {
            return self.issue_to_machine(request);
        }
        if let Some(refusal) = self.unauthorized(request) {
            return refusal;
        }
        if request.method != "GET" {
            return error(405, "MethodNotAllowed");
        }
        if request.parameter("api-version").is_none() {
            return error(400, "MissingApiVersionParameter");
        }
        if let Some((refused, status, code)) = self.manner.refused
            && path.contains(refused)
        {
            return error(status, code);
        }
        if self.manner.stateless && request.parameter("statusOnly").is_some() {
            return error(403, "AuthorizationFailed");
        }
        let skip = request.parameter("$skiptoken").unwrap_or_default();
        if let Some(misbehaviour) = self.misbehave(&path, &skip) {
            return misbehaviour;
        }
        if let Some(page) = self.world.logs.answer(request, self.manner.page) {
            return page;
        }
        match self.list(request, &path) {
            Some(elements) => self.page(request, &path, &skip, &elements),
            None => self.one(request, &path),
        }
    }

    /// Answers a client's credentials as the authority does.
    fn issue(&self, request: &Request, path: &str) -> Reply {
        let refused = |status, code: &str, words: &str| {
            let told =
                format!("{code}: {words} Trace ID: 0 Correlation ID: 0 Timestamp: 2026-01-02 03:04:05Z");
            Reply::json(
                status,
                &json!({"error": "invalid_client", "error_description": told, "error_codes": [0]}),
            )
        };
        let parameter = |name| request.parameter(name).unwrap_or_default();
        let of = |variable| std::env::var(variable).unwrap();
        if path.split('/').nth(1) != Some(TENANT) {
            return refused(
                400,
                "AADSTS90002",
                "Tenant not found. Check to make sure you have the correct tenant ID.",
            );
        }
        if parameter("grant_type") != "client_credentials" || !parameter("scope").ends_with("/.default") {
            return refused(400, "AADSTS900144", "The request is not what it should be.");
        }
        let federated = parameter("client_assertion") == "federated";
        match parameter("client_secret") {
            _ if federated => {}
            secret if secret == of(GOOD_VARIABLE) => {}
            secret if secret == of(EXPIRED_VARIABLE) => {
                return refused(401, "AADSTS7000222", "The provided client secret keys are expired.");
            }
            _ => return refused(401, "AADSTS7000215", "Invalid client secret provided."),
        }
        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let token = format!("issued-{number}");
        Reply::json(
            200,
            &json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}),
        )
    }

    /// Answers a machine that asks for its own identity, as an App Service does.
    fn issue_to_machine(&self, request: &Request) -> Reply {
        let known = request.parameter("client_id").is_none_or(|client_id| client_id == "an-app");
        if request.header("x-identity-header") != Some("proof") || !known {
            return Reply::json(
                400,
                &json!({"error": "invalid_request", "error_description": "Identity not found"}),
            );
        }
        let token = format!("issued-{}", self.issued.fetch_add(1, Ordering::Relaxed));
        Reply::json(
            200,
            &json!({"access_token": token, "expires_on": "4102444800", "token_type": "Bearer",
            "resource": request.parameter("resource")}),
        )
    }

    fn unauthorized(&self, request: &Request) -> Option<Reply> {
        if self.manner.fault == Some(Fault::ExpiredCredentials) {
            return Some(error(401, "ExpiredAuthenticationToken"));
        }
        let Some(token) = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "))
        else {
            return Some(error(401, "AuthenticationFailed"));
        };
        if token.starts_with("issued-") {
            let mut used = self.used.lock().unwrap();
            let used = used.entry(token.to_owned()).or_default();
            *used += 1;
            return (*used > self.manner.lifetime).then(|| error(401, "ExpiredAuthenticationToken"));
        }
        (token != std::env::var(GOOD_VARIABLE).unwrap()).then(|| error(401, "InvalidAuthenticationToken"))
    }

    /// Returns the elements of a list; `None` if the path names no list.
    fn list(&self, request: &Request, path: &str) -> Option<Vec<Value>> {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        Some(match segments.as_slice() {
            ["subscriptions"] => self.world.subscriptions.clone(),
            ["providers", "microsoft.management", "managementgroups", "root", "descendants"] => {
                let group = json!({"id": "/providers/Microsoft.Management/managementGroups/below", "name": "below",
                    "type": "Microsoft.Management/managementGroups"});
                let subscription = |subscription: &Value| {
                    json!({"id": format!("/providers/Microsoft.Management/managementGroups/root{}", locator(subscription)),
                        "name": subscription["subscriptionId"], "type": "Microsoft.Management/managementGroups/subscriptions"})
                };
                std::iter::once(group).chain(self.world.subscriptions.iter().map(subscription)).collect()
            }
            [
                "subscriptions",
                subscription,
                "providers",
                provider @ ("microsoft.compute" | "microsoft.authorization" | "microsoft.insights"),
                sort,
            ] => {
                let resource_type = format!("{provider}/{sort}");
                let status_only = request.parameter("statusOnly").as_deref() == Some("true");
                let shown = |resource: &Value| {
                    if status_only {
                        with_only(resource, "instanceView")
                    } else {
                        without(resource, &["instanceView", "restorePoints"])
                    }
                };
                self.world.of_type(subscription, &resource_type).map(shown).collect()
            }
            ["subscriptions", subscription, "locations"] => vec![json!({
                "id": format!("/subscriptions/{subscription}/locations/{PLACE}"), "name": PLACE, "type": "Region",
                "displayName": "West Europe", "metadata": {"regionType": "Physical"},
            })],
            ["subscriptions", _, "providers", "microsoft.compute", "locations", PLACE, "usages"] => {
                let usage = |name: &str, limit: u32| {
                    json!({"unit": "Count", "currentValue": 3, "limit": limit,
                        "name": {"value": name, "localizedValue": name}})
                };
                vec![usage("cores", 100), usage("standardDSv3Family", 50)]
            }
            [.., "virtualmachinescalesets", _, "virtualmachines"] | [.., "diskrestorepoints"] => {
                let below = format!("{path}/");
                let expanded = request.parameter("$expand").as_deref() == Some("instanceView");
                let dropped: &[&str] = if expanded { &[] } else { &["instanceView"] };
                let elements =
                    self.world.resources.iter().filter(|resource| locator(resource).starts_with(&below));
                elements.map(|resource| without(resource, dropped)).collect()
            }
            _ => return None,
        })
    }

    /// Answers with one resource.
    fn one(&self, request: &Request, path: &str) -> Reply {
        if path.ends_with("/providers/microsoft.compute") {
            return Reply::json(
                200,
                &json!({"id": path, "namespace": "Microsoft.Compute", "registrationState": "Registered",
                    "resourceTypes": [{"resourceType": "locations/usages", "locations": ["West Europe"]}]}),
            );
        }
        let expanded = request.parameter("$expand").unwrap_or_default();
        let dropped: Vec<_> =
            ["instanceView", "restorePoints"].into_iter().filter(|property| *property != expanded).collect();
        match self.world.get(path) {
            Some(resource) => Reply::json(200, &without(resource, &dropped)),
            None if path.split('/').count() == 3 => error(404, "SubscriptionNotFound"),
            None => error(404, "ResourceNotFound"),
        }
    }

    /// Cuts a page out of a list.
    fn page(&self, request: &Request, path: &str, skip: &str, elements: &[Value]) -> Reply {
        let start: usize = skip.parse().unwrap_or_default();
        // The empty page of that fault leads to the second, as the first would have.
        let end = elements.len().min(start + self.manner.page);
        let next = (end < elements.len()).then(|| {
            let kept = request
                .query
                .split('&')
                .filter(|pair| !pair.starts_with("%24skiptoken") && !pair.starts_with("$skiptoken"));
            let host = request.header("host").unwrap();
            format!("http://{host}{}?{}&$skiptoken={end}", request.path, kept.collect::<Vec<_>>().join("&"))
        });
        let page = self.meddle(path, skip, elements[start..end].to_vec(), next);
        Reply::json(200, &page)
            .with_header("x-ms-ratelimit-remaining-subscription-reads", "11999")
            .with_header("date", "Sun, 01 Mar 2026 00:00:00 GMT")
    }
}

fn is_victim(path: &str) -> bool {
    path == format!("/subscriptions/{}/providers/microsoft.compute/disks", SUBSCRIPTIONS[0])
}

/// Answers as Azure Resource Manager does when it does not.
pub fn error(status: u16, code: &str) -> Reply {
    let message = format!("The vendor's words about {code}.");
    Reply::json(status, &json!({"error": {"code": code, "message": message}}))
}
