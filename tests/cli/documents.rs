//! Every console block of the README and of the cookbook is what a person would see, and every command line
//! in them is one that driftline takes.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use driftline::cli;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use super::reference::links;
use super::support::{Site, names};

/// Set, it makes tests rewrite what the documents say.
pub(crate) const UPDATE: &str = "DRIFTLINE_UPDATE_README";

/// Held by a test while it rewrites a document.
pub(crate) static REWRITING: Mutex<()> = Mutex::new(());

/// How the README builds and runs driftline from a clone.
const FROM_A_CLONE: &str = "cargo run --release --no-default-features -- ";

/// What else than driftline a block may run.
const TOOLS: &[&str] = &["cat", "cp", "grep", "head", "ls", "mkdir", "sh", "tar", "wc"];

/// A line that stands for any number of lines; at the end of a line it stands for any rest of it.
const ELLIPSIS: &str = "…";

/// One command and what the document says it prints.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: String,
    expected: Vec<String>,
}

/// A fenced block: where its lines stand in the document, and what they are.
struct Block<'d> {
    range: Range<usize>,
    text: &'d str,
}

/// Returns the README and the recipes.
fn documents() -> Vec<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cookbook = package.join("docs/cookbook");
    let recipes = names(&cookbook).into_iter().map(|name| cookbook.join(name));
    std::iter::once(package.join("README.md")).chain(recipes).collect()
}

fn is_recipe(document: &Path) -> bool {
    document.parent().is_some_and(|folder| folder.ends_with("cookbook"))
}

/// Returns all fenced blocks of a language.
fn blocks<'d>(markdown: &'d str, language: &str) -> Vec<Block<'d>> {
    let block = |(event, range): (Event<'_>, Range<usize>)| match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if &*info == language => {
            let whole = &markdown[range.clone()];
            let (begin, end) = (whole.find('\n')? + 1, whole.trim_end().rfind('\n')? + 1);
            let range = range.start + begin..range.start + end;
            Some(Block { text: &markdown[range.clone()], range })
        }
        _ => None,
    };
    Parser::new(markdown).into_offset_iter().filter_map(block).collect()
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
    if let Some(rest) = command.strip_prefix(FROM_A_CLONE) {
        return Some(format!("driftline {rest}"));
    }
    let first = command.split_whitespace().next()?;
    (first == "driftline" || TOOLS.contains(&first)).then(|| command.to_owned())
}

/// Returns a folder as in a fresh clone, but with nothing written into the clone.
fn site() -> Site {
    let site = Site::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    std::os::unix::fs::symlink(examples, site.path("examples")).unwrap();
    site
}

/// Runs a block; returns it as it would be if what it prints were as told, and how many commands were run.
fn run(block: &Block<'_>, site: &Site, document: &Path) -> (String, usize) {
    let (mut told, mut run) = (String::new(), 0);
    for step in steps(block.text) {
        let mut expected = step.expected.clone();
        match runnable(&step.command) {
            None if is_recipe(document) => panic!("{} cannot be run: {}", step.command, document.display()),
            None => eprintln!("not run: {}", step.command),
            Some(command) => {
                // The status is the document's to explain.
                let ran = site.shell(&format!("{command}\ntrue")).run();
                let printed = site.redact(&format!("{}{}", ran.stderr, ran.stdout));
                let shown = [site.redact(&ran.stdout), printed.clone()];
                let pattern: Vec<String> = expected.iter().map(|line| site.redact(line)).collect();
                let fits = |text: &String| matches(&pattern, &text.lines().collect::<Vec<_>>());
                if !shown.iter().any(fits) {
                    let update = std::env::var_os(UPDATE).is_some();
                    let told = pattern.join("\n");
                    assert!(
                        update,
                        "`{command}` in {} prints\n{printed}\nand not\n{told}\n`{UPDATE}=1 cargo test` rewrites it",
                        document.display()
                    );
                    expected = printed.lines().map(lasting).collect();
                }
                run += 1;
            }
        }
        let lines = std::iter::once(format!("$ {}", step.command)).chain(expected);
        told.extend(lines.map(|line| line + "\n"));
    }
    (told, run)
}

/// Returns a redacted line up to what differs from run to run.
fn lasting(line: &str) -> String {
    match line.split_once("@@") {
        Some((lasts, _)) => format!("{lasts}{ELLIPSIS}"),
        None => line.to_owned(),
    }
}

#[test]
fn the_documents_show_what_happens() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let (mut rewritten, mut run) = (text.clone(), 0);
        // A recipe is one story; each block of the README begins anew.
        let story = site();
        let told: Vec<_> = blocks(&text, "console")
            .into_iter()
            .map(|block| {
                let told = if is_recipe(&document) {
                    self::run(&block, &story, &document)
                } else {
                    self::run(&block, &site(), &document)
                };
                run += told.1;
                (block.range, told.0)
            })
            .collect();
        for (range, told) in told.into_iter().rev() {
            rewritten.replace_range(range, &told);
        }
        if rewritten != text && std::env::var_os(UPDATE).is_some() {
            let _rewriting = REWRITING.lock();
            fs::write(&document, rewritten).unwrap();
        }
        eprintln!("{run} commands of {} run", document.display());
    }
}

/// Returns the driftline commands of a script, as the words that a shell would make of them.
fn command_lines(script: &str) -> Vec<Vec<String>> {
    let joined = script.replace("\\\n", " ");
    let mut commands = Vec::new();
    for line in joined.lines().filter(|line| line.contains("driftline")) {
        let line = line.replace(';', " ; ");
        let words = shlex::split(&line).unwrap_or_else(|| panic!("no shell reads `{line}`"));
        commands.extend(words.split(|word| ends_a_command(word)).filter_map(driftline));
    }
    commands
}

/// Whether a word of a shell ends a command or begins a redirection.
fn ends_a_command(word: &str) -> bool {
    matches!(word, "|" | "||" | "&&" | ";" | "&") || word.trim_start_matches('2').starts_with(['<', '>'])
}

/// Returns a command without what stands before it, if it is driftline.
fn driftline(mut words: &[String]) -> Option<Vec<String>> {
    loop {
        let skipped = match words.first()?.as_str() {
            "driftline" => return Some(words.to_vec()),
            "sudo" if words.get(1).is_some_and(|word| word == "-u") => 3,
            "sudo" | "if" | "then" | "do" | "exec" | "!" => 1,
            word if word.contains('=') && !word.starts_with('-') => 1,
            _ => return None,
        };
        words = words.get(skipped..)?;
    }
}

/// Fails unless each word of a mention that looks like a command or an option is one.
fn assert_known(mention: &str, document: &Path) {
    let mut command = cli::command();
    command.build();
    let mut at = &command;
    for word in mention.split_whitespace().skip(1) {
        if let Some(below) = at.find_subcommand(word) {
            at = below;
        } else if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap();
            let known = at
                .get_arguments()
                .any(|arg| arg.get_long_and_visible_aliases().is_some_and(|names| names.contains(&name)));
            assert!(known, "{} names `{mention}`, and there is no --{name}", document.display());
        } else {
            assert!(
                !at.has_subcommands(),
                "{} names `{mention}`, and there is no `{word}`",
                document.display()
            );
        }
    }
}

#[test]
fn every_command_line_in_the_documents_is_one_that_driftline_takes() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for block in blocks(&text, "sh") {
            for words in command_lines(block.text) {
                if let Err(error) = cli::command().try_get_matches_from(&words) {
                    panic!("{}: {words:?}: {error}", document.display());
                }
            }
        }
        for event in Parser::new(&text) {
            if let Event::Code(code) = event
                && code.starts_with("driftline ")
            {
                assert_known(&code, &document);
            }
        }
    }
}

#[test]
fn every_link_between_the_documents_leads_to_a_file() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in links(&text).iter().filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let file = document.parent().unwrap().join(link.split('#').next().unwrap());
            assert!(file.exists(), "{} links {link}", document.display());
        }
    }
}

#[test]
fn every_recipe_is_in_the_contents_and_says_what_can_go_wrong() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contents = fs::read_to_string(package.join("docs/cookbook/README.md")).unwrap();
    let listed = links(&contents);
    for name in names(&package.join("docs/cookbook")).into_iter().filter(|name| name != "README.md") {
        assert!(listed.contains(&name), "{name} is not in the contents");
        let recipe = fs::read_to_string(package.join("docs/cookbook").join(&name)).unwrap();
        for heading in ["\n## What you get\n", "\n## What can go wrong\n", "\n## Check that it works\n"] {
            assert!(recipe.contains(heading), "{name} lacks {heading}");
        }
    }
}

#[test]
fn a_block_is_read_as_commands_and_what_they_print() {
    let markdown =
        "text\n```console\n$ driftline a \\\n  --b\nout 1\n\n$ driftline c\n```\n```sh\n$ no\n```\n";
    let blocks = blocks(markdown, "console");
    assert_eq!(blocks.len(), 1);
    assert_eq!(&markdown[..blocks[0].range.start], "text\n```console\n");
    let step = |command: &str, expected: &[&str]| Step {
        command: command.to_owned(),
        expected: expected.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(
        steps(blocks[0].text),
        [step("driftline a \\\n  --b", &["out 1", ""]), step("driftline c", &[])]
    );
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

#[test]
fn the_commands_of_a_script_are_found_among_others() {
    let script = "# driftline\nsudo -u driftline driftline scan \\\n  --from 'a b' | cat\nif true; then\n  A=1 driftline demo >out; fi\n\
                  ls driftline\n";
    let words = |line: &[&str]| line.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        command_lines(script),
        [words(&["driftline", "scan", "--from", "a b"]), words(&["driftline", "demo"])]
    );
}
