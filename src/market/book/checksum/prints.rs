//! The texts of the levels that were hashed last: from one message to the next, nearly all of them are the same.

use super::super::levels::Ticks;
use crate::market::Precision;

/// Room for a level: two numbers of at most 19 digits, with signs, leading zeros, points and what joins them.
const LONGEST: usize = 48;

/// The most levels that a venue hashes, over both sides.
const MOST: usize = 50;

/// A power of two, many times the levels of a checksum, so that few of them fight over a place.
const PLACES: usize = 256;

/// How levels are printed: the ladder's precision, and the one that the venue hashes.
type Manner = (Precision, Precision);

/// A level as text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Print {
    ticks: Ticks,
    len: u8,
    text: [u8; LONGEST],
}

/// The texts, each in a place that is found by the level's numbers; another level with the same place takes it over.
#[derive(Clone, Debug, Default)]
pub(super) struct Prints {
    manner: Option<Manner>,
    /// Made with the first checksum: most books never see one.
    places: Vec<Print>,
    /// The room in which they are joined.
    joined: Vec<u8>,
    end: usize,
}

impl Prints {
    /// Begins a text. What was made in another manner is forgotten.
    pub fn begin(&mut self, manner: Manner) {
        if self.manner != Some(manner) {
            self.manner = Some(manner);
            self.joined = vec![0; MOST * LONGEST];
            // No level has this price: places are empty until they are taken.
            self.places = vec![Print::empty(Ticks { price: i64::MIN, quantity: 0 }); PLACES];
        }
        self.end = 0;
    }

    /// Adds a level; `print` makes its text when that is not known, of nothing but the level and the manner.
    #[inline]
    pub fn add(&mut self, ticks: Ticks, print: impl Fn(&mut Print)) {
        let mixed = (ticks.price ^ ticks.quantity.rotate_left(32)).cast_unsigned();
        let place = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES.trailing_zeros());
        let Some(known) = self.places.get_mut(place as usize) else { return };
        if known.ticks != ticks {
            *known = Print::empty(ticks);
            print(known);
        }
        // The whole room is copied, because that is one move; what was too much is written over.
        if let Some(place) = self.joined.get_mut(self.end..).and_then(|rest| rest.first_chunk_mut()) {
            *place = known.text;
            self.end += usize::from(known.len);
        }
    }

    /// What has been added.
    pub fn text(&self) -> &[u8] {
        self.joined.get(..self.end).unwrap_or_default()
    }
}

impl Print {
    fn empty(ticks: Ticks) -> Self {
        Self { ticks, len: 0, text: [0; LONGEST] }
    }

    /// Adds to the text; there always is room.
    pub fn push(&mut self, more: &[u8]) {
        let from = usize::from(self.len);
        if let Some(room) = self.text.get_mut(from..from + more.len()) {
            room.copy_from_slice(more);
            self.len += more.len() as u8;
        }
    }
}
