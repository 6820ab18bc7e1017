//! `LookupEvents`: the event history.

use std::sync::Arc;

use aws_sdk_cloudtrail::error::BuildError;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use jiff::SignedDuration;
use serde_json::json;

use crate::model::{LogStatus, Timestamp, Uid, Window};
use crate::sources::LogHints;
use crate::sources::aws::calls::LOOKUP_EVENTS;
use crate::sources::aws::client::session::Session;
use crate::sources::live::{
    Lane, LogQuery, LogRead, RecordPage, Records, Refusal, RefusalKind, follow_log, parts, read_in_parts,
};

/// How many requests an account may make in a region each second (SEMANTICS H.1).
const REQUESTS_PER_SECOND: f64 = 2.0;

/// How many events a page may hold.
const PAGE: i32 = 50;

/// How far back the event history goes.
const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// No part of a window is shorter: an empty part costs half a second.
const SHORTEST_PART: SignedDuration = SignedDuration::from_hours(1);

/// How many parts a window is cut into at most.
const PARTS: i32 = 24;

/// For how many resources it takes fewer requests to ask for each by its name: one request and more for each, reads
/// among what they answer.
const FEW: usize = 8;

/// What shows that a part is whole.
const EVIDENCE: &str = "LookupEvents was read to its end";

/// Reads the event history of one account and region.
pub(in super::super) async fn read(
    session: &Session,
    query: &LogQuery,
    records: &Records,
    requests_per_second: f64,
) -> LogRead {
    let requests_per_second = requests_per_second.min(REQUESTS_PER_SECOND);
    let history = History {
        session,
        client: session.cloudtrail(&query.log.location),
        lane: session.lane_of("cloudtrail", &query.log.location, requests_per_second, 1),
        name: format!("LookupEvents {} {}", query.log.account, query.log.location),
        hints: LogHints {
            account: Some(query.log.account.clone()),
            location: Some(query.log.location.clone()),
            ingested_at: None,
        },
        records,
    };
    if !query.about.is_empty() && query.about.len() <= FEW {
        let about = &query.about;
        let named = |window| history.about(about.iter(), window);
        return read_in_parts(query, records, &[query.window], EVIDENCE, named).await;
    }
    let query = LogQuery { about: [].into(), ..query.clone() };
    let kept_from = Timestamp::now().checked_sub(RETENTION).unwrap_or(query.window.from);
    let kept = Window { from: query.window.from.max(kept_from), to: query.window.to };
    let parts = parts(kept, SHORTEST_PART, PARTS);
    let mut read = read_in_parts(&query, records, &parts, EVIDENCE, |part| history.writes(part)).await;
    for interval in &mut read.intervals {
        if interval.window.to <= kept_from && interval.status == LogStatus::Gap {
            "the event history goes back 90 days".clone_into(&mut interval.reason);
        }
    }
    read
}

/// Returns the last second that begins before a moment.
fn last_second(end: Timestamp) -> i64 {
    end.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(end).as_second()
}

/// The event history of one account and region.
struct History<'a> {
    session: &'a Session,
    client: aws_sdk_cloudtrail::Client,
    lane: Arc<Lane>,
    name: String,
    hints: LogHints,
    records: &'a Records,
}

impl History<'_> {
    /// Reads everything that changes something.
    async fn writes(&self, window: Window) -> Result<(), Refusal> {
        self.look_up(LookupAttributeKey::ReadOnly, "false", window).await
    }

    /// Reads what concerns some resources.
    async fn about(&self, uids: impl Iterator<Item = &Uid>, window: Window) -> Result<(), Refusal> {
        for uid in uids {
            self.look_up(LookupAttributeKey::ResourceName, uid.as_str(), window).await?;
        }
        Ok(())
    }

    async fn look_up(&self, key: LookupAttributeKey, value: &str, window: Window) -> Result<(), Refusal> {
        let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
        let incomplete = |error: BuildError| Refusal::new(RefusalKind::Failed, "request", error.to_string());
        let request = self
            .client
            .lookup_events()
            .lookup_attributes(attribute.map_err(incomplete)?)
            .start_time(DateTime::from_secs(window.from.as_second()))
            // Whole seconds, both ends included.
            .end_time(DateTime::from_secs(last_second(window.to)))
            .max_results(PAGE);
        follow_log(self.records, |token| {
            let request = request.clone().set_next_token(token);
            async move {
                let answer = self.session.ask(&self.lane, &LOOKUP_EVENTS, || request.clone().send()).await?;
                Ok((self.page(&answer.events.unwrap_or_default())?, answer.next_token))
            }
        })
        .await
    }

    fn page(&self, events: &[Event]) -> Result<RecordPage, Refusal> {
        let mut page = RecordPage::new(self.name.as_str(), self.hints.clone());
        for event in events {
            match &event.cloud_trail_event {
                Some(record) => page.push_raw(record.as_bytes()),
                // Too little for an event, but enough to be found by.
                None => page
                    .push(&json!({ "eventID": event.event_id, "eventName": event.event_name }))
                    .map_err(|error| Refusal::new(RefusalKind::Failed, "not-json", error.to_string()))?,
            }
        }
        Ok(page)
    }
}
