//! `[weights]` and `[rules.…]`: the numbers by which rules judge.

use std::marker::PhantomData;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use toml::de::DeValue;

use super::super::diagnosis::{Problem, Problems, quoted};
use super::super::shape::{Distinct, Raw, Shape, known_keys, mistyped, table};
use super::super::text::TagPattern;
use crate::model::Bands;
use crate::rules::{Effect, Parameter, RULES, Rule, RuleMeta, Setting, Table, Tuning, Weights};

table! {
    /// The numbers that a risk is made of, in the place of the shipped ones.
    WeightsTable {
        /// Tags and labels that mark what is critical, as `key=value`, or `key` for any value; what bears one has a
        /// higher risk.
        critical_tags: Distinct<TagPattern>,
        /// Base points by the class of act.
        classes: Numbers<Classes>,
        /// What the context does to the risk.
        modifiers: Numbers<Modifiers>,
        /// What patterns and chains add.
        bonuses: Numbers<Bonuses>,
        /// From which risk on a finding is in a band.
        bands: Numbers<BandFloors>,
    }
}

impl WeightsTable {
    /// Puts the numbers in the place of the shipped ones; tells bands that overlap.
    pub(super) fn settle(self, weights: &mut Weights, problems: &mut Problems<'_>) {
        let tags = self.critical_tags.value.into_iter().flatten().map(|tag| tag.value);
        weights.mark_critical(tags);
        let tables = [
            (Table::Classes, self.classes.value),
            (Table::Modifiers, self.modifiers.value),
            (Table::Bonuses, self.bonuses.value),
            (Table::Bands, self.bands.value),
        ];
        for (table, numbers) in tables {
            for (name, number) in numbers.into_iter().flatten() {
                weights.set(table, name, number);
            }
        }
        let Bands { critical, high, medium, low } = weights.bands();
        let falls = critical > high && high > medium && medium > low;
        if let Some(at) = self.bands.at.filter(|_| !falls) {
            let found = format!("critical {critical}, high {high}, medium {medium}, low {low}");
            let problem = Problem::new(format!("each band begins below the one before, not at {found}"));
            problems.add(at, problem);
        }
    }
}

/// A table of the weights.
trait Tabled {
    const TABLE: Table;
}

/// Declares a type for each table of the weights.
macro_rules! tabled {
    ($($name:ident),*) => { $(
        struct $name;

        impl Tabled for $name {
            const TABLE: Table = Table::$name;
        }
    )* };
}

tabled!(Classes, Modifiers, Bonuses);

struct BandFloors;

impl Tabled for BandFloors {
    const TABLE: Table = Table::Bands;
}

/// Numbers by the names of a table of the weights.
struct Numbers<T>(PhantomData<T>);

impl<T: Tabled> Shape for Numbers<T> {
    type Value = Vec<(&'static str, i16)>;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self::Value> {
        let shipped: Vec<_> = Weights::shipped().table(T::TABLE).collect();
        let names: Vec<String> = shipped.iter().map(|(name, _)| (*name).to_owned()).collect();
        let table = known_keys(raw, &names, problems)?;
        let given =
            shipped.into_iter().filter_map(|(name, weight)| Some((name, weight.effect, table.get(name)?)));
        Some(given.filter_map(|(name, effect, raw)| Some((name, number(raw, effect, problems)?))).collect())
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        let weights = Weights::shipped().table(T::TABLE);
        closed(weights.map(|(name, weight)| {
            let (range, default) = (weight.effect.range(), weight.effect.number());
            let mut schema = json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() });
            schema["default"] = json!(default);
            if !weight.reason.is_empty() {
                schema["description"] = json!(weight.reason);
            }
            (name.to_owned(), schema)
        }))
    }
}

fn number(raw: &Raw<'_>, effect: Effect, problems: &mut Problems<'_>) -> Option<i16> {
    let range = effect.range();
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    let number = match raw.get_ref() {
        DeValue::Integer(number) => {
            let read = i16::from_str_radix(number.as_str(), number.radix()).ok();
            let refusal = || Problem::new(format!("{} is not {expected}", quoted(number.as_str())));
            read.filter(|number| range.contains(number)).ok_or_else(refusal)
        }
        _ => Err(mistyped(raw, &expected)),
    };
    number.map_err(|problem| problems.add(raw.span(), problem)).ok()
}

/// The parameters of rules, by rule.
pub(super) struct RuleTables;

/// A parameter of a rule that the file sets.
pub(super) struct Set {
    rule: &'static RuleMeta,
    parameter: &'static Parameter,
    value: Setting,
}

impl Set {
    /// Puts the value in the place of the default.
    pub(super) fn settle(self, tuning: &mut Tuning) {
        tuning.set(self.rule, self.parameter, self.value);
    }
}

impl Shape for RuleTables {
    type Value = Vec<Set>;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self::Value> {
        let rules: Vec<_> = configurable().collect();
        let names: Vec<String> = rules.iter().map(|rule| rule.meta().id.to_owned()).collect();
        let table = known_keys(raw, &names, problems)?;
        let given = rules.into_iter().filter_map(|rule| Some((rule, table.get(rule.meta().id)?)));
        Some(given.flat_map(|(rule, raw)| parameters(rule, raw, problems)).collect())
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        closed(configurable().map(|rule| {
            let meta = rule.meta();
            let parameters =
                meta.parameters.iter().map(|parameter| (parameter.name.to_owned(), described(parameter)));
            let mut schema = Value::from(closed(parameters));
            schema["description"] = json!(meta.title);
            (meta.id.to_owned(), schema)
        }))
    }
}

fn configurable() -> impl Iterator<Item = &'static dyn Rule> {
    RULES.iter().copied().filter(|rule| !rule.meta().parameters.is_empty())
}

fn parameters(rule: &'static dyn Rule, raw: &Raw<'_>, problems: &mut Problems<'_>) -> Vec<Set> {
    let meta = rule.meta();
    let names: Vec<String> = meta.parameters.iter().map(|parameter| parameter.name.to_owned()).collect();
    let Some(table) = known_keys(raw, &names, problems) else { return Vec::new() };
    let given = meta.parameters.iter().filter_map(|parameter| Some((parameter, table.get(parameter.name)?)));
    let set = given.filter_map(|(parameter, raw)| {
        let value = setting(&Setting::read(parameter.default), raw, problems)?;
        Some(Set { rule: meta, parameter, value })
    });
    set.collect()
}

/// Reads a value of the sort of a default.
fn setting(default: &Setting, raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Setting> {
    let expected = default.sort();
    let text = match (default, raw.get_ref()) {
        (Setting::Number(_), DeValue::Integer(number)) if number.radix() == 10 => number.as_str(),
        (Setting::Number(_), DeValue::Float(number)) => number.as_str(),
        (Setting::Share(_) | Setting::Time(_) | Setting::Word(_), DeValue::String(text)) => text,
        _ => {
            problems.add(raw.span(), mistyped(raw, expected));
            return None;
        }
    };
    let value = Setting::read(text);
    if default.admits(&value) {
        return Some(value);
    }
    problems.add(raw.span(), Problem::new(format!("{} is not {expected}", quoted(text))));
    None
}

fn described(parameter: &Parameter) -> Value {
    let default = Setting::read(parameter.default);
    let (sort, value) = match &default {
        Setting::Number(number) if number.fract() == 0.0 => {
            ("integer", parameter.default.parse::<u64>().map(Value::from))
        }
        Setting::Number(number) => ("number", Ok(json!(number))),
        _ => ("string", Ok(json!(parameter.default))),
    };
    let mut schema = json!({ "type": sort, "description": parameter.meaning });
    if let Ok(value) = value {
        schema["default"] = value;
    }
    schema
}

/// Returns the schema of a table with these keys and no others.
fn closed(properties: impl Iterator<Item = (String, Value)>) -> Schema {
    let properties: Map<String, Value> = properties.collect();
    json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
}
