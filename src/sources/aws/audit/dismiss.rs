//! A quick look at a record's bytes that tells that it cannot matter.
//!
//! Whoever calls an operation writes much of its record: names, tags, user agents, whole documents. Within a
//! string every quote is escaped, so that `"eventName"` can only be a whole string. It may still be a value, or
//! a member of something nested; so that it counts only if it stands once in the record and a text follows. A
//! record that is an event has the member itself, which then is the one that was seen, unless it is spelled in
//! another way: in lower case (CloudTrail Lake), or with an escape.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use super::operations::{Interest, interest, unlisted};
use crate::model::Class;
use crate::sources::Ignored;

static SOURCE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"eventSource\""));
static NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"eventName\""));

/// Ways to spell the members otherwise.
static OTHERWISE: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| [Finder::new(b"\\u"), Finder::new(b"\"eventsource\""), Finder::new(b"\"eventname\"")]);

/// Tells why a record cannot matter; `None` where only reading it tells.
///
/// It holds back by service, by operation and, for roles that services assume for themselves, by caller.
pub(super) fn dismiss(raw: &[u8]) -> Option<Ignored> {
    let ignored = by_name(raw)?;
    let as_usual = OTHERWISE.iter().all(|spelling| spelling.find(raw).is_none());
    as_usual.then_some(ignored)
}

fn by_name(raw: &[u8]) -> Option<Ignored> {
    let service = only_text(raw, &SOURCE)?;
    if unlisted(service).is_none() {
        return Some(Ignored::OtherService);
    }
    match interest(service, only_text(raw, &NAME)?) {
        Interest::None(ignored) => Some(ignored),
        Interest::Known(row) if row.class == Class::IamAssume => assumed_by_service(raw),
        Interest::Known(_) | Interest::Unknown(_) => None,
    }
}

/// Returns the text of a member whose name, in quotes, stands once in the record; `None` if it does not, or if
/// no plain text follows.
fn only_text<'a>(raw: &'a [u8], name: &Finder<'_>) -> Option<&'a str> {
    let start = name.find(raw)? + name.needle().len();
    let after = raw.get(start..)?;
    if name.find(after).is_some() {
        return None;
    }
    let text = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let text = text.get(..memchr::memchr(b'"', text)?)?;
    std::str::from_utf8(text).ok().filter(|text| !text.contains('\\'))
}

/// The members that tell whether a service assumed a role for itself. A member that stands twice is an error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Caller<'a> {
    #[serde(borrow)]
    user_identity: Identity<'a>,
}

#[derive(Deserialize)]
struct Identity<'a> {
    r#type: &'a str,
}

fn assumed_by_service(raw: &[u8]) -> Option<Ignored> {
    let caller: Caller<'_> = serde_json::from_slice(raw).ok()?;
    (caller.user_identity.r#type == "AWSService").then_some(Ignored::OtherService)
}
