//! Everything that is remembered from scan to scan, and its sum.

use std::collections::{BTreeMap, VecDeque};

use super::actors::Actors;
use super::course::{Course, Point};
use super::listings::Listings;
use super::logs::Logs;
use super::story::{State, Story};
use super::view::{
    Bound, Covered, Decided, Lives, OpenFinding, Period, Ranked, RuleTally, Scans, Schema, Unexplained,
};
use crate::model::{
    Acceptance, Band, ChangeKind, Coverage, FindingStatus, Scan, ScanId, Timestamp, TraceState, Window,
};
use crate::report::View;

/// How many of a ranking are told.
const FIRST: usize = 20;

/// What is remembered of a period, scan by scan.
pub struct Ledger {
    from: Bound,
    to: Bound,
    decisions: VecDeque<(String, Acceptance)>,
    stories: BTreeMap<String, Story>,
    listings: Listings,
    logs: Logs,
    course: Course,
    actors: Actors,
    changes: BTreeMap<ChangeKind, u64>,
    waits: Vec<Window>,
    scans: Scans,
    /// When the scan before was taken.
    previous: Option<Timestamp>,
    /// When the first scan of the period was taken.
    began: Option<Timestamp>,
}

impl Ledger {
    /// Begins the ledger of a period, with what people decided about findings, the first decision first.
    ///
    /// Decisions count until the last scan of the period is sealed: what was decided later belongs to a later period.
    pub fn new(from: Bound, to: Bound, decisions: Vec<(String, Acceptance)>) -> Self {
        Self {
            from,
            to,
            decisions: decisions.into(),
            stories: BTreeMap::new(),
            listings: Listings::default(),
            logs: Logs::default(),
            course: Course::default(),
            actors: Actors::default(),
            changes: BTreeMap::new(),
            waits: Vec::new(),
            scans: Scans { sealed: 0, complete: 0, not_judged: Vec::new() },
            previous: None,
            began: None,
        }
    }

    /// Whether a scan lies in the period, rather than before it.
    pub fn holds(&self, scan: ScanId) -> bool {
        let within = self.to.scan.as_ref().is_some_and(|last| scan <= last.id);
        within && self.from.scan.as_ref().is_none_or(|first| scan > first.id)
    }

    /// Reads a sealed scan, its coverage and the runs that judged it; scans come in order, from the first one of the
    /// store on. Coverage is needed of those in the period.
    pub fn read(&mut self, scan: &Scan, coverage: &[Coverage], runs: &[View]) {
        let within = self.holds(scan.id);
        if within {
            self.begin(scan.taken_at);
        }
        self.decide(scan);
        for run in runs {
            self.tell(scan, run);
        }
        if within {
            self.scans.sealed += 1;
            self.scans.complete += u64::from(self.listings.read(scan.taken_at, coverage));
            if runs.is_empty() {
                self.scans.not_judged.push(scan.id);
            }
            self.course.push(self.point(scan, runs));
            for run in runs {
                self.logs.read(&run.log_coverage);
                self.actors.read(run);
                for change in &run.changes {
                    *self.changes.entry(change.kind).or_default() += 1;
                }
            }
        }
        self.previous = Some(scan.taken_at);
    }

    /// Remembers what is open when the period begins; whatever waits for an explanation until now counts.
    fn begin(&mut self, at: Timestamp) {
        if self.began.is_some() {
            return;
        }
        self.began = Some(at);
        self.waits.clear();
        for story in self.stories.values_mut() {
            story.enter();
        }
    }

    /// Takes over what was decided until a scan was sealed, and what expired until then.
    ///
    /// Scans of the past can be imported, and decisions are made today: one is dated to the time between the scans
    /// between which it was made.
    fn decide(&mut self, scan: &Scan) {
        let sealed = scan.finished_at.unwrap_or(scan.taken_at);
        let earliest = self.previous.unwrap_or(scan.taken_at).min(scan.taken_at);
        while let Some((id, decision)) =
            self.decisions.pop_front_if(|(_, decision)| decision.decided_at <= sealed)
        {
            let at = decision.decided_at.clamp(earliest, scan.taken_at);
            if let Some(story) = self.stories.get_mut(&id) {
                story.decide(decision);
                self.waits.extend(story.wait(at));
            }
        }
        for story in self.stories.values_mut() {
            story.expire(sealed);
            self.waits.extend(story.wait(scan.taken_at));
        }
    }

    fn tell(&mut self, scan: &Scan, run: &View) {
        let traces = traces(run);
        let within = self.began.is_some();
        for finding in &run.findings {
            let resolved = finding.status == FindingStatus::Resolved;
            let known = self.stories.contains_key(&finding.id);
            let story = self
                .stories
                .entry(finding.id.clone())
                .or_insert_with(|| Story::new(finding, (scan.id, scan.taken_at)));
            story.new |= within && !known && !resolved;
            story.tell(finding, &traces);
        }
        let settled = |id: &String| traces.get(id.as_str()).is_some_and(|state| state.doubt() == 0);
        for story in self.stories.values_mut() {
            story.unsettled.retain(|id| !settled(id));
            self.waits.extend(story.wait(scan.taken_at));
        }
    }

    fn point(&self, scan: &Scan, runs: &[View]) -> Point {
        let first = |story: &&Story| story.new && story.first.0 == scan.id;
        let bands = |wanted: &dyn Fn(&&Story) -> bool| {
            let mut counts = none();
            for story in self.stories.values().filter(wanted) {
                *counts.entry(story.finding.band).or_default() += 1;
            }
            counts
        };
        Point {
            at: scan.taken_at,
            changes: runs.iter().map(|run| run.changes.len() as u64).sum(),
            new: bands(&first),
            open: bands(&|story| story.is_open()),
        }
    }

    /// Sums up.
    pub fn close(mut self) -> Period {
        if self.began.is_none() {
            self.waits.clear();
            self.stories.values_mut().for_each(Story::enter);
        }
        let start = if self.from.scan.is_some() { Some(self.from.at) } else { self.began };
        let end = self.to.scan.as_ref().map(|scan| scan.taken_at);
        let span = start.zip(end).map(|(from, to)| Window { from, to }).filter(|span| span.from < span.to);
        let (coverage, gaps) = self.listings.sum();
        let mut changes: BTreeMap<_, _> = ChangeKind::ALL.iter().map(|kind| (*kind, 0)).collect();
        changes.extend(self.changes);
        let (traces, actors) = self.actors.sum(FIRST);
        let told = Told { from: &self.from, to: &self.to, stories: &self.stories };
        Period {
            schema: Schema::V1,
            scans: self.scans,
            coverage,
            gaps,
            logs: span.map(|span| self.logs.sum(span)).unwrap_or_default(),
            changes,
            traces,
            findings: told.lives(),
            trend: self.course.sum(),
            rules: told.rules(),
            actors,
            unexplained: told.unexplained(&self.waits),
            acceptances: told.acceptances(),
            open: told.open(),
            from: self.from,
            to: self.to,
        }
    }
}

/// Returns every band with the count 0.
pub(super) fn none() -> BTreeMap<Band, u64> {
    Band::ALL.iter().map(|band| (*band, 0)).collect()
}

/// Returns where the search for the cause of each change ended that a run tells, by the change's id; a scope that was
/// not listed has no cause in a log.
fn traces(run: &View) -> BTreeMap<&str, TraceState> {
    let moved = run.moved_verdicts.iter().map(|moved| &moved.change);
    let told = run.changes.iter().chain(moved).filter(|change| change.kind != ChangeKind::CoverageGap);
    told.map(|change| (change.id.as_str(), change.trace.state)).collect()
}

/// The stories as they stand at the end.
struct Told<'a> {
    from: &'a Bound,
    to: &'a Bound,
    stories: &'a BTreeMap<String, Story>,
}

impl<'a> Told<'a> {
    /// Returns stories in the order of falling risk.
    fn ranked(&self, wanted: impl Fn(&Story) -> bool) -> Vec<&'a Story> {
        let mut stories: Vec<_> = self.stories.values().filter(|story| wanted(story)).collect();
        stories.sort_by_key(|story| {
            let finding = &story.finding;
            (std::cmp::Reverse((finding.risk, finding.impact)), story.first.1, &finding.id)
        });
        stories
    }

    fn lives(&self) -> BTreeMap<Band, Lives> {
        let mut lives: BTreeMap<_, _> = Band::ALL.iter().map(|band| (*band, Lives::default())).collect();
        for story in self.stories.values() {
            let lives = lives.entry(story.finding.band).or_default();
            for (count, happened) in [
                (&mut lives.open_before, story.before),
                (&mut lives.new, story.new),
                (&mut lives.changed, story.changed),
                (&mut lives.accepted, story.accepted),
                (&mut lives.resolved, story.resolved),
                (&mut lives.reopened, story.reopened),
                (&mut lives.persisting, story.before && story.is_open()),
                (&mut lives.open_after, story.is_open()),
            ] {
                *count += u64::from(happened);
            }
        }
        lives
    }

    fn rules(&self) -> Ranked<RuleTally> {
        let mut rules: BTreeMap<&str, RuleTally> = BTreeMap::new();
        // The first of each rule is its worst.
        for story in self.ranked(|story| story.told) {
            let finding = &story.finding;
            let tally = rules.entry(&finding.rule).or_insert_with(|| RuleTally {
                rule: finding.rule.clone(),
                findings: 0,
                open: 0,
                worst_risk: finding.risk,
                worst_band: finding.band,
            });
            tally.findings += 1;
            tally.open += u64::from(story.is_open());
        }
        let mut rules: Vec<_> = rules.into_values().collect();
        rules.sort_by_key(|tally| std::cmp::Reverse((tally.worst_risk, tally.findings)));
        let all = rules.len() as u64;
        rules.truncate(FIRST);
        Ranked { all, first: rules }
    }

    fn unexplained(&self, waits: &[Window]) -> Unexplained {
        let lasted = |wait: &Window| wait.to.duration_since(wait.from).as_secs();
        let end = self.to.scan.as_ref().map_or(self.to.at, |scan| scan.taken_at);
        let standing: Vec<_> = self.stories.values().filter_map(|story| story.waits_since).collect();
        let ended = i64::try_from(waits.len()).unwrap_or(i64::MAX);
        let whole: i64 = waits.iter().map(lasted).sum();
        Unexplained {
            ended: waits.len() as u64,
            mean_seconds: whole.checked_div(ended),
            longest_seconds: waits.iter().map(lasted).max(),
            standing: standing.len() as u64,
            oldest_seconds: standing.into_iter().min().map(|since| end.duration_since(since).as_secs()),
        }
    }

    fn acceptances(&self) -> Vec<Decided> {
        let sealed =
            |bound: &Bound| bound.scan.as_ref().and_then(|scan| scan.finished_at).unwrap_or(bound.at);
        let (began, ended) = (sealed(self.from), sealed(self.to));
        let mut decided: BTreeMap<_, Decided> = BTreeMap::new();
        for story in self.ranked(|story| story.state != State::Resolved) {
            let Some(Acceptance { owner, reason, decided_at, expires_at, .. }) = &story.decided else {
                continue;
            };
            if expires_at.is_some_and(|until| until <= began) {
                continue;
            }
            let finding = &story.finding;
            let of = decided.entry((*decided_at, owner, reason, *expires_at)).or_insert_with(|| Decided {
                owner: owner.clone(),
                reason: reason.clone(),
                accepted_at: *decided_at,
                expires_at: *expires_at,
                expired: expires_at.is_some_and(|until| until <= ended),
                findings: Vec::new(),
            });
            of.findings.push(Covered {
                id: finding.id.clone(),
                rule: finding.rule.clone(),
                title: finding.title.clone(),
                band: finding.band,
                risk: finding.risk,
                holds: matches!(story.state, State::Accepted { .. }),
            });
        }
        decided.into_values().collect()
    }

    fn open(&self) -> Vec<OpenFinding> {
        let open = self.ranked(Story::is_open).into_iter().map(|story| {
            let finding = &story.finding;
            OpenFinding {
                id: finding.id.clone(),
                rule: finding.rule.clone(),
                title: finding.title.clone(),
                band: finding.band,
                risk: finding.risk,
                techniques: finding.techniques.clone(),
                resource: finding.resources.first().cloned(),
                scope: finding.scopes.first().filter(|_| finding.resources.is_empty()).cloned(),
                first_scan: story.first.0,
                first_at: story.first.1,
                unexplained_since: story.waits_since,
                reopened: story.ended_once,
            }
        });
        open.collect()
    }
}
