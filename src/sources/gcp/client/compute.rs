//! The clients of `google-cloud-compute-v1`, one for each collection that is listed.

use google_cloud_auth::credentials::Credentials;
use google_cloud_compute_v1::client::{
    Disks, Images, Instances, InstantSnapshots, MachineImages, RegionSnapshots, Regions, ResourcePolicies,
    Snapshots,
};
use google_cloud_gax::client_builder;
use google_cloud_gax::error::Error;
use google_cloud_gax::retry_policy::NeverRetry;
use serde_json::{Map, Value};

use super::super::calls;
use crate::sources::live::Call;

/// The clients, none of which tries anything twice: that is for [`crate::sources::live::Pace`].
pub(super) struct Compute {
    disks: Disks,
    images: Images,
    instances: Instances,
    instant_snapshots: InstantSnapshots,
    machine_images: MachineImages,
    region_snapshots: RegionSnapshots,
    regions: Regions,
    resource_policies: ResourcePolicies,
    snapshots: Snapshots,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub(super) struct Query<'a> {
    /// The project.
    pub(super) project: &'a str,
    /// The region, of a list that is a region's own; any other location else.
    pub(super) location: &'a str,
    /// The list's path, from `projects/…` on.
    pub(super) path: String,
    /// The page; the first if `None`.
    pub(super) token: Option<String>,
    /// How many elements it may hold, at most 500 (SEMANTICS H.3).
    pub(super) most: u32,
    /// Whether it spans every zone and region.
    pub(super) aggregated: bool,
}

/// Builds one client.
macro_rules! client {
    ($client:ident, $endpoint:expr, $credentials:expr) => {{
        let builder = $client::builder().with_credentials($credentials.clone()).with_retry_policy(NeverRetry);
        match $endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint).build().await?,
            None => builder.build().await?,
        }
    }};
}

/// Sends one request, and returns the answer with all that the library does not know.
macro_rules! send {
    ($request:expr, $query:expr) => {{
        let Query { project, token, most, .. } = $query;
        let request = $request.set_project(*project).set_max_results(*most);
        let answer = request.set_or_clear_page_token(token.clone()).send().await?;
        match serde_json::to_value(answer) {
            Ok(Value::Object(body)) => Ok(Some(body)),
            _ => Ok(None),
        }
    }};
}

impl Compute {
    /// Builds the clients; asks nobody anything.
    pub(super) async fn build(
        endpoint: Option<&str>,
        credentials: &Credentials,
    ) -> client_builder::Result<Self> {
        Ok(Self {
            disks: client!(Disks, endpoint, credentials),
            images: client!(Images, endpoint, credentials),
            instances: client!(Instances, endpoint, credentials),
            instant_snapshots: client!(InstantSnapshots, endpoint, credentials),
            machine_images: client!(MachineImages, endpoint, credentials),
            region_snapshots: client!(RegionSnapshots, endpoint, credentials),
            regions: client!(Regions, endpoint, credentials),
            resource_policies: client!(ResourcePolicies, endpoint, credentials),
            snapshots: client!(Snapshots, endpoint, credentials),
        })
    }

    /// Asks once for one page of the list that `call` makes; `None` if there is no client for it.
    ///
    /// Empty scopes are asked for, too: they prove that a zone was looked at (SEMANTICS H.3).
    pub(super) async fn page(
        &self,
        call: &Call,
        query: &Query<'_>,
    ) -> Result<Option<Map<String, Value>>, Error> {
        let is = |known: &Call| call.name == known.name;
        if is(&calls::INSTANCES_LIST) {
            send!(self.instances.aggregated_list().set_include_all_scopes(true), query)
        } else if is(&calls::DISKS_LIST) {
            send!(self.disks.aggregated_list().set_include_all_scopes(true), query)
        } else if is(&calls::INSTANT_SNAPSHOTS_LIST) {
            send!(self.instant_snapshots.aggregated_list().set_include_all_scopes(true), query)
        } else if is(&calls::RESOURCE_POLICIES_LIST) {
            send!(self.resource_policies.aggregated_list().set_include_all_scopes(true), query)
        } else if is(&calls::SNAPSHOTS_LIST) {
            send!(self.snapshots.list(), query)
        } else if is(&calls::REGION_SNAPSHOTS_LIST) {
            send!(self.region_snapshots.list().set_region(query.location), query)
        } else if is(&calls::IMAGES_LIST) {
            send!(self.images.list(), query)
        } else if is(&calls::MACHINE_IMAGES_LIST) {
            send!(self.machine_images.list(), query)
        } else if is(&calls::REGIONS_LIST) {
            send!(self.regions.list(), query)
        } else {
            Ok(None)
        }
    }
}
