//! The order book: asks above, bids below, and between them the spread or what is wrong.
//!
//! - Columns end at fixed places, so that a number that changes moves no other.
//! - Beyond the horizon the book is unknown and says so; it is not drawn as empty.
//! - A bar under a level is its quantity against a scale that moves rarely.

use super::trouble::{self, Trouble};
use super::{Title, ceiling, share};
use crate::console::canvas::Canvas;
use crate::console::figures::{Column, Figures, age};
use crate::console::state::Cursor;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::{BookView, Focus, Link};
use crate::market::{Freshness, Row, Side, Timestamp};
use crate::money::{Decimal, Price};
use ratatui::layout::Rect;
use rust_decimal::RoundingStrategy;

/// How many lines each side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// Lines above the spread.
    pub asks: u16,
    /// Lines below it.
    pub bids: u16,
}

impl Slots {
    /// The slots of a pane with this inside: one line is the heading, one the spread.
    pub fn of(inside: Rect) -> Self {
        let lines = inside.height.saturating_sub(2);
        Self { asks: lines / 2, bids: lines - lines / 2 }
    }

    /// Rows to ask for on either side.
    pub fn a_side(self) -> usize {
        usize::from(self.asks.max(self.bids))
    }

    /// Lines of one side.
    pub fn on(self, side: Side) -> u16 {
        match side {
            Side::Bid => self.bids,
            Side::Ask => self.asks,
        }
    }
}

/// What the ladder is drawn from.
pub struct Ladder<'a> {
    /// The instrument.
    pub focus: &'a Focus,
    /// Its connection.
    pub link: Option<&'a Link>,
    /// The price step of its groups.
    pub group: Option<Price>,
    /// The level under the cursor.
    pub cursor: Option<Cursor>,
    /// The desk's time.
    pub now: Timestamp,
}

/// Where the columns of the ladder end, and how their numbers are written.
struct Columns {
    price: u16,
    size: (u16, Column),
    total: (u16, Column),
    notional: Option<u16>,
}

impl Ladder<'_> {
    /// What stands on the border.
    pub fn title(&self, figures: Figures) -> Title {
        let place = &self.focus.place;
        let mut name = format!("{} {}", place.symbol, place.venue);
        if let Some(step) = self.group {
            name = format!("{name} by {}", figures.exact(step.get().normalize()));
        }
        let state = match (trouble::of(self.focus, self.link, figures), &self.focus.book.freshness) {
            (Some(trouble), _) => (trouble.title, trouble.role),
            (None, Freshness::Live(since)) => match age(*since) {
                Some(age) => (format!("live {age}"), Role::Live),
                None => ("live".to_owned(), Role::Live),
            },
            (None, _) => ("waiting".to_owned(), Role::Dim),
        };
        Title { name, state: Some(state), readout: self.readout(figures).unwrap_or_default() }
    }

    /// What the cursor's level says, longest first: price, distance from the mid, and what it costs to get there.
    fn readout(&self, figures: Figures) -> Option<Vec<String>> {
        let book = &self.focus.book;
        let row = row_at(book, self.cursor?)?;
        let price = figures.price(row.level.price, book.precision.price);
        let distance = book.mid.and_then(|mid| bps(row.level.price, mid)).map_or("bps unknown".to_owned(), |bps| {
            let sign = if bps.is_sign_negative() { "-" } else { "+" };
            format!("{sign}{} bps", bps.abs())
        });
        let symbol = &self.focus.place.symbol;
        let cost = format!("{} {}", figures.notional(row.notional), symbol.quote());
        let total = figures.short(row.total.get());
        Some(vec![
            format!("{price}  {distance}  sum {total} {} for {cost}", symbol.base()),
            format!("{price} {distance} {cost}"),
            format!("{distance} {cost}"),
        ])
    }

    /// Draws the book inside its border.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let book = &self.focus.book;
        if book.bids.is_empty() && book.asks.is_empty() && !matches!(book.freshness, Freshness::Live(_)) {
            let (text, role) = trouble::emptiness(self.focus, self.link, self.now);
            return canvas.put_message(area, &text, role);
        }
        let trouble = trouble::of(self.focus, self.link, canvas.figures);
        let slots = Slots::of(area);
        let columns = Columns::new(book, area.width, slots, canvas.figures);
        self.heading(canvas, area, &columns);
        let largest = shown(book, slots).map(|row| row.level.quantity.get()).max().unwrap_or_default();
        let scale = ceiling(largest);
        for (side, rows, horizon) in
            [(Side::Ask, &book.asks, book.ask_horizon), (Side::Bid, &book.bids, book.bid_horizon)]
        {
            let room = slots.on(side);
            for (depth, row) in (0..room).zip(rows) {
                let line = line_of(slots, side, depth);
                let old = trouble.as_ref().is_some_and(|trouble| trouble.old);
                if let (Some(scale), false) = (scale, old) {
                    let bar = share(row.level.quantity.get(), scale, area.width);
                    let role = if side == Side::Bid { Role::BidBar } else { Role::AskBar };
                    let bar = Rect { x: area.right() - bar, y: area.y + line, width: bar, height: 1 };
                    canvas.tint(bar, role);
                }
                let partial = horizon.is_some_and(|h| match side {
                    Side::Bid => row.level.price < h.price,
                    Side::Ask => row.level.price > h.price,
                });
                self.level(canvas, area, line, row, &columns, Look { side, old, partial });
                if self.cursor == Some(Cursor { side, depth: usize::from(depth) }) {
                    canvas.put(area, 0, line, canvas.glyphs.cursor, Role::Accent);
                    canvas.tint(Rect { y: area.y + line, height: 1, ..area }, Role::Selected);
                }
            }
            let drawn = u16::try_from(rows.len()).unwrap_or(u16::MAX);
            if let (true, Some(_)) = (drawn < room, horizon) {
                canvas.put(area, 1, line_of(slots, side, drawn), "unknown beyond here", Role::Dim);
            }
        }
        match &trouble {
            Some(trouble) => self.band(canvas, area, slots, trouble),
            None => self.spread(canvas, area, slots, &columns),
        }
    }

    fn heading(&self, canvas: &mut Canvas<'_>, area: Rect, columns: &Columns) {
        let symbol = &self.focus.place.symbol;
        let mut head = |end: u16, width: u16, name: &str, unit: &str| {
            let full = format!("{name} {unit}");
            let text = if full.len() <= usize::from(width) { &full } else { name };
            canvas.put_right(area, end, 0, text, Role::Dim);
        };
        head(columns.price, columns.price, "price", symbol.quote());
        head(columns.size.0, columns.size.1.width, "size", symbol.base());
        head(columns.total.0, columns.total.1.width, "total", "");
        if let Some(end) = columns.notional {
            head(end, 12, "total", symbol.quote());
        }
    }

    fn level(&self, canvas: &mut Canvas<'_>, area: Rect, y: u16, row: &Row, columns: &Columns, look: Look) {
        let price = canvas.figures.price(row.level.price, self.focus.book.precision.price);
        let role = |role| if look.old { Role::Stale } else { role };
        let ink = if look.side == Side::Bid { Role::Bid } else { Role::Ask };
        canvas.put_right(area, columns.price, y, &price, role(ink));
        let size = canvas.figures.quantity(row.level.quantity, columns.size.1);
        canvas.put_right(area, columns.size.0, y, &size, role(Role::Text));
        let total = canvas.figures.quantity(row.total, columns.total.1);
        canvas.put_right(area, columns.total.0, y, &total, role(Role::Dim));
        if look.partial {
            // The group reaches beyond what is known: there is this much, or more.
            canvas.put(area, columns.size.0, y, canvas.glyphs.plus, role(Role::Dim));
        }
        if let Some(end) = columns.notional {
            canvas.put_right(area, end, y, &canvas.figures.notional(row.notional), role(Role::Dim));
        }
    }

    fn spread(&self, canvas: &mut Canvas<'_>, area: Rect, slots: Slots, columns: &Columns) {
        let book = &self.focus.book;
        let y = 1 + slots.asks;
        let Some((mid, spread)) = book.mid.zip(book.spread) else {
            let side = if book.bids.is_empty() { "no bids" } else { "no asks" };
            let text = if book.bids.is_empty() && book.asks.is_empty() { "the book is empty" } else { side };
            canvas.put_centered(area, y, text, Role::Warning);
            return;
        };
        let decimals = u32::from(book.precision.price);
        let hanging = mid.get().normalize().scale().saturating_sub(decimals);
        let end = columns.price.saturating_add(u16::try_from(hanging).unwrap_or(0));
        let mid = canvas.figures.price(mid, book.precision.price);
        if mid.len() + 4 <= usize::from(end) {
            canvas.put(area, 0, y, "mid", Role::Dim);
        }
        canvas.put_right(area, end, y, &mid, Role::Strong);
        let spread = canvas.figures.price(spread, book.precision.price);
        let bps = book.spread_bps.map_or(String::new(), |bps| format!(" {bps:.2} bps"));
        let mut texts = vec![format!("spread {spread}{bps}"), format!("{spread}{bps}"), spread.clone()];
        if let Some(imbalance) = book.imbalance {
            let sign = if imbalance.is_sign_negative() { canvas.glyphs.minus } else { canvas.glyphs.plus };
            texts.insert(0, format!("imbalance {sign}{:.2}  spread {spread} {bps}", imbalance.abs()));
        }
        let room = usize::from(area.width.saturating_sub(end + 1));
        if let Some(text) = texts.iter().find(|text| text.len() <= room) {
            canvas.put_right(area, area.width, y, text, Role::Dim);
        }
    }

    fn band(&self, canvas: &mut Canvas<'_>, area: Rect, slots: Slots, trouble: &Trouble) {
        let y = 1 + slots.asks;
        if trouble.hatched {
            hatch(canvas, area);
        }
        let hatch = canvas.glyphs.hatch;
        canvas.fill(area, 0, area.width, y, hatch, trouble.role);
        let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
        let texts = trouble.reasons.each_ref().map(|reason| format!(" {}  {reason} ", trouble.title));
        let fits = |text: &&String| columns(text) <= usize::from(inner.width);
        if let Some(text) = texts.iter().find(fits).or(texts.last()) {
            canvas.put_centered(inner, y, text, trouble.role);
        }
    }
}

/// How one level is drawn.
#[derive(Clone, Copy)]
struct Look {
    side: Side,
    old: bool,
    partial: bool,
}

impl Columns {
    fn new(book: &BookView, width: u16, slots: Slots, figures: Figures) -> Self {
        let dearest =
            book.asks.iter().take(usize::from(slots.asks)).chain(book.bids.first()).map(|row| row.level.price);
        let price = dearest.max().map_or(0, |price| figures.price(price, book.precision.price).len());
        let price = u16::try_from(price).unwrap_or(u16::MAX).max(11).saturating_add(1).min(width);
        let notional = (width >= 52).then_some(width - 1);
        let rest = width.saturating_sub(price + 3 + if notional.is_some() { 13 } else { 0 });
        let (size, total) = (rest.div_ceil(2), rest / 2);
        let cap = u32::from(book.precision.quantity).min(if width < 46 { 4 } else { 8 });
        let rows = || shown(book, slots);
        let largest = rows().map(|row| row.level.quantity.get()).max().unwrap_or_default();
        let deepest = rows().map(|row| row.total.get()).max().unwrap_or_default();
        let total_cap = cap.min(if deepest >= Decimal::ONE { 2 } else { 5 });
        let (size_end, total_end) = (price + 1 + size, price + 2 + size + total);
        Self {
            price,
            size: (size_end, figures.column(size, largest, cap)),
            total: (total_end, figures.column(total, deepest, total_cap)),
            notional,
        }
    }
}

/// The row under the cursor.
pub fn row_at(book: &BookView, cursor: Cursor) -> Option<&Row> {
    match cursor.side {
        Side::Bid => book.bids.get(cursor.depth),
        Side::Ask => book.asks.get(cursor.depth),
    }
}

/// The level on a line inside the pane, for the mouse.
pub fn cursor_at(slots: Slots, line: u16) -> Option<Cursor> {
    let spread = 1 + slots.asks;
    match line {
        0 => None,
        _ if line < spread => Some(Cursor { side: Side::Ask, depth: usize::from(spread - 1 - line) }),
        _ if line > spread => Some(Cursor { side: Side::Bid, depth: usize::from(line - spread - 1) }),
        _ => None,
    }
}

/// The line of a level inside the pane.
pub fn line_of(slots: Slots, side: Side, depth: u16) -> u16 {
    match side {
        Side::Ask => slots.asks.saturating_sub(depth),
        Side::Bid => slots.asks.saturating_add(2).saturating_add(depth),
    }
}

fn shown(book: &BookView, slots: Slots) -> impl Iterator<Item = &Row> {
    book.asks.iter().take(usize::from(slots.asks)).chain(book.bids.iter().take(usize::from(slots.bids)))
}

/// How far a price is from the mid, in basis points with two decimals.
fn bps(price: Price, mid: Price) -> Option<Decimal> {
    let part = price.checked_sub(mid)?.get().checked_mul(Decimal::from(10_000))?.checked_div(mid.get())?;
    let mut bps = part.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
    bps.rescale(2);
    Some(bps)
}

/// Lays the hatch over every free cell of the levels.
fn hatch(canvas: &mut Canvas<'_>, area: Rect) {
    let style = canvas.theme.style(Role::Stale);
    let levels = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for position in levels.positions() {
        // Every other cell, in a pattern that stands still, so that the numbers stay readable.
        let chosen = (position.x + position.y) % 3 == 0;
        if let Some(cell) = canvas.buf.cell_mut(position).filter(|cell| chosen && cell.symbol() == " ") {
            cell.set_symbol(canvas.glyphs.hatch).set_style(style);
        }
    }
}
