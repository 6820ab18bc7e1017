//! What was changed and changed back between two scans.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Survey;
use super::step::{Act, Step, lives, steps};
use super::view::{View, residue, span, what, who};
use crate::model::{AuditEvent, Change, Class, EventId, ResidueKind, Target, Window, printable};

/// One side of a resource that was changed and changed back.
struct Back<'a> {
    subject: Option<Target>,
    events: Vec<&'a AuditEvent>,
    reasons: Vec<String>,
}

/// Finds what was changed and changed back, one residue for each resource and the events that belong
/// together.
///
/// No change may show it: then it is no residue, and the change says more.
pub(super) fn find<'a>(view: &View<'a>, survey: &mut Survey<'a>) {
    let unclaimed = view.window().filter(|event| !survey.claimed.contains(&event.id));
    let looked = |step: &Step<'a>| {
        let listed = step.subject.as_ref().filter(|subject| lives(subject));
        listed.is_none_or(|subject| view.presence(step.event, subject).is_some())
    };
    let all: Vec<Step<'a>> = unclaimed.flat_map(steps).filter(looked).collect();
    let mut sides: BTreeMap<_, Vec<&Step<'a>>> = BTreeMap::new();
    for step in &all {
        sides.entry(step.key()).or_default().push(step);
    }
    let mut found: BTreeMap<_, Vec<Back<'a>>> = BTreeMap::new();
    for ((name, ..), steps) in &sides {
        for back in toggled(view, steps).into_iter().chain(reset(view, steps)) {
            join(found.entry(name).or_default(), back);
        }
    }
    for back in found.into_values().flatten() {
        let (Some(first), Some(last)) = (
            back.events.iter().min_by_key(|event| event.time),
            back.events.iter().max_by_key(|event| event.time),
        ) else {
            continue;
        };
        let window = Window { from: first.time, to: last.last_at() };
        survey.add(residue(
            ResidueKind::TransientChange,
            back.subject,
            window,
            &back.events,
            back.reasons.join("; "),
        ));
    }
}

/// Joins sides of one resource that an event changed together.
fn join<'a>(known: &mut Vec<Back<'a>>, back: Back<'a>) {
    let ids: BTreeSet<&EventId> = back.events.iter().map(|event| &event.id).collect();
    let touches = |other: &Back<'a>| other.events.iter().any(|event| ids.contains(&event.id));
    let (joined, rest): (Vec<Back<'a>>, Vec<Back<'a>>) = std::mem::take(known).into_iter().partition(touches);
    let mut whole = Back { subject: back.subject, events: Vec::new(), reasons: Vec::new() };
    for part in joined {
        whole.events.extend(part.events);
        whole.reasons.extend(part.reasons);
    }
    whole.events.extend(back.events);
    whole.reasons.extend(back.reasons);
    *known = rest;
    known.push(whole);
}

/// Finds what was opened and closed, or closed and opened: each act with the next one that undoes it.
fn toggled<'a>(view: &View<'a>, steps: &[&Step<'a>]) -> Vec<Back<'a>> {
    let mut spent: BTreeSet<usize> = BTreeSet::new();
    let mut found = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        // Rights that are taken and given again are what they were; another key is another.
        if spent.contains(&index) || step.event.class == Class::IamRevoke {
            continue;
        }
        let undoes = |(later, other): &(usize, &&Step<'a>)| {
            let opposite = matches!((&step.act, &other.act), (Act::Do, Act::Undo) | (Act::Undo, Act::Do));
            opposite && !spent.contains(later) && step.agrees(other)
        };
        let Some((later, other)) = steps.iter().enumerate().skip(index + 1).find(undoes) else { continue };
        spent.extend([index, later]);
        let explains =
            steps.iter().filter(|any| any.agrees(step)).any(|any| view.used.contains(&any.event.id));
        if !explains && !shown(view, &[step, other]) {
            found.push(Back {
                subject: step.subject.clone(),
                events: vec![step.event, other.event],
                reasons: vec![toggle_reason(step, other)],
            });
        }
    }
    found
}

fn toggle_reason(step: &Step<'_>, other: &Step<'_>) -> String {
    let with: BTreeSet<&str> = step.marks.values().flatten().map(String::as_str).collect();
    let with: Vec<String> = with.into_iter().map(printable).collect();
    let about = if with.is_empty() { String::new() } else { format!(" ({})", with.join(", ")) };
    format!(
        "{} by {} was undone with {} by {} {} later{about}; no scan saw it",
        what(step.event),
        who(&step.event.actor),
        what(other.event),
        who(&other.event.actor),
        span(step.event.time, other.event.time)
    )
}

/// Finds what was set to different values, and what was set twice to values that the log does not tell,
/// though nothing differs.
fn reset<'a>(view: &View<'a>, steps: &[&Step<'a>]) -> Option<Back<'a>> {
    let sets: Vec<&Step<'a>> = steps.iter().copied().filter(|step| matches!(step.act, Act::Set(_))).collect();
    let values: BTreeSet<String> = sets.iter().filter_map(|step| value(step)).map(Value::to_string).collect();
    let (first, last) = (sets.first()?, sets.last()?);
    let untold = values.is_empty() && sets.len() > 1 && stands(view, first);
    if (values.len() < 2 && !untold)
        || sets.iter().any(|step| view.used.contains(&step.event.id))
        || shown(view, &sets)
    {
        return None;
    }
    let actors: BTreeSet<String> = sets.iter().map(|step| who(&step.event.actor)).collect();
    let course: Vec<String> =
        sets.iter().filter_map(|step| value(step)).map(|value| printable(&value.to_string())).collect();
    let course = if course.is_empty() {
        format!("set {} times, to values that the log does not tell, and is what it was", sets.len())
    } else {
        format!("set to {}", course.join(", then "))
    };
    Some(Back {
        subject: first.subject.clone(),
        events: sets.iter().map(|step| step.event).collect(),
        reasons: vec![format!(
            "`{}` was {course} within {} by {}; no scan saw it",
            printable(&first.aspect),
            span(first.event.time, last.event.time),
            actors.into_iter().collect::<Vec<_>>().join(" and ")
        )],
    })
}

fn value<'a>(step: &'a Step<'_>) -> Option<&'a Value> {
    if let Act::Set(value) = &step.act { value.as_ref() } else { None }
}

/// Whether both scans saw the resource.
fn stands(view: &View<'_>, step: &Step<'_>) -> bool {
    let presence = step.subject.as_ref().and_then(|subject| view.presence(step.event, subject));
    presence.is_some_and(|presence| presence.before.is_some() && presence.after.is_some())
}

/// Whether a change shows what the steps did: it differs at a path that they touch, or names one of them as
/// its possible cause.
fn shown(view: &View<'_>, steps: &[&Step<'_>]) -> bool {
    steps.iter().any(|step| {
        let changes = step.subject.iter().flat_map(|subject| view.changes(step.event, subject));
        changes.into_iter().any(|change| shows(change, step))
    })
}

fn shows(change: &Change, step: &Step<'_>) -> bool {
    let told: BTreeSet<&str> = step.marks.values().flatten().map(String::as_str).collect();
    let touched = change
        .attributes
        .iter()
        .filter(|attribute| step.event.touches.iter().any(|path| attribute.path.starts_with(path.as_str())));
    let mut texts = touched.map(|attribute| {
        let values = [&attribute.before, &attribute.after].into_iter().flatten();
        std::iter::once(attribute.path.clone()).chain(values.map(Value::to_string)).collect::<String>()
    });
    // Another account, or another range, in the same list is another matter.
    let named = |text: String| told.iter().any(|told| text.contains(told));
    let set = matches!(step.act, Act::Set(_));
    let candidate = set && change.trace.candidates.contains(&step.event.id);
    candidate || texts.any(|text| set || told.is_empty() || named(text))
}
