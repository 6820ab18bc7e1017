//! Plays a year of an estate in three clouds, with attacks hidden in its routine, and measures what is found.
//!
//! ```text
//! cargo bench --no-default-features --bench year -- --seeds 1..10
//! ```
//!
//! A simulator that knows only clouds and people lets groups scale, policies take snapshots, pipelines deploy
//! and people work; each act changes what a listing would show and leaves records in its cloud's own shape. It
//! begins as the README tells a user to begin: with the logs of the weeks before, from which it is learnt who
//! usually acts. Hourly the product scans, reads the logs that were delivered by then, and judges. Attacks are
//! planted at random times. An attack is found if a finding cites one of its resources or records while it goes
//! on or in the 24 hours after; a finding that cites none is false. It asserts nothing; it prints precision,
//! recall, findings a day, and the worst of what was false or missed.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where its own world is inconsistent"
)]

mod acts;
mod attacks;
mod estate;
mod native;
mod people;
mod print;
mod routine;
mod tally;
mod watch;
mod world;

use std::error::Error;
use std::ops::RangeInclusive;
use std::time::Instant;

use clap::Parser;
use driftline::model::Timestamp;
use jiff::SignedDuration;

use crate::print::Year;
use crate::tally::Tally;
use crate::watch::Watch;
use crate::world::World;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Plays a year and measures what is found.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// Which year to play
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which years to play, for instance `1..10`, or how many from 1 on
    #[arg(long, value_parser = seeds)]
    seeds: Option<RangeInclusive<u64>>,
    /// How long it is
    #[arg(long, default_value_t = 365)]
    days: u32,
    /// How many days of the logs from before the first scan are read with it
    #[arg(long, default_value_t = 14)]
    history: u32,
    /// How many resources the estate has when it begins
    #[arg(long, default_value_t = 5000)]
    resources: usize,
    /// How many attacks are planted
    #[arg(long)]
    attacks: Option<u32>,
    /// How many of the worst false findings to name
    #[arg(long, default_value_t = 25)]
    worst: usize,
    /// Tell of every attack what it did and what was said of it
    #[arg(long)]
    attacks_in_full: bool,
    /// Set by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    if !arguments.bench {
        println!("to be run by `cargo bench`");
        return Ok(());
    }
    let seeds = arguments.seeds.clone().unwrap_or(arguments.seed..=arguments.seed);
    let attacks = arguments.attacks.unwrap_or((40 * arguments.days).div_ceil(365));
    println!(
        "{} days after {} of logs alone, {} resources, {attacks} attacks, seeds {seeds:?}\n",
        arguments.days, arguments.history, arguments.resources
    );
    let mut years = Vec::new();
    for seed in seeds {
        let year = play(&arguments, seed, attacks)?;
        print::year(&year, &arguments);
        years.push(year);
    }
    print::together(&years, &arguments);
    Ok(())
}

fn play(arguments: &Arguments, seed: u64, attacks: u32) -> Outcome<Year> {
    let began = Instant::now();
    let monday: Timestamp = "2026-01-05T00:00:00Z".parse()?;
    let mut world = World::new(seed, monday - days(400));
    routine::settle(&mut world, arguments.resources, monday);
    let (start, last) = (monday + days(arguments.history), arguments.history + arguments.days);
    let end = monday + days(last);
    attacks::plant(&mut world, attacks, start + days(4), end - SignedDuration::from_hours(36));
    let (mut watch, mut tally) = (Watch::new(days(arguments.history))?, Tally::default());
    for day in 0..last {
        routine::day(&mut world, day);
        for hour in 1..=24 {
            world.run_until(monday + days(day) + SignedDuration::from_hours(hour));
            if world.now <= start {
                continue;
            }
            let findings = watch.hour(&mut world)?;
            tally.hour(&world, &findings);
        }
        if day > arguments.history && (day - arguments.history).is_multiple_of(30) {
            eprintln!("seed {seed}: day {}, {} s", day - arguments.history, began.elapsed().as_secs());
        }
    }
    let fates = tally.fates(&world);
    let resources = world.alive.values().map(std::collections::BTreeSet::len).sum();
    Ok(Year {
        seed,
        days: arguments.days,
        tally,
        fates,
        spent: watch.spent,
        took: began.elapsed(),
        resources,
    })
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(count) * 24)
}

/// Reads `10` or `3..7`, both ends included.
fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let number = |text: &str| text.trim_start_matches('=').parse::<u64>().map_err(|error| error.to_string());
    match text.split_once("..") {
        Some((from, to)) => Ok(number(from)?..=number(to)?),
        None => Ok(1..=number(text)?),
    }
}
