//! What records are wrapped in (SEMANTICS E.1.6, E.2.3, E.3.5).

use std::ops::Range;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::sources::Odd;

/// What the elements of a list are.
#[derive(Clone, Debug)]
pub(super) enum List {
    /// Records as they are.
    Records,
    /// Records, or something that wraps them, or a text that is one.
    Any,
    /// Tables of Log Analytics.
    Tables,
    /// Rows of a table with these columns.
    Rows(Vec<String>),
}

/// The members of an object that list records.
const LISTS: &[(&[u8], List)] = &[
    // CloudTrail objects.
    (b"Records", List::Records),
    // Event Hub and its capture files.
    (b"records", List::Records),
    // Azure REST pages.
    (b"value", List::Records),
    // `entries:list`.
    (b"entries", List::Records),
    // `LookupEvents`.
    (b"Events", List::Any),
    // CloudWatch Logs: subscriptions and `get-log-events` or `filter-log-events`.
    (b"logEvents", List::Any),
    (b"events", List::Any),
    // `gcloud pubsub subscriptions pull`, REST.
    (b"receivedMessages", List::Any),
    // Log Analytics queries.
    (b"tables", List::Tables),
];

/// Returns what a member lists, by its name.
pub(super) fn list(name: &[u8]) -> Option<List> {
    LISTS.iter().find(|(known, _)| *known == name).map(|(_, list)| list.clone())
}

/// The members of an object that may wrap a record, each by its place in the object's bytes.
#[derive(Debug, Default)]
pub(super) struct Wrap {
    cloud_trail_event: Option<Range<usize>>,
    event_data: Option<Range<usize>>,
    detail_type: Option<Range<usize>>,
    detail: Option<Range<usize>>,
    message: Option<Range<usize>>,
    data: Option<Range<usize>>,
    message_id: bool,
}

/// What an object turns out to be.
pub(super) enum Wrapped<'a> {
    /// A record, or nothing known.
    Record(&'a [u8]),
    /// The text of one.
    Text(Vec<u8>),
    /// An event of another sort.
    OtherEvent,
}

impl Wrap {
    /// Takes note of a member and the place of its value.
    pub(super) fn note(&mut self, name: &[u8], value: Range<usize>) {
        match name {
            b"CloudTrailEvent" => self.cloud_trail_event = Some(value),
            b"eventData" => self.event_data = Some(value),
            b"detail-type" => self.detail_type = Some(value),
            b"detail" => self.detail = Some(value),
            b"message" => self.message = Some(value),
            b"data" => self.data = Some(value),
            b"messageId" | b"message_id" => self.message_id = true,
            _ => {}
        }
    }

    /// Unwraps an object.
    ///
    /// # Errors
    ///
    /// `not-json` or `not-base64` for a wrapping that holds neither.
    pub(super) fn open<'a>(&self, object: &'a [u8]) -> Result<Wrapped<'a>, Odd> {
        let value = |range: &Option<Range<usize>>| object.get(range.clone()?);
        if let Some(text) = value(&self.cloud_trail_event) {
            return Ok(Wrapped::Text(unquoted(text)?));
        }
        if let Some(data) = value(&self.event_data) {
            return match data.first() {
                Some(b'"') => Ok(Wrapped::Text(unquoted(data)?)),
                _ => Ok(Wrapped::Record(data)),
            };
        }
        if let (Some(kind), Some(detail)) = (value(&self.detail_type), value(&self.detail)) {
            let is_call = kind.ends_with(b"via CloudTrail\"");
            return Ok(if is_call { Wrapped::Record(detail) } else { Wrapped::OtherEvent });
        }
        if let Some(message) = value(&self.message) {
            return match message.first() {
                Some(b'"') if looks_like_json(message) => Ok(Wrapped::Text(unquoted(message)?)),
                Some(b'{') => pushed(message),
                _ => Ok(Wrapped::Record(object)),
            };
        }
        match value(&self.data) {
            Some(data) if self.message_id => Ok(Wrapped::Text(decoded(&unquoted(data)?)?)),
            _ => Ok(Wrapped::Record(object)),
        }
    }
}

/// Whether a quoted text begins as an object does.
pub(super) fn looks_like_json(quoted: &[u8]) -> bool {
    let inner = quoted.get(1..).unwrap_or_default();
    inner.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// Returns the text of a JSON string.
pub(super) fn unquoted(quoted: &[u8]) -> Result<Vec<u8>, Odd> {
    let text: String = serde_json::from_slice(quoted)
        .map_err(|error| Odd::new("not-json", format!("the wrapped record is no text: {error}")))?;
    Ok(text.into_bytes())
}

/// Opens the message of a Pub/Sub push or pull.
fn pushed(message: &[u8]) -> Result<Wrapped<'_>, Odd> {
    #[derive(Deserialize)]
    struct Message {
        #[serde(default)]
        data: Option<String>,
    }
    let message: Message =
        serde_json::from_slice(message).map_err(|error| Odd::new("not-json", error.to_string()))?;
    let data = message.data.ok_or_else(|| Odd::new("wrong-type", "`message` has no `data`"))?;
    decoded(data.as_bytes()).map(Wrapped::Text)
}

/// Pads or does not, as the sender does.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn decoded(text: &[u8]) -> Result<Vec<u8>, Odd> {
    BASE64.decode(text).map_err(|error| Odd::new("not-base64", format!("`data` does not decode: {error}")))
}

/// Returns the names of a table's columns.
pub(super) fn columns(raw: &[u8]) -> Result<Vec<String>, Odd> {
    #[derive(Deserialize)]
    struct Column {
        name: String,
    }
    let columns: Vec<Column> = serde_json::from_slice(raw)
        .map_err(|error| Odd::new("wrong-type", format!("`columns` is no list of columns: {error}")))?;
    Ok(columns.into_iter().map(|column| column.name).collect())
}

/// Returns a row as an object.
pub(super) fn row(columns: &[String], raw: &[u8]) -> Result<Vec<u8>, Odd> {
    let cells: Vec<Value> =
        serde_json::from_slice(raw).map_err(|error| Odd::new("not-json", error.to_string()))?;
    if cells.len() != columns.len() {
        let message = format!("a row has {} cells, its table {} columns", cells.len(), columns.len());
        return Err(Odd::new("wrong-type", message));
    }
    let members: Map<String, Value> = columns.iter().cloned().zip(cells).collect();
    Ok(Value::Object(members).to_string().into_bytes())
}
