//! How values of the file read, and how its tables are declared: once, for the reader and for the schema.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnosis::{Problem, Problems, Span, listed, names_a_secret, quoted};

/// A value as it stands in the file.
pub(super) type Raw<'i> = Spanned<DeValue<'i>>;

/// What a key may hold: how it reads, and what the schema says of it.
pub(super) trait Shape {
    /// What it gives.
    type Value;

    /// Returns the value, or tells what is wrong with it.
    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self::Value>;

    /// Returns the schema of the values that read.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// A table whose keys [`table`] declares.
pub(super) trait Table: Shape<Value = Self> + Sized {
    /// Returns the keys.
    fn keys() -> Vec<String>;

    /// Returns the keys that must be there.
    fn required() -> Vec<String>;
}

/// A value with its place.
pub(super) struct At<T> {
    pub(super) span: Span,
    pub(super) value: T,
}

/// A key of a table.
///
/// One that holds something wrong is given, though it has no value: what depends on it is not wrong, too.
pub(super) struct Key<S: Shape> {
    /// Where the key stands.
    pub(super) at: Option<Span>,
    pub(super) value: Option<S::Value>,
}

impl<S: Shape> Default for Key<S> {
    fn default() -> Self {
        Self { at: None, value: None }
    }
}

impl<S: Shape> Key<S> {
    /// Reads the key that a field is named after.
    pub(super) fn read(table: &DeTable<'_>, field: &str, problems: &mut Problems<'_>) -> Self {
        match table.get_key_value(key_name(field).as_str()) {
            Some((key, raw)) => Self { at: Some(key.span()), value: S::read(raw, problems) },
            None => Self::default(),
        }
    }

    pub(super) const fn is_given(&self) -> bool {
        self.at.is_some()
    }
}

impl<S: Shape> JsonSchema for Key<S> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Key".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        S::schema(generator)
    }
}

/// Declares a table of the file: its keys with what they hold, for the reader, and what they mean, for the
/// schema; then the keys that must be there.
macro_rules! table {
    (
        $(#[$attribute:meta])*
        $name:ident { $($(#[$key_attribute:meta])* $key:ident: $shape:ty,)* }
        $(required { $($required:ident),* })?
    ) => {
        #[derive(schemars::JsonSchema)]
        $(#[$attribute])*
        #[schemars(rename_all = "kebab-case", deny_unknown_fields, transform = Self::require)]
        pub(super) struct $name {
            $($(#[$key_attribute])* $key: $crate::config::shape::Key<$shape>,)*
        }

        impl $crate::config::shape::Table for $name {
            fn keys() -> Vec<String> {
                vec![$($crate::config::shape::key_name(stringify!($key))),*]
            }

            fn required() -> Vec<String> {
                vec![$($($crate::config::shape::key_name(stringify!($required))),*)?]
            }
        }

        impl $name {
            fn require(schema: &mut schemars::Schema) {
                $crate::config::shape::require::<Self>(schema);
            }
        }

        impl $crate::config::shape::Shape for $name {
            type Value = Self;

            fn read(
                raw: &$crate::config::shape::Raw<'_>,
                problems: &mut $crate::config::diagnosis::Problems<'_>,
            ) -> Option<Self> {
                let table = $crate::config::shape::read_table::<Self>(raw, problems)?;
                Some(Self {
                    $($key: $crate::config::shape::Key::read(table, stringify!($key), problems),)*
                })
            }

            fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                generator.subschema_for::<Self>()
            }
        }
    };
}
pub(super) use table;

/// Returns the key of a field: `external-id` of `external_id`.
pub(super) fn key_name(field: &str) -> String {
    field.replace('_', "-")
}

/// Makes the schema of a table ask for the keys that must be there, and for no others.
pub(super) fn require<T: Table>(schema: &mut Schema) {
    let required = T::required();
    schema.remove("required");
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
}

/// Returns the table that a value is; tells the keys that it should not have, and those that it lacks.
pub(super) fn read_table<'r, 'i, T: Table>(
    raw: &'r Raw<'i>,
    problems: &mut Problems<'_>,
) -> Option<&'r DeTable<'i>> {
    let table = known_keys(raw, &T::keys(), problems)?;
    for key in T::required().iter().filter(|key| !table.contains_key(key.as_str())) {
        problems.add(raw.span(), Problem::new(format!("`{key}` is missing")));
    }
    Some(table)
}

/// Returns the table that a value is; tells the keys that are none of these.
pub(super) fn known_keys<'r, 'i>(
    raw: &'r Raw<'i>,
    keys: &[String],
    problems: &mut Problems<'_>,
) -> Option<&'r DeTable<'i>> {
    let DeValue::Table(table) = raw.get_ref() else {
        problems.add(raw.span(), mistyped(raw, "a table"));
        return None;
    };
    for (key, value) in table {
        let name: &str = key.get_ref();
        if !keys.iter().any(|known| known == name) {
            if names_a_secret(name) {
                problems.hide(value.span());
            }
            problems.add(key.span(), unknown_key(name, keys));
        }
    }
    Some(table)
}

fn unknown_key(name: &str, keys: &[String]) -> Problem {
    let keys = || keys.iter().map(String::as_str);
    if let Some(meant) = closest(name, keys()) {
        return Problem::new(format!("unknown key {}", quoted(name)))
            .with_hint(format!("did you mean `{meant}`?"));
    }
    if names_a_secret(name) {
        return literal_secret(name);
    }
    Problem::new(format!("unknown key {}", quoted(name)))
        .with_hint(format!("the keys here are {}", listed(keys())))
}

/// Refuses a secret in the file.
fn literal_secret(key: &str) -> Problem {
    let hint = if key.contains("token") {
        "put it in an environment variable, and name that: `token-variable = \"NAME\"`"
    } else if key.contains("key") {
        "name a `profile` or a `credential` that holds it, or leave it in the vendor's environment variables"
    } else {
        "put it in an environment variable, and name that: \
         `credential = { client-secret = { client-id = \"…\", secret-variable = \"NAME\" } }`"
    };
    Problem::new(format!("{}: a secret does not belong in this file", quoted(key))).with_hint(hint)
}

/// Returns the name that a misspelt one was most likely meant to be.
fn closest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // The distance takes time in the product of the lengths, and no name is that long.
    let name = name.get(..name.floor_char_boundary(64))?.to_ascii_lowercase().replace('_', "-");
    let near = |other: &'n str| (strsim::osa_distance(&name, other), other);
    let (distance, nearest) = names.into_iter().map(near).min()?;
    (distance <= 1.max(nearest.len() / 3)).then_some(nearest)
}

/// Returns the name that was most likely meant, before all that would be allowed.
pub(super) fn suggestion<'n>(
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
    allowed: String,
) -> String {
    match closest(name, names) {
        Some(meant) => format!("did you mean `{meant}`? {allowed}"),
        None => allowed,
    }
}

/// Says that a value is of another type than it should be.
pub(super) fn mistyped(raw: &Raw<'_>, expected: &str) -> Problem {
    let found = match raw.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Problem::new(format!("expected {expected}, found {found}"))
}

impl Shape for bool {
    type Value = Self;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let value = raw.get_ref().as_bool();
        if value.is_none() {
            problems.add(raw.span(), mistyped(raw, "`true` or `false`"));
        }
        value
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}

impl<S: Shape> Shape for Vec<S> {
    type Value = Vec<At<S::Value>>;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self::Value> {
        if let DeValue::Array(elements) = raw.get_ref() {
            // All are read before one that is wrong counts, so that every wrong one is told.
            let read = |raw: &Raw<'_>| Some(At { span: raw.span(), value: S::read(raw, problems)? });
            let read: Vec<_> = elements.iter().map(read).collect();
            return read.into_iter().collect();
        }
        let problem = mistyped(raw, "a list");
        let hint = "there can be several: write `[[…]]`, with two brackets to each side";
        let header = problems.is_header(&raw.span());
        problems.add(raw.span(), if header { problem.with_hint(hint) } else { problem });
        None
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": S::schema(generator) })
    }
}

/// A list that names nothing twice.
pub(super) struct Distinct<S>(std::marker::PhantomData<S>);

impl<S: Shape<Value: Ord>> Shape for Distinct<S> {
    type Value = Vec<At<S::Value>>;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self::Value> {
        let list = Vec::<S>::read(raw, problems)?;
        let mut seen = BTreeSet::new();
        for again in list.iter().filter(|one| !seen.insert(&one.value)) {
            problems.add(again.span.clone(), Problem::new("this is in the list already"));
        }
        (seen.len() == list.len()).then_some(list)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Vec::<S>::schema(generator);
        schema.insert("uniqueItems".to_owned(), Value::Bool(true));
        schema
    }
}

/// A setting that can be said in several ways: by a word, and perhaps by a list or a table.
pub(super) trait Choice: Clone + Sized + 'static {
    /// The words, what they mean, and what they give.
    const WORDS: &'static [(&'static str, &'static str, Self)];
    /// What it can be besides a word, for messages; empty for nothing.
    const OTHERWISE: &'static str = "";

    /// Reads a list, if the setting can be one.
    fn read_list(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        Self::refuse(raw, problems)
    }

    /// Reads a table, if the setting can be one.
    fn read_table(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        Self::refuse(raw, problems)
    }

    /// Returns the schemas of the list and of the table.
    fn other_schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
        let _ = generator;
        Vec::new()
    }

    /// Says what the setting can be.
    fn refuse(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        problems.add(raw.span(), mistyped(raw, &Self::ways()));
        None
    }

    /// Returns what the setting can be, for messages.
    fn ways() -> String {
        if Self::OTHERWISE.is_empty() {
            return Self::words().map(quoted).collect::<Vec<_>>().join(" or ");
        }
        format!("{}, or {}", listed(Self::words()), Self::OTHERWISE)
    }

    /// Returns the words alone.
    fn words() -> impl Iterator<Item = &'static str> {
        Self::WORDS.iter().map(|(word, ..)| *word)
    }
}

impl<C: Choice> Shape for C {
    type Value = Self;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = match raw.get_ref() {
            DeValue::String(text) => text,
            DeValue::Array(_) => return Self::read_list(raw, problems),
            DeValue::Table(_) => return Self::read_table(raw, problems),
            _ => return Self::refuse(raw, problems),
        };
        let found = Self::WORDS.iter().find(|(word, ..)| word == text);
        if found.is_none() {
            let allowed = format!("it can be {}", Self::ways());
            let hint = suggestion(text, Self::words(), allowed);
            let problem = Problem::new(format!("{} is nothing known here", quoted(text)));
            problems.add(raw.span(), problem.with_hint(hint));
        }
        found.map(|(.., value)| value.clone())
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let word = |(word, meaning, _): &(&str, &str, Self)| json!({ "const": word, "description": meaning });
        let mut ways: Vec<Value> = Self::WORDS.iter().map(word).collect();
        ways.extend(Self::other_schemas(generator).into_iter().map(Value::from));
        json_schema!({ "anyOf": ways })
    }
}

/// Reads a list that, given at all, must name something.
pub(super) fn some<S: Shape<Value: Ord>>(
    raw: &Raw<'_>,
    problems: &mut Problems<'_>,
) -> Option<Vec<S::Value>> {
    if raw.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        let problem = Problem::new("the list is empty").with_hint("leave the key out for all of them");
        problems.add(raw.span(), problem);
        return None;
    }
    let list = Distinct::<S>::read(raw, problems)?;
    Some(list.into_iter().map(|one| one.value).collect())
}

/// Returns the schema of a list that must name something.
pub(super) fn some_schema<S: Shape<Value: Ord>>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = Distinct::<S>::schema(generator);
    schema.insert("minItems".to_owned(), json!(1));
    schema
}

/// Reads a table that says one thing by one of several keys.
pub(super) fn one_key<T: Table>(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<T> {
    let value = T::read(raw, problems)?;
    let (keys, table) = (T::keys(), raw.get_ref().as_table()?);
    let known = keys.iter().filter(|key| table.contains_key(key.as_str())).count();
    // An unknown key alone is told already.
    if known > 1 || table.is_empty() {
        let keys = listed(keys.iter().map(String::as_str));
        problems.add(raw.span(), Problem::new(format!("exactly one key belongs here, of {keys}")));
        return None;
    }
    Some(value)
}

/// A table where people are tempted to write the secret itself.
pub(super) struct NoLiteral<S>(std::marker::PhantomData<S>);

impl<S: Shape> Shape for NoLiteral<S> {
    type Value = S::Value;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self::Value> {
        if raw.get_ref().is_table() {
            return S::read(raw, problems);
        }
        problems.add(raw.span(), literal_secret("client-secret").hiding_the_value());
        None
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        S::schema(generator)
    }
}
