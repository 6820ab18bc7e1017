//! Reports of any size.

use driftline::model::AccountId;
use driftline::report::View;
use driftline::report::view::{Finding, Resource};

/// Returns a report of so many findings: copies of those of another, each round in accounts of its own.
pub(crate) fn of(view: &View, count: usize) -> View {
    let mut many = view.clone();
    many.findings.clear();
    many.changes.clear();
    many.residues.clear();
    many.events.clear();
    for round in 0..count.div_ceil(view.findings.len()) {
        let copy = Round(round);
        many.changes.extend(view.changes.iter().cloned().map(|mut change| {
            change.id = copy.id(&change.id);
            change.resource = change.resource.map(|resource| copy.resource(resource));
            change.trace.events = copy.ids(&change.trace.events);
            change.trace.candidates = copy.ids(&change.trace.candidates);
            change.trace.caused_by = change.trace.caused_by.map(|id| copy.id(&id));
            change
        }));
        many.residues.extend(view.residues.iter().cloned().map(|mut residue| {
            residue.id = copy.id(&residue.id);
            residue.resource = residue.resource.map(|resource| copy.resource(resource));
            residue.events = copy.ids(&residue.events);
            residue
        }));
        many.events.extend(view.events.iter().cloned().map(|mut event| {
            event.id = copy.id(&event.id);
            event.account = event.account.map(|account| copy.account(&account));
            event
        }));
        let room = count - many.findings.len();
        many.findings.extend(view.findings.iter().take(room).cloned().map(|finding| copy.finding(finding)));
    }
    many
}

/// One round of copies.
struct Round(usize);

impl Round {
    fn id(&self, id: &str) -> String {
        format!("{id}-{}", self.0)
    }

    fn ids(&self, ids: &[String]) -> Vec<String> {
        ids.iter().map(|id| self.id(id)).collect()
    }

    fn account(&self, account: &AccountId) -> AccountId {
        AccountId::new(format!("{account}-{}", self.0))
    }

    fn resource(&self, mut resource: Resource) -> Resource {
        resource.account = self.account(&resource.account);
        resource
    }

    fn finding(&self, mut finding: Finding) -> Finding {
        finding.id = self.id(&finding.id);
        finding.resources = finding.resources.into_iter().map(|resource| self.resource(resource)).collect();
        finding.changes = self.ids(&finding.changes);
        finding.residues = self.ids(&finding.residues);
        finding.events = self.ids(&finding.events);
        finding
    }
}
