//! What happens without any attacker: automation by the clock, and people at work.

mod clockwork;
mod founding;
mod people;

use jiff::SignedDuration;

use crate::world::World;

pub(crate) use founding::settle;

/// Plans a day that is about to begin.
pub(crate) fn day(world: &mut World, day: u32) {
    let workday = day % 7 < 5;
    clockwork::groups(world, workday);
    clockwork::policies(world, day);
    clockwork::rests(world, workday);
    clockwork::platform(world);
    clockwork::refresh(world, day);
    clockwork::blindness(world);
    people::pipelines(world, day, workday);
    people::shift(world, workday);
    people::projects(world, day, workday);
}

/// Returns a moment of the day that is about to begin, between two hours.
pub(crate) fn moment(world: &mut World, from: i64, to: i64) -> driftline::model::Timestamp {
    let seconds = world.rng.i64(from * 3600..to * 3600);
    world.now + SignedDuration::from_secs(seconds)
}
