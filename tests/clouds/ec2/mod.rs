//! A server that speaks EC2 (query and XML, 2016-11-15), STS and Organizations, for an estate in the JSON of
//! the AWS CLI.
//!
//! One URL serves every region and account: the credential scope of a request tells them. The same estate is
//! a dump, so that what comes over the wire can be compared with what is read from files.

mod call;
pub mod logs;
mod misbehave;
mod page;
mod world;
mod xml;

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::server::{Ending, Reply, Request, Server};

use call::{Call, Service, key_of};
use misbehave::Misbehaviour;
use page::{Page, token_of};
use world::{ABOUT_ONE, LISTS, List};

pub use world::{Inventory, World};

/// The account of [`start`]'s estate.
pub const ACCOUNT: &str = "111122223333";

/// Every region of [`start`]'s estate; only the first two hold anything.
pub const REGIONS: &[&str] = &["eu-west-1", "us-east-1", "ap-southeast-2", "sa-east-1"];

/// A running server, and how to reach it.
pub struct Estate {
    pub server: Server,
    /// An `[[aws]]` entry of `driftline.toml`.
    pub config: String,
}

/// How the server serves.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub fault: Option<Fault>,
    /// How many elements a page holds at most, whatever the request says.
    pub page: usize,
    /// How late every reply comes.
    pub latency: Duration,
}

impl Default for Manner {
    fn default() -> Self {
        Self { fault: None, page: 3, latency: Duration::ZERO }
    }
}

/// Serves the estate of `examples/incident` as it was before.
pub fn start(fault: Option<Fault>) -> Estate {
    serve(incident("before"), Manner { fault, ..Manner::default() })
}

/// Returns the estate of `examples/incident`: `before` or `after`.
pub fn incident(when: &str) -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/incident").join(when);
    World::of_dump(&folder, ACCOUNT, REGIONS)
}

/// Serves an estate.
pub fn serve(mut world: World, manner: Manner) -> Estate {
    let misbehaviour = manner.fault.map(Misbehaviour::new);
    if let Some(misbehaviour) = &misbehaviour {
        misbehaviour.spoil(&mut world);
    }
    let speaker = Speaker { world, manner, misbehaviour };
    let server = Server::start(move |request| speaker.answer(request));
    let config = format!("[[aws]]\nendpoint = \"{}\"\n", server.url());
    Estate { server, config }
}

/// What answers requests.
struct Speaker {
    world: World,
    manner: Manner,
    misbehaviour: Option<Misbehaviour>,
}

impl Speaker {
    fn answer(&self, request: &Request) -> Reply {
        if let Some(reply) = self.world.logs.answer(request, &self.world.account) {
            return reply;
        }
        let Some(call) = Call::of(request) else {
            return Reply::new(404, "text/plain", "nobody here speaks that service");
        };
        let ill = self.misbehaviour.as_ref();
        let mut reply = ill.and_then(|ill| ill.refusal(&call)).unwrap_or_else(|| {
            let reply = match call.service {
                Service::Ec2 => self.ec2(&call),
                Service::Sts => self.sts(&call),
                Service::Iam => self.iam(&call),
                Service::Organizations => self.organizations(&call),
                Service::Quotas | Service::CloudTrail => self.around(&call),
            };
            reply.ending(ill.map_or(Ending::Whole, |ill| ill.ending(&call)))
        });
        if reply.ending == Ending::Whole && !self.manner.latency.is_zero() {
            reply.ending = Ending::Late(self.manner.latency);
        }
        reply
    }

    fn ec2(&self, call: &Call<'_>) -> Reply {
        let operation = call.operation.as_str();
        if operation == "DescribeRegions" {
            return described(call, &members(json!({ "Regions": self.world.regions })));
        }
        if !xml::knows(operation) {
            let message = format!("The action {operation} is not valid for this web service.");
            return call.refuse(400, "InvalidAction", &message);
        }
        let account = call.account.as_ref().unwrap_or(&self.world.account);
        let place = self.world.places.get(&(account.clone(), call.region.clone()));
        let nothing = Inventory::default();
        let place = place.unwrap_or(&nothing);
        match LISTS.iter().find(|list| list.operation == operation) {
            Some(list) => self.list(call, list, place),
            None => answer(call, place),
        }
    }

    fn list(&self, call: &Call<'_>, list: &List, place: &Inventory) -> Reply {
        let ids = call.parameters(list.id);
        let filtered = call.filter(&filter_name(list.id));
        let mut elements = place.elements(list, if ids.is_empty() { &filtered } else { &ids });
        if call.parameters("RestorableBy").iter().any(|whom| whom == "all") {
            elements.retain(|snapshot| place.is_public(snapshot));
        }
        if let Some(missing) =
            ids.iter().find(|id| !elements.iter().any(|element| is_or_holds(element, list, id)))
        {
            let noun = list.id.strip_suffix("Id").unwrap_or(list.id);
            let code = format!("Invalid{}.NotFound", if noun == "Image" { "AMIID" } else { noun });
            return call.refuse(400, &code, &format!("The ID '{missing}' does not exist"));
        }
        let asked = call.parameter("MaxResults").and_then(|most| most.parse().ok());
        let size = self.manner.page.min(asked.unwrap_or(usize::MAX));
        let (second, end) = (token_of(size), token_of(elements.len()));
        let token = call.parameter("NextToken");
        let token = token.as_deref().map(|token| Misbehaviour::token(token, &second));
        let Some(mut page) = Page::of(elements, token, size) else {
            return call.refuse(400, "InvalidNextToken", "The token is not valid.");
        };
        if let Some(ill) = &self.misbehaviour {
            ill.page(call, &mut page, &second);
        }
        if page.next.is_none() && place.broken_off.contains(list.operation) {
            if page.elements.is_empty() {
                return misbehave::throttled(call);
            }
            page.next = Some(end);
        }
        let mut body = Map::from_iter([(list.envelope.to_owned(), page.elements.into())]);
        body.extend(page.next.map(|next| ("NextToken".to_owned(), next.into())));
        described(call, &body)
    }

    fn sts(&self, call: &Call<'_>) -> Reply {
        let account = call.account.as_ref().unwrap_or(&self.world.account);
        let result = match call.operation.as_str() {
            "GetCallerIdentity" => format!(
                "<Arn>arn:aws:iam::{account}:user/scanner</Arn><UserId>AIDAEXAMPLE</UserId>\
                 <Account>{account}</Account>"
            ),
            "AssumeRole" => match self.session(call) {
                Ok(result) => result,
                Err(refusal) => return refusal,
            },
            other => return call.refuse(400, "InvalidAction", &format!("no operation {other}")),
        };
        let operation = &call.operation;
        let body = format!(
            "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>{result}\
             </{operation}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{operation}Response>"
        );
        Reply::new(200, "text/xml", body)
    }

    /// Answers with the users of the account, one a page.
    fn iam(&self, call: &Call<'_>) -> Reply {
        let operation = call.operation.as_str();
        if operation != "GetAccountAuthorizationDetails" {
            return call.refuse(400, "InvalidAction", &format!("no operation {operation}"));
        }
        let at: usize = call.parameter("Marker").and_then(|marker| marker.parse().ok()).unwrap_or_default();
        let user =
            self.world.users.get(at).map(|user| format!("<member>{user}</member>")).unwrap_or_default();
        let more = at + 1 < self.world.users.len();
        let marker = if more { format!("<Marker>{}</Marker>", at + 1) } else { String::new() };
        let body = format!(
            "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>\
             <UserDetailList>{user}</UserDetailList><GroupDetailList/><RoleDetailList/><Policies/>\
             <IsTruncated>{more}</IsTruncated>{marker}</{operation}Result>\
             <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{operation}Response>"
        );
        Reply::new(200, "text/xml", body)
    }

    fn session(&self, call: &Call<'_>) -> Result<String, Reply> {
        let role = call.parameter("RoleArn").unwrap_or_default();
        let account = role.split(':').nth(4).unwrap_or_default();
        let members = &self.world.members;
        if account != self.world.account && !members.iter().any(|(member, _)| member == account) {
            let message = format!(
                "User: arn:aws:iam::{}:user/scanner is not authorized to perform: sts:AssumeRole on resource: {role}",
                self.world.account
            );
            return Err(call.refuse(403, "AccessDenied", &message));
        }
        let (key, arn) =
            (key_of(account), role.replace(":role/", ":assumed-role/").replace(":iam:", ":sts:"));
        Ok(format!(
            "<AssumedRoleUser><Arn>{arn}/driftline</Arn><AssumedRoleId>AROAEXAMPLE:driftline</AssumedRoleId>\
             </AssumedRoleUser><Credentials><AccessKeyId>{key}</AccessKeyId>\
             <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
        ))
    }

    /// Answers for the quotas and the trails of a region, each in one page.
    fn around(&self, call: &Call<'_>) -> Reply {
        let account = call.account.as_ref().unwrap_or(&self.world.account);
        let place = self.world.places.get(&(account.clone(), call.region.clone()));
        let listed = |operation: &str| -> Vec<Value> {
            place.and_then(|place| place.lists.get(operation)).cloned().unwrap_or_default()
        };
        let body = match call.operation.as_str() {
            "ListServiceQuotas" => {
                let service = call.parameter("ServiceCode").unwrap_or_default();
                let mut quotas = listed("ListServiceQuotas");
                quotas.retain(|quota| quota["ServiceCode"] == service.as_str());
                json!({ "Quotas": quotas })
            }
            "DescribeTrails" => json!({ "trailList": listed("DescribeTrails") }),
            "GetTrailStatus" => json!({ "IsLogging": true, "StartLoggingTime": 1_700_000_000.5 }),
            "GetEventSelectors" => json!({ "TrailARN": call.parameter("TrailName"), "EventSelectors": [{
                "ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
                "ExcludeManagementEventSources": [],
            }] }),
            other => return call.refuse(400, "UnknownOperationException", &format!("no operation {other}")),
        };
        Reply::new(200, "application/x-amz-json-1.1", body.to_string())
    }

    fn organizations(&self, call: &Call<'_>) -> Reply {
        if self.world.members.is_empty() {
            let message = "Your account is not a member of an organization.";
            return call.refuse(400, "AWSOrganizationsNotInUseException", message);
        }
        let account = |(id, status): &(String, &str)| {
            json!({
                "Id": id,
                "Arn": format!("arn:aws:organizations::{}:account/o-example/{id}", self.world.account),
                "Email": format!("{id}@example.com"),
                "Name": format!("account {id}"),
                "Status": status,
                "State": status,
                "JoinedMethod": "CREATED",
                "JoinedTimestamp": 1_700_000_000.5,
            })
        };
        let body = match call.operation.as_str() {
            "ListAccounts" => {
                let accounts = self.world.members.iter().map(account).collect();
                let page =
                    Page::of(accounts, call.parameter("NextToken").as_deref(), self.manner.page).unwrap();
                json!({ "Accounts": page.elements, "NextToken": page.next })
            }
            "DescribeOrganization" => json!({ "Organization": {
                "Id": "o-example",
                "Arn": format!("arn:aws:organizations::{}:organization/o-example", self.world.account),
                "FeatureSet": "ALL",
                "MasterAccountId": self.world.account,
            } }),
            other => return call.refuse(400, "UnknownOperationException", &format!("no operation {other}")),
        };
        Reply::new(200, "application/x-amz-json-1.1", body.to_string())
    }
}

/// Answers an operation about one resource, or about a setting.
fn answer(call: &Call<'_>, place: &Inventory) -> Reply {
    let id = ABOUT_ONE.iter().find(|(operation, _)| *operation == call.operation).map(|(_, id)| *id);
    let Some(id) = id else {
        let told = place.answers.iter().find(|(operation, _)| *operation == call.operation);
        return described(
            call,
            &told.map_or_else(|| default_setting(&call.operation), |(_, body)| body.clone()),
        );
    };
    let asked = call.parameter(id).unwrap_or_default();
    let attribute = call.parameter("Attribute").unwrap_or_default();
    let member = attribute_member(&attribute);
    let told = place.answers.iter().find(|(operation, body)| {
        *operation == call.operation && body[id] == asked.as_str() && body.contains_key(&member)
    });
    let nothing = || {
        let value = match attribute.as_str() {
            "createVolumePermission" | "launchPermission" => json!([]),
            "disableApiTermination" | "disableApiStop" => json!({ "Value": false }),
            "instanceInitiatedShutdownBehavior" => json!({ "Value": "stop" }),
            _ => json!({}),
        };
        members(json!({ id: asked, member.as_str(): value }))
    };
    described(call, &told.map_or_else(nothing, |(_, body)| body.clone()))
}

/// Returns the member of a body that holds an attribute: `CreateVolumePermissions` of
/// `createVolumePermission`.
fn attribute_member(attribute: &str) -> String {
    let (first, rest) = attribute.split_at(attribute.len().min(1));
    let plural = if attribute.ends_with("Permission") { "s" } else { "" };
    first.to_ascii_uppercase() + rest + plural
}

/// Returns what an account that nobody touched answers.
fn default_setting(operation: &str) -> Map<String, Value> {
    members(match operation {
        "GetEbsEncryptionByDefault" => json!({ "EbsEncryptionByDefault": false, "SseType": "none" }),
        "GetEbsDefaultKmsKeyId" => json!({ "KmsKeyId": "alias/aws/ebs" }),
        "GetSnapshotBlockPublicAccessState" => json!({ "State": "unblocked", "ManagedBy": "account" }),
        "GetImageBlockPublicAccessState" => {
            json!({ "ImageBlockPublicAccessState": "block-new-sharing", "ManagedBy": "account" })
        }
        "GetSerialConsoleAccessStatus" => {
            json!({ "SerialConsoleAccessEnabled": false, "ManagedBy": "account" })
        }
        "GetInstanceMetadataDefaults" => json!({ "AccountLevel": { "ManagedBy": "account" } }),
        "GetAllowedImagesSettings" => {
            json!({ "State": "disabled", "ImageCriteria": [], "ManagedBy": "account" })
        }
        "GetManagedResourceVisibility" => json!({ "Visibility": { "DefaultVisibility": "hidden" } }),
        _ => json!({}),
    })
}

fn described(call: &Call<'_>, body: &Map<String, Value>) -> Reply {
    Reply::new(200, "text/xml;charset=UTF-8", xml::answer(&call.operation, body))
}

fn is_or_holds(element: &Value, list: &List, id: &str) -> bool {
    let is = |element: &Value| element[list.id] == id;
    is(element) || element["Instances"].as_array().is_some_and(|instances| instances.iter().any(is))
}

/// Returns the filter by a member: `volume-id` of `VolumeId`; that of `InstanceType` has no such ending.
fn filter_name(id: &str) -> String {
    match id.strip_suffix("Id") {
        Some(noun) => format!("{}-id", noun.to_ascii_lowercase()),
        None => "instance-type".to_owned(),
    }
}

fn members(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else { panic!("{value} is no object") };
    members
}
