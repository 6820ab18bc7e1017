//! The one tolerant parser for the times that vendors, CLIs and SDKs print.

use jiff::{Timestamp, civil};
use serde_json::Value;

use super::Odd;

/// Reads a time in any of the forms that inventory comes in (SEMANTICS A.2): RFC 3339 with any offset
/// and up to nine fractional digits, `str(datetime)` with a space, a date without offset (read as UTC),
/// and epoch seconds or milliseconds as a number.
///
/// # Errors
///
/// `wrong-type` for anything else, `date-out-of-range` before 1990 or after 2200: no cloud compute is
/// older, and a window with such an end would explain everything.
pub fn parse_time(value: &Value) -> Result<Timestamp, Odd> {
    let time = match value {
        Value::String(text) => from_text(text),
        Value::Number(number) => number.as_f64().and_then(from_epoch),
        _ => None,
    };
    let time = time.ok_or_else(|| Odd::new("wrong-type", format!("`{value}` is no time")))?;
    let year = time.to_zoned(jiff::tz::TimeZone::UTC).year();
    if (1990..=2200).contains(&year) {
        Ok(time)
    } else {
        Err(Odd::new("date-out-of-range", format!("the time {time} is out of range")))
    }
}

fn from_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let local: civil::DateTime = text.parse().ok()?;
        local.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// Epoch seconds, or milliseconds where seconds would lie beyond the year 5000.
fn from_epoch(number: f64) -> Option<Timestamp> {
    const MILLISECONDS_FROM: f64 = 1e11;
    let seconds = if number.abs() < MILLISECONDS_FROM { number } else { number / 1000.0 };
    #[expect(clippy::cast_possible_truncation, reason = "saturates; out of range is refused after")]
    let millis = (seconds * 1000.0).round() as i64;
    Timestamp::from_millisecond(millis).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_one_moment_is_the_same_moment() {
        let expected: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        for form in [
            json!("2026-01-02T03:04:05Z"),
            json!("2026-01-02T03:04:05.000Z"),
            json!("2026-01-02T03:04:05.0000000+00:00"),
            json!("2026-01-01T19:04:05.000-08:00"),
            json!("2026-01-02 03:04:05+00:00"),
            json!("2026-01-02T03:04:05"),
            json!(1_767_323_045),
            json!(1_767_323_045_000_i64),
            json!(1_767_323_045.0),
        ] {
            assert_eq!(parse_time(&form), Ok(expected), "{form}");
        }
    }

    #[test]
    fn a_date_out_of_range_is_named_and_no_panic() {
        for form in ["0001-01-01T00:00:00Z", "9000-12-31T23:59:59Z"] {
            assert_eq!(parse_time(&json!(form)).unwrap_err().code, "date-out-of-range");
        }
        for form in [json!("soon"), json!(true), json!(1e300), json!("99999-01-01T00:00:00Z")] {
            assert!(parse_time(&form).is_err(), "{form}");
        }
    }
}
