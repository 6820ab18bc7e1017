//! Which projects an entry reaches, by Resource Manager v3.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::calls;
use super::connection::Connection;
use super::list::{self, gather};
use super::survey::{KINDS, not_wanted};
use super::{ComputeEngine, global};
use crate::config::Projects;
use crate::model::{AccountId, EVERYWHERE, Kind, Location, Provider, Scope, Sight};
use crate::sources::live::{Account, Accounts, Call, Lane, Listed, Listing, Refusal, Trouble, Unlisted};
use crate::sources::{Hints, Place};

/// What an enumeration found.
#[derive(Default)]
struct Enumerated {
    projects: Vec<Value>,
    /// What was refused, by which call, and below which folder or organization.
    refused: Vec<(&'static Call, String, Refusal)>,
}

impl Enumerated {
    fn troubles(&self) -> Vec<Trouble> {
        let trouble = |(call, parent, refusal): &(&'static Call, String, Refusal)| {
            let mut trouble = Trouble::from(refusal);
            if !parent.is_empty() {
                trouble.reason.message = format!("below `{parent}`: {}", refusal.message);
            }
            trouble.of(call)
        };
        self.refused.iter().map(trouble).collect()
    }
}

impl ComputeEngine {
    /// Makes sure of the credentials, and finds the projects.
    ///
    /// # Errors
    ///
    /// Credentials that are missing or not accepted; an enumeration that found nothing because it failed.
    pub(super) async fn find_projects(&self) -> Result<Accounts, Refusal> {
        let connection = self.connection().await?;
        let root = self.root();
        let lane = self.pace.lane(&root, &global());
        self.pace.call(&lane, &calls::TOKEN, || connection.rest.token()).await?;
        let (found, calls) = match &self.entry.cloud.projects {
            Projects::Listed(ids) => {
                let accounts = ids.iter().map(|id| Account { id: id.clone(), name: None }).collect();
                return Ok(Accounts { accounts, ..Accounts::default() });
            }
            Projects::All => {
                let mut found = Enumerated::default();
                self.add_projects(connection, &lane, &calls::PROJECTS_SEARCH, "", &mut found).await;
                (found, vec![&calls::PROJECTS_SEARCH])
            }
            Projects::Folder(_) | Projects::Organization(_) => {
                let found = self.walk(connection, &lane, root.as_str()).await;
                (found, vec![&calls::PROJECTS_LIST, &calls::FOLDERS_LIST])
            }
        };
        match found.refused.first() {
            Some((.., refusal)) if found.projects.is_empty() => Err(refusal.clone()),
            _ => Ok(self.accounts_of(&root, &found, calls)),
        }
    }

    /// Returns the account that the enumeration itself belongs to.
    ///
    /// What a search finds depends on who searches, so it belongs to the entry.
    fn root(&self) -> AccountId {
        AccountId::new(match &self.entry.cloud.projects {
            Projects::Folder(number) => format!("folders/{number}"),
            Projects::Organization(number) => format!("organizations/{number}"),
            Projects::All | Projects::Listed(_) => format!("search:{}", self.entry.name),
        })
    }

    /// Lists the projects of a folder or organization and of every folder below it.
    async fn walk(&self, connection: &Connection, lane: &Lane, root: &str) -> Enumerated {
        let mut found = Enumerated::default();
        let mut seen = BTreeSet::new();
        let mut parents = vec![root.to_owned()];
        while let Some(parent) = parents.pop() {
            if !seen.insert(parent.clone()) {
                continue;
            }
            self.add_projects(connection, lane, &calls::PROJECTS_LIST, &parent, &mut found).await;
            let (folders, refusal) = self.resources(connection, lane, &calls::FOLDERS_LIST, &parent).await;
            parents.extend(folders.iter().filter_map(|folder| text(folder, "name")));
            found.refused.extend(refusal.map(|refusal| (&calls::FOLDERS_LIST, parent, refusal)));
        }
        found
    }

    /// Asks for a whole list of projects.
    async fn add_projects(
        &self,
        connection: &Connection,
        lane: &Lane,
        call: &'static Call,
        parent: &str,
        found: &mut Enumerated,
    ) {
        let (projects, refusal) = self.resources(connection, lane, call, parent).await;
        found.projects.extend(projects);
        found.refused.extend(refusal.map(|refusal| (call, parent.to_owned(), refusal)));
    }

    /// Asks for a whole list of projects or folders; those about to be deleted are told, too.
    async fn resources(
        &self,
        connection: &Connection,
        lane: &Lane,
        call: &'static Call,
        parent: &str,
    ) -> (Vec<Value>, Option<Refusal>) {
        let (path, envelope, mut fixed) = match call.name {
            "projects.search" => ("projects:search", "projects", vec![("pageSize", "500")]),
            "projects.list" => ("projects", "projects", vec![("pageSize", "300"), ("showDeleted", "true")]),
            _ => ("folders", "folders", vec![("pageSize", "300")]),
        };
        if !parent.is_empty() {
            fixed.push(("parent", parent));
        }
        let fixed = &fixed;
        gather(envelope, |token| async move {
            let mut parameters = fixed.clone();
            parameters.extend(token.as_deref().map(|token| ("pageToken", token)));
            let (rest, ledger) = (&connection.rest, self.pace.ledger());
            self.pace.call(lane, call, || rest.resource_manager(path, &parameters, ledger)).await
        })
        .await
    }

    /// Divides what was found into projects to survey and projects that are on their way out.
    fn accounts_of(&self, root: &AccountId, found: &Enumerated, calls: Vec<&'static Call>) -> Accounts {
        let mut accounts = Accounts::default();
        for project in found.projects.iter().filter_map(Value::as_object) {
            let Some(id) = project.get("projectId").and_then(Value::as_str).map(AccountId::new) else {
                continue;
            };
            match project.get("state").and_then(Value::as_str) {
                Some("DELETE_REQUESTED") => accounts.unlisted.extend(self.leaving(&id)),
                _ => accounts.accounts.push(Account { id, name: display_name(project) }),
            }
        }
        accounts.accounts.sort();
        accounts.accounts.dedup();
        let scope =
            Scope { provider: Provider::Gcp, account: root.clone(), location: global(), kind: Kind::Account };
        if self.entry.kinds.contains(&Kind::Account) {
            let hints =
                Hints { account: Some(root.clone()), location: Some(global()), sight: Sight::Everything };
            let place = Place { envelope: Some("projects".to_owned()), ..Place::default() };
            let pages = vec![list::page(place, &found.projects)];
            let listing = Listing { scope, hints, calls };
            accounts.listed.push(Listed { listing, pages, troubles: found.troubles() });
        } else {
            accounts.unlisted.push(Unlisted { scope, trouble: not_wanted(&self.entry.name) });
        }
        accounts
    }

    /// Returns the scopes of a project that will be deleted: its resources are stopped, and may come back.
    fn leaving(&self, project: &AccountId) -> Vec<Unlisted> {
        let message = "the project is about to be deleted; until then it can be restored with all it has";
        let wanted = KINDS.iter().filter(|kind| self.entry.kinds.contains(kind));
        let unlisted = |kind: &Kind| Unlisted {
            scope: Scope {
                provider: Provider::Gcp,
                account: project.clone(),
                location: Location::new(EVERYWHERE),
                kind: *kind,
            },
            trouble: Trouble::skipped("project-delete-requested", message),
        };
        wanted.map(unlisted).collect()
    }
}

fn display_name(project: &Map<String, Value>) -> Option<String> {
    let name = project.get("displayName").and_then(Value::as_str)?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn text(value: &Value, member: &str) -> Option<String> {
    value.get(member).and_then(Value::as_str).map(str::to_owned)
}
