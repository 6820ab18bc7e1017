//! Readers of the line formats, after what their specifications say and not after what driftline writes.

use std::collections::BTreeMap;

/// A line of a SIEM's format: the fields of its header, and its keys with their values as they were meant.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) header: Vec<String>,
    pub(crate) pairs: BTreeMap<String, String>,
}

/// Reads a line of LEEF 2.0: six fields that end with `|`, of which the last names the delimiter.
pub(crate) fn leef(line: &str) -> Line {
    let mut fields = line.splitn(7, '|');
    let header: Vec<String> = fields.by_ref().take(6).map(str::to_owned).collect();
    let attributes = fields.next().unwrap();
    let pairs: Vec<(String, String)> = attributes.split(header[5].as_str()).map(pair).collect();
    Line { pairs: unique(pairs), header }
}

fn pair(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap();
    (key.to_owned(), value.to_owned())
}

/// Reads a line of CEF: seven fields with `\|` and `\\`, then keys of which each value reaches to the next word before
/// an `=` without a backslash.
pub(crate) fn cef(line: &str) -> Line {
    let (mut header, mut field) = (Vec::new(), String::new());
    let mut rest = line.chars();
    while header.len() < 7 {
        match rest.next().unwrap() {
            '\\' => field.push(rest.next().filter(|c| matches!(c, '\\' | '|')).unwrap()),
            '|' => header.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    while let Some(c) = rest.next() {
        match c {
            '\\' => piece.push(match rest.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                c @ ('\\' | '=') => c,
                other => panic!("no escape: {other}"),
            }),
            '=' => pieces.push(std::mem::take(&mut piece)),
            c => piece.push(c),
        }
    }
    pieces.push(piece);
    let mut key = pieces.remove(0);
    let last = pieces.len() - 1;
    let mut pairs = Vec::new();
    for (nth, piece) in pieces.into_iter().enumerate() {
        if nth == last {
            pairs.push((std::mem::take(&mut key), piece));
        } else {
            let (value, next) = piece.rsplit_once(' ').unwrap();
            pairs.push((std::mem::replace(&mut key, next.to_owned()), value.to_owned()));
        }
    }
    Line { header, pairs: unique(pairs) }
}

fn unique(pairs: Vec<(String, String)>) -> BTreeMap<String, String> {
    let count = pairs.len();
    let pairs: BTreeMap<String, String> = pairs.into_iter().collect();
    assert_eq!(pairs.len(), count, "a key stands twice: {pairs:?}");
    pairs
}

/// One value of a metric.
#[derive(Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: String,
}

impl Sample {
    /// Returns a value that counts something.
    pub(crate) fn count(&self) -> usize {
        self.value.parse().unwrap()
    }
}

/// Reads Prometheus text format: every sample stands in the one group of its family, after HELP and TYPE.
pub(crate) fn metrics(text: &str) -> Vec<Sample> {
    assert!(text.ends_with('\n'));
    let (mut samples, mut families): (Vec<Sample>, Vec<String>) = (Vec::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let name = help.split_once(' ').unwrap().0;
            assert!(!families.iter().any(|family| family == name), "{name} comes twice");
            assert_eq!(lines.next(), Some(format!("# TYPE {name} gauge").as_str()));
            families.push(name.to_owned());
        } else {
            let sample = sample(line);
            assert_eq!(families.last(), Some(&sample.name));
            let like = |other: &Sample| (&other.name, &other.labels) == (&sample.name, &sample.labels);
            assert!(!samples.iter().any(like), "{sample:?} comes twice");
            samples.push(sample);
        }
    }
    samples
}

fn sample(line: &str) -> Sample {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = line.find(|c| !is_name(c)).unwrap();
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"").unwrap();
            assert!(label.chars().all(is_name), "{line}");
            let mut value = String::new();
            let mut chars = after.chars();
            loop {
                match chars.next().unwrap() {
                    '"' => break,
                    '\\' => value.push(match chars.next().unwrap() {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        other => panic!("no escape: {other}"),
                    }),
                    c => value.push(c),
                }
            }
            labels.insert(label.to_owned(), value);
            rest = chars.as_str();
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => break rest = rest.strip_prefix('}').unwrap(),
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap();
    assert!(value.parse::<f64>().is_ok(), "{line}");
    Sample { name: name.to_owned(), labels, value: value.to_owned() }
}

#[test]
fn the_examples_of_the_specifications_read() {
    let line =
        leef("LEEF:2.0|Lancope|StealthWatch|1.0|41|^|src=10.0.1.8^dst=10.0.0.5^sev=5^srcPort=81^dstPort=21");
    assert_eq!(
        (line.header[4].as_str(), line.pairs["dst"].as_str(), line.pairs.len()),
        ("41", "10.0.0.5", 5)
    );
    let line = cef(
        r"CEF:0|security|threat\|manager|1.0|100|a \\ in packet|10|src=10.0.0.1 act=blocked a \= b dst=1.1.1.1",
    );
    assert_eq!((line.header[2].as_str(), line.header[5].as_str()), ("threat|manager", r"a \ in packet"));
    assert_eq!((line.pairs["act"].as_str(), line.pairs["dst"].as_str()), ("blocked a = b", "1.1.1.1"));
    let text = "# HELP http_x Help.\n# TYPE http_x gauge\nhttp_x{path=\"C:\\\\DIR\\\\\",error=\"a:\\n\\\"F\\\"\"} 1.5e9\n";
    let read = metrics(text);
    assert_eq!(
        (read[0].labels["path"].as_str(), read[0].labels["error"].as_str()),
        ("C:\\DIR\\", "a:\n\"F\"")
    );
}
