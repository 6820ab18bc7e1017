//! The frame of the page.

use maud::{DOCTYPE, Markup, html};

use super::{STYLE, Said, coverage, findings, verbatim, verdict};
use crate::report::glance::Glance;
use crate::report::view::Scan;
use crate::report::{View, wording};

/// The sections that the navigation names, in order.
const SECTIONS: [(&str, &str); 9] = [
    ("verdict", "Verdict"),
    ("findings", "Findings"),
    ("timeline", "Time line"),
    ("changes", "Changes"),
    ("residues", "Only in the logs"),
    ("events", "Events"),
    ("coverage", "Coverage"),
    ("logs", "Logs"),
    ("run", "Run"),
];

/// Returns everything before the body; the page is closed by whoever writes what stands behind the body.
pub(super) fn opening(title: &str, generator: &str, policy: &str) -> Markup {
    html! {
        (DOCTYPE)
        (verbatim("<html lang=\"en\">\n"))
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            meta name="generator" content=(Said(generator));
            title { "driftline: " (Said(title)) }
            style { (verbatim(STYLE)) }
        }
        (verbatim("\n<body>\n"))
    }
}

/// Returns the way past the head of a page, and its head: the sections, and room for what only a script can do.
pub(super) fn header(skip: (&str, &str), sections: &[(&str, &str)], scripted: bool) -> Markup {
    html! {
        a.skip href={ "#" (skip.0) } { (skip.1) }
        header.top {
            span.brand { "driftline" }
            nav aria-label="Sections" {
                ul { @for (id, title) in sections { li { a href={ "#" (id) } { (title) } } } }
            }
            @if scripted { div #tools hidden {} }
        }
    }
}

/// Returns what people read.
pub(super) fn body(view: &View, glances: &[Glance]) -> Markup {
    html! {
        (header(("findings", "Skip to the findings"), &SECTIONS, true))
        main #main {
            (verdict::verdict(view, glances))
            noscript {
                p.note {
                    "Without script this page tells what it must: the verdict, the findings with the highest risk, \
                     the coverage. Evidence, time line and filters need the script that the page carries."
                }
            }
            (findings::findings(view, glances))
            (enlivened("timeline", "Time line", "when everything happened, place by place"))
            (enlivened("changes", "Changes", "what differs between the scans, value by value"))
            (enlivened("residues", "Only in the logs", "what the logs tell and no state shows"))
            (enlivened("events", "Events", "every audit event that the report cites"))
            (coverage::coverage(view))
            (coverage::logs(view))
            (moved_and_unused(view))
            (run(view))
        }
    }
}

/// Returns a section that the script fills.
pub(super) fn enlivened(id: &str, title: &str, holds: &str) -> Markup {
    html! {
        section id=(id) tabindex="-1" aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            noscript { p { "Needs the page's script: " (holds) "." } }
            div.filled {}
        }
    }
}

fn moved_and_unused(view: &View) -> Markup {
    html! {
        @if !view.moved_verdicts.is_empty() {
            section #moved aria-labelledby="moved-title" {
                h2 #moved-title { "Verdicts of earlier runs that moved" }
                ul {
                    @for moved in &view.moved_verdicts {
                        li {
                            (moved.change.kind) " " b { (Said(wording::subject(&moved.change))) } ": "
                            (moved.was) " → " (moved.change.trace.state) ", " (Said(&moved.change.trace.reason))
                        }
                    }
                }
            }
        }
        @if !view.unused_approvals.is_empty() {
            section #approvals aria-labelledby="approvals-title" {
                h2 #approvals-title { "Approvals that nothing was done under" }
                ul {
                    @for approval in &view.unused_approvals {
                        li {
                            b { (Said(&approval.id)) } ", " (wording::moment(approval.from)) " to "
                            (wording::moment(approval.to)) " (" (Said(&approval.origin)) ")"
                        }
                    }
                }
            }
        }
    }
}

fn run(view: &View) -> Markup {
    let run = &view.run;
    let scan = |scan: &Scan| format!("scan {} of {}", scan.id, wording::moment(scan.taken_at));
    html! {
        section #run tabindex="-1" aria-labelledby="run-title" {
            h2 #run-title { "Run" }
            dl.facts {
                dt { "Command" } dd { "driftline " (Said(&run.command)) ", exit status " (run.exit_status) }
                @if let Some(before) = &view.scans.before { dt { "Before" } dd { (scan(before)) } }
                @if let Some(after) = &view.scans.after { dt { "After" } dd { (scan(after)) } }
                dt { "Finished" } dd { (wording::moment(run.finished_at)) }
                dt { "Release" } dd { "driftline " (Said(&run.version)) ", rules " (Said(&run.rules_version)) }
                @if let Some(seal) = run.seal {
                    dt { "Seal" }
                    dd { code { (seal) } " — keep it elsewhere: " code { "driftline store verify --expect-seal" }
                         " catches a store that was rewritten" }
                }
            }
        }
    }
}
