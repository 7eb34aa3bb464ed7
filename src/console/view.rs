//! The whole screen, drawn from a session's state and what the desk shows. Pure: the same input gives the same cells.

use super::alerts;
use super::canvas::Canvas;
use super::figures::Figures;
use super::glyphs::Glyphs;
use super::help;
use super::layout::{Pane, SMALLEST, Workspace, inside};
use super::overlay::{asking, draw_asking, draw_reading, frame, reading};
use super::palette;
use super::pane::portfolio::{amounts::Amounts, detail};
use super::pane::{
    self, Title, across, candles, depth, header, ladder, portfolio, status, tape, treasury, venues, watch,
};
use super::search;
use super::state::{Overlay, State};
use super::theme::{Role, Theme};
use crate::desk::View;
use crate::money::Decimal;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Draws the screen into `area`; gives where the cursor stands, when text is being typed.
pub fn view(
    state: &State,
    view: &View,
    theme: &Theme,
    glyphs: &Glyphs,
    area: Rect,
    buf: &mut Buffer,
) -> Option<Position> {
    let figures = Figures { separator: state.settings.separator };
    let mut canvas = Canvas { buf, theme, glyphs, figures, zone: &state.settings.zone };
    canvas.clear(area, Role::Text);
    let Some(arrangement) = state.settings.layout.arrange(area) else {
        let needs = format!("needs {}x{}", SMALLEST.width, SMALLEST.height);
        let text = match area.width {
            24.. => format!("too small: {needs}, is {}x{}", area.width, area.height),
            _ => needs,
        };
        canvas.put_message(area, &text, Role::Warning);
        return None;
    };
    header::draw(&mut canvas, arrangement.header, state.workspace(), view);
    let focus = state.focus();
    pane::borders(&mut canvas, &arrangement.panes, focus);
    for (pane, area) in &arrangement.panes {
        let title = draw_pane(&mut canvas, state, view, *pane, inside(*area));
        pane::title(&mut canvas, *area, &title, *pane == focus);
    }
    status::draw(&mut canvas, arrangement.status, state, view);
    if state.meter {
        let text = traffic(state);
        let line = Rect { y: area.y + 1, height: 1, ..area };
        canvas.put_right(line, line.width.saturating_sub(1), 0, &text, Role::Overlay);
    }
    draw_overlay(&mut canvas, state, view, area)
}

fn draw_pane(canvas: &mut Canvas<'_>, state: &State, view: &View, pane: Pane, area: Rect) -> Title {
    if pane == Pane::Watch {
        watch::draw(canvas, area, view, state.place(view), state.hidden);
        return watch::title();
    }
    if pane.workspace() == Workspace::Portfolio {
        return portfolio::draw(canvas, area, state, view, pane);
    }
    if pane.workspace() == Workspace::Treasury {
        return treasury::draw(canvas, area, state, view, pane);
    }
    let Some(focus) = &view.focus else {
        canvas.put_message(area, "nothing is shown yet", Role::Dim);
        return Title { name: pane.name().to_owned(), ..Title::default() };
    };
    match pane {
        Pane::Book => {
            let ladder = ladder::Ladder {
                focus,
                link: view.link(&focus.place),
                group: state.groups.get(&focus.place).copied(),
                cursor: state
                    .cursor
                    .filter(|cursor| cursor.depth < usize::from(ladder::Slots::of(area).on(cursor.side))),
                now: view.now,
            };
            ladder.draw(canvas, area);
            ladder.title(canvas.figures)
        }
        Pane::Tape => {
            tape::draw(canvas, area, focus);
            tape::title(focus)
        }
        Pane::Candles => {
            candles::draw(canvas, area, focus, state.settings.interval);
            candles::title(canvas, focus, state.settings.interval)
        }
        Pane::Depth => {
            depth::draw(canvas, area, focus);
            depth::title(focus)
        }
        Pane::Across => {
            let group = state.groups.get(&focus.place).copied();
            let cursor = state.cursor.filter(|at| at.depth < usize::from(across::slots(area).on(at.side)));
            across::draw(canvas, area, view, &across::Look { group, cursor })
        }
        Pane::Venues => venues::draw(canvas, area, view, &focus.place),
        // The others are drawn above.
        _ => Title::default(),
    }
}

fn draw_overlay(canvas: &mut Canvas<'_>, state: &State, view: &View, area: Rect) -> Option<Position> {
    match state.overlay.as_ref()? {
        Overlay::Help { scroll } => {
            draw_reading(canvas, reading(area), "Keys", &help::lines(state, view), *scroll);
            None
        }
        Overlay::Notices { scroll } => {
            let window = reading(area);
            let lines = help::notices(state, view, usize::from(inside(window).width));
            draw_reading(canvas, window, "Notices", &lines, *scroll);
            None
        }
        Overlay::Holding { scroll } => {
            let (portfolio, holding) = view.portfolio.as_ref().zip(state.portfolio.holding(view))?;
            let amounts = Amounts::new(canvas, state.hidden);
            let rows = detail::rows(&amounts, state, portfolio, holding);
            let (window, title) = (reading(area), detail::title(holding));
            let last = rows.len().min(scroll + usize::from(inside(window).height));
            let standing = title.state.map_or(String::new(), |(word, _)| format!(", {word}"));
            let foot = format!("{last} of {}  esc closes", rows.len());
            frame(canvas, window, &format!("{}{standing}", title.name), &foot);
            detail::draw(canvas, inside(window), &rows, *scroll);
            None
        }
        Overlay::Filter { field } => {
            // It is typed on the border of the holdings, behind the sign that asks for it.
            let holdings = state.settings.layout.arrange(area)?.of(Pane::Holdings)?;
            let start = holdings.x.saturating_add(portfolio::holdings::filter_at(state.portfolio.kind));
            let x = start.saturating_add(u16::try_from(field.cursor()).unwrap_or(u16::MAX));
            let at = Position { x, y: holdings.y };
            holdings.contains(at).then_some(at)
        }
        Overlay::Treasury(open) => treasury::windows::draw(canvas, area, state, view, open),
        Overlay::Alerts { chosen } => {
            alerts::draw(canvas, reading(area), state, view, *chosen);
            None
        }
        Overlay::Palette { field, chosen } => {
            let lines = palette::lines(palette::found(state, view, &field.text()));
            draw_asking(canvas, asking(area), "Command", ":", field, &lines, *chosen)
        }
        Overlay::Search { field, chosen } => {
            let lines = search::lines(search::found(state, view, &field.text()));
            draw_asking(canvas, asking(area), "Symbol", "/", field, &lines, *chosen)
        }
    }
}

/// What was sent to the terminal in the last second.
fn traffic(state: &State) -> String {
    let rates = state.rates;
    let tenths = rates.bytes.saturating_mul(10) / 1024;
    let kilobytes = Decimal::new(i64::try_from(tenths).unwrap_or(i64::MAX), 1);
    format!(" {kilobytes} KB/s  {} frames/s  last {} B ", rates.frames, rates.last_frame)
}
