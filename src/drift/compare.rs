//! Transitions → changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::attributes::attribute_changes;
use super::links::{attachment_changes, slot_attributes, slot_changes};
use crate::model::{
    AttributeChange, Change, ChangeKind, Digest, Kind, Locator, Phase, Provider, Resource, Scope, Trace,
    Transition, Window,
};

/// How far the vendor's clock and listing may lag behind the scanner's (SEMANTICS F.2).
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The evidence that moves when an instance is started, and at no other time.
const STARTS: &[&str] = &["LaunchTime", "lastStartTimestamp"];

/// Returns what changed, in the order of window, account, kind and uid; the order of the transitions means
/// nothing.
pub fn compare(transitions: &[Transition]) -> Vec<Change> {
    let recreated = recreations(transitions);
    let mut changes: Vec<Change> = Vec::new();
    for transition in transitions {
        match (&transition.before, &transition.after) {
            (None, Some(after)) => match recreated.get(&place(after)) {
                Some(Some(before)) => changes.push(recreation(before, after, transition.window)),
                _ => changes.extend(arrival(after, transition)),
            },
            (Some(before), None) => {
                if !recreated.contains_key(&place(before)) {
                    let went = Ends::Went(before);
                    changes.push(between(ChangeKind::Vanished, went, transition.window, Vec::new()));
                }
            }
            (Some(before), Some(after)) => changes.extend(alteration(before, after, transition.window)),
            (None, None) => {}
        }
    }
    let mut changes = without_echoes(changes);
    changes.sort_by(|one, other| order(one).cmp(&order(other)));
    changes
}

fn order(change: &Change) -> (Window, &Scope, &str, ChangeKind, &str) {
    let uid = change.resource().map_or("", |resource| resource.key.uid.as_str());
    (change.window, &change.scope, uid, change.kind, &change.id)
}

/// Where a resource stands: what another may take over when it is gone.
type Place<'a> = (Provider, Kind, &'a Locator);

fn place(resource: &Resource) -> Place<'_> {
    (resource.key.provider, resource.key.kind, &resource.locator)
}

/// Returns the places where one resource went and another came, with the one that went.
///
/// The same locator with a new uid is the strongest sign of a revert that state alone can give on Azure
/// and Google Cloud (SEMANTICS A1.2).
fn recreations(transitions: &[Transition]) -> BTreeMap<Place<'_>, Option<&Arc<Resource>>> {
    let gone = transitions.iter().filter_map(|transition| match (&transition.before, &transition.after) {
        (Some(before), None) => Some(before),
        _ => None,
    });
    let gone: BTreeMap<Place<'_>, &Arc<Resource>> = gone.map(|before| (place(before), before)).collect();
    let came = transitions.iter().filter(|transition| transition.before.is_none());
    came.filter_map(|transition| transition.after.as_ref())
        .filter(|after| after.locator.as_str() != after.key.uid.as_str())
        .filter_map(|after| Some((place(after), Some(*gone.get(&place(after))?))))
        .collect()
}

fn recreation(before: &Arc<Resource>, after: &Arc<Resource>, window: Window) -> Change {
    let uid = |resource: &Resource| Some(Value::from(resource.key.uid.as_str()));
    let mut attributes =
        vec![AttributeChange { path: "uid".to_owned(), before: uid(before), after: uid(after) }];
    attributes.extend(attribute_changes(before, after));
    between(ChangeKind::Recreated, Ends::Both(before, after), window, attributes)
}

/// A resource that the earlier scan did not know.
fn arrival(after: &Arc<Resource>, transition: &Transition) -> Option<Change> {
    if after.is_gone() {
        return None;
    }
    let window = transition.window;
    let older = after.created_at.is_some_and(|created| created < window.from - SKEW);
    let younger = after.created_at.is_some_and(|created| created > window.from);
    let kind = match (transition.known_earlier, transition.listed_before) {
        (true, _) => ChangeKind::Reappeared,
        (false, true) if older => ChangeKind::Reappeared,
        (false, true) => ChangeKind::Appeared,
        (false, false) if younger => ChangeKind::Appeared,
        // Nobody looked before: seen for the first time is all that can be said.
        (false, false) => return None,
    };
    Some(between(kind, Ends::Came(after), window, Vec::new()))
}

/// A resource that both scans know.
fn alteration(before: &Arc<Resource>, after: &Arc<Resource>, window: Window) -> Vec<Change> {
    let both = |kind, attributes| between(kind, Ends::Both(before, after), window, attributes);
    match (before.is_gone(), after.is_gone()) {
        (true, true) => return Vec::new(),
        (false, true) => return vec![both(ChangeKind::Vanished, state_change(before, after))],
        (true, false) => return vec![both(ChangeKind::Reappeared, state_change(before, after))],
        (false, false) => {}
    }
    let mut changes = Vec::new();
    let moves = moves(before, after);
    if !moves.is_empty() {
        changes.push(both(ChangeKind::Moved, moves));
    }
    let slots = slot_changes(before, after).into_iter().chain(attachment_changes(before, after));
    changes.extend(slots.map(|(kind, attribute)| both(kind, vec![attribute])));
    let mut attributes = attribute_changes(before, after);
    attributes.extend(slot_attributes(before, after));
    match run_change(before, after) {
        Some(kind) => {
            let mut told = state_change(before, after);
            told.extend(start_changes(before, after));
            changes.push(both(kind, told));
        }
        None if phases_differ(before, after) => attributes.extend(state_change(before, after)),
        None => {}
    }
    if !attributes.is_empty() {
        changes.push(both(ChangeKind::Modified, attributes));
    }
    changes
}

fn moves(before: &Resource, after: &Resource) -> Vec<AttributeChange> {
    let fields = [
        ("account", before.account.as_str(), after.account.as_str()),
        ("location", before.location.as_str(), after.location.as_str()),
        ("locator", before.locator.as_str(), after.locator.as_str()),
    ];
    // A listing that did not tell the account or the region is no other place.
    let told = |place: &str| place != UNKNOWN;
    let moved = fields.into_iter().filter(|(_, old, new)| old != new && told(old) && told(new));
    moved
        .map(|(path, old, new)| AttributeChange {
            path: path.to_owned(),
            before: Some(old.into()),
            after: Some(new.into()),
        })
        .collect()
}

/// The account and the location of a listing that does not tell them.
const UNKNOWN: &str = "unknown";

/// Whether it is an instance, alone or of a scale set.
const fn is_machine(resource: &Resource) -> bool {
    matches!(resource.key.kind, Kind::Instance | Kind::ScaleSetInstance)
}

/// Whether an instance runs, or is about to.
const fn runs(phase: Phase) -> Option<bool> {
    match phase {
        Phase::Running | Phase::Pending => Some(true),
        Phase::Stopped | Phase::Stopping | Phase::Suspended => Some(false),
        _ => None,
    }
}

fn phase(resource: &Resource) -> Option<Phase> {
    resource.state.as_ref().map(|state| state.phase)
}

fn run_change(before: &Resource, after: &Resource) -> Option<ChangeKind> {
    if !is_machine(after) {
        return None;
    }
    match (runs(phase(before)?)?, runs(phase(after)?)?) {
        (false, true) => Some(ChangeKind::Started),
        (true, false) => Some(ChangeKind::Stopped),
        _ => (!start_changes(before, after).is_empty()).then_some(ChangeKind::Restarted),
    }
}

/// Whether the states differ in a way that no change kind of its own tells.
fn phases_differ(before: &Resource, after: &Resource) -> bool {
    let (Some(old), Some(new)) = (phase(before), phase(after)) else { return false };
    let settling = |phase| matches!(phase, Phase::Creating | Phase::Available);
    old != new && runs(old).zip(runs(new)).is_none() && !(settling(old) && settling(new))
}

fn start_changes(before: &Resource, after: &Resource) -> Vec<AttributeChange> {
    let moved = STARTS.iter().filter_map(|path| {
        let (old, new) = (before.evidence.get(*path)?, after.evidence.get(*path)?);
        (old != new).then(|| AttributeChange {
            path: format!("evidence.{path}"),
            before: Some(old.clone()),
            after: Some(new.clone()),
        })
    });
    moved.collect()
}

fn state_change(before: &Resource, after: &Resource) -> Vec<AttributeChange> {
    let native = |resource: &Resource| Some(Value::from(resource.state.as_ref()?.native.as_str()));
    let (before, after) = (native(before), native(after));
    if before == after {
        return Vec::new();
    }
    vec![AttributeChange { path: "state".to_owned(), before, after }]
}

/// Drops what a volume tells of an attachment that an instance already told, or that came and went with
/// its instance: one act, one change.
fn without_echoes(changes: Vec<Change>) -> Vec<Change> {
    let mut told: BTreeSet<String> = BTreeSet::new();
    for change in &changes {
        let Some(resource) = change.resource().filter(|resource| is_machine(resource)) else {
            continue;
        };
        for attribute in &change.attributes {
            if attribute.path.starts_with("links.attached") {
                let targets = [&attribute.before, &attribute.after].into_iter().flatten();
                told.extend(targets.filter_map(Value::as_str).map(str::to_owned));
            }
        }
        let whole =
            [ChangeKind::Appeared, ChangeKind::Vanished, ChangeKind::Reappeared, ChangeKind::Recreated];
        if whole.contains(&change.kind) {
            told.insert(resource.key.uid.as_str().to_owned());
            told.insert(resource.locator.as_str().to_owned());
        }
    }
    let echo = |change: &Change| {
        let slot = matches!(change.kind, ChangeKind::Attached | ChangeKind::Detached);
        slot && change.resource().is_some_and(|volume| {
            volume.key.kind == Kind::Volume && {
                let attribute = change.attributes.first();
                let instance = attribute.and_then(|it| it.after.as_ref().or(it.before.as_ref())?.as_str());
                told.contains(volume.key.uid.as_str())
                    || told.contains(volume.locator.as_str())
                    || instance.is_some_and(|instance| told.contains(instance))
            }
        })
    };
    changes.into_iter().filter(|change| !echo(change)).collect()
}

/// The states of a resource that a change stands between.
#[derive(Clone, Copy)]
enum Ends<'a> {
    Came(&'a Arc<Resource>),
    Went(&'a Arc<Resource>),
    Both(&'a Arc<Resource>, &'a Arc<Resource>),
}

/// Makes a change of a resource.
fn between(kind: ChangeKind, ends: Ends<'_>, window: Window, attributes: Vec<AttributeChange>) -> Change {
    let (before, after, scope) = match ends {
        Ends::Came(after) => (None, Some(after), after.scope()),
        Ends::Went(before) => (Some(before), None, before.scope()),
        Ends::Both(before, after) => (Some(before), Some(after), after.scope()),
    };
    let change = change(kind, scope, window, attributes);
    identified(Change { before: before.cloned(), after: after.cloned(), ..change })
}

/// Makes a change with no resource and no id yet.
pub(super) fn change(
    kind: ChangeKind,
    scope: Scope,
    window: Window,
    attributes: Vec<AttributeChange>,
) -> Change {
    let trace = Trace::without_logs();
    Change { id: String::new(), kind, scope, before: None, after: None, window, attributes, trace }
}

/// Gives a change its id: the digest of what it says, so that the same change has the same id in every
/// run that compares the same scans.
pub(super) fn identified(mut change: Change) -> Change {
    let uid = |resource: &Option<Arc<Resource>>| {
        resource.as_ref().map(|resource| resource.key.uid.as_str().to_owned())
    };
    let attributes: Value = change
        .attributes
        .iter()
        .map(|it| {
            Value::from(vec![
                Value::from(it.path.as_str()),
                it.before.clone().into(),
                it.after.clone().into(),
            ])
        })
        .collect();
    let said = serde_json::json!([
        change.kind.as_str(),
        change.scope.to_string(),
        uid(&change.before),
        uid(&change.after),
        change.window.from.to_string(),
        change.window.to.to_string(),
        attributes,
    ]);
    change.id = Digest::of(said.to_string().as_bytes()).to_string().chars().take(16).collect();
    change
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AccountId, Link, Location, Rel, ResourceKey, State, Timestamp, Uid};

    fn at(hour: u8) -> Timestamp {
        format!("2026-03-01T{hour:02}:00:00Z").parse().unwrap()
    }

    fn window() -> Window {
        Window { from: at(6), to: at(12) }
    }

    fn resource(provider: Provider, kind: Kind, uid: &str, locator: &str) -> Resource {
        let key = ResourceKey { provider, kind, uid: Uid::new(uid) };
        Resource::new(key, AccountId::new("1"), Location::new("here"), Locator::new(locator))
    }

    fn instance() -> Resource {
        resource(Provider::Aws, Kind::Instance, "i-1", "i-1")
    }

    fn volume(uid: &str) -> Resource {
        resource(Provider::Aws, Kind::Volume, uid, uid)
    }

    fn in_phase(phase: Phase) -> Resource {
        let mut instance = instance();
        instance.state = Some(State { native: phase.to_string(), phase });
        instance
    }

    fn transition(before: Option<Resource>, after: Option<Resource>) -> Transition {
        let either = before.as_ref().or(after.as_ref());
        Transition {
            key: either.unwrap().key.clone(),
            before: before.map(Arc::new),
            after: after.map(Arc::new),
            window: window(),
            known_earlier: false,
            listed_before: true,
        }
    }

    fn kinds(transitions: &[Transition]) -> Vec<ChangeKind> {
        compare(transitions).iter().map(|change| change.kind).collect()
    }

    fn between_states(before: Resource, after: Resource) -> Vec<ChangeKind> {
        kinds(&[transition(Some(before), Some(after))])
    }

    #[test]
    fn a_resource_first_seen_where_nobody_looked_before_did_not_appear() {
        let unlisted = Transition { listed_before: false, ..transition(None, Some(instance())) };
        assert_eq!(kinds(std::slice::from_ref(&unlisted)), []);
        let mut young = unlisted;
        Arc::make_mut(young.after.as_mut().unwrap()).created_at = Some(at(8));
        assert_eq!(kinds(&[young]), [ChangeKind::Appeared]);
    }

    #[test]
    fn a_resource_older_than_a_listing_that_lacked_it_reappeared() {
        let mut old = transition(None, Some(instance()));
        assert_eq!(kinds(std::slice::from_ref(&old)), [ChangeKind::Appeared]);
        Arc::make_mut(old.after.as_mut().unwrap()).created_at = Some(at(2));
        assert_eq!(kinds(&[old]), [ChangeKind::Reappeared]);
        let known = Transition { known_earlier: true, ..transition(None, Some(instance())) };
        assert_eq!(kinds(&[known]), [ChangeKind::Reappeared]);
    }

    #[test]
    fn a_terminated_instance_vanishes_at_first_sight_and_once() {
        assert_eq!(
            between_states(in_phase(Phase::Running), in_phase(Phase::Terminated)),
            [ChangeKind::Vanished]
        );
        assert_eq!(between_states(in_phase(Phase::Terminating), in_phase(Phase::Terminated)), []);
        assert_eq!(kinds(&[transition(None, Some(in_phase(Phase::Terminated)))]), []);
    }

    #[test]
    fn the_same_locator_with_another_uid_is_one_recreation() {
        let disk = |uid| resource(Provider::Gcp, Kind::Volume, uid, "projects/p/zones/z/disks/d");
        let changes = compare(&[transition(Some(disk("1")), None), transition(None, Some(disk("2")))]);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].kind, ChangeKind::Recreated);
        assert_eq!(changes[0].attributes[0].before, Some(json!("1")));
        assert_eq!(changes[0].attributes[0].after, Some(json!("2")));
    }

    #[test]
    fn a_vanished_and_an_appeared_volume_of_aws_are_no_recreation() {
        let changes = [transition(Some(volume("vol-1")), None), transition(None, Some(volume("vol-2")))];
        assert_eq!(kinds(&changes), [ChangeKind::Vanished, ChangeKind::Appeared]);
    }

    #[test]
    fn starting_and_stopping_are_told_apart_from_restarting() {
        use Phase::{Running, Stopped};
        assert_eq!(between_states(in_phase(Running), in_phase(Stopped)), [ChangeKind::Stopped]);
        assert_eq!(between_states(in_phase(Stopped), in_phase(Running)), [ChangeKind::Started]);
        assert_eq!(between_states(in_phase(Phase::Pending), in_phase(Running)), []);
        let of_set = |phase| {
            let machine = in_phase(phase);
            Resource { key: ResourceKey { kind: Kind::ScaleSetInstance, ..machine.key.clone() }, ..machine }
        };
        assert_eq!(between_states(of_set(Running), of_set(Stopped)), [ChangeKind::Stopped]);
        let launched = |hour: u8| {
            let mut instance = in_phase(Running);
            instance.evidence.insert("LaunchTime".into(), json!(at(hour).to_string()));
            instance
        };
        assert_eq!(between_states(launched(1), launched(8)), [ChangeKind::Restarted]);
        assert_eq!(between_states(launched(1), launched(1)), []);
    }

    fn with_root(volume: &str) -> Resource {
        let mut instance = instance();
        instance.links.insert(Link::to_uid(Rel::Attached, Kind::Volume, volume).in_slot("/dev/xvda"));
        instance
    }

    fn on(volume_uid: &str, instance: Option<&str>) -> Resource {
        let mut volume = volume(volume_uid);
        volume.links.extend(instance.map(|uid| Link::to_uid(Rel::AttachedTo, Kind::Instance, uid)));
        volume
    }

    #[test]
    fn a_root_swap_is_one_slot_swap_whatever_the_volumes_tell() {
        let changes = compare(&[
            transition(Some(with_root("vol-1")), Some(with_root("vol-2"))),
            transition(Some(on("vol-1", Some("i-1"))), Some(on("vol-1", None))),
            transition(Some(on("vol-2", None)), Some(on("vol-2", Some("i-1")))),
        ]);
        assert_eq!(changes.len(), 1, "{changes:#?}");
        assert_eq!(changes[0].kind, ChangeKind::SlotSwapped);
        assert_eq!(changes[0].attributes[0].path, "links.attached[/dev/xvda]");
    }

    #[test]
    fn whether_a_volume_goes_with_its_instance_is_told_of_the_volume_that_stayed_only() {
        let flagged = |volume: &str, delete_with: bool| {
            let mut instance = instance();
            let link = Link::to_uid(Rel::Attached, Kind::Volume, volume).in_slot("/dev/xvda");
            instance.links.insert(Link { delete_with: Some(delete_with), ..link });
            instance
        };
        let swapped = between_states(flagged("vol-1", true), flagged("vol-2", false));
        assert_eq!(swapped, [ChangeKind::SlotSwapped]);
        let changes = compare(&[transition(Some(flagged("vol-1", true)), Some(flagged("vol-1", false)))]);
        assert_eq!(changes[0].attributes[0].path, "links.attached[/dev/xvda].delete_with");
    }

    #[test]
    fn a_volume_tells_its_attachment_where_no_instance_does() {
        let alone = [transition(Some(on("vol-1", None)), Some(on("vol-1", Some("i-9"))))];
        assert_eq!(kinds(&alone), [ChangeKind::Attached]);
    }

    #[test]
    fn a_detachment_that_goes_with_a_terminated_instance_is_not_told_again() {
        let changes = [
            transition(Some(with_root("vol-1")), None),
            transition(Some(on("vol-1", Some("i-1"))), Some(on("vol-1", None))),
        ];
        assert_eq!(kinds(&changes), [ChangeKind::Vanished]);
    }

    #[test]
    fn learning_the_account_of_a_volume_is_no_move() {
        let mut unplaced = volume("vol-1");
        unplaced.account = AccountId::unknown();
        assert_eq!(unplaced.account.as_str(), UNKNOWN);
        assert_eq!(between_states(unplaced.clone(), volume("vol-1")), []);
        assert_eq!(between_states(volume("vol-1"), unplaced), []);
        let mut elsewhere = volume("vol-1");
        elsewhere.account = AccountId::new("2");
        assert_eq!(between_states(volume("vol-1"), elsewhere), [ChangeKind::Moved]);
    }

    #[test]
    fn the_order_of_transitions_means_nothing() {
        let mut transitions = vec![
            transition(Some(with_root("vol-1")), Some(with_root("vol-2"))),
            transition(None, Some(volume("vol-2"))),
            transition(Some(volume("vol-1")), None),
        ];
        let changes = compare(&transitions);
        transitions.reverse();
        assert_eq!(compare(&transitions), changes);
    }
}
