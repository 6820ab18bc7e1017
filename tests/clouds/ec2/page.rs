//! A page of a list.

use serde_json::Value;

/// Some elements of a list, and the token of the next page.
#[derive(Debug)]
pub struct Page {
    pub elements: Vec<Value>,
    pub next: Option<String>,
}

impl Page {
    /// Returns the page that a token stands for, or `None` if it stands for none.
    pub fn of(mut elements: Vec<Value>, token: Option<&str>, size: usize) -> Option<Self> {
        let first = match token {
            Some(token) => token.strip_prefix(PREFIX)?.parse().ok()?,
            None => 0,
        };
        if first > elements.len() {
            return None;
        }
        let mut page = elements.split_off(first);
        let next = (page.len() > size).then(|| token_of(first + size));
        page.truncate(size);
        Some(Self { elements: page, next })
    }
}

/// Returns the token of the page that begins with this element.
pub fn token_of(first: usize) -> String {
    format!("{PREFIX}{first}")
}

const PREFIX: &str = "after-";
