//! What holds for every change and every log.

use proptest::prelude::*;

use super::fixture::*;
use crate::model::{
    AuditEvent, Change, Class, End, EventId, Kind, LogInterval, LogStatus, Provider, Role, TraceState, Window,
};

/// One change with the event that explains it, by number.
fn specimen(number: usize) -> (Change, AuditEvent) {
    let clock = format!("{:02}:{:02}", 1 + number / 30 % 10, number % 30);
    let (instance, volume) = (format!("i-{number}"), format!("vol-{number}"));
    let (change, event) = match number % 4 {
        0 => {
            let event = alice("TerminateInstances", Class::InstanceDelete, &instance);
            (vanished(machine(&instance, &volume)), event)
        }
        1 => {
            let born = format!("2026-01-01T{clock}:00Z");
            let event = event(Provider::Aws, "CreateVolume", Class::VolumeCreate).on(Role::Created, &volume);
            (appeared(aws(Kind::Volume, &volume).born(&born)), event)
        }
        2 => {
            let paths = ["config.InstanceType"];
            let event = alice("ModifyInstanceAttribute", Class::InstanceModify, &instance);
            (
                modified(machine(&instance, &volume), machine(&instance, &volume), &paths),
                event.touching(paths[0]),
            )
        }
        _ => {
            let name = format!("disk-{number}");
            let delete = event(Provider::Gcp, "v1.compute.disks.delete", Class::VolumeDelete);
            let delete = delete.addressing(Role::Subject, Kind::Volume, &path("p1", Kind::Volume, &name));
            (vanished(gcp(Kind::Volume, &number.to_string(), &name)), delete)
        }
    };
    let event = event.at(&clock);
    (change, AuditEvent { id: EventId::new(format!("e-{number:05}")), ..event })
}

fn specimens(count: usize) -> (Vec<Change>, Vec<AuditEvent>) {
    (0..count).map(specimen).unzip()
}

fn states(changes: &[Change]) -> Vec<TraceState> {
    changes.iter().map(|change| change.trace.state).collect()
}

fn any_status() -> impl Strategy<Value = LogStatus> {
    prop_oneof![Just(LogStatus::Complete), Just(LogStatus::Unknown), Just(LogStatus::Gap)]
}

fn any_intervals() -> impl Strategy<Value = Vec<LogInterval>> {
    let interval =
        (0..24_u32, 1..12_u32, any_status(), 0..3_usize).prop_map(|(from, hours, status, reason)| {
            let hour =
                |hour: u32| time("2025-12-31T20:00:00Z") + jiff::SignedDuration::from_hours(hour.into());
            let reason =
                ["said by somebody", "the digest chain is valid", "LookupEvents was read to the end"][reason];
            log_over(Provider::Aws, status, reason, Window { from: hour(from), to: hour(from + hours) })
        });
    prop::collection::vec(interval, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_changes_and_events_means_nothing(seed in any::<u64>()) {
        let (changes, events) = specimens(40);
        let expected = Scene::of(events.clone()).traces(changes.clone());
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut changes, mut events) = (changes, events);
        random.shuffle(&mut changes);
        random.shuffle(&mut events);
        let mut judged = Scene::of(events).traces(changes);
        judged.sort_by_key(|change| expected.iter().position(|other| other.id == change.id));
        prop_assert_eq!(judged, expected);
    }

    #[test]
    fn an_event_that_stands_there_twice_counts_once(twice in prop::collection::vec(0..40_usize, 1..20)) {
        let (changes, events) = specimens(40);
        let mut doubled = events.clone();
        doubled.extend(twice.into_iter().map(|at| events[at].clone()));
        prop_assert_eq!(Scene::of(doubled).traces(changes.clone()), Scene::of(events).traces(changes));
    }

    #[test]
    fn without_its_event_exactly_its_change_is_unexplained(dropped in 0..40_usize) {
        let (changes, mut events) = specimens(40);
        events.remove(dropped);
        let judged = Scene::of(events).traces(changes);
        for (at, state) in states(&judged).into_iter().enumerate() {
            let expected = if at == dropped { TraceState::Unexplained } else { TraceState::Explained };
            prop_assert_eq!(state, expected, "{}", at);
        }
    }

    #[test]
    fn what_came_to_nothing_never_explains(failed in 0..40_usize, end in 0..3_usize) {
        let (changes, mut events) = specimens(40);
        let end = [End::Failed, End::Denied, End::DryRun][end];
        events[failed] = events[failed].clone().ending(end);
        let id = events[failed].id.clone();
        let judged = Scene::of(events).traces(changes);
        prop_assert_eq!(judged[failed].trace.state, TraceState::Unexplained);
        prop_assert!(judged.iter().all(|change| !change.trace.events.contains(&id)));
        prop_assert_eq!(&judged[failed].trace.candidates, &[id]);
    }

    #[test]
    fn less_coverage_never_makes_a_change_unexplained(intervals in any_intervals(), dropped in 0..8_usize) {
        let gone = vanished(machine("i-1", "vol-1"));
        let scene = |logs: &[LogInterval]| Scene::of([]).with_logs(logs.to_vec()).trace(gone.clone()).state;
        let before = scene(&intervals);
        let mut fewer = intervals.clone();
        if dropped < fewer.len() && fewer[dropped].status != LogStatus::Gap {
            fewer.remove(dropped);
        }
        prop_assert!(scene(&fewer) != TraceState::Unexplained || before == TraceState::Unexplained);
    }

    #[test]
    fn settled_intervals_do_not_overlap_and_settle_once(intervals in any_intervals()) {
        let settled = super::settled_coverage(&intervals, &[]);
        for pair in settled.windows(2) {
            prop_assert!(pair[0].window.to <= pair[1].window.from);
            prop_assert!(pair[0].window.to < pair[1].window.from || pair[0].status != pair[1].status);
        }
        let mut reversed = intervals;
        reversed.reverse();
        prop_assert_eq!(super::settled_coverage(&reversed, &[]), settled);
    }
}

/// Quadratic work over this many would take minutes.
#[test]
fn many_changes_and_many_events_are_joined_by_what_they_name() {
    let (mut changes, mut events) = specimens(20_000);
    changes.truncate(5_000);
    let group = |event: &mut AuditEvent| event.targets.extend(alice("", Class::Other, "web-asg").targets);
    events.iter_mut().for_each(group);
    let judged = Scene::of(events).traces(changes);
    assert!(judged.iter().all(|change| change.trace.state == TraceState::Explained));
    // Nothing explains these, and all of them belong to one group that every event names.
    let (changes, _) = specimens(20_000);
    let unlogged: Vec<Change> = changes.into_iter().skip(5_000).step_by(4).take(3_000).collect();
    let (_, mut events) = specimens(5_000);
    events.iter_mut().for_each(group);
    let judged = Scene::of(events).traces(unlogged);
    assert!(judged.iter().all(|change| change.trace.state == TraceState::Unexplained));
}
