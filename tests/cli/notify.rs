//! Notices reach webhooks, and a webhook that fails stops nothing and learns nothing that it should not.

use driftline::model::Band;
use driftline::report::View;
use driftline::report::notice::{Notice, SHAPES};

use super::support::{Site, volume};

/// What stands in a URL that nobody but its receiver may read.
const TOKEN: &str = "T0KEN";

#[test]
fn an_address_that_is_none_is_refused_without_being_repeated() {
    let site = Site::with_incident();
    let file = site.write("url", format!("http://soc.example/{TOKEN}\n"));
    for (url, told) in [
        (format!("http://soc.example/{TOKEN}"), "`http://soc.example` would carry the notice"),
        (format!("ftp://soc.example/{TOKEN}"), "`--notify` takes `https://HOST/PATH`"),
        (TOKEN.to_owned(), "`--notify` takes `https://HOST/PATH`"),
        (format!("@{file}"), "url`: `http://soc.example` would carry the notice"),
    ] {
        let ran = site.driftline(&["report", "--notify", &url]).status(2).run();
        assert!(ran.stderr.contains(told) && !ran.stderr.contains(TOKEN), "{}", ran.stderr);
    }
    site.driftline(&["report", "--notify-detail"]).status(2).run();
}

#[test]
fn of_the_shipped_incident_no_name_goes_out_unless_asked_for() {
    let site = Site::with_incident();
    let report = site.driftline(&["report", "--format", "json"]).status(10).run().stdout;
    let view: View = serde_json::from_str(&report).unwrap();
    let resources = view.findings.iter().flat_map(|finding| &finding.resources);
    let of_resources = resources.flat_map(|resource| {
        [resource.uid.to_string(), resource.locator.to_string(), resource.account.to_string()]
            .into_iter()
            .chain(resource.name.clone())
    });
    let of_events = view.events.iter().flat_map(|event| {
        let actor = event.actor.iter().flat_map(|actor| [actor.key.clone(), actor.label.clone()]);
        actor.chain(event.client.as_ref().and_then(|client| client.ip.clone())).collect::<Vec<_>>()
    });
    let titles = view.findings.iter().map(|finding| finding.title.clone());
    let secret: Vec<String> =
        of_resources.chain(of_events).chain(titles).filter(|text| text.len() > 3).collect();
    assert!(secret.len() > 100);
    let detailed = Notice::new(&view, Band::Medium, true);
    let notice = Notice::new(&view, Band::Medium, false);
    assert_eq!(notice.worst.len(), 10);
    for shape in SHAPES {
        let body = shape.body(&notice).unwrap();
        let leaks: Vec<_> = secret.iter().filter(|text| body.contains(text.as_str())).collect();
        assert!(leaks.is_empty(), "{} tells {leaks:?}", shape.id());
        assert!(secret.iter().any(|text| shape.body(&detailed).unwrap().contains(text.as_str())));
        let told: serde_json::Value = serde_json::from_str(&body).unwrap();
        let told = serde_json::to_string_pretty(&told).unwrap().replace(&notice.id, "@@ID@@");
        insta::assert_snapshot!(format!("incident.{}", shape.id()), site.redact(&told));
    }
}

#[test]
#[cfg(not(feature = "notify"))]
fn a_build_that_cannot_notify_says_so_before_anything_is_done() {
    let site = Site::new();
    let dump = site.volumes("dump", 1, &[volume("vol-1")]);
    let ran = site.driftline(&["scan", "--from", &dump, "--notify", "https://soc.example/"]).status(2).run();
    assert!(ran.stderr.contains("hint: build with `--features notify`"), "{}", ran.stderr);
    assert!(!site.store().exists());
}

#[test]
#[cfg(feature = "notify")]
fn an_empty_secret_is_refused_before_anything_is_done() {
    let site = Site::new();
    let dump = site.volumes("dump", 1, &[volume("vol-1")]);
    let args = ["scan", "--from", &dump, "--notify", "https://soc.example/"];
    let ran = site.driftline(&args).env("DRIFTLINE_NOTIFY_SECRET", "").status(2).run();
    assert!(ran.stderr.contains("`DRIFTLINE_NOTIFY_SECRET` is empty"), "{}", ran.stderr);
    assert!(!site.store().exists());
}

#[cfg(feature = "notify")]
mod posted {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::thread;
    use std::time::{Duration, Instant};

    use hmac::{Hmac, KeyInit as _, Mac as _};
    use serde_json::Value;

    use super::super::schema_check::violations;
    use super::*;

    /// A request as it came in.
    #[derive(Debug)]
    struct Request {
        line: String,
        headers: BTreeMap<String, String>,
        body: String,
        at: Instant,
    }

    /// A webhook that answers as it is told, in this order, and then no more.
    struct Hook {
        url: String,
        requests: Receiver<Request>,
    }

    impl Hook {
        fn answering(answers: &'static [&'static str]) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/{TOKEN}?sig={TOKEN}", listener.local_addr().unwrap());
            let (sender, requests) = mpsc::channel();
            thread::spawn(move || serve(&listener, answers, &sender));
            Self { url, requests }
        }

        /// Returns all that came.
        fn requests(&self) -> Vec<Request> {
            self.requests.try_iter().collect()
        }

        /// Returns where it is, as it may be shown.
        fn shown() -> &'static str {
            "http://127.0.0.1"
        }
    }

    fn serve(listener: &TcpListener, answers: &[&str], sender: &Sender<Request>) {
        for answer in answers {
            let mut stream = listener.accept().unwrap().0;
            sender.send(read(&stream)).unwrap();
            match *answer {
                // Longer than any patience.
                "hang" => thread::sleep(Duration::from_mins(1)),
                "drop" => {}
                answer => {
                    let (status, headers) = answer.split_once('\n').unwrap_or((answer, ""));
                    let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n");
                    write!(stream, "{head}Content-Length: 14\r\n\r\ninvalid_blocks").unwrap();
                }
            }
        }
    }

    fn read(stream: &TcpStream) -> Request {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let Some((name, value)) = header.trim().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        Request { line: line.trim().to_owned(), headers, body, at: Instant::now() }
    }

    /// Holds a signature as a receiver would.
    fn verify(request: &Request, secret: &str) {
        let signature = &request.headers["x-driftline-signature"];
        let (time, signed) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
        let age = driftline::model::Timestamp::now().as_second() - time.parse::<i64>().unwrap();
        assert!((0..60).contains(&age), "{signature}");
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{}", request.body).as_bytes());
        let hex = mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        assert_eq!(signed, hex);
    }

    #[test]
    fn a_notice_is_tried_again_as_the_same_notice() {
        let site = Site::with_incident();
        let hook = Hook::answering(&["500 Internal Server Error", "drop", "200 OK"]);
        let plain = site.driftline(&["report"]).status(10).run();
        let run = site.driftline(&["report", "--notify", &hook.url]).env("DRIFTLINE_NOTIFY_SECRET", "s3cret");
        let ran = run.status(10).run();
        assert_eq!((ran.stdout, ran.stderr.as_str()), (plain.stdout, ""));
        let requests = hook.requests();
        assert_eq!(requests.len(), 3);
        for request in &requests {
            verify(request, "s3cret");
            assert_eq!(request.line, format!("POST /{TOKEN}?sig={TOKEN} HTTP/1.1"));
            assert_eq!(request.body, requests[0].body);
            let body: Value = serde_json::from_str(&request.body).unwrap();
            assert_eq!(violations(&Notice::json_schema(), &body), [""; 0]);
            assert_eq!(body["schema"], "driftline.notify.v1");
            assert_eq!(body["run"]["id"], "2");
            for (name, value) in [
                ("content-type", "application/json"),
                ("user-agent", concat!("driftline/", env!("CARGO_PKG_VERSION"))),
                ("x-driftline-event", "findings"),
                ("idempotency-key", body["id"].as_str().unwrap()),
            ] {
                assert_eq!(request.headers[name], value);
            }
        }
    }

    #[test]
    fn a_run_tells_what_its_report_tells_later() {
        let site = Site::new();
        let hook = Hook::answering(&["204 No Content", "204 No Content"]);
        let before = super::super::support::incident("before");
        let after = super::super::support::incident("after");
        site.driftline(&["scan", "--from", &before, "--notify", &hook.url]).run();
        site.driftline(&["scan", "--from", &after, "--notify", &hook.url]).status(10).run();
        let ran = site.driftline(&["report", "--notify", &hook.url, "-v"]).status(10).run();
        assert_eq!(ran.stderr, format!("Notified {}.\n", Hook::shown()));
        let requests = hook.requests();
        // The first scan had nothing new.
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].body, requests[1].body);
        assert!(!requests[0].headers.contains_key("x-driftline-signature"));
    }

    #[test]
    fn a_receiver_says_how_long_to_wait() {
        let site = Site::with_incident();
        let hook = Hook::answering(&["429 Too Many Requests\nRetry-After: 2\r\n", "200 OK"]);
        site.driftline(&["report", "--notify", &hook.url]).status(10).run();
        let requests = hook.requests();
        assert!(requests[1].at - requests[0].at >= Duration::from_secs(2));
    }

    #[test]
    fn what_cannot_be_sent_is_told_without_the_address_and_changes_nothing() {
        let site = Site::with_incident();
        let gone = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}/{TOKEN}", listener.local_addr().unwrap())
        };
        let elsewhere = Hook::answering(&["200 OK"]);
        let hooks = [
            ("404 Not Found", "it answered `404 Not Found`: invalid_blocks"),
            (
                "503 Service Unavailable\nRetry-After: 3600\r\n",
                "it answered `503 Service Unavailable`: invalid_blocks",
            ),
            (
                "302 Found\nLocation: /elsewhere\r\n",
                "it answered `302 Found`, and no redirect is followed: invalid_blocks",
            ),
            ("hang", "no answer within 5 s"),
        ]
        .map(|(answer, told)| {
            let answer: &'static str =
                Box::leak(answer.replace("/elsewhere", &elsewhere.url).into_boxed_str());
            (Hook::answering(Box::leak(Box::new([answer]))), told)
        });
        let urls = [gone.as_str()].into_iter().chain(hooks.iter().map(|(hook, _)| hook.url.as_str()));
        let args: Vec<&str> =
            ["report", "--quiet"].into_iter().chain(urls.flat_map(|url| ["--notify", url])).collect();
        let began = Instant::now();
        let ran = site.driftline(&args).status(10).run();
        // Side by side, each in a few seconds.
        assert!(began.elapsed() < Duration::from_secs(30));
        assert!(!ran.stderr.contains(TOKEN), "{}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        let (warnings, hints): (Vec<&str>, Vec<&str>) =
            lines.into_iter().partition(|line| line.starts_with("warning: "));
        assert!(warnings[0].ends_with("(3 tries)") && warnings[0].contains("refused"), "{}", warnings[0]);
        for ((hook, told), warning) in hooks.iter().zip(&warnings[1..]) {
            assert_eq!(*warning, format!("warning: the notice did not reach {}: {told}", Hook::shown()));
            assert_eq!(hook.requests().len(), 1, "{told}");
        }
        assert_eq!(elsewhere.requests().len(), 0);
        assert_eq!(hints, ["hint: `driftline report 2 --notify URL` sends it again"; 5]);
    }

    #[test]
    fn a_warning_is_json_where_lines_are_and_names_the_run() {
        let site = Site::with_incident();
        let hook = Hook::answering(&["404 Not Found"]);
        let ran = site.driftline(&["report", "--log-format", "json", "--notify", &hook.url]).status(10).run();
        let line: Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!(line["level"], "warning");
        assert_eq!(line["hints"][0], "`driftline report 2 --notify URL` sends it again");
    }

    #[test]
    fn nothing_new_is_told_only_to_who_always_asks() {
        let site = Site::with_incident();
        let hook = Hook::answering(&["200 OK"]);
        site.driftline(&["report", "1", "--notify", &hook.url]).run();
        assert_eq!(hook.requests().len(), 0);
        site.driftline(&["report", "1", "--notify", &hook.url, "--notify-on", "always"]).run();
        assert_eq!(hook.requests()[0].headers["x-driftline-event"], "routine");
    }

    #[test]
    fn shape_detail_and_the_secret_of_a_file_are_as_asked() {
        let site = Site::with_incident();
        let secret = site.write("secret", "from a file\n");
        let url = |hook: &Hook| format!("@{}", site.write("url", format!("{}\n", hook.url)));
        site.shell("chmod 600 secret").run();
        for (shape, pointer) in
            [("slack", "/blocks/0/text/text"), ("teams", "/attachments/0/content/body/0/inlines/0/text")]
        {
            let hook = Hook::answering(&["200 OK"]);
            let args = ["report", "--notify", &url(&hook), "--notify-shape", shape, "--notify-detail"];
            let run = site.driftline(&[&args[..], &["--notify-secret-file", &secret]].concat());
            run.env("DRIFTLINE_NOTIFY_SECRET", "another").status(10).run();
            let request = hook.requests().remove(0);
            verify(&request, "from a file");
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let headline = body.pointer(pointer).unwrap().as_str().unwrap();
            assert!(headline.starts_with("driftline: ") && headline.ends_with(" new"), "{headline}");
            assert!(request.body.contains("northwick"), "{}", request.body);
        }
        site.shell("chmod 644 secret").run();
        let args = ["report", "--notify", "https://soc.example", "--notify-secret-file", &secret];
        let ran = site.driftline(&args).status(2).run();
        assert!(ran.stderr.contains("everybody on this machine can read it"), "{}", ran.stderr);
    }

    #[test]
    fn no_proxy_is_asked_for_this_machine_and_no_report_that_fails_keeps_the_notice() {
        let site = Site::with_incident();
        let hook = Hook::answering(&["200 OK"]);
        let args = ["report", "--format", "json=missing/report.json", "--notify", &hook.url];
        site.driftline(&args).env("HTTP_PROXY", "http://127.0.0.1:1").status(2).run();
        assert_eq!(hook.requests().len(), 1);
    }
}
