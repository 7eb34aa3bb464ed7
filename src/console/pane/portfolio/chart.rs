//! The course of a portfolio beside its benchmark: both are 100 on the first day, what came in and went out left aside.
//!
//! The portfolio is a line of dots, the benchmark a row of dashes, so that they can be told apart without colour. A day of
//! which nothing is known is a gap.

use crate::console::canvas::Canvas;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::portfolio::Course;
use jiff::civil::Date;
use ratatui::layout::Rect;
use rust_decimal::prelude::ToPrimitive as _;

/// The longest time that is drawn.
const DAYS: i32 = 365;

/// Columns of the scale.
const MARGIN: u16 = 7;

/// Fewer lines make no picture.
const LEAST: u16 = 4;

/// Days since the first one drawn, and what 100 became.
type Course100 = Vec<(i32, f64)>;

/// Draws the chart, if there is room for one.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, past: &Course) {
    if area.height < LEAST || area.width < MARGIN + 10 {
        return;
    }
    let Some((first, last)) = span(past) else {
        return canvas.put_message(area, "not enough days for a chart", Role::Dim);
    };
    let own = from_100(past.index.iter().copied(), first);
    let prices = past.benchmark.iter().flat_map(|(_, prices)| prices);
    let benchmark = from_100(prices.filter_map(|(day, price)| Some((*day, price.to_f64()?))), first);
    let all = || own.iter().chain(&benchmark).map(|(_, value)| *value);
    let (low, high) = (all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max));
    // A course that stood still is a line in the middle.
    let (low, high) = if high - low < 0.01 { (low - 1.0, high + 1.0) } else { (low, high) };
    let days = first.until(last).map_or(1, |span| span.get_days()).max(1);
    legend(canvas, Rect { height: 1, ..area }, past, &own, &benchmark);
    let plot = Rect { x: area.x + MARGIN, y: area.y + 1, width: area.width - MARGIN - 1, height: area.height - 2 };
    for (value, y) in [(high, 1), (low, plot.height)] {
        canvas.put_right(area, MARGIN - 2, y, &format!("{value:.1}"), Role::Dim);
    }
    for y in 1..=plot.height {
        canvas.put(area, MARGIN - 1, y, canvas.glyphs.separator, Role::Border);
    }
    let bottom = area.height - 1;
    canvas.put(area, MARGIN, bottom, &first.to_string(), Role::Dim);
    canvas.put_right(area, area.width.saturating_sub(1), bottom, &last.to_string(), Role::Dim);
    let scale = |(day, value): (i32, f64), width: u16, height: u16| {
        let (right, down) = (f64::from(width.saturating_sub(1)), f64::from(height.saturating_sub(1)));
        let x = f64::from(day) / f64::from(days) * right;
        let y = (high - value) / (high - low) * down;
        (x.round().to_i32().unwrap_or(0), y.round().to_i32().unwrap_or(0))
    };
    for (x, y) in line(&benchmark, |point| scale(point, plot.width, plot.height)) {
        if let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) {
            canvas.put(plot, x, y, canvas.glyphs.horizontal, Role::Dim);
        }
    }
    if canvas.glyphs.dots {
        let points = line(&own, |point| scale(point, plot.width * 2, plot.height * 4));
        dots(canvas, plot, &points);
    } else {
        for (x, y) in line(&own, |point| scale(point, plot.width, plot.height)) {
            if let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) {
                canvas.put(plot, x, y, canvas.glyphs.live, Role::Accent);
            }
        }
    }
}

/// The first and the last day that are drawn.
fn span(past: &Course) -> Option<(Date, Date)> {
    let (last, _) = past.index.last()?;
    let near = |day: &Date| day.until(*last).is_ok_and(|span| span.get_days() <= DAYS);
    let (first, _) = past.index.iter().find(|(day, _)| near(day))?;
    (first < last).then_some((*first, *last))
}

/// What 100 on the first day became.
fn from_100(points: impl Iterator<Item = (Date, f64)>, first: Date) -> Course100 {
    let mut points = points.filter(|(day, value)| *day >= first && value.is_finite()).peekable();
    let Some(start) = points.peek().map(|(_, value)| *value).filter(|start| *start > 0.0) else { return vec![] };
    points.filter_map(|(day, value)| Some((first.until(day).ok()?.get_days(), value / start * 100.0))).collect()
}

/// The cells that a course goes through: points of days that follow one another are joined.
fn line(course: &Course100, place: impl Fn((i32, f64)) -> (i32, i32)) -> Vec<(i32, i32)> {
    let mut cells: Vec<(i32, i32)> = course.first().map(|first| place(*first)).into_iter().collect();
    for (before, after) in course.iter().zip(course.iter().skip(1)) {
        let ((x, y), (to_x, to_y)) = (place(*before), place(*after));
        let steps = (to_x - x).abs().max((to_y - y).abs());
        if after.0 - before.0 > 1 || steps == 0 {
            cells.push((to_x, to_y));
            continue;
        }
        cells.extend((1..=steps).map(|step| (x + (to_x - x) * step / steps, y + (to_y - y) * step / steps)));
    }
    cells
}

/// Draws points, two beside and four above one another in a cell.
fn dots(canvas: &mut Canvas<'_>, plot: Rect, points: &[(i32, i32)]) {
    const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let mut cells = std::collections::BTreeMap::<(u16, u16), u32>::new();
    for (x, y) in points {
        let (Ok(x), Ok(y)) = (u16::try_from(*x), u16::try_from(*y)) else { continue };
        let bit = BITS.get(usize::from(y % 4)).and_then(|row| row.get(usize::from(x % 2)));
        *cells.entry((x / 2, y / 4)).or_default() |= bit.copied().unwrap_or(0);
    }
    for ((x, y), bits) in cells {
        if let Some(sign) = char::from_u32(0x2800 + bits) {
            canvas.put(plot, x, y, sign.encode_utf8(&mut [0; 4]), Role::Accent);
        }
    }
}

/// What is drawn, and how, with what became of 100.
fn legend(canvas: &mut Canvas<'_>, area: Rect, past: &Course, own: &Course100, benchmark: &Course100) {
    let end = |course: &Course100| course.last().map_or(String::new(), |(_, value)| format!(" {value:.1}"));
    let sign = if canvas.glyphs.dots { "⠤" } else { canvas.glyphs.live };
    let mut x = canvas.put(area, MARGIN, 0, &format!("{sign}{sign} NAV"), Role::Accent);
    x = canvas.put(area, x, 0, &end(own), Role::Text) + 3;
    if let Some((name, _)) = past.benchmark.as_ref().filter(|_| !benchmark.is_empty()) {
        let line = canvas.glyphs.horizontal;
        let text = format!("{line}{line} {name}");
        if usize::from(area.width.saturating_sub(x)) > columns(&text) + 8 {
            x = canvas.put(area, x, 0, &text, Role::Dim);
            canvas.put(area, x, 0, &end(benchmark), Role::Text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_joins_days_that_follow_one_another() {
        let place = |(day, value): (i32, f64)| (day * 2, value.to_i32().unwrap());
        assert_eq!(line(&vec![(0, 0.0), (1, 4.0)], place), [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4)]);
        assert_eq!(line(&vec![(0, 0.0), (2, 4.0)], place), [(0, 0), (4, 4)], "a day between is not known");
        assert!(line(&vec![], place).is_empty());
    }

    #[test]
    fn a_course_begins_at_100() {
        let day = |day| Date::constant(2026, 11, day);
        let course = from_100([(day(1), 40.0), (day(2), 50.0), (day(4), f64::NAN)].into_iter(), day(2));
        assert_eq!(course, [(0, 100.0)]);
        let course = from_100([(day(2), 50.0), (day(3), 40.0)].into_iter(), day(1));
        assert_eq!(course, [(1, 100.0), (2, 80.0)], "the benchmark may begin later");
        assert!(from_100([(day(1), 0.0)].into_iter(), day(1)).is_empty());
    }
}
