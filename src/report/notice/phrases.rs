//! The phrases that shapes for people share: each one line without misleading characters, cut to its room; not yet
//! escaped for any of them.

use super::{Finding, Notice, Occasion};
use crate::model::{Plural, printable};
use crate::report::wording::{self, Gravity};

/// How many characters a title takes.
const TITLE: usize = 200;

/// How many characters the name of a resource or of a principal takes.
const NAME: usize = 160;

/// How many resources of one finding are named.
const RESOURCES: usize = 3;

/// Returns why the notice is sent.
pub(super) fn headline(notice: &Notice) -> String {
    match notice.occasion {
        Occasion::Findings => format!("driftline: {} new", wording::counts(&notice.findings.fresh)),
        Occasion::Incomplete => "driftline: not everything could be seen".to_owned(),
        Occasion::Routine => "driftline: nothing new".to_owned(),
    }
}

/// Returns how loud the notice is.
pub(super) fn gravity(notice: &Notice) -> Gravity {
    let worst = notice.findings.open.iter().find(|(_, count)| **count > 0).map(|(band, _)| *band);
    Gravity::of(worst, notice.coverage.complete)
}

/// Returns a finding: how bad it is, and what the rule says.
pub(super) fn finding(finding: &Finding) -> String {
    let band = finding.band.as_str().to_uppercase();
    format!("{band} {} · {}", finding.risk, line(&finding.title, TITLE))
}

/// Returns what else there is to tell of a finding, a line each.
pub(super) fn particulars(finding: &Finding) -> Vec<String> {
    let techniques = (!finding.techniques.is_empty()).then(|| finding.techniques.join(" "));
    let provider = finding.provider.map(|provider| provider.to_string());
    let parts: Vec<_> = [finding.rule.clone(), finding.status.to_string()]
        .into_iter()
        .chain(provider)
        .chain(techniques)
        .map(|part| line(&part, NAME))
        .collect();
    let mut lines = vec![parts.join(" · ")];
    if let Some(detail) = &finding.detail {
        lines.push(line(&detail.title, TITLE));
        let named = detail.resources.iter().take(RESOURCES);
        lines.extend(named.map(|resource| line(&wording::placed(resource), NAME)));
        let rest = detail.resources.len().saturating_sub(RESOURCES) as u64 + detail.more;
        lines.extend((rest > 0).then(|| format!("and {} more", Plural(rest, "resource"))));
        lines.extend(detail.actor.as_ref().map(|actor| format!("by {}", line(&wording::who(actor), NAME))));
    }
    lines
}

/// Returns how many findings are left after the first of the notice; `None` where none is.
pub(super) fn more(notice: &Notice, told: usize) -> Option<String> {
    let more = notice.more + notice.worst.len().saturating_sub(told) as u64;
    (more > 0).then(|| format!("{} more, in the report.", Plural(more, "finding")))
}

/// Returns which run this is about.
pub(super) fn run(notice: &Notice) -> String {
    let run = &notice.run;
    let mut parts = vec![match &run.id {
        Some(id) => format!("{} {id}", run.command),
        None => run.command.clone(),
    }];
    parts.push(wording::moment(run.finished_at));
    parts.push(format!("status {}", run.exit_status));
    parts.extend(run.seal.map(|seal| format!("seal {seal}")));
    parts.push(format!("driftline {}", run.version));
    line(&parts.join(" · "), TITLE)
}

fn line(text: &str, room: usize) -> String {
    wording::excerpt(&printable(text), 0, room)
}
