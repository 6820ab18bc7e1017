//! The machines of uniform scale sets, which only their own set lists (SEMANTICS H.2).

use futures_util::stream::{StreamExt as _, iter};
use serde_json::Value;
use serde_json::value::RawValue;

use super::element::{id, property};
use super::listings::{SIDE_BY_SIDE, Task};
use super::transport::empty;
use crate::model::CoverageStatus;
use crate::sources::azure::{arm, calls};
use crate::sources::live::{Answer, Refusal, RefusalKind, Trouble, follow};

/// Lists the machines of every uniform scale set of a subscription; those of flexible ones stand in the list
/// of its machines.
pub(super) async fn list(task: &Task<'_>) -> Vec<Trouble> {
    let subscription = task.subscription();
    let walk = task.start(&calls::SCALE_SETS_LIST, |client| {
        empty(client.virtual_machine_scale_sets_client().list_all(subscription).into_stream())
    });
    let sets = match walk {
        Ok(sets) => sets,
        Err(refusal) => return vec![refusal.into()],
    };
    let page = |_| async {
        let list = sets.next().await?;
        let mut uniform: Vec<_> = list.elements.into_iter().filter(|set| is_uniform(set)).collect();
        if task.pages.wants_first_only() {
            uniform.truncate(1);
        }
        let machines = iter(uniform).map(|set| machines(task, set)).buffered(SIDE_BY_SIDE);
        let troubles = machines.concat().await;
        Ok::<Answer, Refusal>(Answer { next: list.next, troubles, ..Answer::default() })
    };
    follow(task.pages, page).await
}

/// Sends the machines of one set; a set that is gone meanwhile has none.
async fn machines(task: &Task<'_>, set: Box<RawValue>) -> Vec<Trouble> {
    let Some(id) = id(&set) else {
        let message = "a scale set has no `id`, so its machines are unknown";
        return vec![Trouble::new(CoverageStatus::Partial, "no-id", message)];
    };
    let (group, name) = (arm::resource_group(&id).unwrap_or_default(), arm::name(&id));
    let walk = task.start(&calls::SCALE_SET_MACHINES_LIST, |client| {
        let machines = client.virtual_machine_scale_set_v_ms_client().list(group, name, task.subscription());
        empty(machines.expand("instanceView").into_stream())
    });
    let walk = match walk {
        Ok(walk) => walk,
        Err(refusal) => return vec![refusal.into()],
    };
    let page = |_| async {
        match walk.next().await {
            Ok(list) => Ok(list.answer()),
            Err(refusal) if refusal.kind == RefusalKind::Absent => Ok(Answer::default()),
            Err(refusal) => Err(refusal),
        }
    };
    let troubles = follow(task.pages, page).await;
    troubles.into_iter().map(|trouble| trouble.of(&calls::SCALE_SET_MACHINES_LIST)).collect()
}

/// A set is uniform unless it says that it is flexible; the oldest ones say nothing.
fn is_uniform(set: &RawValue) -> bool {
    let mode = property(set, "orchestrationMode");
    !mode.as_ref().and_then(Value::as_str).is_some_and(|mode| mode.eq_ignore_ascii_case("flexible"))
}
