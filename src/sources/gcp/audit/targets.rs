//! Which resources an entry names, and the part that each plays (SEMANTICS E.3.3).

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::inventory::slot;
use super::super::wire::Address;
use super::entry::{Entry, is_number};
use super::operations::COMPUTE;
use super::spelling::{flag, items, text, texts};
use crate::model::{Class, Kind, Locator, Role, Target, Uid};

/// The label of the monitored resource that holds the numeric id of a kind.
const ID_LABELS: &[(Kind, &str)] = &[
    (Kind::Image, "image_id"),
    (Kind::Instance, "instance_id"),
    (Kind::InstantSnapshot, "instant_snapshot_id"),
    (Kind::MachineImage, "machine_image_id"),
    (Kind::ResourcePolicy, "resource_policy_id"),
    (Kind::Snapshot, "snapshot_id"),
    (Kind::Volume, "disk_id"),
];

/// The members of a request, or of a disk's `initializeParams`, that say what something is made from.
const SOURCES: &[(&str, Kind)] = &[
    ("sourceDisk", Kind::Volume),
    ("sourceImage", Kind::Image),
    ("sourceInstance", Kind::Instance),
    ("sourceInstantSnapshot", Kind::InstantSnapshot),
    ("sourceMachineImage", Kind::MachineImage),
    ("sourceSnapshot", Kind::Snapshot),
];

/// What makes an instance or a disk from a backup: the environment, the properties, and what comes of them.
const RESTORES: &[(&str, &str, &str, Kind)] = &[
    ("computeInstanceTargetEnvironment", "computeInstanceRestoreProperties", "instances", Kind::Instance),
    ("diskTargetEnvironment", "diskRestoreProperties", "disks", Kind::Volume),
    ("regionDiskTargetEnvironment", "diskRestoreProperties", "disks", Kind::Volume),
];

/// Returns the resources that an entry names; `method` is the operation's canonical name.
pub(super) fn targets(entry: &Entry, method: &str, class: Class) -> BTreeSet<Target> {
    let mut named = Named { entry, targets: Vec::new() };
    let of_compute = entry.text("protoPayload.serviceName") == Some(COMPUTE);
    let verb = method.rsplit('.').next().unwrap_or(method);
    named.main(verb, of_compute, class);
    if of_compute {
        named.of_verb(verb);
        named.sources(entry.request(), verb == "insert" && method.contains(".instances."));
        if method.ends_with(".instances.insert") || method.ends_with(".instances.update") {
            named.disks();
        }
        named.around();
    }
    for (environment, properties, collection, kind) in RESTORES {
        named.restored(environment, properties, collection, *kind);
    }
    named.targets.into_iter().collect()
}

/// The resources that were named so far.
struct Named<'a> {
    entry: &'a Entry,
    targets: Vec<Target>,
}

impl Named<'_> {
    /// Adds a resource; one that was named in this part before only learns what it did not tell.
    fn add(&mut self, target: Target) {
        let known = self.targets.iter_mut().find(|known| {
            (known.role, known.kind) == (target.role, target.kind)
                && known.locator.is_some()
                && known.locator == target.locator
        });
        match known {
            Some(known) => {
                known.uid = known.uid.take().or(target.uid);
                known.slot = known.slot.take().or(target.slot);
            }
            None => self.targets.push(target),
        }
    }

    /// Adds a resource by its URL.
    fn add_url(&mut self, role: Role, kind: impl Into<Option<Kind>>, url: &str) {
        self.add(Target::by_locator(role, kind, self.entry.locator(url)));
    }

    /// Returns the resource that the call was made on.
    fn locator(&self) -> Option<Locator> {
        let url = self.entry.text("protoPayload.resourceName");
        url.or_else(|| self.entry.text("protoPayload.response.targetLink")).map(|url| self.entry.locator(url))
    }

    /// Adds the resource that the call was made on.
    fn main(&mut self, verb: &str, of_compute: bool, class: Class) {
        let Some(locator) = self.locator() else { return };
        let kind = kind(&locator, of_compute);
        if verb == "bulkInsert" {
            // Its last segment is a pattern; an entry of its own follows for each that is made.
            let name = locator.as_str().rsplit('/').next().map(str::to_owned);
            self.add(Target { locator: None, name, ..Target::by_locator(Role::Related, None, locator) });
            return;
        }
        let role = match verb {
            "attachDisk" => Role::AttachedTo,
            "createSnapshot" | "RestoreBackup" => Role::Source,
            "ScheduledSnapshots" if class == Class::SnapshotCreate => Role::Source,
            "insert" | "Insert" => Role::Created,
            verb if !of_compute && verb.starts_with("Create") => Role::Created,
            _ => Role::Subject,
        };
        let uid = self.uid(kind, &locator, of_compute);
        // The device name, which is the slot of all but the boot disk; the disk is not named.
        let detached = (verb == "detachDisk").then(|| text(self.entry.request(), "deviceName")).flatten();
        self.add(Target {
            uid,
            slot: detached.map(str::to_owned),
            ..Target::by_locator(role, kind, locator)
        });
    }

    /// Returns the numeric id of the resource that the call was made on.
    fn uid(&self, kind: Option<Kind>, locator: &Locator, of_compute: bool) -> Option<Uid> {
        if kind == Some(Kind::Account) || !of_compute {
            return None;
        }
        let response = self.entry.at("protoPayload.response").unwrap_or(&Value::Null);
        let answered = text(response, "targetLink").is_some_and(|link| self.entry.locator(link) == *locator);
        let answered = text(response, "targetId").filter(|_| answered);
        answered.filter(|id| is_id(id)).or_else(|| self.labelled(kind)).map(Uid::new)
    }

    /// Returns the numeric id in the labels of the monitored resource.
    fn labelled(&self, kind: Option<Kind>) -> Option<&str> {
        let labels = self.entry.at("resource.labels")?.as_object()?;
        let wanted = kind.map(|kind| ID_LABELS.iter().find(|(of, _)| *of == kind).map(|(_, label)| *label));
        let matches = |label: &str| match wanted {
            Some(wanted) => wanted == Some(label),
            // What no scan lists has one label of its own: `firewall_rule_id`, `autoscaler_id`.
            None => label.ends_with("_id") && label != "project_id",
        };
        let found = labels.iter().filter(|(label, _)| matches(label)).find_map(|(_, id)| id.as_str());
        found.filter(|id| is_id(id))
    }

    /// Adds what a verb of its own names.
    fn of_verb(&mut self, verb: &str) {
        let request = self.entry.request();
        match verb {
            "createSnapshot" => {
                let Some((name, disk)) = text(request, "name").zip(self.locator()) else { return };
                let url = match Address::parse(disk.as_str()) {
                    // A snapshot of a region is another collection's.
                    Some(disk) if !disk.zonal && flag(request, "regional") == Some(true) => {
                        format!("projects/{}/regions/{}/snapshots/{name}", disk.project, disk.location)
                    }
                    _ => format!("projects/{}/global/snapshots/{name}", self.entry.project()),
                };
                self.add_url(Role::Created, Kind::Snapshot, &url);
            }
            "attachDisk" => {
                let Some(source) = text(request, "source") else { return };
                let volume = Target::by_locator(Role::Subject, Kind::Volume, self.entry.locator(source));
                self.add(Target { slot: slot_of(request), ..volume });
            }
            "addResourcePolicies" | "removeResourcePolicies" => {
                let policies = ["resourcePolicies", "resourcePolicys"];
                for url in policies.into_iter().flat_map(|list| texts(request, list)) {
                    self.add_url(Role::Related, Kind::ResourcePolicy, url);
                }
            }
            _ => {}
        }
    }

    /// Adds what something was made from; an image that an instance is made from is launched.
    fn sources(&mut self, made: &Value, launches: bool) {
        for (member, kind) in SOURCES {
            let Some(url) = text(made, member) else { continue };
            let is_image = matches!(kind, Kind::Image | Kind::MachineImage);
            let role = if launches && is_image { Role::Image } else { Role::Source };
            let uid = text(made, &format!("{member}Id")).filter(|id| is_id(id)).map(Uid::new);
            let target = Target::by_locator(role, *kind, self.entry.locator(url));
            self.add(Target { uid, ..target });
        }
        if let Some(archive) = text(made, "rawDisk.source") {
            self.add(Target::by_locator(Role::Source, None, Locator::new(archive)));
        }
    }

    /// Adds the disks in an instance's description: those that it names, and those that it makes.
    ///
    /// Where a disk of the wanted name exists already it is attached and none is made (API reference,
    /// `initializeParams.diskName`); the entry does not tell, the disk's id does.
    fn disks(&mut self) {
        let Some(instance) = self.locator() else { return };
        let Some(place) = Address::parse(instance.as_str()) else { return };
        for disk in items(self.entry.request(), "disks") {
            if let Some(source) = text(disk, "source") {
                let volume = Target::by_locator(Role::Attached, Kind::Volume, self.entry.locator(source));
                self.add(Target { slot: slot_of(disk), ..volume });
                continue;
            }
            let Some(params) = disk.get("initializeParams").filter(|_| text(disk, "type") != Some("SCRATCH"))
            else {
                continue;
            };
            let boot = flag(disk, "boot") == Some(true);
            // A boot disk that is not named is called as its instance is.
            if let Some(name) = text(params, "diskName").or(place.name.filter(|_| boot)) {
                let region = place.location.rsplit_once('-').map(|(region, _)| region);
                let regional = region.filter(|_| !items(params, "replicaZones").is_empty());
                let address = Address {
                    location: regional.unwrap_or(place.location),
                    zonal: regional.is_none(),
                    collection: "disks",
                    name: Some(name),
                    ..place
                };
                let volume = Target::by_locator(Role::Created, Kind::Volume, address.to_locator());
                self.add(Target { slot: slot_of(disk), ..volume });
            }
            self.sources(params, boot);
        }
        self.permitted();
    }

    /// Adds the disks that the caller was allowed to make, which names those that the request does not.
    fn permitted(&mut self) {
        for check in items(self.entry.payload(), "authorizationInfo") {
            let makes = text(check, "permission") == Some("compute.disks.create");
            let name = text(check, "resourceAttributes.name").or_else(|| text(check, "resource"));
            if let Some(name) = name.filter(|_| makes && flag(check, "granted") == Some(true)) {
                self.add_url(Role::Created, Kind::Volume, name);
            }
        }
    }

    /// Adds the instances that a group's operation names, and the group that an instance is made for.
    fn around(&mut self) {
        let request = self.entry.request();
        let members = items(request, "instances").iter();
        let members = members.filter_map(|member| member.as_str().or_else(|| text(member, "instance")));
        for url in members.filter(|url| url.contains("/instances/")) {
            self.add_url(Role::Related, Kind::Instance, url);
        }
        let groups = items(request, "links").iter().filter_map(|link| text(link, "source"));
        for url in groups.filter(|url| url.contains("/instanceGroupManagers/")) {
            // `…/instanceGroupManagers/NAME@ID`
            let (url, id) = url.rsplit_once('@').map_or((url, None), |(url, id)| (url, Some(id)));
            let group = Target::by_locator(Role::Parent, None, self.entry.locator(url));
            self.add(Target { uid: id.filter(|id| is_id(id)).map(Uid::new), ..group });
        }
    }

    /// Adds what a backup was restored to.
    fn restored(&mut self, environment: &str, properties: &str, collection: &str, kind: Kind) {
        let request = self.entry.request();
        let (Some(place), Some(properties)) = (request.get(environment), request.get(properties)) else {
            return;
        };
        let project = text(place, "project").unwrap_or(self.entry.project().as_str());
        let project = project.trim_start_matches("projects/");
        let site = match (text(place, "zone"), text(place, "region")) {
            (Some(zone), _) => format!("zones/{}", last_segment(zone)),
            (None, Some(region)) => format!("regions/{}", last_segment(region)),
            (None, None) => return,
        };
        if let Some(name) = text(properties, "name") {
            self.add_url(Role::Created, kind, &format!("projects/{project}/{site}/{collection}/{name}"));
        }
    }
}

/// Returns the kind of what stands at a canonical address; `None` for what no scan lists.
///
/// `projects/p` is the settings of its instances to Compute Engine, and the project itself to every other
/// service.
fn kind(locator: &Locator, of_compute: bool) -> Option<Kind> {
    let address = locator.as_str();
    let is_project = address.strip_prefix("projects/").is_some_and(|rest| !rest.contains('/'));
    match (is_project, of_compute) {
        (true, true) => Some(Kind::Setting),
        (true, false) => Some(Kind::Account),
        (false, true) => Address::parse(address)?.kind(),
        (false, false) => None,
    }
}

/// Returns the slot of an attached disk, as inventory calls it.
fn slot_of(disk: &Value) -> Option<String> {
    slot(flag(disk, "boot") == Some(true), text(disk, "deviceName"))
}

/// Whether it is a numeric id; the log writes 0 for one that there is not.
fn is_id(id: &str) -> bool {
    is_number(id) && id.bytes().any(|digit| digit != b'0')
}

fn last_segment(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}
