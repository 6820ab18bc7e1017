//! The course of a period, day by day or week by week.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ledger::none;
use super::view::{Step, Trend, TrendStep};
use crate::model::{Band, Timestamp};

/// A period of more days than this is told week by week.
const DAYS: i32 = 31;

/// What one scan showed.
pub(super) struct Point {
    /// When it was taken.
    pub(super) at: Timestamp,
    /// How many changes it shows.
    pub(super) changes: u64,
    /// Findings that it told first, by band.
    pub(super) new: BTreeMap<Band, u64>,
    /// Findings that were open after it, by band.
    pub(super) open: BTreeMap<Band, u64>,
}

/// What the scans of a period showed, in order.
#[derive(Default)]
pub(super) struct Course(Vec<Point>);

impl Course {
    pub(super) fn push(&mut self, point: Point) {
        self.0.push(point);
    }

    /// Returns the steps from the first scan to the last.
    pub(super) fn sum(self) -> Trend {
        let days = || self.0.iter().map(|point| day(point.at));
        let (Some(first), Some(last)) = (days().min(), days().max()) else {
            return Trend { step: Step::Day, steps: Vec::new() };
        };
        let length = last.since(first).map_or(i32::MAX, |span| span.get_days());
        let step = if length > DAYS { Step::Week } else { Step::Day };
        let mut steps: BTreeMap<Date, TrendStep> = BTreeMap::new();
        let mut next = Some(begin(first, step));
        while let Some(date) = next.filter(|date| *date <= last) {
            steps.extend(empty(date).map(|empty| (date, empty)));
            next = date.checked_add(jiff::Span::new().days(if step == Step::Day { 1 } else { 7 })).ok();
        }
        for point in self.0 {
            let Some(at) = steps.get_mut(&begin(day(point.at), step)) else { continue };
            at.scans += 1;
            at.changes += point.changes;
            for (band, count) in point.new {
                *at.new.entry(band).or_default() += count;
            }
            at.open = Some(point.open);
        }
        Trend { step, steps: steps.into_values().collect() }
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// Returns the first day of the step that a day lies in.
fn begin(day: Date, step: Step) -> Date {
    match step {
        Step::Day => day,
        Step::Week => {
            let since_monday = i64::from(day.weekday().to_monday_zero_offset());
            day.checked_sub(jiff::Span::new().days(since_monday)).unwrap_or(day)
        }
    }
}

fn empty(date: Date) -> Option<TrendStep> {
    let from = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(TrendStep { from, scans: 0, changes: 0, new: none(), open: None })
}
