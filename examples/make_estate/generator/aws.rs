//! `aws ec2 describe-instances`, `describe-volumes`, `describe-snapshots`.

use super::json::{Json, object};
use super::random::Draw;
use super::unit::{Attachment, Instance, Life, Millis, Snapshot, Unit, Volume};
use super::vendor::{Kind, Listing, Scope, Vendor, moment};
use super::words;

/// Amazon Web Services.
pub(crate) struct Aws;

const ACCOUNTS: &[&str] = &["111122223333", "222233334444", "333344445555", "444455556666"];

/// Regions, and the share of an account's resources in each.
const REGIONS: &[(&str, u64)] =
    &[("us-east-1", 34), ("eu-west-1", 26), ("us-west-2", 18), ("eu-central-1", 13), ("ap-southeast-2", 9)];

const TYPES: &[&str] = &[
    "t3.medium",
    "t3.large",
    "m6i.large",
    "m6i.xlarge",
    "m7g.large",
    "c6i.xlarge",
    "c7g.2xlarge",
    "r6i.large",
    "r6i.2xlarge",
    "i4i.large",
    "m5d.xlarge",
];

impl Vendor for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn indent(&self) -> &'static [u8] {
        b"    "
    }

    fn scopes(&self) -> Vec<Scope> {
        let scope = |account: &'static str, (region, weight): (&'static str, u64)| {
            let draw = Draw::new(0).of(account).of(region);
            Scope { folder: format!("aws/{account}/{region}"), account, location: region, weight, draw }
        };
        ACCOUNTS
            .iter()
            .flat_map(|account| REGIONS.iter().map(move |region| scope(account, *region)))
            .collect()
    }

    fn listing(&self, kind: Kind) -> Listing {
        let (file, envelope) = match kind {
            Kind::Instance => ("instances", "Reservations"),
            Kind::Volume => ("volumes", "Volumes"),
            Kind::Snapshot => ("snapshots", "Snapshots"),
        };
        Listing { file, envelope: Some(envelope), is_regional: true }
    }

    fn instance(&self, instance: &Instance, unit: &Unit, scope: &Scope) -> Json {
        Native { unit, scope }.instance(instance)
    }

    fn volume(&self, volume: &Volume, unit: &Unit, scope: &Scope) -> Json {
        Native { unit, scope }.volume(volume)
    }

    fn snapshot(&self, snapshot: &Snapshot, unit: &Unit, scope: &Scope) -> Json {
        Native { unit, scope }.snapshot(snapshot)
    }

    fn nested(&self, kind: Kind, draw: Draw, element: Json, scope: &Scope) -> Json {
        if kind != Kind::Instance {
            return element;
        }
        object! {
            "ReservationId": id("r", draw.of("reservation")),
            "OwnerId": scope.account,
            "Groups": vec![],
            "Instances": vec![element],
        }
    }
}

struct Native<'a> {
    unit: &'a Unit,
    scope: &'a Scope,
}

impl Native<'_> {
    fn instance(&self, instance: &Instance) -> Json {
        let Instance { life, started, stopped } = instance;
        let (draw, name) = (life.draw, self.host_name(life.draw));
        let modified = |attribute| {
            if draw.of("modified").pick(&["type", "groups"]) == attribute { life.settings } else { 0 }
        };
        let groups = self.security_groups(draw, modified("groups"));
        let changed = stopped.map(|at| format!("User initiated ({})", moment(at, "%Y-%m-%d %H:%M:%S GMT")));
        object! {
            "AmiLaunchIndex": 0_u64,
            "ImageId": self.image(),
            "InstanceId": id("i", draw),
            "InstanceType": draw.of("type").pick_after(TYPES, modified("type")),
            "KeyName": self.scope.draw.pick(&["ops-2025", "platform", "deploy"]),
            "LaunchTime": seconds(*started),
            "Monitoring": object! { "State": "disabled" },
            "Placement": object! { "AvailabilityZone": self.zone(), "GroupName": "", "Tenancy": "default" },
            "PrivateDnsName": name.clone(),
            "PrivateIpAddress": address(draw),
            "ProductCodes": vec![],
            "PublicDnsName": "",
            "State": match stopped {
                Some(_) => object! { "Code": 80_u64, "Name": "stopped" },
                None => object! { "Code": 16_u64, "Name": "running" },
            },
            "StateTransitionReason": changed.unwrap_or_default(),
            "SubnetId": id("subnet", self.network().of("subnet")),
            "VpcId": id("vpc", self.network()),
            "Architecture": "x86_64",
            "BlockDeviceMappings": self.unit.attached(draw).map(|(volume, at)| mapping(volume, at)).collect::<Vec<_>>(),
            "ClientToken": draw.of("token").uuid(),
            "EbsOptimized": true,
            "EnaSupport": true,
            "Hypervisor": "xen",
            "IamInstanceProfile": object! {
                "Arn": format!("arn:aws:iam::{}:instance-profile/{}", self.scope.account, self.service()),
                "Id": format!("AIPA{}", self.unit.draw.of("profile").hex(17).to_uppercase()),
            },
            "NetworkInterfaces": vec![self.interface(life, &name, &groups)],
            "RootDeviceName": DEVICES[0],
            "RootDeviceType": "ebs",
            "SecurityGroups": groups,
            "SourceDestCheck": true,
            "StateReason": stopped.map(|_| object! {
                "Code": "Client.UserInitiatedShutdown",
                "Message": "Client.UserInitiatedShutdown: User initiated shutdown",
            }),
            "Tags": self.instance_tags(life),
            "VirtualizationType": "hvm",
            "CpuOptions": object! { "CoreCount": 1_u64, "ThreadsPerCore": 2_u64 },
            "CapacityReservationSpecification": object! { "CapacityReservationPreference": "open" },
            "HibernationOptions": object! { "Configured": false },
            "MetadataOptions": object! {
                "State": "applied",
                "HttpTokens": draw.of("imds").pick(&["required", "required", "optional"]),
                "HttpPutResponseHopLimit": 2_u64,
                "HttpEndpoint": "enabled",
                "HttpProtocolIpv6": "disabled",
                "InstanceMetadataTags": "disabled",
            },
            "EnclaveOptions": object! { "Enabled": false },
            "BootMode": "uefi-preferred",
            "PlatformDetails": "Linux/UNIX",
            "UsageOperation": "RunInstances",
            "UsageOperationUpdateTime": seconds(life.born),
            "PrivateDnsNameOptions": object! {
                "HostnameType": "ip-name",
                "EnableResourceNameDnsARecord": false,
                "EnableResourceNameDnsAAAARecord": false,
            },
            "MaintenanceOptions": object! { "AutoRecovery": "default", "RebootMigration": "default" },
            "CurrentInstanceBootMode": "uefi",
            "NetworkPerformanceOptions": object! { "BandwidthWeighting": "default" },
            "Operator": object! { "Managed": false },
        }
    }

    fn interface(&self, life: &Life, name: &str, groups: &[Json]) -> Json {
        let (draw, address) = (life.draw.of("interface"), address(life.draw));
        let hex = draw.of("mac").hex(10);
        object! {
            "Attachment": object! {
                "AttachTime": seconds(life.born),
                "AttachmentId": id("eni-attach", draw.of("attachment")),
                "DeleteOnTermination": true,
                "DeviceIndex": 0_u64,
                "Status": "attached",
                "NetworkCardIndex": 0_u64,
            },
            "Description": "",
            "Groups": groups.to_vec(),
            "Ipv6Addresses": vec![],
            "MacAddress": format!("06:{}:{}:{}:{}:{}", &hex[..2], &hex[2..4], &hex[4..6], &hex[6..8], &hex[8..]),
            "NetworkInterfaceId": id("eni", draw),
            "OwnerId": self.scope.account,
            "PrivateDnsName": name.to_owned(),
            "PrivateIpAddress": address.clone(),
            "PrivateIpAddresses": vec![object! {
                "Primary": true,
                "PrivateDnsName": name.to_owned(),
                "PrivateIpAddress": address,
            }],
            "SourceDestCheck": true,
            "Status": "in-use",
            "SubnetId": id("subnet", self.network().of("subnet")),
            "VpcId": id("vpc", self.network()),
            "InterfaceType": "interface",
        }
    }

    fn volume(&self, volume: &Volume) -> Json {
        let Volume { life, attachment, source } = volume;
        let is_root = attachment.is_some_and(|attachment| attachment.slot == 0);
        let is_encrypted = life.draw.of("encrypted").happens(0.3);
        let attached = |at: &Attachment| {
            object! {
                "AttachTime": seconds(at.since),
                "Device": DEVICES[at.slot % DEVICES.len()],
                "InstanceId": id("i", at.instance),
                "State": "attached",
                "VolumeId": id("vol", life.draw),
                "DeleteOnTermination": at.slot == 0,
            }
        };
        let source = if is_root { Some(self.network().of("root-snapshot")) } else { *source };
        object! {
            "Attachments": attachment.iter().map(attached).collect::<Vec<_>>(),
            "AvailabilityZone": self.zone(),
            "CreateTime": micros(life.born),
            "Encrypted": is_encrypted,
            "KmsKeyId": is_encrypted.then(|| self.key()),
            "Size": volume.gigabytes() + 10 * u64::from(life.settings),
            "SnapshotId": source.map(|source| id("snap", source)).unwrap_or_default(),
            "State": if attachment.is_some() { "in-use" } else { "available" },
            "VolumeId": id("vol", life.draw),
            "Iops": 3_000_u64 + 500 * u64::from(life.settings),
            "Tags": self.tags(life, if is_root { "root" } else { "data" }),
            "VolumeType": "gp3",
            "MultiAttachEnabled": false,
            "Throughput": 125_u64,
            "Operator": object! { "Managed": false },
        }
    }

    fn snapshot(&self, snapshot: &Snapshot) -> Json {
        let Snapshot { life, volume, gigabytes, archived } = snapshot;
        let is_encrypted = volume.of("encrypted").happens(0.3);
        let maker = life.draw.of("maker").share();
        let policy = id("policy", self.scope.draw.of("policy"));
        let description = match maker {
            share if share < 0.5 => format!("Created for policy: {policy} schedule: Daily, kept a year"),
            share if share < 0.75 => "This snapshot is created by the AWS Backup service.".to_owned(),
            share if share < 0.9 => format!(
                "Created by CreateImage({}) for {}",
                id("i", self.unit.draw.of("instance")),
                id("ami", life.draw.of("image"))
            ),
            _ => format!("{} before upgrade", self.service()),
        };
        let mut tags = self.tags(life, "backup");
        if maker < 0.5 {
            tags.push(tag("aws:dlm:lifecycle-policy-id", policy));
        }
        let used = gigabytes * 1_073_741_824 / 100 * (20 + life.draw.of("used").below(70));
        object! {
            "StorageTier": if *archived { "archive" } else { "standard" },
            "CompletionTime": micros(life.soon("completed")),
            "FullSnapshotSizeInBytes": used / 524_288 * 524_288,
            "SnapshotId": id("snap", life.draw),
            "VolumeId": id("vol", *volume),
            "State": "completed",
            "StartTime": micros(life.born),
            "Progress": "100%",
            "OwnerId": self.scope.account,
            "Description": description,
            "VolumeSize": *gigabytes,
            "Encrypted": is_encrypted,
            "KmsKeyId": is_encrypted.then(|| self.key()),
            "Tags": tags,
        }
    }

    fn tags(&self, life: &Life, suffix: &str) -> Vec<Json> {
        let unit = self.unit.draw;
        vec![
            tag("Name", format!("{}-{suffix}", self.unit.name())),
            tag("Owner", unit.of("owner").pick_after(words::OWNERS, life.tags)),
        ]
    }

    fn instance_tags(&self, life: &Life) -> Vec<Json> {
        let unit = self.unit.draw;
        let mut tags = self.tags(life, &life.draw.hex(4));
        tags.push(tag("Environment", self.unit.environment()));
        tags.push(tag("Service", self.service()));
        tags.push(tag("Team", unit.of("team").pick(words::TEAMS)));
        tags.push(tag("CostCenter", format!("cc-{}", 1_000 + unit.of("cost").below(400))));
        tags.push(tag(unit.of("key").pick(words::TAG_KEYS), unit.of("value").pick(words::TAG_VALUES)));
        if life.draw.of("scaled").happens(0.3) {
            tags.push(tag("aws:autoscaling:groupName", format!("{}-asg", self.unit.name())));
        }
        tags
    }

    fn security_groups(&self, draw: Draw, modified: u32) -> Vec<Json> {
        let kind = draw.of("group").pick_after(words::ROLES, modified);
        [self.service(), kind]
            .map(|name| object! { "GroupId": id("sg", self.scope.draw.of(name)), "GroupName": name })
            .into()
    }

    fn image(&self) -> String {
        id("ami", self.scope.draw.of("image").nth(self.unit.draw.of("image").below(60)))
    }

    fn key(&self) -> String {
        let key = self.scope.draw.of("key").nth(self.unit.draw.of("key").below(5)).uuid();
        format!("arn:aws:kms:{}:{}:key/{key}", self.scope.location, self.scope.account)
    }

    fn network(&self) -> Draw {
        self.scope.draw.of("network").nth(self.unit.draw.of("network").below(6))
    }

    fn zone(&self) -> String {
        format!("{}{}", self.scope.location, self.unit.draw.of("zone").pick(&["a", "b", "c"]))
    }

    fn service(&self) -> &'static str {
        self.unit.service()
    }

    fn host_name(&self, draw: Draw) -> String {
        format!("ip-{}.{}.compute.internal", address(draw).replace('.', "-"), self.scope.location)
    }
}

const DEVICES: [&str; 12] = [
    "/dev/xvda",
    "/dev/sdf",
    "/dev/sdg",
    "/dev/sdh",
    "/dev/sdi",
    "/dev/sdj",
    "/dev/sdk",
    "/dev/sdl",
    "/dev/sdm",
    "/dev/sdn",
    "/dev/sdo",
    "/dev/sdp",
];

fn mapping(volume: &Volume, at: Attachment) -> Json {
    object! {
        "DeviceName": DEVICES[at.slot % DEVICES.len()],
        "Ebs": object! {
            "AttachTime": seconds(at.since),
            "DeleteOnTermination": at.slot == 0,
            "Status": "attached",
            "VolumeId": id("vol", volume.life.draw),
        },
    }
}

fn address(draw: Draw) -> String {
    let number = draw.of("address").below(1 << 24);
    format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255)
}

fn id(prefix: &str, draw: Draw) -> String {
    format!("{prefix}-0{}", draw.of("id").hex(16))
}

fn tag(key: &'static str, value: impl Into<Json>) -> Json {
    object! { "Key": key, "Value": value }
}

fn seconds(at: Millis) -> String {
    moment(at, "%Y-%m-%dT%H:%M:%S+00:00")
}

fn micros(at: Millis) -> String {
    moment(at, "%Y-%m-%dT%H:%M:%S%.6f+00:00")
}
