//! The formats: one file each, and a line in the table.

mod cef;
mod csv;
mod html;
mod json;
mod leef;
mod markdown;
mod metrics;
mod ndjson;
mod ocsf;
mod sarif;
mod stix;
mod terminal;

use super::Format;

/// Every format, in the order in which help and documents present them.
pub const FORMATS: &[&dyn Format] = &[
    &terminal::Terminal,
    &json::Json,
    &ndjson::Ndjson,
    &markdown::Markdown,
    &csv::Csv,
    &html::Html,
    &sarif::Sarif,
    &ocsf::Ocsf,
    &stix::Stix,
    &leef::Leef,
    &cef::Cef,
    &metrics::Metrics,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_format_file_is_registered_under_an_id_of_its_own() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/formats");
        let on_disk: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| Some(entry.unwrap().path().file_stem()?.to_str()?.to_owned()))
            .filter(|stem| stem != "mod")
            .collect();
        let in_table: BTreeSet<String> = FORMATS.iter().map(|format| format.id().replace('-', "_")).collect();
        assert_eq!(on_disk, in_table);
        assert_eq!(in_table.len(), FORMATS.len(), "two formats share an id");
    }
}
