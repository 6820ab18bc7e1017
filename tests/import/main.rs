//! From exported files to changes, without the binary: what a dump proves, and what it does not.

#![expect(clippy::unwrap_used, reason = "a test stops at what is not as it should be")]

mod bad_input;
mod completeness;
mod drift;
mod grants;
mod kinds;
mod laws;
mod logs;
mod packing;
mod support;
mod tenant;
