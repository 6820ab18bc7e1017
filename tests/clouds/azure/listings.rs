//! What each listing holds.

use driftline::model::{CoverageStatus, Kind, Phase};
use driftline::sources::live::Pages;
use serde_json::json;

use super::{Driver, KINDS, changes, counts, dump, entry, import, is_complete, resources, scan};
use crate::arm::world::{SUBSCRIPTIONS, World, locator, point_id};
use crate::arm::{Manner, serve, start};

#[test]
fn every_page_of_every_list_is_read() {
    let estate = start(None);
    let (store, collected) = scan(&estate);
    let expected = [
        (Kind::Instance, 9),
        (Kind::Volume, 11),
        (Kind::Snapshot, 9),
        (Kind::Image, 2),
        (Kind::RestorePoint, 8),
        (Kind::ScaleSetInstance, 16),
        (Kind::Lock, 4),
        (Kind::Account, 3),
    ];
    assert_eq!(counts(&store), expected.into());
    for subscription in &SUBSCRIPTIONS[..2] {
        for kind in KINDS {
            assert!(is_complete(&collected, subscription, *kind), "{subscription} {kind}");
        }
    }
    assert_eq!((collected.odd, collected.progress.requests.retries), (0, 0));
}

#[test]
fn an_unchanged_estate_is_confirmed_and_nothing_drifts() {
    let estate = start(None);
    let (mut store, _) = scan(&estate);
    super::try_scan(&mut store, entry(&estate)).unwrap();
    assert_eq!(changes(&store), [] as [String; 0]);
}

#[test]
fn a_machine_has_the_state_that_another_list_tells() {
    let (store, _) = scan(&start(None));
    let mut states: Vec<_> = resources(&store)
        .into_iter()
        .filter(|resource| {
            resource.key.kind == Kind::Instance && resource.account.as_str() == SUBSCRIPTIONS[0]
        })
        .map(|machine| (machine.name.unwrap(), machine.state.unwrap().phase))
        .collect();
    states.sort();
    let stopped: Vec<_> =
        states.iter().filter(|(_, phase)| *phase == Phase::Stopped).map(|(name, _)| name.as_str()).collect();
    assert_eq!((states.len(), stopped), (7, vec!["Vm-1", "Vm-4"]));
}

#[test]
fn a_state_of_no_known_shape_keeps_its_machine() {
    let mut world = World::made_up();
    for machine in &mut world.resources {
        if locator(machine).contains("/virtualmachines/") {
            machine["properties"]["instanceView"] = serde_json::json!({"statuses": 7});
        }
    }
    let estate = serve(world, Manner::default());
    let came = Driver::new(entry(&estate)).list(Kind::Instance);
    assert_eq!((came.elements.len(), came.troubles.len()), (7, 0));
}

#[test]
fn machines_are_listed_even_if_their_states_are_not() {
    let estate = serve(World::made_up(), Manner { stateless: true, ..Manner::default() });
    let came = Driver::new(entry(&estate)).list(Kind::Instance);
    assert_eq!(came.elements.len(), 7);
    let [trouble] = came.troubles.try_into().unwrap();
    assert_eq!(
        (trouble.status, trouble.reason.code.as_str()),
        (CoverageStatus::Denied, "AuthorizationFailed")
    );
    assert!(trouble.reason.message.starts_with("VirtualMachines_ListAll?statusOnly=true: "), "{trouble:?}");
    assert!(trouble.reason.message.ends_with("; the power state of machines is unknown"), "{trouble:?}");
}

#[test]
fn a_collection_that_is_gone_meanwhile_is_no_trouble() {
    let refused = Some(("/restorepointcollections/rpc-0", 404, "ResourceNotFound"));
    let estate = serve(World::made_up(), Manner { refused, ..Manner::default() });
    let came = Driver::new(entry(&estate)).list(Kind::RestorePoint);
    assert_eq!((came.elements.len(), came.troubles.as_slice()), (2, &[][..]));
}

#[test]
fn a_collection_that_is_denied_is_a_trouble_and_loses_no_other() {
    let refused = Some(("/restorepointcollections/rpc-", 403, "AuthorizationFailed"));
    let estate = serve(World::made_up(), Manner { refused, ..Manner::default() });
    let came = Driver::new(entry(&estate)).list(Kind::RestorePoint);
    let [trouble] = came.troubles.try_into().unwrap();
    assert_eq!(
        (trouble.status, trouble.reason.code.as_str()),
        (CoverageStatus::Denied, "AuthorizationFailed")
    );
    assert!(trouble.reason.message.starts_with("RestorePointCollections_Get: "), "{trouble:?}");
    assert!(trouble.reason.message.ends_with("(and 2 more like it)"), "{trouble:?}");
}

#[test]
fn a_restore_point_names_the_incarnation_of_its_disk_if_asked_to() {
    let estate = start(None);
    let mut wants = entry(&estate);
    wants.cloud.disk_restore_points = true;
    let mut store = driftline::store::Store::in_memory().unwrap();
    let collected = super::try_scan(&mut store, wants).unwrap();
    assert!(is_complete(&collected, SUBSCRIPTIONS[0], Kind::RestorePoint));
    let locator = point_id(SUBSCRIPTIONS[0], 0, 1).to_lowercase();
    let point = resources(&store).into_iter().find(|resource| resource.locator.as_str() == locator).unwrap();
    assert!(point.evidence.contains_key("diskRestorePoints[d].sourceUniqueId"), "{:?}", point.evidence);
}

#[test]
fn the_machines_of_uniform_scale_sets_come_with_their_state() {
    let estate = start(None);
    let came = Driver::new(entry(&estate)).list(Kind::ScaleSetInstance);
    assert_eq!((came.elements.len(), came.troubles.as_slice()), (8, &[][..]));
    assert!(came.elements.iter().all(|machine| machine["properties"]["instanceView"]["statuses"].is_array()));
}

#[test]
fn a_scale_set_that_is_gone_meanwhile_is_no_trouble() {
    let refused = Some(("/virtualmachinescalesets/uniform/", 404, "ResourceNotFound"));
    let estate = serve(World::made_up(), Manner { refused, ..Manner::default() });
    let came = Driver::new(entry(&estate)).list(Kind::ScaleSetInstance);
    assert_eq!((came.elements.len(), came.troubles.as_slice()), (4, &[][..]));
}

#[test]
fn the_locks_of_groups_and_resources_are_listed_with_the_subscriptions() {
    let estate = start(None);
    let came = Driver::new(entry(&estate)).list(Kind::Lock);
    assert_eq!((came.elements.len(), came.troubles.as_slice()), (2, &[][..]));
}

#[test]
fn who_holds_which_role_and_what_each_role_allows_come_in_one_listing() {
    let mut world = World::made_up();
    let scope = format!("/subscriptions/{}", SUBSCRIPTIONS[0]);
    let of = |sort: &str, name: &str| format!("{scope}/providers/Microsoft.Authorization/{sort}/{name}");
    let definition = of("roleDefinitions", "d");
    world.resources.push(json!({"id": of("roleAssignments", "a"), "name": "a",
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {"principalId": "AA", "principalType": "User", "scope": scope, "roleDefinitionId": definition}}));
    world
        .resources
        .push(json!({"id": definition, "name": "d", "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {"roleName": "End", "permissions": [{"actions": ["Microsoft.Compute/*/delete"]}]}}));
    let driver = |world: World, manner: Manner| {
        let estate = serve(world, manner);
        let mut entry = entry(&estate);
        entry.kinds.insert(Kind::Grant);
        (Driver::new(entry), estate)
    };
    let (grants, _estate) = driver(world.clone(), Manner::default());
    let came = grants.list(Kind::Grant);
    assert_eq!((came.elements.len(), came.troubles.as_slice()), (2, &[][..]));
    let refused = Some(("/roledefinitions", 403, "AuthorizationFailed"));
    let (grants, _estate) = driver(world, Manner { refused, ..Manner::default() });
    let came = grants.list(Kind::Grant);
    assert_eq!(came.elements.len(), 1);
    assert!(came.troubles[0].reason.message.starts_with("RoleDefinitions_List: "), "{:?}", came.troubles);
}

#[test]
fn one_page_of_each_list_is_enough_to_know_whether_it_may_be_read() {
    let estate = start(None);
    let driver = Driver::new(entry(&estate));
    for (kind, requests) in
        [(Kind::Volume, 1), (Kind::Instance, 2), (Kind::RestorePoint, 2), (Kind::ScaleSetInstance, 2)]
    {
        let before = estate.server.requests().len();
        let came = driver.list_as(kind, Pages::first_only);
        assert_eq!(
            (estate.server.requests().len() - before, came.troubles.as_slice()),
            (requests, &[][..]),
            "{kind}"
        );
    }
    let calls = driver.ledger.calls();
    assert!(calls.iter().any(|record| record.call.name == "Disks_List" && record.answered == 1));
}

#[test]
fn the_clock_is_compared_with_the_vendors() {
    let estate = start(None);
    let driver = Driver::new(entry(&estate));
    driver.list(Kind::Image);
    assert!(driver.ledger.skew_seconds().abs() > 3600);
}

#[test]
fn an_export_of_the_same_estate_shows_no_drift() {
    let (mut store, _) = scan(&start(None));
    import(&mut store, dump(&World::made_up()).path());
    assert_eq!(changes(&store), [] as [String; 0]);
    assert_eq!(counts(&store)[&Kind::Volume], 11);
}

/// What governs the resources of a subscription.
const GOVERNING: &[Kind] = &[Kind::Setting, Kind::Region, Kind::AuditLog, Kind::Quota];

/// Scans for what governs a subscription, and returns how completely each kind was listed in the first.
fn governing(manner: Manner) -> Vec<(Kind, String, CoverageStatus, u64)> {
    let estate = serve(World::made_up(), manner);
    let mut entry = entry(&estate);
    entry.kinds = GOVERNING.iter().copied().collect();
    let mut store = driftline::store::Store::in_memory().unwrap();
    let collected = super::try_scan(&mut store, entry).unwrap();
    let rows = collected.coverage.into_iter().filter(|row| row.scope.account.as_str() == SUBSCRIPTIONS[0]);
    let mut rows: Vec<_> =
        rows.map(|row| (row.scope.kind, row.scope.location.to_string(), row.status, row.listed)).collect();
    rows.sort();
    rows
}

#[test]
fn a_refused_quota_is_the_trouble_of_its_location_and_of_no_other_kind() {
    use CoverageStatus::{Complete, Denied};
    let expected = |status, quotas| {
        vec![
            (Kind::Setting, "*".to_owned(), Complete, 1),
            (Kind::Region, "*".to_owned(), Complete, 1),
            (Kind::Quota, "westeurope".to_owned(), status, quotas),
            (Kind::AuditLog, "*".to_owned(), Complete, 0),
        ]
    };
    assert_eq!(governing(Manner::default()), expected(Complete, 2));
    let refused = Manner { refused: Some(("/usages", 403, "AuthorizationFailed")), ..Manner::default() };
    assert_eq!(governing(refused), expected(Denied, 0));
}
