//! The findings, at a glance.

use maud::{Markup, html};

use super::Said;
use crate::model::Plural;
use crate::report::glance::Glance;
use crate::report::view::Finding;
use crate::report::{View, wording};

/// How many findings the page shows before its script has run, or where none runs.
const SHOWN: usize = 50;

/// How many names, places and resources stand in one line.
const NAMES: usize = 3;

/// How much of a title and of a name stands in a row; `findings.js` cuts there, too.
const TITLE: usize = 240;
const NAME: usize = 80;

/// Returns the findings with the highest risk; the script puts all of them in their place, page by page.
pub(super) fn findings(view: &View, glances: &[Glance]) -> Markup {
    let all = view.findings.len();
    html! {
        section #findings tabindex="-1" aria-labelledby="findings-title" {
            h2 #findings-title { "Findings" }
            div #filters hidden {}
            p #found role="status" {
                @if all == 0 { "No findings." }
                @else if all > SHOWN { "The first " (SHOWN) " of " (Plural(all as u64, "finding")) "." }
                @else { (Plural(all as u64, "finding")) ", the highest risk first." }
            }
            ol #list.findings {
                @for (finding, glance) in view.findings.iter().zip(glances).take(SHOWN) {
                    li { (row(finding, glance)) }
                }
            }
            div #pager {}
        }
    }
}

/// Returns one finding: what `findings.js` draws, and below it what stands in the place of the evidence.
fn row(finding: &Finding, glance: &Glance) -> Markup {
    html! {
        details.finding id={ "finding-" (Said(&finding.id)) } {
            summary {
                span.risk { span.chip.(finding.band) { (finding.band) } " " b { (finding.risk) } }
                span.what {
                    span.title role="heading" aria-level="3" { (Said(wording::excerpt(&finding.title, 0, TITLE))) }
                    span.glance {
                        (part("who", &some(&glance.who, "nobody known")))
                        (part("when", &glance.when))
                        (part("where", &some(&glance.places, "no place")))
                        (part("sure", &glance.sure))
                    }
                    span.tags {
                        span.tag { (Said(&finding.rule)) }
                        span.tag { (finding.status) }
                        @for technique in &finding.techniques { span.tag { (Said(technique)) } }
                    }
                }
            }
            div.body { (told(finding)) }
        }
    }
}

fn part(label: &str, text: &str) -> Markup {
    html! { span.part { span.label { (label) } " " span.value { (Said(text)) } } }
}

/// Returns the first few of several, or what to say where there are none.
fn some(all: &[String], none: &str) -> String {
    let shown: Vec<_> = all.iter().take(NAMES).map(|name| wording::excerpt(name, 0, NAME)).collect();
    match all.len() {
        0 => none.to_owned(),
        1..=NAMES => shown.join(" · "),
        count => format!("{} and {} more", shown.join(" · "), count - NAMES),
    }
}

fn told(finding: &Finding) -> Markup {
    html! {
        dl {
            @if let Some(decision) = wording::decided(finding) { dt { "Decision" } dd { (Said(decision)) } }
            @if !finding.why.is_empty() {
                dt { "Why" }
                @for step in &finding.why { dd { (format!("{:+}", step.points)) " " (Said(&step.reason)) } }
            }
            @if !finding.resources.is_empty() || !finding.scopes.is_empty() {
                dt { "About" }
                @for resource in finding.resources.iter().take(NAMES) { dd { (Said(wording::placed(resource))) } }
                @for scope in finding.scopes.iter().take(NAMES) { dd { (Said(wording::scope(scope))) } }
            }
            @if !finding.techniques.is_empty() {
                dt { "ATT&CK" }
                @for id in &finding.techniques { dd { (Said(wording::technique(id))) } }
            }
        }
    }
}
