//! What a portfolio is worth, how that changed, and how far it can be relied on.
//!
//! The share of value that is known is cut, never rounded up; where lines never had a price it is a bound from above, and
//! is called that.

use super::amounts::{Amounts, age, decimals};
use super::fitting;
use crate::console::canvas::Canvas;
use crate::console::glyphs::Glyphs;
use crate::console::pane::Title;
use crate::console::state::State;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::portfolio::{Change, Course, PortfolioView};
use crate::money::Decimal;
use crate::portfolio::basis::Method;
use crate::portfolio::valuation::Total;
use jiff::civil::Date;
use ratatui::layout::Rect;
use std::time::Duration;

/// Days of the small chart.
const DAYS: i32 = 30;

/// Draws what all is worth inside its border.
pub fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    amounts: &Amounts<'_>,
    state: &State,
    portfolio: &PortfolioView,
) -> Title {
    let nav = portfolio.total.nav();
    let mut x = canvas.put(area, 1, 0, "NAV ", Role::Dim);
    let text = amounts.money(nav, decimals(nav), usize::MAX);
    x = canvas.put(area, x, 0, &text, Role::Strong);
    x = canvas.put(area, x + 1, 0, portfolio.base.as_str(), Role::Dim) + 2;
    let [day, others @ ..] = portfolio.changes;
    let (text, role) = changed(canvas.glyphs, amounts, day, "today", decimals(nav));
    x = canvas.put(area, x, 0, &text, role) + 2;
    let right = spark(canvas, area, x, portfolio.past.as_deref());
    for (change, name) in others.into_iter().zip(["7 d", "30 d", "YTD"]) {
        let percent = change.and_then(|change| change.percent);
        let (text, role) = super::super::change(canvas, percent);
        let text = format!("{name} {text}{}", if percent.is_some() { " %" } else { "" });
        if usize::from(right.saturating_sub(x)) < columns(&text) + 2 {
            break;
        }
        x = canvas.put(area, x, 0, &text, role) + 2;
    }
    let units = units(amounts, portfolio);
    let room = usize::from(area.width).saturating_sub(2);
    let units = fitting(&units, room);
    canvas.put_right(area, area.width.saturating_sub(1), 1, units, Role::Text);
    let room = room.saturating_sub(if units.is_empty() { 0 } else { columns(units) + 2 });
    let oldest = state.pulse.oldest(portfolio).map(|(since, source)| (*since, source.as_ref()));
    let (texts, role) = complete(amounts, &portfolio.total, oldest);
    canvas.put(area, 1, 1, fitting(&texts, room), role);
    let name = portfolio.names.get(portfolio.shown).map_or("Portfolio", AsRef::as_ref);
    let place = match portfolio.names.len() {
        0 | 1 => String::new(),
        count => format!(" {} of {count}", portfolio.shown + 1),
    };
    let state = format!("{}  {}", method(state.portfolio.method), portfolio.base);
    Title { name: format!("{name}{place}"), state: Some((state, Role::Dim)), readout: vec![] }
}

/// The name of a method.
pub const fn method(method: Method) -> &'static str {
    match method {
        Method::Fifo => "FIFO",
        Method::Lifo => "LIFO",
        Method::Hifo => "HIFO",
        Method::Average => "average",
    }
}

/// A gain with its sign, in the currency and in percent.
fn changed(
    glyphs: &Glyphs,
    amounts: &Amounts<'_>,
    change: Option<Change>,
    when: &str,
    decimals: u32,
) -> (String, Role) {
    let Some(change) = change else { return (format!("{} {when}", glyphs.missing), Role::Dim) };
    let (sign, role) = direction(glyphs, change.gain);
    // Between gains of thousands, cents are noise.
    let decimals = if change.gain.abs() >= Decimal::ONE_THOUSAND { 0 } else { decimals };
    let gain = amounts.size(change.gain, decimals);
    let percent = change.percent.map_or(String::new(), |percent| format!(" ({})", signed(glyphs, percent)));
    (format!("{sign} {gain}{percent} {when}"), role)
}

fn direction(glyphs: &Glyphs, value: Decimal) -> (&'static str, Role) {
    match (value.is_zero(), value.is_sign_negative()) {
        (true, _) => (glyphs.flat, Role::Dim),
        (false, true) => (glyphs.down, Role::Down),
        (false, false) => (glyphs.up, Role::Up),
    }
}

fn signed(glyphs: &Glyphs, percent: Decimal) -> String {
    let mut size = percent.abs().round_dp(2);
    size.rescale(2);
    let sign = match (size.is_zero(), percent.is_sign_negative()) {
        (true, _) => "",
        (false, true) => glyphs.minus,
        (false, false) => glyphs.plus,
    };
    format!("{sign}{size} %")
}

/// The last days as a row of bars at the right, if they leave `from` columns free; gives the column before them.
fn spark(canvas: &mut Canvas<'_>, area: Rect, from: u16, past: Option<&Course>) -> u16 {
    let label = "30 d";
    let end = area.width.saturating_sub(1);
    let Some(past) = past else {
        let text = format!("counting the past {}", canvas.glyphs.ellipsis);
        let start = end.saturating_sub(u16::try_from(columns(&text)).unwrap_or(u16::MAX));
        if start > from {
            canvas.put(area, start, 0, &text, Role::Dim);
        }
        return start;
    };
    let room = end.saturating_sub(from + 6);
    let width = if room >= 60 {
        30
    } else if room >= 15 {
        15
    } else {
        room.min(10)
    };
    if width < 6 || past.days.len() < 2 {
        return end;
    }
    let start = end - 5 - width;
    let bars = bars(&past.days, width);
    for (bar, x) in bars.into_iter().zip(start..) {
        if let Some(sign) = bar.and_then(|bar| canvas.glyphs.spark.get(bar)) {
            canvas.put(area, x, 0, sign, Role::Accent);
        }
    }
    canvas.put_right(area, end, 0, label, Role::Dim);
    start
}

/// The height of each bar, 0 to 7; none where nothing is known.
fn bars(days: &[(Date, Decimal)], width: u16) -> Vec<Option<usize>> {
    let Some((last, _)) = days.last() else { return vec![] };
    let mut values: Vec<Option<Decimal>> = vec![None; usize::from(width)];
    for (day, value) in days {
        let back = day.until(*last).map_or(DAYS, |span| span.get_days());
        let at = (DAYS - 1 - back).checked_mul(width.into()).map(|at| at.div_euclid(DAYS));
        if let Some(bar) = at.and_then(|at| usize::try_from(at).ok()).and_then(|at| values.get_mut(at)) {
            *bar = Some(*value);
        }
    }
    let known = || values.iter().flatten().copied();
    let (Some(low), Some(high)) = (known().min(), known().max()) else { return vec![] };
    let height = |value: Decimal| {
        let share = (value - low).checked_mul(Decimal::from(7)).and_then(|part| part.checked_div(high - low));
        usize::try_from(share.unwrap_or(Decimal::from(3)).round()).unwrap_or(0).min(7)
    };
    values.iter().map(|value| value.map(height)).collect()
}

/// How complete a total is, from the longest text to the shortest.
pub fn complete(amounts: &Amounts<'_>, total: &Total, oldest: Option<(Duration, &str)>) -> (Vec<String>, Role) {
    if total.lines == 0 {
        return (vec!["nothing is held here".to_owned()], Role::Dim);
    }
    let lines = |count: usize| if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    let known = total.complete().map(|share| share * Decimal::ONE_HUNDRED);
    let whole = known.is_none_or(|known| known == Decimal::ONE_HUNDRED);
    let first = match (total.unpriced, total.never, known) {
        (0, ..) => "complete".to_owned(),
        (all, ..) if all == total.lines => "nothing here has a price".to_owned(),
        (_, never, _) if never > 0 && whole => format!("incomplete: {} never had a price", lines(never)),
        (_, 0, Some(known)) => format!("complete to {} %", amounts.cut_share(known)),
        (_, _, Some(known)) => format!("complete to at most {} %", amounts.cut_share(known)),
        (_, _, None) => "incomplete".to_owned(),
    };
    let mut parts = vec![first];
    if total.unpriced > 0 && !(whole && total.never == total.unpriced) && total.unpriced != total.lines {
        parts.push(format!("{} unpriced", lines(total.unpriced)));
    }
    if total.stale > 0 {
        parts.push(format!("{} stale", total.stale));
    }
    let mut texts = Vec::new();
    if let Some((since, source)) = oldest {
        let mut long = parts.clone();
        long.push(format!("oldest price {} ({source})", age(since)));
        texts.push(long.join(", "));
        let mut short = parts.clone();
        short.push(format!("oldest price {}", age(since)));
        texts.push(short.join(", "));
    }
    while !parts.is_empty() {
        texts.push(parts.join(", "));
        parts.pop();
    }
    (texts, if total.unpriced > 0 { Role::Warning } else { Role::Dim })
}

/// The units of a fund, from the longest text to the shortest.
fn units(amounts: &Amounts<'_>, portfolio: &PortfolioView) -> Vec<String> {
    let Some(unit) = portfolio.unit else { return vec![] };
    let worth = match unit.nav {
        Some(nav) => amounts.money(nav, decimals(nav), usize::MAX),
        None => "unknown".to_owned(),
    };
    let short = format!("unit {worth}");
    let units = amounts.quantity(unit.units, usize::MAX);
    let middle = format!("{units} units at {worth}");
    match unit.high_water {
        Some(high) => {
            let high = amounts.money(high, decimals(high), usize::MAX);
            vec![format!("{middle}, high water {high}"), middle, short]
        }
        None => vec![middle, short],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i8, value: i64) -> (Date, Decimal) {
        (Date::constant(2026, 11, day), Decimal::from(value))
    }

    #[test]
    fn bars_stand_where_their_days_are() {
        let days = [day(1, 10), day(2, 20), day(29, 15), day(30, 20)];
        let bars = bars(&days, 30);
        assert_eq!((bars[0], bars[1], bars[28], bars[29]), (Some(0), Some(7), Some(4), Some(7)));
        assert!(bars[2..28].iter().all(Option::is_none), "what is not known has no bar");
        assert_eq!(super::bars(&[day(1, 5), day(2, 5)], 10).into_iter().flatten().count(), 1);
        assert!(super::bars(&[], 10).is_empty());
    }
}
