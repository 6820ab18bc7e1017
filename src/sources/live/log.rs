//! Live reads of audit logs: what is asked for, how records come out, and what was proven.
//!
//! A log is read in parts of its window, oldest first, so that a failure loses one part and no more. Records
//! come out as native JSON, one page after the other; [`crate::sources::AuditLog`] tells what they mean.

use std::collections::{BTreeSet, HashSet};
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::{Refusal, RefusalKind, Timeline, Trouble};
use crate::model::{LogInterval, LogScope, LogStatus, LogViolation, Timestamp, Uid, Window};
use crate::sources::LogHints;

/// The code of a read of which nobody takes records any more.
const STOPPED: &str = "stopped";

/// The code of a read that took longer than it may.
const LATE: &str = "log-timeout";

/// What to read of one log.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// Which log.
    pub log: LogScope,
    /// The events of which time.
    pub window: Window,
    /// How late the log may deliver an event.
    pub lag: SignedDuration,
    /// Only what concerns these resources, where the log can be asked for that and it takes fewer requests;
    /// empty for everything. Such a read proves nothing of other resources: its intervals are
    /// [`LogStatus::Unknown`].
    pub about: BTreeSet<Uid>,
}

/// Native records of one page or object, each JSON.
#[derive(Clone, Debug)]
pub struct RecordPage {
    /// By what its odd records are found: `s3://bucket/key`, `LookupEvents 111122223333 eu-west-1`.
    pub name: Arc<str>,
    /// What is known of them from beside them.
    pub hints: LogHints,
    /// What holds them.
    pub bytes: Vec<u8>,
    /// Where in `bytes` each stands.
    pub spans: Vec<Range<usize>>,
}

impl RecordPage {
    /// Makes an empty one.
    pub fn new(name: impl Into<Arc<str>>, hints: LogHints) -> Self {
        Self { name: name.into(), hints, bytes: Vec::new(), spans: Vec::new() }
    }

    /// Adds a record that is JSON already.
    pub fn push_raw(&mut self, record: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.spans.push(start..self.bytes.len());
    }

    /// Adds a record.
    ///
    /// # Errors
    ///
    /// If it does not serialise, which no value of native JSON fails to.
    pub fn push(&mut self, record: &impl Serialize) -> Result<(), serde_json::Error> {
        let start = self.bytes.len();
        serde_json::to_writer(&mut self.bytes, record)?;
        self.spans.push(start..self.bytes.len());
        Ok(())
    }

    /// Returns the records.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.spans.iter().filter_map(|span| self.bytes.get(span.clone()))
    }
}

/// Where a read sends its records, and until when it may.
#[derive(Debug)]
pub struct Records {
    pages: mpsc::Sender<RecordPage>,
    deadline: Instant,
    limit: Duration,
    first_only: bool,
    sent: AtomicU64,
}

impl Records {
    /// Makes the way out of a read that may take so long.
    pub fn new(pages: mpsc::Sender<RecordPage>, limit: Duration) -> Self {
        let deadline = Instant::now() + limit;
        Self { pages, deadline, limit, first_only: false, sent: AtomicU64::new(0) }
    }

    /// Makes one for which the first page is enough: whether a log can be read at all.
    #[must_use]
    pub fn first_only(mut self) -> Self {
        self.first_only = true;
        self
    }

    /// Whether the rest of the log need not be asked for.
    pub const fn wants_first_only(&self) -> bool {
        self.first_only
    }

    /// Returns how many records were sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Sends a page; waits while those before it are still being read.
    ///
    /// # Errors
    ///
    /// `stopped` if nobody takes it: the run was interrupted, or the store refused.
    pub async fn send(&self, page: RecordPage) -> Result<(), Refusal> {
        self.sent.fetch_add(page.spans.len() as u64, Ordering::Relaxed);
        if page.spans.is_empty() {
            return Ok(());
        }
        let stopped = |_| Refusal::new(RefusalKind::Failed, STOPPED, "nobody takes records any more");
        self.pages.send(page).await.map_err(stopped)
    }

    /// Waits for a part of the read, but no longer than the whole may take.
    ///
    /// # Errors
    ///
    /// What the part meets, or `log-timeout`.
    pub async fn in_time<T>(&self, part: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        timeout_at(self.deadline, part).await.unwrap_or_else(|_| {
            let message = format!("not read to its end within {} s", self.limit.as_secs());
            Err(Refusal::new(RefusalKind::Failed, LATE, message))
        })
    }
}

/// What a read proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRead {
    /// What is known of each part of the window, with the evidence; every moment of it is in one.
    pub intervals: Vec<LogInterval>,
    /// What kept it from being read whole, each sort once.
    pub troubles: Vec<Trouble>,
    /// Where the log is not what the vendor wrote.
    pub violations: Vec<LogViolation>,
}

impl LogRead {
    /// Makes one of a log that gave nothing.
    pub fn refused(query: &LogQuery, refusal: &Refusal) -> Self {
        let timeline = Timeline::new(query.window, LogStatus::Gap, gap(refusal));
        let troubles = vec![Trouble::from(refusal)];
        Self { intervals: timeline.intervals(&query.log), troubles, violations: Vec::new() }
    }

    /// Makes one of what is known over time.
    pub fn of(query: &LogQuery, timeline: Timeline, refusals: Vec<Refusal>) -> Self {
        let mut troubles: Vec<Trouble> = Vec::new();
        for trouble in refusals.into_iter().map(Trouble::from) {
            if !troubles.iter().any(|known| known.reason.code == trouble.reason.code) {
                troubles.push(trouble);
            }
        }
        Self { intervals: timeline.intervals(&query.log), troubles, violations: Vec::new() }
    }
}

impl LogRead {
    /// Says of the time that was not asked for, because the log no longer keeps it, why it is a gap.
    #[must_use]
    pub fn kept_since(mut self, moment: Timestamp, reason: &str) -> Self {
        let is_forgotten =
            |interval: &&mut LogInterval| interval.window.to <= moment && interval.status == LogStatus::Gap;
        for interval in self.intervals.iter_mut().filter(is_forgotten) {
            reason.clone_into(&mut interval.reason);
        }
        self
    }
}

/// Says why a part of a log is missing.
pub fn gap(refusal: &Refusal) -> String {
    format!("it could not be read: {refusal}")
}

/// Whether whatever is asked next would meet the same.
pub fn is_final(refusal: &Refusal) -> bool {
    matches!(refusal.kind, RefusalKind::Credentials | RefusalKind::Denied)
        || matches!(refusal.code.as_str(), STOPPED | LATE)
}

/// Cuts a window into parts, oldest first: `most` at most, and none shorter than `least` but the last.
pub fn parts(window: Window, least: SignedDuration, most: i32) -> Vec<Window> {
    let length = window.to.duration_since(window.from);
    let step = (length / most.max(1)).max(least).max(SignedDuration::from_secs(1));
    let mut parts = Vec::new();
    let mut from = window.from;
    while from < window.to {
        let to = from.checked_add(step).unwrap_or(window.to).min(window.to);
        parts.push(Window { from, to });
        from = to;
    }
    parts
}

/// Reads a log part by part, oldest first; a part that is read to its end is complete, for this evidence.
///
/// A refusal loses its part; one that the next part would meet as well (credentials, permissions, the end of the
/// time that the read may take) loses the rest.
pub async fn read_in_parts<F>(
    query: &LogQuery,
    records: &Records,
    parts: &[Window],
    evidence: &str,
    mut read: impl FnMut(Window) -> F,
) -> LogRead
where
    F: Future<Output = Result<(), Refusal>>,
{
    let status = if query.about.is_empty() { LogStatus::Complete } else { LogStatus::Unknown };
    let mut timeline = Timeline::new(query.window, LogStatus::Gap, "it was not read");
    let mut refusals = Vec::new();
    for part in parts {
        match records.in_time(read(*part)).await {
            Ok(()) => timeline.tell(*part, status, evidence),
            Err(refusal) => {
                let is_final = is_final(&refusal);
                let to = if is_final { query.window.to } else { part.to };
                timeline.tell(Window { from: part.from, to }, LogStatus::Gap, gap(&refusal));
                refusals.push(refusal);
                if is_final {
                    break;
                }
            }
        }
        if records.wants_first_only() {
            break;
        }
    }
    LogRead::of(query, timeline, refusals)
}

/// Asks for page after page of records and sends each, until the terminal one.
///
/// `ask` answers with a page and the token of the next; an empty page with a token is not the last.
///
/// # Errors
///
/// What `ask` meets; `repeated-token` for a token that was seen before, since following it would never end.
pub async fn follow_log<F>(records: &Records, mut ask: impl FnMut(Option<String>) -> F) -> Result<(), Refusal>
where
    F: Future<Output = Result<(RecordPage, Option<String>), Refusal>>,
{
    let mut seen = HashSet::new();
    let mut token = None;
    loop {
        let (page, next) = ask(token).await?;
        records.send(page).await?;
        let Some(next) = next.filter(|next| !next.is_empty()) else { return Ok(()) };
        if records.wants_first_only() {
            return Ok(());
        }
        if !seen.insert(next.clone()) {
            let message = "the vendor gave the same page token twice, so the rest of the log is unknown";
            return Err(Refusal::new(RefusalKind::Failed, "repeated-token", message));
        }
        token = Some(next);
    }
}
