//! `driftline.toml` as it is written: its tables, and what they come to.

mod aws;
mod azure;
mod entry;
mod events;
mod gcp;
mod tuning;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use schemars::generate::SchemaSettings;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use aws::AwsTable;
use azure::AzureTable;
use entry::{Common, LimitsTable, Names, entries};
use gcp::GcpTable;
use tuning::{RuleTables, WeightsTable};

use super::diagnosis::{ConfigError, ConfigErrors, Problem, Problems};
use super::shape::{Distinct, Shape as _, table};
use super::{Config, GcpCredential};
use crate::model::{Kind, Provider, printable};
use crate::rules::Tuning;

/// How many bytes a configuration may have.
const LARGEST: u64 = 8 << 20;
/// How many errors of the syntax are looked at.
const SYNTAX_ERRORS: usize = 100;

table! {
    /// `driftline.toml`: what to collect, from where, and how gently; and by which numbers to judge.
    ///
    /// `limits`, `kinds` and `skip-kinds` hold for every entry that has none of its own; of `limits` each key
    /// by itself.
    #[schemars(title = "driftline configuration, v1")]
    FileTable {
        /// The kinds to collect; without it, every kind that the cloud has.
        kinds: Distinct<Kind>,
        /// The kinds to leave out.
        skip_kinds: Distinct<Kind>,
        /// How gently to collect.
        limits: LimitsTable,
        /// What to collect from Amazon Web Services: one entry for each set of credentials.
        aws: Vec<AwsTable>,
        /// What to collect from Microsoft Azure: one entry for each set of credentials.
        azure: Vec<AzureTable>,
        /// What to collect from Google Cloud: one entry for each set of credentials.
        gcp: Vec<GcpTable>,
        /// The numbers that a risk is made of, in the place of the shipped ones.
        weights: WeightsTable,
        /// Parameters of rules, by rule, in the place of their defaults.
        rules: RuleTables,
    }
}

impl Config {
    /// Reads a configuration file. A relative path of a credentials file in it is relative to the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Unreadable`] and [`ConfigError::TooLarge`] for the file, else
    /// [`ConfigError::Invalid`] with everything that is wrong in it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let bytes = read_bytes(path)
            .map_err(|error| ConfigError::Unreadable { path: printable(&name), error })?
            .ok_or_else(|| ConfigError::TooLarge { path: printable(&name), limit: LARGEST })?;
        let text = String::from_utf8(bytes).map_err(|error| not_text(error.as_bytes(), &name))?;
        let mut config = Self::parse(&text, &name)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for entry in &mut config.gcp {
            if let GcpCredential::File(file) = &mut entry.cloud.credential {
                *file = folder.join(&file);
            }
        }
        Ok(config)
    }

    /// Reads the text of a configuration file that messages call by a name.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with everything that is wrong: in the syntax, of single values, and between them.
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::new(text);
        let document = parse_syntax(text, &mut problems);
        let config = FileTable::read(&document, &mut problems).map(|file| file.settle(&mut problems));
        if problems.is_empty() { Ok(config.unwrap_or_default()) } else { Err(problems.into_errors(name)) }
    }

    /// Returns the JSON Schema of `driftline.toml`, for editors.
    pub fn json_schema() -> serde_json::Value {
        let settings = SchemaSettings::draft2020_12();
        settings.into_generator().into_root_schema_for::<FileTable>().to_value()
    }
}

impl FileTable {
    fn settle(self, problems: &mut Problems<'_>) -> Config {
        let Self { kinds, skip_kinds, limits, weights, rules, .. } = self;
        let top = Common { kinds, skip_kinds, limits, ..Common::default() };
        top.check(problems);
        let mut names = Names::default();
        let mut tuning = Tuning::default();
        if let Some(table) = weights.value {
            table.settle(&mut tuning.weights, problems);
        }
        for set in rules.value.into_iter().flatten() {
            set.settle(&mut tuning);
        }
        Config {
            aws: entries(Provider::Aws, self.aws, &top, &mut names, problems),
            azure: entries(Provider::Azure, self.azure, &top, &mut names, problems),
            gcp: entries(Provider::Gcp, self.gcp, &top, &mut names, problems),
            tuning,
        }
    }
}

/// Returns the content of a file, unless it is too large.
fn read_bytes(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let length = File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok((u64::try_from(length).unwrap_or(u64::MAX) <= LARGEST).then_some(bytes))
}

/// Says where a file is not text.
fn not_text(bytes: &[u8], name: &str) -> ConfigErrors {
    let text = String::from_utf8_lossy(bytes);
    // Up to the first wrong byte the text has the length of the bytes, and there it has a replacement.
    let wrong = std::str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
    let mut problems = Problems::new(&text);
    let problem = Problem::new("the file is not UTF-8 text").with_hint("save it as UTF-8");
    problems.add_syntax(wrong..wrong + char::REPLACEMENT_CHARACTER.len_utf8(), problem);
    problems.into_errors(name)
}

/// Reads what there is to read of the text, and tells what is wrong with its syntax.
fn parse_syntax<'t>(text: &'t str, problems: &mut Problems<'_>) -> Spanned<DeValue<'t>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors.iter().take(SYNTAX_ERRORS) {
        problems.add_syntax(error.span().unwrap_or_default(), Problem::new(printable(error.message())));
    }
    Spanned::new(document.span(), DeValue::Table(document.into_inner()))
}
