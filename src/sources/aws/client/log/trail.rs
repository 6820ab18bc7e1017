//! A trail's bucket.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

use super::bucket::Bucket;
use super::layout::{self, Sort};
use super::signature::PublicKeys;
use crate::config::Trail;
use crate::model::{LogStatus, LogViolation, Timestamp, Window};
use crate::sources::LogHints;
use crate::sources::aws::client::session::Session;
use crate::sources::aws::digest::{self, Digest, DigestFile, Found, FoundDigest, MINUTE, delivered_at};
use crate::sources::live::{
    LogQuery, LogRead, RecordPage, Records, Refusal, RefusalKind, Timeline, gap, is_final,
};

/// How many objects are on their way at once.
const AT_ONCE: usize = 8;

/// How long after the end of its time a digest is delivered, at most.
const DIGEST_LAG: SignedDuration = SignedDuration::from_hours(3);

/// What shows that a time is whole that no digest covers.
const EVIDENCE: &str =
    "every object that the trail delivered was read; no digest confirms that none is missing";

/// The bucket of a trail, and the folders of accounts and organizations in it.
pub(in super::super) struct TrailBucket {
    bucket: Bucket,
    prefix: String,
    folders: OnceCell<Vec<String>>,
}

impl TrailBucket {
    /// Makes that of an entry, which is read with the entry's own credentials.
    pub(in super::super) fn new(own: &Session, trail: &Trail) -> Self {
        let bucket = Bucket::new(own, &trail.bucket, trail.region.as_ref());
        Self { bucket, prefix: trail.prefix.clone(), folders: OnceCell::new() }
    }

    /// Reads what trails delivered of one log.
    pub(in super::super) async fn read(&self, query: &LogQuery, records: &Records) -> LogRead {
        let root = layout::root(&self.prefix);
        let folders =
            self.folders.get_or_try_init(|| async { records.in_time(self.bucket.folders(&root)).await });
        let bases = match folders.await {
            Ok(folders) => layout::bases(folders, query.log.account.as_str()),
            Err(refusal) => return LogRead::refused(query, &refusal),
        };
        let nothing = format!("the trail's bucket `{}` holds nothing of it", self.bucket.name);
        let mut all = Timeline::new(query.window, LogStatus::Unknown, nothing);
        let (mut refusals, mut violations, mut is_told) = (Vec::new(), Vec::new(), false);
        for base in &bases {
            let mut reading = Reading::new(&self.bucket, base, query, records);
            let (timeline, found) = reading.read().await;
            refusals.append(&mut reading.refusals);
            violations.extend(found);
            if !reading.is_of_use() {
                continue;
            }
            if is_told {
                all.join(timeline);
            } else {
                (all, is_told) = (timeline, true);
            }
        }
        LogRead { violations, ..LogRead::of(query, all, refusals) }
    }
}

/// A read of what one trail delivered.
struct Reading<'a> {
    bucket: &'a Bucket,
    base: &'a str,
    query: &'a LogQuery,
    records: &'a Records,
    /// What became of each object.
    objects: BTreeMap<String, Found>,
    listed: BTreeSet<Date>,
    /// When the latest object was delivered.
    latest: Option<Timestamp>,
    /// Whether there are digests: they come for quiet hours, too.
    has_digests: bool,
    gaps: Vec<(Window, String)>,
    refusals: Vec<Refusal>,
}

impl<'a> Reading<'a> {
    fn new(bucket: &'a Bucket, base: &'a str, query: &'a LogQuery, records: &'a Records) -> Self {
        Self {
            bucket,
            base,
            query,
            records,
            objects: BTreeMap::new(),
            listed: BTreeSet::new(),
            latest: None,
            has_digests: false,
            gaps: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// Whether there is anything to tell: below an organization, only a look tells whether an account is there.
    fn is_of_use(&self) -> bool {
        self.latest.is_some() || self.has_digests || !self.gaps.is_empty()
    }

    async fn read(&mut self) -> (Timeline, Vec<LogViolation>) {
        let delivered = self.delivered();
        for day in layout::days(delivered) {
            if let Err(refusal) = self.day(day).await {
                let is_final = is_final(&refusal);
                let whole = layout::whole(day);
                let to = if is_final { self.query.window.to } else { whole.to };
                self.lose(Window { from: whole.from, to }, refusal);
                if is_final {
                    break;
                }
            }
            if self.records.wants_first_only() && !self.objects.is_empty() {
                break;
            }
        }
        let mut timeline = Timeline::new(
            self.query.window,
            LogStatus::Unknown,
            "no later object shows that everything was delivered",
        );
        if let Some(latest) = self.latest {
            let to = latest.checked_sub(self.query.lag).unwrap_or(latest);
            timeline.tell(Window { to, ..self.query.window }, LogStatus::Complete, EVIDENCE);
        }
        for (window, reason) in &self.gaps {
            timeline.tell(*window, LogStatus::Gap, reason.as_str());
        }
        let violations = self.check(&mut timeline).await;
        (timeline, violations)
    }

    /// Returns when the events of the window were delivered.
    fn delivered(&self) -> Window {
        let Window { from, to } = self.query.window;
        Window { from, to: to.checked_add(self.query.lag).unwrap_or(to) }
    }

    /// Reads what was delivered on one day.
    ///
    /// # Errors
    ///
    /// What keeps the rest of the day from being known.
    async fn day(&mut self, day: Date) -> Result<(), Refusal> {
        let mut keys = self.keys(Sort::Records, day).await?;
        // One of after the window shows as well that delivery went on.
        self.latest = self.latest.max(keys.iter().filter_map(|key| delivered_at(key)).max());
        let delivered = self.delivered();
        keys.retain(|key| is_within(key, delivered));
        self.listed.insert(day);
        let mut reads = stream::iter(keys).map(|key| {
            let (bucket, query, records) = (self.bucket, self.query, self.records);
            async move {
                let read = records.in_time(object(bucket, query, records, &key)).await;
                (key, read)
            }
        });
        // One after the other where one is enough.
        let at_once = if self.records.wants_first_only() { 1 } else { AT_ONCE };
        let mut reads = (&mut reads).buffer_unordered(at_once);
        let mut lost = Vec::new();
        let mut end = Ok(());
        while let Some((key, read)) = reads.next().await {
            match read {
                Ok(hash) => drop(self.objects.insert(key, Found::Read(hash))),
                Err(refusal) if is_final(&refusal) => {
                    end = Err(refusal);
                    break;
                }
                Err(refusal) => lost.push((key, refusal)),
            }
            if self.records.wants_first_only() {
                break;
            }
        }
        drop(reads);
        for (key, refusal) in lost {
            if let Some(at) = delivered_at(&key) {
                self.lose(Window { from: at, to: at.checked_add(MINUTE).unwrap_or(at) }, refusal.clone());
            }
            self.objects.insert(key, Found::Unreadable(refusal.to_string()));
        }
        end
    }

    /// Returns the keys of what was delivered on one day.
    async fn keys(&self, sort: Sort, day: Date) -> Result<Vec<String>, Refusal> {
        let prefix = layout::day_prefix(self.base, sort, &self.query.log, day);
        self.records.in_time(self.bucket.keys(&prefix)).await
    }

    /// Notes that what was delivered in some time could not be read.
    fn lose(&mut self, delivered: Window, refusal: Refusal) {
        let from = delivered.from.checked_sub(self.query.lag).unwrap_or(delivered.from);
        self.gaps.push((Window { from, to: delivered.to }, gap(&refusal)));
        self.refusals.push(refusal);
    }

    /// Holds the digests against what was read.
    async fn check(&mut self, timeline: &mut Timeline) -> Vec<LogViolation> {
        if self.records.wants_first_only() {
            return Vec::new();
        }
        let digests = match self.digests().await {
            Ok(digests) => digests,
            Err(refusal) => {
                self.refusals.push(refusal);
                return Vec::new();
            }
        };
        let question =
            digest::Question { log: &self.query.log, window: self.query.window, lag: self.query.lag };
        digest::check(&question, &digests, &|file| self.found(file), timeline)
    }

    fn found(&self, file: &DigestFile) -> Found {
        if let Some(found) = self.objects.get(&file.object) {
            return found.clone();
        }
        let delivered = self.delivered();
        let should_be_there = |at: &Timestamp| {
            let day = layout::days(Window { from: *at, to: *at });
            *at >= delivered.from && *at <= delivered.to && day.iter().all(|day| self.listed.contains(day))
        };
        let at = delivered_at(&file.object);
        if at.as_ref().is_some_and(should_be_there) { Found::Missing } else { Found::NotLookedAt }
    }

    /// Returns the digests that tell of the window.
    async fn digests(&mut self) -> Result<Vec<FoundDigest>, Refusal> {
        let delivered = self.delivered();
        let to = delivered.to.checked_add(DIGEST_LAG).unwrap_or(delivered.to);
        let range = Window { from: delivered.from, to };
        let mut keys = Vec::new();
        for day in layout::days(range) {
            keys.extend(self.keys(Sort::Digests, day).await?);
        }
        keys.retain(|key| is_within(key, range));
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.has_digests = true;
        let session = &self.bucket.session;
        let signers = PublicKeys::of(session, &self.query.log.location, delivered).await;
        let mut reads = stream::iter(keys)
            .map(|key| {
                let (bucket, records) = (self.bucket, self.records);
                async move { records.in_time(found_digest(bucket, &key)).await }
            })
            .buffered(AT_ONCE);
        let (mut digests, mut refusals) = (Vec::new(), Vec::new());
        while let Some(read) = reads.next().await {
            match read {
                Ok((digest, content, signature)) => {
                    let hash = digest::sha256(&content);
                    let signed = digest.signed_text(&hash, &content);
                    let signature = signers.judge(&digest, &signed, signature.as_deref());
                    digests.push(FoundDigest { digest, hash, signature });
                }
                // Its hour has no digest then, which is a gap.
                Err(refusal) => refusals.push(refusal),
            }
        }
        drop(reads);
        self.refusals.append(&mut refusals);
        digests.retain(|found| found.digest.start < delivered.to && found.digest.end > delivered.from);
        Ok(digests)
    }
}

/// Whether an object was delivered within some time, by its name.
fn is_within(key: &str, delivered: Window) -> bool {
    delivered_at(key)
        .is_some_and(|at| at.checked_add(MINUTE).is_ok_and(|end| end > delivered.from) && at <= delivered.to)
}

async fn found_digest(bucket: &Bucket, key: &str) -> Result<(Digest, Vec<u8>, Option<String>), Refusal> {
    let content = bucket.get(key).await?;
    let digest = Digest::parse(&content.bytes)
        .map_err(|odd| Refusal::new(RefusalKind::Failed, odd.code, format!("`{key}`: {}", odd.message)))?;
    Ok((digest, content.bytes, content.signature))
}

/// Reads an object and sends its records; returns the SHA-256 of its content.
async fn object(bucket: &Bucket, query: &LogQuery, records: &Records, key: &str) -> Result<String, Refusal> {
    let content = bucket.get(key).await?;
    let hints = LogHints {
        account: Some(query.log.account.clone()),
        location: Some(query.log.location.clone()),
        ingested_at: delivered_at(key),
    };
    let hash = digest::sha256(&content.bytes);
    let mut page = RecordPage::new(format!("s3://{}/{key}", bucket.name), hints);
    page.spans = cut(&content.bytes)
        .map_err(|why| Refusal::new(RefusalKind::Failed, "not-a-log-file", format!("`{key}`: {why}")))?;
    page.bytes = content.bytes;
    records.send(page).await?;
    Ok(hash)
}

/// Returns where in `{"Records": […]}` each record stands.
fn cut(content: &[u8]) -> Result<Vec<std::ops::Range<usize>>, String> {
    #[derive(Deserialize)]
    struct LogFile<'a> {
        #[serde(rename = "Records", borrow)]
        records: Vec<&'a RawValue>,
    }
    let file: LogFile<'_> = serde_json::from_slice(content).map_err(|error| error.to_string())?;
    let start = content.as_ptr().addr();
    let span = |record: &RawValue| {
        let from = record.get().as_ptr().addr() - start;
        from..from + record.get().len()
    };
    Ok(file.records.into_iter().map(span).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_file_is_cut_into_its_records() {
        let content = br#" {"Other": [1], "Records": [ {"a": "}]"} ,{"b":{}}]} "#;
        let records: Vec<_> = cut(content).unwrap().into_iter().map(|span| &content[span]).collect();
        assert_eq!(records, [&br#"{"a": "}]"}"#[..], br#"{"b":{}}"#]);
        assert!(cut(br#"{"Records": [{}"#).is_err() && cut(b"{}").is_err());
    }
}
