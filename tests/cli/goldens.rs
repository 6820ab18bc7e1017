//! What every format makes of the shipped incident.

use driftline::report::view::Run;
use driftline::report::{FORMATS, Style, View};
use insta::assert_snapshot;

use super::support::Site;

/// What is read by people or line by line; of the rest a digest is kept.
const KEPT: &[&str] = &["terminal", "markdown", "csv", "leef", "cef", "metrics"];

/// Returns the view of the incident, without what differs from run to run.
fn incident() -> View {
    let demo = Site::new().driftline(&["demo", "--format", "json"]).run().json();
    let mut view: View = serde_json::from_value(demo).unwrap();
    let at = view.scans.after.as_ref().unwrap().taken_at;
    for scan in view.scans.before.iter_mut().chain(&mut view.scans.after) {
        scan.finished_at = Some(at);
        scan.seal = None;
    }
    // The estate is unpacked to a new folder each time.
    for log in &mut view.log_coverage {
        if let Some((_, place)) = log.reason.split_once("/after/") {
            log.reason = format!("said of `after/{place}");
        }
    }
    View {
        run: Run { id: Some("1".to_owned()), started_at: at, finished_at: at, seal: None, ..view.run },
        ..view
    }
}

fn render(id: &str, view: &View, width: usize) -> String {
    let format = FORMATS.iter().find(|format| format.id() == id).unwrap();
    let mut out = Vec::new();
    format.render(view, &Style { width, ..Style::default() }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_incident_in_every_format() {
    let view = incident();
    let mut sums = Vec::new();
    for id in FORMATS.iter().map(|format| format.id()) {
        let report = render(id, &view, 100);
        if KEPT.contains(&id) {
            assert_snapshot!(format!("demo.{id}"), report);
        } else {
            let (bytes, digest) = (report.len(), blake3::hash(report.as_bytes()));
            sums.push(format!("{id:<9} {bytes:>9} {:>7} {digest}", report.lines().count()));
        }
    }
    assert_snapshot!("demo.sums", sums.join("\n"));
    for columns in [80, 200] {
        assert_snapshot!(format!("demo.terminal.{columns}"), render("terminal", &view, columns));
    }
}
