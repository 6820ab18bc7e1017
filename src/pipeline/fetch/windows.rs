//! Which time of a log is still to be read.

use jiff::SignedDuration;

use crate::model::{LogInterval, LogScope, LogStatus, Timestamp, Window};

/// How far back a log is read: as far as the vendors' own histories go.
const OLDEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Holes that are nearer to each other are read as one.
const NEAR: SignedDuration = SignedDuration::from_hours(1);

/// How many holes are read apart; the oldest are joined.
const MOST: usize = 16;

/// Returns the holes in what is known of a log, oldest first, up to the present.
///
/// What is complete is not read again, but for an overlap as long as the log may deliver late. The holes begin at
/// `since`, or where the log was last known to be complete if that is earlier, so that nothing is left out between
/// two runs; and never more than 90 days ago.
pub(super) fn holes(
    known: &[LogInterval],
    log: &LogScope,
    since: Timestamp,
    now: Timestamp,
    lag: SignedDuration,
) -> Vec<Window> {
    let mut complete: Vec<Window> = known
        .iter()
        .filter(|interval| interval.scope == *log && interval.status == LogStatus::Complete)
        .map(|interval| interval.window)
        .collect();
    complete.sort();
    let oldest = now.checked_sub(OLDEST).unwrap_or(since);
    let last = complete.iter().map(|window| window.to).max();
    let mut reached = last.map_or(since, |last| last.min(since)).max(oldest);
    let mut holes: Vec<Window> = Vec::new();
    let end = Window { from: now, to: now };
    for window in complete.into_iter().chain([end]) {
        if window.from > reached {
            let from = reached.checked_sub(lag).unwrap_or(reached).max(oldest);
            let to = window.from.min(now);
            match holes.last_mut().filter(|hole| from.duration_since(hole.to) < NEAR) {
                Some(hole) => hole.to = to,
                None => holes.push(Window { from, to }),
            }
        }
        reached = reached.max(window.to);
    }
    holes.retain(|hole| hole.from < hole.to);
    while let [first, second, ..] = *holes.as_slice()
        && holes.len() > MOST
    {
        holes.splice(..2, [Window { from: first.from, to: second.to }]);
    }
    holes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Location, Provider};

    const NOW: i64 = 1_000_000;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn log() -> LogScope {
        LogScope {
            provider: Provider::Aws,
            account: AccountId::new("1"),
            location: Location::new("l"),
            source: "cloudtrail".to_owned(),
        }
    }

    /// Returns the holes in minutes before the present, given intervals in the same, with a lag of 15.
    fn holes_before(since: i64, known: &[(i64, i64, LogStatus)]) -> Vec<(i64, i64)> {
        let interval = |&(from, to, status): &(i64, i64, LogStatus)| LogInterval {
            scope: log(),
            window: Window { from: at(NOW - from), to: at(NOW - to) },
            status,
            reason: String::new(),
        };
        let known: Vec<_> = known.iter().map(interval).collect();
        let lag = SignedDuration::from_mins(15);
        let holes = holes(&known, &log(), at(NOW - since), at(NOW), lag);
        let minutes = |at: Timestamp| NOW - at.as_second() / 60;
        holes.iter().map(|hole| (minutes(hole.from), minutes(hole.to))).collect()
    }

    #[test]
    fn a_log_that_was_never_read_is_read_since_the_scan_before_and_at_most_90_days() {
        assert_eq!(holes_before(600, &[]), [(615, 0)]);
        let oldest = 90 * 24 * 60;
        assert_eq!(holes_before(oldest + 5000, &[]), [(oldest, 0)]);
    }

    #[test]
    fn a_log_that_was_read_is_read_from_there_on_with_an_overlap() {
        assert_eq!(holes_before(60, &[(900, 80, LogStatus::Complete)]), [(95, 0)]);
        assert_eq!(holes_before(500, &[(900, 80, LogStatus::Complete)]), [(95, 0)]);
        assert_eq!(holes_before(60, &[(900, 0, LogStatus::Complete)]), []);
    }

    #[test]
    fn a_gap_is_read_again_and_what_is_complete_around_it_is_not() {
        let known = [
            (900, 600, LogStatus::Complete),
            (600, 500, LogStatus::Gap),
            (500, 20, LogStatus::Complete),
            (20, 0, LogStatus::Unknown),
        ];
        assert_eq!(holes_before(800, &known), [(615, 500), (35, 0)]);
        // Nobody asks about that time any more.
        assert_eq!(holes_before(100, &known), [(35, 0)]);
    }

    #[test]
    fn holes_near_each_other_are_read_as_one_and_never_too_many() {
        let near = [(400, 300, LogStatus::Complete), (290, 250, LogStatus::Complete)];
        assert_eq!(holes_before(300, &near), [(315, 0)]);
        let many: Vec<_> = (0..40)
            .map(|number| (20_000 - number * 300, 19_850 - number * 300, LogStatus::Complete))
            .collect();
        let holes = holes_before(30_000, &many);
        assert_eq!((holes.len(), holes[0].0, holes[15]), (MOST, 30_015, (8_165, 0)));
    }
}
