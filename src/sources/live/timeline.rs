//! What is known of one log over a window, piece by piece.

use crate::model::{LogInterval, LogScope, LogStatus, Timestamp, Window};

/// A window of which every moment has a status; what is told later covers what was told before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    window: Window,
    /// Without gaps between them, in order.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    window: Window,
    status: LogStatus,
    reason: String,
}

impl Timeline {
    /// Makes one that is all the same; one of an empty window holds nothing.
    pub fn new(window: Window, status: LogStatus, reason: impl Into<String>) -> Self {
        let mut timeline = Self { window, pieces: Vec::new() };
        timeline.tell(window, status, reason);
        timeline
    }

    /// Says something of a part of it; what lies outside its window is not kept.
    pub fn tell(&mut self, part: Window, status: LogStatus, reason: impl Into<String>) {
        let part = Window { from: part.from.max(self.window.from), to: part.to.min(self.window.to) };
        if part.from >= part.to {
            return;
        }
        let outside = |from: Timestamp, to: Timestamp, piece: &Piece| {
            (from < to).then(|| Piece { window: Window { from, to }, ..piece.clone() })
        };
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2);
        for piece in &self.pieces {
            pieces.extend(outside(piece.window.from, piece.window.to.min(part.from), piece));
            pieces.extend(outside(piece.window.from.max(part.to), piece.window.to, piece));
        }
        pieces.push(Piece { window: part, status, reason: reason.into() });
        pieces.sort_by_key(|piece| piece.window.from);
        pieces.dedup_by(|later, earlier| {
            let alike = later.status == earlier.status && later.reason == earlier.reason;
            if alike {
                earlier.window.to = later.window.to;
            }
            alike
        });
        self.pieces = pieces;
    }

    /// Makes of every complete part, from a moment on, something that is not known.
    pub fn doubt_from(&mut self, moment: Timestamp, reason: &str) {
        let doubted = Window { from: moment, to: self.window.to };
        for piece in self.pieces.clone() {
            if piece.status == LogStatus::Complete {
                let from = piece.window.from.max(doubted.from);
                self.tell(Window { from, to: piece.window.to }, LogStatus::Unknown, reason);
            }
        }
    }

    /// Takes in another timeline of the same window, by a second witness: what is complete by either is complete, and
    /// a gap is known better than nothing.
    pub fn join(&mut self, other: Self) {
        for Piece { window, status, reason } in other.pieces {
            for known in self.pieces.clone() {
                let from = window.from.max(known.window.from);
                let part = Window { from, to: window.to.min(known.window.to) };
                let is_news = match status {
                    LogStatus::Complete => known.status != LogStatus::Complete,
                    LogStatus::Gap => known.status == LogStatus::Unknown,
                    LogStatus::Violated => matches!(known.status, LogStatus::Unknown | LogStatus::Gap),
                    LogStatus::Unknown => false,
                };
                if is_news {
                    self.tell(part, status, reason.as_str());
                }
            }
        }
    }

    /// Returns it as what is known of a log.
    pub fn intervals(self, log: &LogScope) -> Vec<LogInterval> {
        let interval =
            |Piece { window, status, reason }| LogInterval { scope: log.clone(), window, status, reason };
        self.pieces.into_iter().map(interval).collect()
    }
}

impl FromIterator<LogInterval> for Timeline {
    /// Joins intervals of one log; between them, and where there are none, nothing is known.
    fn from_iter<I: IntoIterator<Item = LogInterval>>(intervals: I) -> Self {
        let intervals: Vec<LogInterval> = intervals.into_iter().collect();
        let from =
            intervals.iter().map(|interval| interval.window.from).min().unwrap_or(Timestamp::UNIX_EPOCH);
        let to = intervals.iter().map(|interval| interval.window.to).max().unwrap_or(from);
        let mut timeline = Self::new(Window { from, to }, LogStatus::Unknown, "it was not read");
        for interval in intervals {
            timeline.tell(interval.window, interval.status, interval.reason);
        }
        timeline
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Location, Provider};

    fn window(from: i64, to: i64) -> Window {
        let at = |second| Timestamp::from_second(second).unwrap();
        Window { from: at(from), to: at(to) }
    }

    fn told(timeline: Timeline) -> Vec<(i64, i64, LogStatus)> {
        let scope = LogScope {
            provider: Provider::Aws,
            account: AccountId::new("1"),
            location: Location::new("l"),
            source: "cloudtrail".to_owned(),
        };
        let row = |interval: LogInterval| {
            (interval.window.from.as_second(), interval.window.to.as_second(), interval.status)
        };
        timeline.intervals(&scope).into_iter().map(row).collect()
    }

    #[test]
    fn what_is_told_later_covers_what_was_told_before_and_nothing_outside_the_window() {
        let mut timeline = Timeline::new(window(0, 100), LogStatus::Unknown, "not read");
        timeline.tell(window(-10, 60), LogStatus::Complete, "read");
        timeline.tell(window(20, 30), LogStatus::Gap, "broken");
        timeline.tell(window(60, 70), LogStatus::Complete, "read");
        timeline.tell(window(90, 900), LogStatus::Gap, "broken");
        timeline.tell(window(50, 50), LogStatus::Gap, "nothing");
        let expected = [
            (0, 20, LogStatus::Complete),
            (20, 30, LogStatus::Gap),
            (30, 70, LogStatus::Complete),
            (70, 90, LogStatus::Unknown),
            (90, 100, LogStatus::Gap),
        ];
        assert_eq!(told(timeline), expected);
        assert_eq!(told(Timeline::new(window(5, 5), LogStatus::Gap, "")), []);
    }

    #[test]
    fn a_second_witness_adds_what_the_first_does_not_know_in_either_order() {
        let witness = |complete: (i64, i64), gap: (i64, i64)| {
            let mut timeline = Timeline::new(window(0, 100), LogStatus::Unknown, "not read");
            timeline.tell(window(complete.0, complete.1), LogStatus::Complete, "read");
            timeline.tell(window(gap.0, gap.1), LogStatus::Gap, "broken");
            timeline
        };
        let (first, second) = (witness((0, 40), (40, 60)), witness((30, 50), (10, 20)));
        let expected =
            [(0, 50, LogStatus::Complete), (50, 60, LogStatus::Gap), (60, 100, LogStatus::Unknown)];
        for (first, second) in [(first.clone(), second.clone()), (second, first)] {
            let mut joined = first;
            joined.join(second);
            assert_eq!(told(joined), expected);
        }
    }

    #[test]
    fn doubt_takes_completeness_and_leaves_gaps() {
        let mut timeline = Timeline::new(window(0, 100), LogStatus::Complete, "read");
        timeline.tell(window(80, 90), LogStatus::Gap, "broken");
        timeline.doubt_from(Timestamp::from_second(70).unwrap(), "late");
        let expected = [
            (0, 70, LogStatus::Complete),
            (70, 80, LogStatus::Unknown),
            (80, 90, LogStatus::Gap),
            (90, 100, LogStatus::Unknown),
        ];
        assert_eq!(told(timeline), expected);
    }
}
