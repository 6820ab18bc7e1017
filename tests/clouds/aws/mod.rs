//! The AWS collector against a server that knows just enough EC2, STS and Organizations.

mod settings;

use std::collections::BTreeSet;
use std::env;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use driftline::config::{Aws, AwsOrganization, Config, Entry, Regions};
use driftline::model::{
    AccountId, CoverageStatus, Kind, Location, Locator, Provider, Resource, ResourceKey, Uid,
};
use driftline::sources::live::{
    Account, Collector, Ledger, Listing, Missing, Pages, Refusal, RefusalKind, Survey, Trouble,
};
use driftline::sources::{Batch, Element, Reading, Shape, cloud};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use crate::server::{Ending, Reply, Request, Server};

const OWN: &str = "111122223333";
const KEY: &str = "AKIDEXAMPLE";

/// Runs a test of this module in a process of its own whose environment holds credentials: the SDK looks for them there.
fn with_credentials(test: &str, body: impl FnOnce()) {
    alone_with_credentials(&format!("aws::{test}"), body);
}

/// The same, for a test of any module, by its path.
pub fn alone_with_credentials(test: &str, body: impl FnOnce()) {
    if env::var("AWS_ACCESS_KEY_ID").is_ok_and(|key| key == KEY) {
        return body();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_REGION", "us-east-1")
        .env_remove("AWS_PROFILE")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}{err}");
}

/// A collector of a server, and what drives it.
struct Bench {
    server: Server,
    collector: Box<dyn Collector>,
    ledger: Arc<Ledger>,
    runtime: Runtime,
}

impl Bench {
    /// Starts one; `answer` says what an action is answered with where that is more than nothing.
    fn new(cloud: Aws, answer: impl Fn(&str, &Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let server = Server::start(move |request| {
            let action = action(request);
            answer(&action, request).unwrap_or_else(|| usual(&action))
        });
        let mut entry = Entry::new("aws 1", Aws { endpoint: Some(server.url()), ..cloud });
        entry.limits.retries = 1;
        entry.limits.call_timeout = Duration::from_secs(20);
        entry.limits.requests_per_second = 1000.0;
        let ledger = Arc::new(Ledger::default());
        let config = Config { aws: vec![entry], ..Config::default() };
        let collector =
            driftline::sources::cloud(Provider::Aws).collectors(&config, &ledger).unwrap().remove(0);
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { server, collector, ledger, runtime }
    }

    fn survey(&self, account: &str) -> Result<Survey, Refusal> {
        let account = Account { id: AccountId::new(account), name: None };
        self.runtime.block_on(self.collector.survey(&account))
    }

    fn listing(&self, kind: Kind) -> Listing {
        let survey = self.survey(OWN).unwrap();
        let is_it =
            |listing: &Listing| listing.scope.kind == kind && listing.scope.location.as_str() == "us-east-1";
        survey.listings.into_iter().find(is_it).unwrap()
    }

    fn list(&self, kind: Kind) -> (Vec<Resource>, Vec<Trouble>) {
        let listing = self.listing(kind);
        let (pages, mut batches) = pages(&listing);
        let troubles = self.runtime.block_on(self.collector.list(&listing, &pages));
        drop(pages);
        (drain(&mut batches), troubles)
    }

    fn confirm(&self, kind: Kind, ids: &[&str]) -> (Vec<Resource>, Result<BTreeSet<Uid>, Refusal>) {
        let listing = self.listing(kind);
        let (pages, mut batches) = pages(&listing);
        let missing = |id: &&str| Missing {
            key: ResourceKey { provider: Provider::Aws, kind, uid: Uid::new(*id) },
            locator: Locator::new(*id),
        };
        let missing: Vec<_> = ids.iter().map(missing).collect();
        let answer = self.runtime.block_on(self.collector.confirm(&listing, &missing, &pages));
        drop(pages);
        (drain(&mut batches), answer)
    }

    fn asked(&self, wanted: &str) -> Vec<Request> {
        self.server.requests().into_iter().filter(|request| action(request) == wanted).collect()
    }
}

fn action(request: &Request) -> String {
    let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
    target.map_or_else(|| request.parameter("Action").unwrap_or_default(), str::to_owned)
}

fn pages(listing: &Listing) -> (Pages, mpsc::Receiver<Batch>) {
    let (sender, batches) = mpsc::channel(64);
    (Pages::new(0, "test", &listing.hints, sender), batches)
}

fn drain(batches: &mut mpsc::Receiver<Batch>) -> Vec<Resource> {
    let mut resources = Vec::new();
    while let Ok(batch) = batches.try_recv() {
        for span in &batch.spans {
            resources.extend(read(&batch, &batch.bytes[span.start..span.end]));
        }
    }
    resources
}

/// Reads an element as the pipeline does.
fn read(batch: &Batch, raw: &[u8]) -> Vec<Resource> {
    let aws = cloud(Provider::Aws);
    let resource = |piece: driftline::sources::Piece<'_>| {
        let Value::Object(members) = serde_json::from_slice(&piece.raw).unwrap() else { panic!("no object") };
        let shape @ Shape::Resource(kind) = aws.recognise(&members, &batch.place).unwrap() else {
            panic!("an overlay among the elements")
        };
        let reading = aws.read(shape, Element::new(members), &piece.around, &batch.hints).unwrap();
        let Reading::Resource { mut resource, odd } = reading else { panic!("no resource") };
        assert_eq!(odd, []);
        for overlay in batch.overlays.of(Provider::Aws, kind, resource.key.uid.as_str()) {
            overlay.apply(&mut resource);
        }
        *resource
    };
    aws.split(raw, &batch.place).unwrap().into_iter().map(resource).collect()
}

fn uids(resources: &[Resource]) -> Vec<&str> {
    resources.iter().map(|resource| resource.key.uid.as_str()).collect()
}

fn xml(action: &str, body: &str) -> Reply {
    Reply::new(200, "text/xml", format!("<{action}Response>{body}</{action}Response>"))
        .with_header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let error = format!("<Code>{code}</Code><Message>{message}</Message>");
    let body =
        format!("<Response><Errors><Error>{error}</Error></Errors><RequestID>r</RequestID></Response>");
    Reply::new(status, "text/xml", body)
}

fn sts_error(status: u16, code: &str) -> Reply {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>because</Message>");
    let body = format!("<ErrorResponse><Error>{error}</Error><RequestId>r</RequestId></ErrorResponse>");
    Reply::new(status, "text/xml", body)
}

fn identity(account: &str) -> Reply {
    let who = format!("<Arn>arn:aws:iam::{account}:user/scan</Arn><Account>{account}</Account>");
    xml("GetCallerIdentity", &format!("<GetCallerIdentityResult>{who}</GetCallerIdentityResult>"))
}

fn usual(action: &str) -> Reply {
    match action {
        "GetCallerIdentity" => identity(OWN),
        "DescribeRegions" => {
            let region = |name, status| {
                format!("<item><regionName>{name}</regionName><optInStatus>{status}</optInStatus></item>")
            };
            let regions = region("us-east-1", "opt-in-not-required") + &region("eu-south-1", "not-opted-in");
            xml(action, &format!("<regionInfo>{regions}</regionInfo>"))
        }
        _ => xml(action, ""),
    }
}

fn volume(id: &str) -> String {
    format!("<item><volumeId>{id}</volumeId><size>8</size><status>in-use</status></item>")
}

fn instance(id: &str, state: &str) -> String {
    format!(
        "<item><reservationId>r-1</reservationId><ownerId>{OWN}</ownerId><instancesSet><item>\
         <instanceId>{id}</instanceId><instanceType>m5d.large</instanceType>\
         <instanceState><code>16</code><name>{state}</name></instanceState></item></instancesSet></item>"
    )
}

#[test]
fn a_list_goes_on_to_its_terminal_page_over_an_empty_one() {
    with_credentials("a_list_goes_on_to_its_terminal_page_over_an_empty_one", || {
        let bench = Bench::new(Aws::default(), |action, request| {
            let page = |ids: &[&str], next: &str| {
                let set: String = ids.iter().map(|id| volume(id)).collect();
                xml(action, &format!("<volumeSet>{set}</volumeSet><nextToken>{next}</nextToken>"))
            };
            (action == "DescribeVolumes").then(|| match request.parameter("NextToken").as_deref() {
                None => page(&["vol-1", "vol-2"], "a"),
                Some("a") => page(&[], "b"),
                _ => page(&["vol-3"], ""),
            })
        });
        let (volumes, troubles) = bench.list(Kind::Volume);
        assert_eq!(uids(&volumes), ["vol-1", "vol-2", "vol-3"]);
        assert_eq!(troubles, []);
        assert_eq!((volumes[0].account.as_str(), volumes[0].location.as_str()), (OWN, "us-east-1"));
        for request in bench.asked("DescribeVolumes") {
            assert_eq!(request.parameter("MaxResults").as_deref(), Some("1000"));
            assert_eq!(request.parameter("IncludeManagedResources").as_deref(), Some("true"));
        }
        assert!(bench.ledger.skew_seconds() > 1_000_000_000);
    });
}

#[test]
fn a_denied_list_says_who_refused_what() {
    with_credentials("a_denied_list_says_who_refused_what", || {
        let bench = Bench::new(Aws::default(), |action, _| {
            let message = "You are not authorized to perform this operation.";
            (action == "DescribeVolumes").then(|| error(403, "UnauthorizedOperation", message))
        });
        let (volumes, troubles) = bench.list(Kind::Volume);
        assert!(volumes.is_empty());
        assert_eq!((troubles.len(), troubles[0].status), (1, CoverageStatus::Denied));
        assert_eq!(troubles[0].reason.code, "UnauthorizedOperation");
        assert_eq!(bench.asked("DescribeVolumes").len(), 1);
    });
}

#[test]
fn a_throttled_request_is_made_again_when_the_vendor_says() {
    with_credentials("a_throttled_request_is_made_again_when_the_vendor_says", || {
        let first = AtomicBool::new(true);
        let bench = Bench::new(Aws::default(), move |action, _| {
            let throttled = action == "DescribeVolumes" && first.swap(false, Ordering::Relaxed);
            throttled.then(|| error(503, "RequestLimitExceeded", "slow down").with_header("retry-after", "0"))
        });
        assert_eq!(bench.list(Kind::Volume).1, []);
        let requests = bench.ledger.requests();
        assert_eq!((requests.throttled, requests.retries), (1, 1));
    });
}

#[test]
fn what_is_no_answer_of_the_vendor_fails() {
    with_credentials("what_is_no_answer_of_the_vendor_fails", || {
        let html = Bench::new(Aws::default(), |action, _| {
            let page = || Reply::new(200, "text/html", "<html>sign in to the proxy</html>");
            (action == "DescribeVolumes").then(page)
        });
        let troubles = html.list(Kind::Volume).1;
        assert_eq!(
            (troubles[0].status, troubles[0].reason.code.as_str()),
            (CoverageStatus::Failed, "not-xml")
        );
        assert!(troubles[0].reason.message.contains("sign in to the proxy"));
        let broken = Bench::new(Aws::default(), |action, _| {
            (action == "DescribeVolumes").then(|| xml(action, &volume("vol-1")).ending(Ending::Truncated))
        });
        let troubles = broken.list(Kind::Volume).1;
        assert_eq!(
            (troubles[0].status, troubles[0].reason.code.as_str()),
            (CoverageStatus::Failed, "truncated")
        );
        assert_eq!(broken.asked("DescribeVolumes").len(), 2, "it was worth another try");
    });
}

#[test]
fn expired_credentials_leave_nothing_to_do() {
    with_credentials("expired_credentials_leave_nothing_to_do", || {
        let bench = Bench::new(Aws::default(), |action, _| {
            (action == "GetCallerIdentity").then(|| sts_error(403, "ExpiredToken"))
        });
        let refusal = bench.runtime.block_on(bench.collector.accounts()).unwrap_err();
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Credentials, "ExpiredToken"));
        assert!(refusal.message.contains("sign in again"));
    });
}

#[test]
fn a_member_that_refuses_its_role_is_refused_alone() {
    with_credentials("a_member_that_refuses_its_role_is_refused_alone", || {
        let organization = AwsOrganization {
            member_role: "audit".to_owned(),
            external_id: Some("x".to_owned()),
            exclude: vec![],
        };
        let cloud = Aws { organization: Some(organization), ..Aws::default() };
        let bench = Bench::new(cloud, |action, request| match action {
            "ListAccounts" => {
                let account = |id: &str, state: &str| {
                    json!({ "Id": id, "Arn": format!("arn:aws:organizations::{OWN}:account/o-1/{id}"),
                            "State": state, "JoinedMethod": "CREATED" })
                };
                let is_first = !request.body.windows(9).any(|window| window == b"NextToken");
                let (members, next) = if is_first {
                    ([account("444455556666", "ACTIVE"), account("777788889999", "SUSPENDED")], Some("a"))
                } else {
                    ([account(OWN, "ACTIVE"), account("222233334444", "ACTIVE")], None)
                };
                Some(Reply::json(200, &json!({ "Accounts": members, "NextToken": next })))
            }
            "AssumeRole" if request.parameter("RoleArn").unwrap().contains("222233334444") => {
                let told = "<AccessKeyId>ASIAMEMBER</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                            <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>";
                let result =
                    format!("<AssumeRoleResult><Credentials>{told}</Credentials></AssumeRoleResult>");
                Some(xml(action, &result))
            }
            "AssumeRole" => Some(sts_error(403, "AccessDenied")),
            _ => None,
        });
        let found = bench.runtime.block_on(bench.collector.accounts()).unwrap();
        let ids: Vec<_> = found.accounts.iter().map(|account| account.id.as_str()).collect();
        assert_eq!(ids, [OWN, "222233334444", "444455556666"]);
        assert_eq!((found.listed.len(), found.listed[0].pages[0].len()), (1, 4));
        let scope = &found.listed[0].listing.scope;
        assert_eq!((scope.account.as_str(), scope.location.as_str()), (OWN, "global"));
        let suspended = &found.unlisted[0];
        assert_eq!(suspended.scope.account.as_str(), "777788889999");
        assert_eq!(suspended.trouble.reason.code, "account-not-active");
        assert!(bench.survey(OWN).is_ok() && bench.survey("222233334444").is_ok());
        let refusal = bench.survey("444455556666").unwrap_err();
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Denied, "AccessDenied"));
        assert!(refusal.message.contains("arn:aws:iam::444455556666:role/audit"), "{}", refusal.message);
        let assumed = &bench.asked("AssumeRole")[0];
        assert_eq!(assumed.parameter("RoleSessionName").as_deref(), Some("driftline"));
        assert_eq!(assumed.parameter("ExternalId").as_deref(), Some("x"));
        let signed_by = |key| {
            let is_signed = |request: &Request| request.header("authorization").unwrap().contains(key);
            bench.asked("DescribeRegions").iter().filter(|request| is_signed(request)).count()
        };
        assert_eq!((signed_by(KEY), signed_by("ASIAMEMBER")), (1, 1));
    });
}

#[test]
fn a_region_that_is_off_or_unknown_is_left_out_and_says_why() {
    with_credentials("a_region_that_is_off_or_unknown_is_left_out_and_says_why", || {
        let listed = ["us-east-1", "eu-south-1", "mars-1"].map(Location::new).to_vec();
        let cloud = Aws { regions: Regions::Listed(listed), ..Aws::default() };
        let survey = Bench::new(cloud.clone(), |_, _| None).survey(OWN).unwrap();
        let left_out: BTreeSet<_> = survey
            .unlisted
            .iter()
            .map(|unlisted| (unlisted.scope.location.as_str(), unlisted.trouble.reason.code.as_str()))
            .collect();
        assert_eq!(left_out, [("eu-south-1", "not-opted-in"), ("mars-1", "unknown-region")].into());
        let (grants, regional): (Vec<_>, Vec<_>) =
            survey.listings.iter().partition(|listing| listing.scope.kind == Kind::Grant);
        assert!(regional.iter().all(|listing| listing.scope.location.as_str() == "us-east-1"));
        assert_eq!((regional.len(), grants.len(), survey.listed[0].pages[0].len()), (8, 1, 2));
        let denied = |action: &str, _: &Request| {
            (action == "DescribeRegions").then(|| error(403, "UnauthorizedOperation", "no"))
        };
        let survey = Bench::new(cloud, denied).survey(OWN).unwrap();
        assert_eq!(survey.listings.len(), 3 * 8 + 1);
        assert_eq!(survey.listed[0].troubles[0].status, CoverageStatus::Denied);
        let refusal = Bench::new(Aws::default(), denied).survey(OWN).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Denied);
    });
}

#[test]
fn what_proves_nothing_of_presence_does_not_spoil_the_list_of_instances() {
    with_credentials("what_proves_nothing_of_presence_does_not_spoil_the_list_of_instances", || {
        let with = |denied: bool| {
            Bench::new(Aws::default(), move |action, request| match action {
                "DescribeInstances" if request.parameter("MaxResults").as_deref() == Some("1000") => {
                    Some(error(400, "InvalidParameterValue", "MaxResults is too large"))
                }
                "DescribeInstances" => Some(xml(
                    action,
                    &format!("<reservationSet>{}</reservationSet>", instance("i-1", "running")),
                )),
                "DescribeInstanceTypes" | "DescribeReplaceRootVolumeTasks" if denied => {
                    Some(error(403, "UnauthorizedOperation", "no"))
                }
                "DescribeInstanceTypes" => Some(xml(
                    action,
                    "<instanceTypeSet><item>\
                    <instanceType>m5d.large</instanceType><instanceStorageSupported>true</instanceStorageSupported>\
                    <instanceStorageInfo><totalSizeInGB>75</totalSizeInGB></instanceStorageInfo></item>\
                    </instanceTypeSet>",
                )),
                "DescribeReplaceRootVolumeTasks" => Some(xml(
                    action,
                    "<replaceRootVolumeTaskSet><item>\
                    <replaceRootVolumeTaskId>replacevol-1</replaceRootVolumeTaskId><instanceId>i-1</instanceId>\
                    <taskState>succeeded</taskState></item></replaceRootVolumeTaskSet>",
                )),
                _ => None,
            })
        };
        let (instances, troubles) = with(false).list(Kind::Instance);
        assert_eq!(troubles, []);
        assert_eq!(instances[0].evidence["InstanceStorage.TotalSizeInGB"], 75);
        assert_eq!(instances[0].evidence["ReplaceRootVolumeTasks[replacevol-1].TaskState"], "succeeded");
        let (instances, notes) = with(true).list(Kind::Instance);
        assert_eq!(uids(&instances), ["i-1"]);
        assert_eq!(notes.len(), 2);
        assert!(notes.iter().all(|note| note.status == CoverageStatus::Complete), "{notes:?}");
        assert!(notes.iter().any(|note| note.reason.message.starts_with("DescribeInstanceTypes: ")));
    });
}

#[test]
fn attributes_of_single_instances_are_told_where_they_are_asked_for() {
    with_credentials("attributes_of_single_instances_are_told_where_they_are_asked_for", || {
        let cloud = Aws { instance_attributes: true, user_data: true, ..Aws::default() };
        let bench = Bench::new(cloud, |action, request| match action {
            "DescribeInstances" => {
                let set =
                    instance("i-1", "running") + &instance("i-2", "running") + &instance("i-3", "terminated");
                Some(xml(action, &format!("<reservationSet>{set}</reservationSet>")))
            }
            "DescribeInstanceAttribute" if request.parameter("InstanceId").as_deref() == Some("i-2") => {
                Some(error(403, "UnauthorizedOperation", "no"))
            }
            "DescribeInstanceAttribute" => {
                let value = match request.parameter("Attribute").unwrap().as_str() {
                    "userData" => "<userData><value>aHVudGVyMg==</value></userData>",
                    "disableApiTermination" => {
                        "<disableApiTermination><value>true</value></disableApiTermination>"
                    }
                    "disableApiStop" => "<disableApiStop><value>false</value></disableApiStop>",
                    _ => {
                        "<instanceInitiatedShutdownBehavior><value>stop</value>\
                          </instanceInitiatedShutdownBehavior>"
                    }
                };
                Some(xml(action, &format!("<instanceId>i-1</instanceId>{value}")))
            }
            _ => None,
        });
        let (instances, troubles) = bench.list(Kind::Instance);
        assert_eq!(uids(&instances), ["i-1", "i-2", "i-3"]);
        assert_eq!(instances[0].config["DisableApiTermination"], true);
        assert_eq!(instances[0].config["UserData.length"], 7);
        assert!(!format!("{instances:?}").contains("aHVudGVy"));
        assert_eq!(troubles.len(), 1);
        assert_eq!(troubles[0].status, CoverageStatus::Denied);
        assert!(troubles[0].reason.message.contains("4 requests"), "{:?}", troubles[0]);
    });
}

#[test]
fn one_call_tells_which_snapshots_are_public() {
    with_credentials("one_call_tells_which_snapshots_are_public", || {
        let bench = Bench::new(Aws::default(), |action, request| {
            let snapshot =
                |id| format!("<item><snapshotId>{id}</snapshotId><status>completed</status></item>");
            let all = || match request.parameter("RestorableBy.1") {
                Some(_) => snapshot("snap-2"),
                None => snapshot("snap-1") + &snapshot("snap-2"),
            };
            (action == "DescribeSnapshots")
                .then(|| xml(action, &format!("<snapshotSet>{}</snapshotSet>", all())))
        });
        let (snapshots, troubles) = bench.list(Kind::Snapshot);
        assert_eq!(troubles, []);
        let public: Vec<_> = snapshots.iter().map(|snapshot| snapshot.exposure.is_public()).collect();
        assert_eq!(public, [false, true]);
        let owners = bench.asked("DescribeSnapshots");
        assert!(owners.iter().all(|request| request.parameter("Owner.1").as_deref() == Some("self")));
    });
}

#[test]
fn a_refused_setting_or_bin_leaves_the_others() {
    with_credentials("a_refused_setting_or_bin_leaves_the_others", || {
        let bench = Bench::new(Aws::default(), |action, _| match action {
            "GetEbsEncryptionByDefault" | "ListImagesInRecycleBin" => {
                Some(error(403, "UnauthorizedOperation", "no"))
            }
            "GetManagedResourceVisibility" => Some(error(400, "InvalidAction", "unknown here")),
            "GetSerialConsoleAccessStatus" => {
                Some(xml(action, "<serialConsoleAccessEnabled>true</serialConsoleAccessEnabled>"))
            }
            "GetSnapshotBlockPublicAccessState" => Some(xml(action, "<state>unblocked</state>")),
            "GetImageBlockPublicAccessState" => {
                Some(xml(action, "<imageBlockPublicAccessState>unblocked</imageBlockPublicAccessState>"))
            }
            "GetEbsDefaultKmsKeyId" => Some(xml(action, "<kmsKeyId>alias/aws/ebs</kmsKeyId>")),
            "GetInstanceMetadataDefaults" => Some(xml(action, "<accountLevel/>")),
            "GetAllowedImagesSettings" => Some(xml(action, "<state>disabled</state><imageCriterionSet/>")),
            "ListSnapshotsInRecycleBin" => Some(xml(
                action,
                "<snapshotSet><item><snapshotId>snap-1</snapshotId>\
                <recycleBinEnterTime>2026-01-02T03:04:05.000Z</recycleBinEnterTime></item></snapshotSet>",
            )),
            _ => None,
        });
        let (settings, troubles) = bench.list(Kind::Setting);
        let names: BTreeSet<_> = settings.iter().filter_map(|setting| setting.name.as_deref()).collect();
        assert_eq!(names.len(), 6, "{names:?}");
        let told: Vec<_> =
            troubles.iter().map(|trouble| (trouble.status, trouble.reason.code.as_str())).collect();
        let expected =
            [(CoverageStatus::Denied, "UnauthorizedOperation"), (CoverageStatus::Complete, "InvalidAction")];
        assert_eq!(told, expected);
        let (recycled, troubles) = bench.list(Kind::Recycled);
        assert_eq!(uids(&recycled), ["snap-1"]);
        assert_eq!(troubles.len(), 1);
        assert!(troubles[0].reason.message.starts_with("ListImagesInRecycleBin: "));
    });
}

#[test]
fn one_missing_id_hides_no_other_and_a_terminated_instance_is_gone() {
    with_credentials("one_missing_id_hides_no_other_and_a_terminated_instance_is_gone", || {
        let missing = |request: &Request, id: &str| {
            (1..=5).any(|number| request.parameter(&format!("InstanceId.{number}")).as_deref() == Some(id))
        };
        let bench = Bench::new(Aws::default(), move |action, request| {
            let absent = |id| {
                error(400, "InvalidInstanceID.NotFound", &format!("The instance ID '{id}' does not exist"))
            };
            (action == "DescribeInstances").then(|| {
                if let Some(id) = ["i-1", "i-2", "i-3"].into_iter().find(|id| missing(request, id)) {
                    return absent(id);
                }
                let set = instance("i-4", "running") + &instance("i-5", "terminated");
                xml(action, &format!("<reservationSet>{set}</reservationSet>"))
            })
        });
        let (sent, there) = bench.confirm(Kind::Instance, &["i-1", "i-2", "i-3", "i-4", "i-5"]);
        assert_eq!(there.unwrap(), [Uid::new("i-4")].into());
        assert_eq!(uids(&sent), ["i-4", "i-5"]);
        let asked = bench.asked("DescribeInstances");
        assert_eq!(asked.len(), 3);
        assert_eq!(asked[2].parameter("Filter.1.Name").as_deref(), Some("instance-id"));
        assert_eq!(asked[2].parameter("Filter.1.Value.1").as_deref(), Some("i-3"));
        assert!(bench.confirm(Kind::Setting, &["x"]).1.unwrap().is_empty());
    });
}
