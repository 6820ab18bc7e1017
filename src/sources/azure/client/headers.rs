//! What Azure tells in headers: the time, when to come back, and how much of a quota is left (SEMANTICS H.2).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;

/// What a quota header's name starts with.
const QUOTA: &str = "x-ms-ratelimit-remaining-";

/// A quota with fewer requests left than this is nearly used up, however large it is.
const FEW: u64 = 10;

/// So is one of which less than one in this many is left.
const FRACTION: u64 = 20;

/// How long the lane rests then.
const REST: Duration = Duration::from_secs(1);

/// Returns when the reply was made, by the vendor's clock.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(text(headers, "date")?)
}

/// Returns how long the vendor asks to wait: the exact headers before the coarse one.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let exact = ["retry-after-ms", "x-ms-retry-after-ms"].into_iter();
    let exact = exact.filter_map(|name| text(headers, name)?.parse().ok()).map(Duration::from_millis).next();
    exact.or_else(|| {
        let coarse = text(headers, "retry-after")?;
        let until = || {
            let seconds = http_date(coarse)?.duration_since(now).as_secs();
            Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
        };
        coarse.parse().ok().map(Duration::from_secs).or_else(until)
    })
}

/// The most that each quota was ever seen to have left.
#[derive(Debug, Default)]
pub(super) struct Quotas(Mutex<HashMap<String, u64>>);

impl Quotas {
    /// Notes what is left of each quota; returns how long to rest, if one is nearly used up.
    pub(super) fn rest(&self, account: &str, headers: &HeaderMap) -> Option<Duration> {
        let mut most = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut nearly_used_up = false;
        for (name, left) in remaining(headers) {
            let most = most.entry(format!("{account} {name}")).or_default();
            *most = left.max(*most);
            nearly_used_up |= left < FEW || left < *most / FRACTION;
        }
        nearly_used_up.then_some(REST)
    }
}

/// Returns what is left of each quota that the headers name: `…-subscription-reads: 11999`, or several in one
/// (`…-resource: Microsoft.Compute/HighCostGet3Min;238,Microsoft.Compute/HighCostGet30Min;1915`).
fn remaining(headers: &HeaderMap) -> Vec<(String, u64)> {
    let named = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        let header = name.as_str().strip_prefix(QUOTA)?.to_owned();
        Some((header, value.to_str().ok()?.to_owned()))
    };
    let each = |(header, value): (String, String)| -> Vec<(String, u64)> {
        let part = |part: &str| {
            let (name, left) = part.rsplit_once(';').unwrap_or((&header, part));
            Some((name.trim().to_owned(), left.trim().parse().ok()?))
        };
        value.split(',').filter_map(part).collect()
    };
    headers.iter().filter_map(named).flat_map(each).collect()
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|time| time.timestamp())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn each_way_to_say_when_to_come_back_is_understood() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        for (pairs, expected) in [
            (&[("retry-after", "7")][..], Some(7_000)),
            (&[("retry-after", "Fri, 02 Jan 2026 03:04:15 GMT")], Some(10_000)),
            (&[("retry-after", "Fri, 02 Jan 2026 03:04:00 GMT")], Some(0)),
            (&[("retry-after-ms", "250"), ("retry-after", "7")], Some(250)),
            (&[("x-ms-retry-after-ms", "350"), ("retry-after", "7")], Some(350)),
            (&[("retry-after", "soon")], None),
            (&[], None),
        ] {
            let expected = expected.map(Duration::from_millis);
            assert_eq!(retry_after(&headers(pairs), now), expected, "{pairs:?}");
        }
    }

    #[test]
    fn the_date_is_read() {
        let dated = headers(&[("date", "Fri, 02 Jan 2026 03:04:05 GMT")]);
        assert_eq!(date(&dated), Some("2026-01-02T03:04:05Z".parse().unwrap()));
        assert_eq!(date(&headers(&[("date", "today")])), None);
    }

    #[test]
    fn a_quota_that_is_nearly_used_up_makes_the_lane_rest() {
        let quotas = Quotas::default();
        let reads = |left| headers(&[("x-ms-ratelimit-remaining-subscription-reads", left)]);
        assert_eq!(quotas.rest("s", &reads("12000")), None);
        assert_eq!(quotas.rest("s", &reads("601")), None);
        assert_eq!(quotas.rest("s", &reads("599")), Some(REST));
        assert_eq!(quotas.rest("other", &reads("599")), None, "each subscription has its own");
        assert_eq!(quotas.rest("other", &reads("9")), Some(REST));
    }

    #[test]
    fn each_quota_of_the_compute_form_counts_by_its_own_name() {
        let quotas = Quotas::default();
        let compute = |value| headers(&[("x-ms-ratelimit-remaining-resource", value)]);
        let plenty = "Microsoft.Compute/HighCostGet3Min;238,Microsoft.Compute/HighCostGet30Min;1915";
        assert_eq!(quotas.rest("s", &compute(plenty)), None);
        let few = "Microsoft.Compute/HighCostGet3Min;238,Microsoft.Compute/HighCostGet30Min;90";
        assert_eq!(quotas.rest("s", &compute(few)), Some(REST));
        assert_eq!(quotas.rest("s", &compute("nonsense")), None);
    }
}
