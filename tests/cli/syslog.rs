//! Findings reach a syslog receiver, and a receiver that is not there stops nothing.

use std::io::Read as _;
use std::net::{TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use super::support::Site;

/// Reads messages with octet counting: their length, a space, and no more than that.
fn counted(mut stream: &str) -> Vec<String> {
    let mut messages = Vec::new();
    while !stream.is_empty() {
        let (length, rest) = stream.split_once(' ').unwrap();
        let (message, rest) = rest.split_at(length.parse().unwrap());
        messages.push(message.to_owned());
        stream = rest;
    }
    messages
}

/// Takes a message of RFC 5424 apart: the priority, the fields after it, the text.
fn parts(message: &str) -> (u32, Vec<String>, String) {
    let (priority, rest) = message.strip_prefix('<').unwrap().split_once(">1 ").unwrap();
    let mut fields: Vec<String> = rest.splitn(7, ' ').map(str::to_owned).collect();
    let text = fields.pop().unwrap();
    (priority.parse().unwrap(), fields, text)
}

#[test]
fn findings_go_out_over_tcp_with_octet_counting() {
    let site = Site::with_incident();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = format!("tcp://{}", listener.local_addr().unwrap());
    let reader = thread::spawn(move || {
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    let ran = site.driftline(&["report", "--format", "leef", "--syslog", &receiver]).status(10).run();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let messages = counted(&reader.join().unwrap());
    assert_eq!(messages.len(), lines.len());
    for (message, line) in messages.iter().zip(lines) {
        let (priority, fields, text) = parts(message);
        // Facility 13, log audit; a severity from 2 to 6.
        assert!((13 * 8 + 2..=13 * 8 + 6).contains(&priority), "{message}");
        assert!(fields[0].parse::<driftline::model::Timestamp>().is_ok(), "{message}");
        assert_eq!((fields[2].as_str(), fields[5].as_str()), ("driftline", "-"), "{message}");
        assert_eq!(text, line);
    }
    assert_eq!(ran.stderr, "");
}

/// Starts a receiver of `tests/cli/tls`; returns it and its port.
#[cfg(feature = "notify")]
fn tls_receiver() -> (std::process::Child, std::io::BufReader<std::process::ChildStdout>, String) {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/tls/receiver.py");
    let mut receiver = Command::new("python3").arg(script).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(receiver.stdout.take().unwrap());
    let mut port = String::new();
    told.read_line(&mut port).unwrap();
    (receiver, told, port.trim().to_owned())
}

#[cfg(feature = "notify")]
#[test]
fn findings_go_out_over_tls_to_a_receiver_that_is_trusted_and_to_no_other() {
    let site = Site::with_incident();
    let trusted = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/tls/ca.pem");
    for (host, trusted, arrives) in
        [("127.0.0.1", trusted, true), ("localhost", trusted, true), ("127.0.0.1", "/dev/null", false)]
    {
        let (mut process, mut told, port) = tls_receiver();
        let receiver = format!("tls://{host}:{port}");
        let run = site.driftline(&["report", "--format", "leef", "--syslog", &receiver]);
        let ran = run.env("SSL_CERT_FILE", trusted).env("SSL_CERT_DIR", "/nonexistent").status(10).run();
        let mut text = String::new();
        told.read_to_string(&mut text).unwrap();
        process.wait().unwrap();
        if arrives {
            assert_eq!(ran.stderr, "");
            let texts: Vec<String> = counted(&text).iter().map(|message| parts(message).2).collect();
            assert_eq!(texts, ran.stdout.lines().collect::<Vec<_>>());
        } else {
            let warned = format!("warning: the findings did not reach {receiver}: ");
            assert!(ran.stderr.starts_with(&warned) && ran.stderr.contains("certificate"), "{}", ran.stderr);
            assert!(text.starts_with("refused: "), "{text}");
        }
    }
}

#[test]
fn findings_go_out_over_udp_a_datagram_each() {
    let site = Site::with_incident();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let receiver = format!("udp://{}", socket.local_addr().unwrap());
    let args = ["report", "--format", "cef", "--syslog", &receiver, "--syslog-format", "cef"];
    let ran = site.driftline(&args).status(10).run();
    let mut buffer = vec![0; 65_536];
    for line in ran.stdout.lines() {
        let length = socket.recv(&mut buffer).unwrap();
        let (_, _, text) = parts(std::str::from_utf8(&buffer[..length]).unwrap());
        assert_eq!(text, line);
    }
}

#[test]
fn a_receiver_that_is_not_there_is_told_and_changes_nothing() {
    let site = Site::with_incident();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = format!("tcp://{}", listener.local_addr().unwrap());
    drop(listener);
    let plain = site.driftline(&["report"]).status(10).run();
    for args in [&["report", "--syslog", &receiver][..], &["report", "--quiet", "--syslog", &receiver]] {
        let ran = site.driftline(args).status(10).run();
        let warned = format!("warning: the findings did not reach {receiver}: ");
        assert!(ran.stderr.starts_with(&warned), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1);
        assert_eq!(ran.stdout == plain.stdout, !args.contains(&"--quiet"));
    }
    let ran = site.driftline(&["report", "--log-format", "json", "--syslog", &receiver]).status(10).run();
    let line: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(line["level"], "warning");
}
