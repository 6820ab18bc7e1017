//! Numbers for Prometheus, as `node_exporter`'s textfile collector reads them
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};

use crate::model::{Band, CoverageStatus, FindingStatus, LogStatus, Timestamp, printable};
use crate::report::view::{Coverage, Finding};
use crate::report::{Format, Style, View};

/// The `metrics` format: gauges that say when the last scan was, how complete, and what it found.
///
/// Nothing that the cloud names stands in it but accounts, locations and kinds; closed sets have every member, so
/// that a series never ends by going to 0.
pub(super) struct Metrics;

impl Format for Metrics {
    fn id(&self) -> &'static str {
        "metrics"
    }

    fn about(&self) -> &'static str {
        "gauges in Prometheus text format, for node_exporter's textfile collector"
    }

    fn media_type(&self) -> &'static str {
        "text/plain;version=0.0.4"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn Write) -> io::Result<()> {
        run(view, out)?;
        coverage(view, out)?;
        logs(view, out)?;
        findings(view, out)?;
        family(
            out,
            "changes",
            "What differs between the scans, by kind.",
            counted("kind", &view.summary.changes),
        )?;
        family(
            out,
            "traces",
            "Changes by where the search for their cause ended.",
            counted("state", &view.summary.traces),
        )?;
        family(
            out,
            "events",
            "Audit events of the time between the scans, by where they ended.",
            counted("end", &view.summary.events),
        )
    }
}

/// The labels of a sample, and its value.
type Sample = (Vec<(&'static str, String)>, f64);

fn run(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let run = &view.run;
    let release = vec![("version", run.version.clone()), ("rules_version", run.rules_version.clone())];
    family(out, "build_info", "The release that made the report.", [(release, 1.0)])?;
    let taken = view.scans.after.as_ref().map(|scan| (Vec::new(), seconds(scan.taken_at)));
    family(out, "scan_timestamp_seconds", "The moment that the last scan's state is dated.", taken)?;
    let alone = |value| [(Vec::new(), value)];
    family(out, "run_timestamp_seconds", "When the run had its answer.", alone(seconds(run.finished_at)))?;
    let duration = run.finished_at.duration_since(run.started_at).as_secs_f64();
    family(out, "run_duration_seconds", "How long the run took.", alone(duration))?;
    family(out, "run_exit_status", "The status that the run ended with.", alone(f64::from(run.exit_status)))
}

fn coverage(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<[String; 2], BTreeMap<CoverageStatus, u64>> = BTreeMap::new();
    for scope in &view.coverage {
        let of_account = counts.entry([scope.provider.to_string(), scope.account.to_string()]);
        let counts =
            of_account.or_insert_with(|| CoverageStatus::ALL.iter().map(|&status| (status, 0)).collect());
        *counts.entry(scope.status).or_default() += 1;
    }
    let scopes = counts.into_iter().flat_map(|([provider, account], counts)| {
        counts.into_iter().map(move |(status, count)| {
            let place = [("provider", provider.clone()), ("account", account.clone())];
            (place.into_iter().chain([("status", status.to_string())]).collect(), real(count))
        })
    });
    family(out, "scopes", "Scopes of the last scan, by how completely they were listed.", scopes)?;
    let meant = || view.coverage.iter().filter(|scope| scope.status != CoverageStatus::Skipped);
    let complete = meant().map(|scope| (place(scope), f64::from(scope.status == CoverageStatus::Complete)));
    family(
        out,
        "scope_complete",
        "Whether the scope was listed completely: only then is absence evidence.",
        complete,
    )?;
    let listed = meant().map(|scope| (place(scope), real(scope.listed)));
    family(out, "scope_resources", "How many resources the scope's listing held.", listed)
}

fn logs(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut seconds: BTreeMap<[String; 4], f64> = BTreeMap::new();
    for interval in &view.log_coverage {
        let log = [
            interval.provider.to_string(),
            interval.account.to_string(),
            interval.location.to_string(),
            interval.source.clone(),
        ];
        let incomplete = interval.status != LogStatus::Complete;
        let length = interval.to.duration_since(interval.from).as_secs_f64();
        *seconds.entry(log).or_default() += if incomplete { length } else { 0.0 };
    }
    let samples = seconds.into_iter().map(|(log, length)| {
        let names = ["provider", "account", "location", "source"];
        (names.into_iter().zip(log).collect(), length)
    });
    family(out, "log_incomplete_seconds", "For how long the log is not known to be complete.", samples)
}

fn findings(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let of = |band: Band, status: FindingStatus| {
        let alike = |finding: &&Finding| finding.band == band && finding.status == status;
        view.findings.iter().filter(alike).count() as u64
    };
    let counts = Band::ALL.iter().flat_map(|&band| {
        FindingStatus::ALL.iter().map(move |&status| {
            (vec![("band", band.to_string()), ("status", status.to_string())], real(of(band, status)))
        })
    });
    family(out, "findings", "Findings, by how much they matter and where they stand in their life.", counts)?;
    let ages = Band::ALL.iter().map(|&band| {
        let open = view.findings.iter().filter(|finding| finding.band == band && finding.is_open());
        let oldest = open.filter_map(|finding| finding.since).min();
        let age = oldest.map_or(0.0, |since| view.run.finished_at.duration_since(since).as_secs_f64());
        (vec![("band", band.to_string())], age.max(0.0))
    });
    family(
        out,
        "oldest_open_finding_age_seconds",
        "For how long the oldest open finding has been reported; 0 if none was before.",
        ages,
    )
}

fn counted<T: Display>(label: &'static str, counts: &BTreeMap<T, u64>) -> impl Iterator<Item = Sample> {
    counts.iter().map(move |(name, count)| (vec![(label, name.to_string())], real(*count)))
}

fn place(scope: &Coverage) -> Vec<(&'static str, String)> {
    vec![
        ("provider", scope.provider.to_string()),
        ("account", scope.account.to_string()),
        ("location", scope.location.to_string()),
        ("kind", scope.kind.clone()),
    ]
}

fn seconds(time: Timestamp) -> f64 {
    time.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
const fn real(count: u64) -> f64 {
    count as f64
}

/// Writes a family of gauges, all of one name.
fn family(
    out: &mut dyn Write,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = Sample>,
) -> io::Result<()> {
    writeln!(out, "# HELP driftline_{name} {help}\n# TYPE driftline_{name} gauge")?;
    for (labels, value) in samples {
        let labels: Vec<String> =
            labels.into_iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(&text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        writeln!(out, "driftline_{name}{labels} {value}")?;
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_ends_where_it_should() {
        assert_eq!(escaped("a\"} 1\nb\\"), "a\\\"} 1\\\\u{a}b\\\\");
    }
}
