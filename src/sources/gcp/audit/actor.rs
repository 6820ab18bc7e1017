//! Who did it (SEMANTICS E.3.4, E.5).

use serde_json::Value;

use super::entry::{Entry, is_number};
use super::spelling::{items, text};
use crate::model::{Actor, ActorKind, Client};

/// The account in whose name Compute Engine reports what it did by itself.
const SYSTEM: &str = "system@google.com";

/// The domain of the Google APIs service agent, `<project number>@…`: managed instance groups and Deployment
/// Manager act through it.
const CLOUD_SERVICES: &str = "cloudservices.gserviceaccount.com";

/// What a managed instance group calls itself.
const GROUP_MANAGER: &str = "GCE Managed Instance Group";

/// The domains of service agents, `service-<project number>@…`, and the service of each.
///
/// Anybody can make an account `service-12@my-project.iam.gserviceaccount.com`: a domain that is not in this
/// table is a project like any other.
const AGENTS: &[(&str, &str)] = &[
    ("cloud-tpu.iam.gserviceaccount.com", "tpu.googleapis.com"),
    ("cloudcomposer-accounts.iam.gserviceaccount.com", "composer.googleapis.com"),
    ("compute-system.iam.gserviceaccount.com", "compute-system"),
    ("container-engine-robot.iam.gserviceaccount.com", "container.googleapis.com"),
    ("dataflow-service-producer-prod.iam.gserviceaccount.com", "dataflow.googleapis.com"),
    ("dataproc-accounts.iam.gserviceaccount.com", "dataproc.googleapis.com"),
    ("gae-api-prod.google.com.iam.gserviceaccount.com", "appengineflex.googleapis.com"),
    ("gcp-gae-service.iam.gserviceaccount.com", "appengine.googleapis.com"),
    ("gcp-sa-aiplatform.iam.gserviceaccount.com", "aiplatform.googleapis.com"),
    ("gcp-sa-aiplatform-cc.iam.gserviceaccount.com", "aiplatform.googleapis.com"),
    ("gcp-sa-backupdr.iam.gserviceaccount.com", "backup"),
    ("gcp-sa-cloudbatch.iam.gserviceaccount.com", "batch.googleapis.com"),
    ("gcp-sa-cloudbuild.iam.gserviceaccount.com", "cloudbuild.googleapis.com"),
    ("gcp-sa-notebooks.iam.gserviceaccount.com", "notebooks.googleapis.com"),
    ("gcp-sa-osconfig.iam.gserviceaccount.com", "osconfig.googleapis.com"),
    ("gcp-sa-tpu.iam.gserviceaccount.com", "tpu.googleapis.com"),
    ("gcp-sa-vmmigration.iam.gserviceaccount.com", "vmmigration.googleapis.com"),
];

/// Returns who an entry says did it.
///
/// The key is `principalSubject`; an entry that tells only an address gets the subject that the others of the
/// same principal have (`user:`, `serviceAccount:`), so that both are one actor.
pub(super) fn actor(entry: &Entry, method: &str) -> Actor {
    let Some(info) = entry.at("protoPayload.authenticationInfo") else { return Actor::unknown() };
    let subject = text(info, "principalSubject");
    let email = text(info, "principalEmail").or_else(|| subject.and_then(address));
    let Some(key) = subject.map(str::to_owned).or_else(|| email.map(subject_of)) else {
        return Actor::unknown();
    };
    let session = items(info, "serviceAccountDelegationInfo").iter().rev().find_map(delegate);
    let service = email.filter(|_| session.is_none()).and_then(|email| service(entry, method, email));
    let home = email.and_then(|email| home(email, entry));
    let is_google = service.is_some() || email == Some(SYSTEM);
    Actor {
        name: email.map_or_else(|| bare(&key).to_owned(), str::to_owned),
        kind: if is_google { ActorKind::CloudService } else { kind(&key, email) },
        session: session.map(str::to_owned),
        external: !is_google && home.as_ref().is_some_and(|home| is_elsewhere(home, entry)),
        service,
        home,
        mfa: None,
        credential: text(info, "serviceAccountKeyName").map(|name| last_segment(name).to_owned()),
        key,
    }
}

/// Returns from where it was called.
///
/// Google Cloud does not say whether the console called: a browser's name in the user agent is the caller's
/// own word.
pub(super) fn client(entry: &Entry) -> Client {
    let told = |name: &str| entry.text(&format!("protoPayload.requestMetadata.{name}")).map(str::to_owned);
    Client { ip: told("callerIp"), user_agent: told("callerSuppliedUserAgent"), console: false }
}

/// Returns one of the identities that acted through the next.
pub(super) fn delegate(delegation: &Value) -> Option<&str> {
    text(delegation, "firstPartyPrincipal.principalEmail").or_else(|| text(delegation, "principalSubject"))
}

fn kind(key: &str, email: Option<&str>) -> ActorKind {
    let (sort, rest) = key.split_once(':').unwrap_or((key, ""));
    match sort {
        "user" => ActorKind::Human,
        "serviceAccount" => ActorKind::Workload,
        _ if rest.contains("/workforcePools/") => ActorKind::Human,
        _ if rest.contains("/workloadIdentityPools/") => ActorKind::Workload,
        _ if email.is_some_and(is_service_account) => ActorKind::Workload,
        _ => ActorKind::Unknown,
    }
}

/// Returns the service that acted, by addresses that only Google can act as (SEMANTICS F.5).
fn service(entry: &Entry, method: &str, email: &str) -> Option<String> {
    let (local, domain) = email.split_once('@')?;
    let is_group = || {
        let agent = entry.text("protoPayload.requestMetadata.callerSuppliedUserAgent");
        agent.is_some_and(|agent| agent.starts_with(GROUP_MANAGER))
            || items(entry.request(), "links").iter().any(|link| {
                text(link, "source").is_some_and(|source| source.contains("/instanceGroupManagers/"))
            })
    };
    let name = match (local.strip_prefix("service-"), domain) {
        _ if email == SYSTEM => by_itself(entry, method)?,
        (None, CLOUD_SERVICES) if is_number(local) && is_group() => "mig",
        (None, CLOUD_SERVICES) if is_number(local) => "cloudservices.googleapis.com",
        _ => service_agent(email)?,
    };
    Some(name.to_owned())
}

/// Returns the service whose agent an address is: `service-<project number>@` in a domain that only Google has.
pub(in crate::sources::gcp) fn service_agent(email: &str) -> Option<&'static str> {
    let (number, domain) = email.strip_prefix("service-")?.split_once('@')?;
    let agent = AGENTS.iter().find(|(agent, _)| *agent == domain).filter(|_| is_number(number));
    agent.map(|(_, service)| *service)
}

/// Returns which part of the platform reports an event of its own.
fn by_itself<'a>(entry: &'a Entry, method: &str) -> Option<&'a str> {
    match method.rsplit('.').next().unwrap_or(method) {
        "ScheduledSnapshots" => Some("snapshot-schedule"),
        "preempted" => Some("spot"),
        "recreateInstance" | "instanceManagerHaltForRestart" => Some("mig"),
        _ => match entry.text("protoPayload.serviceName") {
            Some("compute.googleapis.com") => Some("compute-system"),
            service => service,
        },
    }
}

/// Returns the project that a service account belongs to, or the domain that a user does.
///
/// A default account (`<project number>-compute@developer.gserviceaccount.com`) tells a number, which becomes
/// the id where the entry tells both.
fn home(email: &str, entry: &Entry) -> Option<String> {
    let (local, domain) = email.split_once('@')?;
    let project = match domain {
        "developer.gserviceaccount.com" => local.strip_suffix("-compute")?,
        "appspot.gserviceaccount.com" | CLOUD_SERVICES => local,
        domain => domain.strip_suffix(".iam.gserviceaccount.com").unwrap_or(domain),
    };
    let by_id = entry.project_number() == Some(project);
    Some(if by_id { entry.project().to_string() } else { project.to_owned() })
}

/// Whether a service account's project is not the one that recorded it; of a number and of a user's domain,
/// nobody can tell.
fn is_elsewhere(home: &str, entry: &Entry) -> bool {
    let account = entry.account.as_str();
    // `example.com:project` signs as `project.example.com`.
    let scoped = account.split_once(':').map(|(domain, project)| format!("{project}.{domain}"));
    let of_service_account = entry
        .text("protoPayload.authenticationInfo.principalEmail")
        .is_some_and(|email| is_service_account(email) && !is_number(home));
    of_service_account
        && !account.contains('/')
        && !is_number(account)
        && scoped.as_deref().unwrap_or(account) != home
}

fn is_service_account(email: &str) -> bool {
    email.ends_with(".gserviceaccount.com")
}

/// Returns the subject of an address.
fn subject_of(email: &str) -> String {
    if is_service_account(email) {
        format!("serviceAccount:{email}")
    } else if email.contains('@') {
        format!("user:{email}")
    } else {
        email.to_owned()
    }
}

/// Returns the address in a subject of the cloud's own directory.
fn address(subject: &str) -> Option<&str> {
    subject.strip_prefix("user:").or_else(|| subject.strip_prefix("serviceAccount:"))
}

/// Returns the name of a federated identity in its pool.
fn bare(subject: &str) -> &str {
    subject.split_once("/subject/").map_or(subject, |(_, name)| name)
}

fn last_segment(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
