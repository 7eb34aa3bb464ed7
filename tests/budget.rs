//! What a live market costs on the line to the terminal: every frame is one write, and a second of them fits a budget.
//!
//! The market is `tests/fixtures/busy_market.jsonl.zst`, 22 seconds of about 90 frames each, on five instruments:
//! `exchequer sim --rate 100 --seed 5` recorded by `exchequer record --venue sim`. It is replayed through the desk as it
//! would be on a screen, a tenth of a second at a time, onto a terminal that only counts. No clock is looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::console::colour::ColourDepth;
use exchequer::console::effect::Event;
use exchequer::console::glyphs::UNICODE;
use exchequer::console::keymap::{Keymap, Preset};
use exchequer::console::layout::Layout;
use exchequer::console::pace::{Line, Pace};
use exchequer::console::screen::Screen;
use exchequer::console::state::{self, State, query};
use exchequer::console::theme::Themes;
use exchequer::console::{update, view};
use exchequer::desk::{Capture, Command, Desk, Handle, Operator, Scope, Settings, Speed, Steer, View};
use exchequer::feed::capture::Reader;
use exchequer::market::{Freshness, Interval, VenueId};
use ratatui::layout::Size;
use std::cell::Cell;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Long enough for any machine; nothing here waits for it unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time goes in steps of this length: the interval of the fastest line that is looked at.
const STEP_MS: usize = 100;

/// The first steps fill the screen; the budget is for what comes after.
const WARM_UP: usize = 20;

#[derive(Clone, Default)]
struct Counter {
    bytes: Rc<Cell<u64>>,
    writes: Rc<Cell<u64>>,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.set(self.bytes.get() + bytes.len() as u64);
        self.writes.set(self.writes.get() + 1);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn capture() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", "busy_market.jsonl.zst"].iter().collect()
}

/// How many records have come by the end of each step.
fn timetable() -> Vec<u64> {
    let moments: Vec<i64> =
        Reader::open(&capture()).unwrap().map(|line| line.unwrap().record.at.unwrap().millis()).collect();
    let ends = (moments[0]..moments[moments.len() - 1]).step_by(STEP_MS).skip(1);
    ends.map(|end| moments.partition_point(|at| *at < end) as u64).collect()
}

/// A session at a terminal that counts, on a desk that replays the capture.
struct Session {
    desk: Handle<Operator>,
    state: State,
    themes: Themes,
    screen: Screen<Counter>,
    line: Counter,
}

impl Session {
    fn new(desk: &Desk, width: u16, height: u16, depth: ColourDepth) -> Self {
        let (size, line, themes) = (Size { width, height }, Counter::default(), Themes::built_in().unwrap());
        let settings = state::Settings {
            keymap: Keymap::preset(Preset::Default).unwrap(),
            themes: themes.names().map(str::to_owned).collect(),
            theme: "dark".to_owned(),
            separator: Some(','),
            zone: jiff::tz::TimeZone::UTC,
            mouse: false,
            layout: Layout::default(),
            interval: Interval::Minute1,
        };
        let (state, screen) = (State::new(settings, size), Screen::new(line.clone(), size, depth));
        Self { desk: desk.handle(Scope::local()), state, themes, screen, line }
    }

    /// What the desk shows once it has played so many records.
    async fn at(&mut self, position: u64) -> View {
        let there = async {
            loop {
                let view = self.desk.view(&query(&self.state));
                let now = view.replay.as_ref().map_or(0, |replay| replay.position);
                if now >= position {
                    return view;
                }
                self.desk.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, there).await.expect("the records")
    }

    fn draw(&mut self, shown: &View) -> usize {
        let _ = update(&mut self.state, shown, Event::Desk);
        let (state, theme, area) = (&self.state, self.themes.get("dark").unwrap(), self.screen.area());
        self.screen.draw(|buf| view(state, shown, theme, &UNICODE, area, buf)).unwrap()
    }
}

/// Bytes a second at this size on this line; checks on the way that each frame is one write, and that a second look at
/// the same is none.
async fn spent(width: u16, height: u16, depth: ColourDepth, line: Line) -> u64 {
    let capture = Capture { file: capture(), venue: Some(VenueId::Sim), speed: Speed::Percent(0) };
    let settings = Settings {
        watch: vec![],
        book_depth: 25,
        stale_after: PATIENCE,
        urls: [].into(),
        rest_urls: [].into(),
        fees: [].into(),
        authorities: None,
        journal: None,
        cache: None,
        portfolio: None,
        treasury: None,
        saved: None,
        alerts: Default::default(),
        capture: Some(capture),
    };
    let desk = Desk::start(settings).unwrap();
    let mut session = Session::new(&desk, width, height, depth);
    let (mut pace, mut now) = (Pace::new(line, None), Instant::now());
    let (mut position, mut before, mut frames) = (0, 0, 0);
    let timetable = timetable();
    for (step, target) in timetable.iter().enumerate() {
        if *target > position {
            session.desk.command(Command::Replay(Steer::Seek(i64::try_from(target - position).unwrap())));
            position = *target;
        }
        let view = session.at(position).await;
        now += Duration::from_millis(STEP_MS as u64);
        pace.changed();
        if pace.wants_draw(now) {
            let writes = session.line.writes.get();
            let bytes = session.draw(&view);
            pace.drawn(now, bytes);
            assert_eq!(session.line.writes.get() - writes, u64::from(bytes > 0), "one write a frame");
            assert_eq!(session.draw(&view), 0, "nothing changed");
            frames += u64::from(bytes > 0);
        }
        if step < WARM_UP {
            (before, frames) = (session.line.bytes.get(), 0);
            continue;
        }
        let book = &view.focus.as_ref().unwrap().book;
        assert!(matches!(book.freshness, Freshness::Live(_)) && book.bids.len() >= 6, "a live book");
    }
    desk.stop("the end").await;
    let tenths = (timetable.len() - WARM_UP) as u64;
    assert!(tenths >= 150 && frames >= tenths / 50, "{frames} frames in {tenths} tenths of a second");
    (session.line.bytes.get() - before) * 10 / tenths
}

#[tokio::test]
async fn a_live_book_fits_the_line() {
    let mut over = Vec::new();
    for (width, height, line, budget) in [
        (80, 24, Line::Remote, 4_096),
        (120, 40, Line::Remote, 8_192),
        (80, 24, Line::LowBandwidth, 1_024),
        (120, 40, Line::LowBandwidth, 1_024),
        (250, 70, Line::LowBandwidth, 1_024),
    ] {
        for depth in [ColourDepth::True, ColourDepth::Mono] {
            let spent = spent(width, height, depth, line).await;
            println!("{width}x{height}, {line:?}, {depth:?}: {spent} B/s of {budget}");
            if spent > budget {
                over.push((width, height, line, depth, spent));
            }
        }
    }
    assert!(over.is_empty(), "over budget: {over:?}");
}
