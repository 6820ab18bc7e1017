//! Cuts a body of any size into its elements without reading it whole.
//!
//! A dump of a large estate is one JSON document of hundreds of megabytes. Only its outermost layers are
//! understood here: which member holds the list, where each element begins and ends. What an element means
//! is for the cloud that recognises it.

use std::io::{self, Read};
use std::ops::ControlFlow;

use serde_json::{Map, Value};
use thiserror::Error;

use super::extent::Extent;
use crate::sources::{Header, Place};

/// The largest element that is read; a vendor's are a few kilobytes.
pub const ELEMENT_LIMIT: usize = 16 << 20;

const BUFFER: usize = 256 << 10;

/// What happens to the parts of a body.
pub trait Sink {
    /// Takes one element's JSON and the byte at which it begins; may stop the reading.
    fn element(&mut self, place: &Place, offset: u64, raw: &[u8]) -> ControlFlow<()>;

    /// Takes what stands beside the elements of one list, at its end: nothing for a bare array.
    fn body(&mut self, header: Header);

    /// Takes note of an element that is larger than [`ELEMENT_LIMIT`] and was passed over.
    fn oversize(&mut self, place: &Place, offset: u64);
}

/// Why the reading of a body ended early; what came before it was delivered.
#[derive(Debug, Error)]
pub enum Fault {
    /// The input ends inside a value.
    #[error("truncated at byte {0}")]
    Truncated(u64),
    /// The input is no JSON from this byte on.
    #[error("no JSON at byte {offset}: {what}")]
    NotJson {
        /// Where.
        offset: u64,
        /// What stands there instead of what.
        what: String,
    },
    /// The input cannot be read on.
    #[error("unreadable at byte {offset}: {error}")]
    Unreadable {
        /// Where.
        offset: u64,
        /// Why.
        error: io::Error,
    },
    /// The sink asked to stop.
    #[error("stopped")]
    Stopped,
}

impl Fault {
    /// Returns the short word for a coverage reason.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "truncated",
            Self::NotJson { .. } => "not-json",
            Self::Unreadable { .. } => "unreadable",
            Self::Stopped => "stopped",
        }
    }
}

/// Cuts `input`, one JSON value or several in a row (NDJSON, pages one after the other), into elements.
///
/// A bare array holds elements. Of a top-level object, the members in `envelopes` hold them (an array, or
/// for aggregated lists an object of scopes); one without such a member is an element itself.
///
/// # Errors
///
/// Any [`Fault`]; the elements before it were delivered, and the header so far, too.
pub fn cut(input: impl Read, envelopes: &[&str], sink: &mut dyn Sink) -> Result<(), Fault> {
    let mut cutter =
        Cutter { input, buffer: vec![0; BUFFER], start: 0, end: 0, base: 0, envelopes, raw: Vec::new() };
    cutter.skip_byte_order_mark()?;
    if cutter.peek_token()?.is_none() {
        // A call that failed leaves an empty file; an empty list is at least `[]`.
        return Err(cutter.wrong("the file is empty"));
    }
    while cutter.peek_token()?.is_some() {
        cutter.document(sink)?;
        if cutter.peek_token()? == Some(b',') {
            cutter.start += 1;
        }
    }
    Ok(())
}

struct Cutter<'a, R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How many bytes of the input precede the buffer.
    base: u64,
    envelopes: &'a [&'a str],
    /// The element being read.
    raw: Vec<u8>,
}

/// Whether a value was kept.
enum Kept {
    Whole,
    Oversize,
}

impl<R: Read> Cutter<'_, R> {
    fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Reads more, dropping what was used; `false` at the end.
    fn fill(&mut self) -> Result<bool, Fault> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.input.read(room) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(Fault::Truncated(self.base + self.end as u64));
                }
                Err(error) => {
                    return Err(Fault::Unreadable { offset: self.base + self.end as u64, error });
                }
            }
        }
    }

    /// PowerShell and some editors put one in front.
    fn skip_byte_order_mark(&mut self) -> Result<(), Fault> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        while self.end - self.start < MARK.len() && self.fill()? {}
        if self.pending().starts_with(MARK) {
            self.start += MARK.len();
        }
        Ok(())
    }

    fn pending(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Returns the next byte that is no white space, without taking it; `None` at the end.
    fn peek_token(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            let pending = self.pending();
            // A record separator may precede each value (RFC 7464).
            let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x1e;
            let blanks = pending.iter().take_while(|byte| blank(byte)).count();
            let found = pending.get(blanks).copied();
            self.start += blanks;
            if found.is_some() || !self.fill()? {
                return Ok(found);
            }
        }
    }

    /// As [`Self::peek_token`], where the input must go on.
    fn need_token(&mut self) -> Result<u8, Fault> {
        self.peek_token()?.ok_or(Fault::Truncated(self.offset()))
    }

    fn expect(&mut self, token: u8) -> Result<(), Fault> {
        let found = self.need_token()?;
        if found == token {
            self.start += 1;
            return Ok(());
        }
        Err(self.wrong(&format!("`{}` instead of `{}`", found.escape_ascii(), char::from(token))))
    }

    fn wrong(&self, what: &str) -> Fault {
        Fault::NotJson { offset: self.offset(), what: what.to_owned() }
    }

    /// Reads one top-level value.
    fn document(&mut self, sink: &mut dyn Sink) -> Result<(), Fault> {
        match self.need_token()? {
            b'[' => {
                let outcome = self.list(&Place::default(), sink);
                sink.body(Header::default());
                outcome
            }
            b'{' => self.body(sink),
            other => Err(self.wrong(&format!("`{}` begins no listing", other.escape_ascii()))),
        }
    }

    /// Reads a list of elements.
    fn list(&mut self, place: &Place, sink: &mut dyn Sink) -> Result<(), Fault> {
        self.members(b'[', b']', |cutter| {
            let offset = cutter.offset();
            cutter.raw.clear();
            match cutter.value()? {
                Kept::Oversize => sink.oversize(place, offset),
                Kept::Whole if cutter.raw == b"null" => {}
                Kept::Whole => {
                    if sink.element(place, offset, &cutter.raw).is_break() {
                        return Err(Fault::Stopped);
                    }
                }
            }
            Ok(())
        })
    }

    /// Reads a top-level object: the body around a list, or an element.
    fn body(&mut self, sink: &mut dyn Sink) -> Result<(), Fault> {
        let offset = self.offset();
        let mut header = Header::default();
        let mut beside = Beside::default();
        let outcome = self.members(b'{', b'}', |cutter| {
            let key = cutter.key()?;
            match (cutter.envelopes.contains(&key.as_str()), cutter.need_token()?) {
                (true, b'[') => {
                    header.envelopes.push(key.clone());
                    cutter.list(&Place { envelope: Some(key), ..Place::default() }, sink)
                }
                (true, b'{') => {
                    header.envelopes.push(key.clone());
                    cutter.scopes(&key, &mut header, sink)
                }
                _ => beside.member(&key, cutter),
            }
        });
        if header.envelopes.is_empty() && outcome.is_ok() {
            return match beside.close() {
                Some(raw) if sink.element(&Place::default(), offset, &raw).is_break() => Err(Fault::Stopped),
                Some(_) => Ok(()),
                None => {
                    sink.oversize(&Place::default(), offset);
                    Ok(())
                }
            };
        }
        header.members = beside.parse();
        sink.body(header);
        outcome
    }

    /// Reads the scopes of an aggregated list.
    fn scopes(&mut self, envelope: &str, header: &mut Header, sink: &mut dyn Sink) -> Result<(), Fault> {
        self.members(b'{', b'}', |cutter| {
            let scope = cutter.key()?;
            let mut beside = Beside::default();
            if cutter.need_token()? != b'{' {
                return beside.member(&scope, cutter);
            }
            let outcome = cutter.members(b'{', b'}', |cutter| {
                let list = cutter.key()?;
                if cutter.need_token()? != b'[' {
                    return beside.member(&list, cutter);
                }
                let place = Place {
                    envelope: Some(envelope.to_owned()),
                    scope: Some(scope.clone()),
                    list: Some(list),
                };
                cutter.list(&place, sink)
            });
            header.scopes.insert(scope.clone(), beside.parse());
            outcome
        })
    }

    /// Calls `member` for every member between two brackets.
    fn members(
        &mut self,
        open: u8,
        close: u8,
        mut member: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.expect(open)?;
        if self.need_token()? == close {
            self.start += 1;
            return Ok(());
        }
        loop {
            self.need_token()?;
            member(self)?;
            match self.need_token()? {
                b',' => self.start += 1,
                found if found == close => {
                    self.start += 1;
                    return Ok(());
                }
                found => return Err(self.wrong(&format!("`{}` after a member", found.escape_ascii()))),
            }
        }
    }

    /// Reads a member's name and the colon.
    fn key(&mut self) -> Result<String, Fault> {
        if self.need_token()? != b'"' {
            return Err(self.wrong("a member without a name"));
        }
        self.raw.clear();
        let key = match self.value()? {
            Kept::Whole => serde_json::from_slice(&self.raw).ok(),
            Kept::Oversize => None,
        };
        let key = key.ok_or_else(|| self.wrong("a member's name is no text"))?;
        self.expect(b':')?;
        Ok(key)
    }

    /// Appends the next value's bytes to `raw`, up to the limit.
    ///
    /// Only brackets and quotes are looked at, without recursion: nesting of any depth passes, and the
    /// element's reader refuses it by its own limit.
    fn value(&mut self) -> Result<Kept, Fault> {
        let first = self.need_token()?;
        if matches!(first, b',' | b':' | b']' | b'}') {
            return Err(self.wrong(&format!("`{}` instead of a value", first.escape_ascii())));
        }
        let mut extent = Extent::default();
        let mut kept = Kept::Whole;
        loop {
            let pending = self.buffer.get(self.start..self.end).unwrap_or_default();
            let (used, done) = extent.advance(pending);
            match kept {
                Kept::Whole if self.raw.len() + used <= ELEMENT_LIMIT => {
                    self.raw.extend_from_slice(pending.get(..used).unwrap_or_default());
                }
                _ => kept = Kept::Oversize,
            }
            self.start += used;
            if done {
                return Ok(kept);
            }
            if !self.fill()? {
                return if extent.ends_at_end() { Ok(kept) } else { Err(Fault::Truncated(self.offset())) };
            }
        }
    }
}

/// The members of an object that hold no elements, put together as an object again.
#[derive(Default)]
struct Beside {
    raw: Vec<u8>,
    oversize: bool,
}

impl Beside {
    fn member<R: Read>(&mut self, key: &str, cutter: &mut Cutter<'_, R>) -> Result<(), Fault> {
        cutter.raw.clear();
        let kept = cutter.value()?;
        if matches!(kept, Kept::Oversize) || self.raw.len() + cutter.raw.len() > ELEMENT_LIMIT {
            self.oversize = true;
            return Ok(());
        }
        self.raw.push(if self.raw.is_empty() { b'{' } else { b',' });
        self.raw.extend_from_slice(Value::from(key).to_string().as_bytes());
        self.raw.push(b':');
        self.raw.extend_from_slice(&cutter.raw);
        Ok(())
    }

    /// Returns the object's JSON; `None` if it is larger than the limit.
    fn close(mut self) -> Option<Vec<u8>> {
        if self.raw.is_empty() {
            self.raw.push(b'{');
        }
        self.raw.push(b'}');
        (!self.oversize).then_some(self.raw)
    }

    /// Returns the members, none if they do not parse.
    fn parse(self) -> Map<String, Value> {
        self.close().and_then(|raw| serde_json::from_slice(&raw).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[derive(Default)]
    struct Collected {
        elements: Vec<(Place, u64, Value)>,
        bodies: Vec<Header>,
        oversize: u64,
    }

    impl Sink for Collected {
        fn element(&mut self, place: &Place, offset: u64, raw: &[u8]) -> ControlFlow<()> {
            let value = serde_json::from_slice(raw).unwrap_or_else(|_| json!({"odd": raw.len()}));
            self.elements.push((place.clone(), offset, value));
            ControlFlow::Continue(())
        }

        fn body(&mut self, header: Header) {
            self.bodies.push(header);
        }

        fn oversize(&mut self, _: &Place, _: u64) {
            self.oversize += 1;
        }
    }

    /// Reads one byte at a time, so that every boundary falls everywhere.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let count = room.len().min(1).min(self.0.len());
            room[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    const ENVELOPES: &[&str] = &["Volumes", "value", "items"];

    fn cut_text(text: &str) -> (Collected, Result<(), Fault>) {
        let mut collected = Collected::default();
        let outcome = cut(Dribble(text.as_bytes()), ENVELOPES, &mut collected);
        (collected, outcome)
    }

    fn values(collected: &Collected) -> Vec<Value> {
        collected.elements.iter().map(|(_, _, value)| value.clone()).collect()
    }

    #[test]
    fn a_bare_array_an_envelope_and_lines_hold_the_same_elements() {
        let expected = [json!({"a": "}]\"\\"}), json!({"b": [1, {"c": null}]})];
        for text in [
            r#"[{"a":"}]\"\\"},{"b":[1,{"c":null}]}]"#,
            r#" {"Volumes": [ {"a":"}]\"\\"} , {"b":[1,{"c":null}]} ], "NextToken": "x" } "#,
            "{\"a\":\"}]\\\"\\\\\"}\n{\"b\":[1,{\"c\":null}]}\n",
            "\u{feff}[{\"a\":\"}]\\\"\\\\\"},{\"b\":[1,{\"c\":null}]}]",
        ] {
            let (collected, outcome) = cut_text(text);
            outcome.unwrap();
            assert_eq!(values(&collected), expected, "{text}");
        }
    }

    #[test]
    fn the_members_beside_a_list_are_its_header_in_any_order() {
        let (collected, outcome) = cut_text(r#"{"NextToken":"x","Volumes":[{"a":1}],"n":-1.5e3,"t":true}"#);
        outcome.unwrap();
        let header = &collected.bodies[0];
        assert_eq!(header.envelopes, ["Volumes"]);
        assert_eq!(Value::from(header.members.clone()), json!({"NextToken":"x","n":-1.5e3,"t":true}));
        assert_eq!(collected.elements[0].0.envelope.as_deref(), Some("Volumes"));
        assert_eq!(collected.elements[0].1, 28);
    }

    #[test]
    fn an_aggregated_list_tells_scope_and_list_of_each_element() {
        let (collected, outcome) = cut_text(
            r#"{"kind":"k","items":{"zones/a":{"disks":[{"x":1}]},
               "zones/b":{"warning":{"code":"UNREACHABLE"}}},"unreachables":["zones/c"]}"#,
        );
        outcome.unwrap();
        let place = &collected.elements[0].0;
        assert_eq!((place.scope.as_deref(), place.list.as_deref()), (Some("zones/a"), Some("disks")));
        let header = &collected.bodies[0];
        assert_eq!(header.scopes["zones/b"]["warning"]["code"], "UNREACHABLE");
        assert_eq!(header.members["unreachables"], json!(["zones/c"]));
    }

    #[test]
    fn an_empty_list_still_tells_its_envelope() {
        let (collected, outcome) = cut_text(r#"{"Volumes":[]}"#);
        outcome.unwrap();
        assert_eq!(collected.bodies[0].envelopes, ["Volumes"]);
        assert_eq!(collected.elements.len(), 0);
    }

    #[test]
    fn truncation_keeps_what_came_before_it() {
        let text = r#"{"Volumes":[{"a":1},{"b":2},{"c":"#;
        let (collected, outcome) = cut_text(text);
        assert!(matches!(outcome, Err(Fault::Truncated(at)) if at == text.len() as u64));
        assert_eq!(values(&collected), [json!({"a":1}), json!({"b":2})]);
        assert_eq!(collected.bodies[0].envelopes, ["Volumes"]);
    }

    #[test]
    fn what_is_no_json_is_named_with_its_position() {
        for text in ["", " \n", "WARNING: hello", "[{}] x", "[{} {}]", r#"{"a" 1}"#, "[,]", "{1:2}"] {
            let (_, outcome) = cut_text(text);
            assert!(matches!(outcome, Err(Fault::NotJson { .. })), "{text}: {outcome:?}");
        }
    }

    #[test]
    fn nesting_of_any_depth_passes_through_without_recursion() {
        let deep = format!("[{}{},{{\"a\":1}}]", "[".repeat(200_000), "]".repeat(200_000));
        let mut collected = Collected::default();
        cut(deep.as_bytes(), ENVELOPES, &mut collected).unwrap();
        assert_eq!(collected.elements.len(), 2);
        assert_eq!(collected.elements[1].2, json!({"a":1}));
    }

    #[test]
    fn an_element_beyond_the_limit_is_passed_over_and_its_neighbours_are_not() {
        let huge = "x".repeat(ELEMENT_LIMIT);
        let text = format!(r#"[{{"a":1}},{{"h":"{huge}"}},{{"b":2}}]"#);
        let mut collected = Collected::default();
        cut(text.as_bytes(), ENVELOPES, &mut collected).unwrap();
        assert_eq!(values(&collected), [json!({"a":1}), json!({"b":2})]);
        assert_eq!(collected.oversize, 1);
    }

    #[test]
    fn a_sink_can_stop() {
        struct First(u32);
        impl Sink for First {
            fn element(&mut self, _: &Place, _: u64, _: &[u8]) -> ControlFlow<()> {
                self.0 += 1;
                ControlFlow::Break(())
            }
            fn body(&mut self, _: Header) {}
            fn oversize(&mut self, _: &Place, _: u64) {}
        }
        let mut first = First(0);
        assert!(matches!(cut(&b"[{},{},{}]"[..], ENVELOPES, &mut first), Err(Fault::Stopped)));
        assert_eq!(first.0, 1);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn cutting_finds_what_a_whole_parse_finds(
            items in prop::collection::vec(any_json(), 0..6), pretty: bool,
        ) {
            let list = Value::from(items.clone());
            let text = if pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) };
            let (collected, outcome) = cut_text(&text.unwrap());
            outcome.unwrap();
            let expected: Vec<_> = items.into_iter().filter(|item| !item.is_null()).collect();
            prop_assert_eq!(values(&collected), expected);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = cut(bytes.as_slice(), ENVELOPES, &mut Collected::default());
        }

        #[test]
        fn no_json_like_text_makes_it_panic(text in r#"[\[\]{}",:0-9a-z\\ ]{0,60}"#) {
            let _ = cut(text.as_bytes(), ENVELOPES, &mut Collected::default());
        }
    }
}
