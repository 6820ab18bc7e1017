//! `organizations list-accounts` → account.

use serde_json::{Map, Value};

use super::Native;
use super::identity::{self, Origin};
use crate::model::{Kind, Location};
use crate::sources::aws::GLOBAL;
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// How Organizations lists the accounts of an organization.
pub(super) const NATIVE: Native = Native {
    kind: Kind::Account,
    envelopes: &["Accounts"],
    id: "Id",
    prefixes: &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    marks: &["JoinedMethod", "JoinedTimestamp"],
    strangers: &[],
    needs: Some("Arn"),
    read,
};

const FIELDS: &[Field] = &[
    Field::config("Arn", Form::Plain),
    // Whoever reads the mail of the root user can take the account over; the address itself is nobody's business.
    Field::config("Email", Form::Secret),
    Field::config("JoinedMethod", Form::Plain),
    Field::config("Paths", Form::Set),
    Field::config("State", Form::Plain),
];

/// Reads an account; it is listed by the management account, or by one that this delegated to.
///
/// `State` is what `Status` was called before; a CLI that knows only one of them tells the same by it.
fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let id = element.take_id("Id")?;
    let owner = element.peek_text("Arn").and_then(management_account).map(str::to_owned);
    let mut resource = identity::resource(Kind::Account, id, Origin { hints, owner, zone: None });
    resource.location = Location::new(GLOBAL);
    resource.name = element.take_text("Name");
    resource.created_at = element.take_time("JoinedTimestamp");
    let status = element.take_text("Status");
    if let Some(status) = status.filter(|_| element.peek_text("State").is_none()) {
        resource.config.insert("State".to_owned(), Value::String(status));
    }
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

/// Returns the account in `arn:aws:organizations::<management account>:account/o-…/…`.
fn management_account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::plain;
    use super::*;
    use crate::model::Resource;

    fn account(changes: impl FnOnce(&mut Value)) -> Resource {
        let mut native = json!({
            "Id": "111122223333", "Arn": "arn:aws:organizations::444455556666:account/o-1/111122223333",
            "Name": "prod", "Email": "root@example.com", "Status": "ACTIVE", "State": "ACTIVE",
            "JoinedMethod": "CREATED", "JoinedTimestamp": "2026-01-02T03:04:05.678000+00:00",
        });
        changes(&mut native);
        plain(read, native)
    }

    #[test]
    fn an_account_is_listed_by_the_management_account_and_keeps_no_mail_address() {
        let account = account(|_| ());
        assert_eq!(account.key.uid.as_str(), "111122223333");
        assert_eq!((account.account.as_str(), account.location.as_str()), ("444455556666", "global"));
        assert_eq!(account.name.as_deref(), Some("prod"));
        assert_eq!(account.created_at, Some("2026-01-02T03:04:05.678Z".parse().unwrap()));
        assert!(!format!("{account:?}").contains("root@"));
        assert!(account.config.contains_key("Email.sha256"));
        assert_eq!(account.unmapped, [].into());
    }

    #[test]
    fn a_cli_that_knows_only_the_older_or_only_the_newer_member_tells_the_same() {
        let without = |name: &'static str| {
            account(|native| drop(native.as_object_mut().map(|members| members.remove(name))))
        };
        assert_eq!(without("Status"), account(|_| ()));
        assert_eq!(without("State"), account(|_| ()));
        let suspended = account(|native| native["State"] = json!("SUSPENDED"));
        assert_eq!(suspended.config["State"], "SUSPENDED");
    }

    #[test]
    fn another_mail_address_is_drift() {
        let moved = account(|native| native["Email"] = json!("other@example.com"));
        assert_ne!(moved.config, account(|_| ()).config);
    }
}
