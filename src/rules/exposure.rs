//! What opens a resource to someone outside (SEMANTICS A.6).

use serde_json::{Value, json};

use super::finding::Facts;
use super::path::covers;
use super::score::Class;
use crate::model::{
    AccountId, AttributeChange, Change, ChangeKind, Estate, Grant, Kind, PrincipalKind, Resource, printable,
};

/// How a change opened a resource.
#[derive(Debug, PartialEq)]
pub(super) struct Opening<'a> {
    /// Who may use it now, and could not.
    grants: Vec<&'a Grant>,
    /// The export that is open now.
    export: Option<&'a str>,
    /// The settings that no longer stand in the way of an export.
    settings: Vec<&'a AttributeChange>,
    /// Whether the earlier state could not tell if everybody may use it, so that this is not known to be new.
    first_known: bool,
}

/// A setting that stands in the way of an export, and the value that no longer does.
struct Setting {
    path: &'static str,
    shut: &'static [&'static str],
    open: &'static str,
}

/// Azure's two settings of disks and snapshots. Both are open by default, so only the step from shut to
/// open says something.
const SETTINGS: &[Setting] = &[
    Setting { path: "config.networkAccessPolicy", shut: &["DenyAll", "AllowPrivate"], open: "AllowAll" },
    Setting { path: "config.publicNetworkAccess", shut: &["Disabled"], open: "Enabled" },
];

/// Returns how a change opened a resource, if it did.
///
/// Grants that the earlier state could not tell are not known to be new: then only a public one counts,
/// because it is a finding whenever it was given.
pub(super) fn opening(change: &Change) -> Option<Opening<'_>> {
    let after = change.after.as_deref()?;
    if matches!(change.kind, ChangeKind::Vanished | ChangeKind::CoverageGap) {
        return None;
    }
    let before = change.before.as_deref();
    let untold = |public: bool| {
        before.is_some_and(|Resource { exposure, .. }| {
            if public { !exposure.tells_public() } else { !exposure.known && after.exposure.known }
        })
    };
    let had = |grant: &Grant| before.is_some_and(|before| before.exposure.grants.contains(grant));
    let counts = |grant: &Grant| grant.kind == PrincipalKind::Public || !untold(false);
    let grants: Vec<_> = after.exposure.grants.iter().filter(|grant| !had(grant) && counts(grant)).collect();
    let first_known = untold(true) && grants.iter().any(|grant| grant.kind == PrincipalKind::Public);
    let had_export = before.is_some_and(|before| before.exposure.export.is_some());
    let export = after.exposure.export.as_deref().filter(|_| !had_export);
    let settings: Vec<_> = change.attributes.iter().filter(|attribute| opens(attribute)).collect();
    let opened = !grants.is_empty() || export.is_some() || !settings.is_empty();
    opened.then_some(Opening { grants, export, settings, first_known })
}

fn opens(attribute: &AttributeChange) -> bool {
    let is = |value: &Option<Value>, text: &str| value.as_ref().and_then(Value::as_str) == Some(text);
    SETTINGS.iter().any(|setting| {
        covers(setting.path, &attribute.path)
            && is(&attribute.after, setting.open)
            && setting.shut.iter().any(|shut| is(&attribute.before, shut))
    })
}

impl Opening<'_> {
    /// Whether the opening says all there is to say about an attribute.
    pub(super) fn claims(&self, attribute: &AttributeChange) -> bool {
        (covers("exposure.grants", &attribute.path) && !self.grants.is_empty())
            || (covers("exposure.export", &attribute.path) && self.export.is_some())
            || self.settings.contains(&attribute)
    }

    /// Returns the class: contents that someone outside holds, or contents that could leave.
    pub(super) fn class(&self, resource: &Resource, estate: Option<&Estate>) -> Class {
        let own = |grant: &Grant| {
            let account = AccountId::new(&grant.principal);
            grant.kind == PrincipalKind::Account
                && estate.is_some_and(|estate| estate.owns(resource.key.provider, &account))
        };
        let exported = self.export.is_some() && resource.key.kind != Kind::Volume;
        let outside = exported || self.grants.iter().any(|grant| !own(grant));
        if outside { Class::ShareOutside } else { Class::ShareWithin }
    }

    /// Says what was opened, as the end of a sentence that begins with the resource.
    pub(super) fn sentence(&self) -> String {
        let public = self.grants.iter().any(|grant| grant.kind == PrincipalKind::Public);
        match (public, self.grants.as_slice(), self.export) {
            (true, _, _) if self.first_known => "is open to everybody, and may have been before".to_owned(),
            (true, _, _) => "was opened to everybody".to_owned(),
            (false, [grant], _) => format!("was shared with {} {}", grant.kind, printable(&grant.principal)),
            (false, [_, _, ..], _) => format!("was shared with {} others", self.grants.len()),
            (false, [], Some(_)) => {
                "has an open access link: whoever holds it reaches the contents".to_owned()
            }
            (false, [], None) => "may be exported over any network".to_owned(),
        }
    }

    /// Returns the facts.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        if !self.grants.is_empty() {
            facts.push(("grants", json!(self.grants)));
        }
        if let Some(export) = self.export {
            facts.push(("export", json!(export)));
        }
        if !self.settings.is_empty() {
            facts.push(("settings", json!(self.settings)));
        }
        if self.first_known {
            facts.push(("first_known", json!(true)));
        }
        facts
    }
}
