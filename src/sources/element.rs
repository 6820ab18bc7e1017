//! One native element, taken apart field by field.
//!
//! A mapping *takes* what it knows; what is left when it is done is what no mapping knows, and is kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Odd, Reading, parse_time};
use crate::model::{Attributes, Resource, Timestamp, canonical_json, conceal, flatten, normalise};

/// What becomes of one native field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Drift compares it.
    Config,
    /// Moves in normal life, but proves something.
    Evidence,
    /// Never compared (SEMANTICS B.1), or told elsewhere in the resource.
    Volatile,
}

/// How one native field becomes a canonical value.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// As it stands; an object member by member.
    Plain,
    /// A time, in UTC.
    Time,
    /// A number that some sources write as text.
    Integer,
    /// A list whose order means nothing.
    Set,
    /// A list of objects whose order means nothing, each under `[value of this member]`.
    Keyed(&'static str),
    /// A secret: digest and length only.
    Secret,
    /// Text that another spelling of the same thing must equal.
    Canonical(fn(&str) -> String),
}

/// One row of a kind's mapping table.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The native path, dots between members.
    pub path: &'static str,
    /// What becomes of it.
    pub part: Part,
    /// How.
    pub form: Form,
}

impl Field {
    /// A field that drift compares.
    pub const fn config(path: &'static str, form: Form) -> Self {
        Self { path, part: Part::Config, form }
    }

    /// A field that proves something though it moves.
    pub const fn evidence(path: &'static str, form: Form) -> Self {
        Self { path, part: Part::Evidence, form }
    }

    /// A field that is never compared.
    pub const fn volatile(path: &'static str) -> Self {
        Self { path, part: Part::Volatile, form: Form::Plain }
    }
}

/// One native element, from which a mapping takes what it knows.
///
/// A field that is not what it should be never costs the element: it is left where it stands, so that it
/// ends among the unmapped attributes, and is noted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    members: Map<String, Value>,
    odd: Vec<Odd>,
}

impl Element {
    /// Wraps a native object.
    pub const fn new(members: Map<String, Value>) -> Self {
        Self { members, odd: Vec::new() }
    }

    /// Reads a native object.
    ///
    /// # Errors
    ///
    /// `not-json` for broken JSON, invalid UTF-8 or nesting beyond 128 levels, `wrong-type` for anything
    /// but an object.
    pub fn parse(raw: &[u8]) -> Result<Self, Odd> {
        match serde_json::from_slice(raw) {
            Ok(Value::Object(members)) => Ok(Self::new(members)),
            Ok(other) => Err(Odd::new("wrong-type", format!("{} is no object", type_name(&other)))),
            Err(error) => Err(Odd::new("not-json", error.to_string())),
        }
    }

    /// Returns the element with its members respelled, as a vendor with several spellings needs before
    /// its tables apply.
    #[must_use]
    pub fn respelled(self, spelling: impl FnOnce(Map<String, Value>) -> Map<String, Value>) -> Self {
        Self { members: spelling(self.members), odd: self.odd }
    }

    /// Returns the members that nobody took yet.
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// Returns the value at a dotted path without taking it.
    pub fn peek(&self, path: &str) -> Option<&Value> {
        let mut steps = path.split('.');
        let first = self.members.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.as_object()?.get(step))
    }

    /// Returns the text at a dotted path without taking it; `None` if it is empty.
    pub fn peek_text(&self, path: &str) -> Option<&str> {
        self.peek(path).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Takes the value at a dotted path, and the objects on the way that it leaves empty.
    pub fn take(&mut self, path: &str) -> Option<Value> {
        take_from(&mut self.members, path)
    }

    /// Notes something odd about the element as a whole.
    pub fn note(&mut self, odd: Odd) {
        self.odd.push(odd);
    }

    /// Takes text; a number or a truth value is taken as its text, anything else as absent.
    pub fn take_text(&mut self, path: &str) -> Option<String> {
        match self.take(path)? {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// Takes the text without which the element has no identity.
    ///
    /// # Errors
    ///
    /// `no-id` if it is absent or no text.
    pub fn take_id(&mut self, path: &str) -> Result<String, Odd> {
        self.take_text(path).ok_or_else(|| Odd::new("no-id", format!("`{path}` is absent or no text")))
    }

    /// Takes a time; one that is none, or out of range, is noted and left.
    pub fn take_time(&mut self, path: &str) -> Option<Timestamp> {
        let value = self.peek(path)?;
        if value.is_null() || value.as_str() == Some("") {
            return None;
        }
        match parse_time(value) {
            Ok(time) => {
                self.take(path);
                Some(time)
            }
            Err(odd) => {
                self.odd.push(at(path, &odd));
                None
            }
        }
    }

    /// Takes a truth value; text `true` and `false` count.
    pub fn take_flag(&mut self, path: &str) -> Option<bool> {
        match self.take(path)? {
            Value::Bool(truth) => Some(truth),
            Value::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// Takes a list; a single object where a list belongs counts as a list of one.
    pub fn take_list(&mut self, path: &str) -> Vec<Value> {
        match self.take(path) {
            Some(Value::Array(items)) => items,
            Some(object @ Value::Object(_)) => vec![object],
            _ => Vec::new(),
        }
    }

    /// Takes a list of objects, each ready to be taken apart ([`Element::leave_nested`]); a member that
    /// is no object is noted.
    pub fn take_elements(&mut self, path: &str) -> Vec<Self> {
        let mut elements = Vec::new();
        for item in self.take_list(path) {
            match item {
                Value::Object(members) => elements.push(Self::new(members)),
                Value::Null => {}
                other => {
                    let found = type_name(&other);
                    self.odd.push(Odd::new("wrong-type", format!("`{path}` holds {found}, no object")));
                }
            }
        }
        elements
    }

    /// Takes an object of text values (Azure and Google Cloud tags and labels).
    pub fn take_text_map(&mut self, path: &str) -> BTreeMap<String, String> {
        let Some(Value::Object(members)) = self.take(path) else { return BTreeMap::new() };
        let text = |value| match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        members.into_iter().map(|(key, value)| (key, text(value))).collect()
    }

    /// Takes every field of a table into config and evidence, under `prefix` (empty, or ending in a dot);
    /// a field that is not what it should be is noted and left.
    pub fn take_fields(&mut self, fields: &[Field], prefix: &str, resource: &mut Resource) {
        for field in fields {
            let Some(value) = self.peek(field.path) else { continue };
            let out = match field.part {
                Part::Config => &mut resource.config,
                Part::Evidence => &mut resource.evidence,
                Part::Volatile => {
                    self.take(field.path);
                    continue;
                }
            };
            let path = format!("{prefix}{}", field.path);
            match write(&path, value.clone(), field.form, out) {
                Ok(()) => drop(self.take(field.path)),
                Err(odd) => self.odd.push(at(&path, &odd)),
            }
        }
    }

    /// Ends a mapping: what nobody took becomes the resource's unmapped attributes.
    pub fn finish(self, mut resource: Resource) -> Reading {
        let mut whole = Self::default();
        whole.leave_nested(self, "", &mut resource);
        Reading::Resource { resource: Box::new(resource), odd: whole.odd }
    }

    /// Ends a nested element's mapping: what nobody took becomes unmapped attributes under `prefix`, and
    /// its notes become this element's.
    pub fn leave_nested(&mut self, nested: Self, prefix: &str, resource: &mut Resource) {
        for (key, value) in nested.members {
            flatten(&format!("{prefix}{key}"), value, &mut resource.unmapped);
        }
        self.odd.extend(nested.odd);
    }
}

fn take_from(members: &mut Map<String, Value>, path: &str) -> Option<Value> {
    let Some((first, rest)) = path.split_once('.') else { return members.remove(path) };
    let Some(Value::Object(inner)) = members.get_mut(first) else { return None };
    let taken = take_from(inner, rest);
    if inner.is_empty() {
        members.remove(first);
    }
    taken
}

/// Writes one value in its canonical form.
fn write(path: &str, value: Value, form: Form, out: &mut Attributes) -> Result<(), Odd> {
    let value = match (form, normalise(value)) {
        (_, None) => return Ok(()),
        (Form::Plain, Some(value)) => value,
        (Form::Time, Some(value)) => Value::String(parse_time(&value)?.to_string()),
        (Form::Integer, Some(value)) => integer(value),
        (Form::Set, Some(value)) => sorted(value),
        (Form::Keyed(key), Some(value)) => return write_keyed(path, value, key, out),
        (Form::Secret, Some(Value::String(text))) => conceal(text.as_bytes()),
        (Form::Secret, Some(value)) => conceal(canonical_json(&value).as_bytes()),
        (Form::Canonical(spelling), Some(Value::String(text))) => Value::String(spelling(&text)),
        (Form::Canonical(spelling), Some(value)) => sorted(respell(value, spelling)),
    };
    flatten(path, value, out);
    Ok(())
}

fn write_keyed(path: &str, value: Value, key: &str, out: &mut Attributes) -> Result<(), Odd> {
    let items = match value {
        Value::Array(items) => items,
        single => vec![single],
    };
    for item in items {
        let Value::Object(mut members) = item else {
            return Err(Odd::new("wrong-type", format!("holds {}, no object", type_name(&item))));
        };
        let name = members.remove(key).map_or_else(String::new, |name| match name {
            Value::String(text) => text,
            other => other.to_string(),
        });
        let path = format!("{path}[{name}]");
        if members.is_empty() {
            out.insert(path, Value::Bool(true));
        } else {
            let members = members.into_iter().map(|(key, member)| (key, sorted(member))).collect();
            flatten(&path, Value::Object(members), out);
        }
    }
    Ok(())
}

/// Text that is an integer as a number: Google Cloud writes 64-bit integers as text, CLIs do not.
fn integer(value: Value) -> Value {
    match value.as_str().and_then(|text| text.parse::<i64>().ok()) {
        Some(number) => Value::from(number),
        None => value,
    }
}

/// A list in canonical order, without duplicates; anything else as it stands.
fn sorted(value: Value) -> Value {
    let Value::Array(mut items) = value else { return value };
    items.sort_by_cached_key(canonical_json);
    items.dedup();
    Value::Array(items)
}

fn respell(value: Value, spelling: fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(spelling(&text)),
        Value::Array(items) => items.into_iter().map(|item| respell(item, spelling)).collect(),
        other => other,
    }
}

fn at(path: &str, odd: &Odd) -> Odd {
    Odd::new(odd.code, format!("`{path}`: {}", odd.message))
}

const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AccountId, Kind, Location, Locator, Provider, ResourceKey, Uid};

    fn resource() -> Resource {
        let key = ResourceKey { provider: Provider::Aws, kind: Kind::Volume, uid: Uid::new("vol-1") };
        Resource::new(key, AccountId::unknown(), Location::unknown(), Locator::new("vol-1"))
    }

    #[test]
    fn what_no_table_names_is_kept_under_its_native_path() {
        let mut element = Element::parse(br#"{"A":{"known":1,"new":{"x":[2]}},"B":null}"#).unwrap();
        let mut resource = resource();
        element.take_fields(&[Field::config("A.known", Form::Plain)], "", &mut resource);
        let Reading::Resource { resource, odd } = element.finish(resource) else { panic!() };
        assert_eq!(odd, []);
        assert_eq!(resource.config["A.known"], json!(1));
        assert_eq!(resource.unmapped, [("A.new.x".to_owned(), json!([2]))].into());
    }

    #[test]
    fn an_odd_date_is_noted_and_kept_and_costs_nothing_else() {
        let mut element = Element::parse(br#"{"T":"0001-01-01T00:00:00Z","V":1}"#).unwrap();
        let mut resource = resource();
        let fields = [Field::evidence("T", Form::Time), Field::config("V", Form::Plain)];
        element.take_fields(&fields, "", &mut resource);
        let Reading::Resource { resource, odd } = element.finish(resource) else { panic!() };
        assert_eq!(odd[0].code, "date-out-of-range");
        assert_eq!(resource.config["V"], json!(1));
        assert_eq!(resource.unmapped["T"], json!("0001-01-01T00:00:00Z"));
    }

    #[test]
    fn the_order_of_a_set_and_of_a_keyed_list_means_nothing() {
        let fields = [Field::config("S", Form::Set), Field::config("K", Form::Keyed("id"))];
        let read = |raw: &[u8]| {
            let mut resource = resource();
            Element::parse(raw).unwrap().take_fields(&fields, "", &mut resource);
            resource.config
        };
        let one = read(br#"{"S":["b","a"],"K":[{"id":"y","v":2},{"id":"x","v":[3,1]}]}"#);
        let other = read(br#"{"S":["a","b","a"],"K":[{"v":[1,3],"id":"x"},{"id":"y","v":2.0}]}"#);
        assert_eq!(one, other);
        assert_eq!(one["K[x].v"], json!([1, 3]));
    }

    #[test]
    fn a_secret_and_a_number_as_text_are_canonical() {
        let fields = [Field::config("N", Form::Integer), Field::config("U", Form::Secret)];
        let mut resource = resource();
        let mut element = Element::parse(br#"{"N":"8","U":"IyEvYmlu"}"#).unwrap();
        element.take_fields(&fields, "", &mut resource);
        assert_eq!(resource.config["N"], json!(8));
        assert_eq!(resource.config["U.length"], json!(8));
        assert!(!format!("{:?}", resource.config).contains("IyEvYmlu"));
    }
}
