//! Markdown as GitHub renders it.

/// What every page begins with; a file that does not is none of the reference's.
pub(super) const MARK: &str =
    "<!-- Written by `driftline generate docs`, and replaced by its next run. -->\n";

/// One page of the reference.
pub(super) struct Page {
    path: String,
    text: String,
}

impl Page {
    /// Makes a page of a text that begins with its title, under a path in the reference.
    pub(super) fn new(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), text }
    }

    /// Returns where it stands, relative to the reference's folder.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns its title.
    pub(super) fn title(&self) -> &str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// Returns the whole file: the mark, the way back, the text.
    pub(super) fn render(&self) -> String {
        let up = "../".repeat(self.path.matches('/').count());
        let back =
            if self.path == "index.md" { String::new() } else { format!("[Reference]({up}index.md)\n\n") };
        format!("{MARK}{back}{}\n", self.text.trim_end())
    }
}

/// Returns a table; cells are Markdown.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let row = |cells: &[String; N]| {
        let cells = cells.each_ref().map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        format!("| {} |\n", cells.join(" | "))
    };
    let head = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(N));
    rows.iter().map(row).fold(head, |table, row| table + &row)
}

/// Returns parts of a page with an empty line between them.
pub(super) fn joined(parts: &[String]) -> String {
    parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Returns a link.
pub(super) fn link(text: &str, target: &str) -> String {
    format!("[{text}]({target})")
}

/// Returns text as code.
pub(super) fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Returns a block of code, whatever stands in it.
pub(super) fn block(language: &str, text: &str) -> String {
    let longest = text.split(|c: char| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// Returns text in which code stands between back-ticks; nothing else in it is markup.
pub(super) fn prose(text: &str) -> String {
    let escaped = |part: &str| part.replace('<', "&lt;").replace('*', "\\*");
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(nth, part)| if nth % 2 == 0 { escaped(part) } else { format!("`{part}`") });
    parts.collect()
}

/// Returns a fragment as a sentence: its first letter large, a full stop at its end.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    stopped(&first.chain(letters).collect::<String>())
}

/// Returns text with a full stop at its end.
pub(super) fn stopped(text: &str) -> String {
    let end = if text.is_empty() || text.ends_with(['.', ':', '!', '?']) { "" } else { "." };
    format!("{text}{end}")
}

/// Returns the anchor of a heading, as GitHub makes it.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_text_never_becomes_markup() {
        assert_eq!(prose("a <b> * `<c> *`"), "a &lt;b> \\* `<c> *`");
        assert_eq!(table(["h"], &[["a|b\nc".to_owned()]]), "| h |\n| --- |\n| a\\|b c |\n");
        assert_eq!(block("text", "a ``` b\n"), "````text\na ``` b\n````\n");
        assert_eq!(code("a`b"), "`` a`b ``");
    }

    #[test]
    fn an_anchor_is_the_heading_without_its_marks() {
        assert_eq!(anchor("`driftline store verify`"), "driftline-store-verify");
        assert_eq!(anchor("`[[aws]]`"), "aws");
        assert_eq!(anchor("Why it matters"), "why-it-matters");
    }

    #[test]
    fn a_page_leads_back_to_the_index_from_any_depth() {
        let page = Page::new("rules/x.md", "# x\n".to_owned());
        assert_eq!(page.render(), format!("{MARK}[Reference](../index.md)\n\n# x\n"));
        assert_eq!(page.title(), "x");
    }
}
