//! The figures, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use driftline::model::Band;

use crate::Arguments;
use crate::tally::{Fate, Said, Tally};
use crate::watch::{Spent, each, seconds};

/// What came of one year.
pub(crate) struct Year {
    pub(crate) seed: u64,
    pub(crate) days: u32,
    pub(crate) tally: Tally,
    pub(crate) fates: Vec<Fate>,
    pub(crate) spent: Spent,
    pub(crate) took: Duration,
    /// How many resources there were in the end.
    pub(crate) resources: usize,
}

impl Year {
    fn all(&self) -> impl Iterator<Item = &Said> {
        self.tally.said.values()
    }

    /// Those of the time without attacks that tell of none.
    fn calm(&self) -> impl Iterator<Item = &Said> {
        self.all().filter(|said| said.calm && said.plot.is_none())
    }

    fn months(&self) -> f64 {
        f64::from(self.tally.calm_hours) / 720.0
    }

    fn false_highs(&self) -> usize {
        self.calm().filter(|said| said.band.reaches(Band::High)).count()
    }

    fn missed(&self) -> impl Iterator<Item = &Fate> {
        self.fates.iter().filter(|fate| !fate.worst.is_some_and(|worst| worst.reaches(Band::Medium)))
    }
}

/// Prints one year.
pub(crate) fn year(year: &Year, arguments: &Arguments) {
    let Spent { scanning, importing, judging, settling, scans, events, missed } = year.spent;
    let calm = year.calm().count();
    let days = f64::from(year.tally.calm_hours) / 24.0;
    let at_least = |band: Band| year.calm().filter(|said| said.band.reaches(band)).count();
    println!(
        "seed {}: {} attacks, {} missed; per calm day {:.1} findings, {:.2} at medium; {} false highs, {:.2} a month",
        year.seed,
        year.fates.len(),
        year.missed().count(),
        share(calm, days),
        share(at_least(Band::Medium), days),
        year.false_highs(),
        share(year.false_highs(), year.months())
    );
    println!(
        "  {} for {scans} scans of {} resources in the end and {events} events ({missed} too late to be read): scan {}, logs {}, judge {}, settle {} each",
        seconds(year.took),
        year.resources,
        each(scanning, scans),
        each(importing, scans),
        each(judging, scans),
        each(settling, scans)
    );
    let mut worst: Vec<&Said> = year.calm().filter(|said| said.band.reaches(Band::Medium)).collect();
    worst.sort_by_key(|said| (std::cmp::Reverse(said.risk), said.rule));
    for said in worst.iter().take(arguments.worst) {
        println!("  false {:>3} {} {}: {} [{}]", said.risk, said.at, said.rule, said.title, said.why);
        if said.band.reaches(Band::High) {
            println!("      {}", said.facts);
        }
    }
    let shown = |fate: &&Fate| {
        arguments.attacks_in_full || !fate.worst.is_some_and(|worst| worst.reaches(Band::Medium))
    };
    for fate in year.fates.iter().filter(shown) {
        let worst = fate.worst.map_or("nothing", Band::as_str);
        println!("  attack {}: {worst} [{}]", fate.kind, fate.steps.join("; "));
        for said in fate.said.iter().take(6) {
            println!("      {said}");
        }
    }
    println!();
}

/// Prints all years together.
pub(crate) fn together(years: &[Year], arguments: &Arguments) {
    rules(years);
    kinds(years);
    expectations(years);
    sorts(years, arguments);
    let months: f64 = years.iter().map(Year::months).sum();
    let highs: usize = years.iter().map(Year::false_highs).sum();
    let attacks: usize = years.iter().map(|year| year.fates.len()).sum();
    let missed: usize = years.iter().map(|year| year.missed().count()).sum();
    let found = attacks - missed;
    println!(
        "{} seeds of {} days: {found} of {attacks} attacks at medium or above; {:.2} false highs a month, at worst {:.2}",
        years.len(),
        years.first().map_or(0, |year| year.days),
        share(highs, months),
        years.iter().map(|year| share(year.false_highs(), year.months())).fold(0.0, f64::max)
    );
}

/// Prints true and false findings by rule and band.
fn rules(years: &[Year]) {
    let mut rows: BTreeMap<&str, BTreeMap<Band, (usize, usize)>> = BTreeMap::new();
    for said in years.iter().flat_map(Year::all) {
        let (true_ones, false_ones) = rows.entry(said.rule).or_default().entry(said.band).or_default();
        *(if said.plot.is_some() { true_ones } else { false_ones }) += 1;
    }
    println!(
        "{:<28} {:>16} {:>16} {:>16} {:>16} {:>16}   precision at medium and above",
        "true/false at", "critical", "high", "medium", "low", "info"
    );
    for (rule, bands) in rows {
        let cell = |band: &Band| match bands.get(band) {
            Some((true_ones, false_ones)) => format!("{true_ones}/{false_ones}"),
            None => "—".to_owned(),
        };
        let cells: Vec<String> = Band::ALL.iter().map(|band| format!("{:>16}", cell(band))).collect();
        let above = bands.iter().filter(|(band, _)| band.reaches(Band::Medium));
        let (good, bad) = above.fold((0, 0), |sum, (_, cell)| (sum.0 + cell.0, sum.1 + cell.1));
        let precision = if good + bad == 0 { "—".to_owned() } else { percent(good, good + bad) };
        println!("{rule:<28} {}   {precision}", cells.join(" "));
    }
    println!();
}

/// Prints how many attacks of each sort were found.
fn kinds(years: &[Year]) {
    let mut rows: BTreeMap<&str, Vec<&Fate>> = BTreeMap::new();
    for fate in years.iter().flat_map(|year| &year.fates) {
        rows.entry(fate.kind).or_default().push(fate);
    }
    println!("{:<40} {:>8} {:>8} {:>8} {:>8}", "attacks", "planted", "medium+", "high+", "recall");
    for (kind, fates) in rows {
        let at = |band: Band| {
            fates.iter().filter(|fate| fate.worst.is_some_and(|worst| worst.reaches(band))).count()
        };
        println!(
            "{kind:<40} {:>8} {:>8} {:>8} {:>8}",
            fates.len(),
            at(Band::Medium),
            at(Band::High),
            percent(at(Band::Medium), fates.len())
        );
    }
    println!();
}

/// Prints how often the rules that should have spoken did.
fn expectations(years: &[Year]) {
    let mut rows: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for fate in years.iter().flat_map(|year| &year.fates) {
        for rule in fate.expects {
            let (all, said) = rows.entry(rule).or_default();
            *all += 1;
            *said += usize::from(fate.rules.contains(rule));
        }
    }
    println!("{:<40} {:>8} {:>8} {:>8}", "rule that should speak", "attacks", "spoke", "recall");
    for (rule, (all, said)) in rows {
        println!("{rule:<40} {all:>8} {said:>8} {:>8}", percent(said, all));
    }
    println!();
}

/// Prints which sorts of false findings there were, one title each.
fn sorts(years: &[Year], arguments: &Arguments) {
    let mut rows: BTreeMap<(&str, String), (usize, u8, &str)> = BTreeMap::new();
    for said in years.iter().flat_map(Year::calm).filter(|said| said.band.reaches(Band::Medium)) {
        let reasons: BTreeSet<&str> = said.why.split("; ").collect();
        let key = (said.rule, reasons.into_iter().collect::<Vec<_>>().join("; "));
        let row = rows.entry(key).or_insert((0, said.risk, &said.title));
        row.0 += 1;
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(_, (count, risk, _))| (std::cmp::Reverse(*risk >= 70), std::cmp::Reverse(*count)));
    for ((rule, why), (count, risk, title)) in rows.into_iter().take(arguments.worst) {
        println!("false {count:>4} × {risk:>3} {rule}: {title} [{why}]");
    }
    println!();
}

#[expect(clippy::cast_precision_loss, reason = "printed with two decimals")]
fn share(count: usize, of: f64) -> f64 {
    if of > 0.0 { count as f64 / of } else { 0.0 }
}

fn percent(part: usize, of: usize) -> String {
    (100 * part).checked_div(of).map_or_else(|| "—".to_owned(), |share| format!("{share} %"))
}
