//! The books of all venues as one: asks above, bids below, and at each level who stands there.
//!
//! - A venue has a tag and a colour; who is left out stands in the last line with the reason.
//! - A bid above another venue's ask is told in words between the sides, and its levels have a sign.

use super::ladder::{Slots, line_of};
use super::venues::{out, signed};
use super::{Title, ceiling, share};
use crate::console::canvas::Canvas;
use crate::console::figures::{Column, Figures};
use crate::console::state::Cursor;
use crate::console::tags::{role as ink, tag};
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::{AcrossView, Mode, View};
use crate::market::{Absence, Basis, Cross, Crossing, Freshness, Part, Rung, Side};
use crate::money::{Decimal, Price, Quantity};
use ratatui::layout::Rect;
use rust_decimal::RoundingStrategy;

/// How the quantity of one venue is written beside its tag.
const PART: Column = Column { width: 9, decimals: 3 };

/// How this session looks at it.
pub struct Look {
    /// The price step of its groups.
    pub group: Option<Price>,
    /// The level under the cursor.
    pub cursor: Option<Cursor>,
}

/// The lines of each side of a pane with this inside; the last line tells who takes part.
pub fn slots(inside: Rect) -> Slots {
    Slots::of(ladder(inside))
}

/// The row under the cursor.
pub fn row_at(across: &AcrossView, cursor: Cursor) -> Option<&Rung> {
    match cursor.side {
        Side::Bid => across.bids.get(cursor.depth),
        Side::Ask => across.asks.get(cursor.depth),
    }
}

fn ladder(inside: Rect) -> Rect {
    Rect { height: inside.height.saturating_sub(1), ..inside }
}

/// Draws the book inside its border; gives what stands on it.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, view: &View, look: &Look) -> Title {
    let Some(across) = &view.across else {
        canvas.put_message(area, "asking the desk", Role::Dim);
        return Title { name: "All venues".to_owned(), ..Title::default() };
    };
    let foot = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
    let area = ladder(area);
    if across.bids.is_empty() && across.asks.is_empty() {
        let (text, role) = emptiness(across);
        canvas.put_message(area, &text, role);
    } else {
        levels(canvas, area, across, look);
        between(canvas, area, across);
    }
    tell(canvas, foot, across, view.mode);
    title(across, look, canvas.figures)
}

fn title(across: &AcrossView, look: &Look, figures: Figures) -> Title {
    let mut name = format!("{} all", across.symbol);
    if across.basis == Basis::Net {
        name.push_str(if across.nets { " net" } else { " fee?" });
    }
    if let Some(step) = look.group {
        name = format!("{name} by {}", figures.exact(step.get().normalize()));
    }
    let readout = look.cursor.and_then(|cursor| row_at(across, cursor));
    let readout = readout.map(|row| self::readout(across, row, figures)).unwrap_or_default();
    Title { name, state: Some(count(across)), readout }
}

/// How many venues take part.
pub fn count(across: &AcrossView) -> (String, Role) {
    let (all, out) = (across.quotes.len(), across.excluded.len());
    match (all, out) {
        (1, 0) => ("1 venue".to_owned(), Role::Live),
        (_, 0) => (format!("{all} venues"), Role::Live),
        _ => (format!("{} of {all} venues", all.saturating_sub(out)), Role::Warning),
    }
}

/// What the cursor's level says, longest first: who holds how much of it, and what it costs to get there.
fn readout(across: &AcrossView, row: &Rung, figures: Figures) -> Vec<String> {
    let price = figures.price(row.price, across.precision.price);
    let parts = row.parts.iter().map(|part| format!("{} {}", tag(part.venue), figures.quantity(part.quantity, PART)));
    let parts = parts.collect::<Vec<_>>().join(" + ");
    let total = figures.short(row.total.get());
    let (base, quote) = (across.symbol.base(), across.symbol.quote());
    let cost = figures.notional(row.notional);
    vec![format!("{price}  {parts}  sum {total} {base} for {cost} {quote}"), format!("{price}  {parts}"), parts, price]
}

fn emptiness(across: &AcrossView) -> (String, Role) {
    let waits = |reason: &Absence| *reason == Absence::Book(Freshness::Waiting);
    if across.excluded.len() < across.quotes.len() {
        return ("the books are empty".to_owned(), Role::Warning);
    }
    if across.excluded.iter().all(|out| waits(&out.reason)) {
        return (format!("waiting for the books of {}", across.symbol), Role::Dim);
    }
    if across.excluded.iter().all(|out| out.reason == Absence::Contracts) {
        return ("these sizes are in contracts, which cannot be added up".to_owned(), Role::Dim);
    }
    ("no venue's book can be trusted now".to_owned(), Role::Warning)
}

/// Where the columns end, and how their numbers are written.
struct Columns {
    price: u16,
    who: u16,
    size: (u16, Column),
    total: (u16, Column),
}

impl Columns {
    fn new(across: &AcrossView, area: Rect, figures: Figures) -> Self {
        let slots = Slots::of(area);
        let rows = || shown(across, slots);
        let price = rows().map(|row| figures.price(row.price, across.precision.price).len()).max().unwrap_or(0);
        let price = u16::try_from(price).unwrap_or(u16::MAX).max(11).saturating_add(1).min(area.width);
        let rest = area.width.saturating_sub(price + 3);
        let who = match area.width {
            0..40 => 5,
            40..54 => 9,
            _ => rest.saturating_sub(20).min(60),
        };
        let rest = rest.saturating_sub(who);
        let (size, total) = (rest.div_ceil(2).min(12), (rest / 2).min(12));
        let largest = rows().map(|row| row.quantity.get()).max().unwrap_or_default();
        let deepest = rows().map(|row| row.total.get()).max().unwrap_or_default();
        let cap = u32::from(across.precision.quantity).min(if area.width < 46 { 4 } else { 8 });
        let total_cap = cap.min(if deepest >= Decimal::ONE { 2 } else { 5 });
        let who = price + 1 + who;
        let (size_end, total_end) = (who + 1 + size, who + 2 + size + total);
        Self {
            price,
            who,
            size: (size_end, figures.column(size, largest, cap)),
            total: (total_end, figures.column(total, deepest, total_cap)),
        }
    }
}

fn shown(across: &AcrossView, slots: Slots) -> impl Iterator<Item = &Rung> {
    across.asks.iter().take(usize::from(slots.asks)).chain(across.bids.iter().take(usize::from(slots.bids)))
}

fn levels(canvas: &mut Canvas<'_>, area: Rect, across: &AcrossView, look: &Look) {
    let (slots, columns) = (Slots::of(area), Columns::new(across, area, canvas.figures));
    canvas.put_right(area, columns.price, 0, &format!("price {}", across.symbol.quote()), Role::Dim);
    canvas.put(area, columns.price + 1, 0, "venue", Role::Dim);
    canvas.put_right(area, columns.size.0, 0, "size", Role::Dim);
    canvas.put_right(area, columns.total.0, 0, "total", Role::Dim);
    let scale = ceiling(shown(across, slots).map(|row| row.quantity.get()).max().unwrap_or_default());
    for (side, rows) in [(Side::Ask, &across.asks), (Side::Bid, &across.bids)] {
        for (depth, row) in (0..slots.on(side)).zip(rows) {
            let y = line_of(slots, side, depth);
            let (bar, ink) = match side {
                Side::Bid => (Role::BidBar, Role::Bid),
                Side::Ask => (Role::AskBar, Role::Ask),
            };
            if let Some(scale) = scale {
                let width = share(row.quantity.get(), scale, area.width);
                canvas.tint(Rect { x: area.right() - width, y: area.y + y, width, height: 1 }, bar);
            }
            let price = canvas.figures.price(row.price, across.precision.price);
            canvas.put_right(area, columns.price, y, &price, ink);
            if row.crossed {
                canvas.put(area, 1, y, "!", Role::Warning);
            }
            let who = Rect { width: columns.who.min(area.width), ..area };
            parts(canvas, who, columns.price + 1, y, &row.parts);
            let size = canvas.figures.quantity(row.quantity, columns.size.1);
            canvas.put_right(area, columns.size.0, y, &size, Role::Text);
            if row.partial {
                // Beyond what is known of some venue: there is this much, or more.
                canvas.put(area, columns.size.0, y, canvas.glyphs.plus, Role::Dim);
            }
            let total = canvas.figures.quantity(row.total, columns.total.1);
            canvas.put_right(area, columns.total.0, y, &total, Role::Dim);
            if look.cursor == Some(Cursor { side, depth: usize::from(depth) }) {
                canvas.put(area, 0, y, canvas.glyphs.cursor, Role::Accent);
                canvas.tint(Rect { y: area.y + y, height: 1, ..area }, Role::Selected);
            }
        }
    }
}

/// Who stands at a level: with quantities where there is room, else by tag, and how many more there are.
fn parts(canvas: &mut Canvas<'_>, area: Rect, x: u16, y: u16, parts: &[Part]) {
    let room = usize::from(area.width.saturating_sub(x));
    let quantity = |quantity: Quantity| canvas.figures.quantity(quantity, PART);
    let full: Vec<String> =
        parts.iter().map(|part| format!("{} {}", tag(part.venue), quantity(part.quantity))).collect();
    let width: usize = full.iter().map(|text| columns(text) + 1).sum();
    let alone = parts.len() == 1;
    let texts = match !alone && width <= room + 1 {
        true => full,
        false => parts.iter().map(|part| tag(part.venue).to_owned()).collect(),
    };
    let (mut x, mut left) = (x, texts.len());
    for (part, text) in parts.iter().zip(&texts) {
        let more = if left > 1 { 2 } else { 0 };
        let first = left == texts.len();
        if !first && usize::from(x) + 1 + columns(text) + more > usize::from(area.width) {
            break;
        }
        x = canvas.put(area, if first { x } else { x + 1 }, y, text, ink(part.venue));
        left -= 1;
    }
    if left > 0 {
        canvas.put(area, x, y, &format!("+{left}"), Role::Dim);
    }
}

/// The line between the sides: what is crossed, or the spread and whose the best prices are.
fn between(canvas: &mut Canvas<'_>, area: Rect, across: &AcrossView) {
    let y = 1 + Slots::of(area).asks;
    let figures = canvas.figures;
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let fits = |text: &&String| columns(text) <= usize::from(inner.width);
    let price = |price: Price| figures.price(price, 0);
    // Where prices are net, only what is left after fees is a gain.
    let gains = |cross: &&Cross| across.basis == Basis::Gross || !across.nets || cross.net > Some(Price::ZERO);
    if let Some(cross) = across.crosses.iter().find(gains) {
        let (bid, ask) = (tag(cross.bid), tag(cross.ask));
        // Cut to the decimals of a price, never to more than there is.
        let cut = |net: Price| {
            let decimals = u32::from(across.precision.price);
            signed(
                net.get().round_dp_with_strategy(decimals, RoundingStrategy::ToNegativeInfinity),
                canvas.glyphs,
                figures,
            )
        };
        let net = cross.net.map_or("unknown".to_owned(), cut);
        let gross = price(cross.gross);
        let texts = [
            format!(" CROSSED  {bid} bids {gross} over the ask of {ask}  after fees {net} "),
            format!(" CROSSED {bid} over {ask} {gross}  net {net} "),
            format!(" CROSSED {bid}>{ask} {gross} net {net} "),
            format!(" CROSSED {bid}>{ask} {gross} "),
            " CROSSED ".to_owned(),
        ];
        return band(canvas, area, y, texts.iter().find(fits));
    }
    let Some((bid, ask)) = across.bid.zip(across.ask) else {
        let side = if across.bid.is_none() { "no bids" } else { "no asks" };
        return canvas.put_centered(area, y, side, Role::Warning);
    };
    let whose = match bid.venue == ask.venue {
        true => tag(bid.venue).to_owned(),
        false => format!("{} / {}", tag(bid.venue), tag(ask.venue)),
    };
    let spread = ask.price.checked_sub(bid.price);
    match across.crossing {
        Crossing::Crossed => band(canvas, area, y, [format!(" CROSSED within {} ", tag(bid.venue))].iter().find(fits)),
        Crossing::Locked => band(canvas, area, y, [format!(" LOCKED at {} ", price(bid.price))].iter().find(fits)),
        Crossing::Apart => {
            let end = canvas.put(area, 1, y, &whose, Role::Dim);
            let room = usize::from(area.width.saturating_sub(end + 1));
            let spread = spread.map_or(String::new(), |spread| figures.price(spread, across.precision.price));
            let texts = [format!("spread {spread} {}", across.symbol.quote()), format!("spread {spread}"), spread];
            if let Some(text) = texts.iter().find(|text| text.len() <= room) {
                canvas.put_right(area, area.width, y, text, Role::Dim);
            }
        }
    }
}

fn band(canvas: &mut Canvas<'_>, area: Rect, y: u16, text: Option<&String>) {
    let hatch = canvas.glyphs.hatch;
    canvas.fill(area, 0, area.width, y, hatch, Role::Warning);
    if let Some(text) = text {
        canvas.put_centered(area, y, text, Role::Warning);
    }
}

/// The last line: who is left out and why; how to see more venues; or whose tag is whose.
fn tell(canvas: &mut Canvas<'_>, area: Rect, across: &AcrossView, mode: Mode) {
    if !across.excluded.is_empty() {
        let mut x = canvas.put(area, 1, 0, "out", Role::Warning);
        for excluded in &across.excluded {
            x = canvas.put(area, x + 1, 0, tag(excluded.venue), ink(excluded.venue));
            x = canvas.put(area, x + 1, 0, &out(&excluded.reason), Role::Warning) + 1;
        }
        return;
    }
    if across.quotes.len() < 2 {
        let texts = alone(across, mode);
        let fits = |text: &&String| columns(text) < usize::from(area.width);
        if let Some(text) = texts.iter().find(fits) {
            canvas.put(area, 1, 0, text, Role::Dim);
        }
        return;
    }
    let mut x = 0;
    for quote in &across.quotes {
        x = canvas.put(area, x + 1, 0, tag(quote.venue), ink(quote.venue));
        x = canvas.put(area, x + 1, 0, quote.venue.as_str(), Role::Dim) + 1;
    }
}

/// What to do about a market with one venue, longest first.
pub fn alone(across: &AcrossView, mode: Mode) -> [String; 3] {
    let symbol = &across.symbol;
    match mode {
        Mode::Demo => [
            format!("the demo has one venue; live: exchequer --venue kraken {symbol}, then :watch {symbol} okx"),
            "the demo has one venue; ? tells how to go live".to_owned(),
            "one venue in the demo; see ?".to_owned(),
        ],
        Mode::Replay => ["the capture has one venue"; 3].map(str::to_owned),
        Mode::Live => [
            format!("watched on one venue; :watch {symbol} VENUE adds another, such as okx or coinbase"),
            format!("one venue; :watch {symbol} VENUE adds one"),
            format!(":watch {symbol} VENUE adds one"),
        ],
    }
}
