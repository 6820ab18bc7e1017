//! The pages of the commands, from the command line itself.

use clap::{Arg, Command};

use super::configuration::limit_variable;
use super::markdown::{Page, anchor, block, code, link, prose, stopped, table};

/// Returns the page of the whole command line, and one for each command.
pub(super) fn pages() -> Vec<Page> {
    let mut root = super::super::command();
    root.build();
    let mut pages = vec![index(&root)];
    pages.extend(root.get_subcommands().map(|command| {
        let mut text = format!("# {}\n", code(&path(command)));
        describe(command, &mut text);
        below(command, &mut text);
        Page::new(format!("commands/{}.md", command.get_name()), text)
    }));
    pages
}

fn index(root: &Command) -> Page {
    let mut text = String::from("# Commands\n");
    let about = root.get_long_about().map(ToString::to_string).unwrap_or_default();
    text += &format!("\n{}\n", paragraphs(&about, ""));
    let mut rows = Vec::new();
    for command in root.get_subcommands() {
        let page = format!("{}.md", command.get_name());
        rows.push([link(&code(&path(command)), &page), about_of(command)]);
        rows.extend(command.get_subcommands().map(|inner| {
            let target = format!("{page}#{}", anchor(&path(inner)));
            [link(&code(&path(inner)), &target), about_of(inner)]
        }));
    }
    text += &format!("\n{}", table(["command", "does"], &rows));
    text += "\n## Global options\n\nEvery command takes these.\n\n";
    for option in root.get_arguments().filter(|option| option.is_global_set()) {
        text += &item(option);
    }
    Page::new("commands/index.md", text)
}

/// Adds the commands below a command, each under a heading of its own.
fn below(command: &Command, text: &mut String) {
    for inner in command.get_subcommands() {
        text.push_str(&format!("\n## {}\n", code(&path(inner))));
        describe(inner, text);
        below(inner, text);
    }
}

/// Adds what a command is for, how it is called, and what it takes.
fn describe(command: &Command, text: &mut String) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string);
    *text += &format!("\n{}\n", paragraphs(&about.unwrap_or_default(), ""));
    let usage = command.clone().render_usage().to_string();
    *text += &format!("\n{}", block("text", usage.trim_start_matches("Usage: ")));
    let mut headings: Vec<(&str, Vec<&Arg>)> = Vec::new();
    for arg in command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set()) {
        if matches!(arg.get_id().as_str(), "help" | "version") {
            continue;
        }
        let heading =
            if arg.is_positional() { "Arguments" } else { arg.get_help_heading().unwrap_or("Options") };
        match headings.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, args)) => args.push(arg),
            None => headings.push((heading, vec![arg])),
        }
    }
    for (heading, args) in headings {
        *text += &format!("\n**{heading}**\n\n");
        for arg in args {
            *text += &item(arg);
        }
    }
    if command.has_subcommands() {
        return;
    }
    *text += "\n[Global options](index.md#global-options) · [Exit statuses](../exit-statuses.md)";
    *text += if command.get_arguments().any(|arg| arg.get_id() == "fail_on") {
        ", of which `--fail-on` and `--require-coverage` choose unless it is told otherwise above.\n"
    } else {
        "\n"
    };
}

/// Returns an option or an argument as an item of a list.
fn item(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
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
    let mut text = format!("- {short}{}: {}", code(&signature(arg)), paragraphs(&help, "  "));
    if !facts.is_empty() {
        let gap = if text.contains("\n\n") { "\n\n  " } else { " " };
        text += &format!("{gap}{}", facts.join(" "));
    }
    text += "\n";
    text + &values(arg)
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
