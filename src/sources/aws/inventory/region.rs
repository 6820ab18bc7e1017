//! `DescribeRegions` with all regions → region (SEMANTICS A.3).

use serde_json::{Map, Value};

use super::Native;
use super::identity::{self, Origin};
use crate::model::{Kind, Location};
use crate::sources::{Element, Field, Form, Hints, Odd, Reading};

/// How EC2 lists the regions of an account.
pub(super) const NATIVE: Native = Native {
    kind: Kind::Region,
    envelopes: &["Regions"],
    id: "RegionName",
    prefixes: &[""],
    marks: &["OptInStatus"],
    strangers: &[],
    // `account list-regions` tells `RegionOptStatus`.
    needs: Some("OptInStatus"),
    read,
};

/// A region that is switched off is one change here, and no other in it.
const FIELDS: &[Field] = &[
    Field::config("OptInStatus", Form::Plain),
    // Filled in by EC2, and the same for every account.
    Field::volatile("Endpoint"),
    Field::volatile("Geography"),
];

fn read(mut element: Element, _: &Map<String, Value>, hints: &Hints) -> Result<Reading, Odd> {
    let name = element.take_id("RegionName")?;
    let mut resource = identity::within(Kind::Region, &name, Origin { hints, owner: None, zone: None });
    resource.location = Location::new(name.as_str());
    resource.name = Some(name);
    element.take_fields(FIELDS, "", &mut resource);
    Ok(element.finish(resource))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::plain;
    use super::*;
    use crate::model::{AccountId, Confidence, EVERYWHERE};
    use crate::sources::Cloud;
    use crate::sources::aws::Aws;

    #[test]
    fn a_region_is_the_account_s_and_stands_in_the_one_list_of_regions() {
        let native = json!({ "RegionName": "eu-south-1", "Endpoint": "ec2.eu-south-1.amazonaws.com",
            "Geography": [{ "Name": "Italy" }], "OptInStatus": "opted-in" });
        let Value::Object(native) = native else { panic!() };
        let hints = Hints { account: Some(AccountId::new("111122223333")), ..Hints::default() };
        let Ok(Reading::Resource { resource, odd }) = read(Element::new(native), &Map::new(), &hints) else {
            panic!()
        };
        assert_eq!(odd, []);
        assert_eq!(resource.key.uid.as_str(), "111122223333/eu-south-1");
        assert_eq!(resource.location.as_str(), "eu-south-1");
        assert_eq!(Aws.listing_location(Kind::Region, &resource.location).as_str(), EVERYWHERE);
        assert_eq!(resource.config, [("OptInStatus".to_owned(), json!("opted-in"))].into());
        assert_eq!(resource.unmapped, [].into());
    }

    #[test]
    fn a_region_of_nobody_knows_whom_is_told_so() {
        let region = plain(read, json!({ "RegionName": "us-east-1", "OptInStatus": "opt-in-not-required" }));
        assert_eq!(region.key.uid.as_str(), "unknown/us-east-1");
        assert_eq!(region.uid_confidence, Confidence::Low);
    }
}
