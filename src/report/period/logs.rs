//! For which time the logs are known to be complete, as the last run says that speaks of it.

use std::collections::BTreeMap;

use super::view::{LogGap, LogShare};
use crate::model::{AccountId, Location, LogStatus, Provider, Timestamp, Window};
use crate::report::view::LogCoverage;

/// What is said of a time of which no run speaks.
const UNSPOKEN: &str = "no run says anything of it";

type Scope = (Provider, AccountId, Location, String);

/// What the runs of a period say of the logs.
#[derive(Default)]
pub(super) struct Logs(BTreeMap<Scope, Vec<LogGap>>);

impl Logs {
    /// Reads what a run says, in place of what earlier ones said of the same time.
    pub(super) fn read(&mut self, coverage: &[LogCoverage]) {
        for told in coverage {
            let LogCoverage { provider, account, location, source, from, to, status, reason } = told.clone();
            let known = self.0.entry((provider, account, location, source)).or_default();
            paint(known, LogGap { from, to, status, reason });
        }
    }

    /// Returns the share of each log over a time.
    pub(super) fn sum(self, span: Window) -> Vec<LogShare> {
        let shares = self.0.into_iter().map(|((provider, account, location, source), known)| {
            let pieces = whole(known, span);
            let lasts = |piece: &LogGap| piece.to.duration_since(piece.from).as_secs();
            LogShare {
                provider,
                account,
                location,
                source,
                seconds: span.to.duration_since(span.from).as_secs(),
                complete_seconds: pieces.iter().filter(|piece| is_complete(piece)).map(lasts).sum(),
                gaps: pieces.into_iter().filter(|piece| !is_complete(piece)).collect(),
            }
        });
        shares.collect()
    }
}

fn is_complete(piece: &LogGap) -> bool {
    piece.status == LogStatus::Complete
}

/// Puts an interval over others, of which only what it does not cover is left.
fn paint(known: &mut Vec<LogGap>, new: LogGap) {
    if new.from >= new.to {
        return;
    }
    let old = std::mem::take(known);
    for piece in old {
        if piece.to <= new.from || new.to <= piece.from {
            known.push(piece);
            continue;
        }
        if piece.from < new.from {
            known.push(LogGap { to: new.from, ..piece.clone() });
        }
        if new.to < piece.to {
            known.push(LogGap { from: new.to, ..piece });
        }
    }
    known.push(new);
}

/// Returns a time in pieces, in order: what is known of it, and what nobody says; neighbours differ.
fn whole(mut known: Vec<LogGap>, span: Window) -> Vec<LogGap> {
    known.sort_by_key(|piece| piece.from);
    let mut pieces: Vec<LogGap> = Vec::new();
    let mut upto = span.from;
    let mut push = |piece: LogGap| match pieces.last_mut() {
        Some(last) if (last.status, &last.reason) == (piece.status, &piece.reason) => last.to = piece.to,
        _ => pieces.push(piece),
    };
    let unspoken = |from: Timestamp, to: Timestamp| LogGap {
        from,
        to,
        status: LogStatus::Unknown,
        reason: UNSPOKEN.to_owned(),
    };
    for piece in known {
        let (from, to) = (piece.from.max(upto), piece.to.min(span.to));
        if from >= to {
            continue;
        }
        if upto < from {
            push(unspoken(upto, from));
        }
        push(LogGap { from, to, ..piece });
        upto = to;
    }
    if upto < span.to {
        push(unspoken(upto, span.to));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn piece(from: i64, to: i64, status: LogStatus) -> LogGap {
        LogGap { from: at(from), to: at(to), status, reason: status.to_string() }
    }

    fn told(known: Vec<LogGap>, from: i64, to: i64) -> Vec<(i64, i64, LogStatus)> {
        let pieces = whole(known, Window { from: at(from), to: at(to) });
        pieces.iter().map(|piece| (piece.from.as_second(), piece.to.as_second(), piece.status)).collect()
    }

    #[test]
    fn what_a_later_run_says_of_a_time_stands() {
        let mut known = vec![piece(0, 100, LogStatus::Gap)];
        paint(&mut known, piece(20, 40, LogStatus::Complete));
        assert_eq!(
            told(known, 0, 100),
            [(0, 20, LogStatus::Gap), (20, 40, LogStatus::Complete), (40, 100, LogStatus::Gap)]
        );
    }

    #[test]
    fn a_time_that_nobody_speaks_of_is_unknown() {
        let known = vec![piece(50, 60, LogStatus::Complete), piece(10, 20, LogStatus::Complete)];
        assert_eq!(
            told(known, 15, 70),
            [
                (15, 20, LogStatus::Complete),
                (20, 50, LogStatus::Unknown),
                (50, 60, LogStatus::Complete),
                (60, 70, LogStatus::Unknown)
            ]
        );
    }
}
