//! Log coverage as one bar for each day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::{LogInterval, LogStatus};

/// The hours of a day, each one sign of its bar.
const HOURS: i64 = 24;

/// What the signs of a bar mean.
pub(super) const LEGEND: &str =
    "each sign an hour: # complete, ? unknown, ! gap, X violated, . nothing known";

/// Returns the days in UTC on which anything is known of a log, each with its bar.
///
/// An hour shows the worst that is known of any part of it; `#` only if all of it is complete.
pub(super) fn days(intervals: &[&LogInterval]) -> Vec<(Date, String)> {
    let first = intervals.iter().map(|interval| interval.window.from).min();
    let last = intervals.iter().map(|interval| interval.window.to).max();
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    let (mut day, last) = (date(first), date(last));
    let mut days = Vec::new();
    while day <= last {
        if let Some(bar) = bar(day, intervals) {
            days.push((day, bar));
        }
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    days
}

fn date(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// Returns a day's bar; `None` if nothing is known of it.
fn bar(day: Date, intervals: &[&LogInterval]) -> Option<String> {
    let begin = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let hours = (0..HOURS).map(|hour| {
        let at = |hour| begin.saturating_add(SignedDuration::from_hours(hour)).unwrap_or(Timestamp::MAX);
        sign(at(hour), at(hour + 1), intervals)
    });
    let bar: String = hours.collect();
    bar.contains(|sign| sign != '.').then_some(bar)
}

fn sign(from: Timestamp, to: Timestamp, intervals: &[&LogInterval]) -> char {
    let touching: Vec<_> =
        intervals.iter().filter(|interval| interval.window.from < to && interval.window.to > from).collect();
    let any = |status| touching.iter().any(|interval| interval.status == status);
    if any(LogStatus::Violated) {
        'X'
    } else if any(LogStatus::Gap) {
        '!'
    } else if any(LogStatus::Complete) && is_covered(from, to, &touching) {
        '#'
    } else if touching.is_empty() {
        '.'
    } else {
        '?'
    }
}

/// Whether complete intervals leave nothing of a time open.
fn is_covered(from: Timestamp, to: Timestamp, touching: &[&&LogInterval]) -> bool {
    let mut complete: Vec<_> = touching.iter().filter(|it| it.status == LogStatus::Complete).collect();
    complete.sort_by_key(|interval| interval.window.from);
    let mut reached = from;
    for interval in complete {
        if interval.window.from > reached {
            return false;
        }
        reached = reached.max(interval.window.to);
    }
    reached >= to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Location, LogScope, Provider, Window};

    fn interval(from: &str, to: &str, status: LogStatus) -> LogInterval {
        let at = |text: &str| format!("2026-01-{text}:00Z").parse().unwrap();
        let scope = LogScope {
            provider: Provider::Aws,
            account: AccountId::new("1"),
            location: Location::new("eu-west-1"),
            source: "cloudtrail".to_owned(),
        };
        LogInterval { scope, window: Window { from: at(from), to: at(to) }, status, reason: String::new() }
    }

    fn shown(intervals: &[LogInterval]) -> Vec<String> {
        let intervals: Vec<_> = intervals.iter().collect();
        days(&intervals).into_iter().map(|(day, bar)| format!("{day} {bar}")).collect()
    }

    #[test]
    fn an_hour_is_complete_only_if_all_of_it_is() {
        let known = [
            interval("02T03:00", "02T05:30", LogStatus::Complete),
            interval("02T05:30", "02T06:00", LogStatus::Complete),
            interval("02T07:00", "02T07:20", LogStatus::Complete),
        ];
        assert_eq!(shown(&known), ["2026-01-02 ...###.?................"]);
    }

    #[test]
    fn the_worst_of_an_hour_shows() {
        let known = [
            interval("02T00:00", "02T04:00", LogStatus::Complete),
            interval("02T01:10", "02T01:20", LogStatus::Gap),
            interval("02T02:10", "02T02:20", LogStatus::Violated),
            interval("02T05:00", "02T06:00", LogStatus::Unknown),
        ];
        assert_eq!(shown(&known), ["2026-01-02 #!X#.?.................."]);
    }

    #[test]
    fn days_of_which_nothing_is_known_are_left_out() {
        let known = [
            interval("02T23:00", "03T01:00", LogStatus::Complete),
            interval("09T00:00", "09T01:00", LogStatus::Gap),
        ];
        let days = [
            "2026-01-02 .......................#",
            "2026-01-03 #.......................",
            "2026-01-09 !.......................",
        ];
        assert_eq!(shown(&known), days);
    }
}
