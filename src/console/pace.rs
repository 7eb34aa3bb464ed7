//! When to draw: as soon as something changed, but never faster than the line to the terminal deserves.
//!
//! Pure: instants are passed in. The first change after a rest is drawn at once, so a key press is answered at once;
//! changes that follow are gathered until the interval is over. Where nothing changes, nothing is drawn. On a line that
//! must be spared, a frame is waited off until the line has carried it, however busy the market is.

use std::time::{Duration, Instant};

/// What lies between the program and the eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A terminal on the same machine: 30 frames per second.
    Local,
    /// A terminal behind SSH: 10.
    Remote,
    /// A line that must be spared: 2, fewer when they are large, and nothing moves for its own sake.
    LowBandwidth,
}

impl Line {
    /// The shortest time between two frames.
    pub const fn interval(self) -> Duration {
        match self {
            Self::Local => Duration::from_millis(33),
            Self::Remote => Duration::from_millis(100),
            Self::LowBandwidth => Duration::from_millis(500),
        }
    }

    /// How long a frame of so many bytes is waited off: at nine hundred bytes a second where that matters, so that a
    /// kilobyte a second has room for answers.
    fn carries(self, bytes: usize) -> Duration {
        match self {
            Self::Local | Self::Remote => Duration::ZERO,
            Self::LowBandwidth => {
                Duration::from_secs(u64::try_from(bytes).unwrap_or(u64::MAX)).min(900 * LONGEST_REST) / 900
            }
        }
    }

    /// Whether anything may move that is not a value.
    pub const fn animates(self) -> bool {
        !matches!(self, Self::LowBandwidth)
    }
}

/// No frame is waited off for longer: a whole screen is many bytes, and what follows it must not look like now for long.
const LONGEST_REST: Duration = Duration::from_secs(5);

/// The time between two frames while nobody looks.
const UNWATCHED: Duration = Duration::from_millis(500);

/// Decides when the next frame is due.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    line: Line,
    interval: Duration,
    /// How long the last frame is waited off.
    rest: Duration,
    focused: bool,
    dirty: bool,
    /// Whether a person waits for the next frame.
    asked: bool,
    last: Option<Instant>,
}

impl Pace {
    /// A pace at which the first frame is due at once. `fps` frames a second at most; without it, as many as the line
    /// carries well.
    pub fn new(line: Line, fps: Option<u16>) -> Self {
        let interval = fps.map_or(line.interval(), |fps| Duration::from_secs(1) / u32::from(fps.max(1)));
        Self { line, interval, rest: Duration::ZERO, focused: true, dirty: true, asked: true, last: None }
    }

    /// The terminal got or lost the focus. Terminals that do not tell count as focused.
    pub const fn focus(&mut self, focused: bool) {
        self.focused = focused;
    }

    /// Something on the screen changed.
    pub const fn changed(&mut self) {
        self.dirty = true;
    }

    /// A person did something: the answer does not wait for a slow line to have rested.
    pub const fn asked(&mut self) {
        self.dirty = true;
        self.asked = true;
    }

    /// A frame of so many bytes was drawn.
    pub fn drawn(&mut self, now: Instant, bytes: usize) {
        // What a person asked for, a whole screen at the start most of all, is followed by what they wait for.
        self.rest = if self.asked { Duration::ZERO } else { self.line.carries(bytes) };
        self.dirty = false;
        self.asked = false;
        self.last = Some(now);
    }

    /// Whether to draw now.
    pub fn wants_draw(&self, now: Instant) -> bool {
        self.dirty && self.last.is_none_or(|last| now.saturating_duration_since(last) >= self.interval())
    }

    /// When to ask again; `None` while nothing changed. A moment that has passed means now.
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        self.dirty.then(|| self.last.map_or(now, |last| last + self.interval()))
    }

    fn interval(&self) -> Duration {
        let interval = if self.focused { self.interval } else { self.interval.max(UNWATCHED) };
        if self.asked { interval } else { interval.max(self.rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn nothing_is_drawn_when_nothing_changed() {
        let start = Instant::now();
        let mut pace = Pace::new(Line::Local, None);
        assert!(pace.wants_draw(start), "the first frame is due at once");
        assert_eq!(pace.next_deadline(start), Some(start));
        pace.drawn(start, 100);
        assert!(!pace.wants_draw(start + 1000 * MS));
        assert_eq!(pace.next_deadline(start + 1000 * MS), None);
    }

    #[test]
    fn a_change_after_a_rest_is_drawn_at_once_and_the_next_waits() {
        let start = Instant::now();
        let mut pace = Pace::new(Line::Remote, None);
        pace.drawn(start, 100);
        pace.changed();
        assert!(pace.wants_draw(start + 150 * MS));
        pace.drawn(start + 150 * MS, 100);
        pace.changed();
        assert!(!pace.wants_draw(start + 249 * MS));
        assert_eq!(pace.next_deadline(start + 200 * MS), Some(start + 250 * MS));
        assert!(pace.wants_draw(start + 250 * MS));
    }

    #[test]
    fn the_cap_holds_whatever_happens() {
        for (line, focused, most) in
            [(Line::Local, true, 30), (Line::Remote, true, 10), (Line::LowBandwidth, true, 2), (Line::Local, false, 2)]
        {
            let start = Instant::now();
            let mut pace = Pace::new(line, None);
            pace.focus(focused);
            let mut frames = 0;
            for ms in 0..10_000 {
                pace.changed();
                if pace.wants_draw(start + ms * MS) {
                    pace.drawn(start + ms * MS, 100);
                    frames += 1;
                }
            }
            assert!(frames <= 10 * most + 4 && frames >= 10 * most - 10, "{line:?} {focused}: {frames}");
        }
    }

    #[test]
    fn a_clock_that_steps_back_does_no_harm() {
        let start = Instant::now() + 1000 * MS;
        let mut pace = Pace::new(Line::Local, None);
        pace.drawn(start, 100);
        pace.changed();
        assert!(!pace.wants_draw(start - 500 * MS));
    }

    #[test]
    fn a_large_frame_is_waited_off_on_a_slow_line_but_not_by_a_person() {
        let start = Instant::now();
        let mut pace = Pace::new(Line::LowBandwidth, None);
        pace.drawn(start, 3_000);
        pace.changed();
        assert!(pace.wants_draw(start + 500 * MS), "the first screen is empty; the market is not kept waiting");
        pace.drawn(start + 500 * MS, 1_260);
        pace.changed();
        assert!(!pace.wants_draw(start + 1_899 * MS));
        assert_eq!(pace.next_deadline(start + 600 * MS), Some(start + 1_900 * MS));
        assert!(pace.wants_draw(start + 1_900 * MS));
        pace.drawn(start + 1_900 * MS, 100_000);
        pace.changed();
        assert!(!pace.wants_draw(start + 6_899 * MS));
        assert!(pace.wants_draw(start + 6_900 * MS), "nothing is waited off forever");
        pace.asked();
        assert!(pace.wants_draw(start + 2_400 * MS));
        let mut pace = Pace::new(Line::Local, None);
        pace.drawn(start, 100_000);
        pace.changed();
        assert!(pace.wants_draw(start + 33 * MS));
    }
}
