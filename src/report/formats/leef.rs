//! LEEF 2.0, the Log Event Extended Format of `QRadar`
//! (<https://www.ibm.com/docs/en/dsm?topic=leef-overview>).

use std::io;

use crate::model::{Timestamp, printable};
use crate::report::siem::{Alert, FIELDS, ROOM};
use crate::report::{Format, Style, View};

/// What stands between attributes; the header names it.
const DELIMITER: char = '^';

/// The form of `devTime`, in the letters of Java's `SimpleDateFormat`.
const TIMES: &str = "yyyy-MM-dd'T'HH:mm:ss.SSSZ";

/// The `leef` format: one line per finding.
///
/// `EventID` is the rule, `cat` the first technique, `sev` the risk from 1 to 10, `devTime` the end of what
/// happened. LEEF knows no escapes: control characters and the delimiter stand as `\u{…}` in values.
pub(super) struct Leef;

impl Format for Leef {
    fn id(&self) -> &'static str {
        "leef"
    }

    fn about(&self) -> &'static str {
        "LEEF 2.0, one line per finding, for QRadar"
    }

    fn media_type(&self) -> &'static str {
        "text/plain"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        for alert in Alert::all(view) {
            let version = header(&view.run.version);
            let rule = header(&alert.finding.rule);
            let attributes: Vec<String> = attributes(&alert)
                .into_iter()
                .map(|(key, value)| format!("{key}={}", bare(&value)))
                .collect();
            let attributes = attributes.join(&DELIMITER.to_string());
            writeln!(out, "LEEF:2.0|driftline|driftline|{version}|{rule}|{DELIMITER}|{attributes}")?;
        }
        Ok(())
    }
}

fn attributes(alert: &Alert<'_>) -> Vec<(&'static str, String)> {
    let own = [
        ("devTime", Some(moment(alert.to))),
        ("devTimeFormat", Some(TIMES.to_owned())),
        ("sev", Some(alert.severity().max(1).to_string())),
        ("src", alert.source().map(|address| address.to_string())),
    ];
    let shared = FIELDS.iter().filter_map(|field| Some((field.leef?, field.text(alert, ROOM))));
    own.into_iter().chain(shared).filter_map(|(key, value)| Some((key, value?))).collect()
}

fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

fn bare(value: &str) -> String {
    value.replace(DELIMITER, "\\u{5e}")
}

fn header(text: &str) -> String {
    printable(text).replace('|', "\\u{7c}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_an_attribute_and_no_header_a_field() {
        assert_eq!(bare("a^b=c|d"), "a\\u{5e}b=c|d");
        assert_eq!(header("a|b"), "a\\u{7c}b");
    }

    #[test]
    fn times_have_milliseconds_and_an_offset() {
        assert_eq!(moment("2026-01-02T03:00:41.25Z".parse().unwrap()), "2026-01-02T03:00:41.250+0000");
    }
}
