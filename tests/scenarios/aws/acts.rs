//! Acts that have nothing to do with each other, each with all that its one call explains.

use serde_json::json;

use super::*;
use crate::laws::{Act, Cloud};

/// AWS, for the laws.
pub(crate) const CLOUD: Cloud = Cloud { acts, listings, log };

/// Writes each file in another of the shapes that CloudTrail comes in.
fn log(files: Vec<Vec<Value>>) -> Log {
    let looked_up = |record: &Value| {
        json!({ "EventId": record["eventID"], "EventName": record["eventName"], "ReadOnly": "false",
            "EventTime": record["eventTime"], "EventSource": record["eventSource"], "Resources": [],
            "CloudTrailEvent": record.to_string() })
    };
    let files = files.into_iter().enumerate().map(|(number, records)| {
        let text = match number % 3 {
            0 => json!({ "Records": records }).to_string(),
            1 => json!({ "Events": records.iter().map(looked_up).collect::<Vec<_>>() }).to_string(),
            _ => records.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"),
        };
        (format!("{number}.json"), text)
    });
    Log::complete("cloudtrail", ACCOUNT, Some(REGION), files.collect())
}

fn listings(elements: &[(Kind, Value)]) -> Vec<Listing> {
    let of = |kind| -> Vec<Value> {
        elements.iter().filter(|(of, _)| *of == kind).map(|(_, element)| element.clone()).collect()
    };
    vec![instances(&of(Kind::Instance)), volumes(&of(Kind::Volume)), snapshots(&of(Kind::Snapshot))]
}

fn acts() -> Vec<Act> {
    vec![terminated(), launched_two(), stopped(), replaced_root(), copied(), uncopied(), resized(), named()]
}

fn terminated() -> Act {
    let root = root_of("vol-00000010", "i-00000010", "2026-02-01T00:00:01.000Z", true);
    Act {
        before: vec![(Kind::Instance, instance("i-00000010", "vol-00000010")), (Kind::Volume, root)],
        after: vec![],
        records: vec![terminate("e-10", "10:30:00", "i-00000010")],
        explains: &["vanished i-00000010 explained", "vanished vol-00000010 implied"],
    }
}

fn launched_two() -> Act {
    let root = root_of("vol-00000020", "i-00000020", "2026-03-01T10:40:01.000Z", true);
    Act {
        before: vec![],
        after: vec![
            (Kind::Instance, launched("i-00000020", "vol-00000020", "10:40:00")),
            (Kind::Volume, root),
        ],
        records: vec![run("e-20", "10:40:00", "i-00000020")],
        explains: &["appeared i-00000020 explained", "appeared vol-00000020 implied"],
    }
}

fn stopped() -> Act {
    let mut after = instance("i-00000030", "vol-00000030");
    after["State"] = json!({ "Code": 80, "Name": "stopped" });
    let on = on_instance("i-00000030");
    Act {
        before: vec![(Kind::Instance, instance("i-00000030", "vol-00000030"))],
        after: vec![(Kind::Instance, after)],
        records: vec![call("e-30", "10:45:00", "StopInstances", on.clone(), on)],
        explains: &["stopped i-00000030 explained"],
    }
}

/// The first row of SEMANTICS C.3: a new root volume, and the old one gone, by one call.
fn replaced_root() -> Act {
    let made = "2026-03-01T11:00:20.000Z";
    let mut after = instance("i-00000040", "vol-00000042");
    after["BlockDeviceMappings"][0]["Ebs"]["AttachTime"] = json!(made);
    let request = json!({ "CreateReplaceRootVolumeTaskRequest": { "InstanceId": "i-00000040",
        "SnapshotId": "snap-00000040", "DeleteReplacedRootVolume": true } });
    let response = json!({ "CreateReplaceRootVolumeTaskResponse": { "replaceRootVolumeTask": {
        "replaceRootVolumeTaskId": "replacevol-00000040", "instanceId": "i-00000040", "taskState": "pending",
        "startTime": "2026-03-01T11:00:00Z" } } });
    Act {
        before: vec![
            (Kind::Instance, instance("i-00000040", "vol-00000041")),
            (Kind::Volume, root_of("vol-00000041", "i-00000040", "2026-02-01T00:00:01.000Z", true)),
        ],
        after: vec![
            (Kind::Instance, after),
            (Kind::Volume, root_of("vol-00000042", "i-00000040", made, true)),
        ],
        records: vec![call("e-40", "11:00:00", "CreateReplaceRootVolumeTask", request, response)],
        explains: &[
            "slot-swapped i-00000040 explained",
            "appeared vol-00000042 implied",
            "vanished vol-00000041 implied",
        ],
    }
}

fn copied() -> Act {
    let mut made = snapshot("snap-00000050", "vol-00000050");
    made["StartTime"] = json!("2026-03-01T11:05:00.000Z");
    let request = json!({ "volumeId": "vol-00000050" });
    let response = json!({ "snapshotId": "snap-00000050", "volumeId": "vol-00000050", "volumeSize": "8" });
    Act {
        before: vec![],
        after: vec![(Kind::Snapshot, made)],
        records: vec![call("e-50", "11:05:00", "CreateSnapshot", request, response)],
        explains: &["appeared snap-00000050 explained"],
    }
}

fn uncopied() -> Act {
    Act {
        before: vec![(Kind::Snapshot, snapshot("snap-00000060", "vol-00000060"))],
        after: vec![],
        records: vec![delete_snapshot("e-60", "11:10:00", "snap-00000060")],
        explains: &["vanished snap-00000060 explained"],
    }
}

fn resized() -> Act {
    let mut after = volume("vol-00000070");
    after["Size"] = json!(16);
    let request = json!({ "ModifyVolumeRequest": { "VolumeId": "vol-00000070", "Size": 16 } });
    let response = json!({ "ModifyVolumeResponse": { "volumeModification": { "volumeId": "vol-00000070",
        "originalSize": 8, "targetSize": 16 } } });
    Act {
        before: vec![(Kind::Volume, volume("vol-00000070"))],
        after: vec![(Kind::Volume, after)],
        records: vec![call("e-70", "11:15:00", "ModifyVolume", request, response)],
        explains: &["modified vol-00000070 explained"],
    }
}

fn named() -> Act {
    let request = json!({ "resourcesSet": { "items": [{ "resourceId": "vol-00000080" }] },
        "tagSet": { "items": [{ "key": "owner", "value": "erp" }] } });
    Act {
        before: vec![(Kind::Volume, volume("vol-00000080"))],
        after: vec![(Kind::Volume, tagged(volume("vol-00000080"), "owner", "erp"))],
        records: vec![call("e-80", "11:20:00", "CreateTags", request, json!({ "_return": true }))],
        explains: &["modified vol-00000080 explained"],
    }
}
