//! What the absence of an event means, and what change management says.

use TraceState::{BySystem, Explained, LogGap, Pending, Unexplained, UnexplainedLowConfidence};

use super::{ids, replaced, state, terminated};
use crate::model::{
    Approval, AuditEvent, ChangeKind, Class, End, Kind, LogStatus, Provider, Role, TraceState, Window,
};
use crate::trace::fixture::*;
use crate::trace::unused;

#[test]
fn j5_j7_a_replaced_root_is_explained_or_a_gap_or_unexplained_as_the_log_allows() {
    let task = alice("CreateReplaceRootVolumeTask", Class::InstanceRevert, "i-1");
    assert_eq!(state(&Scene::of([task.clone()]), &replaced()), Explained);
    assert_eq!(state(&Scene::of([]), &replaced()), Unexplained);
    let lost = log_over(
        Provider::Aws,
        LogStatus::Gap,
        "an object is missing",
        span("2026-01-01T04:00:00Z", "2026-01-01T05:00:00Z"),
    );
    let mut gap = Scene::of([]);
    gap.logs.push(lost.clone());
    let trace = gap.trace(replaced());
    assert_eq!(trace.state, LogGap);
    assert!(trace.reason.ends_with("an object is missing"), "{}", trace.reason);
    // The same gap after the moment that the instance tells is none of this change's.
    let mut later = Scene::of([]);
    later.logs.push(crate::model::LogInterval {
        window: span("2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z"),
        ..lost
    });
    assert_eq!(state(&later, &replaced()), Unexplained);
    gap.events.push(task);
    assert_eq!(state(&gap, &replaced()), Explained);
}

#[test]
fn j16_a_probe_explains_nothing_and_is_told() {
    let gone = vanished(machine("i-1", "vol-1"));
    for end in [End::DryRun, End::Denied, End::Failed] {
        let trace = Scene::of([terminated("i-1").ending(end)]).trace(gone.clone());
        assert_eq!(trace.state, Unexplained);
        assert_eq!(ids(&trace.candidates), ["e-TerminateInstances"]);
        assert!(trace.reason.ends_with("came to nothing"), "{}", trace.reason);
    }
    assert_eq!(state(&Scene::of([terminated("i-1")]), &gone), Explained);
}

#[test]
fn j20_accepted_explains_and_started_waits() {
    let delete = |end| {
        event(Provider::Azure, "Microsoft.Compute/disks/delete", Class::VolumeDelete)
            .addressing(Role::Subject, Kind::Volume, &arm(Kind::Volume, "d"))
            .ending(end)
    };
    let gone = vanished(azure(Kind::Volume, "u-1", "d"));
    assert_eq!(state(&Scene::of([delete(End::Accepted)]), &gone), Explained);
    let started = Scene::of([delete(End::Started)]);
    assert_eq!(state(&started, &gone), Pending);
    let old = started.at("2026-01-02T05:00:00Z").trace(gone);
    assert_eq!(old.state, Unexplained);
    assert!(old.reason.ends_with("was begun, and never ended in the log"), "{}", old.reason);
}

#[test]
fn j32_what_went_while_the_log_was_stopped_is_a_gap() {
    let stop = event(Provider::Aws, "StopLogging", Class::LogTamper).at("03:00");
    let stop = AuditEvent { service: "cloudtrail.amazonaws.com".into(), ..stop };
    let gone = vanished(machine("i-1", "vol-1"));
    let scene = Scene::of([stop.clone()]);
    let trace = scene.trace(gone.clone());
    assert_eq!(trace.state, LogGap);
    assert!(trace.reason.contains("`StopLogging` by alice@example.com at 2026-01-01T03"), "{}", trace.reason);
    let looked_up = log(Provider::Aws, LogStatus::Complete, "LookupEvents was read to the end");
    assert_eq!(state(&scene.with_logs(vec![looked_up]), &gone), Unexplained);
    assert_eq!(state(&Scene::of([stop.ending(End::Denied)]), &gone), Unexplained);
}

fn approval() -> Approval {
    Approval {
        id: "CHG-7".into(),
        provider: Some(Provider::Aws),
        account: None,
        resources: vec!["i-*".into()],
        principals: vec!["alice@*".into()],
        from: at("04:00"),
        to: at("06:00"),
        origin: "approved.csv:2".into(),
    }
}

#[test]
fn j35_an_approval_needs_identifier_time_resource_and_principal() {
    let event = terminated("i-1").marked("session", "CHG-7");
    let gone = vanished(machine("i-1", "vol-1"));
    let matched = |event: AuditEvent, approval: Approval| {
        let scene = Scene { approvals: vec![approval.clone()], ..Scene::of([event]) };
        let changes = scene.traces(vec![gone.clone()]);
        let is_unused = unused(&[approval], &changes).len() == 1;
        let found = changes[0].trace.approval.clone();
        assert_eq!(is_unused, found.as_ref().is_none_or(|found| !found.full));
        found.map(|found| found.full)
    };
    assert_eq!(matched(event.clone(), approval()), Some(true));
    assert_eq!(matched(event.clone().at("07:00").marked("session", "CHG-7"), approval()), Some(false));
    assert_eq!(matched(event.clone().by("mallory"), approval()), Some(false));
    assert_eq!(
        matched(event.clone(), Approval { resources: vec!["vol-*".into()], ..approval() }),
        Some(false)
    );
    assert_eq!(matched(event.clone(), Approval { provider: Some(Provider::Gcp), ..approval() }), Some(false));
    assert_eq!(matched(event, Approval { id: "CHG-8".into(), ..approval() }), None);
    assert_eq!(matched(terminated("i-1"), approval()), None);
}

#[test]
fn j35_a_tag_bears_an_identifier_and_says_nothing_of_the_principal() {
    let tagged = vanished(machine("i-1", "vol-1").tagged("Change-ID", "CHG-7"));
    let scene = |events: Vec<AuditEvent>| Scene { approvals: vec![approval()], ..Scene::of(events) };
    assert!(scene(vec![terminated("i-1")]).trace(tagged.clone()).approval.unwrap().full);
    let unlogged = scene(vec![]).trace(tagged).approval.unwrap();
    assert!(!unlogged.full);
    assert!(unlogged.reason.contains("the principal does not match"), "{}", unlogged.reason);
}

#[test]
fn silence_means_what_the_log_allows() {
    let gone = vanished(machine("i-1", "vol-1"));
    let complete = Scene::of([]);
    assert_eq!(state(&complete.clone().at("2026-01-01T12:44:59Z"), &gone), Pending);
    assert_eq!(state(&complete.clone().at("2026-01-01T12:45:00Z"), &gone), Unexplained);
    let unproven = vec![log(Provider::Aws, LogStatus::Unknown, "some file")];
    assert_eq!(state(&complete.clone().with_logs(unproven), &gone), UnexplainedLowConfidence);
    let short = Window { from: at("00:00"), to: at("11:00") };
    let short = vec![log_over(Provider::Aws, LogStatus::Complete, "said", short)];
    assert_eq!(state(&complete.clone().with_logs(short), &gone), LogGap);
    let nothing = complete.with_logs(Vec::new()).trace(gone);
    assert_eq!(nothing, crate::model::Trace::without_logs());
}

#[test]
fn what_a_narrow_window_needs_is_judged_as_soon_as_it_is_delivered() {
    let born = appeared(aws(Kind::Volume, "vol-1").born("2026-01-01T05:00:00Z"));
    let at_noon = Scene::of([]).at("2026-01-01T12:00:00Z");
    assert_eq!(state(&at_noon, &born), Unexplained);
    assert_eq!(state(&at_noon, &appeared(aws(Kind::Volume, "vol-1"))), Pending);
}

#[test]
fn a_coverage_gap_keeps_its_own_trace() {
    let mut gap = vanished(machine("i-1", "vol-1"));
    gap.kind = ChangeKind::CoverageGap;
    gap.trace = crate::model::Trace::of(BySystem, "the listing itself was not complete");
    assert_eq!(Scene::of([]).trace(gap.clone()), gap.trace);
}
