//! Where panes draw: text by role into the cells of a buffer, and never outside of them.

use super::figures::Figures;
use super::glyphs::Glyphs;
use super::text::{columns, fit};
use super::theme::{Role, Theme};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What every pane needs to draw.
pub struct Canvas<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// How roles look.
    pub theme: &'a Theme,
    /// The signs.
    pub glyphs: &'a Glyphs,
    /// How numbers are written.
    pub figures: Figures,
    /// Where clock times are told.
    pub zone: &'a TimeZone,
}

impl Canvas<'_> {
    /// Writes `text` from column `x` of `area`'s line `y`, cut at the area's edge; gives the column after it.
    pub fn put(&mut self, area: Rect, x: u16, y: u16, text: &str, role: Role) -> u16 {
        let area = area.intersection(self.buf.area);
        let (column, line) = (area.x.saturating_add(x), area.y.saturating_add(y));
        let room = area.right().saturating_sub(column);
        if line >= area.bottom() || room == 0 {
            return x;
        }
        let text = self.glyphs.plain(text);
        let text = fit(&text, usize::from(room), self.glyphs.ellipsis);
        let (end, _) = self.buf.set_stringn(column, line, &text, usize::from(room), self.theme.style(role));
        end.saturating_sub(area.x)
    }

    /// Writes `text` so that it ends before column `end` of `area`.
    pub fn put_right(&mut self, area: Rect, end: u16, y: u16, text: &str, role: Role) {
        let width = u16::try_from(columns(text)).unwrap_or(u16::MAX);
        let end = end.min(area.width);
        let field = Rect { width: end, ..area };
        self.put(field, end.saturating_sub(width), y, text, role);
    }

    /// Writes `text` in the middle of line `y`.
    pub fn put_centered(&mut self, area: Rect, y: u16, text: &str, role: Role) {
        let width = u16::try_from(columns(text)).unwrap_or(u16::MAX).min(area.width);
        self.put(area, (area.width - width) / 2, y, text, role);
    }

    /// Writes words over as many centred lines as they need, in the middle of `area`.
    pub fn put_message(&mut self, area: Rect, text: &str, role: Role) {
        let lines = wrap(text, usize::from(area.width.saturating_sub(2)));
        let used = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height);
        let first = (area.height - used) / 2;
        for (line, y) in lines.iter().zip(first..area.height) {
            self.put_centered(area, y, line, role);
        }
    }

    /// Fills line `y` from column `from` up to `to` with one sign.
    pub fn fill(&mut self, area: Rect, from: u16, to: u16, y: u16, sign: &str, role: Role) {
        for x in from..to.min(area.width) {
            self.put(area, x, y, sign, role);
        }
    }

    /// Lays a role's style under cells that are drawn already.
    pub fn tint(&mut self, area: Rect, role: Role) {
        self.buf.set_style(area.intersection(self.buf.area), self.theme.style(role));
    }

    /// Empties an area and gives it a role's ground.
    pub fn clear(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(Role::Text).patch(self.theme.style(role));
        let area = area.intersection(self.buf.area);
        for position in area.positions() {
            if let Some(cell) = self.buf.cell_mut(position) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }
}

/// `text` in lines of at most `width` columns, broken between words; longer words are left to be cut.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("extraordinary", 5), ["extraordinary"]);
        assert!(wrap("  ", 5).is_empty());
    }
}
