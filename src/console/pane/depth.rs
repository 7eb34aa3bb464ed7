//! The depth chart: how much stands between the mid and a price, bids to the left, asks to the right.
//!
//! Both sides reach equally far, and only as far as both are known.

use super::{Title, ceiling, share};
use crate::console::canvas::Canvas;
use crate::console::theme::Role;
use crate::desk::Focus;
use crate::market::{Freshness, Row};
use crate::money::{Decimal, Price};
use ratatui::layout::Rect;

/// What stands on the border.
pub fn title(focus: &Focus) -> Title {
    Title { name: format!("Depth {}", focus.place.symbol.base()), ..Title::default() }
}

/// Draws the chart inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, focus: &Focus) {
    let live = matches!(focus.book.freshness, Freshness::Live(_));
    let Some((mid, reach)) = focus.book.mid.zip(reach(focus)) else {
        return canvas.put_message(area, "not enough levels", Role::Dim);
    };
    let (lines, half) = (area.height.saturating_sub(2), area.width / 2);
    if lines == 0 || half < 4 {
        return;
    }
    let book = &focus.book;
    let within = |rows: &[Row]| total(rows, mid, reach);
    let Some(scale) = ceiling(within(&book.bids).max(within(&book.asks))) else { return };
    for (rows, role, leftwards) in [(&book.bids, Role::Bid, true), (&book.asks, Role::Ask, false)] {
        let role = if live { role } else { Role::Stale };
        for column in 0..half {
            let distance = Decimal::from(column + 1).checked_mul(reach).and_then(|d| d.checked_div(half.into()));
            let Some(total) = distance.map(|distance| total(rows, mid, distance)) else { continue };
            let x = if leftwards { half - 1 - column } else { area.width - half + column };
            let eighths = share(total, scale, lines.saturating_mul(8));
            pillar(canvas, Rect { y: area.y + 1, height: lines, ..area }, x, eighths, role);
        }
    }
    let unit = focus.place.symbol.base();
    canvas.put(area, 0, 0, &format!("{} {unit}", canvas.figures.short(scale)), Role::Dim);
    let last = area.height - 1;
    let edge = |price: Option<Decimal>| {
        let decimals = u32::from(book.precision.price);
        price.map_or(String::new(), |price| canvas.figures.price(Price::new(price.round_dp(decimals)), 0))
    };
    let (low, high) = (edge(mid.get().checked_sub(reach)), edge(mid.get().checked_add(reach)));
    canvas.put(area, 0, last, &low, Role::Dim);
    canvas.put_right(area, area.width, last, &high, Role::Dim);
}

/// How far from the mid both sides are known.
fn reach(focus: &Focus) -> Option<Decimal> {
    let mid = focus.book.mid?.get();
    let far = |rows: &[Row]| rows.last().map(|row| (row.level.price.get() - mid).abs());
    // The first levels alone make no picture.
    let reach = far(&focus.book.bids)?.min(far(&focus.book.asks)?);
    (!reach.is_zero() && focus.book.bids.len() > 1 && focus.book.asks.len() > 1).then_some(reach)
}

/// What stands within `distance` of the mid.
fn total(rows: &[Row], mid: Price, distance: Decimal) -> Decimal {
    let near =
        rows.partition_point(|row| row.level.price.checked_sub(mid).is_some_and(|apart| apart.get().abs() <= distance));
    near.checked_sub(1).and_then(|last| rows.get(last)).map_or(Decimal::ZERO, |row| row.total.get())
}

/// A column of so many eighths of a line, from below.
fn pillar(canvas: &mut Canvas<'_>, area: Rect, x: u16, eighths: u16, role: Role) {
    let full = eighths / 8;
    let [.., whole] = canvas.glyphs.spark;
    for line in 0..full {
        canvas.put(area, x, area.height - 1 - line, whole, role);
    }
    let part = usize::from(eighths % 8);
    if let Some(sign) = part.checked_sub(1).and_then(|part| canvas.glyphs.spark.get(part)) {
        canvas.put(area, x, area.height - 1 - full, sign, role);
    }
}
