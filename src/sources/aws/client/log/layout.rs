//! Where in its bucket a trail delivers what (SEMANTICS E.1.6).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};

use crate::model::{LogScope, Timestamp, Window};

/// What a trail delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Objects with records.
    Records,
    /// Digests of these.
    Digests,
}

impl Sort {
    const fn folder(self) -> &'static str {
        match self {
            Self::Records => "CloudTrail",
            Self::Digests => "CloudTrail-Digest",
        }
    }
}

/// Returns what the keys of everything that trails deliver begin with.
pub(super) fn root(prefix: &str) -> String {
    if prefix.is_empty() { "AWSLogs/".to_owned() } else { format!("{prefix}/AWSLogs/") }
}

/// Returns what the keys of one account may begin with, given the folders of the root: its own folder, where there
/// is one, and one below each organization, where only a look tells.
pub(super) fn bases(folders: &[String], account: &str) -> Vec<String> {
    let name =
        |folder: &String| folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let own = folders.iter().filter(|folder| name(folder) == account).cloned();
    let of_organizations = folders.iter().filter(|folder| name(folder).starts_with("o-"));
    own.chain(of_organizations.map(|folder| format!("{folder}{account}/"))).collect()
}

/// Returns what the keys of one day begin with.
pub(super) fn day_prefix(base: &str, sort: Sort, log: &LogScope, day: Date) -> String {
    let (year, month, day) = (day.year(), day.month(), day.day());
    format!("{base}{}/{}/{year:04}/{month:02}/{day:02}/", sort.folder(), log.location)
}

/// Returns the days that a window touches, in UTC.
pub(super) fn days(window: Window) -> Vec<Date> {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let last = day(window.to);
    day(window.from).series(1.day()).take_while(|day| *day <= last).collect()
}

/// Returns a day as a window.
pub(super) fn whole(day: Date) -> Window {
    let from = day.to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |start| start.timestamp());
    Window { from, to: from.checked_add(SignedDuration::from_hours(24)).unwrap_or(from) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Location, Provider};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_account_is_found_in_its_own_folder_and_below_organizations() {
        let folders = ["AWSLogs/111122223333/", "AWSLogs/444455556666/", "AWSLogs/o-abc/"].map(str::to_owned);
        assert_eq!(bases(&folders, "111122223333"), ["AWSLogs/111122223333/", "AWSLogs/o-abc/111122223333/"]);
        assert_eq!(bases(&folders[..2], "999999999999"), Vec::<String>::new());
        assert_eq!(root("a/b"), "a/b/AWSLogs/");
        assert_eq!(root(""), "AWSLogs/");
    }

    #[test]
    fn a_window_touches_the_days_of_both_its_ends() {
        let window = Window { from: at("2026-02-28T23:59:59Z"), to: at("2026-03-01T00:00:00Z") };
        let log = LogScope {
            provider: Provider::Aws,
            account: AccountId::new("1"),
            location: Location::new("eu-west-1"),
            source: "cloudtrail".to_owned(),
        };
        let prefixes: Vec<_> =
            days(window).into_iter().map(|day| day_prefix("b/", Sort::Records, &log, day)).collect();
        assert_eq!(prefixes, ["b/CloudTrail/eu-west-1/2026/02/28/", "b/CloudTrail/eu-west-1/2026/03/01/"]);
        assert_eq!(whole(days(window)[1]).from, window.to);
    }
}
