//! Values as people write them: durations, severities, status ranges, addresses, references to secrets.
//!
//! Invariant: an error has two lines, what is wrong and what to write instead, and never repeats a text that may be a
//! secret.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;

use allclear_core::{SecretRef, Severity};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A duration in milliseconds, written `"200ms"`, `"30s"`, `"1h30m"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span(pub(super) u64);

/// A duration, or `"never"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace(pub(super) Option<u64>);

/// A severity, in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SeverityWord(pub(super) Severity);

/// One status or a range of them, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StatusRange(pub(super) u16, pub(super) u16);

/// An address and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listen(pub(super) SocketAddr);

/// A value, or where to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference(pub(super) SecretRef);

const UNITS: [(&str, u64); 6] =
    [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 7 * 86_400_000)];

/// Milliseconds of a text such as `1h30m`; `None` if it is not a duration or does not fit.
fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let amount: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == &rest[..letters])?;
        total = total.checked_add(amount.checked_mul(*unit)?)?;
        rest = rest[letters..].trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

/// How people write a duration: `1h30m`, `200ms`, hours up to three days, days after that.
pub(crate) fn write_duration(milliseconds: u64) -> String {
    const DAY_MS: u64 = 86_400_000;
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    let mut rest = milliseconds;
    let mut text = String::new();
    // Weeks are read but not written: "14d" is clearer to most.
    for (name, unit) in UNITS.iter().take(5).rev() {
        let is_too_coarse = *unit == DAY_MS && milliseconds <= 3 * DAY_MS;
        if rest >= *unit && !is_too_coarse {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    text
}

/// Reads a text by a function whose error says what to write; numbers get the same advice.
struct Words<T> {
    expected: &'static str,
    read: fn(&str) -> Result<T, String>,
    number: fn(i64) -> Result<T, String>,
}

impl<T> Visitor<'_> for Words<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        (self.number)(number).map_err(E::custom)
    }
}

fn read_span(text: &str) -> Result<Span, String> {
    milliseconds(text).map(Span).ok_or_else(|| {
        format!(
            "`{text}` is not a duration\nwrite a number with its unit, such as \"200ms\", \"30s\", \"5m\" or \"48h\""
        )
    })
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Words {
            expected: "a duration such as \"30s\"",
            read: read_span,
            number: |number| {
                Err(format!("`{number}` has no unit\nwrite \"{number}s\" for seconds, \"{number}ms\" for milliseconds"))
            },
        })
    }
}

impl<'de> Deserialize<'de> for Pace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Words {
            expected: "a duration such as \"30m\", or \"never\"",
            read: |text| if text == "never" { Ok(Self(None)) } else { read_span(text).map(|span| Self(Some(span.0))) },
            number: |number| Err(format!("`{number}` has no unit\nwrite \"{number}m\" for minutes, or \"never\"")),
        })
    }
}

impl<'de> Deserialize<'de> for SeverityWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn wrong(written: &dyn fmt::Display) -> String {
            format!("`{written}` is not a severity\nwrite \"p0\" (the worst), \"p1\", \"p2\" or \"p3\"")
        }
        deserializer.deserialize_any(Words {
            expected: "a severity such as \"p1\"",
            read: |text| text.parse().map(Self).map_err(|_| wrong(&text)),
            number: |number| Err(wrong(&number)),
        })
    }
}

impl<'de> Deserialize<'de> for StatusRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn range(from: &str, to: &str) -> Option<StatusRange> {
            let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            (from <= to && from >= 100 && to <= 599).then_some(StatusRange(from, to))
        }
        fn read(text: &str) -> Result<StatusRange, String> {
            let (from, to) = text.split_once('-').unwrap_or((text, text));
            range(from, to).ok_or_else(|| {
                format!(
                    "`{text}` is not a status or a range of them\nwrite 200, \"200-299\" or another between 100 and 599"
                )
            })
        }
        deserializer.deserialize_any(Words {
            expected: "a status such as 200, or a range such as \"200-299\"",
            read,
            number: |number| read(&number.to_string()),
        })
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Words {
            expected: "an address and a port such as \"127.0.0.1:8080\"",
            read: |text| {
                text.parse().map(Self).map_err(|_| {
                    format!("`{text}` is not an address and a port\nwrite \"127.0.0.1:8080\" for this machine only, or \"0.0.0.0:8080\" for everybody")
                })
            },
            number: |port| Err(format!("`{port}` is not an address and a port\nwrite \"127.0.0.1:{port}\"")),
        })
    }
}

impl Reference {
    fn read(text: &str) -> Result<Self, String> {
        let braced = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if let Some(name) = text.strip_prefix("env:").or(braced) {
            return if is_variable_name(name) {
                Ok(Self(SecretRef::Env(name.to_owned())))
            } else {
                Err("this is not the name of an environment variable\nwrite \"env:NAME\" with letters, digits and underscores, such as \"env:OBS_ALERT_WEBHOOK\"".to_owned())
            };
        }
        match text.strip_prefix("file:") {
            Some("") => Err("the path is missing\nwrite \"file:PATH\", such as \"file:secrets/webhook\"".to_owned()),
            Some(path) => Ok(Self(SecretRef::File(path.to_owned()))),
            None => Ok(Self(SecretRef::Plain(text.to_owned()))),
        }
    }
}

/// Letters, digits and underscores, not beginning with a digit.
pub(super) fn is_variable_name(name: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    name.chars().all(is_word) && name.starts_with(|letter: char| !letter.is_ascii_digit())
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Words {
            expected: "a text, \"env:NAME\" or \"file:PATH\"",
            read: Self::read,
            number: |number| Ok(Self(SecretRef::Plain(number.to_string()))),
        })
    }
}

macro_rules! schema {
    ($type:ty, $name:literal, $($schema:tt)+) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($($schema)+)
            }
        }
    };
}

schema!(Span, "Duration", {
    "description": "A number with its unit: `ms`, `s`, `m`, `h`, `d` or `w`; several may follow each other.",
    "type": "string", "pattern": "^([0-9]+ *(ms|s|m|h|d|w) *)+$", "examples": ["200ms", "30s", "1h30m"]
});
schema!(Pace, "Pace", {
    "description": "A duration, or `never`.",
    "type": "string", "pattern": "^(never|([0-9]+ *(ms|s|m|h|d|w) *)+)$", "examples": ["30m", "never"]
});
schema!(SeverityWord, "Severity", {
    "description": "How bad it is; `p0` is the worst.",
    "type": "string", "pattern": "^[pP][0-3]$", "examples": ["p1"]
});
schema!(StatusRange, "StatusRange", {
    "description": "One HTTP status, or a range with both ends included.",
    "anyOf": [{ "type": "integer", "minimum": 100, "maximum": 599 }, { "type": "string", "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$" }],
    "examples": [200, "200-299"]
});
schema!(Listen, "Listen", {
    "description": "An IP address and a port.", "type": "string", "examples": ["127.0.0.1:8080"]
});
schema!(Reference, "Reference", {
    "description": "A text; or `env:NAME` or `${NAME}` for an environment variable, `file:PATH` for the content of a file.",
    "type": "string", "examples": ["env:OBS_ALERT_WEBHOOK", "file:secrets/webhook"]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, expected) in [
            ("200ms", 200),
            ("30s", 30_000),
            ("1h30m", 5_400_000),
            ("48h", 172_800_000),
            ("1 d", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
        for wrong in ["", " ", "30", "s", "5 minutes", "-3s", "1.5h", "99999999999999999999s", "9999999999999999w", "é"]
        {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
        assert_eq!(write_duration(5_400_000), "1h30m");
        assert_eq!(write_duration(172_800_000), "48h");
        assert_eq!(write_duration(7 * 86_400_000), "7d");
        assert_eq!(write_duration(0), "0s");
    }

    #[test]
    fn a_reference_says_where_the_value_is() {
        assert_eq!(Reference::read("env:A_1"), Ok(Reference(SecretRef::Env("A_1".into()))));
        assert_eq!(Reference::read("${A}"), Ok(Reference(SecretRef::Env("A".into()))));
        assert_eq!(Reference::read("file:a/b"), Ok(Reference(SecretRef::File("a/b".into()))));
        assert_eq!(Reference::read("hello"), Ok(Reference(SecretRef::Plain("hello".into()))));
        for wrong in ["env:", "env:1A", "env:A B", "file:"] {
            assert!(Reference::read(wrong).is_err(), "{wrong}");
        }
    }
}
