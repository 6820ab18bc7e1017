//! OCSF 1.7.0, the Open Cybersecurity Schema Framework (<https://schema.ocsf.io/1.7.0/>).

mod activity;
mod finding;
mod inventory;
mod objects;

use std::io;

use serde_json::{Map, Value, json};

use super::json::{lean, one_line};
use crate::model::{Timestamp, printable};
use crate::report::index::Index;
use crate::report::{Format, Style, View};

/// The release of the schema.
const VERSION: &str = "1.7.0";

/// The `ocsf` format: one event per line, for data lakes and SIEMs.
///
/// A Cloud Resources Inventory Info (5023) per changed resource, an API Activity (6003) per cited audit event, a
/// Detection Finding (2004) per finding, in this order, so that what a finding names stands before it.
pub(super) struct Ocsf;

impl Format for Ocsf {
    fn id(&self) -> &'static str {
        "ocsf"
    }

    fn about(&self) -> &'static str {
        "OCSF 1.7.0, one event per line, for data lakes and SIEMs"
    }

    fn media_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let index = Index::new(view);
        let inventory = inventory::infos(view);
        let activities = view.events.iter().map(|event| activity::activity(view, event));
        let findings = view.findings.iter().map(|finding| finding::detection(view, &index, finding));
        inventory.into_iter().chain(activities).chain(findings).try_for_each(|event| {
            let line = one_line(&lean(event))?;
            writeln!(out, "{line}")
        })
    }
}

/// An event class with what all its events say.
struct Class {
    uid: u32,
    name: &'static str,
    category: (u32, &'static str),
}

/// What differs between the events of a class.
struct Occurrence<'a> {
    /// The activity's number and name.
    activity: (u32, &'a str),
    /// The severity's number and name.
    severity: (u32, &'a str),
    time: Timestamp,
    message: &'a str,
    /// The id of this event of ours.
    uid: &'a str,
}

impl Class {
    /// Makes an event of the class with further members.
    fn event(&self, view: &View, occurrence: &Occurrence<'_>, members: Value) -> Value {
        let Occurrence { activity, severity, time, message, uid } = occurrence;
        let mut event = json!({
            "class_uid": self.uid,
            "class_name": self.name,
            "category_uid": self.category.0,
            "category_name": self.category.1,
            "activity_id": activity.0,
            "activity_name": activity.1,
            "type_uid": self.uid * 100 + activity.0,
            "type_name": format!("{}: {}", self.name, activity.1),
            "severity_id": severity.0,
            "severity": severity.1,
            "time": time.as_millisecond(),
            "message": printable(message),
            "metadata": {
                "version": VERSION,
                "product": { "name": "driftline", "vendor_name": "driftline", "version": view.run.version },
                "profiles": ["cloud"],
                "uid": uid,
                "processed_time": view.run.finished_at.as_millisecond(),
            },
        });
        merge(&mut event, members);
        event
    }
}

/// The severity of what is no alert.
const INFORMATIONAL: (u32, &str) = (1, "Informational");

/// Adds members, into objects that are there already.
fn merge(event: &mut Value, members: Value) {
    match (event, members) {
        (Value::Object(event), Value::Object(members)) => {
            for (name, member) in members {
                merge(event.entry(name).or_insert_with(|| Value::Object(Map::new())), member);
            }
        }
        (event, member) => *event = member,
    }
}
