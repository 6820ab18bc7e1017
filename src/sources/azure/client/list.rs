//! One page of a list, with every element as it came.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::Reply;
use crate::sources::live::{Answer, Page, Refusal, RefusalKind};

/// One page of a list, with every element as it came: nothing in one can spoil its neighbours.
#[derive(Debug)]
pub(super) struct List {
    pub(super) elements: Vec<Box<RawValue>>,
    /// The link of the next page.
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    value: Option<Vec<Box<RawValue>>>,
    #[serde(rename = "nextLink")]
    next: Option<String>,
}

impl List {
    /// Reads a page.
    ///
    /// # Errors
    ///
    /// `not-json`; `no-list` for an object without one, which proves nothing, not even that nothing is there.
    pub(super) fn read(reply: &Reply) -> Result<Self, Refusal> {
        // A name that is no UTF-8 must not take the page with it.
        let text = String::from_utf8_lossy(&reply.body);
        match serde_json::from_str(&text) {
            Ok(Body { value: Some(elements), next }) => Ok(Self { elements, next }),
            Ok(Body { value: None, .. }) => {
                Err(Refusal::new(RefusalKind::Failed, "no-list", "the reply is an object without `value`"))
            }
            Err(_) => Err(reply.not_json(RefusalKind::Failed, "not-json")),
        }
    }

    /// Returns the page of its elements, as they came.
    pub(super) fn answer(self) -> Answer {
        let page = page_of(&self.elements);
        Answer { page, next: self.next, troubles: Vec::new() }
    }
}

/// Returns a page of elements, as files have them.
pub(super) fn page_of<'a>(elements: impl IntoIterator<Item = &'a Box<RawValue>>) -> Page {
    let mut page = Page::of("value");
    for element in elements {
        // Raw JSON always serialises.
        let _ = page.push(element);
    }
    page
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn read(body: &[u8]) -> Result<List, Refusal> {
        List::read(&Reply { status: 200, headers: HeaderMap::new(), body: body.to_vec() })
    }

    #[test]
    fn every_element_is_kept_as_it_came() {
        let nested = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        let body = format!(r#"{{"value": [1, {{"a" : 1.0}}, {nested}], "nextLink": "https://x/?p=2"}}"#);
        let list = read(body.as_bytes()).unwrap();
        let elements: Vec<_> = list.elements.iter().map(|element| element.get()).collect();
        assert_eq!(elements, ["1", r#"{"a" : 1.0}"#, nested.as_str()]);
        assert_eq!(list.next.as_deref(), Some("https://x/?p=2"));
    }

    #[test]
    fn a_name_that_is_no_text_spoils_no_neighbour() {
        assert_eq!(read(b"{\"value\": [\"\xff\", 2]}").unwrap().elements.len(), 2);
    }

    #[test]
    fn a_body_without_a_list_is_no_empty_list() {
        for (body, code) in
            [(&b"{}"[..], "no-list"), (br#"{"value": null}"#, "no-list"), (b"<html>", "not-json")]
        {
            assert_eq!(read(body).unwrap_err().code, code);
        }
        assert_eq!(read(br#"{"value": []}"#).unwrap().elements.len(), 0);
    }
}
