//! What CloudTrail keeps, over the wire: the event history (JSON 1.1), and the bucket of a trail (S3, path style).

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::server::{Reply, Request};

/// The name of the bucket.
pub const BUCKET: &str = "northwick-trail";

/// The fingerprint of the key that signs digests.
const FINGERPRINT: &str = "31e8b5433410dfb61a9dc45cc65b22ff";

/// What answers in place of the service, where a fault does.
type Fault = dyn Fn(&Ask) -> Option<Reply> + Send + Sync;

/// What CloudTrail keeps.
#[derive(Clone, Default)]
pub struct Logs {
    /// The records of each region's event history, by account and region, in any order.
    pub history: BTreeMap<(String, String), Vec<Value>>,
    /// The objects of the bucket by key, each with its signature.
    pub objects: BTreeMap<String, (Vec<u8>, Option<String>)>,
    /// What signs digests.
    pub signer: Option<Arc<KeyPair>>,
    /// How many keys a page of a list holds; 1000 if 0.
    pub keys_per_page: usize,
    pub fault: Option<Arc<Fault>>,
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs").finish_non_exhaustive()
    }
}

/// What a request asks for.
#[derive(Debug)]
pub struct Ask {
    /// `LookupEvents`, `ListPublicKeys`, `ListObjectsV2`, `GetObject`.
    pub operation: &'static str,
    pub region: String,
    account: Option<String>,
    /// The body of a request to CloudTrail; the parameters of one to S3.
    pub body: Value,
    /// The key of an object, or the prefix of a list.
    pub key: String,
}

impl Ask {
    /// Understands a request; `None` if it is for neither service.
    pub fn of(request: &Request) -> Option<Self> {
        let credential = request.header("authorization")?.split_once("Credential=")?.1;
        let scope: Vec<&str> = credential.split_once(',')?.0.split('/').collect();
        let &[key, _, region, service, _] = scope.as_slice() else { return None };
        let account = key.strip_prefix("ASIA").map(str::to_owned);
        let region = region.to_owned();
        if service == "cloudtrail" {
            let operation = match request.header("x-amz-target")?.rsplit('.').next()? {
                "LookupEvents" => "LookupEvents",
                "ListPublicKeys" => "ListPublicKeys",
                _ => return None,
            };
            let body = serde_json::from_slice(&request.body).unwrap();
            return Some(Self { operation, region, account, body, key: String::new() });
        }
        let path = (service == "s3").then(|| request.path.strip_prefix(&format!("/{BUCKET}")))??;
        let key = path.trim_start_matches('/').replace("%2F", "/");
        if !key.is_empty() {
            return Some(Self { operation: "GetObject", region, account, body: Value::Null, key });
        }
        let names = ["prefix", "delimiter", "start-after", "continuation-token"];
        let body = names.iter().map(|name| ((*name).to_owned(), request.parameter(name).into())).collect();
        let key = request.parameter("prefix").unwrap_or_default();
        Some(Self { operation: "ListObjectsV2", region, account, body: Value::Object(body), key })
    }
}

impl Logs {
    /// Answers a request to CloudTrail or S3 for whoever owns `own`; `None` if it is for neither.
    pub fn answer(&self, request: &Request, own: &str) -> Option<Reply> {
        let ask = Ask::of(request)?;
        let ill = self.fault.as_ref().and_then(|fault| fault(&ask));
        Some(ill.unwrap_or_else(|| match ask.operation {
            "LookupEvents" => self.look_up(&ask, own),
            "ListPublicKeys" => self.public_keys(),
            "GetObject" => self.object(&ask),
            _ => self.list(&ask),
        }))
    }

    fn look_up(&self, ask: &Ask, own: &str) -> Reply {
        let place = (ask.account.clone().unwrap_or_else(|| own.to_owned()), ask.region.clone());
        let attribute = &ask.body["LookupAttributes"][0];
        let value = attribute["AttributeValue"].as_str().unwrap();
        let wanted = |record: &&Value| match attribute["AttributeKey"].as_str().unwrap() {
            "ReadOnly" => record["readOnly"].to_string().trim_matches('"') == value,
            "ResourceName" => record.to_string().contains(value),
            other => panic!("no attribute {other}"),
        };
        let time = |name: &str| ask.body[name].as_i64().unwrap();
        let within = |record: &&Value| {
            let at: Timestamp = record["eventTime"].as_str().unwrap().parse().unwrap();
            (time("StartTime")..=time("EndTime")).contains(&at.as_second())
        };
        let records = self.history.get(&place).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<&Value> = records.iter().filter(wanted).filter(within).collect();
        found.sort_by_key(|record| record["eventTime"].to_string());
        found.reverse();
        let first: usize = ask.body["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let size = usize::try_from(ask.body["MaxResults"].as_u64().unwrap()).unwrap();
        let page: Vec<Value> = found
            .iter()
            .skip(first)
            .take(size)
            .map(|record| {
                json!({
                    "EventId": record["eventID"], "EventName": record["eventName"],
                    "ReadOnly": record["readOnly"].to_string(), "CloudTrailEvent": record.to_string(),
                })
            })
            .collect();
        let mut body = json!({ "Events": page });
        if first + size < found.len() {
            body["NextToken"] = (first + size).to_string().into();
        }
        json_reply(200, &body)
    }

    fn public_keys(&self) -> Reply {
        let keys: Vec<Value> = self
            .signer
            .iter()
            .map(|pair| json!({ "Fingerprint": FINGERPRINT, "Value": base64(pair.public_key().as_ref()) }))
            .collect();
        json_reply(200, &json!({ "PublicKeyList": keys }))
    }

    fn object(&self, ask: &Ask) -> Reply {
        let Some((bytes, signature)) = self.objects.get(&ask.key) else {
            return s3_error(404, "NoSuchKey", "The specified key does not exist.");
        };
        let reply = Reply::new(200, "application/json", bytes.clone()).with_header("etag", "\"e\"");
        match signature {
            Some(signature) => reply.with_header("x-amz-meta-signature", signature),
            None => reply,
        }
    }

    fn list(&self, ask: &Ask) -> Reply {
        let said = |name: &str| ask.body[name].as_str();
        let beyond = said("continuation-token").or_else(|| said("start-after")).unwrap_or_default();
        let all = self.objects.keys().filter(|key| key.starts_with(&ask.key));
        if said("delimiter").is_some() {
            let folders = all.filter_map(|key| key[ask.key.len()..].split_once('/'));
            let folders: std::collections::BTreeSet<&str> = folders.map(|(folder, _)| folder).collect();
            let folder =
                |name: &&str| format!("<CommonPrefixes><Prefix>{}{name}/</Prefix></CommonPrefixes>", ask.key);
            return listed(&folders.iter().map(folder).collect::<String>(), None);
        }
        let keys: Vec<&String> = all.filter(|key| key.as_str() > beyond).collect();
        let size = if self.keys_per_page == 0 { 1000 } else { self.keys_per_page };
        let entry = |key: &&String| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-03-01T00:00:00.000Z</LastModified></Contents>"
            )
        };
        let page: String = keys.iter().take(size).map(entry).collect();
        listed(&page, (keys.len() > size).then(|| keys[size - 1].as_str()))
    }

    /// Delivers records of an account and region as a trail does; returns the key.
    pub fn deliver(
        &mut self,
        base: &str,
        account: &str,
        region: &str,
        at: Timestamp,
        records: &[Value],
    ) -> String {
        let key = format!(
            "{base}AWSLogs/{account}/CloudTrail/{region}/{}/{account}_CloudTrail_{region}_{}_abcdefghijklmnop.json.gz",
            at.strftime("%Y/%m/%d"),
            at.strftime("%Y%m%dT%H%MZ")
        );
        self.objects.insert(key.clone(), (gzip(json!({ "Records": records }).to_string().as_bytes()), None));
        key
    }

    /// Delivers the digest of an hour that ends at a time, of what is there by the names of these objects; follows
    /// the digest of which the key is given. Returns its key.
    pub fn digest(
        &mut self,
        account: &str,
        region: &str,
        end: Timestamp,
        keys: &[&str],
        previous: Option<&str>,
    ) -> String {
        let key = format!(
            "AWSLogs/{account}/CloudTrail-Digest/{region}/{}/{account}_CloudTrail-Digest_{region}_all_{region}_{}.json.gz",
            end.strftime("%Y/%m/%d"),
            end.strftime("%Y%m%dT%H%M%SZ")
        );
        let file = |key: &&str| {
            let content = gunzip(&self.objects[*key].0);
            json!({ "s3Bucket": BUCKET, "s3Object": key, "hashValue": sha256(&content), "hashAlgorithm": "SHA-256" })
        };
        let before = previous.map(|key| (key, &self.objects[key]));
        let digest = json!({
            "awsAccountId": account,
            "digestStartTime": (end - SignedDuration::from_hours(1)).to_string(),
            "digestEndTime": end.to_string(),
            "digestS3Bucket": BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": FINGERPRINT,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "previousDigestS3Bucket": before.map(|_| BUCKET),
            "previousDigestS3Object": before.map(|(key, _)| key),
            "previousDigestHashValue": before.map(|(_, (bytes, _))| sha256(&gunzip(bytes))),
            "previousDigestSignature": before.and_then(|(_, (_, signature))| signature.clone()),
            "logFiles": keys.iter().map(file).collect::<Vec<_>>(),
        });
        let content = digest.to_string();
        let before = before.and_then(|(_, (_, signature))| signature.as_deref()).unwrap_or("null");
        let signed = format!("{end}\n{BUCKET}/{key}\n{}\n{before}", sha256(content.as_bytes()));
        let signature = self.signer.as_ref().map(|pair| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
            hex(&signature)
        });
        self.objects.insert(key.clone(), (gzip(content.as_bytes()), signature));
        key
    }
}

/// Makes a key that signs digests.
pub fn signer() -> Arc<KeyPair> {
    Arc::new(KeyPair::generate(KeySize::Rsa2048).unwrap())
}

/// Makes a record that changes something, or only reads.
pub fn record(number: usize, at: Timestamp, read_only: bool) -> Value {
    json!({
        "eventVersion": "1.11", "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": "ec2.amazonaws.com", "readOnly": read_only,
        "eventName": if read_only { "DescribeInstances" } else { "TerminateInstances" },
        "awsRegion": "us-east-1", "eventID": format!("00000000-0000-0000-0000-{number:012}"),
        "eventType": "AwsApiCall", "eventCategory": "Management", "managementEvent": true,
        "recipientAccountId": "111122223333",
        "userIdentity": { "type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": "111122223333",
            "arn": "arn:aws:iam::111122223333:user/alice", "userName": "alice" },
        "requestParameters": { "instancesSet": { "items": [{ "instanceId": format!("i-{number:017x}") }] } },
        "responseElements": null, "requestID": format!("r-{number}"), "sourceIPAddress": "192.0.2.1",
        "userAgent": "aws-cli/2",
    })
}

/// Refuses as CloudTrail does.
pub fn cloudtrail_error(code: &str, message: &str) -> Reply {
    json_reply(400, &json!({ "__type": code, "Message": message }))
}

/// Refuses as S3 does.
pub fn s3_error(status: u16, code: &str, message: &str) -> Reply {
    let body =
        format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>r</RequestId></Error>");
    Reply::new(status, "application/xml", body)
}

fn json_reply(status: u16, body: &Value) -> Reply {
    Reply::new(status, "application/x-amz-json-1.1", body.to_string())
}

fn listed(entries: &str, next: Option<&str>) -> Reply {
    let next = next.map(|next| format!("<NextContinuationToken>{next}</NextContinuationToken>"));
    let body = format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{BUCKET}</Name>{entries}\
         <IsTruncated>{}</IsTruncated>{}</ListBucketResult>",
        next.is_some(),
        next.unwrap_or_default()
    );
    Reply::new(200, "application/xml", body)
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut content).unwrap();
    content
}

fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        let letter = |index: usize| match index {
            index if index > chunk.len() => '=',
            index => char::from(LETTERS[bits >> (18 - 6 * index) & 63]),
        };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
