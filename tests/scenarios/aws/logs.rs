//! Rows about the log itself: who stopped it, what it holds twice, who is new in it, what was approved.

use serde_json::{Value, json};

use super::*;
use crate::Part;
use crate::harness::approval;

/// A trail is stopped, and then an instance is gone; in the twin it was not allowed.
pub(crate) fn j32(part: Part) -> Story {
    let name = json!({ "name": format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main") });
    let mut stop = call("e-1", "10:30:00", "StopLogging", name, Value::Null);
    stop["eventSource"] = json!("cloudtrail.amazonaws.com");
    let record = if part.is_twin() { refused(stop, "AccessDenied") } else { stop };
    let story = of_instances(&[instance("i-0000000a", "vol-0000000a")], &[]).log(trail(&[record]));
    if part.is_twin() {
        story
            .changes(&["vanished i-0000000a unexplained"])
            .residues(&["attempt arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"])
            .findings(&["instance-vanished i-0000000a", "unlogged-change i-0000000a"])
    } else {
        story
            .changes(&["vanished i-0000000a log-gap"])
            .findings(&["instance-vanished i-0000000a", "log-tampering -"])
            .risk("log-tampering", 70, 100)
    }
}

/// A session bears the number of an approved change; in the twin the approval is for other resources.
pub(crate) fn j35(part: Part) -> Story {
    let meant = if part.is_twin() { "db-*" } else { "i-0000000a" };
    let call = by(session("operator", "AROAOPERATOR", "CHG-7"), terminate("e-1", "10:30:00", "i-0000000a"));
    let story = of_instances(&[instance("i-0000000a", "vol-0000000a")], &[])
        .log(trail(&[call]))
        .approval(approval("CHG-7", meant))
        .changes(&["vanished i-0000000a explained"])
        .findings(&["instance-vanished i-0000000a"]);
    let given: fn(&driftline::pipeline::Judged) = if part.is_twin() {
        |judged| assert!(judged.findings[0].why.iter().any(|step| step.points == -15))
    } else {
        |judged| assert!(judged.findings[0].why.iter().any(|step| step.points == -40))
    };
    let risk = if part.is_twin() { 35 } else { 10 };
    story.risk("instance-vanished", risk, risk).check(given)
}

/// One call stands in two files, and an addendum completes it; in the twin the addendum is a call of its own.
pub(crate) fn j36(part: Part) -> Story {
    let call = terminate("e-1", "10:30:00", "i-0000000a");
    let mut addendum = terminate("e-2", "10:30:00", "i-0000000a");
    addendum["addendum"] = json!({ "reason": "UPDATED_DATA", "updatedFields": "responseElements",
        "originalRequestID": "req-e-1", "originalEventID": "e-1" });
    if part.is_twin() {
        addendum["addendum"] = Value::Null;
    }
    let log = trail_of(&[("a.json", std::slice::from_ref(&call)), ("b.json", &[call.clone(), addendum])]);
    let story = of_instances(&[instance("i-0000000a", "vol-0000000a")], &[])
        .log(log)
        .changes(&["vanished i-0000000a explained"])
        .findings(&["instance-vanished i-0000000a"]);
    if part.is_twin() {
        story.check(|judged| assert_eq!(judged.events.len(), 2))
    } else {
        story.check(|judged| {
            let ids: Vec<&str> = judged.events.iter().map(|event| event.id.as_str()).collect();
            assert_eq!(ids, ["e-2"]);
            assert_eq!(judged.changes[0].trace.events, [judged.events[0].id.clone()]);
        })
    }
}

/// A role was deleted and made anew under its name; in the twin it is the one that was always there.
pub(crate) fn j39(part: Part) -> Story {
    let id = if part.is_twin() { "AROAFIRST" } else { "AROASECOND" };
    let mut old = by(
        session("operator", "AROAFIRST", "carol"),
        call("e-0", "00:00:00", "StopInstances", on_instance("i-0000000a"), on_instance("i-0000000a")),
    );
    old["eventTime"] = json!("2026-02-10T00:00:00Z");
    let call = call("e-1", "10:30:00", "StopInstances", on_instance("i-0000000a"), on_instance("i-0000000a"));
    let mut stopped = instance("i-0000000a", "vol-0000000a");
    stopped["State"] = json!({ "Code": 80, "Name": "stopped" });
    let story = of_instances(&[instance("i-0000000a", "vol-0000000a")], &[stopped])
        .past(Log { complete: false, ..trail(&[old]) })
        .log(trail(&[by(session("operator", id, "carol"), call)]))
        .changes(&["stopped i-0000000a explained"])
        .findings(&["instance-state-changed i-0000000a"]);
    if part.is_twin() {
        story.risk("instance-state-changed", 28, 28)
    } else {
        story.risk("instance-state-changed", 60, 60)
    }
}
