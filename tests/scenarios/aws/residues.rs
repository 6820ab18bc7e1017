//! Rows that only the log tells.

use serde_json::{Value, json};

use super::*;
use crate::Part;

/// An instance lives between the scans, with a volume from a snapshot in it.
pub(crate) fn j15(part: Part) -> Story {
    let mut records = vec![
        run("e-1", "10:30:00", "i-0000000f"),
        create_volume("e-2", "10:31:00", "vol-0000000f", "snap-0000000a"),
        attach("e-3", "10:32:00", "vol-0000000f", "i-0000000f"),
        terminate("e-4", "10:50:00", "i-0000000f"),
        call(
            "e-5",
            "10:55:00",
            "DeleteVolume",
            json!({ "volumeId": "vol-0000000f" }),
            json!({ "_return": true }),
        ),
    ];
    if part.is_twin() {
        records.retain(|record| record["eventName"] != "TerminateInstances");
    }
    let story = of_instances(&[], &[]).before(volumes(&[])).after(volumes(&[])).log(trail(&records));
    if part.is_twin() {
        story
            .residues(&["vanished-unexplained i-0000000f", "ghost vol-0000000f"])
            .findings(&["unlogged-change i-0000000f", "ghost-resource vol-0000000f"])
    } else {
        story
            .residues(&["ghost i-0000000f"])
            .findings(&["ghost-resource i-0000000f"])
            .risk("ghost-resource", 90, 100)
            .check(|judged| assert_eq!(judged.residues[0].events.len(), 5))
    }
}

/// A dry run asks whether one may, and explains nothing.
pub(crate) fn j16(part: Part) -> Story {
    let call = terminate("e-1", "10:30:00", "i-0000000a");
    let record = if part.is_twin() { call } else { refused(call, "Client.DryRunOperation") };
    let story = of_instances(&[instance("i-0000000a", "vol-0000000a")], &[]).log(trail(&[record]));
    if part.is_twin() {
        story.changes(&["vanished i-0000000a explained"]).findings(&["instance-vanished i-0000000a"])
    } else {
        story
            .changes(&["vanished i-0000000a unexplained"])
            .residues(&["attempt i-0000000a"])
            .findings(&["instance-vanished i-0000000a", "unlogged-change i-0000000a"])
    }
}

/// EC2 tells that somebody made a volume of one's snapshot: oneself, by a launch, or in the twin a stranger.
pub(crate) fn j17(part: Part) -> Story {
    let whose = if part.is_twin() { "999988887777" } else { ACCOUNT };
    let mut record = call("e-1", "10:30:00", "SharedSnapshotVolumeCreated", Value::Null, Value::Null);
    record["eventType"] = json!("AwsServiceEvent");
    record["userIdentity"] = json!({ "accountId": whose, "invokedBy": "ec2.amazonaws.com" });
    record["serviceEventDetails"] = json!({ "snapshotId": "snap-0000000a" });
    let held = [snapshot("snap-0000000a", "vol-0000000a")];
    let story = Story::default().before(snapshots(&held)).after(snapshots(&held)).log(trail(&[record]));
    if part.is_twin() {
        story.check(|judged| {
            let actor = &judged.events[0].actor;
            assert!(actor.external && actor.service.is_none(), "{actor:?}");
        })
    } else {
        story.check(|judged| assert!(judged.events.iter().all(|event| !event.actor.external)))
    }
}

/// A root volume makes way for another and comes back; in the twin the other one stays.
pub(crate) fn j28(part: Part) -> Story {
    let mut records = vec![
        call("e-1", "10:20:00", "StopInstances", on_instance("i-0000000a"), on_instance("i-0000000a")),
        detach("e-2", "10:25:00", "vol-0000000a", "i-0000000a"),
        attach("e-3", "10:26:00", "vol-0000000b", "i-0000000a"),
        call("e-4", "10:27:00", "StartInstances", on_instance("i-0000000a"), on_instance("i-0000000a")),
    ];
    let mut stands = "vol-0000000b";
    if !part.is_twin() {
        stands = "vol-0000000a";
        records.extend([
            call("e-5", "10:50:00", "StopInstances", on_instance("i-0000000a"), on_instance("i-0000000a")),
            detach("e-6", "10:55:00", "vol-0000000b", "i-0000000a"),
            attach("e-7", "10:56:00", "vol-0000000a", "i-0000000a"),
            call("e-8", "10:57:00", "StartInstances", on_instance("i-0000000a"), on_instance("i-0000000a")),
        ]);
    }
    let (attached, started) =
        if part.is_twin() { ("10:26:00", "10:27:00") } else { ("10:56:00", "10:57:00") };
    let mut after = instance("i-0000000a", stands);
    after["LaunchTime"] = json!(format!("2026-03-01T{started}.000Z"));
    after["BlockDeviceMappings"][0]["Ebs"]["AttachTime"] = json!(format!("2026-03-01T{attached}.000Z"));
    let story = of_instances(&[instance("i-0000000a", "vol-0000000a")], &[after]).log(trail(&records));
    if part.is_twin() {
        story
            .changes(&["slot-swapped i-0000000a explained", "restarted i-0000000a explained"])
            .findings(&["instance-modified i-0000000a", "instance-state-changed i-0000000a"])
    } else {
        story
            .changes(&["restarted i-0000000a explained"])
            .residues(&["transient-change i-0000000a"])
            .findings(&["instance-state-changed i-0000000a"])
            .finds(
                "disk-reverted",
                "i-0000000a",
                json!({ "kind": "transient", "seen_in": "both", "strength": 4 }),
            )
            .finds("transient-change", "i-0000000a", json!({}))
            .check(|judged| {
                assert!(judged.residues[0].reason.contains("AttachTime"), "{:?}", judged.residues[0]);
            })
    }
}

/// A port is opened to the world and closed; in the twin another port is closed.
pub(crate) fn j29(part: Part) -> Story {
    let rule = |port: u16| {
        json!({ "groupId": "sg-0000000a", "ipPermissions": { "items": [{ "ipProtocol": "tcp", "fromPort": port,
            "toPort": port, "groups": {}, "ipRanges": { "items": [{ "cidrIp": "0.0.0.0/0" }] } }] } })
    };
    let answer = || json!({ "_return": true });
    let closed = if part.is_twin() { 443 } else { 22 };
    let same = [instance("i-0000000a", "vol-0000000a")];
    let story = of_instances(&same, &same).log(trail(&[
        call("e-1", "10:30:00", "AuthorizeSecurityGroupIngress", rule(22), answer()),
        call("e-2", "10:50:00", "RevokeSecurityGroupIngress", rule(closed), answer()),
    ]));
    if part.is_twin() {
        story.findings(&["tenant-setting-changed -"])
    } else {
        story.residues(&["transient-change sg-0000000a"]).findings(&["transient-change -"])
    }
}
