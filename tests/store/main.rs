//! The store from outside: what a scan leaves, what two scans differ in, and what no fault may cost.

mod drift;
mod support;
