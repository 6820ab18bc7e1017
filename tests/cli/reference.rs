//! The reference says everything that the tables hold, its links lead somewhere, and it is the same at every time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use driftline::config::Config;
use driftline::report::{FORMATS, View};
use driftline::rules::{Expectation, RULES};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use super::help::helps;
use super::support::{Site, names};

/// Returns every page of a reference by its path below the folder.
fn pages(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for name in names(&inner) {
            let path = inner.join(name);
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                pages.insert(path.strip_prefix(folder).unwrap().to_owned(), text);
            }
        }
    }
    pages
}

/// Returns every page of the reference.
pub(crate) fn written() -> &'static BTreeMap<PathBuf, String> {
    static WRITTEN: LazyLock<BTreeMap<PathBuf, String>> = LazyLock::new(|| {
        let site = Site::new();
        site.driftline(&["generate", "docs", "--out", "docs"]).run();
        pages(&site.path("docs"))
    });
    &WRITTEN
}

/// Returns one page.
pub(crate) fn page<'p>(pages: &'p BTreeMap<PathBuf, String>, path: &str) -> &'p str {
    pages.get(Path::new(path)).unwrap_or_else(|| panic!("there is no {path} among {:?}", pages.keys()))
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// Returns the anchors of a page as GitHub makes them: repeated headings are counted.
pub(crate) fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in parser(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let heading = heading.take().unwrap().to_lowercase();
                let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
                let anchor = kept.collect::<String>().replace(' ', "-");
                let again = (1..).map(|nth| format!("{anchor}-{nth}"));
                let free = std::iter::once(anchor.clone()).chain(again).find(|name| !anchors.contains(name));
                anchors.insert(free.unwrap());
            }
            _ => {}
        }
    }
    anchors
}

/// Returns the targets of the links of a page.
pub(crate) fn links(text: &str) -> Vec<String> {
    let link = |event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    parser(text).filter_map(link).collect()
}

/// Returns the path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => assert!(plain.pop(), "{} leaves the reference", path.display()),
            Component::CurDir => {}
            part => plain.push(part),
        }
        plain
    })
}

#[test]
fn every_link_leads_to_a_page_and_a_heading_on_it() {
    let pages = written();
    let mut followed = 0;
    for (path, text) in pages {
        for link in links(text).iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { path.clone() } else { plain(&path.parent().unwrap().join(file)) };
            let there = pages.get(&target).unwrap_or_else(|| panic!("{} links {link}", path.display()));
            assert!(
                anchor.is_empty() || anchors(there).contains(anchor),
                "{} links {link}, and there are {:?}",
                path.display(),
                anchors(there)
            );
            followed += 1;
        }
    }
    assert!(followed > 400, "{followed}");
}

#[test]
fn every_page_can_be_reached_from_the_index() {
    let pages = written();
    let mut reached = BTreeSet::new();
    let mut next = vec![PathBuf::from("index.md")];
    while let Some(path) = next.pop() {
        if reached.insert(path.clone()) {
            let files = links(&pages[&path]).into_iter().filter(|link| !link.contains("://"));
            let files = files.map(|link| link.split('#').next().unwrap().to_owned());
            next.extend(
                files.filter(|file| !file.is_empty()).map(|file| plain(&path.parent().unwrap().join(file))),
            );
        }
    }
    assert_eq!(reached, pages.keys().cloned().collect());
}

#[test]
fn the_same_reference_comes_out_at_every_time() {
    let site = Site::new();
    for _ in 0..2 {
        let run =
            site.driftline(&["generate", "docs", "--to", "docs", "--color", "always"]).env("COLUMNS", "40");
        run.env("DRIFTLINE_CONFIG", "nowhere.toml").run();
        assert!(pages(&site.path("docs")) == *written());
    }
}

#[test]
fn a_folder_of_somebody_else_is_refused_with_a_hint() {
    let site = Site::new();
    site.write("docs/notes.md", "mine\n");
    let refused = site.driftline(&["generate", "docs", "--out", "docs"]).status(2).run().stderr;
    assert!(refused.contains("notes.md") && refused.contains("hint: "), "{refused}");
    assert_eq!(names(&site.path("docs")), ["notes.md"]);
    site.write("file", "");
    site.driftline(&["generate", "docs", "--out", "file"]).status(2).run();
}

#[test]
fn every_command_has_its_part_with_each_of_its_options() {
    let (site, pages) = (Site::new(), written());
    let index = page(pages, "commands/index.md");
    for (path, help) in helps(&site, &[]).into_iter().skip(1) {
        let command = path.split(' ').next().unwrap();
        let text = page(pages, &format!("commands/{command}.md"));
        let heading = format!("# `driftline {path}`\n");
        let (_, part) = text.split_once(&heading).unwrap_or_else(|| panic!("no part tells of {path}"));
        let part = part.split("\n## ").next().unwrap();
        assert!(index.contains(&format!("[`driftline {path}`]")), "{path}");
        let own = help.split_once("\nGlobal options:\n").unwrap().0;
        let written = |line: &str| line.split(['<', '[', ',']).next().unwrap().trim().to_owned();
        let options = own.lines().map(str::trim).filter(|line| line.starts_with("--")).map(written);
        for option in options.filter(|option| !option.contains(' ')) {
            assert!(part.contains(&format!("`{option}")), "{path} {option}");
        }
    }
    for option in ["--store", "--config", "--color", "--progress", "--log-format", "--verbose", "--quiet"] {
        assert!(index.contains(&format!("`{option}")), "{option}");
    }
    for variable in ["DRIFTLINE_STORE", "DRIFTLINE_CONFIG"] {
        assert!(index.contains(&format!("Environment: `{variable}`")), "{variable}");
    }
    assert!(page(pages, "commands/scan.md").contains("Default: `high`."), "no default is told");
}

#[test]
fn every_rule_has_a_page_with_all_that_it_says_of_itself() {
    let pages = written();
    for rule in RULES {
        let meta = rule.meta();
        let text = page(pages, &format!("rules/{}.md", meta.id));
        for said in [meta.title, meta.explanation.trim()].iter().chain(meta.techniques).chain(meta.references)
        {
            assert!(
                text.contains(said.replace("T1562.008", "T1685.002").as_str()),
                "{} lacks {said}",
                meta.id
            );
        }
        for parameter in meta.parameters {
            let said =
                format!("`{}` (default `{}`): {}", parameter.name, parameter.default, parameter.meaning);
            assert!(text.contains(&said), "{} lacks {said}", meta.id);
        }
        for example in rule.examples() {
            let said = match example.expectation {
                Expectation::Fires(risk) => format!("- {} (risk {risk})\n", example.name),
                Expectation::Quiet => format!("- {}\n", example.name),
            };
            assert!(text.contains(&said), "{} lacks {said}", meta.id);
        }
        assert!(
            page(pages, "rules/index.md").contains(&format!("| [`{0}`]({0}.md) |", meta.id)),
            "{}",
            meta.id
        );
        assert!(
            meta.techniques.is_empty()
                || page(pages, "techniques.md").contains(&format!("rules/{}.md", meta.id)),
            "{}",
            meta.id
        );
    }
}

#[test]
fn every_format_has_its_part_with_an_excerpt() {
    let pages = written();
    let text = page(pages, "formats.md");
    for format in FORMATS {
        let (_, part) = text.split_once(&format!("\n## {}\n", format.id())).unwrap();
        let part = part.split("\n## ").next().unwrap();
        assert!(
            part.to_lowercase().contains(&format.about().replace('`', "").to_lowercase()[..20]),
            "{part}"
        );
        assert!(part.contains("\n```") && part.lines().count() > 6, "{part}");
        assert!(text.contains(&format!("`{}`", format.media_type())), "{}", format.id());
    }
}

/// Returns the names of all fields of a schema, of those that are closed only if so wanted.
fn keys<'s>(schema: &'s Value, keys: &mut BTreeSet<&'s str>) {
    match schema {
        Value::Object(members) => {
            if let Some(fields) = schema["properties"].as_object().filter(|_| schema["type"] == "object") {
                keys.extend(fields.keys().map(String::as_str));
            }
            members.values().for_each(|member| self::keys(member, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| self::keys(item, keys)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_configuration_and_every_field_of_the_report_is_told() {
    let pages = written();
    let documents =
        [("configuration.md", Config::json_schema()), ("formats/report-v1.md", View::json_schema())];
    for (path, schema) in documents {
        let (text, mut all) = (page(pages, path), BTreeSet::new());
        keys(&schema, &mut all);
        assert!(all.len() > 50, "{all:?}");
        for key in all {
            assert!(text.contains(&format!("\n| `{key}` |")), "{path} lacks {key}");
        }
    }
    let report = page(pages, "formats/report-v1.md");
    let whole = report.split_once("\n## The report\n").unwrap().1.split("\n## ").next().unwrap();
    for field in View::json_schema()["properties"].as_object().unwrap().keys() {
        assert!(whole.contains(&format!("\n| `{field}` |")), "{field}");
    }
    let configuration = page(pages, "configuration.md");
    assert!(
        configuration.contains("\n## `[[aws]]`\n") && configuration.contains("\n## `[aws.organization]`\n")
    );
    assert!(configuration.contains("| `burst` | whole number from 1 to 10000 | `20` |"), "{configuration}");
    assert!(configuration.contains("| `member-role` | text | required |"), "{configuration}");
}

#[test]
fn every_exit_status_is_told() {
    let (site, pages) = (Site::new(), written());
    let help = site.driftline(&["--help"]).run().stdout;
    let rows = help.split_once("Exit statuses:\n").unwrap().1.lines();
    let told = page(pages, "exit-statuses.md");
    let mut statuses = 0;
    for status in rows.filter_map(|row| row.split_whitespace().next()?.parse::<u8>().ok()) {
        assert!(told.contains(&format!("\n| `{status}` |")), "{status}");
        statuses += 1;
    }
    assert_eq!(statuses, 11);
}

#[test]
fn no_page_holds_a_treacherous_character_or_leaves_a_block_open() {
    for (path, text) in written() {
        let treacherous = |c: &char| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(text.chars().find(treacherous), None, "{}", path.display());
        assert!(text.starts_with("<!-- Written by `driftline generate docs`"), "{}", path.display());
        let html = |event: Event<'_>| match event {
            Event::Html(html) | Event::InlineHtml(html) => Some(html.to_string()),
            _ => None,
        };
        let html: Vec<_> = parser(text).filter_map(html).collect();
        assert_eq!(html.len(), 1, "{} holds markup: {html:?}", path.display());
        let prose: String = outside_code(text);
        assert!(!prose.contains("```"), "{} leaves a block open", path.display());
    }
}

/// Returns the text of a page that no code holds.
fn outside_code(text: &str) -> String {
    let mut inside = false;
    let outside = parser(text).filter_map(|event| match event {
        Event::Start(Tag::CodeBlock(_)) => {
            inside = true;
            None
        }
        Event::End(TagEnd::CodeBlock) => {
            inside = false;
            None
        }
        Event::Text(text) if !inside => Some(text.to_string()),
        _ => None,
    });
    outside.collect()
}
