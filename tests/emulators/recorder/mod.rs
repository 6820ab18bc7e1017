//! A recorder: it passes every call through to an emulator, and writes CloudTrail records of those that change
//! something, as no emulator does. It serves them as the event history, and has them delivered as a trail does.

mod operations;
mod record;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::{Value, json};

use self::operations::operation;
use self::record::Call;
use crate::emulator::Emulator;
use crate::logs::Logs;
use crate::server::{Ending, Reply, Request, Server};

/// The account of moto.
pub(crate) const ACCOUNT: &str = "123456789012";

/// How many events a page of the history holds, so that a short history has several.
const PAGE: usize = 3;

/// A running recorder; it stops when it is dropped.
pub(crate) struct Recorder {
    server: Server,
    tape: Arc<Tape>,
}

/// What was recorded, and whether anything is.
#[derive(Default)]
struct Tape {
    logs: Mutex<Logs>,
    is_off: AtomicBool,
    count: AtomicUsize,
}

impl Recorder {
    /// Starts one in front of an emulator.
    pub(crate) fn before(emulator: &Emulator) -> Self {
        let tape = Arc::new(Tape::default());
        let (kept, upstream) = (Arc::clone(&tape), emulator.url.strip_prefix("http://").unwrap().to_owned());
        let server = Server::start(move |request| kept.answer(request, &upstream));
        Self { server, tape }
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Does something of which nothing is recorded.
    pub(crate) fn silenced<T>(&self, act: impl FnOnce() -> T) -> T {
        self.tape.is_off.store(true, Ordering::SeqCst);
        let result = act();
        self.tape.is_off.store(false, Ordering::SeqCst);
        result
    }

    /// Adds a record that somebody else wrote.
    pub(crate) fn add(&self, region: &str, record: Value) {
        let place = (ACCOUNT.to_owned(), region.to_owned());
        self.tape.logs.lock().unwrap().history.entry(place).or_default().push(record);
    }

    /// Returns every record so far.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.tape.logs.lock().unwrap().history.values().flatten().cloned().collect()
    }

    /// Returns how many pages of the event history were asked for that are not the first of theirs.
    pub(crate) fn further_pages(&self) -> usize {
        let requests = self.server.requests();
        let is_further = |request: &&Request| {
            is_lookup(request) && String::from_utf8_lossy(&request.body).contains("NextToken")
        };
        requests.iter().filter(is_further).count()
    }

    /// Returns the objects in which a trail delivers the records, for `trail.py`, and one of each region that it
    /// delivers at another time, without any.
    pub(crate) fn delivered(&self, regions: &[&str], later: Timestamp) -> Value {
        let mut objects = Vec::new();
        let object = |region: &str, at: Timestamp, records: &[Value]| {
            let key = format!(
                "AWSLogs/{ACCOUNT}/CloudTrail/{region}/{}/{ACCOUNT}_CloudTrail_{region}_{}_abcdefghijklmnop.json.gz",
                at.strftime("%Y/%m/%d"),
                at.strftime("%Y%m%dT%H%MZ"),
            );
            json!({ "key": key, "content": json!({ "Records": records }).to_string() })
        };
        for ((_, region), records) in &self.tape.logs.lock().unwrap().history {
            let last = records.iter().map(|record| record["eventTime"].as_str().unwrap()).max().unwrap();
            objects.push(object(region, last.parse().unwrap(), records));
        }
        objects.extend(regions.iter().map(|region| object(region, later, &[])));
        json!({ "bucket": "recorded", "region": regions[0], "objects": objects })
    }
}

impl Tape {
    fn answer(&self, request: &Request, upstream: &str) -> Reply {
        if is_lookup(request) {
            let mut asked: Value = serde_json::from_slice(&request.body).unwrap();
            asked["MaxResults"] = PAGE.into();
            let request = Request { body: asked.to_string().into(), ..request.clone() };
            return self.logs.lock().unwrap().answer(&request, ACCOUNT).unwrap();
        }
        let reply = pass(request, upstream);
        self.take(request, &reply);
        reply
    }

    /// Writes a record of a call, if one is due.
    fn take(&self, request: &Request, answer: &Reply) {
        let Some([region, "ec2"]) = scope(request) else { return };
        let action = request.parameter("Action");
        let Some(operation) = action.and_then(|action| operation(&action)) else { return };
        if self.is_off.load(Ordering::SeqCst) {
            return;
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let id = format!("7e5ca1ed-0000-4000-8000-{number:012}");
        let at = Timestamp::now();
        let record = Call { operation, request, answer, account: ACCOUNT, region, id, at }.record();
        let place = (ACCOUNT.to_owned(), region.to_owned());
        self.logs.lock().unwrap().history.entry(place).or_default().push(record);
    }
}

/// Returns the names of every operation that is recorded.
pub(crate) fn recorded() -> BTreeSet<&'static str> {
    operations::OPERATIONS.iter().map(|row| row.name).collect()
}

fn is_lookup(request: &Request) -> bool {
    request.header("x-amz-target").is_some_and(|target| target.ends_with(".LookupEvents"))
}

/// Returns the region and the service for which a request was signed.
fn scope(request: &Request) -> Option<[&str; 2]> {
    let credential = request.header("authorization")?.split_once("Credential=")?.1;
    let mut parts = credential.split_once(',')?.0.split('/').skip(2);
    Some([parts.next()?, parts.next()?])
}

/// Asks the emulator.
fn pass(request: &Request, upstream: &str) -> Reply {
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let mut head = format!("{} {}{query} HTTP/1.0\r\nhost: {upstream}\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        if !matches!(&**name, "host" | "connection" | "expect" | "content-length") {
            head.extend([name, ": ", value, "\r\n"]);
        }
    }
    head.extend(["content-length: ", &request.body.len().to_string(), "\r\n\r\n"]);
    let mut stream = TcpStream::connect(upstream).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    let head = String::from_utf8(answer).unwrap();
    let (status, headers) = head.trim_end().split_once("\r\n").unwrap();
    let headers = headers
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .filter(|(name, _)| !matches!(&**name, "content-length" | "connection" | "transfer-encoding"))
        .collect();
    let status = status.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, headers, body, ending: Ending::Whole }
}
