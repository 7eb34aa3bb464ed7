//! What must be known of a capture before it is played.

use crate::feed::capture::{CaptureError, Reader};
use crate::market::{Timestamp, VenueId};
use crate::venue::at;
use std::path::Path;

/// A first look at a whole capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Its records, those that cannot be read included.
    pub length: u64,
    /// The first time that it tells.
    pub start: Option<Timestamp>,
    /// The venue of the first address that we know.
    pub venue: Option<VenueId>,
}

impl Survey {
    /// Looks through a file. Records are read only as far as needed; the rest is counted.
    pub fn of(path: &Path) -> Result<Self, CaptureError> {
        let mut reader = Reader::open(path)?;
        let mut survey = Self::default();
        while survey.start.is_none() || survey.venue.is_none() {
            let Some(item) = reader.next() else { return Ok(survey) };
            survey.length += 1;
            if let Ok(numbered) = item {
                survey.start = survey.start.or(numbered.record.at);
                survey.venue = survey.venue.or_else(|| at(&numbered.record.url));
            }
        }
        survey.length += reader.count_rest();
        Ok(survey)
    }
}
