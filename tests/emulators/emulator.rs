//! Emulators as processes, and the scripts that talk to them.

use std::env;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long an emulator may take to listen.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running emulator; it stops when it is dropped.
pub(crate) struct Emulator {
    process: Child,
    python: PathBuf,
    folder: TempDir,
    pub(crate) url: String,
}

impl Emulator {
    /// Starts moto; `None` if its environment is missing.
    pub(crate) fn moto() -> Option<Self> {
        let python = python("DRIFTLINE_MOTO_PYTHON")?;
        // Its own images come with hundreds of snapshots that belong to the account.
        let environment = [("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")];
        let start = |port: &str| format!("-m moto.server -H 127.0.0.1 -p {port}");
        Some(Self::start(&python, start, &environment))
    }

    /// Starts ministack; `None` if its environment is missing.
    pub(crate) fn ministack() -> Option<Self> {
        let python = python("DRIFTLINE_MINISTACK_PYTHON")?;
        Some(Self::start(&python, |_| "-m ministack".to_owned(), &[]))
    }

    /// Starts ministack so that it records what it is asked; `None` if its environment is missing.
    pub(crate) fn recording_ministack() -> Option<Self> {
        let python = python("DRIFTLINE_MINISTACK_PYTHON")?;
        Some(Self::start(&python, |_| "-m ministack".to_owned(), &[("CLOUDTRAIL_RECORDING", "1")]))
    }

    /// Starts a microburst in front of this one, with these rules.
    pub(crate) fn behind_microburst(&self, rules: &Value) -> Self {
        let config = self.folder.path().join("microburst.yaml");
        // JSON is YAML, too.
        fs::write(&config, serde_json::json!({ "rules": rules }).to_string()).unwrap();
        let start = |port: &str| {
            format!(
                "-m microburst --host 127.0.0.1 --port {port} --upstream {} --no-resign --config {}",
                self.url,
                config.display()
            )
        };
        Self::start(&self.python, start, &[])
    }

    fn start(python: &Path, arguments: impl Fn(&str) -> String, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let log = File::create(folder.path().join("log")).unwrap();
        let process = Command::new(python)
            .args(arguments(&port.to_string()).split(' '))
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .envs(environment.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut emulator =
            Self { process, python: python.to_owned(), folder, url: format!("http://127.0.0.1:{port}") };
        emulator.wait(port);
        emulator
    }

    /// Waits until it listens.
    fn wait(&mut self, port: u16) {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = self.process.try_wait().unwrap();
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap();
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "{ended:?}: {}", log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Runs one of the scripts of `tests/clouds/emulators`, and returns what it prints.
    pub(crate) fn script(&self, name: &str, input: &Value) -> Value {
        self.script_through(&self.url, name, input)
    }

    /// Does the same through whatever stands in front of the emulator.
    pub(crate) fn script_through(&self, url: &str, name: &str, input: &Value) -> Value {
        let path = package("tests/clouds/emulators").join(name);
        let mut command = Command::new(&self.python);
        command.arg(path).envs(credentials(url)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().unwrap();
        script.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
        let output = script.wait_with_output().unwrap();
        assert!(output.status.success(), "{name} failed");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Dumps these regions with the script that `driftline generate collect-script` prints and the AWS CLI.
    pub(crate) fn dump(&self, regions: &[&str], folder: &Path) {
        // The script dates its dump to the second, and a dump may not be older than the scan before.
        thread::sleep(Duration::from_secs(1));
        let bin = self.python.parent().unwrap().to_str().unwrap();
        let output = Command::new("sh")
            .arg(package("src/cli/collect_script/aws.sh"))
            .args(["--regions", &regions.join(" "), "--attributes", "--out"])
            .arg(folder)
            .envs(self.credentials())
            .env("PATH", format!("{bin}:{}", env::var("PATH").unwrap()))
            .output()
            .unwrap();
        // 3: a call that the emulator does not know.
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 3)), "{told}");
    }

    /// Returns what points the vendor's tools, and driftline, at the emulator.
    pub(crate) fn credentials(&self) -> [(&'static str, String); 6] {
        credentials(&self.url)
    }

    /// Returns the JSON at a path.
    pub(crate) fn json(&self, path: &str) -> Value {
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns what points the vendor's tools, and driftline, at a URL.
pub(crate) fn credentials(url: &str) -> [(&'static str, String); 6] {
    [
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
    ]
}

/// Returns the Python of an environment; `None`, with a word, if there is none.
///
/// # Panics
///
/// If there is none where `CI` is set.
#[expect(clippy::print_stderr, reason = "who runs the tests should know what was left out")]
fn python(variable: &str) -> Option<PathBuf> {
    let python = env::var_os(variable).map(PathBuf::from);
    if python.is_none() {
        assert!(
            env::var_os("CI").is_none(),
            "`{variable}` is not set: run `eval \"$(.ci/emulators)\"` first"
        );
        eprintln!("skipped: `{variable}` is not set; `eval \"$(.ci/emulators)\"` sets it");
    }
    python
}

fn package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
