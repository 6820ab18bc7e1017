//! What only the binary can show: exit statuses, streams, the command line, signals, and the demo.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at what is not as it should be, and says what it skips or counted"
)]

mod access;
mod commands;
mod crash;
mod demo;
mod documents;
mod events;
mod findings;
mod formats;
mod generate;
mod goldens;
mod help;
mod hostile;
mod interrupt;
mod notify;
mod policies;
mod reference;
mod schedule;
#[path = "../schema_check/mod.rs"]
mod schema_check;
mod status;
mod support;
mod syslog;
mod techniques;
mod tuning;
