//! The phrases that formats for people share; plain text, not yet neutralised for any of them.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::Value;

use super::view::{
    Actor, Change, Coverage, Event, Finding, LogCoverage, Residue, Resource, Scan, Scope, Trace, View,
};
use crate::model::{self, AttributeChange, Band, Plural, Timestamp, Window};

/// How many columns one value may take before it is cut.
pub(super) const ROOM: usize = 64;

/// How much of a program's name for itself is shown.
const AGENT: usize = 40;

/// How much of a common beginning stays in front of the first difference.
const CONTEXT: usize = 8;

/// How loud the verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gravity {
    /// An open finding is high or critical.
    Alarm,
    /// An open finding is medium, or a scope is not complete.
    Warning,
    /// Neither.
    Calm,
}

impl Gravity {
    /// Returns how loud it is by the worst open finding's band, and by whether coverage is complete.
    pub(super) fn of(worst: Option<Band>, complete: bool) -> Self {
        match worst {
            Some(band) if band.reaches(Band::High) => Self::Alarm,
            Some(Band::Medium) => Self::Warning,
            _ if !complete => Self::Warning,
            _ => Self::Calm,
        }
    }
}

/// Returns how loud the verdict is.
pub(super) fn gravity(view: &View) -> Gravity {
    let worst = view.findings.iter().filter(|finding| finding.is_open()).map(|finding| finding.band).min();
    Gravity::of(worst, view.incomplete_scopes().is_empty())
}

/// Returns the whole report in one line: findings, changes, completeness.
pub(super) fn verdict(view: &View) -> String {
    let total: u64 = view.summary.open.values().sum();
    let findings = match total {
        0 => "no findings".to_owned(),
        _ => format!("{} {}", counts(&view.summary.open), if total == 1 { "finding" } else { "findings" }),
    };
    let changes = match (&view.scans.before, view.changes.len()) {
        (None, 0) => "first scan, nothing to compare with".to_owned(),
        (_, 0) => "no changes".to_owned(),
        (_, count) => Plural(count as u64, "change").to_string(),
    };
    format!("{findings} · {changes} · {}", completeness(view))
}

/// Returns how many of the scopes that should be complete are not.
pub(super) fn completeness(view: &View) -> String {
    let incomplete = view.incomplete_scopes().len() as u64;
    let complete = view.summary.coverage.get(&model::CoverageStatus::Complete).copied().unwrap_or_default();
    match (incomplete, complete) {
        (0, 0) => "nothing was listed".to_owned(),
        (0, 1) => "the only scope is complete".to_owned(),
        (0, _) => format!("all {} complete", Plural(complete, "scope")),
        (1, _) => format!("1 of {} is not complete", Plural(incomplete + complete, "scope")),
        _ => format!("{incomplete} of {} are not complete", Plural(incomplete + complete, "scope")),
    }
}

/// Returns which scans were compared, or `None` where the report is about no scan.
pub(super) fn compared(view: &View) -> Option<String> {
    let scan = |scan: &Scan| format!("scan {} of {}", scan.id, moment(scan.taken_at));
    let after = scan(view.scans.after.as_ref()?);
    Some(match &view.scans.before {
        Some(before) => format!("{after} compared with {}", scan(before)),
        None => after,
    })
}

/// Returns the counts that are not 0: `3 critical, 2 high`.
pub(super) fn counts<T: Display>(counts: &BTreeMap<T, u64>) -> String {
    let parts: Vec<_> = counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    parts.join(", ")
}

/// Returns a moment to the second, in UTC.
pub(super) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Returns a window as a phrase.
pub(super) fn between(window: &Window) -> String {
    format!("between {} and {}", moment(window.from), moment(window.to))
}

/// Returns who did something, and whether that is somebody from elsewhere.
pub(super) fn who(actor: &Actor) -> String {
    let label = [&actor.label, &actor.name, &actor.key].into_iter().find(|text| !text.is_empty());
    let external = if actor.external { ", external" } else { "" };
    format!("{}{external}", label.map_or("", String::as_str))
}

/// Returns an event as a phrase: when, what, how it ended, who, from where, with what, and its id.
pub(super) fn deed(event: &Event) -> String {
    let mut parts = vec![format!("{} {} {}", moment(event.time), event.operation, event.outcome)];
    parts.extend(event.actor.as_ref().map(|actor| format!("by {}", who(actor))));
    let client = event.client.as_ref();
    parts.extend(client.and_then(|client| client.ip.as_ref()).map(|ip| format!("from {ip}")));
    let agent = client.and_then(|client| client.user_agent.as_ref());
    parts.extend(agent.map(|agent| format!("with {}", excerpt(agent, 0, AGENT))));
    parts.extend(event.failure.as_ref().map(|failure| format!("({})", excerpt(failure, 0, ROOM))));
    format!("{} · event {}", parts.join(" "), event.id)
}

/// Returns a trace as a phrase: where the search ended, who did it, and why.
pub(super) fn traced(trace: &Trace) -> String {
    let actor = trace.actor.as_ref().map(|actor| format!(" by {}", who(actor))).unwrap_or_default();
    let approval = trace.approval.as_ref().map(|approval| {
        let kind = if approval.full { "approved as" } else { "bears the identifier" };
        format!("; {kind} {}: {}", approval.id, approval.reason)
    });
    format!("{}{actor}: {}{}", trace.state, trace.reason, approval.unwrap_or_default())
}

/// Returns a log in some locations over an interval as a phrase.
pub(super) fn logged(interval: &LogCoverage, locations: &str) -> String {
    let LogCoverage { provider, account, source, from, to, .. } = interval;
    format!("{source} of {provider} {account} {locations}, {} to {}", moment(*from), moment(*to))
}

/// Returns what a residue is about as a phrase.
pub(super) fn residue(residue: &Residue) -> String {
    let subject = residue.resource.as_ref().map(placed);
    let actor = residue.actor.as_ref().map(|actor| format!(" by {}", who(actor))).unwrap_or_default();
    format!("{}{actor}: {}", subject.unwrap_or_else(|| "no resource named".to_owned()), residue.reason)
}

/// Returns a resource's kind, name and uid.
pub(super) fn named(resource: &Resource) -> String {
    let Resource { kind, uid, name, .. } = resource;
    match name {
        Some(name) if name != uid.as_str() => format!("{kind} {name} ({uid})"),
        _ => format!("{kind} {uid}"),
    }
}

/// Returns a resource with the place where it stands.
pub(super) fn placed(resource: &Resource) -> String {
    let Resource { provider, account, location, .. } = resource;
    format!("{} in {provider} {account} {location}", named(resource))
}

/// Returns what a change is about: its resource, or its scope.
pub(super) fn subject(change: &Change) -> String {
    let scope = || change.scope.as_ref().map(scope).unwrap_or_default();
    change.resource.as_ref().map_or_else(scope, placed)
}

/// Returns what a finding is about first of all: its main resource, or its scope.
pub(super) fn main_subject(finding: &Finding) -> String {
    let scope = || finding.scopes.first().map(scope).unwrap_or_default();
    finding.resources.first().map_or_else(scope, placed)
}

/// Returns a scope as `provider/account/location/kind`.
pub(super) fn scope(scope: &Scope) -> String {
    let Scope { provider, account, location, kind } = scope;
    format!("{provider}/{account}/{location}/{kind}")
}

/// Returns the scope that a coverage is about.
pub(super) fn listing(coverage: &Coverage) -> String {
    let Coverage { provider, account, location, kind, .. } = coverage;
    format!("{provider}/{account}/{location}/{kind}")
}

/// Tells what somebody decided about a finding, or why it is resolved; `None` where neither is so.
pub(super) fn decided(finding: &Finding) -> Option<String> {
    if let Some(by) = &finding.resolved_by {
        return Some(format!("resolved: {by}"));
    }
    let accepted = finding.acceptance.as_ref()?;
    let until =
        accepted.expires_at.map_or_else(|| "for good".to_owned(), |until| format!("until {until:.0}"));
    let outdated = if accepted.outdated { "; it no longer holds" } else { "" };
    Some(format!("accepted {until} by {}: {}{outdated}", accepted.owner, accepted.reason))
}

/// Itemises a finding's risk.
pub(super) fn why(finding: &Finding) -> String {
    let points: Vec<_> =
        finding.why.iter().map(|step| format!("{:+} {}", step.points, step.reason)).collect();
    points.join(" · ")
}

/// Returns the command that tells the life of what a finding is about.
pub(super) fn history(finding: &Finding) -> Option<String> {
    let main = finding.resources.first()?;
    Some(format!("driftline history {}", model::shell_word(main.uid.as_str())))
}

/// Returns a technique's id and name.
pub(super) fn technique(id: &str) -> String {
    match model::technique(id) {
        Some(known) if known.id == id => format!("{id} {}", known.name),
        Some(known) => format!("{id}, now {} {}", known.id, known.name),
        None => id.to_owned(),
    }
}

/// Returns a value as text: strings without quotes, everything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An attribute's two values as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// At the earlier scan.
    pub(super) before: String,
    /// At the later scan.
    pub(super) after: String,
    /// Whether anything was cut.
    pub(super) cut: bool,
}

/// Returns an attribute's two values, each cut to `room` characters so that the first difference shows.
pub(super) fn difference(change: &AttributeChange, room: Option<usize>) -> Difference {
    let show = |value: &Option<Value>| value.as_ref().map_or_else(|| "(absent)".to_owned(), text);
    let (before, after) = (show(&change.before), show(&change.after));
    match room {
        Some(room) if before.chars().count() > room || after.chars().count() > room => {
            let common = before.chars().zip(after.chars()).take_while(|(b, a)| b == a).count();
            let skipped = if common > room / 2 { common - CONTEXT.min(common) } else { 0 };
            Difference {
                before: excerpt(&before, skipped, room),
                after: excerpt(&after, skipped, room),
                cut: true,
            }
        }
        _ => Difference { before, after, cut: false },
    }
}

/// Returns at most `room` characters and a sign for what was left out on either side.
pub(super) fn excerpt(text: &str, skipped: usize, room: usize) -> String {
    let mut rest = text.chars().skip(skipped);
    let kept: String = rest.by_ref().take(room).collect();
    let front = if skipped > 0 { "…" } else { "" };
    let back = if rest.next().is_some() { "…" } else { "" };
    format!("{front}{kept}{back}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(before: &str, after: &str) -> AttributeChange {
        AttributeChange { path: "config.x".into(), before: Some(json!(before)), after: Some(json!(after)) }
    }

    #[test]
    fn a_cut_keeps_the_first_difference_in_sight() {
        let common = "a".repeat(500);
        let found = difference(&change(&format!("{common}old"), &format!("{common}new")), Some(20));
        assert_eq!((found.before.as_str(), found.after.as_str()), ("…aaaaaaaaold", "…aaaaaaaanew"));
        assert!(found.cut);
    }

    #[test]
    fn a_long_value_ends_in_an_ellipsis_and_a_short_one_stays_whole() {
        let found = difference(&change("b", &"a".repeat(21)), Some(20));
        assert_eq!(found.after, format!("{}…", "a".repeat(20)));
        let whole = difference(&change("b", &"a".repeat(20)), Some(20));
        assert_eq!((whole.after, whole.cut), ("a".repeat(20), false));
    }

    #[test]
    fn without_a_limit_nothing_is_cut() {
        let found = difference(&change("b", &"a".repeat(5000)), None);
        assert_eq!((found.after.len(), found.cut), (5000, false));
    }

    #[test]
    fn an_absent_value_says_so() {
        let found =
            difference(&AttributeChange { path: "tags.a".into(), before: None, after: Some(json!(2)) }, None);
        assert_eq!((found.before.as_str(), found.after.as_str()), ("(absent)", "2"));
    }
}
