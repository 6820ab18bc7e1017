//! Plain data that every layer shares; names no other layer.
//!
//! One word per idea, in code, SQL, command line, JSON and documents:
//!
//! | word | meaning |
//! | --- | --- |
//! | provider | `aws`, `azure`, `gcp` |
//! | scope | provider × account × location × kind: what one listing covers |
//! | coverage | how completely a scan listed a scope, with the reason |
//! | resource | one thing with an immutable uid |
//! | revision | one canonical state of a resource, valid over an interval of scans |
//! | scan | one collection run |
//! | seal | the scan's link in the hash chain |
//! | baseline | a name that points at a sealed scan |
//! | change | a difference between two scans |
//! | event | one normalised audit record |
//! | log coverage | the intervals for which a log is known to be complete |
//! | trace | what connects a change to audit events, or the reasoned absence of any |
//! | residue | what the log says and no state shows |
//! | lineage | which disk comes from which snapshot, image or other disk |
//! | grant | what a principal may do to compute: one capability, approximately |
//! | finding | what a rule says about changes, traces and events |
//! | report | a run made readable |
//! | notice | what a webhook is told of a run |

mod approval;
mod canonical;
mod change;
mod churn;
mod coverage;
mod estate;
mod event;
mod finding;
mod finding_life;
mod grant;
mod id;
mod lineage;
mod log;
mod residue;
mod resource;
mod revert;
mod revert_method;
mod scan;
mod secret;
mod state;
mod technique;
mod text;

pub use approval::{Approval, ApprovalMatch};
pub use canonical::{Digest, Document, DocumentError, canonical_json, flatten, normalise};
pub use change::{
    AttributeChange, Change, ChangeKind, EVENTS_MISSING, Moved, Revision, Trace, TraceState, Transition,
    Verdict, Window,
};
pub use churn::{
    Centre, ChurnBaseline, ChurnKey, ChurnKind, Remaining, RestoreGap, SnapshotChurn, SnapshotLife, Step,
    Tail, Tally, Turn,
};
pub use coverage::{Coverage, CoverageStatus, EVERYWHERE, Reason, Scope};
pub use estate::{Estate, Place, Usage};
pub use event::{
    Acquaintance, Actor, ActorKind, ActorRecord, AuditEvent, Class, Client, End, EventId, Familiarity,
    Outcome, Role, Stage, Target,
};
pub use finding::{Band, Bands, Finding, FindingStatus, Points};
pub use finding_life::{Acceptance, Decision, FindingRecord, Reported, Saying, Standing};
pub use grant::{Capability, GrantUse, LastAct};
pub use id::{AccountId, Kind, Location, Locator, Provider, ScanId, Uid, UnknownName};
pub(crate) use id::{folded, names};
pub use lineage::{Descent, Edge, KnownBy, Life, Lineage, Node, NodeKey, Occupancy, Spell};
pub use log::{Lag, LogInterval, LogScope, LogStatus, LogViolation, OddRecord, ViolationKind};
pub use residue::{Accounted, Residue, ResidueKind};
pub use resource::{
    Attributes, Confidence, Exposure, Grant, Link, ManagedBy, PrincipalKind, Rel, Resource, ResourceKey,
    Sight,
};
pub use revert::{Fate, Origin, Revert, RevertKind, SeenIn};
pub use revert_method::{METHODS, Method};
pub use scan::{Baseline, BaselineName, Scan, ScanState, Seal};
pub use secret::{conceal, sha256};
pub use state::{Phase, State};
pub use technique::{ATTACK_VERSION, Technique, attack_versions, technique, technique_in};
pub use text::{Plural, is_treacherous, printable, printable_json, shell_word, short_id};

/// A moment in UTC.
pub type Timestamp = jiff::Timestamp;
