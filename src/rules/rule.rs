//! What a rule says of itself.

use super::Testimony;
use crate::model::{
    AuditEvent, Change, Estate, EventId, GrantUse, LogInterval, Residue, Revert, SnapshotChurn,
};

/// A rule's documentation, which `rules list`, `rules explain` and the reports' rule tables derive from.
#[derive(Debug)]
pub struct RuleMeta {
    /// Its id, which never changes once released.
    pub id: &'static str,
    /// How much of an act its findings tell.
    pub tier: Tier,
    /// What it says, as one short sentence without final period.
    pub title: &'static str,
    /// The highest impact of its findings, on the 90/70/60/40 scale (SEMANTICS F.9).
    pub impact: u8,
    /// What it says, why it matters and what to check, as Markdown with headings of level two.
    pub explanation: &'static str,
    /// ATT&CK ids; names and tactics come from [`crate::model::technique`].
    pub techniques: &'static [&'static str],
    /// Addresses of vendors' pages on the matter.
    pub references: &'static [&'static str],
    /// What can be configured.
    pub parameters: &'static [Parameter],
}

/// How much of an act a rule's findings tell: of two findings of which one cites all that the other cites, the
/// one of the higher tier tells both (DESIGN §7: one act, one finding).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// One change, residue or event by itself.
    Change,
    /// That a complete log is silent on it.
    Silence,
    /// What several of them amount to: a revert, a burst.
    Pattern,
    /// Steps that follow each other.
    Chain,
}

/// One thing that can be configured about a rule.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in the configuration.
    pub name: &'static str,
    /// Its value where the configuration does not name it.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Changes that a rule must fire on, or stay quiet on.
#[derive(Clone, Debug)]
pub struct Example {
    /// What happened, as a fragment.
    pub name: &'static str,
    /// What the rule must do.
    pub expectation: Expectation,
    /// The changes between two scans.
    pub changes: Vec<Change>,
    /// What the logs say and no state shows.
    pub residues: Vec<Residue>,
    /// The events of the time.
    pub events: Vec<AuditEvent>,
    /// What proves that a log was tampered with.
    pub violations: Vec<LogInterval>,
    /// What the ancestry says of disks.
    pub reverts: Vec<Revert>,
    /// The grants that became dormant.
    pub dormant: Vec<GrantUse>,
    /// What is out of the ordinary about snapshots' comings and goings.
    pub churn: Vec<SnapshotChurn>,
    /// What the logs and scans of the time before tell.
    pub past: Past,
}

/// What the logs and scans of the time before an example tell.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The events.
    pub events: Vec<AuditEvent>,
    /// What differed then.
    pub changes: Vec<Change>,
    /// Which events' actors were given rights by which events.
    pub granted: Vec<(EventId, EventId)>,
    /// What the estate was like; `None` where nobody looked.
    pub estate: Option<Estate>,
}

/// What a rule must do with an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Exactly one finding, with this risk.
    Fires(u8),
    /// No finding.
    Quiet,
}

impl Example {
    /// Makes an example that gives one finding of this risk.
    pub fn fires(name: &'static str, risk: u8, changes: impl IntoIterator<Item = Change>) -> Self {
        Self::new(name, Expectation::Fires(risk), changes)
    }

    /// Makes an example that gives no finding.
    pub fn quiet(name: &'static str, changes: impl IntoIterator<Item = Change>) -> Self {
        Self::new(name, Expectation::Quiet, changes)
    }

    fn new(name: &'static str, expectation: Expectation, changes: impl IntoIterator<Item = Change>) -> Self {
        let changes = changes.into_iter().collect();
        Self {
            name,
            expectation,
            changes,
            residues: Vec::new(),
            events: Vec::new(),
            violations: Vec::new(),
            reverts: Vec::new(),
            dormant: Vec::new(),
            churn: Vec::new(),
            past: Past::default(),
        }
    }

    /// Returns the example with what the logs say beside its changes.
    #[must_use]
    pub fn logged(
        self,
        residues: impl IntoIterator<Item = Residue>,
        events: impl IntoIterator<Item = AuditEvent>,
    ) -> Self {
        Self { residues: residues.into_iter().collect(), events: events.into_iter().collect(), ..self }
    }

    /// Returns the example with what the ancestry says of its disks.
    #[must_use]
    pub fn put_back(self, reverts: impl IntoIterator<Item = Revert>) -> Self {
        Self { reverts: reverts.into_iter().collect(), ..self }
    }

    /// Returns the example with what is out of the ordinary about snapshots.
    #[must_use]
    pub fn churned(self, churn: impl IntoIterator<Item = SnapshotChurn>) -> Self {
        Self { churn: churn.into_iter().collect(), ..self }
    }

    /// Returns the example with what the time before tells.
    #[must_use]
    pub fn after(self, past: Past) -> Self {
        Self { past, ..self }
    }

    /// Returns what the logs say beside its changes.
    pub fn testimony(&self) -> Testimony<'_> {
        let Self { residues, events, violations, reverts, churn, dormant, past, .. } = self;
        Testimony {
            residues,
            events,
            violations,
            reverts,
            churn,
            dormant,
            before: &past.events,
            earlier: &past.changes,
            granted: &past.granted,
            estate: past.estate.as_ref(),
            lineage: None,
            ..Testimony::default()
        }
    }
}
