//! Moments as people write them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Reads when something begins: days ago (`14d`), a date (its begin, in UTC), or a time.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    read(text, |days| Timestamp::now().saturating_sub(days), Ok)
}

/// Reads when something ended: days ago (`14d`), a date (its end, in UTC), or a time.
pub(super) fn until(text: &str) -> Result<Timestamp, String> {
    read(text, |days| Timestamp::now().saturating_sub(days), Date::tomorrow)
}

/// Reads when something will end: days from now (`30d`), a date (its end, in UTC), or a time.
pub(super) fn expiry(text: &str) -> Result<Timestamp, String> {
    read(text, |days| Timestamp::now().saturating_add(days), Date::tomorrow)
}

fn read(
    text: &str,
    shifted: impl Fn(SignedDuration) -> Result<Timestamp, jiff::Error>,
    edge: impl Fn(Date) -> Result<Date, jiff::Error>,
) -> Result<Timestamp, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()).filter(|days| *days > 0);
    let hours = days.and_then(|days| days.checked_mul(24)).filter(|hours| *hours < 1_000_000);
    if let Some(hours) = hours {
        return shifted(SignedDuration::from_hours(hours)).map_err(|error| error.to_string());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let date: Date = text.parse().map_err(|_| "neither days (`30d`), a date nor a time".to_owned())?;
    let begin = edge(date).and_then(|day| day.to_zoned(TimeZone::UTC));
    begin.map(|begin| begin.timestamp()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_days_a_date_or_a_time() {
        assert!(expiry("30d").unwrap() > Timestamp::now());
        assert!(until("30d").unwrap() < Timestamp::now());
        assert_eq!(expiry("2026-03-01").unwrap(), until("2026-03-01").unwrap());
        assert_eq!(until("2026-03-01").unwrap().to_string(), "2026-03-02T00:00:00Z");
        assert_eq!(until("2026-03-01T12:00:00Z").unwrap().to_string(), "2026-03-01T12:00:00Z");
        for wrong in ["", "d", "0d", "-1d", "soon", "99999999999d"] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_beginning_is_days_ago_a_date_or_a_time() {
        let fortnight = Timestamp::now() - SignedDuration::from_hours(14 * 24);
        let read = since("14d").unwrap();
        assert!(read.duration_since(fortnight).abs() < SignedDuration::from_mins(5), "{read}");
        assert_eq!(since("2026-03-01").unwrap().to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(since("2026-03-01T12:00:00Z").unwrap().to_string(), "2026-03-01T12:00:00Z");
        assert!(since("yesterday").is_err());
    }
}
