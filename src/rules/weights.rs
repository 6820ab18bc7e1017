//! The numbers that a risk is made of: `weights.toml`, and what a configuration puts in their place.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use serde::Deserialize;

use super::score::{Bonus, Class};
use crate::model::{Bands, Resource, names};

names! {
    /// A table of the weights.
    Table as "table of weights" {
        /// Base points of the classes of acts.
        Classes = "classes",
        /// What the context does to the risk.
        Modifiers = "modifiers",
        /// What patterns and chains add.
        Bonuses = "bonuses",
        /// From which risk on a finding is in a band.
        Bands = "bands",
    }
}

/// What a weight does to the risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Is where the risk begins.
    Base(i16),
    /// Takes this many percent of the risk so far, halves to the even number.
    Scale(i16),
    /// Adds points.
    Add(i16),
    /// Lowers it to this.
    Cap(i16),
    /// Raises it to this.
    Floor(i16),
    /// Adds points for a pattern or chain.
    Points(i16),
    /// Is the least risk of a band.
    From(i16),
}

/// One weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Weight {
    /// What it does to the risk.
    #[serde(flatten)]
    pub effect: Effect,
    /// Why, as a finding says it; empty for a band.
    pub reason: &'static str,
}

/// Every weight by its table and name, and the tags that mark what is critical.
///
/// The shipped ones are `weights.toml`; a configuration overrides single numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    rows: BTreeMap<(Table, &'static str), Weight>,
    critical_tags: Vec<Tag>,
}

/// A tag that marks what is critical: its key, and its value where only one counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value; any counts without.
    pub value: Option<String>,
}

impl Effect {
    /// Returns the number.
    pub const fn number(self) -> i16 {
        match self {
            Self::Base(number)
            | Self::Scale(number)
            | Self::Add(number)
            | Self::Cap(number)
            | Self::Floor(number)
            | Self::Points(number)
            | Self::From(number) => number,
        }
    }

    /// Returns the numbers that may take the place of this one.
    pub const fn range(self) -> RangeInclusive<i16> {
        match self {
            Self::Add(_) => -100..=100,
            Self::From(_) => 1..=100,
            _ => 0..=100,
        }
    }

    const fn with(self, number: i16) -> Self {
        match self {
            Self::Base(_) => Self::Base(number),
            Self::Scale(_) => Self::Scale(number),
            Self::Add(_) => Self::Add(number),
            Self::Cap(_) => Self::Cap(number),
            Self::Floor(_) => Self::Floor(number),
            Self::Points(_) => Self::Points(number),
            Self::From(_) => Self::From(number),
        }
    }
}

impl Weights {
    /// Returns those of `weights.toml`.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Weights> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "the data is compiled in and a test parses it")]
            Weights::parse(include_str!("weights.toml")).expect("weights.toml parses")
        });
        &SHIPPED
    }

    fn parse(text: &'static str) -> Result<Self, toml::de::Error> {
        let file = File::deserialize(toml::Deserializer::parse(text)?)?;
        let tables = [
            (Table::Classes, file.classes),
            (Table::Modifiers, file.modifiers),
            (Table::Bonuses, file.bonuses),
        ];
        let named = |(table, rows): (Table, BTreeMap<&'static str, Weight>)| {
            rows.into_iter().map(move |(name, weight)| ((table, name), weight))
        };
        let least =
            |(name, least)| ((Table::Bands, name), Weight { effect: Effect::From(least), reason: "" });
        let rows = tables.into_iter().flat_map(named).chain(file.bands.into_iter().map(least)).collect();
        Ok(Self { rows, critical_tags: Vec::new() })
    }

    /// Returns the weights of a table with their names, by name.
    pub fn table(&self, table: Table) -> impl Iterator<Item = (&'static str, Weight)> {
        self.rows.iter().filter(move |((of, _), _)| *of == table).map(|((_, name), weight)| (*name, *weight))
    }

    /// Returns a weight.
    pub fn get(&self, table: Table, name: &str) -> Option<Weight> {
        self.rows.get(&(table, name)).copied()
    }

    /// Puts a number in the place of a weight's, if the weight exists and the number is in its range.
    pub fn set(&mut self, table: Table, name: &str, number: i16) {
        let found = self.rows.iter_mut().find(|((of, known), _)| *of == table && *known == name);
        if let Some((_, weight)) = found.filter(|(_, weight)| weight.effect.range().contains(&number)) {
            weight.effect = weight.effect.with(number);
        }
    }

    /// Says which tags mark what is critical.
    pub fn mark_critical(&mut self, tags: impl IntoIterator<Item = Tag>) {
        self.critical_tags = tags.into_iter().collect();
        self.critical_tags.sort();
    }

    /// Returns from which risk on a finding is in each band.
    pub fn bands(&self) -> Bands {
        let least = |name| {
            let weight = self.get(Table::Bands, name);
            weight.and_then(|weight| u8::try_from(weight.effect.number()).ok()).unwrap_or(u8::MAX)
        };
        Bands { critical: least("critical"), high: least("high"), medium: least("medium"), low: least("low") }
    }

    /// Returns what differs from the shipped weights, a line each.
    pub(super) fn overrides(&self) -> Vec<String> {
        let shipped = Self::shipped();
        let differing = self.rows.iter().filter(|(name, weight)| shipped.rows.get(name) != Some(weight));
        let numbers = differing
            .map(|((table, name), weight)| format!("weights.{table}.{name} = {}", weight.effect.number()));
        let tags = self.critical_tags.iter().map(|tag| format!("weights.critical-tags {tag:?}"));
        numbers.chain(tags).collect()
    }

    /// Whether a tag of a resource marks it as critical.
    pub(super) fn is_critical(&self, resource: &Resource) -> bool {
        self.critical_tags.iter().any(|tag| {
            let value = resource.tags.get(&tag.key);
            value.is_some_and(|value| tag.value.as_ref().is_none_or(|wanted| wanted == value))
        })
    }

    /// Returns a class' base points and what they stand for.
    pub(super) fn base(&self, class: Class) -> (u8, &'static str) {
        let weight = self.get(Table::Classes, class.as_str());
        weight.map_or((0, ""), |weight| {
            (u8::try_from(weight.effect.number()).unwrap_or_default(), weight.reason)
        })
    }

    /// Returns what a pattern or chain adds, by its name in the file.
    pub(super) fn bonus(&self, name: &str) -> Bonus {
        let weight = self.get(Table::Bonuses, name);
        weight.map_or(Bonus::NONE, |weight| Bonus { points: weight.effect.number(), reason: weight.reason })
    }
}

/// `weights.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(borrow)]
    classes: BTreeMap<&'static str, Weight>,
    #[serde(borrow)]
    modifiers: BTreeMap<&'static str, Weight>,
    #[serde(borrow)]
    bonuses: BTreeMap<&'static str, Weight>,
    #[serde(borrow)]
    bands: BTreeMap<&'static str, i16>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Band;
    use crate::rules::score::MODIFIERS;

    fn names(table: Table) -> Vec<&'static str> {
        Weights::shipped().table(table).map(|(name, _)| name).collect()
    }

    fn sorted(names: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_class_and_modifier_has_its_row_and_no_row_is_unknown() {
        assert_eq!(names(Table::Classes), sorted(Class::ALL.iter().map(|class| class.as_str())));
        assert_eq!(names(Table::Modifiers), sorted(MODIFIERS.iter().map(|(name, _)| *name)));
        let bands = Band::ALL.iter().filter(|band| **band != Band::Info);
        assert_eq!(names(Table::Bands), sorted(bands.map(|band| band.as_str())));
    }

    #[test]
    fn every_weight_does_what_its_table_is_for_within_its_range() {
        for table in Table::ALL {
            for (name, weight) in Weights::shipped().table(*table) {
                let fits = match table {
                    Table::Classes => matches!(weight.effect, Effect::Base(_)),
                    Table::Modifiers => matches!(
                        weight.effect,
                        Effect::Scale(_) | Effect::Add(_) | Effect::Cap(_) | Effect::Floor(_)
                    ),
                    Table::Bonuses => matches!(weight.effect, Effect::Points(_)),
                    Table::Bands => matches!(weight.effect, Effect::From(_)),
                };
                assert!(fits && weight.effect.range().contains(&weight.effect.number()), "{table} {name}");
                assert_eq!(weight.reason.is_empty(), *table == Table::Bands, "{table} {name}");
            }
        }
    }

    #[test]
    fn no_two_weights_give_the_same_reason() {
        let shipped = Weights::shipped();
        let mut reasons: Vec<_> = shipped.rows.values().map(|weight| weight.reason).collect();
        reasons.retain(|reason| !reason.is_empty());
        let all = reasons.len();
        reasons.sort_unstable();
        reasons.dedup();
        assert_eq!(reasons.len(), all);
    }

    #[test]
    fn the_modifiers_of_the_file_stand_in_the_order_in_which_they_apply() {
        let text = include_str!("weights.toml");
        let places: Vec<_> = MODIFIERS.iter().map(|(name, _)| text.find(&format!("\n{name} = "))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    }

    #[test]
    fn the_anchors_are_those_of_the_seed() {
        let base = |class| Weights::shipped().base(class).0;
        let classes = [Class::Delete, Class::CreateSnapshot, Class::Create, Class::Modify];
        assert_eq!(classes.map(base), [90, 70, 60, 40]);
        assert_eq!(Weights::shipped().bands(), Bands { critical: 90, high: 70, medium: 50, low: 30 });
    }

    #[test]
    fn a_number_out_of_range_changes_nothing() {
        let mut weights = Weights::shipped().clone();
        weights.set(Table::Classes, "delete", 101);
        weights.set(Table::Classes, "delte", 50);
        assert_eq!(&weights, Weights::shipped());
        assert_eq!(weights.overrides(), Vec::<String>::new());
        weights.set(Table::Classes, "delete", 85);
        assert_eq!(weights.base(Class::Delete).0, 85);
        assert_eq!(weights.overrides(), ["weights.classes.delete = 85"]);
    }
}
