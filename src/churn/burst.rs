//! Many snapshots made, or deleted, in a short time (SEMANTICS D.3, D.4).

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::automation::acts_itself;
use super::lives::is_copy;
use super::metrics::{record, was_settled};
use super::series::{Known, Scale, Weights, baseline, by_scan, is_burst, speaks_for};
use super::statistics::benjamini_hochberg;
use super::{Limits, Past, Wanted};
use crate::model::{
    AccountId, Actor, ChurnBaseline, ChurnKey, ChurnKind, Class, EVERYWHERE, EventId, Kind, NodeKey,
    Provider, SnapshotChurn, SnapshotLife, Tally, Timestamp, Turn, Window,
};

/// The window that is compared with earlier hours.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// The window in which a large share of all snapshots counts.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The share of findings that may be chance, over all keys of one judgement.
const CHANCE: f64 = 0.05;
/// How many deletions it takes for a share to be much.
const LEAST_MUCH: usize = 3;

/// The two ways of a burst.
const WAYS: &[(ChurnKind, &[Class])] = &[
    (
        ChurnKind::Burst,
        &[Class::SnapshotCreate, Class::SnapshotCopy, Class::RestorePointCreate, Class::ImageCreate],
    ),
    (ChurnKind::DeletionBurst, &[Class::SnapshotDelete, Class::RestorePointDelete, Class::ImageDelete]),
];

/// By what lives are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    by: ChurnKey,
    provider: Provider,
    account: String,
    /// The actor's key, the disk, or the region; empty for an account.
    of: String,
}

/// A life and the turn of it that is counted.
type Member<'a> = (&'a SnapshotLife, &'a Turn);

/// Lives that one key counts together, by the time of their turn.
struct Group<'a> {
    members: Vec<Member<'a>>,
}

/// The densest part of a group.
struct Dense<'a> {
    window: Window,
    members: Vec<Member<'a>>,
}

impl<'a> Dense<'a> {
    fn of(members: Vec<Member<'a>>) -> Self {
        let from = members.iter().map(|(_, turn)| turn.at.from).min().unwrap_or_default();
        let to = members.last().map(|(_, turn)| turn.at.to).unwrap_or_default();
        Self { window: Window { from, to }, members }
    }

    fn lives(&self) -> Vec<&'a SnapshotLife> {
        self.members.iter().map(|(life, _)| *life).collect()
    }

    fn sources(&self) -> usize {
        let sources: BTreeSet<&String> = self.members.iter().flat_map(|(life, _)| &life.sources).collect();
        sources.len()
    }
}

/// Returns the accounts, principals and disks whose look-back is needed.
pub(super) fn look_back(lives: &[SnapshotLife], limits: &Limits) -> Wanted {
    let mut wanted = Wanted::default();
    for (kind, _) in WAYS {
        let limit = limits.of(*kind);
        for (key, group) in groups(lives, *kind) {
            let many = dense(&group, HOUR, |dense| dense.members.len() >= limit.many).is_some();
            let small = dense(&group, limit.within, |dense| dense.sources() >= limits.many_sources).is_some();
            let fast = dense(&group, limit.within, |dense| dense.members.len() >= limit.many).is_some();
            if !many && !fast && !small && nameless(&group).members.len() < limit.many {
                continue;
            }
            wanted.look_back.insert((key.provider, AccountId::new(&key.account)));
            match key.by {
                ChurnKey::Source => _ = wanted.sources.insert((key.provider, key.of)),
                ChurnKey::Principal => _ = wanted.principals.insert(key.of),
                ChurnKey::Account | ChurnKey::Region => {}
            }
        }
    }
    wanted
}

/// Returns the part of a group that happened in the time that is judged, nobody knows by whom.
fn nameless<'a>(group: &Group<'a>) -> Dense<'a> {
    let members = group.members.iter().copied().filter(|(_, turn)| turn.now && turn.by.is_none());
    Dense::of(members.collect())
}

/// Finds bursts, of each the narrowest key that counts all of it.
pub(super) fn find(lives: &[SnapshotLife], past: &Past) -> Vec<SnapshotChurn> {
    let mut found: Vec<SnapshotChurn> = Vec::new();
    for (kind, classes) in WAYS {
        let candidates = candidates(lives, past, *kind, classes);
        let probabilities: Vec<f64> = candidates.iter().map(|candidate| candidate.p).collect();
        let holds = benjamini_hochberg(&probabilities, CHANCE);
        let held = candidates.into_iter().zip(holds).filter(|(candidate, holds)| candidate.fires && *holds);
        for (Candidate { key, dense, baseline, .. }, _) in held {
            let told = |known: &SnapshotChurn| {
                known.kind == *kind && dense.members.iter().all(|(life, _)| holds_life(known, life))
            };
            if found.iter().any(told) {
                continue;
            }
            let named = (key.by, name(&key, &dense));
            let record = record(*kind, named, dense.window, &dense.lives(), lives, past);
            let mut notes = record.notes;
            if dense.members.iter().all(|(_, turn)| turn.by.is_none()) && !past.steps.is_empty() {
                notes.push(
                    "no log is known here: what scans saw is compared with what earlier scans saw".to_owned(),
                );
            }
            found.push(SnapshotChurn { baseline, notes, ..record });
        }
    }
    found.extend(much(lives, past, &found));
    found
}

fn holds_life(record: &SnapshotChurn, life: &SnapshotLife) -> bool {
    record.lives.iter().any(|known| known.key == life.key)
}

/// A key whose count may be out of the ordinary.
struct Candidate<'a> {
    key: Key,
    dense: Dense<'a>,
    baseline: Option<ChurnBaseline>,
    /// Whether it is, by itself.
    fires: bool,
    /// The probability of its count; 0 where fixed thresholds decide, 1 where there is nothing to decide.
    p: f64,
}

fn candidates<'a>(
    lives: &'a [SnapshotLife],
    past: &Past,
    kind: ChurnKind,
    classes: &[Class],
) -> Vec<Candidate<'a>> {
    let (limits, limit) = (&past.limits, past.limits.of(kind));
    let mut candidates = Vec::new();
    for (key, group) in groups(lives, kind) {
        let hour = dense(&group, HOUR, |dense| dense.members.len() >= limit.many);
        let compared = hour.and_then(|dense| {
            let baseline = compared(&key, &dense, past, (kind, classes))?;
            let fires = is_burst(count(&dense), &baseline, limit.many);
            Some((dense, fires, baseline))
        });
        if let Some((dense, fires, baseline)) = compared {
            let p = baseline.tail.p;
            candidates.push(Candidate { key, dense, baseline: Some(baseline), fires, p });
            continue;
        }
        if let Some((dense, baseline)) = stepped(&key, &group, lives, past, kind) {
            let (p, fires) = (baseline.tail.p, is_burst(count_all(&key, lives, kind), &baseline, limit.many));
            candidates.push(Candidate { key, dense, baseline: Some(baseline), fires, p });
            continue;
        }
        // Too little is known. Fixed thresholds are for one principal, or for nobody knows whom.
        let nobody = key.by == ChurnKey::Region && group.members.iter().all(|(_, turn)| turn.by.is_none());
        if key.by == ChurnKey::Principal || nobody {
            let many = |dense: &Dense<'_>| {
                let sources = kind == ChurnKind::Burst && dense.sources() >= limits.many_sources;
                dense.members.len() >= limit.many || sources
            };
            let found = dense(&group, limit.within, many);
            if let Some(dense) = found.filter(|_| !is_warm(&key, past, &group, kind)) {
                candidates.push(Candidate { key, dense, baseline: None, fires: true, p: 0.0 });
            }
        }
    }
    candidates
}

/// Whether enough is known of an account that fixed thresholds do not count, though a group is too small to
/// be compared.
fn is_warm(key: &Key, past: &Past, group: &Group<'_>, kind: ChurnKind) -> bool {
    let Some((_, turn)) = group.members.last() else { return false };
    let scale = Scale { look_back: past.limits.look_back, many: past.limits.of(kind).many };
    let logged =
        || baseline(1, turn.at.from, std::iter::empty(), &Weights::default(), &known(key, past), scale);
    logged().is_some() || by_scan(1, turn.at.from, &steps(key, past, kind), scale.many).is_some()
}

/// Returns what is known of the logs that tell of a key.
fn known(key: &Key, past: &Past) -> Known {
    Known::of(&past.logs, |log| {
        let account = log.scope.provider == key.provider && log.scope.account.as_str() == key.account;
        account && (key.by != ChurnKey::Region || speaks_for(log, &key.of))
    })
}

/// Returns what came or went in the time that is judged, nobody knows by whom, with the earlier scans that it
/// is compared with: nothing else is known where there is no log.
fn stepped<'a>(
    key: &Key,
    group: &Group<'a>,
    lives: &[SnapshotLife],
    past: &Past,
    kind: ChurnKind,
) -> Option<(Dense<'a>, ChurnBaseline)> {
    let (dense, many) = (nameless(group), past.limits.of(kind).many);
    let known = matches!(key.by, ChurnKey::Account | ChurnKey::Region) && dense.members.len() >= many;
    let steps = known.then(|| steps(key, past, kind))?;
    let baseline = by_scan(count_all(key, lives, kind), dense.window.from, &steps, many)?;
    Some((dense, baseline))
}

/// Returns how many snapshots came or went in a place by scan.
fn steps(key: &Key, past: &Past, kind: ChurnKind) -> Vec<(Timestamp, u32)> {
    let here = past.steps.iter().filter(|step| {
        let account = step.provider == key.provider && step.account.as_str() == key.account;
        account && (key.by != ChurnKey::Region || step.location.as_str() == key.of)
    });
    let mut steps: BTreeMap<Timestamp, u32> = BTreeMap::new();
    for step in here {
        *steps.entry(step.at).or_default() += if kind == ChurnKind::Burst { step.made } else { step.gone };
    }
    steps.into_iter().collect()
}

/// Counts what came or went in a place in the time that is judged, as scans count: keepers' snapshots too.
fn count_all(key: &Key, lives: &[SnapshotLife], kind: ChurnKind) -> u32 {
    let here = lives.iter().filter(|life| {
        let turn = life.turn(kind);
        is_copy(life.key.kind)
            && life.key.provider == key.provider
            && life.account.as_str() == key.account
            && (key.by != ChurnKey::Region || life.location.as_str() == key.of)
            && turn.as_ref().is_some_and(|turn| turn.now)
    });
    u32::try_from(here.count()).unwrap_or(u32::MAX)
}

fn count(dense: &Dense<'_>) -> u32 {
    u32::try_from(dense.members.len()).unwrap_or(u32::MAX)
}

/// Returns what a dense part is compared with.
fn compared(
    key: &Key,
    dense: &Dense<'_>,
    past: &Past,
    (kind, classes): (ChurnKind, &[Class]),
) -> Option<ChurnBaseline> {
    let scale = Scale { look_back: past.limits.look_back, many: past.limits.of(kind).many };
    let known = known(key, past);
    let empty = Vec::new();
    let tallies = match key.by {
        ChurnKey::Source => past.of_sources.get(&key.of).unwrap_or(&empty),
        _ => &past.tallies,
    };
    let counts = |tally: &&Tally| {
        let place = tally.provider == key.provider && tally.account.as_str() == key.account;
        let fits = match key.by {
            ChurnKey::Principal => tally.actor == key.of,
            // A log of every place does not say where: then all of the account is what to expect at most.
            ChurnKey::Region => [key.of.as_str(), EVERYWHERE].contains(&tally.location.as_str()),
            ChurnKey::Source | ChurnKey::Account => true,
        };
        place && fits && !tally.by_service && classes.contains(&tally.class)
    };
    let weights = weights(dense);
    baseline(count(dense), dense.window.from, tallies.iter().filter(counts), &weights, &known, scale)
}

/// Returns how many snapshots a call of each operation makes, or deletes, now.
fn weights<'a>(dense: &Dense<'a>) -> Weights<'a> {
    let mut made: BTreeMap<&str, (f64, BTreeSet<&str>)> = BTreeMap::new();
    for (life, turn) in &dense.members {
        let Some(operation) = turn.operation.as_deref() else { continue };
        let (count, calls) = made.entry(operation).or_default();
        *count += 1.0;
        calls.extend(life.events.first().map(EventId::as_str));
    }
    let mean = |(count, calls): (f64, BTreeSet<&str>)| {
        count / f64::from(u32::try_from(calls.len().max(1)).unwrap_or(u32::MAX))
    };
    made.into_iter().map(|(operation, made)| (operation, mean(made))).collect()
}

/// Groups lives by what they are counted by, the narrowest first.
fn groups(lives: &[SnapshotLife], kind: ChurnKind) -> BTreeMap<Key, Group<'_>> {
    let mut groups: BTreeMap<Key, Group<'_>> = BTreeMap::new();
    for life in lives.iter().filter(|life| is_copy(life.key.kind)) {
        let turn = life.turn(kind);
        // What a service of the vendor does of itself needs no mark that a scan has seen.
        let unasked = |turn: &&Turn| !turn.expected && !turn.by.as_ref().is_some_and(acts_itself);
        let Some(turn) = turn.as_ref().filter(unasked) else { continue };
        let key = |by, of: &str| Key {
            by,
            provider: life.key.provider,
            account: life.account.to_string(),
            of: of.to_owned(),
        };
        let mut keys = vec![key(ChurnKey::Account, ""), key(ChurnKey::Region, life.location.as_str())];
        keys.extend(turn.by.as_ref().map(|by| key(ChurnKey::Principal, &by.key)));
        // An operation that deletes names no disk, so that the look-back of one knows none.
        if kind == ChurnKind::Burst
            && let [source] = life.sources.iter().collect::<Vec<_>>().as_slice()
        {
            keys.push(key(ChurnKey::Source, source));
        }
        for key in keys {
            groups.entry(key).or_insert_with(|| Group { members: Vec::new() }).members.push((life, turn));
        }
    }
    for group in groups.values_mut() {
        group.members.sort_by_key(|(life, turn)| (turn.at.to, life.key.clone()));
    }
    groups
}

/// Returns the densest part of a group in a window of some width, that reaches into the time that is judged
/// and is dense enough by what happened then; what was dense enough before was told before.
///
/// What happened between two moments counts in a window that is about as wide as they are apart.
fn dense<'a>(
    group: &Group<'a>,
    width: SignedDuration,
    enough: impl Fn(&Dense<'a>) -> bool,
) -> Option<Dense<'a>> {
    let fits = |turn: &Turn| turn.at.to.duration_since(turn.at.from) <= width + width / 10;
    let members: Vec<_> = group.members.iter().copied().filter(|(_, turn)| fits(turn)).collect();
    let parts = |members: &[Member<'a>]| -> Vec<Dense<'a>> {
        let mut start = 0;
        let ends = members.iter().enumerate().map(|(end, (_, last))| {
            while members.get(start).is_some_and(|(_, turn)| last.at.to.duration_since(turn.at.to) >= width) {
                start += 1;
            }
            Dense::of(members.get(start..=end).unwrap_or_default().to_vec())
        });
        ends.collect()
    };
    let before: Vec<Member<'a>> = members.iter().copied().filter(|(_, turn)| !turn.now).collect();
    let told = parts(&before).into_iter().filter(&enough);
    let told: BTreeSet<&NodeKey> = told.flat_map(|part| part.members).map(|(life, _)| &life.key).collect();
    let is_news = |part: &Dense<'a>| {
        let now = Dense::of(part.members.iter().copied().filter(|(_, turn)| turn.now).collect());
        enough(&now) || !part.members.iter().any(|(life, turn)| !turn.now && told.contains(&life.key))
    };
    let reaches = |part: &Dense<'a>| part.members.last().is_some_and(|(_, turn)| turn.now);
    let found = parts(&members).into_iter().filter(|part| reaches(part) && enough(part) && is_news(part));
    // Of several alike the first.
    found.rev().max_by_key(|part| part.members.len())
}

/// Finds deletions of much of what an account had in a region, which no single hour shows.
fn much(lives: &[SnapshotLife], past: &Past, found: &[SnapshotChurn]) -> Vec<SnapshotChurn> {
    let Some(remaining) = &past.remaining else { return Vec::new() };
    let mut records = Vec::new();
    for (key, group) in groups(lives, ChurnKind::DeletionBurst) {
        if key.by != ChurnKey::Region {
            continue;
        }
        let settled = group.members.into_iter().filter(|(life, _)| was_settled(life)).collect();
        let Some(dense) = dense(&Group { members: settled }, DAY, |dense| dense.members.len() >= LEAST_MUCH)
        else {
            continue;
        };
        let old = |at: Option<Timestamp>| at.is_none_or(|at| dense.window.from.duration_since(at) >= DAY);
        let left = remaining.iter().filter(|left| {
            left.key.kind != Kind::Recycled
                && left.key.provider == key.provider
                && left.account.as_str() == key.account
                && left.location.as_str() == key.of
                && old(left.created_at)
        });
        let (left, deleted) = (count_of(left.count()), count_of(dense.members.len()));
        let fraction = deleted / (left + deleted);
        let told = found.iter().any(|known| dense.members.iter().all(|(life, _)| holds_life(known, life)));
        if fraction >= past.limits.much && !told {
            let named = by_one(&dense).unwrap_or_else(|| (key.by, name(&key, &dense)));
            let record = record(ChurnKind::DeletionBurst, named, dense.window, &dense.lives(), lives, past);
            records.push(SnapshotChurn { fraction_deleted: Some(fraction), ..record });
        }
    }
    records
}

/// Names who did all of it, if one did.
fn by_one(dense: &Dense<'_>) -> Option<(ChurnKey, String)> {
    let (_, first) = dense.members.first()?;
    let who = first.by.as_ref()?;
    let same = |(_, turn): &Member<'_>| turn.by.as_ref().is_some_and(|by| by.key == who.key);
    dense.members.iter().all(same).then(|| (ChurnKey::Principal, who.label()))
}

fn count_of(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Names a key for people.
fn name(key: &Key, dense: &Dense<'_>) -> String {
    let actor = || dense.members.iter().find_map(|(_, turn)| turn.by.as_ref()).map(Actor::label);
    match key.by {
        ChurnKey::Principal => actor().unwrap_or_else(|| key.of.clone()),
        ChurnKey::Account => key.account.clone(),
        ChurnKey::Source | ChurnKey::Region => key.of.clone(),
    }
}
