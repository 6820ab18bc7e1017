//! `mass-deletion`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::model::{
    AccountId, AuditEvent, Change, ChangeKind, Class as EventClass, Estate, Finding, Kind, Plural, Provider,
    Scope, TraceState, printable,
};
use crate::rules::finding::family;
use crate::rules::fixture::{act, explained, held, instance, snapshot, traced, vanished, volume};
use crate::rules::score::{Bonus, Class};
use crate::rules::timeline::{DELETIONS, Step, Who, chain, lasting};
use crate::rules::{Drift, Example, Parameter, Past, Rule, RuleMeta, Tier};

/// Much was deleted at once by one principal.
pub(super) struct MassDeletion;

static META: RuleMeta = RuleMeta {
    id: "mass-deletion",
    tier: Tier::Chain,
    title: "Much was deleted at once by one principal",
    impact: 90,
    explanation: "\
## What it says

Within an hour one principal deleted five or more instances, volumes, snapshots or images of an account, or
three or more that are a fifth of what the earlier scan found in one scope (cloud, account, location and kind).
What goes with something else (the volumes of a terminated instance, the snapshots of an image) does not count
by itself, nor does what no scan ever saw, nor what a scaling group, a retention policy or another service of
the vendor removed. Neither does as much as that principal deleted within an hour on three of the 28 days
before, and half as much again: a job that makes room each night. Where all of it are snapshots and newer ones of
their disks are left, it weighs less.

Where no log tells who deleted them, what vanished between two scans is told together, and the number adds
nothing to the risk.

## Why it matters

It is destruction, a mistake in a script, or a move out. Minutes matter: soft-deleted things can be restored,
and the credential is still in use.

## What to check

Who did it, whether it was approved, and what recycle bins and backups still hold. Revoke first, then restore.",
    techniques: &["T1578.003", "T1485"],
    references: &["https://attack.mitre.org/techniques/T1485/"],
    parameters: &[
        Parameter { name: "deletions", default: "5", meaning: "how many deletions are many" },
        Parameter { name: "share", default: "20%", meaning: "which part of what a scope held is much" },
        Parameter { name: "least", default: "3", meaning: "how many deletions it takes for a part to be much" },
        Parameter { name: "within", default: "1h", meaning: "within which time" },
    ],
};

impl Rule for MassDeletion {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let call = (EventClass::SnapshotDelete, "DeleteSnapshot");
        let ends: Vec<AuditEvent> = ["e-1", "e-2", "e-3", "e-4", "e-5"]
            .into_iter()
            .zip(1..)
            .map(|(id, minute)| act(id, minute, call, []))
            .collect();
        let gone: Vec<Change> = ["snap-1", "snap-2", "snap-3", "snap-4", "snap-5"]
            .iter()
            .zip(&ends)
            .map(|(uid, end)| explained(vanished(snapshot(uid)), &[end]))
            .collect();
        let slow = ends.iter().zip(0..).map(|(end, at)| AuditEvent {
            time: end.time + jiff::SignedDuration::from_hours(at),
            ..end.clone()
        });
        let one = act("e-1", 1, (EventClass::InstanceDelete, "TerminateInstances"), []);
        let together = [
            explained(vanished(instance("i-1", "vol-1")), &[&one]),
            explained(vanished(volume("vol-1")), &[&one]),
        ];
        let unlogged = || ["i-1", "i-2", "i-3", "i-4", "i-5"].map(|uid| vanished(instance(uid, "vol-9")));
        let scaled = unlogged().map(|change| traced(change, TraceState::ExpectedAutomation));
        let who = ends.iter().map(|end| (end.provider, end.account.clone(), end.actor.key.clone()));
        let used_to_delete = who.map(|who| (who, 4)).collect();
        let nightly =
            Past { estate: Some(Estate { used_to_delete, ..Estate::default() }), ..Past::default() };
        let few: Vec<Change> = gone.iter().take(3).cloned().collect();
        vec![
            Example::fires("five snapshots within five minutes", 100, gone.clone()).logged([], ends.clone()),
            Example::fires("three of the ten that there were", 100, few.clone())
                .logged([], ends.clone())
                .after(held(Kind::Snapshot, 10)),
            Example::fires("five instances that no log tells of", 90, unlogged()),
            Example::quiet("three of the hundred that there were", few)
                .logged([], ends.clone())
                .after(held(Kind::Snapshot, 100)),
            Example::quiet("five snapshots, as on other nights", gone.clone())
                .logged([], ends.clone())
                .after(nightly),
            Example::quiet("five snapshots in as many hours", gone).logged([], slow),
            Example::quiet("an instance and its volumes", together).logged([], [one]),
            Example::quiet("five instances that a scaling group removed", scaled),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let leads: BTreeSet<&str> =
            drift.acts().iter().filter(|act| counts(act.lead)).map(|act| act.lead.id.as_str()).collect();
        let deletions = drift.timeline().of_class(DELETIONS).filter(|step| step.now && !step.automated);
        let mut by_actor: BTreeMap<(Provider, &AccountId, Option<Who<'_>>), Vec<Deletion<'_, '_>>> =
            BTreeMap::new();
        for step in deletions {
            let lead = |change: &&&Change| leads.contains(change.id.as_str());
            let gone: Vec<&Change> = step.changes.iter().filter(lead).copied().collect();
            if !gone.is_empty() {
                by_actor.entry((step.provider, step.account, step.who())).or_default().push((step, gone));
            }
        }
        by_actor.into_values().filter_map(|deletions| told(&deletions, drift)).collect()
    }
}

/// A step, and what it deleted.
type Deletion<'s, 'a> = (&'s Step<'a>, Vec<&'a Change>);

/// Whether a change is the deletion of something that counts.
fn counts(change: &Change) -> bool {
    let kind = change.before.as_ref().map(|before| family(before.key.kind));
    let counted = matches!(kind, Some(Kind::Instance | Kind::Volume | Kind::Snapshot | Kind::Image));
    change.kind == ChangeKind::Vanished && counted
}

fn told(deletions: &[Deletion<'_, '_>], drift: &Drift<'_>) -> Option<Finding> {
    let (many_are, within) = (drift.count(&META, "deletions"), drift.time(&META, "within"));
    let mut many: Vec<usize> = Vec::new();
    for (end, _) in deletions {
        let near = |at: &usize| {
            deletions.get(*at).is_some_and(|(step, _)| end.follows(step, within) && end.window >= step.window)
        };
        let near: Vec<usize> = (0..deletions.len()).filter(near).collect();
        let gone: BTreeMap<&str, &Change> = gone(deletions, &near);
        if gone.len() >= many_are || is_much(gone.values().copied(), drift) {
            many.extend(near);
        }
    }
    many.sort_unstable();
    many.dedup();
    let steps: Vec<&Step<'_>> =
        many.iter().filter_map(|at| deletions.get(*at)).map(|(step, _)| *step).collect();
    let (first, last) = (*steps.first()?, *steps.last()?);
    let gone = gone(deletions, &many);
    if is_usual(gone.len(), first, drift) {
        return None;
    }
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for change in gone.values() {
        *kinds.entry(change.scope.kind.as_str()).or_default() += 1;
    }
    let names: Vec<String> = kinds.iter().map(|(kind, count)| Plural(*count, kind).to_string()).collect();
    let by = first.by().map_or_else(|| "; no log tells by whom".to_owned(), |by| format!(" by {by}"));
    let title = format!(
        "{} of {} {} deleted{by}{}",
        names.join(" and "),
        first.provider,
        printable(first.account.as_str()),
        lasting(first, last)
    );
    let facts = vec![("deleted", json!(gone.len())), ("kinds", json!(kinds))];
    let unlogged = first.actor.is_none();
    let bonus = drift.bonus(if unlogged { "mass-deletion-unlogged" } else { META.id });
    let tidy = gone.keys().all(|id| drift.is_superseded(id));
    let verdict = if tidy { (Class::DeleteOldest, Bonus::NONE) } else { (Class::DeleteMany, bonus) };
    Some(chain(&META, verdict, &steps, drift, title, facts))
}

/// Whether it is no more than its actor is used to delete.
fn is_usual(count: usize, step: &Step<'_>, drift: &Drift<'_>) -> bool {
    let usual = drift
        .estate()
        .zip(step.actor)
        .map_or(0, |(estate, actor)| estate.used_to_delete(step.provider, step.account, &actor.key));
    // Half as many again: what is kept grows.
    usize::try_from(usual + usual / 2).is_ok_and(|usual| count <= usual)
}

fn gone<'a>(deletions: &[Deletion<'_, 'a>], of: &[usize]) -> BTreeMap<&'a str, &'a Change> {
    let chosen = of.iter().filter_map(|at| deletions.get(*at)).flat_map(|(_, gone)| gone);
    chosen.map(|change| (change.id.as_str(), *change)).collect()
}

/// Whether deletions are a large part of what a scope held.
fn is_much<'c>(gone: impl Iterator<Item = &'c Change>, drift: &Drift<'_>) -> bool {
    let Some(estate) = drift.estate() else { return false };
    let (least, share) = (drift.count(&META, "least"), drift.number(&META, "share"));
    let mut counts: BTreeMap<Scope, usize> = BTreeMap::new();
    for change in gone {
        let own = estate.held.contains_key(&change.scope);
        let scope = if own { change.scope.clone() } else { change.scope.everywhere() };
        *counts.entry(scope).or_default() += 1;
    }
    counts.into_iter().any(|(scope, count)| {
        // Counts of resources are far below 2⁵².
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        let part = |held: u64| count as f64 / held as f64;
        let held = estate.held.get(&scope).copied().filter(|held| *held > 0);
        count >= least && held.is_some_and(|held| part(held) >= share)
    })
}
