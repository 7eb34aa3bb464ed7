//! The venues side by side: best prices and sizes, spread, lag, fee and standing; and how a size is best filled.
//!
//! A venue that does not take part keeps its line, grey and with the reason. Columns that do not fit are left out whole,
//! those that say least first.

use super::Title;
use super::across::{alone, count};
use crate::console::canvas::Canvas;
use crate::console::figures::{Column, Figures, age, delay};
use crate::console::glyphs::Glyphs;
use crate::console::tags::{role as ink, tag};
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::{AcrossView, Place, View};
use crate::market::{Absence, Desync, Freshness, Level, Precision, Rank, Side, Split, VenueQuote};
use crate::money::{Decimal, Price};
use ratatui::layout::Rect;
use rust_decimal::RoundingStrategy;

/// Lines that tell of a size, one a side.
const SPLIT_LINES: u16 = 2;

/// Why a venue does not take part, in few columns.
pub fn out(reason: &Absence) -> String {
    let with = |word: &str, since| age(since).map_or(word.to_owned(), |age| format!("{word} {age}"));
    match reason {
        Absence::Book(Freshness::Waiting | Freshness::Live(_)) => "waiting".to_owned(),
        Absence::Book(Freshness::Remembered(since)) => with("cached", *since),
        Absence::Book(Freshness::Resync(since, Desync::Disconnected)) => with("down", *since),
        Absence::Book(Freshness::Resync(since, _)) => with("resync", *since),
        Absence::Book(Freshness::Stale(since)) => with("stale", *since),
        Absence::Refused(_) => "refused".to_owned(),
        Absence::Contracts => "contracts".to_owned(),
        Absence::Different => "different".to_owned(),
        Absence::Simulated => "simulated".to_owned(),
    }
}

/// A number with its sign before it.
pub fn signed(value: Decimal, glyphs: &Glyphs, figures: Figures) -> String {
    let sign = if value.is_sign_negative() { glyphs.minus } else { glyphs.plus };
    format!("{sign}{}", figures.exact(value.abs().normalize()))
}

/// The venue on a line inside the pane, for the mouse.
pub fn quote_at(across: &AcrossView, line: u16) -> Option<&VenueQuote> {
    across.quotes.get(usize::from(line.checked_sub(1)?))
}

/// Draws the table inside its border; gives what stands on it.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, view: &View, shown: &Place) -> Title {
    let Some(across) = &view.across else {
        canvas.put_message(area, "asking the desk", Role::Dim);
        return Title { name: "Venues".to_owned(), ..Title::default() };
    };
    let splits = if across.size.is_some() { SPLIT_LINES.min(area.height.saturating_sub(2)) } else { 0 };
    let table = Rect { height: area.height - splits, ..area };
    let used = rows(canvas, table, across, shown);
    if across.quotes.len() == 1 && used < table.height {
        let texts = alone(across, view.mode);
        if let Some(text) = texts.iter().find(|text| columns(text) < usize::from(area.width)) {
            canvas.put(table, 1, table.height - 1, text, Role::Dim);
        }
    }
    for ((verb, split), y) in [("buy", &across.buy), ("sell", &across.sell)].into_iter().zip(table.height..area.height)
    {
        told(canvas, area, y, across, (verb, split.as_ref()));
    }
    let hidden = used.saturating_sub(table.height);
    let readout = if hidden > 0 { vec![format!("{hidden} more")] } else { vec![] };
    Title { name: name(across), state: Some(count(across)), readout }
}

fn name(across: &AcrossView) -> String {
    let by = match across.rank {
        Rank::Watched => "",
        Rank::Bid if across.nets => " by bid net",
        Rank::Ask if across.nets => " by ask net",
        Rank::Bid => " by bid",
        Rank::Ask => " by ask",
        Rank::Spread => " by spread",
        Rank::Lag => " by lag",
    };
    format!("Venues {}{by}", across.symbol)
}

/// A column of the table.
struct Cells {
    head: String,
    texts: Vec<(String, Role)>,
    /// The less, the sooner it is left out.
    weight: u8,
}

impl Cells {
    fn width(&self) -> usize {
        let texts = self.texts.iter().map(|(text, _)| columns(text));
        texts.chain([columns(&self.head)]).max().unwrap_or(0) + 2
    }
}

/// Draws heading and lines; gives how many lines that took.
fn rows(canvas: &mut Canvas<'_>, area: Rect, across: &AcrossView, shown: &Place) -> u16 {
    let mut table = cells(canvas, across);
    let width = |table: &[Cells]| table.iter().map(Cells::width).sum::<usize>() + 4;
    while width(&table) > usize::from(area.width) {
        let least = table.iter().enumerate().filter(|(_, cells)| cells.weight < u8::MAX);
        let Some((least, _)) = least.min_by_key(|(_, cells)| cells.weight) else { break };
        table.remove(least);
    }
    for (quote, y) in across.quotes.iter().zip(1..area.height) {
        canvas.put(area, 1, y, tag(quote.venue), ink(quote.venue));
    }
    let mut end: u16 = 4;
    for cells in &table {
        end = end.saturating_add(u16::try_from(cells.width()).unwrap_or(u16::MAX));
        canvas.put_right(area, end, 0, &cells.head, Role::Dim);
        for ((text, role), y) in cells.texts.iter().zip(1..area.height) {
            canvas.put_right(area, end, y, text, *role);
        }
    }
    canvas.put(area, 1, 0, "at", Role::Dim);
    for (quote, y) in across.quotes.iter().zip(1..area.height) {
        if quote.venue == shown.venue {
            canvas.put(area, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: area.y + y, height: 1, ..area }, Role::Selected);
        }
    }
    u16::try_from(across.quotes.len()).unwrap_or(u16::MAX).saturating_add(1)
}

/// All columns, in their order.
fn cells(canvas: &Canvas<'_>, across: &AcrossView) -> Vec<Cells> {
    let (figures, missing) = (canvas.figures, canvas.glyphs.missing);
    let column = |head: &str, weight, cell: &dyn Fn(&VenueQuote) -> (Option<String>, Role)| {
        let text = |quote: &VenueQuote| {
            let (text, role) = cell(quote);
            (text.unwrap_or(missing.to_owned()), if quote.absence.is_some() { Role::Stale } else { role })
        };
        Cells { head: head.to_owned(), texts: across.quotes.iter().map(text).collect(), weight }
    };
    let decimals = across.quotes.iter().map(|quote| quote.precision.quantity).max().unwrap_or(0);
    let size = Column { width: 9, decimals: u32::from(decimals).min(4) };
    let amount = |level: Option<Level>| (level.map(|level| figures.quantity(level.quantity, size)), Role::Text);
    let best = |side| {
        let live = across.quotes.iter().filter(|quote| quote.absence.is_none());
        let prices = live.filter_map(|quote| Some(of(quote, side)?.price));
        if side == Side::Bid { prices.max() } else { prices.min() }
    };
    let (highest, lowest) = (best(Side::Bid), best(Side::Ask));
    let price = |quote: &VenueQuote, side, best: Option<Price>, role| {
        let price = of(quote, side).map(|level| level.price);
        let role = if price == best { Role::Strong } else { role };
        (price.map(|price| figures.price(price, quote.precision.price)), role)
    };
    let share = |split: &Option<Split>, quote: &VenueQuote| {
        let part = split.as_ref().and_then(|split| split.parts.iter().find(|part| part.venue == quote.venue));
        let text = part.map(|part| figures.quantity(part.quantity, size));
        (text, if part.is_some_and(|part| part.too_small) { Role::Warning } else { Role::Accent })
    };
    let limit = |split: &Option<Split>, quote: &VenueQuote| {
        let part = split.as_ref().and_then(|split| split.parts.iter().find(|part| part.venue == quote.venue));
        (part.map(|part| figures.price(part.limit, quote.precision.price)), Role::Text)
    };
    let bps = |quote: &VenueQuote| (quote.spread_bps.map(|bps| format!("{bps:.2}")), Role::Dim);
    let spread =
        |quote: &VenueQuote| (quote.spread.map(|spread| figures.price(spread, quote.precision.price)), Role::Dim);
    let fee = |quote: &VenueQuote| (quote.fee.map(|fee| fee.to_string()), Role::Dim);
    let lag = |quote: &VenueQuote| (quote.lag.map(delay), Role::Dim);
    let old = |quote: &VenueQuote| (quote.age.map(|since| age(since).unwrap_or("<1s".to_owned())), Role::Dim);
    let standing = |quote: &VenueQuote| match &quote.absence {
        Some(reason) => (out(reason), Role::Warning),
        None => ("live".to_owned(), Role::Live),
    };
    let mut all = vec![
        column("bid size", 6, &|quote| amount(quote.bid)),
        column("bid", u8::MAX, &|quote| price(quote, Side::Bid, highest, Role::Bid)),
        column("ask", u8::MAX, &|quote| price(quote, Side::Ask, lowest, Role::Ask)),
        column("ask size", 6, &|quote| amount(quote.ask)),
        column("spread", 4, &spread),
        column("bps", 9, &bps),
        column("fee %", 7, &fee),
        column("lag", 8, &lag),
        column("age", 5, &old),
    ];
    if let Some(size) = across.size {
        let size = figures.exact(size.get().normalize());
        all.push(column(&format!("buy {size}"), 11, &|quote| share(&across.buy, quote)));
        all.push(column("up to", 3, &|quote| limit(&across.buy, quote)));
        all.push(column(&format!("sell {size}"), 10, &|quote| share(&across.sell, quote)));
        all.push(column("down to", 2, &|quote| limit(&across.sell, quote)));
    }
    let texts = across.quotes.iter().map(standing).collect();
    all.push(Cells { head: "book".to_owned(), texts, weight: u8::MAX });
    all
}

fn of(quote: &VenueQuote, side: Side) -> Option<Level> {
    match side {
        Side::Bid => quote.bid,
        Side::Ask => quote.ask,
    }
}

/// What comes of buying or selling the size.
fn told(canvas: &mut Canvas<'_>, area: Rect, y: u16, across: &AcrossView, (verb, split): (&str, Option<&Split>)) {
    let figures = canvas.figures;
    let (base, quote) = (across.symbol.base(), across.symbol.quote());
    let Some(split) = split else {
        canvas.put(area, 1, y, &format!("{verb}: nothing is offered that can be trusted"), Role::Warning);
        return;
    };
    let asked = figures.exact(split.asked.get().normalize());
    let filled = figures.quantity(split.filled, Column { width: 12, decimals: 4 });
    let average = rounded(split.average, across.precision);
    let average = figures.price(average, across.precision.price);
    let fees = if across.nets { "net of fees" } else { "without fees" };
    let cost = figures.notional(split.net);
    let money = if split.side == Side::Ask { "costs" } else { "brings" };
    let short = split.filled < split.asked;
    let size = match short {
        true => format!("{verb} {asked} {base}: only {filled} known,"),
        false => format!("{verb} {asked} {base}:"),
    };
    let saves = split.saves().zip(split.alone).filter(|(saves, _)| !saves.is_zero());
    let saves = saves.map_or(String::new(), |(saves, (venue, _))| {
        format!(", {} better than {} alone", figures.notional(saves), tag(venue))
    });
    let blind = if split.blind { ", beyond a known depth" } else { "" };
    let texts = [
        format!("{size} average {average} {fees}, {money} {cost} {quote}{saves}{blind}"),
        format!("{size} average {average} {fees}{saves}{blind}"),
        format!("{size} average {average} {fees}{saves}"),
        format!("{size} average {average} {fees}"),
        format!("{size} average {average}"),
    ];
    let fits = |text: &&String| columns(text) < usize::from(area.width);
    if let Some(text) = texts.iter().find(fits).or(texts.last()) {
        canvas.put(area, 1, y, text, if short { Role::Warning } else { Role::Text });
    }
}

/// An average to two decimals more than prices have, half to even.
fn rounded(average: Price, precision: Precision) -> Price {
    let decimals = u32::from(precision.price) + 2;
    Price::new(average.get().round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven))
}
