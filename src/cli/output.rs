//! What every command that reports takes: formats, and what its exit status depends on.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::global::Global;
use super::notify::NotifyArgs;
use super::pager::write_paged;
use super::replace::replace;
use super::syslog::Receiver;
use super::{Failure, Status};
use crate::model::{Band, printable};
use crate::report::{Color, FORMATS, Format, Period, Renderer, Style, Verbosity, View};

/// What every command that reports takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Report options")]
pub(super) struct ReportArgs {
    /// How to write the report, and where to if not to standard output; repeatable.
    #[arg(
        long = "format",
        value_name = "NAME[=FILE]",
        default_value = "terminal",
        long_help = formats_help()
    )]
    formats: Vec<Target>,

    /// Also send each finding to a syslog receiver: `tcp://HOST:PORT`, `udp://HOST:PORT` or `tls://HOST:PORT`.
    ///
    /// As RFC 5424 has it, over TCP and TLS with octet counting. What cannot be sent is told and changes no exit status.
    #[arg(long, value_name = "RECEIVER")]
    syslog: Option<Receiver>,

    /// How to write the findings that are sent.
    #[arg(long, value_name = "NAME", default_value = "leef", requires = "syslog", value_parser = ["leef", "cef"])]
    syslog_format: String,

    /// End with status 10 if a finding is in this band or above.
    #[arg(long, value_name = "BAND", default_value = "high",
          value_parser = ["critical", "high", "medium", "low", "info", "never"])]
    fail_on: String,

    /// End with status 3 if coverage is incomplete, whatever was found.
    #[arg(long)]
    require_coverage: bool,

    #[command(flatten)]
    notify: NotifyArgs,
}

/// One format, and where its report goes.
#[derive(Clone)]
pub(super) struct Target {
    format: &'static dyn Format,
    file: Option<PathBuf>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={:?}", self.format.id(), self.file)
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = named(name).ok_or_else(|| {
            let known: Vec<_> = FORMATS.iter().map(|format| format.id()).collect();
            format!("no format is `{name}`; known are {}", known.join(", "))
        })?;
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            return Err(format!("`{name}=` names no file"));
        }
        Ok(Self { format, file })
    }
}

/// What a format may have no place for.
const A_PERIOD: &str = "a period";

impl Target {
    /// Returns the name of the format.
    pub(super) fn id(&self) -> &'static str {
        self.format.id()
    }

    /// Returns what writes something else than a run in this format, if it has a place for that.
    pub(super) fn renders<T>(
        &self,
        of: fn(&(dyn Format + 'static)) -> Option<Renderer<T>>,
    ) -> Option<Renderer<T>> {
        of(self.format)
    }

    /// Returns the same, or which formats have a place for that.
    fn fitting<T>(
        &self,
        of: fn(&(dyn Format + 'static)) -> Option<Renderer<T>>,
        what: &'static str,
    ) -> Result<Renderer<T>, Failure> {
        self.renders(of).ok_or_else(|| Failure::Unfit {
            format: self.format.id(),
            what,
            fit: FORMATS.iter().filter(|format| of(**format).is_some()).map(|format| format.id()).collect(),
        })
    }

    /// Writes to the file, whole or not at all, or to standard output.
    pub(super) fn write(
        &self,
        global: &Global,
        render: impl FnOnce(&Style, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let Some(path) = &self.file else { return write_paged(global, |out| render(&style(global), out)) };
        let unwritable = |error| Failure::Output { path: path.display().to_string(), error };
        let plain = Style { color: Color::Never, ..style(global) };
        replace(path, |out| render(&plain, out)).map_err(unwritable)
    }
}

fn named(id: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.id() == id)
}

fn formats_help() -> String {
    let rows = FORMATS.iter().map(|format| format!("  {:<10} {}", format.id(), format.about()));
    format!(
        "How to write the report, and where to if not to standard output; repeatable.\n\n{}",
        rows.collect::<Vec<_>>().join("\n")
    )
}

impl ReportArgs {
    /// Returns the status that a run with this report ends with.
    pub(super) fn status(&self, view: &View) -> Status {
        let open = view.findings.iter().filter(|finding| finding.is_open());
        self.status_of(open.map(|finding| finding.band), !view.incomplete_scopes().is_empty())
    }

    /// Returns the status that a period with this report ends with: by what is open at its end, and whether every
    /// scan of it was complete.
    pub(super) fn status_of_period(&self, period: &Period) -> Status {
        let open = period.open.iter().map(|finding| finding.band);
        self.status_of(open, period.scans.complete < period.scans.sealed)
    }

    fn status_of(&self, mut open: impl Iterator<Item = Band>, incomplete: bool) -> Status {
        let threshold: Option<Band> = self.fail_on.parse().ok();
        let found = threshold.is_some_and(|threshold| open.any(|band| band.reaches(threshold)));
        match (found, incomplete) {
            (_, true) if self.require_coverage => Status::Incomplete,
            (true, _) => Status::Findings,
            (false, true) => Status::Incomplete,
            (false, false) => Status::Clean,
        }
    }

    /// Refuses what [`ReportArgs::deliver`] could not do, before anything is done.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let to_stdout = self.formats.iter().filter(|target| target.file.is_none()).count();
        if to_stdout > 1 {
            return Err(Failure::Usage("only one format can go to standard output".to_owned()));
        }
        let mut files = BTreeSet::new();
        let twice =
            self.formats.iter().filter_map(|target| target.file.as_ref()).find(|file| !files.insert(*file));
        match twice {
            Some(file) => Err(Failure::Usage(format!("two formats would go to `{}`", file.display()))),
            None => self.notify.check(),
        }
    }

    /// Refuses, besides, what has no place for a period.
    pub(super) fn check_period(&self) -> Result<(), Failure> {
        self.check()?;
        if self.syslog.is_some() {
            return Err(Failure::Usage(
                "`--syslog` sends the findings of a run, and a period is none".to_owned(),
            ));
        }
        self.formats.iter().try_for_each(|target| target.fitting(Format::period, A_PERIOD).map(drop))
    }

    /// Writes a period in every format that was asked for, each file whole or not at all.
    pub(super) fn deliver_period(&self, period: &Period, global: &Global) -> Result<(), Failure> {
        for target in &self.formats {
            let render = target.fitting(Format::period, A_PERIOD)?;
            target.write(global, |style, out| render(period, style, out))?;
        }
        Ok(())
    }

    /// Writes the report in every format that was asked for, each file whole or not at all, sends the findings and
    /// notifies.
    pub(super) fn deliver(&self, view: &View, global: &Global) -> Result<(), Failure> {
        // Who is to be told learns of it even where the report finds no room, or its reader is gone.
        let written = self.write(view, global);
        if let Some((receiver, format)) = self.syslog.as_ref().zip(named(&self.syslog_format))
            && let Err(error) = receiver.send(view, format)
        {
            global.warn(format_args!("the findings did not reach {receiver}: {error}"), &[]);
        }
        self.notify.send(view, global);
        written
    }

    fn write(&self, view: &View, global: &Global) -> Result<(), Failure> {
        for target in &self.formats {
            target.write(global, |style, out| target.format.render(view, style, out))?;
        }
        Ok(())
    }
}

/// Makes a cell of a table for spreadsheets, which may run what begins like a formula.
pub(super) fn cell(text: &str) -> String {
    let text = printable(text);
    if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text }
}

/// Writes to standard output, buffered.
pub(super) fn write_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    write(&mut out)?;
    out.flush()?;
    Ok(())
}

/// Returns how a report for people looks on this terminal.
pub(super) fn style(global: &Global) -> Style {
    let color = if global.colors_output() { Color::Always } else { Color::Never };
    let verbosity = match (global.tells(), global.verbosity()) {
        (false, _) => Verbosity::Quiet,
        (true, 0) => Verbosity::Normal,
        (true, _) => Verbosity::Verbose,
    };
    Style { color, width: width(), verbosity }
}

fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    told.or_else(measured).unwrap_or(Style::default().width).clamp(40, 200)
}
