//! The phrases about a period that formats for people share; plain text, not yet neutralised for any of them.

use std::collections::BTreeMap;

use super::view::{
    AccountCoverage, ActorTally, Bound, Decided, Lives, LogShare, OpenFinding, Period, ScopeGaps, TrendStep,
    Unexplained,
};
use crate::model::{Band, Plural};
use crate::report::wording::{self, Gravity, counts, moment};

/// What the columns on the lives of findings are called, in order; see [`lives`].
pub(in crate::report) const LIVES: [&str; 8] =
    ["before", "new", "changed", "accepted", "resolved", "reopened", "persisting", "after"];

/// Returns what stands in these columns.
pub(in crate::report) const fn lives(lives: &Lives) -> [u64; LIVES.len()] {
    let Lives { open_before, new, changed, accepted, resolved, reopened, persisting, open_after } = *lives;
    [open_before, new, changed, accepted, resolved, reopened, persisting, open_after]
}

/// Returns the lives of the findings of all bands together.
pub(in crate::report) fn all_lives(period: &Period) -> [u64; LIVES.len()] {
    let mut all = [0; LIVES.len()];
    for of_band in period.findings.values() {
        all.iter_mut().zip(lives(of_band)).for_each(|(sum, count)| *sum += count);
    }
    all
}

/// Returns how loud the period is: by what is open at its end, and whether everything was listed.
pub(in crate::report) fn gravity(period: &Period) -> Gravity {
    match period.open.iter().map(|finding| finding.band).min() {
        Some(band) if band.reaches(Band::High) => Gravity::Alarm,
        Some(Band::Medium) => Gravity::Warning,
        _ if period.scans.complete < period.scans.sealed || period.scans.sealed == 0 => Gravity::Warning,
        _ => Gravity::Calm,
    }
}

/// Returns the whole period in one line: what is open, what happened, how completely it was looked at.
pub(in crate::report) fn verdict(period: &Period) -> String {
    let mut open: BTreeMap<Band, u64> = BTreeMap::new();
    for finding in &period.open {
        *open.entry(finding.band).or_default() += 1;
    }
    let open = match period.open.len() {
        0 => "no open findings".to_owned(),
        1 => format!("{} finding open", counts(&open)),
        _ => format!("{} findings open", counts(&open)),
    };
    let [_, new, _, accepted, resolved, ..] = all_lives(period);
    format!("{open} · {new} new, {accepted} accepted, {resolved} resolved · {}", scans(period))
}

/// Returns how many scans there were, and how complete.
pub(in crate::report) fn scans(period: &Period) -> String {
    match (period.scans.sealed, period.scans.complete) {
        (0, _) => "no scan".to_owned(),
        (1, 1) => "1 scan, complete".to_owned(),
        (1, _) => "1 scan, not complete".to_owned(),
        (sealed, complete) if sealed == complete => format!("{sealed} scans, all complete"),
        (sealed, complete) => format!("{sealed} scans, {complete} of them complete"),
    }
}

/// Returns from where to where the period goes.
pub(in crate::report) fn bounds(period: &Period) -> String {
    let ends = |bound: &Bound| match &bound.scan {
        Some(scan) if scan.taken_at == bound.at => format!("scan {} of {}", scan.id, moment(scan.taken_at)),
        Some(scan) => format!("{} (scan {} of {})", moment(bound.at), scan.id, moment(scan.taken_at)),
        None => format!("{} (no scan until then)", moment(bound.at)),
    };
    format!("after {} and up to {}", ends(&period.from), ends(&period.to))
}

/// Returns what keeps the period from telling more, if anything does.
pub(in crate::report) fn notes(period: &Period) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(match period.scans.sealed {
        0 => {
            Some("No scan was sealed in this period: nothing is known of it but what was open before.".into())
        }
        1 => Some("One scan was sealed in this period: it has no course to tell.".to_owned()),
        _ => None,
    });
    if !period.scans.not_judged.is_empty() {
        let scans: Vec<_> = period.scans.not_judged.iter().map(ToString::to_string).collect();
        notes.push(format!("Sealed, and judged by no run: scan {}.", scans.join(", ")));
    }
    notes
}

/// Returns a length of time in its two largest units.
pub(in crate::report) fn duration(seconds: i64) -> String {
    let mut rest = seconds.max(0);
    let mut parts = Vec::new();
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)] {
        if rest >= size && parts.len() < 2 {
            parts.push(format!("{} {unit}", rest / size));
            rest %= size;
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// Returns a part of a whole in percent, never rounded up to all of it: `99.9 %`.
pub(in crate::report) fn percent(part: u64, whole: u64) -> String {
    let thousandths = part.saturating_mul(1000).checked_div(whole).unwrap_or_default();
    match thousandths {
        1000 => "100 %".to_owned(),
        _ => format!("{}.{} %", thousandths / 10, thousandths % 10),
    }
}

/// Returns the place of an account.
pub(in crate::report) fn account(coverage: &AccountCoverage) -> String {
    format!("{} {}", coverage.provider, coverage.account)
}

/// Returns how completely an account was listed.
pub(in crate::report) fn listed(coverage: &AccountCoverage) -> String {
    let AccountCoverage { scans, complete_scans, listings, complete_listings, .. } = coverage;
    format!(
        "complete in {complete_scans} of {}, {} of {}",
        Plural(*scans, "scan"),
        percent(*complete_listings, *listings),
        Plural(*listings, "listing")
    )
}

/// Returns the scope that gaps are about.
pub(in crate::report) fn scope(gaps: &ScopeGaps) -> String {
    let ScopeGaps { provider, account, location, kind, .. } = gaps;
    format!("{provider}/{account}/{location}/{kind}")
}

/// Returns how bad the gaps of a scope are.
pub(in crate::report) fn missed(gaps: &ScopeGaps) -> String {
    let row = if gaps.longest > 1 { format!(", {} in a row", gaps.longest) } else { String::new() };
    let mended = if gaps.mended { ", complete since" } else { "" };
    let ScopeGaps { scans, incomplete, last_status, last_at, .. } = gaps;
    let of = Plural(*scans, "scan");
    format!("{incomplete} of {of}{row}, last {last_status} at {}{mended}", moment(*last_at))
}

/// Returns which log a share is about.
pub(in crate::report) fn log(share: &LogShare) -> String {
    let LogShare { provider, account, location, source, .. } = share;
    format!("{source} of {provider} {account} {location}")
}

/// Returns for how much of the period a log is complete.
pub(in crate::report) fn logged(share: &LogShare) -> String {
    let part = |seconds: i64| u64::try_from(seconds).unwrap_or_default();
    let whole = percent(part(share.complete_seconds), part(share.seconds));
    format!("complete for {whole} of the time, {}", Plural(share.gaps.len() as u64, "gap"))
}

/// Returns one step of the course.
pub(in crate::report) fn course(step: &TrendStep) -> String {
    if step.scans == 0 {
        return "no scan".to_owned();
    }
    let sum = |counts: &BTreeMap<Band, u64>| counts.values().sum::<u64>();
    let told = |all: u64, bands: &BTreeMap<Band, u64>, word: &str| match all {
        0 => format!("0 {word}"),
        _ => format!("{all} {word} ({})", counts(bands)),
    };
    let open = step.open.as_ref().map(|open| told(sum(open), open, "open")).unwrap_or_default();
    let new = told(sum(&step.new), &step.new, "new");
    format!("{}, {} · {new} · {open}", Plural(step.scans, "scan"), Plural(step.changes, "change"))
}

/// Returns the day on which a step begins.
pub(in crate::report) fn day(step: &TrendStep) -> String {
    step.from.strftime("%Y-%m-%d").to_string()
}

/// Returns how much somebody did.
pub(in crate::report) fn deeds(tally: &ActorTally) -> String {
    format!("{}, {}", Plural(tally.findings, "finding"), Plural(tally.changes, "change"))
}

/// Returns how long findings stood without explanation, in sentences.
pub(in crate::report) fn unexplained(unexplained: &Unexplained) -> String {
    let ended = match (unexplained.ended, unexplained.mean_seconds.zip(unexplained.longest_seconds)) {
        (1, Some((mean, _))) => {
            format!("1 finding was explained, accepted or resolved, after {}.", duration(mean))
        }
        (ended, Some((mean, longest))) => format!(
            "{ended} findings were explained, accepted or resolved: mean time unexplained {}, longest {}.",
            duration(mean),
            duration(longest)
        ),
        _ => "No finding that stood without explanation was explained, accepted or resolved.".to_owned(),
    };
    let standing = match (unexplained.standing, unexplained.oldest_seconds) {
        (0, _) => "None stands without explanation at the end.".to_owned(),
        (1, Some(oldest)) => format!("1 still stands without, for {}.", duration(oldest)),
        (standing, oldest) => {
            format!(
                "{standing} still stand without, the oldest for {}.",
                duration(oldest.unwrap_or_default())
            )
        }
    };
    format!("{ended} {standing}")
}

/// Returns until when an acceptance holds.
pub(in crate::report) fn until(decided: &Decided) -> String {
    match decided.expires_at {
        None => "for good".to_owned(),
        Some(at) if decided.expired => format!("expired {}", moment(at)),
        Some(at) => format!("until {}", moment(at)),
    }
}

/// Returns how many findings an acceptance covers, and of how many it no longer holds.
pub(in crate::report) fn covered(decided: &Decided) -> String {
    let all = decided.findings.len() as u64;
    let lost = decided.findings.iter().filter(|finding| !finding.holds).count();
    match lost {
        0 => Plural(all, "finding").to_string(),
        _ if decided.expired => format!("{}, told again", Plural(all, "finding")),
        _ => format!("{}, {lost} of which say something else now", Plural(all, "finding")),
    }
}

/// Returns since when a finding is open, and whether it is explained.
pub(in crate::report) fn stands(finding: &OpenFinding) -> String {
    let first = format!("since scan {} of {}", finding.first_scan, moment(finding.first_at));
    let again = if finding.reopened { ", reopened" } else { "" };
    let unexplained = finding.unexplained_since.map_or_else(String::new, |since| {
        if since == finding.first_at {
            ", unexplained".into()
        } else {
            format!(", unexplained since {}", moment(since))
        }
    });
    format!("{first}{again}{unexplained}")
}

/// Returns what a finding that is open is about; empty where it is about no resource and no scope.
pub(in crate::report) fn subject(finding: &OpenFinding) -> String {
    let scope = || finding.scope.as_ref().map(wording::scope).unwrap_or_default();
    finding.resource.as_ref().map_or_else(scope, wording::placed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_its_two_largest_units() {
        let told: Vec<_> = [0, 59, 61, 7_200, 90_061].map(duration).into();
        assert_eq!(told, ["0 s", "59 s", "1 min 1 s", "2 h", "1 d 1 h"]);
    }

    #[test]
    fn what_is_not_all_is_never_rounded_up_to_all() {
        assert_eq!(percent(9_999, 10_000), "99.9 %");
        assert_eq!(percent(10_000, 10_000), "100 %");
        assert_eq!(percent(0, 0), "0.0 %");
    }
}
