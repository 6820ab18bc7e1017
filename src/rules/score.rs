//! How a finding's risk comes about: the base of its class, then a table of modifiers (SEMANTICS F.9). The numbers
//! and reasons are those of `weights.toml`.

use super::weights::{Effect, Table, Weight, Weights};
use crate::model::{
    Actor, ActorKind, Change, ChangeKind, Confidence, Familiarity, Kind, Points, Resource, Trace, TraceState,
    names,
};

names! {
    /// What class of act a finding is about; its base in `weights.toml` is the finding's impact.
    Class as "class of act" {
        /// Something was deleted.
        Delete = "delete",
        /// Another resource stands in its place.
        Recreate = "recreate",
        /// Disk contents were handed to everybody, or to another account or person.
        ShareOutside = "share-outside",
        /// Disk contents can leave, or be handed on, as they could not before.
        ShareWithin = "share-within",
        /// A copy of disk contents was made.
        CreateSnapshot = "create-snapshot",
        /// A protection against deletion or loss was taken away.
        RemoveProtection = "remove-protection",
        /// What all compute of an account depends on gives less protection than before, or is gone.
        WeakenTenant = "weaken-tenant",
        /// An instance boots from another volume.
        SwapRoot = "swap-root",
        /// A log was stopped, deleted, or made to record less.
        TamperLog = "tamper-log",
        /// The state differs, and a log that is complete names no cause.
        GoUnlogged = "go-unlogged",
        /// Something was born and destroyed between two scans.
        ComeAndGo = "come-and-go",
        /// Permissions were probed.
        Probe = "probe",
        /// Something was created that can run or hold disk contents.
        Create = "create",
        /// An instance was started or stopped.
        ChangeState = "change-state",
        /// A security-relevant attribute differs.
        ModifySecurity = "modify-security",
        /// Other volumes are attached to an instance.
        ChangeSlots = "change-slots",
        /// A root disk was put back to an earlier state.
        RevertRoot = "revert-root",
        /// A data disk was put back to an earlier state.
        RevertData = "revert-data",
        /// A disk that may hold an earlier state stands in a slot.
        SuspectRevert = "suspect-revert",
        /// Another instance with restored disks plays the part of one that is gone.
        Rebuild = "rebuild",
        /// A disk was replaced by one that lost nothing of it.
        Migrate = "migrate",
        /// Storage that does not outlive a stop was lost.
        LoseEphemeral = "lose-ephemeral",
        /// Storage that does not outlive a stop was lost, amid other acts on the same instance.
        LoseEphemeralAmid = "lose-ephemeral-amid",
        /// A restored disk was attached to another instance than it came from.
        MountElsewhere = "mount-elsewhere",
        /// Snapshots were made in a burst.
        BurstOfCopies = "burst-of-copies",
        /// Several disks were copied at once, by somebody of whom too little is known.
        CopySeveral = "copy-several",
        /// A copy was made, and deleted within the hour.
        CopyBriefly = "copy-briefly",
        /// Many things were deleted at once.
        DeleteMany = "delete-many",
        /// Of many disks the oldest copies were deleted.
        DeleteOldest = "delete-oldest",
        /// A copy that a keeper made was deleted by somebody else.
        DeleteKept = "delete-kept",
        /// The last copy of a disk's contents is gone.
        LoseLastCopy = "lose-last-copy",
        /// Backups, their policy or their vault were weakened.
        TamperBackup = "tamper-backup",
        /// More of something may be used, or in more places.
        RaiseQuota = "raise-quota",
        /// A region can be used that could not.
        OpenRegion = "open-region",
        /// Somebody may do to compute what it could not.
        GrantCapability = "grant-capability",
        /// Steps that a class of their own does not name.
        Proceed = "proceed",
        /// A part of the estate could not be seen.
        LoseSight = "lose-sight",
        /// Anything else that changes state.
        Modify = "modify",
        /// Something to know, and no more.
        Note = "note",
    }
}

impl Class {
    /// Returns the shipped base points: of several classes that fit an act, the highest tells it, whatever a
    /// configuration makes of the numbers.
    pub(super) fn impact(self) -> u8 {
        Weights::shipped().base(self).0
    }
}

/// What is scored.
pub(super) struct Case<'a> {
    /// The class of act.
    pub(super) class: Class,
    /// The change that the finding is about; `None` for one that is about no resource.
    pub(super) lead: Option<&'a Change>,
    /// The trace by which it is judged; `None` for one that is about events alone.
    pub(super) trace: Option<&'a Trace>,
    /// Who did it, where a log tells.
    pub(super) actor: Option<&'a Actor>,
    /// How well whoever did it is known.
    pub(super) familiarity: Familiarity,
    /// What the pattern that it is part of adds.
    pub(super) bonus: Option<Bonus>,
    /// Whether what it is about bears a tag that marks what is critical.
    pub(super) critical: bool,
    /// By which numbers it is scored.
    pub(super) weights: &'a Weights,
}

/// What a pattern or chain adds to the risk of its steps (SEMANTICS F.7); [`Drift::bonus`](super::Drift::bonus)
/// returns one by its name in `weights.toml`.
#[derive(Clone, Copy, Debug)]
pub struct Bonus {
    /// How many points; 0 for a pattern that only keeps its steps from being routine.
    pub points: i16,
    /// For what.
    pub reason: &'static str,
}

impl Bonus {
    /// What only keeps steps from being routine.
    pub(super) const NONE: Self = Self { points: 0, reason: "" };
}

impl<'a> Case<'a> {
    /// A case that is about no change.
    pub(super) const fn of(class: Class, weights: &'a Weights) -> Self {
        Self {
            class,
            lead: None,
            trace: None,
            actor: None,
            familiarity: Familiarity::Unknown,
            bonus: None,
            critical: false,
            weights,
        }
    }

    fn is(&self, states: &[TraceState]) -> bool {
        self.trace.is_some_and(|trace| states.contains(&trace.state))
    }

    fn approval(&self, full: bool) -> bool {
        let approval = self.trace.and_then(|trace| trace.approval.as_ref());
        approval.is_some_and(|approval| approval.full == full)
    }

    /// Whether nothing about it is out of the ordinary: the log says who did it, and nothing that speaks against
    /// them. What no scan saw takes somebody who is known to do such things.
    fn is_routine(&self) -> bool {
        let fits = match self.familiarity {
            Familiarity::Known => true,
            Familiarity::Unknown => self.lead.is_some(),
            Familiarity::Unexpected | Familiarity::New | Familiarity::Recreated => false,
        };
        fits && self.is(&[TraceState::Explained, TraceState::Implied])
            && self.bonus.is_none()
            && self.class != Class::RemoveProtection
    }

    /// Whether all of it is by somebody who has long acted here, and it is no routine.
    fn is_by_acquaintance(&self) -> bool {
        let known = matches!(self.familiarity, Familiarity::Known | Familiarity::Unexpected);
        known && self.is_told() && !self.is_routine()
    }

    /// Whether it is a single act of somebody new: colleagues join every month.
    fn is_single_of_newcomer(&self) -> bool {
        let single = self.bonus.is_none_or(|bonus| bonus.points == 0);
        self.familiarity == Familiarity::New && self.is_told() && single
    }

    /// Whether the log tells all of it.
    fn is_told(&self) -> bool {
        self.trace.is_none() || self.is(&[TraceState::Explained, TraceState::Implied])
    }
}

/// Whether a modifier applies to a case.
type Applies = fn(&Case<'_>) -> bool;

/// Every modifier of `weights.toml`, in the order in which they apply: weight, sums, then caps, then floors
/// (SEMANTICS F.9).
///
/// A change of which no log tells keeps its base: without any log, silence is no sign.
pub(super) const MODIFIERS: &[(&str, Applies)] = &[
    ("routine", |case| case.is_routine()),
    ("acquaintance", |case| case.is_by_acquaintance()),
    ("single-act", |case| case.is_single_of_newcomer()),
    ("unexplained", |case| case.is(&[TraceState::Unexplained])),
    ("unexplained-low-confidence", |case| case.is(&[TraceState::UnexplainedLowConfidence])),
    ("log-gap", |case| case.trace.is_some_and(Trace::misses_events)),
    ("new-actor", |case| case.familiarity >= Familiarity::New),
    ("outsider", |case| case.actor.is_some_and(|actor| actor.external || actor.kind == ActorKind::Root)),
    ("public", is_public),
    ("critical", |case| case.critical),
    ("approved", |case| case.approval(true)),
    ("change-id", |case| case.approval(false)),
    ("automation", is_automation),
    ("automation-cap", is_automation),
    ("by-system-cap", |case| case.lead.is_some() && case.is(&[TraceState::BySystem])),
    ("pending-cap", |case| case.is(&[TraceState::Pending])),
    ("share-outside-floor", |case| case.class == Class::ShareOutside && !case.approval(true)),
    ("tamper-log-floor", |case| case.class == Class::TamperLog && !case.approval(true)),
    ("revert-data-floor", |case| case.class == Class::RevertData && !is_excused(case)),
    ("revert-root-floor", |case| case.class == Class::RevertRoot && !is_excused(case)),
    ("last-copy-floor", |case| {
        case.class == Class::LoseLastCopy && !is_excused(case) && !case.is(&[TraceState::Pending])
    }),
];

/// What no weight leads beyond.
const ENDS: [Weight; 2] = [
    Weight { effect: Effect::Cap(100), reason: "risk ends at 100" },
    Weight { effect: Effect::Floor(0), reason: "risk begins at 0" },
];

/// Returns a case's risk, and the points that add up to it.
pub(super) fn score(case: &Case<'_>) -> (u8, Vec<Points>) {
    let weights = case.weights;
    let (base, reason) = weights.base(case.class);
    let mut risk = i16::from(base);
    let mut why = vec![Points { points: risk, reason: reason.to_owned() }];
    if let Some(bonus) = case.bonus.filter(|bonus| bonus.points != 0) {
        risk += bonus.points;
        why.push(Points { points: bonus.points, reason: bonus.reason.to_owned() });
    }
    let applying = MODIFIERS.iter().filter(|(_, applies)| applies(case));
    let modifiers = applying.filter_map(|(name, _)| weights.get(Table::Modifiers, name));
    for modifier in modifiers.chain(ENDS) {
        let points = match modifier.effect {
            Effect::Scale(percent) => scaled(risk, percent) - risk,
            Effect::Cap(most) => most.min(risk) - risk,
            Effect::Floor(least) => least.max(risk) - risk,
            other => other.number(),
        };
        if points != 0 {
            risk += points;
            why.push(Points { points, reason: modifier.reason.to_owned() });
        }
    }
    (u8::try_from(risk).unwrap_or_default(), why)
}

/// Whether no floor holds: change management approved it in full, or expected automation did it.
fn is_excused(case: &Case<'_>) -> bool {
    case.approval(true) || case.is(&[TraceState::ExpectedAutomation])
}

/// Returns this many percent of a risk, halves to the even number: 90 → 50, 70 → 38 at 55 percent.
const fn scaled(risk: i16, percent: i16) -> i16 {
    let (whole, rest) = (risk * percent / 100, risk * percent % 100);
    match rest {
        51.. => whole + 1,
        50 => whole + whole % 2,
        _ => whole,
    }
}

/// A service that makes and deletes resources on its own, and what it may be believed to do
/// (SEMANTICS D.2, F.5).
struct Controller {
    service: &'static str,
    makes: &'static [Kind],
    deletes: &'static [Kind],
}

/// Services whose mark shows who acted.
///
/// The mark of a fleet, or of a stack, is no less genuine, but one call of a person makes either: it says
/// with what they acted, and excuses nothing. No mark excuses the loss of a snapshot: schedules delete at
/// expiry, which state alone does not show (SEMANTICS D2.3).
const CONTROLLERS: &[Controller] = &[
    Controller { service: "autoscaling", makes: FLEET, deletes: FLEET },
    Controller { service: "eks", makes: FLEET, deletes: FLEET },
    Controller { service: "eks.amazonaws.com", makes: FLEET, deletes: FLEET },
    Controller { service: "scale-set", makes: FLEET, deletes: FLEET },
    Controller { service: "dlm", makes: COPIES, deletes: &[] },
    Controller { service: "backup", makes: COPIES, deletes: &[] },
    Controller { service: "snapshot-schedule", makes: COPIES, deletes: &[] },
];

const FLEET: &[Kind] = &[Kind::Instance, Kind::ScaleSetInstance];
const COPIES: &[Kind] = &[Kind::Snapshot, Kind::Image, Kind::RestorePoint];

/// Whether everybody may use what the case is about.
fn is_public(case: &Case<'_>) -> bool {
    let after = case.lead.and_then(|lead| lead.after.as_deref());
    after.is_some_and(|after| after.exposure.is_public())
}

/// Whether the log shows a controller at work, or, where no log tells, the resource's own mark shows that its
/// creation or deletion was automation.
fn is_automation(case: &Case<'_>) -> bool {
    if case.is(&[TraceState::ExpectedAutomation]) {
        return true;
    }
    let Some(lead) = case.lead.filter(|_| case.is(&[TraceState::LogGap, TraceState::Pending])) else {
        return false;
    };
    let made = || lead.after.as_deref().is_some_and(|after| is_marked(after, |controller| controller.makes));
    let deleted =
        || lead.before.as_deref().is_some_and(|before| is_marked(before, |controller| controller.deletes));
    match (case.class, lead.kind) {
        (Class::Create | Class::CreateSnapshot, ChangeKind::Appeared) => made(),
        (Class::Delete, ChangeKind::Vanished) => deleted(),
        (Class::Recreate, ChangeKind::Recreated) => made() && deleted(),
        _ => false,
    }
}

fn is_marked(resource: &Resource, kinds: fn(&Controller) -> &'static [Kind]) -> bool {
    let Some(mark) = &resource.managed_by else { return false };
    mark.confidence == Confidence::High
        && CONTROLLERS.iter().any(|controller| {
            controller.service == mark.service && kinds(controller).contains(&resource.key.kind)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ApprovalMatch;
    use crate::rules::fixture::{instance, snapshot, vanished, volume};

    fn actor(external: bool) -> Actor {
        Actor { kind: ActorKind::Human, external, ..Actor::unknown() }
    }

    fn risk(class: Class, trace: &Trace, familiarity: Familiarity) -> u8 {
        let change = vanished(instance("i-1", "vol-1"));
        let actor = trace.actor.as_ref();
        let (lead, trace) = (Some(&change), Some(trace));
        let case = Case { lead, trace, actor, familiarity, ..Case::of(class, Weights::shipped()) };
        let (risk, why) = score(&case);
        assert_eq!(why.iter().map(|step| step.points).sum::<i16>(), i16::from(risk));
        risk
    }

    fn ended(state: TraceState) -> Trace {
        Trace::of(state, "")
    }

    fn approved(full: bool) -> Trace {
        let approval = ApprovalMatch { id: "CHG-1".to_owned(), full, reason: String::new() };
        Trace { approval: Some(approval), ..ended(TraceState::Explained) }
    }

    #[test]
    fn what_the_log_explains_and_nothing_makes_unusual_pages_nobody() {
        let explained = ended(TraceState::Explained);
        let weights = [Class::Delete, Class::CreateSnapshot, Class::Create, Class::Modify];
        assert_eq!(weights.map(|class| risk(class, &explained, Familiarity::Unknown)), [50, 38, 33, 22]);
        assert_eq!(risk(Class::Delete, &ended(TraceState::Implied), Familiarity::Unknown), 50);
    }

    #[test]
    fn a_new_actor_or_a_removed_protection_is_never_routine() {
        let explained = ended(TraceState::Explained);
        assert_eq!(risk(Class::Create, &explained, Familiarity::New), 50);
        assert_eq!(risk(Class::RemoveProtection, &explained, Familiarity::Unknown), 70);
    }

    #[test]
    fn what_somebody_known_does_for_the_first_time_is_looked_at_and_pages_nobody() {
        let explained = ended(TraceState::Explained);
        assert_eq!(risk(Class::Delete, &explained, Familiarity::Unexpected), 69);
        assert_eq!(risk(Class::SwapRoot, &explained, Familiarity::Unexpected), 50);
        assert_eq!(risk(Class::Delete, &explained, Familiarity::Known), 50);
        assert_eq!(risk(Class::Delete, &explained, Familiarity::New), 69);
        assert_eq!(risk(Class::Delete, &explained, Familiarity::Recreated), 100);
        assert_eq!(risk(Class::Delete, &ended(TraceState::Unexplained), Familiarity::Unexpected), 100);
    }

    #[test]
    fn a_chain_of_somebody_known_weighs_less_and_one_of_a_newcomer_does_not() {
        let chain = |familiarity| {
            let bonus = Some(Bonus { points: 20, reason: "steps follow each other" });
            let case = Case { familiarity, bonus, ..Case::of(Class::MountElsewhere, Weights::shipped()) };
            score(&case).0
        };
        assert_eq!([Familiarity::Known, Familiarity::Unknown, Familiarity::New].map(chain), [65, 85, 95]);
    }

    #[test]
    fn silence_weighs_by_what_is_known_of_the_log() {
        let gap = |reason: &str| Trace::of(TraceState::LogGap, reason);
        let traces = [
            ended(TraceState::Unexplained),
            ended(TraceState::UnexplainedLowConfidence),
            ended(TraceState::Pending),
            gap("events are missing from the log of 111122223333: `StopLogging` by mallory"),
            gap("no log of 111122223333 covers all the time"),
            Trace::without_logs(),
        ];
        let risks = traces.map(|trace| risk(Class::Create, &trace, Familiarity::Unknown));
        assert_eq!(risks, [80, 70, 29, 70, 60, 60]);
    }

    #[test]
    fn automation_and_the_platform_are_capped() {
        assert_eq!(risk(Class::Delete, &ended(TraceState::ExpectedAutomation), Familiarity::Unknown), 20);
        assert_eq!(risk(Class::Delete, &ended(TraceState::BySystem), Familiarity::Unknown), 20);
    }

    #[test]
    fn a_mark_of_automation_counts_only_where_no_log_tells_otherwise() {
        use crate::rules::fixture::Specimen as _;
        let change = vanished(instance("i-1", "vol-1").managed("autoscaling", Confidence::High));
        let of = |trace: &Trace| {
            let (lead, trace) = (Some(&change), Some(trace));
            score(&Case { lead, trace, ..Case::of(Class::Delete, Weights::shipped()) }).0
        };
        assert_eq!(of(&Trace::without_logs()), 20);
        assert_eq!(of(&ended(TraceState::Explained)), 50);
        assert_eq!(of(&ended(TraceState::Unexplained)), 100);
    }

    #[test]
    fn an_approval_that_matches_in_full_weighs_more_than_a_copied_identifier() {
        assert_eq!(risk(Class::Delete, &approved(true), Familiarity::Unknown), 10);
        assert_eq!(risk(Class::Delete, &approved(false), Familiarity::Unknown), 35);
    }

    #[test]
    fn floors_hold_against_everything_but_a_full_approval() {
        let explained = ended(TraceState::Explained);
        assert_eq!(risk(Class::ShareOutside, &explained, Familiarity::Unknown), 80);
        assert_eq!(risk(Class::ShareOutside, &approved(false), Familiarity::Unknown), 80);
        assert_eq!(risk(Class::ShareOutside, &approved(true), Familiarity::Unknown), 4);
    }

    #[test]
    fn somebody_from_elsewhere_adds_to_the_risk() {
        let foreign = Trace { actor: Some(actor(true)), ..ended(TraceState::Unexplained) };
        let own = Trace { actor: Some(actor(false)), ..ended(TraceState::Unexplained) };
        assert_eq!(
            (
                risk(Class::Modify, &foreign, Familiarity::Unknown),
                risk(Class::Modify, &own, Familiarity::Unknown)
            ),
            (70, 60)
        );
    }

    #[test]
    fn an_act_is_judged_by_the_part_that_is_least_accounted_for() {
        use crate::rules::act::Act;
        use crate::rules::fixture::traced;
        let lead = traced(vanished(instance("i-1", "vol-1")), TraceState::Explained);
        let (implied, gone) = (
            traced(vanished(volume("vol-1")), TraceState::Implied),
            traced(vanished(snapshot("snap-1")), TraceState::Unexplained),
        );
        let act = Act { rest: vec![&implied, &gone], ..Act::alone(&lead) };
        assert_eq!(act.trace().state, TraceState::Unexplained);
        let act = Act { rest: vec![&implied], ..Act::alone(&lead) };
        assert_eq!(act.trace().state, TraceState::Explained);
    }
}
