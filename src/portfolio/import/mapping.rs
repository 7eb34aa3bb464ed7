//! What somebody else's table calls things: a file in TOML that makes it a table of one's own.

use super::generic::{COLUMNS, TYPES};
use crate::portfolio::table::Layout;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The word for a type of which nothing is wanted.
const SKIP: &str = "skip";

/// The most rows that may be said to stand before a header.
const MOST_PREAMBLE: usize = 100;

/// How a table is to be understood.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// How it is written.
    pub(super) layout: Layout,
    /// Whether signs of quantities and fees mean nothing.
    pub(super) unsigned: bool,
    /// Our word for each of its types, in small letters; `None` where it is to be passed over.
    pub(super) types: BTreeMap<String, Option<String>>,
}

/// Why a text is no mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// It is not TOML, or has keys that mean nothing.
    #[error("line {line}: {reason}")]
    Toml {
        /// Where.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A value that cannot be.
    #[error("{key}: {value:?} is not {wanted}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What may stand there.
        wanted: String,
    },
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    delimiter: Option<String>,
    decimal: Option<String>,
    thousands: Option<String>,
    date: Option<String>,
    zone: Option<String>,
    #[serde(default)]
    preamble: usize,
    #[serde(default)]
    unsigned: bool,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    constants: BTreeMap<String, String>,
    #[serde(default)]
    types: BTreeMap<String, String>,
}

impl Mapping {
    /// Reads a mapping; `zone` knows time zones by name.
    pub fn parse(text: &str, zone: impl Fn(&str) -> Option<TimeZone>) -> Result<Self, MappingError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            MappingError::Toml { line: before.matches('\n').count() + 1, reason: error.message().to_owned() }
        })?;
        let mut layout = Layout::behind(file.preamble);
        if file.preamble > MOST_PREAMBLE {
            return wrong("preamble", &file.preamble.to_string(), format!("up to {MOST_PREAMBLE} rows"));
        }
        if let Some(sign) = &file.delimiter {
            layout.delimiter = match sign.as_bytes() {
                [sign @ (b',' | b';' | b'\t' | b'|')] => *sign,
                _ => return wrong("delimiter", sign, "a comma, a semicolon, a bar or \"\\t\"".to_owned()),
            };
        }
        layout.decimal = match file.decimal.as_deref() {
            None | Some(".") => '.',
            Some(",") => ',',
            Some(other) => return wrong("decimal", other, "a point or a comma".to_owned()),
        };
        layout.thousands = match file.thousands.as_deref() {
            None | Some("") => None,
            Some(sign) => match sign.chars().collect::<Vec<_>>().as_slice() {
                [sign @ ('.' | ',' | ' ' | '\'' | '\u{a0}' | '\u{202f}')] if *sign != layout.decimal => Some(*sign),
                _ => {
                    return wrong(
                        "thousands",
                        sign,
                        "a point, a comma, a blank or an apostrophe, and not the decimal sign".to_owned(),
                    );
                }
            },
        };
        if let Some(name) = &file.zone {
            layout.zone =
                zone(name).ok_or_else(|| value("zone", name, "a time zone, such as Europe/Berlin".to_owned()))?;
        }
        if let Some(format) = &file.date {
            let some_day = jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
            if jiff::fmt::strtime::format(format, &some_day).is_err() {
                return wrong("date", format, "a format of strftime, such as %d.%m.%Y %H:%M".to_owned());
            }
        }
        layout.dates = file.date;
        for (key, table) in [("columns", &file.columns), ("constants", &file.constants)] {
            if let Some(name) = table.keys().find(|name| !COLUMNS.contains(&name.as_str())) {
                return wrong(key, name, format!("one of {}", COLUMNS.join(", ")));
            }
        }
        (layout.columns, layout.constants) = (file.columns, file.constants);
        let mut types = BTreeMap::new();
        for (theirs, ours) in file.types {
            let known = ours == SKIP || TYPES.split(", ").any(|word| word == ours);
            if !known {
                return wrong("types", &ours, format!("one of {TYPES}, {SKIP}"));
            }
            types.insert(theirs.to_lowercase(), (ours != SKIP).then_some(ours));
        }
        Ok(Self { layout, unsigned: file.unsigned, types })
    }
}

fn value(key: &'static str, value: &str, wanted: String) -> MappingError {
    MappingError::Value { key, value: value.chars().take(40).collect(), wanted }
}

fn wrong<T>(key: &'static str, text: &str, wanted: String) -> Result<T, MappingError> {
    Err(value(key, text, wanted))
}
