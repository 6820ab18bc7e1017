//! Fetches of audit logs from AWS: which time of which log is read, and what is known of it afterwards.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use driftline::model::{
    AccountId, AuditEvent, Location, LogInterval, LogStatus, OddRecord, Provider, Timestamp,
};
use driftline::pipeline::{EventSink, Fetch, Fetched, ScanError, fetch};
use driftline::sources::live::Ledger;
use driftline::store::{self, Taken};
use driftline::trace::Budgets;
use jiff::SignedDuration;

use crate::aws::alone_with_credentials;
use crate::aws_logs::{REGION, TRAIL, collectors, history, lately, log, signed};
use crate::ec2::logs::record;
use crate::ec2::{self, ACCOUNT, Estate, Manner, World};

/// Keeps what is covered.
#[derive(Default)]
struct Kept {
    covered: Vec<LogInterval>,
}

impl EventSink for Kept {
    fn take(&mut self, _: &AuditEvent) -> Result<Taken, store::Error> {
        Ok(Taken::New)
    }

    fn keep_odd(&mut self, odd: &OddRecord) -> Result<(), store::Error> {
        panic!("odd: {odd:?}")
    }

    fn cover(&mut self, interval: &LogInterval) -> Result<(), store::Error> {
        self.covered.push(interval.clone());
        Ok(())
    }
}

/// Fetches two hours up to the present.
fn fetched(estate: &Estate, known: &[LogInterval], kept: &mut Kept) -> Result<Fetched, ScanError> {
    fetched_since(Timestamp::now() - SignedDuration::from_hours(2), "", estate, known, kept)
}

/// Fetches from the event history and from a trail, so that every request is made that a fetch may make.
pub fn fetch_everything(world: World) -> Estate {
    let (logs, ..) = signed(lately);
    let estate = ec2::serve(World { logs, ..world }, Manner::default());
    for more in ["", TRAIL] {
        let fetched = fetched_since(lately(0, 0), more, &estate, &[], &mut Kept::default()).unwrap();
        assert_eq!((fetched.troubles, fetched.violations), (vec![], vec![]));
    }
    estate
}

fn fetched_since(
    since: Timestamp,
    more: &str,
    estate: &Estate,
    known: &[LogInterval],
    kept: &mut Kept,
) -> Result<Fetched, ScanError> {
    let ledger = Arc::new(Ledger::default());
    let now = Timestamp::now();
    let request = Fetch {
        collectors: collectors(estate, more, &ledger),
        ledger,
        places: [].into(),
        known,
        since,
        about: BTreeSet::new(),
        budgets: Budgets::default(),
        now,
        interrupted: &AtomicBool::new(false),
        progress: &|_| {},
    };
    fetch(request, kept)
}

#[test]
fn a_fetch_covers_each_region_up_to_the_lag_and_the_next_one_goes_on_from_there() {
    alone_with_credentials(
        "aws_fetch::a_fetch_covers_each_region_up_to_the_lag_and_the_next_one_goes_on_from_there",
        || {
            let now = Timestamp::now();
            let mut logs = history([record(1, now - SignedDuration::from_mins(115), false)]);
            let place = (ACCOUNT.to_owned(), "eu-west-1".to_owned());
            logs.history.insert(place, vec![record(2, now - SignedDuration::from_mins(110), false)]);
            let world = World { logs, ..World::empty(ACCOUNT, &["eu-west-1", REGION]) };
            let estate = ec2::serve(world, Manner::default());
            let mut kept = Kept::default();
            let first = fetched(&estate, &[], &mut kept).unwrap();
            assert_eq!((first.tally.records, first.progress.reads, first.progress.reads_done), (2, 2, 2));
            assert_eq!((first.troubles.len(), first.unknown.len(), first.refused.len()), (0, 0, 0));
            assert_eq!(kept.covered, first.intervals);
            for region in ["eu-west-1", REGION] {
                let of_region: Vec<_> =
                    first.intervals.iter().filter(|told| told.scope == log(region)).cloned().collect();
                let [complete, late] = of_region.as_slice() else { panic!("{of_region:?}") };
                assert_eq!((complete.status, late.status), (LogStatus::Complete, LogStatus::Unknown));
                assert_eq!(late.window.to.duration_since(late.window.from).as_secs(), Budgets::default().aws);
                assert!(late.reason.contains("may still deliver"), "{}", late.reason);
            }
            let second = fetched(&estate, &first.intervals, &mut kept).unwrap();
            assert_eq!(second.tally.records, 0);
            for region in ["eu-west-1", REGION] {
                let mut of_region = second.intervals.iter().filter(|told| told.scope == log(region));
                let (first, last) = (of_region.next().unwrap(), of_region.next_back().unwrap());
                // What was not settled, and the overlap.
                let length = last.window.to.duration_since(first.window.from);
                assert!((90..=91).contains(&length.as_mins()), "{:?}", second.intervals);
            }
        },
    );
}

#[test]
fn a_fetch_of_known_places_asks_for_no_regions_and_an_interrupted_one_ends_at_once() {
    alone_with_credentials(
        "aws_fetch::a_fetch_of_known_places_asks_for_no_regions_and_an_interrupted_one_ends_at_once",
        || {
            let estate = ec2::serve(World::empty(ACCOUNT, &["eu-west-1"]), Manner::default());
            let fetched = |interrupted: bool| {
                let ledger = Arc::new(Ledger::default());
                let now = Timestamp::now();
                let regions = ["sa-east-1", "*"].map(Location::new).into();
                let request = Fetch {
                    collectors: collectors(&estate, "", &ledger),
                    ledger,
                    places: [((Provider::Aws, AccountId::new(ACCOUNT)), regions)].into(),
                    known: &[],
                    since: now - SignedDuration::from_mins(30),
                    about: BTreeSet::new(),
                    budgets: Budgets::default(),
                    now,
                    interrupted: &AtomicBool::new(interrupted),
                    progress: &|_| {},
                };
                fetch(request, &mut Kept::default())
            };
            let read: BTreeSet<String> = fetched(false)
                .unwrap()
                .intervals
                .iter()
                .map(|told| told.scope.location.to_string())
                .collect();
            assert_eq!(read, ["sa-east-1", REGION].map(str::to_owned).into());
            let regions = |request: &crate::server::Request| {
                request.parameter("Action").is_some_and(|action| action == "DescribeRegions")
            };
            assert!(!estate.server.requests().iter().any(regions));
            assert!(matches!(fetched(true).unwrap_err(), ScanError::Interrupted));
        },
    );
}

#[test]
fn a_fetch_that_nobody_lets_in_says_so() {
    alone_with_credentials("aws_fetch::a_fetch_that_nobody_lets_in_says_so", || {
        let estate = ec2::serve(
            World::empty(ACCOUNT, &[REGION]),
            Manner { fault: Some(crate::fault::Fault::ExpiredCredentials), ..Manner::default() },
        );
        let refused = fetched(&estate, &[], &mut Kept::default()).unwrap_err();
        assert!(matches!(refused, ScanError::Credentials { .. }), "{refused}");
    });
}
