//! What `azure_identity` may talk to: one authority, gently.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::headers::Headers;
use azure_core::{Body, BytesStream, HttpClient, Method, Response, StatusCode};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Request, Url};

use super::credential::Token;
use super::http::{Http, Reply, without};
use super::refusal;
use crate::sources::azure::calls;
use crate::sources::live::{Lane, Pace, Refusal, RefusalKind};

/// A transport to one authority, or to the identity endpoint of this machine.
#[derive(Debug)]
pub(super) struct Authority {
    http: Http,
    pace: Arc<Pace>,
    lane: Arc<Lane>,
    host: Url,
    /// Which of a machine's identities; the crate only asks for the system-assigned one.
    client_id: Option<String>,
    /// What the requests prove us by, which no message may quote.
    secret: Token,
}

impl Authority {
    pub(super) const fn new(
        http: Http,
        pace: Arc<Pace>,
        lane: Arc<Lane>,
        host: Url,
        client_id: Option<String>,
        secret: Token,
    ) -> Self {
        Self { http, pace, lane, host, client_id, secret }
    }

    async fn answered(&self, request: &azure_core::Request) -> Result<Reply, Refusal> {
        if request.url().origin() != self.host.origin() {
            let message = "a token is asked for at the authority, and nowhere else";
            return Err(Refusal::new(RefusalKind::Credentials, "foreign-host", message));
        }
        let attempt = || async {
            let reply = self.http.send(self.request(request)?).await?;
            if reply.is_success() { Ok(reply) } else { Err(refusal::of_authority(&reply)) }
        };
        let answered = self.pace.call(&self.lane, &calls::TOKEN, attempt).await;
        answered.map_err(|refusal| without(refusal, self.secret.secret()))
    }

    /// Returns the crate's request as one of ours.
    fn request(&self, theirs: &azure_core::Request) -> Result<Request, Refusal> {
        let odd = |what: &str| Refusal::new(RefusalKind::Credentials, "sdk", format!("an odd {what}"));
        let method = match theirs.method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            _ => return Err(odd("method")),
        };
        let Body::Bytes(body) = theirs.body() else { return Err(odd("body")) };
        let mut request = Request::new(method, theirs.url().clone());
        for (name, value) in theirs.headers().iter() {
            let name = HeaderName::from_bytes(name.as_str().as_bytes()).map_err(|_| odd("header"))?;
            let value = HeaderValue::from_str(value.as_str()).map_err(|_| odd("header"))?;
            request.headers_mut().insert(name, value);
        }
        if let Some(client_id) = &self.client_id {
            request.url_mut().query_pairs_mut().append_pair("client_id", client_id);
        }
        *request.body_mut() = Some(body.clone().into());
        Ok(request)
    }
}

#[async_trait]
impl HttpClient for Authority {
    async fn execute_request(&self, request: &azure_core::Request) -> azure_core::Result<Response> {
        let reply = self.answered(request).await;
        let reply = reply.map_err(|refusal| Error::new(ErrorKind::Credential, refusal))?;
        let status = StatusCode::try_from(reply.status).unwrap_or(StatusCode::Ok);
        Ok(Response::new(status, Headers::new(), Box::pin(BytesStream::new(reply.body))))
    }
}
