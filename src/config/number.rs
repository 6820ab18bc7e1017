//! Values that are numbers within bounds.

use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::diagnosis::{Problem, Problems, quoted};
use super::shape::{Raw, Shape, mistyped};

/// How many listings are under way at once.
pub(super) type Concurrency = Whole<1, 1024>;
/// How many requests may begin at once.
pub(super) type Burst = Whole<1, 10_000>;
/// How often a call is made again.
pub(super) type Retries = Whole<0, 100>;

/// A whole number within bounds.
pub(super) struct Whole<const LEAST: u32, const MOST: u32>;

impl<const LEAST: u32, const MOST: u32> Whole<LEAST, MOST> {
    /// Reads a number as an option or a variable of the environment gives it.
    pub(super) fn parse(text: &str) -> Result<u32, Problem> {
        Self::within(text, 10)
    }

    fn within(text: &str, radix: u32) -> Result<u32, Problem> {
        let number = u32::from_str_radix(text, radix).ok().filter(|number| (LEAST..=MOST).contains(number));
        number.ok_or_else(|| {
            Problem::new(format!("{} is not a whole number from {LEAST} to {MOST}", quoted(text)))
        })
    }
}

impl<const LEAST: u32, const MOST: u32> Shape for Whole<LEAST, MOST> {
    type Value = u32;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<u32> {
        let number = match raw.get_ref() {
            DeValue::Integer(number) => Self::within(number.as_str(), number.radix()),
            _ => Err(mistyped(raw, &format!("a whole number from {LEAST} to {MOST}"))),
        };
        number.map_err(|problem| problems.add(raw.span(), problem)).ok()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}

/// How many requests may begin each second.
pub(super) struct Rate;

impl Rate {
    const LEAST: f64 = 0.01;
    const MOST: f64 = 10_000.0;

    /// Reads a number as an option, a variable of the environment or the file gives it.
    pub(super) fn parse(text: &str) -> Result<f64, Problem> {
        let number = text.parse().ok().filter(|number| (Self::LEAST..=Self::MOST).contains(number));
        number.ok_or_else(|| {
            Problem::new(format!("{} is not a number from {} to {}", quoted(text), Self::LEAST, Self::MOST))
        })
    }
}

impl Shape for Rate {
    type Value = f64;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<f64> {
        let number = match raw.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => Self::parse(number.as_str()),
            DeValue::Float(number) => Self::parse(number.as_str()),
            _ => Err(mistyped(raw, &format!("a number from {} to {}", Self::LEAST, Self::MOST))),
        };
        number.map_err(|problem| problems.add(raw.span(), problem)).ok()
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": Self::LEAST, "maximum": Self::MOST })
    }
}
