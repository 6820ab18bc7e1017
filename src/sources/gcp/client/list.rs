//! The lists of one project, page by page.

use std::mem;

use serde_json::{Map, Value};

use super::super::{calls, wire};
use super::ComputeEngine;
use super::collections::Collection;
use super::compute::Query;
use super::connection::Connection;
use super::policies::Policies;
use crate::model::{CoverageStatus, Kind, Scope};
use crate::sources::live::{Answer, Call, Lane, Listing, Page, Pages, Refusal, RefusalKind, Trouble, follow};
use crate::sources::{Header, Place};

/// How many elements a page may hold, at most (SEMANTICS H.3).
pub(super) const PAGE_SIZE: u32 = 500;

/// The member of a body that holds the elements, or the scopes that hold them.
pub(super) const ENVELOPE: &str = "items";

/// The member that holds log sinks.
const SINKS: &str = "sinks";

impl ComputeEngine {
    /// Lists one scope to its terminal page.
    pub(super) async fn list_scope(&self, listing: &Listing, pages: &Pages) -> Vec<Trouble> {
        let scope = &listing.scope;
        if scope.kind == Kind::AuditLog {
            return self.list_sinks(scope, pages).await;
        }
        let Some(collection) = Collection::listed(scope.kind, &scope.location) else {
            let message = format!("Compute Engine lists no {} in `{}`", scope.kind, scope.location);
            return vec![Trouble::new(CoverageStatus::Failed, "no-such-list", message)];
        };
        let connection = match self.connection().await {
            Ok(connection) => connection,
            Err(refusal) => return vec![refusal.into()],
        };
        let lane = self.pace.lane(&scope.account, &scope.location);
        let policies = Policies::new(self, connection, &lane, collection, pages.wants_first_only());
        let (lane, policies) = (&*lane, &policies);
        let mut troubles = follow(pages, |token| async move {
            let query = query(collection, scope, token);
            let body = self.page(connection, lane, collection.list, &query).await?;
            send(body, policies, pages).await
        })
        .await;
        troubles.extend(policies.troubles());
        troubles
    }

    /// Lists the log sinks of a project.
    async fn list_sinks(&self, scope: &Scope, pages: &Pages) -> Vec<Trouble> {
        let connection = match self.connection().await {
            Ok(connection) => connection,
            Err(refusal) => return vec![refusal.into()],
        };
        let lane = self.pace.lane(&scope.account, &scope.location);
        let (lane, path) = (&*lane, &format!("projects/{}/sinks", scope.account));
        follow(pages, |token| async move {
            let ask = || connection.rest.log_settings(path, token.as_deref(), self.pace.ledger());
            let mut body = self.pace.call(lane, &calls::SINKS_LIST, ask).await?;
            let next = next_token(&mut body);
            let sinks = match body.remove(SINKS) {
                Some(Value::Array(sinks)) => sinks,
                // An empty list is left out.
                _ => Vec::new(),
            };
            let place = Place { envelope: Some(SINKS.to_owned()), ..Place::default() };
            Ok(Answer { page: page(place, &sinks), next, ..Answer::default() })
        })
        .await
    }

    /// Asks for a whole list that a survey needs.
    pub(super) async fn whole_list(
        &self,
        connection: &Connection,
        lane: &Lane,
        call: &'static Call,
        query: Query<'_>,
    ) -> (Vec<Value>, Option<Refusal>) {
        gather(ENVELOPE, |token| {
            let query = Query { token, ..query.clone() };
            async move { self.page(connection, lane, call, &query).await }
        })
        .await
    }
}

/// Asks for page after page of a list that is needed whole; returns what came, and what ended it before its
/// terminal page. A token that was seen before ends it, too.
pub(super) async fn gather<F>(
    envelope: &str,
    mut ask: impl FnMut(Option<String>) -> F,
) -> (Vec<Value>, Option<Refusal>)
where
    F: Future<Output = Result<Map<String, Value>, Refusal>>,
{
    let mut elements = Vec::new();
    let mut tokens: Vec<String> = Vec::new();
    loop {
        let mut body = match ask(tokens.last().cloned()).await {
            Ok(body) => body,
            Err(refusal) => return (elements, Some(refusal)),
        };
        if let Some(Value::Array(page)) = body.remove(envelope) {
            elements.extend(page);
        }
        let Some(token) = next_token(&mut body) else { return (elements, None) };
        if tokens.contains(&token) {
            let message = "the vendor gave the same page token twice, so the rest of the list is unknown";
            return (elements, Some(Refusal::new(RefusalKind::Failed, "repeated-token", message)));
        }
        tokens.push(token);
    }
}

fn query<'a>(collection: &Collection, scope: &'a Scope, token: Option<String>) -> Query<'a> {
    let (project, location) = (scope.account.as_str(), scope.location.as_str());
    let address = wire::Address { project, location, zonal: false, collection: collection.name, name: None };
    let path = address.to_locator().to_string();
    Query { project, location, path, token, most: PAGE_SIZE, aggregated: collection.is_aggregated() }
}

/// Sends the lists of one answer, each with the IAM policies of its elements; the last one goes with what
/// the answer says of the next page.
async fn send(
    mut body: Map<String, Value>,
    policies: &Policies<'_>,
    pages: &Pages,
) -> Result<Answer, Refusal> {
    let next = next_token(&mut body);
    let (lists, header) = take_apart(body)?;
    let mut answer = Answer { next, ..Answer::default() };
    answer.troubles.extend(wire::statement(&header).caveats.into_iter().map(Trouble::from));
    for (place, elements) in lists {
        let page = policies.page(place, &elements).await;
        let earlier = mem::replace(&mut answer.page, page);
        if !earlier.is_empty() {
            let stopped = |stopped| Refusal::new(RefusalKind::Failed, "stopped", format!("{stopped}"));
            pages.send(earlier).await.map_err(stopped)?;
        }
    }
    Ok(answer)
}

fn next_token(body: &mut Map<String, Value>) -> Option<String> {
    match body.remove("nextPageToken") {
        Some(Value::String(token)) if !token.is_empty() => Some(token),
        _ => None,
    }
}

/// The lists of a body, each with its place.
type Lists = Vec<(Place, Vec<Value>)>;

/// Takes a body apart as the reader of files does: into lists, each with its place, and what stands beside.
fn take_apart(mut body: Map<String, Value>) -> Result<(Lists, Header), Refusal> {
    let mut header = Header { envelopes: vec![ENVELOPE.to_owned()], ..Header::default() };
    let mut lists = Vec::new();
    match body.remove(ENVELOPE) {
        Some(Value::Array(elements)) => {
            lists.push((Place { envelope: Some(ENVELOPE.to_owned()), ..Place::default() }, elements));
        }
        Some(Value::Object(scopes)) => {
            for (scope, members) in scopes {
                header.scopes.insert(scope.clone(), scope_lists(&scope, members, &mut lists));
            }
        }
        // An empty list has no `items`, but says what it lists; a body that does neither is no list, and
        // must not pass for an empty one.
        _ if body.get("kind").is_some_and(Value::is_string) => {}
        _ => {
            let message = "the answer has neither `kind` nor `items`: it is no list";
            return Err(Refusal::new(RefusalKind::Failed, "not-a-list", message));
        }
    }
    header.members = body;
    Ok((lists, header))
}

/// Moves the lists of one scope of an aggregated list; returns what stands beside them.
fn scope_lists(scope: &str, members: Value, lists: &mut Lists) -> Map<String, Value> {
    let mut beside = Map::new();
    let Value::Object(members) = members else { return beside };
    for (name, value) in members {
        match value {
            Value::Array(elements) => {
                let (scope, list) = (Some(scope.to_owned()), Some(name));
                lists.push((Place { envelope: Some(ENVELOPE.to_owned()), scope, list }, elements));
            }
            other => {
                beside.insert(name, other);
            }
        }
    }
    beside
}

/// Makes a page of elements as they came.
pub(super) fn page(place: Place, elements: &[Value]) -> Page {
    let mut page = Page::at(place);
    for element in elements {
        // A value that was read from JSON serialises.
        let _ = page.push(element);
    }
    page
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn apart(body: &Value) -> Result<(Lists, Header), Refusal> {
        take_apart(body.as_object().cloned().unwrap())
    }

    #[test]
    fn an_aggregated_body_comes_apart_as_a_file_does() {
        let (lists, header) = apart(&json!({
            "kind": "compute#diskAggregatedList",
            "items": {
                "zones/a": {"disks": [{"id": "1"}]},
                "zones/b": {"warning": {"code": "UNREACHABLE", "message": "down"}},
            },
        }))
        .unwrap();
        let place = Place {
            envelope: Some("items".into()),
            scope: Some("zones/a".into()),
            list: Some("disks".into()),
        };
        assert_eq!(lists, [(place, vec![json!({"id": "1"})])]);
        assert_eq!(header.scopes["zones/b"]["warning"]["code"], "UNREACHABLE");
        assert_eq!(wire::statement(&header).caveats.len(), 1);
    }

    #[test]
    fn what_is_no_list_does_not_pass_for_an_empty_one() {
        assert_eq!(apart(&json!({"kind": "compute#imageList"})).unwrap().0, []);
        assert_eq!(apart(&json!({"status": "ok"})).unwrap_err().code, "not-a-list");
    }
}
