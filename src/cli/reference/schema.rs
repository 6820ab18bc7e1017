//! A JSON Schema as sections of a page: one for each table, one for each closed set of words.

use serde_json::{Map, Value};

use super::markdown::{anchor, code, joined, link, prose, sentence, table};

/// What a page shows of one table or set of words.
pub(super) struct Section<'s> {
    /// The name of its definition; empty for one that stands where it is used.
    name: &'s str,
    /// Where it stands, for instance `findings[].resources[]`; empty for the document itself.
    places: Vec<String>,
    schema: &'s Value,
}

/// A schema, and how its page shows it.
pub(super) struct Document<'s> {
    root: &'s Value,
    heading: fn(&Section<'_>) -> String,
    fields: Fields,
    sections: Vec<Section<'s>>,
}

/// Who writes a document's fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fields {
    /// A person, who may leave them out: what then holds is told.
    Given,
    /// driftline, which never leaves one out.
    Written,
}

impl Section<'_> {
    /// Returns the name of its definition; empty for one that stands where it is used.
    pub(super) const fn name(&self) -> &str {
        self.name
    }

    /// Returns the shortest of the places where it stands.
    pub(super) fn place(&self) -> &str {
        self.places.iter().min_by_key(|place| place.len()).map_or("", String::as_str)
    }

    /// Whether it is a closed set of words.
    pub(super) fn is_words(&self) -> bool {
        words(self.schema).is_some()
    }
}

impl<'s> Document<'s> {
    /// Takes a schema apart.
    pub(super) fn new(root: &'s Value, fields: Fields, heading: fn(&Section<'_>) -> String) -> Self {
        let mut document = Self { root, heading, fields, sections: Vec::new() };
        document.visit(root, "", String::new());
        document.sections.sort_by(|one, other| one.place().cmp(other.place()));
        document
    }

    /// Returns all sections as Markdown.
    pub(super) fn render(&self) -> String {
        self.sections.iter().map(|section| self.section(section)).collect::<Vec<_>>().join("\n")
    }

    /// Follows every reference; a schema that contains itself has no end of places, and none here does.
    fn visit(&mut self, schema: &'s Value, name: &'s str, place: String) {
        if let Some(name) = referenced(schema) {
            let target = &self.root["$defs"][name];
            return self.visit(target, name, place);
        }
        let fields = schema["properties"].as_object();
        if fields.is_some() || (words(schema).is_some() && !name.is_empty()) {
            match self.sections.iter_mut().find(|section| std::ptr::eq(section.schema, schema)) {
                Some(known) => known.places.push(place.clone()),
                None => self.sections.push(Section { name, places: vec![place.clone()], schema }),
            }
        }
        for (field, schema) in fields.into_iter().flatten() {
            let dot = if place.is_empty() { "" } else { "." };
            self.visit(schema, "", format!("{place}{dot}{field}"));
        }
        if !schema["items"].is_null() {
            self.visit(&schema["items"], "", format!("{place}[]"));
        }
        for way in ways(schema) {
            self.visit(way, "", place.clone());
        }
    }

    fn section(&self, section: &Section<'s>) -> String {
        let mut parts = vec![format!("## {}", (self.heading)(section)), about(section.schema)];
        if let Some(words) = words(section.schema) {
            let rows: Vec<_> =
                words.iter().map(|(word, about)| [code(word), sentence(&prose(about))]).collect();
            parts.push(table(["word", "meaning"], &rows));
            return joined(&parts);
        }
        let places: Vec<_> = section.places.iter().map(|place| code(place)).collect();
        // A place in a file that people write is in the heading.
        if places.len() > 1 || (self.fields == Fields::Written && !section.place().is_empty()) {
            parts.push(format!("At {}.", places.join(", ")));
        }
        let fields = section.schema["properties"].as_object().into_iter().flatten();
        let rows = fields.map(|(name, field)| self.row(section.schema, name, field));
        parts.push(match self.fields {
            Fields::Given => table(["key", "type", "default", "meaning"], &rows.collect::<Vec<_>>()),
            Fields::Written => {
                let rows = rows.map(|[name, sort, _, meaning]| [name, sort, meaning]);
                table(["field", "type", "meaning"], &rows.collect::<Vec<_>>())
            }
        });
        joined(&parts)
    }

    fn row(&self, of: &Value, name: &str, field: &Value) -> [String; 4] {
        let default = match &field["default"] {
            Value::Null => String::new(),
            Value::String(text) => code(text),
            other => code(&other.to_string()),
        };
        let needed = names(&of["required"]).any(|needed| needed == name);
        let default = if needed { "required".to_owned() } else { default };
        let chosen = ways(field).filter_map(word).filter(|(_, about)| !about.is_empty());
        let chosen = chosen.map(|(word, about)| format!(" {}: {}", code(word), sentence(&prose(about))));
        let meaning = format!("{}{}{}", about(field), chosen.collect::<String>(), examples(field));
        [code(name), self.sort(field), default, meaning.trim().to_owned()]
    }

    /// Returns what a value may be, in words.
    fn sort(&self, schema: &Value) -> String {
        if let Some(name) = referenced(schema) {
            let target = &self.root["$defs"][name];
            return self.linked(target).unwrap_or_else(|| self.sort(target));
        }
        if let Some((word, _)) = word(schema) {
            return code(word);
        }
        if let Some(linked) = self.linked(schema) {
            return linked;
        }
        let ways: Vec<_> = ways(schema).map(|way| self.sort(way)).collect();
        if !ways.is_empty() {
            return ways.join(" or ");
        }
        let sorts = schema["type"].as_str().into_iter().chain(names(&schema["type"]));
        let sorts: Vec<_> = sorts.map(|sort| self.plain(sort, schema)).collect();
        if sorts.is_empty() { "any value".to_owned() } else { sorts.join(" or ") }
    }

    fn plain(&self, sort: &str, schema: &Value) -> String {
        let limit = |name| schema[name].as_number().map(ToString::to_string);
        match (sort, schema["format"].as_str()) {
            ("null", _) => code("null"),
            ("boolean", _) => "`true` or `false`".to_owned(),
            ("string", Some("date-time")) => "time".to_owned(),
            ("string", Some("uri")) => "URL".to_owned(),
            ("string", _) => "text".to_owned(),
            ("array", _) => format!("list of {}", self.sort(&schema["items"])),
            ("object", _) if schema["additionalProperties"].is_object() => {
                format!("{} by name", self.sort(&schema["additionalProperties"]))
            }
            ("object", _) => "table".to_owned(),
            (number, _) => {
                let noun = if number == "integer" { "whole number" } else { "number" };
                match (limit("minimum"), limit("maximum")) {
                    (Some(least), Some(most)) => format!("{noun} from {least} to {most}"),
                    _ => noun.to_owned(),
                }
            }
        }
    }

    /// Returns a link to the section that shows a schema.
    fn linked(&self, schema: &Value) -> Option<String> {
        let section = self.sections.iter().find(|section| std::ptr::eq(section.schema, schema))?;
        let heading = (self.heading)(section);
        Some(link(&heading, &format!("#{}", anchor(&heading))))
    }
}

/// Returns what a schema says of itself, as a sentence, without where developers read on.
fn about(schema: &Value) -> String {
    let words = schema["description"].as_str().unwrap_or_default().split_whitespace();
    let text = words.collect::<Vec<_>>().join(" ");
    let text = match text.split_once(" (SEMANTICS ") {
        Some((before, rest)) => format!("{before}{}", rest.split_once(')').map_or("", |(_, after)| after)),
        None => text,
    };
    sentence(&prose(&text))
}

/// Returns the examples of a value, as a sentence.
fn examples(schema: &Value) -> String {
    let examples: Vec<_> = names(&schema["examples"]).map(code).collect();
    if examples.is_empty() { String::new() } else { format!(" For instance {}.", examples.join(", ")) }
}

/// Returns the name of the definition that a schema stands for.
fn referenced(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// Returns the schemas of which a value meets one.
fn ways(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"].into_iter().flat_map(|name| schema[name].as_array().into_iter().flatten())
}

/// Returns a word and its meaning, if a schema is of one word.
fn word(schema: &Value) -> Option<(&str, &str)> {
    Some((schema["const"].as_str()?, schema["description"].as_str().unwrap_or_default()))
}

/// Returns the words and their meanings, if a schema is of nothing but words.
fn words(schema: &Value) -> Option<Vec<(&str, &str)>> {
    let words: Vec<_> = ways(schema).map(word).collect::<Option<_>>()?;
    (!words.is_empty()).then_some(words)
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Returns the names of the fields of a definition.
pub(super) fn fields<'s>(root: &'s Value, definition: &str) -> Option<&'s Map<String, Value>> {
    root["$defs"][definition]["properties"].as_object()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_that_is_used_twice_is_shown_once_with_both_places() {
        let schema = json!({
            "description": "a thing", "type": "object",
            "properties": {
                "one": { "$ref": "#/$defs/Part", "description": "the first" },
                "more": { "type": "array", "items": { "$ref": "#/$defs/Part" } },
                "mode": { "$ref": "#/$defs/Mode" },
                "share": { "anyOf": [{ "const": "all", "description": "every one" }, { "type": "null" }] },
            },
            "$defs": {
                "Part": { "type": "object", "properties": { "size": { "type": "integer", "minimum": 1, "maximum": 9 } } },
                "Mode": { "oneOf": [{ "const": "on", "description": "it is on" }] },
            },
        });
        let heading = |section: &Section<'_>| {
            if section.name().is_empty() { "Whole".to_owned() } else { section.name().to_owned() }
        };
        let text = Document::new(&schema, Fields::Given, heading).render();
        assert_eq!(text.matches("## Part\n").count(), 1);
        assert!(text.contains("At `more[]`, `one`."), "{text}");
        assert!(text.contains("| `one` | [Part](#part) |  | The first. |"), "{text}");
        assert!(text.contains("| `more` | list of [Part](#part) |"), "{text}");
        assert!(text.contains("| `size` | whole number from 1 to 9 |"), "{text}");
        assert!(text.contains("| `share` | `all` or `null` |  | `all`: Every one. |"), "{text}");
        assert!(text.contains("## Mode\n") && text.contains("| `on` | It is on. |"), "{text}");
    }
}
