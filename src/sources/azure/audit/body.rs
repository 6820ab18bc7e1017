//! What was sent and what came back: JSON in strings in JSON, at times cut off (SEMANTICS E.2.2).

use serde_json::{Map, Value};

/// Returns a member by its name in any case: `az`, REST and older exports spell some differently.
pub(super) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let any_case = || members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    members.get(name).or_else(any_case).filter(|value| !value.is_null())
}

/// Returns the value at a dotted path, its names in any case.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| member(value.as_object()?, name))
}

/// Returns a value that may be the text of a JSON document as that document.
pub(super) fn unpacked(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => parsed(text).map(|(value, _)| value),
        Value::Object(_) | Value::Array(_) => Some(value.clone()),
        _ => None,
    }
}

/// Parses a document; of one that was cut off, what stands before the cut, and that it was cut.
fn parsed(text: &str) -> Option<(Value, bool)> {
    let looks = text.trim_start().starts_with(['{', '[']);
    let whole = || serde_json::from_str(text).ok().map(|value| (value, false));
    let mended = || serde_json::from_str(&mended(text)).ok().map(|value| (value, true));
    looks.then(|| whole().or_else(mended))?
}

/// Closes what a cut left open, without the member that it fell into.
fn mended(text: &str) -> String {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    // The end of the last complete value, with what is open there.
    let mut whole = (0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => {
                open.push(if letter == '{' { '}' } else { ']' });
                whole = (at + 1, open.clone());
            }
            '}' | ']' => {
                open.pop();
                whole = (at + 1, open.clone());
            }
            ',' => whole = (at, open.clone()),
            _ => {}
        }
    }
    let (end, open) = whole;
    text.get(..end).unwrap_or_default().chars().chain(open.into_iter().rev()).collect()
}

/// The bodies of an operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Body {
    response: Option<Value>,
    request: Option<Value>,
    /// Whether the log left part of a body out.
    pub(super) truncated: bool,
}

impl Body {
    /// Takes the bodies out of a record's `properties`; either may be text or a document.
    pub(super) fn of(properties: &Map<String, Value>) -> Self {
        let mut truncated = false;
        let mut body = |name| {
            let value = member(properties, name)?;
            let Some(text) = value.as_str() else { return value.is_object().then(|| value.clone()) };
            let Some((value, cut)) = parsed(text) else {
                truncated |= !text.trim().is_empty();
                return None;
            };
            truncated |= cut;
            Some(value)
        };
        let (response, request) = (body("responseBody"), body("requestbody"));
        Self { response, request, truncated }
    }

    /// Returns the value at a path, as it was answered, else as it was asked for.
    pub(super) fn get(&self, path: &str) -> Option<&Value> {
        self.answered(path).or_else(|| self.request.as_ref().and_then(|body| at(body, path)))
    }

    /// Returns the text at a path; no empty one.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str().filter(|text| !text.is_empty())
    }

    /// Returns the list at a path; empty where there is none.
    pub(super) fn list(&self, path: &str) -> &[Value] {
        self.get(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Returns the value at a path as it was answered.
    pub(super) fn answered(&self, path: &str) -> Option<&Value> {
        self.response.as_ref().and_then(|body| at(body, path))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(properties: Value) -> Body {
        let Value::Object(properties) = properties else { panic!() };
        Body::of(&properties)
    }

    #[test]
    fn what_was_answered_goes_before_what_was_asked_in_any_case_and_packing() {
        let text = body(json!({"responseBody": r#"{"Properties":{"vmId":"a"}}"#,
            "requestbody": r#"{"properties":{"vmId":"b","userData":"******"}}"#}));
        assert_eq!(text.text("properties.vmId"), Some("a"));
        assert_eq!(text.text("properties.userData"), Some("******"));
        assert!(!text.truncated);
        let object = body(json!({"responsebody": {"properties": {"vmId": "a"}}}));
        assert_eq!(object.text("properties.vmId"), Some("a"));
        assert_eq!(body(json!({"responseBody": "", "requestbody": null})), Body::default());
    }

    #[test]
    fn of_a_body_that_was_cut_off_stays_what_stood_before_the_cut() {
        let whole = r#"{"tags":{"x":"a \" {"},"properties":{"creationData":{"sourceResourceId":"/s"},"list":[1,{"k":2}]}}"#;
        for cut in 1..whole.len() {
            let cut = body(json!({"responseBody": &whole[..cut]}));
            assert!(cut.truncated);
            assert!(cut.get("properties.creationData.sourceResourceId").is_none_or(|source| source == "/s"));
        }
        let cut = body(json!({"responseBody": &whole[..whole.len() - 8]}));
        assert_eq!(cut.text("properties.creationData.sourceResourceId"), Some("/s"));
    }

    #[test]
    fn text_that_is_no_document_is_said_to_be_missing() {
        let odd = body(json!({"responseBody": "truncated"}));
        assert!(odd.truncated && odd.response.is_none());
    }
}
