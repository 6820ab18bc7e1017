//! `[weights]` and `[rules.…]` from text to numbers, and everything that can be wrong with them.

use super::Config;
use super::tests::{error, parse};
use crate::model::Bands;
use crate::rules::{Setting, Table, Tuning, rule};

#[test]
fn weights_and_parameters_take_the_place_of_the_shipped_ones() {
    let tuning = parse(
        r#"
        [weights]
        critical-tags = ["criticality=high", "production"]
        classes = { delete = 85 }
        modifiers = { change-id = -20 }
        bonuses = { further-chain = 10 }
        bands = { low = 20 }
        [rules.probing]
        refusals = 8
        within = "1h"
        "#,
    )
    .tuning;
    let number = |table, name| tuning.weights.get(table, name).map(|weight| weight.effect.number());
    assert_eq!(number(Table::Classes, "delete"), Some(85));
    assert_eq!(number(Table::Modifiers, "change-id"), Some(-20));
    assert_eq!(number(Table::Bonuses, "further-chain"), Some(10));
    assert_eq!(tuning.weights.bands(), Bands { critical: 90, high: 70, medium: 50, low: 20 });
    let parameter = |name| tuning.parameter(rule("probing").unwrap().meta(), name);
    assert_eq!(parameter("refusals"), Some(Setting::Number(8.0)));
    assert_eq!(parameter("within"), Some(Setting::Time(jiff::SignedDuration::from_hours(1))));
    assert_ne!(tuning.rules_version(), Tuning::default().rules_version());
}

#[test]
fn numbers_that_are_the_shipped_ones_change_nothing() {
    let text = "weights.classes.delete = 90\nrules.probing = { refusals = 5, within = \"600s\" }";
    assert_eq!(parse(text), Config::default());
}

#[test]
fn a_weight_that_is_wrong_is_told_with_what_was_meant() {
    let mistakes = [
        ("weights.classes.delte = 90", "unknown key `delte` / did you mean `delete`?"),
        ("weights.classes.delete = 101", "`101` is not a whole number from 0 to 100 / "),
        ("weights.modifiers.change-id = -101", "`-101` is not a whole number from -100 to 100 / "),
        ("weights.modifiers.routine = 0.5", "expected a whole number from 0 to 100, found a number / "),
        (
            "weights.bands.low = 50",
            "each band begins below the one before, not at critical 90, high 70, medium 50, low 50 / ",
        ),
        ("weights.critical-tags = [\"=x\"]", "`=x` names no tag / write `key=value`, or `key`"),
        ("[rules.probin]", "unknown key `probin` / did you mean `probing`?"),
        ("rules.probing.refusal = 3", "unknown key `refusal` / did you mean `refusals`?"),
        ("rules.probing.refusals = 2.5", "`2.5` is not a whole number above 0 / "),
        ("rules.probing.refusals = \"3\"", "expected a whole number above 0, found a string / "),
        (
            "rules.probing.within = 10",
            "expected a time, as \"90s\", \"10m\", \"24h\" or \"28d\", found a whole number / ",
        ),
    ];
    for (text, told) in mistakes {
        assert_eq!(error(text), told, "{text}");
    }
}
