//! `ListServiceQuotas` of the services that compute is made with.

use super::push;
use super::session::Regional;
use crate::sources::aws::calls::LIST_SERVICE_QUOTAS;
use crate::sources::live::{Answer, Page, Pages, Trouble, follow};

/// Whose quotas are listed.
const SERVICES: &[&str] = &["ec2", "ebs"];

/// How many quotas a page may hold; Service Quotas allows no more.
const PAGE: i32 = 100;

/// Lists the quotas of one region; a service whose list is refused leaves the other's.
pub(super) async fn list(at: &Regional, pages: &Pages) -> Vec<Trouble> {
    let client = at.service_quotas();
    let mut troubles = Vec::new();
    for service in SERVICES {
        let request = client.list_service_quotas().service_code(*service).max_results(PAGE);
        let request = &request;
        let told = follow(pages, |token| async move {
            let send = || request.clone().set_next_token(token.clone()).send();
            let answer = at.ask(&LIST_SERVICE_QUOTAS, send).await?;
            let mut page = Page::of("Quotas");
            answer.quotas.unwrap_or_default().iter().try_for_each(|quota| push(&mut page, quota))?;
            Ok(Answer { page, next: answer.next_token, ..Answer::default() })
        });
        troubles.extend(told.await);
    }
    troubles
}
