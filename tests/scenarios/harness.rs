//! Two dumps and the logs of the time between them, imported and judged.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use driftline::model::{
    AccountId, Approval, Change, ChangeKind, Finding, Kind, Location, Locator, Provider, Residue, Timestamp,
    Uid,
};
use driftline::pipeline::{Import, Imported, Intake, Judged, LogTree, Said, Terms, import, judge, take_logs};
use driftline::sources::files::Defaults;
use driftline::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The rules on single changes, residues and logs. Those on lineage, bursts and chains have rows of their own.
const RULES: &[&str] = &[
    "instance-vanished",
    "volume-vanished",
    "snapshot-vanished",
    "image-vanished",
    "instance-appeared",
    "volume-appeared",
    "snapshot-appeared",
    "image-appeared",
    "resource-recreated",
    "instance-modified",
    "volume-modified",
    "snapshot-modified",
    "image-modified",
    "instance-state-changed",
    "exposure-opened",
    "protection-removed",
    "coverage-gap",
    "unlogged-change",
    "ghost-resource",
    "transient-change",
    "probing",
    "log-tampering",
    "log-integrity",
    "tenant-setting-changed",
];

/// One listing of a dump, with what a manifest says of it.
pub(crate) struct Listing {
    pub(crate) provider: Provider,
    pub(crate) account: &'static str,
    pub(crate) location: Option<&'static str>,
    pub(crate) kind: Kind,
    pub(crate) body: Value,
}

/// Files of one log.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) source: &'static str,
    pub(crate) account: &'static str,
    pub(crate) location: Option<&'static str>,
    /// Names and contents.
    pub(crate) files: Vec<(String, String)>,
    /// Whether somebody says that it is complete.
    pub(crate) complete: bool,
    /// Until when.
    pub(crate) to: &'static str,
}

impl Log {
    /// Returns a log that is complete from 09:00 to 13:00.
    pub(crate) fn complete(
        source: &'static str,
        account: &'static str,
        location: Option<&'static str>,
        files: Vec<(String, String)>,
    ) -> Self {
        Self { source, account, location, files, complete: true, to: "2026-03-01T13:00:00Z" }
    }
}

/// What the world looked like at 10:00 and at 12:00, what its logs say, and what must come of it.
///
/// Expectations are lines: `vanished i-1 explained` for a change with its trace, `ghost i-1` for a residue,
/// `instance-vanished i-1` for a finding. Every change, residue and finding is expected, or it is too much.
#[derive(Default)]
pub(crate) struct Story {
    before: Vec<Listing>,
    after: Vec<Listing>,
    logs: Vec<Log>,
    /// What was read from logs before the earlier scan: who is known here.
    past: Vec<Log>,
    approvals: Vec<Approval>,
    changes: Vec<String>,
    residues: Vec<String>,
    findings: Vec<String>,
    risks: Vec<(&'static str, u8, u8)>,
    /// Rules that a finding must say of a resource, by itself or among other things, with facts.
    said: Vec<(&'static str, String, Value)>,
    /// Rules that no finding may say.
    unsaid: Vec<&'static str>,
    /// Whether nobody asks which residues there are.
    any_residues: bool,
    checks: Vec<fn(&Judged)>,
    any: bool,
}

impl Story {
    /// Expects nothing but what is checked otherwise, of changes, residues and findings.
    pub(crate) fn any(mut self) -> Self {
        self.any = true;
        self
    }

    /// Adds a listing to the earlier dump.
    pub(crate) fn before(mut self, listing: Listing) -> Self {
        self.before.push(listing);
        self
    }

    /// Adds a listing to the later dump.
    pub(crate) fn after(mut self, listing: Listing) -> Self {
        self.after.push(listing);
        self
    }

    /// Adds a log.
    pub(crate) fn log(mut self, log: Log) -> Self {
        self.logs.push(log);
        self
    }

    /// Adds a log that was read before the earlier scan.
    pub(crate) fn past(mut self, log: Log) -> Self {
        self.past.push(log);
        self
    }

    /// Adds an approval.
    pub(crate) fn approval(mut self, approval: Approval) -> Self {
        self.approvals.push(approval);
        self
    }

    /// Expects changes: kind, uid, trace state.
    pub(crate) fn changes(mut self, lines: &[&str]) -> Self {
        self.changes.extend(lines.iter().map(|line| (*line).to_owned()));
        self
    }

    /// Expects residues: kind, and uid or locator.
    pub(crate) fn residues(mut self, lines: &[&str]) -> Self {
        self.residues.extend(lines.iter().map(|line| (*line).to_owned()));
        self
    }

    /// Expects findings: rule and uid of the main resource.
    pub(crate) fn findings(mut self, lines: &[&str]) -> Self {
        self.findings.extend(lines.iter().map(|line| (*line).to_owned()));
        self
    }

    /// Expects the risk of every finding of a rule to lie between two bounds.
    pub(crate) fn risk(mut self, rule: &'static str, least: u8, most: u8) -> Self {
        self.risks.push((rule, least, most));
        self
    }

    /// Expects one finding that says a rule, by itself or among other things, of this resource and with these facts.
    pub(crate) fn finds(mut self, rule: &'static str, uid: &str, facts: Value) -> Self {
        self.said.push((rule, uid.to_owned(), facts));
        self
    }

    /// Expects no finding that says a rule.
    pub(crate) fn finds_nothing_of(mut self, rule: &'static str) -> Self {
        self.unsaid.push(rule);
        self
    }

    /// Expects residues, whichever.
    pub(crate) fn any_residues(mut self) -> Self {
        self.any_residues = true;
        self
    }

    /// Leaves out all listings of a kind.
    pub(crate) fn without(mut self, kind: Kind) -> Self {
        self.before.retain(|listing| listing.kind != kind);
        self.after.retain(|listing| listing.kind != kind);
        self
    }

    /// Replaces the listing of its kind in the earlier dump.
    pub(crate) fn replaced_before(mut self, listing: Listing) -> Self {
        self.before.retain(|other| other.kind != listing.kind);
        self.before(listing)
    }

    /// Replaces the listing of its kind in the later dump.
    pub(crate) fn replaced_after(mut self, listing: Listing) -> Self {
        self.after.retain(|other| other.kind != listing.kind);
        self.after(listing)
    }

    /// Expects something else.
    pub(crate) fn check(mut self, check: fn(&Judged)) -> Self {
        self.checks.push(check);
        self
    }

    /// Imports both dumps, the later one with the logs, and judges what differs.
    pub(crate) fn judged(&self) -> Judged {
        self.judged_again(&[])
    }

    /// As [`Story::judged`], with more logs that are imported later.
    pub(crate) fn judged_again(&self, later: &[Log]) -> Judged {
        let mut store = Store::in_memory().unwrap();
        let before = scan(&mut store, 10, &self.before, &self.past).scan.id;
        let after = scan(&mut store, 12, &self.after, &self.logs).scan.id;
        if !later.is_empty() {
            take(&mut store, later);
        }
        let terms = Terms { approvals: &self.approvals, ..Terms::at(moment("2026-03-01T18:00:00Z")) };
        judge(&store, Some(before), after, &terms).unwrap()
    }

    /// Plays it, and holds what came of it against what must.
    pub(crate) fn play(self) {
        if self.before.is_empty() {
            return;
        }
        let judged = self.judged();
        if self.any {
            for check in self.checks {
                check(&judged);
            }
            return;
        }
        let reasons = judged
            .changes
            .iter()
            .map(|change| format!("{}: {} [{}]", told(change), change.trace.reason, paths(change)))
            .chain(judged.residues.iter().map(|residue| format!("{}: {}", left(residue), residue.reason)))
            .chain(
                judged
                    .findings
                    .iter()
                    .map(|found| format!("{}: {} {:?}", said(found), found.risk, found.why)),
            )
            .collect::<Vec<_>>()
            .join("\n");
        assert_eq!(sorted(judged.changes.iter().map(told)), sorted(self.changes), "changes\n{reasons}");
        if !self.any_residues {
            assert_eq!(
                sorted(judged.residues.iter().map(left)),
                sorted(self.residues),
                "residues\n{reasons}"
            );
        }
        for line in &self.findings {
            assert!(judged.findings.iter().any(|found| tells(found, line)), "nothing says {line}\n{reasons}");
        }
        let of_trace = judged.findings.iter().filter(|found| RULES.contains(&found.rule));
        let untold: Vec<_> = of_trace.map(said).filter(|line| !self.findings.contains(line)).collect();
        assert!(untold.is_empty(), "too much: {untold:?}\n{reasons}");
        for (rule, least, most) in self.risks {
            let risks = judged.findings.iter().filter(|found| found.says(rule)).map(|found| found.risk);
            let risks: Vec<u8> = risks.collect();
            let fits = !risks.is_empty() && risks.iter().all(|risk| (least..=most).contains(risk));
            assert!(fits, "{rule} is at {risks:?}, not between {least} and {most}\n{reasons}");
        }
        for (rule, uid, facts) in &self.said {
            let of = |found: &&Finding| found.says(rule) && said(found).ends_with(&format!(" {uid}"));
            let found: Vec<&Finding> = judged.findings.iter().filter(of).collect();
            assert_eq!(found.len(), 1, "{rule} of {uid}\n{reasons}");
            let found = found[0];
            for (name, value) in facts.as_object().unwrap() {
                let fact = found.facts.iter().find(|(fact, _)| fact == name).map(|(_, value)| value);
                assert_eq!(fact, Some(value), "{rule}: {name}\n{:?}\n{reasons}", found.facts);
            }
        }
        for rule in self.unsaid {
            assert!(!judged.findings.iter().any(|found| found.says(rule)), "{rule}\n{reasons}");
        }
        for check in self.checks {
            check(&judged);
        }
    }
}

/// Says a change with its trace.
pub(crate) fn told(change: &Change) -> String {
    let uid = match (change.kind, change.resource()) {
        (ChangeKind::CoverageGap, _) | (_, None) => change.scope.kind.to_string(),
        (_, Some(resource)) => resource.key.uid.to_string(),
    };
    format!("{} {uid} {}", change.kind, change.trace.state)
}

fn paths(change: &Change) -> String {
    change.attributes.iter().map(|attribute| attribute.path.as_str()).collect::<Vec<_>>().join(", ")
}

/// Says a residue.
pub(crate) fn left(residue: &Residue) -> String {
    let target = residue.target.as_ref();
    let uid = target.and_then(|target| target.uid.as_ref()).map(Uid::as_str);
    let locator = target.and_then(|target| target.locator.as_ref()).map(Locator::as_str);
    format!("{} {}", residue.kind, uid.or(locator).unwrap_or("-"))
}

fn said(finding: &Finding) -> String {
    let uid = finding.resources.first().map_or("-", |resource| resource.key.uid.as_str());
    format!("{} {uid}", finding.rule)
}

/// Whether a finding says a line: by its own rule, or by one that it tells too.
fn tells(finding: &Finding, line: &str) -> bool {
    let (rule, uid) = line.split_once(' ').unwrap();
    let about = |resource: &std::sync::Arc<driftline::model::Resource>| resource.key.uid.as_str() == uid;
    // A finding on events alone names no resource.
    let nothing = finding.resources.is_empty() && uid == "-";
    finding.says(rule) && (nothing || finding.resources.iter().any(about))
}

fn sorted(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.into_iter().collect();
    lines.sort();
    lines
}

/// Imports a dump as of an hour, with logs.
pub(crate) fn scan(store: &mut Store, hour: u8, listings: &[Listing], logs: &[Log]) -> Imported {
    let folder = tempfile::tempdir().unwrap();
    let interrupted = AtomicBool::new(false);
    write_dump(folder.path(), listings);
    let (folders, logs) = opened(logs, &interrupted);
    let as_of = moment(&format!("2026-03-01T{hour:02}:00:00Z"));
    let request = Import {
        paths: vec![folder.path().to_path_buf()],
        defaults: Defaults::default(),
        as_of: Some(as_of),
        started_at: as_of,
        holder: "a test".to_owned(),
        interrupted: &interrupted,
        progress: &|_| {},
        logs,
    };
    let imported = import(store, &request).unwrap();
    drop(folders);
    assert_eq!(imported.odd, 0, "the dump of {hour}:00 holds odd elements");
    if let Some(read) = &imported.ingested {
        assert_eq!(read.odd.count, 0, "{:?}", read.odd.first);
    }
    imported
}

/// Imports logs alone.
fn take(store: &mut Store, logs: &[Log]) {
    let interrupted = AtomicBool::new(false);
    let (folders, trees) = opened(logs, &interrupted);
    let intake = Intake {
        trees: trees.iter().collect(),
        started_at: moment("2026-03-01T14:00:00Z"),
        interrupted: &interrupted,
        progress: &|_| {},
    };
    take_logs(store, &intake).unwrap();
    drop(folders);
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn write_dump(folder: &Path, listings: &[Listing]) {
    let files = listings.iter().enumerate().map(|(number, listing)| {
        let name = format!("{number}.json");
        fs::write(folder.join(&name), listing.body.to_string()).unwrap();
        let mut row = json!({ "path": name, "provider": listing.provider, "account": listing.account,
                              "kind": listing.kind, "complete": true });
        if let Some(location) = listing.location {
            row["location"] = json!(location);
        }
        row
    });
    let manifest = json!({ "driftline_dump": 1, "files": files.collect::<Vec<_>>() });
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
}

/// Writes logs into folders, which are to be kept until they are read, and opens them.
fn opened(logs: &[Log], interrupted: &AtomicBool) -> (Vec<TempDir>, Vec<LogTree>) {
    let opened = logs.iter().map(|log| {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in &log.files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let said = Said {
            source: Some(log.source.to_owned()),
            account: Some(AccountId::new(log.account)),
            location: log.location.map(Location::new),
            complete_from: log.complete.then(|| moment("2026-03-01T09:00:00Z")),
            complete_to: log.complete.then(|| moment(log.to)),
        };
        let tree = LogTree::open(folder.path(), said, interrupted).unwrap();
        (folder, tree)
    });
    opened.unzip()
}

/// Returns an approval of everything between two scans.
pub(crate) fn approval(id: &str, resource: &str) -> Approval {
    Approval {
        id: id.to_owned(),
        provider: None,
        account: None,
        resources: vec![resource.to_owned()],
        principals: Vec::new(),
        from: moment("2026-03-01T10:00:00Z"),
        to: moment("2026-03-01T12:00:00Z"),
        origin: "approved.csv:2".to_owned(),
    }
}
