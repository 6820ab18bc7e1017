//! One step of a chain: what an event did, or what only the state shows.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::thing::Thing;
use crate::model::{
    AccountId, Actor, AuditEvent, Change, Class, Kind, Provider, Residue, Role, Timestamp, Uid, Window,
    printable,
};

/// An identity: a principal, and the person where it is shared.
pub(in crate::rules) type Who<'a> = (Provider, &'a str, Option<&'a str>);

/// One act on resources, at a moment or within a window.
///
/// A change that an event explains and the event are one step; what no event tells is a step of the state alone.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Step<'a> {
    /// When; both ends are the same where the moment is known.
    pub(in crate::rules) window: Window,
    /// What sort of act.
    pub(in crate::rules) class: Class,
    /// What it is called: the vendor's operation, or the kind of the change.
    pub(in crate::rules) what: &'a str,
    /// Where.
    pub(in crate::rules) provider: Provider,
    /// In which account.
    pub(in crate::rules) account: &'a AccountId,
    /// In which location; `None` where neither log nor state tells.
    pub(in crate::rules) location: Option<String>,
    /// What took which part.
    pub(in crate::rules) parts: BTreeSet<(Role, Thing)>,
    /// From what the call itself says that it makes something.
    pub(in crate::rules) asked: Vec<Thing>,
    /// Which volumes it put into which instances.
    pub(in crate::rules) mounts: Vec<(Thing, Thing)>,
    /// Who did it, where a log tells.
    pub(in crate::rules) actor: Option<&'a Actor>,
    /// The outermost identity behind the actor, where the log proves one.
    pub(super) root: Option<Who<'a>>,
    /// Whether a service of the vendor, or a controller that an ordinary principal cannot pass for, did it.
    pub(in crate::rules) automated: bool,
    /// Whether it lies in the compared time.
    pub(in crate::rules) now: bool,
    /// What tells it.
    pub(in crate::rules) event: Option<&'a AuditEvent>,
    /// The changes of the compared time that it brought about.
    pub(in crate::rules) changes: Vec<&'a Change>,
    /// The residues that it is part of.
    pub(in crate::rules) residues: Vec<&'a Residue>,
    /// The changes of earlier comparisons that it brought about.
    pub(super) earlier: Vec<&'a Change>,
}

impl<'a> Step<'a> {
    /// Returns the step as far as it is about some things: of a call on many, those; of what it brought about, what
    /// is one of them or is attached to one.
    pub(in crate::rules) fn about(&self, things: &[&Thing]) -> Self {
        let is_one = |thing: &Thing| things.iter().any(|one| one.is(thing));
        let meets = |change: &&&Change| {
            change.before.iter().chain(&change.after).any(|state| {
                let ends = state.links.iter().filter_map(|link| Thing::of_link(state.key.provider, link));
                is_one(&Thing::of_resource(state)) || ends.into_iter().any(|end| is_one(&end))
            })
        };
        let named = |residue: &&&Residue| {
            let target = residue.target.as_ref().and_then(|it| Thing::of_target(residue.provider, it));
            target.is_none_or(|target| is_one(&target))
        };
        let parts: BTreeSet<_> = self.parts.iter().filter(|(_, thing)| is_one(thing)).cloned().collect();
        Self {
            parts: if parts.is_empty() { self.parts.clone() } else { parts },
            changes: self.changes.iter().filter(meets).copied().collect(),
            residues: self.residues.iter().filter(named).copied().collect(),
            ..self.clone()
        }
    }

    /// Returns what plays a part in it, of the family of a kind.
    pub(in crate::rules) fn things(&self, role: Role, kind: Kind) -> impl Iterator<Item = &Thing> {
        let plays = move |(own, thing): &&(Role, Thing)| *own == role && thing.is_a(kind);
        self.parts.iter().filter(plays).map(|(_, thing)| thing)
    }

    /// Whether something plays a part in it.
    pub(in crate::rules) fn has(&self, roles: &[Role], thing: &Thing) -> bool {
        self.parts.iter().any(|(role, own)| roles.contains(role) && own.is(thing))
    }

    /// Whether it can have happened after another, and no longer after it than that.
    pub(in crate::rules) fn follows(&self, other: &Self, within: SignedDuration) -> bool {
        let gap = self.window.from.duration_since(other.window.to);
        self.window.to >= other.window.from && gap <= within
    }

    /// Whether the moment is known.
    pub(in crate::rules) fn is_dated(&self) -> bool {
        self.window.from == self.window.to
    }

    /// Returns who did it, where a log tells.
    pub(in crate::rules) fn who(&self) -> Option<Who<'a>> {
        let actor = self.actor.filter(|actor| actor.key != "unknown")?;
        Some(self.root.unwrap_or_else(|| identity(self.provider, actor)))
    }

    /// Whether the log proves that one identity did both, or that one did it through the other.
    pub(in crate::rules) fn is_by(&self, other: &Self) -> bool {
        let own = |step: &Self| step.actor.map(|actor| identity(step.provider, actor));
        let (Some(one), Some(two)) = (self.who(), other.who()) else { return false };
        match (self.root, other.root) {
            (Some(root), None) => own(other) == Some(root) || own(self) == own(other),
            (None, Some(root)) => own(self) == Some(root) || own(self) == own(other),
            _ => one == two,
        }
    }

    /// Whether nothing says that two identities did them: what nobody logged may have been anybody.
    pub(in crate::rules) fn may_be_by(&self, other: &Self) -> bool {
        self.who().is_none() || other.who().is_none() || self.is_by(other)
    }

    /// Names who did it, for people.
    pub(in crate::rules) fn by(&self) -> Option<String> {
        self.actor.map(|actor| printable(&actor.label()))
    }

    /// Tells it as a fact: when, what, by whom, on what.
    pub(in crate::rules) fn fact(&self) -> Value {
        let acted_on = |(role, _): &&(Role, Thing)| {
            matches!(role, Role::Created | Role::Subject | Role::AttachedTo | Role::Attached)
        };
        let mut on: BTreeSet<String> =
            self.parts.iter().filter(acted_on).map(|(_, thing)| thing.label()).collect();
        if on.is_empty() {
            on = self.event.into_iter().flat_map(named).collect();
        }
        let at = if self.is_dated() {
            json!(self.window.from)
        } else {
            json!({ "from": self.window.from, "to": self.window.to })
        };
        json!({ "at": at, "what": printable(self.what), "by": self.by(), "on": on })
    }

    /// What steps are sorted by: time first, then what tells them.
    pub(super) fn order(&self) -> (Timestamp, Timestamp, &str, &str, Class) {
        let event = self.event.map(|event| event.id.as_str()).unwrap_or_default();
        let change = self.changes.iter().chain(&self.earlier).map(|change| change.id.as_str()).next();
        (self.window.from, self.window.to, event, change.unwrap_or_default(), self.class)
    }
}

/// Returns what an event names that is no resource: a user, a plan, a quota and its region.
fn named(event: &AuditEvent) -> BTreeSet<String> {
    let targets = event.targets.iter().filter(|target| matches!(target.role, Role::Subject | Role::Created));
    let targets =
        targets.filter_map(|target| target.name.as_deref().or(target.uid.as_ref().map(Uid::as_str)));
    let facts = NAMING.iter().filter_map(|fact| event.facts.get(*fact)).filter_map(Value::as_str);
    targets.chain(facts).map(printable).collect()
}

/// The facts that name something.
const NAMING: &[&str] =
    &["quota", "region", "policy", "rule", "backup_vault", "trail", "user", "role", "group"];

/// Returns an actor's identity.
pub(in crate::rules) fn identity(provider: Provider, actor: &Actor) -> Who<'_> {
    (provider, actor.key.as_str(), actor.person(provider))
}
