//! Calls for single resources: what they tell, and how often they failed.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt as _, stream};

use crate::model::Plural;
use crate::sources::Overlay;
use crate::sources::live::{Call, Refusal, RefusalKind, Trouble};

/// How many of one page are asked at once; the lane's budget says how soon.
const AT_ONCE: usize = 16;

/// What calls for single resources met in one listing.
#[derive(Debug, Default)]
pub(super) struct Singles {
    failures: Mutex<BTreeMap<Sort, (u64, Trouble)>>,
}

/// The name of a call, and the code that it was refused with.
type Sort = (&'static str, String);

impl Singles {
    /// Asks, some at once, and returns what was told.
    ///
    /// A resource that went meanwhile has nothing to tell; any other refusal is counted, and loses no resource.
    pub(super) async fn ask<F>(&self, asks: Vec<(&'static Call, F)>) -> Vec<Overlay>
    where
        F: Future<Output = Result<Overlay, Refusal>> + Send,
    {
        let asks: Vec<_> = asks.into_iter().map(|(call, ask)| async move { (call, ask.await) }).collect();
        let mut answers = stream::iter(asks).buffer_unordered(AT_ONCE);
        let mut told = Vec::new();
        while let Some((call, answer)) = answers.next().await {
            match answer {
                Ok(overlay) => told.push(overlay),
                Err(refusal) if refusal.kind == RefusalKind::Absent => {}
                Err(refusal) => self.count(call, refusal),
            }
        }
        told
    }

    /// Returns one trouble for each sort of failure, with its count.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let summed = |((name, _), (count, trouble)): (&Sort, &(u64, Trouble))| {
            let mut trouble = trouble.clone();
            let count = Plural(*count, "request");
            trouble.reason.message = format!("{name}, of {count}: {}", trouble.reason.message);
            trouble
        };
        failures.iter().map(summed).collect()
    }

    fn count(&self, call: &'static Call, refusal: Refusal) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = failures.entry((call.name, refusal.code.clone()));
        entry.or_insert_with(|| (0, refusal.into())).0 += 1;
    }
}
