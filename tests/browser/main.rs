//! The HTML report in a browser.
//!
//! ```text
//! eval "$(.ci/browser)" && cargo test --no-default-features --test browser
//! ```
//!
//! Reports and pictures of them are kept in `target/browser`. Without a browser the test is skipped, but not where
//! `CI` is set.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops at what is not as it should be, and tells what the browser's tests told"
)]

#[path = "../formats/estate.rs"]
#[expect(dead_code, reason = "the tests of the formats use more of it")]
mod estate;
#[path = "../formats/log.rs"]
mod log;
mod many;
#[path = "../formats/story.rs"]
mod story;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use driftline::report::{FORMATS, Period, Style, View};

/// A name that attacks a page.
const HOSTILE: &str = "<img src=x onerror=\"globalThis.hacked=1\"></script><script>globalThis.hacked=1</script>\
    <!--<script>\u{202e}\u{2028}\u{0}\u{1b}[31m\"'`><svg onload=globalThis.hacked=1>&lt;b&gt;{{7*7}}${hacked=1}\
    javascript:globalThis.hacked=1\r\n]]>\u{e0041}";

#[test]
fn the_html_report_is_safe_usable_and_fast_in_a_browser() {
    let Some(browser) = browser() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("browser");
    fs::create_dir_all(&folder).unwrap();
    let demo = demo();
    let long = format!("{HOSTILE}{}", "long ".repeat(2000));
    for (name, view) in [
        ("many", &many::of(&demo, 10_000)),
        ("demo", &demo),
        ("hostile", &estate::incident(&long)),
        ("quiet", &estate::quiet()),
        ("first", &estate::first()),
    ] {
        write(&folder, name, view);
    }
    write_period(&folder, "period", &story::between(2, 6, "web-1"));
    write_period(&folder, "hostile-period", &story::between(2, 6, HOSTILE));
    write_history(&folder);
    let tests = package("tests/browser");
    let ran = Command::new("node")
        .args(["--test", "--test-concurrency=2", "--test-reporter=spec"])
        .args(["demo", "hostile", "looks", "many", "pages"].map(|name| format!("{name}.test.js")))
        .current_dir(&tests)
        .env("DRIFTLINE_BROWSER", browser)
        .env("DRIFTLINE_REPORTS", &folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    println!("{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "the browser's tests failed; they are told above");
    assert!(said.contains("ℹ fail 0") && !said.contains("ℹ pass 0"), "no test ran");
}

/// Returns the browser, if it and what drives it are there.
fn browser() -> Option<String> {
    let browser = env::var("DRIFTLINE_BROWSER").ok();
    let driven = package("tests/browser/node_modules/playwright-core").exists();
    if browser.is_none() || !driven {
        assert!(env::var_os("CI").is_none(), "run `eval \"$(.ci/browser)\"` first: there is no browser");
        eprintln!("skipped: there is no browser; `eval \"$(.ci/browser)\"` gets one");
        return None;
    }
    browser
}

fn demo() -> View {
    let ran =
        Command::new(env!("CARGO_BIN_EXE_driftline")).args(["demo", "--format", "json"]).output().unwrap();
    serde_json::from_slice(&ran.stdout).unwrap()
}

fn write(folder: &Path, name: &str, view: &View) {
    for id in ["json", "html"] {
        let format = FORMATS.iter().find(|format| format.id() == id).unwrap();
        let mut out = Vec::new();
        format.render(view, &Style::default(), &mut out).unwrap();
        fs::write(folder.join(format!("{name}.{id}")), out).unwrap();
    }
}

fn write_period(folder: &Path, name: &str, period: &Period) {
    let render = FORMATS.iter().find(|format| format.id() == "html").unwrap().period().unwrap();
    let mut out = Vec::new();
    render(period, &Style::default(), &mut out).unwrap();
    fs::write(folder.join(format!("{name}.html")), out).unwrap();
}

/// Writes the life of an instance of the shipped incident.
fn write_history(folder: &Path) {
    let site = tempfile::tempdir().unwrap();
    let driftline = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftline"));
        command.env("DRIFTLINE_STORE", site.path().join("driftline.db")).args(args).output().unwrap();
    };
    for state in ["before", "after"] {
        let dump = package("examples/incident").join(state);
        driftline(&["scan", "--quiet", "--from", dump.to_str().unwrap()]);
    }
    let page = format!("html={}", folder.join("history.html").display());
    driftline(&["history", "partner-gw-1", "--format", &page]);
}

fn package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
