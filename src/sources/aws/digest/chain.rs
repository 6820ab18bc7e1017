//! A chain of digests, held against what is there.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{DigestFile, FoundDigest, MINUTE, Signature, delivered_at};
use crate::model::{LogInterval, LogScope, LogStatus, LogViolation, ViolationKind, Window};
use crate::sources::live::Timeline;

/// What was found of an object that a digest lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was read; the SHA-256 of its uncompressed content, in hexadecimal.
    Read(String),
    /// It is not there.
    Missing,
    /// It is there, and could not be read; the reason.
    Unreadable(String),
    /// Nobody looked.
    NotLookedAt,
}

/// How late CloudTrail delivers, and which time of which log is judged.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Which log.
    pub log: &'a LogScope,
    /// The events of which time.
    pub window: Window,
    /// How late an event may be delivered.
    pub lag: SignedDuration,
}

/// Holds digests against what was found, and tells on a timeline what they prove; returns the violations.
///
/// Digests speak of the time of delivery: a run of valid digests from `a` to `b` proves that the log of events from
/// `a` to `b` minus the lag is complete. An hour between two of them that none covers is a gap; before the first and
/// after the last, they say nothing. `digests` may come in any order, and be of several trails; `found` tells of the
/// objects that they list.
pub fn check(
    question: &Question<'_>,
    digests: &[FoundDigest],
    found: &dyn Fn(&DigestFile) -> Found,
    timeline: &mut Timeline,
) -> Vec<LogViolation> {
    let mut trails: BTreeMap<&str, Vec<&FoundDigest>> = BTreeMap::new();
    for digest in digests {
        trails.entry(digest.digest.trail()).or_default().push(digest);
    }
    let mut violations = Vec::new();
    let mut told: Option<Timeline> = None;
    for mut chain in trails.into_values() {
        chain.sort_by_key(|found| (found.digest.start, found.digest.end));
        let mut of_trail = timeline.clone();
        violations.extend(check_chain(question, &chain, found, &mut of_trail));
        match &mut told {
            None => told = Some(of_trail),
            Some(told) => told.join(of_trail),
        }
    }
    if let Some(told) = told {
        *timeline = told;
    }
    violations
}

/// Checks the digests of one trail, in order.
fn check_chain(
    question: &Question<'_>,
    chain: &[&FoundDigest],
    found: &dyn Fn(&DigestFile) -> Found,
    timeline: &mut Timeline,
) -> Vec<LogViolation> {
    let mut judged = Judged { question, violations: Vec::new(), gaps: Vec::new() };
    let mut runs: Vec<Run> = Vec::new();
    let mut before = None;
    for current in chain.iter().copied() {
        let follows = judged.link(before, current);
        match runs.last_mut().filter(|_| follows) {
            Some(run) => run.take(current),
            None => runs.push(Run::of(current)),
        }
        judged.signature(current);
        for file in &current.digest.files {
            judged.file(current, file, found(file));
        }
        before = Some(current);
    }
    for run in runs {
        let to = run.delivered.to.checked_sub(question.lag).unwrap_or(run.delivered.from);
        timeline.tell(Window { to, ..run.delivered }, LogStatus::Complete, run.evidence());
    }
    // What is violated is not to look like a mere gap.
    judged.gaps.sort_by_key(|(_, status, _)| *status);
    for (window, status, reason) in judged.gaps {
        timeline.tell(window, status, reason);
    }
    judged.violations
}

/// Digests that follow each other.
struct Run {
    delivered: Window,
    unchecked: Option<String>,
}

impl Run {
    fn of(found: &FoundDigest) -> Self {
        let delivered = Window { from: found.digest.start, to: found.digest.end };
        let mut run = Self { delivered, unchecked: None };
        run.take(found);
        run
    }

    fn take(&mut self, found: &FoundDigest) {
        self.delivered.to = self.delivered.to.max(found.digest.end);
        if let Signature::Unchecked(why) = &found.signature {
            self.unchecked.get_or_insert_with(|| why.clone());
        }
    }

    fn evidence(&self) -> String {
        match &self.unchecked {
            None => {
                "the chain of signed digests is valid, and every object that it lists was read".to_owned()
            }
            Some(why) => format!(
                "the chain of digests is valid, and every object that it lists was read; signatures were not \
                 checked: {why}"
            ),
        }
    }
}

struct Judged<'a> {
    question: &'a Question<'a>,
    violations: Vec<LogViolation>,
    gaps: Vec<(Window, LogStatus, String)>,
}

impl Judged<'_> {
    /// Whether a digest follows another without a hole between them; says so where it does not.
    fn link(&mut self, before: Option<&FoundDigest>, current: &FoundDigest) -> bool {
        let digest = &current.digest;
        let Some(before) = before else {
            if digest.previous.is_some() {
                let window = Window { from: self.question.window.from, to: digest.start };
                self.gap(window, "the digests before were not found");
            }
            return false;
        };
        let Some(previous) = &digest.previous else {
            // Validation was switched on again: between the two nobody kept count.
            self.gap(Window { from: before.digest.end, to: digest.start }, "no digest covers it");
            return false;
        };
        if digest.start > before.digest.end {
            let window = Window { from: before.digest.end, to: digest.start };
            self.gap(window, "no digest covers it: an hour of the chain is missing");
            return false;
        }
        let expected = digest.previous_hash.as_deref().unwrap_or_default();
        if *previous == before.digest.object && !expected.eq_ignore_ascii_case(&before.hash) {
            let message =
                format!("the digest after it expects SHA-256 {expected}, and it has {}", before.hash);
            self.violate(before, ViolationKind::ChainBroken, &before.digest.object.clone(), &message);
            return false;
        }
        if *previous != before.digest.object {
            let message = format!("it follows `{previous}`, which was not found");
            self.violate(current, ViolationKind::ChainBroken, &digest.object.clone(), &message);
            return false;
        }
        true
    }

    fn signature(&mut self, current: &FoundDigest) {
        if current.signature == Signature::Invalid {
            let message = "its signature is not the vendor's, or is missing";
            let object = current.digest.object.clone();
            self.violate(current, ViolationKind::SignatureInvalid, &object, message);
        }
    }

    fn file(&mut self, digest: &FoundDigest, file: &DigestFile, found: Found) {
        match found {
            Found::Read(hash) if hash.eq_ignore_ascii_case(&file.hash) => {}
            Found::Read(hash) => {
                let message = format!("its digest expects SHA-256 {}, and it has {hash}", file.hash);
                self.violate_file(digest, file, ViolationKind::ObjectAltered, message);
            }
            Found::Missing => {
                let message = "its digest lists it, and it is not there".to_owned();
                self.violate_file(digest, file, ViolationKind::ObjectMissing, message);
            }
            Found::Unreadable(why) => {
                let window = self.events_of(digest, file);
                self.gaps.push((
                    window,
                    LogStatus::Gap,
                    format!("`{}` could not be read: {why}", file.object),
                ));
            }
            Found::NotLookedAt => {
                let window = self.events_of(digest, file);
                self.gaps.push((window, LogStatus::Gap, format!("`{}` was not read", file.object)));
            }
        }
    }

    /// Returns the time of the events that an object holds.
    fn events_of(&self, digest: &FoundDigest, file: &DigestFile) -> Window {
        let delivered = match delivered_at(&file.object) {
            Some(from) => Window { from, to: from.checked_add(MINUTE).unwrap_or(from) },
            None => Window { from: digest.digest.start, to: digest.digest.end },
        };
        match (file.oldest, file.newest) {
            // Half open: the newest event is within.
            (Some(from), Some(to)) if from <= to => {
                Window { from, to: to.checked_add(SignedDuration::from_secs(1)).unwrap_or(to) }
            }
            _ => self.events_delivered(delivered),
        }
    }

    /// Returns the time of the events that may have been delivered in some time.
    fn events_delivered(&self, delivered: Window) -> Window {
        let from = delivered.from.checked_sub(self.question.lag).unwrap_or(delivered.from);
        Window { from, to: delivered.to }
    }

    fn gap(&mut self, delivered: Window, reason: &str) {
        if delivered.from < delivered.to {
            self.gaps.push((self.events_delivered(delivered), LogStatus::Gap, reason.to_owned()));
        }
    }

    fn violate(&mut self, digest: &FoundDigest, kind: ViolationKind, object: &str, message: &str) {
        let window = self.events_delivered(Window { from: digest.digest.start, to: digest.digest.end });
        self.note(window, kind, &digest.digest.bucket, object, message.to_owned());
    }

    fn violate_file(
        &mut self,
        digest: &FoundDigest,
        file: &DigestFile,
        kind: ViolationKind,
        message: String,
    ) {
        self.note(self.events_of(digest, file), kind, &file.bucket, &file.object, message);
    }

    fn note(&mut self, window: Window, kind: ViolationKind, bucket: &str, object: &str, message: String) {
        let object = format!("s3://{bucket}/{object}");
        let violation = LogViolation { scope: self.question.log.clone(), window, kind, object, message };
        self.gaps.push((window, LogStatus::Violated, LogInterval::from(&violation).reason));
        self.violations.push(violation);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Digest, sha256};
    use super::*;
    use crate::model::{AccountId, Location, Provider, Timestamp};

    fn hour(number: i64) -> Timestamp {
        Timestamp::from_second(1_772_323_200 + number * 3600).unwrap()
    }

    fn log() -> LogScope {
        LogScope {
            provider: Provider::Aws,
            account: AccountId::new("111122223333"),
            location: Location::new("eu-west-1"),
            source: "cloudtrail".to_owned(),
        }
    }

    fn key(number: i64) -> String {
        format!("AWSLogs/1/CloudTrail-Digest/r/1_CloudTrail-Digest_r_trail_r_{}.json.gz", hour(number))
    }

    /// A digest of an hour with one object, whose content is `a NUMBER`.
    fn digest(number: i64) -> FoundDigest {
        let file = DigestFile {
            bucket: "b".to_owned(),
            object: format!("o{number}"),
            hash: sha256(format!("a {number}").as_bytes()),
            oldest: Some(hour(number)),
            newest: Some(hour(number) + SignedDuration::from_mins(50)),
        };
        let digest = Digest {
            account: "1".to_owned(),
            start: hour(number),
            end: hour(number + 1),
            bucket: "b".to_owned(),
            object: key(number),
            fingerprint: None,
            previous: (number > 0).then(|| key(number - 1)),
            previous_hash: (number > 0).then(|| format!("hash of {}", number - 1)),
            previous_signature: None,
            files: vec![file],
        };
        FoundDigest { digest, hash: format!("hash of {number}"), signature: Signature::Valid }
    }

    fn whole(file: &DigestFile) -> Found {
        Found::Read(sha256(file.object.replace('o', "a ").as_bytes()))
    }

    /// From and to in minutes, and what is known.
    type Told = (i64, i64, LogStatus);

    /// Checks five hours with a lag of a quarter; returns what is known in minutes, and the violations.
    fn checked(
        digests: &[FoundDigest],
        found: &dyn Fn(&DigestFile) -> Found,
    ) -> (Vec<Told>, Vec<LogViolation>, Vec<LogInterval>) {
        let window = Window { from: hour(0), to: hour(5) };
        let mut timeline = Timeline::new(window, LogStatus::Unknown, "nothing is known");
        let log = log();
        let question = Question { log: &log, window, lag: SignedDuration::from_mins(15) };
        let violations = check(&question, digests, found, &mut timeline);
        let intervals = timeline.intervals(&log);
        let minutes = |at: Timestamp| at.duration_since(hour(0)).as_mins();
        let told = intervals
            .iter()
            .map(|told| (minutes(told.window.from), minutes(told.window.to), told.status))
            .collect();
        (told, violations, intervals)
    }

    #[test]
    fn a_valid_chain_proves_the_log_but_for_what_may_come_late() {
        let digests = [digest(2), digest(0), digest(1)];
        let (told, violations, intervals) = checked(&digests, &whole);
        assert_eq!(told, [(0, 165, LogStatus::Complete), (165, 300, LogStatus::Unknown)]);
        assert_eq!(violations, []);
        assert!(intervals[0].reason.contains("signed"), "{}", intervals[0].reason);
    }

    #[test]
    fn an_hour_without_a_digest_is_a_gap_and_no_violation() {
        let (told, violations, _) = checked(&[digest(0), digest(1), digest(3), digest(4)], &whole);
        let expected = [
            (0, 105, LogStatus::Complete),
            // What happened shortly before the hour may have been delivered in it.
            (105, 180, LogStatus::Gap),
            (180, 285, LogStatus::Complete),
            (285, 300, LogStatus::Unknown),
        ];
        assert_eq!((told.as_slice(), violations.as_slice()), (&expected[..], &[][..]));
    }

    #[test]
    fn an_altered_object_is_a_violation_and_the_time_of_its_events_a_gap() {
        let altered = |file: &DigestFile| match file.object.as_str() {
            "o1" => Found::Read(sha256(b"something else")),
            _ => whole(file),
        };
        let (told, violations, intervals) = checked(&[digest(0), digest(1), digest(2)], &altered);
        let expected = [
            (0, 60, LogStatus::Complete),
            (60, 110, LogStatus::Violated),
            (110, 165, LogStatus::Complete),
            (165, 300, LogStatus::Unknown),
        ];
        assert_eq!(told, expected);
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].kind, ViolationKind::ObjectAltered);
        assert_eq!(violations[0].object, "s3://b/o1");
        let gap = LogInterval::from(&violations[0]);
        assert!(
            intervals.contains(&gap) && gap.reason.starts_with("object-altered: `s3://b/o1`: "),
            "{gap:?}"
        );
    }

    #[test]
    fn a_missing_object_is_a_violation_and_an_unreadable_one_only_a_gap() {
        for (found, kinds) in [
            (Found::Missing, vec![ViolationKind::ObjectMissing]),
            (Found::Unreadable("denied".to_owned()), vec![]),
            (Found::NotLookedAt, vec![]),
        ] {
            let (told, violations, _) = checked(&[digest(0)], &|_| found.clone());
            let status = if kinds.is_empty() { LogStatus::Gap } else { LogStatus::Violated };
            assert_eq!(told[0].2, status, "{found:?}");
            let told: Vec<_> = violations.iter().map(|violation| violation.kind).collect();
            assert_eq!(told, kinds, "{found:?}");
        }
    }

    #[test]
    fn a_digest_that_the_next_one_does_not_know_breaks_the_chain() {
        let mut altered = digest(1);
        altered.hash = "another".to_owned();
        let (told, violations, _) = checked(&[digest(0), altered, digest(2)], &whole);
        assert_eq!(violations.len(), 1);
        assert_eq!(
            (violations[0].kind, violations[0].object.contains(&key(1))),
            (ViolationKind::ChainBroken, true)
        );
        let expected =
            [(0, 45, LogStatus::Complete), (45, 120, LogStatus::Violated), (120, 165, LogStatus::Complete)];
        assert_eq!(told[..3], expected);
    }

    #[test]
    fn a_forged_signature_is_a_violation_and_an_unchecked_one_is_said() {
        let mut forged = digest(1);
        forged.signature = Signature::Invalid;
        let (told, violations, _) = checked(&[digest(0), forged], &whole);
        assert_eq!(violations[0].kind, ViolationKind::SignatureInvalid);
        assert_eq!(told[..2], [(0, 45, LogStatus::Complete), (45, 120, LogStatus::Violated)]);
        let mut unchecked = digest(0);
        unchecked.signature = Signature::Unchecked("no key".to_owned());
        let (_, violations, intervals) = checked(&[unchecked], &whole);
        assert_eq!(violations, []);
        assert!(
            intervals[0].reason.ends_with("signatures were not checked: no key"),
            "{}",
            intervals[0].reason
        );
    }

    #[test]
    fn before_a_trail_s_first_digest_nothing_is_known_and_before_a_later_one_is_a_gap() {
        let mut first = digest(2);
        first.digest.previous = None;
        assert_eq!(checked(&[first], &whole).0[0], (0, 120, LogStatus::Unknown));
        assert_eq!(checked(&[digest(2)], &whole).0[0], (0, 120, LogStatus::Gap));
    }

    #[test]
    fn of_two_trails_in_one_bucket_either_proves() {
        let of_another = |number| {
            let mut digest = digest(number);
            digest.digest.object = digest.digest.object.replace("trail", "second");
            digest.digest.previous = digest.digest.previous.map(|key| key.replace("trail", "second"));
            digest
        };
        let digests = [digest(0), digest(2), of_another(0), of_another(1)];
        let (told, violations, _) = checked(&digests, &whole);
        assert_eq!(violations, []);
        let expected =
            [(0, 105, LogStatus::Complete), (105, 120, LogStatus::Gap), (120, 165, LogStatus::Complete)];
        assert_eq!(told[..3], expected);
    }
}
