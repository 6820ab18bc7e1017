//! By which numbers rules judge: weights, and the parameters of single rules, as a configuration overrides them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::weights::Weights;
use super::{Parameter, RuleMeta};
use crate::model::Digest;

/// By which numbers rules judge.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// What a risk is made of.
    pub weights: Weights,
    parameters: BTreeMap<(&'static str, &'static str), Setting>,
}

/// The value of a rule's parameter; of which sort it is, its default says.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// A number: `5`, `0.001`.
    Number(f64),
    /// A part of a whole, as a fraction: `20%` is 0.2.
    Share(f64),
    /// How long: `10m`, `28d`.
    Time(SignedDuration),
    /// Anything else.
    Word(String),
}

impl Tuning {
    /// Returns the shipped numbers.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Tuning> =
            LazyLock::new(|| Tuning { weights: Weights::shipped().clone(), parameters: BTreeMap::new() });
        &SHIPPED
    }

    /// Puts a value in the place of a parameter's default; the default itself changes nothing.
    pub fn set(&mut self, meta: &RuleMeta, parameter: &Parameter, value: Setting) {
        let name = (meta.id, parameter.name);
        if Setting::read(parameter.default) == value {
            self.parameters.remove(&name);
        } else {
            self.parameters.insert(name, value);
        }
    }

    /// Returns a parameter's value: the overriding one, else its default. `None` if the rule has no such parameter.
    pub fn parameter(&self, meta: &RuleMeta, name: &str) -> Option<Setting> {
        let parameter = meta.parameters.iter().find(|parameter| parameter.name == name)?;
        let set = self.parameters.get(&(meta.id, name)).cloned();
        Some(set.unwrap_or_else(|| Setting::read(parameter.default)))
    }

    /// Returns the value of a rule's parameter that is a number or a share; 0 if there is none.
    pub fn number(&self, rule: &str, parameter: &str) -> f64 {
        match self.of(rule, parameter) {
            Some(Setting::Number(number) | Setting::Share(number)) => number,
            _ => 0.0,
        }
    }

    /// Returns the value of a rule's parameter that is a whole number; 0 if there is none.
    pub fn count(&self, rule: &str, parameter: &str) -> usize {
        // Settings lie between 0 and 10⁹, and those that count are whole.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as above")]
        let count = self.number(rule, parameter) as usize;
        count
    }

    /// Returns the value of a rule's parameter that is a time; 0 if there is none.
    pub fn time(&self, rule: &str, parameter: &str) -> SignedDuration {
        match self.of(rule, parameter) {
            Some(Setting::Time(time)) => time,
            _ => SignedDuration::ZERO,
        }
    }

    fn of(&self, rule: &str, parameter: &str) -> Option<Setting> {
        self.parameter(super::rule(rule)?.meta(), parameter)
    }

    /// Returns the version of rules that judge by these numbers: `4`, or `4+tuned.1a2b3c` where they are not those
    /// that are shipped. The suffix begins the BLAKE3 digest of what differs.
    pub fn rules_version(&self) -> String {
        let parameters =
            self.parameters.iter().map(|((rule, name), value)| format!("rules.{rule}.{name} = {value}"));
        let differing: Vec<_> = self.weights.overrides().into_iter().chain(parameters).collect();
        let version = super::RULES_VERSION;
        if differing.is_empty() {
            return version.to_string();
        }
        let digest = Digest::of(differing.join("\n").as_bytes()).to_string();
        format!("{version}+tuned.{}", digest.get(..6).unwrap_or_default())
    }
}

impl Default for Tuning {
    fn default() -> Self {
        Self::shipped().clone()
    }
}

impl Default for &Tuning {
    fn default() -> Self {
        Tuning::shipped()
    }
}

impl Setting {
    /// Reads a value as a default or a configuration writes it.
    pub fn read(text: &str) -> Self {
        if let Some(percent) = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok()) {
            return Self::Share(percent / 100.0);
        }
        if let Ok(number) = text.parse() {
            return Self::Number(number);
        }
        let span = text.parse::<Span>().ok();
        let time = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        time.map_or_else(|| Self::Word(text.to_owned()), Self::Time)
    }

    /// Returns what a value of this sort looks like, for messages.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Number(number) if number.fract() == 0.0 => "a whole number above 0",
            Self::Number(_) => "a number above 0",
            Self::Share(_) => "a share, as \"20%\"",
            Self::Time(_) => "a time, as \"90s\", \"10m\", \"24h\" or \"28d\"",
            Self::Word(_) => "a word",
        }
    }

    /// Whether another value may take the place of this one: it is of the same sort, whole where this is whole, and
    /// within reason.
    pub fn admits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(default), Self::Number(number)) => {
                let whole = default.fract() != 0.0 || number.fract() == 0.0;
                *number > 0.0 && *number <= 1e9 && whole
            }
            (Self::Share(_), Self::Share(share)) => (0.0..=1.0).contains(share),
            (Self::Time(_), Self::Time(time)) => {
                (SignedDuration::from_secs(1)..=SignedDuration::from_hours(400 * 24)).contains(time)
            }
            (Self::Word(_), Self::Word(word)) => !word.is_empty(),
            _ => false,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Share(share) => write!(f, "{}%", share * 100.0),
            Self::Time(time) => write!(f, "{time:#}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::weights::Table;
    use crate::rules::{RULES, rule};

    #[test]
    fn a_setting_reads_as_what_it_is_written_like() {
        assert_eq!(Setting::read("5"), Setting::Number(5.0));
        assert_eq!(Setting::read("20%"), Setting::Share(0.2));
        assert_eq!(Setting::read("10m"), Setting::Time(SignedDuration::from_mins(10)));
        assert_eq!(Setting::read("28d"), Setting::Time(SignedDuration::from_hours(28 * 24)));
        assert_eq!(Setting::read("often"), Setting::Word("often".to_owned()));
    }

    #[test]
    fn a_value_takes_the_place_of_one_of_its_sort_and_range_alone() {
        let admits = |default: &str, value: &str| Setting::read(default).admits(&Setting::read(value));
        assert!(admits("5", "8") && admits("0.5", "1.25") && admits("10m", "1d") && admits("20%", "5%"));
        for (default, value) in [
            ("5", "0"),
            ("5", "2.5"),
            ("5", "-1"),
            ("5", "10m"),
            ("10m", "5"),
            ("10m", "500d"),
            ("20%", "120%"),
        ] {
            assert!(!admits(default, value), "{default} {value}");
        }
    }

    #[test]
    fn every_default_admits_itself() {
        for parameter in RULES.iter().flat_map(|rule| rule.meta().parameters) {
            let setting = Setting::read(parameter.default);
            assert!(setting.admits(&setting), "{} {}", parameter.name, parameter.default);
        }
    }

    #[test]
    fn a_parameter_is_its_default_until_it_is_set() {
        let meta = rule("probing").unwrap().meta();
        let mut tuning = Tuning::default();
        assert_eq!(tuning.parameter(meta, "refusals"), Some(Setting::Number(5.0)));
        assert_eq!(tuning.parameter(meta, "refusal"), None);
        tuning.set(meta, &meta.parameters[0], Setting::Number(8.0));
        assert_eq!(tuning.parameter(meta, "refusals"), Some(Setting::Number(8.0)));
        tuning.set(meta, &meta.parameters[0], Setting::Number(5.0));
        assert_eq!(tuning, Tuning::default());
    }

    #[test]
    fn the_version_of_the_rules_says_whether_and_how_they_are_tuned() {
        let shipped = Tuning::default();
        assert_eq!(shipped.rules_version(), super::super::RULES_VERSION.to_string());
        let mut tuned = shipped.clone();
        tuned.weights.set(Table::Classes, "delete", 85);
        let mut other = tuned.clone();
        let meta = rule("probing").unwrap().meta();
        other.set(meta, &meta.parameters[0], Setting::Number(8.0));
        let versions = [&shipped, &tuned, &other].map(Tuning::rules_version);
        assert!(versions[1].starts_with(&format!("{}+tuned.", versions[0])), "{versions:?}");
        assert_ne!(versions[1], versions[2]);
        assert_eq!(versions[1].len(), versions[0].len() + "+tuned.".len() + 6);
    }
}
