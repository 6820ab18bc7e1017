//! What a webhook is told of a run: one document, one table of shapes, one file per shape.
//!
//! A [`Notice`] is made of the v1 view; a [`Shape`] writes it as the body that a receiver takes, and knows nothing else.
//! Untrusted text (names, titles, principals) is neutralised by each shape for whatever will show it.

mod document;
mod json;
mod phrases;
mod slack;
mod teams;

pub use document::{Coverage, Detail, Finding, Findings, Notice, Occasion, Schema};

/// One way to write a notice.
pub trait Shape: Sync {
    /// Returns the name on the command line; it never changes.
    fn id(&self) -> &'static str;

    /// Returns the hosts that take this shape and no other; a name that begins with a dot stands for all below it.
    fn hosts(&self) -> &'static [&'static str];

    /// Returns the body: JSON in one line, without characters that could mislead a terminal.
    fn body(&self, notice: &Notice) -> serde_json::Result<String>;
}

/// Every shape, in the order in which help and documents present them; the first is for hosts that no shape names.
pub const SHAPES: &[&dyn Shape] = &[&json::Json, &slack::Slack, &teams::Teams];

/// Returns the shape that a host takes.
pub fn shape_of(host: &str) -> &'static dyn Shape {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let fits = |name: &&str| if name.starts_with('.') { host.ends_with(*name) } else { host == **name };
    let named = SHAPES.iter().copied().find(|shape| shape.hosts().iter().any(&fits));
    named.unwrap_or(&json::Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_recognised_by_the_whole_host_and_nothing_else() {
        for (host, shape) in [
            ("hooks.slack.com", "slack"),
            ("HOOKS.slack.com.", "slack"),
            ("hooks.slack-gov.com", "slack"),
            ("contoso.webhook.office.com", "teams"),
            ("prod-7.westeurope.logic.azure.com", "teams"),
            ("default0.1.environment.api.powerplatform.com", "teams"),
            ("hooks.slack.com.evil.example", "json"),
            ("nothooks.slack.com", "json"),
            ("webhook.office.com", "json"),
            ("127.0.0.1", "json"),
        ] {
            assert_eq!(shape_of(host).id(), shape, "{host}");
        }
    }
}
