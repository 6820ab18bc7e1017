//! One account, and how to call it.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::keys::{Keys, Role};
use super::refusal;
use crate::config::Aws;
use crate::model::{AccountId, Location};
use crate::sources::aws::calls::{ASSUME_MEMBER_ROLE, ASSUME_ROLE, GET_CALLER_IDENTITY};
use crate::sources::live::{Call, Lane, Ledger, Pace, Refusal, RefusalKind};

/// How long an instance's metadata service may take to answer; elsewhere nobody answers.
const METADATA_PATIENCE: Duration = Duration::from_secs(1);

/// How often it is asked.
const METADATA_ATTEMPTS: u32 = 2;

/// One account, and how to call it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) account: AccountId,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub(super) partition: String,
    /// Where what no region holds is asked for.
    pub(super) home: Location,
    pub(super) keys: Arc<Keys>,
    sdk: SdkConfig,
    pace: Arc<Pace>,
    clock: Clock,
}

/// One account in one region.
#[derive(Debug)]
pub(super) struct Regional {
    pub(super) session: Session,
    pub(super) ec2: aws_sdk_ec2::Client,
    lane: Arc<Lane>,
}

impl Session {
    /// Finds the credentials of an entry, and whose they are.
    pub(super) async fn of_entry(
        entry: &Aws,
        pace: &Arc<Pace>,
        ledger: &Arc<Ledger>,
    ) -> Result<Self, Refusal> {
        let clock = Clock(Arc::clone(ledger));
        let (sdk, keys, nearest) = load(entry).await;
        let asked = nearest.as_ref().map_or_else(|| home("aws"), AsRef::as_ref).to_owned();
        let lane = pace.lane(&AccountId::unknown(), &Location::new(asked));
        let mut session = Self {
            account: AccountId::unknown(),
            partition: String::new(),
            home: lane.location.clone(),
            keys: Arc::new(keys),
            sdk,
            pace: Arc::clone(pace),
            clock,
        };
        session.sdk = session.signed();
        if let Some(arn) = &entry.role {
            session = session.as_role(&ASSUME_ROLE, arn.clone(), entry.external_id.clone(), &lane);
        }
        let sts = session.sts();
        let who = session.ask(&lane, &GET_CALLER_IDENTITY, || sts.get_caller_identity().send()).await?;
        let (Some(account), Some(arn)) = (who.account, who.arn) else {
            let message = "the vendor does not say whose the credentials are";
            return Err(Refusal::new(RefusalKind::Failed, "no-identity", message));
        };
        session.account = AccountId::new(account);
        session.partition = arn.split(':').nth(1).map_or_else(|| "aws".to_owned(), str::to_owned);
        session.home = Location::new(match &nearest {
            Some(region) => region.as_ref(),
            None => home(&session.partition),
        });
        Ok(session)
    }

    /// Returns the session of a member account, whose role is assumed at the first request.
    pub(super) fn of_member(&self, account: &AccountId, role: &str, external_id: Option<String>) -> Self {
        let arn = format!("arn:{}:iam::{account}:role/{role}", self.partition);
        let lane = self.pace.lane(&self.account, &self.home);
        let session = self.as_role(&ASSUME_MEMBER_ROLE, arn, external_id, &lane);
        Self { account: account.clone(), ..session }
    }

    fn as_role(
        &self,
        call: &'static Call,
        arn: String,
        external_id: Option<String>,
        lane: &Arc<Lane>,
    ) -> Self {
        let role = Role {
            call,
            arn,
            external_id,
            by: Arc::clone(&self.keys),
            sts: self.sts(),
            pace: Arc::clone(&self.pace),
            lane: Arc::clone(lane),
        };
        let mut session = Self { keys: Arc::new(Keys::of_role(role)), ..self.clone() };
        session.sdk = session.signed();
        session
    }

    /// Returns the configuration of clients that sign with the session's credentials.
    fn signed(&self) -> SdkConfig {
        let keys: Arc<dyn ProvideCredentials> = Arc::clone(&self.keys) as _;
        let keys = SharedCredentialsProvider::new(keys);
        self.sdk.to_builder().credentials_provider(keys).region(Region::new(self.home.to_string())).build()
    }

    fn sts(&self) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(&self.sdk).interceptor(self.clock.clone());
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// Returns the client of Organizations.
    pub(super) fn organizations(&self) -> aws_sdk_organizations::Client {
        let config = aws_sdk_organizations::config::Builder::from(&self.sdk).interceptor(self.clock.clone());
        aws_sdk_organizations::Client::from_conf(config.build())
    }

    /// Returns the client of IAM, which has no regions.
    pub(super) fn iam(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.sdk).interceptor(self.clock.clone());
        aws_sdk_iam::Client::from_conf(config.build())
    }

    /// Returns the region where IAM, Organizations and other services without a region log.
    pub(super) fn of_global_services(&self) -> Location {
        Location::new(home(&self.partition))
    }

    /// Returns the client of CloudTrail in a region.
    pub(super) fn cloudtrail(&self, location: &Location) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.sdk)
            .region(Region::new(location.to_string()))
            .interceptor(self.clock.clone());
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// Returns the client of S3 for a bucket in a region.
    pub(super) fn s3(&self, bucket: &str, location: &Location) -> aws_sdk_s3::Client {
        // The certificate of a bucket's own host name covers no name with a dot, and test servers have one host.
        let path_style = bucket.contains('.') || self.sdk.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(&self.sdk)
            .region(Region::new(location.to_string()))
            .force_path_style(path_style)
            .disable_s3_express_session_auth(true)
            .interceptor(self.clock.clone());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Returns the lane of a service that counts its requests apart.
    pub(super) fn lane_of(
        &self,
        service: &'static str,
        location: &Location,
        requests_per_second: f64,
        burst: u32,
    ) -> Arc<Lane> {
        self.pace.lane_of(service, &self.account, location, requests_per_second, burst)
    }

    /// Goes to a region.
    pub(super) fn at(&self, location: &Location) -> Regional {
        let config = aws_sdk_ec2::config::Builder::from(&self.sdk)
            .region(Region::new(location.to_string()))
            .interceptor(self.clock.clone());
        Regional {
            session: self.clone(),
            ec2: aws_sdk_ec2::Client::from_conf(config.build()),
            lane: self.pace.lane(&self.account, location),
        }
    }

    /// Makes a request that no region is asked for.
    pub(super) async fn ask_at_home<T, E, F>(
        &self,
        call: &'static Call,
        send: impl FnMut() -> F + Send,
    ) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    {
        self.ask(&self.pace.lane(&self.account, &self.home), call, send).await
    }

    /// Makes a request with fresh credentials, within its budget.
    pub(super) async fn ask<T, E, F>(
        &self,
        lane: &Lane,
        call: &'static Call,
        mut send: impl FnMut() -> F + Send,
    ) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    {
        let request = || {
            let answer = send();
            async { answer.await.map_err(|error| refusal::refusal(&error)) }
        };
        self.call(lane, call, request).await
    }

    /// Makes a request that takes more than the SDK's answer to be answered, with fresh credentials, within its
    /// budget.
    pub(super) async fn call<T, F>(
        &self,
        lane: &Lane,
        call: &'static Call,
        request: impl FnMut() -> F + Send,
    ) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, Refusal>> + Send,
    {
        self.keys.fresh().await?;
        // The SDK's own future is large.
        Box::pin(self.pace.call(lane, call, request)).await
    }
}

impl Regional {
    /// Makes a request with fresh credentials, within the budget of account and region.
    pub(super) async fn ask<T, E, F>(
        &self,
        call: &'static Call,
        send: impl FnMut() -> F + Send,
    ) -> Result<T, Refusal>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    {
        self.session.ask(&self.lane, call, send).await
    }

    /// Returns the client of Service Quotas.
    pub(super) fn service_quotas(&self) -> aws_sdk_servicequotas::Client {
        let config = aws_sdk_servicequotas::config::Builder::from(&self.session.sdk)
            .region(Region::new(self.location().to_string()))
            .interceptor(self.session.clock.clone());
        aws_sdk_servicequotas::Client::from_conf(config.build())
    }

    /// Returns the client of CloudTrail.
    pub(super) fn cloudtrail(&self) -> aws_sdk_cloudtrail::Client {
        self.session.cloudtrail(self.location())
    }

    pub(super) fn location(&self) -> &Location {
        &self.lane.location
    }
}

/// Returns the region of a partition that is always there.
fn home(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// Returns what the environment and the entry configure, without any retries: the pace makes them.
async fn load(entry: &Aws) -> (SdkConfig, Keys, Option<Region>) {
    let http = http_client();
    let config = ProviderConfig::without_region().with_http_client(http.clone());
    let metadata = imds::Client::builder()
        .configure(&config)
        .max_attempts(METADATA_ATTEMPTS)
        .connect_timeout(METADATA_PATIENCE)
        .read_timeout(METADATA_PATIENCE)
        .build();
    let nearest = region(entry, &config, &metadata).await;
    let region = nearest.clone().unwrap_or_else(|| Region::from_static(home("aws")));
    let config = config.with_region(Some(region.clone()));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(region.clone())
        .retry_config(RetryConfig::disabled())
        .identity_cache(IdentityCache::no_cache())
        .no_credentials();
    // A profile that the entry names is meant, whatever the environment holds.
    let provider = if let Some(profile) = &entry.profile {
        loader = loader.profile_name(profile);
        let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile);
        SharedCredentialsProvider::new(provider.build())
    } else {
        let chain = DefaultCredentialsChain::builder().configure(config).imds_client(metadata).region(region);
        SharedCredentialsProvider::new(chain.build().await)
    };
    if let Some(endpoint) = &entry.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Ok(name) = AppName::new(env!("CARGO_PKG_NAME")) {
        loader = loader.app_name(name);
    }
    (loader.load().await, Keys::of_chain(provider), nearest)
}

/// Returns the region of the environment, the profile or, for the vendor's own services, the instance.
async fn region(entry: &Aws, config: &ProviderConfig, metadata: &imds::Client) -> Option<Region> {
    let mut profile = ProfileFileRegionProvider::builder().configure(config);
    if let Some(name) = &entry.profile {
        profile = profile.profile_name(name);
    }
    let mut chain =
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(profile.build());
    if entry.endpoint.is_none() {
        let instance = ImdsRegionProvider::builder().configure(config).imds_client(metadata.clone());
        chain = chain.or_else(instance.build());
    }
    chain.region().await
}

/// Returns the SDK's own client, of which every region and account shares one.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

/// Notes how responses are dated.
#[derive(Clone, Debug)]
struct Clock(Arc<Ledger>);

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = refusal::date(context.response()) {
            self.0.saw_time(date);
        }
        Ok(())
    }
}
