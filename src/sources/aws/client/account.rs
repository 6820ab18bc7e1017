//! Which accounts an entry reaches: its own, and the members of its organization.

use aws_sdk_organizations::types::{self, AccountStatus};

use super::session::Session;
use super::walk::collect;
use super::{REGIONAL, push};
use crate::config::{Aws, AwsOrganization, Entry};
use crate::model::{AccountId, EVERYWHERE, Kind, Location, Provider, Scope, Sight};
use crate::sources::Hints;
use crate::sources::aws::GLOBAL;
use crate::sources::aws::calls::LIST_ACCOUNTS;
use crate::sources::live::{Account, Accounts, Listed, Listing, Page, Refusal, Trouble, Unlisted};

/// Returns the accounts that an entry asks for.
pub(super) async fn accounts(own: &Session, entry: &Entry<Aws>) -> Result<Accounts, Refusal> {
    let Some(organization) = &entry.cloud.organization else {
        let accounts = vec![Account { id: own.account.clone(), name: None }];
        return Ok(Accounts { accounts, ..Accounts::default() });
    };
    let members = members(own).await?;
    let mut found = Accounts::default();
    for member in &members {
        let Some(id) = member.id.as_deref().map(AccountId::new) else { continue };
        match left_out(own, organization, &id, member) {
            None => found.accounts.push(Account { id, name: member.name.clone() }),
            Some(trouble) => found.unlisted.extend(unlisted(entry, &id, &trouble)),
        }
    }
    // Delegated administrators see the organization; whoever else asks belongs to none of its members.
    if !members.iter().any(|member| member.id.as_deref() == Some(own.account.as_str())) {
        found.accounts.push(Account { id: own.account.clone(), name: None });
    }
    found.accounts.sort_by_key(|account| (account.id != own.account, account.id.clone()));
    let scope = scope(own, &members);
    if entry.kinds.contains(&Kind::Account) {
        found.listed.push(listed(scope, &members)?);
    } else {
        let trouble = Trouble::skipped("not-configured", "`kinds` leaves accounts out");
        found.unlisted.push(Unlisted { scope, trouble });
    }
    Ok(found)
}

async fn members(own: &Session) -> Result<Vec<types::Account>, Refusal> {
    let request = own.organizations().list_accounts();
    let request = &request;
    let members = collect(|token| async move {
        let send = || request.clone().set_next_token(token.clone()).send();
        let answer = own.ask_at_home(&LIST_ACCOUNTS, send).await?;
        Ok((answer.accounts.unwrap_or_default(), answer.next_token))
    });
    members.await
}

/// Returns why a member is not surveyed, if it is not.
fn left_out(
    own: &Session,
    organization: &AwsOrganization,
    id: &AccountId,
    member: &types::Account,
) -> Option<Trouble> {
    if organization.exclude.contains(id) {
        return Some(Trouble::skipped("excluded", format!("`exclude` leaves account {id} out")));
    }
    let state = member.state.as_ref().map(types::AccountState::as_str);
    let state = state.or_else(|| member.status.as_ref().map(AccountStatus::as_str)).unwrap_or("ACTIVE");
    let is_usable = state == "ACTIVE" || *id == own.account;
    (!is_usable).then(|| Trouble::skipped("account-not-active", format!("account {id} is {state}")))
}

/// Returns each kind of an account as left out.
fn unlisted(entry: &Entry<Aws>, account: &AccountId, trouble: &Trouble) -> Vec<Unlisted> {
    let kinds = REGIONAL.iter().chain(&[Kind::Region, Kind::Grant]).filter(|kind| entry.kinds.contains(kind));
    let unlisted = |kind: &Kind| Unlisted {
        scope: Scope {
            provider: Provider::Aws,
            account: account.clone(),
            location: Location::new(EVERYWHERE),
            kind: *kind,
        },
        trouble: trouble.clone(),
    };
    kinds.map(unlisted).collect()
}

/// Returns what the enumeration covers: the organization, which bears the id of the account that manages it
/// (`arn:aws:organizations::MANAGEMENT:account/o-…/MEMBER`).
fn scope(own: &Session, members: &[types::Account]) -> Scope {
    let manager = members.iter().find_map(|member| member.arn.as_deref()?.split(':').nth(4));
    let account = manager.map_or_else(|| own.account.clone(), AccountId::new);
    Scope { provider: Provider::Aws, account, location: Location::new(GLOBAL), kind: Kind::Account }
}

fn listed(scope: Scope, members: &[types::Account]) -> Result<Listed, Refusal> {
    let mut page = Page::of("Accounts");
    members.iter().try_for_each(|member| push(&mut page, member))?;
    let hints = Hints { account: Some(scope.account.clone()), location: None, sight: Sight::Modelled };
    let listing = Listing { scope, hints, calls: vec![&LIST_ACCOUNTS] };
    Ok(Listed { listing, pages: vec![page], troubles: Vec::new() })
}
