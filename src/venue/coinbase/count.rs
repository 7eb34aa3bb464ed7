//! Advanced Trade numbers the frames of a connection from 0, whatever their channel: a number that is missing puts every
//! book of the connection in doubt.

use crate::market::Desync;

/// Where the connection's count stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    last: Option<u64>,
    /// Frames since then that could not be read, and may have had a number.
    unread: u64,
}

/// What a number says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It follows.
    Next,
    /// It has come before.
    Repeated,
    /// Frames are missing before it, or a new session has begun with it.
    Gap(Desync),
    /// It comes too late: what it tells may be older than what is known.
    Late(Desync),
}

impl Count {
    /// Takes the number of the next frame.
    pub fn turn(&mut self, number: u64) -> Turn {
        let before = std::mem::replace(self, Self { last: Some(number), unread: 0 });
        let Some(last) = before.last else { return Turn::Next };
        let gap = Desync::Gap { expected: last, got: number.saturating_sub(1) };
        match number.checked_sub(last) {
            Some(0) if before.unread == 0 => Turn::Repeated,
            Some(ahead) if (1..=before.unread.saturating_add(1)).contains(&ahead) => Turn::Next,
            Some(_) => Turn::Gap(gap),
            None if number == 0 => Turn::Gap(Desync::Disconnected),
            None => Turn::Late(gap),
        }
    }

    /// A frame has come that could not be read.
    pub fn unread(&mut self) {
        self.unread = self.unread.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_tells_what_is_missing() {
        let mut count = Count::default();
        let gap = |expected, got| Desync::Gap { expected, got };
        assert_eq!(count.turn(7), Turn::Next, "a recording may begin anywhere");
        assert_eq!(count.turn(8), Turn::Next);
        assert_eq!(count.turn(8), Turn::Repeated);
        assert_eq!(count.turn(9), Turn::Next);
        assert_eq!(count.turn(12), Turn::Gap(gap(9, 11)));
        assert_eq!(count.turn(13), Turn::Next, "the gap is told once");
        assert_eq!(count.turn(11), Turn::Late(gap(13, 10)));
        assert_eq!(count.turn(12), Turn::Next, "a number that was wrong once does not stop everything");
        assert_eq!(count.turn(0), Turn::Gap(Desync::Disconnected));
        assert_eq!(count.turn(1), Turn::Next);
    }

    #[test]
    fn an_unread_frame_may_have_had_a_number() {
        for (number, turn) in [(6, Turn::Next), (7, Turn::Next), (8, Turn::Gap(Desync::Gap { expected: 5, got: 7 }))] {
            let mut count = Count::default();
            count.turn(5);
            count.unread();
            assert_eq!(count.turn(number), turn);
        }
    }
}
