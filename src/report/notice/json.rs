//! The v1 notice as it stands.

use super::{Notice, Shape};
use crate::model::printable_json;

/// The `json` shape: the frozen v1 notice, described by `schema/notify.v1.json`.
pub(super) struct Json;

impl Shape for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[]
    }

    fn body(&self, notice: &Notice) -> serde_json::Result<String> {
        serde_json::to_string(notice).map(|text| printable_json(&text))
    }
}
