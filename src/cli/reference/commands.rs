//! The pages of the commands, from the command line itself.

use clap::{Arg, Command};

use super::configuration::limit_variable;
use super::markdown::{Page, anchor, block, code, joined, link, prose, stopped, table};

/// Returns the page of the whole command line, and one for each command.
pub(super) fn pages() -> Vec<Page> {
    let mut root = super::super::command();
    root.build();
    let mut pages = vec![index(&root)];
    pages.extend(root.get_subcommands().map(|command| {
        let mut parts = vec![format!("# {}", code(&path(command)))];
        describe(command, &mut parts);
        below(command, &mut parts);
        Page::new(format!("commands/{}.md", command.get_name()), joined(&parts))
    }));
    pages
}

fn index(root: &Command) -> Page {
    let mut rows = Vec::new();
    for command in root.get_subcommands() {
        let page = format!("{}.md", command.get_name());
        rows.push([link(&code(&path(command)), &page), about_of(command)]);
        rows.extend(command.get_subcommands().map(|inner| {
            let target = format!("{page}#{}", anchor(&path(inner)));
            [link(&code(&path(inner)), &target), about_of(inner)]
        }));
    }
    let about = root.get_long_about().map(ToString::to_string).unwrap_or_default();
    let parts = [
        "# Commands".to_owned(),
        paragraphs(&about, ""),
        table(["command", "does"], &rows),
        "## Global options".to_owned(),
        "Every command takes these.".to_owned(),
        root.get_arguments().filter(|option| option.is_global_set()).map(item).collect(),
    ];
    Page::new("commands/index.md", joined(&parts))
}

/// Adds the commands below a command, each under a heading of its own.
fn below(command: &Command, parts: &mut Vec<String>) {
    for inner in command.get_subcommands() {
        parts.push(format!("## {}", code(&path(inner))));
        describe(inner, parts);
        below(inner, parts);
    }
}

/// Adds what a command is for, how it is called, and what it takes.
fn describe(command: &Command, parts: &mut Vec<String>) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string);
    parts.push(paragraphs(&about.unwrap_or_default(), ""));
    let usage = command.clone().render_usage().to_string();
    parts.push(block("text", usage.trim_start_matches("Usage: ")));
    for (heading, args) in headed(command) {
        parts.push(format!("**{heading}**"));
        parts.push(args.into_iter().map(item).collect());
    }
    if !command.has_subcommands() {
        let reports = command.get_arguments().any(|arg| arg.get_id() == "fail_on");
        let chosen =
            ", of which `--fail-on` and `--require-coverage` choose unless it is told otherwise above.";
        let chosen = if reports { chosen } else { "" };
        let links = "[Global options](index.md#global-options) · [Exit statuses](../exit-statuses.md)";
        parts.push(format!("{links}{chosen}"));
    }
}

/// Returns a command's own arguments and options under their headings.
fn headed(command: &Command) -> Vec<(&str, Vec<&Arg>)> {
    let mut headings: Vec<(&str, Vec<&Arg>)> = Vec::new();
    let own = |arg: &&Arg| {
        let shown = !arg.is_global_set() && !arg.is_hide_set();
        shown && !matches!(arg.get_id().as_str(), "help" | "version")
    };
    for arg in command.get_arguments().filter(own) {
        let heading =
            if arg.is_positional() { "Arguments" } else { arg.get_help_heading().unwrap_or("Options") };
        match headings.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, args)) => args.push(arg),
            None => headings.push((heading, vec![arg])),
        }
    }
    headings
}

/// Returns an option or an argument as an item of a list.
fn item(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let (help, facts) = (paragraphs(&help, "  "), facts(arg).join(" "));
    let told = match (facts.is_empty(), help.contains("\n\n")) {
        (true, _) => help,
        (false, true) => format!("{help}\n\n  {facts}"),
        (false, false) => format!("{help} {facts}"),
    };
    format!("- {short}{}: {told}\n{}", code(&signature(arg)), values(arg))
}

/// Returns whether an option must be given, its default, and the variable that stands in for it.
fn facts(arg: &Arg) -> Vec<String> {
    let mut facts = Vec::new();
    if arg.is_required_set() {
        facts.push("Required.".to_owned());
    }
    let defaults = arg.get_default_values().iter().map(|value| code(&value.to_string_lossy()));
    let defaults: Vec<_> = if takes_value(arg) { defaults.collect() } else { Vec::new() };
    if !defaults.is_empty() {
        facts.push(format!("Default: {}.", defaults.join(", ")));
    }
    let of_limit = arg.get_long().and_then(limit_variable);
    if let Some(variable) = arg.get_env().map(|name| name.to_string_lossy().into_owned()).or(of_limit) {
        facts.push(format!("Environment: {}.", code(&variable)));
    }
    facts
}

/// Returns the values that an option takes, if they are a closed set.
fn values(arg: &Arg) -> String {
    let values = arg.get_possible_values();
    let shown: Vec<_> = values.iter().filter(|value| takes_value(arg) && !value.is_hide_set()).collect();
    if shown.is_empty() {
        return String::new();
    }
    if shown.iter().all(|value| value.get_help().is_none()) {
        let names: Vec<_> = shown.iter().map(|value| code(value.get_name())).collect();
        return format!("  - one of {}\n", names.join(", "));
    }
    let told = shown.iter().map(|value| {
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        format!("  - {}: {}\n", code(value.get_name()), stopped(&prose(&help)))
    });
    told.collect()
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// Returns how an option is written, without its short form.
fn signature(arg: &Arg) -> String {
    let shown = arg.clone().to_string();
    let repeats = arg.is_positional() && shown.ends_with("...");
    let shown = shown.trim_end_matches("...");
    if repeats { format!("{shown}...") } else { shown.to_owned() }
}

/// Returns a help text as Markdown, its paragraphs indented after the first; lines that are indented stay
/// lines.
fn paragraphs(help: &str, indent: &str) -> String {
    let gap = format!("\n\n{indent}");
    let paragraph = |text: &str| {
        if text.lines().all(|line| line.starts_with("  ")) {
            let lines: Vec<_> = text.lines().map(|line| line.get(2..).unwrap_or_default()).collect();
            block("text", &lines.join("\n")).trim_end().replace('\n', &format!("\n{indent}"))
        } else {
            stopped(&prose(text))
        }
    };
    help.split("\n\n").filter(|text| !text.is_empty()).map(paragraph).collect::<Vec<_>>().join(&gap)
}

/// Returns the first paragraph of what a command is for.
fn about_of(command: &Command) -> String {
    stopped(&prose(&command.get_about().map(ToString::to_string).unwrap_or_default()))
}

/// Returns a command with those that it is below.
fn path(command: &Command) -> String {
    command.get_bin_name().unwrap_or(command.get_name()).to_owned()
}
