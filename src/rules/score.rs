//! How a finding's risk comes about: the base of its class, then a table of modifiers (SEMANTICS F.9).

use crate::model::{
    Actor, ActorKind, Change, ChangeKind, Confidence, Kind, Points, Resource, Trace, TraceState,
};

/// What class of act a finding is about; its base is the finding's impact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Something was deleted.
    Delete,
    /// Another resource stands in its place.
    Recreate,
    /// Disk contents were handed to everybody, or to another account or person.
    ShareOutside,
    /// Disk contents can leave, or be handed on, as they could not before.
    ShareWithin,
    /// A copy of disk contents was made.
    CreateSnapshot,
    /// A protection against deletion or loss was taken away.
    RemoveProtection,
    /// What all compute of an account depends on gives less protection than before, or is gone.
    WeakenTenant,
    /// An instance boots from another volume.
    SwapRoot,
    /// A log was stopped, deleted, or made to record less.
    TamperLog,
    /// The state differs, and a log that is complete names no cause.
    GoUnlogged,
    /// Something was born and destroyed between two scans.
    ComeAndGo,
    /// Permissions were probed.
    Probe,
    /// Something was created that can run or hold disk contents.
    Create,
    /// An instance was started or stopped.
    ChangeState,
    /// A security-relevant attribute differs.
    ModifySecurity,
    /// Other volumes are attached to an instance.
    ChangeSlots,
    /// A root disk was put back to an earlier state.
    RevertRoot,
    /// A data disk was put back to an earlier state.
    RevertData,
    /// A disk that may hold an earlier state stands in a slot.
    SuspectRevert,
    /// Another instance with restored disks plays the part of one that is gone.
    Rebuild,
    /// A disk was replaced by one that lost nothing of it.
    Migrate,
    /// Storage that does not outlive a stop was lost.
    LoseEphemeral,
    /// Storage that does not outlive a stop was lost, amid other acts on the same instance.
    LoseEphemeralAmid,
    /// A restored disk was attached to another instance than it came from.
    MountElsewhere,
    /// Snapshots were made in a burst.
    BurstOfCopies,
    /// Several disks were copied at once, by somebody of whom too little is known.
    CopySeveral,
    /// A copy was made, and deleted within the hour.
    CopyBriefly,
    /// Many things were deleted at once.
    DeleteMany,
    /// Of many disks the oldest copies were deleted.
    DeleteOldest,
    /// A copy that a keeper made was deleted by somebody else.
    DeleteKept,
    /// The last copy of a disk's contents is gone.
    LoseLastCopy,
    /// Backups, their policy or their vault were weakened.
    TamperBackup,
    /// More of something may be used, or in more places.
    RaiseQuota,
    /// A region can be used that could not.
    OpenRegion,
    /// Somebody may do to compute what it could not.
    GrantCapability,
    /// Steps that a class of their own does not name.
    Proceed,
    /// A part of the estate could not be seen.
    LoseSight,
    /// Anything else that changes state.
    Modify,
    /// Something to know, and no more.
    Note,
}

impl Class {
    /// Returns the base points and what they stand for.
    pub(super) const fn base(self) -> (u8, &'static str) {
        match self {
            Self::Delete => (90, "a deletion may be beyond recovery"),
            Self::Recreate => (80, "another resource stands under the same address"),
            Self::ShareOutside => (80, "disk contents are open to someone outside the account"),
            Self::ShareWithin => (70, "disk contents can be taken out, as they could not before"),
            Self::CreateSnapshot => (70, "a snapshot is a copy of disk contents"),
            Self::RemoveProtection => (70, "a protection was taken away"),
            Self::WeakenTenant => (70, "what all compute of an account depends on is weaker, open or gone"),
            Self::TamperLog => (90, "what a log does not record, nobody can trace"),
            Self::GoUnlogged => {
                (90, "somebody can change state without being logged, or took events out of the log")
            }
            Self::ComeAndGo => (90, "it was made and destroyed between two scans, and none ever saw it"),
            Self::Probe => (40, "somebody tries what it may do"),
            Self::SwapRoot => (65, "an instance boots from another volume"),
            Self::Create => (60, "something new can run, or holds disk contents"),
            Self::ChangeState => (50, "an instance was started or stopped"),
            Self::ModifySecurity => (50, "a security-relevant attribute differs"),
            Self::ChangeSlots => (50, "other volumes are attached"),
            Self::RevertRoot => (80, "an instance boots from an earlier state of its disk"),
            Self::RevertData => (70, "a disk holds an earlier state"),
            Self::SuspectRevert => (65, "a disk may hold an earlier state"),
            Self::Rebuild => (65, "an instance was rebuilt from an earlier state of its disks"),
            Self::Migrate => (40, "a disk was replaced by its own latest copy"),
            Self::LoseEphemeral => (30, "storage that does not outlive a stop was lost"),
            Self::LoseEphemeralAmid => (70, "storage was lost amid other acts on the same instance"),
            Self::MountElsewhere => (65, "a copy of a disk was mounted by another instance"),
            Self::BurstOfCopies => (70, "many copies of disk contents were made at once"),
            Self::CopySeveral => (60, "several disks were copied at once"),
            Self::CopyBriefly => (60, "a copy was there for less than an hour"),
            Self::DeleteOldest => (60, "old copies were deleted, and newer ones are left"),
            Self::DeleteKept => (60, "a copy of a keeper's was deleted by somebody else"),
            Self::DeleteMany => (90, "much was deleted at once"),
            Self::LoseLastCopy => (90, "no copy of the disk is left"),
            Self::TamperBackup => (90, "what was to bring things back protects less"),
            Self::RaiseQuota => (50, "more can be used than before"),
            Self::OpenRegion => (60, "a place can be used that nobody watches yet"),
            Self::GrantCapability => (50, "somebody may do what it could not"),
            Self::Proceed => (60, "one step led to the next"),
            Self::LoseSight => (50, "what happened here cannot be told"),
            Self::Modify => (40, "its state differs"),
            Self::Note => (20, "nothing differs that can do harm"),
        }
    }

    /// Returns the base points.
    pub(super) const fn impact(self) -> u8 {
        self.base().0
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
    /// Why its actor is new or unexpected.
    pub(super) novelty: &'a [&'a str],
    /// What the pattern that it is part of adds.
    pub(super) bonus: Option<Bonus>,
}

/// What a pattern or chain adds to the risk of its steps (SEMANTICS F.7).
#[derive(Clone, Copy, Debug)]
pub(super) struct Bonus {
    /// How many points; 0 for a pattern that only keeps its steps from being routine.
    pub(super) points: i16,
    /// For what.
    pub(super) reason: &'static str,
}

impl Case<'_> {
    /// A case that is about no change.
    pub(super) const fn of(class: Class) -> Self {
        Self { class, lead: None, trace: None, actor: None, novelty: &[], bonus: None }
    }

    fn is(&self, states: &[TraceState]) -> bool {
        self.trace.is_some_and(|trace| states.contains(&trace.state))
    }

    fn approval(&self, full: bool) -> bool {
        let approval = self.trace.and_then(|trace| trace.approval.as_ref());
        approval.is_some_and(|approval| approval.full == full)
    }

    /// Whether nothing about it is out of the ordinary: somebody known did it, and the log says so.
    fn is_routine(&self) -> bool {
        self.lead.is_some()
            && self.is(&[TraceState::Explained, TraceState::Implied])
            && self.novelty.is_empty()
            && self.bonus.is_none()
            && self.class != Class::RemoveProtection
    }
}

/// What a modifier does to the risk so far.
enum Effect {
    /// Takes this many percent of it, halves to the even number.
    Scale(i16),
    /// Adds points.
    Add(i16),
    /// Lowers it to this.
    Cap(i16),
    /// Raises it to this.
    Floor(i16),
}

/// One row of the table: what it does, why, and when.
struct Modifier {
    effect: Effect,
    reason: &'static str,
    applies: fn(&Case<'_>) -> bool,
}

/// Every modifier, in the order in which they apply: weight, sums, then caps, then floors (SEMANTICS F.9).
///
/// A change of which no log tells keeps its base: without any log, silence is no sign.
const MODIFIERS: &[Modifier] = &[
    Modifier {
        effect: Effect::Scale(55),
        reason: "the log says who did it, and nothing about it is unusual",
        applies: |case| case.is_routine(),
    },
    Modifier {
        effect: Effect::Add(20),
        reason: "the log is complete, and no event explains it",
        applies: |case| case.is(&[TraceState::Unexplained]),
    },
    Modifier {
        effect: Effect::Add(10),
        reason: "no event explains it, though nobody proves that the log is complete",
        applies: |case| case.is(&[TraceState::UnexplainedLowConfidence]),
    },
    Modifier {
        effect: Effect::Add(10),
        reason: "the log has a gap just then",
        applies: |case| {
            case.trace.is_some_and(|trace| trace.state == TraceState::LogGap && !trace.is_without_logs())
        },
    },
    Modifier {
        effect: Effect::Add(10),
        reason: "whoever did it is new here, or did what it never did before",
        applies: |case| !case.novelty.is_empty(),
    },
    Modifier {
        effect: Effect::Add(10),
        reason: "whoever did it belongs elsewhere, or is the root user",
        applies: |case| case.actor.is_some_and(|actor| actor.external || actor.kind == ActorKind::Root),
    },
    Modifier {
        effect: Effect::Add(-40),
        reason: "change management approved it: identifier, time, resource and principal match",
        applies: |case| case.approval(true),
    },
    Modifier {
        effect: Effect::Add(-15),
        reason: "it bears an identifier of change management, which anybody can copy",
        applies: |case| case.approval(false),
    },
    Modifier {
        effect: Effect::Add(-30),
        reason: "a controller did it: it bears a mark that an ordinary principal cannot write",
        applies: is_automation,
    },
    Modifier {
        effect: Effect::Cap(20),
        reason: "expected automation is capped at 20",
        applies: is_automation,
    },
    Modifier {
        effect: Effect::Cap(20),
        reason: "what the platform did of itself is capped at 20",
        applies: |case| case.lead.is_some() && case.is(&[TraceState::BySystem]),
    },
    Modifier {
        effect: Effect::Cap(29),
        reason: "the log may still tell: judged again by the next run",
        applies: |case| case.is(&[TraceState::Pending]),
    },
    Modifier {
        effect: Effect::Floor(80),
        reason: "sharing outside the account is never below 80",
        applies: |case| case.class == Class::ShareOutside && !case.approval(true),
    },
    Modifier {
        effect: Effect::Floor(70),
        reason: "what makes a log tell less is never below 70",
        applies: |case| case.class == Class::TamperLog && !case.approval(true),
    },
    Modifier {
        effect: Effect::Floor(60),
        reason: "a root disk that was put back is never below 60",
        applies: |case| case.class == Class::RevertRoot && !is_excused(case),
    },
    Modifier {
        effect: Effect::Floor(80),
        reason: "the loss of the last copy is never below 80",
        applies: |case| case.class == Class::LoseLastCopy && !is_excused(case),
    },
    Modifier { effect: Effect::Cap(100), reason: "risk ends at 100", applies: |_| true },
    Modifier { effect: Effect::Floor(0), reason: "risk begins at 0", applies: |_| true },
];

/// Returns a case's risk, and the points that add up to it.
pub(super) fn score(case: &Case<'_>) -> (u8, Vec<Points>) {
    let (base, reason) = case.class.base();
    let mut risk = i16::from(base);
    let mut why = vec![Points { points: risk, reason: reason.to_owned() }];
    if let Some(bonus) = case.bonus.filter(|bonus| bonus.points != 0) {
        risk += bonus.points;
        why.push(Points { points: bonus.points, reason: bonus.reason.to_owned() });
    }
    for modifier in MODIFIERS.iter().filter(|modifier| (modifier.applies)(case)) {
        let points = match modifier.effect {
            Effect::Scale(percent) => scaled(risk, percent) - risk,
            Effect::Add(points) => points,
            Effect::Cap(most) => most.min(risk) - risk,
            Effect::Floor(least) => least.max(risk) - risk,
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

    fn risk(class: Class, trace: &Trace, novelty: &[&str]) -> u8 {
        let change = vanished(instance("i-1", "vol-1"));
        let actor = trace.actor.as_ref();
        let (risk, why) =
            score(&Case { class, lead: Some(&change), trace: Some(trace), actor, novelty, bonus: None });
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
        assert_eq!(weights.map(|class| risk(class, &explained, &[])), [50, 38, 33, 22]);
        assert_eq!(risk(Class::Delete, &ended(TraceState::Implied), &[]), 50);
    }

    #[test]
    fn a_new_actor_or_a_removed_protection_is_never_routine() {
        let explained = ended(TraceState::Explained);
        assert_eq!(risk(Class::Create, &explained, &["first seen an hour before"]), 70);
        assert_eq!(risk(Class::RemoveProtection, &explained, &[]), 70);
    }

    #[test]
    fn silence_weighs_by_what_is_known_of_the_log() {
        let weights = [
            TraceState::Unexplained,
            TraceState::UnexplainedLowConfidence,
            TraceState::LogGap,
            TraceState::Pending,
        ];
        assert_eq!(weights.map(|state| risk(Class::Create, &ended(state), &[])), [80, 70, 70, 29]);
        assert_eq!(risk(Class::Create, &Trace::without_logs(), &[]), 60);
    }

    #[test]
    fn automation_and_the_platform_are_capped() {
        assert_eq!(risk(Class::Delete, &ended(TraceState::ExpectedAutomation), &[]), 20);
        assert_eq!(risk(Class::Delete, &ended(TraceState::BySystem), &[]), 20);
    }

    #[test]
    fn a_mark_of_automation_counts_only_where_no_log_tells_otherwise() {
        use crate::rules::fixture::Specimen as _;
        let change = vanished(instance("i-1", "vol-1").managed("autoscaling", Confidence::High));
        let of = |trace: &Trace| {
            let case = Case {
                class: Class::Delete,
                lead: Some(&change),
                trace: Some(trace),
                actor: None,
                novelty: &[],
                bonus: None,
            };
            score(&case).0
        };
        assert_eq!(of(&Trace::without_logs()), 20);
        assert_eq!(of(&ended(TraceState::Explained)), 50);
        assert_eq!(of(&ended(TraceState::Unexplained)), 100);
    }

    #[test]
    fn an_approval_that_matches_in_full_weighs_more_than_a_copied_identifier() {
        assert_eq!(risk(Class::Delete, &approved(true), &[]), 10);
        assert_eq!(risk(Class::Delete, &approved(false), &[]), 35);
    }

    #[test]
    fn floors_hold_against_everything_but_a_full_approval() {
        let explained = ended(TraceState::Explained);
        assert_eq!(risk(Class::ShareOutside, &explained, &[]), 80);
        assert_eq!(risk(Class::ShareOutside, &approved(false), &[]), 80);
        assert_eq!(risk(Class::ShareOutside, &approved(true), &[]), 4);
    }

    #[test]
    fn somebody_from_elsewhere_adds_to_the_risk() {
        let foreign = Trace { actor: Some(actor(true)), ..ended(TraceState::Unexplained) };
        let own = Trace { actor: Some(actor(false)), ..ended(TraceState::Unexplained) };
        assert_eq!((risk(Class::Modify, &foreign, &[]), risk(Class::Modify, &own, &[])), (70, 60));
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
