//! Lines with a mark in front and text that wraps behind it.

use std::io;

use anstyle::{AnsiColor, Effects};
use unicode_width::UnicodeWidthStr;

use crate::model::printable;
use crate::report::{Color, Style, Verbosity};

/// The columns that every mark takes.
const MARK: usize = 14;

/// The least columns that text gets, however narrow the page.
const NARROWEST: usize = 24;

/// Below how many columns text goes on nearer to the margin than it began.
const NARROW: usize = 60;

/// How far from the margin then.
const NEAR: usize = 4;

/// What text looks like, where colour is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// As it is.
    Plain,
    /// Bold.
    Bold,
    /// Faint.
    Faint,
    /// Bold red: act now.
    Red,
    /// Yellow: take note.
    Yellow,
    /// Green: all is well.
    Green,
    /// Cyan: what can be typed.
    Cyan,
}

impl Ink {
    const fn style(self) -> anstyle::Style {
        match self {
            Self::Plain => anstyle::Style::new(),
            Self::Bold => anstyle::Style::new().bold(),
            Self::Faint => anstyle::Style::new().effects(Effects::DIMMED),
            Self::Red => AnsiColor::Red.on_default().effects(Effects::BOLD),
            Self::Yellow => AnsiColor::Yellow.on_default(),
            Self::Green => AnsiColor::Green.on_default(),
            Self::Cyan => AnsiColor::Cyan.on_default(),
        }
    }
}

/// Where the report is written, line by line.
///
/// Every text passes through [`printable`] here, so that no section can forget it.
pub(super) struct Page<'a> {
    out: &'a mut dyn io::Write,
    style: &'a Style,
    width: usize,
}

impl<'a> Page<'a> {
    /// Says how many of a list are not shown, if any.
    pub(super) fn more(&mut self, all: usize, shown: usize) -> io::Result<()> {
        match all.checked_sub(shown) {
            None | Some(0) => Ok(()),
            Some(rest) => self.field("", (&format!("and {rest} more (list them with -v)"), Ink::Plain)),
        }
    }

    /// Begins a page.
    pub(super) fn new(out: &'a mut dyn io::Write, style: &'a Style) -> Self {
        Self { out, style, width: style.width }
    }

    /// Returns the page with lines that never end: for what is to be one line.
    pub(super) fn unbroken(&mut self) -> Page<'_> {
        Page { out: &mut *self.out, style: self.style, width: usize::MAX }
    }

    /// Returns how much to say.
    pub(super) fn verbosity(&self) -> Verbosity {
        self.style.verbosity
    }

    /// Writes an empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Writes a section's label and its text.
    pub(super) fn section(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.paragraph((&format!("{label:MARK$}"), Ink::Bold), (text, Ink::Plain))
    }

    /// Writes an indented label and its text; without a label, more text under the last one.
    pub(super) fn field(&mut self, label: &str, text: (&str, Ink)) -> io::Result<()> {
        let mark = format!("  {label:0$}", MARK - 2);
        self.paragraph((&mark, Ink::Faint), text)
    }

    /// Writes a mark, and behind it text that wraps and stays indented by the mark's width.
    pub(super) fn paragraph(&mut self, mark: (&str, Ink), text: (&str, Ink)) -> io::Result<()> {
        let (mark, mark_ink) = (printable(mark.0), mark.1);
        let indent = mark.width();
        let hang = if self.width < NARROW { NEAR.min(indent) } else { indent };
        let [first, rest] = [indent, hang].map(|taken| self.width.saturating_sub(taken).max(NARROWEST));
        for (place, line) in wrap(&printable(text.0), first, rest).iter().enumerate() {
            if place == 0 {
                self.paint(&mark, mark_ink)?;
            } else {
                write!(self.out, "{:hang$}", "")?;
            }
            self.paint(line, text.1)?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn paint(&mut self, text: &str, ink: Ink) -> io::Result<()> {
        let ink = if text.trim().is_empty() { Ink::Plain } else { ink };
        match (self.style.color, ink) {
            (Color::Never, _) | (_, Ink::Plain) => write!(self.out, "{text}"),
            (Color::Always, ink) => write!(self.out, "{0}{text}{0:#}", ink.style()),
        }
    }
}

/// Breaks text at spaces into a first line and further ones of at most so many columns; a longer word keeps a line of
/// its own, so that it can be copied whole.
fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let room = if lines.is_empty() { first } else { rest };
        let full = if line.is_empty() {
            lines.is_empty() && (first + 1..=rest).contains(&word.width())
        } else {
            line.width() + 1 + word.width() > room
        };
        if full {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(wrap("漢漢 漢漢 漢", 9, 9), ["漢漢 漢漢", "漢"]);
    }

    #[test]
    fn a_word_longer_than_the_page_stays_whole() {
        assert_eq!(wrap("on aaaaaaaaaa b", 5, 5), ["on", "aaaaaaaaaa", "b"]);
    }

    #[test]
    fn a_word_that_has_room_on_the_next_line_alone_goes_there() {
        assert_eq!(wrap("aaaaaaaa b", 5, 9), ["", "aaaaaaaa", "b"]);
        assert_eq!(wrap("aaaaaaaaaa b", 5, 9), ["aaaaaaaaaa", "b"]);
    }

    proptest! {
        #[test]
        fn only_a_single_word_exceeds_the_room(
            text in "[a-z漢 ]{0,80}",
            first in 1_usize..30,
            more in 0_usize..20,
        ) {
            for (place, line) in wrap(&text, first, first + more).iter().enumerate() {
                let room = if place == 0 { first } else { first + more };
                prop_assert!(line.width() <= room || !line.contains(' '), "{line:?}");
            }
        }

        #[test]
        fn wrapping_loses_no_word(text in "[a-z漢 ]{0,80}", room in 1_usize..30) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrap(&text, room, room).join(" ")), words(&text));
        }
    }
}
