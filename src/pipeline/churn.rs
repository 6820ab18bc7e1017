//! What bears on snapshots' comings and goings, gathered and judged.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashSet;

use super::evidence::Gathered;
use crate::churn::{self, Burst, Ground, Limits, Past, Wanted};
use crate::model::{
    AccountId, AuditEvent, Change, Class, Coverage, CoverageStatus, EventId, Kind, Locator, Provider,
    Residue, Role, ScanId, SnapshotChurn, SnapshotLife, Target, Uid, Window,
};
use crate::rules::Tuning;
use crate::store::{self, EventFilter, Store};
use crate::trace;

/// Operations that make or delete snapshots, or images over them.
const CLASSES: &[Class] = &[
    Class::SnapshotCreate,
    Class::SnapshotCopy,
    Class::SnapshotDelete,
    Class::RestorePointCreate,
    Class::RestorePointDelete,
    Class::ImageCreate,
    Class::ImageDelete,
];

/// Of how many deleted snapshots the makers are looked for.
const MAKERS: usize = 256;

/// How long another account must have been known to act, to be no stranger.
const ESTABLISHED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is to be said of snapshots' comings and goings.
#[derive(Debug, Default)]
pub(super) struct Churned {
    /// What is out of the ordinary.
    pub(super) found: Vec<SnapshotChurn>,
    /// The changes by which snapshots went of whose disks newer ones are left.
    pub(super) superseded: BTreeSet<String>,
}

/// Returns what is out of the ordinary about the snapshots between two scans.
///
/// Most of the time that costs no look-up at all: only where snapshots may have come or gone in a burst are
/// earlier hours counted, and only where somebody deleted one are the remaining ones.
pub(super) fn judge(
    store: &Store,
    (before, after): (ScanId, ScanId),
    changes: &[Change],
    residues: &[Residue],
    (gathered, own): (&Gathered, &BTreeSet<(Provider, AccountId)>),
    tuning: &Tuning,
) -> Result<Churned, store::Error> {
    let limits = limits(tuning);
    let (time, events) = (gathered.span(), gathered.events());
    let policies = Policies::of(store, (before, after), changes, gathered)?;
    let (own_accounts, established) = if may_share(changes, events) {
        let own = own.iter().map(|(_, account)| account.to_string()).collect();
        (own, store.strangers_before(earlier(time.from, ESTABLISHED))?)
    } else {
        Default::default()
    };
    let ground = |events| Ground {
        changes,
        residues,
        events,
        time,
        gone_policies: &policies.gone,
        retention: &policies.retention,
        own_accounts: &own_accounts,
        established: &established,
    };
    let lives = churn::lives(&ground(events));
    let wanted = churn::wanted(&lives, &limits);
    let mut past = past(store, (before, after), &wanted, gathered, (policies.listed, limits))?;
    past.gone_disks = gone_disks(store, (before, after), &lives, &wanted, gathered)?;
    let makers = makers(store, &wanted, &lives, changes, gathered)?;
    let told: Vec<AuditEvent>;
    let (ground, lives) = if makers.is_empty() {
        (ground(events), lives)
    } else {
        told = makers.into_iter().chain(events.iter().cloned()).collect();
        let ground = ground(&told);
        (ground, churn::lives(&ground))
    };
    let superseded = churn::superseded(&lives, &past);
    let mut found = churn::judge(&lives, &ground, &past);
    // What made a snapshot long ago is a fact, and no part of what is reported.
    let reported: FxHashSet<&EventId> = events.iter().map(|event| &event.id).collect();
    for life in found.iter_mut().flat_map(|record| &mut record.lives) {
        life.events.retain(|id| reported.contains(id));
    }
    Ok(Churned { found, superseded })
}

/// Returns the limits that the parameters of the rules on churn set.
fn limits(tuning: &Tuning) -> Limits {
    let burst = |rule| Burst { many: tuning.count(rule, "many"), within: tuning.time(rule, "within") };
    Limits {
        made: burst("snapshot-burst"),
        deleted: burst("snapshot-deletion-burst"),
        many_sources: tuning.count("snapshot-burst", "many-disks"),
        much: tuning.number("snapshot-deletion-burst", "share"),
        short_life: tuning.time("short-lived-snapshot", "lifetime"),
        cover_up: tuning.time("snapshot-exfiltration", "within"),
        look_back: tuning.time("snapshot-burst", "look-back"),
    }
}

fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// Whether anything can have been handed to somebody outside.
fn may_share(changes: &[Change], events: &[AuditEvent]) -> bool {
    let open = |change: &Change| {
        let states = change.before.iter().chain(&change.after);
        states.into_iter().any(|state| !state.exposure.grants.is_empty())
    };
    let shares = |event: &AuditEvent| {
        matches!(event.class, Class::SnapshotShare | Class::ImageShare) || event.actor.external
    };
    changes.iter().any(open) || events.iter().any(shares)
}

/// Looks up what the lives are held against, as far as it is wanted.
fn past(
    store: &Store,
    (before, after): (ScanId, ScanId),
    wanted: &Wanted,
    gathered: &Gathered,
    (lists_policies, limits): (bool, Limits),
) -> Result<Past, store::Error> {
    let mut past = Past { lists_policies, limits, ..Past::default() };
    if !wanted.look_back.is_empty() {
        let span = gathered.span();
        let window = Window { from: earlier(span.from, limits.look_back), to: span.to };
        past.tallies = store.tallies(window, CLASSES, &wanted.principals)?;
        past.logs = trace::settled_coverage(&store.log_intervals_between(window)?, gathered.events());
        let logged = |(provider, account): &(Provider, AccountId)| {
            past.logs.iter().any(|log| log.scope.provider == *provider && log.scope.account == *account)
        };
        let silent =
            wanted.look_back.iter().filter(|account| !logged(account)).cloned().collect::<BTreeSet<_>>();
        if !silent.is_empty() {
            past.steps = store.snapshot_steps(window.from, before, &silent)?;
        }
        for (_, source) in &wanted.sources {
            past.of_sources.insert(source.clone(), store.tallies_of(source, window, CLASSES)?);
        }
    }
    if !wanted.accounts.is_empty() {
        past.remaining = Some(store.remaining_snapshots(after, &wanted.accounts)?);
    }
    Ok(past)
}

/// Returns the disks of deleted snapshots that complete listings show to be gone since before the earlier scan.
fn gone_disks(
    store: &Store,
    (before, after): (ScanId, ScanId),
    lives: &[SnapshotLife],
    wanted: &Wanted,
    gathered: &Gathered,
) -> Result<BTreeSet<String>, store::Error> {
    let (earlier, later) = gathered.coverage();
    let listed = |life: &SnapshotLife| {
        let of_disks = |row: &&Coverage| {
            row.scope.kind == Kind::Volume
                && row.scope.provider == life.key.provider
                && row.scope.account == life.account
        };
        let complete = |rows: &[Coverage]| {
            let mut rows = rows.iter().filter(of_disks).peekable();
            rows.peek().is_some() && rows.all(|row| row.status == CoverageStatus::Complete)
        };
        complete(earlier) && complete(later)
    };
    let deleted = lives.iter().filter(|life| wanted.deleted.contains(&life.key) && listed(life));
    let sources: BTreeSet<(Provider, &String)> =
        deleted.flat_map(|life| life.sources.iter().map(|source| (life.key.provider, source))).collect();
    let targets: Vec<(Provider, Target)> = sources
        .iter()
        .flat_map(|(provider, source)| {
            let by_uid = Target::by_uid(Role::Related, Kind::Volume, *source);
            let by_locator = Target::by_locator(Role::Related, Kind::Volume, Locator::new(*source));
            [(*provider, by_uid), (*provider, by_locator)]
        })
        .collect();
    if targets.is_empty() {
        return Ok(BTreeSet::new());
    }
    let seen = store.presence(Some(before), after, &targets)?;
    let pairs = sources.into_iter().zip(seen.chunks(2));
    let gone = pairs.filter(|(_, seen)| seen.iter().all(|(was, is)| was.is_none() && is.is_none()));
    Ok(gone.map(|((_, source), _)| source.clone()).collect())
}

/// Returns the events of the time before those that were gathered, that tell who made what was deleted.
fn makers(
    store: &Store,
    wanted: &Wanted,
    lives: &[SnapshotLife],
    changes: &[Change],
    gathered: &Gathered,
) -> Result<Vec<AuditEvent>, store::Error> {
    let mut found = Vec::new();
    let unborn = lives.iter().filter(|life| wanted.deleted.contains(&life.key) && life.born.is_none());
    for life in unborn.take(MAKERS) {
        let states = changes.iter().filter(|change| life.changes.contains(&change.id));
        let states = states.filter_map(|change| change.before.as_deref());
        let mut names: BTreeSet<String> = states.map(|state| state.locator.to_string()).collect();
        names.insert(life.key.id.clone());
        for name in names {
            let provider = Some(life.key.provider);
            let filter = EventFilter { provider, target: Some(name), ..EventFilter::default() };
            found.extend(store.events(&filter)?);
        }
    }
    let mut found = trace::fold(found);
    found.retain(|event| event.time < gathered.span().from);
    Ok(unknown(found, gathered.events()))
}

/// Returns those of some events that are not among others, each once.
fn unknown(found: Vec<AuditEvent>, known: &[AuditEvent]) -> Vec<AuditEvent> {
    let mut known: FxHashSet<(Provider, EventId)> =
        known.iter().map(|event| (event.provider, event.id.clone())).collect();
    found.into_iter().filter(|event| known.insert((event.provider, event.id.clone()))).collect()
}

/// What is known of the policies by which keepers make snapshots.
#[derive(Default)]
struct Policies {
    /// Those that were gone before the time that is judged.
    gone: BTreeSet<String>,
    /// For how many days they keep what they make.
    retention: BTreeMap<String, i64>,
    /// Whether a complete listing would show them.
    listed: bool,
}

impl Policies {
    fn of(
        store: &Store,
        (before, after): (ScanId, ScanId),
        changes: &[Change],
        gathered: &Gathered,
    ) -> Result<Self, store::Error> {
        let mut policies = Self::default();
        let named: BTreeSet<(Provider, String)> = changes.iter().filter_map(named).collect();
        if named.is_empty() {
            return Ok(policies);
        }
        let deleted = gathered.events().iter().filter(|event| {
            event.outcome.has_effect()
                && event.time < gathered.span().from
                && event.operation == "DeleteLifecyclePolicy"
        });
        let ids = deleted.filter_map(|event| event.facts.get("policy")?.as_str().map(str::to_owned));
        policies.gone.extend(ids);
        let lists = |coverage: &&Coverage| coverage.scope.kind == Kind::ResourcePolicy;
        let complete = |provider: Provider, coverage: &[Coverage]| {
            let mut rows =
                coverage.iter().filter(lists).filter(|row| row.scope.provider == provider).peekable();
            rows.peek().is_some() && rows.all(|row| row.status == CoverageStatus::Complete)
        };
        let (earlier, later) = gathered.coverage();
        let listed = |provider| complete(provider, earlier) && complete(provider, later);
        let targets: Vec<(Provider, Target)> = named
            .into_iter()
            .filter(|(provider, _)| listed(*provider))
            .map(|(provider, name)| (provider, target(&name)))
            .collect();
        policies.listed = !targets.is_empty();
        if targets.is_empty() {
            return Ok(policies);
        }
        let seen = store.presence(Some(before), after, &targets)?;
        for ((_, target), (was, is)) in targets.iter().zip(seen) {
            let name = target.uid.as_ref().map(Uid::as_str).or(target.locator.as_ref().map(Locator::as_str));
            let Some(name) = name else { continue };
            let path = "snapshotSchedulePolicy.retentionPolicy.maxRetentionDays";
            let days = is.as_ref().or(was.as_ref()).and_then(|policy| policy.config.get(path)?.as_i64());
            if let Some(days) = days {
                policies.retention.insert(name.to_owned(), days);
            }
            if was.is_none() && is.is_none() {
                policies.gone.insert(name.to_owned());
            }
        }
        Ok(policies)
    }
}

/// Returns the policy that the mark of a changed snapshot names.
fn named(change: &Change) -> Option<(Provider, String)> {
    let state = change.resource()?;
    let copy = matches!(state.key.kind, Kind::Snapshot | Kind::RestorePoint | Kind::InstantSnapshot);
    let policy = state.managed_by.as_ref()?.controller.clone()?;
    copy.then_some((state.key.provider, policy))
}

/// Names a policy as a target: by number, else by address.
fn target(name: &str) -> Target {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        Target::by_uid(Role::Related, Kind::ResourcePolicy, name)
    } else {
        Target::by_locator(Role::Related, Kind::ResourcePolicy, Locator::new(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Setting, rule};

    #[test]
    fn that_a_log_was_stopped_long_ago_hides_nobody_who_made_a_copy_since() {
        let event = |id: &str, hour: i64| {
            let time = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
            AuditEvent { id: EventId::new(id), ..AuditEvent::blank(Provider::Aws, time) }
        };
        let known = [event("log stopped", 1), event("deleted", 200)];
        let found = vec![event("made", 100), event("deleted", 200), event("made", 100)];
        assert_eq!(unknown(found, &known), [event("made", 100)]);
    }

    #[test]
    fn the_shipped_parameters_are_the_limits_by_default() {
        assert_eq!(limits(Tuning::shipped()), Limits::default());
    }

    #[test]
    fn a_parameter_that_is_set_is_a_limit() {
        let (mut tuning, meta) = (Tuning::default(), rule("snapshot-deletion-burst").unwrap().meta());
        tuning.set(meta, &meta.parameters[0], Setting::Number(9.0));
        assert_eq!((limits(&tuning).deleted.many, limits(&tuning).made.many), (9, 5));
    }
}
