//! CloudTrail as recorded, held against what a person read in each record.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's own reader and its table"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use driftline::model::{ActorKind, AuditEvent, Class, End, Target};
use driftline::sources::{AuditLog, Ignored, LogHints, RecordReading, audit_log};
use serde_json::{Map, Value};

use super::{read_json, recordings};

/// What a person read in a record.
struct Expected {
    file: &'static str,
    id: &'static str,
    actor: (&'static str, ActorKind, Option<&'static str>),
    class: Class,
    end: End,
    /// `role id`, in order.
    targets: &'static [&'static str],
}

const fn expected(
    file: &'static str,
    id: &'static str,
    actor: (&'static str, ActorKind, Option<&'static str>),
    class: Class,
    end: End,
    targets: &'static [&'static str],
) -> Expected {
    Expected { file, id, actor, class, end, targets }
}

const NOBODY: (&str, ActorKind, Option<&str>) = ("unknown", ActorKind::Unknown, None);
const DISCOVERER: (&str, ActorKind, Option<&str>) =
    ("arn:aws:iam::111111111111:user/TrailDiscover#AROA****************:User", ActorKind::Human, None);

const fn user(key: &'static str) -> (&'static str, ActorKind, Option<&'static str>) {
    (key, ActorKind::Human, None)
}

const fn session(key: &'static str, name: &'static str) -> (&'static str, ActorKind, Option<&'static str>) {
    (key, ActorKind::RoleSession, Some(name))
}

const EXPECTED: &[Expected] = &[
    // A launch at the console; these recordings have no identity.
    expected(
        "console-tests/Sessions/0a94aa63bc6919e5cf3a61b81727b5c5e7912c084b561f27a819606b34dc20ce/InputEvents.json",
        "29fe11f7-832c-428c-a476-841dece97c33",
        NOBODY,
        Class::InstanceCreate,
        End::Success,
        &[
            "created eni-db0c0ffee5fab50a2",
            "created i-db0c0ffee47e5ac71",
            "image ami-db0c0ffee87a5d1e5",
            "related sg-db0c0ffee64dcb055",
        ],
    ),
    expected(
        "console-tests/Sessions/b6dfc3920e8873205b90184ca56f688688aa45e569316f630c9411ed07ba0ed4/InputEvents.json",
        "c1ad55af-b226-4149-9d29-28dc09a276ce",
        NOBODY,
        Class::InstanceDelete,
        End::Success,
        &["subject i-db0c0ffeeb678d1db"],
    ),
    // The newer style, its request empty.
    expected(
        "console-tests/Sessions/5721e3dc46e0ffc9dcbf3eb552803f33127f19cb26df930be43628664716aa18/InputEvents.json",
        "47be0b67-c08d-44ee-8d81-6e01c4f95d8a",
        NOBODY,
        Class::SettingModify,
        End::Success,
        &["subject unknown/us-east-1/serial-console-access"],
    ),
    expected(
        "stratus/aws.execution.ec2-user-data.json",
        "d373b5dd-6a82-439d-bdcf-4e6c7c7a9292",
        user("arn:aws:iam::309303190113:user/christophe#AIDAV0KQ3LIBUIGZ52WB"),
        Class::InstanceStop,
        End::Success,
        &["subject i-DDd6c7B0e18F0E35f"],
    ),
    expected(
        "stratus/aws.execution.ec2-user-data.json",
        "f634894e-d625-4b7b-b1c1-50354cc1100e",
        user("arn:aws:iam::309303190113:user/christophe#AIDAV0KQ3LIBUIGZ52WB"),
        Class::InstanceModify,
        End::Success,
        &["subject i-DDd6c7B0e18F0E35f"],
    ),
    expected(
        "stratus/aws.execution.ec2-user-data.json",
        "55e470c0-611d-4549-ad87-a7c830a75063",
        user("arn:aws:iam::309303190113:user/christophe#AIDAV0KQ3LIBUIGZ52WB"),
        Class::InstanceStart,
        End::Success,
        &["subject i-DDd6c7B0e18F0E35f"],
    ),
    // A role that may not launch.
    expected(
        "stratus/aws.execution.ec2-launch-unusual-instances.json",
        "1a4debbb-12e9-4bde-b8c7-ea29002bb2a7",
        session(
            "arn:aws:iam::900138736586:role/stratus-red-team-ec2lui-role-idtzskbvtd#AROA13YEHY3VAS32TD341",
            "aws-go-sdk-1722511821294449000",
        ),
        Class::InstanceCreate,
        End::Denied,
        &["image ami-aCBbfd13bdb1d1E4b"],
    ),
    expected(
        "stratus/aws.execution.ec2-launch-unusual-instances.json",
        "04c882a5-7652-40d1-b44c-83535fc19268",
        user("arn:aws:iam::900138736586:user/christophe#AIDA32NEE582826ECMV4"),
        Class::IamAssume,
        End::Success,
        &["subject arn:aws:iam::900138736586:role/stratus-red-team-ec2lui-role-idtzskbvtd"],
    ),
    // A scaling group of 2016: root, invoked by the service, with no credential.
    expected(
        "custodian-eventbridge/event-cloud-trail-run-instances.json",
        "6da8b953-741f-4273-be3f-289b92b4d1fc",
        ("service:autoscaling.amazonaws.com", ActorKind::CloudService, None),
        Class::InstanceCreate,
        End::Success,
        &[
            "created eni-6508d838",
            "created eni-6a08d837",
            "created i-784cdacd",
            "created i-7b4cdace",
            "image ami-06116566",
            "related sg-bd2d87d9",
        ],
    ),
    expected(
        "custodian-eventbridge/event-cloud-trail-run-instance-creator-assumed.json",
        "6589a9eb-59b7-4895-b7ab-962ed3cc257c",
        session("arn:aws:iam::03412312600:role/GR_Dev_Developer#AROAIFMJLHZRIKEFRKUUF", "Radiant"),
        Class::InstanceCreate,
        End::Success,
        &["created eni-a4b20ca1", "created i-0f7c711dc84bedda0", "image ami-2d39803a", "related sg-6c7fa917"],
    ),
    // The same launch, by a user whom the console's sign-in invoked.
    expected(
        "custodian-eventbridge/event-cloud-trail-run-instance-creator.json",
        "6589a9eb-59b7-4895-b7ab-962ed3cc257c",
        user("arn:aws:iam::644160558196:user/c7nbot#AIDAJEZOTH6YPO3DY45QW"),
        Class::InstanceCreate,
        End::Success,
        &["created eni-a4b20ca1", "created i-0f7c711dc84bedda0", "image ami-2d39803a", "related sg-6c7fa917"],
    ),
    expected(
        "custodian-eventbridge/event-cloud-trail-create-volume.json",
        "59e2b117-e1dd-466b-a6f3-5c027f0af0f2",
        user("arn:aws::sts:101010101111:assumed-role/UserRole/userid#globalgook:userid"),
        Class::VolumeCreate,
        End::Success,
        &["created vol-97c02b3e", "source snap-37beda4c"],
    ),
    expected(
        "stratus/aws.exfiltration.ec2-share-ebs-snapshot.json",
        "6897ff63-d738-445c-9e86-43e5b1f8e12f",
        user("arn:aws:iam::756680937392:user/christophe#AIDA7ETKRIUXU83QKECM"),
        Class::SnapshotShare,
        End::Success,
        &["subject snap-041993b54a9b3af6f"],
    ),
    expected(
        "stratus/aws.exfiltration.ec2-share-ami.json",
        "1f00bcfa-e050-4c2e-b99b-768ebe3a3dd3",
        user("arn:aws:iam::118238665043:user/christophe#AIDAYO61EC4B4W5G6BXN"),
        Class::ImageShare,
        End::Success,
        &["subject ami-de1fbCab6ccB03e6D"],
    ),
    expected(
        "stratus/aws.defense-evasion.cloudtrail-stop.json",
        "10163ed2-2253-469d-a5ee-cbc6651f8934",
        user("arn:aws:iam::143434273843:user/christophe#AIDAOC1SYDVN0AF0FMMR"),
        Class::LogTamper,
        End::Success,
        &["subject stratus-red-team-ct-stop-trail-buykxbqejv"],
    ),
    expected(
        "stratus/aws.defense-evasion.cloudtrail-event-selectors.json",
        "c2a89408-340a-42f0-8ace-75d9f5769393",
        user("arn:aws:iam::958312252124:user/christophe#AIDA3JXGLTFY4HTLVVO7"),
        Class::LogTamper,
        End::Success,
        &["subject stratus-red-team-ctes-trail-khlvciwdor"],
    ),
    expected(
        "stratus/aws.defense-evasion.vpc-remove-flow-logs.json",
        "ded2f5af-f3a5-46d2-a170-a23206a32c36",
        user("arn:aws:iam::498376118699:user/christophe#AIDACKW2I5F25HSI3O4J"),
        Class::LogTamper,
        End::Success,
        &[],
    ),
    expected(
        "stratus/aws.persistence.iam-create-admin-user.json",
        "3346344c-5a3e-429e-8405-420f98f75d6e",
        user("arn:aws:iam::229654561268:user/christophe#AIDAZ49AHUAJ9OEK73O5"),
        Class::IamGrant,
        End::Success,
        &["created arn:aws:iam::229654561268:user/malicious-iam-user", "created malicious-iam-user"],
    ),
    expected(
        "stratus/aws.persistence.iam-create-admin-user.json",
        "94faedcc-0fa4-46e6-9322-022e8e934f04",
        user("arn:aws:iam::229654561268:user/christophe#AIDAZ49AHUAJ9OEK73O5"),
        Class::IamGrant,
        End::Success,
        &["subject malicious-iam-user"],
    ),
    expected(
        "stratus/aws.persistence.iam-backdoor-role.json",
        "62e290e2-ee95-4a7c-a9f8-db4ef462b12d",
        user("arn:aws:iam::751203476945:user/christophe#AIDA7SLGLLJ9LWK18E4Y"),
        Class::IamGrant,
        End::Success,
        &["subject stratus-red-team-backdoor-r-role"],
    ),
    expected(
        "stratus/aws.defense-evasion.organizations-leave.json",
        "16903cbd-fdff-4818-82f2-d66ad09aaf57",
        session(
            "arn:aws:iam::307578594326:role/stratus-red-team-leave-org-role#AROAHKPEEQ9BHUOX4D93T",
            "aws-go-sdk-1722587398902687000",
        ),
        Class::IamGrant,
        End::Denied,
        &["subject 307578594326"],
    ),
    expected(
        "stratus/aws.persistence.sts-federation-token.json",
        "6e882b9d-2af8-4c67-b91f-aeac6a0e5e70",
        user("arn:aws:iam::742491224508:user/stratus-red-team-user-federation-user#AIDAN7SEM6PEVTNQR8M4"),
        Class::IamAssume,
        End::Success,
        &["subject arn:aws:sts::742491224508:federated-user/stratus_red_team"],
    ),
    // It only reads, and reaches into the guest; the recording altered the instance's id beyond hexadecimal.
    expected(
        "stratus/aws.credential-access.ec2-get-password-data.json",
        "450230d4-b39e-4a18-a6a0-d07a6e2105cb",
        session(
            "arn:aws:iam::457448411975:role/stratus-red-team-ec2-get-password-data-role#AROAMLQ9F6KHQ07JKA0WY",
            "aws-go-sdk-1722375070115152000",
        ),
        Class::InstanceAccess,
        End::Denied,
        &["subject i-i2jnm5swa59p4fxg"],
    ),
    // The person behind a role of the Identity Center.
    expected(
        "stratus/aws.lateral-movement.ec2-serial-console-send-ssh-public-key.json",
        "787b2464-f27b-4d4c-91bc-6396f2297d0e",
        session(
            "arn:aws:iam::844015365555:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_account-admin_599c9e90e350d2ff#AROAEMHZD694LU95MUYOP",
            "randomca0L529zwNAY@gmail.com",
        ),
        Class::InstanceAccess,
        End::Success,
        &["subject i-EFCb4e480CAbc4CF9"],
    ),
    expected(
        "stratus/aws.exfiltration.ec2-security-group-open-port-22-ingress.json",
        "9fd68588-ecbf-4528-a345-199fa6bb0821",
        user("arn:aws:iam::032092706103:user/christophe#AIDAQ5Y2TGCDATQV6SRP"),
        Class::SettingModify,
        End::Success,
        &["subject sg-003dc7f1f1c686164"],
    ),
    // The newer style, done and failed.
    expected(
        "traildiscover/EC2/CreateLaunchTemplate.json.cloudtrail",
        "1dce5fc1-713c-4899-acb9-f96aff4f9236",
        session(
            "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/us-east-2/AWSReservedSSO_AdministratorAccess_1b74cd717d47002b#AROA****************",
            "AdanAlvarez",
        ),
        Class::GroupScale,
        End::Success,
        &["created lt-0780d55503d605988", "image ami-0b98a32b1c5e0d105"],
    ),
    expected(
        "traildiscover/EC2/ReplaceIamInstanceProfileAssociation.json.cloudtrail",
        "90862b16-990e-4d37-ad4c-83485df2675e",
        DISCOVERER,
        Class::InstanceModify,
        End::Failed,
        &[],
    ),
    // Malformed ids name nothing.
    expected(
        "traildiscover/EC2/AttachVolume.json.cloudtrail",
        "a09130b7-6927-4dfc-89cc-2506928a30b2",
        DISCOVERER,
        Class::VolumeAttach,
        End::Failed,
        &[],
    ),
];

/// Records that cannot be read, by file and code.
const ODD: &[(&str, &str)] = &[];

fn folder() -> Option<PathBuf> {
    recordings().map(|recordings| recordings.join("aws/audit"))
}

fn log() -> &'static dyn AuditLog {
    audit_log("cloudtrail").unwrap()
}

/// Returns the records of a file, whatever they are packed in.
fn records(value: Value) -> Vec<Map<String, Value>> {
    match value {
        Value::Array(items) => items.into_iter().flat_map(records).collect(),
        Value::Object(mut members) => {
            for envelope in ["Records", "Events", "detail"] {
                if let Some(inner) = members.remove(envelope) {
                    return records(inner);
                }
            }
            match members.get("CloudTrailEvent").and_then(Value::as_str) {
                Some(text) => records(serde_json::from_str(text).unwrap()),
                None => vec![members],
            }
        }
        _ => Vec::new(),
    }
}

/// Returns every file below a folder, sorted; those of one collection end in `.cloudtrail`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn read(record: Map<String, Value>) -> AuditEvent {
    match log().read(record, &LogHints::default()).unwrap() {
        RecordReading::Event(event) => *event,
        RecordReading::Ignored(ignored) => panic!("ignored: {ignored}"),
    }
}

fn event(folder: &Path, file: &str, id: &str) -> AuditEvent {
    let records = records(read_json(&folder.join(file)));
    let record = records.into_iter().find(|it| it.get("eventID").and_then(Value::as_str) == Some(id));
    read(record.unwrap_or_else(|| panic!("{file} holds no {id}")))
}

fn told(target: &Target) -> String {
    let id = target.uid.as_ref().map(ToString::to_string).or_else(|| target.name.clone());
    format!("{} {}", target.role, id.unwrap())
}

#[test]
fn every_record_is_read_as_a_person_reads_it() {
    let Some(folder) = folder() else { return };
    for Expected { file, id, actor, class, end, targets } in EXPECTED {
        let event = event(&folder, file, id);
        let who = (event.actor.key.as_str(), event.actor.kind, event.actor.session.as_deref());
        assert_eq!(who, *actor, "{file} {id}");
        assert_eq!((event.class, event.outcome.end), (*class, *end), "{file} {id}");
        let mut found: Vec<String> = event.targets.iter().map(told).collect();
        found.sort();
        assert_eq!(found, *targets, "{file} {id}");
        assert_eq!(event.id.as_str(), *id);
    }
}

#[test]
fn an_issued_credential_joins_a_role_to_who_assumed_it() {
    let Some(folder) = folder() else { return };
    let file = "stratus/aws.execution.ec2-launch-unusual-instances.json";
    let assumed = event(&folder, file, "04c882a5-7652-40d1-b44c-83535fc19268");
    let launch = event(&folder, file, "1a4debbb-12e9-4bde-b8c7-ea29002bb2a7");
    assert_eq!(assumed.facts["issued_credential"].as_str(), launch.actor.credential.as_deref());
    assert_eq!(assumed.facts["assumed_role"].as_str(), Some(launch.actor.name.as_str()));
}

#[test]
fn what_was_opened_shared_and_silenced_is_told() {
    let Some(folder) = folder() else { return };
    let facts = |file: &str, id: &str| event(&folder, file, id).facts;
    let opened = facts(
        "stratus/aws.exfiltration.ec2-security-group-open-port-22-ingress.json",
        "9fd68588-ecbf-4528-a345-199fa6bb0821",
    );
    assert_eq!(
        (opened["open_cidrs"][0].as_str(), opened["ports"][0].as_str()),
        (Some("208.236.235.254/0"), Some("tcp/22"))
    );
    let shared =
        facts("stratus/aws.exfiltration.ec2-share-ebs-snapshot.json", "6897ff63-d738-445c-9e86-43e5b1f8e12f");
    assert_eq!(shared["add_principals"][0], "098797384747");
    let silenced = facts(
        "stratus/aws.defense-evasion.cloudtrail-event-selectors.json",
        "c2a89408-340a-42f0-8ace-75d9f5769393",
    );
    assert_eq!(silenced["reduces"][0], "management events");
    let trusted =
        facts("stratus/aws.persistence.iam-backdoor-role.json", "62e290e2-ee95-4a7c-a9f8-db4ef462b12d");
    assert_eq!(trusted["trusted_principals"][0], "arn:aws:iam::193672423079:root");
}

#[test]
fn every_record_reads_and_no_event_is_dismissed() {
    let Some(folder) = folder() else { return };
    let (mut classes, mut ignored) = (BTreeMap::<Class, usize>::new(), BTreeMap::<Ignored, usize>::new());
    let (mut dismissed, mut odd) = (0, Vec::new());
    for path in files(&folder) {
        let file = path.strip_prefix(&folder).unwrap().display().to_string();
        for record in records(read_json(&path)).into_iter().filter(|record| log().recognise(record)) {
            let raws = [serde_json::to_vec(&record).unwrap(), serde_json::to_vec_pretty(&record).unwrap()];
            let looks = raws.map(|raw| log().dismiss(&raw));
            assert_eq!(looks[0], looks[1], "{file}: white space means nothing");
            dismissed += usize::from(looks[0].is_some());
            match log().read(record, &LogHints::default()) {
                Ok(RecordReading::Event(event)) => {
                    assert_eq!(looks[0], None, "{file} {}", event.id);
                    *classes.entry(event.class).or_default() += 1;
                }
                Ok(RecordReading::Ignored(reason)) => *ignored.entry(reason).or_default() += 1,
                Err(problem) => odd.push((file.clone(), problem.code)),
            }
        }
    }
    let events: usize = classes.values().sum();
    let records = events + ignored.values().sum::<usize>() + odd.len();
    for (class, count) in &classes {
        println!("{class:20} {count:5}");
    }
    println!("{records} records: {events} events, {dismissed} dismissed unread, ignored {ignored:?}");
    assert_eq!(odd.iter().map(|(file, code)| (file.as_str(), *code)).collect::<Vec<_>>(), ODD);
    assert_eq!(records, 9_647);
    // Reading passes over nearly nothing that a look did not.
    assert!(ignored.values().sum::<usize>() - dismissed < 100);
}
