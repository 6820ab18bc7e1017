//! Scenarios: what people and keepers do to snapshots, and what is told of it.

mod loss;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::model::{
    Actor, ActorKind, ChangeKind, ChurnKey, ChurnKind, Class, Confidence, EVERYWHERE, End, EventId, Kind,
    Link, Location, Locator, LogScope, LogStatus, ManagedBy, Outcome, Rel, Resource, ResourceKey, Role,
    SnapshotChurn, Target, Timestamp, Trace, TraceState, Uid,
};

const ACCOUNT: &str = "111122223333";
const STRANGER: &str = "999988887777";
/// The judged hour: 2026-01-01T00:00:00Z.
const FROM: Timestamp = Timestamp::constant(1_767_225_600, 0);

fn at(minutes: i64) -> Timestamp {
    FROM + SignedDuration::from_mins(minutes)
}

fn hour() -> Window {
    Window { from: FROM, to: at(60) }
}

fn person(name: &str) -> Actor {
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
    Actor { key: format!("{arn}#AIDA"), name: arn, kind: ActorKind::Human, ..Actor::unknown() }
}

fn event(id: &str, minutes: i64, class: Class, actor: Actor) -> AuditEvent {
    AuditEvent {
        id: EventId::new(id),
        account: AccountId::new(ACCOUNT),
        location: Location::new("eu-west-1"),
        log: "cloudtrail".to_owned(),
        service: "ec2.amazonaws.com".to_owned(),
        operation: class.to_string(),
        class,
        actor,
        ..AuditEvent::blank(Provider::Aws, at(minutes))
    }
}

fn on(mut event: AuditEvent, role: Role, kind: Kind, uid: &str) -> AuditEvent {
    event.targets.insert(Target::by_uid(role, kind, uid));
    event
}

fn taken(minutes: i64, snapshot: &str, volume: &str, actor: Actor) -> AuditEvent {
    let event = event(&format!("take-{snapshot}"), minutes, Class::SnapshotCreate, actor);
    on(on(event, Role::Created, Kind::Snapshot, snapshot), Role::Source, Kind::Volume, volume)
}

fn deleted(minutes: i64, snapshot: &str, actor: Actor) -> AuditEvent {
    let event = event(&format!("delete-{snapshot}"), minutes, Class::SnapshotDelete, actor);
    on(event, Role::Subject, Kind::Snapshot, snapshot)
}

fn shared(minutes: i64, snapshot: &str, fact: &str, account: &str) -> AuditEvent {
    let mut event = event(&format!("{fact}-{snapshot}"), minutes, Class::SnapshotShare, person("eve"));
    event.facts.insert(fact.to_owned(), json!([account]));
    on(event, Role::Subject, Kind::Snapshot, snapshot)
}

fn snapshot(uid: &str, volume: &str, created: Timestamp) -> Resource {
    let key = ResourceKey { provider: Provider::Aws, kind: Kind::Snapshot, uid: Uid::new(uid) };
    let mut resource =
        Resource::new(key, AccountId::new(ACCOUNT), Location::new("eu-west-1"), Locator::new(uid));
    resource.created_at = Some(created);
    resource.links.insert(Link::to_uid(Rel::TakenFrom, Kind::Volume, volume));
    resource
}

/// Marks a snapshot as a lifecycle policy's, to be kept until some minute.
fn kept(mut resource: Resource, until: i64) -> Resource {
    let controller = Some("policy-1".to_owned());
    resource.managed_by = Some(ManagedBy { confidence: Confidence::High, controller, service: "dlm".into() });
    resource.tags.insert("aws:dlm:expirationTime".to_owned(), at(until).to_string());
    resource
}

/// A change by an event, or by none.
fn change(kind: ChangeKind, state: Resource, by: Option<&AuditEvent>, trace: TraceState) -> Change {
    let (scope, id) = (state.scope(), format!("{kind}-{}", state.key.uid));
    let state = Some(Arc::new(state));
    let (before, after) = if kind == ChangeKind::Vanished { (state, None) } else { (None, state) };
    let trace = Trace {
        events: by.map(|event| event.id.clone()).into_iter().collect(),
        actor: by.map(|event| event.actor.clone()),
        ..Trace::of(trace, "")
    };
    Change { id, kind, scope, before, after, window: hour(), attributes: Vec::new(), trace }
}

/// What is judged, and what it is held against.
#[derive(Default)]
struct World {
    changes: Vec<Change>,
    events: Vec<AuditEvent>,
    past: Past,
    gone: BTreeSet<String>,
    own: BTreeSet<String>,
}

impl World {
    fn judged(&self) -> Vec<SnapshotChurn> {
        self.judged_at(hour())
    }

    fn judged_at(&self, time: Window) -> Vec<SnapshotChurn> {
        let mut events = self.events.clone();
        events.sort_by_key(|event| event.time);
        let ground = Ground {
            changes: &self.changes,
            residues: &[],
            events: &events,
            time,
            gone_policies: &self.gone,
            retention: &BTreeMap::new(),
            own_accounts: &self.own,
            established: &BTreeSet::new(),
        };
        judge(&lives(&ground), &ground, &self.past)
    }

    fn kinds(&self) -> Vec<ChurnKind> {
        self.judged().iter().map(|record| record.kind).collect()
    }

    /// Adds a snapshot that appeared, by an event of its own.
    fn appeared(&mut self, minutes: i64, uid: &str, volume: &str, actor: Actor, trace: TraceState) {
        let event = taken(minutes, uid, volume, actor);
        let state = snapshot(uid, volume, at(minutes));
        self.changes.push(change(ChangeKind::Appeared, state, Some(&event), trace));
        self.events.push(event);
    }

    /// Adds a snapshot of thirty days that vanished, by an event of its own.
    fn vanished(&mut self, minutes: i64, state: Resource, actor: Actor, trace: TraceState) {
        let event = deleted(minutes, state.key.uid.as_str(), actor);
        self.changes.push(change(ChangeKind::Vanished, state, Some(&event), trace));
        self.events.push(event);
    }

    /// A month of a complete log, in which somebody acted at some hours before the judged one.
    fn month(mut self, actor: &Actor, class: Class, hours: impl IntoIterator<Item = (i64, u32)>) -> Self {
        let scope = LogScope {
            provider: Provider::Aws,
            account: AccountId::new(ACCOUNT),
            location: Location::new(EVERYWHERE),
            source: "cloudtrail".to_owned(),
        };
        let window = Window { from: FROM - SignedDuration::from_hours(40 * 24), to: at(60) };
        let (status, reason) = (LogStatus::Complete, String::new());
        self.past.logs.push(LogInterval { scope, window, status, reason });
        self.past.tallies.extend(hours.into_iter().map(|(ago, count)| Tally {
            at: FROM - SignedDuration::from_hours(ago),
            provider: Provider::Aws,
            account: AccountId::new(ACCOUNT),
            location: Location::new("eu-west-1"),
            actor: actor.key.clone(),
            by_service: false,
            class,
            operation: class.to_string(),
            count,
        }));
        self
    }
}

fn old(uid: &str, volume: &str) -> Resource {
    snapshot(uid, volume, FROM - SignedDuration::from_hours(30 * 24))
}

fn left(uid: &str, volume: &str, days: i64) -> Remaining {
    Remaining {
        key: NodeKey::new(Provider::Aws, Kind::Snapshot, uid),
        account: AccountId::new(ACCOUNT),
        location: Location::new("eu-west-1"),
        created_at: Some(FROM - SignedDuration::from_hours(days * 24)),
        sources: [volume.to_owned()].into(),
    }
}

fn burst_of_six(world: &mut World, actor: &Actor) {
    for number in 0..6 {
        let volume = format!("vol-{}", number % 4);
        world.appeared(10 + number, &format!("snap-{number}"), &volume, actor.clone(), TraceState::Explained);
    }
}

#[test]
fn j12_of_hourly_policy_snapshots_and_a_users_burst_only_the_burst_is_told() {
    let mut world = World::default();
    for number in 0..20 {
        let dlm = Actor { service: Some("dlm".to_owned()), ..person("dlm-role") };
        let event = taken(3, &format!("snap-d{number}"), &format!("vol-d{number}"), dlm);
        let state = kept(snapshot(&format!("snap-d{number}"), &format!("vol-d{number}"), at(3)), 10_000);
        world.changes.push(change(ChangeKind::Appeared, state, Some(&event), TraceState::ExpectedAutomation));
        world.events.push(event);
    }
    burst_of_six(&mut world, &person("mallory"));
    for world in
        [
            &world,
            &World { changes: world.changes.clone(), events: world.events.clone(), ..World::default() }
                .month(&person("mallory"), Class::SnapshotCreate, (0..27).map(|day| (day * 24 + 5, 1))),
        ]
    {
        let records = world.judged();
        let [record] = &records[..] else { panic!("{records:#?}") };
        assert_eq!(
            (record.kind, record.counted_by, &*record.key),
            (ChurnKind::Burst, ChurnKey::Principal, "mallory")
        );
        assert_eq!((record.created, record.distinct_sources), (6, 4));
        assert_eq!(record.expected, (["policy-1".to_owned()].into(), 20));
    }
}

#[test]
fn j13_a_policys_snapshot_that_a_user_deletes_is_early_and_by_its_policy_on_time_is_not() {
    let mut world = World::default();
    world.vanished(10, kept(old("snap-1", "vol-1"), 10_000), person("mallory"), TraceState::Explained);
    let records = world.judged();
    let [record] = &records[..] else { panic!("{records:#?}") };
    assert_eq!((record.kind, record.before_expiry), (ChurnKind::EarlyDeletion, 1));

    let mut on_time = World::default();
    let dlm = Actor { service: Some("dlm".to_owned()), ..person("dlm-role") };
    on_time.vanished(10, kept(old("snap-1", "vol-1"), 5), dlm, TraceState::ExpectedAutomation);
    assert_eq!(on_time.kinds(), []);
}

#[test]
fn a_nightly_job_is_learnt_where_the_log_names_no_region() {
    let robot = person("robot");
    let night = |world: &mut World| {
        for number in 0..8 {
            let (uid, volume) = (format!("snap-{number}"), format!("vol-{number}"));
            world.appeared(10 + number, &uid, &volume, robot.clone(), TraceState::Explained);
        }
    };
    let nights = (1..28).map(|day| (day * 24, 8));
    let mut world = World::default().month(&robot, Class::SnapshotCreate, nights);
    night(&mut world);
    for tally in &mut world.past.tallies {
        tally.location = Location::new(EVERYWHERE);
    }
    assert_eq!(world.kinds(), []);
}

#[test]
fn what_a_service_of_the_vendor_does_itself_is_no_burst_though_no_scan_saw_its_mark() {
    let dlm = |kind| Actor { service: Some("dlm".to_owned()), kind, ..person("dlm-role") };
    let made = |actor: &Actor| {
        let mut world = World::default();
        for number in 0..8 {
            let (uid, volume) = (format!("snap-{number}"), format!("vol-{number}"));
            world.events.push(taken(10 + number, &uid, &volume, actor.clone()));
        }
        world.kinds()
    };
    assert_eq!(made(&dlm(ActorKind::CloudService)), []);
    assert_eq!(made(&dlm(ActorKind::Human)), [ChurnKind::Burst], "its name alone is anybody's");
}

#[test]
fn state_alone_proves_that_a_snapshot_went_before_its_time() {
    let gone = change(ChangeKind::Vanished, kept(old("snap-1", "vol-1"), 10_000), None, TraceState::LogGap);
    let world = World { changes: vec![gone], ..World::default() };
    assert_eq!(world.kinds(), [ChurnKind::EarlyDeletion]);
    let due = change(ChangeKind::Vanished, kept(old("snap-1", "vol-1"), 30), None, TraceState::LogGap);
    assert_eq!(World { changes: vec![due], ..World::default() }.kinds(), []);
}

#[test]
fn j14_a_name_that_sounds_like_a_backup_service_excuses_no_deletions() {
    let mut world = World::default();
    for number in 0..10 {
        let state = old(&format!("snap-{number}"), &format!("vol-{number}"));
        world.vanished(number, state, person("evil-backup-service"), TraceState::Explained);
    }
    let records = world.judged();
    let burst = records.iter().find(|record| record.kind == ChurnKind::DeletionBurst).unwrap();
    assert_eq!((burst.deleted, &*burst.key), (10, "evil-backup-service"));
}

#[test]
fn j17_a_volume_from_a_shared_snapshot_counts_only_in_a_strange_account() {
    let used = |account: &str| {
        let actor = Actor {
            key: format!("account:{account}"),
            name: format!("account:{account}"),
            home: Some(account.to_owned()),
            external: account != ACCOUNT,
            service: (account == ACCOUNT).then(|| "ec2.amazonaws.com".to_owned()),
            kind: if account == ACCOUNT { ActorKind::CloudService } else { ActorKind::Unknown },
            ..Actor::unknown()
        };
        let event = event("used", 20, Class::VolumeCreate, actor);
        World { events: vec![on(event, Role::Source, Kind::Snapshot, "snap-1")], ..World::default() }
    };
    assert_eq!(used(ACCOUNT).kinds(), []);
    assert_eq!(used(STRANGER).kinds(), [ChurnKind::Exfiltration]);
    let sister = World { own: [STRANGER.to_owned()].into(), ..used(STRANGER) };
    assert_eq!(sister.kinds(), []);
}

#[test]
fn what_is_shared_outside_and_closed_again_is_told_even_over_several_scans() {
    let world = |steps: Vec<AuditEvent>| World { events: steps, ..World::default() };
    let share = || shared(-120, "snap-1", "add_principals", STRANGER);
    let make = || taken(-180, "snap-1", "vol-1", person("eve"));
    let whole = world(vec![make(), share(), deleted(10, "snap-1", person("eve"))]);
    assert_eq!(whole.kinds(), [ChurnKind::Exfiltration]);
    assert_eq!(whole.judged()[0].lives[0].events.len(), 3);
    let unshared = world(vec![make(), share(), shared(10, "snap-1", "remove_principals", STRANGER)]);
    assert_eq!(unshared.kinds(), [ChurnKind::Exfiltration]);
    assert_eq!(world(vec![make(), share()]).kinds(), [], "still shared: another rule tells");
    let long_ago = world(vec![
        shared(-60 * 48, "snap-1", "add_principals", STRANGER),
        deleted(10, "snap-1", person("eve")),
    ]);
    assert_eq!(long_ago.kinds(), []);
    let failed = AuditEvent { outcome: Outcome::plain(End::Denied), ..share() };
    assert_eq!(world(vec![make(), failed, deleted(10, "snap-1", person("eve"))]).kinds(), []);
}

#[test]
fn a_refused_call_and_a_record_read_twice_count_nothing() {
    let eve = || person("eve");
    let mut world = World::default();
    for number in 0..4 {
        let take = taken(number, &format!("snap-{number}"), "vol-1", eve());
        world.events.extend([take.clone(), take]);
    }
    let refused = taken(5, "snap-5", "vol-1", eve());
    world.events.push(AuditEvent { outcome: Outcome::plain(End::DryRun), ..refused });
    assert_eq!(world.kinds(), []);
    world.events.push(taken(6, "snap-6", "vol-1", eve()));
    assert_eq!(world.kinds(), [ChurnKind::Burst]);
}

#[test]
fn ten_made_and_ten_deleted_between_two_scans_are_no_net_change_and_told() {
    let mut world = World::default();
    for number in 0..10 {
        world.events.push(taken(number, &format!("snap-{number}"), "vol-1", person("eve")));
        world.events.push(deleted(number + 20, &format!("snap-{number}"), person("eve")));
    }
    assert_eq!(world.kinds(), [ChurnKind::Burst, ChurnKind::DeletionBurst, ChurnKind::ShortLived]);
}

#[test]
fn a_routine_of_the_same_height_every_night_is_no_burst() {
    let cron = person("cron");
    let nightly = |count| (0..28).map(move |day| (day * 24 + 24, count));
    let mut world = World::default().month(&cron, Class::SnapshotCreate, nightly(6));
    burst_of_six(&mut world, &cron);
    assert_eq!(world.kinds(), []);
    let mut unknown = World::default().month(&cron, Class::SnapshotCreate, nightly(1));
    burst_of_six(&mut unknown, &cron);
    let records = unknown.judged();
    assert_eq!(records.len(), 1);
    let baseline = records[0].baseline.as_ref().unwrap();
    assert!(baseline.buckets > 600 && baseline.tail.p < 1e-4 && baseline.z.unwrap() > 3.5, "{baseline:?}");
}

#[test]
fn what_was_told_teaches_nothing_until_it_was_told_on_three_days() {
    let eve = person("eve");
    let nights = |count: i64| (1..=count).map(|day| (day * 24, 6));
    for (told, expected) in [(1, 1), (2, 1), (3, 1), (12, 0)] {
        let mut world = World::default().month(&eve, Class::SnapshotCreate, nights(told));
        burst_of_six(&mut world, &eve);
        assert_eq!(world.judged().len(), expected, "after {told} nights");
    }
}

#[test]
fn hours_in_a_gap_of_the_log_are_no_quiet_hours() {
    let eve = person("eve");
    let mut world = World::default().month(&eve, Class::SnapshotCreate, []);
    let whole = world.past.logs[0].clone();
    let window = Window { to: FROM - SignedDuration::from_hours(24), ..whole.window };
    world.past.logs.push(LogInterval { window, status: LogStatus::Gap, ..whole });
    burst_of_six(&mut world, &eve);
    let records = world.judged();
    assert_eq!(records.iter().map(|record| record.baseline.is_none()).collect::<Vec<_>>(), [true]);
}

#[test]
fn the_mark_of_a_policy_that_is_gone_excuses_nothing() {
    let world = |gone: &[&str]| {
        let changes = (0..6).map(|number| {
            let state = kept(snapshot(&format!("snap-{number}"), "vol-1", at(number)), 10_000);
            change(ChangeKind::Appeared, state, None, TraceState::ExpectedAutomation)
        });
        let gone = gone.iter().map(|policy| (*policy).to_owned()).collect();
        World { changes: changes.collect(), gone, ..World::default() }
    };
    assert_eq!(world(&[]).kinds(), []);
    let records = world(&["policy-1"]).judged();
    assert_eq!(records.len(), 1);
    assert!(records[0].notes.iter().any(|note| note.contains("not listed")), "{:?}", records[0].notes);
}

#[test]
fn a_fifth_of_what_a_region_had_is_much_though_nobody_hurried() {
    let mut world = World::default();
    for number in 0..3 {
        world.vanished(
            number * 20,
            old(&format!("snap-{number}"), "vol-1"),
            person("eve"),
            TraceState::Explained,
        );
    }
    world.past.remaining =
        Some((0..10).map(|number| left(&format!("snap-r{number}"), "vol-1", 20)).collect());
    let records = world.judged();
    let [record] = &records[..] else { panic!("{records:#?}") };
    assert_eq!((record.kind, record.deleted), (ChurnKind::DeletionBurst, 3));
    assert!((record.fraction_deleted.unwrap() - 3.0 / 13.0).abs() < 1e-9);
    world.past.remaining =
        Some((0..20).map(|number| left(&format!("snap-r{number}"), "vol-1", 20)).collect());
    assert_eq!(world.kinds(), []);
}

#[test]
fn a_vendors_service_may_make_share_and_delete_for_itself() {
    let guard = Actor {
        service: Some("malware-protection.guardduty.amazonaws.com".to_owned()),
        kind: ActorKind::ServiceLinked,
        ..person("guard")
    };
    let mut share = shared(5, "snap-1", "add_principals", STRANGER);
    share.actor = guard.clone();
    let events = vec![taken(1, "snap-1", "vol-1", guard.clone()), share, deleted(9, "snap-1", guard)];
    assert_eq!(World { events, ..World::default() }.kinds(), []);
}

#[test]
fn a_burst_over_two_scans_is_told_once() {
    let take = |minute: i64, name: &str| taken(minute, &format!("snap-{name}"), "vol-1", person("eve"));
    let events = (0..6).map(|number| take(57 + number, &number.to_string())).collect();
    let mut world = World { events, ..World::default() };
    assert_eq!(world.judged_at(hour()).len(), 0, "three so far");
    let next = Window { from: at(60), to: at(120) };
    assert_eq!(world.judged_at(next).len(), 1);
    world.events.extend((0..4).map(|number| take(50 + number, &format!("x{number}"))));
    assert_eq!(world.judged_at(hour()).len(), 1);
    assert_eq!(world.judged_at(next).len(), 0, "a straggler of what was told");
}

#[test]
fn deletions_of_which_only_states_tell_are_no_burst_of_ten_minutes() {
    let changes = (0..6).map(|number| {
        change(ChangeKind::Vanished, old(&format!("snap-{number}"), "vol-1"), None, TraceState::LogGap)
    });
    let world = World { changes: changes.collect(), ..World::default() };
    assert_eq!(world.kinds(), [], "an hour lies between the scans, and nothing tells when");
}

#[test]
fn the_order_of_changes_and_events_means_nothing() {
    let mut world = World::default();
    burst_of_six(&mut world, &person("eve"));
    for number in 0..6 {
        world.vanished(
            30 + number,
            old(&format!("snap-o{number}"), "vol-1"),
            person("eve"),
            TraceState::Explained,
        );
    }
    let told = world.judged();
    world.changes.reverse();
    world.events.reverse();
    assert_eq!(world.judged(), told);
}

#[test]
fn without_a_log_what_scans_saw_is_compared_with_what_earlier_scans_saw() {
    let world = |made: u32| {
        let steps = (1..=24 * 14).map(|ago| Step {
            at: FROM - SignedDuration::from_hours(ago),
            provider: Provider::Aws,
            account: AccountId::new(ACCOUNT),
            location: Location::new("eu-west-1"),
            made: if ago % 24 == 0 { made } else { 0 },
            gone: 0,
        });
        let changes = (0..6).map(|number| {
            let state = snapshot(&format!("snap-{number}"), "vol-1", at(number));
            change(ChangeKind::Appeared, state, None, TraceState::LogGap)
        });
        let past = Past { steps: steps.collect(), ..Past::default() };
        World { changes: changes.collect(), past, ..World::default() }
    };
    assert_eq!(world(6).kinds(), [], "as many came every day");
    let records = world(0).judged();
    let [record] = &records[..] else { panic!("{records:#?}") };
    assert_eq!((record.counted_by, record.created), (ChurnKey::Account, 6));
    assert!(record.baseline.is_some());
    assert!(record.notes.iter().any(|note| note.contains("no log is known")), "{:?}", record.notes);
}
