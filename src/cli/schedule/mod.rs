//! `driftline generate schedule`: what runs a scan every so often.
//!
//! One script runs the scan, publishes its report and tells of its status; each scheduler's file says how the
//! script is started and how it is heard there.

mod cron;
mod every;
mod github_actions;
mod kubernetes;
mod path;
mod script;
mod systemd;

use std::fs;
use std::path::{Path, PathBuf};

use super::Failure;
use super::global::Global;
use super::output::write_stdout;

use every::Every;
use path::Place;

/// Print what runs a scan every so often: cron, systemd, Kubernetes or GitHub Actions.
///
/// Findings (10) and incomplete coverage (3) are told and are no failures of the job; a run that finds
/// the one before still running (21) leaves it alone; everything else fails. `driftline` is run from PATH.
///
/// `--store` and `--config` say where the scans find theirs; without them: /var/lib/driftline and
/// /etc/driftline, the home's usual folders with `--user`, the checkout of a workflow.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    scheduler: Scheduler,

    /// How often: 5m to 30m, 1h to 12h, 1d or 1w.
    #[arg(long, value_name = "PERIOD", default_value = "1h")]
    every: Every,

    /// For cron and systemd: as the calling user, with the files of the home, instead of for the machine.
    #[arg(long, conflicts_with_all = ["kubernetes", "github_actions"])]
    user: bool,

    /// Write each file to this folder instead of all of them to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What starts the scans.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "a flag for each scheduler, of which one is given")]
struct Scheduler {
    /// A crontab, and the script that it runs.
    #[arg(long)]
    cron: bool,

    /// A service, its timer, and the script that it runs.
    #[arg(long)]
    systemd: bool,

    /// A `CronJob`, and all that it needs.
    #[arg(long)]
    kubernetes: bool,

    /// A workflow.
    #[arg(long)]
    github_actions: bool,
}

/// What is to be scheduled.
struct Plan {
    every: Every,
    user: bool,
    /// The store, if one was named.
    store: Option<Place>,
    /// The configuration, if one was named.
    config: Option<Place>,
}

/// One file to install.
struct File {
    name: &'static str,
    text: String,
    executable: bool,
}

impl File {
    const fn new(name: &'static str, text: String) -> Self {
        Self { name, text, executable: false }
    }

    const fn script(text: String) -> Self {
        Self { name: "driftline-scan", text, executable: true }
    }
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let files = self.files(global)?;
        let Some(folder) = &self.out else {
            return write_stdout(|out| {
                for file in &files {
                    if files.len() > 1 {
                        writeln!(out, "# ---- {} ----", file.name)?;
                    }
                    writeln!(out, "{}", file.text)?;
                }
                Ok(())
            });
        };
        for file in &files {
            write(folder, file)?;
        }
        global.tell(format_args!("Wrote the schedule to `{}`.", folder.display()));
        Ok(())
    }

    fn files(&self, global: &Global) -> Result<Vec<File>, Failure> {
        let anywhere = self.scheduler.github_actions;
        let place =
            |option, path: Option<&Path>| path.map(|path| Place::new(option, path, anywhere)).transpose();
        let plan = Plan {
            every: self.every,
            user: self.user,
            store: place("--store", global.store())?,
            config: place("--config", global.config())?,
        };
        let files = match &self.scheduler {
            Scheduler { cron: true, .. } => cron::files(&plan),
            Scheduler { systemd: true, .. } => systemd::files(&plan),
            Scheduler { kubernetes: true, .. } => kubernetes::files(&plan)?,
            Scheduler { .. } => github_actions::files(&plan),
        };
        Ok(files)
    }
}

fn write(folder: &Path, file: &File) -> Result<(), Failure> {
    let path = folder.join(file.name);
    let unwritable = |error| Failure::Output { path: path.display().to_string(), error };
    fs::create_dir_all(folder).map_err(unwritable)?;
    fs::write(&path, format!("{}\n", file.text)).map_err(unwritable)?;
    if file.executable {
        make_executable(&path).map_err(unwritable)?;
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Fills a template: each `@@NAME@@` takes the text of its name; a line's end at the end of the template is
/// dropped.
fn fill(template: &str, texts: &[(&str, &str)]) -> String {
    let template = template.trim_end().to_owned();
    texts.iter().fold(template, |filled, (name, text)| filled.replace(&format!("@@{name}@@"), text))
}

/// Indents each line that is not empty.
fn indent(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
