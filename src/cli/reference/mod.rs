//! `driftline generate docs`: the reference as Markdown, derived from the command line, the configuration,
//! the formats, the schema of the report and the rules.

mod commands;
mod configuration;
mod folder;
mod formats;
mod markdown;
mod report;
mod rules;
mod schema;
mod specimen;
mod statuses;
mod techniques;

use std::path::PathBuf;

use super::Failure;
use super::global::Global;

use markdown::{Page, link, stopped, table};

/// Write the reference as Markdown: commands, configuration, formats, the JSON report, exit statuses, rules.
///
/// Pages of an earlier reference in the folder are replaced, and those that are no longer in it are removed. A
/// folder that holds anything else is left alone.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The folder to write it to: a new one, an empty one, or that of an earlier reference.
    #[arg(long, value_name = "DIR", alias = "to")]
    out: PathBuf,
}

/// One part of the reference.
struct Chapter {
    /// What it tells.
    about: &'static str,
    /// Makes its pages; the first leads to the others.
    pages: fn() -> Result<Vec<Page>, Failure>,
}

/// Every chapter, in the order in which the index shows them.
const CHAPTERS: &[Chapter] = &[
    Chapter { about: "each command with its options and their defaults", pages: || Ok(commands::pages()) },
    Chapter { about: "how each command ends", pages: || Ok(vec![statuses::page()]) },
    Chapter {
        about: "each key of `driftline.toml` with its type and default",
        pages: || Ok(vec![configuration::page()]),
    },
    Chapter { about: "each format of the report, with an excerpt", pages: formats::pages },
    Chapter { about: "the JSON report, v1, field by field", pages: || Ok(vec![report::page()]) },
    Chapter { about: "each rule: what it says, why, what to check, examples", pages: || Ok(rules::pages()) },
    Chapter {
        about: "which rule tells of which ATT&CK technique on which cloud",
        pages: || Ok(vec![techniques::page()]),
    },
];

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let pages = pages()?;
        folder::write(&self.out, &pages)?;
        global.tell(format_args!("Wrote {} pages to `{}`.", pages.len(), self.out.display()));
        Ok(())
    }
}

/// Returns the whole reference, the index first.
fn pages() -> Result<Vec<Page>, Failure> {
    let mut rows = Vec::new();
    let mut pages = Vec::new();
    for chapter in CHAPTERS {
        let made = (chapter.pages)()?;
        if let Some(first) = made.first() {
            rows.push([link(first.title(), first.path()), chapter.about.to_owned()]);
        }
        pages.extend(made);
    }
    pages.insert(0, index(&rows));
    Ok(pages)
}

fn index(rows: &[[String; 2]]) -> Page {
    let text = format!(
        "# driftline reference\n\n{}\n\nThis is driftline {}.\n\n{}\n\
         The same help for a terminal: {} writes the manual pages of all commands, {} prints what a shell \
         needs to complete them.\n",
        stopped(&super::command().get_about().map(ToString::to_string).unwrap_or_default()),
        env!("CARGO_PKG_VERSION"),
        table(["page", "tells"], rows),
        link("`driftline generate man`", "commands/generate.md#driftline-generate-man"),
        link("`driftline generate completions`", "commands/generate.md#driftline-generate-completions"),
    );
    Page::new("index.md", text)
}
