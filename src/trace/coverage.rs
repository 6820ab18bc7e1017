//! For which moments a log is known to be complete (SEMANTICS F.1).
//!
//! Several readings may say different things of one moment. The strongest wins, in this order:
//!
//! 1. The vendor's own record, read to the end (`LookupEvents`, the Activity Log, `entries.list`): nobody can
//!    stop it, so it is complete even while a trail is stopped.
//! 2. Somebody stopped the log, or made it record less: from then on events are missing, until the same log is
//!    restored, or a proof begins that only a running log can give.
//! 3. A valid digest chain. A digest whose period *contains* the stop proves no more than what was delivered;
//!    one whose period begins after it was written by a trail that ran.
//! 4. A reading that found objects missing or unreadable.
//! 5. A person's word, or a listing, that the files are all there: whoever says so has not seen what a stopped
//!    log never wrote.
//! 6. Some events, of which nobody proves that they are all.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::model::{
    AccountId, AuditEvent, Class, EVERYWHERE, LogInterval, LogScope, LogStatus, Provider, Scope, Timestamp,
    Window, printable,
};

/// Merges what is known of each log, and takes out the time in which somebody stopped it.
///
/// The intervals of one log do not overlap afterwards, neighbours differ in status, and their order is that of
/// scope and time. A stopped trail concerns every region of its account: the record does not tell whether the
/// trail had one region or all. The order of intervals and events means nothing.
pub fn settled_coverage(intervals: &[LogInterval], events: &[AuditEvent]) -> Vec<LogInterval> {
    let mut of_scope: BTreeMap<&LogScope, Vec<&LogInterval>> = BTreeMap::new();
    for interval in intervals.iter().filter(|interval| interval.window.from < interval.window.to) {
        of_scope.entry(&interval.scope).or_default().push(interval);
    }
    let turns = Turns::of(events);
    of_scope.into_iter().flat_map(|(scope, intervals)| settle(scope, &intervals, &turns)).collect()
}

/// How far a statement about a log goes before another one; the later wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Unknown,
    Said,
    Missing,
    Violated,
    Digest,
    Stopped,
    Unstoppable,
}

impl Standing {
    /// Tells it by status and by the words that readers of logs write as the reason.
    ///
    /// What is only said comes first: it names files, and those can be called anything.
    fn of(interval: &LogInterval) -> Self {
        let reason = interval.reason.as_str();
        let any = |words: &[&str]| words.iter().any(|word| reason.contains(word));
        match interval.status {
            LogStatus::Unknown => Self::Unknown,
            LogStatus::Gap => Self::Missing,
            LogStatus::Violated => Self::Violated,
            LogStatus::Complete if reason.starts_with("said") => Self::Said,
            LogStatus::Complete if any(&["was read to its end", "was read to the end"]) => Self::Unstoppable,
            LogStatus::Complete if any(&["digests is valid", "digest chain is valid"]) => Self::Digest,
            LogStatus::Complete => Self::Said,
        }
    }

    const fn status(self) -> LogStatus {
        match self {
            Self::Unknown => LogStatus::Unknown,
            Self::Missing | Self::Stopped => LogStatus::Gap,
            Self::Violated => LogStatus::Violated,
            Self::Said | Self::Digest | Self::Unstoppable => LogStatus::Complete,
        }
    }
}

/// A statement about one log over an interval.
struct Piece {
    window: Window,
    standing: Standing,
    reason: String,
}

fn settle(scope: &LogScope, intervals: &[&LogInterval], turns: &Turns<'_>) -> Vec<LogInterval> {
    let piece = |interval: &&LogInterval| Piece {
        window: interval.window,
        standing: Standing::of(interval),
        reason: interval.reason.clone(),
    };
    let mut pieces: Vec<Piece> = intervals.iter().map(piece).collect();
    let stops = turns.gaps(scope, &pieces);
    pieces.extend(stops);
    pieces.sort_by(|one, other| (one.window, &one.reason).cmp(&(other.window, &other.reason)));
    merge(scope, &pieces)
}

/// Walks over the beginnings and ends of all pieces, with the strongest of those that hold at each moment.
fn merge(scope: &LogScope, pieces: &[Piece]) -> Vec<LogInterval> {
    let mut edges: BTreeMap<Timestamp, Vec<(bool, usize)>> = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        edges.entry(piece.window.from).or_default().push((true, at));
        edges.entry(piece.window.to).or_default().push((false, at));
    }
    let mut held: BTreeSet<(Standing, usize)> = BTreeSet::new();
    let mut settled: Vec<LogInterval> = Vec::new();
    let mut since = None;
    for (moment, turns) in edges {
        let strongest = held.last().and_then(|(_, at)| pieces.get(*at));
        if let (Some(from), Some(piece)) = (since, strongest) {
            append(&mut settled, scope, Window { from, to: moment }, piece);
        }
        for (begins, at) in turns {
            let Some(piece) = pieces.get(at) else { continue };
            let key = (piece.standing, at);
            if begins {
                held.insert(key)
            } else {
                held.remove(&key)
            };
        }
        since = Some(moment);
    }
    settled
}

fn append(settled: &mut Vec<LogInterval>, scope: &LogScope, window: Window, piece: &Piece) {
    let status = piece.standing.status();
    match settled.last_mut() {
        Some(last) if last.window.to == window.from && last.status == status => {
            last.window.to = window.to;
            if !last.reason.split("; ").any(|reason| reason == piece.reason) {
                last.reason = format!("{}; {}", last.reason, piece.reason);
            }
        }
        _ => {
            let reason = piece.reason.clone();
            settled.push(LogInterval { scope: scope.clone(), window, status, reason });
        }
    }
}

/// The events that stopped a log or let it run again, by account, in the order of time.
struct Turns<'a>(FxHashMap<(Provider, &'a AccountId), Vec<&'a AuditEvent>>);

impl<'a> Turns<'a> {
    fn of(events: &'a [AuditEvent]) -> Self {
        let mut turns: FxHashMap<_, Vec<&AuditEvent>> = FxHashMap::default();
        for event in events.iter().filter(|event| event.outcome.has_effect() && turns_log(event)) {
            turns.entry((event.provider, &event.account)).or_default().push(event);
        }
        for events in turns.values_mut() {
            events.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        }
        Self(turns)
    }

    /// Returns the time for which a log was stopped, as far as anything is said of that time.
    ///
    /// A log that was read live to a moment after the stop is the vendor's own record, which nobody stops: what it may
    /// still deliver is no gap.
    fn gaps(&self, scope: &LogScope, pieces: &[Piece]) -> Vec<Piece> {
        let end = pieces.iter().map(|piece| piece.window.to).max();
        let events = self.0.get(&(scope.provider, &scope.account));
        let (Some(end), Some(events)) = (end, events) else { return Vec::new() };
        let unstoppable = pieces.iter().filter(|piece| piece.standing == Standing::Unstoppable);
        let read_to = unstoppable.map(|piece| piece.window.to).max();
        let stops = events.iter().enumerate().filter(|(_, event)| {
            event.class == Class::LogTamper && read_to.is_none_or(|read_to| read_to <= event.time)
        });
        let gap = |(at, stop): (usize, &&AuditEvent)| {
            let later = events.get(at..).unwrap_or_default();
            let restored = later.iter().find(|event| restores(event, stop)).map(|event| event.last_at());
            let proven = pieces
                .iter()
                .filter(|piece| piece.standing == Standing::Digest && piece.window.from >= stop.time);
            let to = restored.into_iter().chain(proven.map(|piece| piece.window.from)).chain([end]).min()?;
            let by = printable(stop.actor.session.as_deref().unwrap_or(&stop.actor.name));
            let reason = format!("`{}` by {by} at {}", printable(&stop.operation), stop.time);
            (stop.time < to).then_some(Piece {
                window: Window { from: stop.time, to },
                standing: Standing::Stopped,
                reason,
            })
        };
        stops.filter_map(gap).collect()
    }
}

/// Whether an event concerns the log that traces are made from.
///
/// On AWS threat detection, configuration recorders and flow logs count as logs as well, and leave `CloudTrail`
/// alone; on Azure workspaces and storage accounts do, of which nobody knows that a log goes there. On Google
/// Cloud nobody can switch admin activity off: only the sinks and buckets that carry it away.
fn turns_log(event: &AuditEvent) -> bool {
    let class = matches!(event.class, Class::LogTamper | Class::LogRestore);
    class
        && match event.provider {
            Provider::Aws => event.service.starts_with("cloudtrail"),
            Provider::Azure => event.facts.contains_key("trail"),
            Provider::Gcp => event.service.starts_with("logging"),
        }
}

/// Whether an event undoes a stop: of the same trail, where both tell theirs.
fn restores(event: &AuditEvent, stop: &AuditEvent) -> bool {
    let same = match (trail(event), trail(stop)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    event.class == Class::LogRestore && same && event.time >= stop.time
}

/// The name of the trail that an event is about: a request gives name or ARN.
fn trail(event: &AuditEvent) -> Option<&str> {
    let told = event.facts.get("trail")?.as_str()?;
    told.rsplit('/').next()
}

/// What the logs of a scope say of their own completeness over a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    /// Every event of every moment is there.
    Complete,
    /// Of some moments nobody proves that every event is there; never none.
    Unknown,
    /// Events are missing, with the reason.
    Gap(String),
    /// No log speaks of some moment.
    Missing,
}

/// What is known of all logs.
pub(super) struct Ledger(FxHashMap<(Provider, AccountId), Vec<LogInterval>>);

impl Ledger {
    /// Settles what is recorded of the logs.
    pub(super) fn new(intervals: &[LogInterval], events: &[AuditEvent]) -> Self {
        let mut ledger: FxHashMap<_, Vec<LogInterval>> = FxHashMap::default();
        for interval in settled_coverage(intervals, events) {
            let key = (interval.scope.provider, interval.scope.account.clone());
            ledger.entry(key).or_default().push(interval);
        }
        Self(ledger)
    }

    /// Whether anything is known of an account's logs.
    pub(super) fn knows(&self, scope: &Scope) -> bool {
        self.0.contains_key(&(scope.provider, scope.account.clone()))
    }

    /// Returns up to when the logs of a scope were read, if what they told last is in doubt: it will be read on.
    pub(super) fn reached(&self, scope: &Scope) -> Option<Timestamp> {
        let intervals = self.0.get(&(scope.provider, scope.account.clone()));
        let concerning = intervals.into_iter().flatten().filter(|interval| concerns(&interval.scope, scope));
        let last = concerning.max_by_key(|interval| interval.window.to)?;
        (last.status == LogStatus::Unknown).then_some(last.window.to)
    }

    /// Returns what the logs that concern a scope say of a window.
    ///
    /// That is the log of its account and location, and any of every location. What AWS keeps for an account
    /// as a whole (regions, accounts) is recorded in `us-east-1`; such a scope is content with that log.
    pub(super) fn cover(&self, scope: &Scope, window: Window) -> Cover {
        let intervals = self.0.get(&(scope.provider, scope.account.clone()));
        let concerning = intervals.into_iter().flatten().filter(|interval| {
            concerns(&interval.scope, scope)
                && interval.window.from <= window.to
                && interval.window.to >= window.from
        });
        cover(&concerning.collect::<Vec<_>>(), window)
    }
}

/// Whether a log records what happens in a scope.
fn concerns(log: &LogScope, scope: &Scope) -> bool {
    let location = log.location.as_str();
    location == EVERYWHERE
        || log.location == scope.location
        || (scope.provider == Provider::Aws && is_global(scope) && location == "us-east-1")
}

fn is_global(scope: &Scope) -> bool {
    use crate::model::Kind::{Account, Region};
    matches!(scope.kind, Account | Region) || ["global", EVERYWHERE].contains(&scope.location.as_str())
}

fn cover(intervals: &[&LogInterval], window: Window) -> Cover {
    // A window of one moment is one moment long.
    let to = window.to.max(window.from + jiff::SignedDuration::from_nanos(1));
    let inside = |moment: &Timestamp| *moment > window.from && *moment < to;
    let edges = intervals.iter().flat_map(|interval| [interval.window.from, interval.window.to]);
    let moments: BTreeSet<Timestamp> = edges.filter(inside).chain([window.from]).collect();
    let mut worst = Cover::Complete;
    for moment in moments {
        let here = at_moment(intervals, moment);
        if weight(&here) > weight(&worst) {
            worst = here;
        }
    }
    worst
}

/// The best that any log says of a moment; a gap before what nobody proves.
fn at_moment(intervals: &[&LogInterval], moment: Timestamp) -> Cover {
    let here = intervals.iter().filter(|it| it.window.from <= moment && moment < it.window.to);
    here.map(|interval| match interval.status {
        LogStatus::Complete => Cover::Complete,
        LogStatus::Gap | LogStatus::Violated => Cover::Gap(interval.reason.clone()),
        LogStatus::Unknown => Cover::Unknown,
    })
    .min_by_key(|cover| match cover {
        Cover::Complete => 0,
        Cover::Gap(_) => 1,
        Cover::Unknown | Cover::Missing => 2,
    })
    .unwrap_or(Cover::Missing)
}

const fn weight(cover: &Cover) -> u8 {
    match cover {
        Cover::Complete => 0,
        Cover::Unknown => 1,
        Cover::Missing => 2,
        Cover::Gap(_) => 3,
    }
}

#[cfg(test)]
mod tests;
