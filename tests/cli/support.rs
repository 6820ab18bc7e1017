//! Runs the binary in a folder of its own, with nothing of this machine in sight.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use driftline::model::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Names another binary to test instead of the one built here.
const PROGRAM: &str = "DRIFTLINE_TEST_PROGRAM";

/// What the binary and its libraries read from the environment, besides everything with its own prefix.
const READ: &[&str] = &[
    "XDG_DATA_HOME",
    "HOME",
    "COLUMNS",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "COLORTERM",
    "CI",
    "LANG",
    "LC_ALL",
    "TMPDIR",
];

/// A folder with a store, and a home, of its own.
pub(crate) struct Site(TempDir);

impl Site {
    /// Makes an empty one.
    pub(crate) fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        fs::create_dir(site.path("home")).unwrap();
        site
    }

    /// Makes one whose store has the shipped incident: scan 1 before it, scan 2 after it.
    pub(crate) fn with_incident() -> Self {
        let site = Self::new();
        site.driftline(&["scan", "--from", &incident("before")]).run();
        let approved = incident("approved.csv");
        let after = incident("after");
        site.driftline(&["scan", "--from", &after, "--approved", &approved]).status(10).run();
        site
    }

    /// Returns a path inside the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Returns a path inside the folder, as text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Returns the path of the store.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("driftline.db")
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes a dump of one complete listing of volumes as of an hour of one day; returns its path.
    pub(crate) fn volumes(&self, name: &str, hour: u8, volumes: &[Value]) -> String {
        self.write(&format!("{name}/volumes.json"), json!({ "Volumes": volumes }).to_string());
        let manifest = json!({
            "driftline_dump": 1, "taken_at": format!("2020-03-01T{hour:02}:00:00Z"),
            "files": [{ "path": "volumes.json", "provider": "aws", "account": "111122223333",
                        "location": "eu-west-1", "kind": "volume", "complete": true }],
        });
        self.write(&format!("{name}/manifest.json"), manifest.to_string());
        self.text(name)
    }

    /// Prepares a run of the binary on the site's store.
    pub(crate) fn driftline(&self, args: &[&str]) -> Run<'_> {
        let mut command = self.bare(program());
        command.args(args).env("DRIFTLINE_STORE", self.store());
        Run { site: self, command, stdin: None, status: 0 }
    }

    /// Prepares a run of a shell command in the site's folder, in which `driftline` is the binary.
    pub(crate) fn shell(&self, script: &str) -> Run<'_> {
        let alias = r#"driftline() { "$DRIFTLINE_TESTED" "$@"; }"#;
        let mut command = self.bare(OsStr::new("sh"));
        command.args(["-c", &format!("{alias}\n{script}")]);
        command.env("DRIFTLINE_STORE", self.store()).env("DRIFTLINE_TESTED", program());
        Run { site: self, command, stdin: None, status: 0 }
    }

    /// Returns text with all that differs from run to run replaced, at the same width where tables align.
    pub(crate) fn redact(&self, text: &str) -> String {
        let text = text
            .replace(&self.text("driftline.db"), "@@STORE@@")
            .replace(self.0.path().to_str().unwrap(), "@@SITE@@")
            .replace(env!("CARGO_MANIFEST_DIR"), "@@PACKAGE@@")
            .replace(concat!("driftline ", env!("CARGO_PKG_VERSION")), "driftline @@VERSION@@");
        redact_seals(&redact_times(&text))
    }

    fn bare(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("DRIFTLINE") {
                command.env_remove(name);
            }
        }
        for name in READ {
            command.env_remove(name);
        }
        command.env("HOME", self.path("home")).env("COLUMNS", "100").current_dir(self.0.path());
        command
    }
}

/// One run to be.
pub(crate) struct Run<'a> {
    site: &'a Site,
    command: Command,
    stdin: Option<Vec<u8>>,
    status: i32,
}

impl Run<'_> {
    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Gives it something to read.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Says which status is expected; without it, 0.
    pub(crate) const fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Starts it, and leaves its end to the caller.
    pub(crate) fn spawn(mut self) -> Child {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs it to its end; panics, naming both, if its status is not the expected one.
    pub(crate) fn run(self) -> Ran {
        let (expected, site) = (self.status, self.site.0.path().to_owned());
        let stdin = self.stdin.clone();
        let command = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let mut child = self.spawn();
        let mut pipe = child.stdin.take().unwrap();
        // What the run does not want to read is no failure.
        let writer = std::thread::spawn(move || stdin.is_some_and(|bytes| pipe.write_all(&bytes).is_ok()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let ran = Ran {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(
            output.status.code() == Some(expected),
            "{command} in {} ended with {}, not {expected}\n--- stderr\n{}--- stdout\n{}",
            site.display(),
            output.status,
            ran.stderr,
            ran.stdout,
        );
        assert!(!ran.stderr.contains("panicked"), "{command}: {}", ran.stderr);
        ran
    }
}

/// What a run wrote.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Returns standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Returns the seal that a report's last line tells.
    pub(crate) fn seal(&self) -> String {
        self.stdout.split_whitespace().last().unwrap().to_owned()
    }
}

/// Returns the binary under test.
pub(crate) fn program() -> PathBuf {
    std::env::var_os(PROGRAM).map_or_else(|| env!("CARGO_BIN_EXE_driftline").into(), PathBuf::from)
}

/// Returns a dump of the shipped incident: `before` or `after`.
pub(crate) fn incident(dump: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/incident").join(dump);
    path.to_str().unwrap().to_owned()
}

/// Returns a volume as `describe-volumes` prints it.
pub(crate) fn volume(uid: &str) -> Value {
    json!({
        "VolumeId": uid, "AvailabilityZone": "eu-west-1a", "Size": 8, "VolumeType": "gp3", "State": "available",
        "CreateTime": "2020-01-01T00:00:00.000Z", "Encrypted": false, "Attachments": [],
    })
}

/// Replaces moments of this run, recognised by being within a day of now.
fn redact_times(text: &str) -> String {
    const SECONDS: usize = "2020-01-01T00:00:00".len();
    let now = Timestamp::now().as_second();
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let moment = rest.get(..SECONDS).and_then(|text| format!("{}Z", text.replace(' ', "T")).parse().ok());
        let recent = moment.is_some_and(|at: Timestamp| (at.as_second() - now).abs() < 86_400);
        if recent {
            redacted.push_str("@@@@@@@TIME@@@@@@@@");
            let after = &rest[SECONDS..];
            rest = after.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        } else {
            redacted.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    redacted
}

/// Replaces words of 64 hexadecimal digits.
fn redact_seals(text: &str) -> String {
    let is_seal = |word: &str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            if is_seal(bare) { word.replace(bare, &format!("{:@^64}", "SEAL")) } else { word.to_owned() }
        })
        .collect()
}

#[test]
fn redaction_keeps_widths_and_old_times() {
    let site = Site::new();
    let now = format!("{:.0}", Timestamp::now());
    let seal = "0123456789abcdef".repeat(4);
    let text = format!("{now} 2020-01-01T00:00:00Z {seal}.");
    let expected = format!("@@@@@@@TIME@@@@@@@@Z 2020-01-01T00:00:00Z {:@^64}.", "SEAL");
    assert_eq!(site.redact(&text), expected);
    assert_eq!(expected.len(), text.len());
}

/// Set, it makes tests rewrite the published examples.
const UPDATE_EXAMPLES: &str = "DRIFTLINE_UPDATE_EXAMPLES";

/// Holds every file of a generated folder against the one below `examples` that is published.
pub(crate) fn assert_published(generated: &Path, example: &str) {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
    if std::env::var_os(UPDATE_EXAMPLES).is_some() {
        let _ = fs::remove_dir_all(&published);
        fs::create_dir_all(&published).unwrap();
        for name in names(generated) {
            fs::copy(generated.join(&name), published.join(&name)).unwrap();
        }
    }
    assert_eq!(
        names(generated),
        names(&published),
        "{UPDATE_EXAMPLES}=1 cargo test rewrites examples/{example}"
    );
    for name in names(generated) {
        let read = |folder: &Path| fs::read_to_string(folder.join(&name)).unwrap();
        let same = read(generated) == read(&published);
        assert!(same, "examples/{example}/{name} differs; `{UPDATE_EXAMPLES}=1 cargo test` rewrites it");
    }
}

/// Returns the names of the files in a folder, in order; none if there is no folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
