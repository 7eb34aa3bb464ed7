//! What a person is doing at the console: focus, cursor, open windows, typed text. Nothing of the market is kept here.

use super::action::{Action, Context};
use super::chord::Chord;
use super::effect::Rates;
use super::field::Field;
use super::keymap::Keymap;
use super::layout::{Arrangement, Layout, Pane, Workspace, inside};
use super::pane::{across, ladder};
use super::portfolio::Holder;
use super::treasury::Signer;
use super::treasury::window::Window;
use crate::desk::portfolio::{HoldingView, PortfolioView};
use crate::desk::{Across, Line, Mode, Place, Query, View};
use crate::market::{Interval, Side, Timestamp};
use crate::money::{Asset, Price};
use jiff::tz::TimeZone;
use ratatui::layout::{Rect, Size};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What is known about the person's wishes before the first frame.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The keys.
    pub keymap: Keymap,
    /// The names of all themes, in the order in which they are cycled.
    pub themes: Vec<String>,
    /// The theme in use.
    pub theme: String,
    /// What stands between thousands, if anything.
    pub separator: Option<char>,
    /// Where clock times are told.
    pub zone: TimeZone,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// The panes as they were kept.
    pub layout: Layout,
    /// The length of the candles.
    pub interval: Interval,
}

/// Everything that belongs to one session at one terminal.
#[derive(Clone, Debug)]
pub struct State {
    /// The person's wishes, as changed since.
    pub settings: Settings,
    /// The terminal's size.
    pub size: Size,
    /// The instrument that is shown; the first of the watchlist when `None`.
    pub shown: Option<Place>,
    /// The level that the cursor is on.
    pub cursor: Option<Cursor>,
    /// The price step of each book that is grouped.
    pub groups: BTreeMap<Place, Price>,
    /// What is asked across venues; the rows follow the screen.
    pub across: Across,
    /// What is looked at of portfolios.
    pub portfolio: Holder,
    /// What is looked at of the treasury.
    pub treasury: Signer,
    /// Whether amounts are hidden, on every workspace.
    pub hidden: bool,
    /// The window above the panes.
    pub overlay: Option<Overlay>,
    /// Whether the traffic is shown.
    pub meter: bool,
    /// The traffic of the last second.
    pub rates: Rates,
    /// The keys of a sequence that has begun.
    pub pending: Vec<Chord>,
    /// The instruments that can be watched, as the desk told when the search began.
    pub instruments: Vec<Place>,
    /// What the console said last.
    pub said: Option<Said>,
    /// Notices up to this moment were put away.
    pub read_until: Option<Timestamp>,
    /// The figures of the connections, read once a second.
    pub pulse: Pulse,
}

/// A level of the book, counted from the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Its side.
    pub side: Side,
    /// 0 is the best.
    pub depth: usize,
}

/// A window above the panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys that work here.
    Help {
        /// The first line shown.
        scroll: usize,
    },
    /// What the user was told.
    Notices {
        /// The first line shown.
        scroll: usize,
    },
    /// The alerts.
    Alerts {
        /// The chosen line.
        chosen: usize,
    },
    /// All of the chosen holding.
    Holding {
        /// The first line shown.
        scroll: usize,
    },
    /// The text that holdings must match, while it is typed.
    Filter {
        /// What was typed.
        field: Field,
    },
    /// Something about the treasury that is read, or asked for.
    Treasury(Window),
    /// Commands by name.
    Palette {
        /// What was typed.
        field: Field,
        /// The chosen line.
        chosen: usize,
    },
    /// Instruments by symbol.
    Search {
        /// What was typed.
        field: Field,
        /// The chosen line.
        chosen: usize,
    },
}

/// A line that the console says, until a key is pressed or it is old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// By the desk's time.
    pub at: Timestamp,
    /// Whether something is wrong.
    pub warning: bool,
    /// The words.
    pub text: String,
}

/// How old the prices of a holding are: the oldest, and each on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PriceAges {
    asset: Asset,
    owed: bool,
    oldest: Option<Duration>,
    path: Vec<Duration>,
}

/// The figures that change all the time, held still for a second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    second: Option<i64>,
    links: Vec<(Line, u64, Option<Duration>)>,
    prices: Vec<PriceAges>,
    oldest: Option<(Duration, Arc<str>)>,
}

impl Pulse {
    /// Reads the figures again when a second has passed.
    pub fn beat(&mut self, view: &View) {
        let second = view.now.secs();
        if self.second != Some(second) {
            self.second = Some(second);
            self.links = view.links.iter().map(|link| (link.line, link.figures.rate, link.figures.lag)).collect();
            let holdings = view.portfolio.iter().flat_map(|portfolio| &portfolio.holdings);
            let ages = |holding: &HoldingView| PriceAges {
                asset: holding.asset.clone(),
                owed: holding.owed,
                oldest: holding.age,
                path: holding.path.iter().map(|step| step.age).collect(),
            };
            self.prices = holdings.map(ages).collect();
            self.oldest = view.portfolio.as_ref().and_then(|portfolio| portfolio.oldest.clone());
        }
    }

    /// The age of a holding's price: fresh prices come all the time, and their ages would never stand still.
    pub fn age(&self, holding: &HoldingView) -> Option<Duration> {
        self.prices_of(holding).map_or(holding.age, |ages| ages.oldest)
    }

    /// The age of a price on the way, by its place.
    pub fn step(&self, holding: &HoldingView, place: usize, age: Duration) -> Duration {
        self.prices_of(holding).and_then(|ages| ages.path.get(place)).copied().unwrap_or(age)
    }

    fn prices_of(&self, holding: &HoldingView) -> Option<&PriceAges> {
        self.prices.iter().find(|ages| ages.asset == holding.asset && ages.owed == holding.owed)
    }

    /// The oldest price that counts.
    pub fn oldest<'a>(&'a self, portfolio: &'a PortfolioView) -> Option<&'a (Duration, Arc<str>)> {
        if self.prices.is_empty() { portfolio.oldest.as_ref() } else { self.oldest.as_ref() }
    }

    /// Frames a second and lag of a connection.
    pub fn of(&self, line: Line) -> Option<(u64, Option<Duration>)> {
        self.links.iter().find(|(of, ..)| *of == line).map(|(_, rate, lag)| (*rate, *lag))
    }
}

impl State {
    /// A session that has just begun on a terminal of `size`.
    pub fn new(settings: Settings, size: Size) -> Self {
        Self {
            settings,
            size,
            shown: None,
            cursor: None,
            groups: BTreeMap::new(),
            across: Across::default(),
            portfolio: Holder::default(),
            treasury: Signer::default(),
            hidden: false,
            overlay: None,
            meter: false,
            rates: Rates::default(),
            pending: Vec::new(),
            instruments: Vec::new(),
            said: None,
            read_until: None,
            pulse: Pulse::default(),
        }
    }

    /// The whole terminal.
    pub fn area(&self) -> Rect {
        Rect::from(self.size)
    }

    /// Where the panes are; `None` on a screen that is too small.
    pub fn arrangement(&self) -> Option<Arrangement> {
        self.settings.layout.arrange(self.area())
    }

    /// The pane that keys go to: the focused one, or the book in the middle where that is not on the screen.
    pub fn focus(&self) -> Pane {
        let layout = &self.settings.layout;
        let focus = layout.focused();
        let there = self.arrangement().is_none_or(|arrangement| arrangement.of(focus).is_some());
        match layout.workspace {
            _ if there => focus,
            Workspace::Markets => layout.middle,
            Workspace::Portfolio => Pane::Holdings,
            Workspace::Treasury => Pane::Approvals,
        }
    }

    /// What the screen is about.
    pub fn workspace(&self) -> Workspace {
        self.settings.layout.workspace
    }

    /// The same as the context that its keys belong to.
    pub fn home(&self) -> Context {
        match self.workspace() {
            Workspace::Markets => Context::Markets,
            Workspace::Portfolio => Context::Portfolio,
            Workspace::Treasury => Context::Treasury,
        }
    }

    /// Gives a pane the focus.
    pub fn set_focus(&mut self, pane: Pane) {
        let before = self.settings.layout.middle;
        self.settings.layout.look_at(pane);
        if self.settings.layout.middle != before {
            // The levels of another book are others.
            self.cursor = None;
        }
    }

    /// Whether something on the screen moves by itself.
    pub fn animates(&self) -> bool {
        matches!(&self.overlay, Some(Overlay::Treasury(open)) if open.moves())
    }

    /// Where keys have a meaning now.
    pub fn contexts(&self, view: &View) -> Vec<Context> {
        if matches!(self.overlay, Some(Overlay::Palette { .. } | Overlay::Search { .. } | Overlay::Filter { .. })) {
            return vec![Context::Text];
        }
        if matches!(&self.overlay, Some(Overlay::Treasury(open)) if open.types()) {
            return vec![Context::Text];
        }
        if matches!(self.overlay, Some(Overlay::Alerts { .. })) {
            return vec![Context::Alerts, Context::Watch];
        }
        let mut contexts = match self.focus() {
            Pane::Watch => vec![Context::Watch],
            Pane::Book | Pane::Depth => vec![Context::Book],
            Pane::Across => vec![Context::Across, Context::Book],
            Pane::Venues => vec![Context::Across],
            Pane::Candles => vec![Context::Candles],
            _ => vec![],
        };
        contexts.push(self.home());
        if view.mode == Mode::Replay {
            contexts.push(Context::Replay);
        }
        contexts
    }

    /// The short name of a key for a footer.
    pub fn key(&self, action: Action) -> Option<String> {
        self.settings.keymap.label(action, self.home())
    }

    /// The instrument that is shown, or will be.
    pub fn place<'a>(&'a self, view: &'a View) -> Option<&'a Place> {
        self.shown.as_ref().or_else(|| view.watch.first().map(|watched| &watched.place))
    }
}

/// What the desk must tell for the next frame.
pub fn query(state: &State) -> Query {
    let arrangement = state.arrangement();
    let room = |pane| arrangement.as_ref().and_then(|a| a.of(pane)).map(inside).unwrap_or_default();
    let levels = match arrangement.as_ref().and_then(|a| a.of(Pane::Depth)) {
        Some(_) => 100,
        None => ladder::Slots::of(room(Pane::Book)).a_side(),
    };
    let compares = |pane| arrangement.as_ref().is_some_and(|a| a.of(pane).is_some());
    let across = (compares(Pane::Across) || compares(Pane::Venues)).then(|| {
        let levels = across::slots(room(Pane::Across)).a_side();
        Across { levels, ..state.across.clone() }
    });
    // Whoever groups a book thereby chooses it, so what is not chosen has no step.
    let group = state.shown.as_ref().and_then(|place| state.groups.get(place)).copied();
    Query {
        focus: state.shown.clone(),
        levels,
        group,
        // Trades of one second and price stand in one line, so more are needed than lines.
        trades: usize::from(room(Pane::Tape).height) * 4,
        interval: state.settings.interval,
        candles: usize::from(room(Pane::Candles).width),
        across,
        portfolio: arrangement.as_ref().and_then(|arrangement| state.portfolio.query(arrangement)),
        treasury: arrangement.as_ref().and_then(|arrangement| state.treasury.query(arrangement)),
    }
}
