//! The trades, newest above: trades of one second at one price by the same side stand in one line with their sum.

use super::Title;
use crate::console::canvas::Canvas;
use crate::console::figures::clock;
use crate::console::theme::Role;
use crate::desk::Focus;
use crate::market::{Side, Trade};
use ratatui::layout::Rect;

/// What stands on the border.
pub fn title(focus: &Focus) -> Title {
    Title { name: format!("Tape {}", focus.place.symbol.base()), ..Title::default() }
}

/// Draws the tape inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, focus: &Focus) {
    // A line is not drawn wider, or the eye loses it.
    let area = Rect { width: area.width.min(48), ..area };
    let lines = gathered(&focus.trades, usize::from(area.height.saturating_sub(1)));
    if lines.is_empty() {
        return canvas.put_message(area, "no trades yet", Role::Dim);
    }
    let price_width =
        lines.iter().map(|trade| canvas.figures.price(trade.price, focus.book.precision.price).len()).max();
    let price_width = u16::try_from(price_width.unwrap_or(0)).unwrap_or(u16::MAX).max(9);
    // Time, sign and a size of eight columns always; the price where it fits beside them.
    let priced = area.width >= price_width.saturating_add(20);
    let size = area.width.saturating_sub(10 + if priced { price_width + 1 } else { 0 });
    let largest = lines.iter().map(|trade| trade.quantity.get()).max().unwrap_or_default();
    let cap = u32::from(focus.book.precision.quantity).min(if size < 12 { 4 } else { 8 });
    let column = canvas.figures.column(size, largest, cap);
    canvas.put(area, 0, 0, "time", Role::Dim);
    canvas.put_right(area, area.width, 0, "size", Role::Dim);
    if priced {
        canvas.put_right(area, 9 + price_width, 0, "price", Role::Dim);
    }
    for (trade, y) in lines.iter().zip(1..) {
        let (sign, role) = match trade.taker {
            Side::Bid => (canvas.glyphs.up, Role::Up),
            Side::Ask => (canvas.glyphs.down, Role::Down),
        };
        canvas.put(area, 0, y, &clock(trade.at, canvas.zone), Role::Dim);
        let size = canvas.figures.quantity(trade.quantity, column);
        if priced {
            let price = canvas.figures.price(trade.price, focus.book.precision.price);
            canvas.put_right(area, 9 + price_width, y, &price, role);
            canvas.put_right(area, area.width, y, &format!("{sign} {size:>0$}", usize::from(column.width) - 2), role);
        } else {
            canvas.put(area, 9, y, sign, role);
            canvas.put_right(area, area.width, y, &size, role);
        }
    }
}

/// The first `count` lines of the tape.
fn gathered(trades: &[Trade], count: usize) -> Vec<Trade> {
    let mut lines: Vec<Trade> = Vec::with_capacity(count);
    for trade in trades {
        let full = lines.len() == count;
        let together =
            |line: &Trade| line.at.secs() == trade.at.secs() && line.taker == trade.taker && line.price == trade.price;
        match lines.last_mut().filter(|line| together(line)) {
            Some(line) => match line.quantity.checked_add(trade.quantity) {
                Some(sum) => line.quantity = sum,
                None => break,
            },
            None if full => break,
            None => lines.push(*trade),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Timestamp;
    use crate::money::Decimal;

    fn trade(millis: i64, price: &str, taker: Side) -> Trade {
        let (price, quantity) = (price.parse().unwrap(), "0.5".parse().unwrap());
        Trade { price, quantity, taker, id: None, at: Timestamp::from_millis(millis) }
    }

    fn sum(trades: &[Trade]) -> Decimal {
        trades.iter().map(|trade| trade.quantity.get()).sum()
    }

    #[test]
    fn trades_that_belong_together_are_one_line() {
        let trades = [
            trade(1_900, "10", Side::Bid),
            trade(1_100, "10", Side::Bid),
            trade(1_050, "10", Side::Ask),
            trade(900, "10", Side::Ask),
            trade(800, "11", Side::Ask),
        ];
        let lines = gathered(&trades, 10);
        assert_eq!(lines.len(), 4);
        assert_eq!(sum(&lines), sum(&trades), "nothing is lost");
        assert_eq!(gathered(&trades, 1).len(), 1);
    }
}
