//! What logs tell in the runs to report on.

use std::collections::BTreeSet;

use driftline::model::{
    AccountId, Actor, ActorKind, Approval, ApprovalMatch, AuditEvent, Change, ChangeKind, Class, Client, End,
    EventId, Kind, Location, Locator, LogInterval, LogScope, LogStatus, Moved, Outcome, Provider, Residue,
    ResidueKind, Role, ScanId, Target, Trace, TraceState, Window,
};

use super::estate::{time, window};

/// What the logs tell beside the changes.
pub(crate) struct Told {
    pub(crate) events: Vec<AuditEvent>,
    pub(crate) residues: Vec<Residue>,
    pub(crate) coverage: Vec<LogInterval>,
    pub(crate) moved: Vec<Moved>,
    pub(crate) unused: Vec<Approval>,
}

impl Told {
    /// Everything that can be told, with texts that all hold `text`.
    pub(crate) fn of(text: &str, changes: &[Change]) -> Self {
        let mut refused = event("e-3", text);
        refused.outcome = Outcome {
            end: End::Denied,
            code: Some("Client.UnauthorizedOperation".to_owned()),
            message: Some(format!("{text} may not")),
        };
        let residues = ResidueKind::ALL.iter().map(|kind| residue(*kind, text)).collect();
        let statuses = LogStatus::ALL.iter().zip(["01", "02", "03"]);
        let coverage = statuses.map(|(status, hour)| interval(*status, hour, text)).collect();
        let settled = changes.iter().find(|change| change.kind == ChangeKind::Vanished).cloned();
        let moved =
            settled.map(|change| Moved { scans: (ScanId(4), ScanId(5)), was: TraceState::Pending, change });
        let unused = Approval {
            id: format!("CHG-1 {text}"),
            provider: None,
            account: None,
            resources: Vec::new(),
            principals: Vec::new(),
            from: time("2026-01-02T00:00:00Z"),
            to: time("2026-01-02T04:00:00Z"),
            origin: "approved.csv:2".to_owned(),
        };
        Self {
            events: vec![event("e-1", text), event("e-2", text), refused, event("e-nobody-cites", text)],
            residues,
            coverage,
            moved: moved.into_iter().collect(),
            unused: vec![unused],
        }
    }

    pub(crate) fn reverse(&mut self) {
        self.events.reverse();
        self.residues.reverse();
    }
}

/// A trace that ends in this state; some have events, an actor, an approval.
pub(crate) fn trace(state: TraceState, kind: ChangeKind, text: &str) -> Trace {
    let trace = Trace::of(state, format!("{state}, said of {text}"));
    match kind {
        ChangeKind::Appeared | ChangeKind::Vanished => Trace {
            events: vec![EventId::new("e-1"), EventId::new("e-2")],
            candidates: vec![EventId::new("e-3")],
            caused_by: Some(EventId::new("e-3")),
            actor: Some(actor(text)),
            approval: Some(ApprovalMatch {
                id: "CHG-7".to_owned(),
                full: kind == ChangeKind::Appeared,
                reason: format!("the tag says {text}"),
            }),
            ..trace
        },
        _ => trace,
    }
}

fn actor(text: &str) -> Actor {
    Actor {
        key: format!("arn:aws:iam::111122223333:role/{text}#AROAEXAMPLE"),
        name: format!("arn:aws:iam::111122223333:role/{text}"),
        kind: ActorKind::RoleSession,
        session: Some("alice@example.com".to_owned()),
        external: true,
        ..Actor::unknown()
    }
}

fn event(id: &str, text: &str) -> AuditEvent {
    AuditEvent {
        id: EventId::new(id),
        account: AccountId::new("111122223333"),
        location: Location::new("us-east-1"),
        log: "cloudtrail".to_owned(),
        service: "ec2.amazonaws.com".to_owned(),
        operation: "TerminateInstances".to_owned(),
        class: Class::InstanceDelete,
        ingested_at: Some(time("2026-01-02T02:34:00Z")),
        actor: actor(text),
        client: Client {
            ip: Some("203.0.113.5".to_owned()),
            user_agent: Some(format!("{text} of a program that has much to say about itself")),
            console: false,
        },
        targets: BTreeSet::from([
            Target::by_uid(Role::Subject, Kind::Instance, format!("i-{text}")),
            Target::by_locator(Role::Related, None, Locator::new(text)),
        ]),
        ..AuditEvent::blank(Provider::Aws, time("2026-01-02T02:30:00Z"))
    }
}

fn residue(kind: ResidueKind, text: &str) -> Residue {
    let named = kind != ResidueKind::Attempt;
    Residue {
        id: format!("r-{kind}"),
        kind,
        provider: Provider::Aws,
        account: AccountId::new("111122223333"),
        location: Location::new("us-east-1"),
        target: named.then(|| Target::by_uid(Role::Created, Kind::Instance, format!("i-{text}"))),
        window: window(),
        events: vec![EventId::new("e-1"), EventId::new("e-2")],
        actor: Some(actor(text)),
        reason: format!("{kind}, said of {text}"),
    }
}

fn interval(status: LogStatus, hour: &str, text: &str) -> LogInterval {
    let at = |minute: &str| time(&format!("2026-01-02T{hour}:{minute}:00Z"));
    LogInterval {
        scope: LogScope {
            provider: Provider::Aws,
            account: AccountId::new("111122223333"),
            location: Location::new("us-east-1"),
            source: "cloudtrail".to_owned(),
        },
        window: Window { from: at("00"), to: at("59") },
        status,
        reason: format!("{status}, as {text} shows"),
    }
}
