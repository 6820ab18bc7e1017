//! What webhooks are told: what each shape looks like, and that no name gets out or through.

use driftline::model::{Band, FindingStatus, is_treacherous, printable, printable_json};
use driftline::report::View;
use driftline::report::notice::{Finding, Notice, Occasion, SHAPES};
use driftline::report::view::Rule;
use insta::assert_snapshot;
use serde_json::Value;

use super::schema_check::violations;
use super::{estate, hostile};

/// The longest message that Teams takes.
const LONGEST_OF_TEAMS: usize = 28 * 1024;

fn body(shape: &str, notice: &Notice) -> String {
    SHAPES.iter().find(|known| known.id() == shape).unwrap().body(notice).unwrap()
}

/// Returns an incident whose rules say something of themselves, but for the last.
fn incident(text: &str) -> View {
    let mut view = estate::incident(text);
    let known = view.findings.len() - 1;
    let rule = |id: &String| Rule {
        id: id.clone(),
        title: format!("What {id} says"),
        explanation: String::new(),
        impact: 90,
        techniques: Vec::new(),
        references: Vec::new(),
    };
    view.rules = view.findings[..known].iter().map(|finding| rule(&finding.rule)).collect();
    view
}

#[test]
fn every_shape_of_every_run() {
    let hostile = incident(estate::HOSTILE);
    for (name, notice) in [
        ("empty", Notice::new(&estate::empty(), Band::Medium, false)),
        ("quiet", Notice::new(&estate::quiet(), Band::Medium, false)),
        ("first", Notice::new(&estate::first(), Band::Medium, false)),
        ("incident", Notice::new(&hostile, Band::Medium, false)),
        ("detail", Notice::new(&hostile, Band::Medium, true)),
    ] {
        for shape in SHAPES {
            let body: Value = serde_json::from_str(&shape.body(&notice).unwrap()).unwrap();
            assert_snapshot!(
                format!("{name}.{}", shape.id()),
                printable_json(&serde_json::to_string_pretty(&body).unwrap())
            );
        }
    }
}

#[test]
fn without_detail_a_notice_is_the_same_whatever_things_are_called() {
    for (name, text) in hostile::texts() {
        let harmless = if text.len() > 1024 { estate::incident("web-1") } else { hostile::view("web-1") };
        let expected = Notice::new(&harmless, Band::Medium, false);
        let notice = Notice::new(&hostile::view(&text), Band::Medium, false);
        for shape in SHAPES {
            assert_eq!(shape.body(&notice).unwrap(), shape.body(&expected).unwrap(), "{name}");
        }
    }
}

#[test]
fn with_detail_every_shape_reads_back_whatever_is_written_into_it() {
    let schema = Notice::json_schema();
    for (name, text) in hostile::texts() {
        let notice = Notice::new(&hostile::view(&text), Band::Medium, true);
        for shape in SHAPES {
            let body = shape.body(&notice).unwrap();
            let stray = body.chars().find(|c| is_treacherous(*c));
            assert_eq!(stray, None, "{} of {name}", shape.id());
        }
        let json = body("json", &notice);
        assert_eq!(serde_json::from_str::<Notice>(&json).unwrap(), notice);
        assert_eq!(violations(&schema, &serde_json::from_str(&json).unwrap()), [""; 0], "{name}");
        slack(&notice, &body("slack", &notice));
        teams(&notice, &body("teams", &notice));
    }
}

/// Every text is plain, in bounds, and has no character that Slack acts on.
fn slack(notice: &Notice, body: &str) {
    let message: Value = serde_json::from_str(body).unwrap();
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    let mut shown = String::new();
    for text in texts(&message["blocks"]) {
        assert_eq!((&text["type"], &text["emoji"]), (&"plain_text".into(), &false.into()), "{text}");
        let text = text["text"].as_str().unwrap();
        assert!(text.chars().count() <= 3000);
        let entities =
            text.matches("&amp;").count() + text.matches("&lt;").count() + text.matches("&gt;").count();
        assert!(!text.contains(['<', '>']) && text.matches('&').count() == entities, "{text}");
        shown.push_str(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
    }
    assert!(blocks[0]["text"]["text"].as_str().unwrap().chars().count() <= 150);
    assert!(!message["text"].as_str().unwrap().contains(['<', '>', '&', '@', '`', '*']));
    told(notice, &shown);
}

/// Every text stands in a text run, and the message is not too long.
fn teams(notice: &Notice, body: &str) {
    assert!(body.len() < LONGEST_OF_TEAMS, "{} bytes", body.len());
    let message: Value = serde_json::from_str(body).unwrap();
    let card = &message["attachments"][0]["content"];
    assert_eq!((&card["type"], &card["version"]), (&"AdaptiveCard".into(), &"1.4".into()));
    assert!(!body.contains("\"TextBlock\"") && !body.contains("{{") && card["msteams"]["entities"].is_null());
    let mut shown = String::new();
    for text in texts(&card["body"]) {
        assert_eq!(text["type"], "TextRun");
        shown.push_str(&text["text"].as_str().unwrap().replace("{ {", "{{"));
    }
    told(notice, &shown);
}

/// Holds what people are shown against the titles, which may be cut.
fn told(notice: &Notice, shown: &str) {
    for finding in &notice.worst {
        let title = printable(&finding.detail.as_ref().unwrap().title);
        let beginning: String = title.chars().take(200).collect();
        assert!(shown.contains(&beginning), "{beginning} is not in {shown:.2000}");
    }
}

/// Returns every object that has a `text` which is a string.
fn texts(value: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    };
    let own = value.get("text").is_some_and(Value::is_string).then_some(value);
    own.into_iter().chain(below).collect()
}

#[test]
fn a_finding_that_was_told_before_is_no_occasion_and_incomplete_coverage_is_one() {
    let mut view = incident("web-1");
    let occasion = |view: &View, band| Notice::new(view, band, false).occasion;
    assert_eq!(occasion(&view, Band::Critical), Occasion::Findings);
    for finding in view.findings.iter_mut().filter(|finding| finding.is_open()) {
        finding.status = FindingStatus::Persisting;
    }
    assert!(!view.incomplete_scopes().is_empty());
    assert_eq!(occasion(&view, Band::Info), Occasion::Incomplete);
    view.coverage.clear();
    assert_eq!(occasion(&view, Band::Info), Occasion::Routine);
    let last = view.findings.iter_mut().rfind(|finding| finding.is_open()).unwrap();
    (last.status, last.band) = (FindingStatus::Changed, Band::Low);
    let id = last.id.clone();
    assert_eq!(occasion(&view, Band::Medium), Occasion::Routine);
    let notice = Notice::new(&view, Band::Low, false);
    assert_eq!((notice.occasion, &notice.worst[0].id), (Occasion::Findings, &id));
}

#[test]
fn ten_findings_are_named_and_the_others_counted() {
    let mut view = estate::incident("web-1");
    let one = view.findings.iter().find(|finding| !finding.resources.is_empty()).unwrap().clone();
    let one = driftline::report::view::Finding { status: FindingStatus::New, ..one };
    view.findings = (0..100)
        .map(|n| driftline::report::view::Finding {
            id: format!("{n:032x}"),
            resources: vec![one.resources[0].clone(); 1000],
            ..one.clone()
        })
        .collect();
    let notice = Notice::new(&view, Band::Medium, true);
    assert_eq!((notice.worst.len(), notice.more), (10, 90));
    let detail = notice.worst[0].detail.as_ref().unwrap();
    assert_eq!((detail.resources.len(), detail.more), (10, 990));
    slack(&notice, &body("slack", &notice));
    teams(&notice, &body("teams", &notice));
}

#[test]
fn a_card_leaves_out_findings_rather_than_being_refused() {
    let notice = Notice::new(&incident(&"𠀀".repeat(256)), Band::Medium, true);
    let resources = |finding: &&Finding| finding.detail.as_ref().map(|detail| detail.resources.len());
    let longest = notice.worst.iter().max_by_key(resources).unwrap().clone();
    let worst = std::iter::repeat_n(longest, 10).collect();
    let notice = Notice { worst, ..notice };
    let card = body("teams", &notice);
    assert!(card.len() < LONGEST_OF_TEAMS, "{} bytes", card.len());
    assert!(card.contains(" more, in the report."), "{card:.2000}");
}

#[test]
fn the_same_run_has_the_same_id_and_another_has_another() {
    let id = |view: &View, detail| Notice::new(view, Band::Medium, detail).id;
    let view = estate::incident("web-1");
    assert_eq!(id(&view, false), id(&view, false));
    assert_ne!(id(&view, false), id(&view, true));
    assert_ne!(id(&view, false), id(&estate::quiet(), false));
}
