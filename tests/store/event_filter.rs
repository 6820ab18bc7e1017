//! Which events a filter lets through.

use driftline::model::{AccountId, AuditEvent, Class, End, Location, Locator, Outcome, Provider, Window};
use driftline::store::{EventFilter, Store};

use crate::support::{ACCOUNT, azure_event, event, import, second_of_day};

/// 1: alice deletes vol-1. 2: bob may not delete VOL-2. 3: carol deletes the machine `Web`.
fn store() -> Store {
    let mut denied = event("2", 20, "bob", "vol-2");
    denied.outcome = Outcome::plain(End::Denied);
    denied.location = Location::new("eu-west-1");
    let mut store = Store::in_memory().unwrap();
    import(&mut store, &[azure_event("3", 30, "Web"), event("1", 10, "alice", "vol-1"), denied]);
    store
}

fn ids(events: &[AuditEvent]) -> String {
    events.iter().map(|event| event.id.as_str()).collect()
}

#[test]
fn every_condition_counts() {
    let any = EventFilter::default;
    let window = |from, to| Some(Window { from: second_of_day(from), to: second_of_day(to) });
    let text = |text: &str| Some(text.to_owned());
    let locator = "/subscriptions/sub/vm/Web";
    let cases = [
        (any(), "123"),
        (EventFilter { window: window(10, 20), ..any() }, "12"),
        (EventFilter { window: window(11, 19), ..any() }, ""),
        (EventFilter { provider: Some(Provider::Aws), ..any() }, "12"),
        (EventFilter { account: Some(AccountId::new(ACCOUNT)), ..any() }, "12"),
        (EventFilter { location: Some(Location::new("eu-west-1")), ..any() }, "2"),
        (EventFilter { class: Some(Class::InstanceDelete), ..any() }, "3"),
        (EventFilter { operation: text("deletevolume"), ..any() }, "12"),
        (EventFilter { operation: text("Delete"), ..any() }, ""),
        (EventFilter { actor: text("ALICE"), ..any() }, "1"),
        (EventFilter { actor: text("bob@example"), ..any() }, "2"),
        (EventFilter { actor: text("role/carol"), ..any() }, "3"),
        (EventFilter { actor: text("nobody"), ..any() }, ""),
        (EventFilter { end: Some(End::Denied), ..any() }, "2"),
        (EventFilter { attempts_only: true, ..any() }, "2"),
        (EventFilter { target: text("vol-1"), ..any() }, "1"),
        (EventFilter { target: text("VOL-1"), ..any() }, ""),
        (EventFilter { target: text(locator), ..any() }, "3"),
        (EventFilter { target: text(&locator.to_uppercase()), ..any() }, "3"),
        (EventFilter { target: text("web"), ..any() }, "3"),
        (EventFilter { target: text("we"), ..any() }, ""),
        (EventFilter { limit: Some(2), ..any() }, "23"),
        (EventFilter { limit: Some(0), ..any() }, ""),
        (EventFilter { limit: Some(1), provider: Some(Provider::Aws), ..any() }, "2"),
        (EventFilter { limit: Some(1), actor: text("alice"), ..any() }, "1"),
        (EventFilter { target: text("vol-1"), provider: Some(Provider::Azure), ..any() }, ""),
    ];
    let store = store();
    for (filter, expected) in cases {
        assert_eq!(ids(&store.events(&filter).unwrap()), expected, "{filter:?}");
    }
}

#[test]
fn a_target_is_found_by_the_name_that_the_record_tells() {
    let mut named = event("1", 1, "alice", "vol-1");
    let mut target = named.targets.pop_first().unwrap();
    target.name = Some("data-disk".into());
    target.locator = Some(Locator::new("projects/p/zones/z/disks/data-1"));
    named.targets.insert(target);
    let mut store = Store::in_memory().unwrap();
    import(&mut store, &[named]);
    for (name, found) in [("data-disk", 1), ("data-1", 1), ("vol-1", 1), ("disks", 0)] {
        let filter = EventFilter { target: Some(name.to_owned()), ..EventFilter::default() };
        assert_eq!(store.events(&filter).unwrap().len(), found, "{name}");
    }
}
