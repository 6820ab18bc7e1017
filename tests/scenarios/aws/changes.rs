//! Rows whose state differs, and what the log says of it.

use serde_json::{Value, json};

use super::*;
use crate::Part;

/// A root volume is another one, and the log speaks for half of the time only.
pub(crate) fn j07(part: Part) -> Story {
    let mut log = trail(&[]);
    if !part.is_twin() {
        log.to = "2026-03-01T10:30:00Z";
    }
    let mut after = instance("i-0000000a", "vol-0000000b");
    after["BlockDeviceMappings"][0]["Ebs"]["AttachTime"] = json!("2026-03-01T11:00:00.000Z");
    let story = of_instances(&[instance("i-0000000a", "vol-0000000a")], &[after]).log(log);
    if part.is_twin() {
        story
            .changes(&["slot-swapped i-0000000a unexplained"])
            .findings(&["instance-modified i-0000000a", "unlogged-change i-0000000a"])
            .risk("unlogged-change", 90, 100)
    } else {
        story.changes(&["slot-swapped i-0000000a log-gap"]).findings(&["instance-modified i-0000000a"])
    }
}

/// A scaling group terminates an instance and launches another.
pub(crate) fn j09(part: Part) -> Story {
    let who = if part.is_twin() { user("mallory") } else { autoscaling() };
    let member = |instance: Value| tagged(instance, "aws:autoscaling:groupName", GROUP);
    let story = of_instances(
        &[member(instance("i-0000000a", "vol-0000000a"))],
        &[member(launched("i-0000000b", "vol-0000000b", "10:40:00"))],
    )
    .before(volumes(&[root_of("vol-0000000a", "i-0000000a", "2026-02-01T00:00:01.000Z", true)]))
    .after(volumes(&[root_of("vol-0000000b", "i-0000000b", "2026-03-01T10:40:01.000Z", true)]))
    .log(trail(&[
        by(who.clone(), terminate("e-1", "10:30:00", "i-0000000a")),
        by(who, run("e-2", "10:40:00", "i-0000000b")),
    ]))
    .findings(&["instance-vanished i-0000000a", "instance-appeared i-0000000b"]);
    if part.is_twin() {
        story
            .changes(&["vanished i-0000000a explained", "appeared i-0000000b explained"])
            .changes(&["vanished vol-0000000a implied", "appeared vol-0000000b implied"])
            .risk("instance-vanished", 50, 100)
    } else {
        story
            .changes(&["vanished i-0000000a expected-automation", "appeared i-0000000b expected-automation"])
            .changes(&[
                "vanished vol-0000000a expected-automation",
                "appeared vol-0000000b expected-automation",
            ])
            .risk("instance-vanished", 0, 20)
            .risk("instance-appeared", 0, 20)
    }
}

/// EC2 takes spot capacity back, and only its own event says so.
pub(crate) fn j10(part: Part) -> Story {
    let mut gone = instance("i-0000000a", "vol-0000000a");
    gone["InstanceLifecycle"] = json!("spot");
    let mut evicted = call("e-1", "10:30:00", "BidEvictedEvent", Value::Null, Value::Null);
    evicted["eventType"] = json!("AwsServiceEvent");
    evicted["userIdentity"] = json!({ "accountId": ACCOUNT, "invokedBy": "ec2.amazonaws.com" });
    evicted["serviceEventDetails"] = json!({ "instanceIdSet": ["i-0000000a"] });
    let records = if part.is_twin() { vec![] } else { vec![evicted] };
    let story = of_instances(&[gone], &[]).log(trail(&records));
    if part.is_twin() {
        story
            .changes(&["vanished i-0000000a unexplained"])
            .findings(&["instance-vanished i-0000000a", "unlogged-change i-0000000a"])
    } else {
        story.changes(&["vanished i-0000000a by-system"]).findings(&["instance-vanished i-0000000a"]).risk(
            "instance-vanished",
            0,
            20,
        )
    }
}

/// A guest shuts itself down, which no log records.
pub(crate) fn j11(part: Part) -> Story {
    let code =
        if part.is_twin() { "Client.UserInitiatedShutdown" } else { "Client.InstanceInitiatedShutdown" };
    let mut stopped = instance("i-0000000a", "vol-0000000a");
    stopped["State"] = json!({ "Code": 80, "Name": "stopped" });
    stopped["StateReason"] = json!({ "Code": code, "Message": code });
    let story = of_instances(&[instance("i-0000000a", "vol-0000000a")], &[stopped]).log(trail(&[]));
    if part.is_twin() {
        story
            .changes(&["stopped i-0000000a unexplained"])
            .findings(&["instance-state-changed i-0000000a", "unlogged-change i-0000000a"])
    } else {
        story
            .changes(&["stopped i-0000000a by-system"])
            .findings(&["instance-state-changed i-0000000a"])
            .risk("instance-state-changed", 0, 20)
    }
}

/// A user whose name sounds like a service deletes ten snapshots; the twin is the keeper that its name claims.
pub(crate) fn j14(part: Part) -> Story {
    let who = if part.is_twin() {
        service("dlm.amazonaws.com", "AWSServiceRoleForDlm", "dlm")
    } else {
        user("evil-backup-service")
    };
    let uid = |number: usize| format!("snap-0000000{number}");
    let kept = |number| {
        let snapshot =
            tagged(snapshot(&uid(number), "vol-0000000a"), "aws:dlm:lifecycle-policy-id", "policy-1");
        tagged(snapshot, "aws:dlm:expirationTime", "2026-03-01T10:00:00Z")
    };
    let all: Vec<Value> = (0..10).map(kept).collect();
    let calls = (0..10).map(|number| {
        let time = format!("10:30:{number:02}");
        by(who.clone(), delete_snapshot(&format!("e-{number}"), &time, &uid(number)))
    });
    let mut story =
        Story::default().before(snapshots(&all)).after(snapshots(&[])).log(trail(&calls.collect::<Vec<_>>()));
    let state = if part.is_twin() { "expected-automation" } else { "explained" };
    for number in 0..10 {
        story = story
            .changes(&[&format!("vanished {} {state}", uid(number))])
            .findings(&[&format!("snapshot-vanished {}", uid(number))]);
    }
    let (least, most) = if part.is_twin() { (0, 20) } else { (50, 100) };
    story.risk("snapshot-vanished", least, most)
}

/// A truncated record of a launch is known by its client token; in the twin it bears another's.
pub(crate) fn j38_by_token(part: Part) -> Story {
    let mut record = truncated("10:40:00");
    if part.is_twin() {
        record["requestParameters"]["clientToken"] = json!("token-of-another");
    }
    j38(part, "explained", record)
}

/// One without a token is known by its time; in the twin it was too early.
pub(crate) fn j38_by_time(part: Part) -> Story {
    let mut record = truncated(if part.is_twin() { "10:34:00" } else { "10:40:00" });
    record["requestParameters"]["clientToken"] = Value::Null;
    j38(part, "implied", record)
}

fn truncated(time: &str) -> Value {
    let mut record = run("e-1", time, "i-0000000b");
    record["responseElements"] = json!({ "omitted": true, "originalSize": 200_000 });
    record
}

fn j38(part: Part, state: &str, record: Value) -> Story {
    let after = [launched("i-0000000b", "vol-0000000b", "10:40:01")];
    let story = of_instances(&[], &after).log(trail(&[record])).findings(&["instance-appeared i-0000000b"]);
    if part.is_twin() {
        story.changes(&["appeared i-0000000b unexplained"]).findings(&["unlogged-change i-0000000b"])
    } else {
        story.changes(&[&format!("appeared i-0000000b {state}")])
    }
}

/// A launch makes two volumes that have no record of their own; in the twin one of them came later.
pub(crate) fn j43(part: Part) -> Story {
    let mut machine = launched("i-0000000b", "vol-0000000b", "10:40:00");
    let data = mapping("/dev/sdf", "vol-0000000c", "2026-03-01T10:40:00.000Z", true);
    machine["BlockDeviceMappings"].as_array_mut().unwrap().push(data);
    let made = if part.is_twin() { "2026-03-01T11:20:00.000Z" } else { "2026-03-01T10:40:01.000Z" };
    let mut data = root_of("vol-0000000c", "i-0000000b", made, true);
    data["Attachments"][0]["Device"] = json!("/dev/sdf");
    let story = of_instances(&[], &[machine])
        .before(volumes(&[]))
        .after(volumes(&[root_of("vol-0000000b", "i-0000000b", "2026-03-01T10:40:01.000Z", true), data]))
        .log(trail(&[run("e-1", "10:40:00", "i-0000000b")]))
        .changes(&["appeared i-0000000b explained", "appeared vol-0000000b implied"])
        .findings(&["instance-appeared i-0000000b"]);
    if part.is_twin() {
        story.changes(&["appeared vol-0000000c unexplained"]).findings(&["unlogged-change i-0000000b"]).check(
            |judged| {
                let unlogged = judged.findings.iter().find(|found| found.rule == "unlogged-change").unwrap();
                assert!(unlogged.title.starts_with("Volume vol-0000000c"), "{}", unlogged.title);
            },
        )
    } else {
        story.changes(&["appeared vol-0000000c implied"])
    }
}

/// A volume that should have outlived its instance is gone without a record.
pub(crate) fn j44(part: Part) -> Story {
    let goes_along = part.is_twin();
    let mut machine = instance("i-0000000a", "vol-0000000a");
    let data = mapping("/dev/sdf", "vol-0000000d", "2026-02-01T00:00:01.000Z", goes_along);
    machine["BlockDeviceMappings"].as_array_mut().unwrap().push(data);
    let mut data = root_of("vol-0000000d", "i-0000000a", "2026-02-01T00:00:01.000Z", goes_along);
    data["Attachments"][0]["Device"] = json!("/dev/sdf");
    let root = root_of("vol-0000000a", "i-0000000a", "2026-02-01T00:00:01.000Z", true);
    let story = of_instances(&[machine], &[])
        .before(volumes(&[root, data]))
        .after(volumes(&[]))
        .log(trail(&[terminate("e-1", "10:30:00", "i-0000000a")]))
        .changes(&["vanished i-0000000a explained", "vanished vol-0000000a implied"]);
    if part.is_twin() {
        story.changes(&["vanished vol-0000000d implied"]).findings(&["instance-vanished i-0000000a"])
    } else {
        story.changes(&["vanished vol-0000000d unexplained"]).findings(&[
            "instance-vanished i-0000000a",
            "volume-vanished vol-0000000d",
            "unlogged-change vol-0000000d",
        ])
    }
}

/// An instance that a service manages can be seen from now on; in the twin it was launched just now.
pub(crate) fn j46(part: Part) -> Story {
    let mut managed = launched("i-0000000b", "vol-0000000b", "10:40:00");
    managed["Operator"] = json!({ "Managed": true, "Principal": "eks.amazonaws.com" });
    if !part.is_twin() {
        managed = born(managed, "2026-02-01T00:00:00.000Z");
    }
    let shown = call(
        "e-1",
        "10:30:00",
        "ModifyManagedResourceVisibility",
        json!({ "ModifyManagedResourceVisibilityRequest": { "ManagedResourceVisibility": "visible" } }),
        json!({ "ModifyManagedResourceVisibilityResponse": { "return": true } }),
    );
    let story = of_instances(&[], &[managed]).log(trail(&[shown])).check(|judged| {
        let managed = judged.changes[0].after.as_ref().unwrap().managed_by.as_ref().unwrap();
        assert_eq!(managed.service, "eks.amazonaws.com");
    });
    if part.is_twin() {
        story
            .changes(&["appeared i-0000000b unexplained"])
            .findings(&["instance-appeared i-0000000b", "unlogged-change i-0000000b"])
    } else {
        story.changes(&["reappeared i-0000000b implied"]).findings(&["instance-appeared i-0000000b"])
    }
}
