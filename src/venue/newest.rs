//! Holds the order of a stream whose frames each carry a whole book, and nothing but a time.
//!
//! A frame that is older than the one before is set aside: the book stands beyond it. When the next one is older too, it
//! was not a straggler but the last time was wrong, or the venue's clock was set back, and the stream is believed again.

/// The times of one book's frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct Newest {
    newest: Option<i64>,
    /// The time of the frame that was set aside last.
    aside: Option<i64>,
}

impl Newest {
    /// Whether the frame of this time is to be believed.
    pub fn admit(&mut self, time: i64) -> bool {
        let older = self.newest.is_some_and(|newest| time < newest);
        if older && self.aside.is_none_or(|aside| time < aside) {
            self.aside = Some(time);
            return false;
        }
        *self = Self { newest: Some(time), aside: None };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straggler_is_set_aside_and_a_clock_set_back_is_followed() {
        let mut newest = Newest::default();
        let admitted: Vec<_> = [5, 5, 7, 6, 8, 900, 9, 10, 11].iter().map(|time| newest.admit(*time)).collect();
        assert_eq!(admitted, [true, true, true, false, true, true, false, true, true]);
    }
}
