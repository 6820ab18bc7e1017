//! What the server does when it misbehaves.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::world::SUBSCRIPTIONS;
use super::{Service, error, is_victim};
use crate::fault::Fault;
use crate::server::{Ending, Reply};

impl Service {
    /// Returns what is answered instead of a reply.
    pub(super) fn misbehave(&self, path: &str, skip: &str) -> Option<Reply> {
        let fault = self.manner.fault?;
        let in_place = path.starts_with(&format!("/subscriptions/{}/", SUBSCRIPTIONS[0]));
        let html = || Reply::new(200, "text/html", "<html><body>Please log in to the proxy.</body></html>");
        match fault {
            Fault::DeniedLocation if in_place => return Some(error(403, "AuthorizationFailed")),
            Fault::UnreachablePlace if in_place => return Some(Reply { status: 504, ..html() }),
            Fault::DeniedKind if path.ends_with("/providers/microsoft.compute/disks") => {
                return Some(error(403, "AuthorizationFailed"));
            }
            _ if !is_victim(path) => return None,
            _ => {}
        }
        let first = self.victims.fetch_add(1, Ordering::Relaxed) == 0;
        let throttled = || error(429, "TooManyRequests");
        match fault {
            Fault::ThrottledOnce if first => Some(throttled().with_header("retry-after", "1")),
            Fault::ThrottledOnceWithout if first => Some(throttled()),
            Fault::ThrottledForGood => Some(throttled()),
            Fault::FailsMidPaging if !skip.is_empty() => Some(error(500, "InternalServerError")),
            Fault::TruncatedBody => {
                Some(Reply::json(200, &json!({"value": [{}, {}, {}]})).ending(Ending::Truncated))
            }
            Fault::Stall => {
                Some(Reply::json(200, &json!({"value": []})).ending(Ending::Stalled(Duration::from_secs(3))))
            }
            Fault::ProxyHtml => Some(html()),
            _ => None,
        }
    }

    /// Returns a page, with what is wrong about it.
    pub(super) fn meddle(
        &self,
        path: &str,
        skip: &str,
        mut elements: Vec<Value>,
        mut next: Option<String>,
    ) -> Value {
        let fault = self.manner.fault.filter(|_| is_victim(path));
        match fault {
            Some(Fault::EmptyPageWithToken) if skip.is_empty() => {
                next = next.map(|next| leading_to(&next, "empty"));
            }
            Some(Fault::EmptyPageWithToken) if skip == "empty" => elements.clear(),
            Some(Fault::RepeatedToken) => {
                next = next.map(|next| leading_to(&next, &self.manner.page.to_string()));
            }
            Some(Fault::ForeignNextLink) => next = next.map(|_| format!("{}{path}?p=2", self.manner.foreign)),
            Some(Fault::UnknownEnumValue) if skip.is_empty() => {
                elements[1]["properties"]["osType"] = json!("Plan9");
                elements[1]["properties"]["diskState"] = json!("Levitating");
            }
            Some(Fault::MissingRequiredField) if skip.is_empty() => {
                elements[1].as_object_mut().unwrap().remove("id");
            }
            _ => {}
        }
        json!({"value": elements, "nextLink": next})
    }
}

/// Returns a link with another token.
fn leading_to(next: &str, token: &str) -> String {
    let (before, _) = next.rsplit_once("skiptoken=").unwrap();
    format!("{before}skiptoken={token}")
}
