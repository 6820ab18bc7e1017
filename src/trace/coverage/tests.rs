use super::*;
use crate::trace::fixture::*;

fn of(intervals: &[LogInterval], events: &[AuditEvent]) -> Vec<(Window, LogStatus)> {
    let settled = settled_coverage(intervals, events);
    settled.into_iter().map(|interval| (interval.window, interval.status)).collect()
}

fn aws(status: LogStatus, reason: &str, from: &str, to: &str) -> LogInterval {
    log_over(Provider::Aws, status, reason, Window { from: at(from), to: at(to) })
}

fn between(from: &str, to: &str) -> Window {
    Window { from: at(from), to: at(to) }
}

fn stop(clock: &str) -> AuditEvent {
    let event = event(Provider::Aws, "StopLogging", Class::LogTamper).at(clock).fact("trail", "main");
    AuditEvent { service: "cloudtrail.amazonaws.com".into(), ..event }
}

fn start(clock: &str) -> AuditEvent {
    AuditEvent { operation: "StartLogging".into(), class: Class::LogRestore, ..stop(clock) }.at(clock)
}

use LogStatus::{Complete, Gap, Unknown};

#[test]
fn the_stronger_of_two_statements_wins_and_neighbours_merge() {
    let intervals = [
        aws(Unknown, "some file", "01:00", "09:00"),
        aws(Complete, "the digest chain is valid", "03:00", "04:00"),
        aws(Complete, "the digest chain is valid", "04:00", "05:00"),
        aws(Gap, "an object is missing", "06:00", "07:00"),
    ];
    let expected = [
        (between("01:00", "03:00"), Unknown),
        (between("03:00", "05:00"), Complete),
        (between("05:00", "06:00"), Unknown),
        (between("06:00", "07:00"), Gap),
        (between("07:00", "09:00"), Unknown),
    ];
    assert_eq!(of(&intervals, &[]), expected);
    let mut reversed = intervals;
    reversed.reverse();
    assert_eq!(of(&reversed, &[]), expected);
}

#[test]
fn a_stopped_trail_is_a_gap_in_every_region_until_it_is_started_again() {
    let said = aws(Complete, "said by --log-complete-from", "01:00", "09:00");
    let mut elsewhere = said.clone();
    elsewhere.scope.location = crate::model::Location::new("us-west-2");
    let events = [stop("03:00"), start("05:00")];
    let one = [
        (between("01:00", "03:00"), Complete),
        (between("03:00", "05:00"), Gap),
        (between("05:00", "09:00"), Complete),
    ];
    assert_eq!(of(&[said.clone(), elsewhere], &events), [one, one].concat());
    assert_eq!(of(std::slice::from_ref(&said), &[stop("03:00")])[1], (between("03:00", "09:00"), Gap));
    let of_another = start("05:00").fact("trail", "other");
    assert_eq!(of(&[said], &[stop("03:00"), of_another])[1], (between("03:00", "09:00"), Gap));
}

#[test]
fn a_refused_stop_and_one_of_another_log_stop_nothing() {
    let said = aws(Complete, "said by --log-complete-from", "01:00", "09:00");
    let refused = stop("03:00").ending(crate::model::End::Denied);
    let flow_logs = AuditEvent { service: "ec2.amazonaws.com".into(), ..stop("03:00") };
    for event in [refused, flow_logs] {
        assert_eq!(of(std::slice::from_ref(&said), &[event]), [(between("01:00", "09:00"), Complete)]);
    }
}

#[test]
fn nobody_stops_the_vendors_own_record() {
    let looked_up = aws(Complete, "LookupEvents was read to its end", "01:00", "09:00");
    assert_eq!(of(&[looked_up], &[stop("03:00")]), [(between("01:00", "09:00"), Complete)]);
    // A file can be called anything.
    let said = aws(Complete, "said of `LookupEvents was read to its end.json`", "01:00", "09:00");
    assert_eq!(of(&[said], &[stop("03:00")])[1], (between("03:00", "09:00"), Gap));
}

#[test]
fn a_log_that_was_read_live_since_a_stop_has_no_gap_in_what_it_may_still_deliver() {
    let read = aws(Complete, "LookupEvents was read to its end", "01:00", "05:00");
    let tail = aws(Unknown, "the log may still deliver events of this time", "05:00", "06:00");
    let settled = of(&[read.clone(), tail.clone()], &[stop("03:00")]);
    assert_eq!(settled, [(between("01:00", "05:00"), Complete), (between("05:00", "06:00"), Unknown)]);
    // Nobody knows yet whether it goes on after this one.
    assert_eq!(of(&[read, tail], &[stop("05:30")])[2], (between("05:30", "06:00"), Gap));
}

#[test]
fn a_digest_that_begins_after_a_stop_proves_that_the_trail_ran_again() {
    let digest = |from, to| aws(Complete, "the digest chain is valid", from, to);
    let hours = [digest("02:00", "03:00"), digest("03:00", "04:00"), digest("04:00", "05:00")];
    let expected = [
        (between("02:00", "03:00"), Complete),
        (between("03:00", "03:20"), Complete),
        (between("03:20", "04:00"), Gap),
        (between("04:00", "05:00"), Complete),
    ];
    let settled = of(&hours, &[stop("03:20")]);
    assert_eq!(settled[0].0, Window { from: expected[0].0.from, to: expected[1].0.to });
    assert_eq!(settled[1..], expected[2..]);
}

#[test]
fn a_window_is_covered_as_badly_as_its_worst_moment() {
    let ledger = |intervals: &[LogInterval]| Ledger::new(intervals, &[]);
    let scope = crate::trace::fixture::aws(crate::model::Kind::Instance, "i-1").scope();
    let window = between("02:00", "04:00");
    let complete = aws(Complete, "said", "01:00", "03:00");
    let late = |status| aws(status, "x", "03:00", "05:00");
    assert_eq!(ledger(&[]).cover(&scope, window), Cover::Missing);
    assert_eq!(ledger(std::slice::from_ref(&complete)).cover(&scope, window), Cover::Missing);
    assert_eq!(ledger(&[complete.clone(), late(Complete)]).cover(&scope, window), Cover::Complete);
    assert_eq!(ledger(&[complete.clone(), late(Unknown)]).cover(&scope, window), Cover::Unknown);
    assert_eq!(ledger(&[complete.clone(), late(Gap)]).cover(&scope, window), Cover::Gap("x".into()));
    let mut elsewhere = late(Complete);
    elsewhere.scope.location = crate::model::Location::new("us-west-2");
    assert_eq!(ledger(&[complete.clone(), elsewhere.clone()]).cover(&scope, window), Cover::Missing);
    elsewhere.scope.location = crate::model::Location::new(EVERYWHERE);
    assert_eq!(ledger(&[complete, elsewhere]).cover(&scope, window), Cover::Complete);
}
