//! Generates the S3 objects of a trail: mostly reads and other services, as trails are.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// What a trail holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Volume {
    pub(crate) files: u64,
    pub(crate) records: u64,
    /// Records that matter to compute.
    pub(crate) relevant: u64,
    /// Uncompressed.
    pub(crate) bytes: u64,
}

/// How many records an object holds.
const RECORDS: u64 = 1250;

/// One record of this many matters.
const RELEVANT: u64 = 200;

const ACCOUNT: &str = "111122223333";

const REGIONS: &[&str] = &["eu-west-1", "eu-central-1", "us-east-1", "us-west-2"];

/// Makes a trail of about this many records below a folder, unless it is there already; the same records
/// every time.
pub(crate) fn make(folder: &Path, records: u64) -> io::Result<Volume> {
    let marker = folder.join(format!("made-1-{records}"));
    if let Ok(text) = fs::read_to_string(&marker) {
        let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        return Ok(Volume { files: next(), records: next(), relevant: next(), bytes: next() });
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut random = fastrand::Rng::with_seed(7);
    let mut volume = Volume::default();
    for number in 0..records.div_ceil(RECORDS) {
        let (region, minute) = (REGIONS[number as usize % REGIONS.len()], number / REGIONS.len() as u64 * 5);
        let mut output = Counted {
            output: GzEncoder::new(object(folder, region, minute, &mut random)?, Compression::default()),
            bytes: 0,
        };
        output.write_all(b"{\"Records\":[")?;
        for record in 0..RECORDS {
            let separator = if record > 0 { "," } else { "" };
            let at = Moment { minute, second: record * 300 / RECORDS };
            let is_relevant = volume.records % RELEVANT == RELEVANT / 2;
            let text =
                if is_relevant { relevant(&mut random, region, at) } else { other(&mut random, region, at) };
            write!(output, "{separator}{text}")?;
            volume.records += 1;
            volume.relevant += u64::from(is_relevant);
        }
        output.write_all(b"]}")?;
        volume.files += 1;
        volume.bytes += output.bytes;
        output.output.finish()?.flush()?;
    }
    fs::write(marker, format!("{} {} {} {}", volume.files, volume.records, volume.relevant, volume.bytes))?;
    Ok(volume)
}

/// Minutes and seconds since the beginning of 2026.
#[derive(Clone, Copy)]
struct Moment {
    minute: u64,
    second: u64,
}

impl Moment {
    fn civil(self) -> (u64, u64, u64, u64) {
        let minutes = self.minute + self.second / 60;
        (1 + minutes / 1440, minutes / 60 % 24, minutes % 60, self.second % 60)
    }
}

struct Counted<W> {
    output: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.output.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Creates an object under the name that CloudTrail gives it.
fn object(
    folder: &Path,
    region: &str,
    minute: u64,
    random: &mut fastrand::Rng,
) -> io::Result<BufWriter<File>> {
    let (day, hour, minute, _) = Moment { minute: minute + 5, second: 0 }.civil();
    let place: PathBuf = folder.join(format!("AWSLogs/{ACCOUNT}/CloudTrail/{region}/2026/01/{day:02}"));
    fs::create_dir_all(&place)?;
    let unique: String = (0..16).map(|_| random.alphanumeric()).collect();
    let name = format!("{ACCOUNT}_CloudTrail_{region}_202601{day:02}T{hour:02}{minute:02}Z_{unique}.json.gz");
    Ok(BufWriter::new(File::create(place.join(name))?))
}

fn hex(random: &mut fastrand::Rng, digits: usize) -> String {
    (0..digits).map(|_| random.digit(16)).collect()
}

fn uuid(random: &mut fastrand::Rng) -> String {
    [8, 4, 4, 4, 12].map(|digits| hex(random, digits)).join("-")
}

/// Returns a record around its service, operation, request, answer and end.
fn record(random: &mut fastrand::Rng, region: &str, at: Moment, call: &Call) -> String {
    let (day, hour, minute, second) = at.civil();
    let role = ["app-web", "app-worker", "deploy", "monitoring", "AWSReservedSSO_Admin_0123456789abcdef"];
    let role = role[random.usize(..role.len())];
    let session = format!("i-0{}", hex(random, 16));
    let key = hex(random, 16).to_ascii_uppercase();
    let address = format!("203.0.{}.{}", random.u8(..), random.u8(..));
    let agent = [
        "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.177.0",
        "Boto3/1.34.144 md/Botocore#1.34.144 ua/2.0 os/linux#5.10.219 md/arch#x86_64 lang/python#3.11.9",
        "aws-cli/2.17.13 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.94 md/arch#x86_64 lang/python#3.11.8",
    ];
    let agent = agent[random.usize(..agent.len())];
    let Call { service, operation, request, response, read_only } = call;
    let (request_id, event_id) = (uuid(random), uuid(random));
    format!(
        r#"{{"eventVersion":"1.10","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE123:{session}","arn":"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}","accountId":"{ACCOUNT}","accessKeyId":"ASIA{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE123","arn":"arn:aws:iam::{ACCOUNT}:role/{role}","accountId":"{ACCOUNT}","userName":"{role}"}},"attributes":{{"creationDate":"2026-01-{day:02}T{hour:02}:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z","eventSource":"{service}.amazonaws.com","eventName":"{operation}","awsRegion":"{region}","sourceIPAddress":"{address}","userAgent":"{agent}","requestParameters":{request},"responseElements":{response},"requestID":"{request_id}","eventID":"{event_id}","readOnly":{read_only},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{ACCOUNT}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}}}"#
    )
}

struct Call {
    service: &'static str,
    operation: &'static str,
    request: String,
    response: String,
    read_only: bool,
}

impl Call {
    fn read(service: &'static str, operation: &'static str, request: String) -> Self {
        Self { service, operation, request, response: "null".to_owned(), read_only: true }
    }

    fn write(service: &'static str, operation: &'static str, request: String, response: String) -> Self {
        Self { service, operation, request, response, read_only: false }
    }
}

/// Returns a record that only reads, or of a service that has nothing to do with compute.
fn other(random: &mut fastrand::Rng, region: &str, at: Moment) -> String {
    let id = hex(random, 16);
    let arn = |service: &str, name: &str| format!("arn:aws:{service}:{region}:{ACCOUNT}:{name}");
    let call = match random.u8(..20) {
        0..4 => Call::read(
            "ec2",
            "DescribeInstances",
            format!(
                r#"{{"maxResults":1000,"instancesSet":{{"items":[{{"instanceId":"i-0{id}"}}]}},"filterSet":{{"items":[{{"name":"instance-state-name","valueSet":{{"items":[{{"value":"running"}},{{"value":"pending"}}]}}}}]}}}}"#
            ),
        ),
        4..6 => Call::read(
            "ec2",
            "DescribeVolumes",
            format!(r#"{{"volumeSet":{{"items":[{{"volumeId":"vol-0{id}"}}]}},"filterSet":{{}}}}"#),
        ),
        6..9 => {
            let text = assumed_by_service(random, region, at);
            return text;
        }
        9..12 => {
            let key = arn("kms", &format!("key/{}", uuid(random)));
            Call::read(
                "kms",
                "Decrypt",
                format!(
                    r#"{{"encryptionContext":{{"aws:ebs:id":"vol-0{id}"}},"keyId":"{key}","encryptionAlgorithm":"SYMMETRIC_DEFAULT"}}"#
                ),
            )
        }
        12..14 => Call::read(
            "s3",
            "GetBucketAcl",
            format!(r#"{{"bucketName":"logs-{id}","Host":"logs-{id}.s3.{region}.amazonaws.com","acl":""}}"#),
        ),
        14..16 => Call::write(
            "logs",
            "CreateLogStream",
            format!(
                r#"{{"logStreamName":"2026/01/01/[$LATEST]{id}","logGroupName":"/aws/lambda/resize-{}"}}"#,
                random.u8(..40)
            ),
            "null".to_owned(),
        ),
        16 => Call::write(
            "ssm",
            "UpdateInstanceInformation",
            format!(
                r#"{{"instanceId":"i-0{id}","agentVersion":"3.3.551.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"10.0.1.7","computerName":"ip-10-0-1-7"}}"#
            ),
            "null".to_owned(),
        ),
        17 => Call::read("iam", "GetRole", format!(r#"{{"roleName":"app-{}"}}"#, random.u8(..))),
        18 => Call::read(
            "elasticloadbalancing",
            "DescribeTargetHealth",
            format!(
                r#"{{"targetGroupArn":"{}"}}"#,
                arn("elasticloadbalancing", &format!("targetgroup/web/{id}"))
            ),
        ),
        _ => Call::read(
            "monitoring",
            "DescribeAlarms",
            format!(r#"{{"alarmNames":["cpu-{id}","disk-{id}"],"maxRecords":100}}"#),
        ),
    };
    record(random, region, at, &call)
}

/// Returns a record of a service that assumes its role.
fn assumed_by_service(random: &mut fastrand::Rng, region: &str, at: Moment) -> String {
    let (day, hour, minute, second) = at.civil();
    let (request_id, event_id, shared) = (uuid(random), uuid(random), uuid(random));
    let key = hex(random, 16).to_ascii_uppercase();
    let token: String = (0..180).map(|_| random.alphanumeric()).collect();
    let number = random.u8(..40);
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"AWSService","invokedBy":"lambda.amazonaws.com"}},"eventTime":"2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"{region}","sourceIPAddress":"lambda.amazonaws.com","userAgent":"lambda.amazonaws.com","requestParameters":{{"roleArn":"arn:aws:iam::{ACCOUNT}:role/lambda-{number}","roleSessionName":"resize-{number}"}},"responseElements":{{"credentials":{{"accessKeyId":"ASIA{key}","sessionToken":"{token}","expiration":"Jan {day}, 2026, {hour}:{minute:02}:{second:02} AM"}}}},"requestID":"{request_id}","eventID":"{event_id}","readOnly":true,"resources":[{{"accountId":"{ACCOUNT}","type":"AWS::IAM::Role","ARN":"arn:aws:iam::{ACCOUNT}:role/lambda-{number}"}}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{ACCOUNT}","sharedEventID":"{shared}","eventCategory":"Management"}}"#
    )
}

/// Returns a record that matters.
fn relevant(random: &mut fastrand::Rng, region: &str, at: Moment) -> String {
    let (instance, volume, snapshot) = (hex(random, 16), hex(random, 16), hex(random, 16));
    let call = match random.u8(..5) {
        0 => Call::write(
            "ec2",
            "RunInstances",
            format!(
                r#"{{"instancesSet":{{"items":[{{"imageId":"ami-0{snapshot}","minCount":1,"maxCount":1}}]}},"instanceType":"t3.micro","blockDeviceMapping":{{}},"clientToken":"{volume}","disableApiTermination":false}}"#
            ),
            format!(
                r#"{{"reservationId":"r-0{volume}","ownerId":"{ACCOUNT}","groupSet":{{}},"instancesSet":{{"items":[{{"instanceId":"i-0{instance}","imageId":"ami-0{snapshot}","launchTime":1767323045000,"blockDeviceMapping":{{}},"instanceState":{{"code":0,"name":"pending"}}}}]}}}}"#
            ),
        ),
        1 => Call::write(
            "ec2",
            "TerminateInstances",
            format!(r#"{{"instancesSet":{{"items":[{{"instanceId":"i-0{instance}"}}]}}}}"#),
            format!(
                r#"{{"instancesSet":{{"items":[{{"instanceId":"i-0{instance}","currentState":{{"code":32,"name":"shutting-down"}},"previousState":{{"code":16,"name":"running"}}}}]}}}}"#
            ),
        ),
        2 => Call::write(
            "ec2",
            "CreateSnapshot",
            format!(r#"{{"volumeId":"vol-0{volume}","description":"nightly"}}"#),
            format!(
                r#"{{"snapshotId":"snap-0{snapshot}","volumeId":"vol-0{volume}","status":"pending","startTime":1767323045000,"ownerId":"{ACCOUNT}"}}"#
            ),
        ),
        3 => Call::write(
            "ec2",
            "DeleteSnapshot",
            format!(r#"{{"snapshotId":"snap-0{snapshot}"}}"#),
            r#"{"_return":true}"#.to_owned(),
        ),
        _ => Call::write(
            "ec2",
            "AttachVolume",
            format!(r#"{{"volumeId":"vol-0{volume}","instanceId":"i-0{instance}","device":"/dev/sdf"}}"#),
            format!(
                r#"{{"volumeId":"vol-0{volume}","instanceId":"i-0{instance}","device":"/dev/sdf","status":"attaching","attachTime":1767323045000}}"#
            ),
        ),
    };
    record(random, region, at, &call)
}
