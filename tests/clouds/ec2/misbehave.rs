//! The faults, as EC2 shows them.
//!
//! The victim is `DescribeVolumes` in [`PLACE`].

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::fault::Fault;
use crate::server::{Ending, Reply};

use super::call::{Call, Service};
use super::page::Page;
use super::world::World;

/// The region of the victim.
pub const PLACE: &str = "eu-west-1";

/// The operation of the victim.
pub const LIST: &str = "DescribeVolumes";

const FOREIGN: &str = "https://pages.example/?after=second&more=<yes>";

const EMPTY: &str = "nothing-before-the-second";

const HTML: &str =
    "<html><head><title>Sign in</title></head><body>Please sign in to the network.</body></html>";

/// A fault at work.
#[derive(Debug)]
pub struct Misbehaviour {
    fault: Fault,
    /// How often the victim was asked.
    asked: AtomicU32,
}

impl Misbehaviour {
    pub fn new(fault: Fault) -> Self {
        Self { fault, asked: AtomicU32::new(0) }
    }

    /// Spoils the elements of the world that the fault is about.
    pub fn spoil(&self, world: &mut World) {
        let account = world.account.clone();
        let lists = &mut world.place(&account, PLACE).lists;
        match self.fault {
            Fault::UnknownEnumValue => {
                lists.get_mut(LIST).unwrap()[0]["State"] = json!("defragmenting");
                let instance =
                    lists.get_mut("DescribeInstances").unwrap()[0].pointer_mut("/Instances/0/State");
                *instance.unwrap() = json!({ "Code": 112, "Name": "daydreaming" });
            }
            Fault::MissingRequiredField => {
                lists.get_mut(LIST).unwrap()[0].as_object_mut().unwrap().remove("VolumeId");
            }
            _ => {}
        }
    }

    /// Returns the refusal that comes in place of the right answer.
    pub fn refusal(&self, call: &Call<'_>) -> Option<Reply> {
        match self.fault {
            Fault::ExpiredCredentials => {
                let message = "The security token included in the request is expired";
                return Some(call.refuse(403, "ExpiredToken", message));
            }
            Fault::DeniedKind if call.operation == LIST => return Some(denied(call)),
            Fault::DeniedLocation if call.region == PLACE => return Some(denied(call)),
            Fault::UnreachablePlace if call.region == PLACE => {
                let message = "The service is unavailable. Please try again shortly.";
                return Some(call.refuse(503, "Unavailable", message));
            }
            _ if is_victim(call) => {}
            _ => return None,
        }
        let is_first = self.asked.fetch_add(1, Ordering::Relaxed) == 0;
        let is_later_page = call.parameter("NextToken").is_some();
        match self.fault {
            Fault::ThrottledOnce if is_first => Some(throttled(call).with_header("retry-after", "1")),
            Fault::ThrottledOnceWithout if is_first => Some(throttled(call)),
            Fault::ThrottledForGood => Some(throttled(call)),
            Fault::FailsMidPaging if is_later_page => {
                Some(call.refuse(500, "InternalError", "An internal error has occurred"))
            }
            Fault::ProxyHtml => Some(Reply::new(200, "text/html", HTML)),
            _ => None,
        }
    }

    /// Returns the token that the server gave for `token`, where the fault put another in its place.
    pub fn token<'t>(token: &'t str, second: &'t str) -> &'t str {
        if matches!(token, FOREIGN | EMPTY) { second } else { token }
    }

    /// Changes a page; `second` is the token of the second.
    pub fn page(&self, call: &Call<'_>, page: &mut Page, second: &str) {
        if !is_victim(call) {
            return;
        }
        let asked = call.parameter("NextToken");
        match (self.fault, asked.as_deref()) {
            (Fault::EmptyPageWithToken, None) => page.next = Some(EMPTY.to_owned()),
            (Fault::EmptyPageWithToken, Some(EMPTY)) => {
                *page = Page { elements: Vec::new(), next: Some(second.to_owned()) };
            }
            (Fault::RepeatedToken, _) => page.next = Some(second.to_owned()),
            (Fault::ForeignNextLink, None) => page.next = Some(FOREIGN.to_owned()),
            _ => {}
        }
    }

    /// Returns how the right answer ends.
    pub fn ending(&self, call: &Call<'_>) -> Ending {
        match self.fault {
            Fault::TruncatedBody if is_victim(call) => Ending::Truncated,
            Fault::Stall if is_victim(call) => Ending::Stalled(Duration::from_secs(20)),
            _ => Ending::Whole,
        }
    }
}

fn is_victim(call: &Call<'_>) -> bool {
    call.operation == LIST && call.region == PLACE
}

fn denied(call: &Call<'_>) -> Reply {
    let code = if call.service == Service::Ec2 { "UnauthorizedOperation" } else { "AccessDenied" };
    let message = format!(
        "You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/scanner is not \
         authorized to perform: ec2:{} with an explicit deny in a service control policy",
        call.operation
    );
    call.refuse(403, code, &message)
}

/// Returns the refusal of a request too many.
pub(super) fn throttled(call: &Call<'_>) -> Reply {
    call.refuse(503, "RequestLimitExceeded", "Request limit exceeded.")
}
