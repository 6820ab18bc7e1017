//! Approved changes: a file of them, CSV or TOML (DESIGN §8).

use std::fs;
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::model::{AccountId, Approval, Provider, Timestamp, printable};

/// Why a file of approved changes cannot be used; nothing of it is taken then, so that no typing mistake
/// approves or forbids anything unseen.
#[derive(Debug, Error)]
pub enum ApprovalsError {
    /// It does not open or read.
    #[error("cannot read `{path}`: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It reads, and some of it is wrong: every mistake with its file and line.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

/// The columns of a CSV file; a TOML file has `[[approval]]` tables with the same keys.
const COLUMNS: [&str; 7] = ["id", "from", "to", "provider", "account", "resources", "principals"];

/// Reads a file of approved changes: TOML if its name ends so, else CSV.
///
/// | key | meaning |
/// | --- | --- |
/// | `id` | the identifier that the change bears |
/// | `from`, `to` | when it may be done: times with offset (`2026-01-02T03:04:05Z`) |
/// | `provider`, `account` | where; anywhere if empty |
/// | `resources` | globs over uid, name and locator; any if empty. In CSV separated by `;` |
/// | `principals` | globs over the actor's key, name and session; any if empty. In CSV separated by `;` |
///
/// # Errors
///
/// [`ApprovalsError`] with every mistake at once: an unknown column or key, a missing identifier, a time that is
/// none, an end before its beginning.
pub fn approvals(path: &Path) -> Result<Vec<Approval>, ApprovalsError> {
    let shown = printable(&path.display().to_string());
    let bytes = fs::read(path).map_err(|error| ApprovalsError::Unreadable { path: shown.clone(), error })?;
    let is_toml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let rows = if is_toml { toml_rows(&bytes, &shown) } else { csv_rows(&bytes, &shown) };
    let rows = rows.map_err(|mistake| ApprovalsError::Invalid(vec![mistake]))?;
    let (mut approvals, mut mistakes) = (Vec::new(), Vec::new());
    for (origin, row) in rows {
        match row.and_then(|row| approval(row, &origin)) {
            // Where the file lies is nobody's business but its reader's.
            Ok(approval) => approvals.push(Approval { origin: in_file(&origin), ..approval }),
            Err(mistake) => mistakes.push(format!("{origin}: {mistake}")),
        }
    }
    if mistakes.is_empty() { Ok(approvals) } else { Err(ApprovalsError::Invalid(mistakes)) }
}

/// Returns where an approval stands without the folders that its file lies in.
fn in_file(origin: &str) -> String {
    origin.rsplit(['/', '\\']).next().unwrap_or(origin).to_owned()
}

/// One approval as it stands in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    id: String,
    from: String,
    to: String,
    provider: String,
    account: String,
    resources: Vec<String>,
    principals: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    approval: Vec<toml::Spanned<toml::Value>>,
}

type Rows = Vec<(String, Result<Row, String>)>;

fn toml_rows(bytes: &[u8], name: &str) -> Result<Rows, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("{name}: {error}"))?;
    let document: Document = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        format!("{name}:{line}: {}", printable(error.message()))
    })?;
    let rows = document.approval.into_iter().map(|table| {
        let origin = format!("{name}:{}", line_of(text, table.span().start));
        (origin, table.into_inner().try_into().map_err(|error: toml::de::Error| printable(error.message())))
    });
    Ok(rows.collect())
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn csv_rows(bytes: &[u8], name: &str) -> Result<Rows, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(bytes);
    let headers = reader.headers().map_err(|error| format!("{name}:1: {error}"))?.clone();
    if let Some(unknown) = headers.iter().find(|header| !COLUMNS.contains(header)) {
        let (unknown, known) = (printable(unknown), COLUMNS.join(", "));
        return Err(format!("{name}:1: no column is `{unknown}`; known are {known}"));
    }
    let rows = reader.into_records().map(|record| match record {
        Ok(record) => {
            let line = record.position().map_or(0, |at| line_from(bytes, at));
            let cell = |column: &str| {
                let at = headers.iter().position(|header| header == column);
                at.and_then(|at| record.get(at)).unwrap_or_default().to_owned()
            };
            let list = |column: &str| {
                let parts = cell(column);
                parts.split(';').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
            };
            let row = Row {
                id: cell("id"),
                from: cell("from"),
                to: cell("to"),
                provider: cell("provider"),
                account: cell("account"),
                resources: list("resources"),
                principals: list("principals"),
            };
            (format!("{name}:{line}"), Ok(row))
        }
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            (format!("{name}:{line}"), Err(error.to_string()))
        }
    });
    Ok(rows.collect())
}

/// Returns the line of the record that follows a position, which may lie before comments.
fn line_from(bytes: &[u8], at: &csv::Position) -> u64 {
    let rest = usize::try_from(at.byte()).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    let passed = rest.split(|byte| *byte == b'\n').take_while(|line| {
        let line = line.trim_ascii();
        line.is_empty() || line.starts_with(b"#")
    });
    at.line() + passed.count() as u64
}

fn approval(row: Row, origin: &str) -> Result<Approval, String> {
    if row.id.is_empty() {
        return Err("`id` is missing".to_owned());
    }
    let (from, to) = (moment("from", &row.from)?, moment("to", &row.to)?);
    if to <= from {
        return Err(format!("`to` ({to}) is not after `from` ({from})"));
    }
    let provider = (!row.provider.is_empty()).then(|| row.provider.parse::<Provider>()).transpose();
    Ok(Approval {
        id: row.id,
        provider: provider.map_err(|error| printable(&error.to_string()))?,
        account: (!row.account.is_empty()).then(|| AccountId::new(row.account)),
        resources: row.resources,
        principals: row.principals,
        from,
        to,
        origin: origin.to_owned(),
    })
}

fn moment(key: &str, text: &str) -> Result<Timestamp, String> {
    if text.is_empty() {
        return Err(format!("`{key}` is missing"));
    }
    let shown = printable(text);
    text.parse()
        .map_err(|_| format!("`{key}`: `{shown}` is no time with offset, such as 2026-01-02T03:04:05Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<Approval>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let place = format!("{}/", folder.path().display());
        let strip = |text: String| text.replace(&place, "");
        approvals(&path)
            .map(|all| {
                all.into_iter().map(|one| Approval { origin: strip(one.origin.clone()), ..one }).collect()
            })
            .map_err(|error| strip(error.to_string()))
    }

    const CSV: &str = "\
id,from,to,provider,account,resources,principals
# by the change board
CHG-1,2026-01-02T03:00:00Z,2026-01-02T05:00:00+01:00,aws,111122223333,web-*;i-0abc,*alice*
CHG-2,2026-01-02T03:00:00Z,2026-01-03T03:00:00Z,,,,
";

    const TOML: &str = "\
[[approval]]
id = \"CHG-1\"
from = \"2026-01-02T03:00:00Z\"
to = \"2026-01-02T05:00:00+01:00\"
provider = \"aws\"
account = \"111122223333\"
resources = [\"web-*\", \"i-0abc\"]
principals = [\"*alice*\"]

[[approval]]
id = \"CHG-2\"
from = \"2026-01-02T03:00:00Z\"
to = \"2026-01-03T03:00:00Z\"
";

    #[test]
    fn csv_and_toml_say_the_same() {
        let (csv, toml) = (read("a.csv", CSV).unwrap(), read("a.toml", TOML).unwrap());
        let bare = |all: &[Approval]| -> Vec<Approval> {
            all.iter().map(|one| Approval { origin: String::new(), ..one.clone() }).collect()
        };
        assert_eq!(bare(&csv), bare(&toml));
        assert_eq!(csv[0].resources, ["web-*", "i-0abc"]);
        assert_eq!((csv[0].origin.as_str(), toml[1].origin.as_str()), ("a.csv:3", "a.toml:10"));
        assert_eq!((csv[1].provider, &csv[1].account), (None, &None));
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "id,from,to\n,2026-01-02T03:00:00Z,2026-01-03T03:00:00Z\nA,yesterday,2026-01-03T03:00:00Z\n\
                    B,2026-01-03T03:00:00Z,2026-01-02T03:00:00Z\n";
        assert_eq!(
            read("a.csv", text).unwrap_err(),
            "a.csv:2: `id` is missing\n\
             a.csv:3: `from`: `yesterday` is no time with offset, such as 2026-01-02T03:04:05Z\n\
             a.csv:4: `to` (2026-01-02T03:00:00Z) is not after `from` (2026-01-03T03:00:00Z)"
        );
    }

    #[test]
    fn unknown_columns_and_keys_are_refused() {
        let columns = "id, from, to, provider, account, resources, principals";
        assert_eq!(
            read("a.csv", "id,resource\nA,x\n").unwrap_err(),
            format!("a.csv:1: no column is `resource`; known are {columns}")
        );
        let error = read("a.toml", "[[approval]]\nid = \"A\"\nresource = \"x\"\n").unwrap_err();
        assert!(error.starts_with("a.toml:1: unknown field `resource`"), "{error}");
        let error = read("a.toml", "[[approved]]\nid = \"A\"\n").unwrap_err();
        assert!(error.starts_with("a.toml:1: unknown field `approved`"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = approvals(Path::new("/nowhere/approved.csv")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read `/nowhere/approved.csv`: "), "{error}");
    }
}
