//! Who did it.

use serde_json::json;

use super::*;

fn actor(info: &Value, agent: &str) -> crate::model::Actor {
    let patch = json!({"protoPayload": {"authenticationInfo": {"principalEmail": null, "principalSubject": null},
        "requestMetadata": {"callerSuppliedUserAgent": agent}}});
    let mut entry = entry("v1.compute.disks.delete", &DISK.replace("p1", "12"), &patch);
    lay(&mut entry["protoPayload"]["authenticationInfo"], info);
    event(&entry).actor
}

#[test]
fn a_user_is_known_by_subject_or_address_alike() {
    let subject =
        actor(&json!({"principalSubject": "user:a@example.com", "principalEmail": "a@example.com"}), "x");
    assert_eq!((subject.key.as_str(), subject.name.as_str()), ("user:a@example.com", "a@example.com"));
    assert_eq!((subject.kind, subject.external), (ActorKind::Human, false));
    assert_eq!(actor(&json!({"principalEmail": "a@example.com"}), "x"), subject);
    assert_eq!(actor(&json!({"principalSubject": "user:a@example.com"}), "x"), subject);
    assert_eq!(actor(&json!({}), "x"), crate::model::Actor::unknown());
}

#[test]
fn only_google_s_own_accounts_are_services() {
    let of = |email: &str, agent: &str| {
        let actor = actor(&json!({"principalEmail": email}), agent);
        (actor.kind, actor.service)
    };
    let service = |name: &str| (ActorKind::CloudService, Some(name.to_owned()));
    let workload = (ActorKind::Workload, None);
    let agent = "12@cloudservices.gserviceaccount.com";
    assert_eq!(of(agent, "GCE Managed Instance Group"), service("mig"));
    assert_eq!(of(agent, "Deployment Manager"), service("cloudservices.googleapis.com"));
    assert_eq!(of("service-12@compute-system.iam.gserviceaccount.com", "x"), service("compute-system"));
    assert_eq!(of("service-12@gcp-sa-backupdr.iam.gserviceaccount.com", "x"), service("backup"));
    assert_eq!(of("12-compute@developer.gserviceaccount.com", "GCE Managed Instance Group"), workload);
    assert_eq!(of("service-12@my-project.iam.gserviceaccount.com", "GCE Managed Instance Group"), workload);
    assert_eq!(of("service-ab@compute-system.iam.gserviceaccount.com", "x"), workload);
    assert_eq!(of("backup-service@p1.iam.gserviceaccount.com", "x"), workload);
    assert_eq!(of("system@google.com.example.com", "x"), (ActorKind::Human, None));
}

#[test]
fn a_service_account_has_a_home_and_may_come_from_elsewhere() {
    let of = |email: &str| {
        let actor = actor(&json!({"principalEmail": email}), "x");
        (actor.home.unwrap(), actor.external)
    };
    assert_eq!(of("sa@p1.iam.gserviceaccount.com"), ("p1".to_owned(), false));
    assert_eq!(of("sa@evil.iam.gserviceaccount.com"), ("evil".to_owned(), true));
    assert_eq!(of("12-compute@developer.gserviceaccount.com"), ("p1".to_owned(), false));
    assert_eq!(of("34-compute@developer.gserviceaccount.com"), ("34".to_owned(), false));
}

#[test]
fn whoever_acts_through_an_account_is_its_session_and_no_service() {
    let info = json!({
        "principalEmail": "service-12@compute-system.iam.gserviceaccount.com",
        "serviceAccountKeyName": "//iam.googleapis.com/projects/p1/serviceAccounts/s/keys/k1",
        "serviceAccountDelegationInfo": [{"firstPartyPrincipal": {"principalEmail": "b@example.com"}},
            {"principalSubject": "user:a@example.com"}],
    });
    let delegated = actor(&info, "x");
    assert_eq!(delegated.session.as_deref(), Some("user:a@example.com"));
    assert_eq!((delegated.service, delegated.kind), (None, ActorKind::Workload));
    assert_eq!(delegated.credential.as_deref(), Some("k1"));
    let patch = json!({"protoPayload": {"authenticationInfo": info}});
    let event = event(&entry("v1.compute.disks.delete", DISK, &patch));
    assert_eq!(event.facts["delegation"], json!(["b@example.com", "user:a@example.com"]));
    assert_eq!(event.change_marks["session"], "user:a@example.com");
}

#[test]
fn a_federated_identity_is_named_in_its_pool() {
    let pool = "principal://iam.googleapis.com/locations/global/workforcePools/w/subject/alice";
    let person = actor(&json!({"principalSubject": pool}), "x");
    assert_eq!((person.key.as_str(), person.name.as_str(), person.kind), (pool, "alice", ActorKind::Human));
    let pool =
        "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/w/subject/ci";
    assert_eq!(actor(&json!({"principalSubject": pool}), "x").kind, ActorKind::Workload);
}

#[test]
fn a_key_joins_whoever_uses_it_to_whoever_made_it_and_is_not_told() {
    let payload =
        json!({"response": {"name": "projects/-/serviceAccounts/1/keys/k1", "privateKeyData": "secret"}});
    let method = "google.iam.admin.v1.CreateServiceAccountKey";
    let event = of_service("iam.googleapis.com", method, "projects/-/serviceAccounts/1", &payload);
    assert_eq!((event.class, &event.facts["issued_credential"]), (Class::IamGrant, &json!("k1")));
    assert!(!format!("{event:?}").contains("secret"));
}

#[test]
fn an_account_that_is_assumed_by_a_principal_matters_and_by_a_service_does_not() {
    let token = |email: &str| {
        entry(
            "GenerateAccessToken",
            "projects/-/serviceAccounts/1",
            &json!({
            "logName": "projects/p1/logs/cloudaudit.googleapis.com%2Fdata_access",
            "resource": {"labels": {"email_id": "sa@p1.iam.gserviceaccount.com"}},
            "protoPayload": {"serviceName": "iamcredentials.googleapis.com",
                "authenticationInfo": {"principalEmail": email, "principalSubject": null}}}),
        )
    };
    let event = event(&token("a@example.com"));
    assert_eq!(
        (event.class, &event.facts["assumed_role"]),
        (Class::IamAssume, &json!("sa@p1.iam.gserviceaccount.com"))
    );
    let agent = token("service-12@compute-system.iam.gserviceaccount.com");
    assert_eq!(ignored(&agent), Some(Ignored::ReadOnly));
}
