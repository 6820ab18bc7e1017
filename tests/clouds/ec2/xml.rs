//! JSON as the AWS CLI prints it → XML as EC2 answers it, by the names of `names.txt`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// What EC2 calls the members of its structures; `names.py` says how it reads.
static NAMES: LazyLock<Names<'static>> = LazyLock::new(|| Names::parse(include_str!("names.txt")));

const HEADER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

struct Names<'t> {
    operations: HashMap<&'t str, &'t str>,
    structures: HashMap<&'t str, HashMap<&'t str, Member<'t>>>,
}

#[derive(Clone, Copy)]
struct Member<'t> {
    element: Option<&'t str>,
    shape: &'t str,
}

impl<'t> Names<'t> {
    fn parse(text: &'t str) -> Self {
        let mut names = Self { operations: HashMap::new(), structures: HashMap::new() };
        let mut structure = "";
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            if !line.starts_with(' ') {
                structure = words.next().unwrap();
            }
            if structure == "!" {
                names.operations.insert(words.next().unwrap(), words.next().unwrap());
                continue;
            }
            let members = names.structures.entry(structure).or_default();
            members.extend(words.map(|word| {
                let (word, shape) = word.split_once(':').unwrap_or((word, ""));
                let (member, element) = word.split_once('=').map_or((word, None), |(m, e)| (m, Some(e)));
                (member, Member { element, shape })
            }));
        }
        names
    }
}

/// Whether the table knows an operation.
pub(super) fn knows(operation: &str) -> bool {
    NAMES.operations.contains_key(operation)
}

/// Returns the answer of an operation whose body is `body`.
///
/// # Panics
///
/// If the table does not know the operation or one of the members: a typo in an estate, or a member newer
/// than the table.
pub(super) fn answer(operation: &str, body: &Map<String, Value>) -> String {
    let mut out = format!(
        "{HEADER}<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</requestId>"
    );
    structure(&mut out, NAMES.operations[operation], body);
    write!(out, "</{operation}Response>").unwrap();
    out
}

/// Returns a refusal of EC2.
pub(super) fn refusal(code: &str, message: &str) -> String {
    let (code, message) = (escaped(code), escaped(message));
    format!(
        "{HEADER}<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>"
    )
}

/// Returns text with what XML gives a meaning written otherwise.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn structure(out: &mut String, shape: &str, members: &Map<String, Value>) {
    let known = &NAMES.structures[shape];
    for (name, value) in members {
        let Some(Member { element, shape }) = known.get(name.as_str()) else {
            panic!("{shape} has no member {name}")
        };
        let element = element.map_or_else(|| lower_first(name), str::to_owned);
        write!(out, "<{element}>").unwrap();
        any(out, shape, value);
        write!(out, "</{element}>").unwrap();
    }
}

fn any(out: &mut String, shape: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(truth) => write!(out, "{truth}").unwrap(),
        Value::Number(number) => write!(out, "{number}").unwrap(),
        // The CLI prints an offset, EC2 a `Z`.
        Value::String(text) if shape == "@" => out.push_str(&text.replace("+00:00", "Z")),
        Value::String(text) => out.push_str(&escaped(text)),
        Value::Array(items) => {
            let inner = shape.strip_prefix('[').and_then(|shape| shape.strip_suffix(']')).unwrap();
            for item in items {
                out.push_str("<item>");
                any(out, inner, item);
                out.push_str("</item>");
            }
        }
        Value::Object(members) => structure(out, shape, members),
    }
}

fn lower_first(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_ascii_lowercase() + rest
}
