//! The SDK's types → the JSON that the AWS CLI prints of the same answer.
//!
//! One table row for each shape, one file for each family. A member's name is its field's in `PascalCase` unless
//! the row says otherwise; what an answer does not hold is absent, and an empty list is there if it was sent.

mod attribute;
mod image;
mod instance;
mod instance_type;
mod interface;
mod place;
mod quota;
mod recycled;
mod setting;
mod shared;
mod snapshot;
mod task;
mod trail;
mod volume;

use std::collections::HashMap;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value};

pub(super) use trail::Status;

/// What the AWS CLI prints.
pub(super) trait Print {
    /// Returns the JSON; `None` for what is left out.
    fn print(&self) -> Option<Value>;
}

impl<T: Print> Print for Option<T> {
    fn print(&self) -> Option<Value> {
        self.as_ref()?.print()
    }
}

impl<T: Print> Print for Vec<T> {
    fn print(&self) -> Option<Value> {
        Some(self.iter().filter_map(Print::print).collect())
    }
}

impl Print for DateTime {
    /// In UTC, with as many digits as the time has.
    fn print(&self) -> Option<Value> {
        self.fmt(Format::DateTime).ok().map(Value::String)
    }
}

macro_rules! scalars {
    ($($scalar:ty),+) => {
        $(impl Print for $scalar {
            fn print(&self) -> Option<Value> {
                Some(Value::from(self.clone()))
            }
        })+
    };
}

scalars!(String, bool, f64, i32, i64);

impl Print for HashMap<String, String> {
    fn print(&self) -> Option<Value> {
        Some(self.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// Declares words of a closed set: `types::VolumeState`. A word that the SDK does not know survives.
macro_rules! words {
    ($($word:path),+ $(,)?) => {
        $(impl super::Print for $word {
            fn print(&self) -> Option<serde_json::Value> {
                Some(self.as_str().into())
            }
        })+
    };
}

/// Declares shapes: `types::Tag { key, value }`, and their list for the tests.
macro_rules! shapes {
    ($($shape:path { $($field:ident $(as $name:literal)?),+ $(,)? })+) => {
        $(impl super::Print for $shape {
            fn print(&self) -> Option<serde_json::Value> {
                let mut members = serde_json::Map::new();
                $(super::put(&mut members, [$($name,)? stringify!($field)].as_slice(), &self.$field);)+
                Some(members.into())
            }
        })+

        #[cfg(test)]
        pub(super) fn shapes() -> Vec<super::tests::Row> {
            vec![$(super::tests::Row {
                shape: stringify!($shape),
                fields: vec![$([$($name,)? stringify!($field)].as_slice()),+],
                modelled: format!("{:#?}", <$shape>::builder().build()),
            }),+]
        }
    };
}

use {shapes, words};

/// Adds a member; `names` holds its field's and, before that, the one that the row gives it.
fn put(members: &mut Map<String, Value>, names: &[&str], value: &impl Print) {
    if let Some(value) = value.print() {
        members.insert(name(names), value);
    }
}

fn name(names: &[&str]) -> String {
    match names {
        [field] => field.split('_').flat_map(capitalised).collect(),
        [name, ..] => (*name).to_owned(),
        [] => String::new(),
    }
}

fn capitalised(word: &str) -> impl Iterator<Item = char> {
    word.chars().enumerate().map(|(at, letter)| if at == 0 { letter.to_ascii_uppercase() } else { letter })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use aws_sdk_ec2::types;
    use serde_json::json;

    use super::*;

    /// A row of a table, and what the SDK's type has.
    pub(super) struct Row {
        /// The path of the type.
        pub(super) shape: &'static str,
        /// The names of each field.
        pub(super) fields: Vec<&'static [&'static str]>,
        /// A value without anything, as `Debug` prints it.
        pub(super) modelled: String,
    }

    /// The members of each shape by botocore 1.44.5's models of the four services, which the AWS CLI prints by.
    const BOTOCORE: &str = include_str!("botocore.txt");

    fn rows() -> impl Iterator<Item = (&'static str, Row)> {
        [
            attribute::shapes(),
            image::shapes(),
            instance::shapes(),
            instance_type::shapes(),
            interface::shapes(),
            place::shapes(),
            quota::shapes(),
            recycled::shapes(),
            setting::shapes(),
            shared::shapes(),
            snapshot::shapes(),
            task::shapes(),
            trail::shapes(),
            volume::shapes(),
        ]
        .into_iter()
        .flatten()
        .map(|row| (row.shape.rsplit("::").next().unwrap().trim(), row))
    }

    #[test]
    fn every_field_that_the_sdk_models_is_in_its_row() {
        for (shape, row) in rows() {
            let is_field = |line: &&str| line.starts_with("    ") && !line.starts_with("    _");
            let modelled: BTreeSet<_> = row
                .modelled
                .lines()
                .filter(is_field)
                .map(|line| line.trim().split(':').next().unwrap())
                .collect();
            let told: BTreeSet<_> =
                row.fields.iter().map(|names| names.last().unwrap().trim_start_matches("r#")).collect();
            assert_eq!(told, modelled, "{shape}");
        }
    }

    #[test]
    fn every_member_bears_the_name_that_the_cli_prints() {
        let botocore: BTreeMap<_, BTreeSet<_>> = BOTOCORE
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(shape, members)| (shape, members.split(' ').map(str::to_owned).collect()))
            .collect();
        let mut unmodelled = Vec::new();
        for (shape, row) in rows() {
            let printed: BTreeSet<_> = row.fields.iter().map(|names| name(names)).collect();
            let known = &botocore[shape];
            assert!(printed.is_subset(known), "{shape}: {:?}", printed.difference(known));
            unmodelled.extend(known.difference(&printed).map(|member| format!("{shape}.{member}")));
        }
        // The mapping must not compare what a live scan cannot see.
        assert_eq!(unmodelled, ["Monitoring.MetricCategoryIds", "Snapshot.AssociatedKmsKeys"]);
        assert_eq!(rows().count(), botocore.len());
    }

    #[test]
    fn an_element_is_printed_as_the_cli_prints_it() {
        let volume = types::Volume::builder()
            .volume_id("vol-1")
            .size(8)
            .encrypted(false)
            .volume_type(types::VolumeType::Gp3)
            .state("parked".into())
            .create_time(DateTime::from_millis(1_767_323_045_678))
            .attachments(types::VolumeAttachment::builder().instance_id("i-1").device("/dev/xvda").build())
            .set_tags(Some(Vec::new()))
            .build();
        let expected = json!({
            "VolumeId": "vol-1", "Size": 8, "Encrypted": false, "VolumeType": "gp3", "State": "parked",
            "CreateTime": "2026-01-02T03:04:05.678Z", "Tags": [],
            "Attachments": [{ "InstanceId": "i-1", "Device": "/dev/xvda" }],
        });
        assert_eq!(volume.print(), Some(expected));
    }

    #[test]
    fn odd_names_are_the_row_s_own() {
        let options = types::PrivateDnsNameOptionsResponse::builder()
            .enable_resource_name_dns_aaaa_record(true)
            .enable_resource_name_dns_a_record(false)
            .build();
        let expected =
            json!({ "EnableResourceNameDnsAAAARecord": true, "EnableResourceNameDnsARecord": false });
        assert_eq!(options.print(), Some(expected));
        let disk = types::DiskInfo::builder().size_in_gb(75).r#type(types::DiskType::Ssd).build();
        assert_eq!(disk.print(), Some(json!({ "SizeInGB": 75, "Type": "ssd" })));
    }
}
