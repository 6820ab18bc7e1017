//! Runs to report on.

use super::log;
use driftline::model::{
    Acceptance, AccountId, Accounted, AttributeChange, Change, ChangeKind, Coverage, CoverageStatus,
    Decision, Digest, EventId, Finding, FindingStatus, Kind, Lineage, Location, Locator, Points, Provider,
    Reason, Resource, ResourceKey, Scan, ScanId, ScanState, Scope, Seal, Standing, Timestamp, TraceState,
    Uid, Window,
};
use driftline::report::{Material, RunFacts, View};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

static NO_LINEAGE: Lineage =
    Lineage { nodes: BTreeMap::new(), edges: BTreeSet::new(), occupancies: Vec::new() };

/// A name that attacks everything that could show it.
pub(crate) const HOSTILE: &str = "=HYPERLINK(\"http://evil.example\",\"x\")\u{1b}[31m\u{202e}|`<script>alert(1)</script>\r\n![i](//x) @root";

/// A run that saw nothing at all.
pub(crate) fn empty() -> View {
    let scan = scan(1);
    view(&Material { before: None, after: None, ..nothing(None, &scan) })
}

/// A run in which nothing happened.
pub(crate) fn quiet() -> View {
    let coverage = [covered("us-east-1", Kind::Instance, 1200), covered("us-east-1", Kind::Volume, 34)];
    view(&Material { coverage: &coverage, ..nothing(Some(&scan(6)), &scan(7)) })
}

/// A first scan, with one refused scope.
pub(crate) fn first() -> View {
    let mut refused = covered("eu-west-3", Kind::Snapshot, 0);
    refused.status = CoverageStatus::Denied;
    refused.reasons = vec![reason("UnauthorizedOperation", "not authorized to call DescribeSnapshots")];
    let coverage = [covered("us-east-1", Kind::Instance, 1), refused];
    view(&Material { coverage: &coverage, ..nothing(None, &scan(1)) })
}

/// A run in which everything happened, to resources whose texts all hold `text`.
pub(crate) fn incident(text: &str) -> View {
    let changes = changes(text);
    report(&coverage(text), &changes, &findings(text, &changes), &log::Told::of(text, &changes))
}

/// The same run, everything handed over the other way round.
pub(crate) fn incident_backwards(text: &str) -> View {
    let (mut coverage, mut changes) = (coverage(text), changes(text));
    let mut findings = findings(text, &changes);
    let mut told = log::Told::of(text, &changes);
    coverage.reverse();
    changes.reverse();
    findings.reverse();
    told.reverse();
    report(&coverage, &changes, &findings, &told)
}

fn report(coverage: &[Coverage], changes: &[Change], findings: &[Finding], told: &log::Told) -> View {
    let accepted = || Acceptance {
        decision: Decision::Accept,
        owner: "storage team".to_owned(),
        reason: "CHG-7: the old array is retired".to_owned(),
        decided_at: time("2026-01-01T12:00:00Z"),
        expires_at: Some(time("2026-04-01T00:00:00Z")),
        saying: None,
    };
    let standing = |id: &str| {
        let status = match id {
            "f-accepted" => FindingStatus::Accepted,
            "f-resolved" => FindingStatus::Resolved,
            "f-high" => FindingStatus::Persisting,
            _ => return Standing::NEW,
        };
        let acceptance = (status != FindingStatus::Resolved).then(accepted);
        Standing { status, since: Some(time("2026-01-01T03:00:00Z")), acceptance }
    };
    let (before, after) = (scan(6), scan(7));
    let nothing = nothing(Some(&before), &after);
    let run = RunFacts { exit_status: 10, ..nothing.run };
    view(&Material {
        run,
        coverage,
        changes,
        residues: &told.residues,
        events: &told.events,
        accounted: Accounted { explained: 2, attempts: 1, residues: 2, pending: 0, noise: 41 },
        log_coverage: &told.coverage,
        findings,
        moved: &told.moved,
        unused_approvals: &told.unused,
        standing: &standing,
        ..nothing
    })
}

fn view(material: &Material<'_>) -> View {
    let mut view = View::new(material);
    "0.0.0".clone_into(&mut view.run.version);
    view
}

fn nothing<'a>(before: Option<&'a Scan>, after: &'a Scan) -> Material<'a> {
    let run = RunFacts {
        id: Some(after.id.0),
        command: "scan",
        started_at: time("2026-01-02T03:00:00Z"),
        finished_at: time("2026-01-02T03:00:41.250Z"),
        rules_version: "1",
        bands: driftline::rules::Weights::shipped().bands(),
        seal: after.seal,
        exit_status: 0,
    };
    let standing = &|_: &str| Standing::NEW;
    Material {
        run,
        before,
        after: Some(after),
        coverage: &[],
        changes: &[],
        residues: &[],
        events: &[],
        accounted: Accounted::default(),
        log_coverage: &[],
        findings: &[],
        rules: &[],
        moved: &[],
        unused_approvals: &[],
        lineage: &NO_LINEAGE,
        standing,
        resolved: &[],
    }
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn scan(id: i64) -> Scan {
    let at = time("2025-12-26T03:00:00Z") + jiff::SignedDuration::from_hours(24 * id);
    Scan {
        id: ScanId(id),
        state: ScanState::Sealed,
        started_at: at,
        finished_at: Some(at),
        taken_at: at,
        tool_version: "0.0.0".to_owned(),
        seal: Some(Seal(Digest::of(&id.to_be_bytes()))),
    }
}

pub(crate) fn window() -> Window {
    Window { from: time("2026-01-01T03:00:00Z"), to: time("2026-01-02T03:00:12Z") }
}

fn scope(location: &str, kind: Kind) -> Scope {
    Scope {
        provider: Provider::Aws,
        account: AccountId::new("123456789012"),
        location: Location::new(location),
        kind,
    }
}

pub(crate) fn covered(location: &str, kind: Kind, listed: u64) -> Coverage {
    Coverage {
        scope: scope(location, kind),
        status: CoverageStatus::Complete,
        listed,
        reasons: Vec::new(),
        started_at: window().to,
        finished_at: window().to,
    }
}

pub(crate) fn reason(code: &str, message: &str) -> Reason {
    Reason { code: code.to_owned(), message: message.to_owned() }
}

fn coverage(text: &str) -> Vec<Coverage> {
    let statuses = CoverageStatus::ALL.iter().enumerate();
    let with = |(place, &status): (usize, &CoverageStatus)| {
        let mut coverage = covered("us-east-1", Kind::ALL[place], 40 + place as u64);
        coverage.status = status;
        if status != CoverageStatus::Complete {
            coverage.reasons = vec![reason("code", "first"), reason("other", text)];
        }
        coverage
    };
    statuses.map(with).collect()
}

fn resource(kind: Kind, uid: &str, text: &str) -> Resource {
    let key = ResourceKey { provider: Provider::Aws, kind, uid: Uid::new(uid) };
    let mut resource = Resource::new(
        key,
        AccountId::new("123456789012"),
        Location::new("us-east-1"),
        Locator::new(format!("/locator/{text}")),
    );
    resource.name = Some(text.to_owned());
    resource
}

fn attribute(path: &str, before: Option<Value>, after: Option<Value>) -> AttributeChange {
    AttributeChange { path: path.to_owned(), before, after }
}

/// One change of every kind, with the trace states in turn.
fn changes(text: &str) -> Vec<Change> {
    let states = TraceState::ALL.iter().cycle();
    let kinds = ChangeKind::ALL.iter().zip(states).enumerate();
    kinds
        .map(|(place, (&kind, &state))| {
            let sort = Kind::ALL[place % Kind::ALL.len()];
            let earlier = (kind != ChangeKind::Appeared && kind != ChangeKind::CoverageGap)
                .then(|| Arc::new(resource(sort, &format!("uid-{place}"), text)));
            let later = (kind != ChangeKind::Vanished && kind != ChangeKind::CoverageGap)
                .then(|| Arc::new(resource(sort, &format!("uid-{place}"), text)));
            Change {
                id: format!("c-{kind}"),
                kind,
                scope: scope("us-east-1", sort),
                before: earlier,
                after: later,
                window: window(),
                attributes: attributes(kind, text),
                trace: log::trace(state, kind, text),
            }
        })
        .collect()
}

fn attributes(kind: ChangeKind, text: &str) -> Vec<AttributeChange> {
    let long = format!("{}{text}", "long ".repeat(40));
    match kind {
        ChangeKind::Recreated | ChangeKind::Moved => {
            vec![attribute("uid", Some(json!("uid-old")), Some(json!(format!("uid-{text}"))))]
        }
        ChangeKind::Modified => vec![
            attribute(&format!("tags.{text}"), None, Some(json!(text))),
            attribute("config.groups", Some(json!([text, "sg-2"])), Some(json!(["sg-2"]))),
            attribute("config.policy", Some(json!(format!("{long}a"))), Some(json!(format!("{long}b")))),
            attribute("config.monitoring", Some(json!(true)), None),
            attribute("config.ratio", Some(json!(-0.5)), Some(json!(-1))),
        ],
        ChangeKind::SlotSwapped => (0..10)
            .map(|n| attribute(&format!("links.slot-{n}"), Some(json!(n)), Some(json!(n + 1))))
            .collect(),
        _ => Vec::new(),
    }
}

/// A finding of every band, one without a change, one accepted and one resolved.
fn findings(text: &str, changes: &[Change]) -> Vec<Finding> {
    let about = |id: &str, rule, risk, kinds: &[ChangeKind]| {
        let shown: Vec<&Change> = changes.iter().filter(|change| kinds.contains(&change.kind)).collect();
        Finding {
            id: id.to_owned(),
            rule,
            also: Vec::new(),
            title: format!("{text} as {rule} sees it, which takes more words than one line has room for"),
            impact: 90,
            risk,
            techniques: vec!["T1578.004", "T9999"],
            resources: shown.iter().filter_map(|change| change.resource().cloned()).collect(),
            scopes: Vec::new(),
            changes: shown.iter().map(|change| change.id.clone()).collect(),
            residues: Vec::new(),
            events: shown.iter().flat_map(|change| change.trace.events.clone()).collect(),
            facts: vec![("slot", json!(text)), ("lost_seconds", json!(86400))],
            why: vec![
                Points { points: 60, reason: format!("the root of {text}") },
                Points { points: -5, reason: "a copied tag".to_owned() },
            ],
        }
    };
    let mut gap = about("f-gap", "coverage-gap", 40, &[]);
    gap.scopes = vec![scope("us-east-1", Kind::Volume)];
    gap.changes = vec!["c-coverage-gap".to_owned()];
    vec![
        gap,
        about("f-info", "instance-state-changed", 10, &[ChangeKind::Started]),
        about("f-critical", "disk-reverted", 95, &[ChangeKind::SlotSwapped, ChangeKind::Restarted]),
        about("f-high", "instance-vanished", 80, &[ChangeKind::Vanished]),
        about("f-medium", "instance-modified", 55, &[ChangeKind::Modified, ChangeKind::SlotSwapped]),
        about("f-low", "mass-deletion", 35, &ChangeKind::ALL[..8]),
        about("f-accepted", "volume-vanished", 92, &[]),
        about("f-resolved", "snapshot-vanished", 75, &[]),
        Finding {
            residues: vec!["r-ghost".to_owned()],
            events: vec![EventId::new("e-1"), EventId::new("e-2")],
            ..about("f-ghost", "ghost-resource", 90, &[])
        },
    ]
}
