//! How the server misbehaves: the victim is the list of instances in `example-prod`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::service::{Page, error};
use crate::fault::Fault;
use crate::server::{Ending, Reply, Request};

/// The project that faults befall.
pub(crate) const PROJECT: &str = "example-prod";

/// The zone that faults befall.
pub(crate) const ZONE: &str = "zones/europe-west1-c";

/// A fault about to befall a request, if it is the victim's.
pub(crate) struct Misbehaviour<'a> {
    pub(crate) fault: Fault,
    pub(crate) request: &'a Request,
    pub(crate) path: &'a [&'a str],
}

impl Misbehaviour<'_> {
    /// Returns the reply that comes instead of the answer; `None` if the answer comes, spoiled perhaps.
    pub(crate) fn instead(&self, asked: &AtomicU64) -> Option<Reply> {
        if self.fault == Fault::ExpiredCredentials {
            let message = "Request had invalid authentication credentials.";
            return Some(error(401, "authError", message));
        }
        if self.fault == Fault::DeniedLocation && self.path.get(3) == Some(&PROJECT) {
            return Some(denied());
        }
        if !self.is_victim() {
            return None;
        }
        let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        let later_page = self.request.parameter("pageToken").is_some_and(|token| !token.is_empty());
        match self.fault {
            Fault::ThrottledOnce if first => {
                let reply = error(429, "rateLimitExceeded", "Rate Limit Exceeded");
                Some(reply.with_header("retry-after", "1"))
            }
            Fault::ThrottledOnceWithout if first => {
                Some(error(403, "rateLimitExceeded", "Rate Limit Exceeded"))
            }
            Fault::ThrottledForGood => Some(error(403, "userRateLimitExceeded", "User Rate Limit Exceeded")),
            Fault::DeniedKind => Some(denied()),
            Fault::FailsMidPaging if later_page => Some(error(503, "backendError", "Backend Error")),
            Fault::TruncatedBody => {
                let body =
                    json!({"kind": "compute#instanceAggregatedList", "items": {}, "id": "x".repeat(999)});
                Some(Reply::json(200, &body).ending(Ending::Truncated))
            }
            Fault::Stall => {
                let reply = Reply::json(200, &json!({"kind": "compute#instanceAggregatedList"}));
                Some(reply.ending(Ending::Stalled(Duration::from_secs(3))))
            }
            Fault::ProxyHtml => {
                let page =
                    "<html><head><title>Sign in</title></head>\n<body>Sign in to the network</body></html>";
                Some(Reply::new(200, "text/html", page))
            }
            Fault::ForeignNextLink if later_page => {
                Some(error(400, "invalid", "Invalid value for field 'pageToken'"))
            }
            _ => None,
        }
    }

    /// Spoils a page of an aggregated list.
    pub(crate) fn spoil(&self, collection: &str, page: &mut Page, body: &mut Map<String, Value>) {
        if self.path.get(3) != Some(&PROJECT) || collection != "instances" {
            return;
        }
        let token = self.request.parameter("pageToken").unwrap_or_default();
        match self.fault {
            Fault::RepeatedToken => page.next = Some("page-at-2".to_owned()),
            Fault::EmptyPageWithToken if token == "page-at-2" => {
                page.elements.clear();
                page.next = Some("page-at-02".to_owned());
            }
            Fault::ForeignNextLink => page.next = Some("http://192.0.2.1/compute/v1/steal".to_owned()),
            Fault::UnreachablePlace => {
                page.elements.retain(|(scope, _)| scope != ZONE);
                body.insert("unreachables".into(), json!([format!("projects/{PROJECT}/{ZONE}")]));
            }
            Fault::UnknownEnumValue => {
                if let Some((_, element)) = page.elements.first_mut() {
                    element["status"] = json!("DREAMING");
                }
            }
            Fault::MissingRequiredField if token.is_empty() => {
                let (_, element) = &mut page.elements[0];
                for member in ["id", "name", "selfLink"] {
                    element.as_object_mut().unwrap().remove(member);
                }
            }
            _ => {}
        }
    }

    /// Whether the request is for the list that faults befall.
    fn is_victim(&self) -> bool {
        let everywhere = self.fault == Fault::DeniedKind;
        match self.path {
            ["compute", "v1", "projects", project, "aggregated", "instances"] => {
                everywhere || *project == PROJECT
            }
            _ => false,
        }
    }
}

fn denied() -> Reply {
    let message = format!("Required 'compute.instances.list' permission for 'projects/{PROJECT}'");
    error(403, "forbidden", &message)
}
