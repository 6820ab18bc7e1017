//! Runs a child process and tells what it took.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::Outcome;

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// By the clock on the wall.
    pub(crate) wall: Duration,
    /// On the processors, in the program and in the system; `None` where `/proc` does not tell.
    pub(crate) cpu: Option<Duration>,
    /// The largest resident set, in bytes; `None` where `/proc` does not tell.
    pub(crate) peak: Option<u64>,
}

/// How often a running child is looked at; what it takes is at most this much more.
const PERIOD: Duration = Duration::from_millis(2);

/// The length of the ticks in `/proc`: 100 a second on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// Runs a command to its end and returns what it took and what it printed.
///
/// # Errors
///
/// If it cannot be run, or ends with a status that `is_success` refuses; then with what it said.
pub(crate) fn run(
    command: &mut Command,
    work: &Path,
    is_success: fn(ExitStatus) -> bool,
) -> Outcome<(Figures, String)> {
    let (stdout, stderr) = (work.join("stdout.txt"), work.join("stderr.txt"));
    command.stdin(Stdio::null()).stdout(File::create(&stdout)?).stderr(File::create(&stderr)?);
    let began = Instant::now();
    let mut child = command.spawn()?;
    let peak = watch(&child);
    let wall = began.elapsed();
    let cpu = processor_time(&child);
    let status = child.wait()?;
    // Without `/proc` nothing was watched, and the wait was for the end.
    let wall = if peak.is_some() { wall } else { began.elapsed() };
    if is_success(status) {
        return Ok((Figures { wall, cpu, peak }, fs::read_to_string(stdout)?));
    }
    let said = fs::read_to_string(stderr)?;
    Err(io::Error::other(format!("{command:?} ended with {status}: {}", said.trim())).into())
}

/// Watches a child until it has ended, but before it is waited for, and returns its largest resident set.
fn watch(child: &Child) -> Option<u64> {
    let path = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while let Ok(status) = fs::read_to_string(&path) {
        let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let kibibytes = value("VmHWM:").and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kibibytes.map(|count| count * 1024));
        if value("State:").is_none_or(|state| state.starts_with('Z')) {
            break;
        }
        std::thread::sleep(PERIOD);
    }
    peak
}

/// Returns what a child took on the processors; it may have ended, but not been waited for.
fn processor_time(child: &Child) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    // The name of the program, in parentheses, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * (ticks()? + ticks()?))
}
