//! Every packaging of a record, and what becomes of what is none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[derive(Default)]
struct Taken {
    records: Vec<(u64, Value)>,
    odd: Vec<(u64, &'static str)>,
    passed: u64,
    listed: bool,
}

impl Sink for Taken {
    fn record(&mut self, at: u64, raw: &[u8]) -> ControlFlow<()> {
        match serde_json::from_slice(raw) {
            Ok(value) => self.records.push((at, value)),
            Err(_) => self.odd.push((at, "parse")),
        }
        ControlFlow::Continue(())
    }

    fn pass(&mut self, _: Ignored) -> ControlFlow<()> {
        self.passed += 1;
        ControlFlow::Continue(())
    }

    fn odd(&mut self, at: u64, odd: &Odd, _: &[u8]) -> ControlFlow<()> {
        self.odd.push((at, odd.code));
        ControlFlow::Continue(())
    }

    fn listed(&mut self) {
        self.listed = true;
    }
}

/// Reads a few bytes at a time, so that every boundary falls everywhere.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = room.len().min(self.1).min(self.0.len());
        room[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn taken(text: &str) -> (Taken, Ending) {
    let mut taken = Taken::default();
    let ending = cut(Dribble(text.as_bytes(), 3), &mut taken);
    (taken, ending)
}

fn records(text: &str) -> Vec<Value> {
    let (taken, ending) = taken(text);
    assert_eq!((ending, taken.odd), (Ending::Whole, vec![]), "{text}");
    taken.records.into_iter().map(|(_, value)| value).collect()
}

fn one() -> Value {
    json!({ "eventName": "RunInstances", "requestParameters": { "a": "}]\"\\", "b": [1, { "c": null }] } })
}

fn two() -> Value {
    json!({ "eventName": "StopInstances" })
}

#[test]
fn every_packaging_holds_the_same_records() {
    let (one, two) = (one(), two());
    let text = |value: &Value| value.to_string();
    let packed = |value: &Value| STANDARD.encode(text(value));
    let unpadded = packed(&two).trim_end_matches('=').to_owned();
    for (name, packaging) in [
        ("trail object", json!({ "Records": [one, two] }).to_string()),
        ("trail object, pretty", serde_json::to_string_pretty(&json!({ "Records": [one, two] })).unwrap()),
        ("event hub", json!({ "records": [one, two] }).to_string()),
        ("event hub capture", json!([{ "records": [one] }, { "records": [two] }]).to_string()),
        ("array", json!([one, two]).to_string()),
        ("lines", format!("{one}\n{two}\n")),
        ("lines with a mark and record separators", format!("\u{feff}\u{1e}{one}\r\n\u{1e}{two}")),
        ("values in a row", format!("{one}{two}")),
        ("pretty values in a row", format!("{one:#}\n{two:#}\n")),
        (
            "lookup-events, two pages",
            format!(
                "{}\n{}",
                json!({ "Events": [{ "EventId": "1", "CloudTrailEvent": text(&one) }], "NextToken": "x" }),
                json!({ "Events": [{ "CloudTrailEvent": text(&two), "EventId": "2" }] })
            ),
        ),
        ("texts of lookup-events", json!([text(&one), text(&two)]).to_string()),
        (
            "EventBridge",
            format!(
                "{}\n{}",
                json!({ "version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": one }),
                json!({ "detail": two, "detail-type": "AWS Service Event via CloudTrail" })
            ),
        ),
        (
            "CloudWatch Logs",
            json!({ "messageType": "DATA_MESSAGE", "logEvents": [
                { "id": "1", "timestamp": 1, "message": text(&one) }, { "message": text(&two) } ] })
            .to_string(),
        ),
        ("CloudWatch Logs export", format!("2026-01-02T03:04:05.000Z {one}\n2026-01-02T03:04:06Z {two}\n")),
        ("CloudTrail Lake", json!([{ "eventData": text(&one) }, { "eventData": two }]).to_string()),
        ("Azure page", json!({ "nextLink": "x", "value": [one, two] }).to_string()),
        ("Google page", json!({ "entries": [one, two], "nextPageToken": "x" }).to_string()),
        (
            "Pub/Sub push",
            format!(
                "{}\n{}",
                json!({ "message": { "data": packed(&one), "messageId": "1" }, "subscription": "s" }),
                json!({ "message": { "data": unpadded } })
            ),
        ),
        (
            "Pub/Sub pull",
            json!({ "receivedMessages": [
                { "ackId": "a", "message": { "data": packed(&one) } },
                { "ackId": "b", "message": { "data": packed(&two) } } ] })
            .to_string(),
        ),
        (
            "Pub/Sub messages",
            json!([{ "data": packed(&one), "messageId": "1" }, { "data": packed(&two), "messageId": "2" }])
                .to_string(),
        ),
        (
            "wrapped twice",
            json!({ "message": { "data": packed(&json!({ "entries": [one, two] })) } }).to_string(),
        ),
    ] {
        assert_eq!(records(&packaging), [one.clone(), two.clone()], "{name}");
    }
}

#[test]
fn rows_of_a_table_become_objects() {
    let table = json!({ "tables": [{ "name": "PrimaryResult",
        "columns": [{ "name": "TimeGenerated", "type": "datetime" }, { "name": "Caller", "type": "string" }],
        "rows": [["2026-01-02T03:04:05Z", "a]"], ["2026-01-02T03:04:06Z", null]] }] });
    let expected = [
        json!({ "TimeGenerated": "2026-01-02T03:04:05Z", "Caller": "a]" }),
        json!({ "TimeGenerated": "2026-01-02T03:04:06Z", "Caller": null }),
    ];
    assert_eq!(records(&table.to_string()), expected);
}

#[test]
fn an_event_of_another_sort_is_passed_over() {
    let text = json!({ "detail-type": "EC2 Instance State-change Notification", "detail": { "a": 1 } });
    let (taken, _) = taken(&text.to_string());
    assert_eq!((taken.passed, taken.records.len()), (1, 0));
}

#[test]
fn an_empty_page_is_no_record() {
    for text in [r#"{"Records":[]}"#, r#"{"value":null}"#, "[]"] {
        let (taken, ending) = taken(text);
        assert!(taken.listed && taken.records.is_empty() && taken.odd.is_empty(), "{text}");
        assert_eq!(ending, Ending::Whole);
    }
}

#[test]
fn a_record_is_named_by_its_first_byte() {
    let (taken, _) = taken(r#"{"Records": [ {"a":1}, {"b":2} ]}"#);
    assert_eq!(taken.records.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [14, 23]);
    let wrapped = format!("{}\n", json!({ "message": two().to_string() }));
    let (taken, _) = self::taken(&format!("{wrapped}{wrapped}"));
    assert_eq!(taken.records[1].0, wrapped.len() as u64);
}

#[test]
fn null_where_an_object_belongs_costs_nothing_but_itself() {
    let (taken, ending) = taken(r#"{"Records":[{"a":1},null,7,"x",[{}],{"b":2}]}"#);
    assert_eq!(taken.records.len(), 2);
    assert_eq!(taken.odd, [20, 25, 27, 31].map(|at| (at, "wrong-type")));
    assert_eq!(ending, Ending::Whole);
}

#[test]
fn truncation_keeps_what_came_before_it() {
    for text in [r#"{"Records":[{"a":1},{"b":{"c":"#, "[{\"a\":1},{\"b\":\"x", "{\"a\":1}\n{\"b\":[1,"] {
        let (taken, ending) = taken(text);
        assert_eq!(taken.records.len(), 1, "{text}");
        assert_eq!(taken.odd.iter().map(|(_, code)| *code).collect::<Vec<_>>(), ["truncated"], "{text}");
        assert_eq!(ending, Ending::Lost, "{text}");
    }
}

#[test]
fn half_a_line_costs_that_line_only() {
    let (one, two) = (one().to_string(), two().to_string());
    for half in [12, 25, 40, one.len() - 1] {
        let text = format!("{two}\n{}\n{two}\n{two}\n", &one[..half]);
        let (taken, ending) = taken(&text);
        assert_eq!((taken.records.len(), taken.odd.len()), (3, 1), "{text}");
        assert_eq!(taken.odd[0].0, two.len() as u64 + 1);
        assert_eq!(ending, Ending::Whole);
    }
}

#[test]
fn many_half_lines_cost_those_lines_only() {
    let text = format!("{}\n{}\n", &one().to_string()[..60], two()).repeat(500);
    let (taken, _) = taken(&text);
    assert_eq!((taken.records.len(), taken.odd.len()), (500, 500));
}

#[test]
fn what_is_no_json_is_named_once() {
    let (taken, ending) = taken("# Read me\n\nThis is {not} a [log].\n");
    assert_eq!(taken.odd, [(0, "not-json")]);
    assert_eq!(ending, Ending::Lost);
    let (taken, _) = self::taken("WARNING: hello\n{\"a\":1}\n");
    assert_eq!((taken.records.len(), taken.odd.len()), (1, 1));
}

#[test]
fn what_does_not_decode_is_named() {
    for (text, code) in [
        (json!({ "message": { "data": "%%" } }), "not-base64"),
        (json!({ "message": {} }), "wrong-type"),
        (json!({ "message": "{no" }), "not-json"),
        (json!(["hello"]), "wrong-type"),
        (json!({ "tables": [{ "columns": [{ "name": "a" }], "rows": [[1, 2]] }] }), "wrong-type"),
        (json!({ "tables": [{ "columns": 1, "rows": [[1]] }] }), "wrong-type"),
    ] {
        let (taken, _) = taken(&text.to_string());
        assert_eq!(taken.odd.first().map(|(_, code)| *code), Some(code), "{text}");
        assert!(taken.records.is_empty(), "{text}");
    }
}

#[test]
fn nesting_of_any_depth_costs_its_record_only() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let mut taken = Taken::default();
    let text = format!("{{\"Records\":[{deep},{}]}}", two());
    assert_eq!(cut(text.as_bytes(), &mut taken), Ending::Whole);
    assert_eq!((taken.records.len(), taken.odd), (1, vec![(12, "parse")]));
    let mut wrapped = two();
    for _ in 0..20 {
        wrapped = json!({ "Events": [{ "records": [wrapped] }] });
    }
    let (taken, ending) = self::taken(&wrapped.to_string());
    assert_eq!((taken.records.len(), ending), (1, Ending::Whole));
}

#[test]
fn a_record_beyond_the_limit_is_passed_over_and_its_neighbours_are_not() {
    let huge = "x".repeat(RECORD_LIMIT);
    for text in [
        format!(r#"{{"Records":[{{"a":1}},{{"h":"{huge}"}},{{"b":2}}]}}"#),
        format!("{{\"a\":1}}\n{{\"h\":\"{huge}\"}}\n{{\"b\":2}}\n"),
    ] {
        let mut taken = Taken::default();
        assert_eq!(cut(text.as_bytes(), &mut taken), Ending::Whole);
        assert_eq!(taken.records.len(), 2);
        assert_eq!(taken.odd.iter().map(|(_, code)| *code).collect::<Vec<_>>(), ["too-large"]);
    }
}

#[test]
fn an_input_that_fails_is_named_and_what_came_before_stays() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("corrupt deflate stream"))
        }
    }
    for (text, records) in [("{\"a\":1}\n", 1), ("{\"Records\":[{\"a\":1},{", 1), ("", 0)] {
        let mut taken = Taken::default();
        assert_eq!(cut(text.as_bytes().chain(Failing), &mut taken), Ending::Lost);
        assert_eq!(taken.records.len(), records);
        assert_eq!(taken.odd.iter().map(|(_, code)| *code).collect::<Vec<_>>(), ["unreadable"]);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), ".{0,12}".prop_map(Value::from)];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"\\\\]{0,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn cutting_finds_what_a_whole_parse_finds(
        bodies in prop::collection::vec(any_json(), 0..6), pretty: bool, lines: bool,
    ) {
        let records: Vec<Value> = bodies.into_iter().map(|body| json!({ "eventName": body })).collect();
        let print = |value: &Value| if pretty { format!("{value:#}") } else { value.to_string() };
        let text = if lines {
            records.iter().map(|record| print(record) + "\n").collect()
        } else {
            print(&json!({ "Records": records }))
        };
        prop_assert_eq!(self::records(&text), records);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = cut(bytes.as_slice(), &mut Taken::default());
    }

    #[test]
    fn no_json_like_text_makes_it_panic(text in r#"(\[|\]|\{|\}|"|,|:|"Records":|"tables":|"rows":|\\|
|1){0,40}"#) {
        let _ = cut(Dribble(text.as_bytes(), 2), &mut Taken::default());
    }
}
