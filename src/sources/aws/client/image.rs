//! `DescribeImages`, and who may launch an image.

use async_trait::async_trait;
use aws_sdk_ec2::types::ImageAttributeName;

use super::session::Regional;
use super::single::Singles;
use super::walk::{Found, Listed, PAGE, Which};
use super::{overlay, push};
use crate::config::Aws;
use crate::sources::aws::calls::{DESCRIBE_IMAGE_ATTRIBUTE, DESCRIBE_IMAGES};
use crate::sources::live::{Answer, Call, Page, Pages, Refusal, Trouble};
use crate::sources::{Overlay, Place};

/// The account itself; without it EC2 lists the public images of everybody.
const OWNER: &str = "self";

/// The account's own images in one region, deprecated and disabled ones among them.
pub(super) struct Images<'a> {
    at: &'a Regional,
    cloud: &'a Aws,
    singles: Singles,
}

impl<'a> Images<'a> {
    pub(super) fn new(at: &'a Regional, cloud: &'a Aws, pages: &Pages) -> Self {
        Self { at, cloud, singles: Singles::of(pages) }
    }

    async fn attribute(&self, id: &str) -> Result<Overlay, Refusal> {
        let attribute = ImageAttributeName::LaunchPermission;
        let request = self.at.ec2.describe_image_attribute().image_id(id).attribute(attribute);
        let answer = self.at.ask(&DESCRIBE_IMAGE_ATTRIBUTE, || request.clone().send()).await?;
        overlay(&answer, &Place::default())
    }
}

#[async_trait]
impl Listed for Images<'_> {
    async fn ask(&self, which: Which) -> Result<Found, Refusal> {
        let request = self.at.ec2.describe_images().owners(OWNER);
        let request = request
            .include_deprecated(true)
            .include_disabled(true)
            .set_image_ids(which.ids())
            .set_filters(which.filters("image-id"))
            .set_max_results(which.most(PAGE))
            .set_next_token(which.token);
        let answer = self.at.ask(&DESCRIBE_IMAGES, || request.clone().send()).await?;
        let images = answer.images.unwrap_or_default();
        let mut page = Page::of("Images");
        images.iter().try_for_each(|image| push(&mut page, image))?;
        let there: Vec<_> = images.into_iter().filter_map(|image| image.image_id).collect();
        if self.cloud.sharing {
            let call: &'static Call = &DESCRIBE_IMAGE_ATTRIBUTE;
            let questions = there.iter().map(|id| (call, self.attribute(id))).collect();
            self.singles.ask(questions).await.into_iter().for_each(|told| page.tell(told));
        }
        Ok(Found { there, answer: Answer { page, next: answer.next_token, ..Answer::default() } })
    }

    fn troubles(&self) -> Vec<Trouble> {
        self.singles.troubles()
    }
}
