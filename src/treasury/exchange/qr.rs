//! A text as a QR code of characters: two modules a character, one above the other.
//!
//! - Rows are meant to be drawn light on dark: a full block is light. Whoever draws them sets both colours, because a
//!   scanner wants light around dark whatever the terminal's theme.
//! - The code's size is known before it is drawn ([`letters`]), so that a series can be made to fit a window.

use qrcode::bits::Bits;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode, Version};

/// The light border: two modules are enough on a screen that is dark around it, and four is the standard on paper.
pub const QUIET: usize = 2;

/// The largest code.
const LARGEST: i16 = 40;

/// A QR code to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Its rows, each as many characters wide as it has modules with the border.
    pub rows: Vec<String>,
    /// Its version, from 1 to 40.
    pub version: i16,
}

impl Code {
    /// How many columns it takes.
    pub fn columns(&self) -> usize {
        columns(self.version)
    }
}

/// The columns of a code of that version, with its border.
pub fn columns(version: i16) -> usize {
    let width = usize::try_from(Version::Normal(version).width()).unwrap_or(0);
    width.saturating_add(QUIET.saturating_mul(2))
}

/// The rows of characters of a code of that version, with its border.
pub fn rows(version: i16) -> usize {
    columns(version).div_ceil(2)
}

/// The largest version that fits a window.
pub fn fitting(window_columns: usize, window_rows: usize) -> Option<i16> {
    (1..=LARGEST).rev().find(|version| columns(*version) <= window_columns && rows(*version) <= window_rows)
}

/// How many letters and digits (in capitals, as BBQr and UR are) a code of that version holds at its lowest correction.
pub fn letters(version: i16) -> usize {
    let version = Version::Normal(version);
    let bits = Bits::new(version).max_len(EcLevel::L).unwrap_or(0);
    let count = match version {
        Version::Normal(..=9) => 9,
        Version::Normal(..=26) => 11,
        _ => 13,
    };
    // Two letters take eleven bits, one alone six.
    let bits = bits.saturating_sub(4 + count);
    (bits / 11 * 2).saturating_add(usize::from(bits % 11 >= 6))
}

/// Draws a text as the smallest code that holds it; none when no code does.
pub fn draw(text: &str) -> Option<Code> {
    code(QrCode::with_error_correction_level(text, EcLevel::L))
}

/// Draws a text as a code of that version, so that all of a series are of one size.
pub fn draw_as(text: &str, version: i16) -> Option<Code> {
    code(QrCode::with_version(text, Version::Normal(version), EcLevel::L))
}

fn code(made: Result<QrCode, QrError>) -> Option<Code> {
    let made = made.ok()?;
    let Version::Normal(version) = made.version() else { return None };
    let width = made.width();
    let colors = made.to_colors();
    let light = |x: Option<usize>, y: Option<usize>| {
        let inside = x.zip(y).filter(|(x, y)| *x < width && *y < width);
        let color = inside.and_then(|(x, y)| colors.get(y.checked_mul(width)?.checked_add(x)?));
        color.is_none_or(|color| *color == Color::Light)
    };
    let row = |row: usize| {
        let column = |column: usize| {
            let (x, y) = (column.checked_sub(QUIET), row.saturating_mul(2));
            match (light(x, y.checked_sub(QUIET)), light(x, y.saturating_add(1).checked_sub(QUIET))) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            }
        };
        (0..columns(version)).map(column).collect()
    };
    Some(Code { rows: (0..rows(version)).map(row).collect(), version })
}

#[cfg(test)]
mod tests {
    use super::super::{bbqr, ur};
    use super::*;
    use crate::treasury::bitcoin::example::devices;
    use crate::treasury::bitcoin::psbt::Version as Format;

    /// The modules of what was drawn, light ones true, without the border.
    fn modules(code: &Code) -> Vec<bool> {
        let width = code.columns();
        let light = |x: usize, y: usize| {
            let character = code.rows[y / 2].chars().nth(x).unwrap();
            matches!((character, y % 2), ('█', _) | ('▀', 0) | ('▄', 1))
        };
        for along in 0..width {
            for edge in (0..QUIET).chain(width - QUIET..width) {
                assert!(light(along, edge) && light(edge, along));
            }
        }
        let inner = QUIET..width - QUIET;
        inner.clone().flat_map(|y| inner.clone().map(move |x| (x, y))).map(|(x, y)| light(x, y)).collect()
    }

    #[test]
    fn what_is_drawn_is_the_code() {
        for text in ["HELLO", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", &"A".repeat(700)] {
            let code = draw(text).unwrap();
            let made = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
            let light = made.to_colors().iter().map(|color| *color == Color::Light).collect::<Vec<_>>();
            assert_eq!(modules(&code), light);
            assert_eq!((code.rows.len(), code.rows[0].chars().count()), (rows(code.version), columns(code.version)));
        }
        let hello = draw("HELLO").unwrap();
        assert_eq!((hello.version, hello.columns(), hello.rows.len()), (1, 25, 13));
        assert_eq!(hello.rows[0], "█".repeat(25));
        assert_eq!(hello.rows[1], "██ ▄▄▄▄▄ █▀▄█▀▄█ ▄▄▄▄▄ ██");
    }

    #[test]
    fn a_code_holds_as_many_letters_as_it_is_said() {
        assert_eq!([1, 4, 9, 10, 26, 27, 40].map(letters), [25, 114, 335, 395, 1_990, 2_132, 4_296]);
        for version in 1..=LARGEST {
            assert!(draw_as(&"A".repeat(letters(version)), version).is_some(), "{version}");
            assert!(draw_as(&"A".repeat(letters(version) + 1), version).is_none(), "{version}");
        }
        assert_eq!(draw(&"A".repeat(4_297)), None);
    }

    #[test]
    fn a_series_fits_a_small_terminal_and_has_one_size() {
        // 80x24 with a line above and two below.
        let version = fitting(80, 21).unwrap();
        assert_eq!((version, columns(version), rows(version)), (5, 41, 21));
        assert_eq!(fitting(20, 20), None);
        for device in devices() {
            let psbt = device.signed().bytes(Format::V0);
            let series = bbqr::split(&psbt, bbqr::Kind::Psbt, letters(version)).unwrap();
            let stream = ur::split(&psbt, letters(version)).unwrap();
            for text in series.iter().chain(&stream) {
                assert!(draw_as(text, version).is_some_and(|code| code.rows.len() <= 21), "{text}");
            }
        }
    }
}
