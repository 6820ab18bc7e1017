//! (in progress)
pub mod elements;
pub mod open;
