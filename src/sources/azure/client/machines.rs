//! Virtual machines, with the power state that another list tells (SEMANTICS H.2).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::element::{id, members, property};
use super::list::{List, page_of};
use super::listings::{Task, aside};
use super::transport::empty;
use crate::sources::azure::calls;
use crate::sources::live::{Answer, Refusal, Trouble, follow};

/// The instance view of each machine, by its canonical id.
type Views = HashMap<String, Box<RawValue>>;

/// Lists a subscription's machines.
///
/// The states come first, so that each machine is whole when it is sent. Where they cannot be had the machines
/// are listed all the same, without.
pub(super) async fn list(task: &Task<'_>) -> Vec<Trouble> {
    let (views, mut troubles) = views(task).await;
    let subscription = task.subscription();
    let walk = task.start(&calls::MACHINES_LIST, |client| {
        empty(client.virtual_machines_client().list_all(subscription).into_stream())
    });
    let walk = match walk {
        Ok(walk) => walk,
        Err(refusal) => return vec![refusal.into()],
    };
    let listed = follow(task.pages, |_| async { Ok(answer(walk.next().await?, &views)) }).await;
    // What is wrong with the machines' own list counts first: it decides what came of the whole.
    troubles.splice(..0, listed);
    troubles
}

/// Returns the instance views of a subscription's machines, and what keeps them from being complete.
async fn views(task: &Task<'_>) -> (Views, Vec<Trouble>) {
    let subscription = task.subscription();
    let walk = task.start(&calls::MACHINES_STATUS, |client| {
        let list = client.virtual_machines_client().list_all(subscription).status_only("true");
        empty(list.into_stream())
    });
    let walk = match walk {
        Ok(walk) => walk,
        Err(refusal) => return (Views::new(), vec![refusal.into()]),
    };
    let views = Mutex::new(Views::new());
    let page = |_| async {
        let list = walk.next().await?;
        let told = list.elements.iter().filter_map(|element| Some((id(element)?, view(element)?)));
        views.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
        Ok::<Answer, Refusal>(Answer { next: list.next, ..Answer::default() })
    };
    let mut troubles = follow(&aside(task.pages.wants_first_only()), page).await;
    for trouble in &mut troubles {
        trouble.reason.message.push_str("; the power state of machines is unknown");
    }
    let troubles = troubles.into_iter().map(|trouble| trouble.of(&calls::MACHINES_STATUS)).collect();
    (views.into_inner().unwrap_or_else(PoisonError::into_inner), troubles)
}

/// Returns the part of a machine's instance view that says what state it is in; the rest moves with every
/// heartbeat of its agent, and would make an unchanged machine look new.
fn view(status: &RawValue) -> Option<Box<RawValue>> {
    let statuses = property(status, "instanceView")?.get("statuses")?.clone();
    to_raw_value(&json!({"statuses": statuses})).ok()
}

fn answer(list: List, views: &Views) -> Answer {
    let whole: Vec<_> = list.elements.into_iter().map(|machine| with_view(machine, views)).collect();
    Answer { page: page_of(&whole), next: list.next, troubles: Vec::new() }
}

/// Lays a machine's view into it, as `az vm list --show-details` and a single GET have it.
fn with_view(machine: Box<RawValue>, views: &Views) -> Box<RawValue> {
    let laid = || {
        let view = views.get(&id(&machine)?)?;
        let mut outer = members(&machine)?;
        let mut inner = members(outer.get("properties")?)?;
        inner.insert("instanceView".to_owned(), view.clone());
        outer.insert("properties".to_owned(), to_raw_value(&inner).ok()?);
        to_raw_value(&outer).ok()
    };
    laid().unwrap_or(machine)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const MACHINE: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/Web";

    fn raw(value: &Value) -> Box<RawValue> {
        to_raw_value(value).unwrap()
    }

    #[test]
    fn a_machine_gets_its_state_whatever_the_case_of_its_id() {
        let statuses = json!([{"code": "PowerState/running"}]);
        let status = json!({"id": MACHINE.to_uppercase(),
            "properties": {"instanceView": {"statuses": statuses, "vmAgent": {"statuses": []}}}});
        let views = Views::from([(id(&raw(&status)).unwrap(), view(&raw(&status)).unwrap())]);
        let machine = json!({"id": MACHINE, "properties": {"vmId": "v"}});
        let whole: Value = serde_json::from_str(with_view(raw(&machine), &views).get()).unwrap();
        assert_eq!(whole["properties"], json!({"vmId": "v", "instanceView": {"statuses": statuses}}));
    }

    #[test]
    fn a_machine_without_a_state_stays_as_it_came() {
        for machine in [json!({"id": MACHINE, "properties": {}}), json!({"properties": 1}), json!(7)] {
            let raw = raw(&machine);
            assert_eq!(with_view(raw.clone(), &Views::new()).get(), raw.get());
        }
    }
}
