//! The crate `azure_mgmt_compute`, driven through a transport of ours.
//!
//! The crate builds the requests and walks from page to page. Left alone it would lose a whole page over one
//! odd element, drop fields that it does not know and follow a link anywhere with the token (SEMANTICS I.2):
//! so the transport keeps the elements, hands the crate a page that holds none, and sends nothing but what
//! [`Arm`] lets through. The crate never sees the token.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::auth::{AccessToken, TokenCredential};
use azure_core::error::{Error, ErrorKind};
use azure_core::headers::Headers;
use azure_core::{BytesStream, HttpClient, Pageable, Response, RetryOptions, StatusCode, TransportOptions};
use azure_mgmt_compute::package_2024_07_01::Client;
use futures_util::stream::{BoxStream, StreamExt as _};
use serde_json::json;

use super::arm::Arm;
use super::list::List;
use crate::sources::live::{Call, Lane, Refusal, RefusalKind};

/// The crate's stream of pages, which are empty.
pub(super) type Pages = BoxStream<'static, azure_core::Result<()>>;

/// A list that the crate walks, page by page.
pub(super) struct Walk {
    transport: Arc<Transport>,
    pages: tokio::sync::Mutex<Pages>,
}

impl Walk {
    /// Starts before the first page; no request is made yet.
    ///
    /// # Errors
    ///
    /// `Failed` if the crate refuses the endpoint.
    pub(super) fn new(
        arm: &Arc<Arm>,
        lane: &Arc<Lane>,
        call: &'static Call,
        pages: impl FnOnce(&Client) -> Pages,
    ) -> Result<Self, Refusal> {
        let (arm, lane) = (Arc::clone(arm), Arc::clone(lane));
        let endpoint = arm.endpoint().clone();
        let transport = Arc::new(Transport { arm, lane, call, kept: Mutex::default() });
        let http: Arc<dyn HttpClient> = Arc::<Transport>::clone(&transport);
        let client = Client::builder(Arc::new(NoToken))
            .endpoint(endpoint)
            .scopes(&[])
            .retry(RetryOptions::none())
            .transport(TransportOptions::new(http))
            .build();
        let client = client.map_err(|error| refusal_in(&error))?;
        Ok(Self { transport, pages: tokio::sync::Mutex::new(pages(&client)) })
    }

    /// Returns the next page.
    ///
    /// # Errors
    ///
    /// What the transport refused; a page that fails is the last.
    pub(super) async fn next(&self) -> Result<List, Refusal> {
        let ended =
            || Refusal::new(RefusalKind::Failed, "ended-early", "the list ended before its last page");
        self.pages.lock().await.next().await.ok_or_else(ended)?.map_err(|error| refusal_in(&error))?;
        self.transport.take().ok_or_else(ended)
    }
}

/// Drops what the crate made of a page: nothing.
pub(super) fn empty<T: 'static>(pages: Pageable<T, Error>) -> Pages {
    pages.map(|page| page.map(drop)).boxed()
}

/// Makes the crate's requests, and keeps what they were answered with.
#[derive(Debug)]
struct Transport {
    arm: Arc<Arm>,
    lane: Arc<Lane>,
    call: &'static Call,
    kept: Mutex<Option<List>>,
}

impl Transport {
    fn take(&self) -> Option<List> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl HttpClient for Transport {
    /// Headers of the crate's are left out: a stand-in for the token, and what calls itself an Azure SDK.
    async fn execute_request(&self, request: &azure_core::Request) -> azure_core::Result<Response> {
        let list = self.arm.get(&self.lane, self.call, request.url(), List::read).await;
        let list = list.map_err(|refusal| Error::new(ErrorKind::Other, refusal))?;
        let page = json!({"value": [], "nextLink": list.next}).to_string();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(list);
        Ok(Response::new(StatusCode::Ok, Headers::new(), Box::pin(BytesStream::new(page))))
    }
}

/// Stands in for the credential, which is [`Arm`]'s.
#[derive(Debug)]
struct NoToken;

#[async_trait]
impl TokenCredential for NoToken {
    async fn get_token(&self, _: &[&str]) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new("none", azure_core::date::parse_rfc3339("9999-12-31T00:00:00Z")?))
    }

    async fn clear_cache(&self) -> azure_core::Result<()> {
        Ok(())
    }
}

/// Returns the refusal that an error of the crates' carries; they wrap it, at most.
pub(super) fn refusal_in(error: &Error) -> Refusal {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return refusal.clone();
        }
        cause = error.source();
    }
    Refusal::new(RefusalKind::Failed, "sdk", error.to_string())
}
