//! What an account sets for all its compute in a region.

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::convert::Print;
use super::push;
use super::session::Regional;
use crate::model::CoverageStatus;
use crate::sources::Place;
use crate::sources::aws::calls::{
    GET_ALLOWED_IMAGES_SETTINGS, GET_EBS_DEFAULT_KMS_KEY_ID, GET_EBS_ENCRYPTION_BY_DEFAULT,
    GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE, GET_INSTANCE_METADATA_DEFAULTS, GET_MANAGED_RESOURCE_VISIBILITY,
    GET_SERIAL_CONSOLE_ACCESS_STATUS, GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE,
};
use crate::sources::live::{Call, Page, Pages, Refusal, Trouble};

/// What a region answers to a call that it does not have, and so has nothing to show by.
const NOT_OFFERED: &[&str] = &["InvalidAction", "UnknownOperationException", "UnsupportedOperation"];

/// Asks, all at once, for the settings that these calls tell.
macro_rules! ask_all {
    ($at:expr, $pages:expr, $($call:ident: $request:ident),+ $(,)?) => {
        join_all([$(
            async {
                let answer = $at.ask(&$call, || $at.ec2.$request().send()).await;
                take($pages, &$call, answer).await
            }
            .boxed()
        ),+])
    };
}

/// Asks for every setting; one that is refused leaves the others.
pub(super) async fn list(at: &Regional, pages: &Pages) -> Vec<Trouble> {
    let troubles = ask_all!(
        at, pages,
        GET_EBS_ENCRYPTION_BY_DEFAULT: get_ebs_encryption_by_default,
        GET_EBS_DEFAULT_KMS_KEY_ID: get_ebs_default_kms_key_id,
        GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE: get_snapshot_block_public_access_state,
        GET_IMAGE_BLOCK_PUBLIC_ACCESS_STATE: get_image_block_public_access_state,
        GET_SERIAL_CONSOLE_ACCESS_STATUS: get_serial_console_access_status,
        GET_INSTANCE_METADATA_DEFAULTS: get_instance_metadata_defaults,
        GET_ALLOWED_IMAGES_SETTINGS: get_allowed_images_settings,
        GET_MANAGED_RESOURCE_VISIBILITY: get_managed_resource_visibility,
    );
    troubles.await.into_iter().flatten().collect()
}

/// Returns the troubles of one of a listing's calls; that a region does not offer it is no more than a note.
pub(super) fn of_call(call: &'static Call, troubles: Vec<Trouble>) -> impl Iterator<Item = Trouble> {
    troubles.into_iter().map(|trouble| {
        let is_offered = !NOT_OFFERED.contains(&trouble.reason.code.as_str());
        if is_offered { trouble.of(call) } else { trouble.of(call).as_note() }
    })
}

/// Sends what a call answered.
async fn take(pages: &Pages, call: &'static Call, answer: Result<impl Print, Refusal>) -> Vec<Trouble> {
    let mut page = Page::at(Place::default());
    let trouble = match answer.and_then(|answer| push(&mut page, &answer)) {
        Err(refusal) => Trouble::from(refusal),
        Ok(()) => match pages.send(page).await {
            Ok(()) => return Vec::new(),
            Err(stopped) => Trouble::new(CoverageStatus::Failed, "stopped", stopped.to_string()),
        },
    };
    of_call(call, vec![trouble]).collect()
}
