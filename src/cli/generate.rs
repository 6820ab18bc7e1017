//! `driftline generate`: what derives from the tables and the command line.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use clap_complete::Shell;
use serde_json::Value;

use super::global::Global;
use super::output::write_stdout;
use super::{Failure, Status, command, policies, reference, schedule};
use crate::config::Config;
use crate::model::Provider;
use crate::report::View;
use crate::report::notice::Notice;
use crate::report::period::Period;
use crate::sources::files::Manifest;

/// Print completions, manual pages, schemas, policies, schedules and collection scripts; write the reference.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the completion script of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Write the manual pages.
    Man {
        /// The folder to write them to; without it, the main page goes to standard output.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Print a POSIX shell script that makes a dump with the vendor's own command line.
    CollectScript {
        /// Which cloud.
        #[arg(long, value_parser = ["aws", "azure", "gcp"])]
        provider: String,
    },
    // What these are for, their arguments say.
    Docs(reference::Args),
    Policies(policies::Args),
    Schedule(schedule::Args),
    /// Print a JSON Schema, or write all of them.
    Schemas {
        /// Which schema.
        #[arg(required_unless_present = "out", value_parser = schema_names())]
        name: Option<String>,
        /// The folder to write all of them to.
        #[arg(long, value_name = "DIR", conflicts_with = "name")]
        out: Option<PathBuf>,
    },
}

/// Makes a schema from the types that it describes.
type Schema = fn() -> Value;

/// Every schema that driftline publishes, by name.
const SCHEMAS: &[(&str, Schema)] = &[
    ("report.v1", View::json_schema),
    ("notify.v1", Notice::json_schema),
    ("period.v1", Period::json_schema),
    ("dump.v1", Manifest::json_schema),
    ("config.v1", Config::json_schema),
];

fn schema_names() -> Vec<&'static str> {
    SCHEMAS.iter().map(|(name, _)| *name).collect()
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        match self.what {
            What::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command(), "driftline", &mut script);
                write_stdout(|out| out.write_all(&script))?;
            }
            What::Man { out: None } => {
                let page = clap_mangen::Man::new(command());
                write_stdout(|mut out| page.render(&mut out))?;
            }
            What::Man { out: Some(folder) } => {
                let unwritable = |error| Failure::Output { path: folder.display().to_string(), error };
                fs::create_dir_all(&folder).map_err(unwritable)?;
                clap_mangen::generate_to(command(), &folder).map_err(unwritable)?;
                global.tell(format_args!("Wrote the manual pages to `{}`.", folder.display()));
            }
            What::CollectScript { provider } => {
                let script = provider.parse().map(collect_script)?;
                write_stdout(|out| out.write_all(script.as_bytes()))?;
            }
            What::Docs(args) => args.run(global)?,
            What::Policies(args) => args.run(global)?,
            What::Schedule(args) => args.run(global)?,
            What::Schemas { name: Some(name), .. } => {
                let schema = SCHEMAS.iter().find(|(known, _)| *known == name);
                let schema = schema.map(|(_, schema)| schema()).unwrap_or_default();
                write_stdout(|out| writeln!(out, "{schema:#}"))?;
            }
            What::Schemas { out, .. } => write_schemas(&out.unwrap_or_default())?,
        }
        Ok(Status::Clean)
    }
}

fn write_schemas(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .map_err(|error| Failure::Output { path: folder.display().to_string(), error })?;
    for (name, schema) in SCHEMAS {
        let path = folder.join(format!("{name}.json"));
        fs::write(&path, format!("{:#}\n", schema()))
            .map_err(|error| Failure::Output { path: path.display().to_string(), error })?;
    }
    Ok(())
}

/// Returns the script that makes a dump of a cloud with the vendor's own command line.
const fn collect_script(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => include_str!("collect_script/aws.sh"),
        Provider::Azure => include_str!("collect_script/azure.sh"),
        Provider::Gcp => include_str!("collect_script/gcp.sh"),
    }
}
