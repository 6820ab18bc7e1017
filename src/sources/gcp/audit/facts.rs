//! Parameters that matter for judging, and where an identifier of change management can stand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::actor::delegate;
use super::class::{constraint, deltas, rules, values};
use super::entry::Entry;
use super::operations::PERHAPS_A_LOG;
use super::spelling::{at, flag, integer, items, text, texts};
use crate::model::Class;

/// How a fact is read.
#[derive(Clone, Copy)]
enum Form {
    Flag,
    Integer,
    Text,
    /// The last segment of a URL.
    Name,
    Texts,
    /// The members of this name, of the objects in a list.
    Each(&'static str),
}

/// What is told whenever the audit record has it: the fact, its path, how it is read. The first path that tells
/// a fact wins. Metadata is told by its keys; the log has no values (SEMANTICS E.3.3).
const FACTS: &[(&str, &str, Form)] = &[
    ("added_metadata_keys", "metadata.instanceMetadataDelta.addedMetadataKeys", Form::Texts),
    ("added_metadata_keys", "metadata.projectMetadataDelta.addedMetadataKeys", Form::Texts),
    ("added_permissions", "serviceData.permissionDelta.addedPermissions", Form::Texts),
    ("auto_delete", "request.autoDelete", Form::Flag),
    ("boot", "request.boot", Form::Flag),
    ("count", "request.count", Form::Integer),
    ("deleted_metadata_keys", "metadata.instanceMetadataDelta.deletedMetadataKeys", Form::Texts),
    ("deleted_metadata_keys", "metadata.projectMetadataDelta.deletedMetadataKeys", Form::Texts),
    ("deletion_protection", "request.deletionProtection", Form::Flag),
    ("deprecation", "request.state", Form::Text),
    ("desired_value", "request.quotaPreference.quotaConfig.preferredValue", Form::Integer),
    ("desired_value", "request.override.overrideValue", Form::Integer),
    ("discard_local_ssd", "request.discardLocalSsd", Form::Flag),
    ("force_attach", "request.forceAttach", Form::Flag),
    ("instance_template", "request.instanceTemplate", Form::Name),
    ("log_destination", "request.sink.destination", Form::Text),
    ("log_filter", "request.sink.filter", Form::Text),
    ("log_filter", "request.exclusion.filter", Form::Text),
    ("log_retention_days", "request.bucket.retentionDays", Form::Integer),
    ("machine_type", "request.machineType", Form::Name),
    ("modified_metadata_keys", "metadata.instanceMetadataDelta.modifiedMetadataKeys", Form::Texts),
    ("modified_metadata_keys", "metadata.projectMetadataDelta.modifiedMetadataKeys", Form::Texts),
    ("quota", "request.quotaPreference.quotaId", Form::Text),
    ("quota", "request.override.metric", Form::Text),
    ("quota_service", "request.quotaPreference.service", Form::Text),
    ("removed_permissions", "serviceData.permissionDelta.removedPermissions", Form::Texts),
    ("service_account", "request.email", Form::Text),
    ("service_account", "response.email", Form::Text),
    ("service_accounts", "request.serviceAccounts", Form::Each("email")),
    ("size_gb", "request.sizeGb", Form::Integer),
    ("storage_locations", "request.storageLocations", Form::Texts),
    ("target_size", "request.targetSize", Form::Integer),
    ("target_size", "request.size", Form::Integer),
];

/// Returns the parameters that matter.
pub(super) fn facts(entry: &Entry, method: &str, class: Class) -> BTreeMap<String, Value> {
    let mut facts = BTreeMap::new();
    for (name, path, form) in FACTS {
        if let Some(value) = read(entry.payload(), path, *form) {
            facts.entry((*name).to_owned()).or_insert(value);
        }
    }
    let verb = method.rsplit('.').next().unwrap_or(method);
    let told = [
        principals(entry, verb),
        firewall(entry, method, verb),
        services(entry, verb),
        constraints(entry, verb),
        logs(entry, class),
        quota_region(class, entry),
        credentials(entry, verb),
        instances(entry, verb),
        delegations(entry),
    ];
    facts.extend(told.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)));
    facts
}

type Facts = Vec<(&'static str, Value)>;

fn read(payload: &Value, path: &str, form: Form) -> Option<Value> {
    let list = |list: Vec<&str>| (!list.is_empty()).then(|| Value::from(list));
    match form {
        Form::Flag => flag(payload, path).map(Value::from),
        Form::Integer => integer(payload, path).map(Value::from),
        Form::Text => text(payload, path).map(Value::from),
        Form::Name => text(payload, path).map(|url| Value::from(last_segment(url))),
        Form::Texts => list(texts(payload, path)),
        Form::Each(member) => {
            list(items(payload, path).iter().filter_map(|item| text(item, member)).collect())
        }
    }
}

/// Returns a list in canonical order; nothing where it is empty.
fn set(
    name: &'static str,
    values: impl IntoIterator<Item = impl Into<String>>,
) -> Option<(&'static str, Value)> {
    let values: BTreeSet<String> = values.into_iter().map(Into::into).collect();
    (!values.is_empty()).then(|| (name, values.into_iter().map(Value::from).collect()))
}

/// Who was given rights and who lost them, with the roles.
///
/// A policy without what it changes counts as given to all its members: what of it is new the entry does not
/// tell.
fn principals(entry: &Entry, verb: &str) -> Facts {
    if !verb.eq_ignore_ascii_case("setIamPolicy") {
        return Facts::new();
    }
    let bindings = deltas(entry, "bindingDeltas");
    let with = |action: &str, member: &str| -> Vec<String> {
        let matching = bindings.iter().filter(|delta| text(delta, "action") == Some(action));
        matching.filter_map(|delta| text(delta, member)).map(str::to_owned).collect()
    };
    if !bindings.is_empty() {
        let told = [
            set("add_principals", with("ADD", "member")),
            set("add_roles", with("ADD", "role")),
            set("remove_principals", with("REMOVE", "member")),
            set("remove_roles", with("REMOVE", "role")),
        ];
        return told.into_iter().flatten().collect();
    }
    let whole = ["policy.bindings", "bindings"].into_iter().flat_map(|path| items(entry.request(), path));
    let whole: Vec<&Value> = whole.collect();
    let members = set("add_principals", whole.iter().flat_map(|binding| texts(binding, "members")));
    let roles = set("add_roles", whole.iter().filter_map(|binding| text(binding, "role")));
    members.into_iter().chain(roles).collect()
}

/// Who may reach what: `open_cidrs` are those that admit everybody.
///
/// A new ingress rule that names no source admits everybody (API reference, `firewalls.sourceRanges`).
fn firewall(entry: &Entry, method: &str, verb: &str) -> Facts {
    let request = entry.request();
    if !method.contains("irewall") || text(request, "direction") == Some("EGRESS") {
        return Facts::new();
    }
    let mut ranges = [texts(request, "sourceRanges"), texts(request, "match.srcIpRanges")].concat();
    let sourced = ["sourceTags", "sourceServiceAccounts"].iter().any(|list| !items(request, list).is_empty());
    if verb == "insert" && method.ends_with(".firewalls.insert") && ranges.is_empty() && !sourced {
        ranges.push("0.0.0.0/0");
    }
    let shut = flag(request, "disabled") == Some(true)
        || text(request, "action").is_some_and(|action| action.starts_with("deny"))
        || !["denieds", "denied"].iter().all(|list| items(request, list).is_empty());
    let open = ranges.iter().copied().filter(|range| !shut && matches!(*range, "0.0.0.0/0" | "::/0"));
    let allowed = ["alloweds", "allowed"].iter().flat_map(|list| items(request, list)).map(|rule| {
        let protocol = text(rule, "IPProtocol").or_else(|| text(rule, "ipProtocol")).unwrap_or("all");
        let ports = texts(rule, "ports").join(",");
        if ports.is_empty() { protocol.to_owned() } else { format!("{protocol}:{ports}") }
    });
    let told =
        [set("open_cidrs", open), set("allowed", allowed), set("source_ranges", ranges.iter().copied())];
    told.into_iter().flatten().collect()
}

/// Which services were enabled or disabled.
fn services(entry: &Entry, verb: &str) -> Facts {
    let batch = verb.ends_with("Services");
    if !batch && !matches!(verb, "EnableService" | "DisableService") {
        return Facts::new();
    }
    let request = entry.request();
    let mut named: Vec<&str> =
        ["serviceIds", "serviceNames", "serviceName"].iter().flat_map(|path| texts(request, path)).collect();
    if let Some(name) = text(request, "name").or_else(|| entry.text("protoPayload.resourceName"))
        && named.is_empty()
        && let Some((_, service)) = name.rsplit_once("/services/")
    {
        named.push(service);
    }
    set("services", named).into_iter().collect()
}

/// What an organization policy says.
fn constraints(entry: &Entry, verb: &str) -> Facts {
    let Some(constraint) = constraint(entry).filter(|_| verb.contains("Policy")) else { return Facts::new() };
    let rules = rules(entry);
    let all = |name: &str| -> Vec<String> {
        rules.iter().flat_map(|rule| values(rule, name)).map(str::to_owned).collect()
    };
    let mut facts = vec![("constraint", Value::from(constraint))];
    facts.extend(set("allowed_values", all("allowedValues")));
    facts.extend(set("denied_values", all("deniedValues")));
    facts
}

/// Which sink, exclusion or log bucket is meant, by name; and what may be one.
fn logs(entry: &Entry, class: Class) -> Facts {
    if entry.text("protoPayload.serviceName").is_some_and(|service| PERHAPS_A_LOG.contains(&service)) {
        return vec![("may_hold_logs", Value::Bool(true))];
    }
    if !matches!(class, Class::LogTamper | Class::LogRestore) {
        return Facts::new();
    }
    let request = entry.request();
    let named = ["sink.name", "sinkName", "exclusion.name"].iter().find_map(|path| text(request, path));
    let named = named.or_else(|| entry.text("protoPayload.resourceName"));
    named.map(|name| ("trail", Value::from(last_segment(name)))).into_iter().collect()
}

/// For which region a quota was asked; one without is for all.
fn quota_region(class: Class, entry: &Entry) -> Facts {
    if class != Class::QuotaRequest {
        return Facts::new();
    }
    let dimensions = ["quotaPreference", "override"]
        .into_iter()
        .find_map(|part| text(entry.request(), &format!("{part}.dimensions.region")));
    vec![("region", Value::from(dimensions.unwrap_or("global")))]
}

/// What joins a credential that is issued here to whoever uses it.
fn credentials(entry: &Entry, verb: &str) -> Facts {
    let payload = entry.payload();
    let last = |path: &str| text(payload, path).map(|name| Value::from(last_segment(name)));
    match verb {
        "CreateServiceAccountKey" | "UploadServiceAccountKey" => {
            last("response.name").map(|key| ("issued_credential", key)).into_iter().collect()
        }
        "GenerateAccessToken" | "GenerateIdToken" | "SignBlob" | "SignJwt" => {
            let email = entry.text("resource.labels.email_id").map(Value::from);
            let email = email.or_else(|| last("request.name")).or_else(|| last("resourceName"));
            email.map(|email| ("assumed_role", email)).into_iter().collect()
        }
        _ => Facts::new(),
    }
}

/// What an instance's description and a schedule's snapshot say beside their targets.
fn instances(entry: &Entry, verb: &str) -> Facts {
    let request = entry.request();
    let mut facts = Facts::new();
    let interfaces = items(request, "networkInterfaces");
    if !interfaces.is_empty() {
        let has = |interface: &Value, list: &str| !items(interface, list).is_empty();
        let reachable =
            |interface: &Value| has(interface, "accessConfigs") || has(interface, "ipv6AccessConfigs");
        facts.push(("external_ip", Value::from(interfaces.iter().any(reachable))));
    }
    if verb == "bulkInsert" {
        let pattern = text(request, "namePattern")
            .or_else(|| entry.text("protoPayload.resourceName").map(last_segment));
        facts.extend(pattern.map(|pattern| ("name_pattern", Value::from(pattern))));
    }
    if verb == "ScheduledSnapshots" {
        let policy = text(request, "sourceSnapshotSchedulePolicy").map(|url| entry.locator(url).to_string());
        facts.push(("snapshot_schedule", policy.map_or(Value::Bool(true), Value::from)));
    }
    facts
}

/// Who acted through whom, where more than one did.
fn delegations(entry: &Entry) -> Facts {
    let chain = items(entry.payload(), "authenticationInfo.serviceAccountDelegationInfo");
    let chain: Vec<&str> = chain.iter().filter_map(delegate).collect();
    if chain.len() > 1 { vec![("delegation", Value::from(chain))] } else { Facts::new() }
}

/// Returns where an identifier of change management can stand (SEMANTICS F.8): labels that the call sets, the
/// reason that the caller gave, the call's own id, and who acted through the actor.
pub(super) fn change_marks(entry: &Entry, session: Option<&str>) -> BTreeMap<String, String> {
    let request = entry.request();
    let mut marks = BTreeMap::new();
    match at(request, "labels") {
        Some(Value::Object(labels)) => {
            let labels = labels.iter().filter_map(|(key, value)| Some((key, value.as_str()?)));
            marks.extend(labels.map(|(key, value)| (format!("tag:{key}"), value.to_owned())));
        }
        // The audit log's spelling of a map.
        Some(Value::Array(labels)) => {
            let labels = labels.iter().filter_map(|label| Some((text(label, "key")?, text(label, "value")?)));
            marks.extend(labels.map(|(key, value)| (format!("tag:{key}"), value.to_owned())));
        }
        _ => {}
    }
    let reason = entry.text("protoPayload.requestMetadata.requestAttributes.reason");
    let told = [("request-reason", reason), ("correlation", call_id(entry)), ("session", session)];
    marks.extend(told.into_iter().filter_map(|(mark, value)| Some((mark.to_owned(), value?.to_owned()))));
    marks
}

/// Returns the id that the caller gave its call (`requestId`).
pub(super) fn call_id(entry: &Entry) -> Option<&str> {
    text(entry.request(), "requestId").or_else(|| entry.text("protoPayload.response.clientOperationId"))
}

fn last_segment(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}
