//! What every format looks like.

use driftline::report::{Color, FORMATS, Style, Verbosity, View};
use insta::assert_snapshot;

use super::{estate, html, render};

/// Renders a view in one format, of a page what people read alone.
fn shown(id: &str, view: &View) -> String {
    let text = render(id, view, &Style::default());
    if id == "html" { html::skeleton(&text) } else { text }
}

#[test]
fn a_run_that_saw_nothing() {
    for format in FORMATS {
        assert_snapshot!(
            format!("empty.{}", format.id()),
            render(format.id(), &estate::empty(), &Style::default())
        );
    }
}

#[test]
fn an_incident() {
    let view = estate::incident("web-1");
    // The formats for people have goldens of their own below.
    for id in ["sarif", "ocsf", "stix", "leef", "cef", "metrics"] {
        assert_snapshot!(format!("plain.{id}"), render(id, &view, &Style::default()));
    }
}

#[test]
fn a_quiet_run() {
    for format in FORMATS {
        assert_snapshot!(format!("quiet.{}", format.id()), shown(format.id(), &estate::quiet()));
    }
}

#[test]
fn a_first_scan() {
    for format in FORMATS {
        assert_snapshot!(format!("first.{}", format.id()), shown(format.id(), &estate::first()));
    }
}

#[test]
fn an_incident_among_hostile_names() {
    let view = estate::incident(estate::HOSTILE);
    for format in FORMATS {
        assert_snapshot!(format!("incident.{}", format.id()), shown(format.id(), &view));
    }
}

#[test]
fn an_incident_on_the_terminal() {
    let view = estate::incident("web-1");
    let plain = Style { width: 80, ..Style::default() };
    for (name, style) in [
        ("terminal.quiet", Style { verbosity: Verbosity::Quiet, ..plain }),
        ("terminal.normal", plain),
        ("terminal.verbose", Style { verbosity: Verbosity::Verbose, ..plain }),
    ] {
        assert_snapshot!(name, render("terminal", &view, &style));
    }
    let colored = render("terminal", &estate::first(), &Style { color: Color::Always, ..plain });
    assert_snapshot!("terminal.colored", colored.replace('\u{1b}', "␛"));
}

#[test]
fn a_quiet_run_fits_a_mail_of_ten_lines() {
    let text = render("terminal", &estate::quiet(), &Style::default());
    assert!(text.lines().count() <= 10, "{text}");
}
