//! Which events have to do with a resource, and which of them explain what happened to it (SEMANTICS F.3).

use jiff::SignedDuration;

use super::explains::{self, Act};
use super::index::{By, Index, folded, is};
use super::window::Narrowed;
use crate::model::{
    AuditEvent, Class, Confidence, End, Kind, Locator, Provider, Resource, Role, Target, Timestamp, Uid,
};

/// An event that has to do with a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit<'a> {
    /// The event.
    pub(super) event: &'a AuditEvent,
    /// By what it was joined.
    pub(super) by: By,
    /// The part that the resource plays in it.
    pub(super) role: Role,
}

/// What a search came back with, each in the order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer<'a> {
    /// The event that explains it, and by what it was joined.
    pub(super) chosen: Option<Hit<'a>>,
    /// Others that explain it as well.
    pub(super) others: Vec<&'a AuditEvent>,
    /// Attempts at the same that were refused, failed or only probed.
    pub(super) refused: Vec<&'a AuditEvent>,
    /// Operations that would explain it, of which only the beginning is recorded.
    pub(super) begun: Vec<&'a AuditEvent>,
    /// What else was done to the resource.
    pub(super) weak: Vec<&'a AuditEvent>,
}

/// How far from its creation a resource's event may stand when only name and time join them.
const NEAR: SignedDuration = SignedDuration::from_mins(10);
/// The same for a record that left out what it made.
const NEXT: SignedDuration = SignedDuration::from_mins(1);
/// How much later than the moment that a resource tells its event may be dated and still precede it: EC2 dates
/// the answer to a request.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// Returns the events that name a resource, each once and by its surest join, in the order of time.
pub(super) fn hits<'a>(index: &Index<'a>, resource: &Resource, narrowed: &Narrowed) -> Vec<Hit<'a>> {
    let (provider, account) = (resource.key.provider, &resource.account);
    let uid = resource.key.uid.as_str();
    let locator = resource.locator.as_str();
    let texts = std::iter::once(uid).chain((locator != uid).then_some(locator));
    let namings = texts.flat_map(|text| index.naming(provider, account, text, narrowed.search));
    let mut hits: Vec<Hit<'a>> = namings
        .filter_map(|naming| {
            let by = is(naming.target, naming.event, resource)?;
            Some(Hit { event: naming.event, by, role: naming.target.role })
        })
        .collect();
    settle(&mut hits);
    hits
}

/// Leaves each event once: by the surest join, in the weightiest role.
fn settle(hits: &mut Vec<Hit<'_>>) {
    hits.sort_by(|one, other| {
        let key = |hit: &Hit<'_>| (hit.event.time, weight(hit.role), hit.by);
        key(one).cmp(&key(other)).then_with(|| one.event.id.cmp(&other.event.id))
    });
    let mut seen = rustc_hash::FxHashSet::default();
    hits.retain(|hit| seen.insert(&hit.event.id));
}

const fn weight(role: Role) -> u8 {
    match role {
        Role::Created | Role::Subject => 0,
        Role::AttachedTo | Role::Attached => 1,
        Role::Related => 2,
        Role::Image | Role::Source | Role::Parent => 3,
    }
}

/// Asks which of a resource's events did that to it.
pub(super) fn ask<'a>(
    hits: &[Hit<'a>],
    act: Act<'_>,
    resource: &Resource,
    at: Option<Timestamp>,
) -> Answer<'a> {
    let mut answer = Answer::default();
    let mut fitting = Vec::new();
    for hit in hits {
        let acted_on = acts_on(hit, act);
        let fits = acted_on
            && match act {
                Act::Set(path) => explains::touches(hit.event, path, resource.key.kind),
                _ => explains::did(hit.event, act, resource.key.kind) && names_maker(hit, act),
            };
        match hit.event.outcome.end {
            End::Success | End::Accepted if fits => fitting.push(*hit),
            End::Success | End::Accepted if weight(hit.role) < 3 => answer.weak.push(hit.event),
            End::Started if fits => answer.begun.push(hit.event),
            End::Failed | End::Denied | End::DryRun if fits => answer.refused.push(hit.event),
            _ => {}
        }
    }
    choose(&mut answer, fitting, act, at);
    answer
}

/// Whether the operation was done to the resource, not only with it.
fn acts_on(hit: &Hit<'_>, act: Act<'_>) -> bool {
    match act {
        Act::Create | Act::Restore => matches!(hit.role, Role::Created | Role::Subject),
        Act::Set(_) => matches!(hit.role, Role::Subject | Role::Created | Role::AttachedTo),
        _ => matches!(hit.role, Role::Subject | Role::Created),
    }
}

/// Operations on a group or a backup make only what they say they made.
fn names_maker(hit: &Hit<'_>, act: Act<'_>) -> bool {
    let broad = matches!(hit.event.class, Class::BackupRestore | Class::GroupScale) && act == Act::Create;
    !broad || hit.role == Role::Created
}

/// Chooses the surest, and among the equally sure the nearest before the moment that the resource tells; without
/// such a moment the first deletion, as a second one finds nothing, and the last of anything else.
fn choose<'a>(answer: &mut Answer<'a>, mut fitting: Vec<Hit<'a>>, act: Act<'_>, at: Option<Timestamp>) {
    let rank = |hit: &Hit<'_>| {
        let time = hit.event.time;
        let distance = match at {
            Some(at) => at.duration_since(time).abs(),
            None if act == Act::Delete => time.duration_since(Timestamp::MIN),
            None => Timestamp::MAX.duration_since(time),
        };
        let late = at.is_some_and(|at| time > at + LATE);
        (hit.by, hit.event.confidence == Confidence::Low, late, distance)
    };
    fitting.sort_by(|one, other| rank(one).cmp(&rank(other)).then_with(|| one.event.id.cmp(&other.event.id)));
    let mut fitting = fitting.into_iter();
    answer.chosen = fitting.next();
    answer.others = fitting.map(|hit| hit.event).collect();
}

/// Returns the event that made a resource without naming it: by client token or reservation, by name and time,
/// or because the log left out what it made (SEMANTICS F.3, J38).
pub(super) fn unnamed<'a>(index: &Index<'a>, resource: &Resource, narrowed: &Narrowed) -> Option<Hit<'a>> {
    let (provider, account, kind) = (resource.key.provider, &resource.account, resource.key.kind);
    let makes = |event: &AuditEvent| {
        event.outcome.has_effect() && event.account == *account && explains::did(event, Act::Create, kind)
    };
    let hit = |by| move |event: &'a AuditEvent| Hit { event, by, role: Role::Created };
    let tokens = ["ClientToken", "ReservationId"].into_iter();
    let tokens = tokens.filter_map(|path| resource.evidence.get(path)?.as_str());
    let bearing = tokens.flat_map(|token| index.bearing(provider, token, narrowed.search));
    let request = resource.evidence.get("SpotInstanceRequestId").and_then(|request| request.as_str());
    let requested = request.into_iter().flat_map(|request| {
        let namings = index.naming(provider, account, request, narrowed.search);
        namings.filter(|naming| naming.target.role == Role::Created).map(|naming| naming.event)
    });
    let by_token = bearing
        .chain(requested)
        .find(|event| makes(event) && (event.truncated || !tells_made(event, kind)))
        .map(hit(By::Token));
    let at = narrowed.at;
    let near = |event: &AuditEvent, within: SignedDuration| {
        at.is_some_and(|at| event.time - within <= at && at <= event.last_at() + within)
    };
    let by_name = || {
        let name = resource.name.as_deref()?;
        let namings = index.naming(provider, account, name, narrowed.search);
        let named = namings.filter(|naming| anonymous(naming.target, name, kind));
        let mut events = named.map(|naming| naming.event);
        events.find(|event| makes(event) && near(event, NEAR)).map(hit(By::Name))
    };
    let by_time = || {
        let mut events = index.of_class(provider, account, Class::InstanceCreate, narrowed.search);
        let here = |event: &AuditEvent| provider != Provider::Aws || event.location == resource.location;
        let untold = |event: &AuditEvent| event.truncated && !tells_made(event, kind);
        let fits = |event: &&AuditEvent| {
            untold(event) && !is_anothers(event, resource) && makes(event) && here(event) && near(event, NEXT)
        };
        events.find(fits).map(hit(By::Time)).filter(|_| kind == Kind::Instance)
    };
    by_token.or_else(by_name).or_else(by_time)
}

/// Whether a launch bears other tokens than the instance does, which keeps those of the call that made it.
fn is_anothers(event: &AuditEvent, resource: &Resource) -> bool {
    let own = |path| resource.evidence.get(path).and_then(|token| token.as_str()).filter(|it| !it.is_empty());
    let borne = |token: &str| event.tokens.contains(token);
    // A fleet launches with tokens of its own.
    event.operation == "RunInstances"
        && !event.tokens.is_empty()
        && own("ClientToken").is_some_and(|token| !borne(token))
        && !own("ReservationId").is_some_and(borne)
}

/// Whether a record tells which resources of this kind it made.
fn tells_made(event: &AuditEvent, kind: Kind) -> bool {
    event.targets(Role::Created).any(|target| target.uid.is_some() && target.kind == Some(kind))
}

/// Whether a target is known by this name alone.
fn anonymous(target: &Target, name: &str, kind: Kind) -> bool {
    let made = matches!(target.role, Role::Created | Role::Subject);
    let alone = target.uid.is_none() && target.locator.is_none();
    made && alone && target.kind.is_none_or(|it| it == kind) && target.name.as_deref() == Some(name)
}

/// Whether a target is the thing that a link or an attribute names, by id or by address.
pub(super) fn target_is(target: &Target, event: &AuditEvent, text: &str) -> bool {
    let uid = target.uid.as_ref().map(Uid::as_str);
    let locator = target.locator.as_ref().map(Locator::as_str);
    let wanted = folded(event.provider, text, &event.account);
    let mut told = [uid, locator].into_iter().flatten();
    told.any(|told| folded(event.provider, told, &event.account) == wanted)
}
