//! What takes away the protection that a setting gave all compute of an account, or opens the account further.

use serde_json::Value;

use super::path::covers;
use super::protection::{begins, is_true, lowered};
use crate::model::{AttributeChange, Kind, Provider};

/// An attribute of a setting, and when it is weaker than it was.
struct Weakening {
    provider: Provider,
    kind: Kind,
    path: &'static str,
    /// What it leads to.
    reason: &'static str,
    is_weaker: fn(Option<&Value>, Option<&Value>) -> bool,
}

/// Returns what a weaker setting leads to; `None` if it is none, or no weaker.
pub(super) fn weakening(provider: Provider, kind: Kind, attribute: &AttributeChange) -> Option<&'static str> {
    let (before, after) = (attribute.before.as_ref(), attribute.after.as_ref());
    let weaker = TABLE.iter().copied().flatten().find(|row| {
        row.provider == provider
            && row.kind == kind
            && covers(row.path, &attribute.path)
            && (row.is_weaker)(before, after)
    });
    weaker.map(|row| row.reason)
}

const TABLE: &[&[Weakening]] = &[AWS, AZURE, GCP];

const fn row(
    (provider, kind): (Provider, Kind),
    path: &'static str,
    reason: &'static str,
    is_weaker: fn(Option<&Value>, Option<&Value>) -> bool,
) -> Weakening {
    Weakening { provider, kind, path, reason, is_weaker }
}

/// For what has no stronger and no weaker value: every other one matters as much.
const ANY_OTHER: fn(Option<&Value>, Option<&Value>) -> bool = |_, _| true;

const AWS: &[Weakening] = {
    const SETTING: (Provider, Kind) = (Provider::Aws, Kind::Setting);
    const ACCOUNT: (Provider, Kind) = (Provider::Aws, Kind::Account);
    &[
        row(
            SETTING,
            "config.EbsEncryptionByDefault",
            "new volumes are no longer encrypted by default",
            |before, after| is_true(before) && !is_true(after),
        ),
        row(
            SETTING,
            "config.State",
            "less stands in the way of sharing snapshots with everybody",
            |before, after| falls(before, after, &["block-all-sharing", "block-new-sharing", "unblocked"]),
        ),
        row(SETTING, "config.State", "images that were not allowed can be launched", |before, after| {
            falls(before, after, &["enabled", "audit-mode", "disabled"])
        }),
        row(
            SETTING,
            "config.ImageBlockPublicAccessState",
            "nothing stands in the way of sharing images with everybody",
            |before, after| begins(before, "block") && !begins(after, "block"),
        ),
        row(
            SETTING,
            "config.SerialConsoleAccessEnabled",
            "the serial consoles of its instances can be reached",
            |before, after| !is_true(before) && is_true(after),
        ),
        row(
            SETTING,
            "config.AccountLevel.HttpTokens",
            "new instances accept metadata requests without a token",
            |before, after| begins(before, "required") && !begins(after, "required"),
        ),
        row(
            SETTING,
            "config.AccountLevel.HttpTokensEnforced",
            "instances that accept metadata requests without a token can be launched",
            |before, after| begins(before, "enabled") && !begins(after, "enabled"),
        ),
        row(
            SETTING,
            "config.AccountLevel.HttpPutResponseHopLimit",
            "the metadata of new instances can be reached over more hops",
            |before, after| lowered(after, before),
        ),
        row(
            SETTING,
            "config.AccountLevel.HttpEndpoint",
            "the metadata service of new instances is on",
            |before, after| begins(before, "disabled") && !begins(after, "disabled"),
        ),
        row(
            SETTING,
            "config*.ManagedBy",
            "no policy of the organization holds it any more",
            |before, after| begins(before, "declarative-policy") && !begins(after, "declarative-policy"),
        ),
        row(
            SETTING,
            "config.Visibility.DefaultVisibility",
            "what services manage is hidden from whoever does not ask for it",
            |before, after| !begins(before, "hidden") && begins(after, "hidden"),
        ),
        row(
            (Provider::Aws, Kind::Region),
            "config.OptInStatus",
            "it can be used, and could not be",
            |before, after| begins(before, "not-opted-in") && !begins(after, "not-opted-in"),
        ),
        row(ACCOUNT, "config.State", STATE, ANY_OTHER),
        row(ACCOUNT, "config.Email", "another mailbox can take over its root user", ANY_OTHER),
        row(ACCOUNT, "config.Arn", OWNER, ANY_OTHER),
        row(ACCOUNT, "config.OwnerId", OWNER, ANY_OTHER),
        row(ACCOUNT, "config.Paths", OWNER, ANY_OTHER),
        row(ACCOUNT, "account", OWNER, ANY_OTHER),
    ]
};

const AZURE: &[Weakening] = {
    const ACCOUNT: (Provider, Kind) = (Provider::Azure, Kind::Account);
    &[
        row(ACCOUNT, "config.state", STATE, ANY_OTHER),
        row(ACCOUNT, "config.tenantId", OWNER, ANY_OTHER),
        row(ACCOUNT, "account", OWNER, ANY_OTHER),
        row(ACCOUNT, "config.managedByTenants", "another tenant manages it", |before, _| before.is_none()),
    ]
};

const GCP: &[Weakening] = {
    const ACCOUNT: (Provider, Kind) = (Provider::Gcp, Kind::Account);
    &[
        row(
            (Provider::Gcp, Kind::Setting),
            "config.commonInstanceMetadata",
            "its metadata, with keys and scripts for every instance",
            ANY_OTHER,
        ),
        row(ACCOUNT, "config.state", STATE, ANY_OTHER),
        row(ACCOUNT, "config.parent", OWNER, ANY_OTHER),
        row(ACCOUNT, "account", OWNER, ANY_OTHER),
    ]
};

const STATE: &str = "its state, on which all in it depends";
const OWNER: &str = "its owner, and with it the policies that hold for it";

/// Whether a value stands further down a list, best first, than it did.
fn falls(before: Option<&Value>, after: Option<&Value>, best_first: &[&str]) -> bool {
    let rank = |value: Option<&Value>| {
        let value = value.and_then(Value::as_str)?;
        best_first.iter().position(|rank| *rank == value)
    };
    rank(before).zip(rank(after)).is_some_and(|(before, after)| after > before)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn weaker(provider: Provider, kind: Kind, path: &str, before: Value, after: Value) -> bool {
        let told = |value: Value| (!value.is_null()).then_some(value);
        let attribute =
            AttributeChange { path: format!("config.{path}"), before: told(before), after: told(after) };
        weakening(provider, kind, &attribute).is_some()
    }

    #[test]
    fn a_setting_is_weaker_in_one_direction_only() {
        use Kind::{Region, Setting};
        for (kind, path, strong, weak) in [
            (Setting, "EbsEncryptionByDefault", json!(true), json!(false)),
            (Setting, "State", json!("block-all-sharing"), json!("block-new-sharing")),
            (Setting, "State", json!("block-new-sharing"), json!("unblocked")),
            (Setting, "State", json!("enabled"), json!("audit-mode")),
            (Setting, "ImageBlockPublicAccessState", json!("block-new-sharing"), json!("unblocked")),
            (Setting, "SerialConsoleAccessEnabled", json!(false), json!(true)),
            (Setting, "AccountLevel.HttpTokens", json!("required"), json!("optional")),
            (Setting, "AccountLevel.HttpTokens", json!("required"), json!(null)),
            (Setting, "AccountLevel.HttpTokensEnforced", json!("enabled"), json!("disabled")),
            (Setting, "AccountLevel.HttpPutResponseHopLimit", json!(1), json!(2)),
            (Setting, "AccountLevel.HttpEndpoint", json!("disabled"), json!("enabled")),
            (Setting, "ManagedBy", json!("declarative-policy"), json!("account")),
            (Setting, "AccountLevel.ManagedBy", json!("declarative-policy"), json!("account")),
            (Setting, "Visibility.DefaultVisibility", json!("visible"), json!("hidden")),
            (Region, "OptInStatus", json!("not-opted-in"), json!("opted-in")),
        ] {
            assert!(weaker(Provider::Aws, kind, path, strong.clone(), weak.clone()), "{path}");
            assert!(!weaker(Provider::Aws, kind, path, weak, strong), "{path}");
        }
    }

    #[test]
    fn a_state_or_an_owner_has_no_weaker_value() {
        for (provider, path) in
            [(Provider::Aws, "State"), (Provider::Azure, "state"), (Provider::Gcp, "parent")]
        {
            for (before, after) in [("a", "b"), ("b", "a")] {
                assert!(weaker(provider, Kind::Account, path, json!(before), json!(after)), "{path}");
            }
        }
    }
}
