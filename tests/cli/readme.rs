//! Every console block of the README is what a person would see.

use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::support::Site;

/// How the README builds and runs driftline from a clone.
const FROM_A_CLONE: &str = "cargo run --release --no-default-features -- ";

/// A line of the README that stands for any number of lines.
const ELLIPSIS: &str = "…";

/// One command and what the README says it prints.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: String,
    expected: Vec<String>,
}

/// Returns the texts of all `console` blocks.
fn console_blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if &*info == "console" => {
                block = Some(String::new());
            }
            Event::Text(text) => {
                if let Some(block) = &mut block {
                    block.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(block.take()),
            _ => {}
        }
    }
    blocks
}

/// Returns the steps of a block; a command goes on after a line that ends in a backslash.
fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        let continued =
            steps.last().is_some_and(|step| step.command.ends_with('\\') && step.expected.is_empty());
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), expected: Vec::new() });
        } else if let Some(step) = steps.last_mut() {
            if continued {
                step.command.push('\n');
                step.command.push_str(line);
            } else {
                step.expected.push(line.trim_end().to_owned());
            }
        }
    }
    steps
}

/// Whether lines are as a pattern says, in which a line `…` stands for any number of lines, and `…` at the end
/// of a line for any rest of it.
fn matches(pattern: &[String], lines: &[&str]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return lines.is_empty() };
    if first.trim() == ELLIPSIS {
        return (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..]));
    }
    let Some((line, below)) = lines.split_first() else { return false };
    let fits = match first.strip_suffix(ELLIPSIS) {
        Some(begin) => line.starts_with(begin),
        None => line.trim_end() == first,
    };
    fits && matches(rest, below)
}

/// Returns a command as the test's shell knows it; `None` for one that the test does not run.
fn runnable(command: &str) -> Option<String> {
    match command.strip_prefix(FROM_A_CLONE) {
        Some(rest) => Some(format!("driftline {rest}")),
        None => command.starts_with("driftline ").then(|| command.to_owned()),
    }
}

#[test]
fn the_readme_shows_what_happens() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(package.join("README.md")).unwrap_or_default();
    let blocks = console_blocks(&readme);
    if blocks.is_empty() {
        eprintln!("skipped: README.md has no console block");
        return;
    }
    let mut run = 0;
    for block in &blocks {
        // As in a fresh clone, but with nothing written into it.
        let site = Site::new();
        std::os::unix::fs::symlink(package.join("examples"), site.path("examples")).unwrap();
        for step in steps(block) {
            let Some(command) = runnable(&step.command) else {
                eprintln!("not run: {}", step.command);
                continue;
            };
            // The status is the README's to explain.
            let ran = site.shell(&format!("{command}\ntrue")).run();
            let expected: Vec<String> = step.expected.iter().map(|line| site.redact(line)).collect();
            let printed = site.redact(&format!("{}{}", ran.stderr, ran.stdout));
            let shown = [site.redact(&ran.stdout), printed.clone()];
            let as_told = shown.iter().any(|text| matches(&expected, &text.lines().collect::<Vec<_>>()));
            assert!(as_told, "`{command}` prints\n{printed}\nand not\n{}", expected.join("\n"));
            run += 1;
        }
    }
    eprintln!("{run} commands of the README run");
}

#[test]
fn a_block_is_read_as_commands_and_what_they_print() {
    let markdown =
        "text\n```console\n$ driftline a \\\n  --b\nout 1\n\n$ driftline c\n```\n```sh\n$ no\n```\n";
    let blocks = console_blocks(markdown);
    assert_eq!(blocks.len(), 1);
    let step = |command: &str, expected: &[&str]| Step {
        command: command.to_owned(),
        expected: expected.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(steps(&blocks[0]), [step("driftline a \\\n  --b", &["out 1", ""]), step("driftline c", &[])]);
}

#[test]
fn an_ellipsis_stands_for_any_lines_and_nothing_else_does() {
    let pattern = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert!(matches(&pattern(&["a", "…", "d"]), &["a", "b", "c", "d"]));
    assert!(matches(&pattern(&["a", "…"]), &["a"]));
    assert!(matches(&pattern(&["seal 1…"]), &["seal 123"]));
    assert!(!matches(&pattern(&["a", "d"]), &["a", "b", "d"]));
    assert!(!matches(&pattern(&["a", "…", "e"]), &["a", "b", "d"]));
    assert!(!matches(&pattern(&["a"]), &["a", "b"]));
}
