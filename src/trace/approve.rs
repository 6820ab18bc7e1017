//! Which changes somebody approved beforehand (DESIGN §8, SEMANTICS F.8).

use std::collections::BTreeSet;

use super::evidence::Evidence;
use super::window::Narrowed;
use crate::model::{Approval, ApprovalMatch, AuditEvent, Change, Resource, printable};

/// Returns what change management says of a change: the approval that its identifier leads to, and whether time,
/// resource and principal match it as well.
///
/// The identifier stands in a mark of an event that explains the change, or in a tag or label of the resource.
/// One that no approval bears is nobody's approval: whoever makes one up gains nothing by it.
pub(super) fn matched(
    change: &Change,
    narrowed: &Narrowed,
    events: &[&AuditEvent],
    evidence: &Evidence<'_>,
) -> Option<ApprovalMatch> {
    if evidence.approvals.is_empty() {
        return None;
    }
    let borne = identifiers(change, events, evidence);
    let known = evidence.approvals.iter().filter(|approval| borne.contains(approval.id.as_str()));
    let mut judged: Vec<(usize, &Approval, Vec<&str>)> = known
        .enumerate()
        .map(|(at, approval)| (at, approval, objections(approval, change, narrowed, events)))
        .collect();
    judged.sort_by_key(|(at, _, objections)| (objections.len(), *at));
    let (_, approval, objections) = judged.into_iter().next()?;
    let origin = printable(&approval.origin);
    let reason = if objections.is_empty() {
        format!("approved in {origin}: identifier, time, resource and principal match")
    } else {
        format!("it bears the identifier of {origin}, but {}", objections.join(", "))
    };
    Some(ApprovalMatch { id: approval.id.clone(), full: objections.is_empty(), reason })
}

/// Returns the approvals that no change matched in full: not used, out of date, or wrong.
pub fn unused<'a>(approvals: &'a [Approval], changes: &[Change]) -> Vec<&'a Approval> {
    let matches = changes.iter().filter_map(|change| change.trace.approval.as_ref());
    let used: BTreeSet<&str> = matches.filter(|it| it.full).map(|it| it.id.as_str()).collect();
    approvals.iter().filter(|approval| !used.contains(approval.id.as_str())).collect()
}

fn identifiers<'c>(
    change: &'c Change,
    events: &[&'c AuditEvent],
    evidence: &Evidence<'_>,
) -> BTreeSet<&'c str> {
    let wanted = |key: &str| evidence.change_marks.tags.iter().any(|tag| tag.eq_ignore_ascii_case(key));
    let resources = [&change.before, &change.after].into_iter().flatten();
    let tags = resources.flat_map(|resource| &resource.tags);
    let tags = tags.filter(|(key, _)| wanted(key)).map(|(_, value)| value.as_str());
    let marks = events.iter().flat_map(|event| &event.change_marks);
    let marks = marks.filter(|(mark, _)| mark.strip_prefix("tag:").is_none_or(wanted));
    tags.chain(marks.map(|(_, value)| value.as_str())).map(str::trim).collect()
}

/// Returns what of an approval a change does not match.
fn objections(
    approval: &Approval,
    change: &Change,
    narrowed: &Narrowed,
    events: &[&AuditEvent],
) -> Vec<&'static str> {
    let place = approval.provider.is_none_or(|provider| provider == change.scope.provider)
        && approval.account.as_ref().is_none_or(|account| *account == change.scope.account);
    [
        (place, "it is for another account"),
        (in_time(approval, change, narrowed, events), "the time does not match"),
        (is_meant(approval, change), "the resource does not match"),
        (is_by(approval, events), "the principal does not match"),
    ]
    .into_iter()
    .filter_map(|(fits, objection)| (!fits).then_some(objection))
    .collect()
}

/// Whether all events lie in the approved time; without any the moment that the resource tells, or else all of
/// the time in which the change can have happened.
fn in_time(approval: &Approval, change: &Change, narrowed: &Narrowed, events: &[&AuditEvent]) -> bool {
    let inside = |moment| approval.from <= moment && moment <= approval.to;
    match (events, narrowed.at) {
        ([], Some(at)) => inside(at),
        ([], None) => inside(change.window.from) && inside(change.window.to),
        _ => events.iter().all(|event| inside(event.time)),
    }
}

fn is_meant(approval: &Approval, change: &Change) -> bool {
    let fits = |resource: &Resource| {
        let names =
            [Some(resource.key.uid.as_str()), Some(resource.locator.as_str()), resource.name.as_deref()];
        any_fits(&approval.resources, names.into_iter().flatten())
    };
    approval.resources.is_empty() || change.resource().is_some_and(|resource| fits(resource))
}

/// Whether all events are by approved principals; nobody knows who did what no event tells.
fn is_by(approval: &Approval, events: &[&AuditEvent]) -> bool {
    let fits = |event: &&AuditEvent| {
        let actor = &event.actor;
        let names = [Some(actor.key.as_str()), Some(actor.name.as_str()), actor.session.as_deref()];
        any_fits(&approval.principals, names.into_iter().flatten())
    };
    approval.principals.is_empty() || (!events.is_empty() && events.iter().all(fits))
}

fn any_fits<'t>(globs: &[String], mut texts: impl Iterator<Item = &'t str>) -> bool {
    texts.any(|text| globs.iter().any(|glob| fits(&glob.to_lowercase(), &text.to_lowercase())))
}

/// Whether a glob fits a text: `*` stands for any characters, `?` for one.
fn fits(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t) = (0, 0);
    // Where the last star stood, and how much of the text it has taken so far.
    let mut star = None;
    while t < text.len() {
        match glob.get(g) {
            Some('*') => {
                star = Some((g, t));
                g += 1;
            }
            Some(wanted) if *wanted == '?' || text.get(t) == Some(wanted) => {
                g += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                g = at + 1;
                t = taken + 1;
            }
        }
    }
    glob.get(g..).unwrap_or_default().iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_stands_for_any_text() {
        for (glob, text) in
            [("web-*", "web-1"), ("*", ""), ("*-1", "web-1"), ("w?b", "web"), ("a*b*c", "a-b-b-c")]
        {
            assert!(fits(glob, text), "{glob} {text}");
        }
        for (glob, text) in [("web-*", "db-1"), ("web", "web-1"), ("w?b", "wb"), ("a*b*c", "a-c-b")] {
            assert!(!fits(glob, text), "{glob} {text}");
        }
    }
}
