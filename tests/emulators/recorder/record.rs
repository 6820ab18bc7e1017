//! A CloudTrail record of a call of EC2's query protocol, from the form that was sent and the XML that came back.

use jiff::Timestamp;
use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

use super::operations::{Operation, Style};
use crate::server::{Reply, Request};

/// Members that are text, whatever it looks like.
const TEXTS: &[&str] = &["clientToken", "key", "name", "ownerId", "size", "userId", "volumeSize"];

/// Members whose value CloudTrail leaves out.
const CONCEALED: &[&str] = &["userData", "value"];

/// A call that was answered.
pub(super) struct Call<'a> {
    pub(super) operation: &'static Operation,
    pub(super) request: &'a Request,
    pub(super) answer: &'a Reply,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) id: String,
    pub(super) at: Timestamp,
}

impl Call<'_> {
    /// Writes the record.
    pub(super) fn record(&self) -> Value {
        let answer = std::str::from_utf8(&self.answer.body).unwrap();
        let document = Document::parse(answer).unwrap();
        let root = document.root_element();
        let text = |name: &str| {
            let node = root.descendants().find(|node| node.tag_name().name().eq_ignore_ascii_case(name));
            node.and_then(|node| node.text()).map(str::to_owned)
        };
        let mut record = json!({
            "eventVersion": "1.09",
            "userIdentity": {
                "type": "IAMUser", "principalId": "AIDAJ45Q7YFFAREXAMPLE",
                "arn": format!("arn:aws:iam::{}:user/alice", self.account), "accountId": self.account,
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "alice",
            },
            "eventTime": Timestamp::from_second(self.at.as_second()).unwrap().to_string(),
            "eventSource": "ec2.amazonaws.com",
            "eventName": self.operation.name,
            "awsRegion": self.region,
            "sourceIPAddress": "192.0.2.7",
            "userAgent": self.request.header("user-agent").unwrap_or_default(),
            "requestParameters": self.asked(),
            "responseElements": null,
            "requestID": text("requestId"),
            "eventID": self.id,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": self.account,
            "eventCategory": "Management",
            "tlsDetails": {
                "tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": format!("ec2.{}.amazonaws.com", self.region),
            },
        });
        if self.answer.status < 400 {
            record["responseElements"] = self.answered(root);
        } else {
            record["errorCode"] = format!("Client.{}", text("Code").unwrap()).into();
            record["errorMessage"] = text("Message").into();
        }
        record
    }

    fn asked(&self) -> Value {
        let mut asked = Value::Null;
        let fields = self.request.parameters();
        for (field, value) in fields.iter().filter(|(name, _)| !matches!(&**name, "Action" | "Version")) {
            let numbers: Vec<usize> = field.split('.').filter_map(|part| part.parse().ok()).collect();
            let pattern: Vec<&str> =
                field.split('.').map(|part| if part.parse::<usize>().is_ok() { "#" } else { part }).collect();
            let path = match self.operation.style {
                Style::Legacy { request, .. } => {
                    let row = request.iter().find(|(known, _)| *known == pattern.join("."));
                    let Some((_, path)) = row else { continue };
                    (*path).to_owned()
                }
                Style::Wrapped => format!("{}Request.{field}", self.operation.name),
            };
            let name = path.rsplit('.').next().unwrap();
            put(&mut asked, &path, &numbers, request_value(name, value));
        }
        asked
    }

    fn answered(&self, root: Node<'_, '_>) -> Value {
        let answered = json_of(root);
        match self.operation.style {
            Style::Legacy { response, .. } => pruned(&answered, "", response),
            Style::Wrapped => {
                let mut answered = answered;
                answered["xmlns"] = root.tag_name().namespace().into();
                json!({ format!("{}Response", self.operation.name): answered })
            }
        }
    }
}

fn request_value(name: &str, text: &str) -> Value {
    match name {
        _ if CONCEALED.contains(&name) => "<sensitiveDataRemoved>".into(),
        "attributeType" if text == "createVolumePermission" => "CREATE_VOLUME_PERMISSION".into(),
        _ => scalar(name, text),
    }
}

/// Puts a value at a path; each `[]` takes the next of the numbers, which count from one.
fn put(into: &mut Value, path: &str, numbers: &[usize], value: Value) {
    let (mut at, mut numbers) = (into, numbers.iter());
    for member in path.split('.') {
        let name = member.trim_end_matches("[]");
        at = &mut at[name];
        if name != member {
            let place = numbers.next().map_or(0, |number| number - 1);
            if at.is_null() {
                *at = json!([]);
            }
            let list = at.as_array_mut().unwrap();
            list.resize(list.len().max(place + 1), Value::Null);
            at = &mut list[place];
        }
    }
    *at = value;
}

/// Returns an element as CloudTrail's JSON.
fn json_of(node: Node<'_, '_>) -> Value {
    let elements: Vec<Node<'_, '_>> = node.children().filter(Node::is_element).collect();
    if elements.iter().any(|element| element.tag_name().name() == "item") {
        let items: Vec<Value> = elements.into_iter().map(json_of).collect();
        return json!({ "items": items });
    }
    if elements.is_empty() {
        let text = node.text().unwrap_or_default().trim();
        return if text.is_empty() { json!({}) } else { scalar(node.tag_name().name(), text) };
    }
    let members: Map<String, Value> = elements
        .into_iter()
        .map(|element| {
            let name = match element.tag_name().name() {
                "return" => "_return",
                // What a volume's answer calls so, its record calls otherwise.
                "availabilityZone" if element.parent() == node.document().root_element().into() => "zone",
                name => name,
            };
            (name.to_owned(), json_of(element))
        })
        .collect();
    members.into()
}

fn scalar(name: &str, text: &str) -> Value {
    match text {
        _ if TEXTS.contains(&name) => text.into(),
        "true" => true.into(),
        "false" => false.into(),
        _ if name.ends_with("Time") => {
            text.parse::<Timestamp>().map_or_else(|_| text.into(), |at| at.as_millisecond().into())
        }
        _ => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    }
}

/// Keeps the members at some paths, and everything below them.
fn pruned(value: &Value, path: &str, kept: &[&str]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| pruned(item, path, kept)).collect(),
        Value::Object(members) => {
            let mut out = Map::new();
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if kept.contains(&path.as_str()) {
                    out.insert(name.clone(), value.clone());
                } else if kept.iter().any(|kept| kept.starts_with(&format!("{path}."))) {
                    out.insert(name.clone(), pruned(value, &path, kept));
                }
            }
            out.into()
        }
        _ => value.clone(),
    }
}
