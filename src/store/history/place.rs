//! Where rows are: `KIND/GRAIN/PERIOD.parquet`, all times in UTC.
//!
//! | folder | one row of each | one file of each | such as |
//! |---|---|---|---|
//! | `minutes` | minute | hour | `snapshots/minutes/2026-11-21T14.parquet` |
//! | `hours` | hour | month | `marks/hours/2026-11.parquet` |
//! | `days` | day | year | `snapshots/days/2026.parquet` |
//!
//! What is written every minute is small: an hour's file, whatever the day holds already. `brought` has prices from
//! elsewhere, by the year and not thinned.

use std::path::PathBuf;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use crate::market::Timestamp;
use crate::portfolio::snapshot::Grain;

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Snapshots,
    Marks,
    Brought,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Snapshots, Self::Marks, Self::Brought];

    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Snapshots => "snapshots",
            Self::Marks => "marks",
            Self::Brought => "brought",
        }
    }
}

/// All grains, the finest first.
pub(super) const GRAINS: [Grain; 3] = [Grain::Minute, Grain::Hour, Grain::Day];

const fn folder(grain: Grain) -> &'static str {
    match grain {
        Grain::Minute => "minutes",
        Grain::Hour => "hours",
        Grain::Day => "days",
    }
}

/// One file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) grain: Grain,
    begin: DateTime,
}

impl Place {
    /// The file that has the row of this moment.
    pub(super) fn of(kind: Kind, grain: Grain, at: Timestamp) -> Self {
        // Sixty-four bits of nanoseconds are years 1677 to 2262, which any calendar has.
        let moment = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).unwrap_or_default();
        let at = TimeZone::UTC.to_datetime(moment);
        let (day, hour) = match grain {
            Grain::Minute => (at.date(), at.hour()),
            Grain::Hour => (at.date().first_of_month(), 0),
            Grain::Day => (at.date().first_of_year(), 0),
        };
        Self { kind, grain, begin: day.at(hour, 0, 0, 0) }
    }

    /// The file of this name within the folder of its kind and grain; `None` for what is not named like one.
    pub(super) fn parse(kind: Kind, grain: Grain, name: &str) -> Option<Self> {
        let period = name.strip_suffix(".parquet")?;
        let begin = match grain {
            Grain::Minute => {
                let (day, hour) = period.split_once('T')?;
                day.parse::<Date>().ok()?.at(hour.parse().ok().filter(|hour| *hour < 24)?, 0, 0, 0)
            }
            Grain::Hour => format!("{period}-01").parse::<Date>().ok()?.at(0, 0, 0, 0),
            Grain::Day => format!("{period}-01-01").parse::<Date>().ok()?.at(0, 0, 0, 0),
        };
        Some(Self { kind, grain, begin }).filter(|place| place.name() == name)
    }

    fn name(&self) -> String {
        let form = match self.grain {
            Grain::Minute => "%Y-%m-%dT%H.parquet",
            Grain::Hour => "%Y-%m.parquet",
            Grain::Day => "%Y.parquet",
        };
        self.begin.strftime(form).to_string()
    }

    /// The folder of all files of a kind and a grain.
    pub(super) fn folder(kind: Kind, grain: Grain) -> PathBuf {
        PathBuf::from(kind.folder()).join(folder(grain))
    }

    /// The file, seen from the directory of the history.
    pub(super) fn path(&self) -> PathBuf {
        Self::folder(self.kind, self.grain).join(self.name())
    }

    /// Whether a row of this moment may stand here.
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        let length: Span = match self.grain {
            Grain::Minute => 1.hour(),
            Grain::Hour => 1.month(),
            Grain::Day => 1.year(),
        };
        let nanos = |moment: DateTime| TimeZone::UTC.to_timestamp(moment).map(|moment| moment.as_nanosecond());
        let end = self.begin.checked_add(length).and_then(nanos);
        let (Ok(begin), Ok(end)) = (nanos(self.begin), end) else { return false };
        (begin..end).contains(&i128::from(at.nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn files_are_named_by_what_they_have() {
        let at: Timestamp = "2026-11-21T14:59:59.999999999Z".parse().unwrap();
        for (kind, grain, path) in [
            (Kind::Snapshots, Grain::Minute, "snapshots/minutes/2026-11-21T14.parquet"),
            (Kind::Marks, Grain::Hour, "marks/hours/2026-11.parquet"),
            (Kind::Brought, Grain::Day, "brought/days/2026.parquet"),
        ] {
            assert_eq!(Place::of(kind, grain, at).path(), PathBuf::from(path));
        }
        let parse = |grain, name| Place::parse(Kind::Marks, grain, name);
        for (grain, name) in [
            (Grain::Minute, "2026-11-21T24.parquet"),
            (Grain::Minute, "2026-11-21T7.parquet"),
            (Grain::Minute, "2026-11-21.parquet"),
            (Grain::Hour, "2026-13.parquet"),
            (Grain::Hour, "2026-11.parquet.new"),
            (Grain::Day, "26.parquet"),
            (Grain::Day, "2026.parquet.aside-1"),
        ] {
            assert_eq!(parse(grain, name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_place_holds_what_it_was_made_for(nanos: i64) {
            let at = Timestamp::from_nanos(nanos);
            for grain in GRAINS {
                let place = Place::of(Kind::Marks, grain, at);
                prop_assert!(place.holds(at));
                let path = place.path();
                prop_assert_eq!(Place::parse(Kind::Marks, grain, path.file_name().unwrap().to_str().unwrap()), Some(place));
            }
        }
    }
}
