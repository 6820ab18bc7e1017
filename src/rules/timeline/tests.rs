use proptest::prelude::*;

use super::*;
use crate::model::{ChangeKind, End, Finding, Outcome, Resource, Timestamp, TraceState};
use crate::rules::fixture::{
    Specimen, act, appeared, attached, by, change, explained, image, instance, modified, snapshot, telling,
    the_day_before, traced, vanished, volume,
};
use crate::rules::{Drift, RULES, Tier, Tuning, judge};

/// What may happen, with what the state shows of it.
fn any_event() -> impl Strategy<Value = AuditEvent> {
    let classes = prop::sample::select(
        Class::ALL.iter().copied().filter(|it| !NO_STEPS.contains(it)).collect::<Vec<_>>(),
    );
    let roles = prop::sample::select(vec![Role::Created, Role::Subject, Role::Source, Role::AttachedTo]);
    let uids = prop::sample::select(vec!["i-1", "i-2", "vol-1", "vol-2", "snap-1", "snap-2", "ami-1"]);
    let on = prop::collection::vec((roles, uids), 0..4);
    let who = prop::sample::select(vec!["alice", "bob"]);
    (classes, on, 0..600_i64, who, any::<u32>()).prop_map(|(class, on, minutes, who, id)| {
        let event = by(act(&format!("e-{id}"), minutes, (class, "Act"), on), who);
        telling(event, "region", "eu-west-1")
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    let plain = |uid: &str| instance(uid, "vol-1");
    let holder = plain("i-1").link(attached("/dev/xvdf", "vol-2", false));
    let all = vec![
        appeared(plain("i-1")),
        vanished(plain("i-2")),
        appeared(volume("vol-2")),
        vanished(snapshot("snap-1")),
        appeared(snapshot("snap-2")),
        vanished(image("ami-1", "snap-1")),
        change(ChangeKind::Attached, Some(plain("i-1")), Some(holder)),
        change(ChangeKind::Restarted, Some(plain("i-1")), Some(plain("i-1"))),
        modified(plain("i-1").with("UserData", "a"), plain("i-1").with("UserData", "b")),
        change(ChangeKind::Recreated, Some(volume("vol-1")), Some(volume("vol-2"))),
    ];
    let states = prop::sample::select(vec![TraceState::Unexplained, TraceState::LogGap]);
    (prop::sample::select(all), states).prop_map(|(change, state)| traced(change, state))
}

fn any_world() -> impl Strategy<Value = (Vec<Change>, Vec<AuditEvent>)> {
    let joined = (prop::collection::vec(any_change(), 0..6), prop::collection::vec(any_event(), 0..10));
    (joined, prop::collection::vec(any::<prop::sample::Index>(), 6)).prop_map(|((changes, events), picks)| {
        let mut seen = BTreeSet::new();
        let events: Vec<AuditEvent> =
            events.into_iter().filter(|event| seen.insert(event.id.clone())).collect();
        let mut seen = BTreeSet::new();
        let changes = changes.into_iter().filter(|change| seen.insert(change.id.clone()));
        let explain = |(change, pick): (Change, prop::sample::Index)| {
            if events.is_empty() || pick.index(2) == 0 {
                change
            } else {
                explained(change, &[pick.get(&events)])
            }
        };
        (changes.zip(picks).map(explain).collect(), events)
    })
}

fn told(changes: &[Change], events: &[AuditEvent], earlier: &[Change]) -> Vec<Finding> {
    let testimony = Testimony { events, earlier, ..Testimony::default() };
    judge(changes, testimony)
}

proptest! {
    #[test]
    fn the_order_of_events_and_changes_means_nothing(
        ((changes, events), (shuffled, mixed)) in any_world().prop_flat_map(|(changes, events)| {
            let other = (Just(changes.clone()).prop_shuffle(), Just(events.clone()).prop_shuffle());
            (Just((changes, events)), other)
        })
    ) {
        prop_assert_eq!(told(&changes, &events, &[]), told(&shuffled, &mixed, &[]));
    }

    #[test]
    fn what_failed_is_no_step(
        events in prop::collection::vec(any_event(), 0..12),
        end in prop::sample::select(vec![End::Failed, End::Denied, End::DryRun, End::Started]),
    ) {
        let fail = |event: AuditEvent| AuditEvent { outcome: Outcome::plain(end), ..event };
        let events: Vec<AuditEvent> = events.into_iter().map(fail).collect();
        let testimony = Testimony { events: &events, ..Testimony::default() };
        let drift = Drift::new(&[], testimony);
        for rule in RULES.iter().filter(|rule| rule.meta().tier == Tier::Chain) {
            prop_assert_eq!(rule.check(&drift), vec![], "{}", rule.meta().id);
        }
    }

    #[test]
    fn what_lies_before_the_compared_time_alone_is_told_by_no_chain(
        (changes, events) in any_world()
    ) {
        let earlier: Vec<Change> = changes.into_iter().map(the_day_before).collect();
        let testimony = Testimony { before: &events, earlier: &earlier, ..Testimony::default() };
        let drift = Drift::new(&[], testimony);
        for rule in RULES.iter().filter(|rule| rule.meta().tier == Tier::Chain) {
            prop_assert_eq!(rule.check(&drift), vec![], "{}", rule.meta().id);
        }
    }
}

fn timeline<'a>(changes: &'a [Change], events: &'a [AuditEvent]) -> Vec<(Class, usize, bool)> {
    let testimony = Testimony { events, tuning: Tuning::shipped(), ..Testimony::default() };
    let changes: Vec<&Change> = changes.iter().collect();
    let timeline = Timeline::of(&changes, testimony);
    timeline.steps.iter().map(|step| (step.class, step.changes.len(), step.event.is_some())).collect()
}

#[test]
fn a_change_that_an_event_explains_is_one_step_with_it() {
    let run = act("e-1", 1, (Class::InstanceCreate, "RunInstances"), [(Role::Created, "i-1")]);
    let made = [
        explained(appeared(instance("i-1", "vol-1")), &[&run]),
        explained(appeared(volume("vol-1")), &[&run]),
    ];
    assert_eq!(timeline(&made, std::slice::from_ref(&run)), [(Class::InstanceCreate, 2, true)]);
    // Without the event itself the state alone tells them.
    let alone = [(Class::InstanceCreate, 1, false), (Class::VolumeCreate, 1, false)];
    assert_eq!(timeline(&made, &[]), alone);
}

#[test]
fn one_identity_through_another_is_one() {
    let root = act("e-1", 1, (Class::SnapshotCreate, "CreateSnapshot"), []);
    let role = by(act("e-2", 2, (Class::InstanceCreate, "RunInstances"), []), "role");
    let other = by(act("e-3", 3, (Class::InstanceCreate, "RunInstances"), []), "role");
    let behind = [(role.id.clone(), vec![root.actor.clone(), role.actor.clone()])];
    let events = [root, role, other];
    let timeline = Timeline::of(&[], Testimony { events: &events, behind: &behind, ..Testimony::default() });
    let [root, role, other] = timeline.steps.as_slice() else { panic!("three steps") };
    assert!(role.is_by(root) && root.is_by(role));
    assert!(!other.is_by(root), "the role alone may be anybody's");
    assert!(other.is_by(role), "of the same role, and nothing says that another was behind it");
}

#[test]
fn a_zone_lies_in_its_region() {
    assert!(lies_in(Provider::Gcp, "us-east1-b", "us-east1"));
    assert!(!lies_in(Provider::Gcp, "us-east10-b", "us-east1"));
    assert!(!lies_in(Provider::Aws, "us-east-1-lax", "us-east-1"));
}

#[test]
fn moments_that_states_tell_date_births_only_within_their_window() {
    let old = Resource { created_at: Some(Timestamp::UNIX_EPOCH), ..snapshot("snap-1") };
    let appeared = appeared(old);
    assert_eq!(state::window(&appeared), appeared.window);
}
