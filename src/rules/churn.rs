//! Records of snapshots' comings and goings as findings: what the rules on them share (SEMANTICS D.5).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::act::Drift;
use super::finding::{Cited, Facts, woven};
use super::rule::RuleMeta;
use super::score::{Bonus, Class};
use crate::model::{
    ChurnBaseline, ChurnKey, ChurnKind, Finding, SnapshotChurn, SnapshotLife, Timestamp, Window, printable,
};

/// What a rule makes of a record.
pub(super) struct Verdict {
    pub(super) class: Class,
    pub(super) bonus: Bonus,
    pub(super) title: String,
}

/// Returns the findings on the records of a kind.
pub(super) fn findings(
    meta: &'static RuleMeta,
    kind: ChurnKind,
    drift: &Drift<'_>,
    judge: impl Fn(&SnapshotChurn) -> Verdict,
) -> Vec<Finding> {
    let records = drift.churn().iter().filter(|record| record.kind == kind);
    records.map(|record| finding(meta, record, drift, judge(record))).collect()
}

fn finding(meta: &'static RuleMeta, record: &SnapshotChurn, drift: &Drift<'_>, verdict: Verdict) -> Finding {
    let ids = |of: fn(&SnapshotLife) -> &Vec<String>| -> BTreeSet<&str> {
        record.lives.iter().flat_map(of).map(String::as_str).collect()
    };
    let (changes, residues) = (ids(|life| &life.changes), ids(|life| &life.residues));
    let told = record.lives.iter().flat_map(|life| &life.events);
    let mut seen = BTreeSet::new();
    let told: Vec<_> = told.filter(|id| seen.insert(*id)).collect();
    let cited = Cited {
        changes: drift.changes().iter().copied().filter(|change| changes.contains(&*change.id)).collect(),
        residues: drift.residues().iter().filter(|residue| residues.contains(&*residue.id)).collect(),
        events: told.iter().filter_map(|id| drift.event(id)).collect(),
    };
    let Verdict { class, bonus, title } = verdict;
    let mut finding = woven(meta, (class, bonus), &cited, drift, title, facts(record));
    // What happened before the time that is judged belongs to the story, but does not name it.
    for id in told {
        if !finding.events.contains(id) {
            finding.events.push(id.clone());
        }
    }
    finding
}

/// Returns everything that was counted, where there is anything to say.
fn facts(record: &SnapshotChurn) -> Facts {
    let mut facts: Facts = vec![
        ("counted_by", json!(record.counted_by)),
        ("key", json!(record.key)),
        ("window", json!(record.window)),
        ("snapshots", record.lives.iter().map(|life| json!(life.key.id)).collect()),
    ];
    let counts = [
        ("created", record.created),
        ("deleted", record.deleted),
        ("distinct_sources", record.distinct_sources),
        ("short_lived", record.short_lived),
        ("deleted_by_other", record.deleted_by_other),
        ("before_expiry", record.before_expiry),
        ("in_recycle_bin", record.in_recycle_bin),
    ];
    facts
        .extend(counts.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name, json!(count))));
    facts.extend(record.fraction_deleted.map(|share| ("fraction_deleted", rounded(share))));
    let gaps = record.restore_gaps.iter().map(|gap| {
        json!({ "source": gap.source, "from": gap.window.from, "to": gap.window.to, "deleted": gap.deleted })
    });
    facts.extend(list("restore_gaps", gaps));
    facts.extend(list("lost_sources", record.lost_sources.iter().map(|source| json!(source))));
    facts.extend(list("shared_with", texts(record, |life| &life.shared_with)));
    facts.extend(list("used_by", texts(record, |life| &life.used_by)));
    facts.extend(list("volumes", texts(record, |life| &life.volumes)));
    facts.extend(list("sources", texts(record, |life| &life.sources)));
    facts.extend(list("operations", operations(record)));
    facts.extend(list("principals", principals(record).into_iter().map(|name| json!(name))));
    facts.extend(
        record.lives.iter().filter_map(|life| life.expires_at).max().map(|at| ("kept_until", json!(at))),
    );
    if record.expected.1 > 0 {
        let (policies, count) = &record.expected;
        facts.push(("expected", json!({ "policies": policies, "count": count })));
    }
    match &record.baseline {
        Some(baseline) => facts.push(("baseline", compared(baseline))),
        None if matches!(record.kind, ChurnKind::Burst | ChurnKind::DeletionBurst) => {
            facts.push(("baseline", json!("fixed thresholds: too little is known of earlier hours")));
        }
        None => {}
    }
    facts.extend(list("notes", record.notes.iter().map(|note| json!(note))));
    facts
}

fn compared(baseline: &ChurnBaseline) -> Value {
    json!({
        "median": rounded(baseline.centre.median),
        "mad": rounded(baseline.centre.mad),
        "mean_ad": rounded(baseline.centre.mean_ad),
        "z": baseline.z.map(rounded),
        "lambda": rounded(baseline.tail.lambda),
        "dispersion": rounded(baseline.tail.dispersion),
        "distribution": baseline.tail.distribution,
        "p": rounded(baseline.tail.p),
        "buckets": baseline.buckets,
        "buckets_left_out": baseline.left_out,
    })
}

/// Returns a number to three digits, so that what is told does not hang on the last bit.
fn rounded(value: f64) -> Value {
    format!("{value:.2e}").parse::<f64>().map_or(Value::Null, |value| json!(value))
}

fn list(name: &'static str, values: impl IntoIterator<Item = Value>) -> Option<(&'static str, Value)> {
    let values: Vec<Value> = values.into_iter().collect();
    (!values.is_empty()).then_some((name, Value::Array(values)))
}

fn texts(record: &SnapshotChurn, of: fn(&SnapshotLife) -> &BTreeSet<String>) -> Vec<Value> {
    let texts: BTreeSet<&String> = record.lives.iter().flat_map(of).collect();
    texts.into_iter().map(|text| json!(text)).collect()
}

fn operations(record: &SnapshotChurn) -> Vec<Value> {
    let turns = record.lives.iter().flat_map(|life| life.born.iter().chain(&life.gone));
    let operations: BTreeSet<&String> = turns.filter_map(|turn| turn.operation.as_ref()).collect();
    operations.into_iter().map(|operation| json!(operation)).collect()
}

fn principals(record: &SnapshotChurn) -> BTreeSet<String> {
    let turns = record.lives.iter().flat_map(|life| life.born.iter().chain(&life.gone));
    turns.filter_map(|turn| turn.by.as_ref()).map(|actor| actor.name.clone()).collect()
}

/// Whether a service of the vendor asked for all of it, be it through a role of the account: the log says so, and
/// no ordinary principal can make it say so (SEMANTICS D.2, class A).
pub(super) fn by_keeper(record: &SnapshotChurn) -> bool {
    let mut turns = record.lives.iter().map(|life| life.turn(record.kind).as_ref());
    turns.all(|turn| turn.and_then(|turn| turn.by.as_ref()).is_some_and(|by| by.service.is_some()))
}

/// Names who did it at the start of a sentence, where it was counted by that.
pub(super) fn doer(record: &SnapshotChurn) -> Option<String> {
    (record.counted_by == ChurnKey::Principal).then(|| printable(&record.key))
}

/// Names what snapshots were counted by, at the end of a sentence; nothing where that is who did it.
pub(super) fn place(record: &SnapshotChurn) -> String {
    let key = printable(&record.key);
    match record.counted_by {
        ChurnKey::Principal => String::new(),
        ChurnKey::Source => format!(" of {key}"),
        ChurnKey::Account | ChurnKey::Region => format!(" in {key}"),
    }
}

/// Says how long a window is, in its largest unit.
pub(super) fn width(window: Window) -> String {
    let seconds = span(window.from, window.to);
    match seconds {
        0..=89 => format!("{seconds} s"),
        90..=5_399 => format!("{} min", (seconds + 59) / 60),
        5_400..=129_599 => format!("{} h", (seconds + 3_599) / 3_600),
        _ => format!("{} d", (seconds + 86_399) / 86_400),
    }
}

fn span(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs().max(0)
}

/// Names the only snapshot of a record, or counts them.
pub(super) fn subject(record: &SnapshotChurn) -> String {
    match record.lives.as_slice() {
        [life] => {
            let name = life.name.as_deref().unwrap_or(&life.key.id);
            format!("Snapshot {}", printable(name.rsplit('/').next().unwrap_or(name)))
        }
        lives => format!("{} snapshots", lives.len()),
    }
}
