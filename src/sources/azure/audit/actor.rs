//! Who called: the claims of the token (SEMANTICS E.2.5).

use serde_json::{Map, Value};

use super::body::{at, member};
use super::shape::Record;
use crate::model::{Actor, ActorKind, Client};
use crate::sources::azure::arm;

/// Applications of the vendor's own by which one of its services acts for itself: id, service, name.
///
/// The directory writes the id into a token, and nobody else can have it (SEMANTICS F.5); a user who works with
/// such an application stays a user.
#[rustfmt::skip]
const SERVICES: &[(&str, &str, &str)] = &[
    ("0736f41a-0425-4b46-bdb5-1563eff02385", "machine-learning", "Azure Machine Learning"),
    ("0c7668b5-3260-4ad0-9f53-34ed54fa19b2", "defender", "Microsoft Defender for Cloud Servers Scanner Resource Provider"),
    ("262044b1-e2ce-469f-a196-69ab7ada62d3", "backup", "Backup Management Service"),
    ("2ff814a6-3304-4ab8-85cb-cd0e6f879c1d", "databricks", "AzureDatabricks"),
    ("60e6cd67-9c8c-4951-9b3c-23c25a2169af", "compute", "Compute Resource Provider"),
    ("7319c514-987d-4e9b-ac3d-d38c4f427f4c", "aks", "AzureContainerService"),
    ("9cdead84-a844-4324-93f2-b2e6bb768d07", "virtual-desktop", "Azure Virtual Desktop"),
    ("b8340c3b-9267-498f-b21a-15d5547fd85e", "site-recovery", "Hyper-V Recovery Manager"),
    ("ddbf3205-c6bd-46ae-8127-60eb93363864", "batch", "Microsoft Azure Batch"),
    ("ff281ffe-705c-4f53-9f37-a40e6f2c68f3", "backup", "Backup Management Service"),
];

/// The application of the portal.
const PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";

const OBJECT: &[&str] = &["http://schemas.microsoft.com/identity/claims/objectidentifier", "oid"];
const TENANT: &[&str] = &["http://schemas.microsoft.com/identity/claims/tenantid", "tid"];
const USER: &[&str] = &[
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "unique_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "preferred_username",
];
const APPLICATION: &[&str] = &["appid", "azp"];
const METHODS: &[&str] = &["http://schemas.microsoft.com/claims/authnmethodsreferences", "amr"];

/// Returns who called.
///
/// The key is object and tenant, which no other identity ever bears; the name is what another could bear later:
/// a user's, the resource of a managed identity, the id of an application.
pub(super) fn read(record: &Record) -> Actor {
    let claims = &record.claims;
    let object = claim(claims, OBJECT).map(str::to_lowercase).or_else(|| evidence(&record.authorization));
    let home = claim(claims, TENANT).map(str::to_lowercase);
    let application = claim(claims, APPLICATION).map(str::to_lowercase);
    let user = claim(claims, USER).map(user_name);
    let caller = record.caller().map(user_name);
    let identity = claim(claims, &["xms_mirid"]).map(arm::canonical);
    let by_itself = claim(claims, &["idtyp"]).map_or(user.is_none(), |kind| kind == "app");
    let service = application.as_deref().filter(|_| by_itself && identity.is_none()).and_then(service);

    let guid = caller.as_deref().filter(|caller| is_guid(caller));
    let Some(principal) =
        object.as_deref().or(guid).or(user.as_deref()).or(application.as_deref()).or(caller.as_deref())
    else {
        return Actor::unknown();
    };
    let tenant = home.clone().or_else(|| record.tenant());
    let key = tenant.map_or_else(|| principal.to_owned(), |tenant| format!("{principal}@{tenant}"));
    let shown = caller.clone().filter(|caller| !is_guid(caller));
    let name = service
        .map(|(_, name)| name.to_owned())
        .or_else(|| identity.clone())
        .or_else(|| user.clone().filter(|_| !by_itself))
        .or(shown)
        .or_else(|| application.clone())
        .unwrap_or_else(|| principal.to_owned());
    Actor {
        kind: match () {
            () if service.is_some() => ActorKind::CloudService,
            () if identity.is_some() => ActorKind::Workload,
            () if !by_itself || name.contains('@') => ActorKind::Human,
            () if object.is_some() || guid.is_some() || application.is_some() => ActorKind::Workload,
            () => ActorKind::Unknown,
        },
        external: service.is_none() && home.is_some() && record.tenant().is_some_and(|own| Some(own) != home),
        session: application.filter(|application| *application != name),
        service: service.map(|(service, _)| service.to_owned()),
        mfa: claim(claims, METHODS).map(|methods| methods.contains("mfa")),
        credential: None,
        key,
        name,
        home,
    }
}

/// Returns a part of the platform that acts by itself, told by the category of the record, which no caller writes.
pub(super) fn platform(provider: &str, service: &str) -> Actor {
    Actor {
        key: format!("service:{}", provider.to_lowercase()),
        name: provider.to_owned(),
        kind: ActorKind::CloudService,
        service: Some(service.to_owned()),
        ..Actor::unknown()
    }
}

/// Returns from where it was called.
pub(super) fn client(record: &Record) -> Client {
    let portal = claim(&record.claims, APPLICATION).is_some_and(|id| id.eq_ignore_ascii_case(PORTAL));
    Client { ip: record.address().map(str::to_owned), user_agent: None, console: portal }
}

fn claim<'a>(claims: &'a Map<String, Value>, names: &[&str]) -> Option<&'a str> {
    let text = |name: &&str| claims.get(*name)?.as_str().map(str::trim).filter(|text| !text.is_empty());
    names.iter().find_map(text)
}

fn service(application: &str) -> Option<(&'static str, &'static str)> {
    SERVICES.iter().find(|row| row.0 == application).map(|row| (row.1, row.2))
}

/// The principal that the role was assigned to, which is printed without hyphens.
fn evidence(authorization: &Map<String, Value>) -> Option<String> {
    let evidence = member(authorization, "evidence")?;
    let direct = at(evidence, "principalType").is_none_or(|kind| kind != "Group");
    let id = at(evidence, "principalId")?.as_str().filter(|_| direct)?.to_lowercase().replace('-', "");
    let part = |from, to| id.get(from..to);
    let guid = [part(0, 8)?, part(8, 12)?, part(12, 16)?, part(16, 20)?, part(20, 32)?].join("-");
    is_guid(&guid).then_some(guid)
}

/// Azure compares the names of users without case; a guest's is told with where it comes from
/// (`live.com#alice@example.com`).
fn user_name(name: &str) -> String {
    name.rsplit_once('#').map_or(name, |(_, name)| name).to_lowercase()
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12]) && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OID: &str = "0a727037-ab44-41ed-867c-a5b480af3c7f";
    const HOME: &str = "9a7c5e10-2d34-4b6f-8e91-0c3d5f7a9b12";

    fn actor(native: Value) -> Actor {
        let Value::Object(members) = native else { panic!() };
        read(&Record::new(members))
    }

    fn user() -> Value {
        json!({OBJECT[0]: OID, TENANT[0]: HOME, USER[0]: "Erik.Dahl@example.com", "appid": PORTAL, "idtyp": "user"})
    }

    #[test]
    fn a_user_is_its_object_and_tenant_and_wears_the_application_as_a_session() {
        let user = actor(json!({"caller": "Erik.Dahl@example.com", "claims": user(), "tenantId": HOME}));
        assert_eq!(user.key, format!("{OID}@{HOME}"));
        assert_eq!((user.name.as_str(), user.kind), ("erik.dahl@example.com", ActorKind::Human));
        assert_eq!((user.session.as_deref(), user.home.as_deref()), (Some(PORTAL), Some(HOME)));
        assert_eq!((user.service, user.external, user.mfa), (None, false, None));
    }

    #[test]
    fn a_user_of_another_tenant_is_external() {
        let foreign = actor(json!({"claims": user(), "tenantId": "11111111-2222-3333-4444-555555555555"}));
        assert!(foreign.external);
        assert!(!actor(json!({"claims": user()})).external);
    }

    #[test]
    fn methods_of_authentication_tell_a_second_factor() {
        for (methods, mfa) in [("pwd,mfa", true), ("[\"pwd\",\"mfa\"]", true), ("pwd", false)] {
            let mut claims = user();
            claims[METHODS[0]] = json!(methods);
            assert_eq!(actor(json!({"claims": claims})).mfa, Some(mfa));
        }
    }

    #[test]
    fn a_managed_identity_is_a_workload_named_by_its_resource() {
        let resource = "/subscriptions/S/resourcegroups/G/providers/Microsoft.Compute/virtualMachines/Web";
        let identity = actor(json!({"caller": OID, "claims":
            {OBJECT[0]: OID, TENANT[0]: HOME, "appid": "a", "idtyp": "app", "xms_mirid": resource}}));
        assert_eq!((identity.kind, identity.name), (ActorKind::Workload, resource.to_lowercase()));
        assert_eq!(identity.session.as_deref(), Some("a"));
    }

    #[test]
    fn only_an_application_of_the_vendor_s_that_acts_for_itself_is_a_service() {
        let backup = SERVICES[2].0;
        let itself = actor(json!({"caller": OID, "claims":
            {OBJECT[0]: OID, TENANT[0]: HOME, "appid": backup.to_uppercase(), "idtyp": "app"}}));
        assert_eq!((itself.kind, itself.service.as_deref()), (ActorKind::CloudService, Some("backup")));
        assert_eq!(
            (itself.name.as_str(), itself.key),
            ("Backup Management Service", format!("{OID}@{HOME}"))
        );
        let mut claims = user();
        claims["appid"] = json!(backup);
        let by_user = actor(json!({"claims": claims}));
        assert_eq!((by_user.kind, by_user.service), (ActorKind::Human, None));
        let named = actor(json!({"caller": "Backup Management Service", "claims": {}}));
        assert_eq!((named.kind, named.service), (ActorKind::Unknown, None));
        let other =
            actor(json!({"caller": OID, "claims": {OBJECT[0]: OID, "appid": "mine", "idtyp": "app"}}));
        assert_eq!((other.kind, other.service, other.name.as_str()), (ActorKind::Workload, None, "mine"));
    }

    #[test]
    fn without_claims_the_caller_and_the_evidence_of_its_role_are_all() {
        let caller = actor(json!({"caller": "john@doe.com"}));
        assert_eq!((caller.key.as_str(), caller.kind), ("john@doe.com", ActorKind::Human));
        let evidence = json!({"evidence": {"principalId": OID.replace('-', ""), "principalType": "User"}});
        assert_eq!(actor(json!({"authorization": evidence, "tenantId": HOME})).key, format!("{OID}@{HOME}"));
        let group = json!({"evidence": {"principalId": OID.replace('-', ""), "principalType": "Group"}});
        assert_eq!(actor(json!({"authorization": group})), Actor::unknown());
        assert_eq!(actor(json!({"caller": "", "claims": {}})), Actor::unknown());
    }

    #[test]
    fn a_guest_s_name_is_its_address() {
        let guest = actor(json!({"claims": {OBJECT[0]: OID, "unique_name": "live.com#Alice@example.com"}}));
        assert_eq!((guest.name.as_str(), guest.kind), ("alice@example.com", ActorKind::Human));
    }
}
