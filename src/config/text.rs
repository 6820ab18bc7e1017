//! Values that are written as strings, with rules of their own.

use std::net::IpAddr;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::diagnosis::{Problem, Problems, listed, quoted};
use super::shape::{Raw, Shape, mistyped, suggestion};
use crate::model::{Kind, is_treacherous};
use crate::rules::Tag;

/// Declares what a string may say: the check of each, and the format and an example for the schema.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($value:ty) = $check:ident, $($keyword:literal: $about:expr),*;)*) => { $(
        $(#[$doc])*
        pub(super) struct $name;

        impl Shape for $name {
            type Value = $value;

            fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self::Value> {
                text(raw, problems, $check)
            }

            fn schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", $($keyword: $about),* })
            }
        }
    )* };
}

texts! {
    /// Any text, but an empty one and one that misleads whoever looks at it.
    Text(String) = plain, "minLength": 1;
    /// What messages call an entry.
    EntryName(String) = entry_name, "minLength": 1, "maxLength": 64;
    /// An AWS region.
    Region(String) = region, "examples": ["eu-west-1"];
    /// The id of an AWS account.
    AwsAccount(String) = aws_account, "examples": ["123456789012"];
    /// The ARN of an IAM role.
    RoleArn(String) = role_arn, "examples": ["arn:aws:iam::123456789012:role/driftline"];
    /// Bucket and prefix of a URL of S3.
    BucketUrl((String, String)) = bucket_url, "examples": ["s3://northwick-trail", "s3://northwick-trail/audit"];
    /// The name of an IAM role, with its path but for the first slash.
    RoleName(String) = role_name, "examples": ["driftline"];
    /// The id of an Azure subscription.
    Subscription(String) = subscription, "format": "uuid";
    /// The id of a Google Cloud project.
    Project(String) = project, "examples": ["northwick-tracking"];
    /// The number of a folder or an organization of Google Cloud.
    Number(String) = number, "examples": ["123456789012"];
    /// A URL that takes the place of a vendor's own.
    Endpoint(String) = endpoint, "format": "uri";
    /// The name of an environment variable.
    Variable(String) = variable, "examples": ["DRIFTLINE_TOKEN"];
    /// A tag or label: `key=value`, or `key` for any value.
    TagPattern(Tag) = tag_pattern, "examples": ["criticality=high", "production"];
    /// How long something may take.
    Timeout(Duration) = timeout, "examples": ["30s", "1m30s", "15m"];
}

/// Reads a string by a check.
fn text<T>(
    raw: &Raw<'_>,
    problems: &mut Problems<'_>,
    check: impl Fn(&str) -> Result<T, Problem>,
) -> Option<T> {
    let read = match raw.get_ref() {
        DeValue::String(text) => check(text),
        DeValue::Integer(number) => {
            let hint = check(number.as_str()).err().and_then(|problem| problem.hint().map(str::to_owned));
            Err(mistyped(raw, "a string").with_hint(hint.unwrap_or_else(|| "put it in quotes".to_owned())))
        }
        _ => Err(mistyped(raw, "a string")),
    };
    read.map_err(|problem| problems.add(raw.span(), problem)).ok()
}

impl Shape for Kind {
    type Value = Self;

    fn read(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        text(raw, problems, kind)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}

fn kind(text: &str) -> Result<Kind, Problem> {
    let names = || Kind::ALL.iter().map(|kind| kind.as_str());
    text.parse().map_err(|_| {
        let hint = suggestion(text, names(), format!("the kinds are {}", listed(names())));
        Problem::new(format!("{} is no kind", quoted(text))).with_hint(hint)
    })
}

fn plain(text: &str) -> Result<String, Problem> {
    if text.is_empty() {
        return Err(Problem::new("the text is empty").with_hint("leave the key out"));
    }
    if text.chars().any(is_treacherous) {
        return Err(Problem::new(format!("{} has an invisible character in it", quoted(text))));
    }
    Ok(text.to_owned())
}

fn tag_pattern(text: &str) -> Result<Tag, Problem> {
    let text = plain(text)?;
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (text.as_str(), None),
    };
    if key.is_empty() {
        return Err(
            Problem::new(format!("{} names no tag", quoted(&text))).with_hint("write `key=value`, or `key`")
        );
    }
    Ok(Tag { key: key.to_owned(), value: value.map(str::to_owned) })
}

fn entry_name(text: &str) -> Result<String, Problem> {
    if text.chars().count() > 64 {
        return Err(Problem::new("a name has at most 64 characters"));
    }
    plain(text)
}

/// Takes a text that fits, and says of any other what it should look like.
fn fitting(fits: bool, text: &str, what: &str, hint: &str) -> Result<String, Problem> {
    if fits {
        plain(text)
    } else {
        Err(Problem::new(format!("{} is no {what}", quoted(text))).with_hint(hint))
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn region(text: &str) -> Result<String, Problem> {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let fits = parts
        .split_last()
        .is_some_and(|(last, words)| digits(last) && words.len() >= 2 && words.iter().all(word));
    fitting(fits, text, "region", "a region is named like `eu-west-1`, and a zone does not stand for it")
}

fn is_aws_account(text: &str) -> bool {
    text.len() == 12 && digits(text)
}

fn aws_account(text: &str) -> Result<String, Problem> {
    fitting(is_aws_account(text), text, "account id", "an account id has twelve digits")
}

/// Returns the bucket and what its keys begin with, without slashes around it.
fn bucket_url(text: &str) -> Result<(String, String), Problem> {
    let path = text.strip_prefix("s3://").unwrap_or_default();
    let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
    let prefix = prefix.trim_matches('/');
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    let fits = (3..=63).contains(&bucket.len()) && bucket.chars().all(allowed);
    let hint =
        "it is written `s3://BUCKET` or `s3://BUCKET/PREFIX`, with what stands before `AWSLogs/` as prefix";
    fitting(fits, text, "URL of a bucket", hint)?;
    let below = prefix.find("AWSLogs").filter(|at| prefix[..*at].is_empty() || prefix[..*at].ends_with('/'));
    Ok((bucket.to_owned(), prefix[..below.unwrap_or(prefix.len())].trim_matches('/').to_owned()))
}

fn is_role_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
    !text.is_empty() && !text.starts_with('/') && !text.ends_with('/') && text.chars().all(allowed)
}

fn role_name(text: &str) -> Result<String, Problem> {
    let hint = "give the name alone: its ARN is made for each member account";
    fitting(is_role_name(text), text, "role name", hint)
}

fn role_arn(text: &str) -> Result<String, Problem> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fits = match parts.as_slice() {
        ["arn", partition, "iam", "", account, role] => {
            partition.split('-').next() == Some("aws")
                && is_aws_account(account)
                && role.strip_prefix("role/").is_some_and(is_role_name)
        }
        _ => false,
    };
    fitting(fits, text, "ARN of a role", "it is written `arn:aws:iam::123456789012:role/NAME`")
}

fn subscription(text: &str) -> Result<String, Problem> {
    let lengths = text.split('-').map(str::len);
    let hexadecimal = text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    let fits = hexadecimal && lengths.eq([8, 4, 4, 4, 12]);
    let hint = "it is written `00000000-0000-0000-0000-000000000000`; `az account list` shows the ids";
    fitting(fits, &text.to_ascii_lowercase(), "subscription id", hint)
}

fn project(text: &str) -> Result<String, Problem> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    let fits = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(allowed);
    fitting(fits, text, "project id", "give the id, neither the number nor the display name")
}

fn number(text: &str) -> Result<String, Problem> {
    fitting(digits(text), text, "number", "give the number alone, in quotes: `\"123456789012\"`")
}

fn variable(text: &str) -> Result<String, Problem> {
    let allowed = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(allowed) {
        // What stands in the place of a name is most likely the secret itself.
        let problem = Problem::new("this is not the name of an environment variable").hiding_the_value();
        return Err(
            problem.with_hint("name the variable that holds the secret, for instance `DRIFTLINE_TOKEN`")
        );
    }
    Ok(text.to_owned())
}

/// Checks a URL, and returns it without the slash at its end.
///
/// A bearer token travels to it, so that plain `http` is for this machine alone.
fn endpoint(text: &str) -> Result<String, Problem> {
    if text.contains('@') {
        let problem = Problem::new("a URL has no place for a user name or a password").hiding_the_value();
        return Err(problem.with_hint("write the scheme, the host and, if need be, the port"));
    }
    let malformed = || {
        Problem::new(format!("{} is no URL of an endpoint", quoted(text)))
            .with_hint("it is written `https://HOST`, `https://HOST:PORT` or `https://HOST/PATH`")
    };
    let url: http::Uri = text.parse().map_err(|_| malformed())?;
    let host = url.host().filter(|host| !host.is_empty()).ok_or_else(malformed)?;
    let unreadable_port = url.authority().is_some_and(|authority| authority.as_str() != host)
        && url.port_u16().is_none_or(|port| port == 0);
    if unreadable_port || text.contains(['?', '#']) {
        return Err(malformed());
    }
    match url.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(host) => Ok(()),
        Some("http") => {
            Err(Problem::new(format!("plain `http` would carry the token to {} in the open", quoted(host)))
                .with_hint("use `https`; `http` is for this machine: `localhost`, `127.0.0.1`, `[::1]`"))
        }
        _ => Err(malformed()),
    }?;
    Ok(text.trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Reads a duration between a millisecond and a day, as `30s`, `15m` or `1m30s`.
///
/// # Errors
///
/// [`Problem`] for what is no duration, and for one that is too short or too long.
pub(super) fn timeout(text: &str) -> Result<Duration, Problem> {
    let duration = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    let duration = duration.ok_or_else(|| {
        Problem::new(format!("{} is no duration", quoted(text))).with_hint("write `30s`, `15m` or `1m30s`")
    })?;
    if (Duration::from_millis(1)..=Duration::from_hours(24)).contains(&duration) {
        return Ok(duration);
    }
    Err(Problem::new(format!("{} is not from `1ms` to `24h`", quoted(text))))
}
