//! The candle chart. A candle stands where its time is, so an interval without trades is a gap.
//!
//! The scale moves in round steps, so that a new price seldom moves the whole chart.

use super::{Title, ceiling};
use crate::console::canvas::Canvas;
use crate::console::figures::clock;
use crate::console::theme::Role;
use crate::desk::Focus;
use crate::market::{Candle, Interval};
use crate::money::{Decimal, Price};
use ratatui::layout::Rect;

/// What stands on the border.
pub fn title(canvas: &Canvas<'_>, focus: &Focus, interval: Interval) -> Title {
    let last = focus.candles.first().map(|candle| {
        let close = canvas.figures.price(candle.close, focus.book.precision.price);
        let source = if candle.from_venue { "" } else { "from trades  " };
        (format!("{source}last {close}"), Role::Dim)
    });
    Title { name: format!("Candles {interval}"), state: last, ..Title::default() }
}

/// A scale of prices: so many lines, from the lowest line's lower edge in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    floor: Decimal,
    step: Decimal,
    lines: u16,
}

impl Scale {
    fn over(low: Decimal, high: Decimal, lines: u16) -> Option<Self> {
        let span = high.checked_sub(low)?;
        // A market that stood still has no span; any step shows it.
        let least = Decimal::new(1, low.scale().max(high.scale()));
        let mut step = ceiling(span.checked_div(Decimal::from(lines))?.max(least))?;
        loop {
            let floor = low.checked_div(step)?.floor().checked_mul(step)?;
            let top = step.checked_mul(Decimal::from(lines))?.checked_add(floor)?;
            if top > high {
                return Some(Self { floor, step, lines });
            }
            step = ceiling(step.checked_mul(Decimal::new(101, 2))?)?;
        }
    }

    /// The line of a price, counted from above.
    fn line(&self, price: Price) -> Option<u16> {
        let steps = price.get().checked_sub(self.floor)?.checked_div(self.step)?;
        let below = u16::try_from(steps.floor()).ok()?;
        self.lines.checked_sub(below + 1)
    }

    /// The price at the lower edge of a line.
    fn edge(&self, line: u16) -> Option<Decimal> {
        let steps = Decimal::from(self.lines.checked_sub(line + 1)?);
        Some(self.step.checked_mul(steps)?.checked_add(self.floor)?.normalize())
    }
}

/// Draws the chart inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, focus: &Focus, interval: Interval) {
    let Some(newest) = focus.candles.first() else {
        return canvas.put_message(area, &format!("no {interval} candles yet"), Role::Dim);
    };
    let axis = u16::from(area.height >= 8);
    let lines = area.height.saturating_sub(axis);
    let columns = columns(newest, interval);
    let visible = |width: u16| focus.candles.iter().filter(move |candle| columns(candle) < i64::from(width));
    let extent = |width| {
        let low = visible(width).map(|candle| candle.low.get()).min()?;
        let high = visible(width).map(|candle| candle.high.get()).max()?;
        Scale::over(low, high, lines)
    };
    let Some(scale) = extent(area.width) else { return };
    let labels: Vec<String> = (0..lines)
        .map(|line| {
            scale.edge(line).map_or(String::new(), |mut edge| {
                edge.rescale(scale.step.scale());
                canvas.figures.exact(edge)
            })
        })
        .collect();
    let widest = labels.iter().map(String::len).max().unwrap_or(0);
    let margin = u16::try_from(widest).unwrap_or(u16::MAX).saturating_add(2).min(area.width);
    let every = if lines > 12 { 4 } else { 2 };
    for (label, y) in labels.iter().zip(0..) {
        if (lines - 1 - y) % every == 0 {
            canvas.put_right(area, margin - 2, y, label, Role::Dim);
        }
        canvas.put(area, margin - 1, y, canvas.glyphs.separator, Role::Border);
    }
    let plot = Rect { x: area.x + margin, width: area.width - margin, ..area };
    for candle in visible(plot.width) {
        let Ok(back) = u16::try_from(columns(candle)) else { continue };
        let x = plot.width - 1 - back;
        stick(canvas, plot, x, candle, &scale);
        let minutes = candle.start.secs().div_euclid(i64::try_from(interval.duration().as_secs()).unwrap_or(1));
        if axis > 0 && minutes.rem_euclid(15) == 0 && x + 6 <= plot.width {
            let text = clock(candle.start, canvas.zone);
            let text = if interval == Interval::Second1 { text.as_str() } else { text.get(..5).unwrap_or_default() };
            canvas.put(plot, x, lines, text, Role::Dim);
        }
    }
}

/// How many columns a candle stands before the newest.
fn columns(newest: &Candle, interval: Interval) -> impl Fn(&Candle) -> i64 + Copy {
    let (newest, length) = (newest.start.secs(), i64::try_from(interval.duration().as_secs()).unwrap_or(1));
    move |candle| newest.saturating_sub(candle.start.secs()).div_euclid(length).max(0)
}

fn stick(canvas: &mut Canvas<'_>, plot: Rect, x: u16, candle: &Candle, scale: &Scale) {
    let rising = candle.close >= candle.open;
    let (body, role) = match rising {
        true => (canvas.glyphs.rising, Role::Up),
        false => (canvas.glyphs.falling, Role::Down),
    };
    let ends = (candle.open.max(candle.close), candle.open.min(candle.close));
    let lines = [candle.high, ends.0, ends.1, candle.low].map(|price| scale.line(price));
    let [Some(high), Some(top), Some(bottom), Some(low)] = lines else { return };
    for y in high..=low {
        let sign = if (top..=bottom).contains(&y) { body } else { canvas.glyphs.wick };
        canvas.put(plot, x, y, sign, role);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_scale_is_round_and_holds_its_prices() {
        let scale = Scale::over("97212.3".parse().unwrap(), "97590".parse().unwrap(), 5).unwrap();
        assert_eq!((scale.floor.to_string(), scale.step.to_string()), ("97200".into(), "80".into()));
        assert_eq!(scale.line("97212.3".parse().unwrap()), Some(4));
        assert_eq!(scale.line("97590".parse().unwrap()), Some(0));
        assert_eq!(scale.edge(4).unwrap().to_string(), "97200");
        let still = Scale::over(Decimal::ONE, Decimal::ONE, 5).unwrap();
        assert!(still.line(Price::new(Decimal::ONE)).is_some());
    }

    proptest! {
        #[test]
        fn every_price_between_has_a_line(low in -1_000_000i64..1_000_000, span in 0i64..1_000_000, part in 0i64..=100, lines in 2u16..60) {
            let (low, high) = (Decimal::new(low, 2), Decimal::new(low + span, 2));
            let scale = Scale::over(low, high, lines).unwrap();
            let between = low + (high - low) * Decimal::new(part, 2);
            prop_assert!(scale.line(Price::new(between)).is_some_and(|line| line < lines));
        }
    }
}
