//! How many colours a terminal has, and the nearest one that it can show.
//!
//! Themes speak in any colour; it is brought down here when bytes are made, so that no pane needs to know.

use ratatui::style::Color;
use std::fmt;
use std::str::FromStr;

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColourDepth {
    /// None: bold, underlined and reversed only.
    Mono,
    /// The sixteen that the terminal's own palette names.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// 24 bits.
    True,
}

/// A text that names no colour depth.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a colour depth; there are mono, 16, 256 and truecolor")]
pub struct ColourDepthError(pub String);

impl FromStr for ColourDepth {
    type Err = ColourDepthError;

    fn from_str(text: &str) -> Result<Self, ColourDepthError> {
        match text {
            "mono" => Ok(Self::Mono),
            "16" => Ok(Self::Ansi16),
            "256" => Ok(Self::Ansi256),
            "truecolor" => Ok(Self::True),
            _ => Err(ColourDepthError(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for ColourDepth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mono => "mono",
            Self::Ansi16 => "16",
            Self::Ansi256 => "256",
            Self::True => "truecolor",
        })
    }
}

/// The sixteen colours as xterm draws them; what a user's palette makes of them cannot be known.
const NAMED: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The steps of xterm's 6×6×6 cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// `colour` as a terminal of this depth can show it; the sixteen named colours stay what they are, except in mono.
pub fn reduce(colour: Color, depth: ColourDepth) -> Color {
    match (depth, colour) {
        (ColourDepth::Mono, _) => Color::Reset,
        (_, Color::Indexed(i @ 0..16)) => named(i),
        (ColourDepth::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(indexed([r, g, b])),
        (ColourDepth::Ansi16, Color::Rgb(r, g, b)) => nearest_named([r, g, b]),
        (ColourDepth::Ansi16, Color::Indexed(i)) => nearest_named(rgb(i)),
        _ => colour,
    }
}

/// The place of a named colour among the sixteen.
pub fn ansi(colour: Color) -> Option<u8> {
    (0u8..).zip(NAMED).find(|(_, (named, _))| *named == colour).map(|(i, _)| i)
}

fn named(index: u8) -> Color {
    NAMED.get(usize::from(index)).map_or(Color::Reset, |(colour, _)| *colour)
}

fn rgb(index: u8) -> [u8; 3] {
    let step = |n: u8| STEPS.get(usize::from(n % 6)).copied().unwrap_or(0);
    match index {
        0..16 => NAMED.get(usize::from(index)).map_or([0; 3], |(_, rgb)| *rgb),
        16..232 => [step((index - 16) / 36), step((index - 16) / 6), step(index - 16)],
        232.. => [8 + 10 * (index - 232); 3],
    }
}

fn indexed(rgb: [u8; 3]) -> u8 {
    let nearest = |v: u8| (0u8..).zip(STEPS).min_by_key(|(_, step)| step.abs_diff(v)).map_or(0, |(i, _)| i);
    let [r, g, b] = rgb.map(nearest);
    let cube = 16 + 36 * r + 6 * g + b;
    let mean = rgb.iter().map(|v| u16::from(*v)).sum::<u16>() / 3;
    let grey = 232 + u8::try_from(mean.saturating_sub(3) / 10).unwrap_or(23).min(23);
    if distance(self::rgb(grey), rgb) < distance(self::rgb(cube), rgb) { grey } else { cube }
}

fn nearest_named(rgb: [u8; 3]) -> Color {
    NAMED.iter().min_by_key(|(_, named)| distance(*named, rgb)).map_or(Color::Reset, |(colour, _)| *colour)
}

/// How far apart two colours look: green counts most, blue least.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let [r, g, b] = std::array::from_fn(|i| match (a.get(i), b.get(i)) {
        (Some(a), Some(b)) => u32::from(a.abs_diff(*b)).pow(2),
        _ => 0,
    });
    3 * r + 4 * g + 2 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_colours_of_the_palette_are_found() {
        for i in 16..=255 {
            let [r, g, b] = rgb(i);
            let Color::Indexed(found) = reduce(Color::Rgb(r, g, b), ColourDepth::Ansi256) else {
                panic!("not indexed")
            };
            assert_eq!(rgb(found), rgb(i), "{i}");
        }
        for (colour, [r, g, b]) in NAMED {
            assert_eq!(reduce(Color::Rgb(r, g, b), ColourDepth::Ansi16), colour);
        }
    }

    #[test]
    fn a_deeper_terminal_changes_nothing() {
        for colour in [Color::Rgb(1, 2, 3), Color::Indexed(200), Color::LightRed, Color::Reset] {
            assert_eq!(reduce(colour, ColourDepth::True), colour);
        }
        assert_eq!(reduce(Color::Indexed(9), ColourDepth::True), Color::LightRed, "the shorter name");
    }

    #[test]
    fn mono_has_no_colour() {
        assert_eq!(reduce(Color::Rgb(200, 0, 0), ColourDepth::Mono), Color::Reset);
        assert_eq!(reduce(Color::Red, ColourDepth::Mono), Color::Reset);
    }

    #[test]
    fn hues_survive_sixteen_colours() {
        assert_eq!(reduce(Color::Rgb(210, 40, 40), ColourDepth::Ansi16), Color::Red);
        assert_eq!(reduce(Color::Indexed(46), ColourDepth::Ansi16), Color::LightGreen);
        assert_eq!(reduce(Color::Rgb(20, 20, 24), ColourDepth::Ansi16), Color::Black);
    }

    #[test]
    fn depths_read_as_they_are_written() {
        for depth in [ColourDepth::Mono, ColourDepth::Ansi16, ColourDepth::Ansi256, ColourDepth::True] {
            assert_eq!(depth.to_string().parse(), Ok(depth));
        }
        assert!("8".parse::<ColourDepth>().is_err());
    }
}
