//! What is wrong with a configuration: where, why, and what to write instead.

use std::fmt;
use std::io;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use thiserror::Error;

use crate::model::{Plural, is_treacherous, printable};

/// Bytes of the file.
pub(super) type Span = Range<usize>;

/// How many problems of one file are told; the others are counted.
const TOLD: usize = 50;
/// How much of a word, and of the line after it, is shown, in characters.
const SHOWN: usize = 60;
/// How much of the line before a word goes to the renderer, which shows what the width allows.
const INDENTED: usize = 1000;

/// Why a configuration file gives no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It does not open or read.
    #[error("cannot read `{path}`: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// It is larger than any configuration.
    #[error("`{path}` is larger than {limit} bytes, and so no configuration")]
    TooLarge {
        /// The file.
        path: String,
        /// What the largest may have.
        limit: u64,
    },
    /// It reads, and some of it is wrong.
    #[error(transparent)]
    Invalid(#[from] ConfigErrors),
}

/// Everything that is wrong with one file, in its order, or with the environment.
///
/// `Display` gives whole diagnostics of many lines, each from `error: ` to its hint, with everything that
/// came from the file neutralised and its secrets starred out: print it as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct ConfigErrors {
    /// What the file is called.
    name: String,
    problems: Vec<Problem>,
    /// How many more there were.
    untold: usize,
}

/// One thing that is wrong. `Display` gives the message alone, in one line, neutralised.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Problem {
    /// What is wrong.
    message: String,
    /// What to write instead.
    hint: Option<String>,
    /// Where in the file; a variable of the environment and an option have no place.
    place: Option<Place>,
    /// Whether the value may be a secret, which is never shown.
    hides: bool,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    /// What is shown of the line.
    text: String,
    /// Whether the line begins earlier.
    is_cut: bool,
    /// The bytes of `text` that are marked.
    marked: Span,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, place: None, hides: false }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Keeps the value out of what is shown of the file.
    pub(super) fn hiding_the_value(self) -> Self {
        Self { hides: true, ..self }
    }

    /// Says first whose value it is.
    pub(super) fn of(self, owner: &str) -> Self {
        Self { message: format!("`{owner}`: {}", self.message), ..self }
    }

    /// Returns what to write instead.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns line and column, in characters, both from 1.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }

    fn render(&self, name: &str) -> String {
        let title = Level::ERROR.primary_title(self.message.as_str());
        let mut elements: Vec<Element<'_>> = Vec::new();
        if let Some(Place { line, column, text, is_cut, marked }) = &self.place {
            let marker = AnnotationKind::Primary.span(marked.clone());
            let snippet = Snippet::source(text.as_str()).line_start(*line).annotation(marker);
            if *is_cut {
                elements.push(Origin::path(name).line(*line).char_column(*column).into());
                elements.push(snippet.into());
            } else {
                elements.push(snippet.path(name).into());
            }
        }
        if let Some(hint) = &self.hint {
            elements.push(Level::HELP.with_name("hint").message(hint.as_str()).into());
        }
        Renderer::plain().render(&[title.elements(elements)])
    }
}

impl ConfigErrors {
    /// Returns the problems of something that is no file.
    pub(super) fn without_place(problems: Vec<Problem>) -> Self {
        Self { name: String::new(), problems, untold: 0 }
    }

    /// Returns what is wrong, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.problems.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { "\n\n" })?;
            f.write_str(&problem.render(&self.name))?;
        }
        if self.untold > 0 {
            write!(f, "\n\nerror: {} not shown", Plural(self.untold as u64, "more problem"))?;
        }
        Ok(())
    }
}

/// Gathers what is wrong with one text while it is read.
#[derive(Debug)]
pub(super) struct Problems<'t> {
    text: &'t str,
    found: Vec<(Span, Problem)>,
    untold: usize,
    /// What is never shown.
    hidden: Vec<Span>,
    /// The lines whose syntax is wrong; whatever else such a line seems to hold is a guess.
    broken: Vec<Span>,
}

impl<'t> Problems<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new(), untold: 0, hidden: Vec::new(), broken: Vec::new() }
    }

    pub(super) fn add(&mut self, span: Span, problem: Problem) {
        if problem.hides {
            self.hide(span.clone());
        }
        if self.found.len() >= TOLD {
            self.untold += 1;
        } else if !self.is_broken(span.start) {
            self.found.push((span, problem));
        }
    }

    /// Adds an error of the syntax, one for each line: the first is the cause of the others.
    pub(super) fn add_syntax(&mut self, span: Span, problem: Problem) {
        let at = span.start;
        if !self.is_broken(at) {
            self.add(span, problem);
            let start = line_start(self.text, at);
            let line = first_line(self.text.get(start..).unwrap_or_default());
            self.broken.push(start..start + line.len() + 1);
        }
    }

    fn is_broken(&self, at: usize) -> bool {
        self.broken.iter().any(|line| line.contains(&at))
    }

    /// Keeps a value out of everything that is shown.
    pub(super) fn hide(&mut self, span: Span) {
        self.hidden.push(span);
    }

    /// Hides what lines assign to names of secrets: where the syntax is broken no value's extent is certain.
    fn hide_by_line(&mut self) {
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let name = secret_name(line).unwrap_or(line.len());
            if let Some(equals) = line.get(name..).and_then(|rest| rest.find('=')) {
                self.hidden.push(start + name + equals + 1..start + line.trim_end().len());
            }
            start += line.len();
        }
    }

    /// Whether a header, `[…]` or `[[…]]`, begins there.
    pub(super) fn is_header(&self, span: &Span) -> bool {
        self.text.get(span.clone()).is_some_and(|text| text.starts_with('['))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns the problems in the order of the file.
    pub(super) fn into_errors(mut self, name: &str) -> ConfigErrors {
        self.found.sort_by_key(|(span, _)| span.start);
        if !self.broken.is_empty() {
            self.hide_by_line();
        }
        let text = starred(self.text, &self.hidden);
        let placed = |(span, problem)| Problem { place: Some(place(&text, span)), ..problem };
        let problems = self.found.into_iter().map(placed).collect();
        ConfigErrors { name: printable(name), problems, untold: self.untold }
    }
}

/// Whether a key seems to hold a secret.
pub(super) fn names_a_secret(key: &str) -> bool {
    secret_name(key).is_some()
}

/// Returns where in a text something is named that seems to be a secret.
fn secret_name(text: &str) -> Option<usize> {
    let text = text.to_ascii_lowercase().replace('_', "-");
    let words = ["secret", "password", "token", "access-key", "private-key"];
    words.iter().filter_map(|word| text.find(word)).min()
}

/// Returns untrusted text between back-ticks, in one line and not too long.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", printable(&clipped(text).collect::<String>()))
}

/// Returns names between back-ticks, with commas.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Returns the text with the hidden parts as stars, at the same places.
fn starred(text: &str, hidden: &[Span]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for span in hidden {
        for byte in bytes.get_mut(span.clone()).unwrap_or_default() {
            if *byte != b'\n' {
                *byte = b'*';
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..text.floor_char_boundary(at)).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Finds a span, or the part of it in its first line, and cuts out what is to be shown.
fn place(text: &str, span: Span) -> Place {
    let (at, end) = (text.floor_char_boundary(span.start), text.floor_char_boundary(span.end));
    let start = line_start(text, at);
    let before = text.get(start..at).unwrap_or_default().trim_start_matches('\u{feff}');
    let word = first_line(text.get(at..end).unwrap_or_default());
    let after = first_line(text.get(at + word.len()..).unwrap_or_default());
    let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    let column = 1 + before.chars().count();
    let cut = before.char_indices().nth_back(INDENTED).map(|(at, _)| before.split_at(at).1);
    let mut text = cut.map_or_else(String::new, |_| "…".to_owned());
    text.extend(cut.unwrap_or(before).chars().map(harmless));
    let from = text.len();
    text.extend(clipped(word).map(harmless));
    let to = text.len();
    text.extend(clipped(after).map(harmless));
    Place { line, column, is_cut: cut.is_some(), text, marked: from..to }
}

/// Returns what stands for a character in a line that is shown; one for one, so that columns stay.
fn harmless(c: char) -> char {
    match c {
        '\t' => ' ',
        c if is_treacherous(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// Returns the beginning of a text, and a sign if that is not all.
fn clipped(text: &str) -> impl Iterator<Item = char> {
    let more = text.chars().nth(SHOWN).map(|_| '…');
    text.chars().take(SHOWN).chain(more)
}
