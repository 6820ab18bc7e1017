//! Who is outside: neither one's own account nor one that the store knows (SEMANTICS F.7, CH8).

use std::collections::BTreeSet;

use super::Ground;
use super::lives::principals;
use crate::model::{AuditEvent, Class, Grant, PrincipalKind, Provider};

/// Whether a grant admits somebody outside.
pub(super) fn is_outside(grant: &Grant, ground: &Ground<'_>) -> bool {
    match grant.kind {
        PrincipalKind::Public => true,
        PrincipalKind::Account => !ground.own_accounts.contains(&grant.principal),
        // Whose they are the grant does not tell.
        PrincipalKind::Org | PrincipalKind::User => false,
    }
}

/// Returns the outsiders that a fact of an event names.
pub(super) fn outsiders(event: &AuditEvent, fact: &str, ground: &Ground<'_>) -> BTreeSet<String> {
    let named = principals(event, fact).filter(|principal| match event.provider {
        Provider::Aws => is_strange_account(principal, event, ground),
        Provider::Gcp => is_strange_member(principal, event, ground),
        Provider::Azure => false,
    });
    named.map(str::to_owned).collect()
}

/// Returns the outsider who made something of what an event names: AWS tells the owner of a snapshot when
/// another account makes a volume or a copy of it, without any call of the owner's (SEMANTICS E.1.3).
pub(super) fn user(event: &AuditEvent, ground: &Ground<'_>) -> Option<String> {
    let uses = matches!(event.class, Class::VolumeCreate | Class::SnapshotCopy);
    let home = event.actor.home.as_ref().filter(|_| uses && event.actor.external)?;
    let new = !ground.established.contains(&event.actor.key);
    (new && !ground.own_accounts.contains(home)).then(|| home.clone())
}

fn is_strange_account(principal: &str, event: &AuditEvent, ground: &Ground<'_>) -> bool {
    let account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
    principal == "all"
        || account && principal != event.account.as_str() && !ground.own_accounts.contains(principal)
}

/// Whether a member of a policy is everybody, a service account of another project, or somebody of another
/// domain than who gave it.
fn is_strange_member(member: &str, event: &AuditEvent, ground: &Ground<'_>) -> bool {
    if matches!(member, "allUsers" | "allAuthenticatedUsers") {
        return true;
    }
    let Some((_, domain)) = member.rsplit_once('@') else { return false };
    if let Some(project) = domain.strip_suffix(".iam.gserviceaccount.com") {
        // Google's own agents live in projects of Google's.
        return !project.starts_with("gcp-sa-")
            && project != event.account.as_str()
            && !ground.own_accounts.contains(project);
    }
    let giver = event.actor.name.rsplit_once('@').map(|(_, domain)| domain);
    let person = member.starts_with("user:") || member.starts_with("group:");
    person && giver.is_some_and(|giver| !giver.ends_with("gserviceaccount.com") && giver != domain)
}
