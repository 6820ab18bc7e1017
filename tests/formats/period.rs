//! What a period sums up, and what each format makes of it.

use driftline::model::{Band, CoverageStatus, LogStatus, ScanId, TraceState};
use driftline::report::period::view::{Lives, Step};
use driftline::report::period::{Ledger, Period};
use driftline::report::{Color, FORMATS, Style, Verbosity};
use insta::assert_snapshot;

use super::schema::assert_published;
use super::schema_check::violations;
use super::{estate, html, story};

/// The formats with a place for a period.
const FIT: [&str; 4] = ["terminal", "json", "markdown", "html"];

const HOUR: i64 = 3_600;

/// Renders a period in one format.
fn render(id: &str, period: &Period, style: &Style) -> String {
    let format = FORMATS.iter().find(|format| format.id() == id).unwrap();
    let mut out = Vec::new();
    format.period().unwrap()(period, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn shown(id: &str, period: &Period) -> String {
    let text = render(id, period, &Style::default());
    if id == "html" { html::bare(&text) } else { text }
}

/// Four scans after the second one.
fn week() -> Period {
    story::between(2, 6, "web-1")
}

fn lives(period: &Period, band: Band) -> Lives {
    period.findings[&band]
}

#[test]
fn a_week_in_every_format_that_has_a_place_for_it() {
    for format in FORMATS {
        assert_eq!(format.period().is_some(), FIT.contains(&format.id()), "{}", format.id());
    }
    for id in FIT {
        assert_snapshot!(format!("week.{id}"), shown(id, &week()));
    }
    let quiet = Style { verbosity: Verbosity::Quiet, ..Style::default() };
    assert_snapshot!("week.terminal.quiet", render("terminal", &week(), &quiet));
    let narrow = Style { width: 60, color: Color::Always, verbosity: Verbosity::Verbose };
    assert_snapshot!("week.terminal.verbose", render("terminal", &week(), &narrow).replace('\u{1b}', "␛"));
}

#[test]
fn a_week_of_hostile_names_in_every_format() {
    let period = story::between(2, 6, estate::HOSTILE);
    for id in FIT {
        let text = shown(id, &period);
        assert!(!text.chars().any(|c| driftline::model::is_treacherous(c) && c != '\n'), "{id}: {text}");
        assert_snapshot!(format!("hostile_week.{id}"), text);
    }
    let plain = html::elements(&shown("html", &week()));
    assert_eq!(html::elements(&shown("html", &period)), plain, "a name makes markup");
}

#[test]
fn the_page_of_a_period_runs_no_script() {
    let page = render("html", &week(), &Style::default());
    assert!(page.contains("script-src &#39;none&#39;") || page.contains("script-src 'none'"), "{page}");
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn an_empty_period_and_one_of_a_single_scan_say_so() {
    for id in FIT.into_iter().filter(|id| *id != "json") {
        let empty = shown(id, &story::between(4, 4, "web-1"));
        assert!(empty.contains("No scan was sealed in this period"), "{id}: {empty}");
        let single = shown(id, &story::between(5, 6, "web-1"));
        assert!(single.contains("One scan was sealed in this period"), "{id}: {single}");
    }
    let empty = story::between(4, 4, "web-1");
    assert_eq!((empty.scans.sealed, empty.trend.steps.len(), empty.open.len()), (0, 0, 4));
    assert_snapshot!("empty_period.terminal", shown("terminal", &empty));
}

#[test]
fn the_published_schema_is_that_of_the_period() {
    assert_published("period.v1", &Period::json_schema());
}

#[test]
fn every_period_fits_its_schema() {
    for (from, to) in [(0, 6), (0, 1), (2, 6), (4, 4), (5, 6)] {
        let period = story::between(from, to, estate::HOSTILE);
        let document = serde_json::from_str(&render("json", &period, &Style::default())).unwrap();
        assert_eq!(violations(&Period::json_schema(), &document), Vec::<String>::new());
        assert_eq!(serde_json::from_value::<Period>(document).unwrap(), period);
    }
}

#[test]
fn what_became_of_findings_is_told_by_band() {
    let period = week();
    assert_eq!(
        lives(&period, Band::Critical),
        Lives { new: 2, changed: 1, open_after: 2, ..Lives::default() }
    );
    let high =
        Lives { open_before: 1, accepted: 1, reopened: 1, persisting: 1, open_after: 1, ..Lives::default() };
    assert_eq!(lives(&period, Band::High), high);
    assert_eq!(lives(&period, Band::Medium), Lives { open_before: 1, resolved: 1, ..Lives::default() });
    assert_eq!(lives(&period, Band::Low), Lives { new: 1, accepted: 1, ..Lives::default() });
    let open: Vec<_> = period.open.iter().map(|finding| (&*finding.id, finding.reopened)).collect();
    assert_eq!(open, [("f-critical", false), ("f-ghost", false), ("f-high", true)]);
}

#[test]
fn time_unexplained_ends_with_an_explanation_or_a_decision_and_begins_again_when_that_expires() {
    let told = week().unexplained;
    // From scan to scan, from before the period to a decision, from a scan to a decision.
    let waits = [24 * HOUR, 36 * HOUR, 6 * HOUR];
    assert_eq!(told.ended, 3);
    assert_eq!(told.mean_seconds, Some(waits.iter().sum::<i64>() / 3));
    assert_eq!(told.longest_seconds, Some(36 * HOUR));
    assert_eq!((told.standing, told.oldest_seconds), (1, Some(0)));
    let open = week().open;
    let high = open.iter().find(|finding| finding.id == "f-high").unwrap();
    assert_eq!(high.unexplained_since, Some(estate::scan(6).taken_at));
}

#[test]
fn a_finding_of_before_the_period_waits_since_it_was_first_seen() {
    let told = story::between(2, 3, "web-1").unexplained;
    assert_eq!((told.ended, told.mean_seconds, told.standing), (0, None, 2));
    assert_eq!(told.oldest_seconds, Some(24 * HOUR));
}

#[test]
fn an_expired_acceptance_is_marked_and_one_from_after_the_end_is_left_out() {
    let decided = week().acceptances;
    let told: Vec<_> = decided
        .iter()
        .map(|one| (&*one.findings[0].id, one.expired, one.findings[0].holds, one.findings.len()))
        .collect();
    assert_eq!(told, [("f-high", true, false, 1), ("f-low", false, true, 1)]);
    let earlier = story::between(2, 4, "web-1").acceptances;
    assert_eq!(earlier.iter().map(|one| one.expired).collect::<Vec<_>>(), [false]);
}

#[test]
fn a_decision_of_today_about_imported_scans_is_dated_between_them() {
    let (from, to) = (story::bound(2), story::bound(3));
    let scan = |id| {
        let mut scan = estate::scan(id);
        scan.finished_at = Some(story::after(9_000 + id, 0));
        scan
    };
    let accepted = driftline::model::Acceptance {
        decision: driftline::model::Decision::Accept,
        owner: "a".to_owned(),
        reason: "b".to_owned(),
        decided_at: story::after(9_002, 1),
        expires_at: None,
        saying: None,
    };
    let mut ledger = Ledger::new(from, to, vec![("f-high".to_owned(), accepted)]);
    let high = [("f-high", driftline::model::FindingStatus::New, TraceState::Unexplained)];
    ledger.read(&scan(2), &[], &[story::run(2, &high, "web-1")]);
    ledger.read(&scan(3), &[], &[story::run(3, &[], "web-1")]);
    assert_eq!(ledger.close().unexplained.longest_seconds, Some(24 * HOUR));
}

#[test]
fn completeness_is_told_by_account_and_the_worst_scope_first() {
    let period = week();
    assert_eq!((period.scans.sealed, period.scans.complete), (4, 2));
    let account = &period.coverage[0];
    assert_eq!((account.scans, account.complete_scans), (4, 2));
    assert_eq!(
        (account.listings, account.complete_listings),
        (8, 6),
        "what is skipped on purpose is no listing"
    );
    let [gaps] = period.gaps.as_slice() else { panic!("{:?}", period.gaps) };
    assert_eq!((&*gaps.kind, gaps.incomplete, gaps.longest, gaps.mended), ("snapshot", 2, 1, true));
    assert_eq!((gaps.last_status, gaps.last_at), (CoverageStatus::Denied, estate::scan(5).taken_at));
}

#[test]
fn a_gap_of_a_log_is_taken_from_its_share() {
    let period = week();
    let [log] = period.logs.as_slice() else { panic!("{:?}", period.logs) };
    assert_eq!((log.seconds, log.complete_seconds), (96 * HOUR, 94 * HOUR));
    let gaps: Vec<_> = log.gaps.iter().map(|gap| (gap.from, gap.to, gap.status)).collect();
    assert_eq!(gaps, [(story::after(3, 10), story::after(3, 12), LogStatus::Gap)]);
}

#[test]
fn the_course_has_a_step_for_each_day_and_for_each_week_of_a_long_period() {
    let trend = week().trend;
    let new: Vec<u64> = trend.steps.iter().map(|step| step.new.values().sum()).collect();
    let open: Vec<u64> =
        trend.steps.iter().map(|step| step.open.iter().flat_map(|open| open.values()).sum()).collect();
    assert_eq!((trend.step, new, open), (Step::Day, vec![2, 1, 0, 0], vec![4, 4, 2, 3]));
    let mut ledger = Ledger::new(story::bound(0), story::bound(60), Vec::new());
    for id in [1, 2, 60] {
        ledger.read(&estate::scan(id), &[], &[story::run(id, &[], "web-1")]);
    }
    let trend = ledger.close().trend;
    let scans: Vec<u64> = trend.steps.iter().map(|step| step.scans).collect();
    assert_eq!((trend.step, scans), (Step::Week, vec![2, 0, 0, 0, 0, 0, 0, 0, 0, 1]));
    assert_eq!(trend.steps[0].from.to_string(), "2025-12-22T00:00:00Z", "a Monday");
    assert_eq!(trend.steps[1].open, None);
}

#[test]
fn a_verdict_that_moves_moves_the_sum() {
    let before = story::between(2, 3, "web-1").traces;
    let after = story::between(2, 4, "web-1").traces;
    assert_eq!((before[&TraceState::Pending], after[&TraceState::Pending]), (2, 0));
    assert_eq!(after[&TraceState::Explained], 2);
}

#[test]
fn a_scan_that_no_run_judged_is_named() {
    let mut ledger = Ledger::new(story::bound(0), story::bound(2), Vec::new());
    ledger.read(&estate::scan(1), &[], &[story::run(1, &[], "web-1")]);
    ledger.read(&estate::scan(2), &[], &[]);
    let period = ledger.close();
    assert_eq!(period.scans.not_judged, [ScanId(2)]);
    assert!(shown("terminal", &period).contains("judged by no run: scan 2"));
}

#[test]
fn rules_and_actors_stand_in_the_order_of_their_worst_finding() {
    let period = week();
    let rules: Vec<_> =
        period.rules.first.iter().map(|tally| (&*tally.rule, tally.findings, tally.open)).collect();
    assert_eq!(rules, [("disk-reverted", 1, 1), ("ghost-resource", 1, 1), ("mass-deletion", 1, 0)]);
    let risks: Vec<_> = period.actors.first.iter().map(|tally| tally.worst_risk).collect();
    assert!(!risks.is_empty() && risks.is_sorted_by(|a, b| a >= b), "{risks:?}");
}
