//! What the page is made of; what it does in a browser is for `tests/browser`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use driftline::model::is_treacherous;
use driftline::report::{Style, View};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{estate, render};

/// Returns a page in lines, without its style, its script and its data, whose hashes and bytes say nothing here.
pub(crate) fn skeleton(page: &str) -> String {
    let page = page.replace(part(page, "<script>", "</script>"), "…");
    bare(&page.replace(part(&page, DATA, "</script>"), "…"))
}

/// The same of a page without script.
pub(crate) fn bare(page: &str) -> String {
    let page = page.replace(part(page, "<style>", "</style>"), "…");
    let mut kept = String::new();
    for (place, piece) in page.split("'sha256-").enumerate() {
        match piece.split_once('\'') {
            Some((_, rest)) if place > 0 => kept.extend(["'sha256-…'", rest]),
            _ => kept.push_str(piece),
        }
    }
    kept.replace("><", ">\n<")
}

pub(crate) const DATA: &str = "<script type=\"application/json\" id=\"report\">";

/// Returns what stands between the first such opening and the next such closing.
pub(crate) fn part<'a>(page: &'a str, opening: &str, closing: &str) -> &'a str {
    let (_, rest) = page.split_once(opening).unwrap();
    rest.split_once(closing).unwrap().0
}

fn page(view: &View) -> String {
    render("html", view, &Style::default())
}

/// Returns the names of the elements in order, and those of their attributes; without `code`, which back-ticks make.
pub(crate) fn elements(page: &str) -> Vec<String> {
    let body = page.split_once("<body>").unwrap().1;
    let body = body.split_once(DATA).map_or(body, |(body, _)| body);
    body.split('<')
        .skip(1)
        .map(|piece| {
            let tag = piece.split_once('>').unwrap().0;
            // Every second piece stands within quotes.
            tag.split('"').step_by(2).collect()
        })
        .filter(|tag: &String| !tag.ends_with("code"))
        .collect()
}

#[test]
fn the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() {
    let page = page(&estate::quiet());
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    let policy = part(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            hash(part(&page, "<style>", "</style>")),
            hash(part(&page, "<script>", "</script>")),
        )
    );
    assert!(page.find("Content-Security-Policy").unwrap() < page.find("<style>").unwrap());
}

#[test]
fn the_page_names_no_other_place() {
    let page = page(&estate::incident("web-1"));
    for address in [
        "http://",
        "https://",
        "url(//",
        "@import",
        "src=",
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "eval(",
    ] {
        let found: Vec<_> =
            page.match_indices(address).map(|(at, _)| &page[at..(at + 40).min(page.len())]).collect();
        let svg = |text: &&str| !text.starts_with("http://www.w3.org/2000/svg");
        assert_eq!(found.into_iter().filter(svg).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

#[test]
fn every_section_that_the_navigation_names_is_there() {
    let page = page(&estate::quiet());
    let navigation = part(&page, "<nav", "</nav>");
    let named: Vec<_> =
        navigation.split("href=\"#").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert_eq!(named.len(), 9);
    for id in named {
        assert_eq!(page.matches(&format!("<section id=\"{id}\"")).count(), 1, "{id}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_name_becomes_markup_or_misleads(text in super::laws::text()) {
        let page = page(&estate::incident(&text));
        let plain = render("html", &estate::incident("web-1"), &Style::default());
        prop_assert!(elements(&page) == elements(&plain), "the elements differ");
        prop_assert!(!page.chars().any(|c| is_treacherous(c) && c != '\n'));
    }

    #[test]
    fn the_page_carries_the_view_as_it_is(text in super::laws::text()) {
        let view = estate::incident(&text);
        let page = page(&view);
        let data: Value = serde_json::from_str(part(&page, DATA, "</script>")).unwrap();
        prop_assert_eq!(&serde_json::from_value::<View>(data["view"].clone()).unwrap(), &view);
        prop_assert_eq!(data["glances"].as_array().unwrap().len(), view.findings.len());
    }
}
