//! The objects of a bucket.

use std::io::Read as _;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use tokio::task::spawn_blocking;

use crate::model::Location;
use crate::sources::aws::calls::{GET_OBJECT, LIST_OBJECTS};
use crate::sources::aws::client::refusal::{chain, refusal};
use crate::sources::aws::client::session::Session;
use crate::sources::aws::client::walk::collect;
use crate::sources::live::{Lane, Refusal, RefusalKind};

/// How many requests begin each second at most. S3 serves thousands for one prefix, and counts them apart from
/// whatever else an account does.
const REQUESTS_PER_SECOND: f64 = 100.0;

/// How many begin at once.
const BURST: u32 = 100;

/// How many bytes an object may hold, uncompressed.
const LARGEST: u64 = 512 << 20;

/// A bucket, read with the credentials of one account.
pub(super) struct Bucket {
    pub(super) session: Session,
    pub(super) name: String,
    s3: aws_sdk_s3::Client,
    lane: Arc<Lane>,
}

/// An object's content.
pub(super) struct Content {
    /// Uncompressed.
    pub(super) bytes: Vec<u8>,
    /// The `signature` of its metadata.
    pub(super) signature: Option<String>,
}

impl Bucket {
    pub(super) fn new(session: &Session, name: &str, region: Option<&Location>) -> Self {
        let region = region.unwrap_or(&session.home);
        Self {
            s3: session.s3(name, region),
            lane: session.lane_of("s3", region, REQUESTS_PER_SECOND, BURST),
            session: session.clone(),
            name: name.to_owned(),
        }
    }

    /// Returns every key with a prefix.
    pub(super) async fn keys(&self, prefix: &str) -> Result<Vec<String>, Refusal> {
        let request = self.s3.list_objects_v2().bucket(&self.name).prefix(prefix);
        collect(|token| {
            let request = request.clone().set_continuation_token(token);
            async move {
                let answer = self.session.ask(&self.lane, &LIST_OBJECTS, || request.clone().send()).await?;
                let keys = answer.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
                Ok((keys.collect(), answer.next_continuation_token))
            }
        })
        .await
    }

    /// Returns the folders right below a prefix, each with its slash.
    pub(super) async fn folders(&self, prefix: &str) -> Result<Vec<String>, Refusal> {
        let request = self.s3.list_objects_v2().bucket(&self.name).prefix(prefix).delimiter("/");
        collect(|token| {
            let request = request.clone().set_continuation_token(token);
            async move {
                let answer = self.session.ask(&self.lane, &LIST_OBJECTS, || request.clone().send()).await?;
                let folders = answer.common_prefixes.unwrap_or_default();
                let folders = folders.into_iter().filter_map(|folder| folder.prefix).collect();
                Ok((folders, answer.next_continuation_token))
            }
        })
        .await
    }

    /// Returns an object, uncompressed.
    pub(super) async fn get(&self, key: &str) -> Result<Content, Refusal> {
        let request = self.s3.get_object().bucket(&self.name).key(key);
        let send = || {
            let request = request.clone();
            async {
                let answer = request.send().await.map_err(|error| refusal(&error))?;
                let signature = answer.metadata.and_then(|metadata| metadata.get("signature").cloned());
                let broken = |error| Refusal::new(RefusalKind::Passing, "truncated", chain(&error));
                let body = answer.body.collect().await.map_err(broken)?;
                Ok((body.into_bytes(), signature))
            }
        };
        let (body, signature) = self.session.call(&self.lane, &GET_OBJECT, send).await?;
        let unpacked = spawn_blocking(move || uncompressed(&body)).await;
        let bytes = unpacked.unwrap_or_else(|_| Err("nobody uncompressed it".to_owned()));
        let broken = |why| Refusal::new(RefusalKind::Failed, "not-gzip", format!("`{key}`: {why}"));
        Ok(Content { bytes: bytes.map_err(broken)?, signature })
    }
}

/// Uncompresses what is compressed.
fn uncompressed(body: &[u8]) -> Result<Vec<u8>, String> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Ok(body.to_vec());
    }
    let mut bytes = Vec::new();
    let mut limited = MultiGzDecoder::new(body).take(LARGEST + 1);
    limited.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("it holds more than {LARGEST} bytes"));
    }
    Ok(bytes)
}
