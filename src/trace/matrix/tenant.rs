//! What explains a change of a quota or of an audit log, in each cloud.

use TraceState::{Explained, Unexplained, UnexplainedLowConfidence};

use super::state;
use crate::model::{Change, Class, Kind, Location, Locator, Provider, Resource, Role, TraceState};
use crate::trace::fixture::*;

/// A change of one attribute of something that has a name and a place.
fn renewed(provider: Provider, kind: Kind, uid: &str, name: &str, place: &str, path: &str) -> Change {
    let resource = match provider {
        Provider::Aws => aws(kind, uid),
        Provider::Azure => azure(kind, uid, uid),
        Provider::Gcp => gcp(kind, uid, name),
    };
    let resource = Resource {
        name: Some(name.to_owned()),
        location: Location::new(place),
        locator: Locator::new(uid),
        ..resource
    };
    modified(resource.clone(), resource, &[path])
}

#[test]
fn a_quota_is_explained_by_whoever_asked_for_it_in_its_place() {
    let asked = |provider, operation: &str, quota: &str, region: &str| {
        let event = event(provider, operation, Class::QuotaRequest);
        Scene::of([event.fact("quota", quota).fact("region", region)])
    };
    let aws = |code: &str| {
        let uid = format!("111122223333/eu-west-1/ec2/{code}");
        renewed(Provider::Aws, Kind::Quota, &uid, "Running instances", "eu-west-1", "config.Value")
    };
    let scene = asked(Provider::Aws, "RequestServiceQuotaIncrease", "L-1", "eu-west-1");
    assert_eq!(state(&scene, &aws("L-1")), Explained);
    assert_eq!(state(&scene, &aws("L-2")), UnexplainedLowConfidence);
    let elsewhere = asked(Provider::Aws, "RequestServiceQuotaIncrease", "L-1", "eu-west-2");
    assert_eq!(state(&elsewhere, &aws("L-1")), UnexplainedLowConfidence);
    let granted =
        asked(Provider::Aws, "UpdateServiceQuotaIncreaseRequestStatus", "Running instances", "eu-west-1");
    assert_eq!(state(&granted, &aws("L-1")), Explained);

    let scene = asked(Provider::Azure, "Microsoft.Quota/quotas/write", "standardDSv3Family", "westeurope");
    let azure = |name: &str| {
        let uid = format!("/subscriptions/s1/providers/microsoft.compute/locations/westeurope/usages/{name}");
        renewed(Provider::Azure, Kind::Quota, &uid, name, "westeurope", "config.limit")
    };
    assert_eq!(state(&scene, &azure("standardDSv3Family")), Explained);
    assert_eq!(state(&scene, &azure("standardDSv4Family")), UnexplainedLowConfidence);

    let operation = "google.api.cloudquotas.v1.CloudQuotas.UpdateQuotaPreference";
    let scene = asked(Provider::Gcp, operation, "CPUS-per-project-region", "europe-west1");
    let gcp = |metric: &str, place: &str| {
        let uid = format!("projects/p1/regions/{place}/quotas/{metric}");
        renewed(Provider::Gcp, Kind::Quota, &uid, metric, place, "config.limit")
    };
    assert_eq!(state(&scene, &gcp("CPUS", "europe-west1")), Explained);
    assert_eq!(state(&scene, &gcp("CPUS", "europe-west4")), UnexplainedLowConfidence);
    assert_eq!(state(&scene, &gcp("N2_CPUS", "europe-west1")), UnexplainedLowConfidence);
}

#[test]
fn a_log_s_configuration_is_explained_by_the_operation_on_that_log() {
    let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";
    let trail = || renewed(Provider::Aws, Kind::AuditLog, arn, "main", "eu-west-1", "config.IsLogging");
    let stop = || event(Provider::Aws, "StopLogging", Class::LogTamper);
    let by_arn = stop().on(Role::Subject, arn);
    assert_eq!(state(&Scene::of([by_arn]), &trail()), Explained);
    assert_eq!(state(&Scene::of([stop().fact("trail", "main")]), &trail()), Explained);
    assert_eq!(state(&Scene::of([stop().fact("trail", "other")]), &trail()), Unexplained);

    let id = "/subscriptions/s1/providers/microsoft.insights/diagnosticsettings/export";
    let setting = || renewed(Provider::Azure, Kind::AuditLog, id, "export", "global", "config.workspaceId");
    let write = |id: &str| {
        let event = event(Provider::Azure, "Microsoft.Insights/diagnosticSettings/write", Class::LogTamper);
        Scene::of([event.addressing(Role::Subject, Kind::AuditLog, id)])
    };
    assert_eq!(state(&write(id), &setting()), Explained);
    assert_eq!(state(&write(&id.replace("export", "other")), &setting()), Unexplained);

    let uid = "projects/p1/sinks/main";
    let sink = || renewed(Provider::Gcp, Kind::AuditLog, uid, "main", "global", "config.disabled");
    let update = |name: &str| {
        let event = event(Provider::Gcp, "google.logging.v2.ConfigServiceV2.UpdateSink", Class::LogTamper);
        Scene::of([event.fact("trail", name)])
    };
    assert_eq!(state(&update("main"), &sink()), Explained);
    assert_eq!(state(&update("other"), &sink()), Unexplained);
}
