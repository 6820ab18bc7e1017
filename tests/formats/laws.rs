//! What holds whatever the cloud wrote.

use driftline::model::{is_treacherous, printable};
use driftline::report::{Color, Style, Verbosity, View};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use super::schema_check::violations;
use super::{estate, render};

/// Any text, and text made of what formats trip over.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let tricky = proptest::sample::select(vec![
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "\u{1b}[2J",
        "\u{9b}31m",
        "\u{202e}",
        "\u{200b}",
        "\u{0}",
        "|",
        "`",
        "``",
        "\\",
        "<b>",
        "&lt;",
        "[a](b)",
        "![i](u)",
        "http://e.example",
        "www.e.example",
        "#1",
        "*",
        "_",
        "~~",
        "$",
        "\"",
        "'",
        ",",
        ";",
        " ",
        "\u{a0}",
        "＝",
        "漢",
        "a",
    ]);
    prop_oneof![1 => any::<String>(), 3 => proptest::collection::vec(tricky, 0..8).prop_map(|parts| parts.concat())]
}

/// Removes the colours that the terminal format may write.
fn without_colors(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| {
        let (code, rest) = piece.split_once('m').unwrap();
        assert!(code.chars().all(|c| c.is_ascii_digit() || c == ';'), "no colour: {code:?}");
        plain + rest
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_terminal_gets_no_character_that_misleads_it(text in text(), width in 0_usize..200) {
        let view = estate::incident(&text);
        for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
            let style = Style { color: Color::Never, width, verbosity };
            let plain = render("terminal", &view, &style);
            prop_assert!(!plain.chars().any(|c| c != '\n' && is_treacherous(c)), "{plain}");
            let colored = render("terminal", &view, &Style { color: Color::Always, ..style });
            prop_assert_eq!(without_colors(&colored), plain);
        }
    }

    #[test]
    fn no_csv_cell_begins_like_a_formula(text in text()) {
        let written = render("csv", &estate::incident(&text), &Style::default());
        let mut rows = csv::Reader::from_reader(written.as_bytes());
        for row in rows.records() {
            for cell in &row.unwrap() {
                prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell:?}");
                prop_assert!(!cell.chars().any(is_treacherous), "{cell:?}");
            }
        }
    }

    #[test]
    fn json_follows_its_schema_and_reads_back_as_the_same_view(text in text()) {
        let view = estate::incident(&text);
        let written = render("json", &view, &Style::default());
        prop_assert!(!written.chars().any(|c| c != '\n' && is_treacherous(c)));
        prop_assert_eq!(serde_json::from_str::<View>(&written).unwrap(), view);
        let problems = violations(&View::json_schema(), &serde_json::from_str(&written).unwrap());
        prop_assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn every_ndjson_line_is_an_object_with_its_type(text in text()) {
        let view = estate::incident(&text);
        let written = render("ndjson", &view, &Style::default());
        let types: Vec<String> = written
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned())
            .collect();
        let count = |name: &str| types.iter().filter(|found| *found == name).count();
        prop_assert_eq!(count("change"), view.changes.len());
        prop_assert_eq!(count("finding"), view.findings.len());
        prop_assert_eq!(count("coverage"), view.coverage.len());
        prop_assert_eq!(types.last().map(String::as_str), Some("summary"));
    }

    #[test]
    fn markdown_shows_the_text_and_makes_nothing_of_it(text in text()) {
        let title = format!("x{text}x");
        let written = render("markdown", &estate::incident(&title), &Style::default());
        prop_assert!(!written.chars().any(|c| c != '\n' && is_treacherous(c)));
        let mut shown = String::new();
        for event in Parser::new_ext(&written, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Text(text) | Event::Code(text) => shown.push_str(&text),
                Event::InlineHtml(html) => prop_assert!(["<br>", "<!-- -->"].contains(&&*html), "{html}"),
                Event::Html(html) => prop_assert!(false, "{html}"),
                Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strong | Tag::Strikethrough) =>
                    prop_assert!(false, "{written}"),
                _ => {}
            }
        }
        prop_assert!(shown.contains(&format!("{} as disk-reverted sees it", printable(&title))), "{shown}");
    }

    #[test]
    fn no_text_adds_a_row_or_a_cell_to_a_markdown_table(text in text()) {
        let cells = |text: &str| {
            let written = render("markdown", &estate::incident(text), &Style::default());
            written.lines().map(|line| line.matches('|').count()).collect::<Vec<_>>()
        };
        prop_assert_eq!(cells(&text), cells("web-1"));
    }
}

#[test]
fn a_member_of_a_newer_release_is_ignored_on_reading() {
    let view = estate::quiet();
    let mut json = serde_json::to_value(&view).unwrap();
    json["run"]["later"] = Value::Bool(true);
    assert_eq!(serde_json::from_value::<View>(json).unwrap(), view);
}

#[test]
fn the_order_of_what_is_handed_over_does_not_matter() {
    assert_eq!(estate::incident("web-1"), estate::incident_backwards("web-1"));
}

#[test]
fn findings_stand_by_falling_risk() {
    let view = estate::incident("web-1");
    let risks: Vec<u8> = view.findings.iter().map(|finding| finding.risk).collect();
    assert_eq!(risks, [95, 92, 90, 80, 75, 55, 40, 35, 10]);
}

#[test]
fn beyond_twenty_of_a_band_the_terminal_gives_each_finding_one_line() {
    let mut view = estate::incident("web-1");
    view.findings = vec![view.findings[0].clone(); 23];
    let text = render("terminal", &view, &Style { width: 200, ..Style::default() });
    let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((count("CRITICAL  95"), count("  rules ")), (23, 20));
}

#[test]
fn accepted_and_resolved_findings_are_counted_but_not_open() {
    use driftline::model::Band;
    let summary = estate::incident("web-1").summary;
    assert_eq!((summary.findings[&Band::Critical], summary.open[&Band::Critical]), (3, 2));
    assert_eq!((summary.findings[&Band::High], summary.open[&Band::High]), (2, 1));
}

#[test]
fn one_csv_row_stands_for_each_change_and_each_finding_without_one() {
    let view = estate::incident("web-1");
    let written = render("csv", &view, &Style::default());
    let rows = csv::Reader::from_reader(written.as_bytes()).records().count();
    let alone = view.findings.iter().filter(|finding| finding.changes.is_empty()).count();
    assert_eq!((rows, alone), (view.changes.len() + alone, 3));
}

#[test]
fn a_change_that_two_findings_cite_has_the_higher_risk_and_both_rules() {
    let written = render("csv", &estate::incident("web-1"), &Style::default());
    let mut rows = csv::Reader::from_reader(written.as_bytes());
    let row = rows.records().map(Result::unwrap).find(|row| &row[19] == "c-modified").unwrap();
    assert_eq!((&row[0], &row[1], &row[2]), ("medium", "55", "instance-modified mass-deletion"));
}
