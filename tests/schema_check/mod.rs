//! A check of JSON documents against a JSON Schema, for the keywords that driftline's own schemas use.

use serde_json::{Value, json};

/// Returns where a document departs from a schema; panics at a keyword that it does not know.
pub(crate) fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { root: schema }.check(schema, document, "/", &mut found);
    found
}

struct Check<'a> {
    root: &'a Value,
}

impl Check<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let Some(keywords) = schema.as_object() else {
            assert_eq!(schema, &json!(true), "no schema");
            return;
        };
        for (keyword, rule) in keywords {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "format" | "default" | "examples" => {}
                "$ref" => {
                    let pointer = rule.as_str().unwrap().trim_start_matches('#');
                    self.check(self.root.pointer(pointer).unwrap(), value, at, found);
                }
                "type" => require(has_type(rule, value), at, "has the wrong type", found),
                "const" => require(rule == value, at, "is another constant", found),
                "enum" => require(rule.as_array().unwrap().contains(value), at, "is no member", found),
                "minimum" => {
                    require(
                        value.as_f64().is_none_or(|n| n >= rule.as_f64().unwrap()),
                        at,
                        "is too small",
                        found,
                    );
                }
                "maximum" => {
                    require(
                        value.as_f64().is_none_or(|n| n <= rule.as_f64().unwrap()),
                        at,
                        "is too large",
                        found,
                    );
                }
                "minLength" | "minItems" | "minProperties" => {
                    let limit = rule.as_u64().unwrap();
                    require(size(value).is_none_or(|n| n >= limit), at, "is too short", found);
                }
                "maxLength" | "maxProperties" => {
                    let limit = rule.as_u64().unwrap();
                    require(size(value).is_none_or(|n| n <= limit), at, "is too long", found);
                }
                "uniqueItems" => {
                    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                    let twice = list.iter().enumerate().any(|(nth, item)| list[..nth].contains(item));
                    require(!twice, at, "holds something twice", found);
                }
                "required" => {
                    for name in rule.as_array().unwrap().iter().filter_map(Value::as_str) {
                        let there = value.get(name).is_some();
                        require(there, at, &format!("`{name}` is missing"), found);
                    }
                }
                "properties" => {
                    for (name, rule) in rule.as_object().unwrap() {
                        if let Some(member) = value.get(name) {
                            self.check(rule, member, &format!("{at}{name}/"), found);
                        }
                    }
                }
                "additionalProperties" => {
                    let known = keywords.get("properties").and_then(Value::as_object);
                    for (name, member) in value.as_object().into_iter().flatten() {
                        if !known.is_some_and(|known| known.contains_key(name)) {
                            if rule == &json!(false) {
                                found.push(format!("{at}{name}: is not known"));
                            } else {
                                self.check(rule, member, &format!("{at}{name}/"), found);
                            }
                        }
                    }
                }
                "items" => {
                    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{at}{place}/"), found);
                    }
                }
                "anyOf" | "oneOf" => {
                    let fits = |rule| {
                        let mut problems = Vec::new();
                        self.check(rule, value, at, &mut problems);
                        problems.is_empty()
                    };
                    let fitting = rule.as_array().unwrap().iter().filter(|rule| fits(rule)).count();
                    let ok = if keyword == "oneOf" { fitting == 1 } else { fitting > 0 };
                    require(ok, at, "fits no alternative", found);
                }
                other => panic!("the check does not know `{other}` at {at}"),
            }
        }
    }
}

fn require(holds: bool, at: &str, problem: &str, found: &mut Vec<String>) {
    if !holds {
        found.push(format!("{at}: {problem}"));
    }
}

/// Returns how many characters, items or members a value has.
fn size(value: &Value) -> Option<u64> {
    let size = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => return None,
    };
    Some(size as u64)
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let one = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type: {other}"),
    };
    match rule {
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(one),
        name => one(name.as_str().unwrap()),
    }
}
