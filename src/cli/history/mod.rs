//! `driftline history`: one resource's life.

mod page;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Value, json};
use similar::TextDiff;

use super::events::tell as tell_event;
use super::family;
use super::global::Global;
use super::output::Target;
use super::{Failure, Status};
use crate::drift;
use crate::model::{
    AttributeChange, AuditEvent, Change, Lineage, NodeKey, Resource, ResourceKey, Revision, ScanId,
    Timestamp, Transition, Window, printable, printable_json,
};
use crate::pipeline;
use crate::report::{Format, view};
use crate::store::{Access, EventFilter, Store};
use crate::trace;

/// The formats that are written here.
const TERMINAL: &str = "terminal";
const JSON: &str = "json";

/// Values longer than this are shown as a text diff.
const SHORT: usize = 60;

/// Tell one resource's life: its revisions, what changed between them, what the logs say of it, and where its disks come from.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The resource: its id, its locator or its name.
    #[arg(value_name = "RESOURCE")]
    resource: String,

    /// How to write it, and where to if not to standard output: `terminal`, `json` or `html`.
    #[arg(long, value_name = "NAME[=FILE]", default_value = "terminal")]
    format: Target,
}

/// One revision and what it changed.
struct Chapter {
    revision: Revision,
    taken_at: Timestamp,
    changes: Vec<Change>,
    /// What the logs say of it after the revision before, up to this one.
    events: Vec<AuditEvent>,
}

/// A resource's revisions, and what the logs say of it after the last.
struct Life {
    chapters: Vec<Chapter>,
    later: Vec<AuditEvent>,
    lineage: Lineage,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        let render = self.format.renders(Format::history);
        if render.is_none() && !matches!(self.format.id(), TERMINAL | JSON) {
            let fit = vec![TERMINAL, JSON, "html"];
            return Err(Failure::Unfit { format: self.format.id(), what: "one resource's life", fit });
        }
        let store = global.open_store(Access::Read)?;
        let keys = store.find(&self.resource)?;
        if keys.is_empty() {
            return Err(Failure::UnknownResource(self.resource));
        }
        let mut lives = Vec::new();
        for key in keys {
            let life = life(&store, &key)?;
            lives.push((key, life));
        }
        match (self.format.id(), render) {
            (TERMINAL, _) => self
                .format
                .write(global, |_, out| lives.iter().try_for_each(|(key, life)| tell(key, life, out)))?,
            (JSON, _) => self.format.write(global, |_, out| {
                let lives: Value = lives.iter().map(|(key, life)| as_json(key, life)).collect();
                writeln!(out, "{}", printable_json(&format!("{lives:#}")))
            })?,
            (_, Some(render)) => {
                let history = page::gather(&store, &lives)?;
                self.format.write(global, |style, out| render(&history, style, out))?;
            }
            (_, None) => {}
        }
        Ok(Status::Clean)
    }
}

fn life(store: &Store, key: &ResourceKey) -> Result<Life, Failure> {
    let mut chapters: Vec<Chapter> = Vec::new();
    for revision in store.history(key)? {
        let taken_at = store.scan(revision.from_scan)?.taken_at;
        let before = chapters.last().map(|chapter| chapter.revision.clone());
        let changes = before.map_or_else(Vec::new, |before| changes(key, &before, &revision, taken_at));
        chapters.push(Chapter { revision, taken_at, changes, events: Vec::new() });
    }
    let mut events = events(store, key, &chapters)?;
    for chapter in &mut chapters {
        let later = events.split_off(events.partition_point(|event| event.time <= chapter.taken_at));
        chapter.events = std::mem::replace(&mut events, later);
    }
    let lineage = pipeline::family(store, key)?;
    Ok(Life { chapters, later: events, lineage })
}

/// Returns what the logs say of a resource by its id, or of whatever stood under its locator while it was known,
/// in the order of time.
fn events(store: &Store, key: &ResourceKey, chapters: &[Chapter]) -> Result<Vec<AuditEvent>, Failure> {
    let locators = chapters.iter().map(|chapter| chapter.revision.resource.locator.as_str());
    let names: BTreeSet<&str> = locators.chain([key.uid.as_str()]).collect();
    let mut records = Vec::new();
    for name in names {
        let filter = EventFilter {
            provider: Some(key.provider),
            target: Some(name.to_owned()),
            ..EventFilter::default()
        };
        records.extend(store.events(&filter)?);
    }
    Ok(trace::fold(records))
}

/// Returns what one revision changed; the gap between two that do not touch is an absence.
fn changes(key: &ResourceKey, before: &Revision, after: &Revision, taken_at: Timestamp) -> Vec<Change> {
    let touching = before.until_scan == Some(after.from_scan);
    drift::compare(&[Transition {
        key: key.clone(),
        before: touching.then(|| Arc::new(before.resource.clone())),
        after: Some(Arc::new(after.resource.clone())),
        window: Window { from: taken_at, to: taken_at },
        known_earlier: !touching,
        listed_before: true,
    }])
}

fn tell(key: &ResourceKey, life: &Life, out: &mut dyn Write) -> io::Result<()> {
    let Some(last) = life.chapters.last() else { return Ok(()) };
    let resource = &last.revision.resource;
    let name = resource.name.as_ref().map_or_else(String::new, |name| format!(" `{}`", printable(name)));
    writeln!(out, "{} {}{name} {}", key.provider, key.kind, printable(key.uid.as_str()))?;
    writeln!(out, "  account {}, location {}", resource.account, resource.location)?;
    if resource.locator.as_str() != key.uid.as_str() {
        writeln!(out, "  locator {}", printable(resource.locator.as_str()))?;
    }
    if let Some(created) = resource.created_at {
        writeln!(out, "  created {created}")?;
    }
    for (number, chapter) in life.chapters.iter().enumerate() {
        tell_events(&chapter.events, out)?;
        let Revision { from_scan, until_scan, .. } = &chapter.revision;
        let until = until_scan.map_or_else(|| "now".to_owned(), |scan| format!("before scan {scan}"));
        writeln!(
            out,
            "\nrevision {}: from scan {from_scan} ({}) until {until}",
            number + 1,
            chapter.taken_at
        )?;
        if number == 0 {
            writeln!(out, "  first seen")?;
        }
        chapter.changes.iter().try_for_each(|change| tell_change(change, out))?;
        if number > 0 && chapter.changes.is_empty() {
            writeln!(out, "  only evidence moved")?;
        }
    }
    tell_events(&life.later, out)?;
    if let Some(scan) = last.revision.until_scan {
        writeln!(out, "\n{}", ending(&last.revision.resource, scan))?;
    }
    family::tell(&NodeKey::from(key), &life.lineage, out)?;
    writeln!(out)
}

fn tell_events(events: &[AuditEvent], out: &mut dyn Write) -> io::Result<()> {
    if !events.is_empty() {
        writeln!(out, "\nevents")?;
    }
    events.iter().try_for_each(|event| tell_event(event, out))
}

fn ending(resource: &Resource, scan: ScanId) -> String {
    if resource.is_gone() {
        format!("no longer listed since scan {scan}")
    } else {
        format!("vanished: a complete listing of scan {scan} lacks it")
    }
}

fn tell_change(change: &Change, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}", change.kind)?;
    change.attributes.iter().try_for_each(|attribute| tell_attribute(attribute, out))
}

fn tell_attribute(attribute: &AttributeChange, out: &mut dyn Write) -> io::Result<()> {
    let path = printable(&attribute.path);
    let (before, after) = (text(attribute.before.as_ref()), text(attribute.after.as_ref()));
    if before.len() <= SHORT && after.len() <= SHORT && !before.contains('\n') && !after.contains('\n') {
        return writeln!(out, "    {path}: {} → {}", shown(&before), shown(&after));
    }
    writeln!(out, "    {path}:")?;
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    for change in diff.iter_all_changes() {
        writeln!(out, "      {}{}", change.tag(), printable(change.value().trim_end_matches('\n')))?;
    }
    Ok(())
}

/// Returns a value as text: a list or an object over several lines, so that a diff can show which differ.
fn text(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Array(_) | Value::Object(_))) => format!("{value:#}"),
        Some(value) => value.to_string(),
    }
}

fn shown(text: &str) -> String {
    if text.is_empty() { "(absent)".to_owned() } else { printable(text) }
}

fn as_json(key: &ResourceKey, life: &Life) -> Value {
    let revisions: Value = life
        .chapters
        .iter()
        .map(|chapter| {
            let changes: Value = chapter
                .changes
                .iter()
                .map(|change| json!({ "kind": change.kind, "attributes": change.attributes }))
                .collect();
            json!({
                "from_scan": chapter.revision.from_scan,
                "until_scan": chapter.revision.until_scan,
                "taken_at": chapter.taken_at,
                "name": chapter.revision.resource.name,
                "state": chapter.revision.resource.state,
                "changes": changes,
                "events": chapter.events,
            })
        })
        .collect();
    let lineage = view::Lineage::from(&life.lineage);
    json!({ "resource": key, "revisions": revisions, "later_events": life.later, "lineage": lineage })
}
