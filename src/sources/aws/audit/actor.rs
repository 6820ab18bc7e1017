//! Who called (SEMANTICS E.1.5, E.5, D.2).

use serde_json::Value;

use super::native::{Native, at, is_true, member, text_of};
use crate::model::{Actor, ActorKind, Client};

/// The short names of services that act on compute by themselves; any other keeps its DNS name.
const SERVICES: &[(&str, &str)] = &[
    ("autoscaling.amazonaws.com", "autoscaling"),
    ("backup.amazonaws.com", "backup"),
    ("cloudformation.amazonaws.com", "cloudformation"),
    ("dlm.amazonaws.com", "dlm"),
    ("ec2fleet.amazonaws.com", "ec2fleet"),
    ("spot.amazonaws.com", "spot"),
    ("spotfleet.amazonaws.com", "spot"),
];

/// The path of roles that only a service of the vendor can make and assume.
const SERVICE_ROLES: &str = ":role/aws-service-role/";

/// What `invokedBy` says of calls that the console makes for whoever is signed in: nobody else acts.
const CONSOLE: &str = "signin.amazonaws.com";

/// What `invokedBy` says where it names no service.
const NO_SERVICE: &[&str] = &["AWS Internal", CONSOLE];

/// Returns who called.
///
/// The key holds the id that is never used again (`AROA…`, `AIDA…`), so that a role or user that was deleted
/// and made again is another actor. The service stands only where AWS itself says so: `invokedBy`, the type
/// `AWSService`, or a service-linked role. A person who calls through a service stays the actor, with the
/// service beside; only a record that names no credential is the service's own.
pub(super) fn actor(native: &Native, account: Option<&str>) -> Actor {
    let identity = Identity { value: native.identity() };
    let mut actor = match identity.text("type") {
        Some("Root") => root(&identity),
        Some("AWSService") => identity.service_itself().unwrap_or_else(Actor::unknown),
        Some("AWSAccount") => other_account(&identity),
        Some("AssumedRole" | "Role") => session(&identity),
        Some("FederatedUser") if identity.text("sessionContext/sessionIssuer/arn").is_some() => {
            session(&identity)
        }
        Some(kind) => principal(&identity, kind),
        None => of_service_event(&identity, native, account),
    };
    actor.home = actor.home.or_else(|| identity.text("accountId").map(str::to_owned));
    actor.external = actor.home.as_deref().zip(account).is_some_and(|(home, account)| home != account);
    actor.credential = identity.text("accessKeyId").map(str::to_owned);
    actor.mfa = identity.mfa();
    actor.session = identity.source_identity().map(str::to_owned).or(actor.session);
    actor
}

/// Returns from where and with what it was called.
///
/// `sessionCredentialFromConsole`, in older records `invokedBy`, is AWS's word; what the program says of itself
/// is not taken for it.
pub(super) fn client(native: &Native) -> Client {
    let owned = |name: &str| native.text(name).map(str::to_owned);
    Client {
        ip: owned("sourceIPAddress"),
        user_agent: owned("userAgent"),
        console: native.get("sessionCredentialFromConsole").is_some_and(is_true)
            || text_of(native.identity(), "invokedBy") == Some(CONSOLE),
    }
}

/// Returns the name of an assumed role's session, which its caller chose.
pub(super) fn session_name(native: &Native) -> Option<&str> {
    let identity = Identity { value: native.identity() };
    (identity.text("type") == Some("AssumedRole")).then(|| identity.session_name()).flatten()
}

/// Returns the source identity, which stays through every role that is assumed on the way.
pub(super) fn source_identity(native: &Native) -> Option<&str> {
    Identity { value: native.identity() }.source_identity()
}

/// Returns the short name of a service.
pub(super) fn service_name(dns: &str) -> &str {
    SERVICES.iter().find(|(name, _)| *name == dns).map_or(dns, |(_, short)| short)
}

/// Whether a service of the vendor called for itself: `type: AWSService`.
pub(super) fn is_service(native: &Native) -> bool {
    text_of(native.identity(), "type") == Some("AWSService")
}

/// `userIdentity`.
struct Identity<'a> {
    value: &'a Value,
}

impl<'a> Identity<'a> {
    fn text(&self, path: &str) -> Option<&'a str> {
        at(self.value, path).into_iter().find_map(Value::as_str).filter(|text| !text.is_empty())
    }

    /// The service that made the call, by AWS's word.
    fn invoker(&self) -> Option<&'a str> {
        self.text("invokedBy").filter(|service| !NO_SERVICE.contains(service))
    }

    fn source_identity(&self) -> Option<&'a str> {
        self.text("sessionContext/sourceIdentity")
    }

    /// The name of the session: the end of `…:assumed-role/ROLE/SESSION` or `…:federated-user/NAME`.
    fn session_name(&self) -> Option<&'a str> {
        let resource = self.text("arn").and_then(|arn| arn.rsplit(':').next()).unwrap_or_default();
        let mut words = resource.split('/');
        let of_arn = match (words.next(), words.next(), words.next()) {
            (Some("assumed-role"), Some(_), Some(session)) => Some(session),
            (Some("federated-user"), Some(user), None) => Some(user),
            _ => None,
        };
        of_arn.or_else(|| self.text("principalId").and_then(|id| id.split_once(':')).map(|(_, name)| name))
    }

    fn mfa(&self) -> Option<bool> {
        let attributes = at(self.value, "sessionContext/attributes");
        attributes.into_iter().find_map(|it| member(it, "mfaAuthenticated")).and_then(super::native::flag)
    }

    /// Whether the session's credentials were given to a program: by the metadata service of an instance, or
    /// by a service to what runs in it.
    fn is_workload(&self) -> bool {
        let delivered = at(self.value, "sessionContext/ec2RoleDelivery").into_iter().any(|it| !it.is_null());
        delivered || self.text("inScopeOf/issuerType").is_some()
    }

    /// The service as the actor itself.
    fn service_itself(&self) -> Option<Actor> {
        let dns = self.text("invokedBy")?;
        let service = self.invoker().map(|dns| service_name(dns).to_owned());
        let key = format!("service:{dns}");
        Some(Actor { name: dns.to_owned(), kind: ActorKind::CloudService, service, key, ..Actor::unknown() })
    }
}

/// Joins an address that another could bear later and the id that is never used again.
fn key(arn: Option<&str>, id: Option<&str>) -> Option<String> {
    match (arn, id) {
        (Some(arn), Some(id)) => Some(format!("{arn}#{id}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

fn named(key: Option<String>, name: Option<&str>, kind: ActorKind, identity: &Identity<'_>) -> Actor {
    let unknown = Actor::unknown();
    let name = name.map(str::to_owned).or_else(|| key.clone()).unwrap_or(unknown.name);
    let service = identity.invoker().map(|dns| service_name(dns).to_owned());
    Actor { key: key.unwrap_or(unknown.key), name, kind, service, ..Actor::unknown() }
}

/// An assumed role, or a user that another one federates: the issuer is who it is, the session who stands
/// behind it.
fn session(identity: &Identity<'_>) -> Actor {
    let issuer = |name: &str| identity.text(&format!("sessionContext/sessionIssuer/{name}"));
    let own_id = identity.text("principalId");
    // `AROA…:session`; some recordings of the issuer's id bear the session as well.
    let id = issuer("principalId").or(own_id).map(|id| id.split_once(':').map_or(id, |(id, _)| id));
    let name = issuer("arn").map(str::to_owned).or_else(|| identity.text("arn").map(role_of_session));
    let linked = name.as_deref().and_then(linked_service);
    let kind = match linked {
        Some(_) => ActorKind::ServiceLinked,
        None if identity.is_workload() => ActorKind::Workload,
        None => ActorKind::RoleSession,
    };
    let linked = linked.map(|dns| service_name(dns).to_owned());
    let actor = named(key(name.as_deref(), id), name.as_deref(), kind, identity);
    let is_session = identity.text("type") != Some("Role");
    let session = identity.session_name().filter(|_| is_session).map(str::to_owned);
    Actor { session, service: actor.service.clone().or(linked), ..actor }
}

/// The role of a session whose issuer is not told: `…:assumed-role/NAME/session` without its session.
fn role_of_session(arn: &str) -> String {
    arn.rsplit_once('/').map_or(arn, |(role, _)| role).to_owned()
}

/// The service that a role is linked to, by the role's path.
fn linked_service(arn: &str) -> Option<&str> {
    arn.split_once(SERVICE_ROLES)?.1.split_once('/').map(|(service, _)| service)
}

/// The root user; what bears its name and no credential is what services once did in the account.
fn root(identity: &Identity<'_>) -> Actor {
    let has_credential =
        identity.text("accessKeyId").is_some() || member(identity.value, "sessionContext").is_some();
    if let Some(service) = identity.service_itself().filter(|it| it.service.is_some() && !has_credential) {
        return service;
    }
    let account = identity.text("accountId").unwrap_or("unknown");
    named(Some(format!("root:{account}")), identity.text("arn"), ActorKind::Root, identity)
}

/// Another account, of which AWS tells no more.
fn other_account(identity: &Identity<'_>) -> Actor {
    let account = identity.text("accountId").map(|account| format!("account:{account}"));
    let name = account.clone();
    let key = key(account.as_deref(), identity.text("principalId"));
    named(key, name.as_deref(), ActorKind::Unknown, identity)
}

/// A user of any directory.
fn principal(identity: &Identity<'_>, kind: &str) -> Actor {
    let kind = match kind {
        "IAMUser" | "SAMLUser" | "Directory" | "IdentityCenterUser" => ActorKind::Human,
        _ => ActorKind::Unknown,
    };
    let arn = identity.text("arn");
    let of_center = || {
        let user = identity.text("onBehalfOf/userId")?;
        let store = identity.text("onBehalfOf/identityStoreArn").unwrap_or("unknown");
        Some(format!("{user}@{store}"))
    };
    let user = identity.text("userName");
    let key = key(arn, identity.text("principalId")).or_else(of_center).or_else(|| user.map(str::to_owned));
    named(key, arn.or(user), kind, identity)
}

/// Who a record without a caller is about: another account that used what this one shares, else the service.
///
/// That EC2 reports what a stranger did does not make it EC2's deed.
fn of_service_event(identity: &Identity<'_>, native: &Native, account: Option<&str>) -> Actor {
    let home = identity.text("accountId");
    if home.zip(account).is_some_and(|(home, account)| home != account) {
        return Actor { service: None, ..other_account(identity) };
    }
    match identity.service_itself() {
        // The only one of EC2's own events that spot reclaims.
        Some(actor) if native.text("eventName") == Some("BidEvictedEvent") => {
            Actor { service: Some("spot".to_owned()), ..actor }
        }
        Some(actor) => actor,
        None if identity.value.is_null() => Actor::unknown(),
        None => other_account(identity),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::event;
    use super::*;

    fn acted(identity: Value) -> Actor {
        event(Value::from_iter([("eventName", json!("RunInstances")), ("userIdentity", identity)])).actor
    }

    fn role(issuer: &str, members: Value) -> Value {
        let mut identity = json!({
            "type": "AssumedRole", "principalId": "AROAEXAMPLE:worker-1", "accountId": "111122223333",
            "arn": "arn:aws:sts::111122223333:assumed-role/NAME/worker-1", "accessKeyId": "ASIAEXAMPLE",
            "sessionContext": { "sessionIssuer": { "type": "Role", "principalId": "AROAEXAMPLE", "arn": issuer } },
        });
        let Value::Object(members) = members else { panic!() };
        identity.as_object_mut().unwrap().extend(members);
        identity
    }

    const PLAIN: &str = "arn:aws:iam::111122223333:role/builder";

    #[test]
    fn a_user_is_its_arn_and_the_id_that_is_never_used_again() {
        let user = |id: &str| {
            acted(json!({ "type": "IAMUser", "principalId": id, "accountId": "111122223333",
                "arn": "arn:aws:iam::111122223333:user/alice", "accessKeyId": "AKIA1", "userName": "alice" }))
        };
        let alice = user("AIDA1");
        assert_eq!(alice.key, "arn:aws:iam::111122223333:user/alice#AIDA1");
        assert_eq!(
            (alice.name.as_str(), alice.kind),
            ("arn:aws:iam::111122223333:user/alice", ActorKind::Human)
        );
        assert_eq!((alice.credential.as_deref(), alice.service.as_deref()), (Some("AKIA1"), None));
        assert_ne!(alice.key, user("AIDA2").key);
    }

    #[test]
    fn a_session_is_its_role_with_who_stands_behind_it() {
        let actor = acted(role(PLAIN, json!({})));
        assert_eq!(actor.key, format!("{PLAIN}#AROAEXAMPLE"));
        assert_eq!((actor.name.as_str(), actor.kind), (PLAIN, ActorKind::RoleSession));
        assert_eq!(actor.session.as_deref(), Some("worker-1"));
    }

    #[test]
    fn a_source_identity_tells_more_than_a_session_name() {
        let context = json!({ "sessionContext": {
            "sessionIssuer": { "arn": PLAIN, "principalId": "AROAEXAMPLE" }, "sourceIdentity": "alice",
            "attributes": { "mfaAuthenticated": "true" } } });
        let event = event(json!({ "eventName": "RunInstances", "userIdentity": role(PLAIN, context) }));
        assert_eq!((event.actor.session.as_deref(), event.actor.mfa), (Some("alice"), Some(true)));
        assert_eq!(event.change_marks["session"], "worker-1");
        assert_eq!(event.change_marks["source-identity"], "alice");
    }

    #[test]
    fn only_the_path_of_a_role_links_it_to_a_service() {
        let linked = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
        let actor = acted(role(linked, json!({})));
        assert_eq!((actor.kind, actor.service.as_deref()), (ActorKind::ServiceLinked, Some("autoscaling")));
        let named = acted(role("arn:aws:iam::111122223333:role/AWSServiceRoleForAutoScaling", json!({})));
        assert_eq!((named.kind, named.service), (ActorKind::RoleSession, None));
    }

    #[test]
    fn a_name_that_sounds_like_a_service_excuses_nothing() {
        let event = event(json!({
            "eventName": "DeleteSnapshot", "userAgent": "dlm.amazonaws.com",
            "userIdentity": role("arn:aws:iam::111122223333:role/AWSBackupDefaultServiceRole", json!({})),
        }));
        assert_eq!(event.actor.service, None);
    }

    #[test]
    fn invoked_by_names_the_service_and_keeps_who_is_behind_it() {
        let actor = acted(role(PLAIN, json!({ "invokedBy": "dlm.amazonaws.com" })));
        assert_eq!((actor.kind, actor.service.as_deref()), (ActorKind::RoleSession, Some("dlm")));
        for nobody in ["AWS Internal", "signin.amazonaws.com"] {
            assert_eq!(acted(role(PLAIN, json!({ "invokedBy": nobody }))).service, None, "{nobody}");
        }
        let rare = acted(role(PLAIN, json!({ "invokedBy": "batch.amazonaws.com" })));
        assert_eq!(rare.service.as_deref(), Some("batch.amazonaws.com"));
    }

    #[test]
    fn an_instance_that_acts_is_a_workload() {
        let context = json!({ "sessionContext": {
            "sessionIssuer": { "arn": PLAIN, "principalId": "AROAEXAMPLE" }, "ec2RoleDelivery": "2.0" } });
        assert_eq!(acted(role(PLAIN, context)).kind, ActorKind::Workload);
        let scoped = json!({ "inScopeOf": { "issuerType": "AWS::Lambda::Function" } });
        assert_eq!(acted(role(PLAIN, scoped)).kind, ActorKind::Workload);
    }

    #[test]
    fn root_is_root_unless_it_is_what_a_service_once_did() {
        let root = json!({ "type": "Root", "principalId": "111122223333", "accountId": "111122223333",
            "arn": "arn:aws:iam::111122223333:root" });
        let with = |members: Value| {
            let mut identity = root.clone();
            identity.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            acted(identity)
        };
        let person = with(json!({ "accessKeyId": "ASIA1" }));
        assert_eq!((person.key.as_str(), person.kind), ("root:111122223333", ActorKind::Root));
        let service = with(json!({ "invokedBy": "autoscaling.amazonaws.com" }));
        assert_eq!(
            (service.key.as_str(), service.kind),
            ("service:autoscaling.amazonaws.com", ActorKind::CloudService)
        );
        assert_eq!(service.service.as_deref(), Some("autoscaling"));
        let through = with(json!({ "accessKeyId": "ASIA1", "invokedBy": "cloudformation.amazonaws.com" }));
        assert_eq!((through.kind, through.service.as_deref()), (ActorKind::Root, Some("cloudformation")));
    }

    #[test]
    fn a_service_an_account_and_a_federated_user_are_told_apart() {
        let service = acted(json!({ "type": "AWSService", "invokedBy": "spot.amazonaws.com" }));
        assert_eq!(
            (service.key.as_str(), service.service.as_deref()),
            ("service:spot.amazonaws.com", Some("spot"))
        );
        assert!(!service.external);
        let account =
            acted(json!({ "type": "AWSAccount", "accountId": "999988887777", "principalId": "AIDA9" }));
        assert_eq!((account.key.as_str(), account.external), ("account:999988887777#AIDA9", true));
        let federated = acted(json!({
            "type": "FederatedUser", "principalId": "111122223333:bob", "accountId": "111122223333",
            "arn": "arn:aws:sts::111122223333:federated-user/bob",
            "sessionContext": { "sessionIssuer": {
                "type": "IAMUser", "principalId": "AIDA1", "arn": "arn:aws:iam::111122223333:user/alice" } },
        }));
        assert_eq!(federated.key, "arn:aws:iam::111122223333:user/alice#AIDA1");
        assert_eq!(federated.session.as_deref(), Some("bob"));
        let center = acted(json!({ "type": "IdentityCenterUser", "accountId": "111122223333",
            "onBehalfOf": { "userId": "u-1", "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-1" } }));
        assert_eq!(center.key, "u-1@arn:aws:identitystore::1:identitystore/d-1");
    }

    #[test]
    fn a_stranger_is_external_and_no_service_excuses_it() {
        let shared = |account: &str| {
            event(json!({
                "eventType": "AwsServiceEvent", "eventName": "SharedSnapshotCopyInitiated",
                "userIdentity": { "accountId": account, "invokedBy": "ec2.amazonaws.com" },
                "serviceEventDetails": { "snapshotId": "snap-0123456789abcdef0" },
            }))
            .actor
        };
        let stranger = shared("999988887777");
        assert_eq!((stranger.key.as_str(), stranger.external), ("account:999988887777", true));
        assert_eq!((stranger.service, stranger.kind), (None, ActorKind::Unknown));
        let own = shared("111122223333");
        assert_eq!((own.key.as_str(), own.external), ("service:ec2.amazonaws.com", false));
    }

    #[test]
    fn a_spot_reclaim_is_the_spot_services() {
        let event = event(json!({
            "eventType": "AwsServiceEvent", "eventName": "BidEvictedEvent",
            "userIdentity": { "accountId": "111122223333", "invokedBy": "ec2.amazonaws.com" },
            "serviceEventDetails": { "instanceIdSet": ["i-0e1"] },
        }));
        assert_eq!(
            (event.actor.kind, event.actor.service.as_deref()),
            (ActorKind::CloudService, Some("spot"))
        );
        assert_eq!(super::super::tests::told(&event), ["subject i-0e1"]);
    }

    #[test]
    fn the_console_is_known_by_the_vendors_word_alone() {
        let client = |members: Value| {
            let Value::Object(mut record) = json!({ "eventName": "RunInstances" }) else { panic!() };
            record.extend(members.as_object().unwrap().clone());
            event(Value::Object(record)).client
        };
        assert!(client(json!({ "sessionCredentialFromConsole": "true" })).console);
        assert!(!client(json!({ "userAgent": "console.ec2.amazonaws.com" })).console);
        let through =
            json!({ "userIdentity": { "type": "IAMUser", "arn": "a", "invokedBy": "signin.amazonaws.com" } });
        assert!(client(through).console);
        assert_eq!(client(json!({})).ip.as_deref(), Some("203.0.113.5"));
    }
}
