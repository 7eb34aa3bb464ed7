//! Windows above the panes: a frame with lines in it, or with a text field and the lines that it finds.

use super::canvas::Canvas;
use super::field::Field;
use super::layout::inside;
use super::theme::Role;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Block, Borders, Widget as _};

/// A line of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// At the left.
    pub name: String,
    /// The characters of the name that were found.
    pub places: Vec<u32>,
    /// Behind it.
    pub help: String,
    /// At the right.
    pub key: String,
    /// How the name looks.
    pub role: Role,
}

impl Line {
    /// A line with a name only.
    pub fn heading(name: &str) -> Self {
        Self { name: name.to_owned(), places: vec![], help: String::new(), key: String::new(), role: Role::Strong }
    }
}

/// The window of so many columns and lines in the middle of the screen, cut to it.
pub fn window(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width.saturating_sub(2)), height.min(area.height.saturating_sub(2)));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// The window of help and notices.
pub fn reading(area: Rect) -> Rect {
    window(area, 76, area.height.saturating_sub(4))
}

/// The window of palette and search.
pub fn asking(area: Rect) -> Rect {
    window(area, 66, 16.max(area.height / 2))
}

/// The lines that a window shows at once; `asks` when it has a text field above them.
pub fn page(window: Rect, asks: bool) -> usize {
    usize::from(inside(window).height.saturating_sub(if asks { 1 } else { 0 }))
}

/// Draws an empty window with what stands on its border.
pub fn frame(canvas: &mut Canvas<'_>, window: Rect, title: &str, foot: &str) {
    canvas.clear(window, Role::Overlay);
    let style = canvas.theme.style(Role::Overlay).patch(canvas.theme.style(Role::BorderFocus));
    Block::new().borders(Borders::ALL).border_set(canvas.glyphs.border).border_style(style).render(window, canvas.buf);
    let edge = Rect { x: window.x + 1, width: window.width.saturating_sub(2), ..window };
    canvas.put(edge, 0, 0, &format!(" {title} "), Role::Accent);
    canvas.put_right(edge, edge.width, window.height.saturating_sub(1), &format!(" {foot} "), Role::Dim);
}

/// Draws a window to be read, from line `scroll` on.
pub fn draw_reading(canvas: &mut Canvas<'_>, window: Rect, title: &str, lines: &[Line], scroll: usize) {
    let page = page(window, false);
    let scroll = scroll.min(lines.len().saturating_sub(page));
    let last = (scroll + page).min(lines.len());
    let foot = format!("{}-{last} of {}  esc closes", (scroll + 1).min(last), lines.len());
    frame(canvas, window, title, &foot);
    let area = inside(window);
    let names = lines.iter().filter(|line| !line.help.is_empty());
    let names = names.map(|line| super::text::columns(&line.name)).max().unwrap_or(0);
    for (line, y) in lines.iter().skip(scroll).zip(0..area.height) {
        draw_line(canvas, area, y, line, names);
    }
}

/// Draws a window with a text field, the chosen line marked; gives where the cursor stands.
pub fn draw_asking(
    canvas: &mut Canvas<'_>,
    window: Rect,
    title: &str,
    prompt: &str,
    field: &Field,
    lines: &[Line],
    chosen: usize,
) -> Option<Position> {
    frame(canvas, window, title, "enter runs  esc closes");
    let area = inside(window);
    let start = canvas.put(area, 1, 0, prompt, Role::Accent);
    canvas.put(area, start, 0, &field.text(), Role::Strong);
    let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    if lines.is_empty() {
        canvas.put_message(list, "nothing matches", Role::Dim);
    }
    let first = super::pane::watch::first_shown(lines.len(), usize::from(list.height), chosen);
    let names = lines.iter().map(|line| super::text::columns(&line.name)).max().unwrap_or(0);
    for ((index, line), y) in lines.iter().enumerate().skip(first).zip(0..list.height) {
        draw_line(canvas, list, y, line, names);
        if index == chosen {
            canvas.put(list, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: list.y + y, height: 1, ..list }, Role::Selected);
        }
    }
    let column = u16::try_from(field.cursor()).unwrap_or(u16::MAX).saturating_add(start);
    let cursor = Position { x: area.x.saturating_add(column.min(area.width.saturating_sub(1))), y: area.y };
    area.contains(cursor).then_some(cursor)
}

fn draw_line(canvas: &mut Canvas<'_>, area: Rect, y: u16, line: &Line, names: usize) {
    let end = area.width.saturating_sub(1);
    canvas.put(area, 1, y, &line.name, line.role);
    for place in &line.places {
        // Names are ASCII, so that a character is a column.
        let x = u16::try_from(*place).unwrap_or(u16::MAX).saturating_add(1);
        canvas.tint(
            Rect { x: area.x.saturating_add(x), y: area.y + y, width: 1, height: 1 }.intersection(area),
            Role::Match,
        );
    }
    let key = u16::try_from(super::text::columns(&line.key)).unwrap_or(u16::MAX);
    canvas.put_right(area, end, y, &line.key, Role::KeyHint);
    let help = Rect { width: end.saturating_sub(key.saturating_add(1)), ..area };
    let names = u16::try_from(names).unwrap_or(u16::MAX);
    canvas.put(help, names.saturating_add(3), y, &line.help, Role::Dim);
}
