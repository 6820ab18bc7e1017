//! The parts of one account → its grants.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{EVALUATION, Holder, Part, Powers, Side, Source, capabilities, shipped};
use crate::model::{
    AccountId, Capability, Kind, Location, Locator, Provider, Reason, Resource, ResourceKey, Scope, Uid,
    sha256,
};

/// The location of what no region holds.
const GLOBAL: &str = "global";

/// How deep givers may name givers: a group holds policies, and nothing holds groups.
const DEPTH: usize = 4;

/// The grants of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// The account's grants, as a listing would have them.
    pub scope: Scope,
    /// The grants, by uid; each principal, scope and capability once.
    pub grants: Vec<Resource>,
    /// What keeps them from being all.
    pub lacks: BTreeSet<Reason>,
}

/// Joins the parts of a listing, or of several that belong together; a part that does not tell its account is of
/// `account`.
///
/// A giver that a holder names and no part tells is a lack: what it gives, nobody knows. So is an account of which
/// only givers are known. The order of parts means nothing, and a part that comes twice counts once.
pub fn join<'a>(parts: impl IntoIterator<Item = &'a Part>, account: &AccountId) -> Vec<Joined> {
    let mut givers: BTreeMap<(Provider, &str), &[Source]> = BTreeMap::new();
    let mut holders: BTreeMap<(Provider, &AccountId), Vec<&Holder>> = BTreeMap::new();
    for part in parts {
        let account = part.account.as_ref().unwrap_or(account);
        match &part.side {
            Side::Giver { id, sources } => drop(givers.insert((part.provider, id), sources)),
            Side::Holder(holder) => holders.entry((part.provider, account)).or_default().push(holder),
        }
    }
    let joined = holders.into_iter().map(|((provider, account), holders)| {
        let book = Book { provider, account, givers: &givers };
        book.join(&holders)
    });
    joined.collect()
}

/// What is known while one account's grants are put together.
struct Book<'a> {
    provider: Provider,
    account: &'a AccountId,
    givers: &'a BTreeMap<(Provider, &'a str), &'a [Source]>,
}

/// Powers, the way by which they reach a principal, and the conditions on that way.
struct Reach<'a> {
    via: String,
    conditions: BTreeSet<&'a str>,
    /// What is held on that way.
    givers: Vec<&'a str>,
    /// The role of which this release had to say what it gives.
    shipped: Option<&'a str>,
    powers: &'a Powers,
}

impl Book<'_> {
    fn join(&self, holders: &[&Holder]) -> Joined {
        let mut principals: BTreeMap<(&str, &str), Vec<&Holder>> = BTreeMap::new();
        for holder in holders {
            principals.entry((&holder.scope, &holder.key)).or_default().push(holder);
        }
        let mut lacks = BTreeSet::new();
        let mut grants = Vec::new();
        for holders in principals.values() {
            let mut reaches = Vec::new();
            for holder in holders {
                self.walk(&holder.sources, &Path::default(), &mut reaches, &mut lacks);
            }
            let held = capabilities::ways(self.provider)
                .filter_map(|(capability, ways)| Some((capability, held(ways, &reaches)?)));
            grants.extend(held.filter_map(|(capability, held)| self.grant(holders, capability, held)));
        }
        grants.sort_by(|one, other| one.key.cmp(&other.key));
        let (provider, account) = (self.provider, self.account.clone());
        let scope = Scope { provider, account, location: Location::new(GLOBAL), kind: Kind::Grant };
        Joined { scope, grants, lacks }
    }

    /// Follows sources to the powers that they lead to.
    fn walk<'a>(
        &self,
        sources: &'a [Source],
        path: &Path<'a>,
        reaches: &mut Vec<Reach<'a>>,
        lacks: &mut BTreeSet<Reason>,
    ) where
        Self: 'a,
    {
        for source in sources {
            match source {
                Source::Here { via, powers } => reaches.push(path.step(via, None).reach(powers)),
                Source::There { via, id, condition } => {
                    let mut step = path.step(via, condition.as_deref());
                    step.givers.push(id);
                    let further = self.givers.get(&(self.provider, id.as_str())).copied();
                    let known = further.or_else(|| {
                        step.shipped = Some(id);
                        shipped::sources(self.provider, id)
                    });
                    match known {
                        Some(further) if step.steps.len() < DEPTH => {
                            self.walk(further, &step, reaches, lacks);
                        }
                        Some(_) => {}
                        None => drop(lacks.insert(Reason {
                            code: "role-unknown".to_owned(),
                            message: format!("what `{id}` gives is told nowhere"),
                        })),
                    }
                }
            }
        }
    }

    /// Makes the grant of a capability.
    fn grant(&self, holders: &[&Holder], capability: Capability, held: Held) -> Option<Resource> {
        let holder = holders.first()?;
        let (account, scope, key) = (self.account, &holder.scope, &holder.key);
        let address = format!("{account}|{scope}|{key}|{capability}");
        let uid = Uid::new(sha256(address.as_bytes()));
        let key = ResourceKey { provider: self.provider, kind: Kind::Grant, uid };
        let mut grant =
            Resource::new(key, account.clone(), Location::new(GLOBAL), Locator::new(address.as_str()));
        grant.name = Some(format!("{}: {capability}", holder.name));
        let texts = |texts: BTreeSet<String>| -> Value { texts.into_iter().map(Value::from).collect() };
        let told = [
            ("capability", Value::from(capability.as_str())),
            ("grant_evaluation", Value::from(EVALUATION)),
            ("principal", Value::from(holder.name.as_str())),
            ("principal_key", Value::from(holder.key.as_str())),
            ("principal_kind", Value::from(holder.kind.as_str())),
            ("scope", Value::from(scope.as_str())),
            ("via", texts(held.via)),
        ];
        grant.config.extend(told.map(|(path, value)| (path.to_owned(), value)));
        if let Some(limits) = held.limits {
            let limits: Vec<_> = limits.into_iter().collect();
            let digest = sha256(limits.join("\n").as_bytes());
            grant.config.insert("conditions_hash".to_owned(), Value::from(digest));
        }
        let assumable = holders.iter().flat_map(|holder| &holder.assumable_by).cloned().collect();
        let assignments = holders.iter().filter_map(|holder| holder.assignment.clone()).collect();
        for (path, names) in [
            ("assignments", assignments),
            ("assumable_by", assumable),
            ("given_by", held.givers),
            ("shipped_roles", held.shipped),
        ] {
            if !names.is_empty() {
                grant.evidence.insert(path.to_owned(), texts(names));
            }
        }
        if let Some(label) = holders.iter().find_map(|holder| holder.label.as_deref()) {
            grant.evidence.insert("principal_name".to_owned(), Value::from(label));
        }
        grant.managed_by.clone_from(&holder.managed_by);
        Some(grant)
    }
}

/// The way to powers, so far.
#[derive(Clone, Default)]
struct Path<'a> {
    steps: Vec<&'a str>,
    conditions: BTreeSet<&'a str>,
    givers: Vec<&'a str>,
    shipped: Option<&'a str>,
}

impl<'a> Path<'a> {
    fn step(&self, via: &'a str, condition: Option<&'a str>) -> Self {
        let mut next = self.clone();
        next.steps.push(via);
        next.conditions.extend(condition);
        next
    }

    fn reach(self, powers: &'a Powers) -> Reach<'a> {
        let steps: Vec<_> = self.steps.into_iter().filter(|step| !step.is_empty()).collect();
        let Self { conditions, givers, shipped, .. } = self;
        Reach { via: steps.join(" / "), conditions, givers, shipped, powers }
    }
}

/// By what a capability is held, and what limits it; nothing if it is held without limits.
#[derive(Default)]
struct Held {
    via: BTreeSet<String>,
    limits: Option<BTreeSet<String>>,
    givers: BTreeSet<String>,
    shipped: BTreeSet<String>,
}

/// Tells whether, and by what, any of some ways is open.
fn held(ways: &[&[&'static str]], reaches: &[Reach<'_>]) -> Option<Held> {
    let mut found: Option<Held> = None;
    for way in ways.iter().filter_map(|way| open(way, reaches)) {
        match &mut found {
            None => found = Some(way),
            Some(held) => {
                held.via.extend(way.via);
                held.givers.extend(way.givers);
                held.shipped.extend(way.shipped);
                held.limits = match (held.limits.take(), way.limits) {
                    (Some(mut limits), Some(further)) => {
                        limits.extend(further);
                        Some(limits)
                    }
                    _ => None,
                };
            }
        }
    }
    found
}

/// Tells whether, and by what, every action of a way is allowed and none is denied.
fn open(way: &[&'static str], reaches: &[Reach<'_>]) -> Option<Held> {
    let mut held = Held::default();
    for action in way {
        if reaches.iter().any(|reach| reach.powers.denied.contains(action) && reach.conditions.is_empty()) {
            return None;
        }
        let mut freely = false;
        let mut of_action = BTreeSet::new();
        let mut allowed = false;
        for reach in reaches {
            let Some(limit) = reach.powers.allowed.get(action) else { continue };
            allowed = true;
            held.via.insert(reach.via.clone());
            held.givers.extend(reach.givers.iter().map(|&id| id.to_owned()));
            held.shipped.extend(reach.shipped.map(str::to_owned));
            freely |= limit.is_none() && reach.conditions.is_empty();
            of_action.extend(limit.iter().flatten().cloned());
            of_action.extend(reach.conditions.iter().map(|&condition| condition.to_owned()));
        }
        if !allowed {
            return None;
        }
        if !freely {
            held.limits.get_or_insert_default().extend(of_action);
        }
    }
    Some(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::grants::matches;

    fn powers(allowed: &[&str], denied: &[&str], limit: Option<&str>) -> Powers {
        let mut powers = Powers::default();
        let any =
            |patterns: &[&str], action: &str| patterns.iter().any(|pattern| matches(pattern, action, true));
        powers.allow(Provider::Aws, limit, |action| any(allowed, action));
        powers.deny(Provider::Aws, |action| any(denied, action));
        powers
    }

    fn here(via: &str, powers: Powers) -> Source {
        Source::Here { via: via.to_owned(), powers }
    }

    fn there(via: &str, id: &str) -> Source {
        Source::There { via: via.to_owned(), id: id.to_owned(), condition: None }
    }

    fn part(side: Side) -> Part {
        Part { provider: Provider::Aws, account: None, side }
    }

    fn holder(name: &str, sources: Vec<Source>) -> Part {
        part(Side::Holder(Holder {
            scope: "1".to_owned(),
            key: format!("arn:{name}#AIDA"),
            name: name.to_owned(),
            label: None,
            assignment: None,
            kind: "user".to_owned(),
            sources,
            assumable_by: BTreeSet::new(),
            managed_by: None,
        }))
    }

    fn giver(id: &str, sources: Vec<Source>) -> Part {
        part(Side::Giver { id: id.to_owned(), sources })
    }

    fn joined(parts: &[Part]) -> Joined {
        let [joined] = join(parts, &AccountId::new("1")).try_into().unwrap();
        joined
    }

    fn told(joined: &Joined) -> Vec<&str> {
        let mut told: Vec<_> =
            joined.grants.iter().filter_map(|grant| grant.config["capability"].as_str()).collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn what_a_group_s_policy_allows_its_member_may_do_and_the_way_is_told() {
        let parts = [
            holder("ann", vec![there("group ops", "g")]),
            giver("g", vec![there("policy end", "p")]),
            giver("p", vec![here("", powers(&["ec2:Terminate*"], &[], None))]),
        ];
        let joined = joined(&parts);
        assert_eq!(told(&joined), ["delete-instance"]);
        let grant = &joined.grants[0];
        assert_eq!(grant.config["via"], serde_json::json!(["group ops / policy end"]));
        assert_eq!(grant.config["grant_evaluation"], "approximate");
        assert_eq!(grant.key.uid.as_str(), sha256(b"1|1|arn:ann#AIDA|delete-instance"));
        assert_eq!((joined.lacks.len(), grant.config.get("conditions_hash")), (0, None));
    }

    #[test]
    fn several_ways_to_one_capability_are_one_grant() {
        let one = here("policy a", powers(&["ec2:TerminateInstances"], &[], None));
        let other = here("policy b", powers(&["autoscaling:*"], &[], None));
        let joined = joined(&[holder("ann", vec![other, one])]);
        assert_eq!(told(&joined), ["delete-instance"]);
        assert_eq!(joined.grants[0].config["via"], serde_json::json!(["policy a", "policy b"]));
    }

    #[test]
    fn a_denial_anywhere_takes_an_action_and_leaves_the_other_ways() {
        let all = || here("admin", powers(&["*"], &[], None));
        let denied = here("guard", powers(&[], &["ec2:TerminateInstances", "rbin:*", "ec2:*"], None));
        let of = |sources| told(&joined(&[holder("ann", sources)])).join(" ");
        assert!(of(vec![all()]).contains("create-instance"));
        let left = of(vec![all(), denied]);
        // The group can still be deleted with its instances; nothing else makes any.
        assert_eq!(left, "delete-instance delete-snapshot grant log-tamper share-snapshot");
    }

    #[test]
    fn every_action_of_a_way_must_be_held() {
        let of = |allowed: &[&str]| {
            told(&joined(&[holder("ann", vec![here("p", powers(allowed, &[], None))])])).join(" ")
        };
        assert_eq!(of(&["ec2:CreateVolume"]), "");
        assert_eq!(of(&["ec2:CreateVolume", "ec2:AttachVolume"]), "modify-instance revert");
    }

    #[test]
    fn only_what_is_limited_in_every_way_bears_a_digest_of_its_limits() {
        let limited = || here("l", powers(&["ec2:TerminateInstances"], &[], Some("aa")));
        let free = here("f", powers(&["ec2:TerminateInstances"], &[], None));
        let hash = |sources| {
            let joined = joined(&[holder("ann", sources)]);
            joined.grants[0].config.get("conditions_hash").cloned()
        };
        assert_eq!(hash(vec![limited()]), Some(Value::from(sha256(b"aa"))));
        assert_eq!(hash(vec![limited(), free]), None);
    }

    #[test]
    fn a_giver_that_nobody_tells_is_a_lack_and_costs_nothing_else() {
        let known = here("p", powers(&["ec2:RunInstances"], &[], None));
        let joined = joined(&[holder("ann", vec![there("role x", "x"), known])]);
        assert_eq!(told(&joined), ["create-instance"]);
        assert_eq!(joined.lacks.first().unwrap().code, "role-unknown");
    }

    #[test]
    fn the_order_of_parts_means_nothing_and_givers_that_name_each_other_end() {
        let parts = [
            giver("g", vec![there("g", "h"), here("p", powers(&["*"], &[], None))]),
            giver("h", vec![there("h", "g")]),
            holder("ann", vec![there("group", "g")]),
        ];
        let forwards = joined(&parts);
        let backwards: Vec<_> = parts.iter().rev().cloned().collect();
        assert_eq!(forwards, joined(&backwards));
        assert_eq!(forwards.grants.len(), Capability::ALL.len());
    }
}
