//! The three recycle bins of EC2.

use super::push;
use super::session::Regional;
use super::setting::of_call;
use super::walk::PAGE;
use crate::sources::aws::calls::{
    LIST_IMAGES_IN_RECYCLE_BIN, LIST_SNAPSHOTS_IN_RECYCLE_BIN, LIST_VOLUMES_IN_RECYCLE_BIN,
};
use crate::sources::live::{Answer, Page, Pages, Trouble, follow};

/// Lists a recycle bin: its call, the name of its request and the member that holds its list.
macro_rules! bin {
    ($at:expr, $pages:expr, $call:ident, $request:ident, $member:ident, $envelope:literal) => {{
        let request = $at.ec2.$request().max_results(PAGE);
        let request = &request;
        let troubles = follow($pages, |token| async move {
            let send = || request.clone().set_next_token(token.clone()).send();
            let answer = $at.ask(&$call, send).await?;
            let mut page = Page::of($envelope);
            answer.$member.unwrap_or_default().iter().try_for_each(|entry| push(&mut page, entry))?;
            Ok(Answer { page, next: answer.next_token, ..Answer::default() })
        });
        of_call(&$call, troubles.await)
    }};
}

/// Lists what the recycle bins hold; one that refuses leaves the others.
pub(super) async fn list(at: &Regional, pages: &Pages) -> Vec<Trouble> {
    let snapshots =
        bin!(at, pages, LIST_SNAPSHOTS_IN_RECYCLE_BIN, list_snapshots_in_recycle_bin, snapshots, "Snapshots");
    let images = bin!(at, pages, LIST_IMAGES_IN_RECYCLE_BIN, list_images_in_recycle_bin, images, "Images");
    let volumes =
        bin!(at, pages, LIST_VOLUMES_IN_RECYCLE_BIN, list_volumes_in_recycle_bin, volumes, "Volumes");
    snapshots.chain(images).chain(volumes).collect()
}
