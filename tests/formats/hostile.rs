//! Every format over every text that could break it: each report reads back, whole, and as it was meant.

use std::collections::{BTreeMap, BTreeSet};

use driftline::model::{AccountId, Locator, Uid, is_treacherous, printable};
use driftline::report::{FORMATS, Style, View};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use super::{estate, html, official, readers, render};

/// What somebody who may name a resource could write.
pub(crate) fn texts() -> BTreeMap<&'static str, String> {
    let long = "n".repeat(64 * 1024);
    BTreeMap::from([
        ("a name", "web-1".to_owned()),
        ("nothing", String::new()),
        ("a space", " ".to_owned()),
        ("control sequences", "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{0}\u{7f}\t\u{8}b".to_owned()),
        ("line ends", "a\r\nb\nc\rd\u{85}e\u{2028}f\u{2029}g\u{b}h\u{c}i".to_owned()),
        ("right to left", "a\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}\u{e0041}\u{ad}b".to_owned()),
        ("markup", "</script><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\"'".to_owned()),
        ("a formula", "=HYPERLINK(\"http://evil.example\",\"x\");+1;@SUM(A1)".to_owned()),
        ("another formula", "＝cmd|' /C calc'!A0".to_owned()),
        ("LEEF", "x^sev=1^usrName=root^|\\^=|\nLEEF:2.0|a|b|c|d|^|sev=10".to_owned()),
        ("CEF", "x|9|src=192.0.2.1 suser=root \\= \\| \\ =\nCEF:0|a|b|c|d|e|10|act=y cs1=".to_owned()),
        (
            "Markdown",
            "|a|`b`*c*_d_~~e~~[l](u)![i](u)<b>#1@root https://evil.example www.e.example\n# h".to_owned(),
        ),
        ("JSON", "\",\"x\":[{\\\\u0000\\\"}]}\n{".to_owned()),
        ("SARIF", "{0}{{1}}[a](0)\\[b\\]}".to_owned()),
        ("Prometheus", "a\"} 1\n# HELP x y\nx{y=\"z\\".to_owned()),
        ("64 KiB", long.clone()),
        ("64 KiB that mislead", "\u{202e}\u{1b}".repeat(16 * 1024)),
        ("64 KiB of escapes", "^|=\\".repeat(16 * 1024)),
    ])
}

/// Reads a report back; panics if it does not say what the view says.
type Oracle = fn(&View, &str);

/// What holds of each format; one that is not here fails the table.
const ORACLES: &[(&str, Oracle)] = &[
    ("terminal", terminal),
    ("json", json),
    ("ndjson", ndjson),
    ("html", html),
    ("markdown", markdown),
    ("csv", csv),
    ("sarif", sarif),
    ("ocsf", ocsf),
    ("stix", stix),
    ("leef", leef),
    ("cef", cef),
    ("metrics", metrics),
];

/// Returns an incident in which everything that a cloud or a person names is `text`; of a long one, one resource.
pub(crate) fn view(text: &str) -> View {
    if text.len() > 1024 {
        return incident_of_one(text);
    }
    let mut view = estate::incident(text);
    for coverage in &mut view.coverage {
        coverage.account = AccountId::new(text);
    }
    for finding in &mut view.findings {
        for resource in &mut finding.resources {
            resource.account = AccountId::new(text);
        }
    }
    view
}

fn incident_of_one(text: &str) -> View {
    let mut view = estate::incident("web-1");
    let finding = view.findings.iter_mut().find(|finding| !finding.resources.is_empty()).unwrap();
    finding.title = format!("{text} vanished");
    finding.why[0].reason = format!("the root of {text}");
    let resource = &mut finding.resources[0];
    (resource.name, resource.locator) = (Some(text.to_owned()), Locator::new(text));
    (resource.uid, resource.account) = (Uid::new(text), AccountId::new(text));
    let change = view.changes.iter_mut().find(|change| change.resource.is_some()).unwrap();
    change.resource.as_mut().unwrap().name = Some(text.to_owned());
    let actor = view.events[0].actor.as_mut().unwrap();
    (actor.key, actor.label) = (text.to_owned(), text.to_owned());
    view
}

#[test]
fn every_format_reads_back_whatever_is_written_into_it() {
    for (name, text) in texts() {
        let view = view(&text);
        for format in FORMATS {
            let id = format.id();
            let report = render(id, &view, &Style::default());
            let stray = report.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(stray, None, "{id} of {name} lets a control character out");
            let hidden = report.chars().find(|c| *c != '\n' && is_treacherous(*c));
            // What the script of the page reads, it neutralises when it shows it; `html` looks at the rest.
            assert!(hidden.is_none() || id == "html", "{id} of {name} lets {hidden:?} out");
            let (_, oracle) = ORACLES.iter().find(|(known, _)| *known == id).unwrap();
            oracle(&view, &report);
        }
    }
}

/// The page has no element and no attribute that a harmless report has not, and its data are the view.
fn html(view: &View, report: &str) {
    let kinds = |page: &str| html::elements(page).into_iter().collect::<BTreeSet<_>>();
    let harmless = render("html", &estate::incident("web-1"), &Style::default());
    let strange: Vec<_> = kinds(report).difference(&kinds(&harmless)).cloned().collect();
    assert_eq!(strange, [""; 0]);
    assert_eq!(report.matches("<script").count(), 2);
    let data = html::part(report, html::DATA, "</script>");
    assert!(!data.contains(['<', '>', '&']), "{data}");
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["view"], serde_json::to_value(view).unwrap());
    let shown = html::skeleton(report);
    assert!(!shown.chars().any(|c| c != '\n' && is_treacherous(c)), "{shown}");
}

#[test]
fn ten_thousand_findings_are_ten_thousand_findings() {
    let mut view = estate::incident("web-1");
    let lone = view.clone();
    let one = lone.findings.iter().find(|finding| finding.id == "f-high").unwrap();
    view.findings = (0..10_000)
        .map(|n| driftline::report::view::Finding { id: format!("{n:032x}"), ..one.clone() })
        .collect();
    let mut sums = Vec::new();
    for format in FORMATS {
        let report = render(format.id(), &view, &Style::default());
        sums.push(sum(format.id(), &report));
        let each = report.len().saturating_sub(render(format.id(), &lone, &Style::default()).len()) / 10_000;
        assert!(each < 16 * 1024, "{}: {each} bytes a finding", format.id());
        let count = match format.id() {
            "json" => serde_json::from_str::<View>(&report).unwrap().findings.len(),
            "sarif" => serde_json::from_str::<Value>(&report).unwrap()["runs"][0]["results"]
                .as_array()
                .unwrap()
                .len(),
            "stix" => report.matches("\"type\": \"note\"").count(),
            "ocsf" => report.lines().filter(|line| line.contains("\"class_uid\":2004")).count(),
            "ndjson" => report.lines().filter(|line| line.starts_with("{\"type\":\"finding\"")).count(),
            "leef" | "cef" => report.lines().count(),
            "metrics" => {
                let found = readers::metrics(&report);
                let counts = found.iter().filter(|sample| sample.name == "driftline_findings");
                counts.map(readers::Sample::count).sum()
            }
            // People's formats count and cut.
            _ => continue,
        };
        assert_eq!(count, 10_000, "{}", format.id());
    }
    insta::assert_snapshot!("ten-thousand", sums.join("\n"));
}

/// Returns what tells that a report too long to keep is the same: its format, bytes, lines and digest.
fn sum(id: &str, report: &str) -> String {
    format!("{id:<9} {:>9} {:>7} {}", report.len(), report.lines().count(), blake3::hash(report.as_bytes()))
}

fn terminal(view: &View, report: &str) {
    let headings = |report: &str| {
        let bands = ["CRITICAL ", "HIGH ", "MEDIUM ", "LOW "];
        report.lines().filter(|line| bands.iter().any(|band| line.starts_with(band))).count()
    };
    assert!(headings(report) > 0);
    assert_eq!(
        headings(report),
        headings(&render("terminal", &estate::incident("web-1"), &Style::default()))
    );
    assert!(report.contains(&view.run.seal.unwrap().to_string()));
}

fn json(view: &View, report: &str) {
    assert_eq!(&serde_json::from_str::<View>(report).unwrap(), view);
}

fn ndjson(view: &View, report: &str) {
    let lines: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |sort: &str| lines.iter().filter(|line| line["type"] == sort).count();
    assert_eq!(
        (of("finding"), of("change"), of("event")),
        (view.findings.len(), view.changes.len(), view.events.len())
    );
}

fn markdown(view: &View, report: &str) {
    let mut rows = 0;
    for event in Parser::new_ext(report, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::TableRow) => rows += 1,
            Event::InlineHtml(html) => assert!(["<br>", "<!-- -->"].contains(&&*html), "{html}"),
            Event::Html(html) => panic!("{html}"),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link in {report:.1000}"),
            _ => {}
        }
    }
    let tabled = [
        view.findings.len(),
        view.changes.len(),
        view.residues.len(),
        view.moved_verdicts.len(),
        view.events.len(),
        view.incomplete_scopes().len(),
        view.log_coverage.len(),
    ];
    assert_eq!(rows, tabled.iter().sum::<usize>());
}

fn csv(view: &View, report: &str) {
    let mut rows = csv::Reader::from_reader(report.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let alone = view.findings.iter().filter(|finding| finding.changes.is_empty()).count();
    assert_eq!(rows.len(), view.changes.len() + alone);
    for cell in rows.iter().flatten() {
        assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell:.200}");
    }
}

fn sarif(view: &View, report: &str) {
    let log = official::sarif(report);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), view.findings.len());
    for (result, finding) in results.iter().zip(&view.findings) {
        assert_eq!(result["partialFingerprints"]["driftline/v1"], finding.id);
        let message = result["message"]["text"].as_str().unwrap();
        let plain = message.replace("\\[", "[").replace("\\]", "]").replace("{{", "{").replace("}}", "}");
        assert_eq!(plain.replace("\\\\", "\\"), printable(&finding.title));
        assert!(!message.replace("\\[", "").replace("{{", "").contains(['[', '{']), "{message:.200}");
        for location in result["locations"].as_array().unwrap() {
            let path = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(path.is_ascii() && path.split('/').count() >= 3, "{path:.200}");
        }
        if let Some(resource) = finding.resources.first() {
            let logical = &result["locations"][0]["logicalLocations"][0];
            assert_eq!(logical["name"], resource.name.as_deref().unwrap());
            assert_eq!(logical["fullyQualifiedName"], resource.locator.as_str());
        }
    }
}

fn ocsf(view: &View, report: &str) {
    let events = official::ocsf(report);
    let findings: Vec<&Value> = events.iter().filter(|event| event["class_uid"] == 2004).collect();
    let activities: Vec<&Value> = events.iter().filter(|event| event["class_uid"] == 6003).collect();
    assert_eq!((findings.len(), activities.len()), (view.findings.len(), view.events.len()));
    for (event, finding) in findings.iter().zip(&view.findings) {
        assert_eq!(event["finding_info"]["uid"], finding.id);
        assert_eq!(event["finding_info"]["title"], finding.title);
        if let Some(resource) = finding.resources.first() {
            assert_eq!(event["resources"][0]["name"], resource.name.as_deref().unwrap());
            assert_eq!(event["cloud"]["account"]["uid"], resource.account.as_str());
        }
    }
}

fn stix(view: &View, report: &str) {
    let objects = official::stix(report);
    let notes: Vec<&Value> = objects.iter().filter(|object| object["type"] == "note").collect();
    assert_eq!(notes.len(), view.findings.len());
    let titles = view.findings.iter().map(|finding| printable(&finding.title));
    for title in titles {
        assert!(notes.iter().any(|note| note["abstract"] == title), "{title:.200}");
    }
    let accounts = || objects.iter().filter(|object| object["type"] == "user-account");
    for actor in view.events.iter().filter_map(|event| event.actor.as_ref()) {
        assert!(accounts().any(|account| account["user_id"] == actor.key), "{:.200}", actor.key);
    }
}

fn leef(view: &View, report: &str) {
    let lines: Vec<readers::Line> = report.lines().map(readers::leef).collect();
    assert_eq!(lines.len(), view.findings.len());
    for (line, finding) in lines.iter().zip(&view.findings) {
        assert_eq!(line.header[..5], ["LEEF:2.0", "driftline", "driftline", "0.0.0", finding.rule.as_str()]);
        let value =
            |key: &str| line.pairs.get(key).map(|value| value.replace("\\u{5e}", "^")).unwrap_or_default();
        assert_eq!((value("externalId"), value("risk")), (finding.id.clone(), finding.risk.to_string()));
        let severity: u8 = value("sev").parse().unwrap();
        assert!((1..=10).contains(&severity));
        assert_told(&value("title"), &finding.title);
        if let Some(resource) = finding.resources.first() {
            assert_told(&value("resourceName"), resource.name.as_deref().unwrap());
        }
        assert!(line.pairs.values().all(|value| value.len() < 16 * 1024));
    }
}

fn cef(view: &View, report: &str) {
    let lines: Vec<readers::Line> = report.lines().map(readers::cef).collect();
    assert_eq!(lines.len(), view.findings.len());
    for (line, finding) in lines.iter().zip(&view.findings) {
        assert_eq!(line.header[..5], ["CEF:0", "driftline", "driftline", "0.0.0", finding.rule.as_str()]);
        assert_told(&line.header[5], &finding.title);
        assert!(line.header[6].parse::<u8>().unwrap() <= 10);
        assert_eq!(line.pairs["externalId"], finding.id);
        assert_eq!(
            (line.pairs["cn1Label"].as_str(), line.pairs["cn1"].as_str()),
            ("risk", finding.risk.to_string().as_str())
        );
        if let Some(resource) = finding.resources.first() {
            assert_told(&line.pairs["cs3"], resource.locator.as_str());
        }
        assert!(line.pairs.values().all(|value| value.chars().count() <= 1023));
    }
}

/// Holds a value, which may be cut, against what it should tell.
fn assert_told(value: &str, meant: &str) {
    let meant = printable(meant);
    let told = match value.strip_suffix('…') {
        Some(kept) => meant.starts_with(kept) && kept.chars().count() >= 500,
        None => value == meant,
    };
    assert!(told, "{value:.200} is not {meant:.200}");
}

fn metrics(view: &View, report: &str) {
    let samples = readers::metrics(report);
    let of = |name: &str| samples.iter().filter(|sample| sample.name == name).collect::<Vec<_>>();
    let total = |name: &str| of(name).into_iter().map(readers::Sample::count).sum::<usize>();
    assert_eq!(total("driftline_findings"), view.findings.len());
    let scopes = of("driftline_scopes");
    assert_eq!(total("driftline_scopes"), view.coverage.len());
    let account = printable(view.coverage[0].account.as_str());
    assert!(scopes.iter().all(|sample| sample.labels["account"] == account));
}
