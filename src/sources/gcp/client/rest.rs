//! Plain REST, where the library has no client or hides what matters: the raw answer, its date, its headers.

use google_cloud_auth::credentials::{CacheableResource, Credentials};
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap};
use reqwest::{Client, RequestBuilder, Url, redirect};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::compute::Query;
use super::refusal;
use crate::config::Gcp;
use crate::sources::live::{Ledger, Refusal, RefusalKind};

const COMPUTE: &str = "https://compute.googleapis.com";

const RESOURCE_MANAGER: &str = "https://cloudresourcemanager.googleapis.com";

const IAM: &str = "https://iam.googleapis.com";

const LOGGING: &str = "https://logging.googleapis.com";

/// A client that asks the configured hosts and no other: it follows no redirect.
pub(super) struct Rest {
    client: Client,
    credentials: Credentials,
    compute: Url,
    resource_manager: Url,
    iam: Url,
    logging: Url,
}

impl Rest {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// An endpoint that is no URL; a system without usable TLS roots.
    pub(super) fn new(config: &Gcp, credentials: Credentials) -> Result<Self, Refusal> {
        let agent = concat!("driftline/", env!("CARGO_PKG_VERSION"));
        let client = Client::builder().redirect(redirect::Policy::none()).user_agent(agent).build();
        let client =
            client.map_err(|error| Refusal::new(RefusalKind::Failed, "no-client", refusal::chain(&error)))?;
        let compute = endpoint(config.endpoint.as_deref().unwrap_or(COMPUTE))?;
        let manager = config.resource_manager_endpoint.as_deref().unwrap_or(RESOURCE_MANAGER);
        let resource_manager = endpoint(manager)?;
        let iam = endpoint(config.iam_endpoint.as_deref().unwrap_or(IAM))?;
        let logging = endpoint(config.logging_endpoint.as_deref().unwrap_or(LOGGING))?;
        Ok(Self { client, credentials, compute, resource_manager, iam, logging })
    }

    /// Makes sure that there is a token.
    pub(super) async fn token(&self) -> Result<(), Refusal> {
        self.authorization().await.map(drop)
    }

    /// Asks Compute Engine for what stands at a path from `projects/…` on.
    pub(super) async fn compute(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        ledger: &Ledger,
    ) -> Result<Map<String, Value>, Refusal> {
        self.get(url(&self.compute, &format!("compute/v1/{path}"), parameters)?, ledger).await
    }

    /// Asks Compute Engine for a page of a list as the library does.
    pub(super) async fn page(
        &self,
        query: &Query<'_>,
        ledger: &Ledger,
    ) -> Result<Map<String, Value>, Refusal> {
        let most = query.most.to_string();
        let mut parameters = vec![("maxResults", most.as_str())];
        if query.aggregated {
            parameters.push(("includeAllScopes", "true"));
        }
        parameters.extend(query.token.as_deref().map(|token| ("pageToken", token)));
        self.compute(&query.path, &parameters, ledger).await
    }

    /// Asks Resource Manager v3.
    pub(super) async fn resource_manager(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        ledger: &Ledger,
    ) -> Result<Map<String, Value>, Refusal> {
        self.get(url(&self.resource_manager, &format!("v3/{path}"), parameters)?, ledger).await
    }

    /// Asks Cloud Logging v2 for a page of how it is set up.
    pub(super) async fn log_settings(
        &self,
        path: &str,
        token: Option<&str>,
        ledger: &Ledger,
    ) -> Result<Map<String, Value>, Refusal> {
        let parameters: Vec<_> = token.map(|token| ("pageToken", token)).into_iter().collect();
        self.get(url(&self.logging, &format!("v2/{path}"), &parameters)?, ledger).await
    }

    /// Asks Resource Manager v3 for the IAM policy of a project, conditions and all.
    pub(super) async fn project_policy(
        &self,
        project: &str,
        ledger: &Ledger,
    ) -> Result<Map<String, Value>, Refusal> {
        let url = url(&self.resource_manager, &format!("v3/projects/{project}:getIamPolicy"), &[])?;
        // A policy with conditions is refused to whoever does not say that it knows them.
        let body = json!({ "options": { "requestedPolicyVersion": 3 } }).to_string();
        self.send(self.client.post(url).header(CONTENT_TYPE, "application/json").body(body), ledger).await
    }

    /// Asks IAM v1.
    pub(super) async fn iam(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        ledger: &Ledger,
    ) -> Result<Map<String, Value>, Refusal> {
        self.get(url(&self.iam, &format!("v1/{path}"), parameters)?, ledger).await
    }

    /// Asks Cloud Logging v2 for what a body describes.
    pub(super) async fn logging<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        ledger: &Ledger,
    ) -> Result<T, Refusal> {
        let request = self.client.post(url(&self.logging, &format!("v2/{path}"), &[])?);
        self.send(request.header(CONTENT_TYPE, "application/json").body(body.to_string()), ledger).await
    }

    async fn get(&self, url: Url, ledger: &Ledger) -> Result<Map<String, Value>, Refusal> {
        self.send(self.client.get(url), ledger).await
    }

    /// Asks once.
    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        ledger: &Ledger,
    ) -> Result<T, Refusal> {
        let headers = self.authorization().await?;
        let sent = request.headers(headers).send().await;
        let response = sent.map_err(refusal::of_transport)?;
        let (status, headers) = (response.status(), response.headers().clone());
        refusal::note_time(&headers, ledger);
        let body = response.bytes().await.map_err(refusal::of_transport)?;
        if !status.is_success() {
            return Err(refusal::of_response(status.as_u16(), &headers, &body));
        }
        serde_json::from_slice(&body).map_err(|_| refusal::not_json(&body))
    }

    async fn authorization(&self) -> Result<HeaderMap, Refusal> {
        match self.credentials.headers(Extensions::new()).await {
            Ok(CacheableResource::New { data, .. }) => Ok(data),
            // Only said to one who shows the tag of an earlier answer.
            Ok(CacheableResource::NotModified) => Ok(HeaderMap::new()),
            Err(error) => Err(refusal::of_credentials(&error)),
        }
    }
}

fn endpoint(text: &str) -> Result<Url, Refusal> {
    let failed = |why: String| Refusal::new(RefusalKind::Failed, "bad-endpoint", format!("`{text}`: {why}"));
    let url: Url = text.parse().map_err(|error| failed(format!("{error}")))?;
    if url.cannot_be_a_base() { Err(failed("no base of a URL".to_owned())) } else { Ok(url) }
}

/// Composes a URL segment by segment, so that nothing in a name leads to another path.
fn url(base: &Url, path: &str, parameters: &[(&str, &str)]) -> Result<Url, Refusal> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| Refusal::new(RefusalKind::Failed, "bad-endpoint", format!("`{base}` is no base")))?
        .pop_if_empty()
        .extend(path.split('/'));
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_no_other_path() {
        let base = endpoint("http://127.0.0.1:1/mirror/").unwrap();
        let of = |path: &str| url(&base, path, &[("pageToken", "a&b=c")]).unwrap().to_string();
        let expected = "http://127.0.0.1:1/mirror/projects/example.com:p/global?pageToken=a%26b%3Dc";
        assert_eq!(of("projects/example.com:p/global"), expected);
        assert_eq!(
            of("projects/../x?y#z"),
            "http://127.0.0.1:1/mirror/projects/x%3Fy%23z?pageToken=a%26b%3Dc"
        );
        assert!(endpoint("mailto:a@b").is_err());
    }
}
