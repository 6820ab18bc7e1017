//! Block Kit, as Slack's incoming webhooks take it.

use serde_json::{Value, json};

use super::{Notice, Shape, phrases};

/// The `slack` shape: blocks, and a `text` for notifications.
///
/// Everything stands in `plain_text`, which knows no markup, no mention and no emoji by name; `&`, `<` and `>` are
/// escaped as Slack asks for, so that nothing makes a link or `<!channel>`.
pub(super) struct Slack;

impl Shape for Slack {
    fn id(&self) -> &'static str {
        "slack"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &["hooks.slack.com", "hooks.slack-gov.com"]
    }

    fn body(&self, notice: &Notice) -> serde_json::Result<String> {
        let headline = phrases::headline(notice);
        let mut blocks =
            vec![json!({ "type": "header", "text": plain(&headline) }), section(&notice.verdict)];
        for finding in &notice.worst {
            let lines = [vec![phrases::finding(finding)], phrases::particulars(finding)].concat();
            blocks.push(json!({ "type": "divider" }));
            blocks.push(section(&lines.join("\n")));
        }
        blocks.extend(phrases::more(notice, notice.worst.len()).map(|more| section(&more)));
        blocks.push(json!({ "type": "context", "elements": [plain(&phrases::run(notice))] }));
        let text = escaped(&format!("{headline} ({})", notice.verdict));
        serde_json::to_string(&json!({ "text": text, "mrkdwn": false, "blocks": blocks }))
    }
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": plain(text) })
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": escaped(text), "emoji": false })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_slack_are_escaped_once() {
        assert_eq!(escaped("<!channel> a&b &lt;"), "&lt;!channel&gt; a&amp;b &amp;lt;");
    }
}
