//! Bytes for a terminal, as few as will do: the shortest way to a cell, and only the attributes that change.
//!
//! A [`Pen`] knows where the terminal's cursor is and how it writes, or that this is unknown. It never relies on
//! autowrap: after the last column it counts as beyond the line, from where only a carriage return or an absolute
//! position leads on.

use super::colour::ansi;
use ratatui::style::{Color, Modifier};
use std::io::Write as _;

/// How a cell looks, in colours that the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Face {
    pub fg: Color,
    pub bg: Color,
    pub attributes: Modifier,
}

impl Face {
    /// The terminal's own look.
    pub const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, attributes: Modifier::empty() };

    /// Attributes that show where nothing is written.
    const ON_BLANKS: Modifier =
        Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT).union(Modifier::SLOW_BLINK);

    /// Whether a blank written so looks the same whatever the colour and weight of its text.
    pub fn shows_ground_only(self) -> bool {
        !self.attributes.intersects(Self::ON_BLANKS)
    }

    /// This look as far as a blank shows it.
    pub fn of_blank(self) -> Self {
        if self.shows_ground_only() { Self { bg: self.bg, ..Self::PLAIN } } else { self }
    }
}

/// What stands at one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot<'a> {
    pub symbol: &'a str,
    /// How many columns the symbol takes; zero where the one before reaches over.
    pub columns: u16,
    pub face: Face,
}

impl Spot<'_> {
    /// What stands where nothing was written.
    pub const BLANK: Self = Self { symbol: " ", columns: 1, face: Face::PLAIN };

    /// Whether it looks as it should when written in `face`: a blank does so in many.
    pub fn can_wear(&self, face: Face) -> bool {
        self.face == face || (self.symbol == " " && face.shows_ground_only() && self.face == face.of_blank())
    }

    /// Whether every terminal moves its cursor by one column for it.
    fn is_certain(&self) -> bool {
        self.columns == 1 && self.symbol.chars().nth(1).is_none()
    }
}

/// No way on a screen takes more bytes: `ESC [ 65535 ; 65535 H`.
const FARTHEST: usize = 14;

/// Where the terminal's cursor is and how it writes; `None` is unknown.
#[derive(Clone, Debug, Default)]
pub(super) struct Pen {
    at: Option<(u16, u16)>,
    face: Option<Face>,
    plan: Vec<u8>,
    other: Vec<u8>,
}

/// What turns each attribute on and off; bold and dim share an end.
const ATTRIBUTES: [(Modifier, &str, &str); 8] = [
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

impl Pen {
    /// Forgets what is known about the terminal.
    pub fn forget(&mut self) {
        (self.at, self.face) = (None, None);
    }

    /// How it writes.
    pub fn face(&self) -> Option<Face> {
        self.face
    }

    /// The column of the cursor, if it is known to be in line `y`.
    pub fn column(&self, y: u16) -> Option<u16> {
        self.at.filter(|at| at.1 == y).map(|at| at.0)
    }

    /// Writes what stands at one column, as it is dressed.
    pub fn put(&mut self, out: &mut Vec<u8>, spot: &Spot<'_>) {
        out.extend_from_slice(spot.symbol.as_bytes());
        // Terminals differ on how far clusters and wide characters lead, so the next place is named absolutely.
        self.at = self.at.filter(|_| spot.is_certain()).map(|(x, y)| (x + 1, y));
    }

    /// Whether writing the spots up to `to` once more takes no more bytes than moving there.
    pub fn would_rather_write(&mut self, spots: &[Spot<'_>], to: (u16, u16), width: u16) -> bool {
        let mut bytes = 0;
        let writable = spots.iter().all(|spot| {
            bytes += spot.symbol.len();
            bytes <= FARTHEST && spot.is_certain() && self.wear(spot) == self.face
        });
        writable && {
            self.plan(to, width);
            bytes <= self.plan.len()
        }
    }

    /// Moves to a cell of a screen of `width` columns in the fewest bytes.
    pub fn go(&mut self, out: &mut Vec<u8>, to: (u16, u16), width: u16) {
        self.plan(to, width);
        out.extend_from_slice(&self.plan);
        self.at = Some(to);
    }

    fn plan(&mut self, (x, y): (u16, u16), width: u16) {
        let Self { at, plan, other, .. } = self;
        plan.clear();
        if *at == Some((x, y)) {
            return;
        }
        absolute(plan, x, y);
        let Some((from_x, from_y)) = *at else { return };
        for start in [Some(from_x).filter(|from| *from < width), None] {
            other.clear();
            if start.is_none() {
                other.push(b'\r');
            }
            rows(other, from_y, y);
            columns(other, start.unwrap_or(0), x);
            if other.len() < plan.len() {
                std::mem::swap(plan, other);
            }
        }
    }

    /// Makes what follows look as `spot` asks.
    pub fn dress(&mut self, out: &mut Vec<u8>, spot: &Spot<'_>) {
        let Some(face) = self.wear(spot).filter(|face| self.face != Some(*face)) else { return };
        let Self { plan, other, .. } = self;
        plan.clear();
        if face != Face::PLAIN {
            plan.push(b';');
            sgr(plan, Face::PLAIN, face);
        }
        if let Some(old) = self.face {
            other.clear();
            sgr(other, old, face);
            if other.len() < plan.len() {
                std::mem::swap(plan, other);
            }
        }
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(plan);
        out.push(b'm');
        self.face = Some(face);
    }

    /// The look to write `spot` in: a blank leaves on what it does not show.
    fn wear(&self, spot: &Spot<'_>) -> Option<Face> {
        let worn = self.face.filter(|_| spot.symbol == " " && spot.face.shows_ground_only());
        Some(worn.map_or(spot.face, |worn| Face {
            bg: spot.face.bg,
            attributes: worn.attributes.difference(Face::ON_BLANKS),
            ..worn
        }))
    }
}

/// The parameters that lead from one look to another; an empty one before them means to begin with none.
fn sgr(out: &mut Vec<u8>, from: Face, to: Face) {
    let mut more = false;
    let mut code = |code: std::fmt::Arguments<'_>| {
        if std::mem::replace(&mut more, true) {
            out.push(b';');
        }
        let _ = out.write_fmt(code);
    };
    let weight = Modifier::BOLD.union(Modifier::DIM);
    let gone = from.attributes.difference(to.attributes);
    let lost = if gone.intersects(weight) { gone.union(weight) } else { gone };
    let mut ended = "";
    for (_, _, end) in ATTRIBUTES.iter().filter(|(attribute, ..)| gone.contains(*attribute)) {
        if std::mem::replace(&mut ended, end) != *end {
            code(format_args!("{end}"));
        }
    }
    let kept = from.attributes.difference(lost);
    for (_, start, _) in ATTRIBUTES.iter().filter(|(a, ..)| to.attributes.contains(*a) && !kept.contains(*a)) {
        code(format_args!("{start}"));
    }
    for (old, new, base) in [(from.fg, to.fg, 30), (from.bg, to.bg, 40)] {
        match (new, ansi(new)) {
            _ if old == new => {}
            (_, Some(i @ 0..8)) => code(format_args!("{}", base + i)),
            (_, Some(i)) => code(format_args!("{}", base + 52 + i)),
            (Color::Indexed(i), _) => code(format_args!("{};5;{i}", base + 8)),
            (Color::Rgb(r, g, b), _) => code(format_args!("{};2;{r};{g};{b}", base + 8)),
            _ => code(format_args!("{}", base + 9)),
        }
    }
}

fn absolute(out: &mut Vec<u8>, x: u16, y: u16) {
    let _ = match (x, y) {
        (0, 0) => out.write_all(b"\x1b[H"),
        (0, y) => write!(out, "\x1b[{}H", y + 1),
        (x, 0) => write!(out, "\x1b[;{}H", x + 1),
        (x, y) => write!(out, "\x1b[{};{}H", y + 1, x + 1),
    };
}

/// The way between two lines that keeps the column. Both lie on the screen, so a line feed never scrolls it.
fn rows(out: &mut Vec<u8>, from: u16, to: u16) {
    match to.cmp(&from) {
        std::cmp::Ordering::Equal => {}
        std::cmp::Ordering::Greater if to - from <= 3 => out.extend(std::iter::repeat_n(b'\n', usize::from(to - from))),
        std::cmp::Ordering::Greater => steps(out, to - from, 'B'),
        std::cmp::Ordering::Less => steps(out, from - to, 'A'),
    }
}

/// The way between two columns of a line.
fn columns(out: &mut Vec<u8>, from: u16, to: u16) {
    match to.cmp(&from) {
        std::cmp::Ordering::Equal => {}
        std::cmp::Ordering::Greater => steps(out, to - from, 'C'),
        std::cmp::Ordering::Less if from - to <= 3 => out.extend(std::iter::repeat_n(8, usize::from(from - to))),
        std::cmp::Ordering::Less => steps(out, from - to, 'D'),
    }
}

fn steps(out: &mut Vec<u8>, n: u16, letter: char) {
    let _ = if n == 1 { write!(out, "\x1b[{letter}") } else { write!(out, "\x1b[{n}{letter}") };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from: Option<(u16, u16)>, to: (u16, u16)) -> String {
        let mut pen = Pen { at: from, ..Pen::default() };
        let mut out = Vec::new();
        pen.go(&mut out, to, 80);
        assert_eq!(pen.at, Some(to));
        String::from_utf8(out).unwrap()
    }

    fn dressed(from: Option<Face>, to: Face) -> String {
        let mut pen = Pen { face: from, ..Pen::default() };
        let mut out = Vec::new();
        pen.dress(&mut out, &Spot { symbol: "x", columns: 1, face: to });
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_shortest_way_is_taken() {
        assert_eq!(way(None, (0, 0)), "\x1b[H");
        assert_eq!(way(None, (0, 4)), "\x1b[5H");
        assert_eq!(way(None, (7, 4)), "\x1b[5;8H");
        assert_eq!(way(Some((7, 4)), (7, 4)), "");
        assert_eq!(way(Some((7, 4)), (8, 4)), "\x1b[C");
        assert_eq!(way(Some((7, 4)), (12, 4)), "\x1b[5C");
        assert_eq!(way(Some((7, 4)), (6, 4)), "\x08");
        assert_eq!(way(Some((40, 4)), (30, 4)), "\x1b[10D");
        assert_eq!(way(Some((70, 4)), (0, 4)), "\r");
        assert_eq!(way(Some((7, 4)), (7, 6)), "\n\n");
        assert_eq!(way(Some((7, 4)), (0, 5)), "\r\n");
        assert_eq!(way(Some((30, 9)), (30, 8)), "\x1b[A");
    }

    #[test]
    fn beyond_the_last_column_only_certain_ways_are_taken() {
        assert_eq!(way(Some((80, 4)), (0, 5)), "\r\n");
        assert_eq!(way(Some((80, 4)), (79, 4)), "\r\x1b[79C");
        assert_eq!(way(Some((80, 4)), (2, 4)), "\r\x1b[2C");
    }

    #[test]
    fn only_what_changes_is_said() {
        let red = Face { fg: Color::Red, ..Face::PLAIN };
        let bold = Face { attributes: Modifier::BOLD, ..red };
        assert_eq!(dressed(None, Face::PLAIN), "\x1b[m");
        assert_eq!(dressed(None, red), "\x1b[;31m");
        assert_eq!(dressed(Some(red), red), "");
        assert_eq!(dressed(Some(Face::PLAIN), red), "\x1b[31m");
        assert_eq!(dressed(Some(red), bold), "\x1b[1m");
        assert_eq!(dressed(Some(bold), red), "\x1b[22m");
        assert_eq!(dressed(Some(bold), Face::PLAIN), "\x1b[m");
        let dim = Face { attributes: Modifier::BOLD | Modifier::DIM, ..red };
        assert_eq!(dressed(Some(dim), bold), "\x1b[22;1m");
        assert_eq!(dressed(Some(red), Face { fg: Color::LightBlue, ..red }), "\x1b[94m");
        assert_eq!(dressed(Some(red), Face { bg: Color::Indexed(22), ..red }), "\x1b[48;5;22m");
        assert_eq!(dressed(Some(red), Face { bg: Color::White, ..red }), "\x1b[107m");
        assert_eq!(dressed(Some(red), Face { fg: Color::Rgb(1, 22, 255), ..red }), "\x1b[38;2;1;22;255m");
    }

    #[test]
    fn uncertain_characters_make_the_place_uncertain() {
        let mut pen = Pen { at: Some((3, 3)), ..Pen::default() };
        let mut put = |symbol, columns| {
            pen.put(&mut Vec::new(), &Spot { symbol, columns, face: Face::PLAIN });
            pen.at
        };
        assert_eq!(put("▲", 1), Some((4, 3)));
        assert_eq!(put("東", 2), None);
    }

    #[test]
    fn a_blank_needs_the_ground_only() {
        let red = Face { fg: Color::Red, attributes: Modifier::BOLD | Modifier::REVERSED, ..Face::PLAIN };
        let mut pen = Pen { face: Some(red), ..Pen::default() };
        let mut out = Vec::new();
        pen.dress(&mut out, &Spot::BLANK);
        assert_eq!(out, b"\x1b[27m");
        pen.dress(&mut out, &Spot::BLANK);
        assert_eq!(out, b"\x1b[27m");
    }
}
