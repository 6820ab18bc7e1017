//! `events` of the clouds that keep one log for everybody.

use super::super::Events;
use super::super::shape::Choice;

impl Choice for Events {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("fetch", "The vendor is asked for who did what.", Self::Fetch),
        ("off", "Nobody is asked.", Self::Off),
    ];
}
