//! How a portfolio did: returns, risk and the deepest fall, and its course beside a benchmark.
//!
//! A figure that is not defined, such as the volatility of one day, is missing; it is never zero.

use super::amounts::Amounts;
use super::{chart, fitting};
use crate::console::canvas::Canvas;
use crate::console::pane::Title;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::portfolio::{Course, Figures, PortfolioView};
use crate::portfolio::performance::{Drawdown, Performance};
use jiff::civil::Date;
use ratatui::layout::Rect;

/// Draws figures and chart inside the border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, portfolio: &PortfolioView) -> Title {
    let Some(past) = &portfolio.past else {
        let text = format!("counting the past {}", canvas.glyphs.ellipsis);
        canvas.put_message(area, &text, Role::Dim);
        return Title::default();
    };
    let amounts = Amounts::new(canvas, false);
    let mut y = 0;
    for line in lines(&amounts, past, usize::from(area.width)) {
        // The chart is worth more than the finer figures.
        if y >= area.height || (y >= 2 && area.height < 12) {
            break;
        }
        let mut x = 1;
        for (name, value) in line {
            let needs = columns(&name) + columns(&value) + 1;
            if usize::from(area.width.saturating_sub(x)) < needs {
                break;
            }
            x = canvas.put(area, x, y, &name, Role::Dim) + 1;
            x = canvas.put(area, x, y, &value, Role::Text) + 2;
        }
        y += 1;
    }
    let room = Rect { y: area.y.saturating_add(y), height: area.height.saturating_sub(y), ..area };
    chart::draw(canvas, room, past);
    let benchmark = past.benchmark.as_ref().map(|(name, _)| (format!("vs {name}"), Role::Dim));
    Title { state: benchmark, ..Title::default() }
}

/// The figures of risk are those of a year; of all days while there is no whole year.
fn long(past: &Course) -> Option<(&Figures, &'static str)> {
    let [.., year, all] = &past.figures;
    let year = year.as_ref().map(|figures| (figures, "1y"));
    year.or(all.as_ref().map(|figures| (figures, "all")))
}

/// Lines of names and values.
fn lines(amounts: &Amounts<'_>, past: &Course, width: usize) -> [Vec<(String, String)>; 3] {
    let name = |text: &str| text.to_owned();
    let twr = |of: &Option<Figures>| amounts.ratio(of.and_then(|figures| figures.performance.twr), true);
    let [month, this_year, year, all] = &past.figures;
    let mut first = vec![(name("TWR 30d"), twr(month)), (name("YTD"), twr(this_year)), (name("1y"), twr(year))];
    let long = long(past);
    let of = |figure: fn(&Performance) -> Option<f64>| long.and_then(|(figures, _)| figure(&figures.performance));
    first.push((name("vol"), amounts.ratio(of(|p| p.volatility), false)));
    first.push((name("Sharpe"), amounts.figure(of(|p| p.sharpe))));
    first.push((name("all"), twr(all)));
    let fall = long.and_then(|(figures, _)| figures.performance.max_drawdown);
    // The value at risk shall have its place behind the dates.
    let room = width.saturating_sub(columns(" max drawdown   VaR95 -10.0 %"));
    let second = vec![
        (name("max drawdown"), drawdown(amounts, fall, room)),
        (name("VaR95"), amounts.ratio(of(|p| p.var_95), false)),
        (name("ES95"), amounts.ratio(of(|p| p.es_95), false)),
    ];
    let against = |figure: fn(&Figures) -> Option<f64>| amounts.figure(long.and_then(|(figures, _)| figure(figures)));
    let third = vec![
        (name("CAGR"), amounts.ratio(of(|p| p.cagr), true)),
        (name("MWR"), amounts.ratio(of(|p| p.mwr), true)),
        (name("Sortino"), amounts.figure(of(|p| p.sortino))),
        (name("Calmar"), amounts.figure(of(|p| p.calmar))),
        (name("beta"), against(|figures| figures.beta)),
        (name("corr"), against(|figures| figures.correlation)),
    ];
    [first, second, third]
}

/// The deepest fall with as much of its dates as there is room for.
fn drawdown(amounts: &Amounts<'_>, fall: Option<Drawdown>, room: usize) -> String {
    let Some(fall) = fall else { return amounts.ratio(None, false) };
    let year = fall.peak.year() != fall.recovery.unwrap_or(fall.trough).year();
    let date = |date: Date| if year { date.to_string() } else { date.strftime("%-d %b").to_string() };
    let recovered = match fall.recovery {
        Some(day) => format!("recovered {}", date(day)),
        None => "not recovered".to_owned(),
    };
    let depth = amounts.ratio(Some(fall.depth), false);
    let between = format!("{} to {}", date(fall.peak), date(fall.trough));
    let texts = [format!("{depth} ({between}, {recovered})"), format!("{depth} ({between})"), depth];
    fitting(&texts, room).to_owned()
}
