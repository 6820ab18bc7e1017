//! From audit log files to events, odd records and log coverage.

mod bad_input;
mod coverage;
mod packing;
mod support;
