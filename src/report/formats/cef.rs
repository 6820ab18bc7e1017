//! CEF, the Common Event Format of `ArcSight` (*Implementing `ArcSight` CEF*, revision 26).

use std::io;
use std::net::IpAddr;

use crate::model::Timestamp;
use crate::report::siem::{Alert, FIELDS, line};
use crate::report::{Format, Style, View};

/// How many characters the name in the header may take.
const NAME: usize = 512;

/// The `cef` format: one line per finding.
///
/// The signature is the rule, the severity the risk from 0 to 10, `start` and `end` when it happened, `rt` when the
/// run had its answer. Values are cut to what the dictionary allows their keys.
pub(super) struct Cef;

impl Format for Cef {
    fn id(&self) -> &'static str {
        "cef"
    }

    fn about(&self) -> &'static str {
        "CEF, one line per finding, for ArcSight, Sentinel and others"
    }

    fn media_type(&self) -> &'static str {
        "text/plain"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        for alert in Alert::all(view) {
            let [version, rule, title] = [&view.run.version, &alert.finding.rule, &alert.finding.title]
                .map(|text| header(&line(text, NAME)));
            let severity = alert.severity();
            let pairs: Vec<String> = extension(&alert, view.run.finished_at)
                .into_iter()
                .map(|(key, value)| format!("{key}={}", escaped(&value)))
                .collect();
            let pairs = pairs.join(" ");
            writeln!(out, "CEF:0|driftline|driftline|{version}|{rule}|{title}|{severity}|{pairs}")?;
        }
        Ok(())
    }
}

fn extension(alert: &Alert<'_>, told: Timestamp) -> Vec<(String, String)> {
    let moment = |time: Timestamp| time.as_millisecond().to_string();
    let mut pairs = vec![
        ("rt".to_owned(), moment(told)),
        ("start".to_owned(), moment(alert.from)),
        ("end".to_owned(), moment(alert.to)),
    ];
    match alert.source() {
        Some(IpAddr::V4(address)) => pairs.push(("src".to_owned(), address.to_string())),
        Some(IpAddr::V6(address)) => {
            pairs.push(("c6a2Label".to_owned(), "Source IPv6 Address".to_owned()));
            pairs.push(("c6a2".to_owned(), address.to_string()));
        }
        None => {}
    }
    for field in FIELDS {
        let Some((key, value)) = field.cef.zip(field.text(alert, field.room)) else { continue };
        if let Some(label) = field.label {
            pairs.push((format!("{key}Label"), label.to_owned()));
        }
        pairs.push((key.to_owned(), value));
    }
    pairs
}

fn header(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|")
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('=', "\\=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_extension_have_escapes_of_their_own() {
        assert_eq!(header("a|b=c\\d"), "a\\|b=c\\\\d");
        assert_eq!(escaped("a|b=c\\d"), "a|b\\=c\\\\d");
    }
}
