//! Durations, sizes and counts: read with their unit, and written so that reading gives the same.

use std::{fmt, time::Duration};

use bytesize::ByteSize;

/// Longest duration that a setting takes: a year.
///
/// Far above any use, and far below where adding it to a clock could overflow.
pub const DURATION_MAX: Duration = Duration::from_hours(365 * 24);

const DAY: Duration = Duration::from_hours(24);

/// Largest size that a setting takes: 1 TiB, more than a machine that this is built for has.
pub const BYTES_MAX: u64 = 1 << 40;

/// Largest count that a setting takes: it fits 32 bits, and a semaphore.
pub const COUNT_MAX: u64 = 1_000_000_000;

/// What a setting measures, and so how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A time with its unit: `"500ms"`, `"2s"`, `"1h"`. At most [`DURATION_MAX`].
    Duration,
    /// A size with its unit: `"64MiB"`, `"16MB"`. At most [`BYTES_MAX`].
    Bytes,
    /// A plain whole number: `512`. At most [`COUNT_MAX`].
    Count,
}

impl UnitKind {
    /// How such a value is written, as the end of a sentence.
    pub fn example(self) -> &'static str {
        match self {
            Self::Duration => "a time with its unit, such as \"2s\" or \"500ms\"",
            Self::Bytes => "a size with its unit, such as \"64MiB\"",
            Self::Count => "a whole number, such as 512",
        }
    }

    /// The largest value of this kind.
    pub fn most(self) -> Value {
        match self {
            Self::Duration => Value::Duration(DURATION_MAX),
            Self::Bytes => Value::Bytes(BYTES_MAX),
            Self::Count => Value::Count(COUNT_MAX),
        }
    }

    /// Reads a value of this kind.
    ///
    /// Fails with the end of a sentence that begins with the name of the setting.
    pub fn parse(self, text: &str) -> Result<Value, String> {
        self.parse_up_to(text, self.most())
    }

    /// As [`UnitKind::parse`], for a setting that has a largest value of its own.
    pub(super) fn parse_up_to(self, text: &str, most: Value) -> Result<Value, String> {
        let text = text.trim();
        let value = match self {
            Self::Duration => duration(text).map(Value::Duration),
            Self::Bytes => bytes(text).map(Value::Bytes),
            Self::Count => count(text).map(Value::Count),
        };
        let value = value.ok_or_else(|| format!("must be {}", self.example()))?;
        if value > most {
            Err(format!("must be at most {most}"))
        } else {
            Ok(value)
        }
    }
}

/// The value of a setting. Values of one kind are ordered by size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// See [`UnitKind::Duration`].
    Duration(Duration),
    /// See [`UnitKind::Bytes`].
    Bytes(u64),
    /// See [`UnitKind::Count`].
    Count(u64),
}

impl Value {
    /// Whether this is nothing at all: 0 s, 0 bytes, a count of 0.
    pub fn is_zero(self) -> bool {
        match self {
            Self::Duration(duration) => duration.is_zero(),
            Self::Bytes(number) | Self::Count(number) => number == 0,
        }
    }
}

/// Exact: what is shown is what was set, and [`UnitKind::parse`] takes it back.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The library makes months and hours of them, as no one has written them.
            Self::Duration(duration) => match whole_days(*duration) {
                0 => write!(formatter, "{}", humantime::format_duration(*duration)),
                1 => formatter.write_str("1day"),
                days => write!(formatter, "{days}days"),
            },
            Self::Bytes(bytes) => {
                let units = [
                    (1 << 40, "TiB"),
                    (1_000_000_000_000, "TB"),
                    (1 << 30, "GiB"),
                    (1_000_000_000, "GB"),
                    (1 << 20, "MiB"),
                    (1_000_000, "MB"),
                    (1 << 10, "KiB"),
                    (1_000, "KB"),
                ];
                let whole = units
                    .into_iter()
                    .find(|(unit, _)| *bytes > 0 && bytes.is_multiple_of(*unit));
                let (unit, name) = whole.unwrap_or((1, "B"));
                write!(formatter, "{}{name}", bytes / unit)
            }
            Self::Count(count) => write!(formatter, "{count}"),
        }
    }
}

/// How many days a duration is; 0 where it is no whole number of them.
fn whole_days(duration: Duration) -> u64 {
    let days = duration.as_secs() / DAY.as_secs();
    if duration.as_nanos().is_multiple_of(DAY.as_nanos()) {
        days
    } else {
        0
    }
}

/// A duration with its unit.
///
/// The library adds seconds up to the end of 64 bits and may panic there; nine digits for each unit,
/// of which the largest is a year, in 64 characters stay far away from it.
fn duration(text: &str) -> Option<Duration> {
    let digits = |number: &str| number.bytes().filter(u8::is_ascii_digit).count();
    if text.len() > 64
        || text
            .split(char::is_alphabetic)
            .any(|number| digits(number) > 9)
    {
        return None;
    }
    if text == "0" {
        return Some(Duration::ZERO);
    }
    humantime::parse_duration(text).ok()
}

/// A size; the unit must be there, for a bare number makes people guess.
fn bytes(text: &str) -> Option<u64> {
    let starts = text.bytes().next()?.is_ascii_digit();
    let unit = text.bytes().last()?.is_ascii_alphabetic();
    // A number too large for 64 bits saturates, and is then above the largest size.
    if text == "0" || (starts && unit && text.len() <= 64) {
        text.parse::<ByteSize>().ok().map(|size| size.as_u64())
    } else {
        None
    }
}

/// A whole number; `512_000` reads well and is taken, as in TOML.
fn count(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|character| *character != '_').collect();
    let plain =
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 64;
    // More digits than 64 bits hold: above the largest count, whatever it was.
    plain.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_read_with_their_units() {
        let seconds = Duration::from_secs;
        for (kind, text, value) in [
            (UnitKind::Duration, "2s", Value::Duration(seconds(2))),
            (
                UnitKind::Duration,
                " 100ms ",
                Value::Duration(Duration::from_millis(100)),
            ),
            (UnitKind::Duration, "1h 30m", Value::Duration(seconds(5400))),
            (
                UnitKind::Duration,
                "1.5s",
                Value::Duration(Duration::from_millis(1500)),
            ),
            (UnitKind::Duration, "0", Value::Duration(Duration::ZERO)),
            (UnitKind::Duration, "365days", Value::Duration(DURATION_MAX)),
            (UnitKind::Bytes, "64MiB", Value::Bytes(64 << 20)),
            (UnitKind::Bytes, "16 MB", Value::Bytes(16_000_000)),
            (UnitKind::Bytes, "1.5GiB", Value::Bytes(3 << 29)),
            (UnitKind::Bytes, "7b", Value::Bytes(7)),
            (UnitKind::Bytes, "0", Value::Bytes(0)),
            (UnitKind::Bytes, "1TiB", Value::Bytes(BYTES_MAX)),
            (UnitKind::Count, "512", Value::Count(512)),
            (UnitKind::Count, "512_000", Value::Count(512_000)),
        ] {
            assert_eq!(kind.parse(text), Ok(value), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused_with_an_example() {
        for text in [
            "",
            "2",
            "s",
            "-1s",
            "2 parsecs",
            "0x2s",
            "∞",
            "18446744073709551615s1000ms",
            "9999999999999s",
        ] {
            assert_eq!(
                UnitKind::Duration.parse(text),
                Err("must be a time with its unit, such as \"2s\" or \"500ms\"".to_owned())
            );
        }
        for text in [
            "",
            "64",
            "MiB",
            "-1MiB",
            "+1MiB",
            "64 MiBs",
            "1e3MiB",
            ".5MiB",
            "1..5MiB",
            "NaNMiB",
            "64\u{a0}µB",
        ] {
            assert_eq!(
                UnitKind::Bytes.parse(text),
                Err("must be a size with its unit, such as \"64MiB\"".to_owned()),
                "{text:?}"
            );
        }
        for text in ["", "_", "-1", "+1", "1.0", "0x10", "ten", "1MiB", "٣"] {
            assert_eq!(
                UnitKind::Count.parse(text),
                Err("must be a whole number, such as 512".to_owned()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_too_large_is_refused_with_the_largest() {
        for (kind, text, most) in [
            (UnitKind::Duration, "366days", "365days"),
            (UnitKind::Duration, "99999years", "365days"),
            (UnitKind::Bytes, "1025GiB", "1TiB"),
            (UnitKind::Bytes, "99999999999999999999999EiB", "1TiB"),
            (UnitKind::Bytes, "99999999999999999999999.5EiB", "1TiB"),
            (UnitKind::Count, "1000000001", "1000000000"),
            (UnitKind::Count, "99999999999999999999999999", "1000000000"),
        ] {
            let error = kind.parse(text).unwrap_err();
            assert!(
                error.starts_with("must be at most ") && error.len() < 80,
                "{text}: {error}"
            );
            if kind != UnitKind::Duration {
                assert_eq!(error, format!("must be at most {most}"));
            }
        }
    }

    /// Days stay days, as people write them.
    #[test]
    fn whole_days_are_shown_as_days() {
        for (text, shown) in [
            ("24h", "1day"),
            ("90d", "90days"),
            ("365days", "365days"),
            ("0d", "0s"),
            ("25h", "1day 1h"),
            ("1day 1ms", "1day 1ms"),
        ] {
            let value = UnitKind::Duration.parse(text).unwrap();
            assert_eq!(value.to_string(), shown);
            assert_eq!(UnitKind::Duration.parse(shown), Ok(value));
        }
    }

    proptest! {
        /// A value that an error shows can be pasted back.
        #[test]
        fn shown_values_read_back(bytes in 0..=BYTES_MAX, millis in 0..=31_536_000_000_u64, count in 0..=COUNT_MAX) {
            let duration = Value::Duration(Duration::from_millis(millis));
            for (kind, value) in [(UnitKind::Bytes, Value::Bytes(bytes)), (UnitKind::Duration, duration), (UnitKind::Count, Value::Count(count))] {
                prop_assert_eq!(kind.parse(&value.to_string()), Ok(value));
            }
        }

        #[test]
        fn no_text_panics(text in "[0-9a-zA-Zµ.+_ -]{0,40}|.{0,40}") {
            for kind in [UnitKind::Duration, UnitKind::Bytes, UnitKind::Count] {
                let _ = kind.parse(&text);
            }
        }
    }
}
