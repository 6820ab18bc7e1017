//! `ghost-resource`.

use serde_json::json;

use crate::model::{Finding, ResidueKind, Role};
use crate::rules::finding::{deed, left, subject};
use crate::rules::fixture::{by_service, event, residue};
use crate::rules::score::Class;
use crate::rules::{Drift, Example, Rule, RuleMeta, Tier};

/// Something was born and destroyed between two scans.
pub(super) struct GhostResource;

static META: RuleMeta = RuleMeta {
    id: "ghost-resource",
    tier: Tier::Change,
    title: "A resource that no scan ever saw",
    impact: 90,
    explanation: "\
## What it says

The log shows that a resource was made and destroyed between the two scans. No baseline saw it, and no
comparison of states ever shows it; `lifetime_seconds` says how long it lived.

## Why it matters

An instance that lives for minutes is how a copied disk is read: make it, attach, copy, terminate. Scans that
come every hour see nothing of it.

## What to check

Who made it and from which image or snapshot, what was attached to it, from where it was called, and what
left the network while it lived. Ghosts of a scaling group, a fleet or a managed pipeline are known by the
vendor's mark on the actor and are scored as expected automation.",
    techniques: &["T1578.002", "T1578.003"],
    references: &[
        "https://attack.mitre.org/techniques/T1578/002/",
        "https://attack.mitre.org/techniques/T1578/003/",
    ],
    parameters: &[],
};

impl Rule for GhostResource {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn examples(&self) -> Vec<Example> {
        let ghost = || residue(ResidueKind::Ghost, "i-1", &["e-1", "e-2"]);
        let made = || event("e-1", "RunInstances", Role::Created, "i-1");
        let ended = || event("e-2", "TerminateInstances", Role::Subject, "i-1");
        vec![
            Example::fires("an instance that lived between two scans", 90, [])
                .logged([ghost()], [made(), ended()]),
            Example::fires("an instance that a scaling group made and removed between two scans", 20, [])
                .logged([by_service(ghost(), "autoscaling")], [made(), ended()]),
            Example::quiet("a refused attempt", [])
                .logged([residue(ResidueKind::Attempt, "i-1", &["e-1"])], [made()]),
        ]
    }

    fn check(&self, drift: &Drift<'_>) -> Vec<Finding> {
        let ghosts = drift.residues().iter().filter(|residue| residue.kind == ResidueKind::Ghost);
        let found = ghosts.map(|residue| {
            let events: Vec<_> = residue.events.iter().filter_map(|id| drift.event(id)).collect();
            let window = residue.window;
            let mut facts = deed(&events);
            facts.push(("lifetime_seconds", json!(window.to.duration_since(window.from).as_secs())));
            let title = format!("{} was made and destroyed between the scans", subject(residue));
            left(&META, Class::ComeAndGo, residue, drift, title, facts)
        });
        found.collect()
    }
}
