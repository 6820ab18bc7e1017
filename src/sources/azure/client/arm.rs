//! Azure Resource Manager, asked with the entry's credential, gently, and nobody else.

use std::fmt;
use std::sync::Arc;

use reqwest::{Method, Request, Url};

use super::credential::{Credential, Token};
use super::headers::{self, Quotas};
use super::http::{Http, Reply, without};
use super::list::List;
use super::refusal;
use crate::model::{AccountId, EVERYWHERE, Location};
use crate::sources::live::{Call, Lane, Pace, Refusal, RefusalKind};

/// Where Azure Resource Manager answers, in the public cloud.
const ENDPOINT: &str = "https://management.azure.com";

/// The API version of subscriptions.
pub(super) const SUBSCRIPTIONS: &str = "2022-12-01";

/// Azure Resource Manager at one endpoint.
pub(super) struct Arm {
    endpoint: Url,
    http: Http,
    credential: Credential,
    pace: Arc<Pace>,
    quotas: Quotas,
}

impl fmt::Debug for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arm").field("endpoint", &self.endpoint.as_str()).finish_non_exhaustive()
    }
}

impl Arm {
    pub(super) fn new(endpoint: Url, http: Http, credential: Credential, pace: Arc<Pace>) -> Self {
        Self { endpoint, http, credential, pace, quotas: Quotas::default() }
    }

    /// Returns the endpoint that a configuration names.
    ///
    /// # Errors
    ///
    /// `Failed` if it is no URL, or one with a path.
    pub(super) fn endpoint_of(configured: Option<&str>) -> Result<Url, Refusal> {
        let endpoint = configured.unwrap_or(ENDPOINT);
        let bad = |why: String| {
            Refusal::new(RefusalKind::Failed, "bad-endpoint", format!("the endpoint `{endpoint}` {why}"))
        };
        let url = Url::parse(endpoint).map_err(|error| bad(format!("is no URL: {error}")))?;
        if url.path() == "/" {
            Ok(url)
        } else {
            Err(bad("has a path, and ARM ids begin at the root".to_owned()))
        }
    }

    pub(super) const fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// Returns the lane of an account: Azure counts requests per subscription, wherever the resource is.
    pub(super) fn lane(&self, account: &AccountId) -> Arc<Lane> {
        self.pace.lane(account, &Location::new(EVERYWHERE))
    }

    /// Returns the URL of what has this path, an ARM id for instance.
    pub(super) fn url(&self, path: &str, api_version: &str, expand: Option<&str>) -> Url {
        let mut url = self.endpoint.clone();
        url.set_path(path);
        url.query_pairs_mut().append_pair("api-version", api_version);
        if let Some(expand) = expand {
            url.query_pairs_mut().append_pair("$expand", expand);
        }
        url
    }

    /// Asks for one page of a list: the one that the token of the page before links to, or the first.
    ///
    /// # Errors
    ///
    /// As [`Arm::get`].
    pub(super) async fn page(
        &self,
        lane: &Lane,
        call: &'static Call,
        first: &Url,
        token: Option<String>,
    ) -> Result<List, Refusal> {
        let url = match token {
            None => first.clone(),
            Some(link) => first.join(&link).map_err(|error| {
                Refusal::new(RefusalKind::Failed, "bad-next-link", format!("the next page's link: {error}"))
            })?,
        };
        self.get(lane, call, &url, List::read).await
    }

    /// Asks for something, and reads the reply.
    ///
    /// A token that is not accepted is renewed once: it may have expired on the way.
    ///
    /// # Errors
    ///
    /// `foreign-host` before anything is sent, if the URL is not the endpoint's; what the credential, Azure
    /// or `read` refuse.
    pub(super) async fn get<T>(
        &self,
        lane: &Lane,
        call: &'static Call,
        url: &Url,
        read: fn(&Reply) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.refuse_foreign(url)?;
        let token = self.credential.token().await?;
        let refusal = match self.attempts(lane, call, url, &token, read).await {
            Err(refusal) if refusal.kind == RefusalKind::Credentials => refusal,
            done => return done,
        };
        match self.credential.renewed(&token).await? {
            Some(token) => self.attempts(lane, call, url, &token, read).await,
            None => Err(refusal),
        }
    }

    /// A `nextLink` is followed wherever it leads, so a forged one would carry the token away.
    fn refuse_foreign(&self, url: &Url) -> Result<(), Refusal> {
        if url.origin() == self.endpoint.origin() {
            return Ok(());
        }
        let (there, here) =
            (url.origin().ascii_serialization(), self.endpoint.origin().ascii_serialization());
        let message =
            format!("the next page is said to be at {there}, which is not {here}; it was not asked");
        Err(Refusal::new(RefusalKind::Failed, "foreign-host", message))
    }

    async fn attempts<T>(
        &self,
        lane: &Lane,
        call: &'static Call,
        url: &Url,
        token: &Token,
        read: fn(&Reply) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let attempt = || async {
            let mut request = Request::new(Method::GET, url.clone());
            request.headers_mut().insert("authorization", token.header()?);
            let reply = self.http.send(request).await?;
            self.note(lane, &reply);
            let answer = if reply.is_success() { read(&reply) } else { Err(refusal::of(&reply)) };
            answer.map_err(|refusal| without(refusal, token.secret()))
        };
        self.pace.call(lane, call, attempt).await
    }

    /// Notes what a reply's headers tell, and rests before a quota is used up.
    fn note(&self, lane: &Lane, reply: &Reply) {
        if let Some(date) = headers::date(&reply.headers) {
            self.pace.ledger().saw_time(date);
        }
        if let Some(rest) = self.quotas.rest(lane.account.as_str(), &reply.headers) {
            lane.pause(rest);
        }
    }
}
