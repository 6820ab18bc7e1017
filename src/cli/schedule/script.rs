//! The script that every scheduler runs: one scan, its report in place, its status told.

use super::fill;

/// How the script is heard, and where it writes.
pub(super) struct Script<'a> {
    /// Assignments of `store`, `config`, `reports` and, with `log`, `log`.
    pub(super) places: &'a str,
    /// The body of `say LEVEL TEXT`.
    pub(super) say: &'a str,
    /// The body of `show FILE`.
    pub(super) show: &'a str,
    /// Whether what driftline logs goes to the file `$log`.
    pub(super) log: bool,
    /// Whether only failures are told by the status, for a scheduler that takes all but 0 for one.
    pub(super) only_failures: bool,
    /// Commands before the end, each with its line's end; they may read `$status`.
    pub(super) last: &'a str,
    /// Formats besides JSON and Markdown: the name, which is the ending of the file, too.
    pub(super) formats: &'a [&'a str],
}

const ONLY_FAILURES: &str = "\
# What has been told is no failure of the job.
case $status in
    3 | 10 | 21) exit 0 ;;
esac
";

impl Script<'_> {
    /// Returns the script, for any POSIX shell.
    pub(super) fn render(&self) -> String {
        let formats = self.formats.iter().map(|name| format!(" \\\n    --format \"{name}=$partial.{name}\""));
        let kinds = ["json", "md"].into_iter().chain(self.formats.iter().copied());
        let mapped = if self.only_failures { ONLY_FAILURES } else { "" };
        fill(
            include_str!("scan.sh"),
            &[
                ("PLACES", self.places),
                ("SAY", self.say),
                ("SHOW", self.show),
                ("LOG", if self.log { "exec 2>>\"$log\"\n" } else { "" }),
                ("FORMATS", &formats.collect::<String>()),
                ("KINDS", &kinds.collect::<Vec<_>>().join(" ")),
                ("ENDS", if self.only_failures { ", but with 0 for 3, 10 and 21" } else { "" }),
                ("END", &format!("{}{mapped}exit \"$status\"", self.last)),
            ],
        )
    }
}
