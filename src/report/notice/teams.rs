//! An Adaptive Card 1.4 in the message that Teams' Workflows webhooks take.

use serde_json::{Value, json};

use super::{Notice, Shape, phrases};
use crate::report::wording::Gravity;

/// The longest message, in bytes; Teams takes 28 KiB.
const LONGEST: usize = 27 * 1024;

/// The `teams` shape: one card, with as many findings as it has room for.
///
/// Everything stands in text runs of rich text, in which Teams reads no Markdown and, with no entity declared, no
/// mention; `{{` is taken apart, for cards make dates of it.
pub(super) struct Teams;

impl Shape for Teams {
    fn id(&self) -> &'static str {
        "teams"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[".webhook.office.com", ".logic.azure.com", ".powerplatform.com"]
    }

    fn body(&self, notice: &Notice) -> serde_json::Result<String> {
        let mut body = message(notice, notice.worst.len())?;
        for told in (0..notice.worst.len()).rev() {
            if body.len() <= LONGEST {
                break;
            }
            body = message(notice, told)?;
        }
        Ok(body)
    }
}

/// Returns the message with the first of the findings.
fn message(notice: &Notice, told: usize) -> serde_json::Result<String> {
    let headline = phrases::headline(notice);
    let color = match phrases::gravity(notice) {
        Gravity::Alarm => "Attention",
        Gravity::Warning => "Warning",
        Gravity::Calm => "Good",
    };
    let mut body = vec![
        rich(&headline, &json!({ "weight": "Bolder", "size": "Large", "color": color })),
        rich(&notice.verdict, &json!({})),
    ];
    for finding in notice.worst.iter().take(told) {
        let mut items = vec![rich(&phrases::finding(finding), &json!({ "weight": "Bolder" }))];
        items.extend(phrases::particulars(finding).iter().map(|line| rich(line, &json!({}))));
        body.push(json!({ "type": "Container", "separator": true, "items": items }));
    }
    body.extend(phrases::more(notice, told).map(|more| rich(&more, &json!({}))));
    body.push(rich(&phrases::run(notice), &json!({ "isSubtle": true, "size": "Small" })));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": format!("{headline} ({})", notice.verdict),
        "msteams": { "width": "Full" },
        "body": body,
    });
    let content = "application/vnd.microsoft.card.adaptive";
    let attachment = json!({ "contentType": content, "contentUrl": null, "content": card });
    serde_json::to_string(&json!({ "type": "message", "attachments": [attachment] }))
}

/// Returns a line of text with a look.
fn rich(text: &str, look: &Value) -> Value {
    let mut run = json!({ "type": "TextRun", "text": text.replace("{{", "{ {") });
    if let (Some(run), Some(look)) = (run.as_object_mut(), look.as_object()) {
        run.extend(look.clone());
    }
    json!({ "type": "RichTextBlock", "inlines": [run] })
}
