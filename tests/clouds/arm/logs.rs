//! What Azure Resource Manager keeps of each subscription: the Activity Log, over the wire.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::error;
use crate::server::{Reply, Request};

/// What answers in place of the log, where a fault does.
type Fault = dyn Fn(&Ask) -> Option<Reply> + Send + Sync;

/// What is kept.
#[derive(Clone, Default)]
pub struct Logs {
    /// The records of every subscription, in any order.
    pub records: Vec<Value>,
    pub fault: Option<Arc<Fault>>,
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs").finish_non_exhaustive()
    }
}

/// What a request asks for.
#[derive(Debug)]
pub struct Ask {
    pub subscription: String,
    /// The first moment, included.
    pub from: Timestamp,
    /// The last moment, included.
    pub to: Timestamp,
    /// Where the page begins; empty for the first.
    pub skip: String,
    /// The link of a page of the same list, but for where it begins.
    link: String,
}

impl Ask {
    /// Understands a request; `None` if it is for no log.
    pub fn of(request: &Request) -> Option<Result<Self, Reply>> {
        let path = request.path.to_lowercase();
        let below = path.strip_prefix("/subscriptions/")?;
        let subscription =
            below.strip_suffix("/providers/microsoft.insights/eventtypes/management/values")?.to_owned();
        let host = request.header("host")?;
        let kept = request.query.split('&').filter(|pair| !pair.contains("skiptoken="));
        let link =
            format!("http://{host}{}?{}&$skiptoken=", request.path, kept.collect::<Vec<_>>().join("&"));
        let skip = request.parameter("$skiptoken").unwrap_or_default();
        let window = request.parameter("$filter").and_then(|filter| window(&filter));
        Some(match (request.parameter("api-version").as_deref(), window) {
            (Some("2015-04-01"), Some((from, to))) => Ok(Self { subscription, from, to, skip, link }),
            (Some("2015-04-01"), None) => Err(error(400, "BadRequest")),
            _ => Err(error(400, "InvalidApiVersionParameter")),
        })
    }

    /// Returns the link of the page that begins somewhere.
    pub fn link_to(&self, skip: &str) -> String {
        format!("{}{skip}", self.link)
    }
}

/// Reads `eventTimestamp ge '…' and eventTimestamp le '…'`, and nothing else.
fn window(filter: &str) -> Option<(Timestamp, Timestamp)> {
    let (from, to) = filter.split_once(" and ")?;
    let time = |text: &str, operator: &str| {
        let text = text.strip_prefix(&format!("eventTimestamp {operator} '"))?.strip_suffix('\'')?;
        // Seven digits of a fraction, as .NET has them.
        let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len() - 1);
        text.parse().ok().filter(|_| digits <= 7)
    };
    Some((time(from, "ge")?, time(to, "le")?))
}

impl Logs {
    /// Answers a request with a page of so many; `None` if it is for no log.
    pub fn answer(&self, request: &Request, page: usize) -> Option<Reply> {
        let ask = match Ask::of(request)? {
            Ok(ask) => ask,
            Err(refusal) => return Some(refusal),
        };
        if let Some(ill) = self.fault.as_ref().and_then(|fault| fault(&ask)) {
            return Some(ill);
        }
        if ask.from < Timestamp::now() - SignedDuration::from_hours(90 * 24) {
            return Some(error(400, "BadRequest"));
        }
        let mut found: Vec<&Value> = self.records.iter().filter(|record| holds(&ask, record)).collect();
        // The latest first.
        found.sort_by_key(|record| record["eventTimestamp"].to_string());
        found.reverse();
        let first: usize = ask.skip.parse().unwrap_or_default();
        let elements: Vec<&Value> = found.iter().copied().skip(first).take(page).collect();
        let next = (first + page < found.len()).then(|| ask.link_to(&(first + page).to_string()));
        let mut body = json!({ "value": elements });
        if let Some(next) = next {
            body["nextLink"] = next.into();
        }
        Some(Reply::json(200, &body))
    }
}

fn holds(ask: &Ask, record: &Value) -> bool {
    let at: Timestamp = record["eventTimestamp"].as_str().unwrap().parse().unwrap();
    record["subscriptionId"].as_str() == Some(&ask.subscription) && (ask.from..=ask.to).contains(&at)
}

/// Makes up a record: the `number`th, of an operation.
pub fn record(subscription: &str, number: usize, at: Timestamp, operation: &str) -> Value {
    let provider = operation.split('/').next().unwrap();
    let id = format!("/subscriptions/{subscription}/resourceGroups/G/providers/{provider}/disks/d-{number}");
    let guid = format!("{number:08x}-0000-4000-8000-000000000000");
    let words = |value: &str| json!({ "value": value, "localizedValue": value });
    json!({
        "authorization": { "action": operation, "scope": id },
        "caller": "alice@example.com", "channels": "Operation", "claims": { "appid": "an-app" },
        "category": words("Administrative"), "correlationId": guid, "eventDataId": guid, "operationId": guid,
        "eventName": words("EndRequest"), "eventTimestamp": at.to_string(), "description": "",
        "id": format!("{id}/events/{guid}/ticks/{number}"), "level": "Informational",
        "operationName": words(operation), "resourceGroupName": "G", "resourceId": id,
        "resourceProviderName": words(provider), "status": words("Succeeded"), "subStatus": words("OK"),
        "submissionTimestamp": (at + SignedDuration::from_secs(60)).to_string(),
        "subscriptionId": subscription, "tenantId": super::world::TENANT, "properties": { "statusCode": "OK" },
    })
}
