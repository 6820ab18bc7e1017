//! For which intervals log files prove that a log is complete (SEMANTICS F.1).

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::said::Said;
use crate::model::{LogInterval, LogScope, LogStatus, Provider, Timestamp, Window};
use crate::sources::logs::{Extent, FileEnd, Span};

/// How long before its delivery a CloudTrail object may begin: the longest lag that was measured is ten
/// minutes (SEMANTICS E.1.6).
const OBJECT_SPAN: SignedDuration = SignedDuration::from_mins(15);

/// The resolution of the coarsest log: an interval ends this much after its last record.
const RESOLUTION: SignedDuration = SignedDuration::from_secs(1);

/// What the files of one tree tell of the logs in them.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    logs: BTreeMap<LogScope, Seen>,
    /// What is missing in files that do not tell of which log they are: it may be missing in any.
    anywhere: Missing,
}

/// What was seen of one log.
#[derive(Debug, Default)]
struct Seen {
    span: Option<Span>,
    files: Files,
    missing: Missing,
}

/// The first of some files by name, and how many there are.
#[derive(Debug, Default)]
struct Files {
    first: String,
    count: u64,
}

/// What is known to be missing.
#[derive(Debug, Default)]
struct Missing {
    windows: Vec<Window>,
    /// Whether something is missing of which nobody knows when it was.
    any_time: bool,
    files: Files,
    /// What was wrong with the first of them.
    fault: String,
}

impl Coverage {
    /// Takes in what is known of one file.
    pub(super) fn file(&mut self, file: &FileEnd, said: &Said) {
        for (scope, span) in &file.spans {
            let seen = self.logs.entry(scope.clone()).or_default();
            seen.span.get_or_insert(*span).stretch(*span);
            seen.files.add(&file.name);
        }
        let Some(broken) = &file.broken else { return };
        let scopes = match file.spans.keys().cloned().collect::<Vec<_>>() {
            none if none.is_empty() => named(file).or_else(|| said.scope()).into_iter().collect(),
            some => some,
        };
        for scope in &scopes {
            let window = lost(file, broken.extent, file.spans.get(scope).copied());
            let missing = &mut self.logs.entry(scope.clone()).or_default().missing;
            missing.add(&file.name, &broken.message, window);
        }
        if scopes.is_empty() {
            self.anywhere.add(&file.name, &broken.message, lost(file, broken.extent, None));
        }
    }

    /// Returns the first and last time of each log.
    pub(super) fn spans(&self) -> impl Iterator<Item = (&LogScope, Span)> {
        self.logs.iter().filter_map(|(scope, seen)| Some((scope, seen.span?)))
    }

    /// Returns what is known of each log, given what is said of the tree at `path`.
    pub(super) fn intervals(mut self, said: &Said, path: &str) -> Vec<LogInterval> {
        if let Some(scope) = said.scope().filter(|_| said.is_complete()) {
            self.logs.entry(scope).or_default();
        }
        let Self { logs, anywhere } = self;
        logs.into_iter().flat_map(|(scope, seen)| seen.intervals(&scope, &anywhere, said, path)).collect()
    }
}

impl Seen {
    fn intervals(self, scope: &LogScope, anywhere: &Missing, said: &Said, path: &str) -> Vec<LogInterval> {
        let mut intervals = Vec::new();
        let mut put = |from, to, status, reason: &str| {
            if from < to {
                let window = Window { from, to };
                intervals.push(LogInterval {
                    scope: scope.clone(),
                    window,
                    status,
                    reason: reason.to_owned(),
                });
            }
        };
        let seen = self.span.map(|span| Window { from: span.first, to: later(span.last, RESOLUTION) });
        let complete = said_window(said, scope, seen);
        let missing = [&self.missing, anywhere];
        if let Some(complete) = complete {
            match missing.iter().find(|missing| missing.any_time) {
                Some(missing) => put(complete.from, complete.to, LogStatus::Gap, &missing.reason()),
                None => put(complete.from, complete.to, LogStatus::Complete, &format!("said of `{path}`")),
            }
        }
        if let Some(seen) = seen {
            let reason = format!("seen in {}, which nobody says are all", self.files);
            let Window { from, to } = seen;
            match complete {
                Some(complete) => {
                    put(from, to.min(complete.from), LogStatus::Unknown, &reason);
                    put(from.max(complete.to), to, LogStatus::Unknown, &reason);
                }
                None => put(from, to, LogStatus::Unknown, &reason),
            }
            if let Some(missing) = missing.iter().find(|missing| missing.any_time) {
                put(from, to, LogStatus::Gap, &missing.reason());
            }
        }
        for missing in missing {
            let reason = missing.reason();
            for window in merged(&missing.windows) {
                put(window.from, window.to, LogStatus::Gap, &reason);
            }
        }
        intervals
    }
}

impl Missing {
    fn add(&mut self, name: &str, fault: &str, window: Option<Window>) {
        if self.files.add(name) {
            fault.clone_into(&mut self.fault);
        }
        match window {
            Some(window) => self.windows.push(window),
            None => self.any_time = true,
        }
    }

    fn reason(&self) -> String {
        format!("{} did not read whole: {}", self.files, self.fault)
    }
}

impl Files {
    /// Counts a file, and tells whether it is the first by name: threads hand them over in any order.
    fn add(&mut self, name: &str) -> bool {
        let is_first = self.count == 0 || name < self.first.as_str();
        if is_first {
            name.clone_into(&mut self.first);
        }
        self.count += 1;
        is_first
    }
}

impl std::fmt::Display for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.first)?;
        match self.count {
            0 | 1 => Ok(()),
            2 => write!(f, " and 1 more file"),
            count => write!(f, " and {} more files", count - 1),
        }
    }
}

/// Returns the log that a file's name says it is of: only CloudTrail's names tell.
fn named(file: &FileEnd) -> Option<LogScope> {
    Some(LogScope {
        provider: Provider::Aws,
        account: file.account.clone()?,
        location: file.location.clone()?,
        source: "cloudtrail".to_owned(),
    })
}

/// Returns when the missing records of a file were written, as far as that is known.
///
/// Records between others lie between them. What followed the last that was read may be of any time, unless
/// the file's name tells when it was delivered.
fn lost(file: &FileEnd, extent: Extent, span: Option<Span>) -> Option<Window> {
    match (extent, span, file.delivered_at) {
        (Extent::Records, Some(span), _) => {
            Some(Window { from: span.first, to: later(span.last, RESOLUTION) })
        }
        (_, span, Some(delivered)) => {
            let begun = later(delivered, -OBJECT_SPAN);
            Some(Window {
                from: span.map_or(begun, |span| begun.min(span.first)),
                to: span.map_or(delivered, |span| delivered.max(later(span.last, RESOLUTION))),
            })
        }
        _ => None,
    }
}

/// Returns the interval over which a log is said to be complete, where it is; an end that is not said is the
/// end of what was seen.
fn said_window(said: &Said, scope: &LogScope, seen: Option<Window>) -> Option<Window> {
    if !said.is_complete() || !said.is_of(scope) {
        return None;
    }
    let from = said.complete_from.or(seen.map(|seen| seen.from))?;
    let to = said.complete_to.or(seen.map(|seen| seen.to))?;
    (from < to).then_some(Window { from, to })
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(time)
}

/// Joins windows that touch.
fn merged(windows: &[Window]) -> Vec<Window> {
    let mut sorted = windows.to_vec();
    sorted.sort_unstable();
    let mut merged: Vec<Window> = Vec::new();
    for window in sorted {
        match merged.last_mut() {
            Some(last) if window.from <= last.to => last.to = last.to.max(window.to),
            _ => merged.push(window),
        }
    }
    merged
}
