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
use crate::sources::live::{
    Account, Accounts, Call, Lane, Listed, Listing, Refusal, RefusalKind, Trouble, Unlisted,
};
use crate::sources::{Hints, Place};

/// What an enumeration found.
#[derive(Default)]
struct Enumerated {
    projects: Vec<Value>,
    troubles: Vec<Trouble>,
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
                let found = self.resources(connection, &lane, &calls::PROJECTS_SEARCH, "").await;
                (found, vec![&calls::PROJECTS_SEARCH])
            }
            Projects::Folder(_) | Projects::Organization(_) => {
                let found = self.walk(connection, &lane, root.as_str()).await;
                (found, vec![&calls::PROJECTS_LIST, &calls::FOLDERS_LIST])
            }
        };
        if found.projects.is_empty()
            && let Some(trouble) = found.troubles.first()
        {
            return Err(self.refusal(&calls, trouble));
        }
        Ok(self.accounts_of(&root, found, calls))
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
            let mut projects = self.resources(connection, lane, &calls::PROJECTS_LIST, &parent).await;
            found.projects.append(&mut projects.projects);
            found.troubles.append(&mut projects.troubles);
            let mut folders = self.resources(connection, lane, &calls::FOLDERS_LIST, &parent).await;
            found.troubles.append(&mut folders.troubles);
            parents.extend(folders.projects.iter().filter_map(|folder| text(folder, "name")));
        }
        found
    }

    /// Asks for a whole list of projects or folders; those about to be deleted are told, too.
    async fn resources(
        &self,
        connection: &Connection,
        lane: &Lane,
        call: &'static Call,
        parent: &str,
    ) -> Enumerated {
        let (path, envelope, fixed) = match call.name {
            "projects.search" => ("projects:search", "projects", vec![("pageSize", "500")]),
            "folders.list" => ("folders", "folders", vec![("pageSize", "300"), ("parent", parent)]),
            _ => {
                let fixed = vec![("pageSize", "300"), ("parent", parent), ("showDeleted", "true")];
                ("projects", "projects", fixed)
            }
        };
        let fixed = &fixed;
        let (projects, troubles) = gather(|token| async move {
            let mut parameters = fixed.clone();
            parameters.extend(token.as_deref().map(|token| ("pageToken", token)));
            let (rest, ledger) = (&connection.rest, self.pace.ledger());
            let body = self.pace.call(lane, call, || rest.resource_manager(path, &parameters, ledger)).await?;
            Ok((body, envelope))
        })
        .await;
        let context = if parent.is_empty() { String::new() } else { format!(" (below `{parent}`)") };
        let placed = |mut trouble: Trouble| {
            trouble.reason.message.push_str(&context);
            trouble.of(call)
        };
        Enumerated { projects, troubles: troubles.into_iter().map(placed).collect() }
    }

    /// Returns the refusal that an enumeration failed with, as the ledger has it.
    fn refusal(&self, calls: &[&'static Call], trouble: &Trouble) -> Refusal {
        let records = self.pace.ledger().calls().into_iter();
        let mut refusals = records
            .filter(|record| calls.contains(&record.call) && record.account == self.root())
            .filter_map(|record| record.refusal);
        refusals.next().unwrap_or_else(|| {
            let reason = trouble.reason.clone();
            Refusal::new(RefusalKind::Failed, reason.code, reason.message)
        })
    }

    /// Divides what was found into projects to survey and projects that are on their way out.
    fn accounts_of(&self, root: &AccountId, found: Enumerated, calls: Vec<&'static Call>) -> Accounts {
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
        let scope = Scope {
            provider: Provider::Gcp,
            account: root.clone(),
            location: global(),
            kind: Kind::Account,
        };
        if self.entry.kinds.contains(&Kind::Account) {
            let hints = Hints {
                account: Some(root.clone()),
                location: Some(global()),
                sight: Sight::Everything,
            };
            let place = Place { envelope: Some("projects".to_owned()), ..Place::default() };
            let pages = vec![list::page(place, &found.projects)];
            let listing = Listing { scope, hints, calls };
            accounts.listed.push(Listed { listing, pages, troubles: found.troubles });
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
