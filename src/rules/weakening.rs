//! What takes away the protection that a setting gave all compute of an account, or opens the account further.

use serde_json::Value;

use super::path::covers;
use super::protection::{begins, is_true, lowered};
use crate::model::{AttributeChange, Change, ChangeKind, Kind, Provider, Resource};

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

/// Returns what a log records less of since a change, each with the attribute that tells it, of which there is none
/// if the log is gone; empty if it records no less.
pub(super) fn silenced(change: &Change) -> Vec<(Option<&str>, &'static str)> {
    let before =
        change.before.as_deref().filter(|before| before.key.kind == Kind::AuditLog && records(before));
    match (before, change.after.as_deref(), change.kind) {
        (Some(_), _, ChangeKind::Vanished) => vec![(None, "it is gone")],
        (Some(before), Some(_), _) => {
            let weaker =
                |attribute: &'_ AttributeChange| weakening(before.key.provider, before.key.kind, attribute);
            let told = change.attributes.iter();
            told.filter_map(|attribute| Some((Some(attribute.path.as_str()), weaker(attribute)?))).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a log records anything, as far as is known.
fn records(log: &Resource) -> bool {
    let flag = |path: &str| log.config.get(path).and_then(Value::as_bool);
    flag("IsLogging") != Some(false) && flag("disabled") != Some(true)
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
    const LOG: (Provider, Kind) = (Provider::Aws, Kind::AuditLog);
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
        row(LOG, "config.IsLogging", STOPPED, ends),
        row(LOG, "config.NotRecorded", "it no longer records all that it did", leaves_out),
        row(LOG, "config.IsMultiRegionTrail", "it no longer records what happens in other regions", ends),
        row(LOG, "config.IsOrganizationTrail", "it no longer records what happens in other accounts", ends),
        row(
            LOG,
            "config.IncludeGlobalServiceEvents",
            "it no longer records IAM, STS and Organizations",
            ends,
        ),
        row(LOG, "config.LogFileValidationEnabled", "nothing proves any more that its files are whole", ends),
        row(LOG, "config.S3BucketName", ELSEWHERE, ANY_OTHER),
        row(LOG, "config.CloudWatchLogsLogGroupArn", ELSEWHERE, |before, _| before.is_some()),
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
    const LOG: (Provider, Kind) = (Provider::Azure, Kind::AuditLog);
    const SETTING: (Provider, Kind) = (Provider::Azure, Kind::Setting);
    &[
        row(ACCOUNT, "config.state", STATE, ANY_OTHER),
        row(ACCOUNT, "config.tenantId", OWNER, ANY_OTHER),
        row(ACCOUNT, "account", OWNER, ANY_OTHER),
        row(ACCOUNT, "config.managedByTenants", "another tenant manages it", |before, _| before.is_none()),
        row(SETTING, "config.enforcementMode", "what it forbade is only noted any more", |before, after| {
            !begins(before, "DoNotEnforce") && begins(after, "DoNotEnforce")
        }),
        row(SETTING, "config.notScopes", "less stands under it", gained),
        row(
            SETTING,
            "config.parameters.listOfAllowedLocations",
            "resources may be made in other locations",
            gained,
        ),
        row(LOG, "config.logs[*].enabled", "it no longer keeps all categories that it did", ends),
        row(LOG, "config.workspaceId", ELSEWHERE, |before, _| before.is_some()),
        row(LOG, "config.storageAccountId", ELSEWHERE, |before, _| before.is_some()),
        row(LOG, "config.eventHubAuthorizationRuleId", ELSEWHERE, |before, _| before.is_some()),
        row(LOG, "config.eventHubName", ELSEWHERE, |before, _| before.is_some()),
        row(LOG, "config.serviceBusRuleId", ELSEWHERE, |before, _| before.is_some()),
    ]
};

const GCP: &[Weakening] = {
    const ACCOUNT: (Provider, Kind) = (Provider::Gcp, Kind::Account);
    const LOG: (Provider, Kind) = (Provider::Gcp, Kind::AuditLog);
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
        row(LOG, "config.disabled", STOPPED, |before, after| !is_true(before) && is_true(after)),
        row(LOG, "config.filter", "it takes other entries than it did", |_, after| after.is_some()),
        row(LOG, "config.exclusions[*].filter", EXCLUDES, |_, after| after.is_some()),
        row(LOG, "config.exclusions[*].disabled", EXCLUDES, ends),
        row(LOG, "config.includeChildren", "it no longer takes what is logged below it", ends),
        row(LOG, "config.destination", ELSEWHERE, ANY_OTHER),
    ]
};

const EXCLUDES: &str = "it leaves out entries that it took";
const STOPPED: &str = "it records nothing any more";
const ELSEWHERE: &str = "what it keeps no longer goes where it went";
const STATE: &str = "its state, on which all in it depends";
const OWNER: &str = "its owner, and with it the policies that hold for it";

/// Whether what was on is off.
fn ends(before: Option<&Value>, after: Option<&Value>) -> bool {
    is_true(before) && !is_true(after)
}

/// Whether a trail does not record something that it did (`write events, events of kms.amazonaws.com`).
fn leaves_out(before: Option<&Value>, after: Option<&Value>) -> bool {
    let parts = |value: Option<&'_ Value>| -> Vec<String> {
        let text = value.and_then(Value::as_str).unwrap_or_default();
        text.split(", ").filter(|part| *part != "nothing").map(str::to_owned).collect()
    };
    let known = parts(before);
    before.is_some() && parts(after).iter().any(|part| !known.contains(part))
}

/// Whether a list has a member that it had not.
fn gained(before: Option<&Value>, after: Option<&Value>) -> bool {
    let members = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let known = members(before);
    members(after).iter().any(|member| !known.contains(member))
}

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
    fn a_log_or_a_policy_is_weaker_in_one_direction_only() {
        use Kind::{AuditLog, Setting};
        for (provider, kind, path, strong, weak) in [
            (Provider::Aws, AuditLog, "IsLogging", json!(true), json!(false)),
            (Provider::Aws, AuditLog, "NotRecorded", json!("nothing"), json!("write events")),
            (Provider::Aws, AuditLog, "IsMultiRegionTrail", json!(true), json!(false)),
            (Provider::Aws, AuditLog, "LogFileValidationEnabled", json!(true), json!(false)),
            (Provider::Aws, AuditLog, "CloudWatchLogsLogGroupArn", json!("arn:aws:logs"), json!(null)),
            (Provider::Azure, AuditLog, "logs[Administrative].enabled", json!(true), json!(false)),
            (Provider::Azure, AuditLog, "logs[Administrative].enabled", json!(true), json!(null)),
            (Provider::Azure, AuditLog, "workspaceId", json!("/subscriptions/s"), json!(null)),
            (Provider::Azure, Setting, "enforcementMode", json!("Default"), json!("DoNotEnforce")),
            (
                Provider::Azure,
                Setting,
                "parameters.listOfAllowedLocations.value",
                json!(["westeurope"]),
                json!(["westeurope", "brazilsouth"]),
            ),
            (Provider::Gcp, AuditLog, "disabled", json!(null), json!(true)),
            (Provider::Gcp, AuditLog, "exclusions[all].filter", json!(null), json!("true")),
            (Provider::Gcp, AuditLog, "exclusions[all].disabled", json!(true), json!(null)),
        ] {
            assert!(weaker(provider, kind, path, strong.clone(), weak.clone()), "{path}");
            assert!(!weaker(provider, kind, path, weak, strong), "{path}");
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
