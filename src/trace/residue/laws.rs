//! What holds for residues whatever the log says.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::reckon;
use super::tests::{attach, change, detach, ingress, instance, run, terminate};
use crate::model::{AuditEvent, Class, End, ResidueKind, Role};
use crate::trace::fold;
use crate::trace::specimen::{Specimen, World, at, event};

fn any_event() -> impl Strategy<Value = AuditEvent> {
    let end = prop::sample::select(End::ALL);
    (0..9u8, 0..40u8, -30i64..640, 0..2u8, end).prop_map(|(what, id, minutes, which, end)| {
        let (id, instance, volume) = (format!("e{id}"), format!("i-{which}"), format!("vol-{which}"));
        let event = match what {
            0 => run(&id, minutes, &instance),
            1 => terminate(&id, minutes, &instance),
            2 => attach(&id, minutes, &volume, "i-0"),
            3 => detach(&id, minutes, &volume, "i-0"),
            4 => event(&id, minutes, Class::VolumeCreate, "CreateVolume").uid(Role::Created, &volume),
            5 => event(&id, minutes, Class::VolumeDelete, "DeleteVolume").uid(Role::Subject, &volume),
            6 => ingress(&id, minutes, "AuthorizeSecurityGroupIngress", &volume),
            7 => ingress(&id, minutes, "RevokeSecurityGroupIngress", &volume),
            _ => event(&id, minutes, Class::InstanceModify, "ModifyInstanceAttribute")
                .uid(Role::Subject, &instance)
                .touching("links")
                .fact("value", which),
        };
        event.ending(if end == End::Denied {
            end
        } else if what % 2 == 0 {
            End::Success
        } else {
            end
        })
    })
}

proptest! {
    #[test]
    fn every_event_is_accounted_for_once_and_order_means_nothing(
        (events, shuffled) in prop::collection::vec(any_event(), 0..16)
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
        seen in any::<bool>(),
    ) {
        let events = fold(events);
        let shuffled: Vec<_> = shuffled.into_iter().filter(|event| events.contains(event)).collect();
        let resource = instance("i-0", "vol-0");
        let world = |events: Vec<AuditEvent>| {
            let world = World::of(events);
            if seen { world.seeing(Some(&resource), Some(&resource)) } else { world }
        };
        let (one, other) = (world(events), world(shuffled));
        let used = one.events.first().map(|event| event.id.as_str().to_owned()).unwrap_or_default();
        let changes = [change(&resource, "config.Any", &[&used])];
        let (residues, accounted) = reckon(&changes, &one.evidence());
        let compared = at(0)..=at(605);
        let within: Vec<_> = one.events.iter().filter(|event| compared.contains(&event.time)).collect();
        prop_assert_eq!(accounted.total(), within.len() as u64);
        let ids: BTreeSet<_> = residues.iter().map(|residue| &residue.id).collect();
        prop_assert_eq!(ids.len(), residues.len(), "ids tell residues apart");
        let cited = |event: &AuditEvent| -> Vec<ResidueKind> {
            let citing = residues.iter().filter(|residue| residue.events.contains(&event.id));
            citing.map(|residue| residue.kind).collect()
        };
        let attempts = within.iter().filter(|event| event.outcome.is_attempt());
        let once = attempts.clone().filter(|event| cited(event) == [ResidueKind::Attempt]).count();
        prop_assert_eq!(once, attempts.count());
        prop_assert_eq!((residues, accounted), reckon(&changes, &other.evidence()));
    }
}
