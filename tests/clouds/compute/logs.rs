//! What Cloud Logging v2 keeps of each project: `entries:list`, over the wire.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::server::{Reply, Request};

/// The log of what somebody changed.
pub(crate) const ACTIVITY: &str = "activity";

/// What answers in place of the log, where a fault does.
type Fault = dyn Fn(&Ask) -> Option<Reply> + Send + Sync;

/// What is kept.
#[derive(Clone, Default)]
pub(crate) struct Logs {
    /// The entries of every project and log, in any order.
    pub(crate) entries: Vec<Value>,
    /// How many entries a page holds at most; as many as are asked for if 0.
    pub(crate) page: usize,
    pub(crate) fault: Option<Arc<Fault>>,
}

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Ask {
    /// The projects, as `projects/ID`.
    pub(crate) names: Vec<String>,
    /// The logs, by their whole names.
    pub(crate) logs: Vec<String>,
    /// The first moment, included.
    pub(crate) from: Timestamp,
    /// The end, not included.
    pub(crate) to: Timestamp,
    /// The services; empty for all.
    pub(crate) services: Vec<String>,
    /// How many entries a page is to hold at most.
    pub(crate) size: usize,
    /// The token of the page; empty for the first.
    pub(crate) token: String,
}

impl Ask {
    /// Understands a request; `None` if it is for no log.
    ///
    /// # Errors
    ///
    /// What Cloud Logging says to a request that it does not understand, or that this server does not.
    pub(crate) fn of(request: &Request) -> Option<Result<Self, Reply>> {
        (request.path == "/v2/entries:list").then(|| {
            let body = serde_json::from_slice(&request.body).ok();
            let ask = body.as_ref().filter(|_| request.method == "POST").and_then(Self::read);
            ask.ok_or_else(|| error(400, "INVALID_ARGUMENT", "Request contains an invalid argument."))
        })
    }

    fn read(body: &Value) -> Option<Self> {
        let size = usize::try_from(body["pageSize"].as_u64()?).ok()?;
        if body["orderBy"] != "timestamp asc" || !(1..=1000).contains(&size) {
            return None;
        }
        let names = body["resourceNames"].as_array()?.iter();
        let names = names.map(|name| Some(name.as_str()?.to_owned())).collect::<Option<_>>()?;
        let token = body["pageToken"].as_str().unwrap_or_default().to_owned();
        let (from, to) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let mut ask = Self { names, logs: Vec::new(), from, to, services: Vec::new(), size, token };
        for term in body["filter"].as_str()?.split(" AND ") {
            let (field, value) = term.split_at(term.find(['=', '<', '>'])?);
            match (field, value.trim_start_matches(['<', '=', '>'])) {
                ("logName", value) => ask.logs = any_of(value)?,
                ("protoPayload.serviceName", value) => ask.services = any_of(value)?,
                ("timestamp", time) if value.starts_with(">=") => ask.from = text(time)?.parse().ok()?,
                ("timestamp", time) if !value.starts_with("<=") => ask.to = text(time)?.parse().ok()?,
                _ => return None,
            }
        }
        Some(ask)
    }

    fn wants(&self, entry: &Value) -> bool {
        let is = |wanted: &[String], told: &Value| wanted.iter().any(|wanted| told == wanted.as_str());
        let log = entry["logName"].as_str().unwrap();
        let at: Timestamp = entry["timestamp"].as_str().unwrap().parse().unwrap();
        self.names.iter().any(|name| log.starts_with(&format!("{name}/")))
            && is(&self.logs, &entry["logName"])
            && (self.from..self.to).contains(&at)
            && (self.services.is_empty() || is(&self.services, &entry["protoPayload"]["serviceName"]))
    }
}

/// Reads a string of the query language, which is JSON's.
fn text(value: &str) -> Option<String> {
    serde_json::from_str(value).ok()
}

/// Reads `("a" OR "b")`, or one text alone.
fn any_of(value: &str) -> Option<Vec<String>> {
    match value.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')')?.split(" OR ").map(text).collect(),
        None => Some(vec![text(value)?]),
    }
}

impl Logs {
    /// Answers a request; `None` if it is for no log.
    pub(crate) fn answer(&self, request: &Request) -> Option<Reply> {
        let ask = match Ask::of(request)? {
            Ok(ask) => ask,
            Err(refusal) => return Some(refusal),
        };
        if let Some(ill) = self.fault.as_ref().and_then(|fault| fault(&ask)) {
            return Some(ill);
        }
        let mut found: Vec<&Value> = self.entries.iter().filter(|entry| ask.wants(entry)).collect();
        found.sort_by_key(|entry| entry["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap());
        let first: usize = ask.token.trim_start_matches("after-").parse().unwrap_or_default();
        let size = if self.page == 0 { ask.size } else { self.page.min(ask.size) };
        let entries: Vec<&Value> = found.iter().copied().skip(first).take(size).collect();
        // What is empty is left out.
        let mut body = if entries.is_empty() { json!({}) } else { json!({ "entries": entries }) };
        if first + size < found.len() {
            body["nextPageToken"] = format!("after-{}", first + size).into();
        }
        Some(Reply::json(200, &body))
    }
}

/// Makes up an entry of a log: the `number`th, of a service's operation.
pub(crate) fn entry(project: &str, log: &str, number: usize, at: Timestamp, operation: &str) -> Value {
    let service = format!("{}.googleapis.com", operation.split('.').next().unwrap());
    let name = format!("projects/{project}/zones/europe-west1-b/instances/vm-{number}");
    json!({
        "logName": format!("projects/{project}/logs/cloudaudit.googleapis.com%2F{log}"),
        "insertId": format!("insert-{number}"), "timestamp": at.to_string(), "severity": "NOTICE",
        "receiveTimestamp": (at + SignedDuration::from_secs(1)).to_string(),
        "resource": {"type": "gce_instance", "labels": {"project_id": project, "zone": "europe-west1-b",
            "instance_id": (5_000_000 + number).to_string()}},
        "operation": {"id": format!("operation-{number}"), "producer": service, "first": true, "last": true},
        "protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": service,
            "methodName": format!("v1.{operation}"), "resourceName": name,
            "authenticationInfo": {"principalEmail": "alice@example.com"},
            "requestMetadata": {"callerIp": "203.0.113.5"}},
    })
}

/// An error as Cloud Logging writes it.
pub(crate) fn error(code: u16, status: &str, message: &str) -> Reply {
    Reply::json(code, &json!({"error": {"code": code, "message": message, "status": status}}))
}
