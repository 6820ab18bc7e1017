//! Who may do what in a project: its IAM policy, and what the roles in it allow.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::calls;
use super::super::inventory::grant::{BINDINGS, ROLES};
use super::ComputeEngine;
use super::connection::Connection;
use super::list::{self, gather};
use crate::sources::Place;
use crate::sources::grants::is_shipped;
use crate::sources::live::{Call, Lane, Listing, Pages, Refusal, RefusalKind, Trouble};

impl ComputeEngine {
    /// Sends the bindings of a project's policy, then the roles of the project, then each other role that the policy
    /// names and this release does not know.
    pub(super) async fn list_grants(&self, listing: &Listing, pages: &Pages) -> Vec<Trouble> {
        let connection = match self.connection().await {
            Ok(connection) => connection,
            Err(refusal) => return vec![refusal.into()],
        };
        let lane = self.pace.lane(&listing.scope.account, &listing.scope.location);
        let project = listing.scope.account.as_str();
        let mut troubles = Vec::new();
        let ledger = self.pace.ledger();
        let asked = self
            .pace
            .call(&lane, &calls::PROJECTS_POLICY, || connection.rest.project_policy(project, ledger));
        let roles = match asked.await {
            Ok(policy) => {
                let bindings = items(&policy, BINDINGS);
                troubles.extend(send(pages, BINDINGS, &bindings).await);
                let role = |binding: &Value| binding.get("role")?.as_str().map(str::to_owned);
                bindings.iter().filter_map(role).collect()
            }
            Err(refusal) => {
                troubles.push(Trouble::from(refusal).of(&calls::PROJECTS_POLICY));
                BTreeSet::new()
            }
        };
        if pages.wants_first_only() {
            return troubles;
        }
        let own = format!("projects/{project}/roles");
        let (found, refused) = self.roles(connection, &lane, &own).await;
        let told: BTreeSet<&str> = found.iter().filter_map(|role| role.get("name")?.as_str()).collect();
        troubles.extend(refused.map(|refusal| Trouble::from(refusal).of(&calls::ROLES_LIST)));
        let open = roles.iter().filter(|role| !is_shipped(role) && !told.contains(role.as_str()));
        let mut others = Vec::new();
        for role in open {
            let asked = self.pace.call(&lane, &calls::ROLES_GET, || connection.rest.iam(role, &[], ledger));
            match asked.await {
                Ok(role) => others.push(Value::Object(role)),
                Err(refusal) => troubles.push(met(&calls::ROLES_GET, role, refusal)),
            }
        }
        troubles.extend(send(pages, ROLES, &found).await);
        troubles.extend(send(pages, ROLES, &others).await);
        troubles
    }

    /// Asks for every role of a project, with what it allows.
    async fn roles(&self, connection: &Connection, lane: &Lane, path: &str) -> (Vec<Value>, Option<Refusal>) {
        gather(ROLES, |token| async move {
            let mut parameters = vec![("view", "FULL"), ("pageSize", "300")];
            parameters.extend(token.as_deref().map(|token| ("pageToken", token)));
            let (rest, ledger) = (&connection.rest, self.pace.ledger());
            self.pace.call(lane, &calls::ROLES_LIST, || rest.iam(path, &parameters, ledger)).await
        })
        .await
    }
}

fn met(call: &Call, role: &str, refusal: Refusal) -> Trouble {
    let mut trouble = Trouble::from(refusal);
    trouble.reason.message = format!("`{role}`: {}", trouble.reason.message);
    trouble.of(call)
}

fn items(body: &Map<String, Value>, member: &str) -> Vec<Value> {
    body.get(member).and_then(Value::as_array).cloned().unwrap_or_default()
}

async fn send(pages: &Pages, envelope: &str, elements: &[Value]) -> Option<Trouble> {
    let place = Place { envelope: Some(envelope.to_owned()), ..Place::default() };
    let sent = pages.send(list::page(place, elements)).await;
    sent.err().map(|error| Refusal::new(RefusalKind::Failed, "stopped", error.to_string()).into())
}
