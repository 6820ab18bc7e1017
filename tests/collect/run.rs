//! What a run as a whole does: limits, interruption, refusals everywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use driftline::pipeline::ScanError;
use driftline::sources::live::RefusalKind;
use driftline::store::Store;

use super::script::{Script, Step, play_until, try_play};

#[test]
fn credentials_that_nobody_accepts_seal_nothing() {
    let mut store = Store::in_memory().unwrap();
    let mut script = Script::volumes(&["vol-1"]);
    script.accounts = Err(RefusalKind::Credentials);
    let error = try_play(&mut store, &Arc::new(script)).unwrap_err();
    assert!(matches!(error, ScanError::Credentials { .. }), "{error}");
    assert_eq!(error.to_string(), "no credentials were accepted: script: NoEntry: no entry");
    assert_eq!(store.latest().unwrap(), None);
}

#[test]
fn an_enumeration_that_fails_leaves_every_account_seen_before_unlisted() {
    let mut store = Store::in_memory().unwrap();
    try_play(&mut store, &Arc::new(Script::volumes(&["vol-1"]))).unwrap();
    let mut script = Script::volumes(&[]);
    script.accounts = Err(RefusalKind::Failed);
    let collected = try_play(&mut store, &Arc::new(script)).unwrap();
    assert_eq!(collected.refused.len(), 1);
    assert_eq!(store.resources_at(collected.scan.id).unwrap().len(), 1, "the volume stays as it was");
}

#[test]
fn an_interrupted_run_does_not_wait_for_its_calls_and_seals_nothing() {
    let mut store = Store::in_memory().unwrap();
    let mut script = Script::new(&[("eu-west-1", &[Step::Page(vec!["vol-1"], Some("t")), Step::Stall])]);
    script.limits.call_timeout = Duration::from_mins(1);
    script.limits.scope_timeout = Duration::from_mins(1);
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let began = Instant::now();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        flag.store(true, Ordering::Relaxed);
    });
    let error = play_until(&mut store, &Arc::new(script), &interrupted).unwrap_err();
    assert!(matches!(error, ScanError::Interrupted), "{error}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(store.latest().unwrap(), None);
    try_play(&mut store, &Arc::new(Script::volumes(&["vol-1"]))).unwrap();
}

#[test]
fn no_more_listings_are_under_way_than_the_limit_allows() {
    const REGIONS: &[&str] = &["r-1", "r-2", "r-3", "r-4", "r-5", "r-6", "r-7", "r-8"];
    let pages: &[Step] = &[Step::Page(vec![], Some("t")), Step::Page(vec![], None)];
    let regions: Vec<_> = REGIONS.iter().map(|region| (*region, pages)).collect();
    let mut script = Script::new(&regions);
    script.limits.concurrency = 3;
    let script = Arc::new(script);
    let collected = try_play(&mut Store::in_memory().unwrap(), &script).unwrap();
    let widest = script.widest.load(Ordering::SeqCst);
    assert!((1..=3).contains(&widest), "{widest}");
    assert_eq!(collected.progress.scopes_done, 8);
    assert_eq!(collected.progress.requests.made, 16);
}

#[test]
fn a_passing_refusal_is_tried_again_and_counted() {
    let steps = [
        Step::Refusal(RefusalKind::Throttled),
        Step::Refusal(RefusalKind::Passing),
        Step::Page(vec!["vol-1"], None),
    ];
    let mut script = Script::new(&[("eu-west-1", &steps)]);
    script.limits.retries = 2;
    script.limits.scope_timeout = Duration::from_secs(20);
    let collected = try_play(&mut Store::in_memory().unwrap(), &Arc::new(script)).unwrap();
    let requests = collected.progress.requests;
    assert_eq!((requests.made, requests.retries, requests.throttled), (3, 2, 1));
    assert_eq!(collected.progress.resources, 1);
}
