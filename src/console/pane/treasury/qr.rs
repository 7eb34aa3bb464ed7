//! QR codes in cells: two modules one above the other in a cell where the terminal has half blocks, else two cells a
//! module.
//!
//! Codes are dark on light whatever the theme: many cameras do not read them the other way round. A terminal without
//! colours is taken to write light on dark, so that there the light modules are what is written.

use crate::console::canvas::Canvas;
use crate::treasury::exchange::qr::letters;
use qrcode::{Color, EcLevel, QrCode};
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color as Ink, Style};

/// Light modules around a code. The standard asks for four, cameras for one or two.
const QUIET: u16 = 2;

/// Larger codes are not read off a screen by most cameras.
const LARGEST: u16 = 20;

/// A code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    side: u16,
    dark: Vec<bool>,
}

impl Code {
    /// The code of a text; `None` when it is too long for any.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).ok()?;
        let dark = code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect();
        Some(Self { side: u16::try_from(code.width()).ok()?, dark })
    }

    /// The cells that it needs.
    pub fn size(&self, ascii: bool) -> Size {
        let side = self.side + 2 * QUIET;
        match ascii {
            true => Size { width: side * 2, height: side },
            false => Size { width: side, height: side.div_ceil(2) },
        }
    }

    fn is_dark(&self, x: u16, y: u16) -> bool {
        let (Some(x), Some(y)) = (x.checked_sub(QUIET), y.checked_sub(QUIET)) else { return false };
        if x >= self.side || y >= self.side {
            return false;
        }
        self.dark.get(usize::from(y) * usize::from(self.side) + usize::from(x)).copied().unwrap_or(false)
    }
}

/// How many letters and digits a code may have so that it fits into this many cells; none when not even the smallest does.
pub fn room(area: Rect, ascii: bool) -> Option<usize> {
    let side = match ascii {
        true => (area.width / 2).min(area.height),
        false => area.width.min(area.height.saturating_mul(2)),
    };
    let version = (side.checked_sub(2 * QUIET + 17)? / 4).min(LARGEST);
    (version > 0).then(|| letters(i16::try_from(version).unwrap_or(1)))
}

/// Draws a code in the middle of `area`; `false` when it has no room.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, code: &Code) -> bool {
    let ascii = !canvas.glyphs.dots;
    let size = code.size(ascii);
    if size.width > area.width || size.height > area.height {
        return false;
    }
    let (left, top) = (area.x + (area.width - size.width) / 2, area.y + (area.height - size.height) / 2);
    // Without colours the terminal's own ink is the light one.
    let mono = canvas.theme.style(crate::console::theme::Role::Up).fg.is_none();
    let style = match mono {
        true => Style::reset(),
        false => Style::reset().fg(Ink::Indexed(16)).bg(Ink::Indexed(231)),
    };
    for y in 0..size.height {
        for x in 0..size.width {
            let sign = match ascii {
                true => {
                    if code.is_dark(x / 2, y) != mono {
                        "#"
                    } else {
                        " "
                    }
                }
                false => match (code.is_dark(x, y * 2) != mono, code.is_dark(x, y * 2 + 1) != mono) {
                    (true, true) => "█",
                    (true, false) => "▀",
                    (false, true) => "▄",
                    (false, false) => " ",
                },
            };
            canvas.buf.set_stringn(left + x, top + y, sign, 1, style);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_where_there_is_said_to_be_room() {
        for (width, height) in [(60, 14), (78, 20), (80, 24), (120, 40), (200, 60)] {
            for ascii in [false, true] {
                let area = Rect::new(0, 0, width, height);
                let Some(room) = room(area, ascii) else { continue };
                let code = Code::of(&"A".repeat(room)).unwrap();
                let size = code.size(ascii);
                assert!(size.width <= width && size.height <= height, "{width}x{height} {ascii}: {size:?}");
            }
        }
        assert_eq!(room(Rect::new(0, 0, 20, 4), false), None);
        assert!(room(Rect::new(0, 0, 80, 22), false).unwrap() >= 150, "a part of a PSBT at 80x24");
    }
}
