//! The Activity Log, live: what Azure Resource Manager keeps of each subscription (SEMANTICS E.2.1, H.2).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Url;
use serde_json::value::RawValue;

use super::arm::Arm;
use crate::model::{AccountId, EVERYWHERE, Location, LogScope, Provider, Timestamp, Window};
use crate::sources::LogHints;
use crate::sources::azure::calls::ACTIVITY_LOGS_LIST;
use crate::sources::live::{
    Lane, LogQuery, LogRead, RecordPage, Records, Refusal, follow_log, parts, read_in_parts,
};

/// The log's name.
const SOURCE: &str = "activity-log";

/// The API version of the Activity Log.
const API_VERSION: &str = "2015-04-01";

/// How far back it is asked for: an hour less than it goes, since a query that begins too early by the vendor's
/// clock is refused as a whole.
const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24 - 1);

/// What is said of the time before.
const FORGOTTEN: &str = "the Activity Log goes back 90 days";

/// No part of a window is shorter.
const SHORTEST_PART: SignedDuration = SignedDuration::from_hours(1);

/// How many parts a window is cut into at most.
const PARTS: i32 = 96;

/// What shows that a part is whole.
const EVIDENCE: &str = "the Activity Log was read to its end";

/// Returns the log of a subscription, which is one for all locations.
pub(super) fn of(account: &AccountId) -> LogScope {
    LogScope {
        provider: Provider::Azure,
        account: account.clone(),
        location: Location::new(EVERYWHERE),
        source: SOURCE.to_owned(),
    }
}

/// Reads the log of a subscription, of all its resource providers: who gave a role, ended the export of the log or
/// asked for more quota is not told by `Microsoft.Compute`.
///
/// It can be asked for resources by their ARM ids alone, so a read about some is one of everything.
pub(super) async fn read(arm: &Arm, query: &LogQuery, records: &Records) -> LogRead {
    let log = ActivityLog {
        arm,
        lane: arm.lane(&query.log.account),
        name: format!("{} {}", ACTIVITY_LOGS_LIST.name, query.log.account),
        hints: LogHints {
            account: Some(query.log.account.clone()),
            location: Some(query.log.location.clone()),
            ingested_at: None,
        },
        records,
    };
    let query = LogQuery { about: BTreeSet::new(), ..query.clone() };
    let kept_from = Timestamp::now().checked_sub(RETENTION).unwrap_or(query.window.from);
    let kept = Window { from: query.window.from.max(kept_from), to: query.window.to };
    let parts = parts(kept, SHORTEST_PART, PARTS);
    let read = read_in_parts(&query, records, &parts, EVIDENCE, |part| log.read(part)).await;
    read.kept_since(kept_from, FORGOTTEN)
}

/// The log of one subscription.
struct ActivityLog<'a> {
    arm: &'a Arm,
    lane: Arc<Lane>,
    name: String,
    hints: LogHints,
    records: &'a Records,
}

impl ActivityLog<'_> {
    async fn read(&self, window: Window) -> Result<(), Refusal> {
        let first = &self.url(window);
        follow_log(self.records, |token| async move {
            let list = self.arm.page(&self.lane, &ACTIVITY_LOGS_LIST, first, token).await?;
            Ok((self.page(&list.elements), list.next))
        })
        .await
    }

    fn url(&self, window: Window) -> Url {
        let below = "providers/Microsoft.Insights/eventtypes/management/values";
        let mut url =
            self.arm.url(&format!("/subscriptions/{}/{below}", self.lane.account), API_VERSION, None);
        // Set as a whole: pairs would be appended as a form is, with `+` for a space.
        url.set_query(Some(&format!("api-version={API_VERSION}&$filter={}", filter(window))));
        url
    }

    fn page(&self, elements: &[Box<RawValue>]) -> RecordPage {
        let mut page = RecordPage::new(self.name.as_str(), self.hints.clone());
        for element in elements {
            page.push_raw(element.get().as_bytes());
        }
        page
    }
}

/// Returns the filter of a window, in whole seconds around it: Azure reads seven digits of a fraction, and both
/// ends are included.
fn filter(Window { from, to }: Window) -> String {
    let to = to.checked_add(SignedDuration::from_secs(1)).unwrap_or(to);
    format!("eventTimestamp ge '{from:.0}' and eventTimestamp le '{to:.0}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_in_whole_seconds_holds_the_whole_window() {
        let window = |from: &str, to: &str| Window { from: from.parse().unwrap(), to: to.parse().unwrap() };
        assert_eq!(
            filter(window("2026-01-02T03:04:05.999999999Z", "2026-01-02T04:04:05.000000001Z")),
            "eventTimestamp ge '2026-01-02T03:04:05Z' and eventTimestamp le '2026-01-02T04:04:06Z'"
        );
    }
}
