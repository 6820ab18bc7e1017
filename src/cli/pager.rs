//! A long report on a terminal goes through a pager, as git's does.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, ExitStatus, Stdio};

use super::global::Global;
use super::output::write_stdout;
use super::{Failure, interrupt};

/// What a shell ends with where it finds no such command, or may not run it.
const NOT_RUN: [i32; 2] = [126, 127];

/// Writes to standard output; through a pager where that is a terminal and the text is longer than it.
///
/// The pager is `DRIFTLINE_PAGER`, else `PAGER`, else `less`; an empty one and `cat` are none. A pager that cannot be
/// run costs nothing but itself.
pub(super) fn write_paged(
    global: &Global,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let height = terminal_size::terminal_size().map(|(_, height)| usize::from(height.0));
    let (Some(height), Some(pager)) = (height, Pager::wanted(global)) else { return write_stdout(write) };
    let mut text = Vec::new();
    write(&mut text)?;
    let lines = memchr::memchr_iter(b'\n', &text).count();
    if lines < height || !pager.show(&text) {
        return write_stdout(|out| out.write_all(&text));
    }
    Ok(())
}

/// A command that shows a text page by page.
#[derive(Debug, PartialEq, Eq)]
enum Pager {
    /// A line for the shell, as the environment has it.
    Told(String),
    Less,
}

impl Pager {
    fn wanted(global: &Global) -> Option<Self> {
        if !global.pages() || !io::stdout().is_terminal() {
            return None;
        }
        Self::told(env::var("DRIFTLINE_PAGER").or_else(|_| env::var("PAGER")).ok())
    }

    fn told(text: Option<String>) -> Option<Self> {
        match text {
            None => Some(Self::Less),
            Some(text) if matches!(text.trim(), "" | "cat") => None,
            Some(text) => Some(Self::Told(text)),
        }
    }

    /// Shows a text; returns whether there was a pager to show it.
    fn show(&self, text: &[u8]) -> bool {
        let mut command = match self {
            Self::Told(line) => {
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(line);
                shell
            }
            Self::Less => Command::new("less"),
        };
        // Colours as they are, no pager for what fits, and the text stays on the screen.
        if env::var_os("LESS").is_none() {
            command.env("LESS", "FRX");
        }
        // Ctrl-C is for the pager.
        interrupt::listen();
        let Ok(mut pager) = command.stdin(Stdio::piped()).spawn() else { return false };
        if let Some(mut input) = pager.stdin.take() {
            // Whoever leaves early has read enough.
            let _closed = input.write_all(text);
        }
        let ended: io::Result<ExitStatus> = pager.wait();
        !ended.is_ok_and(|status| status.code().is_some_and(|code| NOT_RUN.contains(&code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_pager_and_cat_are_none() {
        let told = |text: &str| Pager::told(Some(text.to_owned()));
        assert_eq!([told(""), told(" "), told("cat")], [None, None, None]);
        assert_eq!(told("less -S"), Some(Pager::Told("less -S".to_owned())));
        assert_eq!(Pager::told(None), Some(Pager::Less));
    }

    #[test]
    fn a_pager_that_is_not_there_has_shown_nothing() {
        assert!(!Pager::Told("driftline-has-no-such-pager".to_owned()).show(b"text"));
        assert!(Pager::Told("cat > /dev/null".to_owned()).show(b"text"));
    }
}
