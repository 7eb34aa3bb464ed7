//! How a table writes what it says: what stands between its fields, how its numbers and dates look, what its columns are
//! called.

use crate::market::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The layout of a table. The usual one has commas between fields, a point for decimals and RFC 3339 dates.
#[derive(Clone, Debug)]
pub struct Layout {
    /// What stands between two fields.
    pub delimiter: u8,
    /// What stands before the decimals.
    pub decimal: char,
    /// What stands between thousands, where anything may.
    pub thousands: Option<char>,
    /// How a date is written, in the signs of `strftime`; RFC 3339 where nothing is said.
    pub dates: Option<String>,
    /// Where a date without a zone was written.
    pub zone: TimeZone,
    /// What the table calls a column, by our name for it.
    pub columns: BTreeMap<String, String>,
    /// What every row says in a column that the table does not have, by our name for it.
    pub constants: BTreeMap<String, String>,
    /// How many rows may stand before the header.
    pub preamble: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            delimiter: b',',
            decimal: '.',
            thousands: None,
            dates: None,
            zone: TimeZone::UTC,
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
            preamble: 0,
        }
    }
}

impl Layout {
    /// The usual layout, with so many rows at most before the header.
    pub fn behind(preamble: usize) -> Self {
        Self { preamble, ..Self::default() }
    }

    /// A number with a point for decimals and nothing between thousands; `None` when it is not written as it should be.
    pub(super) fn number<'a>(&self, text: &'a str) -> Option<Cow<'a, str>> {
        match (self.decimal, self.thousands) {
            ('.', None) => Some(Cow::Borrowed(text)),
            (decimal, thousands) => ungrouped(text, decimal, thousands),
        }
    }

    /// The moment that a text names. What a zone has twice, or never, is no moment.
    pub(super) fn moment(&self, text: &str) -> Option<Timestamp> {
        let civil = match &self.dates {
            Some(format) => {
                let parts = strtime::parse(format, text).ok()?;
                if parts.offset().is_some() || parts.timestamp().is_some() {
                    return known(parts.to_timestamp().ok()?);
                }
                parts.to_datetime().or_else(|_| parts.to_date().map(|date| date.to_datetime(Time::midnight()))).ok()?
            }
            None => {
                let text = text.strip_suffix(" UTC").unwrap_or(text);
                if let Ok(known) = text.parse() {
                    return Some(known);
                }
                text.parse::<DateTime>()
                    .or_else(|_| text.parse::<Date>().map(|date| date.to_datetime(Time::midnight())))
                    .ok()?
            }
        };
        known(self.zone.to_ambiguous_zoned(civil).unambiguous().ok()?.timestamp())
    }
}

fn known(moment: jiff::Timestamp) -> Option<Timestamp> {
    i64::try_from(moment.as_nanosecond()).ok().map(Timestamp::from_nanos)
}

/// Takes the thousands apart: groups of three behind a first of one to three digits, and nothing else in between.
pub fn ungrouped(text: &str, decimal: char, thousands: Option<char>) -> Option<Cow<'_, str>> {
    let (whole, fraction) = text.split_once(decimal).map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let grouped = thousands.is_some_and(|sign| whole.contains(sign));
    if !grouped && decimal == '.' {
        return Some(Cow::Borrowed(text));
    }
    if whole.contains('.') && thousands != Some('.') || fraction.is_some_and(|fraction| fraction.contains(['.', ','])) {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    match thousands {
        Some(sign) if grouped => {
            for (at, group) in whole.split(sign).enumerate() {
                let digits = if at == 0 { group.trim_start_matches('-') } else { group };
                let fits = if at == 0 { (1..=3).contains(&digits.len()) } else { digits.len() == 3 };
                if !fits || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                    return None;
                }
                plain.push_str(group);
            }
        }
        _ => plain.push_str(whole),
    }
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    Some(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_groups_of_three_or_nothing() {
        let plain = |text, decimal, thousands| ungrouped(text, decimal, thousands).map(Cow::into_owned);
        assert_eq!(plain("1,234,567.50", '.', Some(',')).as_deref(), Some("1234567.50"));
        assert_eq!(plain("-1.234,5", ',', Some('.')).as_deref(), Some("-1234.5"));
        assert_eq!(plain("1234,5", ',', None).as_deref(), Some("1234.5"));
        assert_eq!(plain("1 234,5", ',', Some(' ')).as_deref(), Some("1234.5"));
        for (text, decimal, thousands) in [
            ("1,23.5", '.', Some(',')),
            ("1.5", ',', None),
            ("1.5", ',', Some('.')),
            ("1,2,3", ',', None),
            (",123", '.', Some(',')),
        ] {
            assert_eq!(plain(text, decimal, thousands), None, "{text}");
        }
    }

    #[test]
    fn dates_are_read_as_they_are_written_and_an_hour_that_is_there_twice_is_none() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let layout = Layout { dates: Some("%d.%m.%Y %H:%M".to_owned()), zone, ..Layout::default() };
        let shown = |text| layout.moment(text).map(|at| at.to_string());
        assert_eq!(shown("31.01.2026 12:00").as_deref(), Some("2026-01-31T11:00:00Z"));
        assert_eq!(shown("25.10.2026 02:30"), None, "clocks go back");
        assert_eq!(shown("29.03.2026 02:30"), None, "clocks go forward");
        assert_eq!(shown("2026-01-31"), None);
        let days = Layout { dates: Some("%m/%d/%Y".to_owned()), ..Layout::default() };
        assert_eq!(days.moment("01/31/2026").map(|at| at.to_string()).as_deref(), Some("2026-01-31T00:00:00Z"));
        assert_eq!(
            Layout::default().moment("2023-12-30 00:46:45 UTC").map(|at| at.to_string()).as_deref(),
            Some("2023-12-30T00:46:45Z")
        );
    }
}
