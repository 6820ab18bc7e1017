//! The rows of SEMANTICS J that end in a residue, each with a twin that stays quiet.

use serde_json::json;

use super::*;
use crate::model::{
    Actor, ActorKind, AttributeChange, AuditEvent, ChangeKind, Class, CoverageStatus, End, Kind, Link, Phase,
    Provider, Rel, ResidueKind, Resource, Role, Scope, Stage, State, Trace, TraceState, Window,
};
use crate::trace::specimen::{Specimen, World, actor, at, event, resource};
use crate::trace::{Sightings, fold};

fn found(world: &World) -> Vec<Residue> {
    let (residues, accounted) = reckon(&[], &world.evidence());
    let expected = world.events.iter().filter(|event| event.time >= at(0) && event.time <= at(605)).count();
    assert_eq!(accounted.total(), expected as u64, "every event ends somewhere");
    residues
}

fn kinds(world: &World) -> Vec<ResidueKind> {
    found(world).iter().map(|residue| residue.kind).collect()
}

fn ids(residue: &Residue) -> Vec<&str> {
    residue.events.iter().map(EventId::as_str).collect()
}

pub(super) fn run(id: &str, minutes: i64, uid: &str) -> AuditEvent {
    event(id, minutes, Class::InstanceCreate, "RunInstances").uid(Role::Created, uid)
}

pub(super) fn terminate(id: &str, minutes: i64, uid: &str) -> AuditEvent {
    event(id, minutes, Class::InstanceDelete, "TerminateInstances").uid(Role::Subject, uid)
}

pub(super) fn attach(id: &str, minutes: i64, volume: &str, instance: &str) -> AuditEvent {
    let event = event(id, minutes, Class::VolumeAttach, "AttachVolume");
    event.slotted(Role::Subject, volume, "/dev/xvda").uid(Role::AttachedTo, instance)
}

pub(super) fn detach(id: &str, minutes: i64, volume: &str, instance: &str) -> AuditEvent {
    let event = event(id, minutes, Class::VolumeDetach, "DetachVolume");
    event.slotted(Role::Subject, volume, "/dev/xvda").uid(Role::AttachedTo, instance)
}

pub(super) fn instance(uid: &str, root: &str) -> Resource {
    let mut instance = resource(Provider::Aws, Kind::Instance, uid, uid);
    instance.links.insert(Link::to_uid(Rel::Attached, Kind::Volume, root).in_slot("/dev/xvda"));
    instance
}

/// A change of a resource, explained by some events.
pub(super) fn change(resource: &Resource, path: &str, events: &[&str]) -> Change {
    let trace = Trace::of(TraceState::Explained, "");
    Change {
        id: path.to_owned(),
        kind: ChangeKind::Modified,
        scope: Scope { kind: resource.key.kind, ..resource.scope() },
        before: Some(resource.clone().into()),
        after: Some(resource.clone().into()),
        window: Window { from: at(0), to: at(605) },
        attributes: vec![AttributeChange { path: path.to_owned(), before: None, after: Some(json!(true)) }],
        trace: Trace { events: events.iter().map(|id| EventId::new(*id)).collect(), ..trace },
    }
}

#[test]
fn j15_what_was_born_and_destroyed_between_two_scans_is_one_ghost_with_its_volume() {
    let world = World::of(vec![
        run("e1", 60, "i-1"),
        event("e2", 62, Class::VolumeCreate, "CreateVolume")
            .uid(Role::Created, "vol-1")
            .uid(Role::Source, "snap-1"),
        attach("e3", 63, "vol-1", "i-1"),
        terminate("e4", 90, "i-1").by(actor("eve")),
        event("e5", 91, Class::VolumeDelete, "DeleteVolume").uid(Role::Subject, "vol-1"),
    ]);
    let residues = found(&world);
    let [ghost] = &residues[..] else { panic!("{residues:#?}") };
    assert_eq!((ghost.kind, ids(ghost)), (ResidueKind::Ghost, vec!["e1", "e2", "e3", "e4", "e5"]));
    assert_eq!(ghost.target.as_ref().unwrap().uid.as_ref().unwrap().as_str(), "i-1");
    assert_eq!(ghost.window, Window { from: at(60), to: at(90) });
    assert!(ghost.reason.contains("user/eve") && ghost.reason.contains("30 min later"), "{}", ghost.reason);
}

#[test]
fn j15_what_a_scan_saw_is_no_ghost_and_of_what_nobody_looked_for_nothing_is_said() {
    let events = vec![run("e1", 60, "i-1"), terminate("e2", 90, "i-1")];
    let seen = instance("i-1", "vol-1");
    assert_eq!(kinds(&World::of(events.clone()).seeing(Some(&seen), None)), []);
    assert_eq!(kinds(&World { sightings: Sightings::default(), ..World::of(events.clone()) }), []);
    let mut dying = seen;
    dying.state = Some(State { phase: Phase::Terminated, native: "terminated".to_owned() });
    let world = World::of(events).seeing(None, Some(&dying));
    assert_eq!(kinds(&world), [ResidueKind::Ghost], "still listed, and gone at first sight");
}

#[test]
fn a_volume_that_outlives_a_ghost_is_no_part_of_it() {
    let create = event("e2", 62, Class::VolumeCreate, "CreateVolume").uid(Role::Created, "vol-1");
    let attach = |keep: bool| attach("e3", 63, "vol-1", "i-1").fact("delete_on_termination", !keep);
    let events = |keep| vec![run("e1", 60, "i-1"), create.clone(), attach(keep), terminate("e4", 90, "i-1")];
    assert_eq!(kinds(&World::of(events(false))), [ResidueKind::Ghost]);
    let residues = found(&World::of(events(true)));
    let kinds: Vec<_> = residues.iter().map(|residue| residue.kind).collect();
    assert_eq!(kinds, [ResidueKind::Ghost, ResidueKind::VanishedUnexplained], "AWS would have kept it");
}

#[test]
fn what_was_made_and_is_not_there_vanished_unexplained() {
    let world = World::of(vec![run("e1", 60, "i-1")]);
    assert_eq!(kinds(&world), [ResidueKind::VanishedUnexplained]);
    assert_eq!(kinds(&world.listed(CoverageStatus::Partial)), [], "a partial listing proves no absence");
    let young = World::of(vec![run("e1", 595, "i-1")]);
    let (residues, accounted) = reckon(&[], &young.evidence());
    assert_eq!((residues.len(), accounted.pending), (0, 1), "too young for the listing to have to show it");
    let world = World::of(vec![run("e1", 60, "i-1")]);
    let early = Evidence { now: at(606), ..world.evidence() };
    assert_eq!(reckon(&[], &early).1.pending, 1, "the log may still deliver its deletion");
}

#[test]
fn what_was_too_young_for_the_earlier_scan_is_judged_by_the_later_one() {
    assert_eq!(kinds(&World::of(vec![run("e1", -5, "i-1")])), [ResidueKind::VanishedUnexplained]);
    assert_eq!(kinds(&World::of(vec![run("e1", -15, "i-1")])), [], "the earlier run said it");
    assert_eq!(
        kinds(&World::of(vec![run("e1", -15, "i-1"), terminate("e2", 5, "i-1")])),
        [ResidueKind::Ghost]
    );
    assert_eq!(kinds(&World::of(vec![run("e1", -15, "i-1"), terminate("e2", -5, "i-1")])), []);
}

#[test]
fn what_its_spot_market_its_group_or_its_collection_took_did_not_vanish_unexplained() {
    let spot = Actor { service: Some("spot".to_owned()), kind: ActorKind::CloudService, ..actor("spot") };
    let evicted = event("e2", 90, Class::InstanceStop, "BidEvictedEvent").uid(Role::Subject, "i-1");
    let world = |evicted: AuditEvent| World::of(vec![run("e1", 60, "i-1"), evicted]);
    assert_eq!(kinds(&world(evicted.clone().by(spot))), [ResidueKind::Ghost]);
    assert_eq!(kinds(&world(evicted)), [ResidueKind::VanishedUnexplained]);
    let group = "/subscriptions/s/resourcegroups/rg";
    let disk = format!("{group}/providers/microsoft.compute/disks/d");
    let made = event("e1", 60, Class::VolumeCreate, "Microsoft.Compute/disks/write").of(Provider::Azure);
    let made = made.at(Role::Subject, Kind::Volume, &disk);
    let deleted = |group: &str| {
        let event =
            event("e2", 90, Class::GroupDelete, "Microsoft.Resources/subscriptions/resourceGroups/delete");
        event.of(Provider::Azure).at(Role::Subject, None, group)
    };
    assert_eq!(kinds(&World::of(vec![made.clone(), deleted(group)])), [ResidueKind::Ghost]);
    let other = World::of(vec![made, deleted("/subscriptions/s/resourcegroups/r")]);
    assert_eq!(kinds(&other), [ResidueKind::VanishedUnexplained]);
}

#[test]
fn another_life_under_the_same_locator_does_not_hide_a_ghost() {
    let vm = "/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/v";
    let of = |id: &str, minutes, class, operation: &str| {
        event(id, minutes, class, operation).of(Provider::Azure).at(Role::Subject, Kind::Instance, vm)
    };
    let write =
        |id: &str, minutes| of(id, minutes, Class::InstanceCreate, "Microsoft.Compute/virtualMachines/write");
    let delete = |id: &str, minutes| {
        of(id, minutes, Class::InstanceDelete, "Microsoft.Compute/virtualMachines/delete")
    };
    let mut seen = resource(Provider::Azure, Kind::Instance, "u-2", vm);
    seen.created_at = Some(at(100));
    let world =
        World::of(vec![write("e1", 60), delete("e2", 90), write("e3", 100)]).seeing(None, Some(&seen));
    let residues = found(&world);
    assert_eq!(residues.iter().map(ids).collect::<Vec<_>>(), [["e1", "e2"]]);
    let world = World::of(vec![write("e1", 60), delete("e2", 90)]).seeing(Some(&seen), None);
    assert_eq!(kinds(&world), [], "without a uid, a write may be of what stood there");
}

#[test]
fn a_write_that_may_have_made_a_machine_did_if_no_scan_saw_it_before() {
    let vm = "/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/v";
    let of = |id: &str, minutes, class, operation: &str| {
        event(id, minutes, class, operation).of(Provider::Azure).at(Role::Subject, Kind::Instance, vm)
    };
    let write = of("e1", 60, Class::InstanceModify, "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE");
    let delete = of("e2", 90, Class::InstanceDelete, "MICROSOFT.COMPUTE/VIRTUALMACHINES/DELETE");
    let events = |write: AuditEvent| vec![write, delete.clone()];
    assert_eq!(kinds(&World::of(events(write.clone()))), [ResidueKind::Ghost]);
    assert_eq!(
        kinds(&World::of(events(write.clone().fact("created", false)))),
        [],
        "it says that it changed"
    );
    let seen = resource(Provider::Azure, Kind::Instance, "u-1", vm);
    assert_eq!(kinds(&World::of(events(write.clone())).seeing(Some(&seen), None)), []);
    let world = World::of(vec![write]).seeing(Some(&seen), Some(&seen));
    assert_eq!(kinds(&world), [ResidueKind::NoEffect]);
}

#[test]
fn a_disk_that_is_made_with_a_machine_goes_with_the_ghost() {
    let insert = |role| {
        let event = event("e1", 60, Class::InstanceCreate, "v1.compute.instances.insert").of(Provider::Gcp);
        let event = event.at(Role::Created, Kind::Instance, "projects/p/zones/z/instances/i");
        event.at(role, Kind::Volume, "projects/p/zones/z/disks/i")
    };
    let delete = event("e2", 90, Class::InstanceDelete, "v1.compute.instances.delete").of(Provider::Gcp);
    let delete = delete.at(Role::Subject, Kind::Instance, "projects/p/zones/z/instances/i");
    let residues = found(&World::of(vec![insert(Role::Created), delete]));
    assert_eq!(residues.iter().map(|residue| residue.kind).collect::<Vec<_>>(), [ResidueKind::Ghost]);
    assert!(residues[0].reason.contains("disks/i stood in it"), "{}", residues[0].reason);
    let alone = kinds(&World::of(vec![insert(Role::Created)]));
    assert_eq!(alone, [ResidueKind::VanishedUnexplained; 2]);
}

#[test]
fn j16_a_dry_run_is_an_attempt_and_no_death() {
    let world = World::of(vec![terminate("e1", 60, "i-1").ending(End::DryRun)]);
    let residues = found(&world);
    let [attempt] = &residues[..] else { panic!("{residues:#?}") };
    assert_eq!(attempt.kind, ResidueKind::Attempt);
    assert!(attempt.reason.contains("1 × dry-run"), "{}", attempt.reason);
    let world = World::of(vec![run("e0", 30, "i-1"), terminate("e1", 60, "i-1").ending(End::DryRun)]);
    assert_eq!(kinds(&world), [ResidueKind::VanishedUnexplained, ResidueKind::Attempt]);
    assert_eq!(
        kinds(&World::of(vec![run("e0", 30, "i-1"), terminate("e1", 60, "i-1")])),
        [ResidueKind::Ghost]
    );
}

#[test]
fn attempts_are_grouped_by_principal_and_class() {
    let denied = |id: &str, minutes, name: &str| {
        terminate(id, minutes, &format!("i-{minutes}")).ending(End::Denied).by(actor(name))
    };
    let world = World::of(vec![
        denied("e1", 10, "mallory"),
        denied("e2", 300, "mallory"),
        denied("e3", 20, "eve"),
        event("e4", 30, Class::SnapshotDelete, "DeleteSnapshot").ending(End::Failed),
    ]);
    let residues = found(&world);
    assert_eq!(residues.iter().map(ids).collect::<Vec<_>>(), [vec!["e1", "e2"], vec!["e3"], vec!["e4"]]);
}

#[test]
fn five_refusals_in_ten_minutes_are_probing_and_four_are_not() {
    let denied = |number: i64, every: i64| {
        terminate(&format!("e{number}"), 10 + number * every, "i-1").ending(End::Denied)
    };
    let refused = |count, every| (0..count).map(|number| denied(number, every)).collect::<Vec<_>>();
    assert_eq!(probing(&refused(5, 2)).len(), 1);
    assert_eq!(probing(&refused(4, 2)), []);
    assert_eq!(probing(&refused(5, 3)), [], "five in twelve minutes");
    let spread: Vec<_> = [refused(5, 1), (100..105).map(|number| denied(number, 1)).collect()].concat();
    assert_eq!(probing(&spread).iter().map(|probe| probe.events.len()).collect::<Vec<_>>(), [5, 5]);
    let sessions: Vec<_> = refused(5, 2)
        .into_iter()
        .enumerate()
        .map(|(number, event)| event.by(Actor { session: Some(format!("s{number}")), ..actor("mallory") }))
        .collect();
    assert_eq!(probing(&sessions).len(), 1, "another session name does not make another principal");
    let other = |event: AuditEvent| AuditEvent { class: Class::IamGrant, ..event };
    assert_eq!(probing(&refused(5, 2).into_iter().map(other).collect::<Vec<_>>()), []);
    assert!(found(&World::of(refused(5, 2)))[0].reason.contains("probing"));
}

#[test]
fn j17_a_volume_made_from_a_public_snapshot_in_the_same_account_is_noise() {
    let notice = event("e1", 60, Class::VolumeCreate, "SharedSnapshotVolumeCreated");
    let world = World::of(vec![notice.clone().uid(Role::Source, "snap-1")]);
    assert_eq!((found(&world).len(), reckon(&[], &world.evidence()).1.noise), (0, 1));
    let world = World::of(vec![notice.uid(Role::Subject, "snap-1")]);
    assert_eq!(found(&world), [], "the notice names what it was made from, whichever part it plays");
    let own = event("e1", 60, Class::VolumeCreate, "CreateVolume").uid(Role::Created, "vol-1");
    assert_eq!(kinds(&World::of(vec![own])), [ResidueKind::VanishedUnexplained]);
}

#[test]
fn j23_what_failed_in_the_end_made_nothing() {
    let insert = |id: &str, minutes, stage, end| {
        let event = event(id, minutes, Class::VolumeCreate, "v1.compute.disks.insert").of(Provider::Gcp);
        event
            .at(Role::Subject, Kind::Volume, "projects/p/zones/z/disks/d")
            .part(stage, "operation-1")
            .ending(end)
    };
    let first = insert("e1", 60, Stage::First, End::Accepted);
    let failed = fold(vec![first.clone(), insert("e2", 61, Stage::Last, End::Failed)]);
    assert_eq!(kinds(&World::of(failed)), [ResidueKind::Attempt]);
    let done = fold(vec![first.clone(), insert("e2", 61, Stage::Last, End::Success)]);
    assert_eq!(kinds(&World::of(done)), [ResidueKind::VanishedUnexplained]);
    let world = World::of(fold(vec![first]));
    assert_eq!(reckon(&[], &world.evidence()).1.pending, 1, "it may still run");
    let later = Evidence { now: at(3000), ..world.evidence() };
    assert_eq!(reckon(&[], &later).1.noise, 1, "nobody ever says how it ended");
}

#[test]
fn j28_a_root_that_was_swapped_and_swapped_back_is_a_transient_revert() {
    let swap = || {
        vec![
            detach("e1", 60, "vol-a", "i-1"),
            attach("e2", 61, "vol-b", "i-1"),
            detach("e3", 120, "vol-b", "i-1"),
            attach("e4", 121, "vol-a", "i-1"),
        ]
    };
    let dated = |time: &str| {
        let mut instance = instance("i-1", "vol-a");
        instance.evidence.insert("BlockDeviceMappings[/dev/xvda].AttachTime".to_owned(), json!(time));
        instance
    };
    let (before, after) = (dated("2025-01-01T00:00:00Z"), dated("2026-01-02T02:01:00Z"));
    let residues = found(&World::of(swap()).seeing(Some(&before), Some(&after)));
    let [swapped] = &residues[..] else { panic!("{residues:#?}") };
    assert_eq!((swapped.kind, ids(swapped)), (ResidueKind::TransientChange, vec!["e1", "e2", "e3", "e4"]));
    assert!(swapped.reason.contains("held vol-b for 59 min"), "{}", swapped.reason);
    assert!(swapped.reason.contains("AttachTime` moved from"), "{}", swapped.reason);
    let stays = swap().into_iter().take(2).collect();
    let world = World::of(stays).seeing(Some(&before), Some(&instance("i-1", "vol-b")));
    assert_eq!(kinds(&world), [], "the scans show it");
    let back = vec![detach("e1", 60, "vol-a", "i-1"), attach("e4", 121, "vol-a", "i-1")];
    let residues = found(&World::of(back).seeing(Some(&before), Some(&after)));
    assert!(residues.iter().all(|residue| !residue.reason.contains("held")), "{residues:#?}");
}

#[test]
fn j28_an_azure_os_disk_that_was_swapped_and_swapped_back_is_found_by_the_bodies_of_the_writes() {
    let at_rg = |kind: &str, name: &str| {
        format!("/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/{kind}/{name}")
    };
    let (vm, good, bad) = (at_rg("virtualmachines", "v"), at_rg("disks", "good"), at_rg("disks", "bad"));
    let write = |id: &str, minutes, disk: &str| {
        let event = event(id, minutes, Class::InstanceModify, "Microsoft.Compute/virtualMachines/write");
        let mut event = event.of(Provider::Azure).at(Role::Subject, Kind::Instance, &vm);
        let target = crate::model::Locator::new(disk);
        let mut disk = crate::model::Target::by_locator(Role::Attached, Kind::Volume, target);
        disk.slot = Some("os".to_owned());
        event.targets.insert(disk);
        event
    };
    let mut seen = resource(Provider::Azure, Kind::Instance, "u-1", &vm);
    let link = Link::to_locator(Rel::Attached, Kind::Volume, crate::model::Locator::new(&*good));
    seen.links.insert(link.in_slot("os"));
    let world = |events| World::of(events).seeing(Some(&seen), Some(&seen));
    assert_eq!(
        kinds(&world(vec![write("e1", 60, &bad), write("e2", 90, &good)])),
        [ResidueKind::TransientChange]
    );
    let same = found(&world(vec![write("e1", 60, &good), write("e2", 90, &good)]));
    assert!(same.iter().all(|residue| residue.kind == ResidueKind::NoEffect), "{same:#?}");
}

pub(super) fn ingress(id: &str, minutes: i64, operation: &str, range: &str) -> AuditEvent {
    let event = event(id, minutes, Class::SettingModify, operation);
    event.uid(Role::Subject, "sg-1").fact("open_cidrs", json!([range])).touching("config.SecurityGroups")
}

#[test]
fn j29_a_security_group_that_was_opened_and_closed_is_a_transient_change() {
    let open = ingress("e1", 60, "AuthorizeSecurityGroupIngress", "0.0.0.0/0");
    let close = |range| ingress("e2", 90, "RevokeSecurityGroupIngress", range);
    let residues = found(&World::of(vec![open.clone(), close("0.0.0.0/0")]));
    let [opened] = &residues[..] else { panic!("{residues:#?}") };
    assert_eq!((opened.kind, ids(opened)), (ResidueKind::TransientChange, vec!["e1", "e2"]));
    assert!(opened.reason.contains("0.0.0.0/0"), "{}", opened.reason);
    assert_eq!(kinds(&World::of(vec![open.clone(), close("198.51.100.0/24")])), [], "another range");
    assert_eq!(kinds(&World::of(vec![open.clone()])), [], "it stands open, and the scans show it");
    let world = World::of(vec![open, close("0.0.0.0/0")]);
    let shown = change(&instance("i-1", "vol-1"), "config.SecurityGroups", &["e1"]);
    assert!(residues_of(&[shown], &world).is_empty(), "a change shows it");
}

#[test]
fn j29_a_google_cloud_firewall_that_was_opened_and_closed_by_patches_is_a_transient_change() {
    let patch = |id: &str, minutes, range: &str| {
        let event = event(id, minutes, Class::SettingModify, "v1.compute.firewalls.patch").of(Provider::Gcp);
        event.at(Role::Subject, None, "projects/p/global/firewalls/f").fact("source_ranges", json!([range]))
    };
    let world = |range| World::of(vec![patch("e1", 60, "0.0.0.0/0"), patch("e2", 70, range)]);
    assert_eq!(kinds(&world("10.0.0.0/8")), [ResidueKind::TransientChange]);
    assert_eq!(kinds(&world("0.0.0.0/0")), []);
    let rule = |id: &str, minutes, operation: &str| {
        let event = event(id, minutes, Class::SettingModify, operation).of(Provider::Gcp);
        event.at(Role::Subject, None, "projects/p/global/firewalls/f")
    };
    let insert = rule("e1", 60, "v1.compute.firewalls.insert").fact("open_cidrs", json!(["0.0.0.0/0"]));
    let delete = rule("e2", 70, "beta.compute.firewalls.delete");
    assert_eq!(kinds(&World::of(vec![insert, delete])), [ResidueKind::TransientChange]);
}

fn residues_of(changes: &[Change], world: &World) -> Vec<Residue> {
    residues(changes, &world.evidence())
}

#[test]
fn j29_a_range_opened_and_closed_beside_one_that_a_change_shows_is_still_found() {
    let world = World::of(vec![
        ingress("e1", 60, "AuthorizeSecurityGroupIngress", "198.51.100.0/24"),
        ingress("e2", 70, "AuthorizeSecurityGroupIngress", "0.0.0.0/0"),
        ingress("e3", 90, "RevokeSecurityGroupIngress", "0.0.0.0/0"),
    ]);
    let shown = change(&instance("i-1", "vol-1"), "config.SecurityGroups", &["e1"]);
    let residues = residues_of(&[shown], &world);
    assert_eq!(residues.iter().map(ids).collect::<Vec<_>>(), [["e2", "e3"]]);
}

#[test]
fn a_protection_taken_away_and_given_back_is_a_transient_change() {
    let modify = |id: &str, minutes, value: bool| {
        let class = if value { Class::ProtectAdd } else { Class::ProtectRemove };
        let event = event(id, minutes, class, "ModifyInstanceAttribute").uid(Role::Subject, "i-1");
        event.fact("disable_api_termination", value).touching("config.DisableApiTermination")
    };
    let seen = instance("i-1", "vol-1");
    let world = |events| World::of(events).seeing(Some(&seen), Some(&seen));
    assert_eq!(
        kinds(&world(vec![modify("e1", 60, false), modify("e2", 90, true)])),
        [ResidueKind::TransientChange]
    );
    assert_eq!(
        kinds(&world(vec![modify("e1", 60, true), modify("e2", 90, true)])),
        [],
        "set twice to the same"
    );
    let both = world(vec![modify("e1", 60, false), modify("e2", 90, true)]);
    let unseen = World { sightings: Sightings::default(), ..both.clone() };
    assert_eq!(kinds(&unseen), [], "nobody looked for the instance");
    let shown = change(&seen, "config.DisableApiTermination", &["e2"]);
    assert!(residues_of(&[shown], &both).is_empty());
}

#[test]
fn a_snapshot_shared_and_unshared_is_a_transient_change_and_so_is_an_export() {
    let modify = |id: &str, minutes, way: &str, account: &str| {
        let event =
            event(id, minutes, Class::SnapshotShare, "ModifySnapshotAttribute").uid(Role::Subject, "snap-1");
        event.fact(&format!("{way}_principals"), json!([account])).touching("exposure.")
    };
    let shared = |account| {
        World::of(vec![modify("e1", 60, "add", "999988887777"), modify("e2", 70, "remove", account)])
    };
    assert_eq!(kinds(&shared("999988887777")), [ResidueKind::TransientChange]);
    assert_eq!(kinds(&shared("111111111111")), [], "another account");
    let export = |id: &str, minutes, operation: &str| {
        let event = event(id, minutes, Class::VolumeExport, operation).of(Provider::Azure);
        event.at(Role::Subject, Kind::Volume, "/subscriptions/s/disks/d")
    };
    let begin = export("e1", 60, "Microsoft.Compute/disks/beginGetAccess/action");
    let end = export("e2", 70, "MICROSOFT.COMPUTE/DISKS/ENDGETACCESS/ACTION");
    assert_eq!(kinds(&World::of(vec![begin.clone(), end])), [ResidueKind::TransientChange]);
    assert_eq!(kinds(&World::of(vec![begin])), []);
}

#[test]
fn user_data_set_twice_and_equal_in_both_scans_is_a_transient_change() {
    let modify = |id: &str, minutes, path: &str| {
        let event = event(id, minutes, Class::InstanceModify, "ModifyInstanceAttribute");
        event.uid(Role::Subject, "i-1").touching(path).fact("attribute", "userData").fact("user_data", true)
    };
    let mut seen = instance("i-1", "vol-1");
    seen.config.insert("UserData.sha256".to_owned(), json!("00"));
    let world = |events| World::of(events).seeing(Some(&seen), Some(&seen));
    let twice = world(vec![modify("e1", 60, "config.UserData"), modify("e2", 90, "config.UserData")]);
    assert_eq!(kinds(&twice), [ResidueKind::TransientChange]);
    let once = world(vec![modify("e1", 60, "config.UserData")]);
    assert_eq!(kinds(&once), [ResidueKind::NoEffect], "said to be set, and the same");
    let unseen = world(vec![modify("e1", 60, "config.Elsewhere")]);
    assert_eq!(kinds(&unseen), [], "no scan asks for it: nobody knows");
    let shown = change(&seen, "config.UserData.sha256", &[]);
    assert!(residues_of(&[shown], &twice).is_empty());
}

#[test]
fn an_instance_type_changed_and_changed_back_is_a_transient_change() {
    let modify = |id: &str, minutes, value: &str| {
        let event = event(id, minutes, Class::InstanceModify, "ModifyInstanceAttribute");
        event.uid(Role::Subject, "i-1").touching("config.InstanceType").fact("instance_type", value)
    };
    let mut seen = instance("i-1", "vol-1");
    seen.config.insert("InstanceType".to_owned(), json!("t3.micro"));
    let world = |events| World::of(events).seeing(Some(&seen), Some(&seen));
    let back = world(vec![modify("e1", 60, "p4d.24xlarge"), modify("e2", 90, "t3.micro")]);
    assert_eq!(kinds(&back), [ResidueKind::TransientChange]);
    assert_eq!(kinds(&world(vec![modify("e1", 60, "t3.micro")])), [ResidueKind::NoEffect]);
}

#[test]
fn a_log_that_was_stopped_and_started_is_a_transient_change() {
    let logging = |id: &str, minutes, operation: &str, trail: &str| {
        let class = if operation == "StopLogging" { Class::LogTamper } else { Class::LogRestore };
        event(id, minutes, class, operation).fact("trail", trail)
    };
    let world = |trail| {
        World::of(vec![logging("e1", 60, "StopLogging", "main"), logging("e2", 90, "StartLogging", trail)])
    };
    assert_eq!(kinds(&world("main")), [ResidueKind::TransientChange]);
    assert_eq!(kinds(&world("arn:aws:cloudtrail:eu-west-1:1:trail/main")), [ResidueKind::TransientChange]);
    assert_eq!(kinds(&world("other")), []);
}

#[test]
fn a_key_that_was_made_and_deleted_is_a_transient_change_and_a_rotation_is_not() {
    let key = |id: &str, minutes, operation: &str, fact: &str, key: &str| {
        let class = if operation == "CreateAccessKey" { Class::IamGrant } else { Class::IamRevoke };
        event(id, minutes, class, operation).fact("user", "bob").fact(fact, key)
    };
    let made = key("e1", 60, "CreateAccessKey", "issued_credential", "AKIA1");
    let deleted = |id: &str, minutes, name: &str| key(id, minutes, "DeleteAccessKey", "access_key", name);
    assert_eq!(
        kinds(&World::of(vec![made.clone(), deleted("e2", 70, "AKIA1")])),
        [ResidueKind::TransientChange]
    );
    assert_eq!(kinds(&World::of(vec![made.clone(), deleted("e2", 70, "AKIA0")])), []);
    assert_eq!(kinds(&World::of(vec![deleted("e0", 50, "AKIA1"), made])), []);
    let group = |id: &str, minutes, name: &str| {
        event(id, minutes, Class::SettingModify, "CreateSecurityGroup").fact("group", name)
    };
    assert_eq!(kinds(&World::of(vec![group("e1", 60, "a"), group("e2", 70, "b")])), [], "two things");
}

#[test]
fn a_deletion_that_succeeded_and_deleted_nothing_has_no_effect() {
    let delete =
        |minutes| event("e1", minutes, Class::VolumeDelete, "DeleteVolume").uid(Role::Subject, "vol-1");
    let seen = resource(Provider::Aws, Kind::Volume, "vol-1", "vol-1");
    let world = |minutes| World::of(vec![delete(minutes)]).seeing(Some(&seen), Some(&seen));
    assert_eq!(kinds(&world(60)), [ResidueKind::NoEffect]);
    assert_eq!(kinds(&World::of(vec![delete(60)]).seeing(Some(&seen), None)), []);
    assert_eq!(kinds(&world(601)), [], "the listing may be older");
    assert_eq!(kinds(&World::of(vec![delete(60)])), [], "nothing is there");
}

#[test]
fn only_the_time_between_the_scans_counts_and_its_boundaries_belong_to_it() {
    let denied = |minutes| World::of(vec![terminate("e1", minutes, "i-1").ending(End::Denied)]);
    for (minutes, counts) in [(-1, 0), (0, 1), (605, 1), (606, 0)] {
        assert_eq!(found(&denied(minutes)).len(), counts, "{minutes}");
    }
}

#[test]
fn an_id_is_stable_and_tells_residues_apart() {
    let ghost = |first: &str| found(&World::of(vec![run(first, 60, "i-1"), terminate("e2", 90, "i-1")]));
    assert_eq!(ghost("e1")[0].id, ghost("e1")[0].id);
    assert_ne!(ghost("e1")[0].id, ghost("e3")[0].id);
    assert_eq!(ghost("e1")[0].id.len(), 32);
}
