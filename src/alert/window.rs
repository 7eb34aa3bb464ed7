//! A rolling window over the latest numbers, of bounded size.
//!
//! A window is cut into [`CELLS`] cells of equal length. What is older than the window never counts; of what is about as
//! old as the window, up to one cell may count no longer.

use crate::market::Timestamp;
use crate::money::Decimal;
use std::collections::VecDeque;
use std::time::Duration;

/// Cells of a window: its memory, and how finely its far end is cut.
const CELLS: u32 = 120;

/// The latest numbers.
#[derive(Clone, Debug)]
pub(super) struct Window {
    span: Duration,
    cells: VecDeque<Cell>,
    /// Since when nothing was missed.
    whole_since: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    start: Timestamp,
    low: Decimal,
    high: Decimal,
    sum: Decimal,
}

impl Window {
    pub fn new(span: Duration) -> Self {
        Self { span, cells: VecDeque::new(), whole_since: None }
    }

    /// Lets go of what has become too old. While `complete` is not said, numbers are being missed.
    pub fn advance(&mut self, now: Timestamp, complete: bool) {
        while self.cells.front().is_some_and(|cell| cell.start.age(now) >= self.span) {
            self.cells.pop_front();
        }
        self.whole_since = complete.then(|| self.whole_since.unwrap_or(now));
    }

    /// Takes a number in; `None` when their sum is beyond what a decimal holds.
    pub fn add(&mut self, now: Timestamp, value: Decimal) -> Option<()> {
        let start = now.floor_to(self.span / CELLS);
        match self.cells.back_mut() {
            Some(cell) if cell.start >= start => {
                (cell.low, cell.high) = (cell.low.min(value), cell.high.max(value));
                cell.sum = cell.sum.checked_add(value)?;
            }
            _ => self.cells.push_back(Cell { start, low: value, high: value, sum: value }),
        }
        Some(())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        (self.cells, self.whole_since) = (VecDeque::new(), None);
    }

    /// Whether nothing of the whole length was missed.
    pub fn is_whole(&self, now: Timestamp) -> bool {
        self.whole_since.is_some_and(|since| since.age(now) >= self.span)
    }

    pub fn low(&self) -> Option<Decimal> {
        self.cells.iter().map(|cell| cell.low).min()
    }

    pub fn high(&self) -> Option<Decimal> {
        self.cells.iter().map(|cell| cell.high).max()
    }

    pub fn sum(&self) -> Option<Decimal> {
        self.cells.iter().try_fold(Decimal::ZERO, |sum, cell| sum.checked_add(cell.sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_old_is_gone_and_memory_is_bounded() {
        let mut window = Window::new(Duration::from_secs(60));
        for tenth in 0..6_000i64 {
            let now = Timestamp::from_millis(tenth * 100);
            window.advance(now, true);
            window.add(now, Decimal::from(tenth)).unwrap();
            assert!(window.cells.len() <= CELLS as usize + 1, "{}", window.cells.len());
        }
        // The last number is of 599.9 s; those of the last 60 s count, of the oldest half second not all.
        let low = window.low().unwrap();
        assert!(low >= Decimal::from(5_400) && low <= Decimal::from(5_405), "{low}");
        assert_eq!(window.high(), Some(Decimal::from(5_999)));
        window.advance(Timestamp::from_secs(700), true);
        assert_eq!((window.low(), window.sum()), (None, Some(Decimal::ZERO)));
    }

    #[test]
    fn a_window_is_whole_only_after_its_whole_length() {
        let mut window = Window::new(Duration::from_secs(10));
        let whole = |window: &mut Window, secs, complete| {
            window.advance(Timestamp::from_secs(secs), complete);
            window.is_whole(Timestamp::from_secs(secs))
        };
        assert!(!whole(&mut window, 1, true) && !whole(&mut window, 10, true) && whole(&mut window, 11, true));
        assert!(!whole(&mut window, 12, false) && !whole(&mut window, 21, true) && whole(&mut window, 31, true));
    }
}
