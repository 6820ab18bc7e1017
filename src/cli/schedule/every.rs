//! How often a scan runs, where every scheduler can say it.

use std::fmt;
use std::str::FromStr;

/// A period that divides an hour, a day or a week, since cron knows no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Every {
    /// A divisor of 60.
    Minutes(u32),
    /// A divisor of 24.
    Hours(u32),
    Day,
    Week,
}

/// Off the full hour, when everybody else's jobs start.
const MINUTE: u32 = 7;

/// In the small hours.
const HOUR: u32 = 4;

/// No scan takes longer; the jobs of GitHub cannot.
const LONGEST: u32 = 6 * 3600;

impl FromStr for Every {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "cron can say 5m, 6m, 10m, 12m, 15m, 20m, 30m; 1h, 2h, 3h, 4h, 6h, 8h, 12h; 1d; 1w";
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(EXPECTED)?;
        let number: u32 = number.parse().map_err(|_| EXPECTED)?;
        let minutes = match unit {
            "m" => Some(1),
            "h" => Some(60),
            "d" => Some(24 * 60),
            "w" => Some(7 * 24 * 60),
            _ => None,
        };
        let minutes = minutes.and_then(|unit| number.checked_mul(unit)).ok_or(EXPECTED)?;
        match minutes {
            5..60 if 60 % minutes == 0 => Ok(Self::Minutes(minutes)),
            60..1440 if 1440 % minutes == 0 && minutes % 60 == 0 => Ok(Self::Hours(minutes / 60)),
            1440 => Ok(Self::Day),
            10080 => Ok(Self::Week),
            _ => Err(EXPECTED),
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(minutes) => write!(f, "{minutes} minutes"),
            Self::Hours(1) => f.write_str("hour"),
            Self::Hours(hours) => write!(f, "{hours} hours"),
            Self::Day => f.write_str("day"),
            Self::Week => f.write_str("week"),
        }
    }
}

impl Every {
    /// Returns the five fields of cron, in UTC where the scheduler says so.
    pub(super) fn cron(self) -> String {
        match self {
            Self::Minutes(minutes) => format!("{}-59/{minutes} * * * *", MINUTE % minutes),
            Self::Hours(1) => format!("{MINUTE} * * * *"),
            Self::Hours(hours) => format!("{MINUTE} */{hours} * * *"),
            Self::Day => format!("{MINUTE} {HOUR} * * *"),
            Self::Week => format!("{MINUTE} {HOUR} * * 1"),
        }
    }

    /// Returns the calendar expression of systemd (`systemd.time(7)`).
    pub(super) fn calendar(self) -> String {
        match self {
            Self::Minutes(minutes) => format!("*-*-* *:{:02}/{minutes}:00", MINUTE % minutes),
            Self::Hours(1) => format!("*-*-* *:{MINUTE:02}:00"),
            Self::Hours(hours) => format!("*-*-* 00/{hours}:{MINUTE:02}:00"),
            Self::Day => format!("*-*-* {HOUR:02}:{MINUTE:02}:00"),
            Self::Week => format!("Mon *-*-* {HOUR:02}:{MINUTE:02}:00"),
        }
    }

    /// Returns how long a run may take, in seconds: a run that hangs is over when the next one is due.
    pub(super) fn limit(self) -> u32 {
        self.seconds().min(LONGEST)
    }

    /// Returns by how much a start may be put off, in seconds.
    pub(super) fn delay(self) -> u32 {
        (self.seconds() / 12).min(600)
    }

    const fn seconds(self) -> u32 {
        match self {
            Self::Minutes(minutes) => minutes * 60,
            Self::Hours(hours) => hours * 3600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
        }
    }
}
