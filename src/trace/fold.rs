//! Audit records → events: each counts once, and the records of one operation are one event.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    AccountId, Actor, AuditEvent, Class, Client, Confidence, End, EventId, Provider, Role, Stage, Target,
};

/// By which a record counts once.
type Key = (Provider, EventId);

/// Folds records into events, sorted by time and id.
///
/// - A record counts once, however many files hold it. Of two with one id and different content the richer
///   stays, of two equally rich ones that with the smaller canonical JSON.
/// - An addendum takes the place of the record that it supersedes, and keeps what it does not tell itself
///   (SEMANTICS E.1.1); of several the last delivered.
/// - The records of one operation ([`AuditEvent::group`]) become one event (SEMANTICS E.2.2, E.3.2). Where a
///   group begins anew after it ended, another event begins: a caller can choose a correlation id, and must
///   not be able to hide one operation in another.
///
/// The order of the records means nothing, and folding events again changes nothing.
pub fn fold(records: Vec<AuditEvent>) -> Vec<AuditEvent> {
    let mut groups: BTreeMap<(Provider, AccountId, String), Vec<AuditEvent>> = BTreeMap::new();
    let mut events = Vec::new();
    for record in amended(distinct(records)) {
        match record.group.clone() {
            Some(group) => {
                groups.entry((record.provider, record.account.clone(), group)).or_default().push(record);
            }
            None => events.push(record),
        }
    }
    events.extend(groups.into_values().flat_map(operations).filter_map(merged));
    events.sort_by(|one, other| {
        (one.time, &one.id, one.provider).cmp(&(other.time, &other.id, other.provider))
    });
    events
}

/// Keeps one record of each id.
fn distinct(records: Vec<AuditEvent>) -> BTreeMap<Key, AuditEvent> {
    let mut kept: BTreeMap<Key, AuditEvent> = BTreeMap::new();
    for record in records {
        let key = (record.provider, record.id.clone());
        match kept.get(&key) {
            Some(known) if *known == record || preferable(known, &record) => {}
            _ => drop(kept.insert(key, record)),
        }
    }
    kept
}

/// Whether one of two records with the same id is to be kept, and not the other.
fn preferable(one: &AuditEvent, other: &AuditEvent) -> bool {
    let text =
        |event: &AuditEvent| serde_json::to_value(event).map(|value| value.to_string()).unwrap_or_default();
    match richness(one).cmp(&richness(other)) {
        std::cmp::Ordering::Equal => text(one) <= text(other),
        unequal => unequal.is_gt(),
    }
}

/// How much a record tells.
fn richness(event: &AuditEvent) -> usize {
    event.targets.len() + event.facts.len() + event.records.len() + usize::from(!event.truncated)
}

/// Puts each addendum in the place of the record that it supersedes.
fn amended(mut records: BTreeMap<Key, AuditEvent>) -> Vec<AuditEvent> {
    let mut families: BTreeMap<Key, BTreeSet<(usize, Key)>> = BTreeMap::new();
    for (key, record) in records.iter().filter(|(_, record)| record.supersedes.is_some()) {
        let (original, steps) = original(&records, record);
        if original != *key {
            families.entry(original).or_default().insert((steps, key.clone()));
        }
    }
    for (original, addenda) in families {
        let Some(mut current) = records.remove(&original) else { continue };
        let mut addenda: Vec<_> =
            addenda.iter().filter_map(|(steps, key)| Some((*steps, records.remove(key)?))).collect();
        addenda
            .sort_by_cached_key(|(steps, event)| (*steps, event.ingested_at, event.time, event.id.clone()));
        for (_, addendum) in addenda {
            current = completed(addendum, current);
        }
        records.insert((current.provider, current.id.clone()), current);
    }
    records.into_values().collect()
}

/// Returns the record at the end of a chain of addenda, with the length of the chain; where the chain bites
/// its tail, the smallest id in it.
fn original(records: &BTreeMap<Key, AuditEvent>, record: &AuditEvent) -> (Key, usize) {
    let mut passed = vec![(record.provider, record.id.clone())];
    let mut current = record;
    while let Some(earlier) = &current.supersedes {
        let key = (record.provider, earlier.clone());
        let Some(next) = records.get(&key) else { break };
        if let Some(start) = passed.iter().position(|known| *known == key) {
            return (passed.drain(start..).min().unwrap_or(key), 0);
        }
        passed.push(key);
        current = next;
    }
    ((current.provider, current.id.clone()), passed.len())
}

/// Returns an addendum with what only the record before it told.
fn completed(addendum: AuditEvent, original: AuditEvent) -> AuditEvent {
    let mut event = addendum;
    if !told_actor(&event) {
        event.actor = original.actor;
    }
    if event.client == Client::default() {
        event.client = original.client;
    }
    if event.targets.is_empty() {
        event.targets = original.targets;
    }
    if event.touches.is_empty() {
        event.touches = original.touches;
    }
    for (name, value) in original.facts {
        event.facts.entry(name).or_insert(value);
    }
    event.group = event.group.or(original.group);
    event
}

/// Cuts the records of a group into operations, each in the order of its records.
fn operations(mut records: Vec<AuditEvent>) -> Vec<Vec<AuditEvent>> {
    records.sort_by_cached_key(|record| (record.time, order(record), record.id.clone()));
    let mut operations: Vec<Vec<AuditEvent>> = Vec::new();
    for record in records {
        match operations.last_mut().filter(|operation| continues(operation, &record)) {
            Some(operation) => operation.push(record),
            None => operations.push(vec![record]),
        }
    }
    operations
}

/// Where a record stands among those of the same moment.
const fn order(record: &AuditEvent) -> u8 {
    match (record.stage, record.outcome.end) {
        (Stage::First, _) | (_, End::Started) => 0,
        (Stage::Middle, _) | (_, End::Accepted) => 1,
        _ => 2,
    }
}

/// Whether a record belongs to an operation that began before it.
fn continues(operation: &[AuditEvent], record: &AuditEvent) -> bool {
    let whole = |event: &AuditEvent| !event.records.is_empty();
    let ended = operation.iter().any(|event| is_terminal(event) && event.time < record.time);
    let begins = order(record) == 0;
    !(whole(record) || operation.iter().any(whole) || (ended && begins))
}

const fn is_terminal(event: &AuditEvent) -> bool {
    !matches!(event.outcome.end, End::Accepted | End::Started)
}

/// Makes one event of an operation's records, which stand in the order of time.
fn merged(records: Vec<AuditEvent>) -> Option<AuditEvent> {
    if records.len() < 2 {
        return records.into_iter().next();
    }
    let mut event = records.first()?.clone();
    event.records = records.iter().map(|record| record.id.clone()).collect();
    event.ended_at = records.iter().map(AuditEvent::last_at).max();
    event.ingested_at = records.iter().filter_map(|record| record.ingested_at).max();
    event.truncated = records.iter().any(|record| record.truncated);
    event.supersedes = records.iter().find_map(|record| record.supersedes.clone());
    event.facts.clear();
    event.change_marks.clear();
    let end = outcome(&records)?;
    event.outcome = end.outcome.clone();
    event.stage = if is_terminal(end) { Stage::Single } else { Stage::First };
    if let Some(record) = records.iter().find(|record| told_actor(record)) {
        event.actor = record.actor.clone();
    }
    if let Some(record) = records.iter().find(|record| record.client != Client::default()) {
        event.client = record.client.clone();
    }
    let (class, confidence) = class(&records)?;
    (event.class, event.confidence) = (class, confidence);
    event.targets = united(records.iter().flat_map(|record| &record.targets).cloned().collect());
    let mut by_richness: Vec<&AuditEvent> = records.iter().collect();
    by_richness.sort_by_key(|record| std::cmp::Reverse(richness(record)));
    for record in by_richness {
        for (name, value) in &record.facts {
            event.facts.entry(name.clone()).or_insert_with(|| value.clone());
        }
        for (mark, value) in &record.change_marks {
            event.change_marks.entry(mark.clone()).or_insert_with(|| value.clone());
        }
        event.touches.extend(record.touches.iter().cloned());
        event.tokens.extend(record.tokens.iter().cloned());
        event.correlation.extend(record.correlation.iter().cloned());
    }
    Some(event)
}

/// Returns the record that tells how the operation ended: its last word, else that it was taken on, else that
/// it was called.
fn outcome(records: &[AuditEvent]) -> Option<&AuditEvent> {
    let last = |wanted: fn(&AuditEvent) -> bool| records.iter().rev().find(|record| wanted(record));
    last(is_terminal)
        .or_else(|| last(|record| record.outcome.end == End::Accepted))
        .or_else(|| records.first())
}

fn told_actor(event: &AuditEvent) -> bool {
    event.actor.key != Actor::unknown().key
}

/// Returns the most specific class that a record tells, and how sure it is: one that a table knows before one
/// that was guessed, one that makes or deletes before one that modifies.
fn class(records: &[AuditEvent]) -> Option<(Class, Confidence)> {
    let weight = |record: &AuditEvent| (record.confidence == Confidence::High, specificity(record.class));
    let best = records.iter().map(weight).max()?;
    let record = records.iter().find(|record| weight(record) == best)?;
    Some((record.class, record.confidence))
}

const fn specificity(class: Class) -> u8 {
    match class {
        Class::Other => 0,
        Class::InstanceModify
        | Class::VolumeModify
        | Class::SnapshotModify
        | Class::ImageModify
        | Class::TagModify
        | Class::SettingModify
        | Class::GroupScale => 1,
        _ => 2,
    }
}

/// Joins targets that tell different things of one resource in one part; what was made is not acted on too.
fn united(targets: BTreeSet<Target>) -> BTreeSet<Target> {
    let mut rest: Vec<Target> = targets.into_iter().collect();
    let mut united: BTreeSet<Target> = BTreeSet::new();
    while let Some(mut target) = rest.pop() {
        while let Some(place) = rest.iter().position(|other| joins(&target, other)) {
            target = joined(target, rest.swap_remove(place));
            rest.sort();
        }
        united.insert(target);
    }
    united
}

/// Whether two targets name one resource, and contradict each other in nothing.
fn joins(one: &Target, other: &Target) -> bool {
    fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.zip(other).is_none_or(|(one, other)| one == other)
    }
    let roles = one.role == other.role || (is_act(one.role) && is_act(other.role));
    let same_uid = one.uid.is_some() && one.uid == other.uid;
    let same_locator = one.locator.is_some() && one.locator == other.locator;
    roles
        && (same_uid || same_locator)
        && agree(one.kind.as_ref(), other.kind.as_ref())
        && agree(one.uid.as_ref(), other.uid.as_ref())
        && agree(one.locator.as_ref(), other.locator.as_ref())
        && agree(one.name.as_ref(), other.name.as_ref())
        && agree(one.slot.as_ref(), other.slot.as_ref())
}

const fn is_act(role: Role) -> bool {
    matches!(role, Role::Subject | Role::Created)
}

fn joined(one: Target, other: Target) -> Target {
    let role = if other.role == Role::Created { other.role } else { one.role };
    Target {
        role,
        kind: one.kind.or(other.kind),
        uid: one.uid.or(other.uid),
        locator: one.locator.or(other.locator),
        name: one.name.or(other.name),
        slot: one.slot.or(other.slot),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::{Kind, Locator, Uid};
    use crate::trace::specimen::{Specimen, actor, event};

    const DISK: &str = "/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/disks/d";

    fn azure(id: &str, minutes: i64, stage: Stage, end: End) -> AuditEvent {
        let event = event(id, minutes, Class::VolumeModify, "Microsoft.Compute/disks/write");
        event.of(Provider::Azure).at(Role::Subject, Kind::Volume, DISK).part(stage, "c|w|d").ending(end)
    }

    #[test]
    fn a_record_in_two_files_counts_once() {
        let record = event("e1", 1, Class::InstanceStop, "StopInstances").uid(Role::Subject, "i-1");
        let twice = fold(vec![record.clone(), record.clone()]);
        assert_eq!(twice.len(), 1);
        assert_eq!(twice.first(), Some(&record));
        let twin = AuditEvent { id: EventId::new("e2"), ..record.clone() };
        assert_eq!(fold(vec![record.clone(), twin.clone()]), [record, twin]);
    }

    #[test]
    fn of_two_records_with_one_id_the_richer_stays_whichever_came_first() {
        let poor = event("e1", 1, Class::InstanceStop, "StopInstances");
        let rich = poor.clone().uid(Role::Subject, "i-1");
        let once = fold(vec![poor.clone(), rich.clone()]);
        assert_eq!(fold(vec![rich.clone(), poor]), once);
        assert_eq!(once, [rich]);
    }

    #[test]
    fn an_addendum_takes_the_place_of_its_original_and_keeps_what_it_does_not_tell() {
        let first = event("e1", 1, Class::SnapshotDelete, "DeleteSnapshot").uid(Role::Subject, "snap-1");
        let addendum = AuditEvent {
            supersedes: Some(EventId::new("e1")),
            ..event("e2", 1, Class::SnapshotDelete, "DeleteSnapshot").fact("force", true)
        };
        let later = AuditEvent {
            supersedes: Some(EventId::new("e2")),
            ..event("e0", 1, Class::SnapshotDelete, "DeleteSnapshot").fact("force", false)
        };
        let folded = fold(vec![addendum.clone(), first.clone(), addendum.clone()]);
        assert_eq!(folded, [AuditEvent { targets: first.targets.clone(), ..addendum.clone() }]);
        let folded = fold(vec![later.clone(), first.clone(), addendum]);
        assert_eq!(folded, [AuditEvent { targets: first.targets, ..later.clone() }]);
        assert_eq!(fold(vec![later.clone()]), [later], "without its original it stands for itself");
    }

    #[test]
    fn addenda_that_supersede_each_other_lose_nothing() {
        let supersede = |id, other| AuditEvent {
            supersedes: Some(EventId::new(other)),
            ..event(id, 1, Class::LogTamper, "StopLogging")
        };
        assert_eq!(fold(vec![supersede("e1", "e2"), supersede("e2", "e1")]).len(), 1);
        assert_eq!(fold(vec![supersede("e1", "e1")]).len(), 1);
    }

    #[test]
    fn the_records_of_one_azure_operation_are_one_event() {
        let started = azure("a", 1, Stage::First, End::Started);
        let mut accepted = azure("b", 2, Stage::Middle, End::Accepted).fact("create_option", "Copy");
        accepted.class = Class::VolumeCreate;
        let succeeded = azure("c", 4, Stage::Last, End::Success).by(Actor::unknown());
        let folded = fold(vec![succeeded.clone(), accepted.clone(), started.clone()]);
        let [whole] = &folded[..] else { panic!("{folded:?}") };
        assert_eq!(
            (whole.id.as_str(), whole.time, whole.ended_at),
            ("a", started.time, Some(succeeded.time))
        );
        assert_eq!((whole.class, whole.outcome.end), (Class::VolumeCreate, End::Success));
        assert_eq!((whole.stage, whole.records.len()), (Stage::Single, 3));
        assert_eq!(whole.facts["create_option"], "Copy");
        assert_eq!(whole.actor, actor("mallory"));
        let folded = fold(vec![accepted, started]);
        assert_eq!(folded[0].outcome.end, End::Accepted, "accepted only: it probably happened");
        assert!(folded[0].outcome.has_effect());
    }

    #[test]
    fn a_google_cloud_operation_that_ends_in_an_error_has_no_effect() {
        let record = |id, minutes, stage, end| {
            let event =
                event(id, minutes, Class::InstanceStop, "v1.compute.instances.stop").of(Provider::Gcp);
            event.part(stage, "p|operation-1").ending(end)
        };
        let first = record("a1", 1, Stage::First, End::Accepted).at(Role::Subject, Kind::Instance, "p/z/i");
        let mut failed = record("a2", 2, Stage::Last, End::Failed);
        failed.outcome.code = Some("9".to_owned());
        let folded = fold(vec![failed, first.clone()]);
        assert_eq!((folded.len(), folded[0].outcome.code.as_deref()), (1, Some("9")));
        assert!(!folded[0].outcome.has_effect());
        let done = record("a2", 2, Stage::Last, End::Success);
        assert!(fold(vec![first, done])[0].outcome.has_effect());
    }

    #[test]
    fn a_chosen_correlation_id_hides_no_second_operation() {
        let once = [azure("a", 1, Stage::First, End::Started), azure("b", 2, Stage::Last, End::Success)];
        let again = [azure("c", 3, Stage::First, End::Started), azure("d", 4, Stage::Last, End::Success)];
        let folded = fold([once.clone(), again].concat());
        let ids: Vec<_> = folded.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(ids, ["a", "c"]);
        assert_eq!(fold(once.to_vec()).len(), 1);
    }

    #[test]
    fn what_two_records_tell_of_one_target_is_joined() {
        let by_locator = azure("a", 1, Stage::First, End::Started);
        let mut by_both = azure("b", 2, Stage::Last, End::Success);
        by_both.targets = [Target {
            uid: Some(Uid::new("u-1")),
            locator: Some(Locator::new(DISK)),
            ..Target::by_uid(Role::Created, Kind::Volume, "u-1")
        }]
        .into();
        let folded = fold(vec![by_locator, by_both.clone()]);
        assert_eq!(folded[0].targets, by_both.targets);
    }

    #[test]
    fn a_guessed_class_gives_way_to_a_known_one() {
        let mut guessed = azure("a", 1, Stage::First, End::Started);
        (guessed.class, guessed.confidence) = (Class::VolumeDelete, Confidence::Low);
        let folded = fold(vec![guessed, azure("b", 2, Stage::Last, End::Success)]);
        assert_eq!((folded[0].class, folded[0].confidence), (Class::VolumeModify, Confidence::High));
    }

    fn any_record() -> impl Strategy<Value = AuditEvent> {
        let stage = prop::sample::select(Stage::ALL);
        let end = prop::sample::select(End::ALL);
        let class = prop::sample::select(&[Class::VolumeCreate, Class::VolumeModify, Class::Other][..]);
        let ids = (0..8u8, prop::option::of(0..8u8), prop::option::of(0..2u8));
        (ids, 0..6i64, stage, end, class, prop::option::of(0..3u8)).prop_map(
            |((id, supersedes, group), minutes, stage, end, class, fact)| {
                let mut record = event(&format!("e{id}"), minutes, class, "op").ending(end);
                record.stage = stage;
                record.group = group.map(|group| format!("g{group}"));
                record.supersedes = supersedes.map(|id| EventId::new(format!("e{id}")));
                match fact {
                    Some(fact) => record.fact("fact", json!(fact)).uid(Role::Subject, &format!("vol-{fact}")),
                    None => record.by(Actor::unknown()),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn the_order_of_records_means_nothing(
            (records, shuffled) in prop::collection::vec(any_record(), 0..12)
                .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
        ) {
            prop_assert_eq!(fold(records), fold(shuffled));
        }

        #[test]
        fn folding_again_changes_nothing(records in prop::collection::vec(any_record(), 0..12)) {
            let once = fold(records);
            prop_assert_eq!(fold(once.clone()), once);
        }
    }
}
