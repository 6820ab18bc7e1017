//! How it ended.

use serde_json::json;

use super::*;

fn ended(patch: &Value) -> (End, Option<String>) {
    let outcome = event(&entry("v1.compute.disks.delete", DISK, patch)).outcome;
    (outcome.end, outcome.code)
}

#[test]
fn the_status_says_how_it_ended() {
    let status = |code: i64| ended(&json!({"protoPayload": {"status": {"code": code, "message": "m"}}}));
    let failed = |name: &str| (End::Failed, Some(name.to_owned()));
    assert_eq!(status(0), (End::Success, None));
    assert_eq!(ended(&json!({"protoPayload": {"status": {}}})), (End::Success, None));
    assert_eq!(status(5), failed("NOT_FOUND"));
    assert_eq!(status(8), failed("RESOURCE_EXHAUSTED"));
    assert_eq!(status(9), failed("FAILED_PRECONDITION"));
    assert_eq!(status(99), failed("99"));
    assert_eq!(status(7), (End::Denied, Some("PERMISSION_DENIED".to_owned())));
    assert_eq!(status(16), (End::Denied, Some("UNAUTHENTICATED".to_owned())));
    let errors = json!({"errors": [{"code": "QUOTA_EXCEEDED", "message": "m"}]});
    assert_eq!(ended(&json!({"protoPayload": {"response": {"error": errors}}})), failed("QUOTA_EXCEEDED"));
}

#[test]
fn a_refused_permission_with_an_error_is_a_denial_and_without_one_is_none() {
    let with = |checks: Value, code: i64| {
        ended(&json!({"protoPayload": {"authorizationInfo": checks, "status": {"code": code}}}))
    };
    let invalid = |end| (end, Some("INVALID_ARGUMENT".to_owned()));
    let refused = json!([{"permission": "a", "granted": true}, {"permission": "b", "granted": false}]);
    assert_eq!(with(refused.clone(), 3), invalid(End::Denied));
    assert_eq!(with(refused, 0), (End::Success, None));
    let unneeded = json!([{"permission": "a", "granted": true}, {"permission": "b"}]);
    assert_eq!(with(unneeded, 3), invalid(End::Failed));
    assert_eq!(with(json!([{"permission": "a"}]), 3), invalid(End::Denied));
}

#[test]
fn an_error_of_the_first_entry_is_no_acceptance() {
    let patch = json!({"operation": {"last": null}, "protoPayload": {"status": {"code": 7}}});
    assert_eq!(ended(&patch).0, End::Denied);
}

#[test]
fn what_the_platform_reports_happened() {
    let system = |method: &str, status: Value| {
        let patch = json!({"logName": "projects/p1/logs/cloudaudit.googleapis.com%2Fsystem_event",
            "protoPayload": {"status": status, "authenticationInfo":
                {"principalEmail": "system@google.com", "principalSubject": null}}});
        let event = event(&entry(method, INSTANCE, &patch));
        (event.class, event.outcome.end, event.outcome.message, event.actor.service)
    };
    let told = |text: &str| Some(text.to_owned());
    assert_eq!(
        system("compute.instances.preempted", json!({"message": "Instance was preempted."})),
        (Class::InstanceStop, End::Success, told("Instance was preempted."), told("spot"))
    );
    assert_eq!(
        system("compute.instances.hostError", json!({"code": 13, "message": "m"})),
        (Class::InstanceStop, End::Success, told("m"), told("compute-system"))
    );
    let recreated = system("compute.instances.repair.recreateInstance", json!({}));
    assert_eq!(recreated, (Class::GroupScale, End::Success, None, told("mig")));
    assert_eq!(system("compute.instances.automaticRestart", json!({})).0, Class::InstanceStart);
}
