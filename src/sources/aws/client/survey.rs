//! Which regions an account has, and what is to be listed in each.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::session::Session;
use super::{REGIONAL, push};
use crate::config::{Aws, Entry, Regions};
use crate::model::{CoverageStatus, EVERYWHERE, Kind, Location, Provider, Scope, Sight};
use crate::sources::Hints;
use crate::sources::aws::GLOBAL;
use crate::sources::aws::calls::{CALLS, DESCRIBE_REGIONS};
use crate::sources::live::{Call, Listed, Listing, Page, Refusal, RefusalKind, Survey, Trouble, Unlisted};

/// Returns what is to be listed in one account.
pub(super) async fn survey(session: &Session, entry: &Entry<Aws>) -> Result<Survey, Refusal> {
    session.keys.fresh().await?;
    let asked = Asked { session, entry };
    let mut survey = Survey::default();
    let wanted = match (regions(session).await, &entry.cloud.regions) {
        (Ok(known), asked_for) => {
            let wanted = asked.choose(&known, asked_for, &mut survey);
            asked.list_regions(&known, None, &mut survey)?;
            wanted
        }
        (Err(refusal), Regions::Listed(listed)) if refusal.kind != RefusalKind::Credentials => {
            asked.list_regions(&[], Some(refusal), &mut survey)?;
            listed.clone()
        }
        (Err(refusal), _) => return Err(refusal),
    };
    let kinds = || REGIONAL.iter().filter(|kind| entry.kinds.contains(kind));
    for location in wanted {
        survey.listings.extend(kinds().map(|kind| asked.listing(*kind, &location)));
    }
    if entry.kinds.contains(&Kind::Grant) {
        survey.listings.push(asked.listing(Kind::Grant, &Location::new(GLOBAL)));
    }
    for kind in REGIONAL.iter().chain(&[Kind::Grant]).filter(|kind| !entry.kinds.contains(kind)) {
        let trouble = Trouble::skipped("not-configured", format!("`kinds` leaves `{kind}` out"));
        survey.unlisted.push(Unlisted { scope: asked.scope(*kind, EVERYWHERE), trouble });
    }
    Ok(survey)
}

/// Asks for every region that there is, the ones that are switched off among them.
async fn regions(session: &Session) -> Result<Vec<types::Region>, Refusal> {
    let home = session.at(&session.home);
    let request = home.ec2.describe_regions().all_regions(true);
    let answer = home.ask(&DESCRIBE_REGIONS, || request.clone().send()).await?;
    Ok(answer.regions.unwrap_or_default())
}

/// What one account is asked for.
struct Asked<'a> {
    session: &'a Session,
    entry: &'a Entry<Aws>,
}

impl Asked<'_> {
    /// Returns the regions to go to, and says which others are left out and why.
    fn choose(&self, known: &[types::Region], asked_for: &Regions, survey: &mut Survey) -> Vec<Location> {
        let listed: Option<BTreeSet<&str>> = match asked_for {
            Regions::Enabled => None,
            Regions::Listed(listed) => Some(listed.iter().map(Location::as_str).collect()),
        };
        let mut wanted = Vec::new();
        let mut names = BTreeSet::new();
        for region in known {
            let Some(name) = region.region_name.as_deref() else { continue };
            names.insert(name);
            if listed.as_ref().is_some_and(|listed| !listed.contains(name)) {
                let trouble = Trouble::skipped("not-configured", "`regions` leaves it out");
                self.leave_out(name, &trouble, survey);
            } else if region.opt_in_status.as_deref().is_none_or(is_enabled) {
                wanted.push(Location::new(name));
            } else {
                let trouble = Trouble::skipped("not-opted-in", "the account has not switched this region on");
                self.leave_out(name, &trouble, survey);
            }
        }
        for name in listed.iter().flatten().filter(|name| !names.contains(*name)) {
            let known = names.iter().copied().collect::<Vec<_>>().join("`, `");
            let message = format!("`regions` names `{name}`, which is none of `{known}`");
            self.leave_out(name, &Trouble::new(CoverageStatus::Failed, "unknown-region", message), survey);
        }
        wanted
    }

    fn leave_out(&self, location: &str, trouble: &Trouble, survey: &mut Survey) {
        for kind in REGIONAL.iter().filter(|kind| self.entry.kinds.contains(kind)) {
            survey.unlisted.push(Unlisted { scope: self.scope(*kind, location), trouble: trouble.clone() });
        }
    }

    /// Baselines the regions, too.
    fn list_regions(
        &self,
        known: &[types::Region],
        refusal: Option<Refusal>,
        survey: &mut Survey,
    ) -> Result<(), Refusal> {
        let scope = self.scope(Kind::Region, EVERYWHERE);
        if !self.entry.kinds.contains(&Kind::Region) {
            let trouble = Trouble::skipped("not-configured", "`kinds` leaves `region` out");
            survey.unlisted.push(Unlisted { scope, trouble });
            return Ok(());
        }
        let mut page = Page::of("Regions");
        known.iter().try_for_each(|region| push(&mut page, region))?;
        let pages = if refusal.is_none() { vec![page] } else { Vec::new() };
        let hints = Hints { location: None, ..hints(&scope) };
        let listing = Listing { scope, hints, calls: vec![&DESCRIBE_REGIONS] };
        let troubles = refusal.into_iter().map(Trouble::from).collect();
        survey.listed.push(Listed { listing, pages, troubles });
        Ok(())
    }

    fn listing(&self, kind: Kind, location: &Location) -> Listing {
        let scope = self.scope(kind, location.as_str());
        let hints = hints(&scope);
        let is_made = |call: &&&'static Call| call.kinds == [kind] && self.is_asked_for(call);
        Listing { scope, hints, calls: CALLS.iter().filter(is_made).copied().collect() }
    }

    fn is_asked_for(&self, call: &Call) -> bool {
        let cloud = &self.entry.cloud;
        match call.option {
            None => true,
            Some("sharing") => cloud.sharing,
            Some("instance-attributes") => cloud.instance_attributes,
            Some("user-data") => cloud.user_data,
            Some(_) => false,
        }
    }

    fn scope(&self, kind: Kind, location: &str) -> Scope {
        let account = self.session.account.clone();
        Scope { provider: Provider::Aws, account, location: Location::new(location), kind }
    }
}

/// Returns what no element of a listing tells; the SDK drops the fields that it does not model.
fn hints(scope: &Scope) -> Hints {
    Hints {
        account: Some(scope.account.clone()),
        location: Some(scope.location.clone()),
        sight: Sight::Modelled,
    }
}

fn is_enabled(opt_in_status: &str) -> bool {
    matches!(opt_in_status, "opt-in-not-required" | "opted-in")
}
