//! What the clouds' own interfaces would print of things, and what their logs would hold of acts.

mod aws;
mod azure;
mod gcp;

use driftline::model::{AccountId, AuditEvent, Kind, Location, Provider, Resource, Timestamp};
use driftline::sources::{self, Element, Hints, LogHints, Reading, RecordReading};
use serde_json::{Map, Value};

use crate::estate::{Id, Site};
use crate::people::Who;
use crate::world::World;

/// Something that a principal does to things that are there, or that are made by it.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Launch(Id),
    Terminate(Id),
    Start(Id),
    Stop(Id),
    Reboot(Id),
    Resize(Id),
    Script(Id),
    Profile(Id),
    Lock(Id, bool),
    /// The machine boots from what stands in its root slot now.
    Swap(Id),
    /// The vendor puts a root back to a snapshot.
    Replace(Id, Id),
    MakeDisk(Id),
    Attach(Id, Id, String),
    Detach(Id, Id, String),
    DeleteDisk(Id),
    Grow(Id),
    Snap(Id),
    CopySnap(Id, Id),
    DeleteSnap(Id),
    Share(Id, String, bool),
    Capture(Id),
    Register(Id, Id),
    DeleteImage(Id),
    Tag(Id, &'static str, String),
    Firewall(bool),
    /// A principal is made, or given rights to compute.
    Grant(Who),
    /// More of one of several quotas.
    AskQuota(u8),
    EnableRegion,
    /// The log is stopped, or started.
    Trail(bool),
    /// A policy that takes snapshots is deleted.
    DropPolicy(String),
    /// A vault of backups loses what protects it.
    Vault,
    /// The vendor takes spot capacity back.
    Evict(Id),
}

/// Returns what the log of a site holds of an act, one value a record; nothing where the cloud knows no such act.
pub(crate) fn records(world: &mut World, site: &'static Site, who: &Who, act: &Act) -> Vec<Value> {
    match site.provider {
        Provider::Aws => aws::records(world, site, who, act),
        Provider::Azure => azure::records(world, site, who, act),
        Provider::Gcp => gcp::records(world, site, who, act),
    }
}

/// Returns what a log of a site holds of an act that its principal may not do.
pub(crate) fn denied(world: &mut World, site: &'static Site, who: &Who, act: &Act) -> Vec<Value> {
    let mut records = records(world, site, who, act);
    for record in &mut records {
        match site.provider {
            Provider::Aws => {
                record["errorCode"] = "Client.UnauthorizedOperation".into();
                record["errorMessage"] = "You are not authorized to perform this operation.".into();
                record["responseElements"] = Value::Null;
            }
            Provider::Azure => {
                record["status"] = serde_json::json!({ "value": "Failed" });
                record["subStatus"] = serde_json::json!({ "value": "Forbidden" });
                record["properties"] = serde_json::json!({});
            }
            Provider::Gcp => {
                record["severity"] = "ERROR".into();
                record["protoPayload"]["status"] =
                    serde_json::json!({ "code": 7, "message": "PERMISSION_DENIED" });
                record["protoPayload"]["response"] = Value::Null;
            }
        }
    }
    records.truncate(1);
    records
}

/// Reads a record as the product does.
pub(crate) fn read_record(site: &'static Site, record: Value, ingested_at: Timestamp) -> Option<AuditEvent> {
    let log = sources::cloud(site.provider).audit();
    let Value::Object(members) = record else { return None };
    let hints = LogHints {
        account: Some(AccountId::new(site.account)),
        location: None,
        ingested_at: Some(ingested_at),
    };
    let shown = Value::Object(members.clone());
    match log.read(members, &hints) {
        Ok(RecordReading::Event(event)) => Some(*event),
        Ok(RecordReading::Ignored(_)) => None,
        Err(odd) => panic!("{odd:?}: {shown}"),
    }
}

/// Reads a thing as the product does.
pub(crate) fn read_thing(world: &World, id: Id) -> Resource {
    let thing = &world.things[id];
    let (body, overlay) = match thing.site.provider {
        Provider::Aws => aws::thing(world, id),
        Provider::Azure => (azure::thing(world, id), None),
        Provider::Gcp => (gcp::thing(world, id), None),
    };
    let around = match (thing.site.provider, thing.kind) {
        (Provider::Aws, Kind::Instance) => aws::reservation(thing),
        _ => Map::new(),
    };
    let Reading::Resource { mut resource, odd } = read(thing.site, thing.kind, &body, &around) else {
        panic!("`{}` is no resource", thing.uid)
    };
    assert!(odd.is_empty(), "{odd:?}");
    if let Some(overlay) = overlay {
        let Reading::Overlay(overlay) = read(thing.site, thing.kind, &overlay, &Map::new()) else {
            panic!("no overlay of `{}`", thing.uid)
        };
        overlay.apply(&mut resource);
    }
    *resource
}

fn read(site: &'static Site, kind: Kind, body: &Value, around: &Map<String, Value>) -> Reading {
    let cloud = sources::cloud(site.provider);
    let text = body.to_string();
    let element = Element::parse(text.as_bytes()).unwrap_or_else(|odd| panic!("{odd:?}"));
    let account = Some(AccountId::new(site.account));
    let location = (site.provider == Provider::Aws).then(|| Location::new(site.location));
    let hints = Hints { account, location, ..Hints::default() };
    let shape = cloud.recognise(element.members(), &sources::Place::default());
    let shape = shape.unwrap_or_else(|| panic!("no {kind}: {text}"));
    cloud.read(shape, element, around, &hints).unwrap_or_else(|odd| panic!("{odd:?}: {text}"))
}

/// Returns how many seconds of the day, and on which of them.
pub(super) fn spelled(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
